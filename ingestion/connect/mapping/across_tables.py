"""What only the tables of a source together tell: whose a row is, and what an order was worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deployment.source_config import Entity
from ingestion.connect.mapping.column_evidence import is_of, value_doubts
from ingestion.connect.mapping.guesses import (
    EntityGuess,
    Evidence,
    FieldGuess,
    Findings,
    FromColumn,
    Hop,
    LookedUp,
    Summed,
    Value,
    Written,
)
from ingestion.connect.profiling.entities import AMOUNT, ID, NUMBER, REQUIRED, SHAPES, TIME, WORD
from ingestion.connect.profiling.keys import is_id_like
from ingestion.connect.profiling.names import (
    ENDING,
    EXACT,
    SIMILAR,
    column_points,
    normalised,
    table_points,
)
from ingestion.connect.profiling.profile import (
    DECIMAL_COMMA,
    THOUSANDS,
    ColumnProfile,
    TableProfile,
)
from warehouse.quoting import identifier

_MOST_HOPS = 2
_KINDS = {"review": "review", "message": "ticket_message", "survey": "survey", "rating": "review"}


@dataclass(frozen=True)
class Person:
    """The column of the customers that says who is the same, where their key does not."""

    table: str
    key: str
    column: str
    told: str


def person_of(findings: Findings, customers: EntityGuess) -> Person | None:
    """Find a customers' table whose key is used once only, beside an id that comes again.

    Shops exist that give each order a customer of its own: counted by that, nobody ever returns.
    """
    key = findings.keys[customers.table].columns
    if len(key) != 1:
        return None
    once = [
        each
        for each in findings.pointed_at(customers.table)
        if each.is_one_to_one and table_points("orders", each.table)[0] > 0
    ]
    table = findings.tables[customers.table]
    for column in table.columns.values():
        if (
            once
            and column.name != key[0]
            and is_id_like(column)
            and column.is_complete
            and table.rows / 2 <= column.distinct < table.rows
        ):
            told = (
                f"each {key[0]} is in one of {once[0].table} only, while {column.name} comes again"
                f" ({column.distinct:,} different ones in {table.rows:,} rows)"
            )
            return Person(customers.table, key[0], column.name, told)
    return None


def finished(
    findings: Findings,
    chosen: Mapping[Entity, EntityGuess],
    guess: EntityGuess,
    person: Person | None,
) -> EntityGuess:
    """The guess with what other tables say of its columns, and the constants."""
    fields = dict(guess.fields)
    if guess.entity == "customers":
        if person:
            fields["source_customer_id"] = FieldGuess(
                "source_customer_id",
                FromColumn(person.column),
                (Evidence(3.0, person.told),),
                (f"is {person.column} the person? {_capital(person.told)}",),
            )
    elif "source_customer_id" in fields:
        fields["source_customer_id"] = _customer(
            findings, chosen, guess, fields["source_customer_id"], person
        )
    if guess.entity == "orders":
        fields |= _order_fields(findings, guess, fields)
    if guess.entity == "order_lines":
        fields |= _line_fields(findings, guess, fields)
    if guess.entity == "feedback":
        fields |= _feedback_fields(findings, guess, fields)
    for name in REQUIRED[guess.entity]:
        if fields[name].value is None and not fields[name].doubts:
            fields[name] = FieldGuess(
                name,
                None,
                (),
                (
                    (
                        f"no column of {guess.table} looks like the {name}: rows without"
                        " it are rejected"
                    ),
                ),
            )
    return replace(guess, fields=fields)


def _customer(
    findings: Findings,
    chosen: Mapping[Entity, EntityGuess],
    guess: EntityGuess,
    found: FieldGuess,
    person: Person | None,
) -> FieldGuess:
    """Whose a row is: by its own column, or by that of a table that it points at."""
    customers = chosen.get("customers")
    table = customers.table if customers else None
    hops: tuple[Hop, ...] = ()
    evidence = found.evidence
    if isinstance(found.value, FromColumn):
        column = found.value.column
        is_known = any(each.target == table for each in findings.pointing(guess.table, column))
    else:
        path = _path_to_customers(findings, guess.table, table)
        if path is None:
            told = (
                "no column says whose an order is: all are taken for guests'"
                if guess.entity == "orders"
                else f"no column of {guess.table} says whose a row is, nor of a table that it"
                " points at"
            )
            return FieldGuess(found.field, None, (), (told,))
        column, hops, told = path
        evidence, is_known = (Evidence(2.0, told),), True
    doubts = list(found.doubts) if isinstance(found.value, FromColumn) else []
    if person and is_known:
        hops = (*hops, Hop(person.table, person.key, person.column))
        evidence = (*evidence, Evidence(3.0, person.told))
        doubts.append(f"is {person.table}.{person.column} the person? {_capital(person.told)}")
    elif customers and not is_known:
        doubts.append(f"hardly a {column} is in {customers.table}: are they of another system?")
    value: Value = LookedUp(column, hops) if hops else FromColumn(column)
    return FieldGuess(found.field, value, evidence, tuple(doubts))


def _path_to_customers(
    findings: Findings, table: str, customers: str | None
) -> tuple[str, tuple[Hop, ...], str] | None:
    """The column and hops that lead from a table to a customer's id, the shortest way."""
    ways: list[tuple[str, str, tuple[Hop, ...], str]] = [
        (each.target, each.column, (), each.told) for each in findings.pointing(table)
    ]
    starts = {each.target: each for each in findings.pointing(table)}
    for _ in range(_MOST_HOPS):
        longer = []
        for at, column, hops, told in ways:
            reference = starts.get(at) or next(iter(findings.pointed_at(at)))
            owner = _customer_column(findings, at, customers)
            if owner is not None:
                hop = Hop(at, reference.target_column, owner)
                return column, (*hops, hop), f"{column}: {told}, whose {owner} is the customer"
            for each in findings.pointing(at):
                hop = Hop(at, reference.target_column, each.column)
                longer.append((each.target, column, (*hops, hop), told))
        ways = longer
    return None


def _customer_column(findings: Findings, table: str, customers: str | None) -> str | None:
    for each in findings.pointing(table):
        if each.target == customers:
            return each.column
    for column in findings.tables[table].columns.values():
        points, _ = column_points("orders", "source_customer_id", column.name, table)
        if points >= EXACT - 0.25 and is_of(ID, column, points):
            return column.name
    return None


def _order_fields(
    findings: Findings, guess: EntityGuess, fields: Mapping[str, FieldGuess]
) -> dict[str, FieldGuess]:
    found = {}
    if fields["net_amount"].value is None:
        found["net_amount"] = _summed_amount(findings, guess)
    if fields["status"].value is None:
        found["status"] = FieldGuess(
            "status",
            Written("'completed'"),
            (),
            (f"no column of {guess.table} says what became of an order: all count as completed",),
        )
    if fields["currency"].value is None:
        found["currency"] = FieldGuess(
            "currency", Written("'{{ var(\"currency\") }}'"), (Evidence(1.0, "the company's"),)
        )
    return found


def _summed_amount(findings: Findings, guess: EntityGuess) -> FieldGuess:
    """What the orders were worth by the rows that point at them: payments before prices."""
    found: list[tuple[int, Summed, float]] = []
    for each in findings.pointed_at(guess.table):
        table = findings.tables[each.table]
        quantity = _named(table, "order_lines", "quantity", NUMBER)
        paid = _named(table, "orders", "net_amount", AMOUNT)
        priced = _named(table, "order_lines", "unit_price", AMOUNT)
        if priced and (not paid or _points(table, "order_lines", "unit_price", priced) >= EXACT):
            value = Summed(each.table, each.column, priced, quantity, each.target_column)
            found.append((1, value, _total(findings, value)))
        elif paid:
            value = Summed(each.table, each.column, paid, None, each.target_column)
            found.append((0, value, _total(findings, value)))
    if not found:
        return FieldGuess(
            "net_amount",
            None,
            (),
            (f"no column of {guess.table} is an amount, nor one of a table that points at it",),
        )
    found.sort(key=lambda each: each[0])
    told = [
        f"{value.table}.{value.amount}"
        f"{f' times {value.quantity}' if value.quantity else ''} adds up to {total:,.2f}"
        for _, value, total in found
    ]
    return FieldGuess(
        "net_amount",
        found[0][1],
        (Evidence(2.0, told[0]),),
        (f"{guess.table} has no amount. {'; '.join(told)}: the first is taken",),
    )


def _named(table: TableProfile, entity: str, name: str, kind: str) -> str | None:
    """The column whose name speaks most for a field, if its values may be it."""
    best = max(
        (
            (column_points(entity, name, column.name, table.name)[0], column.name)
            for column in table.columns.values()
            if is_of(kind, column, EXACT)
        ),
        default=(0.0, ""),
        key=lambda pair: pair[0],
    )
    return best[1] if best[0] > SIMILAR else None


def _points(table: TableProfile, entity: str, name: str, column: str) -> float:
    return column_points(entity, name, column, table.name)[0]


def _total(findings: Findings, value: Summed) -> float:
    amount = number(
        findings.tables[value.table].columns[value.amount], identifier(value.amount), "double"
    )
    if value.quantity:
        pieces = findings.tables[value.table].columns[value.quantity]
        amount += f" * {number(pieces, identifier(value.quantity), 'double')}"
    row = findings.con.execute(
        f"select sum({amount}) from {findings.tables[value.table].table.relation}"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0


def number(column: ColumnProfile, text: str, kind: str) -> str:
    """SQL that reads a column, written as `text`, as a number of a type, null where it is none."""
    if column.fits == DECIMAL_COMMA:
        text = f"replace(replace({text}, '.', ''), ',', '.')"
    elif column.fits == THOUSANDS:
        text = f"replace({text}, ',', '')"
    return f"try_cast({text} as {kind})" if column.is_text else f"cast({text} as {kind})"


def _line_fields(
    findings: Findings, guess: EntityGuess, fields: Mapping[str, FieldGuess]
) -> dict[str, FieldGuess]:
    found = {}
    if fields["quantity"].value is None:
        found["quantity"] = FieldGuess(
            "quantity",
            Written("1"),
            (),
            (f"{guess.table} has no quantity: a row is taken for one piece",),
        )
    taken: set[str] = set()
    for name in ("category", "product_name"):
        if fields[name].value is None:
            looked_up = _product_field(findings, guess, name, taken)
            found |= looked_up
            taken |= {
                each.value.hops[-1].column
                for each in looked_up.values()
                if isinstance(each.value, LookedUp)
            }
    return found


def _product_field(
    findings: Findings, guess: EntityGuess, name: str, taken: set[str]
) -> dict[str, FieldGuess]:
    """A word that the table of the products says."""
    for each in findings.pointing(guess.table):
        target = findings.tables[each.target]
        if table_points("customers", each.target)[0] or table_points("orders", each.target)[0]:
            continue
        points, column_name = max(
            (
                (column_points("order_lines", name, column.name, "product")[0], column.name)
                for column in target.columns.values()
                if is_of(WORD, column, EXACT) and column.name not in taken
            ),
            default=(0.0, ""),
            key=lambda pair: pair[0],
        )
        if points >= ENDING:
            value = LookedUp(each.column, (Hop(each.target, each.target_column, column_name),))
            told = f"{each.column}: {each.told}, whose {column_name} is called like it"
            return {name: FieldGuess(name, value, (Evidence(points, told),))}
    return {}


def _feedback_fields(
    findings: Findings, guess: EntityGuess, fields: Mapping[str, FieldGuess]
) -> dict[str, FieldGuess]:
    words = normalised(guess.table)
    kind = next((kind for word, kind in _KINDS.items() if word in words), None)
    found = {}
    if fields["kind"].value is None:
        found["kind"] = FieldGuess(
            "kind",
            Written(f"'{kind or 'review'}'"),
            (Evidence(1.0, f"the table is called {guess.table}"),),
            ()
            if kind
            else (f"what kind of text is in {guess.table}: review, ticket_message or survey?",),
        )
    times = [column for column in findings.tables[guess.table].columns.values() if column.is_time]
    at = fields["created_at"]
    if len(times) > 1 and isinstance(at.value, FromColumn):
        others = [each.name for each in times if each.name != at.value.column]
        found["created_at"] = replace(
            at,
            doubts=(
                *at.doubts,
                (
                    f"was it written at {at.value.column}, or at {' or '.join(others)}? It counts"
                    " from the moment at which it was known"
                ),
            ),
        )
    return found


def grouped_orders(findings: Findings, lines: EntityGuess) -> EntityGuess | None:
    """Orders made of their lines, where no table has one row an order."""
    table = findings.tables[lines.table]
    order = lines.fields["source_order_id"].value
    at = _named(table, "orders", "ordered_at", TIME)
    price, pieces = (lines.fields[name].value for name in ("unit_price", "quantity"))
    if not isinstance(order, FromColumn) or at is None or not isinstance(price, FromColumn):
        return None
    shape = SHAPES["orders"]
    fields = {name: FieldGuess(name, None) for name in shape.fields}
    fields["source_order_id"] = FieldGuess("source_order_id", order)
    fields["ordered_at"] = FieldGuess(
        "ordered_at",
        FromColumn(at),
        (),
        tuple(value_doubts("orders", "ordered_at", table.columns[at])),
    )
    customer = _named(table, "orders", "source_customer_id", ID)
    if customer:
        fields["source_customer_id"] = FieldGuess("source_customer_id", FromColumn(customer))
    quantity = pieces.column if isinstance(pieces, FromColumn) else None
    fields["net_amount"] = FieldGuess(
        "net_amount",
        Summed(lines.table, order.column, price.column, quantity, order.column),
        (Evidence(1.0, "the sum of its lines"),),
    )
    return EntityGuess(
        "orders",
        lines.table,
        0.0,
        (Evidence(0.0, f"no table has a row an order: the lines of {lines.table} are grouped"),),
        fields,
        (
            (
                f"orders are the rows of {lines.table} grouped by {order.column}: which of them are"
                " returns, fees or corrections, and no sale?"
            ),
        ),
        is_grouped=True,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
