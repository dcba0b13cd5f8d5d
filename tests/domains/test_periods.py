"""What contracts state: how long they run, how they are renewed, what they are called, when they end."""

from __future__ import annotations

import pytest

from docassay.domains import RuleInput
from docassay.domains.facts import Found
from docassay.domains.legal import days, ends, jurisdictions, parties, periods, titles
from docassay.domains.legal.periods import renewal, term


def found(finder: object, text: str) -> list[str | None]:
    return [one.normalised for one in finder(RuleInput(text))]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("This Agreement shall expire two (2) years from the date hereof.", ["P2Y"], "it expires"),
        ("The initial term of this Agreement shall be for a period of one (1) year.", ["P1Y"], "its term"),
        ('It continues for a period of 36 months (the "Term").', ["P36M"], "it is called the term"),
        ("This letter agreement terminates on the third anniversary of its date.", ["P3Y"], "anniversary"),
        ("Der Vertrag läuft zwölf Monate ab Unterzeichnung.", ["P12M"], "German"),
        ("This is a three-year agreement.", ["P3Y"], "before the word"),
        ("This contract shall remain in force for at least two years.", ["P2Y"], "at least so long"),
        ("The engagement shall be for one year from the date hereof.", ["P1Y"], "an engagement is one, too"),
        ('The term "Release Date" shall mean the day five days after it is paid.', [], "a word, no term"),
        ("It covers this contract in the term of the applicable 12 months.", [], "an applicable period"),
        ("The Consultant is engaged for a period of one year.", ["P1Y"], "an engagement"),
        (
            "The initial term ends on the day prior to the fourth anniversary of it.",
            ["P4Y"],
            "the day before",
        ),
        ("Der Vertrag läuft ab dem 1. Mai 2020 für zwei Jahre.", ["P2Y"], "no sentence ends at a day"),
        ("Le présent contrat est conclu pour une durée de trois ans.", ["P3Y"], "French"),
        ("It is signed by the agent of each Party and has a term of five years.", ["P5Y"], "each is no rate"),
        ("It is in force and shall extend for an initial term of two (2) years.", ["P2Y"], "no extension"),
        ("It shall extend for a further term of two (2) years.", [], "an extension"),
        ("You will not solicit employees for a period of 18 months.", [], "soliciting"),
        ("For two years after termination the Employee shall not compete.", [], "competing"),
        ("Confidential Information is kept secret for five (5) years after disclosure.", [], "secrecy"),
        ("Either party may terminate this Agreement upon thirty (30) days notice.", [], "notice"),
        ("This Agreement renews for successive one (1) year terms.", [], "renewal"),
        ("This Agreement expires ____ years from the date hereof.", [], "a blank"),
        (
            "This Section 9.1 shall survive and continue in effect after this Agreement for five years.",
            [],
            "survival",
        ),
        (
            "So long as this Agreement remains in effect and for one (1) year thereafter they wait.",
            [],
            "as long as",
        ),
        ("Directors shall be appointed for a term of four (4) years under this Agreement.", [], "an office"),
        (
            "An action related to this Agreement must be commenced no later than two years from it.",
            [],
            "a limit for suits",
        ),
        ("Our long term plan for this Agreement stands for a period of six (6) months.", [], "no term"),
        ("This Agreement lasts for some time, probably a term of 15-20 years.", [], "a range"),
        ("The term of this Agreement is two to three years.", [], "a range in words"),
        ("The Agreement continues until 12 months after the last SOW ends.", [], "after something else"),
        (
            "Die Parteien des Mietvertrags verzichten für die Dauer von 24 Monaten auf eine Kündigung.",
            [],
            "a waiver of the notice",
        ),
        (
            "Except for Section 9, which shall survive any termination of this Agreement, this Agreement will"
            " terminate on the date two years from the date hereof.",
            ["P2Y"],
            "the rest",
        ),
    ],
)
def test_term(text: str, expected: list[str], why: str) -> None:
    assert found(term, text) == expected, why


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("This Agreement shall expire two (2) years from the date hereof.", True),
        ("This Agreement has a term of two years.", True),
        ("The term of this Agreement ends on the later of two years from its date and the last sale.", False),
        (
            "This Agreement, whatever it is and wherever its rights lie, shall run, we say, for two years.",
            False,
        ),
    ],
)
def test_a_term_of_which_nothing_says_that_the_contract_runs_so_long_is_a_hint(text: str, sure: bool) -> None:
    assert [one.sure for one in term(RuleInput(text))] == [sure]


@pytest.mark.parametrize(
    ("text", "expected", "role"),
    [
        ("This Agreement renews automatically for successive one (1) year terms.", ["P1Y"], "automatic"),
        ("The term may be renewed for an additional period of 6 months.", ["P6M"], None),
        ("This Agreement shall continue in effect from year to year thereafter.", ["P1Y"], "automatic"),
        ("Der Vertrag verlängert sich automatisch um jeweils zwölf Monate.", ["P12M"], "automatic"),
        (
            "This Agreement renews automatically for one year, with goals set by mutual agreement.",
            ["P1Y"],
            "automatic",
        ),
        ("This Agreement may be renewed by mutual agreement for one year.", [], None),
        (
            "The initial term of this Agreement is five years. It shall automatically renew for successive"
            " terms of the same duration.",
            ["P5Y"],
            "automatic",
        ),
        ("This Agreement shall automatically renew for terms of the same duration.", [], None),
        ("The term may be extended by mutual agreement for two years.", [], None),
        ("The term may by mutual agreement be extended for successive one-year periods.", [], None),
        (
            "This Agreement shall not renew automatically, but may be extended by agreement for a year.",
            [],
            None,
        ),
        (
            "The term of this Agreement is two years. It shall not automatically renew for terms of the same"
            " duration.",
            [],
            None,
        ),
        ("This Agreement shall continue for a period of three years.", [], None),
        ("The warranty is renewed for a period of one year.", [], None),
        ("The Term will automatically roll over for a further period of one year.", ["P1Y"], "automatic"),
        ("This Agreement will renew annually unless terminated.", ["P1Y"], "automatic"),
        ("Unless notice is given, this Agreement is extended another year.", ["P1Y"], "automatic"),
        ("This Agreement is self-renewing every 12 months.", ["P12M"], "automatic"),
        (
            "The Term may be renewed by Sponsor for a period of two (2) years upon written notice.",
            ["P2Y"],
            None,
        ),
        (
            "Absent such notice, the Agreement shall renew for an additional five (5) year period.",
            ["P5Y"],
            None,
        ),
        (
            "Executive's employment shall be automatically extended for successive one-year periods.",
            ["P1Y"],
            "automatic",
        ),
        (
            "Der Vertrag verlängert sich um jeweils ein weiteres Jahr, wenn er nicht gekündigt wird.",
            ["P1Y"],
            None,
        ),
        ("Das Vertragsverhältnis verlängert sich von Jahr zu Jahr.", ["P1Y"], "automatic"),
        ("Das Abonnement verlängert sich automatisch um einen Monat.", ["P1M"], "automatic"),
        ("La convention est reconductible tacitement pour des périodes d'un an.", ["P1Y"], "automatic"),
        ("Le contrat se reconduit tacitement chaque année.", ["P1Y"], "automatic"),
        (
            "The initial term is two years. It automatically renews for periods equal to the initial term.",
            ["P2Y"],
            "automatic",
        ),
        (
            "After the Initial Term, this Agreement shall continue in force for successive one-year periods.",
            ["P1Y"],
            "automatic",
        ),
        ("The Parties agree that this Agreement shall renew for terms of one year.", ["P1Y"], None),
        (
            "Unless this Agreement is renewed, its owner agrees that for a period of two years he waits.",
            [],
            None,
        ),
        ("Buyer may extend the closing under this Agreement for two months.", [], None),
        (
            "This Agreement may be extended for a Force Majeure Event, a maximum term of six months.",
            [],
            None,
        ),
        ("The Term is extended until the second anniversary of this Agreement.", [], None),
        (
            "This Agreement is established by calendar year and renewed tacitly every year.",
            ["P1Y"],
            "automatic",
        ),
        ("If the term has not been renewed for one year, either party may leave.", [], None),
        (
            "After this term its owner may obtain a successor franchise for a term of five (5) years.",
            ["P5Y"],
            None,
        ),
        ('"Quarter" means each successive period of three months of this Agreement.', [], None),
    ],
)
def test_renewal(text: str, expected: list[str], role: str | None) -> None:
    assert found(renewal, text) == expected
    assert [one.role for one in renewal(RuleInput(text))] == [role] * len(expected)


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (
            "The term of this Agreement begins on April 1, 2020 and continues for a period of six months.",
            ["2020-10-01"],
            "the day that the sentence names",
        ),
        (
            'Made on May 2, 2019, effective June 1, 2019 (the "Effective Date"). The term of this Agreement'
            " is two years from the Effective Date.",
            ["2021-06-01"],
            "the day that is called so",
        ),
        (
            "This Agreement is dated May 2, 2019. The term of this Agreement is one year.",
            ["2020-05-02"],
            "the day that it bears",
        ),
        (
            "It is dated May 2, 2019. The term of this Agreement is one year following the Launch Date.",
            [],
            "nobody knows when that is",
        ),
        (
            "It is dated May 2, 2019. Its term is two years from the date on which the site is opened.",
            [],
            "nor when that is",
        ),
        (
            "It is dated May 2, 2019. The Commencement Date for this contract will be 16th June 2019. The"
            " initial term of this contract is 5 years from the Commencement Date.",
            ["2024-06-16"],
            "the day that is said to be the first",
        ),
        (
            "This Agreement is dated May 2, 2019. It may not be terminated by either party prior to two years"
            " from that day. The initial term of this Agreement shall be five years from it.",
            ["2024-05-02"],
            "the first end that is allowed is not the end",
        ),
        (
            "This Agreement is dated May 2, 2019. A breach of a material term of this Agreement that"
            " continues uncured 30 days entitles the other to end it.",
            [],
            "a breach",
        ),
        (
            "This Agreement is dated May 2, 2019. The term of this Agreement is two years from the Effective"
            " Date. Fees are paid from the date of this Agreement through March 3, 2020, services under this"
            " Agreement are rendered through April 4, 2020.",
            ["2021-05-02"],
            "days of something else, with which the term does not agree",
        ),
        (
            'Made on June 1, 2026 (the "Effective Date"). This Agreement shall expire two (2) years from the'
            " Effective Date (June 1, 2028).",
            ["2028-06-01"],
            "the day in brackets is the last",
        ),
        (
            "It is dated May 2, 2019. This Agreement shall commence on the Commercial Operation Date and"
            " continue for twenty (20) years.",
            [],
            "nobody knows that day",
        ),
        (
            "This Agreement is dated May 2, 2019. The term of this Agreement is 36 months (3 years).",
            ["2022-05-02"],
            "the same length twice",
        ),
        (
            "This Agreement is dated May 2, 2019 and ends at the close of the third (3rd) Contract Year.",
            ["2022-05-02"],
            "a year of the contract",
        ),
        (
            "Der Vertrag beginnt am 1. Juli 2024 und wird für ein halbes Jahr geschlossen.",
            ["2025-01-01"],
            "half a year",
        ),
    ],
)
def test_from_which_day_on_a_term_counts(text: str, expected: list[str], why: str) -> None:
    given = [Found(*one) for one in ends.expiry(RuleInput(text))]
    assert [one.normalised for one in given] == expected, why
    assert not any(one.sure for one in given), "it is a hint"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Term: November 1, 2014 to October 31, 2017", "October 31, 2017"),
        ("Termination Date: December 31, 2023", "December 31, 2023"),
        ("This Agreement ends the earlier of (i) December 31, 2022 or (ii) a sale.", "December 31, 2022"),
        ("The Contract Period concludes on December 31, 2003.", "December 31, 2003"),
        (
            "This Agreement ends on the earlier of (a) delivery and (b) December 31, 2025.",
            "December 31, 2025",
        ),
        ("The contract expires on 12/31/2026.", "12/31/2026"),
        ("Le bail court du 1er mai 2020 pour se terminer le 30 avril 2023.", "30 avril 2023"),
        ("The fiscal year began on July 1, 2018 and ended June 30, 2019.", None),
        ('"Calendar Year" of this Agreement means the period ending on December 31, 2019.', None),
        ("This Agreement is announced in no event later than May 5, 2020.", None),
        ("This Agreement shall terminate after launch, in no event later than May 5, 2020.", "May 5, 2020"),
        ("This Agreement shall be in effect until March 18. 2021.", "March 18. 2021"),
        ("Contract end: 04-21-08", "04-21-08"),
        ("The exclusivity under this Agreement shall expire on May 3, 2020.", None),
        ("The term of this Agreement ends at 11:59 p.m. Eastern Time on May 3, 2021.", "May 3, 2021"),
        ("This Agreement shall expire on December 31st of 2021.", "December 31st of 2021"),
        ('The period from the date hereof through May 3, 2020 shall be the "Term".', "May 3, 2020"),
        ("Le contrat se terminera au plus tard le 31 mai 2021.", "31 mai 2021"),
        ("La garantie expire le 31 mai 2021.", None),
        ("The Sponsorship Period shall run from May 1, 2020 until April 30, 2021.", "April 30, 2021"),
        ('"Launch Period" means the period beginning today and ending on May 3, 2020.', None),
        ("This Agreement lapses on May 3, 2020.", "May 3, 2020"),
        ("Das Mietverhältnis läuft vom 1. Mai 2020 bis zum 30. April 2022.", "30. April 2022"),
        ("Le contrat est conclu du 1er mai 2020 au 30 avril 2022.", "30 avril 2022"),
    ],
)
def test_the_day_on_which_a_contract_ends(text: str, expected: str | None) -> None:
    found = next(iter(ends.expiry(RuleInput(text))), None)
    assert (text[found.start : found.end] if found else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Exhibit 10.1\n\nMUTUAL NON-DISCLOSURE AGREEMENT\n\nThis is made",
            "MUTUAL NON-DISCLOSURE AGREEMENT",
        ),
        ("EXHIBIT 10.1 RESELLER AGREEMENT THIS RESELLER AGREEMENT is made", "RESELLER AGREEMENT"),
        ("Page 1\nThis Supply and License Agreement is made", "Supply and License Agreement"),
        ("Dienstleistungsvertrag\n\nzwischen", "Dienstleistungsvertrag"),
        ("COMMERCIAL LEASE AGREEMENT\n\nThis Commercial Lease", "COMMERCIAL LEASE AGREEMENT"),
        ("Der Kaufvertrag kommt erst durch die Annahme zustande.", None),
        ("We agreed on lunch.", None),
    ],
)
def test_title(text: str, expected: str | None) -> None:
    assert [text[one.start : one.end] for one in titles.title(RuleInput(text))] == [expected] * bool(expected)


HINT = [(None, False)]
"""A day that the text has, and that is not sure to be the contract's."""


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("This Agreement is made as of March 2, 2026.", [("2026-03-02", True)], "it bears it"),
        ("THIS AGREEMENT is made on the 15t h day of January 2018.", [("2018-01-15", True)], "read by OCR"),
        ("This Agreement is made this ___ day of January 2018.", [], "a blank"),
        ("Under the agreement dated May 1, 2009 they met.", [], "another agreement"),
        ("We have signed for your resignation letter dated May 1, 2009.", [], "a letter"),
        ("An offering to depositors with balances of $50 as of May 1, 2009.", HINT, "a day of record"),
        ('"Master Agreement" the agreement executed between the Parties on May 1, 2009.', HINT, "a term"),
        (
            'THIS AMENDMENT (this "Amendment") to the Supply Agreement dated as of May 1, 2009 is made.',
            HINT,
            "what it amends",
        ),
        ("Amendment No. 2 to the Supply Agreement dated May 1, 2009.", [], "what it amends, titled"),
        ("This Agreement is dated ____________, 2009; holders of record as of May 1, 2008.", [], "a blank"),
        ("This Agreement is made this 19th day of July 2018, by Ash.", [("2018-07-19", True)], "ordinal"),
        ("This Agreement is made as of May 1, 2009", [("2009-05-01", True)], "the last words"),
        (
            'This Supply Agreement (the "Agreement") dated as of May 1, 2009.',
            [("2009-05-01", True)],
            "its own",
        ),
        (
            "Entre Mme Julie Laurent. Date de naissance: 15 mars 1985. Le contrat est conclu.",
            [],
            "a birthday",
        ),
    ],
)
def test_agreement_date(text: str, expected: list[tuple[str, bool]], why: str) -> None:
    assert [(one.normalised, one.sure) for one in days.agreement_date(RuleInput(text))] == expected, why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This Agreement shall remain in force until the end of 2021.", "2021-12-31"),
        ("The Term shall expire on the last day of February 2024.", "2024-02-29"),
        ("Der Vertrag läuft bis Ende Juni 2021.", "2021-06-30"),
        (
            "Vom 2. Mai 2019. Der Vertrag gilt ab 1. Juni 2019, mit einer Laufzeit von zwei Jahren.",
            "2021-06-01",
        ),
        (
            "Die Mindestlaufzeit beträgt 12 Monate ab Vertragsbeginn. Vertragsbeginn ist der 1. Juni 2019.",
            "2020-06-01",
        ),
        ("Das Mietverhältnis ist auf ein Jahr befristet und beginnt am 1. Juli 2019.", "2020-07-01"),
        ("Le bail est consenti pour une durée de neuf ans à compter du 1er juillet 2019.", "2028-07-01"),
    ],
)
def test_an_end_that_no_day_is_written_of(text: str, expected: str) -> None:
    assert found(ends.expiry, text) == [expected]


def test_a_contract_without_a_day_bears_that_of_its_last_signature() -> None:
    text = f"{'It is agreed. ' * 400}\nBy: /s/ A\nDate: January 19, 2007\nBy: /s/ B\nDate: 1/22/07\n"
    (day,) = days.agreement_date(RuleInput(text))
    assert (day.normalised, day.sure) == ("2007-01-22", False)


def test_the_day_on_which_it_ends_is_not_that_on_which_it_begins_to_bind() -> None:
    text = "This Agreement commences on the date above and shall terminate on 31 December 2006."
    assert list(days.effective_date(RuleInput(text))) == []


def test_the_end_of_a_contract_is_worked_out_as_a_hint() -> None:
    text = (
        "This Agreement is made as of March 2, 2026. "
        "The term of this Agreement is three (3) years from the date hereof."
    )
    (end,) = ends.expiry(RuleInput(text))
    assert (text[end.start : end.end], end.normalised, end.sure) == ("three (3) years", "2029-03-02", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 May 2020\nAcme Ltd.\n1 Way\nLadies and Gentlemen:\nYou asked Bell Inc. (the \"Seller\").",
         ["Acme Ltd.", "Bell Inc."]),
        ("JOINT FILING\nThe undersigned agree.\nAlpha Fund L.P.\nBy: /s/ A\n\nBeta LLC\nBy: /s/ B\n",
         ["Alpha Fund L.P.", "Beta LLC"]),
        ("Made between Bell Inc. and The Coca-Cola Company (Buyer).", ["Bell Inc.", "The Coca-Cola Company"]),
        ("This Agreement is between Galen (Chemicals) Limited and A.B. Watley, Inc.",
         ["Galen (Chemicals) Limited", "A.B. Watley, Inc."]),
        ('SUPPLY DEAL\n\nAsh Foods, Inc., with an office in Dover, DE ("Ash") and Bell B.V. having an'
         ' address in Leiden ("Consultant") agree to all that follows.', ["Ash Foods, Inc.", "Bell B.V."]),
        ("Cooperation Agreement Party A: Council of Ash County Party B: Bell Energy Co., Ltd. Party A helps.",
         ["Council of Ash County", "Bell Energy Co., Ltd."]),
        ('It is by and between Ash Inc. ("Ash") and The Elm Press, a corporation of Ohio (the "Customer").',
         ["Ash Inc.", "The Elm Press"]),
        ("It is between iAsh Inc., a corporation, and mElm Inc., another.", ["iAsh Inc.", "mElm Inc."]),
        ('They meet.\n\nSource: ASH FOODS PLC, F-4, 6/24/2015\n\nIts computers ("Servers") are kept.', []),
        ('It is entered into by and between Ash Ltd. ("Ash"), Bell LLC ("Bell") and Cole Inc. ("Cole").',
         ["Ash Ltd.", "Bell LLC", "Cole Inc."]),
        ('Made between Ash Ltd. (the "Agent"), and Mr Ed Castell of 5 Orchard Close (the "Investor").',
         ["Ash Ltd.", "Ed Castell"]),
        ('It is between Larkfield Limited and Ostrava Optics s.r.o., Prague.',
         ["Larkfield Limited", "Ostrava Optics s.r.o."]),
        ("It is between Ash Ltd. and Bell Inc. and Distributor.", ["Ash Ltd.", "Bell Inc."]),
        ('Made between Ash Ltd. and its members.\n\n## Purpose and Vision\nBell LLC is none.', []),
        ('It is between Ash Ltd. and Bell Inc. (owner of Wings and Grill) ("Sponsor").',
         ["Ash Ltd.", "Bell Inc."]),
        ("It is between eFashion Solutions, LLC and 2THEMART.COM, INC.",
         ["eFashion Solutions, LLC", "2THEMART.COM, INC."]),
        ('It is between [NAME] ("Employee") and FSC CT, Inc. ("Fifth Street").', ["FSC CT, Inc."]),
        ("Made by and between Walgreen Co., an Illinois corporation, and Option Care, Inc.",
         ["Walgreen Co.", "Option Care, Inc."]),
        ("| Partner | Salary | Benefits |\n| Partner | Share | Value |", []),
        ("Unterschriften\n\nIm Namen Ash Solutions GmbH\nUnterschrift: __", ["Ash Solutions GmbH"]),
    ],
)  # fmt: skip
def test_parties_of_letters_signatures_and_odd_names(text: str, expected: list[str]) -> None:
    assert [text[one.start : one.end] for one in parties.parties(RuleInput(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Vertrag gilt. Das Recht des Mieters zur Minderung gilt fort.", []),
        ("Das anwendbare Recht der Käuferin gilt für diesen Vertrag.", []),
        ("Droit applicable en Cas de litige : les parties se concertent.", []),
        ("The law listed governs, including NRS 613 where Nevada law applies.", []),
        ("This Agreement is governed by the laws of Ruritania.", ["Ruritania"]),
        ("Le présent contrat est soumis au droit français.", ["FR"]),
        ("Es gilt das Recht der Bundesrepublik Deutschland.", ["DE"]),
    ],
)
def test_what_follows_the_word_law_may_be_no_place(text: str, expected: list[str]) -> None:
    assert found(jurisdictions.governing_law, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The laws of California do not govern this Agreement.", []),
        ("The laws of California shall not apply to this Agreement.", []),
        ("The laws of California are expressly not applicable to this Agreement.", []),
        ("Das Recht der Schweiz findet auf diesen Vertrag keine Anwendung.", []),
        ("Das Recht der Schweiz gilt nicht.", []),
        ("The laws of California govern this Agreement.", ["US-CA"]),
        ("This Agreement is governed by the laws of California and the CISG shall not apply.", ["US-CA"]),
        ("Das Recht der Schweiz gilt für diesen Vertrag, das UN-Kaufrecht nicht.", ["CH"]),
        ("This Agreement is governed by the laws of California. Do not sign it unread.", ["US-CA"]),
        (
            "Der Vertrag unterliegt dem Recht der Schweiz. Ist eine Klausel nicht wirksam, gilt der Rest.",
            ["CH"],
        ),
    ],
)
def test_a_law_that_does_not_govern_is_none(text: str, expected: list[str]) -> None:
    assert found(jurisdictions.governing_law, text) == expected


def test_marks_around_a_place_are_no_part_of_it() -> None:
    text = "This Agreement is governed by the laws of **Illinois**."
    assert [text[one.start : one.end] for one in jurisdictions.governing_law(RuleInput(text))] == ["Illinois"]


@pytest.mark.parametrize(
    "text",
    ["Date of Birth: June 17, 1990\n", "Date de naissance: 15 mars 1985\n", "Geburtsdatum: 15.03.1985\n"],
)
def test_a_birthday_is_no_day_of_a_contract(text: str) -> None:
    assert not list(days.effective_date(RuleInput(text)))
    assert not list(days.agreement_date(RuleInput(text)))


def test_the_day_on_which_an_offer_lapses_is_not_the_end_of_the_contract() -> None:
    assert not list(ends.expiry(RuleInput("Employment contract. Offer Expiration Date: October 22, 2024")))


READERS = (
    parties.parties, titles.title, days.agreement_date, days.effective_date, ends.expiry, term, renewal,
    jurisdictions.governing_law,
)  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    ["governed by the laws of the State of ", "three (3) years, ", "between Acme Inc. and ", "Acme\nBy: x\n",
     "this Agreement ends on March 1, 2020. ", "MASTER AGREEMENT ", "renew for successive one year terms ",
     "made\n1.1\n"],
)  # fmt: skip
def test_readers_look_at_a_bounded_part_of_hostile_texts(piece: str) -> None:
    view = RuleInput(piece * (100_000 // len(piece)))
    assert all(len(list(reader(view))) < 2_000 for reader in READERS)
    assert len(periods.durations_said(view.text)) <= 2 * periods._MOST


@pytest.mark.parametrize(
    ("head", "effective", "bears"),
    [
        ("Acme Ltd.\n\nMay 3, 2024\n\nBell Inc.\n1 Main Street\n\nDear Ms Bell:\n\nYou may see", False, True),
        ("NON-DISCLOSURE AGREEMENT\n\nThis Agreement is made on May 3, 2024 and keeps", True, True),
        ("NON-DISCLOSURE AGREEMENT\n\nMay 3, 2024\n\nThe parties agree to keep", True, False),
    ],
)
def test_the_day_at_the_head_of_a_letter_is_its_own_and_a_hint_of_its_start(
    head: str, effective: bool, bears: bool
) -> None:
    view = RuleInput(f"{head} our secrets.")
    assert [one.sure for one in days.effective_date(view)] == [effective]
    assert [one.sure for one in days.agreement_date(view)] == [bears]


def test_a_letter_may_say_that_its_contract_begins_on_another_day() -> None:
    letter = "May 3, 2024\n\nDear Ms Bell:\n\nThis Agreement is effective as of June 1, 2024."
    ((start, end, *_),) = days.effective_date(RuleInput(letter))
    assert "June 1, 2024" in letter[start:end]
