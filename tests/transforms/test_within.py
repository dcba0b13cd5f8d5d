"""Within: annexes, signatures and title pages are parts of a document, whatever the model says of them."""

from __future__ import annotations

import pytest

from docassay.models.page_pair import PagePairModel
from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.parts import part as part_module
from docassay.transforms.parts.part import part
from docassay.transforms.parts.sides import Side
from tests.families import quick_first
from tests.pdfs import leaves
from tests.piles import BILL, INVOICE, NDA

CONTRACT = NDA[0].rpartition("\n")[0]
ENDS = NDA[1].rpartition("\n")[0]
AMENDED = """AMENDMENT NO. 1 TO NON-DISCLOSURE AGREEMENT

This Amendment is made on 3 May 2026 between Ashgrove Ltd and Kestrel GmbH. The Agreement ends in 2030."""
OF_OTHERS = """Exhibit B
AGREEMENT
This Agreement is made by and between Oak Inc of Boston, Elm Corp of Delaware,
Fir Trust and Ivy Partners of Wales."""
LISTED = """TABLE OF CONTENTS
1. Confidential Information 2
2. Term ..... 3
3. Governing Law 4
4. Notices 4"""
SIGNED = """ASHGROVE LTD KESTREL GMBH
By: /s/ Ann Byrne By: /s/ Jan Meyer
Title: Director"""


def test_a_contract_with_its_title_annexes_and_signatures_is_one_document() -> None:
    joinder = "EXHIBIT B\nJOINDER AGREEMENT\n[Date]\nThe undersigned joins the Agreement of Ashgrove Ltd."
    annexes = ("EXHIBIT A\nPrices\nTorque wrench 40 Euro", SIGNED, joinder)
    pages = ("EX-99.D.4 13 w01967.htm\nEXHIBIT (D)(4)", CONTRACT, ENDS, *annexes)
    (document,) = parse(Source("nda.pdf", leaves(*pages)), Limits())
    assert isinstance(document, Document) and document.uri == "nda.pdf"


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model be certain that a document begins on every page."""
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: (1 + part_module._model().cut) / 2)


def begins(*pages: str) -> list[int]:
    return [cut.page for cut in part([Side(page) for page in pages]).sure]


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    ("page", "why"),
    quick_first(
        4,
        [
            ("Exhibit A\nJOINDER AGREEMENT\n[Date]\nThe undersigned joins the Agreement.", "a form, annexed"),
            ("SCHEDULE 3.2\nExcluded Persons\nTom Sang\nAnn Byrne", "a list"),
            (SIGNED, "signatures alone"),
            (AMENDED, "an amendment of the contract before it"),
            (
                "APPENDIX B - SAMPLE FORMAT\nProject, budget, names of those who work on it.",
                "a title follows",
            ),
            ("Exhibit C\nTo the Agreement by and between\nOak Inc and Elm Corp\nTeam: Tom Sang", "names it"),
            ("Anlage 2: Preise\nSchrauben zu 4 Euro, Muttern zu 2 Euro.", "in German"),
            ("ANNEXE 1\nTarifs des prestations en vigueur au moment de la signature.", "in French"),
            ("Exhibit (d)(3)\nCONFIDENTIALITY", "a bare last page"),
        ],
    ),
)
def test_what_is_of_a_contract_is_no_document(page: str, why: str) -> None:
    assert begins(CONTRACT, page) == [0], why


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    "page",
    quick_first(
        2,
        [
            "EXHIBIT 10.32\nLEASE\nThis lease is made between Oak Ltd and Elm Ltd.",
            "Schedule Dates: 3 May to 6 May\nOrder 12, twelve spots of thirty seconds",
            "SCHEDULE 13 G\nName of issuer: Oak Ltd, a company of Ireland\nCUSIP 22",
            "Subject: Merci\nMille fois !",
            "Till 3\nTotal 4.20",
            AMENDED.replace("NON-DISCLOSURE AGREEMENT", "LEASE OF SHOPS"),
            f"{INVOICE}\nBy: Ann",
            OF_OTHERS,
        ],
    ),
)
def test_what_only_resembles_a_part_is_a_document(page: str) -> None:
    assert begins(CONTRACT, page) == [0, 1]


@pytest.mark.usefixtures("sure")
def test_an_annex_begins_below_what_runs_at_the_top_of_all_pages() -> None:
    top = "In re Filters Products Liability Litigation, No. {0}-02641-DGC\nTRANSFER ORDER\n{1}"
    assert begins(top.format("MDL", "The cases go back."), top.format("PHX", "Exhibit 1 – Orders")) == [0]
    assert begins(f"Exhibit 1 – Orders\n{CONTRACT}", f"Exhibit 1 – Orders\n{INVOICE}") == [0, 1]


TITLE = "MASTER NON-DISCLOSURE AGREEMENT\nbetween\nASHGROVE LTD\nand\nKESTREL GMBH\nof 1 February 2026"
ENTRIES = LISTED.replace("TABLE OF CONTENTS\n", "")


@pytest.mark.usefixtures("sure")
def test_no_cut_beside_a_table_of_contents_but_it_is_told() -> None:
    cuts = part([Side(page) for page in (TITLE, LISTED, ENTRIES, CONTRACT, BILL)])
    assert ([cut.page for cut in cuts.sure], cuts.unsure) == ([0, 4], (1, 2, 3))
    assert begins(BILL, f"{ENTRIES}\nAll prices are those of the list of 1 May 2026.", CONTRACT) == [0, 1, 2]


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    "page",
    [
        INVOICE,
        "Dear Anna,\nhere is the report of this year\nMary",
        "ALDER LTD\nReceipt\nPaid 310.00",
        "The report follows.",
    ],
)
def test_a_short_document_is_no_title_page_of_the_contents_behind_it(page: str) -> None:
    assert begins(page, LISTED, CONTRACT, "") == [0, 1]


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    "page",
    [
        "DELIVERY NOTE of Alder Ltd, Leeds\nContents\nScrews 100\nWashers 200\nNuts 200\nBolts 300",
        "DELIVERY NOTE of Alder Ltd, Leeds\nContents\nScrews 2\nWashers 1\nNuts 2\nBolts 3",
    ],
    ids=["beyond the last page", "not rising"],
)
def test_a_list_of_what_is_delivered_is_no_table_of_contents(page: str) -> None:
    assert begins(BILL, page, CONTRACT, ENDS) == [0, 1, 2, 3]


@pytest.mark.usefixtures("sure")
def test_an_index_at_the_end_is_no_table_of_contents() -> None:
    handbook = [f"Page {n} of 6\nWork safely, and wear gloves." for n in range(1, 7)]
    handbook[-1] += "\nIndex\n" + ENTRIES
    assert begins(*handbook, CONTRACT) == [0, 6]


@pytest.mark.usefixtures("sure")
def test_a_title_page_is_no_document_and_is_not_told() -> None:
    for title in ("EX-99.D.4 13 w01967iexv99wdw4.htm\nEXHIBIT (D)(4)", "OFFICE OF DRUGS\nACTION LETTERS"):
        cuts = part([Side(title), Side(CONTRACT), Side(BILL)])
        assert ([cut.page for cut in cuts.sure], cuts.unsure) == ([0, 2], ())
    assert part([Side(BILL), Side("ACTION LETTERS"), Side(CONTRACT)]).unsure == (2,), (
        "it may end what it follows"
    )
    assert begins("PAGE 1 OF 1\nSTAMP", CONTRACT) == [0, 1], "it says that it is all"


@pytest.mark.usefixtures("sure")
def test_a_receipt_in_capitals_is_a_document() -> None:
    receipt = "RECEIPT NO 4711\nALDER LTD LEEDS\nPAID IN CASH EUR 310.00\nTHANK YOU"
    assert begins(receipt, CONTRACT) == [0, 1]
    assert part([Side(receipt), Side(f"{receipt}\n{CONTRACT}")]).unsure == (1,), "no title"
    bare = "EX-10.32 w01967.htm\nDRAFT OF 12.05.2026"
    assert part([Side(bare), Side(CONTRACT)]) == part([Side(bare)]), "numbers of an exhibit, a day"


def test_what_the_model_holds_to_be_no_beginning_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    model = part_module._model()
    monkeypatch.setattr(PagePairModel, "predict", lambda *_: (model.mixed + model.further) / 2)
    announced = f"{CONTRACT}\n[Signature page follows]"
    form = "Date:\nI, the undersigned, have read what stands above and agree to all of it."
    for before, page in ((CONTRACT, "Exhibit A\nPrices"), (CONTRACT, SIGNED), (announced, form)):
        assert part([Side(before), Side(page)]).unsure == ()
    assert part([Side(CONTRACT), Side(form)]).unsure == (1,)


@pytest.mark.usefixtures("sure")
def test_what_lies_behind_the_sheet_of_an_annex_is_told() -> None:
    cuts = part(
        [Side(CONTRACT), Side(ENDS), Side("EXHIBIT B"), Side("NOTE\nOak Ltd promises to pay Elm Ltd.")]
    )
    assert [cut.page for cut in cuts.sure] == [0, 1] and cuts.unsure == (2, 3)
