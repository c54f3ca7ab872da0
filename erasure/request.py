"""Requests: the plan of an erasure that is not finished, and the journal of those that are.

The plan has what the erasure has to delete, so that a killed one can be finished although a part of
the person is gone. It is deleted last. The journal has keyed hashes and counts only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from deployment.home import Home
from deployment.private_files import private_folder, replace_file
from erasure.errors import ErasureError
from erasure.places.rewritten_files import RewrittenFile
from erasure.search.person import Person
from warehouse.published.versions import flush

_PENDING = "pending.json"
_JOURNAL = "requests.jsonl"


@dataclass(frozen=True)
class Plan:
    """A person to be erased, and their rows in delivered files.

    Attributes:
        person: by what the person is found.
        files: delivered files with rows of the person, as they were before the erasure.
        tombstones: keyed hashes that the erasure leaves.
        erased_on: the day of the request.
        by: who asked for it.
        counts: number of the person's rows by place.
        unsearched: what could not be searched.
    """

    person: Person
    files: list[RewrittenFile]
    tombstones: list[str]
    erased_on: date
    by: str
    counts: dict[str, dict[str, int]]
    unsearched: list[str]


def write_plan(home: Home, plan: Plan) -> None:
    """Write the plan, durably; only its owner can read it."""
    path = private_folder(home.erasure) / _PENDING
    text = json.dumps(asdict(plan), default=str)
    replace_file(path, lambda fresh: fresh.write_text(text, encoding="utf-8"))
    flush(path.parent)


def pending_plan(home: Home) -> Plan | None:
    """The plan of an erasure that was begun and not finished; None without one."""
    path = home.erasure / _PENDING
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    person = content["person"]
    since = person["known_since"]
    pairs = ("entities", "phones", "decision_ids")
    return Plan(
        **{
            **content,
            "person": Person(
                **{
                    **person,
                    **{name: [tuple(each) for each in person[name]] for name in pairs},
                    "known_since": date.fromisoformat(since) if since else None,
                }
            ),
            "files": [RewrittenFile(**each) for each in content["files"]],
            "erased_on": date.fromisoformat(content["erased_on"]),
        }
    )


def require_none_pending(home: Home) -> None:
    """Check that no erasure is half done, before a run reads or writes anything.

    Raises:
        ErasureError: one is.
    """
    if (home.erasure / _PENDING).exists():
        raise ErasureError("an erasure was interrupted: finish it first, with holdfast erase")


def close_request(
    home: Home, plan: Plan, at: datetime, left: Mapping[str, int], unfinished: Sequence[str]
) -> None:
    """Enter the finished erasure in the journal, and delete its plan.

    Args:
        home: the home.
        plan: what was erased.
        at: the time at which it was finished.
        left: number of texts that are left, by place.
        unfinished: what a person has to settle outside of the home.
    """
    entry = {
        "erased_on": plan.erased_on.isoformat(),
        "finished_at": at.isoformat(timespec="seconds"),
        "by": plan.by,
        "person": plan.tombstones[:1],
        "counts": plan.counts,
        "left": dict(left),
        "to_be_settled": list(unfinished),
    }
    path = home.erasure / _JOURNAL
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = f"{before}{json.dumps(entry)}\n"
    replace_file(path, lambda fresh: fresh.write_text(text, encoding="utf-8"))
    (home.erasure / _PENDING).unlink()
    flush(home.erasure)
