"""Translation through `docassay batch` and `explain`, with a model of random weights made here."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from docassay.models import translators
from docassay.models.fallback.model import Limits, Settings
from docassay.pipelines.batch import Batch, run
from docassay.schemas.rows import Result
from docassay.transforms import context
from docassay.transforms.context import Context, Options
from docassay.views import explain
from docassay.views.html import explained as page
from docassay.views.terminal import render
from tests import tiny
from tests.fakes import KeywordReader, card
from tests.spoken import Heart, Shelf
from tests.tables import Rows, tables, without_runs

LEASE = """CONTRAT DE LOCATION

Entre les soussignés : Madame Solène Garrec, ci-après le Bailleur, et Monsieur Malo Tanguy, le Locataire.

1. Objet du contrat
Le Bailleur donne en location au Locataire un appartement de deux chambres situé à Rennes.

2. Loyer
2.1 Le loyer mensuel est fixé à la somme de 1 570 euros, payable d'avance le 5 de chaque mois.
2.2 Le Locataire ne peut pas céder le contrat sans l'accord écrit du Bailleur.
"""
TERMS = """Terms of Service

1. Termination
We may terminate your account at any time, without notice and for any reason, at our sole discretion.

2. Governing law
These terms are governed by the laws of Ireland.
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.translator(tmp_path_factory.mktemp("models") / "fr-en").parent


@pytest.fixture
def folder(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCASSAY_MODELS", str(models))
    made = tmp_path / "in"
    made.mkdir()
    (made / "bail.txt").write_text(LEASE)
    (made / "terms.txt").write_text(TERMS)
    for number in range(3):
        (made / f"bail{number}.txt").write_text(f"{LEASE}\n3. Durée\nLe contrat dure {number + 2} ans.\n")
    return made


def go(folder: Path, out: Path, **options: object) -> Rows:
    run(Batch((str(folder),), str(out), options=Options(**options)))  # type: ignore[arg-type]
    return tables(out)


def test_a_french_lease_comes_out_with_its_english_beside_it(folder: Path, tmp_path: Path) -> None:
    rows = go(folder, tmp_path / "out")
    assert rows["rejects"] == []
    by_name = {Path(row["uri"]).name: row for row in rows["documents"]}
    lease = by_name["bail.txt"]
    assert (lease["language"], lease["kind"], lease["domain"]) == ("fr", "lease", "legal")
    # The model's weights are random, so nothing is found in its English, and a person is asked to look.
    assert lease["status"] == "review" and "absent" in {one.partition(":")[0] for one in lease["reasons"]}
    spoken = {row["segment"]: row for row in rows["translations"] if row["doc_id"] == lease["doc_id"]}
    segments = {row["segment"]: row for row in rows["segments"] if row["doc_id"] == lease["doc_id"]}
    assert set(spoken) == set(segments)
    for index, row in spoken.items():
        assert (row["source_language"], row["model"]) == ("fr", "fr-en@0")
        assert LEASE[segments[index]["start_char"] : segments[index]["end_char"]] == segments[index]["text"]
    assert not [row for row in rows["translations"] if row["doc_id"] == by_name["terms.txt"]["doc_id"]]
    texts = {by_name["bail.txt"]["doc_id"]: LEASE, by_name["terms.txt"]["doc_id"]: TERMS}
    for row in (*rows["flags"], *rows["findings"]):
        if row["doc_id"] in texts and row["start_char"] is not None:
            assert texts[row["doc_id"]][row["start_char"] : row["end_char"]] == row["evidence"]


def test_explain_shows_the_english_beside_the_evidence(tmp_path: Path) -> None:
    guarantee = "Le prêteur remet à l'emprunteur une garantie de premier rang <b>."
    (tmp_path / "pret.txt").write_text(f"Contrat de prêt\n\n{guarantee}\n")
    heart = Heart(
        {
            "Contrat de prêt": "Loan agreement",
            guarantee: "The lender hands the borrower a prime bank guarantee <b>.",
        }
    )
    reader = KeywordReader(card({"clause_type": ["other"]}))
    context = Context(Options(domain="legal"), reader=reader, translators=Shelf({"fr": heart}))
    (result,) = explain.explain(str(tmp_path / "pret.txt"), context)
    assert isinstance(result, Result) and result.flags
    console = Console(width=200, file=io.StringIO(), color_system=None)
    render(result, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"“{guarantee}”" in printed
    assert "in English “Loan agreement The lender hands the borrower a prime bank guarantee <b>.”" in printed
    assert "The lender hands the borrower a prime bank guarantee &lt;b&gt;.</q>" in page([result])
    (mark,) = [mark for mark in explain.marks(result) if mark.row in result.flags]
    assert explain.in_english(result, mark) == (result.translations[0].text, False)


@pytest.mark.slow
def test_rows_are_the_same_whatever_the_batch(folder: Path, tmp_path: Path) -> None:
    assert without_runs(go(folder, tmp_path / "one")) == without_runs(
        go(folder, tmp_path / "two", batch_chars=1, threads=2)
    )


@pytest.mark.slow
def test_english_documents_open_no_translator(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translators, "open_translator", lambda *_: pytest.fail("a translator was opened"))
    for path in folder.glob("bail*"):
        path.unlink()
    rows = go(folder, tmp_path / "out")
    assert rows["translations"] == [] and len(rows["documents"]) == 1


def test_the_limits_of_a_run_reach_the_generator() -> None:
    """What one run has spent of them another has not, in one process."""
    settings = Settings("translator", "a-generator", per_document=7, limits=Limits(calls=3))
    first, second, third = (
        context.shared(Options(fallback_translator=settings, run_id=run_id))
        for run_id in ("one", "one", "two")
    )
    assert first.fallback_sentences == 7 and first.translation_answers.meter.limits == Limits(calls=3)
    assert first.translation_answers is second.translation_answers
    assert first.translation_answers is not third.translation_answers
