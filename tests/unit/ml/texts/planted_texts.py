"""Texts with planted sentiment and topics, as tables to train on and to score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

DAY = date(2026, 6, 30)
# Words of each sentiment class.
NEGATIVE = ("grux", "voth", "snep", "krad")
NEUTRAL = ("midd", "plon")
POSITIVE = ("zolp", "mirv", "tanq", "belk")
TOPICS = {"delivery": ("parcelo", "routik"), "pricing": ("taxum", "coinar")}


def text_rows(count: int, seed: int = 1) -> list[dict[str, object]]:
    """Texts of an invented language with a topic; one in ten ratings is random."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(count):
        label = int(random.integers(3))
        topic = str(random.choice(list(TOPICS)))
        words = [*random.choice(["aba", "ebe", "ibi", "obo", "ubu"], 4), *TOPICS[topic]]
        words += list(random.choice([NEGATIVE, NEUTRAL, POSITIVE][label], 2))
        rating = random.integers(1, 6) if random.random() < 0.1 else (1, 3, 5)[label]
        rows.append(
            {
                "label_group": f"shop:{number}",
                "written_on": DAY - timedelta(days=int(count - number) // 10),
                "text": " ".join(random.permutation(words)),
                "rating": float(rating),
                "csat_score": None,
                "is_first": True,
                "is_last": True,
                "topic": topic,
                "customer_no": number,
                "names": None,
            }
        )
    return rows


def to_learn(rows: Sequence[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(
        list(rows),
        schema=pa.schema(
            [
                ("label_group", pa.string()),
                ("written_on", pa.date32()),
                ("text", pa.string()),
                ("rating", pa.float64()),
                ("csat_score", pa.float64()),
                ("is_first", pa.bool_()),
                ("is_last", pa.bool_()),
                ("topic", pa.string()),
                ("customer_no", pa.int32()),
                ("names", pa.list_(pa.string())),
            ]
        ),
    )


def to_score(
    texts: Sequence[str], known_on: date = DAY + timedelta(days=1), topic: str | None = None
) -> pa.Table:
    return pa.table(
        {
            "load_id": pa.array([1] * len(texts), pa.int64()),
            "row_no": pa.array(range(len(texts)), pa.int64()),
            "known_on": pa.array([known_on] * len(texts), pa.date32()),
            "label_group": pa.array([f"shop:{place}" for place in range(len(texts))], pa.string()),
            "text": pa.array(texts, pa.string()),
            "topic": pa.array([topic] * len(texts), pa.string()),
        }
    )
