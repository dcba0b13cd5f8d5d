"""`docassay report` as it is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docassay.cli import app
from docassay.schemas.rows import Reject
from tests.storage.runs import run
from tests.tables import result


def call(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Call the command in this process; what writes the report is in one of its own all the same."""
    with pytest.raises(SystemExit) as ended:
        app(["report", *map(str, words)])
    code = ended.value.code
    assert isinstance(code, int)
    return code, *capfd.readouterr()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of two runs of 60 documents, whose kinds differ."""
    place = tmp_path_factory.mktemp("report") / "it's"
    for run_id, kind in (("run-1", "nda"), ("run-2", "lease")):
        documents = [result(f"{kind} {n}", f"{kind}-{n}.txt", kind=kind) for n in range(60)]
        totals = {f"spread.kinds.legal.{kind}": 60, "validate.checked.documents": 60}
        totals |= {"validate.refused.documents.risk.expect_column_values_to_be_between": 2}
        run(place, run_id, documents, [Reject(None, "x.pdf", "parse", "empty", "")], totals=totals)
    return place


def test_a_report_is_written_and_drift_is_told(
    out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = (out, "--out", tmp_path / "a.html", "--metrics", tmp_path / "a.prom")
    assert call(capfd, *words) == (0, "", "Kinds drifted.\n")
    written = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Kinds drifted." in written and '<span class="bad">2 refused</span>' in written
    metrics = (tmp_path / "a.prom").read_text(encoding="utf-8")
    (index,) = [line for line in metrics.splitlines() if line.startswith('docassay_drift_index{of="kinds"')]
    (chance,) = [line for line in metrics.splitlines() if line.startswith('docassay_drift_chance{of="kinds"')]
    assert float(index.split()[-1]) >= 0.25 and float(index.split()[-1]) > float(chance.split()[-1])
    assert sorted(os.listdir(tmp_path)) == ["a.html", "a.prom"]


@pytest.mark.slow
def test_drift_fails_on_request_once_the_report_is_written(
    out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, _ = call(capfd, out, "--out", tmp_path / "a.html", "--fail-on-drift")
    assert code == 4 and (tmp_path / "a.html").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("{out}", "--out", "{out}/a.html"), "is inside the folder of the tables"),
        (("{tmp}/none", "--out", "{tmp}/a.html"), "holds no tables"),
        (("iceberg://a/b", "--out", "{tmp}/a.html"), "not on a catalog's"),
        (("{out}", "--out", "{tmp}/no/a.html"), "cannot be written"),
        (("{out}",), "Missing option '--out'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    code, _, wrong = call(capfd, *(word.format(out=out, tmp=tmp_path) for word in words))
    assert code == 2 and told in wrong and wrong.count("\n") == 1
    assert not (tmp_path / "a.html").exists()
