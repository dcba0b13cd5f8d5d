"""Values of facts: one form for what documents write in many, and both readings where nothing decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.domains.durations import durations
from docassay.domains.legal.places import place_at
from docassay.domains.values import LONGEST, Habits, Value, dates, fits, read
from docassay.schemas.facts import FACT_TYPES


@pytest.mark.parametrize(
    ("written", "language", "normalised", "why"),
    [
        ("dated as of the 3rd day of March, 2024", "en", "2024-03-03", "the words before it are left out"),
        ("May 4th, 2007", "en", "2007-05-04", "month first, in words"),
        ("Sept. 14, 2006", "en", "2006-09-14", "a short month"),
        ("vom 3. März 2024", "de", "2024-03-03", "German"),
        ("1er mars 2024", "fr", "2024-03-01", "French"),
        ("3 de marzo de 2024", "es", "2024-03-03", "Spanish"),
        ("5.3.24", "en", "2024-03-05", "points: the day first, whatever the language"),
        ("20240305", "de", "2024-03-05", "figures alone"),
        ("2024-03-05", "en", "2024-03-05", "ISO 8601"),
        ("31/12/2024", "en", "2024-12-31", "there is no month 31"),
        ("12/31/2024", "fr", "2024-12-31", "there is no month 31, in French either"),
        ("03/04/2024", "fr", "2024-04-03", "French writes the day first"),
        ("March 2024", "en", "2024-03", "a month without its day"),
        ("2024-01-15 vom 20.1.2024", "de", "2024-01-20", "a number before it looks like a date"),
        ("31 June 2024", "en", None, "June has thirty days"),
        ("31/06/2024", "en", None, "in neither order"),
        ("____ day of March", "en", None, "a blank to fill in"),
        ("the 14t h day of April, 2015", "en", "2015-04-14", "letters that a scan moved apart"),
        ("19 DAY OF MAY , 2010", "en", "2010-05-19", "in capitals, a blank before the comma"),
        ("March 18. 2021", "en", "2021-03-18", "a full stop for a comma"),
        ("this first day of July, 2017", "en", "2017-07-01", "an ordinal in words"),
        ("twenty-first (21st) day of July 2017", "en", "2017-07-21", "an ordinal in words and figures"),
        ("31 Dec 98", "en", "1998-12-31", "the last century"),
    ],
)
def test_dates(written: str, language: str, normalised: str | None, why: str) -> None:
    value = read("date", written, Habits("", language))
    assert value.normalised == normalised, why
    assert value.sure == (normalised is not None) and value.alternative is None


def test_a_date_that_can_be_read_in_two_ways_is_both_unless_another_date_tells() -> None:
    assert read("date", "03/04/2026", Habits("on 03/04/2026", "en"))[2:] == (
        "2026-03-04",
        "2026-04-03",
        False,
    )
    told = Habits("on 03/04/2026 and 25/04/2026", "en")
    assert read("date", "03/04/2026", told)[2:] == ("2026-04-03", None, True)
    american = Habits("on 03/04/2026 and 04/25/2026", "en")
    assert read("date", "03/04/2026", american)[2:] == ("2026-03-04", None, True)
    torn = Habits("on 03/04/2026, 25/04/2026 and 04/25/2026", "en")
    assert not read("date", "03/04/2026", torn).sure
    assert read("date", "04/04/2026", torn)[2:] == ("2026-04-04", None, True), "both readings are one day"


@pytest.mark.parametrize(
    ("written", "text", "normalised", "alternative"),
    [
        ("1.234,50", "1.234,50 EUR", "1234.50", None),
        ("$1,234.50", "$1,234.50", "1234.50", None),
        ("1\u202f234,50 €", "1\u202f234,50 €", "1234.50", None),
        ("1'234.50", "1'234.50", "1234.50", None),
        ("-5,00", "-5,00", "-5.00", None),
        ("12", "12", "12", None),
        ("1.234", "1.234, davon 19,00 EUR", "1234", None),
        ("1,234", "1,234 of which $19.00", "1234", None),
        ("1,234", "1,234", "1234", "1.234"),
        ("0.125", "0.125 of 19,00", "0.125", None),
        ("1.234.567,8", "1.234.567,8", "1234567.8", None),
        ("1.234", "1.234 of which 19.00", "1234", "1.234"),
    ],
)
def test_amounts(written: str, text: str, normalised: str, alternative: str | None) -> None:
    value = read("amount", written, Habits(text, "de"))
    assert (value.normalised, value.alternative, value.sure) == (normalised, alternative, alternative is None)


@pytest.mark.parametrize(
    ("language", "written", "is_sure"),
    [
        ("en", "7,850", True),
        ("en", "1.234", False),
        ("de", "1.234", True),
        ("de-AT", "1.234", True),
        ("de", "1,234", False),
        ("es", "1.234", False),
        ("", "1,234", False),
    ],
)
def test_the_language_tells_a_thousand_where_no_cents_do(language: str, written: str, is_sure: bool) -> None:
    value = read("amount", written, Habits(written, language))
    assert value.normalised == written.replace(".", "").replace(",", "") and value.sure is is_sure
    assert value.alternative == (None if is_sure else written.replace(",", "."))


@pytest.mark.parametrize("written", ["5,00,000", "1,234.5678", "USD 12345,678", "1" + ".234" * 12])
def test_a_part_of_a_number_is_no_amount(written: str) -> None:
    assert read("amount", written, Habits(written, "en")).normalised is None


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("100 EUR or 200 USD", "100", "EUR"),
        ("100 EUR or 200 USD", "200", "USD"),
        ("100 EUR 200 USD", "200", "USD"),
        ("Total: EUR 12.00, of which 2.00 USD", "12.00", "EUR"),
        ("Total: EUR 12.00, of which 3.00 USD", "3.00", "USD"),
        ("Total 12.00\nall amounts in CHF", "12.00", "CHF"),
        ("Total $12.00", "12.00", "USD"),
        ("Total $12.00; amounts in CAD", "12.00", "CAD"),
        ("Total 12.00", "12.00", None),
        ("Total 12.00\n€ 3.00", "12.00", "EUR"),
    ],
)
def test_the_currency_of_an_amount(text: str, amount: str, currency: str | None) -> None:
    start = text.index(amount)
    assert Habits(text, "en").currency_at(start, start + len(amount)) == currency


def test_other_types() -> None:
    habits = Habits("", "en")
    assert read("currency", "ZMW", habits).sure and not read("currency", "QQQ", habits).sure
    right = read("account", "DE89 3704 0044 0532 0130 00", habits)
    assert (right.normalised, right.sure) == ("DE89370400440532013000", True)
    misread = read("account", "DE89 3704 0044 0532 0130 01", habits)
    assert (misread.normalised, misread.sure) == ("DE89370400440532013001", False)
    sent = read("time", "Thu, 14 May 2026 10:05:00 +0200", habits)
    assert sent.normalised == "2026-05-14T10:05:00+02:00"
    assert read("time", "yesterday", habits).normalised is None
    assert fits("time", "2026-05-14T10:05") and not any(
        fits("time", other) for other in ("2026-W20T10:05", "20260514T1005", "2026-05", "10:05")
    )
    assert read("mailbox", "Ada@Harbor.Example", habits).normalised == "ada@harbor.example"
    assert read("name", "Acme\n  Inc.", habits).normalised == "Acme Inc."
    assert read("currency", "Betrag in €", habits).normalised == "EUR"
    assert read("name", "x" * (LONGEST + 1), habits).normalised is None, "a paragraph is no name"


@pytest.mark.parametrize(
    ("written", "normalised", "alternative", "why"),
    [
        ("for three (3) years", "P3Y", None, "in words and figures"),
        ("36 Monate", "P36M", None, "as it is written: months stay months"),
        ("un an", "P1Y", None, "French"),
        ("zwölf Monaten", "P12M", None, "German words"),
        ("ten (10) business days", "P10D", None, "that they are of business stays in the value"),
        ("one hundred and eighty (180) days", "P180D", None, "a long number"),
        ("four (4) years and six months", "P4Y6M", None, "years and months are one"),
        ("2.5 years", "P2Y6M", None, "half a year is six months"),
        ("55.5 months", "P55.5M", None, "half a month has no smaller period"),
        ("five (3) years", "P5Y", "P3Y", "words and figures that differ"),
        ("one (I) year", "P1Y", None, "a figure that a scan took for a letter"),
        ("ten (10) Contract Years", "P10Y", None, "years of the contract"),
        ("eighteen-month", "P18M", None, "with a hyphen"),
        ("____ years", None, None, "a blank to fill in"),
        ("$2,000 days", None, None, "an amount"),
    ],
)
def test_durations(written: str, normalised: str | None, alternative: str | None, why: str) -> None:
    value = read("duration", written, Habits("", "en"))
    assert (value.normalised, value.alternative) == (normalised, alternative), why
    assert value.normalised is None or fits("duration", value.normalised)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("Delaware", "US-DE"),
        ("the State of New York", "US-NY"),
        ("NEW JERSEY", "US-NJ"),
        ("England and Wales", "GB-ENG"),
        ("Kanton Zürich", "CH-ZH"),
        ("deutschem", "DE"),
        ("People's Republic of China", "CN"),
        ("York", "York"),
        ("Republic of Ruritania", "Republic of Ruritania"),
    ],
)
def test_places_have_codes_where_they_are_known(written: str, normalised: str) -> None:
    assert read("jurisdiction", written, Habits("", "en")).normalised == normalised


def test_a_name_that_two_places_share_is_both() -> None:
    assert read("jurisdiction", "Georgia", Habits("", "en"))[2:] == ("US-GA", "GE", False)
    assert read("jurisdiction", "State of Georgia", Habits("", "en"))[2:] == ("US-GA", None, True)


@pytest.mark.parametrize("piece", ["one ", "hundert", "12 ", "(3) ", "twenty-", "State of ", "three (3) "])
def test_durations_and_places_of_hostile_texts_take_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert list(durations(text)) == [] and place_at(text, 0) is None


@given(st.sampled_from(FACT_TYPES), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_the_value_lies_in_it(of_type: str, written: str, text: str) -> None:
    value = read(of_type, written, Habits(text, "en"))  # type: ignore[arg-type]
    assert 0 <= value.start <= value.end <= len(written)


@pytest.mark.parametrize(
    "written",
    [
        "31 May 2027",
        "the thirty-first (31st) day of December, 1999",
        "3May2024",
        "le 1er août 2024",
        "am 1. März 2024",
        "2024-02-29",
        "20240229",
        "03.04.2024",
        "4/5/24",
        "1\u00a0/\u00a02\u00a0/\u00a02024",
        "Sept. 5, 2020",
        "June 2024",
        "October,\n\n" + " " * 30 + "2006",
        "12 DE DEZEMBRO DE 2019",
    ],
)
def test_a_date_is_read_in_a_long_text_as_it_is_alone(written: str) -> None:
    around = "The Supplier may by notice of 14 days, under Section 3.2 (a), march on to Exhibit B. " * 12
    long = f"{around}{written} {around}"
    alone = [(one.start + len(around), one.end + len(around), one.normalised) for one in dates_of(written)]
    assert alone and [(one.start, one.end, one.normalised) for one in dates_of(long)] == alone


def dates_of(text: str) -> list[Value]:
    return list(dates(text, Habits("", "en")))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ABN 12 345 678 901\nTotal $ 9.00", "AUD"),
        ("GST No: 101-202-303\nTotal $ 9.00", "NZD"),
        ("HST (13 %) $ 1.04\nTotal $ 9.00", "CAD"),
        ("HST and ABN\nTotal $ 9.00", None),
        ("HST (13 %)\nTotal USD 9.00, that is $ 9.00", "USD"),
        ("GSTIN 22AAAAA0000A1Z5\nTotal $ 9.00", "USD"),
    ],
)
def test_a_dollar_is_that_of_the_country_whose_tax_a_paper_names(text: str, code: str | None) -> None:
    assert Habits(text, "en").code("$") == code
