"""`docassay facts`: a row for each document, of tables and of one file, and errors of one line."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from docassay.schemas.facts import Fact
from docassay.schemas.rows import Result
from docassay.views.facts import chosen, said, wide
from docassay.views.query import ask
from tests.commands.test_query import call_here
from tests.storage.runs import run
from tests.tables import result


def fact(of: Result, ordinal: int, name: str, value: str, **about: object) -> Fact:
    made = Fact(
        doc_id=of.doc_id,
        ordinal=ordinal,
        name=name,
        role=None,
        group_id=None,
        value=value,
        normalised=value,
        type="text",
        currency=None,
        alternative=None,
        start_char=None,
        end_char=None,
        source="rule",
        probability=None,
        abstained=False,
        decided_by=f"rule financial.{name}",
    )
    return replace(made, **about)  # type: ignore[arg-type]


def stating(text: str, uri: str, *values: tuple[str, str, dict[str, object]], **about: object) -> Result:
    of = result(text, uri, domain="financial", kind="invoice", **about)
    return replace(
        of, facts=tuple(fact(of, n, name, value, **more) for n, (name, value, more) in enumerate(values))
    )


HYBRID = stating(
    "both print and data",
    "a.pdf",
    ("gross", "100.00", {"source": "stated", "type": "amount", "currency": "EUR"}),
    ("gross", "999.00", {"type": "amount", "currency": "EUR"}),
    ("seller", "Acme; Söhne", {"source": "stated"}),
    ("account", "DE1", {}),
    ("account", "=DE2", {}),
    ("account", "DE3", {"abstained": True}),
)
PRINT = stating(
    "print alone",
    "b.txt",
    ("gross", "50.00", {"type": "amount", "abstained": True, "alternative": "60.00"}),
)
OTHER = replace(stating("no invoice", "c.txt", ("party", "Bell", {"role": "buyer"})), facts=())


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facts") / "out"
    run(folder, "run-1", [HYBRID, PRINT, OTHER])
    return folder


def rows(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


def test_tables_give_a_row_for_each_document_that_states_something(
    out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, printed, _ = call_here(capfd, "facts", out)
    assert code == 0
    assert rows(printed) == [
        {
            "uri": "a.pdf",
            "kind": "invoice",
            "seller": "Acme; Söhne",
            "gross": "100.00",
            "account": "DE1; =DE2",
        },
        {"uri": "b.txt", "kind": "invoice", "seller": "", "gross": "50.00", "account": ""},
    ]


def test_fields_are_chosen_in_their_order_and_documents_by_kind(
    out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, printed, _ = call_here(capfd, "facts", out, "--fields", "account,seller,account", "--kind", "invoice")
    assert list(rows(printed)[0]) == ["uri", "kind", "account", "seller"] and len(rows(printed)) == 1


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx", "a.csv"])
def test_files(out: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    assert call_here(capfd, "facts", out, "--out", path) == (0, "", "2 rows written\n")
    if name == "a.parquet":
        assert pq.read_table(path)["gross"].to_pylist() == ["100.00", "50.00"]
    elif name == "a.xlsx":
        assert zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").count(b"<row ") == 3
    else:
        assert [row["gross"] for row in rows(path.read_text())] == ["100.00", "50.00"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["OUT", "--fields", "gross,no_such"], 2, "has no fact no_such; there are seller, gross, account"),
        (["OUT", "--fields", 'gross" drop'], 2, "a field name has only lower-case letters"),
        (["OUT", "--kind", "nda"], 2, "has no facts for the document type nda; there are some for invoice"),
        (["OUT/a.eml", "--fields", "nope"], 2, "--fields nope: no domain has such a fact; there are "),
        (["OUT/a.eml", "--kind", "email"], 2, "--kind filters the documents of tables"),
        (["OUT", "--kind", "x' or 1=1 --"], 2, "has no facts for the document type"),
        (["OUT", "--out", "OUT/facts/a.csv"], 2, "is inside the folder of the tables"),
        (["no/such/tables"], 2, "holds no tables"),
    ],
)
def test_what_is_wrong_is_one_line(
    out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], words: Sequence[str], code: int, told: str
) -> None:
    if words[0] == "OUT/a.eml":
        (tmp_path / "a.eml").write_text("From: <ada@b.example>\n\nHello.\n")
        words = [str(tmp_path / "a.eml"), *words[1:]]
    ended, printed, wrong = call_here(capfd, "facts", *(word.replace("OUT", str(out)) for word in words))
    assert (ended, printed) == (code, "") and told in wrong and wrong.count("\n") == 1


def test_one_file_is_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_text(
        "From: <ada@b.example>\nTo: <c@d.example>\nSubject: Hello\n\nSee you on Monday, all of you.\n"
    )
    code, printed, _ = call_here(capfd, "facts", path, "--fields", "sender,recipient")
    assert code == 0 and rows(printed)[0]["sender"] == "ada@b.example"
    path.write_bytes(b"%PDF-1.4 broken")
    code, printed, wrong = call_here(capfd, "facts", path)
    assert (code, printed) == (1, "") and "rejected in parse" in wrong


def test_views_count_an_invoice_that_is_print_and_data_once(out: Path) -> None:
    answer = list(
        ask(str(out), "select uri, gross, seller, accounts, doubtful from invoices order by uri").rows()
    )
    assert [(row["uri"], str(row["gross"]), row["doubtful"]) for row in answer] == [
        ("a.pdf", "100.000", None),
        ("b.txt", "50.000", ["gross"]),
    ]
    assert answer[0]["accounts"] == ["DE1", "=DE2"]


def test_python_and_sql_choose_the_same_facts(out: Path) -> None:
    in_sql = {(row["doc_id"], row["ordinal"]) for row in ask(str(out), "from facts_chosen").rows()}
    in_python = {(row.doc_id, row.ordinal) for of in (HYBRID, PRINT) for row in chosen(of.facts)}
    assert in_sql == in_python
    table = wide([HYBRID, PRINT], ())
    assert table.column_names == ["uri", "kind", "seller", "gross", "account"]
    assert table["account"].to_pylist() == ["DE1; =DE2", None]


def test_readers_see_what_counts_and_what_is_a_hint() -> None:
    first, second, *_ = said(HYBRID)
    assert (first.title, first.value, first.place) == ("Gross total", "100.00 EUR", "structured data")
    assert second.title == "Seller"
    (hint,) = said(PRINT)
    assert (hint.value, hint.alternative, hint.abstained) == ("50.00", "60.00", True)


def test_a_domain_lists_its_facts(capfd: pytest.CaptureFixture[str]) -> None:
    _, printed, _ = call_here(capfd, "domains", "medical")
    assert "facts: patient, patient_birth_date" in printed


def test_names_of_fields_in_tables_of_others_are_no_sql(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = 'x" from facts_chosen; --\n'
    run(tmp_path / "out", "run-1", [stating("odd", "a.txt", (name, "1", {}))])
    done = call_here(capfd, "facts", tmp_path / "out", "--out", tmp_path / "a.parquet")
    assert done == (0, "", "1 rows written\n")
    assert pq.read_table(tmp_path / "a.parquet").column_names == ["uri", "kind", name]
