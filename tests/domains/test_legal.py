"""The legal domain: its split, its dates, parties and amounts, and its samples by rules alone."""

from __future__ import annotations

import time
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docassay import domains
from docassay.domains import RuleInput, numerals
from docassay.domains.legal import amounts, law, marks
from docassay.domains.legal.days import signed_on_days
from docassay.domains.legal.split import split
from docassay.domains.values import read_day
from docassay.domains.verdicts import judge
from docassay.schemas.rows import Source
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.extract import read_facts
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from tests.families import quick_first

LEGAL = domains.load("legal")
SAMPLES = LEGAL.folder / "samples"
EXPECTED = tomllib.loads((SAMPLES / "expected.toml").read_text(encoding="utf-8"))

# Pieces that are likely to meet a pattern, mixed with any text at all.
PIECES = st.sampled_from(
    [
        "1. ", "1.1 ", "2) ", "(a) ", "(ii) ", "ARTICLE IV", "Section 2.3 ", "§ 3 ", "Article 1er",
        "SCHEDULE A", "TABLE OF CONTENTS", ".......... 4", "WHEREAS", "IN WITNESS WHEREOF", '"Fee" means ',
        "By: ____", "\n", "\n\n", "    ", "\u00a0", "Payment. ", "The Buyer shall pay. ", "# ",
        "word " * 60, "é", "\u200b", "😀", "\u0663. ",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=30), max_size=40).map("".join)


@given(TEXTS)
@example("")
@example(" \n\t ")
@example("1. " * 500)
def test_parts_are_ordered_and_lose_only_white_space(text: str) -> None:
    parts = split(RuleInput(text))
    assert all(0 <= part.start < part.end <= len(text) for part in parts)
    assert all(before.end <= after.start for before, after in pairwise(parts))
    kept = "".join("".join(text[part.start : part.end].split()) for part in parts)
    assert kept == "".join(text.split())
    assert all(text[part.start : part.end].strip() == text[part.start : part.end] for part in parts)


@given(TEXTS)
def test_rules_give_spans_within_any_text(text: str) -> None:
    for kind in ("", "contract", "terms_of_service"):
        view = RuleInput(text, kind)
        for rule in LEGAL.flags:
            assert all(0 <= start < end <= len(text) for start, end in domains.spans(rule, view))
        for check in LEGAL.checks:
            if domains.applies(check, view):
                assert all(0 <= start < end <= len(text) for start, end in domains.judge(check, view)[1])


@pytest.mark.parametrize(
    ("text", "headings", "why"),
    [
        (
            "ARTICLE I\nDEFINITIONS\n1.1 Terms. Words mean.\nARTICLE II\nPAYMENT\n2.1 Price. It is ten.",
            [("ARTICLE I DEFINITIONS", "1.1 Terms"), ("ARTICLE II PAYMENT", "2.1 Price")],
            "a title on the line below the number; articles above sections",
        ),
        (
            "TABLE OF CONTENTS\n1. Term ..... 2\n2. Law ..... 3\n1. Term. One year.\n2. Law. That of Malta.",
            [(), ("1. Term",), ("2. Law",)],
            "a table of contents holds no clauses",
        ),
        (
            "1. Term. One year and a notice of\n30 days, see\n9. Law below.\n2. Law. That of Malta.",
            [("1. Term",), ("2. Law",)],
            "wrapped lines and references do not follow the last number",
        ),
        (
            "1. Term. One year. 2. Law. That of Malta. 3. Notices. In writing. See Section 2. The end.",
            [("1. Term",), ("2. Law",), ("3. Notices",)],
            "one single line: the sequence of numbers is all that is left",
        ),
        (
            "Article 1er - Objet\nLe bien est loué.\nArticle 2 - Durée\nTrois ans.",
            [("Article 1er Objet",), ("Article 2 Durée",)],
            "French articles",
        ),
        (
            "§ 1 Gegenstand\nDie Wohnung wird vermietet.\n§ 2 Miete\nDie Miete beträgt 900 EUR.",
            [("§ 1 Gegenstand",), ("§ 2 Miete",)],
            "German paragraphs",
        ),
        (
            "1. Term. One year.\n2. Law. That of Malta.\nSCHEDULE A\n1. Prices. Ten.\n2. Places. Gozo.",
            [("1. Term",), ("2. Law",), ("SCHEDULE A", "1. Prices"), ("SCHEDULE A", "2. Places")],
            "numbers begin anew in a schedule",
        ),
        (
            "1. Fees\n1.1 The Buyer shall pay the Seller ten euros for each of the chairs "
            "that it has ordered in writing.\n"
            "1.2 No tax is due.\n1.3 No set-off is allowed.\n2. Law. That of Malta.",
            [("1. Fees", "1.1"), ("1. Fees",), ("2. Law",)],
            "tiny sub-clauses stay together and are cited by their parent",
        ),
    ],
)  # fmt: skip
def test_clauses_are_cut_and_named_as_a_lawyer_cites_them(
    text: str, headings: list[tuple[str, ...]], why: str
) -> None:
    assert [part.heading for part in split(RuleInput(text))] == headings, why


def test_an_over_long_clause_is_cut_at_its_items_and_definitions() -> None:
    items = "".join(
        f"({letter}) the Supplier shall do the thing numbered {letter} {'and so on ' * 20};\n"
        for letter in "abcdef"
    )
    parts = split(RuleInput("1. Duties. The following apply:\n" + items + "2. Law. That of Malta."))
    assert [part.heading[-1] for part in parts] == ["1. Duties", "(b)", "(c)", "(d)", "(e)", "(f)", "2. Law"]
    words = ", ".join(["goods"] * 80)
    meanings = "1. Definitions.\n" + "".join(
        f'"{name}" means {words}.\n' for name in ("Alpha", "Beta", "Gamma", "Delta")
    )
    assert [part.heading[-1] for part in split(RuleInput(meanings))] == [
        "1. Definitions",
        '"Beta"',
        '"Gamma"',
        '"Delta"',
    ]


def test_numbered_pleading_paper_is_not_taken_for_clauses() -> None:
    page = "".join(f"{n} The court heard the motion and took it under advice\n" for n in range(1, 29))
    assert all(not part.heading for part in split(RuleInput(page * 4)))


@pytest.mark.parametrize(
    ("text", "iso", "why"),
    [
        ("1st day of May, 2024", "2024-05-01", "words of a deed"),
        ("December 31, 1999", "1999-12-31", "American order"),
        ("1er février 2025", "2025-02-01", "French"),
        ("3. März 2025", "2025-03-03", "German"),
        ("2025-03-03", "2025-03-03", "ISO"),
        ("February 29, 2023", None, "no leap year"),
        ("31 November 2023", None, "thirty days"),
        ("2023-13-01", None, "no thirteenth month"),
        ("May 2024", None, "no day"),
    ],
)
def test_dates_are_read_in_three_languages(text: str, iso: str | None, why: str) -> None:
    read = read_day(text)
    assert (read.isoformat() if read else None) == iso, why


@given(st.integers(0, 999_999))
def test_every_number_is_read_back_from_its_words(number: int) -> None:
    assert numerals.read(_spelled(number)) == number


def _spelled(number: int) -> str:
    units = list(numerals._UNITS)
    tens = [""] * 2 + list(numerals._TENS)
    if number < 20:
        return units[number]
    if number < 100:
        return tens[number // 10] + (f"-{units[number % 10]}" if number % 10 else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" and {_spelled(number % size)}" if number % size else ""
    return f"{_spelled(number // size)} {name}{rest}"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_gives_the_flags_and_failures_that_it_was_written_for(name: str) -> None:
    document = parse(Source(name, (SAMPLES / name).read_bytes()), Limits())[0]
    assert isinstance(document, Document)
    expected = EXPECTED[name]
    view = RuleInput(document.text, detect(document, "legal").kind, document.media_type)
    view = replace(view, facts=read_facts("legal", view))
    verdicts = {c.id: domains.judge(c, view)[0] for c in LEGAL.checks if domains.applies(c, view)}
    assert document.media_type == expected["media_type"]
    assert view.kind == expected["kind"]
    assert {rule.id for rule in LEGAL.flags if domains.spans(rule, view)} == set(expected["flags"])
    assert {check for check, verdict in verdicts.items() if verdict == "fail"} == set(expected["failed"])
    assert {check for check, verdict in verdicts.items() if verdict == "review"} == set(expected["review"])


def test_every_sample_is_expected_and_small() -> None:
    files = {path.name: path.stat().st_size for path in SAMPLES.iterdir() if path.name != "expected.toml"}
    assert set(files) == set(EXPECTED)
    assert max(files.values()) < 40_000


@pytest.mark.parametrize(
    "text",
    quick_first(
        3,
        [
            "(a) ; " * 30_000,
            "\n" * 150_000,
            "A" * 200_000,
            "1. " * 60_000,
            '"x" means ' * 15_000,
            "§ 1 " * 40_000,
            "between and A, B and C " * 8_000,
            'A Inc. ("A") and ' * 9_000,
            "dated as of May 1, 2004 " * 8_000,
            "We may change these terms and services, " * 4_000,
            "if you breach " * 28_000,
            "you may cancel " * 14_000,
            "You may cancel. 30 days notice. " * 6_000,
        ],
    ),
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    split(RuleInput(text))
    view = RuleInput(text, "contract")
    for rule in LEGAL.flags:
        domains.spans(rule, view)
    for check in LEGAL.checks:
        domains.judge(check, view)
    assert time.process_time() - started < 10  # linear: about a second; quadratic would take minutes


def test_the_folder_names_no_real_people() -> None:
    texts = [path.read_bytes().decode("utf-8", "ignore") for path in Path(SAMPLES).glob("*.[thme]*")]
    addresses = [word for text in texts for word in text.split() if "@" in word]
    assert addresses and all(".example" in word for word in addresses)


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("STORE LEASE AGREEMENT\n\nThis Agreement is made between Host and Tenant.", "lease", "its title"),
        ("Exhibit 10.4 This Lease Agreement is made on 3 May.", "lease", "its first sentence"),
        (
            "STORE-IN-STORE AGREEMENT\n\nOperator may sell from a part of the store that Host holds under its"
            " Master Lease Agreement with Landlord.",
            "lease",
            "the lease of the premises is named only",
        ),
    ],
)
def test_a_contract_that_names_a_lease_is_none(text: str, expected: str, why: str) -> None:
    kind = LEGAL.kind_of(None, text)
    assert (kind == expected) is not text.startswith("STORE-IN"), why


def test_a_figure_without_end_is_no_amount() -> None:
    assert list(amounts.words_against_figures(RuleInput(f"two ({'1' * 5_000}) days, thirty (60) days"))) != []


@pytest.mark.slow
def test_many_numbers_in_one_line_take_linear_time() -> None:
    text = "   ".join(f"{n % 90}. The tenant pays" for n in range(20_000))
    before = time.process_time()
    marks.candidates(text, "text/plain")
    assert time.process_time() - before < 10


@pytest.mark.parametrize(
    ("rule", "text", "silent", "why"),
    [
        ("tos_termination_at_will", "We may wish to stop providing the app.", True, "an end in other words"),
        ("tos_termination_at_will", "You may close your account at any time.", False, "the customer's right"),
        ("tos_termination_at_will", "Wir können Konten sperren.", True, "German"),
        (
            "tos_unilateral_alteration",
            "The service could be adjusted by us.",
            True,
            "a change in other words",
        ),
        ("tos_unilateral_alteration", "Die Preise können wir jederzeit ändern.", True, "an umlaut begins it"),
        ("tos_final_say", "What is fair is determined by us as we deem right.", True, "a judgement of ours"),
        ("tos_final_say", "You use it at your own discretion.", False, "a judgement of yours"),
        ("tos_arbitration", "We both submit to the jurisdiction of the courts.", True, "courts are named"),
        ("tos_arbitration", "The logo is the exclusive property of Acme.", False, "no court"),
    ],
)
def test_that_nothing_forbidden_is_there_is_said_where_nothing_is_near_it(
    rule: str, text: str, silent: bool, why: str
) -> None:
    check = next(check for check in domains.load("legal").checks if check.id == rule)
    private = f"{text} Use it for personal, non-commercial purposes."
    assert domains.is_silent(check, RuleInput(private, "terms_of_service")) is silent, why
    assert domains.is_silent(check, RuleInput(text, "terms_of_service")), "for whom terms are is not said"


@pytest.mark.parametrize(
    ("rule", "kind", "text", "evidence"),
    [
        (
            "nda_term",
            "nda",
            "NDA\n\n1. This Agreement shall continue for a term of two years.\n\n"
            "2. The Employee keeps it confidential during and after the employment.",
            "during and after",
        ),
        (
            "termination",
            "services",
            "SERVICES\n\n1. If Bell is late, Alder may terminate this Agreement.\n\n"
            "2. Either party may terminate this Agreement on notice.",
            "Either party may terminate this Agreement",
        ),
        (
            "loan_repayment",
            "loan",
            "LOAN\n\nThe Borrower shall repay what it owes. It is repaid within 24 months.",
            "repaid within 24",
        ),
        (
            "nda_definition",
            "nda",
            "NDA\n\n1. To the extent that any Confidential Information includes advice, privilege stays.\n\n"
            '2. "Confidential Information" means all that is told.',
            '"Confidential Information" means',
        ),
    ],
)
def test_the_evidence_is_what_answers(rule: str, kind: str, text: str, evidence: str) -> None:
    check = next(one for one in LEGAL.checks if one.id == rule)
    verdict, spans = judge(check, RuleInput(text, kind=kind))
    assert (verdict, [text[start:end] for start, end in spans]) == ("pass", [evidence])


DPA = "data_processing_agreement"
OF_TWO = "NON-DISCLOSURE AGREEMENT\n\nThis agreement is made between Alder Foods, Inc. (the “Discloser”) and "
EXCLUDED = "NDA\n\nConfidential Information does not include information that:\n"


@pytest.mark.parametrize(
    ("rule", "kind", "text", "expected", "why"),
    [
        ("parties_named", "nda", OF_TWO + "Birch Ltd (the “Recipient”).", "pass", "two names"),
        ("parties_named", "nda", OF_TWO + "XXXXXXXX Ltd (the “Recipient”).", "review", "a row of X"),
        ("parties_named", "nda", OF_TWO + "_ ______ of Bern (the “Recipient”).", "review", "a broken line"),
        ("parties_named", "nda", OF_TWO + "COMPANY, a firm (the “Recipient”).", "review", "its role alone"),
        (
            "parties_named",
            "nda",
            OF_TWO + "DEPARTMENT NAME HERE (the “Recipient”).",
            "review",
            "what to write",
        ),
        (
            "gdpr_28_3_d_flow_down",
            DPA,
            "It shall impose the same duties on each sub-processor. It is fully liable for their acts.",
            "pass",
            "duties and liability",
        ),
        (
            "gdpr_28_3_d_flow_down",
            DPA,
            "It shall impose the same duties on a sub-processor. Customer is responsible for its staff.",
            "review",
            "somebody else answers, for something else",
        ),
        (
            "gdpr_28_3_d_flow_down",
            DPA,
            "It is responsible for passing its data protection obligations on to each sub-processor.",
            "review",
            "responsible for passing on alone",
        ),
        (
            "gdpr_28_3_d_flow_down",
            DPA,
            "## 5 Sub-processors (Article 28(2) and (4))\nIt shall remain liable for each sub-processor.",
            "review",
            "a heading binds nobody",
        ),
        (
            "gdpr_28_3_d_flow_down",
            DPA,
            "It remains liable for subcontractors. A subcontractor shall abide by terms similar to these.",
            "pass",
            "terms come before what they are like",
        ),
        (
            "gdpr_28_3_subject_matter",
            DPA,
            "| Task | Data subjects | Personal data |\n|---|---|---|\n| Letters | Guests | Street and town |",
            "pass",
            "a table has both",
        ),
        (
            "gdpr_28_3_subject_matter",
            DPA,
            "| Task | Data subjects | Personal data |\n|---|---|---|\n|  |  |  |",
            "review",
            "a table that nobody filled in",
        ),
        (
            "gdpr_28_3_g_deletion",
            DPA,
            "Upon termination of the contract Alder will:\n- Return all data\n\nThen:\n- Delete all data",
            "pass",
            "all is returned, and then deleted",
        ),
        (
            "gdpr_28_3_g_deletion",
            DPA,
            "At Customer's request, Alder will send a certification of deletion of data after termination.",
            "review",
            "a certificate deletes nothing",
        ),
        (
            "gdpr_28_3_e_data_subject_rights",
            DPA,
            "Rights of Data Subjects\n\nThe controller shall obtain all consents to allow Alder to work.",
            "review",
            "consent is no help with requests",
        ),
        (
            "gdpr_28_2_subprocessors",
            DPA,
            "Customer agrees that alder.io may engage subprocessors for this.",
            "pass",
            "who agrees has authorised",
        ),
        (
            "gdpr_28_3_h_audit",
            DPA,
            "The school may request once a year an audit or inspection of the measures.",
            "pass",
            "whatever the customer is called",
        ),
        (
            "gdpr_33_2_breach_notice",
            DPA,
            "Alder shall promptly inform Customer of any violations of data protection.",
            "pass",
            "a breach by another name",
        ),
        (
            "nda_exclusions",
            "nda",
            EXCLUDED + "(a) is in the public domain; (b) is received from a person that is under no duty;\n"
            "(c) is independently developed.",
            "pass",
            "three of four",
        ),
        (
            "nda_exclusions",
            "nda",
            EXCLUDED
            + "(a) is in the public domain;\n(b) was already known, and was disclosed by the other party.",
            "review",
            "the other party is no third one",
        ),
        (
            "nda_exclusions",
            "nda",
            EXCLUDED
            + "(a) is in the public domain;\n(b) comes from a third party that had the right to give it,"
            " received without any obligation.",
            "review",
            "a right that a third party had is no earlier knowledge",
        ),
        (
            "nda_exclusions",
            "nda",
            "Vertraulichkeit\n\nNicht vertraulich ist, was öffentlich bekannt ist, dem Empfänger bereits vor"
            " Übergabe bekannt war oder unabhängig und ohne Verwendung davon entwickelt wurde.",
            "pass",
            "German words with umlauts between",
        ),
        (
            "nda_return_or_destruction",
            "nda",
            "NDA\n\nI will not copy, alter, or destroy any Confidential Information.",
            "review",
            "a list of misuses is no duty to destroy",
        ),
        (
            "nda_term",
            "nda",
            "NDA\n\nThis duty of confidentiality lasts for three (5) years.",
            "review",
            "two numbers of years",
        ),
        (
            "nda_term",
            "nda",
            "NDA\n\nDiese Verpflichtungen zur Geheimhaltung enden, sobald sie nicht mehr vertraulich ist.",
            "pass",
            "for as long as it is secret",
        ),
        (
            "nda_term",
            "nda",
            "NDA\n\nI keep the confidentiality of all this even after termination of my access.",
            "pass",
            "even after the end",
        ),
        (
            "nda_term",
            "nda",
            "ACCORD DE CONFIDENTIALITÉ\n\nCet accord s'applique pour une période de **4 années**.",
            "pass",
            "a French term",
        ),
        (
            "nda_term",
            "nda",
            "NDA\n\nThe duties of Recipient hereunder last until all information becomes publicly known.",
            "pass",
            "until it is public",
        ),
        (
            "nda_term",
            "nda",
            "NDA\n\nDie Pflicht zur Verschwiegenheit gilt auch nach dem Ende der Arbeit.",
            "pass",
            "even after the end, in German",
        ),
        (
            "nda_compelled_disclosure",
            "nda",
            "NDA\n\nSave what it discloses pursuant to judicial action or government regulations.",
            "pass",
            "an action of a court",
        ),
        (
            "effective_date",
            "contract",
            "CONTRACT\n\nThis Agreement is made as of the last signature date below (“Effective Date”).",
            "pass",
            "the day of the last signature",
        ),
        (
            "effective_date",
            "contract",
            "CONTRACT\n\nThis Agreement is effective on the date of signature by the last party.",
            "pass",
            "the day on which the last party signs",
        ),
        (
            "nda_compelled_disclosure",
            "nda",
            "ACCORD DE CONFIDENTIALITÉ\n\nSauf celles qui doivent être divulguées par la loi.",
            "pass",
            "what the law discloses, in French",
        ),
        (
            "lease_term",
            "lease",
            "LEASE\n\nRental period\nJun 3 – Jun 17, 2027",
            "pass",
            "from a day to a day",
        ),
        (
            "lease_premises",
            "lease",
            "LEASE\n\nThe property is described in Exhibit A.\n\nEXHIBIT A\nThe following described"
            " real property:\nInitials:",
            "review",
            "the exhibit is blank",
        ),
        (
            "lease_deposit_terms",
            "lease",
            "LEASE\n\nSECURITY DEPOSIT\nThe tenant has deposited 900 dollars. Such sum shall be returned to"
            " the tenant after the lease expires.",
            "pass",
            "the sum is that of the deposit",
        ),
        (
            "gdpr_28_3_b_confidentiality",
            DPA,
            "Alder shall ensure the confidentiality of all persons who have access to the data.",
            "pass",
            "whoever has access",
        ),
        (
            "gdpr_28_3_b_confidentiality",
            DPA,
            "All staff are required to sign a non-disclosure agreement.",
            "pass",
            "what is signed binds",
        ),
        (
            "gdpr_28_3_e_data_subject_rights",
            DPA,
            "Alder unterstützt bei Betroffenenanfragen.",
            "pass",
            "a short clause",
        ),
        (
            "gdpr_28_3_h_audit",
            DPA,
            "# Audits\n\nThe Subcontractor shall authorise audits by the Customer.",
            "pass",
            "the heading names no auditor",
        ),
        (
            "gdpr_28_3_h_audit",
            DPA,
            "Alder audits the subprocessors each year.",
            "review",
            "an audit of others",
        ),
        (
            "gdpr_28_3_f_assistance",
            DPA,
            "Alder will help Customer with:\n\n* Requests. They are passed on.\n"
            "* Impact assessments and consultations.",
            "pass",
            "a list goes on",
        ),
        (
            "gdpr_28_3_g_deletion",
            DPA,
            "For return of the data, the Customer shall use the console."
            " Within 30 days after termination, Alder shall delete all copies.",
            "pass",
            "fetched, then deleted",
        ),
        (
            "gdpr_28_3_g_deletion",
            DPA,
            "For return of the data, the Customer shall use the console.",
            "review",
            "nothing is deleted",
        ),
        (
            "gdpr_28_3_subject_matter",
            DPA,
            "Datenarten und betroffene Personen\n\nKategorie | Inhalt\n"
            "Vertragsdaten | Beginn, Miete\nBetroffene Personen | Mieter",
            "pass",
            "a table",
        ),
        (
            "nda_exclusions",
            "nda",
            "NDA\n\nConfidential Information may also include what is received from third parties. It does"
            " not include what is publicly known or was already known to the Recipient.",
            "review",
            "what is included is not left out",
        ),
    ],
)
def test_what_a_clause_says_decides(rule: str, kind: str, text: str, expected: str, why: str) -> None:
    check = next(one for one in LEGAL.checks if one.id == rule)
    view = RuleInput(text, kind=kind)
    view = replace(view, facts=read_facts("legal", view))
    verdict = judge(check, view)[0]
    assert ("review" if verdict == "fail" else verdict) == expected, why


@pytest.mark.parametrize(
    ("said", "stay"),
    [
        ("The data are not transferred or processed outside of the European Economic Area.", True),
        ("Without consent, data are not processed outside the EEA.", False),
        ("Data are not processed outside the EEA. Else the standard contractual clauses apply.", False),
    ],
)
def test_data_that_stay_need_no_safeguard(said: str, stay: bool) -> None:
    assert bool(list(law.data_stay(RuleInput(said)))) is stay


def test_both_sides_or_an_electronic_signature_date_a_contract() -> None:
    terms = "NDA" + "\n\nIt is kept secret." * 20
    bonn, kiel = "\n\nBonn, den 3. Mai 2026\n\n________\nFür Alder", "\n\nKiel, den {}\n\n________\nFür B.\n"
    for signed, days in (
        (bonn + kiel.format("9. Mai 2026"), ["9. Mai 2026"]),
        (bonn + kiel.format("____"), []),
        ("\nSigned by: Ann Alder\nSigned at: 2026-05-03, 9 a.m.", ["2026-05-03"]),
        ("\nSigned by: ______\nSigned at: 2026-05-03", []),
    ):
        text = terms + signed
        assert [text[slice(*span)] for span in signed_on_days(RuleInput(text))] == days, signed


def test_a_waiver_for_accidents_is_no_waiver_of_all_recourse() -> None:
    sign = next(one for one in LEGAL.flags if one.id == "waiver_of_all_recourse")
    for text, found in (
        ("Le club renonce à tout recours contre la ville.", True),
        ("Le club renonce à tout recours contre la ville en cas d'un accident.", False),
        ("Le club renonce à tout recours contre la ville pour tout accident.", False),
    ):
        assert bool(domains.spans(sign, RuleInput(text))) is found, text


def test_the_heading_of_a_clause_names_no_law() -> None:
    text = "NDA\n\n6. Governing Law and Principles of Construction.\n\nIt is governed by Québec law."
    found = [one.value for one in read_facts("legal", RuleInput(text, "nda")) if one.name == "governing_law"]
    assert found == ["Québec"]


def test_the_page_of_a_site_that_names_a_lease_is_none() -> None:
    text = (
        "Home\nLeases\nContact\n\nOur lease\nDownload the form.\n\nHome\nAbout us\nCopyright 2012 Alder Boats"
    )
    asked = {check.id for check in LEGAL.checks if domains.applies(check, RuleInput(text, "lease"))}
    assert not asked & {"parties_named", "effective_date", "lease_term"}


def test_terms_between_controllers_are_no_processing_agreement() -> None:
    said = (
        "Under the GDPR Alder shall follow instructions, keep secrecy, impose duties on a sub-processor, help"
        " data subjects, report each breach, allow an audit and delete data."
    )
    check = next(one for one in LEGAL.checks if one.id == "gdpr_28_3_a_instructions")
    assert domains.applies(check, RuleInput(f"Data Processing Terms\n\n{said}", DPA))
    assert not domains.applies(check, RuleInput(f"Controller-Controller Terms\n\n{said}", DPA))
