"""The page of a brief: one HTML file in all languages, which loads nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from brief.charts import charts
from brief.facts import Facts, Row, read_facts
from brief.figures import Figures
from brief.formats import Formats
from brief.links import customer_url
from brief.words import LANGUAGES, TAGS, words
from deployment.config import DeploymentConfig

# Share of a customer's own pauses that are shorter than the one from which the customer is overdue.
# A test compares it with `pause_shares` in dbt_project/macros/customers/lifecycle.sql.
OVERDUE_SHARE = 0.85

_CHINESE_STOP = re.compile(r"([、。；：])\s+")


@dataclass(frozen=True)
class Definitions:
    """Meaning of a deployment's figures: its language, currency and definition of churn.

    `has_budget` says whether actions are decided at all, `has_files` whether they are handed over
    as files. `dashboards` is the address of the Superset that has the page of each customer; None
    if no code of a customer is a link.
    """

    language: str
    currency: str
    churn_kind: str
    horizon_days: int
    eligible_days: int
    has_budget: bool = True
    has_files: bool = True
    dashboards: str | None = None

    @classmethod
    def of(cls, config: DeploymentConfig) -> Definitions:
        """The definitions of a deployment."""
        churn = config.churn
        return cls(
            config.language,
            config.currency,
            churn.kind,
            churn.horizon_days,
            churn.eligible_days,
            config.actions.monthly_budget is not None,
            config.hand_over.files,
            config.brief.dashboards,
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages of a brief, the deployment's first."""
        return (self.language, *(one for one in LANGUAGES if one != self.language))


def brief_html(con: duckdb.DuckDBPyConnection, day: date, definitions: Definitions) -> str:
    """The page of a day, the same bytes for the same file.

    Args:
        con: the published file.
        day: a day of the file.
        definitions: what its figures mean.
    """
    editions: list[dict[str, Any]] = []
    for language in definitions.languages:
        known = editions[0]["facts"] if editions else None
        editions.append(edition(con, day, language, definitions, known=known))
    style, script = _resource("brief.css"), _resource("sort.js")
    template = environment().get_template("edition.html.jinja")
    return (
        environment()
        .get_template("brief.html.jinja")
        .render(
            editions=editions,
            contents=[_joined(template.render(one), one["language"]) for one in editions],
            company=editions[0]["publication"]["company"],
            style=Markup(style),
            script=Markup(script),
            style_hash=_digest(style),
            script_hash=_digest(script),
        )
    )


def edition(
    con: duckdb.DuckDBPyConnection,
    day: date,
    language: str,
    definitions: Definitions,
    *,
    with_charts: bool = True,
    known: Facts | None = None,
) -> dict[str, Any]:
    """Names of a template for one language: words, figures, facts and charts.

    Args:
        con: the published file.
        day: a day of the file.
        language: language of the edition.
        definitions: what the figures mean.
        with_charts: whether charts are drawn.
        known: facts of the same file and day in another language.
    """
    facts = read_facts(con, day, language, definitions.horizon_days, known)
    formats = Formats(language, definitions.currency)
    spoken = words(language)
    figures = Figures(formats, spoken)
    publication = facts.one("publication")
    if publication is None:
        raise ValueError("the published file has no row in ops.publication")
    return {
        "language": language,
        "tag": TAGS[language],
        "other": next(one for one in LANGUAGES if one != language),
        "day": day,
        "facts": facts,
        "publication": publication,
        "t": spoken.text,
        "named": spoken.name,
        "f": figures.figure,
        "sentence": figures.sentence,
        "months": figures.months,
        "interval": figures.share("interval", 0.95),
        "coin": figures.share("coin", 0.5),
        "horizon": figures.setting("churn.horizon_days", definitions.horizon_days),
        "eligible": figures.setting("churn.eligible_days", definitions.eligible_days),
        "overdue": figures.share("overdue", OVERDUE_SHARE),
        "customer": partial(_customer, figures, definitions.dashboards),
        "has_files": definitions.has_files,
        "hand_over": Markup("<code>hand_over/{}/actions.csv</code>").format(day.isoformat()),
        "has_budget": definitions.has_budget,
        "has_dashboards": definitions.dashboards is not None,
        "churn_kind": definitions.churn_kind,
        "charts": charts(facts, spoken, formats, definitions.churn_kind) if with_charts else {},
        "sql": facts.sql.items(),
        "formats": formats,
        "is_own_language": language == definitions.language,
    }


@cache
def environment() -> Environment:
    """The templates of the package."""
    return Environment(
        loader=PackageLoader("brief"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _joined(html: str, language: str) -> Markup:
    """The HTML of an edition; Chinese without the spaces that follow a full stop elsewhere."""
    return Markup(_CHINESE_STOP.sub(r"\1", html) if language == "zh" else html)


def _customer(figures: Figures, dashboards: str | None, row: Row) -> Markup:
    """The code of a row's customer, a link to the customer's own page where there is one."""
    code = figures.figure(row, "customer_id", "text")
    if dashboards is None:
        return code
    return Markup('<a href="{}">{}</a>').format(customer_url(dashboards, row["customer_id"]), code)


def _resource(name: str) -> str:
    return (files("brief") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Digest by which a content security policy allows an inline style or script."""
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
