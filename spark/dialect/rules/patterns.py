r"""Regular expressions: DuckDB's are RE2's, Spark's are Java's.

In Java `.` and `$` know more ends of a line; the flag `d` and `\z` take them away. Classes within
classes and `&&` exist in Java only and are refused, as are RE2's names of classes.
"""

from __future__ import annotations

import re

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, constant, literal_text, source

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|.", re.DOTALL)
_FLAGS = {"i": "i", "s": "s", "c": "", "g": ""}
_NAMED = {"[:alpha:]": r"\p{Alpha}", "[:digit:]": r"\p{Digit}", "[:alnum:]": r"\p{Alnum}"}
_NAMED |= {"[:space:]": r"\s", "[:punct:]": r"\p{Punct}", "[:upper:]": r"\p{Upper}"}


def java_pattern(pattern: str, flags: str = "") -> str:
    """A pattern of RE2 as one of Java."""
    tokens = [_java_token(each) for each in _TOKEN.findall(pattern)]
    known = "".join(_FLAGS[each] for each in flags if each in _FLAGS)
    if unknown := set(flags) - set(_FLAGS):
        raise UnsupportedConstructError(f"the flag {min(unknown)} of a pattern", "It is not known")
    case = "u" if "i" in known or "(?i" in pattern else ""
    return f"(?d{known}{case}){''.join(tokens)}"


def _java_token(token: str) -> str:
    if token == "$":
        return r"\z"
    if not token.startswith("[") or len(token) == 1:
        return token
    for name, java in _NAMED.items():
        token = token.replace(name, java)
    inner = re.sub(r"\\.", "", token[1:-1])
    if "[" in inner or "&&" in inner:
        raise UnsupportedConstructError(f"the pattern {token}", "Java reads it in another way")
    return token


def _pattern(node: exp.Expr, construct: str, flags: exp.Expr | None = None) -> str:
    text = literal_text(node, construct)
    return java_pattern(text, literal_text(flags, construct) if flags is not None else "")


def matches(node: exp.Expr) -> exp.Expr | None:
    """`regexp_matches`: somewhere in the text."""
    pattern = _pattern(node.expression, "regexp_matches", node.args.get("flag"))
    return call("regexp_like", node.this, pattern)


def full_match(node: exp.Expr) -> exp.Expr | None:
    """`regexp_full_match`."""
    flags = node.args.get("options") or node.args.get("flag")
    pattern = _pattern(node.expression, "regexp_full_match", flags)
    return call("regexp_like", node.this, rf"\A(?:{pattern})\z")


def extract(node: exp.Expr) -> exp.Expr | None:
    """`regexp_extract`: an empty text without a match."""
    group = node.args.get("group")
    if isinstance(group, exp.Anonymous | exp.Cast | exp.Array):
        return _named_groups(node, group)
    place = 0 if group is None else constant(group)
    if place is None:
        raise UnsupportedConstructError(source(node), "Only a constant group is translated")
    pattern = _pattern(node.expression, "regexp_extract", node.args.get("parameters"))
    return call("regexp_extract", node.this, pattern, place)


def _named_groups(node: exp.Expr, names: exp.Expr) -> exp.Expr:
    """All groups of a pattern under names."""
    pattern = _pattern(node.expression, "regexp_extract")
    fields: list[exp.Expr] = []
    for place, name in enumerate(names.unnest().expressions, start=1):
        fields += [name.copy(), call("regexp_extract", node.this.copy(), pattern, place)]
    return call("named_struct", *fields)


def replace(node: exp.Expr) -> exp.Expr | None:
    """`regexp_replace`, of all matches or of the only one that an anchored pattern has."""
    flags = node.args.get("modifiers")
    given = "" if flags is None else literal_text(flags, "regexp_replace")
    text = literal_text(node.expression, "regexp_replace")
    if "g" not in given and not _is_anchored(text):
        raise UnsupportedConstructError("regexp_replace", "Spark replaces all matches")
    by = node.args.get("replacement")
    replacement = "" if by is None else literal_text(by, "regexp_replace")
    java = re.sub(r"\\(\d)", r"$\1", replacement.replace("$", r"\$"))
    return call("regexp_replace", node.this, java_pattern(text, given), java)


def _is_anchored(pattern: str) -> bool:
    at_one_end = pattern.startswith("^") or (pattern.endswith("$") and pattern[-2:] != r"\$")
    return at_one_end and "|" not in pattern


RULES: dict[type[exp.Expr], Rule] = {
    exp.RegexpLike: matches,
    exp.RegexpFullMatch: full_match,
    exp.RegexpExtract: extract,
    exp.RegexpReplace: replace,
}
