"""What contracts state beside parties and days: notices, forum, cap on liability, amounts, who signs."""

from __future__ import annotations

import time

import pytest

from docassay.domains import RuleInput
from docassay.domains.facts import Finder, Found
from docassay.domains.legal.amounts import amounts, liability_basis, liability_cap
from docassay.domains.legal.forums import forum
from docassay.domains.legal.notices import notice_period, renewal_notice
from docassay.domains.legal.secrecy import secrecy_period
from docassay.domains.legal.signatories import signatories
from docassay.transforms.extract import read_facts


def read(finder: Finder, text: str) -> list[Found]:
    return [Found(*one) for one in finder(RuleInput(text))]


@pytest.mark.parametrize(
    ("text", "to_terminate", "against_renewal", "why"),
    [
        (
            "Either party may terminate this Agreement for any reason upon thirty (30) days' written notice.",
            ["P30D"],
            [],
            "no cause",
        ),
        ("Tenant may terminate by giving notice of at least two months.", ["P2M"], [], "behind the notice"),
        ("Mit einer Frist von drei Monaten zum Monatsende kann jeder kündigen.", ["P3M"], [], "German"),
        ("Die Kündigungsfrist beträgt 6 Wochen zum Quartalsende.", ["P6W"], [], "the German noun"),
        ("Chaque partie peut résilier le contrat moyennant un préavis de 2 mois.", ["P2M"], [], "French"),
        (
            "It renews for successive one-year terms unless a party gives at least 60 days' notice before the"
            " end of the term.",
            [],
            ["P60D"],
            "against renewal",
        ),
        (
            "Er verlängert sich um ein Jahr, wenn er nicht drei Monate vor Ablauf gekündigt wird.",
            [],
            ["P3M"],
            "German, against renewal",
        ),
        (
            "Il est renouvelé par tacite reconduction, sauf dénonciation trois mois avant son échéance.",
            [],
            ["P3M"],
            "French, against renewal",
        ),
        (
            "A party may terminate this on 30 days' notice if the other is in breach and fails to cure it.",
            [],
            [],
            "for cause",
        ),
        ("Aus wichtigem Grund kann mit zwei Wochen Frist gekündigt werden.", [], [], "cause, German"),
        ("Buyer may cancel a purchase order by ten days' notice.", [], [], "an order"),
        ("The insurer shall give thirty days' notice of cancellation of the policy.", [], [], "a policy"),
        (
            "Licensee may renew the term by written notice given 90 days prior to the end of the term.",
            [],
            [],
            "asks for the renewal",
        ),
        (
            "Without notice of its intention to renew 30 days before the expiry of the term, it ends.",
            [],
            [],
            "what asks for the renewal",
        ),
        (
            "Notice not to renew must be given 30 days before the expiry of the current term.",
            [],
            ["P30D"],
            "what refuses it",
        ),
        (
            "It ends on 1 May 2027 unless extended by written agreement 30 days prior to the term's end.",
            [],
            [],
            "what both agree on",
        ),
        (
            "Cisco may, by written notice given 30 days prior to the end of the then-current term, extend the"
            " term.",
            [],
            [],
            "who extends it",
        ),
        (
            "The term is automatically extended until the date that is 30 days prior to the expiry of the"
            " notice.",
            [],
            [],
            "a day worked out",
        ),
        (
            "It renews unless a party declines. Such notice must be given 90 days prior to the"
            " expiration of the term.",
            [],
            ["P90D"],
            "in the sentence after",
        ),
        (
            "The licence may be extended. Licensor gives at least 60 days prior notice of such extension.",
            [],
            [],
            "a notice of the extension",
        ),
        (
            "Section 80 of the Code requires that a franchisee be given 180 days' notice of non-renewal.",
            [],
            [],
            "a law",
        ),
        ("Either party may terminate this Agreement upon ____ days' notice.", [], [], "a blank"),
    ],
)
def test_notices(text: str, to_terminate: list[str], against_renewal: list[str], why: str) -> None:
    assert [one.normalised for one in read(notice_period, text)] == to_terminate, why
    assert [one.normalised for one in read(renewal_notice, text)] == against_renewal, why


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (
            "The parties submit to the exclusive jurisdiction of the courts of the State of New York.",
            [("courts", "US-NY")],
            "a state",
        ),
        (
            "Venue for any dispute shall be in Los Angeles County, California.",
            [("courts", "US-CA")],
            "of a county",
        ),
        (
            "Any dispute is settled by arbitration in London under the LCIA Rules.",
            [("arbitration", "London")],
            "a city",
        ),
        ("Arbitration shall be conducted in English in Paris, France.", [("arbitration", "FR")], "English"),
        (
            "They submit to the jurisdiction of the courts of the United States and the State of Ohio.",
            [("courts", "US-OH")],
            "the state counts",
        ),
        ("Gerichtsstand für alle Streitigkeiten ist München.", [("courts", "München")], "German"),
        ("Der Ort des Schiedsverfahrens ist Zürich.", [("arbitration", "Zürich")], "German arbitration"),
        (
            "Tout litige relève de la compétence exclusive des tribunaux de Paris.",
            [("courts", "Paris")],
            "French",
        ),
        ("This Agreement is governed by the laws of Delaware.", [], "a law is no forum"),
        ("The parties submit to the jurisdiction of the courts of ________.", [], "a blank"),
        ("It is in good standing in each jurisdiction, and in Ohio courts of any kind.", [], "standing"),
        ("They may seek relief in any court other than the courts of Texas in a dispute.", [], "excluded"),
    ],
)
def test_forum(text: str, expected: list[tuple[str, str]], why: str) -> None:
    assert [(one.role, one.normalised) for one in read(forum, text)] == expected, why


@pytest.mark.parametrize(
    ("text", "cap", "basis", "why"),
    [
        ("In no event shall the liability of a party exceed $2,000,000.", ["2,000,000"], [], "an amount"),
        ("It ends. Liability is limited to $5,000.", ["5,000"], [], "the first word of a later sentence"),
        (
            "Supplier's liability shall not exceed the fees paid by Customer in the prior twelve months.",
            [],
            ["fees paid by Customer in the prior twelve months."],
            "what was paid",
        ),
        ("Die Haftung des Anbieters ist auf 500.000 EUR begrenzt.", ["500.000"], [], "German"),
        ("La responsabilité totale ne pourra excéder 100 000 EUR.", ["100 000"], [], "French"),
        (
            "Its liability includes, but is not limited to, fees paid and damages of $5,000.",
            [],
            [],
            "no limit at all",
        ),
        ("The insurance policy limit shall not exceed $1,000,000.", [], [], "insurance"),
        ("The price shall not exceed $1,000.", [], [], "a price"),
    ],
)
def test_cap_on_liability(text: str, cap: list[str], basis: list[str], why: str) -> None:
    assert [text[one.start : one.end] for one in read(liability_cap, text)] == cap, why
    assert [text[one.start : one.end].rstrip(".") for one in read(liability_basis, text)] == [
        one.rstrip(".") for one in basis
    ], why


def test_an_amount_has_what_it_is_of_and_what_its_words_say() -> None:
    text = (
        "The rent is EUR 1,250.00 a month. A deposit of $5 million is due. He pays a fee of five thousand"
        " dollars ($4,000), in all $1,5 Mio. or fifty and 00/100 dollars. Capital: $1,500 thousand and $2 MM."
    )
    found = [
        (one.role, text[one.start : one.end], one.normalised, one.alternative) for one in read(amounts, text)
    ]
    assert found == [
        ("rent", "1,250.00", None, None),
        ("deposit", "5 million", "5000000", None),
        ("fee", "4,000", None, "5000"),
        ("fee", "1,5 Mio.", "1500000", None),
        ("capital", "1,500 thousand", "1500000", "1500"),
        ("capital", "2 MM", "2000000", None),
    ]


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (
            "ACME INC.\nBy: /s/ Ada M. Byron\nName: Ada M. Byron\nTitle: Chief Executive Officer\n",
            [("Ada M. Byron", "Chief Executive Officer")],
            "signed and printed",
        ),
        (
            "By: /s/ Mark Stevens            By: /s/ Don Mayes\n",
            [("Mark Stevens", None), ("Don Mayes", None)],
            "two columns",
        ),
        ("Name: Jörg Müller\nTitel: Geschäftsführer\n", [("Jörg Müller", "Geschäftsführer")], "German"),
        ("Nom : Anne de la Tour\nQualité : Présidente\n", [("Anne de la Tour", "Présidente")], "French"),
        ("gez. Max Mustermann", [("Max Mustermann", None)], "signed in German"),
        ("By: Name: Title:", [], "nobody yet"),
        ("By: Bell Holdings LLC", [], "a company"),
        ("By: TC Equity Partners IV, L.L.C.", [], "a company without its form"),
        ("Name: ______________", [], "a blank"),
    ],
)
def test_signatories(text: str, expected: list[tuple[str, str | None]], why: str) -> None:
    assert [(text[one.start : one.end], one.role) for one in read(signatories, text)] == expected, why


READERS = (
    amounts,
    liability_cap,
    liability_basis,
    forum,
    notice_period,
    renewal_notice,
    signatories,
)


@pytest.mark.parametrize(
    "piece",
    ["$1 ", "court of Paris venue ", "By: /s/ Ada Byron ", "liability shall not exceed the fees paid "],
)
def test_readers_look_at_a_bounded_part_of_hostile_texts(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    for finder in READERS:
        start = time.process_time()
        assert len(read(finder, text)) <= 400
        assert time.process_time() - start < 1, finder


MADE = 'This Agreement is made on {} between Acme, Inc. (the "Client") and {} (the "Supplier").\n{}'


@pytest.mark.parametrize(
    ("day", "party", "more", "expected", "why"),
    [
        ("03/04/2026", "Bell Ltd.", "", ("agreement_date", "2026-03-04", "2026-04-03", True), "either day"),
        (
            "03/04/2026",
            "Bell Ltd.",
            "They met on 25/12/2025.",
            ("agreement_date", "2026-04-03", None, False),
            "as the other is written",
        ),
        ("____ day of ________", "Bell Ltd.", "", ("agreement_date", None, None, None), "a blank"),
        ("March 3, 2024", "[NAME]", "", ("party", "Acme, Inc.", None, False), "a blank is no name"),
        (
            "March 3, 2024",
            "Bell Ltd.",
            "A fee of five thousand dollars ($6,000) is due.",
            ("amount", "6000", "5000", True),
            "words and figures differ",
        ),
        (
            "March 3, 2024",
            "Bell Ltd.",
            "ACME INC., Acme Incorporated and ACME, Inc. pay.",
            ("party", "Acme, Inc.", None, False),
            "a party is named once",
        ),
    ],
)
def test_bad_input(
    day: str, party: str, more: str, expected: tuple[str, str | None, str | None, bool | None], why: str
) -> None:
    name, value, other, is_hint = expected
    facts = read_facts("legal", RuleInput(MADE.format(day, party, more), "services"), "en")
    found = [one for one in facts if one.name == name]
    if value is None:
        assert not found, why
        return
    assert (found[0].normalised, found[0].alternative, found[0].abstained) == (value, other, is_hint), why
    assert sum((one.normalised or "").lower().startswith("acme") for one in found) == (name == "party"), why


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("The obligations of confidentiality last for three (3) years.", [("P3Y", True)], "last is a verb"),
        ("It is kept secret if it was disclosed within the last two years.", [], "a time that is over"),
        ("Die Geheimhaltungspflicht gilt für die Dauer von fünf Jahren.", [("P5Y", True)], "German"),
        ("L'obligation de confidentialité dure pendant cinq ans.", [("P5Y", True)], "French"),
        (
            "The term of this Agreement is two years. Secrecy lasts for five years after its end.",
            [("P5Y", True)],
            "longer than the contract runs",
        ),
        ("This Agreement shall continue for a term of 18 months.", [("P18M", False)], "the contract alone"),
        (
            "This Agreement ends after six months, however the secrets are kept for a term of two years.",
            [("P2Y", True)],
            "the contract in the same sentence",
        ),
        (
            "It covers secrets disclosed for a term of one year. The duty to keep them lasts three years.",
            [("P3Y", True)],
            "for how long they are told",
        ),
        ("Recipient shall keep secrets and not solicit employees for two years.", [], "another covenant"),
    ],
)
def test_how_long_secrets_are_kept(text: str, expected: list[tuple[str, bool]], why: str) -> None:
    assert [(one.normalised, one.sure) for one in read(secrecy_period, text)] == expected, why
