"""Gathered documents to learn from: what is set apart stays apart, and one template counts for little."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from research.documents import gathered
from research.measure import kinds
from research.measure.kinds import ACCEPTED, told


def line(**fields: str) -> str:
    row = {
        "genre": "recipe", "domain": "none", "language": "en", "repository": "a/b", "path": "soup.md",
        "split": "train", "text": "Chop an onion.",
    }  # fmt: skip
    return json.dumps(row | fields) + "\n"


def read(tmp_path: Path, *lines: str) -> list[tuple[str, str, str]]:
    (tmp_path / gathered.FILE).write_text("".join(lines), encoding="utf-8")
    return [(text.kind, text.group, text.text) for text in gathered.texts(tmp_path)]


def test_what_is_set_apart_or_of_no_known_kind_is_never_trained_on(tmp_path: Path) -> None:
    kept = read(
        tmp_path, line(), line(split="apart"), line(genre="fhir_data", domain="medical"),
        line(genre="lease", domain="legal", path="lease.md"),
    )  # fmt: skip
    assert [(kind, group) for kind, group, _ in kept] == [
        ("none", "gathered a/b recipe"),
        ("legal.lease", "gathered a/b lease"),
    ]


def test_a_repository_is_one_group_unless_it_has_many_documents(tmp_path: Path) -> None:
    def groups(count: int) -> set[str]:
        lines = (line(genre="lease", domain="legal", path=f"{n}.md") for n in range(count))
        return {group for _, group, _ in read(tmp_path, *lines)}

    assert groups(gathered.FEW) == {"gathered a/b lease"}
    assert len(groups(gathered.FEW + 1)) == gathered.FEW + 1


def test_draws_of_one_template_and_documents_of_one_source_are_capped(tmp_path: Path) -> None:
    draws = [line(genre="lease", domain="legal", path=f"lease.md#{n}") for n in range(9)]
    assert len(read(tmp_path, *draws)) == gathered.DRAWS
    assert len(read(tmp_path, *(line(path=f"{n}.md") for n in range(200)))) == gathered.MOST


def test_marks_of_how_words_are_written_are_taken_out(tmp_path: Path) -> None:
    tagged = " ".join(["UCGood", "LCmorning"] * 30)
    ((_, _, text),) = read(tmp_path, line(genre="earnings_call", domain="financial", text=tagged))
    assert text.startswith("Good morning Good")


def test_rows_of_checks_of_another_kind_are_counted() -> None:
    from docassay.transforms.document import Document

    lease = Document(
        "", "", "LEASE AGREEMENT\n\nThe Tenant pays rent to the Landlord for the premises. " * 9, "text/plain"
    )
    right, wrong = (
        told(lease, "x", frozenset({"legal"}), frozenset({kind})) for kind in ("lease", "statute")
    )
    assert (right.domain, right.kind, right.foreign) == ("legal", "lease", 0)
    assert wrong.foreign == wrong.asked > 0
    assert ACCEPTED["statute"] == {"statute"}


def test_files_of_a_list_are_read_with_their_titles_and_what_is_missing_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = b"<html><head><title>Privacy Policy</title></head><body><p>We keep your name.</p></body></html>"
    line = {
        "repository": "a/b", "commit": "HEAD", "path": "a.html", "take": "", "genre": "privacy_policy",
        "domain": "legal", "type": "privacy_policy", "also": "",
        "sha256": sha256(b"We keep your name.").hexdigest(),
    }  # fmt: skip
    monkeypatch.setattr(kinds, "lines", lambda name: [line, {**line, "path": "b.html"}])
    monkeypatch.setattr(kinds, "committed", lambda *of: page if of[-1] == "a.html" else b"")
    (row,) = kinds.listed("blind_ninth", tmp_path)
    assert (row.genre, row.kinds, row.kind) == ("privacy_policy", {"privacy_policy"}, "privacy_policy")
    assert "1 documents are missing" in capsys.readouterr().out
