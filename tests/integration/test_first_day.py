"""State after the first run, compared with the planted truth."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml

from cli.summary.attrition import attrition_sentence
from cli.summary.day_summary import read_summary
from deployment.config_file import load_config
from evaluation.planted import persons
from ml.metrics.ranking import roc_auc
from ml.segments.behaviour_groups import fit_groups
from ml.texts.complaints import LEAST_CUSTOMERS
from ml.value.customer_value import ValueModel
from orchestration.runtime.instance import RunError
from tests.integration.deployments import (
    DEMO,
    GRAINS,
    HISTORY,
    MATURED,
    OF_CONTRACTS,
    OF_LATER_DAYS,
    ROOT,
    Deployment,
    stages_at_the_end,
)
from warehouse.ml_tables.model_tables import behaviour_of


@pytest.mark.parametrize("table", GRAINS)
def test_every_table_of_the_contract_is_published_and_filled_where_it_applies(
    first_day: Deployment, table: str
) -> None:
    assert bool(first_day.table(table)) == (table not in OF_CONTRACTS | OF_LATER_DAYS | MATURED)


def test_each_known_customer_has_one_segment_row_and_each_eligible_one_risk_row(
    first_day: Deployment,
) -> None:
    [(customers, distinct, segments)] = first_day.query(
        """
        select
            (select count(*) from marts.dim_customers),
            (select count(distinct customer_id) from activation.customer_segments_daily),
            (select count(*) from activation.customer_segments_daily)
        """
    )
    assert customers == distinct == segments
    [(eligible,)] = first_day.warehouse(
        f"""
        select count(*) from features.feat_customer_snapshots
        where is_eligible and snapshot_date = '{HISTORY}'
        """
    )
    [(risks, scored)] = first_day.query(
        "select count(*), count(distinct customer_id) from activation.customer_risk_daily"
    )
    assert eligible == risks == scored


def test_attrition_ends_where_the_customers_stand(first_day: Deployment) -> None:
    """Months are counted from purchases, days from features: both must come to the same."""
    ended = stages_at_the_end(first_day)

    assert [stage for stage, *_ in ended] == ["first_purchase", "repeat", "loyal"]
    assert all(stayed == standing > 0 for _, stayed, standing in ended)
    [(elsewhere,)] = first_day.query(
        """
        select count(*) from marts.dim_customers
        full join activation.customer_segments_daily as segments using (customer_id)
        where dim_customers.lifecycle_stage is distinct from segments.lifecycle_stage
        """
    )
    assert elsewhere == 0


def test_every_number_of_the_sentence_on_attrition_is_in_the_published_tables(
    first_day: Deployment,
) -> None:
    summary = read_summary(first_day.home.published)
    assert summary is not None
    assert summary.attrition is not None
    # The sentence with all that it can have: of the first purchase, whichever stage is the worst.
    [facts] = first_day.query(
        "select never_share, median_days_to_second, never_after_days from marts.repeat_purchase"
        " where dimension = 'all'"
    )
    worst = replace(
        summary.attrition,
        never_share=facts[0],
        median_days_to_second=facts[1],
        never_after_days=facts[2],
    )
    sentence = attrition_sentence(worst, "non_contractual")

    [(lost, entered)] = first_day.query(
        f"""
        select sum(lost), sum(entered) from marts.lifecycle_attrition
        where
            stage = '{worst.stage}'
            and month between '{worst.first_month}' and '{worst.last_month}'
        """
    )
    waits = first_day.query(
        """
        select days, at_risk, events from marts.retention_curves
        where curve = 'second_purchase' and dimension = 'all' order by days
        """
    )
    waiting, curve, follow_up = 1.0, {}, 0
    for days, at_risk, events in waits:
        if waiting <= 0.01 * at_risk and events < at_risk:
            follow_up = days
        waiting *= 1 - events / at_risk
        curve[days] = waiting
    never = curve[follow_up]
    median = min(d for d, left in curve.items() if left - never <= (1 - never) / 2)
    settled = min(d for d, left in curve.items() if never >= 0.9 * left)
    expected = [f"{100 * lost / entered:.1f}", f"{lost}", f"{100 * never:.0f}", f"{median}"]
    if settled + 180 <= follow_up:
        expected += [f"{settled}", "90"]
    # Years and months apart, and the numbers that name a stage.
    reported = sentence.split(": ", 1)[1].replace(f"{worst.first_month:%Y-%m}", "")
    reported = reported.replace(f"{worst.last_month:%Y-%m}", "").replace(",", "")
    assert re.findall(r"\d+(?:\.\d+)?", reported) == expected


def test_the_sql_does_what_its_unit_tests_say(first_day: Deployment) -> None:
    tested = first_day.dbt("test", "--select", "test_type:unit")

    assert len(tested) >= 10


def test_identity_finds_the_planted_people(first_day: Deployment) -> None:
    with duckdb.connect(str(first_day.home.published), read_only=True) as con:
        row = con.execute(
            f"""
            with records as (
                select identities.customer_id, truth.person_id
                from marts.customer_identities as identities
                inner join '{first_day.home.root}/demo_truth/records.parquet' as truth
                    on
                        identities.source = truth.source
                        and identities.source_customer_id = truth.source_record_id
            ),
            sizes as (
                select count(*) as records, customer_id, person_id from records
                group by grouping sets ((customer_id, person_id), (customer_id), (person_id))
            ),
            pairs as (
                select
                    sum(records * (records - 1)) filter (
                        where customer_id is not null and person_id is not null
                    ) as agreed,
                    sum(records * (records - 1)) filter (where person_id is null) as linked,
                    sum(records * (records - 1)) filter (where customer_id is null) as true_pairs
                from sizes
            )
            select agreed / linked, agreed / true_pairs from pairs
            """
        ).fetchone()
    assert row is not None
    precision, recall = row
    assert precision >= 0.99
    assert recall >= 0.97


def test_the_groups_of_behaviour_are_the_nearest_ones(first_day: Deployment) -> None:
    with duckdb.connect(str(first_day.home.warehouse), read_only=True) as con:
        features = behaviour_of(con, HISTORY)
        reported = dict(
            con.execute(
                "select customer_id, behaviour_group from activation.customer_segments_daily"
            ).fetchall()
        )
    seed = load_config(first_day.config).training.seed
    groups = fit_groups(features, seed)

    assert groups is not None
    expected = dict(zip(features["customer_id"].to_pylist(), groups.assign(features), strict=True))
    others = dict.fromkeys(reported.keys() - expected.keys(), "inactive")
    assert reported == expected | others
    assert len(set(reported.values())) >= 4


def test_customers_with_equal_values_have_equal_scores(first_day: Deployment) -> None:
    split = first_day.warehouse(
        f"""
        select orders_365d
        from activation.customer_segments_daily
        inner join features.feat_customer_snapshots using (customer_id, snapshot_date)
        where snapshot_date = '{HISTORY}' and orders_365d > 0
        group by orders_365d
        having count(distinct frequency_score) > 1
        """
    )
    assert split == []
    [(recent, frequent)] = first_day.warehouse(
        f"""
        select corr(recency_score, -days_since_last_order), corr(frequency_score, orders_365d)
        from activation.customer_segments_daily
        inner join features.feat_customer_snapshots using (customer_id, snapshot_date)
        where snapshot_date = '{HISTORY}'
        """
    )
    assert min(recent, frequent) > 0.6


def test_planted_coupon_hunters_are_passers_by(first_day: Deployment) -> None:
    truth = first_day.home.root / "demo_truth"
    [(found, right, hunters)] = first_day.warehouse(
        f"""
        with {persons(truth)}
        select
            count(*) filter (segments.customer_type = 'passer_by'),
            count(*) filter (segments.customer_type = 'passer_by' and people.is_coupon_hunter),
            count(*) filter (people.is_coupon_hunter)
        from activation.customer_segments_daily as segments
        inner join persons using (customer_id)
        inner join '{truth}/people.parquet' as people using (person_id)
        where segments.customer_type <> 'no_purchase'
        """
    )
    assert right / found >= 0.85
    assert right / hunters >= 0.8


def test_the_mood_that_was_planted_in_texts_is_read_and_no_text_leaves(
    first_day: Deployment,
) -> None:
    phrases = ROOT / "demo" / "words" / "texts.csv"
    rows = first_day.warehouse(
        f"""
        with planted as (
            select text, any_value(sentiment_class) as sentiment_class
            from read_csv('{phrases}', header = true, all_varchar = true)
            group by text
        )
        select planted.sentiment_class = 'negative', cast(scores.sentiment as double)
        from intermediate.int_feedback_versions as texts
        inner join ml.text_scores as scores
            on texts._load_id = scores.load_id and texts._row = scores.row_no
        inner join planted using (text)
        """
    )
    negative, sentiment = (np.array(column) for column in zip(*rows, strict=True))
    assert roc_auc(negative.astype(bool), -sentiment.astype(float)) > 0.95

    [(reported, unread)] = first_day.query(
        "select count(sentiment), count(*) filter (where sentiment is null) from marts.fct_tickets"
    )
    assert reported > 10 * unread
    [(fewest,)] = first_day.warehouse("select min(customers) from ml.complaint_terms")
    assert fewest is None or fewest >= LEAST_CUSTOMERS


def test_the_holdout_is_judged_from_the_first_run_on(first_day: Deployment) -> None:
    [(day, customers, auc, brier)] = first_day.query(
        "select snapshot_date, customers, roc_auc, brier from feedback.prediction_performance"
    )
    assert (HISTORY - day).days == 90
    assert customers > 100
    assert auc > 0.65
    assert brier < 0.25


def test_values_are_the_formula_s_times_the_factor_of_the_trees(
    first_day: Deployment, home_copy: Path
) -> None:
    with duckdb.connect(str(first_day.copy(home_copy).home.warehouse)) as con:
        con.execute("update ml.churn_scores set value_factor = 0.5 + churn_probability")
        customers = con.execute(
            f"""
            select features.*, priced.expected_value, coalesce(value_factor, 1) as factor
            from features.feat_customer_snapshots as features
            inner join predictions.customer_values_daily as priced
                using (customer_id, snapshot_date)
            left join ml.churn_scores using (customer_id, snapshot_date)
            where snapshot_date = '{HISTORY}' and purchase_days_lifetime > 0
            """
        ).to_arrow_table()
        parameters = con.execute("select * exclude (model_version) from ml.value_parameters")
        formula = ValueModel(*parameters.fetchall()[-1])
    factors = customers["factor"].to_numpy()
    assert (factors == 1).any()
    assert (factors != 1).any()
    np.testing.assert_allclose(
        customers["expected_value"].cast("double"),
        formula.expected(customers, days=365) * factors,
        atol=0.006,
    )


def test_every_delivered_row_is_in_exactly_one_outcome(first_day: Deployment) -> None:
    lost = first_day.query(
        "from ops.data_quality_daily where delivered != accepted + rejected + superseded"
    )
    assert lost == []
    [(rejected, explained)] = first_day.warehouse(
        """
        select
            (select sum(rejected) from ops.data_quality_daily),
            (select count(*) from ops.rejected_rows where reason is not null)
        """
    )
    assert rejected == explained > 0


def test_reasons_are_sentences_with_the_customers_own_numbers(first_day: Deployment) -> None:
    [(customers, reasons, numbers)] = first_day.query(
        """
        select count(*), count(reason_1), count_if(regexp_matches(reason_1, '[0-9]'))
        from activation.customer_risk_daily
        where risk_tier = 'high'
        """
    )
    assert customers > 0
    assert reasons == customers
    assert numbers > 0.8 * customers


def test_no_address_number_name_or_text_is_published(first_day: Deployment) -> None:
    with duckdb.connect(str(first_day.home.warehouse), read_only=True) as con:
        personal = {
            value
            for (value,) in con.execute(
                """
                select unnest([email, phone, full_name])
                from intermediate.int_customers_versions
                where length(full_name) > 3 and _reject_reason is null
                """
            ).fetchall()
            if value is not None and len(value) > 3
        }
    with duckdb.connect(str(first_day.home.published), read_only=True) as con:
        columns = con.execute(
            """
            select schema_name || '.' || table_name, column_name from duckdb_columns()
            where data_type = 'VARCHAR' and not internal
            """
        ).fetchall()
        for table, column in columns:
            values = {
                v for (v,) in con.execute(f"select distinct {column} from {table}").fetchall()
            }
            assert not values & personal, f"{table}.{column}"


def test_another_company_is_refused_the_home(first_day: Deployment, tmp_path: Path) -> None:
    content = {**yaml.safe_load(DEMO.read_text(encoding="utf-8")), "slug": "another"}
    config = tmp_path / "another.yml"
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    deployment = first_day.copy(tmp_path / "home")
    shutil.rmtree(deployment.home.dbt_target)
    with pytest.raises(RunError, match="another"):
        Deployment(deployment.home, config).day(HISTORY)
