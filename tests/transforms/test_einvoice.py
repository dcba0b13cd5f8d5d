"""Official rules of electronic invoices: which are asked, what they say and where, and what strangers try."""

from __future__ import annotations

import hashlib
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from docassay.schemas.errors import RunError, UsageError
from docassay.schemas.rows import Finding, Result, Source
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.einvoice import ask
from docassay.transforms.einvoice.answer import Answer, AskedRules, Failed, answer_of, findings
from docassay.transforms.einvoice.ask import audit
from docassay.transforms.einvoice.audit import _chosen, opened_rules
from docassay.transforms.einvoice.collect import collect
from docassay.transforms.einvoice.places import Places
from docassay.transforms.einvoice.rule_sets import MANIFEST, Rules, RuleSet, check_rules, read_rules
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import XML
from docassay.transforms.formats.xml import tree
from docassay.transforms.isolation.worker import Pool
from docassay.transforms.parse import parse
from docassay.transforms.stages import STAGES
from docassay.views.explain import absences, open_with_evidence
from tests import pdfs
from tests.einvoices import EN16931, TINY, assertion, cii, rules, stylesheet, ubl

EXTENDED = f"{EN16931}#conformant#urn:factur-x.eu:1p0:extended"
BASIC = f"{EN16931}#compliant#urn:factur-x.eu:1p0:basic"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rules(tmp_path_factory.mktemp("rules"))


def parsed(content: bytes, name: str = "invoice.xml", invoices: bool = True) -> Document:
    document = parse(Source(name, content), Limits(invoices=invoices))[0]
    assert isinstance(document, Document), document
    return document


def asked(content: bytes, folder: str) -> tuple[list[Finding], Answer, Document]:
    document = audit(parsed(content), read_rules(folder))
    assert document.official is not None
    rows = findings(document.official, document.doc_id, document.text, document.media_type == XML)
    return rows, document.official, document


@pytest.mark.parametrize("invoice", [cii, ubl])
def test_a_broken_rule_is_a_finding_at_its_value(invoice: Any, tiny: str) -> None:
    rows, answer, document = asked(invoice(gross="120.00"), tiny)
    (row,) = rows
    assert (row.check_id, row.verdict, row.severity) == ("einvoice_br_co_15", "fail", "high")
    assert row.decided_by == "rule tiny.BR-CO-15"
    assert row.evidence == "120.00" == document.text[row.start_char : row.end_char]
    assert document.text[: row.start_char].endswith(("GrandTotalAmount: ", "TaxInclusiveAmount: "))
    assert row.why.startswith("BR-CO-15: Total with VAT (BT-112) is wrong. At /")
    assert answer.not_asked == ()
    assert document.invoice is None, "the bytes travel no further"


def test_a_line_end_within_a_value_moves_no_place(tmp_path: Path) -> None:
    folder = rules(tmp_path, stylesheet(assertion("//*:DuePayableAmount", "R-1", "Wrong")))
    (row,), _, document = asked(cii("120.00").replace(b"Hinge 1", "Hin\u0085ge".encode()), folder)
    assert row.evidence == "120.00"
    assert document.text[: row.start_char].endswith("\nDuePayableAmount: ")


@pytest.mark.parametrize("invoice", [cii, ubl])
def test_an_invoice_that_keeps_the_rules_passes(invoice: Any, tiny: str) -> None:
    (row,) = asked(invoice(), tiny)[0]
    assert (row.check_id, row.verdict, row.start_char) == ("einvoice_tiny", "pass", None)


def test_a_warning_is_for_review_and_no_rule_has_many_rows(tiny: str) -> None:
    rows, _, document = asked(cii(lines=40), tiny)
    warned = [row for row in rows if row.verdict == "review"]
    assert [row.evidence for row in warned] == ["4", "5", "6", "7", "8"]
    assert {row.severity for row in warned} == {"low"}
    assert [row.verdict for row in rows if row not in warned] == ["pass"]
    again = findings(document.official or Answer(), document.doc_id, document.text, is_xml=True)
    assert again == rows


@pytest.mark.parametrize(
    ("profile", "is_asked", "left"),
    [
        (EN16931, True, False),  # the specification itself
        (BASIC, True, True),  # narrower: it keeps these rules, and has others of its own
        (EXTENDED, False, True),  # wider: it may break them
        ("urn:factur-x.eu:1p0:minimum", False, True),  # no invoice by EN 16931
        ("urn:factur-x.eu:1p0:basicwl", False, True),  # nor this
        ("", False, True),  # it does not say
        (f"{EN16931}0", False, True),  # another, of a similar name
    ],
)
def test_an_invoice_is_asked_the_rules_of_its_specification(
    profile: str, is_asked: bool, left: bool, tiny: str
) -> None:
    rows, answer, _ = asked(cii(gross="120.00", profile=profile), tiny)
    assert bool(rows) == bool(answer.asked) == is_asked
    named = profile or "CII:no_specification"
    assert answer.not_asked == ((f"no_rules: official rules of {named}",) if left else ())


def test_an_older_form_of_invoice_is_asked_nothing(tiny: str) -> None:
    old = cii().replace(b"CrossIndustryInvoice:100", b"CrossIndustryInvoice:1")
    assert asked(old, tiny)[1].not_asked[0].startswith("no_rules: official rules of urn:un:unece")


def test_rules_of_one_syntax_are_not_asked_of_another(tmp_path: Path) -> None:
    folder = rules(tmp_path, syntaxes=("CII",))
    assert asked(ubl(gross="120.00"), folder)[1].not_asked == (f"no_rules: official rules of {EN16931}",)


def test_rules_that_another_set_replaces_are_not_asked(tmp_path: Path) -> None:
    folder = rules(tmp_path)
    own = tmp_path / "own.xslt"
    own.write_text(stylesheet(assertion("/*", "OWN-1", "Own rule", "warning")), encoding="utf-8")
    manifest = (tmp_path / MANIFEST).read_text(encoding="utf-8")
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    (tmp_path / MANIFEST).write_text(
        f'{manifest}\n[[rules]]\nname = "own"\ntitle = "Own"\nversion = "1"\nsyntax = "CII"\n'
        f'file = "own.xslt"\nsha256 = "{digest}"\nprofiles = ["{BASIC}"]\nreplaces = ["BR-CO-15"]\n',
        encoding="utf-8",
    )
    assert [row.check_id for row in asked(cii(gross="120.00", profile=BASIC), folder)[0]] == [
        "einvoice_own_1",
        "einvoice_tiny",
        "einvoice_own",
    ]
    assert asked(cii(gross="120.00"), folder)[0][0].check_id == "einvoice_br_co_15"


def test_without_rules_no_bytes_are_kept() -> None:
    assert parsed(cii(), invoices=False).invoice is None
    assert parsed(b"<a><b>no invoice</b></a>").invoice is None


def test_the_invoice_in_a_print_is_asked_and_found_in_the_print(tiny: str) -> None:
    page = pdfs.page(pdfs.placed((50, 700, "Invoice R-2026-7"), (50, 680, "Grand total 120.00")))
    document = audit(
        parsed(pdfs.with_attachments(page, {"factur-x.xml": cii("120.00")}), "a.pdf"), read_rules(tiny)
    )
    assert document.official is not None
    (row,) = findings(document.official, "", document.text, is_xml=False)
    assert row.evidence == "120.00"
    assert document.text[: row.start_char].endswith("Grand total ")


@pytest.mark.parametrize(
    ("value", "term", "text", "evidence"),
    [
        ("1190.00", "BT-112", "Zwischensumme 1.190,00\nGesamtbetrag 1.190,00 EUR", "1.190,00"),
        (
            "DE89370400440532013000",
            "BT-84",
            "IBAN DE89 3704 0044 0532 0130 00",
            "DE89 3704 0044 0532 0130 00",
        ),
        ("19", "BT-119", "19 boxes", None),  # it may stand anywhere
        ("S", "BT-118", "S", None),  # so may this
        ("120.50", "BT-131", "no such figure", None),
        ("", "", "anything", None),
    ],
)
def test_a_value_is_sought_in_the_print(value: str, term: str, text: str, evidence: str | None) -> None:
    failed = Failed(0, "BR-1", True, "Says", "/Invoice", term, value, -1)
    (row,) = findings(Answer(asked=(AskedRules("tiny", "Tiny", 1),), failed=(failed,)), "", text, False)
    assert row.evidence == evidence


@pytest.mark.parametrize(
    ("location", "path", "value"),
    [
        ("/*:Invoice[namespace-uri()='urn:x'][1]/*:TaxTotal[namespace-uri()='urn:x'][1]/*:TaxAmount[1]/@currencyID",
         "/Invoice/TaxTotal/TaxAmount", "19.00"),  # of the compiler of EN 16931's rules
        ("/Q{urn:a/b[1]}Invoice[1]/Q{urn:c}ID[1]", "/Invoice/ID", "R-2026-8"),  # of SchXslt
        ("/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount", "/Invoice/LegalMonetaryTotal/PayableAmount",
         "119.00"),
        ("/Invoice/LegalMonetaryTotal", "/Invoice/LegalMonetaryTotal", "100.00"),  # the first value in it
        ("/Invoice/ID/Empty", "/Invoice", ""),
        ("/Invoice/LegalMonetaryTotal[7]", "/Invoice", ""),  # no such place
        ("/CreditNote", "/Invoice", ""),  # of another document
        ("", "/Invoice", ""),
        ("/Invoice" * 10_000, "/Invoice", ""),
    ],
)  # fmt: skip
def test_a_place_is_read_in_each_way_of_writing_it(location: str, path: str, value: str) -> None:
    assert Places(tree(ubl())).of(location, "says nothing of a term")[::2] == (path, value)


def test_an_element_without_a_value_is_found_by_what_is_around_it() -> None:
    root = tree(b"<Invoice><ID>7</ID><OrderReference><Empty/><Note>Ours</Note></OrderReference></Invoice>")
    assert Places(root).of("/Invoice/OrderReference/Empty", "") == (
        "/Invoice/OrderReference/Empty",
        "",
        "Ours",
        1,
    )
    assert Places(root).of("/Invoice", "no term") == ("/Invoice", "", "", -1)


def test_a_place_that_is_too_deep_is_none_around_it_and_paths_are_short() -> None:
    deep = f"<Invoice>{'<D>' * 50}<E>7</E>{'</D>' * 50}</Invoice>"
    assert Places(tree(deep.encode())).of(f"/Invoice{'/D' * 50}/E", "") == ("/Invoice", "", "", -1)
    name = "A" * 900
    wide = f"<Invoice>{f'<{name}>' * 9}<DueDate>8</DueDate>{f'</{name}>' * 9}</Invoice>"
    path, term, value, _ = Places(tree(wide.encode())).of("/Invoice", "When it is due (BT-9)")
    assert (term, value, len(path)) == ("BT-9", "8", 501)
    assert path.startswith("…A") and path.endswith("/DueDate")


def test_a_line_that_is_another_than_was_counted_is_no_place() -> None:
    failed = Failed(0, "BR-1", True, "Says", "/Invoice/ID", "BT-1", "R-7", 1)
    answer = Answer(asked=(AskedRules("tiny", "Tiny", 1),), failed=(failed,))
    assert findings(answer, "", "Name: R-7\nID: R-7", is_xml=True)[0].start_char == 14
    assert findings(answer, "", "ID: R-7\nName: R-7 of May", is_xml=True)[0].start_char is None


def test_places_that_the_text_does_not_show_are_one_finding() -> None:
    failed = [Failed(0, "BR-1", True, "Says", f"/Invoice/Line[{n}]", "", "", -1) for n in (1, 2, 3)]
    answer = Answer(asked=(AskedRules("tiny", "Tiny", 3),), failed=tuple(failed))
    (row,) = findings(answer, "", "The print.", is_xml=False)
    assert row.why == "BR-1: Says. At /Invoice/Line[1]. Also at /Invoice/Line[2]. Also at /Invoice/Line[3]."
    result = Result(None, "", findings=(row,))  # type: ignore[arg-type, call-arg]
    assert (absences(result), open_with_evidence(result)) == ([], [row]), "nothing is said to be missing"


BILLION = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BILLION + b"<Invoice>&j;</Invoice>", "entities"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice>&a;</Invoice>', "entities"),
        (b"<Invoice>" + b"<a>" * 300_000, "not well-formed"),
        (b"<Invoice", "not well-formed"),
    ],
)
def test_hostile_xml_costs_only_its_answer(content: bytes, why: str, tiny: str) -> None:
    document = audit(
        Document("", "a.pdf", "The print.", "application/pdf", invoice=content), read_rules(tiny)
    )
    assert document.text == "The print."
    (row,) = findings(document.official or Answer(), "", document.text, is_xml=False)
    assert (row.check_id, row.verdict) == ("einvoice", "review")
    assert why in row.why


def limited(seconds: float, memory: int = ask.MEMORY_BYTES) -> Any:
    return Pool(ask._FUNCTION, Limits(seconds=seconds, memory_bytes=memory), memory="RLIMIT_DATA")


def test_rules_that_never_end_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = stylesheet('<xsl:if test="//*:ID = \'R-2026-7\'"><xsl:call-template name="loop"/></xsl:if>')
    folder = rules(tmp_path, loop)
    with limited(2) as pool:
        monkeypatch.setattr(ask, "shared_pool", lambda *_, **__: pool)
        (row,) = asked(cii(), folder)[0]
        assert row.why.startswith("The official rules could not be asked of the invoice: they took more than")
        (row,) = asked(cii().replace(b"R-2026-7", b"R-2026-8"), folder)[0]
        assert row.verdict == "pass", "the next invoice has a new worker"


@pytest.mark.slow
def test_rules_that_fill_the_memory_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubled = "string-length(fold-left(1 to 40, 'xxxxxxxx', function($a, $n) { concat($a, $a) }))"
    folder = rules(tmp_path, stylesheet(assertion(f"/*[{doubled} eq 1]", "BIG", "Big")))
    with limited(60, 400_000_000) as pool:
        monkeypatch.setattr(ask, "shared_pool", lambda *_, **__: pool)
        (row,) = asked(cii(), folder)[0]
        assert (row.check_id, row.verdict) == ("einvoice", "review"), row.why


@pytest.mark.parametrize(
    "reads",
    [
        "doc('{file}')",
        "unparsed-text('{file}')",
        "doc('http://127.0.0.1:1/x')",
        "document('{file}')",
        "collection('{file}')",
    ],
)
def test_rules_read_no_other_document(reads: str, tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text("<secret>hunter2</secret>", encoding="utf-8")
    said = f'<xsl:value-of select="{reads.format(file=(tmp_path / "other.xml").as_uri())}"/>'
    folder = rules(tmp_path / "rules", stylesheet(assertion("/*", "R-1", said)))
    (row,) = asked(cii(), folder)[0]
    assert row.check_id == "einvoice"
    assert "hunter2" not in row.why


def test_rules_write_no_file_and_see_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EINVOICE_SECRET", "hunter2")
    written = tmp_path / "written.xml"
    writes = f'<xsl:result-document href="{written.as_uri()}"><a/></xsl:result-document>'
    with pytest.raises(RunError, match="cannot be compiled"):
        asked(cii(), rules(tmp_path / "writes", stylesheet(writes)))
    said = "<xsl:value-of select=\"environment-variable('EINVOICE_SECRET')\"/>"
    (row,) = asked(cii(), rules(tmp_path / "sees", stylesheet(assertion("/*", "R-1", said))))[0]
    assert "hunter2" not in row.why
    assert not written.exists()


def test_a_run_asks_the_rules_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = rules(tmp_path)
    stage = next(one for one in STAGES if one.name == "audit")
    context = Context(Options(einvoice_rules=folder))
    with limited(ask.SECONDS) as pool:
        monkeypatch.setattr(ask, "shared_pool", lambda *_, **__: pool)
        assert stage.work(parsed(cii()), context).official.asked[0].name == "tiny"
        rules(tmp_path, stylesheet(assertion("/*", "OTHER", "Other")))
        assert stage.work(parsed(cii("120.00")), context).official.failed[0].rule == "BR-CO-15"
    with limited(ask.SECONDS) as pool, pytest.raises(RunError, match="has changed since the run began"):
        stage.work(parsed(cii()), context)  # by a new worker


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<xsl:stylesheet version='3.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
         b"<xsl:template match='/'><html/></xsl:template></xsl:stylesheet>", "gives no report of rules"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe4</a>", "is not UTF-8 at byte 46"),
        (b"<a/>", "cannot be compiled"),
    ],
)  # fmt: skip
def test_a_file_of_no_rules_passes_nothing(content: bytes, says: str, tmp_path: Path) -> None:
    folder = rules(tmp_path)
    (tmp_path / "tiny.xslt").write_bytes(content)
    path = tmp_path / MANIFEST
    digest = hashlib.sha256(TINY.encode()).hexdigest()
    path.write_text(path.read_text().replace(digest, hashlib.sha256(content).hexdigest()))
    with pytest.raises(RunError, match=says):
        asked(cii(), folder)


def test_rules_that_change_during_a_run_are_refused(tmp_path: Path) -> None:
    folder = rules(tmp_path)
    was = read_rules(folder)
    (tmp_path / MANIFEST).write_text((tmp_path / MANIFEST).read_text().replace("Tiny", "Other"))
    with pytest.raises(RunError, match="has changed"):
        opened_rules(folder, was.digest)
    (tmp_path / "tiny.xslt").write_text("<other/>", encoding="utf-8")
    with pytest.raises(UsageError, match="has the digest"):
        check_rules(folder)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('"CII"', '"EDI"', "syntax not valid"),
        ('"tiny.xslt"', '"../tiny.xslt"', "file not valid"),
        ('"tiny.xslt"', '"/etc/passwd"', "file not valid"),
        ('name = "tiny"', 'name = "rule x.y"', "name not valid"),
        ("profiles = [", "profile = [", "must have"),
        ("replaces = []", "replaces = 1", "must be lists"),
        ('"UBL"', '"CII"', "twice"),
        ("[[rules]]", "[rules", "not TOML"),
        ("[[rules]]", "[[others]]", "from 1 to"),
        ("[[rules]]", f"{'#' * 20_000}\n[[rules]]", "in at most 20,000 bytes"),
        ("[[rules]]", f"a = {'[' * 9_000}", "not TOML"),
    ],
)
def test_a_wrong_manifest_is_named(was: str, becomes: str, says: str, tmp_path: Path) -> None:
    folder = rules(tmp_path)
    path = tmp_path / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        read_rules(folder)


@pytest.mark.parametrize(
    "lie",
    [None, (), ("", (), (), ("x", 1)), ("", (), ((0, "R", True, "", "", "", "", 1),), ()), (1, (), (), ())],
)
def test_a_workers_lie_is_no_answer(lie: Any) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        answer_of(*lie)


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return path


XRECHNUNG = (
    '<x name="XR-MAJOR-MINOR-VERSION" select="\'3.0\'"/><x name="CVD-MAJOR-MINOR-VERSION" select="\'0.9\'"/>'
)


def test_the_newest_rules_of_archives_are_collected(tmp_path: Path) -> None:
    versions = ("1.3.9", "1.3.14.2", "1.3.16", "1.2.0")
    names = {f"rules/{one}/cii/EN16931-CII-validation.xslt": f"<v>{one}</v>" for one in versions}
    jar = archive(tmp_path / "en-4.3.7.jar", **names, **{"other/EN16931-EDIFACT-validation.xslt": "<x/>"})
    german = archive(tmp_path / "x.zip", **{"xrechnung-3.0.2/XRechnung-CII-validation.xsl": XRECHNUNG})
    sets = collect(tmp_path / "made", [jar, german])
    assert [(one.name, one.version) for one in sets] == [
        ("en16931", "1.3.16"),
        ("xrechnung", "3.0.2"),
        ("xrechnung_extension", "3.0.2"),
        ("xrechnung_cvd", "3.0.2"),
    ]
    assert (tmp_path / "made" / "EN16931-CII-validation.xslt").read_text() == "<v>1.3.16</v>"
    own = f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    assert [one.asks(own) for one in sets] == [True, True, False, False]
    assert [one.asks(sets[2].profiles[0]) for one in sets] == [True, False, True, False]
    assert check_rules(str(tmp_path / "made")).sets == tuple(sets)
    with pytest.raises(UsageError, match="already exists"):
        collect(tmp_path / "made", [jar])


CODES = '<?xml version="1.0"?><codedb><cl id="1"><e value="R-2026-7"/></cl></codedb>'
READS_CODES = assertion(
    "//*:ExchangedDocument[document('FACTUR-X_EXTENDED_codedb.xml')/codedb/cl[@id=1]/e/@value = *:ID]",
    "FX-1",
    "[FX-1] Listed",
)


def test_rules_of_peppol_and_of_the_profiles_of_factur_x_are_collected(tmp_path: Path) -> None:
    """Each is asked of the invoices that name it, and of no others."""
    jar = archive(
        tmp_path / "rules-4.3.7.jar",
        **{
            "openpeppol/2024.11/xslt/PEPPOL-EN16931-UBL.xslt": "<old/>",
            "openpeppol/2026.5/xslt/PEPPOL-EN16931-UBL.xslt": "<new/>",
            "peppol-sg/2027.1/SG-Subset-PEPPOL-EN16931-UBL.xslt": "<other/>",
            "2.3.3/Factur-X_1.07.3_MINIMUM.xslt": "<old/>",
            "2.4/FACTUR-X_MINIMUM.xslt": "<minimum/>",
            "2.3.3/Factur-X_1.07.3_BASICWL.xslt": "<basicwl/>",
            "2.4/FACTUR-X_EXTENDED.xslt": stylesheet(READS_CODES),
            "2.4/FACTUR-X_EXTENDED_codedb.xml": CODES,
            "2.5/FACTUR-X_EXTENDED.xslt": stylesheet(READS_CODES),
            "2.4/FACTUR-X_EN16931.xslt": "<en/>",
            "1.3.16/EN16931-CII-validation.xslt": "<cii/>",
            "1.3.16/EN16931-UBL-validation.xslt": "<ubl/>",
        },
    )
    sets = collect(tmp_path / "made", [jar])
    asks = {
        profile: {(one.name, one.version, one.syntax) for one in sets if one.asks(profile)}
        for profile in (
            "urn:factur-x.eu:1p0:minimum",
            "urn:factur-x.eu:1p0:basicwl",
            EXTENDED,
            f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        )
    }
    en16931 = {("en16931", "1.3.16", "CII"), ("en16931", "1.3.16", "UBL")}
    assert list(asks.values()) == [
        {("factur_x_minimum", "2.4", "CII")},
        {("factur_x_basic_wl", "2.3.3", "CII")},
        {("factur_x_extended", "2.4", "CII")},
        {*en16931, ("peppol", "2026.5", "UBL")},
    ]
    assert (tmp_path / "made" / "PEPPOL-EN16931-UBL.xslt").read_text() == "<new/>"
    # Code lists beside the rules are in them; rules without theirs are left out.
    rows, _, _ = asked(cii(profile=EXTENDED), str(tmp_path / "made"))
    assert [row.check_id for row in rows] == ["einvoice_fx_1"]


def test_of_rules_in_no_folder_with_a_version_the_names_say_which_are_newer(tmp_path: Path) -> None:
    files = [tmp_path / f"Factur-X_{version}_MINIMUM.xslt" for version in ("1.07.2", "1.07.10", "1.07.3")]
    for file in files:
        file.write_text("<rules/>")
    (one,) = collect(tmp_path / "made", files)
    assert (one.name, one.version) == ("factur_x_minimum", "1.07.10")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"<no rules/>"])
def test_what_holds_no_rules_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no compiled rules"):
        collect(tmp_path / "made", [file])
    assert not (tmp_path / "made").exists()
    with pytest.raises(UsageError, match="cannot be read"):
        collect(tmp_path / "made", [tmp_path / "absent.zip"])


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_is_damaged_is_named(method: int, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w", method) as written:
        written.writestr("1.3.16/EN16931-CII-validation.xslt", random.Random(1).randbytes(2_000))
    content = bytearray(file.read_bytes())
    content[80:1500] = bytes(one ^ 0x5A for one in content[80:1500])
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.zip cannot be read"):
        collect(tmp_path / "made", [file])


def test_rules_that_do_not_say_whose_they_are_make_no_folder(tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", **{"3.0.2/XRechnung-CII-validation.xsl": "<x/>"})
    english = archive(tmp_path / "y.zip", **{"1.3.16/EN16931-CII-validation.xslt": "<x/>"})
    with pytest.raises(UsageError, match="does not say of which XRechnung"):
        collect(tmp_path / "made", [english, file])
    assert not (tmp_path / "made").exists()


def test_the_set_that_names_a_specification_is_asked_once_of_a_file(tmp_path: Path) -> None:
    sets = [
        RuleSet("a", "A", "1", "CII", "one.xslt", "", (EN16931,)),
        RuleSet("b", "B", "1", "CII", "one.xslt", "", (BASIC,)),
    ]
    assert _chosen(Rules("", "", tuple(sets)), "CII", BASIC) == [1]
    assert _chosen(Rules("", "", tuple(sets)), "CII", EN16931) == [0]
