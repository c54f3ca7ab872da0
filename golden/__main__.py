"""`python -m golden --base COMMIT`: the working tree compared with a commit, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from golden.companies import COMPANIES, Company
from golden.comparison import Comparison, ComparisonError
from golden.trees import PUBLISHED, WAREHOUSE, Cache, RunError, commit_of

REPOSITORY = Path(__file__).parent.parent
# Files of a run with the schema that is compared: of the working warehouse, what models wrote.
COMPARED = {PUBLISHED.name: None, WAREHOUSE.name: "ml"}


def main(
    base: Annotated[str, typer.Option(help="The commit to compare with.")] = "HEAD",
    only: Annotated[
        list[str] | None, typer.Option(help="A company; repeat it for several.")
    ] = None,
    reworded: Annotated[
        list[str] | None,
        typer.Option(
            help="SCHEMA.TABLE.COLUMN whose wording changes on purpose, or SCHEMA.TABLE.* for all "
            "text columns of a table: left out of the comparison of rows; may be repeated."
        ),
    ] = None,
    cache: Annotated[
        Path, typer.Option(help="Folder of the results, kept for each base commit.")
    ] = REPOSITORY / ".golden",
    keep: Annotated[
        Path | None, typer.Option(help="Folder that keeps the homes of what is run now.")
    ] = None,
) -> None:
    """Run each company in both trees; print what differs, and end with 1 if anything does."""
    known = {company.name: company for company in COMPANIES}
    if unknown := sorted(set(only or ()) - known.keys()):
        raise typer.BadParameter(f"no company {', '.join(unknown)}: {', '.join(known)}")
    patterns, left_out, findings = reworded or [], set[str](), 0
    try:
        commit = commit_of(REPOSITORY, base)
    except RunError as error:
        raise typer.BadParameter(str(error)) from error
    with Cache.opened(cache, keep) as results:
        for name in only or known:
            for line in _company(results, commit, known[name], patterns, left_out):
                typer.echo(f"{name}: {line}")
                findings += 1
    if left_out:
        typer.echo(f"Left out as reworded: {', '.join(sorted(left_out))}")
    for pattern in patterns:
        if not any(fnmatchcase(column, pattern) for column in left_out):
            typer.echo(f"{pattern}: no compared table has such a column; check --reworded")
            findings += 1
    raise typer.Exit(1 if findings else 0)


def _company(
    results: Cache, commit: str, company: Company, reworded: list[str], left_out: set[str]
) -> Iterator[str]:
    """List the differences of a company, one line each; add columns left out to the set."""
    if company.missing:
        yield f"not compared: {company.missing}, or leave the company out with --only"
        return
    try:
        base = results.of_commit(REPOSITORY, commit, company)
        working = results.of_working_tree(REPOSITORY, company)
        for file, schema in COMPARED.items():
            comparison = Comparison(base / file, working / file, schema=schema, reworded=reworded)
            with closing(comparison):
                for table, sentences in comparison.differences().items():
                    yield from (f"{table}: {sentence}" for sentence in sentences)
                left_out |= comparison.left_out
    except (RunError, ComparisonError) as error:
        yield str(error)


if __name__ == "__main__":
    typer.run(main)
