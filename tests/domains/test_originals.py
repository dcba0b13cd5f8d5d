"""Rules that read the original find in German and French what English has, and in a translation nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from docassay import domains
from docassay.domains import CheckRule, FlagRule, RuleInput
from docassay.transforms.extract import read_facts

INVOICE_DE = """Rechnung Nr. 4711 vom 13. Mai 2026
USt-IdNr.: DE136695976

Pos Artikel Menge Einzelpreis Betrag
1 Schiffsfarbe weiß, 20 l 12 148,00 1.776,00
2 Verdünner, 5 l 6 38,00 228,00
Zwischensumme 2.004,00
MwSt 19 % 380,76
Gesamtbetrag {total}
"""
THREE_LINES = """Rechnung Nr. 4711
1 Schiffsfarbe weiß, 20 l 12 148,00 1.776,00
2 Verdünner, 5 l 6 38,00 228,00
3 Pinsel, flach 2 9,90 19,80
"""
INVOICE_FR = """Facture n° 4711
Date de la facture : 13 mai 2026
N° TVA intracommunautaire : FR40303265045

Peinture marine blanche, 20 l 12 148,00 1 776,00
Diluant, 5 l 6 38,00 228,00
Total HT 2 004,00
TVA 20 % 400,80
Total TTC {total} €
"""
INVOICE_CH = """Rechnung Nr. 4711
MwSt 8.1 %

Farbe, 20 l 12 148.00 1'776.00
Verdünner, 5 l 6 38.00 228.00
Zwischensumme 2'004.00
MwSt 8,1 % 162.32
Rechnungsbetrag CHF {total}
"""
DISCOUNTED = """Rechnung 4712
Pinsel 20 9,90 198,00
Farbe 50 5,50 275,00
Positionssumme 473,00
Gesamtbetrag der Zuschläge 0,00
Gesamtbetrag der Abschläge -23,00
Rechnungssumme ohne USt. 450,00
Steuerbetrag 85,50
Bruttosumme {total}
"""


def rule_of(name: str) -> tuple[domains.Domain, FlagRule | CheckRule]:
    domain, _, rule = name.partition(".")
    known = domains.load(domain)
    return known, next(one for one in (*known.flags, *known.checks) if one.id == rule)


def found(name: str, text: str, kind: str = "", **view: Any) -> list[str]:
    """Give what a flag rule finds, or a check's verdict; nothing where it is not asked."""
    domain, rule = rule_of(name)
    seen = RuleInput(text, kind, **view)
    if rule.expect:
        seen = replace(seen, facts=read_facts(domain.name, seen))
    if isinstance(rule, FlagRule):
        return [text[start:end] for start, end in domains.spans(rule, seen)]
    return [domains.judge(rule, seen)[0]] if domains.applies(rule, seen) else []


@pytest.mark.parametrize(
    ("rule", "kind", "text", "expected", "why"),
    [
        ("wrong_total", "invoice", INVOICE_DE.format(total="2.384,76"), [], "German thousands, right"),
        (
            "wrong_total",
            "invoice",
            INVOICE_DE.format(total="2.834,76"),
            ["2.834,76"],
            "two digits changed places",
        ),
        ("wrong_total", "invoice", INVOICE_FR.format(total="2 404,80"), [], "French thousands, right"),
        ("wrong_total", "invoice", INVOICE_FR.format(total="2 440,80"), ["2 440,80"], "wrong in French"),
        (
            "wrong_total",
            "invoice",
            INVOICE_FR.replace(" 776", "\u202f776").format(total="2 404,80"),
            [],
            "a narrow space",
        ),
        ("wrong_total", "invoice", INVOICE_CH.format(total="2'166.32"), [], "Swiss thousands, right"),
        ("wrong_total", "invoice", INVOICE_CH.format(total="2'266.32"), ["2'266.32"], "wrong in Swiss"),
        (
            "wrong_total",
            "invoice",
            DISCOUNTED.format(total="535,50"),
            [],
            "the net sum stands below the discount",
        ),
        ("wrong_total", "invoice", DISCOUNTED.format(total="553,50"), ["553,50"], "and is wrong here"),
        ("wrong_line_amount", "invoice", THREE_LINES.replace("228,00", "282,00"), ["282,00"], "6 x 38"),
        ("wrong_line_amount", "invoice", THREE_LINES, [], "every line multiplies"),
        (
            "duplicate_invoice_line",
            "invoice",
            "Rechnung\nMiettage 2 86,55 173,10\nStk 2 5,04 10,08\nStk 2 5,04 10,08\n",
            [],
            "a unit does not say what is billed",
        ),
        (
            "round_invoice_without_detail",
            "invoice",
            "Rechnung\nBeratung 5.000,00\nGesamtbetrag 5.000,00\n",
            ["Beratung 5.000,00"],
            "nothing in particular",
        ),
        (
            "round_invoice_without_detail",
            "invoice",
            "Facture\nHonoraires divers 5 000,00\nTotal TTC 5 000,00\n",
            ["Honoraires divers 5 000,00"],
            "the same in French",
        ),
        (
            "round_invoice_without_detail",
            "invoice",
            "Rechnung\nBauleitung Halle 4 5.000,00\nGesamtbetrag 5.000,00\n",
            [],
            "says for what",
        ),
        ("vat_226_1_date_of_issue", "invoice", INVOICE_DE, ["pass"], "Rechnung ... vom 13. Mai"),
        ("vat_226_1_date_of_issue", "invoice", INVOICE_FR, ["pass"], "date de la facture"),
        (
            "vat_226_1_date_of_issue",
            "invoice",
            "Rechnung 1\nMwSt 19 % 3,80\nMünchen, den 13.05.2026",
            ["pass"],
            "place and day",
        ),
        (
            "vat_226_1_date_of_issue",
            "invoice",
            "Rechnung 1\nMwSt 19 % 3,80\nLieferdatum 13.05.2026",
            ["review"],
            "the day of delivery only, on a small invoice",
        ),
        ("vat_226_2_sequential_number", "invoice", "Handelsrechnung Nr. 4711, MwSt", ["pass"], "a compound"),
        ("vat_226_2_sequential_number", "invoice", "Rechnung über Miete, MwSt 19 %", ["review"], "no number"),
        (
            "vat_226_3_supplier_vat_number",
            "invoice",
            "MwSt\nUSt.-Id.-Nr. : DE136695976",
            ["pass"],
            "dots and hyphens",
        ),
        (
            "vat_226_3_supplier_vat_number",
            "invoice",
            "MwSt\nSteuernummer 201/113/40209",
            ["pass"],
            "the tax number will do in Germany",
        ),
        (
            "vat_226_8_10_taxable_amount_rate_tax",
            "invoice",
            "USt. Satz Nettopreis USt.-Betrag\n7% 160,00 11,20\n",
            ["pass"],
            "a table",
        ),
        (
            "invalid_iban",
            "",
            "IBAN: DE89 3704 0044 0532 0130 01",
            ["DE89 3704 0044 0532 0130 01"],
            "wrong check digits",
        ),
        ("invalid_iban", "", "Bitte auf IBAN DE89 3704 0044 0532 0130 00 überweisen", [], "right"),
        (
            "invalid_iban",
            "",
            "IBANID: FR76 3000 6000 0112 3456 7890 188",
            ["FR76 3000 6000 0112 3456 7890 188"],
            "a field of a file",
        ),
        (
            "invalid_card_number",
            "",
            "Kreditkartennummer: 4111 1111 1111 1112",
            ["4111 1111 1111 1112"],
            "in German",
        ),
        ("invalid_card_number", "", "carte bancaire n° 4111 1111 1111 1111", [], "right"),
        (
            "structured_deposits",
            "",
            "Bareinzahlung 9.500,00\nBareinzahlung 9.400,00\nBareinzahlung 9.700,00\n",
            ["9.500,00", "9.400,00", "9.700,00"],
            "three",
        ),
        (
            "transfer_payee_information",
            "payment_instruction",
            "Kontoinhaber: Nordwerft GmbH\nKontonummer 12345678",
            ["pass"],
            "both stand there",
        ),
        (
            "transfer_payee_information",
            "payment_instruction",
            "Bitte überweisen Sie 100 Euro.",
            ["review"],
            "neither does",
        ),
    ],
)
def test_financial_figures_in_the_original(
    rule: str, kind: str, text: str, expected: list[str], why: str
) -> None:
    assert found(f"financial.{rule}", text, kind) == expected, why


CONTRACT = "Vertrag zwischen der Nordwerft GmbH und der Farbenhaus Kiel GmbH. "


@pytest.mark.parametrize(
    ("rule", "kind", "text", "expected", "why"),
    [
        ("impossible_date", "", "Kiel, den 31. Juni 2025", ["31. Juni 2025"], "June has thirty days"),
        ("impossible_date", "", "Kiel, den 31.06.2025", ["31.06.2025"], "in figures"),
        ("impossible_date", "", "Fait à Lyon, le 30 février 2025", ["30 février 2025"], "in French"),
        ("impossible_date", "", "Chrome/36.0.1985 Safari/537.36", [], "a version"),
        ("impossible_date", "", "am 13.05.2025, le 1er mars 2025, 05.13.2025", [], "days that there are"),
        (
            "end_before_start",
            "",
            "vom 1. Mai 2025 bis zum 30. April 2024",
            ["1. Mai 2025 bis zum 30. April 2024"],
            "a year back",
        ),
        ("end_before_start", "", "vom 01.05.2025 bis 30.04.2026", [], "a year on"),
        (
            "end_before_start",
            "",
            "du 1er mai 2025 au 30 avril 2024",
            ["1er mai 2025 au 30 avril 2024"],
            "in French",
        ),
        (
            "signed_after_expiry",
            "",
            "Der Mietvertrag endet am 31.12.2024.\nUnterzeichnet am 15.01.2025",
            ["15.01.2025"],
            "too late",
        ),
        (
            "signed_after_expiry",
            "",
            "Le bail expire le 31 décembre 2024.\nFait à Lyon, le 3 mai 2024",
            [],
            "in time",
        ),
        ("words_against_figures", "", "innerhalb von dreißig (60) Tagen", ["dreißig (60)"], "German words"),
        ("words_against_figures", "", "three in ten (30%), one out of every five (20%)", [], "fractions"),
        (
            "words_against_figures",
            "",
            "payable in ten (30) days, interest of ten percent (30%)",
            ["ten (30)", "ten percent (30%)"],
            "no fraction",
        ),
        ("words_against_figures", "", "zweihundertfünfzig (250) Euro", [], "the same number"),
        (
            "words_against_figures",
            "",
            "dans un délai de quatre-vingt-dix (60) jours",
            ["quatre-vingt-dix (60)"],
            "French words",
        ),
        (
            "words_against_figures",
            "",
            "deux-cents cinquante (250) euros, quatre-vingt dix (90) jours",
            [],
            "the same number",
        ),
        (
            "payee_outside_contract",
            "",
            CONTRACT + "Zahlungsempfänger: Marina Trading Ltd\n",
            ["Marina Trading Ltd"],
            "no party",
        ),
        ("payee_outside_contract", "", CONTRACT + "Kontoinhaber: Farbenhaus Kiel GmbH\n", [], "a party"),
        (
            "payee_outside_contract",
            "",
            "Entre Breiz Conseil SARL et Armor Tech SAS. Bénéficiaire : Loire Invest\n",
            ["Loire Invest"],
            "no party, in French",
        ),
        (
            "conflicting_governing_law",
            "contract",
            "Soumis au droit français. Le tout est régi par la loi suisse.",
            ["régi par la loi suisse"],
            "two laws",
        ),
        (
            "conflicting_governing_law",
            "contract",
            "Es gilt deutsches Recht. Er unterliegt dem Recht der Bundesrepublik Deutschland.",
            [],
            "one law by two names",
        ),
        (
            "hidden_renewal",
            "services",
            "verlängert sich um ein Jahr, wenn nicht 180 Tage vorher gekündigt wird.",
            ["180 Tage"],
            "half a year before",
        ),
        (
            "hidden_renewal",
            "services",
            "verlängert sich um ein Jahr, wenn nicht 30 Tage vorher gekündigt wird.",
            [],
            "a month before",
        ),
        (
            "late_payment_60_days",
            "services",
            "Es gilt deutsches Recht. Rechnungen sind binnen 90 Tagen zu zahlen.",
            ["review"],
            "ninety days",
        ),
        (
            "late_payment_60_days",
            "services",
            "Le droit français s'applique. Les factures sont payées sous 30 jours.",
            ["pass"],
            "thirty",
        ),
        ("loan_annual_rate", "loan", "Der Sollzinssatz beträgt 3,5 % und ist fest.", ["pass"], "a rate"),
        ("loan_annual_rate", "loan", "Interest is [Rate]% per annum.", ["review"], "a blank"),
        ("loan_repayment", "loan", "It is repaid over [Number] months, due on [Day].", ["review"], "a blank"),
        (
            "employment_pay",
            "employment",
            "Der Arbeitgeber zahlt eine Grundvergütung von 4.200,00 Euro.",
            ["pass"],
            "a compound",
        ),
        ("effective_date", "contract", "Kiel, den 3. Mai 2025", ["pass"], "place and day"),
        (
            "parties_named",
            "contract",
            "Die Nordwerft GmbH („Verkäuferin“) verkauft an die Seebach AG („Käuferin“).",
            ["pass"],
            "named by role",
        ),
    ],
)
def test_legal_dates_parties_and_numbers_in_the_original(
    rule: str, kind: str, text: str, expected: list[str], why: str
) -> None:
    assert found(f"legal.{rule}", text, kind) == expected, why


DEIDENTIFIED = "Dieser Arztbrief wurde anonymisiert.\n"


@pytest.mark.parametrize(
    ("rule", "kind", "text", "expected", "why"),
    [
        ("invalid_npi", "", "NPI-Nummer: 1234567890", ["1234567890"], "wrong check digit"),
        ("invalid_npi", "", "NPI : 1234567893", [], "right"),
        ("invalid_dea", "", "DEA-Nr.: AB1234567", ["AB1234567"], "wrong check digit"),
        (
            "service_outside_life",
            "",
            "Geburtsdatum: 04.03.1950\nBehandlungsdatum: 03.03.1949",
            ["03.03.1949"],
            "before the birth",
        ),
        (
            "service_outside_life",
            "",
            "Née le 4 mars 1950\nDate de consultation : 03/12/2024",
            [],
            "in a life",
        ),
        (
            "service_outside_life",
            "",
            "Décédé le 03/04/2024\nDate de consultation : 01/05/2024",
            ["01/05/2024"],
            "May is after April",
        ),
        (
            "service_outside_life",
            "",
            "Décédé le 03/04/2024\nDate de consultation : 05/03/2024",
            [],
            "March is before",
        ),
        (
            "deidentified_names",
            "",
            DEIDENTIFIED + "Wir berichten über Frau Erika Musterfrau.",
            ["fail"],
            "a name",
        ),
        ("deidentified_names", "", DEIDENTIFIED + "Wir berichten über die Patientin.", ["pass"], "no name"),
        (
            "deidentified_names",
            "",
            "Ce compte rendu a été anonymisé.\nMadame Solène Garrec",
            ["fail"],
            "a name in French",
        ),
        (
            "deidentified_names",
            "",
            "Wir berichten über Frau Erika Musterfrau.",
            [],
            "does not say that it is",
        ),
        ("deidentified_dates", "", DEIDENTIFIED + "Aufnahme am 13. Mai 2025", ["fail"], "a day"),
        ("deidentified_ages", "", DEIDENTIFIED + "die 93-jährige Patientin", ["fail"], "over 89"),
        ("deidentified_ages", "", DEIDENTIFIED + "die 83-jährige Patientin", ["pass"], "under 90"),
        ("deidentified_record_number", "", DEIDENTIFIED + "Fallnummer: 884412", ["fail"], "a record number"),
        ("deidentified_phones", "", DEIDENTIFIED + "Tel. 0431 / 55 12 34", ["fail"], "a German number"),
        (
            "note_authenticated",
            "visit_note",
            "Verlauf vom 13. März 2025\ngez. Dr. Petersen",
            ["pass"],
            "dated and signed in German",
        ),
    ],
)
def test_patients_and_providers_in_the_original(
    rule: str, kind: str, text: str, expected: list[str], why: str
) -> None:
    assert found(f"medical.{rule}", text, kind) == expected, why


def test_a_mail_names_a_patient_in_german_and_french() -> None:
    for text in ("Befund\nPatientin: E. Muster, geb. 1950", "Traitement\nNom : Garrec, IPP 8844123"):
        assert found("medical.mail_identity", text, media_type="message/rfc822") == ["review"]
        assert found("medical.mail_identity", f"{text}\nverschlüsselt", media_type="message/rfc822") == [
            "pass"
        ]


def _examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in domains.names():
        path = domains.load(name).folder / "examples.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            yield f"{name}.{example['rule']}", example


@pytest.mark.slow
@pytest.mark.parametrize("digit", "37")
def test_rules_of_wording_do_not_see_which_figure_it_is(digit: str) -> None:
    """A translation that writes every figure wrong changes no outcome of a rule that reads it."""
    garbled = str.maketrans("0123456789", digit * 10)
    changed = []
    for name, example in _examples():
        domain, rule = rule_of(name)
        if rule.reads != "both":
            continue
        kind = example.get("kind", domain.kind_of(None, example["text"]))
        view = RuleInput(example["text"], kind, example.get("media_type", "text/plain"), translated=True)
        wrong = replace(view, text=view.text.translate(garbled))
        if isinstance(rule, FlagRule):
            outcomes = domains.spans(rule, view), domains.spans(rule, wrong)
            if outcomes[0] != outcomes[1]:
                changed.append((name, example["text"]))
        elif domains.applies(rule, view) != domains.applies(rule, wrong) or (
            domains.judge(rule, view)[0] != domains.judge(rule, wrong)[0]
        ):
            changed.append((name, example["text"]))
    assert changed == []


def test_a_rule_that_reads_the_original_finds_nothing_in_a_translation() -> None:
    asked = 0
    for name, example in _examples():
        domain, rule = rule_of(name)
        kind = example.get("kind", domain.kind_of(None, example["text"]))
        media_type = example.get("media_type", "text/plain")
        outcome = found(name, example["text"], kind, media_type=media_type, translated=True)
        if rule.reads == "original":
            assert outcome == [], name
        asked += rule.reads == "both"
    assert asked > 200


CONSENT = {"research", "risks", "benefits", "confidentiality", "contacts", "future_use", "voluntary"}
"""Elements of consent, told in sentences that are told from those which only point at them."""


def test_no_function_reads_a_translation_but_those_of_wording() -> None:
    """What needs a function mostly compares something; wording is told by patterns."""
    both, originals = set(), 0
    for name in domains.names():
        domain = domains.load(name)
        for entry in (*domain.flags, *domain.checks):
            matchers = (
                *getattr(entry, "any", ()),
                *getattr(entry, "requires", ()),
                *getattr(entry, "forbids", ()),
            )
            own = {
                matcher.__name__
                for matcher in matchers
                if matcher.__module__.startswith(f"docassay.domains.{name}.")
            }
            originals += bool(own) and entry.reads == "original"
            both |= own if entry.reads == "both" else set()
    assert both == {
        "below_termination",
        "cautionary_statement",
        "rights_listed",
        "customary_exclusions",
        "recipients_named",
        *CONSENT,
        "years_of_contract",
        "years_of_secrecy",
    }
    assert originals > 80
