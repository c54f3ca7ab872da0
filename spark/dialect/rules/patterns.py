r"""Regular expressions: DuckDB's are RE2's, Spark's are Java's.

In Java `.` and `$` know more ends of a line; the flag `d` and `\z` take them away. Classes within
classes and `&&` exist in Java only and are refused, as are RE2's names of classes.
"""

from __future__ import annotations

import re

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, constant, literal_text, source, template

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
    flags = node.args.get("flag")
    if not isinstance(node.expression, exp.Literal):
        return call("regexp_like", node.this, _checked_pattern(node.expression, flags))
    return call("regexp_like", node.this, _pattern(node.expression, "regexp_matches", flags))


def full_match(node: exp.Expr) -> exp.Expr | None:
    """`regexp_full_match`."""
    flags = node.args.get("options") or node.args.get("flag")
    if not isinstance(node.expression, exp.Literal):
        pattern = template(
            r"concat('\\A(?:', p, ')\\z')", p=_checked_pattern(node.expression, flags)
        )
        return call("regexp_like", node.this, pattern)
    java = _pattern(node.expression, "regexp_full_match", flags)
    return call("regexp_like", node.this, rf"\A(?:{java})\z")


def _checked_pattern(pattern: exp.Expr, flags: exp.Expr | None) -> exp.Expr:
    """A pattern that a row has; one that Java may read in another way is an error."""
    if flags is not None:
        raise UnsupportedConstructError("flags of a pattern", "The pattern is no constant")
    differs = exp.Literal.string(r"\[[^\]]*\[|&&|\$.|\(\?i")
    return template(
        "concat('(?d)', regexp_replace("
        "if(regexp_like(p, d), raise_error(concat('a pattern that Java reads otherwise: ', p)), p),"
        " e, z))",
        p=pattern,
        d=differs,
        e=exp.Literal.string(r"(?<!\\)\$$"),
        z=exp.Literal.string(r"\\z"),
    )


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
    """`regexp_replace`: of the first match, or of all with the flag `g`."""
    flags = node.args.get("modifiers")
    given = "" if flags is None else literal_text(flags, "regexp_replace")
    pattern = _pattern(node.expression, "regexp_replace", flags)
    by = node.args.get("replacement")
    replacement = "" if by is None else literal_text(by, "regexp_replace")
    first = 0
    if "g" not in given:
        # Spark replaces all matches, of which the beginning of a text has one.
        pattern, first = rf"\A([\s\S]*?)({pattern})", 2
    java = re.sub(
        r"\\(\d)", lambda found: f"${int(found[1]) + first}", replacement.replace("$", r"\$")
    )
    return call("regexp_replace", node.this, pattern, f"$1{java}" if first else java)


RULES: dict[type[exp.Expr], Rule] = {
    exp.RegexpLike: matches,
    exp.RegexpFullMatch: full_match,
    exp.RegexpExtract: extract,
    exp.RegexpReplace: replace,
}
