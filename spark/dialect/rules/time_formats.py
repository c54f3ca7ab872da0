"""`strptime` and `try_strptime`: patterns of C as patterns of Java."""

from __future__ import annotations

import re

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, cast, literal_text

_CODES = {
    "%d": "d",
    "%-d": "d",
    "%m": "M",
    "%-m": "M",
    "%Y": "yyyy",
    "%H": "H",
    "%M": "m",
    "%S": "s",
    "%f": "SSSSSS",
    "%g": "SSS",
    "%z": "XXX",
    "%p": "a",
    "%I": "h",
    "%b": "MMM",
}


def java_format(pattern: str) -> str:
    """A pattern of `strptime` as one of Spark.

    Raises:
        UnsupportedConstructError: a code is not known.
    """
    pieces = re.findall(r"%-?.|[^%]+", pattern)
    return "".join(_CODES[each] if each in _CODES else _constant(each) for each in pieces)


def _constant(piece: str) -> str:
    if piece.startswith("%"):
        raise UnsupportedConstructError(f"{piece} of strptime", "No pattern of Spark is known")
    return re.sub(r"[A-Za-z]+", lambda found: f"'{found[0]}'", piece)


def tried(node: exp.Expr) -> exp.Expr | None:
    """`try_strptime` with one format or a list of them, of which the first that fits counts."""
    value, formats = node.expressions
    patterns = formats.expressions if isinstance(formats, exp.Array | exp.Anonymous) else [formats]
    times = [
        cast(
            call("try_to_timestamp", value.copy(), java_format(literal_text(each, "strptime"))),
            "timestamp_ntz",
        )
        for each in patterns
    ]
    return times[0] if len(times) == 1 else exp.Coalesce(this=times[0], expressions=times[1:])


FUNCTIONS: dict[str, Rule] = {"try_strptime": tried}
