"""Workbooks and archives, as bytes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl import Workbook

ROWS = "select _row, order_no, amount from raw_shop.orders order by _row"


def book(rows: list[list[Any]], sheet: str = "Sheet") -> bytes:
    workbook = Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def archive(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("_csv", ".csv"), content)
    return target.getvalue()
