"""Metadata: values of this project as Dagster's UI shows them.

Computing the values does not belong here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from deployment.source_config import FilesSource, Source
from ingestion.landing.report import TableReport

if TYPE_CHECKING:
    from ml.monitoring.drift import Shift
    from warehouse.hand_over.delivery import HandOverReport

# Features in the table of drift, the largest index first.
SHOWN_FEATURES = 20
# Ranges of probability in the table of scores.
SCORE_RANGES = 10


def png_image(png: bytes) -> dg.MarkdownMetadataValue:
    """A PNG file's bytes as Markdown with the image inline."""
    return dg.MetadataValue.md(f"![](data:image/png;base64,{b64encode(png).decode()})")


def extraction_figures(source: Source, report: TableReport | None) -> dict[str, int | float | str]:
    """Figures of a raw table's load; `report` is None where the source could not be read."""
    if report is None:
        return {"rows_loaded": 0, "is_stale": "the source could not be read"}
    figures: dict[str, int | float | str] = {
        "rows_loaded": report.rows,
        "seconds": round(report.seconds, 3),
    }
    if not isinstance(source, FilesSource):
        return {**figures, "rows_ended": report.rows_ended}
    if report.rows_unreadable:
        figures["rows_unreadable"] = report.rows_unreadable
    if report.encodings:
        figures["encodings"] = ", ".join(report.encodings)
    return {
        **figures,
        "files_loaded": report.files_loaded,
        "files_unchanged": report.files_unchanged,
        "files_superseded": report.files_superseded,
        "latest_drop": str(report.latest_drop) if report.latest_drop else "undated",
    }


def hand_over_figures(report: HandOverReport) -> dict[str, int]:
    """Figures of a hand-over: actions by status, and by receiver those that it took or refused."""
    return {
        **{f"actions {status}": count for status, count in report.actions.items()},
        "actions in files": sum(report.files.values()),
        **{f"taken by {name}": each.taken for name, each in report.deliveries.items()},
        **{f"refused by {name}": each.refused for name, each in report.deliveries.items()},
    }


def drift_figures(shifts: Sequence[Shift]) -> dict[str, dg.MetadataValue]:
    """Population stability indices, the largest first; empty where nothing was measured."""
    if not shifts:
        return {}
    records = [
        dg.TableRecord(
            {
                "feature": shift.feature,
                "psi": round(shift.psi, 4),
                "psi_to_earlier_day": "" if (psi := shift.earlier_psi) is None else f"{psi:.4f}",
                "by_chance": round(shift.chance, 4),
                "unknown": round(shift.null_share, 4),
                "unknown_in_training": round(shift.reference_null_share, 4),
            }
        )
        for shift in shifts[:SHOWN_FEATURES]
    ]
    return {
        "largest_psi": dg.MetadataValue.float(shifts[0].psi),
        "features": dg.MetadataValue.table(records),
    }


def score_distribution(probabilities: NDArray[np.float64]) -> dg.TableMetadataValue:
    """Customers in each tenth of the churn probability, as a table.

    A plot would cost each day the import of matplotlib, which takes 0.5 s.

    Args:
        probabilities: churn probabilities of shape (customers,).
    """
    customers, edges = np.histogram(probabilities, bins=SCORE_RANGES, range=(0, 1))
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {"churn_probability": f"{low:.0%} to {high:.0%}", "customers": int(count)}
            )
            for low, high, count in zip(edges[:-1], edges[1:], customers, strict=True)
        ]
    )
