"""Parts of files through the whole pipeline: each input once, again and again."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.batch import Batch, run
from docassay.pipelines.maintain import forget_documents, plan_retry
from docassay.schemas.runs import Run
from docassay.storage.maintain.verify import verify
from docassay.transforms.context import Options
from docassay.transforms.formats import Limits
from tests.pdfs import leaves
from tests.piles import BILL, INVOICE, NDA
from tests.tables import tables

ONE = INVOICE.format(number="A-1001")


def go(folder: Path, out: Path, parts: bool = True, **about: Any) -> Run:
    options = Options(limits=Limits(parts=parts))
    finished = run(Batch(inputs=(str(folder),), out=str(out), options=options, **about))
    assert finished is not None
    return finished


def names(out: Path) -> dict[str, dict[str, Any]]:
    return {Path(row["uri"]).name: row for row in tables(out)["documents"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/pile.pdf").write_bytes(leaves(BILL, ONE, *NDA, ONE, "PICTURE"))
    (tmp_path / "docs/nda.pdf").write_bytes(leaves(*NDA))
    return tmp_path / "docs"


def test_each_part_is_a_document_and_again_changes_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = go(folder, out)
    assert (first.inputs, first.documents, first.rejects, first.skipped) == (6, 4, 1, 1)
    rows = names(out)
    assert set(rows) == {"nda.pdf", *(f"pile.pdf#part-{n}" for n in (1, 2, 3))}
    assert (rows["pile.pdf#part-3"]["first_page"], rows["pile.pdf#part-3"]["last_page"]) == (3, 4)
    assert (rows["nda.pdf"]["first_page"], rows["nda.pdf"]["last_page"]) == (1, 2)
    assert rows["pile.pdf#part-3"]["kind"] == rows["nda.pdf"]["kind"] == "nda"
    rejects = {Path(row["uri"]).name: row["reason"] for row in tables(out)["rejects"]}
    assert rejects == {"pile.pdf#part-5": "no_text"}
    assert [Path(uri).name for uri in rows["pile.pdf#part-2"]["other_uris"]] == ["pile.pdf#part-4"]
    again = go(folder, out, new_only=True)
    assert (again.inputs, again.documents, again.skipped) == (6, 0, 5)
    assert names(out).keys() == rows.keys()
    assert not verify(str(out)).faults
    plan = plan_retry(str(out))
    assert [Path(name).name for name in plan.inputs] == ["pile.pdf"]
    assert [Path(uri).name for uri in plan.uris] == ["pile.pdf#part-5"]


@pytest.mark.slow
def test_tables_from_before_there_were_parts(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(folder, out, parts=False)
    assert set(names(out)) == {"pile.pdf", "nda.pdf"}
    new_only = go(folder, out, new_only=True)
    assert (new_only.documents, set(names(out))) == (0, {"pile.pdf", "nda.pdf"})
    go(folder, out, mark_missing=True)
    assert set(names(out)) == {"nda.pdf", *(f"pile.pdf#part-{n}" for n in (1, 2, 3))}
    assert "missing" not in {row["reason"] for row in tables(out)["rejects"]}
    go(folder, out, parts=False)
    assert set(names(out)) == {"pile.pdf", "nda.pdf"}, "and back"


@pytest.mark.slow
def test_to_forget_a_file_is_to_forget_its_parts(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(folder, out)
    (file,) = {row["parent_id"] for name, row in names(out).items() if "#" in name}
    forgotten, _ = forget_documents(str(out), [file[:12]], "asked to")
    assert len(forgotten) == 3 and set(names(out)) == {"nda.pdf"}


def mail(*content: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "scans@kestrel.example", "The post of today"
    message["Date"] = "Mon, 01 Jun 2026 10:00:00 +0000"
    message.set_content("Dear Anna,\n\nplease find the post of today attached.\n")
    for one in content:
        message.add_attachment(one, maintype="application", subtype="pdf", filename="scan.pdf")
    return message.as_bytes()


@pytest.mark.slow
def test_a_pile_attached_to_a_mail_is_retried_passed_over_and_forgotten_with_it(tmp_path: Path) -> None:
    folder, out = tmp_path / "docs", tmp_path / "out"
    folder.mkdir()
    (folder / "post.eml").write_bytes(mail(leaves(BILL, "PICTURE", ONE), leaves(*NDA)))
    first = go(folder, out)
    assert (first.inputs, first.documents, first.rejects) == (5, 4, 1)
    inner = {"post.eml", *(f"post.eml#attachment-{mark}" for mark in ("1#part-1", "1#part-3", "2"))}
    assert set(names(out)) == inner
    assert (go(folder, out, new_only=True).documents, set(names(out))) == (0, inner)
    plan = plan_retry(str(out))
    assert [Path(name).name for name in plan.inputs] == ["post.eml"]
    assert [Path(uri).name for uri in plan.uris] == ["post.eml#attachment-1#part-2"]
    again = CliRunner().invoke(app, ["retry", str(out)])
    assert again.exit_code == 0, again.output
    assert set(names(out)) == inner and len(tables(out)["rejects"]) == 1
    assert not verify(str(out)).faults
    forgotten, _ = forget_documents(str(out), [names(out)["post.eml"]["doc_id"]], "asked to")
    assert len(forgotten) == 4 and not names(out)


@pytest.mark.slow
def test_parts_in_a_catalog_are_those_in_a_folder(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyiceberg")
    from tests.storage.catalogs.lakes import local, rows

    lake = local(tmp_path)
    for parts in (False, True):
        options = Options(limits=Limits(parts=parts))
        assert run(Batch(inputs=(str(folder),), out=lake, options=options)) is not None
        go(folder, tmp_path / "out", parts=parts)
        for table, key in (("documents", "doc_id"), ("rejects", "uri"), ("findings", "check_id")):
            in_lake, in_folder = rows(lake)[table], tables(tmp_path / "out")[table]
            assert sorted(row[key] for row in in_lake) == sorted(row[key] for row in in_folder)


@pytest.mark.slow
def test_explain_reads_a_file_of_several_documents_or_one_of_them(folder: Path) -> None:
    every = CliRunner().invoke(app, ["explain", str(folder / "pile.pdf"), "--json"])
    found = [json.loads(line) for line in every.stdout.splitlines()]
    assert len(found) == 5
    one = CliRunner().invoke(app, ["explain", f"{folder}/pile.pdf#part-3", "--no-color"])
    assert one.exit_code == 0 and "part of" in one.stdout
    none = CliRunner().invoke(app, ["explain", f"{folder}/pile.pdf#part-9"])
    assert none.exit_code == 1
    off = CliRunner().invoke(app, ["explain", str(folder / "pile.pdf"), "--parts", "off", "--json"])
    assert len(off.stdout.splitlines()) == 1
