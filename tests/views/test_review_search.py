"""The search of the review: in the queue, in a document, while the index is made; what is marked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from docassay.schemas.errors import RunError
from docassay.schemas.rows import Entity
from docassay.views.html import explained
from docassay.views.review import search
from docassay.views.search.index import Index
from tests.storage.runs import run
from tests.tables import result
from tests.views.reviewing import Served, document, served

LONG = "word " * 6_000 + "the caf\u00e9 <b>needle</b> and a second needle."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    out = tmp_path_factory.mktemp("search") / "out"
    late = replace(result(LONG, "late.txt", kind="policy"), flags=(), findings=())
    run(out, "run-1", [document(1), document(2)], [late])
    with served(out) as serving:
        yield serving


def test_the_queue_shows_what_stands_around_the_words(server: Served) -> None:
    page = server.ask("/queue?show=all&search=needle+cafe")[1]
    assert 'the <b class="hit">caf\u00e9</b> &lt;b&gt;<b class="hit">needle</b>&lt;/b&gt;' in page
    assert "1 document<" in page and "not complete" not in page


def test_a_filter_that_fits_nothing_says_what_would(server: Served) -> None:
    page = server.ask("/queue?show=all&search=neeedle&kind=policy")[1]
    listed = dict(
        re.findall(r'<li><a href="([^"]+)">([^<]+)</a>: 1 document<', page.partition('id="instead"')[2])
    )
    assert set(listed.values()) == {"without the search", "needle"}
    (address,) = (address for address, what in listed.items() if what == "needle")
    assert "late.txt" in server.ask(unescape(address))[1]
    page = server.ask("/queue?search=needle&kind=nda")[1]
    assert "without the search</a>: 2 documents<" in page and "without the document type" not in page
    page = server.ask("/queue?show=all&search=needle+cafe&kind=nda")[1]
    assert (
        "without the document type</a>: 1 document<" in page
        and "without the search</a>: 2 documents<" in page
    )


def test_the_places_in_a_document_are_listed_and_marked(server: Served) -> None:
    doc_id = result(LONG).doc_id
    page = server.ask(f"/documents/{doc_id}?find=needle&show=all")[1]
    assert "2 matches<" in page and 'name="show" value="all"' in page
    start = LONG.index("needle")
    assert f'data-start="{start}" data-end="{start + 6}" data-piece="1"' in page
    assert f'hx-get="/documents/{doc_id}/text/1?find=needle"' in page
    piece = server.ask(f"/documents/{doc_id}/text/1?find=needle")[1]
    assert len(re.findall(r'class="hit">needle<', piece)) == 2
    assert 'class="hit"' not in server.ask(f"/documents/{doc_id}/text/1")[1]
    assert "0 matches<" in server.ask(f"/documents/{doc_id}?find=nowhere")[1]
    assert "<script" not in server.ask(f"/documents/{doc_id}?find=%3Cscript%3Ex")[1].partition("<main")[2]
    assert server.ask(f"/documents/{doc_id}?find={'a+' * 90}")[0] == 200, "one word, many times"
    assert server.ask(f"/queue?search={'+'.join(map(str, range(60)))}")[0] == 400


def test_an_index_that_is_being_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "run-1", [document(1)])
    go_on, made = threading.Event(), Index.update
    monkeypatch.setattr(search, "WAIT", 0.05)
    monkeypatch.setattr(Index, "update", lambda index, *given: go_on.wait(60) and made(index, *given))
    with served(tmp_path) as server:
        page = server.ask("/queue?show=all&search=processing")[1]
        assert "The word index is not complete yet (it has just started)" in page
        go_on.set()
        while "not complete" in (page := server.ask("/queue?show=all&search=processing")[1]):
            pass
        assert '<b class="hit">processing</b>' in page, "what was found before is not kept"


def test_an_index_that_cannot_be_made_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(index: Index) -> bool:
        raise RunError("no space left on the device")

    run(tmp_path, "run-1", [document(1)])
    monkeypatch.setattr(Index, "update", full)
    with served(tmp_path) as server:
        assert "no space left on the device" in server.ask("/queue?show=all&search=processing")[1]
        assert "1 document<" in server.ask("/queue?show=all&search=legal-1")[1], (
            "names are found all the same"
        )


def test_personal_data_and_facts_are_marked_with_a_legend(server: Served) -> None:
    page = server.ask(f"/documents/{document(1).doc_id}")[1]
    assert re.search(r'class="personal-data" title="personal data: Person">Agreement<', page)
    legend = page.partition('class="legend"')[2].partition("</fieldset>")[0]
    assert re.findall(r'class="show-(\w+)"', legend) == ["checks", "personal"]
    made = document(1)
    inner = Entity(made.doc_id, 0, "organization", 3, 20, made.text[3:20], 0.9, False, "personal@1")
    shown = explained([replace(made, entities=(*made.entities, inner))])
    assert 'title="personal data: Person, Organization">eement<' in shown
    assert "".join(re.findall(r">([^<]*)<", shown.partition('class="original"')[2])).startswith("Agreement 1")
