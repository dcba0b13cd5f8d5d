"""What the tagger of personal data learns from: spans are where their words are, and do not overlap."""

from __future__ import annotations

import hashlib
import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("faker")
pytest.importorskip("names")

from research.corpora import mail_names, personal
from research.corpora.invented import SLOT, Writer, _quote, sentences, templates, written
from research.corpora.invented_slots import SLOTS
from research.corpora.personal import LABELS, Marked
from research.measure.personal import exact, marked_names, words_found

PEOPLE = ("A", "B", "C", "person", "first", "last", "last_first", "last_up", "title")


def check(marked: Marked) -> None:
    assert all(one[1] <= other[0] for one, other in pairwise(marked.spans))
    for start, end, label in marked.spans:
        assert label in LABELS
        assert marked.text[start:end].strip() == marked.text[start:end] != ""


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_templates_name_slots_that_exist(language: str) -> None:
    for lines in templates(language).values():
        for line in lines:
            for slot in SLOT.findall(line):
                assert slot in SLOTS or slot.split(".")[0] in PEOPLE, line


def test_invented_documents_are_of_three_languages_and_the_same_each_time() -> None:
    documents = list(written(60, seed=3))
    for document in documents:
        check(document)
    assert {document.language for document in documents} == {"en", "de", "fr"}
    assert {label for document in documents for _, _, label in document.spans} >= {
        "person",
        "date_time",
        "place",
    }
    for sentence in sentences(20):
        check(sentence)


def test_quoted_lines_keep_their_spans() -> None:
    writer = Writer("en", random.Random(0), None)
    writer.fill("Said:\n")
    start = len(writer.text)
    writer.put("person", "Jo Lee")
    writer.fill(" came.\nSo did ")
    writer.put("person", "Ann")
    _quote(writer, start, 0, "> ")
    assert writer.text == "Said:\n> Jo Lee came.\n> So did Ann"
    assert [writer.text[a:b] for a, b, _ in writer.spans] == ["Jo Lee", "Ann"]


def test_mail_loses_its_names_and_keeps_their_places(tmp_path: Path) -> None:
    for folder in mail_names.FOLDERS:
        (tmp_path / "mail-spamassassin/mail-spamassassin" / folder).mkdir(parents=True)
    path = tmp_path / "mail-spamassassin/mail-spamassassin/easy-ham-1/1.txt"
    path.write_text(
        "From: Greta Holmqvist <g@example.org>\nTo: list@example.org\nSubject: Re: fish\n\n"
        "On Monday, Rupert Ashdown wrote:\n"
        "> Greta, is it Rupert's?\n\nNo, it belongs to Maria.\n\ngreta\n"
    )
    (marked,) = mail_names.mails(tmp_path, 5)
    check(marked)
    assert len(marked.spans) == 5
    for name in ("Greta", "Holmqvist", "Rupert", "Ashdown", "greta"):
        assert name not in marked.text
    assert "Maria" in [marked.text[a:b] for a, b in marked.unknown]


def test_sets_are_read_with_their_labels(tmp_path: Path) -> None:
    (tmp_path / "letter_german").mkdir()
    (tmp_path / "letter_german/X.txt").write_text("Dr. Blau am 3.4.2019, seit 2001.", encoding="utf-8")
    rows = [
        (0, 3, "NAME_TITLE", "Dr."),
        (4, 8, "NAME_DOCTOR", "Blau"),
        (12, 20, "DATE", "3.4.2019"),
        (27, 31, "DATE", "2001"),
    ]
    lines = [
        json.dumps({"file": "letter_german/X.txt", "start": a, "end": b, "label": label, "text": text})
        for a, b, label, text in rows
    ]
    (tmp_path / "gold.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (letter,) = personal.letters(tmp_path, tmp_path / "gold.jsonl")
    check(letter)
    assert [label for _, _, label in letter.spans] == ["title", "person", "date_time", "year"]


def test_figures_count_spans_and_words() -> None:
    marked = Marked(
        "Ann Ek met Bo in Ulm", ((0, 6, "person"), (11, 13, "person"), (17, 20, "place")), "en", "x"
    )
    found = [(marked, [(0, 6, "person"), (11, 13, "place")])]
    assert exact(found)["exact_precision"] == 0.5
    assert exact(found)["exact_recall"] == round(1 / 3, 3)
    assert words_found(found)["words_precision"] == 1.0
    assert words_found(found)["words_recall"] == 0.75


def test_names_are_found_again_by_their_digests() -> None:
    text = "From: Ann Ek <ann.ek@x.org>\n\nAnn, see > Bo\n> Lee's note. Dr. X and X.\n"
    kinds = {
        hashlib.sha256(name.encode()).hexdigest()[:16]: "name" for name in ("Ann Ek", "Ann", "Bo Lee", "X")
    }
    found = [text[a:b] for a, b, _ in sorted(marked_names(text, kinds))]
    assert found == ["Ann Ek", "Ann", "Bo\n> Lee", "X"]
