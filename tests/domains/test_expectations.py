"""What rules expect of facts: how it is read, and what comes of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import RuleInput, examples, rule_digest
from docassay.domains.expectations import MOST_CHARS, parse
from docassay.domains.outcomes import place, says, weigh
from docassay.domains.overlay import extended
from docassay.schemas.errors import DomainError
from docassay.schemas.facts import FACT_TYPES, Fact, FactType
from docassay.schemas.rows import Finding, Segment
from docassay.transforms.comply import comply, is_absence
from docassay.transforms.document import Document
from docassay.transforms.extract import read_facts, rule_input
from tests.fresh import forget_domains, overlay

TYPES: dict[str, FactType] = {
    "term": "duration",
    "law": "jurisdiction",
    "start": "date",
    "end": "date",
    "gross": "amount",
    "net": "amount",
    "tax": "amount",
    "rate": "percentage",
    "dose": "quantity",
    "currency": "currency",
    "party": "name",
    "account": "account",
    "vat": "identifier",
    "sent": "time",
}


BANK = "country(account) == country(vat)"


def fact(name: str, written: str) -> Fact:
    """Make a fact: its value, after ``|`` another way to read it, before ``?`` what is not sure."""
    value, _, other = written.removesuffix("?").partition("|")
    currency = value[-3:] if name in ("gross", "net", "tax") and value[-3:].isalpha() else None
    return Fact(
        doc_id="",
        ordinal=0,
        name=name,
        role=None,
        group_id=None,
        value=value,
        normalised=value.removesuffix(f" {currency}"),
        type=TYPES[name],
        currency=currency,
        alternative=other or None,
        start_char=0,
        end_char=1,
        source="rule",
        probability=None,
        abstained=bool(other) or written.endswith("?"),
        decided_by="rule x.y",
    )


def facts(written: str) -> list[Fact]:
    pairs = (one.split("=", 1) for one in written.split("; ") if one)
    return [fact(name, value) for name, value in pairs]


@pytest.mark.parametrize(
    ("expect", "stated", "holds", "why"),
    [
        ("term <= P3Y", "term=P3Y", True, "as long"),
        ("term <= P3Y", "term=P36M", True, "a year has twelve months"),
        ("term <= P3Y", "term=P5Y", False, "longer"),
        ("term <= P3Y", "term=P1095D", True, "three years are as long, or a day longer"),
        ("term <= P3Y", "term=P1096D", None, "three years may be a day shorter"),
        ("term <= P1M", "term=P30D", None, "a month may be shorter"),
        ("term <= P3Y", "term=indefinite", False, "no end is longer than any length"),
        ("term >= P3Y", "term=indefinite", True, "no end is longer than any length"),
        ("term <= P3Y", "term=P2Y|indefinite", None, "the readings disagree"),
        ("term <= P3Y", "term=unstated", None, "nobody knows how long it is"),
        ("term == indefinite", "term=indefinite", True, "it has no end"),
        ("term != indefinite", "term=P50Y", True, "long, but it ends"),
        ("term in [P1Y, indefinite]", "term=indefinite", True, "one of them"),
        ("start + term < end", "start=2024-01-01; term=indefinite; end=2026-01", None, "there is no day"),
        ("term <= P3Y", "", None, "missing"),
        ("term <= P3Y", "term=P2Y?", None, "not sure"),
        ("term <= P3Y", "term=P2Y|P3Y", True, "both readings give the same answer"),
        ("term <= P3Y", "term=P2Y|P5Y", None, "the readings disagree"),
        ("net + sum(tax) == gross", "net=100; tax=7; tax=19; gross=126", True, "all of them together"),
        ("net + sum(tax) == gross", "net=100; tax=7; gross=126", None, "another may be there, unread"),
        ("net + sum(tax) == gross", "net=100; tax=7; tax=19|91; gross=126", None, "one is not sure"),
        ("net + sum(tax) == gross", "net=100; gross=100", True, "nothing is added"),
        ("net + sum(tax) == gross", "net=100; tax=7; gross=1 USD; tax=19 EUR", None, "currencies differ"),
        ("sum(tax) <= 20", "tax=7; tax=19", None, "too much, unless one is taken away again"),
        (BANK, "account=DE02120300000000202051; vat=DE811907980", True, "both are German"),
        (BANK, "account=LT601010012345678901; vat=DE811907980", False, "another country"),
        (BANK, "account=DE02120300000000202051; vat=12/345/67890", None, "a tax number names none"),
        (BANK, "account=DE02120300000000202051; vat=12/345/67890; vat=DE 811907980", True, "and beside it"),
        (BANK, "account=DE0212?; vat=DE811907980", None, "not sure"),
        ("country(account) in [GR]", "account=GR1601101250000000012300695", True, "a list of countries"),
        ("country(vat) in [GR]", "vat=EL123456783", True, "Greece has another code there"),
        ("country(vat) in [DE]", "vat=HRB 372876", None, "a number of a register"),
        ("law in [DE, CH]", "law=CH", True, "one of them"),
        ("law in [US]", "law=US-DE", True, "a country covers its states"),
        ("law in [US-DE]", "law=US", None, "a country names no state"),
        ("law in [US-DE]", "law=US-NY", False, "another state"),
        ("law not in [US]", "law=US-DE", False, "a state of it"),
        ("law != DE", "law=Delaware", None, "no code"),
        ("start < end", "start=2026-01-01; end=2026-02-01", True, "before"),
        ("start < end", "start=2026-03; end=2026-03-15", None, "any day of the month"),
        ("start < end", "start=2026-02; end=2026-03-15", True, "any day of another month"),
        ("end - start <= P3Y", "start=2024-02-29; end=2027-02-28", True, "by the calendar"),
        ("end - start <= P3Y", "start=2024-01-01; end=2027-01-02", False, "a day more"),
        ("end - start <= P30D", "start=2024-01-01; end=2024-01-31", True, "thirty days"),
        ("end == start + P1M +- P2D", "start=2024-01-31; end=2024-02-28", True, "two days more or less"),
        ("start >= 2024-01-01", "start=2023-12", False, "a month before"),
        ("sent < end", "sent=2026-01-01T10:00:00+01:00; end=2026-02-01", True, "a time is of its day"),
        ("gross == net + tax +- 0.02", "gross=119.01; net=100.00; tax=19.00", True, "within cents"),
        ("gross == net + tax +- 0.02", "gross=191.00; net=100.00; tax=19.00", False, "a wrong sum"),
        ("gross == net + tax", "gross=119.00|191.00; net=100.00; tax=19.00", None, "two totals"),
        ("gross == net + tax", "gross=1.00|2.00; net=100.00; tax=19.00", None, "it may be a third"),
        ("gross < net + tax", "gross=900.00|901.00; net=100.00; tax=19.00", False, "both are too high"),
        ("gross == net + tax", "gross=119.00 EUR; net=100.00 USD; tax=19.00", None, "two currencies"),
        ("gross <= 1000 EUR", "gross=999.00 USD", None, "another currency"),
        ("gross <= 1000", "gross=999.00 USD", True, "any currency"),
        ("gross != 5 +- 1", "gross=5.50", False, "too near"),
        ("gross >= -5", "gross=-4", True, "below zero"),
        ("gross - -5 <= 100", "gross=98", False, "what is below zero is taken away"),
        ("-5 - gross <= 0", "gross=3", True, "both are taken away"),
        ("end - P1M - start >= P30D", "start=2026-01-01; end=2026-03-01", True, "a date less a month"),
        ("party == 'Mu\u0308ller'", "party=M\u00fcller", True, "the same letters"),
        ("rate <= 19 %", "rate=19", True, "as much"),
        ('dose <= "500 mg"', "dose=250 mg", True, "the same unit"),
        ('dose <= "500 mg"', "dose=1 g", None, "another unit"),
        ("currency in [EUR, CHF]", "currency=USD", False, "none of them"),
        ("count(party) >= 2", "party=A; party=B", True, "two"),
        ("count(party) >= 2", "party=A", None, "the other may be there, unread"),
        ("not count(party) < 2", "party=A", None, "said the other way round"),
        ("count(party) >= 2", "party=A; party=B?", None, "one is not sure"),
        ("count(party) <= 2", "party=A; party=B; party=C", False, "three"),
        ("count(party) <= 2", "party=A; party=B", True, "no more were found"),
        ("count(party) >= 2", "", None, "nothing was found"),
        ("count(party) <= 2", "", None, "nothing was found: all may be there, unread"),
        ('"Acme, Inc." in party', "party=ACME INC.; party=B", True, "letters alone count"),
        ('"Acme Inc" in party', "party=A; party=B", None, "others may be there, unread"),
        ('"Acme Inc" not in party', "party=A; party=B", True, "none of those that were found"),
        ('"Acme Inc" not in party', "party=Acme inc; party=B", False, "it is one"),
        ('account in ["DE89 3704"]', "account=DE893704; account=FR76", False, "each must be one of them"),
        ("party is known", "party=A", True, "it is"),
        ("party is known", "", None, "missing"),
        ("party is known", "party=A|B", True, "one of two"),
        ("party is known", "party=A?", None, "not sure"),
        ("party is not known", "", True, "nothing was found"),
        ("party is not known", "party=A", False, "it is there"),
        ("end is not known or start < end", "start=2026-01-01", True, "nothing to compare"),
        ("end is not known or start < end", "start=2026-01-01; end=2025-01-01", False, "neither"),
        ("term <= P3Y and law in [DE]", "term=P5Y", False, "one is enough to contradict"),
        ("term <= P3Y and law in [DE]", "term=P1Y", None, "the other is missing"),
        ("term <= P3Y or law in [DE]", "law=DE", True, "one is enough"),
        ("not (term > P3Y or law in [FR])", "term=P1Y; law=DE", True, "neither"),
        ("not (term > P3Y or law in [FR])", "term=P1Y", None, "the other is missing"),
    ],
)  # fmt: skip
def test_only_what_is_sure_decides(expect: str, stated: str, holds: bool | None, why: str) -> None:
    assert weigh(parse(expect, TYPES, "x"), facts(stated)).holds is holds, why


@pytest.mark.parametrize(
    ("expect", "stated", "expected"),
    [
        ("term <= P3Y", "term=P5Y", "Found: term P5Y, expected at most P3Y."),
        ("term <= P3Y", "term=P2Y", "Found: term P2Y."),
        ("term <= P3Y", "", "Not found: term, expected at most P3Y."),
        ("law in [DE, CH]", "law=FR|DE", "Found: law FR or DE, expected one of [DE, CH]."),
        ("start < 2026-01-01", "start=2026-02-01", "Found: start 2026-02-01, expected before 2026-01-01."),
        (
            "gross == net + tax",
            "gross=9.00 EUR; net=5.00; tax=1.00",
            "Found: gross 9.00 EUR, net 5.00, tax 1.00, expected gross == net + tax.",
        ),
        ("count(party) >= 2", "party=A?", "Not sure: party A, expected count(party) >= 2."),
        ("law in [DE,\n CH]", "law=FR", "Found: law FR, expected one of [DE, CH]."),
        (
            "end - start <= P1Y",
            "end=2028-01-01",
            "Found: end 2028-01-01, not found: start, expected end - start <= P1Y.",
        ),
    ],
)  # fmt: skip
def test_the_values_are_told_beside_what_was_expected(expect: str, stated: str, expected: str) -> None:
    assert says(weigh(parse(expect, TYPES, "x"), facts(stated))) == expected


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("", "expect is a text; write for example: term <= P3Y"),
        (3, "expect is a text"),
        ("term <= P3Y and", "a field or a value is missing at the end"),
        ("trem <= P3Y", "'trem' is not the name of a fact; did you mean term?"),
        ("zzz <= P3Y", "'zzz' is not the name of a fact; there are account, currency,"),
        ("term <= 3 years", "3 is not a valid duration; write P3Y, P18M, P30D or indefinite"),
        ("term <= P3Y years", "'and' or 'or' is missing before 'years'"),
        ("term <= P3X", "'P3X' is not understood"),
        ("term = P3Y", "'=' is not understood; write =="),
        ("start < gross", "a date is not compared with an amount; name fields of one type"),
        ("start < P3Y", "P3Y is not a valid date; write 2026-12-31"),
        ("start < 2026-02-30", "2026-02-30 is not a valid date"),
        ("start < start + start", "of dates one may be taken from another"),
        ("party < 'x'", "a text is not more or less than another; write == or in"),
        ("party == Acme", "'Acme' is not understood; a text stands in quotation marks"),
        ("law == 'Germany'", "'Germany' is not a valid jurisdiction; write DE, GB or US-NY, as in ISO 3166"),
        ("law in [UK]", "no fact has UK; write DE, GB or US-NY, as in ISO 3166"),
        ("law in [US-ZZ]", "no fact has US-ZZ; write"),
        ("currency == EUX", "no fact has EUX; write EUR"),
        ("gross <= 10 DE", "no fact has 10 DE; write 10000, or 10000.50 EUR"),
        ("gross <= 10 EUX", "no fact has 10 EUX; write"),
        ("gross <= 10 %", "no fact has 10 %; write"),
        ("dose <= 5 EUR", "5 EUR is not a valid quantity; write"),
        ('dose <= "140 mm Hg"', 'no fact has "140 mm Hg"; write'),
        ('start < "2026-01-01 noon"', "is not a valid date"),
        ("gross == 5 +- -1", "the value after +- must not be below zero"),
        ("law == 'a\r\u2028b'", "'a b' is not a valid jurisdiction"),
        ("currency == euro", "'euro' is not the name of a fact"),
        ("gross + term < 5", "amount and duration are not added up"),
        (
            "start < 2026-1-5",
            "values without a field are not added up; name fields of one type, and write days as",
        ),
        ("gross < 5 +- 1", "+- must come after =="),
        ("P3Y < P4Y", "it names no field of facts"),
        ("sum(gross) == gross", "gross is counted, added up, or each value of it taken; choose one"),
        ("law in DE", "a list stands in brackets, 'DE' does not; write for example: in [DE, CH]"),
        ("count(term", ") is missing at the end"),
        ("__import__('os')", "is not understood"),
        ("term is knwon", "known is missing before 'knwon'"),
        ("(" * 40 + "term is known" + ")" * 40, "it is nested more than 12 deep"),
        ("term is known or " * 40, f"expect is longer than {MOST_CHARS} characters"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(expect: object, message: str) -> None:
    with pytest.raises(DomainError) as raised:
        parse(expect, TYPES, "acme/rules.toml: long_term")
    assert str(raised.value).startswith("acme/rules.toml: long_term: expect")
    assert message in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "part", ["(", "not ", "-", "term is known or ", "9", "'", "[", "P1Y1M", " ", "term+"]
)
def test_hostile_expectations_are_read_in_bounded_time(part: str) -> None:
    begun = time.process_time()
    for text in (part * 100_000, part * (MOST_CHARS // len(part))):
        with pytest.raises(DomainError):
            parse(text, TYPES, "x")
    assert time.process_time() - begun < 0.5


def test_a_value_is_known_where_the_first_is_not_sure() -> None:
    outcome = weigh(parse("account is known", TYPES, "x"), facts("account=X1?; account=Y2"))
    assert outcome.holds and [one.value for one in outcome.facts] == ["Y2"]


def test_what_a_model_is_not_sure_of_is_neither_of_two_readings() -> None:
    unlike = replace(fact("term", "P4Y|P5Y"), source="model", probability=0.1)
    for expect in ("term <= P3Y", "term is known"):
        assert weigh(parse(expect, TYPES, "x"), [unlike]).holds is None


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("This Agreement shall expire on 03/04/2026.", False),
        ("If the licence is revoked, this Agreement shall expire on 03/04/2026.", None),
    ],
)
def test_of_a_day_that_hangs_on_a_condition_neither_reading_is_sure(text: str, holds: bool | None) -> None:
    stated = read_facts("legal", RuleInput(text, "nda"))
    expected = parse("expiration_date >= 2027-01-01", {"expiration_date": "date"}, "x")
    assert weigh(expected, stated).holds is holds


def test_many_values_take_bounded_time() -> None:
    many = [fact(name, f"{n}.00") for name in ("gross", "net", "tax") for n in range(1_000)]
    begun = time.process_time()
    outcome = weigh(parse("gross == net + tax", TYPES, "x"), many)
    assert outcome.holds is None and says(outcome).startswith(
        "Found: gross 0.00; 1.00; 2.00; 3.00; 4.00; 995"
    )
    assert time.process_time() - begun < 0.5


def test_too_many_ways_to_read_facts_are_not_tried_in_part() -> None:
    names = [f"n{at}" for at in range(12)]
    fields: dict[str, FactType] = dict.fromkeys(names, "amount")
    two = [replace(fact("gross", "1.00|2.00"), name=name) for name in names]
    # All but the last of the ways give the same answer.
    assert weigh(parse(f"{' + '.join(names)} < 24", fields, "x"), two).holds is None


def test_the_places_of_many_values_that_data_state_are_sought_in_bounded_time() -> None:
    stated = {"source": "stated", "start_char": None, "end_char": None}
    many = [replace(fact("party", f"{n}-{n}"), **stated) for n in range(1_000, 2_000)]  # type: ignore[arg-type]
    outcome = weigh(parse("count(party) >= 2", TYPES, "x"), many)
    begun = time.process_time()
    for text in ("1000-1000x" * 100_000, "1" * 1_000_000):
        assert place(outcome, RuleInput(text, facts=tuple(many))) is None
    assert time.process_time() - begun < 0.5
    text = "x1000-1000 or 10001000"
    found = place(outcome, RuleInput(text, facts=tuple(many)))
    assert found and text[slice(*found)] == "10001000"


def test_facts_of_every_type_can_be_compared() -> None:
    values: dict[FactType, str] = {
        "text": "Ash",
        "name": "Ash",
        "date": "2026-01-01",
        "time": "2026-01-01T10:05",
        "duration": "P1Y",
        "amount": "5.00",
        "number": "5",
        "percentage": "5",
        "quantity": "5 mg",
        "currency": "EUR",
        "account": "DE89",
        "identifier": "A1",
        "mailbox": "a@b.example",
        "jurisdiction": "DE",
    }
    assert set(values) == set(FACT_TYPES)
    for of, value in values.items():
        stated = replace(fact("party", value), type=of)
        assert weigh(parse("party == party", {"party": of}, "x"), [stated]).holds is True, of


FACTS = r"""[[fact]]
name = "fee"
title = "Fee"
type = "amount"
kinds = ["services"]
find = ['fee of EUR [\d.]+']
"""
RULES = """[[check]]
id = "low_fee"
severity = "high"
why = "We pay no more."
source = "ACME policy"
expect = "fee <= 1000 EUR"

[[flag]]
id = "tiny_fee"
severity = "low"
why = "Nobody works for that."
source = "ACME policy"
expect = "fee >= 1 EUR"
"""
EXAMPLES = [
    ("low_fee", "A fee of EUR 900.", "services", "pass"),
    ("low_fee", "A fee of EUR 900.", "lease", None),
    ("low_fee", "A fee of EUR 1001.", "services", "fail"),
    ("low_fee", "A fee.", "services", "review"),
    ("tiny_fee", "A fee of EUR 0.50.", "services", ["0.50"]),
]


def findings(text: str) -> list[Finding]:
    made = Document("d", "a.txt", text, "text/plain", domain="legal", kind="services")
    made = replace(made, facts=read_facts("legal", RuleInput(text, "services")))
    segments = (Segment("d", 0, 0, len(text), (), text, "en"),)
    view = replace(rule_input(made), segments=segments)
    return [row for row in comply("d", domains.load("legal"), view) if row.check_id == "low_fee"]


@pytest.mark.slow
def test_an_overlay_expects_something_of_its_own_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with overlay(tmp_path, monkeypatch, {"facts.toml": FACTS, "rules.toml": RULES}) as folder:
        domain = domains.load("legal")
        told = [dict(zip(("rule", "text", "kind", "expect"), one, strict=True)) for one in EXAMPLES]
        assert [examples.problem(domain, one, read_facts) for one in told] == [None] * 5
        (row,) = findings("A fee of EUR 1500.")
        assert (row.verdict, row.evidence) == ("fail", "1500")
        assert row.why == "We pay no more. Found: fee 1500 EUR, expected at most 1000 EUR."
        (row,) = findings("A fee.")
        assert (row.verdict, row.start_char, row.searched) == ("review", None, ("segment 0",))
        assert is_absence(row, Document("d", "a.txt", "A fee.", "text/plain"))
        digests = set()
        changed = [
            FACTS,
            FACTS.replace("fee of EUR", "fee: EUR"),
            FACTS.replace('"services"', '"services", "lease"'),
        ]
        changed += [
            FACTS.replace("find = ['fee of EUR [\\d.]+']", f'candidates = "{one}"')
            for one in ("line", "amount")
        ]
        for written in (*changed, FACTS.replace("Fee", "Price")):
            (folder / "facts.toml").write_text(written)
            forget_domains()
            digests.add(rule_digest.rule_digests("legal")["low_fee"])
        assert len(digests) == len(changed)


def test_a_doubt_sends_what_facts_say_to_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RULES.replace('expect = "fee <=', "doubts = ['(?i)plus expenses']\nexpect = \"fee <=")
    with overlay(tmp_path, monkeypatch, {"facts.toml": FACTS, "rules.toml": rules}):
        told = [findings(f"A fee of EUR {text}.")[0] for text in ("900", "900 plus expenses", "1500")]
        assert [row.verdict for row in told] == ["pass", "review", "fail"]
        assert told[1].evidence == "plus expenses"


def test_functions_see_the_headings_of_a_text_from_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "def fee(view):\n    return [(s.start_char, s.end_char) for s in view.segments if s.heading]\n"
    files = {"facts.toml": FACTS.replace("'fee of EUR [\\d.]+'", "'call:fee'"), "__init__.py": code}
    segments = (Segment("d", 0, 0, 1, (), "5", "en"), Segment("d", 1, 2, 3, ("Fee",), "7", "en"))
    with overlay(tmp_path, monkeypatch, files):
        facts = read_facts("legal", RuleInput("5 7", "services", segments=segments))
        assert [one.value for one in facts if one.name == "fee"] == ["7"]


def test_data_that_contradict_are_no_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with overlay(tmp_path, monkeypatch, {"facts.toml": FACTS, "rules.toml": RULES}):
        (rule,) = (one for one in domains.load("legal").checks if one.id == "low_fee")
        stated = replace(fact("gross", "5000.00 EUR"), name="fee", source="stated", start_char=None)
        assert rule.compares
        (one,) = rule.compares(RuleInput("", "services", facts=(stated,)))
        assert (one.verdict, one.span, one.absent) == ("fail", None, False)
        printed = replace(stated, source="rule", start_char=3, end_char=8)
        unlike = replace(printed, normalised="9.00", abstained=True)
        (one,) = rule.compares(RuleInput("", "services", facts=(stated, unlike, printed)))
        assert (one.verdict, one.span) == ("fail", (3, 8))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "fee <=",
            "foe <=",
            r"low_fee: expect: 'foe' is not the name of a fact; did you mean fee\? \(line 2 of",
        ),
        (
            "[[check]]",
            "[[check]]\nforbids = ['x']",
            "a check has one of requires, forbids, compares, expect, or expect and requires",
        ),
        ("[[check]]", "[[check]]\nabsent = 'failed'", "low_fee: absent is one of pass, fail, review"),
        ("[[check]]", "[[check]]\npresent = 1", "low_fee: present is one of pass, fail, review"),
        ("[[check]]", "[[check]]\nkinds = 3", "low_fee: kinds is a list of texts; write"),
        ("[[check]]", "[[check]]\nkinds = [3]", "low_fee: kinds is a list of texts; write"),
        ("[[check]]", "[[check]]\ndetail = ['x']", "low_fee: detail is a text; write it in quotation marks"),
        ("source", "title = 3\nsource", "low_fee: title is a text; write it in quotation marks"),
        ('"We pay no more."', "3", "low_fee: why is a text; write it in quotation marks"),
        ('"low_fee"', "3", "3: id is a text; write it in quotation marks"),
        ('"low_fee"', '"Low fee"', "Low fee: id is a word of small letters, digits and _, such as long_term"),
        ("[[check]]", "[[check]]\nhints = ['x']", "hints answer under a heading"),
        ("[[check]]", "[[check]]\nexclude = ['x']", "exclude is of wording, and expect reads facts; take it"),
        ("[[check]]", "[[check]]\nreads = 'both'", "reads is of wording"),
        ("[[check]]", "[[check]]\nkinds = ['nda']", "of kind nda state no fee; it is a fact of services"),
        ("[[flag]]", "[[flag]]\nany = ['x']", "a sign of fraud has any, .* or expect"),
    ],
)
def test_a_wrong_expectation_of_an_overlay_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, says: str
) -> None:
    files = {"facts.toml": FACTS, "rules.toml": RULES.replace(old, new, 1)}
    with overlay(tmp_path, monkeypatch, files), pytest.raises(DomainError, match=says):
        domains.load("legal")


def test_a_folder_whose_name_rows_cannot_have_is_refused(tmp_path: Path) -> None:
    (folder := tmp_path / "my rules").mkdir()
    (folder / "domain.toml").write_text('extends = "legal"\n')
    with pytest.raises(DomainError, match="my rules: rows name this folder, without blanks; rename it"):
        extended(folder)


def test_the_verdicts_of_a_check_can_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RULES.replace('expect = "fee <=', 'absent = "fail"\npresent = "review"\nexpect = "fee <=')
    with overlay(tmp_path, monkeypatch, {"facts.toml": FACTS, "rules.toml": rules}):
        assert [row.verdict for text in ("A fee.", "A fee of EUR 1500.") for row in findings(text)] == [
            "fail",
            "review",
        ]


def test_of_data_no_value_of_a_sum_is_missing() -> None:
    told = [replace(one, source="stated") for one in facts("net=100; tax=7; gross=126")]
    outcome = weigh(parse("net + sum(tax) == gross", TYPES, "x"), told)
    assert outcome.holds is False
    assert says(outcome).endswith("expected net + sum(tax) == gross.")


@pytest.mark.parametrize(("most", "holds"), [(1, False), (4, False), (3, None), (2, None)])
def test_where_data_have_as_many_values_as_are_kept_others_may_be_left_out(
    most: int, holds: bool | None
) -> None:
    values = "tax=7" if most == 1 else "tax=1; tax=2; tax=4"
    told = [replace(one, source="stated") for one in facts(f"net=100; gross=126; {values}")]
    assert weigh(parse("net + sum(tax) == gross", TYPES, "x", {"tax": most}), told).holds is holds


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        ("sum(law) == 1", "law is not an amount or number"),
        ("country(party) == DE", "party is not an account or number"),
        ("sum(sum(tax)) == 1", "sum is of a field"),
        ("sum(tax) is known", "is known is said of a field alone"),
    ],
)
def test_what_cannot_be_added_up_is_refused(expect: str, why: str) -> None:
    with pytest.raises(DomainError, match=why):
        parse(expect, TYPES, "x")
