"""Which table is which entity, which column is which of its columns, and how one can tell.

The rules are plain: names out of a catalogue, the kind and pattern of the values, keys, and what
points at what, each worth some points and each kept as a sentence. What falls short of
`SURE_POINTS`, or fits twice, carries a doubt, which ends as a TODO in what is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from orchestration.connect.entities import (
    ADDRESS,
    AMOUNT,
    FLAG,
    ID,
    NUMBER,
    PHONE,
    REQUIRED,
    SHAPES,
    TEXT,
    TIME,
    WORD,
)
from orchestration.connect.keys import Key, Reference, is_id_like
from orchestration.connect.names import (
    ENDING,
    EXACT,
    SIMILAR,
    column_points,
    status_words,
    table_points,
)
from orchestration.connect.names import normalised as normalised_name
from orchestration.connect.profile import (
    BOOLEAN,
    DECIMAL,
    DECIMAL_COMMA,
    INTEGER,
    THOUSANDS,
    ColumnProfile,
    TableProfile,
)
from orchestration.connect.profile import TEXT as TEXT_VALUES
from orchestration.quoting import identifier
from orchestration.source_config import Entity

SURE_POINTS = 3.0
_LEAST_ENTITY_POINTS = 5.0
_MOST_HOPS = 2
_MOST_STARS = 5.0
EVENT_TYPES = (
    "session", "product_view", "add_to_cart", "checkout", "app_feature", "email_open",
    "unsubscribe",
)  # fmt: skip
_KINDS = {"review": "review", "message": "ticket_message", "survey": "survey", "rating": "review"}


@dataclass(frozen=True)
class Evidence:
    """Why something was guessed: points for it, in words."""

    points: float
    told: str


@dataclass(frozen=True)
class Hop:
    """From a value to the row of `table` that has it as `key`, and there to `column`."""

    table: str
    key: str
    column: str


@dataclass(frozen=True)
class FromColumn:
    """A column of the table itself."""

    column: str


@dataclass(frozen=True)
class FromColumns:
    """Several columns of the table, joined to one key."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class LookedUp:
    """A column of another table, found by a column of this one."""

    column: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class Summed:
    """An amount of the rows of another table that point at this one; price times quantity, if any.

    Where `table` is the table itself, its rows are grouped to one a key.
    """

    table: str
    by: str
    amount: str
    quantity: str | None
    column: str


@dataclass(frozen=True)
class Written:
    """SQL that reads no column."""

    sql: str


Value = FromColumn | FromColumns | LookedUp | Summed | Written


@dataclass(frozen=True)
class FieldGuess:
    """What a canonical column is taken from; None where the source does not seem to say it."""

    field: str
    value: Value | None
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntityGuess:
    """What a table is taken for.

    Attributes:
        entity: the entity.
        table: the raw table.
        points: of all the evidence.
        evidence: for the table as a whole.
        fields: a guess for each canonical column, in staging's order.
        doubts: about the table as a whole.
        is_grouped: whether several rows of the table are one of the entity.
    """

    entity: Entity
    table: str
    points: float
    evidence: tuple[Evidence, ...]
    fields: Mapping[str, FieldGuess]
    doubts: tuple[str, ...] = ()
    is_grouped: bool = False


@dataclass(frozen=True)
class Findings:
    """What is known of a source's tables.

    Attributes:
        con: the database that holds them.
        tables: profile by table.
        keys: key by table.
        references: what points at what.
    """

    con: duckdb.DuckDBPyConnection
    tables: Mapping[str, TableProfile]
    keys: Mapping[str, Key]
    references: Sequence[Reference]

    def pointing(self, table: str, column: str | None = None) -> list[Reference]:
        """What a table, or one column of it, points at, the best first."""
        return [
            each
            for each in self.references
            if each.table == table and column in (None, each.column)
        ]

    def pointed_at(self, table: str) -> list[Reference]:
        """What points at a table."""
        return [each for each in self.references if each.target == table]


@dataclass(frozen=True)
class Proposal:
    """The mapping of a source: at most one table an entity; and what was found on the way."""

    findings: Findings
    entities: Sequence[EntityGuess]

    def of_table(self, table: str) -> list[EntityGuess]:
        """What a table is taken for, the entity that accounts for its rows first."""
        found = [each for each in self.entities if each.table == table]
        return sorted(found, key=lambda each: each.is_grouped)


def propose(findings: Findings) -> Proposal:
    """Take each table for at most one entity, the likeliest pairs first."""
    candidates = [
        guess
        for table in findings.tables.values()
        for entity in SHAPES
        if (guess := _entity_guess(findings, entity, table)) is not None
    ]
    candidates.sort(key=lambda guess: (-guess.points, list(SHAPES).index(guess.entity)))
    chosen: dict[Entity, EntityGuess] = {}
    for guess in candidates:
        rival = chosen.get(guess.entity)
        if rival is not None:
            chosen[guess.entity] = replace(
                rival,
                doubts=(
                    *rival.doubts,
                    f"{guess.table} could be {guess.entity} too ({guess.points:.1f} points to"
                    f" {rival.points:.1f}): one model gives all of a source's {guess.entity},"
                    " so unite them here if both are",
                ),
            )
        elif all(guess.table != other.table for other in chosen.values()):
            chosen[guess.entity] = guess
    if "orders" not in chosen and "order_lines" in chosen:
        grouped = _grouped_orders(findings, chosen["order_lines"])
        if grouped is not None:
            chosen["orders"] = grouped
    customers = chosen.get("customers")
    person = _person(findings, customers) if customers else None
    finished = [_finished(findings, chosen, guess, person) for guess in chosen.values()]
    return Proposal(findings, sorted(finished, key=lambda guess: list(SHAPES).index(guess.entity)))


# What a table is.


def _entity_guess(findings: Findings, entity: Entity, table: TableProfile) -> EntityGuess | None:
    shape = SHAPES[entity]
    fields = _fields(findings, entity, table)
    found = {name for name, guess in fields.items() if guess.value is not None}
    missing = [group for group in shape.essential if not found & set(group)]
    if entity in ("customers", "orders", "tickets") and not _is_keyed(
        findings, fields, shape.own_id
    ):
        return None
    points, like = table_points(entity, table.name)
    telling = found & shape.telling
    # A text that people wrote, or an address, tells more than a column called status.
    weight = sum(2 if name in ("text", "email", "phone") else 1 for name in telling)
    if missing or (points < ENDING and weight < 2) or (points == 0 and entity == "events"):
        return None
    if entity == "customers" and points == 0 and not telling & {"email", "phone"}:
        return None
    evidence = []
    if points:
        evidence.append(Evidence(2 * points, f"the table {table.name} is called like {like}"))
    for name in sorted(found):
        guess = fields[name]
        if isinstance(guess.value, FromColumn):
            evidence.append(Evidence(1 + (name in shape.telling), f"{name}: {guess.value.column}"))
    total = sum(each.points for each in evidence)
    if total < _LEAST_ENTITY_POINTS:
        return None
    doubts = []
    if points < ENDING:
        doubts.append(
            f"is {table.name} a table of {entity}? Its columns look like it, its name does not"
        )
    return EntityGuess(entity, table.name, total, tuple(evidence), fields, tuple(doubts))


def _is_keyed(findings: Findings, fields: Mapping[str, FieldGuess], own_id: str) -> bool:
    """Whether the entity's id is a key of the table: else the table is of something else."""
    return isinstance(fields[own_id].value, FromColumn) and bool(
        fields[own_id].evidence and fields[own_id].evidence[0].points >= 2
    )


def _fields(findings: Findings, entity: Entity, table: TableProfile) -> dict[str, FieldGuess]:
    """The best column for each canonical column, one each."""
    shape = SHAPES[entity]
    own = _own_id(findings, entity, table)
    taken = {own.value.column} if isinstance(own.value, FromColumn) else set()
    pairs = []
    for name, (_, kind) in shape.fields.items():
        if name == shape.own_id:
            continue
        for column in table.columns.values():
            evidence = _column_evidence(findings, entity, table, name, kind, column)
            if evidence:
                total = sum(each.points for each in evidence)
                pairs.append((total, name, column.name, evidence))
    pairs.sort(key=lambda pair: (-pair[0], list(table.columns).index(pair[2])))
    guesses: dict[str, FieldGuess] = {shape.own_id: own}
    for total, name, column_name, evidence in pairs:
        if name in guesses or column_name in taken:
            continue
        rivals = [
            other
            for points, field_name, other, _ in pairs
            if field_name == name
            and other != column_name
            and other not in taken
            and points >= total - 0.5
        ]
        guesses[name] = _judged(entity, table, name, column_name, total, evidence, rivals)
        if guesses[name].value is not None:
            taken.add(column_name)
    return {name: guesses.get(name, FieldGuess(name, None)) for name in shape.fields}


def _judged(
    entity: Entity,
    table: TableProfile,
    name: str,
    column: str,
    total: float,
    evidence: tuple[Evidence, ...],
    rivals: list[str],
) -> FieldGuess:
    """A column for a field, with what is doubtful about it."""
    doubts = []
    if total < SURE_POINTS:
        told = "; ".join(each.told for each in evidence)
        if name not in REQUIRED[entity]:
            return FieldGuess(name, None, (), (f"is {column} the {name}? Only: {told}",))
        doubts.append(f"is {column} the {name}? Only: {told}")
    if rivals:
        doubts.append(f"{name} is read from {column}; {', '.join(rivals)} would fit as well")
    doubts += _value_doubts(entity, name, table.columns[column])
    return FieldGuess(name, FromColumn(column), evidence, tuple(doubts))


def _value_doubts(entity: Entity, name: str, column: ColumnProfile) -> list[str]:
    """What the values leave open although the column is the right one."""
    doubts = []
    if column.is_time and column.is_day_first_unsure:
        doubts.append(
            f"{column.name}: no day is above 12, so day and month could be either way round;"
            " day first is read"
        )
    if name in ("rating", "csat_score") and column.high is not None and column.high > _MOST_STARS:
        doubts.append(
            f"{column.name} goes from {column.low:g} to {column.high:g}: bring it to 1 to 5"
        )
    if name == "country" and any(len(word) != 2 for word in column.words):
        doubts.append(f"{column.name} is to become ISO 3166 codes of two letters")
    if (entity, name) == ("orders", "status"):
        known = status_words()["orders.status"]
        unknown = [word for word in column.words if normalised_name(word) not in known]
        if unknown:
            doubts.append(
                f"what do {', '.join(unknown)} in {column.name} mean? They are rejected until they"
                " are listed as completed, open, cancelled or refunded"
            )
        if not column.words:
            doubts.append(f"the words of {column.name} are not known: list what each means")
    if (entity, name) == ("events", "event_type") and not set(column.words) & set(EVENT_TYPES):
        doubts.append(
            f"which of {', '.join(EVENT_TYPES)} are the values of {column.name}? They are taken as"
            " they are"
        )
    if column.fits == DECIMAL and SHAPES[entity].fields[name][1] == ID:
        doubts.append(f"{column.name} holds numbers with a fraction: cut it off, if they are ids")
    return doubts


# What a column is.


def _own_id(findings: Findings, entity: Entity, table: TableProfile) -> FieldGuess:
    name = SHAPES[entity].own_id
    key = findings.keys[table.name]
    if len(key.columns) == 1:
        (column,) = key.columns
        points, like = column_points(entity, name, column, table.name)
        evidence = [Evidence(2.0, "it tells all rows apart")]
        doubts = []
        if key.is_declared:
            evidence = [Evidence(3.0, "it is the declared primary key")]
        elif key.repeats:
            evidence = [Evidence(2.0, f"it tells all rows apart but {key.repeats}")]
        if points:
            evidence.append(Evidence(points, f"it is called like {like}"))
        elif not key.is_declared:
            doubts.append(f"is {column} the {name}? It tells rows apart, its name does not say so")
        return FieldGuess(name, FromColumn(column), tuple(evidence), tuple(doubts))
    if len(key.columns) == 2:
        told = f"{key.columns[0]} and {key.columns[1]} together tell all rows apart"
        return FieldGuess(name, FromColumns(key.columns), (Evidence(2.0, told),))
    for column_name in table.columns:
        points, like = column_points(entity, name, column_name, table.name)
        if points >= EXACT - 0.25 and entity != "orders":
            return FieldGuess(
                name,
                FromColumn(column_name),
                (Evidence(0.0, f"it is called like {like}"),),
                (f"{column_name} does not tell rows apart: of those with one id the last counts",),
            )
    return FieldGuess(
        name,
        None,
        (),
        (
            f"no column, and no two, tell all rows of {table.name} apart: say what is the"
            f" {name}, or no row is accepted",
        ),
    )


def _column_evidence(
    findings: Findings,
    entity: Entity,
    table: TableProfile,
    name: str,
    kind: str,
    column: ColumnProfile,
) -> tuple[Evidence, ...]:
    """What speaks for a column to be a field; nothing where its values rule it out."""
    points, like = column_points(entity, name, column.name, table.name)
    if not _is_of(kind, column, points):
        return ()
    evidence = []
    if points:
        evidence.append(Evidence(points, f"it is called like {like}"))
    evidence += _value_evidence(findings, entity, table, name, kind, column)
    # Values alone convince only where they can be nothing else.
    is_telling = any(each.points >= 3 for each in evidence)
    return tuple(evidence) if points or is_telling else ()


def _is_of(kind: str, column: ColumnProfile, points: float) -> bool:
    """Whether a column's values can be of a kind at all."""
    if column.distinct == 0:
        return points >= ENDING
    if kind == TIME:
        return column.is_time
    if kind in (AMOUNT, NUMBER):
        return column.is_number
    if kind == FLAG:
        return column.fits == BOOLEAN or (column.fits == INTEGER and column.distinct <= 2)
    if kind == ID:
        if column.fits == DECIMAL:
            return points >= EXACT and column.type == "DOUBLE"
        return column.fits in (INTEGER, TEXT_VALUES) and column.personal is None
    if kind == ADDRESS:
        return column.fits == TEXT_VALUES and column.personal in (None, "e-mail addresses")
    if kind == PHONE:
        return column.personal == "telephone numbers"
    if kind == TEXT:
        return column.fits == TEXT_VALUES
    return column.fits == TEXT_VALUES


def _value_evidence(
    findings: Findings,
    entity: Entity,
    table: TableProfile,
    name: str,
    kind: str,
    column: ColumnProfile,
) -> list[Evidence]:
    if kind == TIME:
        return [Evidence(1.0, "its values are times")]
    if kind in (AMOUNT, NUMBER):
        return [Evidence(1.0, "its values are numbers")]
    if kind == FLAG:
        return [Evidence(1.0, "it has two values")]
    if kind in (ADDRESS, PHONE) and column.personal in ("e-mail addresses", "telephone numbers"):
        return [Evidence(3.0, f"its values are {column.personal}")]
    if kind == TEXT and column.personal == "free text":
        return [Evidence(2.0, "its values are sentences")]
    if kind == WORD and (entity, name) == ("orders", "status"):
        known = status_words()["orders.status"]
        share = sum(normalised_name(word) in known for word in column.words) / max(
            len(column.words), 1
        )
        if share >= 0.5:
            meanings = [
                f"{word} = {known[normalised_name(word)]}"
                for word in column.words
                if normalised_name(word) in known
            ]
            return [Evidence(2.0, f"its words are states of an order: {', '.join(meanings)}")]
    if kind == WORD and column.words:
        return [Evidence(0.5, f"it has {len(column.words)} words that repeat")]
    if kind == ID:
        return [
            Evidence(2.0, each.told)
            for each in findings.pointing(table.name, column.name)
            if _is_table_of(name, each.target)
        ][:1]
    return []


def _is_table_of(field_name: str, table: str) -> bool:
    entity = {
        "source_customer_id": "customers",
        "source_order_id": "orders",
        "source_ticket_id": "tickets",
    }.get(field_name)
    return entity is not None and table_points(entity, table)[0] > 0


# What only the tables together tell.


@dataclass(frozen=True)
class _Person:
    """The column of the customers that says who is the same, where their key does not."""

    table: str
    key: str
    column: str
    told: str


def _person(findings: Findings, customers: EntityGuess) -> _Person | None:
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
            return _Person(customers.table, key[0], column.name, told)
    return None


def _finished(
    findings: Findings,
    chosen: Mapping[Entity, EntityGuess],
    guess: EntityGuess,
    person: _Person | None,
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
                    f"no column of {guess.table} looks like the {name}: rows without"
                    " it are rejected",
                ),
            )
    return replace(guess, fields=fields)


def _customer(
    findings: Findings,
    chosen: Mapping[Entity, EntityGuess],
    guess: EntityGuess,
    found: FieldGuess,
    person: _Person | None,
) -> FieldGuess:
    """Whose a row is: by its own column, or by that of a table that it points at."""
    customers = chosen.get("customers")
    table = customers.table if customers else None
    column, hops, evidence = None, (), found.evidence
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
        doubts.append(
            f"hardly a {column} is in {customers.table}: are they ids of another system's customers?"
        )
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
        if points >= EXACT - 0.25 and _is_of(ID, column, points):
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
            if _is_of(kind, column, EXACT)
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
                if _is_of(WORD, column, EXACT) and column.name not in taken
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
    words = normalised_name(guess.table)
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
                f"was it written at {at.value.column}, or at {' or '.join(others)}? It counts from"
                " the moment at which it was known",
            ),
        )
    return found


def _grouped_orders(findings: Findings, lines: EntityGuess) -> EntityGuess | None:
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
        tuple(_value_doubts("orders", "ordered_at", table.columns[at])),
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
            f"orders are the rows of {lines.table} grouped by {order.column}: which of them are"
            " returns, fees or corrections, and no sale?",
        ),
        is_grouped=True,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = [
    "EntityGuess",
    "Evidence",
    "FieldGuess",
    "Findings",
    "FromColumn",
    "FromColumns",
    "Hop",
    "LookedUp",
    "Proposal",
    "Summed",
    "Value",
    "Written",
    "number",
    "propose",
]
