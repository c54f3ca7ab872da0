-- Every table that Python writes: `ops` for runs and loads, `ml` for the results of models.
-- dbt makes all the others, and `ingestion` the raw tables. The file is executed at every start,
-- so each statement leaves what exists as it is; `alter` adds columns to a warehouse of an older
-- release. What it cannot add is a migration (schema_version.py).
create schema if not exists ops;
create schema if not exists ml;

create table if not exists ops.deployment (
    slug varchar not null, company varchar not null, created_at timestamptz not null
);
alter table ops.deployment add column if not exists schema_version integer;
comment on table ops.deployment is
    'The company this warehouse belongs to: one row. schema_version is raised by migrations.';

create table if not exists ops.run_dates (
    snapshot_date date not null,
    purpose varchar not null check (purpose in ('daily', 'training')),
    primary key (snapshot_date, purpose)
);
comment on table ops.run_dates is 'The dates that the current run builds; replaced by each run.';

create table if not exists ops.snapshot_dates (
    snapshot_date date primary key, revision uuid not null
);
comment on table ops.snapshot_dates is
    'Every daily date ever run. The latest is the as-of date of the warehouse. Each run of a date'
    ' gives it a new revision, by which the publication finds the dates to replace.';

create table if not exists ops.training_dates (
    snapshot_date date primary key
);
comment on table ops.training_dates is
    'Training dates of the latest training; replaced by each training.';

create table if not exists ops.removed_rows (
    removed_on date not null,
    setting varchar not null,
    table_name varchar not null,
    removed_before date,
    rows bigint not null
);
comment on table ops.removed_rows is
    'Number of rows that were removed because of their age, by the day of the run, the setting of'
    ' the section keep, and the table. removed_before is the first day whose rows were kept; null'
    ' for rows of training dates that a later training does not use.';

create table if not exists ops.exchange_rates (
    rated_on date not null,
    currency varchar not null,
    rate decimal(18, 10) not null,
    primary key (rated_on, currency)
);
comment on table ops.exchange_rates is
    'Rates of the deployment''s file: an amount in the currency times the rate is in the'
    ' deployment''s currency, until the next date of the currency; replaced by each run.';

create table if not exists ml.churn_scores (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    churn_probability double not null,
    main_cause varchar,
    reason_feature_1 varchar,
    reason_feature_2 varchar,
    reason_feature_3 varchar,
    value_factor double
);
-- Absent before models estimated a value factor; null counts as 1.
alter table ml.churn_scores add column if not exists value_factor double;
comment on table ml.churn_scores is
    'Churn probability and reasons of each eligible customer, from the model in use on the date;'
    ' replaced by snapshot_date.';

create table if not exists ml.churn_hazards (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    month_ahead integer not null,
    hazard double not null,
    survival double not null
);
comment on table ml.churn_hazards is
    'Monthly hazard and survival of each eligible customer under contract, one row a month ahead;'
    ' empty without contracts; replaced by snapshot_date.';

create table if not exists ml.churn_levels (
    snapshot_date date not null,
    model_version varchar not null,
    customers bigint not null,
    model_rate double not null,
    expected_rate double not null,
    low double not null,
    high double not null,
    log_ratio double not null,
    recent double,
    season double,
    history_days bigint not null
);
comment on table ml.churn_levels is
    'Expected churn rate of the eligible customers of a date with its 95 % interval, and the log'
    ' factors behind it (ml/level/level_model.py); replaced by snapshot_date.';

create table if not exists ml.value_parameters (
    model_version varchar primary key,
    r double not null,
    alpha double not null,
    p double not null,
    q double not null,
    gamma double not null,
    "level" double not null
);
comment on table ml.value_parameters is
    'Parameters of purchase frequency and spending, fitted with each model; see ml/value/value.py.';

create table if not exists ml.reason_evidence (
    model_version varchar not null,
    feature varchar not null,
    band integer not null,
    lower double,
    upper double,
    category varchar,
    customers bigint not null,
    churn_rate double not null,
    lift double,
    lift_low double,
    lift_high double,
    is_reason boolean not null,
    primary key (model_version, feature, band)
);
comment on table ml.reason_evidence is
    'Churn rate of the holdout''s customers by bands of each feature, compared with customers of the'
    ' same recency (ml/churn/reason_evidence.py); written once per model version.';

create table if not exists ml.behaviour_groups (
    as_of_date date not null,
    behaviour_group varchar not null,
    measure varchar not null,
    location double not null,
    scale double not null,
    unknown double not null,
    centre double not null,
    share double not null,
    primary key (as_of_date, behaviour_group, measure)
);
comment on table ml.behaviour_groups is
    'Clusters of customers by behaviour, one row a cluster and measure; see'
    ' ml/segments/behaviour_groups.py. In use from as_of_date until the next as_of_date.';

create table if not exists ml.holdout_scores (
    snapshot_date date not null,
    customer_id varchar not null,
    model_version varchar not null,
    churn_probability double not null
);
comment on table ml.holdout_scores is
    'Scores of a model for dates after its training, to be compared with realised outcomes;'
    ' replaced by model_version.';

create table if not exists ml.performance_estimates (
    snapshot_date date not null,
    model_version varchar not null,
    reference_date date not null,
    customers bigint not null,
    estimated_roc_auc double,
    estimated_roc_auc_low double,
    estimated_roc_auc_high double,
    estimated_log_loss double,
    estimated_log_loss_low double,
    estimated_log_loss_high double,
    estimated_brier double,
    estimated_calibration_error double,
    estimated_churn_rate double,
    effective_reference_customers double not null,
    outside_reference_share double not null
);
comment on table ml.performance_estimates is
    'Metrics that the scores of a date are expected to reach, before the outcomes are known; see'
    ' ml/monitoring/performance_estimate.py; replaced by snapshot_date.';

create table if not exists ml.feature_reference (
    model_version varchar not null,
    feature varchar not null,
    bin integer not null,
    kind varchar not null check (kind in ('range', 'value', 'other', 'unknown')),
    lower double,
    upper double,
    category varchar,
    share double not null,
    sample_size bigint not null,
    first_date date not null,
    last_date date not null,
    weight double not null
);
comment on table ml.feature_reference is
    'Distribution by bin of each feature on the training dates of a model, and of its score on the'
    ' holdout; written once a version. The weight is the feature''s share of total importance.';

create table if not exists ml.feature_counts (
    snapshot_date date not null,
    model_version varchar not null,
    feature varchar not null,
    bin integer not null,
    customers bigint not null,
    earlier_date date,
    earlier_customers bigint
);
comment on table ml.feature_counts is
    'Eligible customers of a date in each bin of ml.feature_reference, for the model in use, and'
    ' their number on an earlier scored date; replaced by snapshot_date.';

-- A decimal sentiment: the mean of doubles depends on the order of the rows.
create table if not exists ml.text_scores (
    load_id bigint not null,
    row_no bigint not null,
    model_version varchar not null,
    sentiment decimal(7, 6) not null,
    is_negative boolean not null,
    topic varchar
);
comment on table ml.text_scores is
    'Sentiment and topic of each delivered text, from the model in use on the day the text became'
    ' known; written once, and again after a rollback changes the model of that day.';

create table if not exists ml.complaint_terms (
    "month" date not null,
    topic varchar,
    "rank" integer not null,
    term varchar not null,
    customers bigint not null
);
comment on table ml.complaint_terms is
    'Terms that are typical of the complaints of a month and topic, each written by at least five'
    ' customers; replaced by month.';

create table if not exists ml.complaint_examples (
    "month" date not null,
    topic varchar,
    phrase varchar not null,
    sentiment double not null
);
comment on table ml.complaint_examples is
    'The most negative texts of a month and topic, with addresses, numbers and the author''s name'
    ' masked; never published; replaced by month.';

create table if not exists ops.assignment_key (key varchar not null);
comment on table ops.assignment_key is
    'Secret key of the random draws of the actions: one row. Who knows it can tell arms in advance.';

-- Without a key, because DuckDB gives no block of deleted rows back that a table with a key has. A
-- day is decided once (ops.decided_days), in one transaction.
create table if not exists ops.decided_actions (
    snapshot_date date not null,
    customer_id varchar not null,
    action_id varchar,
    arm varchar not null check (arm in ('treatment', 'control', 'global_holdout', 'none')),
    mode varchar,
    reason varchar,
    chosen_with_probability double not null,
    treatment_probability double,
    expected_uplift double,
    expected_net_value double,
    expected_cost double,
    lifecycle_stage varchar,
    customer_type varchar,
    cause varchar,
    expires_on date,
    cool_down_until date
);
comment on table ops.decided_actions is
    'Decision for each customer who was allowed at least one action, one row a decided day and'
    ' customer; never changed, so that a day that is run again decides nothing anew.';

-- Absent before other rules were valued on logged decisions; such decisions are not valued. Six
-- digits are enough for that, and a third of the size.
alter table ops.decided_actions add column if not exists choice_no integer;
alter table ops.decided_actions add column if not exists churn_probability float;
alter table ops.decided_actions add column if not exists value_if_retained float;
alter table ops.decided_actions add column if not exists expected_costs float [];
comment on column ops.decided_actions.choice_no is
    'Number of the row''s probabilities in ops.decision_choices of the day; null where unknown.';
comment on column ops.decided_actions.expected_costs is
    'Expected cost of each action of the choice, in ascending order of action_id.';

-- Customers with the same allowed actions mostly share their probabilities: a day of 100,000
-- customers has some hundred choices.
create table if not exists ops.decision_choices (
    snapshot_date date not null,
    choice_no integer not null,
    action_id varchar,
    probability double not null
);
comment on table ops.decision_choices is
    'Probability of receiving each action, and nothing (action_id null), of the decisions of a day'
    ' with the same choice_no; the probabilities of a choice add up to 1.';

-- Past decisions are read before those of the day are taken, so the two have different names.
-- Replaced, because a view does not follow new columns of its table.
create or replace view ml.action_decisions as
select * exclude (choice_no, churn_probability, value_if_retained, expected_costs)
from ops.decided_actions;

create table if not exists ops.decided_days (
    snapshot_date date primary key,
    customers bigint not null,
    treated bigint not null,
    expected_net_value double not null,
    value_bound double not null,
    relative_gap double not null,
    expected_cost double not null,
    budget double
);
comment on table ops.decided_days is
    'Days whose actions were decided, with the value of the choice and the proven bound on it.';

create table if not exists ml.uplift_scores (
    snapshot_date date not null,
    customer_id varchar not null,
    action_id varchar not null,
    model_version varchar not null,
    uplift double not null
);
comment on table ml.uplift_scores is
    'Effect of an action on the retention of each eligible customer of the latest date, for the'
    ' actions whose learner is in use (ml/uplift/); replaced by each run.';

create table if not exists ops.handed_over (
    decision_id varchar not null,
    destination varchar not null,
    snapshot_date date not null,
    customer_id varchar not null,
    action_id varchar not null,
    expires_on date not null,
    attempts bigint not null,
    handed_over_at timestamptz,
    error varchar,
    primary key (decision_id, destination)
);
comment on table ops.handed_over is
    'Decisions that a receiver was asked to take, one row a decision and destination, written after'
    ' each batch. handed_over_at is null, and error says why, where it has not taken the decision.';

create table if not exists ml.action_effects (
    action_id varchar not null,
    segment_kind varchar not null,
    segment varchar not null,
    period_kind varchar not null,
    period_start date,
    period_end date,
    is_provisional boolean not null,
    treated bigint not null,
    control bigint not null,
    known_treated bigint not null,
    known_control bigint not null,
    delivered_treated bigint not null,
    redeemed_treated bigint not null,
    unknown_outcomes bigint not null,
    unknown_amounts bigint not null,
    conflicting_arms bigint not null,
    retained_treated double,
    retained_control double,
    uplift double,
    uplift_low double,
    uplift_high double,
    uplift_method varchar,
    p_value double,
    q_value double,
    revenue_uplift double,
    revenue_low double,
    revenue_high double,
    cost_per_treated double,
    net_value double,
    net_value_low double,
    net_value_high double,
    sample_ratio_ok boolean,
    sample_ratio_p double,
    planned_uplift double,
    customers_needed bigint,
    verdict varchar not null
);
comment on table ml.action_effects is
    'Effects of actions on retention and net revenue (ml/effects), as of the latest date; replaced'
    ' by each run.';

create table if not exists ml.action_priors (
    action_id varchar not null,
    cause varchar,
    prior_save_share double not null,
    prior_save_share_sd double not null,
    save_share double not null,
    save_share_sd double not null,
    treated bigint not null,
    control bigint not null,
    action_treated bigint not null,
    action_control bigint not null
);
-- Absent before actions had to be proven.
alter table ml.action_priors add column if not exists probability_of_help double;
comment on table ml.action_priors is
    'Share of would-be churned customers whom an action keeps, by cause: the catalogue''s estimate'
    ' updated by the measured effects; replaced by each run.';

create table if not exists ops.accepted_drift (
    snapshot_date date not null,
    feature varchar not null,
    model_version varchar not null,
    psi double not null,
    accepted_at timestamptz not null,
    accepted_by varchar not null,
    reason varchar,
    primary key (snapshot_date, feature)
);
comment on table ops.accepted_drift is
    'Drifted features that a person has accepted: from which date on, by whom, when and why.';

create table if not exists ops.load_ledger (
    load_id bigint primary key,
    source varchar not null,
    table_name varchar not null,
    path varchar not null,
    size_bytes bigint,
    modified_ns bigint,
    sha256 varchar,
    rows bigint not null,
    drop_date date,
    delivered_on date not null,
    known_from date,
    loaded_at timestamptz not null,
    superseded_by bigint,
    superseded_on date
);
-- Null for rows of databases and APIs; older versions loaded files only.
alter table ops.load_ledger alter size_bytes drop not null;
alter table ops.load_ledger alter modified_ns drop not null;
alter table ops.load_ledger alter sha256 drop not null;
-- An object store's identifier of a version of a file's content.
alter table ops.load_ledger add column if not exists etag varchar;
comment on table ops.load_ledger is
    'One row a load: a file, or the rows read from a database table or API resource at once. The'
    ' rows are valid from known_from (null: from the beginning) until the day before superseded_on'
    ' (null: still valid).';

create table if not exists ops.ended_rows (
    load_id bigint not null,
    row_no bigint not null,
    source varchar not null,
    table_name varchar not null,
    ended_on date not null,
    primary key (load_id, row_no)
);
comment on table ops.ended_rows is
    'Delivered rows that the source has deleted: every version of a key. They are valid until the'
    ' day before ended_on. Rows are added, never changed.';

create table if not exists ops.unreadable_rows (
    load_id bigint not null,
    row_no bigint not null,
    source varchar not null,
    table_name varchar not null,
    reason varchar not null,
    content varchar not null,
    primary key (load_id, row_no)
);
comment on table ops.unreadable_rows is
    'Lines of files that could not be parsed, as delivered; the other rows of their files are in'
    ' the raw tables.';

create table if not exists ops.erased_rows (
    load_id bigint primary key,
    rows bigint not null
);
comment on table ops.erased_rows is
    'Number of delivered rows of each load that were deleted because their person was erased; the'
    ' rows themselves are nowhere (erasure/).';

create table if not exists ops.removed_positions (
    load_id bigint not null,
    position bigint not null,
    primary key (load_id, position)
);
comment on table ops.removed_positions is
    'Rows of loads that an erasure has removed from their delivered files too: positions in the'
    ' files as they were loaded.';

create table if not exists ops.rewritten_files (
    load_id bigint primary key,
    delivered varchar not null
);
comment on table ops.rewritten_files is
    'Loads of files from which an erasure has removed rows, with a keyed hash of the file''s digest'
    ' as it was delivered, by which it is known if it is delivered again.';

create table if not exists ops.extractions (
    source varchar not null,
    run_date date not null,
    extracted_at timestamptz not null,
    is_complete boolean not null,
    message varchar,
    primary key (source, run_date)
);
comment on table ops.extractions is
    'For each source and daily date whether the extraction succeeded, and the reason if not;'
    ' replaced when the date is run again.';

create table if not exists ops.extract_state (
    source varchar not null,
    table_name varchar not null,
    name varchar not null,
    "value" varchar not null,
    primary key (source, table_name, name)
);
comment on table ops.extract_state is
    'High-water marks of incremental reads, written in the same transaction as the rows.';

create table if not exists ops.schema_changes (
    source varchar not null,
    table_name varchar not null,
    run_date date not null,
    column_name varchar not null,
    change varchar not null check (change in ('added', 'missing', 'retyped', 'returned')),
    old_type varchar,
    new_type varchar
);
comment on table ops.schema_changes is
    'Columns that a delivery added, dropped or gave another type, compared with the deliveries'
    ' before; run_date is the run that found the change.';

create table if not exists ops.identity_decisions (
    decision varchar,
    source_a varchar,
    source_customer_id_a varchar,
    source_b varchar,
    source_customer_id_b varchar,
    decided_on date,
    fault varchar
);
comment on table ops.identity_decisions is
    'Decisions of the deployment on records of one customer or of two, from the file that'
    ' identity.decisions names; replaced by each run. A row with a fault is not applied.';
