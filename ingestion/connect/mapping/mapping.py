"""Which table is which entity, which column is which of its columns, and how one can tell.

The rules are plain: names out of a catalogue, the kind and pattern of the values, keys, and what
points at what, each worth some points and each kept as a sentence. What falls short of
`SURE_POINTS`, or fits twice, carries a doubt, which ends as a TODO in what is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deployment.source_config import Entity
from ingestion.connect.mapping.across_tables import finished, grouped_orders, person_of
from ingestion.connect.mapping.column_evidence import column_evidence, value_doubts
from ingestion.connect.mapping.guesses import (
    EntityGuess,
    Evidence,
    FieldGuess,
    Findings,
    FromColumn,
    FromColumns,
    Proposal,
)
from ingestion.connect.profiling.entities import REQUIRED, SHAPES
from ingestion.connect.profiling.names import ENDING, EXACT, column_points, table_points
from ingestion.connect.profiling.profile import TableProfile

SURE_POINTS = 3.0
_LEAST_ENTITY_POINTS = 5.0


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
                    (
                        f"{guess.table} could be {guess.entity} too ({guess.points:.1f} points to"
                        f" {rival.points:.1f}): one model gives all of a source's {guess.entity},"
                        " so unite them here if both are"
                    ),
                ),
            )
        elif all(guess.table != other.table for other in chosen.values()):
            chosen[guess.entity] = guess
    if "orders" not in chosen and "order_lines" in chosen:
        grouped = grouped_orders(findings, chosen["order_lines"])
        if grouped is not None:
            chosen["orders"] = grouped
    customers = chosen.get("customers")
    person = person_of(findings, customers) if customers else None
    guesses = [finished(findings, chosen, guess, person) for guess in chosen.values()]
    return Proposal(findings, sorted(guesses, key=lambda guess: list(SHAPES).index(guess.entity)))


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
    # A key that is not called like one may be something else besides.
    taken = {own.value.column} if isinstance(own.value, FromColumn) and not own.doubts else set()
    pairs = []
    for name, (_, kind) in shape.fields.items():
        if name == shape.own_id:
            continue
        for column in table.columns.values():
            evidence = column_evidence(findings, entity, table, name, kind, column)
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
    doubts += value_doubts(entity, name, table.columns[column])
    return FieldGuess(name, FromColumn(column), evidence, tuple(doubts))


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
        but = f" but {key.repeats}" if key.repeats else ""
        told = f"{key.columns[0]} and {key.columns[1]} together tell all rows apart{but}"
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
            (
                f"no column, and no two, tell all rows of {table.name} apart: say what is the"
                f" {name}, or no row is accepted"
            ),
        ),
    )
