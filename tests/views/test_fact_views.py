"""Views of facts: a row a document, an invoice or a patient, on tables of any fields and of none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from docassay.domains.folders import load, names
from docassay.schemas.errors import UsageError
from docassay.schemas.rows import Result
from docassay.storage.decisions.record import Choice, decide, withdraw
from docassay.views.facts import chosen, several_patients
from docassay.views.query import ask
from tests.commands.test_facts import fact
from tests.commands.test_query import call_here
from tests.fresh import overlay
from tests.storage.runs import run
from tests.tables import result

VIEWS = (
    "facts_decided",
    "facts_corrected",
    "facts_chosen",
    "facts_wide",
    "invoices",
    "contracts",
    "statements",
    "patients",
)
About = Mapping[str, Any]
STATED: About = {"source": "stated"}
DAY: About = {"type": "date"}
AT: About = {"start_char": 2, "end_char": 8}


def stating(uri: str, of: str, *values: tuple[str, str] | tuple[str, str, About]) -> Result:
    """Make a document of a domain and kind (``financial.invoice``) with facts: name, value, what else."""
    domain, _, kind = of.partition(".")
    made = result(f"the text of {uri}", uri, domain=domain, kind=kind, document_date=date(2024, 3, 5))
    rows = [fact(made, n, name, value, **dict(*more)) for n, (name, value, *more) in enumerate(values)]
    return replace(made, facts=tuple(rows))


def asked(out: Path, sql: str) -> list[dict[str, Any]]:
    return list(ask(str(out), sql).rows())


def test_views_of_tables_without_facts_are_empty_and_keep_their_columns(tmp_path: Path) -> None:
    run(tmp_path / "without", "run-1", [result("a text that states nothing")])
    run(tmp_path / "with", "run-1", [stating("a.txt", "financial.invoice", ("gross", "1.00"))])
    for view in VIEWS:
        assert asked(tmp_path / "without", f"from {view}") == []
        shapes = [ask(str(tmp_path / folder), f"from {view}").schema for folder in ("without", "with")]
        assert shapes[0] == shapes[1]


def test_views_read_tables_without_the_columns_of_today(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [stating("a.txt", "financial.invoice", ("gross", "1.00"))])
    for path in (tmp_path / "documents").glob("*.parquet"):
        rows = pq.read_table(path)
        kept = [name for name in rows.column_names if not name.startswith("document_date")]
        pq.write_table(rows.select(kept), path)
    for path in (tmp_path / "_manifests").rglob("*"):
        path.unlink()  # whose digests are those of the files as they were
    (row,) = asked(tmp_path, "from invoices")
    assert (row["gross"], row["document_date"]) == (Decimal("1.00"), None)
    assert len(asked(tmp_path, "from facts_wide")) == 1


def test_every_declared_field_is_a_column_and_others_stand_beside_them(tmp_path: Path) -> None:
    one = stating(
        "a.txt",
        "financial.invoice",
        ("issue_date", "2024-03-05"),
        ("gross", "1234.50"),
        ("order", "PO-9"),
        ("account", "DE1"),
        ("account", "DE2", {"abstained": True}),
        ("cost_centre", "17"),
        ("cost_centre", "18"),
        ("approver", "Ada"),
        ("due_date", "2024-04", {"abstained": True}),
    )
    run(tmp_path, "run-1", [one, stating("b.txt", "legal.nda", ("party", "Bell"), ("party", "Acme"))])
    first, second = asked(tmp_path, "from facts_wide order by uri")
    declared = {field.name for name in names() for field in load(name).facts}
    assert declared <= set(first)
    assert (first["issue_date"], first["gross"], first["order"]) == (
        date(2024, 3, 5),
        Decimal("1234.50"),
        "PO-9",
    )
    assert first["account"] == ["DE1"] and second["party"] == ["Bell", "Acme"]
    assert dict(first["other_fields"]) == {"approver": ["Ada"], "cost_centre": ["17", "18"]}
    assert (first["due_date"], first["doubtful"], second["other_fields"]) == (None, ["due_date"], None)
    assert asked(tmp_path, "select other_fields['approver'] as by from facts_wide where uri = 'a.txt'")


def test_prices_of_a_unit_are_not_rounded(tmp_path: Path) -> None:
    prices = [("line_unit_price", value, STATED) for value in ("0.0825", "0.284561", "12345678901234567.50")]
    run(tmp_path, "run-1", [stating("a.xml", "financial.invoice", *prices)])
    (row,) = asked(tmp_path, "select line_unit_price as prices from facts_wide")
    assert row["prices"] == [Decimal(value) for _, value, _ in prices]


def test_amounts_keep_the_three_decimals_of_their_currency(tmp_path: Path) -> None:
    sums = (("gross", "12.345", {"currency": "KWD"}), ("net", "12345678901234567", {"currency": "KWD"}))
    balance = ("opening_balance", "-0.005", {"currency": "TND"})
    documents = [
        stating("a.txt", "financial.invoice", *sums),
        stating("b.txt", "financial.bank_statement", balance),
    ]
    run(tmp_path, "run-1", documents)
    (row,) = asked(tmp_path, "from invoices")
    assert (row["gross"], row["net"]) == (Decimal("12.345"), Decimal("12345678901234567"))
    assert asked(tmp_path, "from statements")[0]["opening_balance"] == Decimal("-0.005")


def test_a_field_of_an_overlay_may_have_the_name_of_a_column_of_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that of what the query of the view makes on its way."""
    own = ("abstained", "name", "normalised", "ordinal", "others", "told", "value")
    declared = "".join(
        f"[[fact]]\nname = '{name}'\ntitle = '-'\ntype = 'text'\nfind = ['x']\n" for name in own
    )
    run(tmp_path / "out", "run-1", [stating("a.txt", "legal.nda", *((name, f"a {name}") for name in own))])
    with overlay(tmp_path, monkeypatch, {"facts.toml": declared}):
        (row,) = asked(tmp_path / "out", "from facts_wide")
    assert {name: row[name] for name in own} == {name: f"a {name}" for name in own}
    assert row["other_fields"] is None


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_the_wide_view_can_be_written(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "out", "run-1", [stating("a.txt", "legal.nda", ("party", "Bell"), ("own", "x"))])
    done = call_here(capfd, "query", tmp_path / "out", "from facts_wide", "--out", tmp_path / name)
    assert done == (0, "", "1 rows written\n")


BILL = (("invoice_number", "RE-17"), ("issue_date", "2024-03-05"), ("gross", "100.00"), ("currency", "EUR"))
TAX = ("seller_tax_number", "DE136695976")


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        pytest.param([[("seller", "Acme GmbH")], [("seller", "ACME GmbH")]], 1, id="one seller"),
        pytest.param([[TAX, ("seller", "Acme")], [TAX, ("seller", "Acme Europe")]], 1, id="one tax number"),
        pytest.param([[], []], 1, id="no seller"),
        pytest.param([[("seller", "Acme")], [("seller", "Bell")]], 2, id="two sellers"),
        pytest.param([[TAX], [("seller_tax_number", "DE111111125")]], 2, id="two tax numbers"),
        pytest.param([[("invoice_number", "RE-18")], []], 2, id="two numbers"),
        pytest.param([[("gross", "101.00")], []], 2, id="two totals"),
        pytest.param([[("issue_date", "2024-03-06")], []], 2, id="two days"),
        pytest.param([[("issue_date", "2024-03-05", {"abstained": True})], []], 2, id="a hint"),
        pytest.param([[("issue_date", "2024-03")], [("issue_date", "2024-03")]], 2, id="no day"),
    ],
)
def test_an_invoice_in_two_documents_counts_once(
    tmp_path: Path, more: Sequence[Sequence[Any]], rows: int
) -> None:
    bills = []
    for n, own in enumerate(more):
        names = {name for name, *_ in own}
        values = [*(one for one in BILL if one[0] not in names), *own]
        bills.append(stating(f"{n}.pdf", "financial.invoice", *values))
    run(tmp_path, "run-1", bills)
    found = asked(tmp_path, "from invoices order by uri")
    assert len(found) == rows
    assert [row["copies"] for row in found] == ([["1.pdf"]] if rows == 1 else [[], []])


def test_of_print_and_data_in_two_files_the_data_count(tmp_path: Path) -> None:
    data = [(name, value, STATED) for name, value in BILL]
    run(
        tmp_path,
        "run-1",
        [
            stating("a.pdf", "financial.invoice", *BILL),
            stating("b.xml", "financial.invoice", *data),
            stating("c.pdf", "financial.credit_note", *BILL),
            stating("d.pdf", "financial.invoice", ("gross", "7.00", {"currency": "CHF"})),
        ],
    )
    found = asked(tmp_path, "select uri, copies, currency from invoices order by uri")
    assert found == [
        {"uri": "b.xml", "copies": ["a.pdf"], "currency": "EUR"},
        {"uri": "c.pdf", "copies": [], "currency": "EUR"},
        {"uri": "d.pdf", "copies": [], "currency": "CHF"},
    ]


NUMBER = ("invoice_number", "RE-17")
SELLER = ("seller", "Acme")


def with_parts(whole: Result, *parts: Result) -> list[Result]:
    return [
        whole, *(replace(one, document=replace(one.document, parent_id=whole.doc_id)) for one in parts)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("in_print", "in_data"),
    [
        pytest.param([NUMBER, ("gross", "100.00", {"abstained": True})], [NUMBER], id="neither has all"),
        pytest.param([*BILL, TAX], [NUMBER], id="the print has all"),
        pytest.param(
            [NUMBER, ("gross", "9.00", {"abstained": True})], [*BILL, SELLER], id="the data have all"
        ),
        pytest.param(BILL, [NUMBER, *BILL[2:], SELLER], id="the data have no day"),
    ],
)
def test_the_data_within_a_print_are_no_invoice_of_their_own(
    tmp_path: Path, in_print: Sequence[Any], in_data: Sequence[Any]
) -> None:
    """Whichever of them states what tells invoices apart; nor is an equal one that lies elsewhere."""
    data = [(name, value, STATED) for name, value in in_data]
    whole = with_parts(
        stating("a.pdf", "financial.invoice", *in_print),
        stating("a.pdf#attachment-1", "financial.invoice", *data),
        stating("a.pdf#attachment-2", "financial.invoice", ("invoice_number", "RE-18")),
    )
    run(tmp_path, "run-1", [*whole, stating("b.pdf", "financial.invoice", *BILL)])
    found = asked(tmp_path, "select uri, list_sort(copies) as copies from invoices order by uri")
    is_same = all(any(one[0] == name for one in [*in_print, *in_data]) for name, _ in BILL)
    copies = ["a.pdf", "b.pdf"] if is_same else ["a.pdf"]
    assert found == [
        {"uri": "a.pdf#attachment-1", "copies": copies},
        {"uri": "a.pdf#attachment-2", "copies": []},
        *([] if is_same else [{"uri": "b.pdf", "copies": []}]),
    ]


def test_a_decision_on_equal_values_doubles_none_of_them(tmp_path: Path) -> None:
    """Data state the same amount of several lines, each without a place in the text."""
    lines = [("line_amount", "10.00", {**STATED, "group_id": n}) for n in range(3)]
    made = stating("a.xml", "financial.invoice", *lines, ("gross", "30.00", STATED))
    made = replace(made, facts=tuple(replace(one, start_char=None, end_char=None) for one in made.facts))
    run(tmp_path, "run-1", [made])
    decide(str(tmp_path), [Choice(made.doc_id, "fact", "line_amount", "right")], "Ann")
    for view in ("facts_decided", "facts_chosen"):
        found = asked(tmp_path, f"select group_id, decision from {view} order by ordinal")
        assert [(row["group_id"], row["decision"]) for row in found] == [
            *((n, "confirmed") for n in range(3)),
            (None, None),
        ]


def test_invoices_without_a_number_within_another_are_not_that_one_but_for_its_data(tmp_path: Path) -> None:
    parts = [stating(f"a.pdf#attachment-{n}", "financial.invoice", ("gross", f"{n}.00")) for n in (1, 2, 3)]
    parts[2] = replace(parts[2], document=replace(parts[2].document, media_type="application/xml"))
    run(tmp_path, "run-1", with_parts(stating("a.pdf", "financial.invoice", SELLER), *parts))
    found = asked(tmp_path, "select uri, copies from invoices order by uri")
    assert [row["uri"] for row in found] == ["a.pdf", "a.pdf#attachment-1", "a.pdf#attachment-2"]
    assert [row["copies"] for row in found] == [["a.pdf#attachment-3"], [], []]


def test_a_statement_has_its_balances_and_the_number_of_its_entries(tmp_path: Path) -> None:
    told = [
        ("account_holder", "Ada Brook"),
        ("account", "GB82WEST12345698765432"),
        ("period_start", "2024-02-01"),
        ("period_end", "2024-02-29"),
        ("opening_balance", "-10.00", {"currency": "GBP"}),
        ("closing_balance", "90.00", {"currency": "GBP", "abstained": True}),
        *(("entry_amount", amount, {"group_id": n}) for n, amount in enumerate(["50.00", "50.00"])),
    ]
    run(tmp_path, "run-1", [stating("a.txt", "financial.bank_statement", *told)])
    (row,) = asked(tmp_path, "from statements")
    assert (row["holder"], row["accounts"], row["currency"]) == (
        "Ada Brook",
        ["GB82WEST12345698765432"],
        "GBP",
    )
    assert (row["period_start"], row["period_end"]) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (row["opening_balance"], row["closing_balance"]) == (Decimal("-10.00"), Decimal("90.00"))
    assert (row["entries"], row["doubtful"]) == (2, ["closing_balance"])


def test_a_hint_in_a_group_counts_beside_what_is_sure_in_others(tmp_path: Path) -> None:
    one = stating(
        "a.txt",
        "financial.bank_statement",
        ("entry_amount", "-1.00", {"group_id": 0}),
        ("entry_amount", "2.00", {"group_id": 1, "abstained": True}),
        ("entry_amount", "3.00", {"group_id": 2}),
        ("entry_amount", "4.00", {"group_id": 2, "abstained": True}),
        ("entry_amount", "-1.00", {"group_id": 0, "source": "model"}),
    )
    run(tmp_path, "run-1", [one])
    (row,) = asked(tmp_path, "from facts_wide")
    assert row["entry_amount"] == [Decimal("-1.00"), Decimal("2.00"), Decimal("3.00")]
    assert row["doubtful"] == ["entry_amount"]
    assert [fact.ordinal for fact in chosen(one.facts)] == [0, 1, 2]
    assert asked(tmp_path, "select entries, doubtful from statements") == [
        {"entries": 3, "doubtful": ["entry_amount"]}
    ]


def test_a_patient_is_known_by_name_and_birth_date(tmp_path: Path) -> None:
    born = ("patient_birth_date", "1961-02-11")
    run(
        tmp_path,
        "run-1",
        [
            stating("a.txt", "medical.visit_note", ("patient", "Jane Doe"), born, ("record_number", "7")),
            stating("b.txt", "medical.consult", ("patient", "DOE, Jane"), born, ("record_number", "8")),
            stating("c.txt", "medical.consult", ("patient", "Jane Doe")),
            stating("d.txt", "medical.consult", ("patient", "Jane Doe", {"abstained": True}), born),
            stating("e.txt", "medical.consult", ("patient", "---"), born),
            stating("f.txt", "medical.consult", ("record_number", "7"), ("organization", "St. Ann")),
            stating("g.txt", "medical.consult", ("record_number", "7"), ("organization", "St. Ann")),
            stating("h.txt", "medical.consult", ("organization", "St. Ann")),
            stating("i.txt", "medical.consult", ("record_number", "7")),
            stating("j.txt", "medical.consult", ("record_number", "7")),
            stating("k.txt", "medical.consult", ("patient", "Zo\u00eb Doe"), born),
            stating("l.txt", "medical.consult", ("patient", "Zoe\u0308 Doe"), born),
        ],
    )
    found = asked(tmp_path, "select uris, record_numbers, documents, doubtful from patients order by uris")
    assert [row["uris"] for row in found] == [
        ["a.txt", "b.txt"],
        ["c.txt"],
        ["d.txt"],
        ["e.txt"],
        ["f.txt", "g.txt"],
        ["i.txt"],
        ["j.txt"],
        ["k.txt", "l.txt"],
    ]
    assert (found[0]["record_numbers"], found[2]["doubtful"]) == (["7", "8"], ["patient"])


def on_fact(doc: Result, field: str, outcome: str, value: str | None = None, **about: Any) -> Choice:
    return Choice(doc.doc_id, "fact", field, outcome, corrected_label=value, **about)


def test_what_people_decided_on_facts_is_what_views_show(tmp_path: Path) -> None:
    one = stating(
        "a.txt",
        "financial.invoice",
        ("invoice_number", "A-1"),
        ("issue_date", "2024-03-05", {**DAY, "abstained": True, "alternative": "2024-05-03"}),
        ("due_date", "2024-04-05", DAY),
        ("gross", "119.00", {"type": "amount", "currency": "EUR"}),
        ("seller", "Invoice"),
    )
    run(tmp_path, "run-1", [one])
    choices = [
        on_fact(one, "issue_date", "confirmed"),
        on_fact(one, "due_date", "corrected", "1 May 2024"),
        on_fact(one, "gross", "corrected", "191.00"),
        on_fact(one, "seller", "dismissed"),
        on_fact(one, "invoice_number", "not_sure"),
    ]
    recorded = decide(str(tmp_path), choices, "anna")
    (row,) = asked(tmp_path, "from invoices")
    told = {
        name: row[name] for name in ("invoice_number", "due_date", "gross", "currency", "seller", "doubtful")
    }
    assert told == {
        "invoice_number": "A-1",
        "due_date": date(2024, 5, 1),
        "gross": Decimal("191.00"),
        "currency": "EUR",
        "seller": None,
        "doubtful": None,
    }
    told_of = asked(tmp_path, "select name, normalised, alternative, decision, read_as from facts_chosen")
    assert {row["name"]: list(row.values())[1:] for row in told_of} == {
        "invoice_number": ["A-1", None, None, None],
        "issue_date": ["2024-03-05", None, "confirmed", None],
        "due_date": ["2024-05-01", None, "corrected", "2024-04-05"],
        "gross": ["191.00", None, "corrected", "119.00"],
    }
    # What the run had read stays in its rows, and counts again once the decision is taken back.
    withdraw(str(tmp_path), [recorded[1].decision_id], "anna")
    assert [row["due_date"] for row in asked(tmp_path, "from invoices")] == [date(2024, 4, 5)]


def test_a_decision_on_a_fact_holds_for_the_next_run_until_that_reads_something_else(tmp_path: Path) -> None:
    one = stating(
        "a.txt", "financial.invoice", ("gross", "119.00", AT), ("due_date", "2024-04-05", {**DAY, **AT})
    )
    run(tmp_path, "run-1", [one])
    decide(
        str(tmp_path),
        [on_fact(one, "gross", "corrected", "191.00"), on_fact(one, "due_date", "corrected", "2024-05-01")],
        "anna",
    )
    again = stating(
        "a.txt", "financial.invoice", ("gross", "19.00", AT), ("due_date", "2024-05-01", {**DAY, **AT})
    )
    run(tmp_path, "run-2", [again])
    states = asked(tmp_path, "select name, state, reopened_because from facts_decided order by name")
    assert [tuple(row.values()) for row in states] == [
        ("due_date", "decided", None),
        ("gross", "reopened", "said"),
    ]
    values = asked(tmp_path, "select normalised from facts_chosen order by name")
    assert [row["normalised"] for row in values] == ["2024-05-01", "19.00"]


def test_of_values_that_a_file_states_alike_one_decision_holds(tmp_path: Path) -> None:
    lines = [
        ("line_amount", "5.00", STATED),
        ("line_amount", "5.00", STATED),
        ("line_amount", "6.00", STATED),
    ]
    one = stating(
        "a.xml",
        "financial.invoice",
        *((*line[:2], {**line[2], "group_id": n}) for n, line in enumerate(lines)),
    )
    run(tmp_path, "run-1", [one])
    with pytest.raises(UsageError, match="may mean"):
        decide(str(tmp_path), [on_fact(one, "line_amount", "dismissed")], "anna")
    decide(str(tmp_path), [on_fact(one, "line_amount", "dismissed", label="5.00")], "anna")
    assert [row["value"] for row in asked(tmp_path, "from facts_chosen")] == ["6.00"]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("due_date", "soon", "is not a clear date"),
        ("due_date", "03/04/2024", "is not a clear date"),
        ("due_date", "2024-04-05", "says '2024-04-05' already"),
        ("gross", "much", "is not a clear amount"),
        ("net", "1.00", "have no fact net"),
    ],
)
def test_a_value_that_cannot_be_read_is_not_recorded(
    tmp_path: Path, field: str, value: str, why: str
) -> None:
    one = stating(
        "a.txt", "financial.invoice", ("due_date", "2024-04-05", DAY), ("gross", "1.00", {"type": "amount"})
    )
    run(tmp_path, "run-1", [one])
    with pytest.raises(UsageError, match=why):
        decide(str(tmp_path), [on_fact(one, field, "corrected", value)], "anna")
    assert asked(tmp_path, "from decisions") == []


def test_a_contract_has_its_terms_in_columns(tmp_path: Path) -> None:
    contract = stating(
        "a.txt",
        "legal.services",
        ("party", "Acme", {"role": "client"}),
        ("party", "Bell"),
        ("term", "P3Y"),
        ("renewal", "P1Y", {"role": "automatic"}),
        ("renewal_notice", "P60D"),
        ("notice_period", "P30D", {"abstained": True}),
        ("forum", "US-NY", {"role": "arbitration"}),
        ("forum", "US-DE", {"role": "courts"}),
        ("liability_cap", "500000.00", {"currency": "USD"}),
        ("amount", "12.00"),
    )
    run(tmp_path, "run-1", [contract, stating("b.txt", "legal.lease", ("amount", "12.00"))])
    (row,) = asked(tmp_path, "from contracts")
    assert (row["parties"], row["roles"]) == (["Acme", "Bell"], ["client", None])
    assert [row[name] for name in ("term", "renewal", "renewal_notice", "notice_period")] == [
        "P3Y",
        "P1Y",
        "P60D",
        "P30D",
    ]
    assert (row["forums"], row["doubtful"]) == (["US-NY", "US-DE"], ["notice_period"])
    assert (row["liability_cap"], row["liability_cap_currency"]) == (Decimal(500000), "USD")


def test_data_of_several_patients_are_said_to_be() -> None:
    alone = fact(result("x"), 0, "patient", "Ann Lee", source="stated")
    assert several_patients([alone]) == ""
    assert several_patients([replace(alone, alternative="Bo Hay")]) == "", "the text says another name"
    said = several_patients([replace(alone, abstained=True, alternative="Bo Hay")])
    assert said.startswith("This file has data of more than one patient, such as Ann Lee and Bo Hay.")
