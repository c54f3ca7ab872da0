"""Queries of PostgreSQL's catalogue: the schema of the copy, its grants, and views that read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adbc_driver_postgresql import dbapi

from warehouse.quoting import literal

_GRANTEE = "case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end"
_OPTION = "case when is_grantable then ' with grant option' else '' end"


@dataclass(frozen=True)
class Schema:
    """A schema of the database.

    Attributes:
        oid: its number in the catalogue.
        is_own: whether the role may rename it.
        description: the description of the version that it holds; None if no copy made it.
    """

    oid: int
    is_own: bool
    description: dict[str, Any] | None

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that the copy made in it."""
        rows = self.description["rows"] if self.description else {}
        return tuple(label.partition(".")[2] for label in rows)


@dataclass(frozen=True)
class DependentView:
    """A view outside the schema that reads its tables.

    Attributes:
        name: qualified and quoted.
        is_own: whether the role may replace it.
        statement: replaces it by its own definition, which names the schema.
    """

    name: str
    is_own: bool
    statement: str


def find_schema(cursor: dbapi.Cursor, name: str) -> Schema | None:
    """The schema of a name, None if there is none."""
    found = _rows(
        cursor,
        f"""
        select oid::bigint, pg_has_role(nspowner, 'usage'), obj_description(oid, 'pg_namespace')
        from pg_namespace
        where nspname = {literal(name)}
        """,
    )
    if not found:
        return None
    oid, is_own, comment = found[0]
    return Schema(oid, is_own, _described(comment))


def old_schemas(cursor: dbapi.Cursor, prefix: str) -> dict[str, Schema]:
    """Schemas by name whose name begins with a prefix and which a copy made."""
    names = _rows(
        cursor, f"select nspname from pg_namespace where starts_with(nspname, {literal(prefix)})"
    )
    schemas = {name: find_schema(cursor, name) for (name,) in names}
    return {name: found for name, found in schemas.items() if found and found.description}


def other_objects(cursor: dbapi.Cursor, schema: Schema) -> list[str]:
    """Objects of the schema that the copy did not make, as PostgreSQL describes them."""
    own = ", ".join(literal(name) for name in ("", *schema.tables))
    found = _rows(
        cursor,
        f"""
        select pg_describe_object(classid, objid, objsubid)
        from pg_depend
        left join pg_class as made
            on pg_depend.classid = 'pg_class'::regclass and pg_depend.objid = made.oid
        where
            refclassid = 'pg_namespace'::regclass
            and refobjid = {schema.oid}
            and deptype = 'n'
            and not coalesce(made.relkind = 'r' and made.relname in ({own}), false)
        order by 1
        """,
    )
    return [description for (description,) in found]


def default_grants(cursor: dbapi.Cursor, schema: Schema, fresh: str) -> list[str]:
    """Statements that repeat the schema's default privileges of tables for a fresh schema."""
    return _statements(
        cursor,
        f"""
        select format(
            'alter default privileges in schema %I grant %s on tables to %s%s',
            {literal(fresh)}, privilege_type, {_GRANTEE}, {_OPTION}
        )
        from pg_default_acl, aclexplode(defaclacl)
        where
            defaclnamespace = {schema.oid}
            and defaclobjtype = 'r'
            and pg_get_userbyid(defaclrole) = current_user
        """,
    )


def grants(cursor: dbapi.Cursor, schema: Schema, fresh: str) -> list[str]:
    """Statements that repeat the grants on a schema, its tables and their columns.

    Only tables and columns that the fresh schema has too are granted.
    """
    return _statements(
        cursor,
        f"""
        with fresh_columns as (
            select relname, attname
            from pg_attribute
            inner join pg_class on attrelid = pg_class.oid
            where relnamespace = {literal(fresh)}::regnamespace and relkind = 'r' and attnum > 0
        )

        select format(
            'grant %s on schema %I to %s%s',
            privilege_type, {literal(fresh)}, {_GRANTEE}, {_OPTION}
        )
        from pg_namespace, aclexplode(nspacl)
        where oid = {schema.oid} and grantee <> nspowner

        union all

        select format(
            'grant %s on table %I.%I to %s%s',
            privilege_type, {literal(fresh)}, relname, {_GRANTEE}, {_OPTION}
        )
        from pg_class, aclexplode(relacl)
        where
            relnamespace = {schema.oid}
            and grantee <> relowner
            and relname in (select relname from fresh_columns)

        union all

        select format(
            'grant %s (%I) on table %I.%I to %s%s',
            privilege_type, attname, {literal(fresh)}, relname, {_GRANTEE}, {_OPTION}
        )
        from pg_attribute
        inner join pg_class on attrelid = pg_class.oid,
        aclexplode(attacl)
        where
            relnamespace = {schema.oid}
            and grantee <> relowner
            and (relname, attname) in (select relname, attname from fresh_columns)
        """,
    )


def dependent_views(cursor: dbapi.Cursor, schema: Schema) -> Sequence[DependentView]:
    """Views that read a table of the schema; the search path must be empty, so that names are full.

    A view follows the table that it was made for, not the name. After the schema was replaced it
    must be made again.
    """
    found = _rows(
        cursor,
        f"""
        select distinct
            format('%I.%I', nspname, reader.relname),
            pg_has_role(reader.relowner, 'usage'),
            format(
                'create or replace view %I.%I%s as %s',
                nspname,
                reader.relname,
                ' with (' || array_to_string(reader.reloptions, ', ') || ')',
                pg_get_viewdef(reader.oid)
            )
        from pg_depend
        inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid
        inner join pg_class as reader on pg_rewrite.ev_class = reader.oid
        inner join pg_namespace on reader.relnamespace = pg_namespace.oid
        inner join pg_class as made on pg_depend.refobjid = made.oid
        where
            pg_depend.classid = 'pg_rewrite'::regclass
            and pg_depend.refclassid = 'pg_class'::regclass
            and reader.relkind = 'v'
            and made.relnamespace = {schema.oid}
        order by 1
        """,
    )
    return [DependentView(*row) for row in found]


def _described(comment: str | None) -> dict[str, Any] | None:
    """The description in a schema's comment; None if the comment is another text."""
    try:
        found = json.loads(comment or "")
        return found if {"deployment", "version", "rows"} <= found.keys() else None
    except (ValueError, AttributeError):
        return None


def _statements(cursor: dbapi.Cursor, query: str) -> list[str]:
    return [statement for (statement,) in _rows(cursor, query)]


def _rows(cursor: dbapi.Cursor, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return [tuple(row) for row in cursor.fetchall()]
