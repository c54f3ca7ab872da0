"""Texts: parts, searches and formats."""

from __future__ import annotations

import re

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.rules.text_casts import to_text
from spark.dialect.tree import (
    call,
    cast,
    constant,
    literal_text,
    needed_type,
    source,
    template,
    type_of,
)


def concatenate(node: exp.Expr) -> exp.Expr | None:
    """`||` of texts, and of lists."""
    if types.is_list(needed_type(node)):
        return call("concat", node.this, node.expression)
    for key in ("this", "expression"):
        if type_of(node.args[key]) not in (types.VARCHAR, types.NULL):
            node.set(key, to_text(node.args[key]))
    return None


def all_texts(node: exp.Expr) -> exp.Expr | None:
    """`concat` and `concat_ws`: a null adds nothing."""
    values = [
        each if type_of(each) in (types.VARCHAR, types.NULL) else to_text(each)
        for each in node.expressions
    ]
    if isinstance(node, exp.ConcatWs):
        return call("concat_ws", *values)
    return call("concat", *[template("coalesce(x, '')", x=each) for each in values])


def beginning(node: exp.Expr) -> exp.Expr | None:
    """`left` and `right` with a constant length."""
    name = "left" if isinstance(node, exp.Left) else "right"
    return call(name, node.this, _at_least(node.expression, 0, name))


def _at_least(number: exp.Expr, lowest: int, name: str) -> exp.Expr:
    """A length or a position; below the lowest one both engines count in other ways: an error."""
    value = constant(number)
    if value is None:
        message = f"{name} with a number below {lowest}"
        checked = f"if(n >= {lowest} or n is null, n, raise_error('{message}'))"
        return cast(template(checked, n=number), "int")
    if value < lowest:
        raise UnsupportedConstructError(name, f"Its number is below {lowest}")
    return number


def substring(node: exp.Expr) -> exp.Expr | None:
    """`substring` from a position of at least 1."""
    start, length = node.args["start"], node.args.get("length")
    start = _at_least(start, 1, "substring")
    return call("substring", node.this, start, *([length] if length is not None else []))


def part(node: exp.Expr) -> exp.Expr | None:
    """`split_part` with a constant place."""
    place = constant(node.args["part_index"])
    delimiter = literal_text(node.args["delimiter"], "split_part")
    if not place or not delimiter:
        raise UnsupportedConstructError(source(node), "Only a constant place is translated")
    return call("split_part", node.this, delimiter, place)


def split(node: exp.Expr) -> exp.Expr | None:
    """`string_split` by a constant text."""
    separator = literal_text(node.expression, "string_split")
    if not separator:
        raise UnsupportedConstructError(source(node), "The separator is empty")
    return call("split", node.this, re.escape(separator))


def padded(node: exp.Expr) -> exp.Expr | None:
    """`lpad` and `rpad`."""
    name = "lpad" if node.args.get("is_left") else "rpad"
    return call(name, node.this, cast(node.expression, "int"), node.args["fill_pattern"])


def character(node: exp.Expr) -> exp.Expr | None:
    """`chr` of a constant: the character itself."""
    code = constant(node.expressions[0])
    if code is None:
        raise UnsupportedConstructError(source(node), "Only a constant is translated")
    return exp.Literal.string(chr(code))


def escaped(node: exp.Expr) -> exp.Expr | None:
    """`e'…'`, whose escapes the parser has read."""
    return exp.Literal.string(node.name)


def position(node: exp.Expr) -> exp.Expr | None:
    """`strpos`."""
    return cast(call("instr", node.this, node.args["substr"]), "bigint")


def like(node: exp.Expr) -> exp.Expr | None:
    """`like`: a backslash is no escape for DuckDB."""
    if isinstance(node.parent, exp.Escape):
        return None
    if "\\" in literal_text(node.expression, "like"):
        raise UnsupportedConstructError("like", "A pattern with a backslash")
    return None


def trimmed(node: exp.Expr) -> exp.Expr | None:
    """`trim`, `ltrim` and `rtrim`: of spaces, or of given characters."""
    side = (node.args.get("position") or "").upper()
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "btrim")
    characters = node.expression
    if characters is None:
        return call(name, node.this)
    # Of the three only `btrim` has the text first.
    return call(name, *([node.this, characters] if name == "btrim" else [characters, node.this]))


def hashed(node: exp.Expr) -> exp.Expr | None:
    """`md5` and `sha256` as hexadecimal texts."""
    if isinstance(node, exp.MD5):
        return call("md5", node.this)
    length = constant(node.args.get("length"))
    return call("sha2", node.this, 256 if length is None else length)


def half_of_md5(node: exp.Expr) -> exp.Expr | None:
    """`md5_number_upper` and `md5_number_lower`: eight bytes of the hash, the last one highest."""
    first = 1 if node.name.lower() == "md5_number_upper" else 17
    return template(_bytes_of_md5(first), x=node.expressions[0])


def rest_of_md5(node: exp.Expr) -> exp.Expr | None:
    """`md5_number(x) % n`: the number itself has more than 38 digits."""
    divisor = constant(node.parent.expression) if isinstance(node.parent, exp.Mod) else None
    if divisor is None or not 0 < divisor < 2**31:
        raise UnsupportedConstructError("md5_number", "Only its rest by a constant fits")
    rest = f"(({_bytes_of_md5(17)} % {divisor}) * {2**64 % divisor} + {_bytes_of_md5(1)})"
    return template(rest, x=node.expressions[0])


def _bytes_of_md5(first: int) -> str:
    pairs = ", ".join(f"substr(md5(x), {place}, 2)" for place in range(first + 14, first - 1, -2))
    return f"cast(conv(concat({pairs}), 16, 10) as decimal(20,0))"


def formatted(node: exp.Expr) -> exp.Expr | None:
    """`format('{:,}', x)` of whole numbers, and texts with `{}`."""
    pattern = literal_text(node.this, "format")
    values = node.expressions
    pieces = re.split(r"(\{[^}]*\})", pattern)
    if "{{" in pattern or sum(each.startswith("{") for each in pieces) != len(values):
        raise UnsupportedConstructError(f"format('{pattern}')", "Its places differ from its values")
    remaining = iter(values)
    parts = [
        _place(each, next(remaining)) if each.startswith("{") else exp.Literal.string(each)
        for each in pieces
        if each
    ]
    return parts[0] if len(parts) == 1 else call("concat", *parts)


def _place(form: str, value: exp.Expr) -> exp.Expr:
    kind = needed_type(value)
    if form == "{:,}" and types.is_integer(kind):
        return call("format_number", value, 0)
    if form in ("{}", "{:d}") and (types.is_text(kind) or types.is_integer(kind)):
        return value if types.is_text(kind) else cast(value, "string")
    fixed = re.fullmatch(r"\{:(,?)\.(\d)f\}", form)
    if fixed is None:
        raise UnsupportedConstructError(f"format('{form}')", f"It is not known for {kind}")
    return _fixed(value, int(fixed[2]), grouped_by="#,##" if fixed[1] else "")


def _fixed(value: exp.Expr, digits: int, grouped_by: str = "") -> exp.Expr:
    """Digits after the point, by rounding the exact binary value half to even, as C does."""
    form = f"{grouped_by}0.{'0' * digits}" if digits else f"{grouped_by}0"
    return call("format_number", cast(value, "double"), form)


def printed(node: exp.Expr) -> exp.Expr | None:
    """`printf` with `%d`, `%s` and `%.nf`."""
    pattern = literal_text(node.expressions[0], "printf")
    values = iter(node.expressions[1:])
    parts: list[exp.Expr] = []
    for piece in re.split(r"(%%|%\+?[-0-9.,]*[a-zA-Z])", pattern):
        if piece == "%%":
            parts.append(exp.Literal.string("%"))
        elif piece.startswith("%"):
            parts.append(_printed_place(piece, next(values)))
        elif piece:
            parts.append(exp.Literal.string(piece))
    return parts[0] if len(parts) == 1 else call("concat", *parts)


def _printed_place(form: str, value: exp.Expr) -> exp.Expr:
    fixed = re.fullmatch(r"%\.(\d)f", form)
    if fixed:
        return _fixed(value, int(fixed[1]))
    if form in ("%d", "%s"):
        return cast(value, "string") if type_of(value) != types.VARCHAR else value
    if re.fullmatch(r"%0\d+d", form):
        number = "case when n is not null then format_string(f, cast(n as bigint)) end"
        return template(number, n=value, f=exp.Literal.string(form))
    raise UnsupportedConstructError(f"printf('{form}')", "It is not known")


RULES: dict[type[exp.Expr], Rule] = {
    exp.DPipe: concatenate,
    exp.Concat: all_texts,
    exp.ConcatWs: all_texts,
    exp.Left: beginning,
    exp.Right: beginning,
    exp.Substring: substring,
    exp.SplitPart: part,
    exp.Split: split,
    exp.Pad: padded,
    exp.ByteString: escaped,
    exp.Chr: character,
    exp.StrPosition: position,
    exp.Like: like,
    exp.Trim: trimmed,
    exp.MD5: hashed,
    exp.SHA2: hashed,
    exp.Format: formatted,
}
FUNCTIONS: dict[str, Rule] = {
    "md5_number": rest_of_md5,
    "md5_number_lower": half_of_md5,
    "md5_number_upper": half_of_md5,
    "printf": printed,
}
