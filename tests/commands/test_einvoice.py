"""The official rules of electronic invoices from the command line: the folder, its digest, rows and pages."""

from __future__ import annotations

import json
import zipfile
from importlib import util
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.transforms.einvoice.rule_sets import read_rules
from docassay.views.labels import not_asked, title
from tests.einvoices import EN16931, TINY, cii, rules


def run(*words: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(app, [*words], env={"COLUMNS": "200", "DOCASSAY_EINVOICE_RULES": None})
    assert outcome.exit_code == code, outcome.output
    return outcome.output


def test_a_folder_is_made_of_an_archive_and_its_digest_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rules-1.3.16.jar", "w") as file:
        file.writestr("1.3.16/EN16931-CII-validation.xslt", TINY)
    said = run("einvoice", str(tmp_path / "made"), str(tmp_path / "rules-1.3.16.jar"))
    assert said.startswith("EN 16931 1.3.16 (CII)  sha256 ")
    assert said.splitlines()[-1].endswith(read_rules(str(tmp_path / "made")).digest)
    run("einvoice", str(tmp_path / "made"), str(tmp_path / "rules-1.3.16.jar"), code=2)


def test_what_a_run_needs_is_missed_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xml").write_bytes(cii())
    words = ("batch", str(tmp_path / "a.xml"), "--out", str(tmp_path / "out"), "--einvoice-rules")
    assert "docassay einvoice" in CliRunner().invoke(app, [*words, str(tmp_path)]).output
    folder = rules(tmp_path / "rules")
    (tmp_path / "rules" / "tiny.xslt").write_text("<changed/>", encoding="utf-8")
    run(*words, folder, code=2)
    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "saxonche" else found(name))
    assert "pip install '.[einvoice]'" in CliRunner().invoke(app, [*words, folder]).output
    assert not (tmp_path / "out").exists()


def rows(tables: Path, table: str) -> list[dict[str, Any]]:
    return [
        row for file in sorted((tables / table).glob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


@pytest.mark.slow
def test_a_run_keeps_what_the_rules_say(tmp_path: Path) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    (inputs / "wrong.xml").write_bytes(cii(gross="120.00"))
    (inputs / "right.xml").write_bytes(cii())
    (inputs / "minimum.xml").write_bytes(cii(profile="urn:factur-x.eu:1p0:minimum"))
    folder = rules(tmp_path / "rules")
    run("batch", str(inputs), "--out", str(out), "--einvoice-rules", folder)
    (once,) = rows(out, "runs")
    assert f"einvoice {read_rules(folder).digest}" in once["rules"]
    documents = {Path(row["uri"]).name: row for row in rows(out, "documents")}
    findings = [row for row in rows(out, "findings") if row["check_id"].startswith("einvoice")]
    said = {(row["doc_id"], row["check_id"], row["verdict"], row["evidence"]) for row in findings}
    assert said == {
        (documents["wrong.xml"]["doc_id"], "einvoice_br_co_15", "fail", "120.00"),
        (documents["right.xml"]["doc_id"], "einvoice_tiny", "pass", None),
    }
    assert "check:einvoice_br_co_15" in documents["wrong.xml"]["reasons"]
    left = "no_rules: official rules of urn:factur-x.eu:1p0:minimum"
    assert left in documents["minimum.xml"]["not_asked"]
    shown = run("explain", str(inputs / "wrong.xml"), "--einvoice-rules", folder)
    assert "einvoice_br_co_15" in shown
    assert "Total with VAT" in shown
    without = run("explain", str(inputs / "wrong.xml"), "--json")
    assert "einvoice_" not in json.dumps(json.loads(without)["findings"])


@pytest.mark.slow
def test_python_asks_them_too(tmp_path: Path) -> None:
    import docassay

    file = tmp_path / "wrong.xml"
    file.write_bytes(cii(gross="120.00", profile=EN16931))
    (result,) = docassay.explain(str(file), einvoice_rules=rules(tmp_path / "rules"))
    assert "einvoice_br_co_15" in {row.check_id for row in result.findings}  # type: ignore[union-attr]
    assert [why for why, _ in not_asked(result.document)] == []  # type: ignore[union-attr]
    assert title("einvoice_br_co_15") == "E-invoice rule BR-CO-15"
