"""sqlfluff with rarer garbage collections, which otherwise take half of its CPU time.

A parsed file is a tree of some hundred thousand objects, which Python's collector walks again and
again. The processes that sqlfluff starts import this module and so collect as rarely.
"""

from __future__ import annotations

import gc

from sqlfluff.cli.commands import cli

gc.set_threshold(500_000, 20, 100)

if __name__ == "__main__":
    cli(prog_name="sqlfluff")
