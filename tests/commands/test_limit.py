"""`--limit`: what one document may take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.commands.options import limited
from docassay.schemas.errors import UsageError
from docassay.transforms.budget import Budget
from docassay.transforms.formats import Limits
from tests.pdfs import leaves

TEXT = "Master Services Agreement\n\n1. Governing Law\n\nThe laws of the State of Ohio apply.\n"


def test_limits_take_the_place_of_those_of_a_document() -> None:
    given = ["parse=1.5", "pages=7", "chars=1e6", "assess=0", "rules=30"]
    assert limited(given, Limits(ocr=True), Budget()) == [
        Limits(ocr=True, seconds=1.5, pages=7, chars=1_000_000),
        Budget(assess_chars=0, rule_seconds=30.0),
    ]
    assert limited(
        ["parse=1.5s,pages=7,chars=1e6", "assess=0,rules=30s"], Limits(ocr=True), Budget()
    ) == limited(given, Limits(ocr=True), Budget())


def test_the_unit_tells_a_clock_from_characters() -> None:
    (budget,) = limited(["translate=60s"], Budget())
    assert budget == Budget(translate_seconds=60.0)
    (budget,) = limited(["translate=200000"], Budget())
    assert budget == Budget(translate_chars=200_000)
    (budget,) = limited(["translate=1.5s,translate=7", "rules=9s"], Budget())
    assert budget == Budget(translate_chars=7, rule_seconds=9.0, translate_seconds=1.5)


@pytest.mark.parametrize("given", ["translate=0s", "translate=s", "translate=2000000s", "assess=5s"])
def test_a_wrong_clock_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--limit"):
        limited([given], Budget())
    with pytest.raises(UsageError, match="give one of parse, bytes, chars, pages as WHAT=N"):
        limited(["translate=5s"], Limits())


@pytest.mark.parametrize(
    "given",
    ["pages", "pages=0", "pages=1.9", "parse=0.01", "parse=nan", "speed=1", "=", "pages=5s"],
)
@pytest.mark.parametrize("command", ["batch", "explain", "redact"])
def test_a_wrong_limit_is_refused_before_any_work(tmp_path: Path, command: str, given: str) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    out = ["--out", str(tmp_path / "out")] if command != "explain" else []
    done = CliRunner().invoke(app, [command, str(tmp_path / "a.txt"), *out, "--limit", given])
    assert done.exit_code == 2 and done.stderr.startswith(f"docassay: --limit {given}: give ")
    assert len(done.stderr.splitlines()) == 1 and not (tmp_path / "out").exists()


def test_a_limit_far_above_a_document_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = CliRunner().invoke(app, ["explain", str(tmp_path / "a.txt"), "--json", "--limit", "bytes=1e11"])
    assert done.exit_code == 0 and json.loads(done.stdout)["document"]["chars"] == len(TEXT), done.output
    done = CliRunner().invoke(app, ["explain", str(tmp_path / "a.txt"), "--limit", "parse=1e9"])
    assert done.exit_code == 2 and "more than 1,000,000" in done.stderr


@pytest.mark.parametrize(
    ("limit", "reason"),
    [("bytes=99", "too_large"), ("chars=9", "too_long"), ("pages=1", "too_many_pages")],
)
def test_beyond_a_limit_a_document_is_a_reject(tmp_path: Path, limit: str, reason: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(leaves("The rent is due.", "The end."))
    done = CliRunner().invoke(app, ["explain", str(path), "--json", "--limit", limit])
    assert done.exit_code == 1 and json.loads(done.stdout)["reject"]["reason"] == reason


def test_beyond_a_budget_it_is_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    done = CliRunner().invoke(
        app, ["explain", str(path), "--domain", "legal", "--json", "--limit", "assess=60"]
    )
    assert "time_limit:assess" in json.loads(done.stdout)["document"]["reasons"], done.output
