"""Shifts and masks. A HUGEINT is a DECIMAL(38,0), so its bits are products, quotients and rests."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, cast, constant, needed_type, source, template, type_of

_WIDE = "decimal(38,0)"
# Above 2^125 a product no longer fits into 38 digits.
_WIDEST = 125
_BIGINT_BITS = 63
_SHIFTED = "shifted"


def shift_left(node: exp.Expr) -> exp.Expr | None:
    """`x << n`."""
    kind = needed_type(node)
    if not types.is_wide_integer(kind):
        return call("shiftleft", _in_own_type(node.this, kind), cast(node.expression, "int"))
    places = constant(node.expression)
    if places is not None:
        return exp.Mul(this=cast(node.this, _WIDE), expression=_power_of_two(places, node))
    return template(
        # The smaller and the greater of a null and a number is the number.
        "x * case when n is not null then"
        " cast(shiftleft(1L, cast(least(n, 60) as int)) as decimal(20,0))"
        " * cast(shiftleft(1L, cast(greatest(n - 60, 0) as int)) as decimal(20,0)) end",
        x=cast(node.this, _WIDE),
        n=node.expression,
    )


def shift_right(node: exp.Expr) -> exp.Expr | None:
    """`x >> n`, which rounds down."""
    kind = needed_type(node)
    if not types.is_wide_integer(kind):
        return call("shiftright", _in_own_type(node.this, kind), cast(node.expression, "int"))
    places = constant(node.expression)
    if places is None:
        raise UnsupportedConstructError(source(node), "A HUGEINT is shifted by constants only")
    value = cast(node.this, _WIDE)
    if places == 0:
        return value
    shifted = template(
        "cast((x - pmod(x, p)) / p as decimal(38,0))", x=value, p=_power_of_two(places, node)
    )
    shifted.meta[_SHIFTED] = (value, places)
    return shifted


def mask(node: exp.Expr) -> exp.Expr | None:
    """`x & m`; a HUGEINT has masks of its lowest bits only."""
    if not types.is_wide_integer(needed_type(node)):
        return None
    bits = _lowest_bits(node.expression, node)
    value = node.this.unnest()
    whole, places = value.meta.get(_SHIFTED, (value, 0))
    rest = call("pmod", cast(whole.copy(), _WIDE), _power_of_two(bits + places, node))
    if places == 0:
        return rest
    return (
        template("cast((r - r % p) / p as decimal(38,0))", r=rest, p=_power_of_two(places, node))
        if bits > _BIGINT_BITS
        else template("r div p", r=rest, p=_power_of_two(places, node))
    )


def _lowest_bits(node: exp.Expr, whole: exp.Expr) -> int:
    value = constant(node)
    if value is None or value & (value + 1):
        raise UnsupportedConstructError(source(whole), "A HUGEINT is masked by 2^n - 1 only")
    return value.bit_length()


def _in_own_type(node: exp.Expr, kind: str) -> exp.Expr:
    own = "bigint" if kind == types.BIGINT else "int"
    return node if type_of(node) == kind else cast(node, own)


def _power_of_two(places: int, node: exp.Expr) -> exp.Expr:
    if not 0 <= places <= _WIDEST:
        raise UnsupportedConstructError(source(node), "It does not fit into 38 digits")
    return cast(exp.Literal.string(str(2**places)), _WIDE)


RULES: dict[type[exp.Expr], Rule] = {
    exp.BitwiseLeftShift: shift_left,
    exp.BitwiseRightShift: shift_right,
    exp.BitwiseAnd: mask,
}
