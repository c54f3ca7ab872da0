"""Unchanged relations: seeds and views that a build leaves as they are.

A view and a seed depend on the project's files and variables and on the columns of its sources,
and on no data. A build notes a stamp of these as the comment of each seed and view that it makes,
and later builds leave out those that bear the day's stamp. A dropped or replaced relation has no
comment and is made again. On the demo company 25 of the 95 relations of a day are left out.

Running dbt does not belong here (`dbt.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from warehouse.quoting import identifier, literal

# A node of dbt's manifest.
Node = Mapping[str, Any]

_RELATIONS = """
select schema_name, view_name, comment from duckdb_views() where not internal
union all
select schema_name, table_name, comment from duckdb_tables()
"""


def stampable(manifest: Mapping[str, Any], nodes: Sequence[Node]) -> list[Node]:
    """The seeds and views among the nodes, without those that have tests or comments of their own.

    A test of a relation that a build leaves out would not be selected either.
    """
    tested = {
        parent
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        for parent in node["depends_on"]["nodes"]
    }
    return [
        node
        for node in nodes
        if node["config"]["materialized"] in ("seed", "view")
        and not node["config"]["persist_docs"]
        and node["unique_id"] not in tested
    ]


def stamp_of(con: duckdb.DuckDBPyConnection, fingerprint: str, manifest: Mapping[str, Any]) -> str:
    """A hash of the project's fingerprint and the columns of all tables that it reads."""
    sources = {(node["schema"], node["identifier"]) for node in manifest["sources"].values()}
    columns = con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() order by all"
    ).fetchall()
    read = [column for column in columns if column[:2] in sources]
    (catalog,) = con.execute("select current_database()").fetchone() or ("",)
    return f"built from {hashlib.sha256(f'{fingerprint}{catalog}{read}'.encode()).hexdigest()}"


def unchanged(con: duckdb.DuckDBPyConnection, stamp: str, nodes: Sequence[Node]) -> list[Node]:
    """The nodes whose relation exists and bears the stamp."""
    stamped = {
        (schema, name)
        for schema, name, comment in con.execute(_RELATIONS).fetchall()
        if comment == stamp
    }
    return [node for node in nodes if (node["schema"], node["alias"]) in stamped]


class InOrder:
    """Nodes that a build leaves out, each reported once all that it reads has been.

    Dagster refuses the output of an asset before those of the assets that it depends on.
    """

    def __init__(
        self, manifest: Mapping[str, Any], left_out: Sequence[Node], made: Sequence[Node]
    ) -> None:
        """Take the nodes left out and the others of the build."""
        in_build = {node["unique_id"] for node in (*left_out, *made)}
        self._waiting = [(node, _ancestors(manifest, node) & in_build) for node in left_out]
        self._reported: set[str] = set()

    def after(self, *reported: str) -> Iterator[Node]:
        """The nodes that can be reported after those with the given unique ids."""
        self._reported |= set(reported)
        while ready := [node for node, read in self._waiting if read <= self._reported]:
            self._waiting = [(node, read) for node, read in self._waiting if node not in ready]
            self._reported |= {node["unique_id"] for node in ready}
            yield from ready


def _ancestors(manifest: Mapping[str, Any], node: Node) -> set[str]:
    """Unique ids of all nodes that a node reads, directly or through others."""
    found: set[str] = set()
    found_last = set(node["depends_on"].get("nodes", ()))
    while found_last:
        found |= found_last
        found_last = {
            parent
            for unique_id in found_last
            if unique_id in manifest["nodes"]
            for parent in manifest["nodes"][unique_id]["depends_on"].get("nodes", ())
        } - found
    return found


def note(con: duckdb.DuckDBPyConnection, stamp: str, node: Node) -> None:
    """Note the stamp on the relation of a node that was just built."""
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    relation = identifier(node["schema"], node["alias"])
    con.execute(f"comment on {kind} {relation} is {literal(stamp)}")
