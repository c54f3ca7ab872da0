from __future__ import annotations

from pathlib import Path

import pytest

from deployment.engine.machine_memory import machine_memory

GB = 1_000_000_000


def system_with(tmp_path: Path, groups: str, limits: dict[str, str]) -> Path:
    """A folder with the files in which Linux lists the control groups of a process."""
    for name, text in {"proc/self/cgroup": groups, **limits}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("groups", "limits"),
    [
        ("0::/\n", {"sys/fs/cgroup/memory.max": f"{GB}\n"}),
        # The smallest limit of a group and those above it holds.
        (
            "0::/system.slice/holdfast.service\n",
            {
                "sys/fs/cgroup/system.slice/holdfast.service/memory.max": "max\n",
                "sys/fs/cgroup/system.slice/memory.max": f"{GB}\n",
            },
        ),
        # Version 1, where a container sees its group as the root.
        (
            "5:cpu:/docker/1\n4:memory:/docker/1\n0::/\n",
            {"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GB}\n"},
        ),
    ],
)
def test_the_limit_of_a_control_group_is_the_machines(
    tmp_path: Path, groups: str, limits: dict[str, str]
) -> None:
    assert machine_memory(system_with(tmp_path, groups, limits)) == GB


def test_without_a_limit_or_control_groups_the_memory_is_the_machines(tmp_path: Path) -> None:
    unlimited = system_with(tmp_path, "0::/\n", {"sys/fs/cgroup/memory.max": "max\n"})
    assert machine_memory(unlimited) == machine_memory(tmp_path / "another_system") > GB
