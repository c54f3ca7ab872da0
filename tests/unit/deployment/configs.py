"""A valid configuration, and the file of one."""

from __future__ import annotations

from pathlib import Path

GOOD = """
company: Demo Company
slug: demo
time_zone: Europe/Berlin
currency: EUR
default_country: NO
first_date: 2024-07-01
churn: {kind: non_contractual, horizon_days: 60}
owner: data-team@example.com
sources:
  shop:
    kind: files
    location: landing/shop
    tables:
      orders:
        path: "orders_{date}.csv"
        format: csv
        options: {delimiter: ";"}
        columns: [order_no, email]
        key: [order_no]
        provides: [orders, customers]
      notes:
        path: notes.jsonl
        format: jsonl
        columns: [note]
  crm:
    kind: files
    location: landing/crm
    tables:
      people: {path: p.csv, format: csv, columns: [id], provides: [customers]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "demo.yml"
    path.write_text(text, encoding="utf-8")
    return path
