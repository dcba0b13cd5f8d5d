"""PDFs: what a person sees of them is their text, a row of a table on one line."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, ocr
from docassay.transforms.formats.pdf_page import page_text
from docassay.transforms.formats.pdf_rows import Box, Line, rows
from docassay.transforms.formats.plain import is_garbled
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from tests.families import quick_first
from tests.pdfs import deflated, lying, page, placed, stream, type3, type3_lying, with_attachments, written
from tests.transforms.test_parse import document, reject

LEASE = (
    "The tenant pays the rent on the first day of each month to the account of the landlord, who confirms "
    "each payment within five working days and keeps a record of it for the whole term of this lease."
)
INVOICE = b"""<rsm:CrossIndustryInvoice xmlns:rsm="urn:example:CrossIndustryInvoice:100"
 xmlns:ram="urn:ram" xmlns:udt="urn:udt"><rsm:ExchangedDocument><ram:ID>2024-0815</ram:ID><ram:IssueDateTime>
 <udt:DateTimeString format="102">20240305</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeSettlement>
 <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation>
 <ram:TaxTotalAmount currencyID="USD">20.00</ram:TaxTotalAmount>
 <ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount>
 <ram:GrandTotalAmount>119.00</ram:GrandTotalAmount>
 </ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


class TestLines:
    def test_cells_of_a_row_that_were_written_column_by_column(self) -> None:
        content = placed(
            (72, 700, "Shelf, oak"),
            (72, 680, "Chair"),
            (72, 660, "Net amount"),
            (300, 700, "10"),
            (300, 680, "4"),
            (450, 700, "1,250.00"),
            (450, 680, "320.00"),
            (450, 660, "1,570.00"),
        )
        assert document(page(content)).text.split("\n") == [
            "Shelf, oak 10 1,250.00",
            "Chair 4 320.00",
            "Net amount 1,570.00",
        ]

    def test_figures_written_before_their_words(self) -> None:
        content = placed((450, 700, "12.50"), (450, 680, "7.10"), (72, 700, "Paint"), (72, 680, "Brush"))
        assert document(page(content)).text == "Paint 12.50\nBrush 7.10"

    def test_figures_written_late_go_back_to_their_height(self) -> None:
        content = placed((72, 700, "Shelf"), (72, 600, "Total 5.00"), (200, 690, "2 2.50 5.00"))
        assert document(page(content)).text == "Shelf\n2 2.50 5.00\nTotal 5.00"

    def test_columns_of_prose_are_not_mixed(self) -> None:
        left = [(72, 700 - 12 * n, f"left column of prose, line {n}") for n in range(3)]
        right = [(330, 700 - 12 * n, f"right column of prose, line {n}") for n in range(3)]
        text = document(page(placed(*left, *right))).text
        assert text.split("\n") == [words for _, _, words in (*left, *right)]

    def test_addresses_beside_each_other_are_not_mixed(self) -> None:
        """A number that has its label is no cell of the line beside it."""
        seller = [(72, 700, "Seller Ltd"), (72, 688, "GLN 4333741000005"), (72, 676, "VAT DE123456789")]
        buyer = [(330, 700, "Buyer Inc"), (330, 688, "GLN 4304171000002"), (330, 676, "Tel. 0911 12345")]
        text = document(page(placed(*seller, *buyer))).text
        assert text.split("\n") == [words for _, _, words in (*seller, *buyer)]

    def test_a_number_in_a_margin_stays_out_of_the_sentence_beside_it(self) -> None:
        prose = "whereas the parties wish to agree on the terms of the lease of the said premises"
        assert document(page(placed((72, 700, prose), (540, 700, "7")))).text.startswith(prose)

    def test_a_word_whose_letters_stand_apart_is_one_word(self) -> None:
        spaced = b"BT /F1 10 Tf 72 700 Td [(Br) -145 (uttosumme 300,00 of) -300 (us)] TJ ET"
        assert document(page(spaced)).text == "Bruttosumme 300,00 of us"

    @pytest.mark.parametrize(
        ("angle", "matrix"), [(90, b"0 1 -1 0 %d %d"), (180, b"-1 0 0 -1 %d %d"), (270, b"0 -1 1 0 %d %d")]
    )
    def test_a_table_across_a_page_that_is_shown_turned(self, angle: int, matrix: bytes) -> None:
        cells = [(0, 0, b"Label"), (0, 1, b"Total"), (200, 0, b"12.50"), (200, 1, b"99.50")]
        place = {
            90: lambda along, line: (100 + 14 * line, 72 + along),
            180: lambda along, line: (500 - along, 100 + 14 * line),
            270: lambda along, line: (500 - 14 * line, 700 - along),
        }[angle]
        drawn = b" ".join(
            b"%s Tm (%s) Tj" % (matrix % place(along, line), text) for along, line, text in cells
        )
        content = page(
            b"BT /F1 10 Tf " + drawn + b" ET", entries=b"/MediaBox [0 0 612 792] /Rotate %d" % angle
        )
        assert document(content).text == "Label 12.50\nTotal 99.50"

    @pytest.mark.parametrize("angle", [90, 180, 270])
    def test_a_page_that_lies_on_its_side(self, angle: int) -> None:
        content = placed((72, 700, "first line"), (72, 686, "second line"), (300, 686, "12.50"))
        entries = b"/MediaBox [0 0 612 792] /Rotate %d" % angle
        assert document(page(content, entries=entries)).text == "first line\nsecond line 12.50"

    def test_words_that_run_upwards_stay_words(self) -> None:
        content = b"BT /F1 10 Tf 0 1 -1 0 40 300 Tm [(see the) -300 (next) -300 (page)] TJ ET "
        assert (
            document(page(content + placed((72, 700, "upright")))).text.split("\n")[0] == "see the next page"
        )

    def test_half_a_character_in_a_font_costs_that_character_alone(self) -> None:
        font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
        mapped = _cmap(b"<20> <60> <0020>", b"<61> <79> <0061>", b"<7A> <7A> <D835>")
        content = page(placed((72, 700, "Total z 12.50")), font=font, further=(stream(mapped),))
        assert document(content).text == "Total \ufffd 12.50"

    def test_pages_are_parted_by_an_empty_line(self) -> None:
        two = written(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Count 2 /Kids [3 0 R 3 0 R] >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources"
                b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
                stream(placed((72, 700, "a page"))),
            ]
        )
        assert document(two).text == "a page\n\na page"

    def test_what_was_filled_into_a_form_stands_behind_its_label(self) -> None:
        widget = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (%s) /V (%s) /F %d /Rect [200 %d 400 %d] >>"
        filled = page(
            placed((72, 700, "Patient name:"), (72, 660, "Total charge")),
            entries=b"/MediaBox [0 0 612 792] /Annots [6 0 R 7 0 R 8 0 R]",
            further=(
                widget % (b"name", b"Maria Example", 4, 695, 713),
                widget % (b"total", b"1,234.50", 4, 655, 673),
                widget % (b"secret", b"hidden", 2, 600, 618),
            ),
        )
        assert document(filled).text == "Patient name: Maria Example\nTotal charge 1,234.50"


class TestHidden:
    def test_text_off_the_page(self) -> None:
        content = placed((72, 700, "seen"), (72, -50, "below"), (900, 700, "beside"))
        assert document(page(content)).text == "seen"

    def test_text_outside_the_crop_box(self) -> None:
        entries = b"/MediaBox [0 0 612 792] /CropBox [0 0 612 600]"
        content = placed((72, 700, "trimmed away"), (72, 500, "seen"))
        assert document(page(content, entries=entries)).text == "seen"

    def test_a_page_whose_size_is_that_of_its_parent(self) -> None:
        """A3 in landscape: what is said of no page of its own must cut nothing off."""
        inherited = page(placed((1_000, 700, "far to the right")), entries=b"")
        inherited = inherited.replace(b"/Count 1 ", b"/MediaBox [0 0 1191 842] /Count 1 ")
        assert document(inherited).text == "far to the right"

    @pytest.mark.parametrize("how", [b"1 g", b"3 Tr"], ids=["white", "not drawn"])
    def test_text_that_nobody_sees(self, how: bytes) -> None:
        content = placed((72, 700, "seen")) + b" q " + how + b" " + placed((72, 600, "unseen")) + b" Q"
        assert document(page(content)).text == "seen"

    def test_white_text_on_a_dark_ground_is_seen(self) -> None:
        content = b"0 0 0.5 rg 60 580 500 40 re f 1 g " + placed((72, 600, "Position Amount"))
        assert document(page(content)).text == "Position Amount"

    def test_the_text_of_a_scan_is_not_drawn_on_purpose(self) -> None:
        picture = b"q 612 0 0 792 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID 0 EI Q 3 Tr "
        lines = [(72.0, 700.0 - 14 * n, LEASE[n * 60 : n * 60 + 60]) for n in range(4)]
        assert "The tenant pays" in document(page(picture + placed(*lines))).text


class TestGarbled:
    @pytest.mark.parametrize(
        "text",
        [
            LEASE,
            "Der Mieter zahlt die Miete im Voraus bis zum dritten Werktag eines jeden Monats auf das "
            "Konto des Vermieters, der jede Zahlung bestätigt und die Belege verwahrt.",
            "Le locataire paie le loyer le premier jour de chaque mois sur le compte du bailleur, qui "
            "confirme chaque paiement et en conserve la preuve pendant la durée du bail.",
            "El arrendatario paga la renta el primer día de cada mes en la cuenta del arrendador, que "
            "confirma cada pago y guarda un justificante durante todo el contrato.",
            "Il conduttore paga il canone il primo giorno di ogni mese sul conto del locatore, che "
            "conferma ogni pagamento e ne conserva la prova per tutta la durata.",
            "O inquilino paga a renda no primeiro dia de cada mês na conta do senhorio, que confirma cada "
            "pagamento e guarda o comprovativo durante todo o contrato.",
            "Vuokralainen maksaa vuokran kuukauden ensimmäisenä päivänä vuokranantajan tilille, joka "
            "vahvistaa jokaisen maksun ja säilyttää tositteen koko vuokra-ajan.",
            "A bérlő a bérleti díjat minden hónap első napján fizeti a bérbeadó számlájára, aki minden "
            "befizetést visszaigazol, és a bizonylatot megőrzi.",
            "Kiracı, kirayı her ayın ilk günü kiraya verenin hesabına öder; kiraya veren her ödemeyi "
            "onaylar ve belgeyi kira süresi boyunca saklar.",
            "HGB 13.4 RBC 4.71 WBC 6.2 MCV 88 MCH 29 MCHC 33 PLT 251 TSH 1.8 GLUC 92 BUN 14 CREA 0.9 ALT 22",
            "SKU XQ-4411-B 12 PCS 4.20 KRN-0097 QTZ-118 RJ45 HDMI VGA USB-C 3.2 M8x40 DIN 933 A2-70 SFP LWL",
            "1 250,00 19 % 237,50 1 487,50 05.03.2024 4012345001235 Stk kWh",
            "Платит первого числа каждого месяца на счёт арендодателя. 借主は毎月一日に賃料を支払う。",
        ],
        ids=lambda text: text[:12],
    )
    def test_what_was_written_to_be_read(self, text: str) -> None:
        assert not is_garbled(text * 4)
        assert not is_garbled(text[:40]), "short, too"

    @pytest.mark.parametrize("shift", [1, 3, 7, 13, 24])
    def test_letters_shifted_by_a_number(self, shift: int) -> None:
        assert is_garbled(_shifted(LEASE * 2, shift))

    def test_a_letter_for_another(self) -> None:
        alphabet = "abcdefghijklmnopqrstuvwxyz"
        others = "qjzvhxkwpgbmfdycnrlsutoiea"
        assert is_garbled((LEASE * 2).lower().translate(str.maketrans(alphabet, others)))

    @pytest.mark.parametrize("first", [0xE000, 0xF000])
    def test_characters_of_private_use(self, first: int) -> None:
        assert is_garbled("".join(char if char == " " else chr(first + ord(char)) for char in LEASE))
        assert not is_garbled(f"\uf0b7 {LEASE}\n\uf0b7 {LEASE}"), "the bullets of a list"

    def test_nothing_but_replacement_characters(self) -> None:
        assert is_garbled("\ufffd\ufffd\ufffd \ufffd\ufffd\n" * 10)

    def test_the_reject_offers_ocr(self) -> None:
        lines = [(40.0, 740.0 - 12 * n, _shifted(LEASE, 3)[:95]) for n in range(8)]
        refused = reject(page(placed(*lines)))
        assert refused.reason == "garbled"
        assert "--ocr" in refused.detail

    def test_a_font_that_maps_to_private_use(self) -> None:
        mapped = _cmap(b"<20> <7E> <E020>")
        font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
        lines = [(40.0, 740.0 - 12 * n, LEASE[:95]) for n in range(3)]
        assert reject(page(placed(*lines), font=font, further=(stream(mapped),))).reason == "garbled"

    @pytest.mark.slow
    def test_garbled_pages_are_read_by_ocr(self) -> None:
        """The letters are drawn as they are; only what they are said to be is wrong."""
        letters = "abcdefghijklmnopqrstuvwxyz"
        mapped = _cmap(*(b"<%02X> <%02X> <%04X>" % (*map(ord, (c, c, _shifted(c, 3))),) for c in letters))
        font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
        lines = [(40.0, 740.0 - 24 * n, LEASE[:60]) for n in range(9)]
        content = page(placed(*lines, size=16), font=font, further=(stream(mapped),))
        assert reject(content).reason == "garbled"
        with Parser(Limits(ocr=True)) as parser:
            (row,) = parser.parse(Source("lease.pdf", content))
        assert isinstance(row, Document)
        assert "The tenant pays the rent" in row.text


class TestAttachments:
    def test_the_xml_of_a_hybrid_invoice_is_a_document_and_its_values_travel_with_the_print(self) -> None:
        content = with_attachments(placed((72, 700, "Rechnung Nr. 2024-0815")), {"factur-x.xml": INVOICE})
        with Parser() as parser:
            print_, xml = parser.parse(Source("in.pdf", content))
        assert isinstance(print_, Document)
        assert print_.text == "Rechnung Nr. 2024-0815"
        assert print_.embedded_values == (
            ("number", "2024-0815"),
            ("date", "2024-03-05"),
            ("currency", "EUR"),
            ("tax", "19.00"),
            ("gross", "119.00"),
        )
        assert xml == Source(
            "in.pdf#attachment-1", INVOICE, None, print_.doc_id, None, file_name="factur-x.xml"
        )

    @pytest.mark.parametrize(
        "xml",
        [b"<broken", b"<other><ID>1</ID></other>", b"", b"no XML", INVOICE.replace(b"20240305", b"2024")],
    )
    def test_an_xml_that_is_no_invoice(self, xml: bytes) -> None:
        content = with_attachments(placed((72, 700, "Rechnung")), {"factur-x.xml": xml})
        row = parse(Source("in.pdf", content), Limits())[0]
        assert isinstance(row, Document)
        assert ("number", "2024-0815") in row.embedded_values or row.embedded_values == ()

    def test_more_attachments_than_are_read(self) -> None:
        files = {f"{n}.txt": b"note %d" % n for n in range(4)}
        rows = parse(
            Source("in.pdf", with_attachments(placed((72, 700, "see")), files)), Limits(attachments=2)
        )
        assert [type(row) for row in rows] == [Document, Source, Source, Reject, Reject]
        assert {row.reason for row in rows if isinstance(row, Reject)} == {"too_many_attachments"}

    def test_an_attachment_that_unpacks_to_more_than_a_document_may(self) -> None:
        bomb = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream"
        packed = zlib.compress(zlib.compress(b" " * 60_000_000, 9), 9)
        content = with_attachments(placed((72, 700, "see")), {"a.xml": bomb % (len(packed), packed)})
        with Parser() as parser:
            print_, refused = parser.parse(Source("in.pdf", content))
        assert isinstance(print_, Document)
        assert isinstance(refused, Reject)
        assert refused.reason == "too_large"


class TestHostile:
    def test_a_page_tree_that_holds_itself(self) -> None:
        content = page(placed((72, 700, "still read"))).replace(b"/Kids [3 0 R]", b"/Kids [3 0 R 2 0 R]")
        content = content.replace(b"/Count 1 ", b"/Count 2 ")
        assert document(content).text.startswith("still read")

    def test_more_pages_declared_than_there_are(self) -> None:
        content = page(placed((72, 700, "one"))).replace(b"/Count 1 ", b"/Count 9 ")
        assert document(content).text == "one"

    @pytest.mark.parametrize("size", [b"1000000000 1000000000", b"0 0"])
    def test_a_page_of_any_size(self, size: bytes) -> None:
        entries = b"/MediaBox [0 0 %s]" % size
        assert document(page(placed((1, 1, "small print")), entries=entries)).text == "small print"

    @pytest.mark.slow
    @pytest.mark.parametrize("what", ["operators", "flate bomb"])
    def test_what_takes_memory_and_time_ends_within_the_limits(self, what: str) -> None:
        if what == "operators":
            content = deflated(b"".join(placed((n % 600, n * 7 % 790, f"{n}.50")) for n in range(100_000)))
        else:
            content = deflated(b" " * 400_000_000, times=2)
        with Parser(Limits(seconds=30)) as parser:
            (row,) = parser.parse(Source("a.pdf", page(content)))
            after = parser.parse(Source("b.pdf", page(placed((72, 700, "the next")))))
        assert isinstance(row, Document) or row.reason in ("no_text", "timeout", "out_of_memory", "too_long")
        assert isinstance(after[0], Document)
        assert after[0].text == "the next"

    @pytest.mark.slow
    def test_forms_that_draw_forms_without_end(self) -> None:
        form = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X 6 0 R >> >>"
        content = page(
            b"/X Do", resources=b"/XObject << /X 6 0 R >>", further=(stream(b"/X Do /X Do", form),)
        )
        with Parser(Limits(seconds=10)) as parser:
            (row,) = parser.parse(Source("a.pdf", content))
            after = parser.parse(Source("b.pdf", page(placed((72, 700, "the next")))))
        assert isinstance(row, Reject)
        assert row.reason in ("no_text", "timeout", "out_of_memory")
        assert isinstance(after[0], Document)


SAMPLES = Path(__file__).parents[2] / "domains"
HONEST = (
    "financial/samples/rechnung.pdf",
    "legal/samples/services_agreement.pdf",
    "medical/samples/itemized_bill.pdf",
)
SHOWN = "the goods were delivered on open terms, as agreed in writing"
SUM = "amount 1200, whole 1900, due on day 29 without words"
DOUBLED = ("the committee will be billed for all possible losses", "of this address, less what was agreed")


class TestWhatIsShownAndWhatIsSaid:
    @pytest.mark.parametrize(
        "content",
        [
            lying("Beate Kowalczyk 0151 2345678", "goods delivered on open term"),
            lying("0123456789 ABC", "9876543210 ABC"),
            lying(SHOWN, SHOWN.replace("g", "w")),
            lying(SUM, SUM.replace("2", "9", 1)),
            lying(SUM, SUM.replace("d", "w", 1)),
            type3(*DOUBLED, size=100),
            type3_lying(SUM, SUM.replace("2", "9", 1)),
            type3_lying(SUM, SUM.replace("d", "w", 1)),
        ],
        ids=[
            "words",
            "digits",
            "one letter",
            "a second nine",
            "a second w",
            "doubled letters lost",
            "Type 3: nine",
            "Type 3: w",
        ],
    )
    def test_a_text_layer_that_is_not_what_is_shown_is_doubted(self, content: bytes) -> None:
        assert document(content, limits=Limits()).text_doubted

    @pytest.mark.parametrize(
        "content",
        [
            page(placed((72, 700, "goods delivered on open term"))),
            lying("Beate Kowalczyk 0151 2345678", "Beate Kowalczyk 0151 2345678"),
            lying("PAYMENT terms, open", "payment terms, open"),
            type3(*DOUBLED, size=12),
            type3_lying(SUM, SUM),
            *(SAMPLES.joinpath(name).read_bytes() for name in HONEST),
        ],
        ids=[
            "standard font",
            "a font that tells the truth",
            "small capitals",
            "Type 3 of boxes",
            "Type 3",
            *HONEST,
        ],
    )
    def test_one_that_is_is_not(self, content: bytes) -> None:
        assert not document(content, limits=Limits()).text_doubted

    def test_doubled_letters_are_lost(self) -> None:
        assert "comite wil" in document(type3(*DOUBLED, size=100), limits=Limits()).text

    def test_ocr_reads_it_where_it_is_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ocr, "lacking", lambda: "")
        monkeypatch.setattr(ocr, "recognise", lambda *_: ocr.Recognised("Beate Kowalczyk"))
        content = lying("Beate Kowalczyk 0151 2345678", "goods delivered on open term")
        found = document(content, limits=Limits(ocr=True))
        assert found.text == "Beate Kowalczyk" and not found.text_doubted

    def test_invisible_words_are_not_looked_at(self) -> None:
        content = lying("Beate Kowalczyk 0151 2345678", "goods delivered on open term")
        for drawn, expected in ((b"BT /F1 12 Tf 72 700 Td", True), (b"BT/F1 9 Tf 9 9 Td 3 Tr", False)):
            with PdfDocument(content.replace(b"BT /F1 12 Tf 72 700 Td", drawn)) as file:
                assert page_text(file[0], {}).doubted is expected

    def test_the_letters_of_a_ligature_are_one_glyph(self) -> None:
        said = "offers of the office, final"
        content = lying(said, said).replace(b"<0066>", b"<00660066>", 1)
        read = document(content, limits=Limits())
        assert read.text.startswith("offfers") and not read.text_doubted


def _shifted(text: str, by: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    turned = letters[by:] + letters[:by]
    return text.translate(str.maketrans(letters + letters.upper(), turned + turned.upper()))


def _cmap(*ranges: bytes) -> bytes:
    """Write what a font says its characters mean (ISO 32000-1, 9.10.3)."""
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        b"%d beginbfrange\n%s\nendbfrange\nendcmap end end" % (len(ranges), b"\n".join(ranges))
    )


@pytest.mark.parametrize(
    ("columns", "text"),
    quick_first(0, [(100_000, "{}.50"), (1, "{}.50"), (100_000, "word{}")]),
    ids=["row", "column", "words"],
)
def test_a_page_of_a_hundred_thousand_words_is_read_in_time(columns: int, text: str) -> None:
    """None of its rows is compared with all others, nor any word of a row with all others."""
    step = 550 / columns
    places = [(20 + n % columns * step, 780 - n // columns * 0.0076, text.format(n)) for n in range(100_000)]
    with Parser() as parser:
        (parsed,) = parser.parse(Source("a.pdf", page(placed(*places, size=1))))
    assert isinstance(parsed, Document)
    assert text.format(54_321) in parsed.text


def test_a_line_is_compared_with_so_many_cells_of_a_row() -> None:
    cells = [Line("1,000.00", Box(10 * n, 0, 10 * n + 8, 10)) for n in range(1_000)]
    assert [len(row.text.split()) for row in rows(cells, 20_000)] == [100] * 10


def test_few_boxes_of_a_page_are_compared_with_its_white_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left when that many were is taken for seen: nothing is lost."""
    looks = 0
    holds = Box.holds

    def counted(box: Box, x: float, y: float) -> bool:
        nonlocal looks
        looks += 1
        return holds(box, x, y)

    monkeypatch.setattr(Box, "holds", counted)
    monkeypatch.setattr("docassay.transforms.formats.pdf_hidden._MOST_LOOKS", 10_000)
    boxes = b" ".join(b"0.5 g %d %d 1 1 re f" % (n, n) for n in range(100))
    lines = b" ".join(b"(white words, number %d) Tj T*" % n for n in range(50))
    white = b" 1 g BT /F1 10 Tf 20 790 Td 12 TL " + lines + b" ET 0 g " + placed((300, 20, "seen"))
    text = document(page(boxes + white)).text
    assert 5_000 < looks <= 10_000
    assert "seen" in text and "number 0" not in text and "number 49" in text


def test_a_portfolio_in_a_portfolio_and_one_in_too_many() -> None:
    content = page(placed((72, 700, "The innermost letter.")))
    for level in range(Limits().depth + 1):
        content = with_attachments(placed((72, 700, f"Cover {level}")), {"inner.pdf": content})
    waiting, texts, refused = [Source("a.pdf", content)], [], []
    while waiting:
        for row in parse(waiting.pop(), Limits()):
            if isinstance(row, Source):
                waiting.append(row)
            elif isinstance(row, Document):
                texts.append(row.text)
                assert row.pages is not None and row.pages.boxes(row.text, 0, 5)
            else:
                refused.append((row.uri, row.reason))
    assert texts == ["Cover 4", "Cover 3", "Cover 2", "Cover 1", "Cover 0"]
    assert refused == [("a.pdf" + "#attachment-1" * 5, "too_deep")]


def test_a_page_of_many_objects_and_a_document_of_many_pages() -> None:
    boxes = b" ".join(b"0.5 g %d %d 1 1 re f" % (n % 500, n // 500) for n in range(100_000))
    assert document(page(boxes + b" 0 g " + placed((72, 700, "the text")))).text == "the text"
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3_003))
    pages = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"] * 3_000
    content = written(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 3000 /Kids [%s] >>" % kids, *pages]
    )
    assert reject(content).reason == "too_many_pages"


def test_a_gap_is_left_out_only_where_it_is_seen() -> None:
    shown = b"BT /F1 10 Tf 72 700 Td [(Br) -145 (uttosumme of) -300 (us)] TJ 3 Tr (hidden) Tj ET"
    assert document(page(shown)).text == "Bruttosumme of us"
