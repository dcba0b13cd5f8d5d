"""Part: the documents in a file, and files that are one."""

from __future__ import annotations

import io
import time

import pypdf
import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Look
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from docassay.transforms.parts import part as part_module
from docassay.transforms.parts.messages import messages
from docassay.transforms.parts.pairs import FEATURES, Surroundings, features
from docassay.transforms.parts.part import Cut, Cuts, part
from docassay.transforms.parts.sides import Side, numbers_of
from tests.families import quick_first
from tests.pdfs import leaves, placed, with_attachments
from tests.piles import BILL, INVOICE, NDA

ONE = INVOICE.format(number="A-1001")
LETTER = placed((72, 740, "Dear Anna,"), (72, 720, "please find the post of today attached to this page."))
SLIP = "Till 3\nReceipt {0}\nTotal {0}.00"
DATE = "Date: Mon, 1 Jun 2026 10:00:00 +0000"
MESSAGE = "From: {0}@b.example\nTo: c@d.example\n" + DATE + "\nSubject: {0}\n\nText of {0}.\n\n"


def documents(content: bytes, name: str = "pile.pdf", limits: Limits | None = None) -> list[Document]:
    return [one for one in parse(Source(name, content), limits or Limits()) if isinstance(one, Document)]


def test_a_bill_an_invoice_and_a_contract_are_three_documents() -> None:
    whole = leaves(BILL, ONE, *NDA)
    found = documents(whole)
    assert [one.uri for one in found] == [f"pile.pdf#part-{n}" for n in (1, 2, 3)]
    assert [(one.pages.first, one.pages.last) for one in found if one.pages] == [(1, 1), (2, 2), (3, 4)]
    (alone,) = documents(whole, limits=Limits(parts=False))
    assert {one.parent_id for one in found} == {alone.doc_id} and alone.uri == "pile.pdf"
    for one, pages in zip(found, ((BILL,), (ONE,), NDA), strict=True):
        (by_itself,) = documents(leaves(*pages))
        assert one.text == by_itself.text and one.text in alone.text
        assert by_itself.uri == "pile.pdf", "one document is not a part"


def test_a_part_is_the_same_document_wherever_it_stands() -> None:
    first, second, _ = documents(leaves(ONE, ONE, BILL))
    assert first.doc_id == second.doc_id and first.uri != second.uri
    elsewhere = documents(leaves(BILL, *NDA, ONE), "other.pdf")[-1]
    assert elsewhere.doc_id == first.doc_id
    changed = documents(leaves(BILL, *NDA, INVOICE.format(number="A-1002")))[-1]
    assert changed.doc_id != first.doc_id


@pytest.mark.slow
def test_a_print_run_is_as_many_documents_in_linear_time() -> None:
    def seconds(count: int) -> float:
        pages = [INVOICE.format(number=f"A-{n:04d}") for n in range(count)]
        content = leaves(*pages)
        began = time.process_time()
        found = documents(content)
        assert [f"A-{n:04d}" in one.text for n, one in enumerate(found)] == [True] * count
        return time.process_time() - began

    seconds(2)
    assert seconds(200) < 8 * seconds(50) + 0.5


def test_empty_pages_belong_to_what_stands_before_them() -> None:
    found = documents(leaves(BILL, "", ONE, "", ""))
    assert [(one.pages.first, one.pages.last) for one in found if one.pages] == [(1, 2), (3, 5)]


@pytest.mark.parametrize("at", [0, 1, 2], ids=["first", "between", "last"])
def test_a_part_that_is_a_picture_is_refused_and_the_others_stay(at: int) -> None:
    pages = [BILL, ONE]
    pages.insert(at, "PICTURE")
    outcomes = parse(Source("pile.pdf", leaves(*pages)), Limits())
    refused = [one for one in outcomes if isinstance(one, Reject)]
    assert [(one.uri, one.reason) for one in refused] == [(f"pile.pdf#part-{at + 1}", "no_text")]
    assert refused[0].detail.startswith(f"page {at + 1}:")
    assert len(outcomes) == 3


def test_a_cover_is_of_what_it_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    cover = "EX-10.32 23 c15909a1exv10w32.htm\nMUTUAL NON-DISCLOSURE AGREEMENT"
    model = part_module._model()
    answers: list[float] = []
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: answers.pop(0))
    weak, sure = (model.further + model.cut) / 2, (1 + model.cut) / 2
    answers[:] = [sure, 0.0]
    assert part([Side(page) for page in (cover, *NDA)]) == Cuts((Cut(0, 1.0),))
    answers[:] = [weak, sure, 0.0]
    covered = part([Side(page) for page in (BILL, cover, *NDA)])
    assert [cut.page for cut in covered.sure] == [0, 1] and covered.unsure == (2,)


def test_a_short_letter_is_no_cover_of_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    monkeypatch.setattr(PagePairModel, "predict", lambda *_: (1 + part_module._model().cut) / 2)
    assert [cut.page for cut in part([Side("Subject: Merci\nMille fois !"), Side(BILL)]).sure] == [0, 1]


@pytest.mark.parametrize("certain", ["mixed", "further", "cut"])
def test_what_boundary_candidates_behind_a_short_page_is_told(
    monkeypatch: pytest.MonkeyPatch, certain: str
) -> None:
    from docassay.models.page_pair import PagePairModel

    least = getattr(part_module._model(), certain)
    slips = [Side(SLIP.format(n)) for n in (1, 2)]
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: least)
    assert part(slips) == Cuts((Cut(0, 1.0),), (1,))
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: part_module._model().mixed / 2)
    assert part(slips) == Cuts((Cut(0, 1.0),))


def test_a_document_has_one_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    monkeypatch.setattr(PagePairModel, "predict", lambda *_: 0.99)
    found = part([Side(SLIP.format(n)) for n in range(9)])
    assert [cut.page for cut in found.sure] == [0, 2, 4, 6, 8] and found.unsure == (1, 3, 5, 7)


@pytest.mark.parametrize(
    ("text", "unread"), [("", True), ("PKT000123", True), ("CENTER FOR DRUG EVALUATION AND RESEARCH", False)]
)
def test_a_scan_with_some_words_is_a_page_that_is_read(text: str, unread: bool) -> None:
    assert Side(text, look=Look(unread=True)).unread == unread


def test_parts_of_one_line_are_bounded_and_none_is_lost() -> None:
    pages = [f"Receipt {n}" for n in range(30)]
    found = documents(leaves(*pages))
    assert [(one.pages.first, one.pages.last) for one in found if one.pages] == [
        (n, n + 1) for n in range(1, 30, 2)
    ]
    assert all(one.boundary_candidates for one in found)
    assert "\n\n".join(one.text for one in found) == "\n\n".join(pages)


def test_a_file_of_too_many_pages_is_refused_as_before() -> None:
    (outcome,) = parse(Source("pile.pdf", leaves(*["A page."] * 30)), Limits(pages=20))
    assert isinstance(outcome, Reject) and outcome.reason == "too_many_pages"


def test_parts_travel_from_a_worker() -> None:
    with Parser() as parser:
        outcomes = parser.parse(Source("pile.pdf", leaves(BILL, ONE)))
        assert outcomes == parse(Source("pile.pdf", leaves(BILL, ONE)), Limits())


def test_pages_numbered_on_are_never_cut() -> None:
    pages = [Side(f"INVOICE\nNumber {n}\nDear customer,\nPage {n} of 3") for n in (1, 2, 3)]
    assert [cut.page for cut in part(pages).sure] == [0]


@pytest.mark.parametrize(
    "page",
    quick_first(
        1,
        ["{0}. Clause {0}", "§ {0} Zahlung", "Section {0}. Payment\nThe Buyer shall pay the Seller in full."],
    ),
)
def test_clauses_that_are_numbered_on_are_one_document_that_is_marked(page: str) -> None:
    (one,) = documents("\f".join(page.format(n) for n in range(1, 1_000)).encode(), "contract.txt")
    assert one.uri == "contract.txt" and one.boundary_candidates


def test_a_clause_that_does_not_follow_the_one_before_may_begin_a_document() -> None:
    cut = [cut.page for cut in part([Side(f"{n}. Clause {n}") for n in (1, 2, 3, 1, 2, 3)]).sure]
    assert cut == [0, 3]


def test_days_that_follow_each_other_number_no_clauses() -> None:
    pages = [Side(f"{day}. Mai 2026\n" + INVOICE.format(number=day)) for day in (12, 13, 14)]
    assert [cut.page for cut in part(pages).sure] == [0, 1, 2]


def test_where_it_is_unsure_it_says_so_and_does_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    monkeypatch.setattr(part_module, "COVER_WORDS", 0)
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: 0.5)
    (one,) = documents(leaves("Some notes.", "Other notes."))
    assert one.boundary_candidates == (len("Some notes.\n\n"),) and one.uri == "pile.pdf"


def test_one_surer_cut_in_a_file_lets_others_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    monkeypatch.setattr(part_module, "COVER_WORDS", 0)
    model = part_module._model()
    answers: list[float] = []
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: answers.pop(0))
    pages = [Side(f"Some notes of day {n}.") for n in range(4)]
    weak, sure = (model.further + model.cut) / 2, (1 + model.cut) / 2
    answers[:] = [weak, 0.0, weak]
    assert part(pages) == Cuts((Cut(0, 1.0),), (1, 3))
    answers[:] = [weak, 0.0, sure]
    assert [cut.page for cut in part(pages).sure] == [0, 1, 3]


def test_several_likely_borders_make_one_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.models.page_pair import PagePairModel

    monkeypatch.setattr(part_module, "COVER_WORDS", 0)
    model = part_module._model()
    likely = 1 - ((1 - model.cut) ** (1 / 4)) * 0.99
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: likely)
    assert model.further <= likely < model.cut
    pages = [Side(f"Some notes of day {n}.") for n in range(5)]
    assert [cut.page for cut in part(pages[:4]).sure] == [0]
    assert part(pages[:4]).unsure == (1, 2, 3)
    assert [cut.page for cut in part(pages).sure] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("behind", "begins", "goes_on"), [("2", 1.0, 0.0), ("6", 0.0, 1.0), ("8", 0.0, 0.0)])
def test_the_number_of_the_page_behind_is_looked_at(behind: str, begins: float, goes_on: float) -> None:
    before, after, then = Side("The end.\n4"), Side("AGREEMENT\nof two parties"), Side(f"More.\n{behind}")
    numbers = features(before, after, Surroundings(3, 2, False, before, 1, 0, then))
    told = dict(zip(FEATURES, numbers, strict=True))
    assert (told["next_is_two"], told["number_over"]) == (begins, goes_on)


def test_a_page_that_cannot_be_read_stays_within_its_document() -> None:
    unread = Side("", look=Look(unread=True))
    pages = [Side(BILL), Side(NDA[0]), unread, Side(NDA[1]), unread, Side(ONE)]
    assert [cut.page for cut in part(pages).sure] == [0, 1, 4, 5]


def test_of_several_attachments_one_that_is_encrypted_is_refused_alone() -> None:
    buffer = io.BytesIO()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(leaves(ONE)))
    writer.encrypt("secret")
    writer.write(buffer)
    files = {"1.pdf": leaves(BILL, ONE), "2.pdf": leaves(*NDA), "3.pdf": buffer.getvalue()}
    with Parser() as parser:
        first, *attached = parser.parse(Source("portfolio.pdf", with_attachments(LETTER, files)))
        found = [one for source in attached if isinstance(source, Source) for one in parser.parse(source)]
    assert isinstance(first, Document) and first.uri == "portfolio.pdf"
    names = [f"portfolio.pdf#attachment-{mark}" for mark in ("1#part-1", "1#part-2", "2", "3")]
    assert [one.uri for one in found] == names
    assert [one.reason for one in found if isinstance(one, Reject)] == ["encrypted"]


def test_a_text_of_more_pages_than_are_looked_at_says_that_it_may_hold_several() -> None:
    (one,) = documents("\f".join(["A page."] * 3_000).encode(), "pile.txt")
    assert one.uri == "pile.txt" and one.boundary_candidates == (len("A page. "),)


@pytest.mark.slow
def test_three_thousand_pages_are_parted_within_their_time() -> None:
    pages = [Side(INVOICE.format(number=f"A-{n:04d}")) for n in range(3_000)]
    began = time.process_time()
    assert len(part(pages).sure) == 3_000
    assert time.process_time() - began < Limits().seconds


def test_form_feeds_part_the_pages_of_a_text() -> None:
    text = f"{BILL}\f{ONE}\f{NDA[0]}\f{NDA[1]}"
    found = documents(text.encode(), "pile.txt")
    assert [one.text for one in found] == [BILL, ONE, f"{NDA[0]} {NDA[1]}"]
    assert documents(f"{NDA[0]}\f{NDA[1]}".encode(), "nda.txt")[0].uri == "nda.txt"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_messages_below_each_other_are_as_many_documents(line_end: str) -> None:
    text = "".join(map(MESSAGE.format, ("ann", "bob", "cyd"))).replace("\n", line_end)
    first, *others = parse(Source("mails.txt", text.encode()), Limits())
    assert isinstance(first, Document) and first.uri == "mails.txt#part-1" and "bob" not in first.text
    assert all(isinstance(one, Source) for one in others)
    rest = [documents(one.content or b"", one.uri)[0] for one in others if isinstance(one, Source)]
    assert [one.uri for one in rest] == ["mails.txt#part-2", "mails.txt#part-3"]
    alone = documents((MESSAGE.format("bob").strip() + "\n").encode(), "bob.eml")[0]
    assert rest[0].doc_id == alone.doc_id and rest[0].text == alone.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MESSAGE.format("ann"), "one message"),
        (MESSAGE.format("ann") + "-----Original Message-----\n\n" + MESSAGE.format("bob"), "it is quoted"),
        ("A report.\n\n" + MESSAGE.format("ann") + MESSAGE.format("bob"), "there is more than messages"),
        (MESSAGE.format("ann") + "From: bob\nSent: today\nSubject: x\n\nText", "an answer below an answer"),
    ],
)
def test_a_message_with_what_it_quotes_is_one(text: str, why: str) -> None:
    assert messages(text.encode()) == [], why


@pytest.mark.parametrize(
    ("line", "value", "total"),
    [
        ("Page 2 of 5", 2, 5),
        ("Seite 3 von 4", 3, 4),
        ("Página 1 de 2", 1, 2),
        ("- 7 -", 7, None),
        ("3/9", 3, 9),
        ("iv", 4, None),
        ("F-12", 12, None),
    ],
)
def test_numbers_of_pages_are_read(line: str, value: int, total: int | None) -> None:
    (number,) = numbers_of(["A heading", "and a text that goes on", "and on.", "and on.", "and on.", line])
    assert (number.value, number.total) == (value, total)


@pytest.mark.parametrize("line", ["Page 5 of 2", "12.50", "2026", "PKT000123"])
def test_other_figures_are_no_numbers_of_pages(line: str) -> None:
    found = numbers_of(["A heading", "and a text that goes on", "and on.", "and on.", line])
    assert [number for number in found if number.total or number.alone] == []


def test_unread_pages_alone_do_not_part_a_file() -> None:
    pages = [Side(NDA[0]), Side("", look=Look(unread=True)), Side(NDA[1])]
    assert [cut.page for cut in part(pages).sure] == [0]
