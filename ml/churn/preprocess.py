"""Preprocessing: Arrow features to the float32 matrix that XGBoost reads.

The preprocessor is fitted on training rows and stored in the model, so scoring never refits it.
Features are neither scaled nor imputed: trees need no scale, and an unknown value is not a zero.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import is_text, most_frequent, numbers, value_type
from ml.schemas import SchemaError, feature_names, require_columns

ColumnKind = Literal["number", "boolean", "category"]
# A text column with more values is close to an id; its rarer values are encoded as unknown.
MAX_CATEGORIES = 64


@dataclass(frozen=True)
class Column:
    """One feature: name, kind and, for a category, its values in the order of their codes."""

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preprocessor:
    """Columns in the order of the matrix; `unknown` columns had no value in the training rows."""

    columns: tuple[Column, ...]
    unknown: tuple[str, ...] = ()

    @classmethod
    def fit(cls, table: pa.Table) -> Preprocessor:
        """Fit kinds and category codes on the training rows.

        Raises:
            SchemaError: a column is neither number, boolean nor text, or every column is null.
        """
        columns, unknown = [], []
        for name in feature_names(table):
            values = table[name]
            kind = _kind(name, values.type)
            if values.null_count == len(values):
                unknown.append(name)
            elif kind == "category":
                known = most_frequent(values, MAX_CATEGORIES)
                columns.append(Column(name, kind, tuple(sorted(known))))
            else:
                columns.append(Column(name, kind))
        if not columns:
            raise SchemaError("every feature column is null in all training rows")
        return cls(tuple(columns), tuple(unknown))

    @property
    def names(self) -> list[str]:
        """Feature names, in the order of the matrix's columns."""
        return [column.name for column in self.columns]

    @property
    def types(self) -> list[str]:
        """XGBoost's feature types, in the order of the matrix's columns."""
        codes = {"number": "q", "boolean": "i", "category": "c"}
        return [codes[column.kind] for column in self.columns]

    def transform(self, table: pa.Table) -> NDArray[np.float32]:
        """Matrix of shape (rows, columns), NaN where unknown or a category unseen in training.

        Raises:
            SchemaError: a column is missing, has another kind than in training, or is infinite.
        """
        require_columns(table, self.names, "the table to score")
        matrix = np.empty((len(table), len(self.columns)), dtype=np.float32)
        for position, column in enumerate(self.columns):
            matrix[:, position] = _encoded(column, table[column.name])
        infinite = np.isinf(matrix)
        if infinite.any():
            found = [self.names[i] for i in np.flatnonzero(infinite.any(axis=0))]
            raise SchemaError(f"infinite values in {', '.join(found)}")
        return matrix

    def to_json(self) -> str:
        """The preprocessor as JSON text; equal preprocessors give equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Preprocessor:
        """Read JSON text written by `to_json`."""
        stored = json.loads(text)
        columns = (
            Column(item["name"], item["kind"], tuple(item["categories"]))
            for item in stored["columns"]
        )
        return cls(tuple(columns), tuple(stored["unknown"]))


def _kind(name: str, data_type: pa.DataType) -> ColumnKind:
    plain = value_type(data_type)
    if pa.types.is_boolean(plain):
        return "boolean"
    if is_text(plain):
        return "category"
    if (
        pa.types.is_integer(plain)
        or pa.types.is_floating(plain)
        or pa.types.is_decimal(plain)
        or pa.types.is_null(plain)
    ):
        return "number"
    raise SchemaError(f"feature {name}: expected a number, boolean or text, found {plain}")


def _encoded(column: Column, values: pa.ChunkedArray) -> NDArray[np.float64]:
    if not pa.types.is_null(values.type) and _kind(column.name, values.type) != column.kind:
        raise SchemaError(
            f"feature {column.name}: expected a {column.kind} as in training, found {values.type}"
        )
    if column.kind == "category":
        known = pa.array(column.categories, pa.string())
        values = pc.index_in(values.cast(pa.string()), value_set=known)
    return numbers(values)
