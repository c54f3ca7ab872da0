"""Charts of the brief: Altair specifications, rendered to SVG in this process.

The numbers come from the rows of `facts`. The page shows them in a table beside each chart, so a
chart is one image for screen readers. Colours are CSS variables of the page, which differ between
its light and its dark scheme.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from brief.facts import Facts, Row
from brief.formats import Formats
from brief.words import Words

if TYPE_CHECKING:
    import altair as alt

# Widths of a picture with its labels, in pixels: over the page, and beside a table.
WIDE, HALF = 520, 420
_BAR_STEP = 30
_LABEL_WIDTH = 310
_SIZE = re.compile(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"')
_SERIES = ("var(--series-1)", "var(--series-2)", "var(--series-3)")
_PER_CENT = ".0%"
_STAGES = ("first_purchase", "repeat", "loyal")


def charts(
    facts: Facts, words: Words, formats: Formats, churn_kind: str, *, validate: bool = False
) -> dict[str, str]:
    """The charts of a brief by name, as SVG; an empty text where there is no data.

    Args:
        facts: rows of the queries.
        words: words of the language.
        formats: formats of the language.
        churn_kind: kind of churn, which names the stages.
        validate: compare each specification with the schema of Vega-Lite. It takes a second of
            CPU; the tests do it.
    """
    # Altair takes 0.4 s of CPU to import, and the command line's other commands need none.
    from altair.utils.schemapi import debug_mode

    with debug_mode(validate):
        drawn = _Charts(facts, words, formats, churn_kind, validate)
        return {
            "reach": drawn.reach(),
            "trading": drawn.trading(),
            "attrition": drawn.attrition(),
            "complaints": drawn.complaints(),
            "effects": drawn.effects(),
            "forecasts": drawn.forecasts(),
        }


class _Charts:
    """The charts of one brief; each method returns an SVG, or an empty text without data."""

    def __init__(
        self, facts: Facts, words: Words, formats: Formats, churn_kind: str, validate: bool
    ) -> None:
        import altair as alt

        self._alt = alt
        self._validate = validate
        self._facts = facts
        self._words = words
        self._formats = formats
        self._churn_kind = churn_kind

    def reach(self) -> str:
        """Share of the value at risk by what is done about it."""
        rows = [row for row in self._facts["reach"] if row["share"] is not None]
        values = [
            {
                "label": self._words.name("reach", row["what_is_done"]).unescape(),
                "share": float(row["share"]),
                "text": self._formats.shown(row["share"], "share"),
                "colour": {"acted_on": _SERIES[0], "lost_anyway": _SERIES[1]}.get(
                    row["what_is_done"], "var(--quiet)"
                ),
            }
            for row in rows
        ]
        alt = self._alt
        base = self._chart(values).encode(y=self._labels(values))
        bars = base.mark_bar(height=16).encode(
            x=alt.X("share:Q", axis=None), color=alt.Color("colour:N", scale=None)
        )
        numbers = base.mark_text(align="left", dx=5).encode(
            x="share:Q", text="text:N", color=alt.value("var(--ink)")
        )
        return self._svg(bars + numbers, values, height=_BAR_STEP * len(values))

    def trading(self) -> str:
        """Orders of each of the latest weeks."""
        values = [
            {"day": row["week_end"].isoformat(), "orders": row["orders"]}
            for row in self._facts["trading"]
        ]
        alt = self._alt
        chart = (
            self._chart(values)
            .mark_line(point={"filled": True, "size": 45, "color": _SERIES[0]}, color=_SERIES[0])
            .encode(
                x=self._days(values, "short_day"),
                y=alt.Y("orders:Q", axis=alt.Axis(title=None, tickCount=4)),
            )
        )
        return self._svg(chart, values, height=190)

    def attrition(self) -> str:
        """Share of each stage's customers lost in each month."""
        rows = self._facts["attrition_months"]
        values = [
            {
                "day": row["month"].isoformat(),
                "rate": float(row["attrition_rate"]),
                "stage": self._stage(row["stage"]),
            }
            for row in rows
        ]
        present = [stage for stage in _STAGES if any(row["stage"] == stage for row in rows)]
        alt = self._alt
        chart = (
            self._chart(values)
            .mark_line(point={"filled": True, "size": 30})
            .encode(
                x=self._days(values, "year_month"),
                y=alt.Y("rate:Q", axis=alt.Axis(title=None, tickCount=4, format=_PER_CENT)),
                color=self._colours([self._stage(stage) for stage in present], "stage"),
                strokeDash=alt.StrokeDash(
                    "stage:N",
                    legend=None,
                    scale=alt.Scale(
                        domain=[self._stage(stage) for stage in present],
                        range=[[1, 0], [6, 3], [2, 2]][: len(present)],
                    ),
                ),
            )
        )
        return self._svg(chart, values, height=250, width=HALF)

    def complaints(self) -> str:
        """Complaints by topic, in the latest month and the month before."""
        months = ("this_month", "last_month")
        columns = ("complaints", "complaints_before")
        values = [
            {
                "label": self._words.name("complaints.topics", row["topic"]).unescape(),
                "month": self._words.text(f"complaints.{month}").unescape(),
                "complaints": row[column],
            }
            for row in self._facts["complaints"]
            for month, column in zip(months, columns, strict=True)
            if row[column] is not None
        ]
        alt = self._alt
        order = [self._words.text(f"complaints.{month}").unescape() for month in months]
        chart = (
            self._chart(values)
            .mark_bar()
            .encode(
                y=self._labels(values),
                yOffset=alt.YOffset("month:N", sort=order),
                x=alt.X("complaints:Q", axis=alt.Axis(title=None, tickCount=4, tickMinStep=1)),
                color=self._colours(order, "month", (_SERIES[0], "var(--quiet)")),
            )
        )
        topics = len({value["label"] for value in values})
        return self._svg(chart, values, height=_BAR_STEP * (topics + 2))

    def effects(self) -> str:
        """Effect of each action on the share of customers who stay, with its interval."""
        values = [
            {
                "label": row["action"],
                "uplift": 100 * row["uplift"],
                "low": 100 * row["uplift_low"],
                "high": 100 * row["uplift_high"],
                "known": row["verdict"] in ("works", "harms"),
            }
            for row in self._facts["effects"]
        ]
        alt = self._alt
        base = self._chart(values).encode(y=self._labels(values))
        colour = alt.when("datum.known").then(alt.value(_SERIES[0]))
        colour = colour.otherwise(alt.value("var(--muted)"))
        title = self._words.text("account.axis").unescape()
        ranges = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", axis=alt.Axis(title=title, tickCount=6, labelFlush=False)),
            x2="high:Q",
            color=colour,
        )
        dots = base.mark_point(size=70, filled=True, opacity=1).encode(x="uplift:Q", color=colour)
        zero = (
            alt.Chart(alt.InlineData(values=[{"zero": 0}]))
            .mark_rule(color="var(--ink)")
            .encode(x="zero:Q")
        )
        return self._svg(zero + ranges + dots, values, height=_BAR_STEP * (len(values) + 2))

    def forecasts(self) -> str:
        """Expected and realised churn rates, with the interval of the forecast."""
        expected, realised = (
            self._words.text(f"trust.{name}").unescape() for name in ("expected", "realised")
        )
        rows = [row for row in self._facts["forecasts"] if row["expected"] is not None]
        ranges = [
            {"label": self._forecast(row), "low": row["low"], "high": row["high"]}
            for row in rows
            if row["low"] is not None
        ]
        dots = [
            {"label": self._forecast(row), "share": value, "kind": kind}
            for row in rows
            for value, kind in ((row["expected"], expected), (row["realised"], realised))
            if value is not None
        ]
        alt = self._alt
        labels = self._labels(dots)
        axis = alt.Axis(title=None, tickCount=6, format=_PER_CENT, labelFlush=False)
        lines = (
            self._chart(ranges)
            .mark_rule(strokeWidth=3, color="var(--quiet)")
            .encode(y=labels, x=alt.X("low:Q", axis=axis, scale=alt.Scale(zero=False)), x2="high:Q")
        )
        points = (
            self._chart(dots)
            .mark_point(size=70, filled=True, opacity=1)
            .encode(
                y=labels,
                x="share:Q",
                color=self._colours([expected, realised], "kind"),
                shape=alt.Shape(
                    "kind:N",
                    legend=None,
                    scale=alt.Scale(domain=[expected, realised], range=["circle", "diamond"]),
                ),
            )
        )
        return self._svg(lines + points, dots, height=_BAR_STEP * (len(rows) + 3))

    def _stage(self, stage: str) -> str:
        return self._words.name(f"stages.{self._churn_kind}", stage).unescape()

    def _forecast(self, row: Row) -> str:
        kind = self._words.text(f"trust.kinds.{row['kind']}").unescape()
        return f"{kind}, {self._formats.shown(row['snapshot_date'], 'day')}"

    def _chart(self, values: Sequence[dict[str, Any]]) -> alt.Chart:
        return self._alt.Chart(self._alt.InlineData(values=list(values)))

    def _labels(self, values: Sequence[dict[str, Any]]) -> alt.Y:
        """Names in their order, one a line."""
        names = list(dict.fromkeys(str(value["label"]) for value in values))
        axis = self._alt.Axis(
            title=None,
            ticks=False,
            domain=False,
            labelLimit=_LABEL_WIDTH,
            # The width of Chinese words is not known where the machine has no Chinese font.
            minExtent=min(_LABEL_WIDTH, max(_width(name) for name in names)) if names else 0,
        )
        return self._alt.Y("label:N", sort=names, axis=axis)

    def _days(self, values: Sequence[dict[str, Any]], form: str) -> alt.X:
        """Days at even distances, written in the language; at most six are labelled."""
        days = list(dict.fromkeys(value["day"] for value in values))
        step = max(1, -(-len(days) // 6))
        shown = days[::-1][::step]
        names = {day: self._formats.shown(date.fromisoformat(day), form) for day in shown}
        branches = "".join(f"datum.value == '{day}' ? '{name}' : " for day, name in names.items())
        axis = self._alt.Axis(
            title=None, values=shown, labelExpr=f"{branches}''", labelAngle=0, grid=False
        )
        return self._alt.X("day:O", axis=axis)

    def _colours(
        self, names: Sequence[str], field: str, colours: Sequence[str] = _SERIES
    ) -> alt.Color:
        return self._alt.Color(
            f"{field}:N",
            scale=self._alt.Scale(domain=list(names), range=list(colours[: len(names)])),
            legend=self._alt.Legend(
                title=None, orient="top", direction="vertical", labelLimit=2 * _LABEL_WIDTH
            ),
        )

    def _svg(
        self,
        chart: alt.Chart | alt.LayerChart,
        values: Sequence[object],
        height: int,
        width: int = WIDE,
    ) -> str:
        if not values:
            return ""
        import vl_convert

        styled = (
            chart.properties(width=width, height=height, autosize={"type": "fit"}, padding=2)
            .configure(background="transparent", font="sans-serif")
            .configure_view(stroke=None)
            .configure_axis(
                labelColor="var(--ink)",
                titleColor="var(--muted)",
                titleFontWeight="normal",
                gridColor="var(--line)",
                domainColor="var(--line)",
                tickColor="var(--line)",
                labelFontSize=13,
                titleFontSize=12,
                labelPadding=6,
            )
            .configure_legend(labelColor="var(--ink)", labelFontSize=13)
            .configure_text(fontSize=13)
        )
        svg: str = vl_convert.vegalite_to_svg(styled.to_dict(validate=self._validate))
        # The page scales the image to its column.
        return _SIZE.sub(r"\1", svg, count=1)


def _width(name: str) -> int:
    """Width of a label in pixels, estimated: a Chinese character is as wide as it is high."""
    return 10 + sum(13 if ord(character) > 0x2E80 else 7 for character in name)
