"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# The signs with which a formula begins, also in full width and behind invisible characters, and the
# control characters by which a cell can be split (OWASP, CSV injection).
_FORMULA = r"^(?:[\s\p{Z}\p{C}]*[=+\-@＝＋－＠]|[\t\r\n])"


def without_formulas(rows: pa.Table) -> pa.Table:
    """Put an apostrophe before each text that a spreadsheet would take for a formula.

    Numbers and dates are no text and stay as they are, negative ones too.
    """
    for position, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            column = rows.column(position)
            guarded = pc.binary_join_element_wise("'", column, "")
            is_formula = pc.match_substring_regex(column, _FORMULA)
            rows = rows.set_column(position, field, pc.if_else(is_formula, guarded, column))
    return rows
