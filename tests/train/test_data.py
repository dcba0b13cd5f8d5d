"""`docassay train`: what is said of data before any work, by line; no model is opened here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from docassay.schemas.errors import DataError
from docassay.train import checks, splits
from docassay.train.table import Columns, Findings, Row, Table, read

NOUNS = ["rent", "roof", "cellar", "garden", "heating", "window", "lift", "stairs", "keys", "balcony"]
VERBS = ["pays", "mends", "cleans", "paints", "inspects", "insures", "lets", "leaves", "heats", "guards"]
TEXTS = [f"Somebody {verb} the {noun} of house {n} {noun}" for n, noun in enumerate(NOUNS) for verb in VERBS]


def rows(number: int = 60, *more: Row) -> list[Row]:
    """Make rows of two labels in turn, with nothing wrong."""
    made = [Row(n + 2, TEXTS[n], ("pay" if n % 2 else "mend",)) for n in range(number)]
    return [*made, *more]


def read_text(tmp_path: Path, name: str, content: str | bytes) -> tuple[Table, Findings]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    findings = Findings()
    return read(path, Columns(), findings), findings


def found(findings: Findings) -> str:
    return "\n".join(
        f"{severity}: {text}"
        for severity in ("error", "warning")
        for text in findings.messages(severity)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_with_any_separator_and_lines_in_fields(tmp_path: Path, mark: str) -> None:
    content = f'id{mark}text{mark}label\n1{mark}"one\ntwo {mark} three"{mark}a\n2{mark}four{mark}b\n'
    table, findings = read_text(tmp_path, "data.csv", content)
    assert table.rows == [Row(2, f"one\ntwo {mark} three", ("a",)), Row(4, "four", ("b",))]
    assert not found(findings)


def test_formats_say_the_same(tmp_path: Path) -> None:
    values = [{"text": f"text {n}", "label": ["b", "a"][n % 2 :]} for n in range(6)]
    jsonl, _ = read_text(tmp_path, "data.jsonl", "\n".join(map(json.dumps, values)))
    pq.write_table(pa.Table.from_pylist(values), tmp_path / "data.parquet")
    parquet = read(tmp_path / "data.parquet", Columns(), Findings())
    lines = "".join(f"{value['text']},{';'.join(value['label'])}\n" for value in values)
    table, _ = read_text(tmp_path, "data.csv", "text,label\n" + lines)
    assert [(row.text, row.labels) for row in jsonl.rows] == [(row.text, row.labels) for row in parquet.rows]
    assert [(row.text, row.labels) for row in table.rows] == [(row.text, row.labels) for row in parquet.rows]
    assert jsonl.listed and parquet.listed and table.listed
    assert parquet.where == "row"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.csv", "words,label\na,b\n", r"has no column 'text'; it has 'words', 'label'; --text-column"),
        ("d.csv", "", "has no column 'text'; it has none"),
        ("d.csv", "text,label\na,b\nc,d,e\n", "line 3: 3 fields where the header has 2"),
        ("d.csv", 'text,label\na,b\n"c,d\n', "line 3: .*a quote that is not closed"),
        ("d.csv", 'text,label\n"' + "x" * 1_000_001, "line 2: field larger than field limit"),
        ("d.csv", "text,label\na,b\ncafé,d\n".encode("latin-1"), "line 3: byte 0xe9 is not UTF-8"),
        ("d.csv", "text,label\na,b\n".encode("utf-16"), "is UTF-16; convert it"),
        ("d.csv", b"text,label\n" + b"x" * 8_000_001, "line 2: longer than 8,000,000 bytes"),
        ("d.jsonl", '{"text": "a", "label": "b"}\n{"text": \n', "line 2: not JSON"),
        ("d.jsonl", '{"text": "a", "label": "b"}\n[1]\n', "line 2: not a JSON object"),
        ("d.jsonl", "[" * 100_000, "line 1: not JSON"),
        ("d.jsonl", '{"text": "a"}', "has no column 'label'"),
        ("d.parquet", "PAR1 but no more", "is not a Parquet file"),
        ("d.xlsx", "", "is none of .csv, .tsv, .jsonl"),
    ],
)
def test_broken_file_is_one_error_with_its_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_text(tmp_path, name, content)


def test_faulty_rows_are_named_together(tmp_path: Path) -> None:
    lines = [
        '{"text": "good", "label": "a"}',
        '{"text": " ", "label": "a"}',
        '{"text": null, "label": "a"}',
        '{"text": 5, "label": "a"}',
        '{"text": "nul \\u0000", "label": "a"}',
        '{"text": "half \\ud800", "label": "a"}',
        '{"text": "list of numbers", "label": [1.5]}',
        json.dumps({"text": "label is a text", "label": "x" * 101}),
        json.dumps({"text": "w " * 20_000, "label": "a"}),
    ]
    table, findings = read_text(tmp_path, "d.jsonl", "\n".join(lines))
    assert [row.line for row in table.rows] == [1, 9]
    assert len(table.rows[1].text) == 20_000
    said = found(findings)
    for part in (
        "error: no text (lines 2, 3)",
        "error: text is not a text (line 4)",
        "a NUL character in the text: the file is binary or cut; write it again as UTF-8 (line 5)",
        "(a lone surrogate) in the text (line 6)",
        "error: label is neither a text nor a list of texts (line 7)",
        "is 'label' the column of labels? (line 8)",
        "warning: texts longer than 20,000 characters: only that much of them is used (line 9)",
    ):
        assert part in said


def test_clean_rows_have_no_fault() -> None:
    findings = Findings()
    assert checks.check(rows(), "single", findings) == rows()
    assert not found(findings)


def _one_class(own: list[Row]) -> list[Row]:
    return [Row(row.line, row.text, ("pay",)) for row in own]


def _no_label(own: list[Row]) -> list[Row]:
    return [Row(own[0].line, own[0].text, ()), *own[1:]]


def _two_labels(own: list[Row]) -> list[Row]:
    return [Row(own[0].line, own[0].text, ("mend", "pay")), *own[1:]]


def _spelt(own: list[Row]) -> list[Row]:
    return [*own, *(Row(900 + n, f"Another sentence, number {n}", ("Pay ",)) for n in range(3))]


def _typo(own: list[Row]) -> list[Row]:
    return [*own, *(Row(900 + n, f"Another sentence, number {n}", ("mendd",)) for n in range(3))]


def _rare(own: list[Row]) -> list[Row]:
    return [*own, Row(900, "Another sentence", ("insure",))]


def _twice(own: list[Row]) -> list[Row]:
    return [*own, Row(900, own[3].text.upper() + "!", own[3].labels)]


def _contradiction(own: list[Row]) -> list[Row]:
    return [*own, Row(900, own[3].text, ("mend",))]


def _named(own: list[Row]) -> list[Row]:
    return [Row(row.line, f"{row.text}: {row.labels[0]}", row.labels) for row in own]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_one_class, "error: all rows have the label 'pay'"),
        (_no_label, "error: no label; where a text may have none, say --kind multi (line 2)"),
        (_two_labels, "error: several labels in a row of --kind single (line 2)"),
        (_spelt, "error: label 'Pay ' is 'pay' spelt differently (lines 900, 901, 902)"),
        (_typo, "warning: label 'mendd' may be a typo of 'mend' (lines 900, 901, 902)"),
        (
            _rare,
            "error: label 'insure' has 1 of the 3 examples that it needs: add some, or leave it out"
            " (line 900)",
        ),
        (_twice, "warning: a text that occurs earlier: used once (line 900)"),
        (_contradiction, "warning: the same text with other labels: left out"),
        (_named, "warning: 100% of the texts hold the name of their own label"),
        (lambda own: own[:20], "error: 20 usable rows, at least 30 are needed"),
    ],
)
def test_fault_of_the_whole_is_told(spoil: Callable[[list[Row]], list[Row]], message: str) -> None:
    findings = Findings()
    checks.check(spoil(rows()), "single", findings)
    assert message in found(findings)


def test_numbered_labels_are_no_typos() -> None:
    own = [*rows(), *(Row(900 + n, f"Another sentence, number {n}", ("pay2",)) for n in range(3))]
    own = [Row(row.line, row.text, tuple("pay1" if x == "pay" else x for x in row.labels)) for row in own]
    findings = Findings()
    checks.check(own, "single", findings)
    assert "typo" not in found(findings)


def test_one_label_of_which_some_texts_have_none_is_a_task() -> None:
    own = [Row(row.line, row.text, row.labels if "pay" in row.labels else ()) for row in rows()]
    findings = Findings()
    checks.check(own, "multi", findings)
    assert not found(findings)


def test_near_duplicates_share_a_split_and_every_label_is_in_each() -> None:
    templates = [Row(200 + n, f"{TEXTS[n % 9]} for a fee of {n} euro", ("fee",)) for n in range(60)]
    own = rows(100, *templates)
    parts = splits.split(own, 0, Findings())
    assert sorted(row.line for part in parts.values() for row in part) == sorted(row.line for row in own)
    for n in range(9):
        holding = {
            name for name, part in parts.items() for row in part if TEXTS[n] + " for a fee" in row.text
        }
        assert len(holding) == 1, "these differ in a number only"
    for part in parts.values():
        assert {label for row in part for label in row.labels} == {"fee", "mend", "pay"}
    assert 0.7 < len(parts["train"]) / len(own) < 0.9
    assert splits.split(own, 0, Findings()) == parts
    assert splits.split(own, 1, Findings()) != parts


def test_own_splits_are_kept_and_leaks_are_left_out_with_their_lines() -> None:
    own = [Row(row.line, row.text, row.labels, "test" if n < 15 else "Train") for n, row in enumerate(rows())]
    own.append(Row(900, own[0].text + " 7", own[0].labels, "train"))
    findings = Findings()
    parts = splits.split(own, 0, findings)
    assert [row.line for row in parts["test"]] == list(range(2, 17))
    assert parts["validation"] and 900 not in {row.line for row in parts["train"]}
    assert "a text of train nearly repeats one of test: left out of train (line 900)" in found(findings)


def in_documents(own: list[Row], size: int) -> list[Row]:
    return [replace(row, document=f"d{n // size}") for n, row in enumerate(own)]


def test_documents_are_dealt_out_whole() -> None:
    own = in_documents(rows(100), 5)
    parts = splits.split(own, 0, Findings())
    of = {name: {row.document for row in part} for name, part in parts.items()}
    assert sorted(name for names in of.values() for name in names) == sorted(f"d{n}" for n in range(20))
    assert [len(part) for part in parts.values()] == [80, 10, 10]
    assert all([row.line for row in part] == sorted(row.line for row in part) for part in parts.values())
    assert splits.split(own, 1, Findings()) != parts


def test_rare_labels_do_not_swell_the_test() -> None:
    """Ten labels, each in three documents of its own: thirds would be what each label alone asks for."""
    own = [
        Row(n, f"{TEXTS[n % 100]} {n}", (f"label{n // 3 // 3}",), document=f"d{n // 3}") for n in range(2, 92)
    ]
    parts = splits.split(own, 0, Findings())
    assert len(parts["train"]) >= 0.75 * len(own)
    assert {row.labels for row in parts["train"]} == {row.labels for row in own}


def test_a_clause_that_recurs_in_every_document_is_trained_on_and_reported() -> None:
    clauses = [Row(900 + n, "This is our standard clause on the law", ("law",)) for n in range(20)]
    own = [
        *in_documents(rows(100), 5),
        *(replace(row, document=f"d{n}") for n, row in enumerate(clauses)),
    ]
    findings = Findings()
    assert len(checks.check(own, "single", findings)) == len(own), "each is of a document of its own"
    parts = splits.split(own, 0, findings)
    assert {name for name, part in parts.items() for row in part if row.line >= 900} == set(parts)
    assert "a text of test nearly repeats one of train" in found(findings)


def test_whole_documents_are_drawn_where_there_are_too_many_rows() -> None:
    own = in_documents(rows(100), 5)
    findings = Findings()
    drawn = splits.sample(own, 52, 0, findings)
    assert len(drawn) == 50 and len({row.document for row in drawn}) == 10
    assert "50 of 100 rows are drawn" in found(findings)
    with pytest.raises(DataError, match="a document has more than 4 rows; --rows"):
        splits.sample(own, 4, 0, findings)


def test_a_document_that_a_split_of_ones_own_cuts_is_reported() -> None:
    own = in_documents(rows(), 5)
    own = [
        replace(row, split="Test" if n < 13 else ("train", "training")[n % 2]) for n, row in enumerate(own)
    ]
    findings = Findings()
    parts = splits.split(own, 0, findings)
    assert "a document in several splits: its texts reveal each other" in found(findings)
    cut = [line for (_, what), lines in findings.lines.items() if "several splits" in what for line in lines]
    assert len(cut) == 3, "those that the third document has in test"
    drawn = {row.document for row in parts["validation"]}
    assert drawn and not drawn & {row.document for row in parts["train"]}


def test_a_row_without_a_document_is_a_fault_where_others_have_one(tmp_path: Path) -> None:
    content = "text,label,document\n" + "".join(
        f"{row.text},{row.labels[0]},{'lease' if row.line != 7 else ''}\n" for row in rows()
    )
    table, findings = read_text(tmp_path, "data.csv", content)
    assert table.rows[0].document == "lease"
    checks.check(table.rows, "single", findings)
    assert "error: no document, where other rows have one (line 7)" in found(findings)
    with pytest.raises(DataError, match=r"no column 'doc_id'; it has .*; --document-column names it"):
        read(tmp_path / "data.csv", Columns(document="doc_id"), Findings())


@pytest.mark.parametrize("name", ["", "holdout"])
def test_own_split_must_be_in_every_row(name: str) -> None:
    own = [Row(row.line, row.text, row.labels, "train") for row in rows()]
    own[5] = Row(own[5].line, own[5].text, own[5].labels, name)
    with pytest.raises(DataError, match="line 7: split is"):
        splits.split(own, 0, Findings())


def test_texts_in_other_scripts_are_told_apart() -> None:
    own = [
        Row(n, text, ("a",))
        for n, text in enumerate(["契約は終了する", "家賃を支払う", "Договор", "Плата за жильё"])
    ]
    assert len({checks.key(row.text) for row in own}) == 4
    with pytest.raises(DataError, match="nothing is left"):
        splits.split([own[0]] * 2, 0, Findings())


@pytest.mark.parametrize("labels", [[1, 2, 3], [True, False, True]])
def test_numbers_and_truth_values_are_one_label_each(tmp_path: Path, labels: list[object]) -> None:
    values = [{"text": f"text {n}", "label": label} for n, label in enumerate(labels)]
    pq.write_table(pa.Table.from_pylist(values), tmp_path / "data.parquet")
    jsonl, _ = read_text(tmp_path, "data.jsonl", "\n".join(map(json.dumps, values)))
    for table in (jsonl, read(tmp_path / "data.parquet", Columns(), Findings())):
        assert not table.listed
        assert [row.labels for row in table.rows] == [(str(label).lower(),) for label in labels]


def test_a_column_that_was_named_must_be_there_and_once(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("text,text,label\na,b,c\n")
    with pytest.raises(DataError, match="several columns 'text'"):
        read(tmp_path / "data.csv", Columns(), Findings())
    (tmp_path / "data.csv").write_text("text,label,split\na,b,train\n")
    with pytest.raises(DataError, match=r"no column 'splt'.*--split-column"):
        read(tmp_path / "data.csv", Columns(split="splt"), Findings())
