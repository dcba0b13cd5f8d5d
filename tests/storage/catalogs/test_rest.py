"""A REST catalog: the same rows, writers that are killed, and catalogs that are down or mute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyiceberg")

from docassay.pipelines.runners.services import free_port
from docassay.schemas.errors import OutputError
from docassay.storage.catalogs import connection as connection_module
from docassay.storage.catalogs import destination
from tests.storage.catalogs.lakes import documents, put, rows, run_id
from tests.storage.catalogs.servers import mute_server, rest_catalog
from tests.storage.catalogs.writers import fight


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rest_catalog(tmp_path_factory.mktemp("rest")) as address:
        yield address


@pytest.mark.iceberg
def test_a_rest_catalog_takes_runs_and_re_runs(rest: str) -> None:
    out = f"iceberg://lake/contracts.daily?uri={rest}"
    put(out, 1, ["a", "b"], ["b", "c"], rejects=["x.pdf"])
    put(out, 2, ["c"], ["d"])
    assert documents(out) == {"a": run_id(1), "b": run_id(1), "c": run_id(2), "d": run_id(2)}
    assert [row["run_id"] for row in rows(out)["runs"]] in ([run_id(1), run_id(2)], [run_id(2), run_id(1)])


@pytest.mark.iceberg
def test_a_catalog_of_pyicebergs_own_configuration_is_known_by_its_name(
    rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyiceberg import catalog
    from pyiceberg.utils.config import Config

    monkeypatch.setenv("PYICEBERG_CATALOG__CONFIGURED__URI", rest)
    monkeypatch.setattr(catalog, "_ENV_CONFIG", Config())  # which is read when PyIceberg is imported
    put("iceberg://configured/by_name", 1, ["a"])
    assert set(documents(f"iceberg://other/by_name?uri={rest}")) == {"a"}


@pytest.mark.iceberg
def test_three_writers_that_are_killed_publish_every_document_once(rest: str, tmp_path: Path) -> None:
    told = fight(f"iceberg://lake/fight?uri={rest}", writers=3, runs=2, folder=tmp_path, limit=400)
    assert told["kills"] > 0 and told["wrong"] == 0


def test_a_catalog_that_is_down_is_one_line_before_any_work() -> None:
    out = f"iceberg://lake/contracts?uri=http://127.0.0.1:{free_port()}"
    with pytest.raises(OutputError, match="the catalog cannot be used: ConnectionError") as raised:
        put(out, 1, ["a"])
    assert "\n" not in str(raised.value)


def test_a_catalog_that_never_answers_is_one_line_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_SECONDS", 0.3)
    with mute_server() as address, pytest.raises(OutputError, match=r"has not answered within 0\.3 s"):
        put(f"iceberg://lake/contracts?uri={address}", 1, ["a"])


def test_a_catalog_that_nobody_has_configured_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(OutputError, match="iceberg://nobodys/contracts: the catalog cannot be used"):
        put("iceberg://nobodys/contracts", 1, ["a"])


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("iceberg://lake", "'' is not a catalog; write iceberg://CATALOG/NAMESPACE"),
        ("iceberg://lake/a b", "'a b' is not a namespace"),
        ("iceberg:///contracts", "is not a catalog"),
        ("iceberg://lake/a/b", "'lake/a' is not a catalog"),
        ("iceberg:///srv/../lake/a", "are not allowed in the name of a warehouse"),
        ("iceberg://lake/a?token=s3cr3t", "token holds a secret"),
        ("iceberg://lake/a?s3.secret-access-key=s3cr3t", "s3.secret-access-key holds a secret"),
        ("iceberg://lake/a?uri=postgresql://me:s3cr3t@host/db", "uri holds a secret"),
    ],
)
def test_an_address_that_is_wrong_or_holds_a_secret_is_refused_without_telling_it(
    out: str, message: str
) -> None:
    with pytest.raises(OutputError) as raised:
        destination(out)
    assert message in str(raised.value)
    assert "s3cr3t" not in str(raised.value)
