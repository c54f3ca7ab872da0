"""`python -m demo --people N --out DIR`: write the demo company's files, at any scale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from demo.generator import generate


def main(
    out: Annotated[Path, typer.Option(help="Folder that receives landing/ and demo_truth/.")],
    people: Annotated[int, typer.Option(help="Number of people, 100 or more.")] = 5000,
    drops: Annotated[int, typer.Option(help="Number of daily drops after the history.")] = 14,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 7,
    dirt: Annotated[
        float, typer.Option(help="Scale of shared, damaged and erased contact data, 0 to 1.")
    ] = 0.0,
    christmas: Annotated[
        bool, typer.Option("--christmas", help="Two to three times the trade before Christmas.")
    ] = False,
) -> None:
    """Write the exports of three systems, and the planted truth into a folder of its own."""
    # A home's deliveries are closed to other accounts. Made open, they would be reported as such.
    landing = out / "landing"
    landing.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        report = generate(
            landing,
            out / "demo_truth",
            people=people,
            seed=seed,
            daily_drops=drops,
            dirt=dirt,
            christmas=christmas,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for table, rows in report.rows.items():
        typer.echo(f"{table:<22}{rows:>14,}")
    typer.echo(
        f"{report.total_rows:,} rows of {report.people:,} people in {len(report.drops)} drops "
        f"({report.drops[0]} to {report.drops[-1]}), {report.seconds:.1f} s"
    )


if __name__ == "__main__":
    typer.run(main)
