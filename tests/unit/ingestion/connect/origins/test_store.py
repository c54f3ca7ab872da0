"""A folder of an object store connected like one of this machine, with moto's S3 run here."""

from __future__ import annotations

import gzip
from typing import Any

import fsspec
import pytest
import yaml

from deployment.config_file import load_config
from deployment.source_config import FilesSource
from ingestion.connect.origins import store as connected_store
from ingestion.connect.origins.errors import ConnectError
from ingestion.connect.origins.storage_options import storage_options
from tests.object_stores import SECRET
from tests.unit.ingestion.connect.conftest import Deliver, Project

ORDERS = "order_no,customer_no,placed,state,total\n" + "".join(
    f"{n},C{n % 60},2026-02-{n % 28 + 1:02},paid,{n}.50\n" for n in range(120)
)
CUSTOMERS = "customer_no,name,mail,registered\n" + "".join(
    f"C{n},Ada {n},ada{n}@example.org,2026-01-{n % 28 + 1:02}\n" for n in range(60)
)


@pytest.fixture
def options(object_store: str) -> dict[str, Any]:
    return storage_options(
        [
            "key=${SHOP_KEY_ID}",
            "secret=${SHOP_SECRET}",
            f"endpoint_url={object_store}",
            "config_kwargs.retries.max_attempts=1",
            "config_kwargs.connect_timeout=2",
        ]
    )


def fill(bucket: Any) -> None:
    bucket.pipe("exports/shop/in/orders_2026-02-20.csv", ORDERS.encode())
    bucket.pipe("exports/shop/in/orders_2026-02-21.csv", ORDERS.encode())
    bucket.pipe("exports/shop/customers.csv.gz", gzip.compress(CUSTOMERS.encode()))
    bucket.pipe("exports/shop/notes.docx", b"no table")
    bucket.pipe("exports/shop/.hidden.csv", b"a,b\n1,2\n")
    bucket.pipe("exports/shop/../orders_2026-03-03.csv", b"a,b\n1,2\n")
    bucket.pipe("exports/elsewhere/orders_2026-02-20.csv", b"a,b\n1,2\n")


def entry(project: Project, name: str) -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load(project.config.read_text())["sources"][name]
    return written


def test_a_bucket_is_proposed_as_the_same_folder_here_is_and_can_be_read(
    project: Project, deliver: Deliver, exports_bucket: Any, options: dict[str, Any]
) -> None:
    fill(exports_bucket)
    there = project.connect("shop", "s3://exports/shop", storage_options=options)
    folder = deliver("notes.docx", "no table")
    (folder / "in").mkdir()
    for day in (20, 21):
        (folder / "in" / f"orders_2026-02-{day}.csv").write_text(ORDERS)
    (folder / "customers.csv.gz").write_bytes(gzip.compress(CUSTOMERS.encode()))
    here = project.connect("local", folder)

    assert set(project.entities(there)) >= {"orders", "customers"}
    assert there.catalog.skipped == here.catalog.skipped == [
        "notes.docx: not csv, xlsx, parquet or jsonl"
    ]  # fmt: skip
    assert entry(project, "shop")["tables"] == entry(project, "local")["tables"]
    for entity in ("orders", "customers"):
        assert project.staged("shop", entity) == [
            {**row, "source": "shop"} for row in project.staged("local", entity)
        ]
    assert len(project.staged("shop", "orders")) == 240


def test_the_entry_names_the_secrets_and_never_holds_them(
    project: Project, exports_bucket: Any, options: dict[str, Any], object_store: str
) -> None:
    fill(exports_bucket)
    project.connect("shop", "s3://exports/shop", storage_options=options)

    assert SECRET not in project.everything_written("shop")
    assert "exporter" not in project.everything_written("shop")
    written = entry(project, "shop")
    assert written["location"] == "s3://exports/shop"
    assert written["storage_options"] == {
        "key": "${SHOP_KEY_ID}",
        "secret": "${SHOP_SECRET}",
        "endpoint_url": object_store,
        "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 2},
    }
    source = load_config(project.config).sources["shop"]
    assert isinstance(source, FilesSource)
    assert source.storage_options == options


def test_the_bucket_s_name_may_be_a_reference(
    project: Project, exports_bucket: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(exports_bucket)
    monkeypatch.setenv("SHOP_BUCKET", "exports")
    project.connect("shop", "s3://${SHOP_BUCKET}/shop", storage_options=options)

    assert entry(project, "shop")["location"] == "s3://${SHOP_BUCKET}/shop"
    assert "s3://exports" not in project.everything_written("shop")
    assert len(project.staged("shop", "customers")) == 60


def test_a_dry_run_profiles_and_writes_nothing(
    project: Project, exports_bucket: Any, options: dict[str, Any]
) -> None:
    fill(exports_bucket)
    connection = project.connect("shop", "s3://exports/shop", storage_options=options, is_dry=True)

    assert set(connection.proposal.profile.tables) == {"orders", "customers"}
    assert not project.config.exists()


def test_the_newest_files_of_a_long_history_are_sampled(
    project: Project, exports_bucket: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 9):
        header = "order_no,total" if day < 6 else "order_no,total,coupon"
        row = f"{day},5" if day < 6 else f"{day},5,X"
        exports_bucket.pipe(
            f"exports/shop/orders_2026-03-0{day}.csv", f"{header}\n{row}\n".encode()
        )
    monkeypatch.setattr(connected_store, "SAMPLE_BYTES", 70)
    connection = project.connect("shop", "s3://exports/shop", storage_options=options)

    [table] = connection.catalog.tables
    assert list(table.columns) == ["order_no", "total", "coupon"]
    assert table.is_sample
    assert connection.proposal.profile.tables["orders"].rows == 3
    # One file is enough of a sample, but would keep its number as its name.
    monkeypatch.setattr(connected_store, "SAMPLE_BYTES", 1)
    exports_bucket.rm("exports/shop", recursive=True)
    for part in (1, 2, 3):
        exports_bucket.pipe(f"exports/shop/part-000{part}.csv", b"order_no,total\n1,5\n")
    again = project.connect("parts", "s3://exports/shop", storage_options=options, is_dry=True)
    assert again.catalog.tables[0].entry["path"] == "part-*.csv"


def test_an_unreadable_file_is_skipped_with_its_address(
    project: Project, exports_bucket: Any, options: dict[str, Any]
) -> None:
    fill(exports_bucket)
    exports_bucket.pipe("exports/shop/broken.csv.gz", gzip.compress(ORDERS.encode())[:-9])
    exports_bucket.pipe("exports/shop/void.csv", b"")
    connection = project.connect("shop", "s3://exports/shop", storage_options=options, is_dry=True)

    assert set(connection.proposal.profile.tables) == {"orders", "customers"}
    skipped = "\n".join(connection.catalog.skipped)
    assert "s3://exports/shop/broken.csv.gz: " in skipped
    assert "void.csv: it is empty" in skipped


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("s3://exports/nothing", r"there is no table in s3://exports/nothing: expected CSV"),
        ("s3://nowhere/shop", "there is no table in s3://nowhere/shop|it is not there"),
        ("gs://exports/shop", "install gcsfs"),
        ("https://example.org/shop", "bring one delivery to a folder .*a YAML file with its entry"),
        ("sftp://me:correct-horse-battery@host/x", "expected the password in it as"),
    ],
)
def test_an_unusable_store_is_one_message(
    project: Project, exports_bucket: Any, options: dict[str, Any], location: str, said: str
) -> None:
    chosen = options if location.startswith("s3") else {}
    with pytest.raises(ConnectError, match=said) as caught:
        project.connect("shop", location, storage_options=chosen)
    assert SECRET not in str(caught.value)
    assert not project.config.exists()


def test_an_outage_or_a_missing_secret_is_one_message_without_secrets(
    project: Project, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    down = {**options, "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(ConnectError, match=r"the store cannot be read .*is it up") as caught:
        project.connect("shop", "s3://exports/shop", storage_options=down)
    assert SECRET not in str(caught.value)
    monkeypatch.delenv("SHOP_SECRET")
    with pytest.raises(ConnectError, match=r"^SHOP_SECRET is not set"):
        project.connect("shop", "s3://exports/shop", storage_options=options)


def test_a_literal_secret_is_refused_and_not_repeated(project: Project) -> None:
    with pytest.raises(ConnectError, match="expected secret as a reference") as caught:
        project.connect("shop", "s3://exports/shop", storage_options={"secret": SECRET})
    assert SECRET not in str(caught.value)


def test_every_file_system_of_fsspec_can_be_connected(project: Project) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/box/orders.csv", ORDERS.encode())
    try:
        project.connect("shop", "memory://box")
        assert "storage_options" not in entry(project, "shop")
        assert len(project.staged("shop", "orders")) == 120
    finally:
        memory.rm("/box", recursive=True)
