"""The recipes of docs/extending.md, each performed on a copy of the repository, do what the page says."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.leases import sentences

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FOLDERS = [link.name for link in (ROOT / "docassay").iterdir() if link.is_symlink()]

CLAIM = """CLAIM FORM

Policyholder: A. Example. Claim number: 17. The deductible is 500.

WHAT HAPPENED
The adjuster notes that the loss occurred before the policy was signed.
"""
LEASE = """LEASE AGREEMENT

1. Premises
The Landlord lets to the Tenant the flat at 4 High Street for a term of twelve months.

2. Rent
The Tenant pays a rent of 900 a month in advance.

3. Repairs
The Landlord shall keep in good repair the roof and the walls.
"""
HEARING = b"WEBVTT\r\n\r\n00:01.000 --> 00:04.000\r\nHearing in the matter\r\nof Example.\r\n"
MAIL = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Hello\r\nMessage-ID: <1@b.example>\r\n\r\nText.\r\n"


def recipe(title: str) -> list[tuple[str, str, str]]:
    """Give the blocks of a recipe: language, the file that it is of, text."""
    section = PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", section, re.DOTALL)


def changed(text: str, diff: str) -> str:
    """Apply a diff whose parts, between lines of @@, each fit one place of a text; lines alone end it."""
    for part in re.split(r"(?m)^@@\n", diff):
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        if not before:
            text += after
            continue
        assert text.count(before) == 1, f"the page changes what is not there, or twice:\n{before}"
        text = text.replace(before, after)
    return text


def environment(first: Path) -> dict[str, str]:
    """Have Python look into a folder first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(first), os.environ.get("PYTHONPATH", "")])}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what runs; the models are linked, since no recipe writes to them."""
    copy = tmp_path / "copy"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "shipped"))
    (copy / "models" / "shipped").symlink_to(ROOT / "models" / "shipped")
    shutil.copytree(ROOT / "docassay", copy / "docassay", symlinks=True)
    return copy


def perform(copy: Path, title: str) -> list[str]:
    """Write what a recipe shows; name the files that it touched."""
    touched = []
    for language, name, text in recipe(title):
        assert name, "a block of a recipe names its file"
        path = copy / name
        if language == "diff":
            text = changed(path.read_text(encoding="utf-8"), text)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        touched.append(name)
    return touched


def run(copy: Path, *words: str) -> str:
    """Run Python on the copy alone, and give what it printed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def explained(copy: Path, file: Path, *words: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(
        run(copy, "-m", "docassay", "explain", str(file), "--json", *words)
    )
    return found


DIFFS = re.findall(r"```diff (\S+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "diff"), DIFFS, ids=[name for name, _ in DIFFS])
def test_a_diff_fits_its_file_once(name: str, diff: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(changed(text, diff)) > len(text)


@pytest.mark.slow
def test_a_domain_is_one_folder(copy: Path) -> None:
    touched = perform(copy, "A domain")
    assert {str(Path(name).parent) for name in touched} == {"domains/insurance"}
    (copy / "claim.txt").write_text(CLAIM)
    found = explained(copy, copy / "claim.txt")
    assert [flag["code"] for flag in found["flags"]] == ["loss_before_cover"]
    (copy / "tests" / "domains").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "domains" / "test_examples.py", copy / "tests" / "domains")
    options = ("-q", "-k", "insurance", "-p", "no:cacheprovider", "--rootdir", str(copy))
    assert "2 passed" in run(copy, "-m", "pytest", *options, "tests/domains/test_examples.py")


@pytest.mark.slow
def test_a_check_in_a_shipped_domain_is_two_files(copy: Path) -> None:
    assert perform(copy, "A check") == ["domains/legal/rules.toml", "domains/legal/examples.jsonl"]
    (copy / "lease.txt").write_text(LEASE)
    found = explained(copy, copy / "lease.txt")
    assert [one["verdict"] for one in found["findings"] if one["check_id"] == "lease_repairs"] == ["pass"]
    (copy / "tests" / "domains").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "domains" / "test_examples.py", copy / "tests" / "domains")
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", str(copy), "tests/domains/test_examples.py")
    assert "2 passed" in run(copy, "-m", "pytest", *options, "-k", "legal")


@pytest.mark.slow
def test_a_fact_is_one_entry(copy: Path) -> None:
    assert perform(copy, "A fact") == ["domains/legal/facts.toml"]
    (copy / "lease.txt").write_text(f"{LEASE}\n4. Deposit\nThe Tenant pays a deposit of EUR 2,400.00.\n")
    found = explained(copy, copy / "lease.txt")
    assert [fact["normalised"] for fact in found["facts"] if fact["name"] == "deposit"] == ["2400.00"]


@pytest.mark.slow
def test_a_language_is_one_folder(copy: Path) -> None:
    assert perform(copy, "A language") == ["languages/sv/words.toml"]
    code = """
from docassay.domains.legal import dates, parties
from docassay.domains.values import read_day
from docassay.domains.rules import RuleInput
from docassay.languages import lists

text = "The term starts on 30 februari 2024."
print(read_day("5 maj 2024"), [text[slice(*span)] for span in dates.impossible_dates(RuleInput(text))])
print(lists()["sv_company_forms"], "ämne" in lists()["any_mail_subject"], "ab" in parties.SUFFIXES)
"""
    assert run(copy, "-c", code).splitlines() == [
        "2024-05-05 ['30 februari 2024']",
        "['ab'] True True",
    ]


@pytest.mark.slow
def test_a_format_is_one_file_and_one_line(copy: Path) -> None:
    touched = perform(copy, "A format")
    assert touched == ["transforms/formats/webvtt.py", "transforms/formats/kinds.py"]
    (copy / "transcript").write_bytes(HEARING)
    found = explained(copy, copy / "transcript")
    assert found["text"] == "Hearing in the matter\nof Example."


@pytest.mark.slow
def test_a_source_is_one_file_and_one_line(copy: Path) -> None:
    touched = perform(copy, "A source")
    assert touched == ["pipelines/sources/maildir.py", "pipelines/sources/__init__.py"]
    assert sum(line.startswith("+") for line in recipe("A source")[1][2].splitlines()) == 1
    (copy / "mail" / "new").mkdir(parents=True)
    mail = copy / "mail" / "new" / "1.eml"
    mail.write_bytes(MAIL)
    os.utime(mail, (1_700_000_000, 1_700_000_000))
    code = """
import apache_beam as beam
from docassay.pipelines.sources import Stream, open_source
from docassay.pipelines.sources.folder import LookFn
from docassay.schemas.errors import InputError

source = open_source(Stream("maildir://mail", "out"))
source.check()
look = LookFn(source._stream)
with beam.Pipeline("apache_beam.runners.portability.fn_api_runner.FnApiRunner") as pipeline:
    found = pipeline | beam.Create([0]) | beam.ParDo(look)
    _ = found | beam.Map(lambda source: print(source.uri))
try:
    open_source(Stream("maildir://nowhere", "out")).check()
except InputError as error:
    print(error)
"""
    said = run(copy, "-c", code)
    assert said.splitlines() == ["mail/new/1.eml", "maildir://nowhere: no Maildir, it has no folder new"]


@pytest.mark.slow
def test_a_column_is_in_the_schema_and_old_files_still_read(copy: Path) -> None:
    old = "from docassay.schemas.arrow import schema; import pyarrow.parquet as pq"
    run(copy, "-c", f"{old}; pq.write_table(schema('documents').empty_table(), 'old.parquet')")
    touched = perform(copy, "A column")
    assert touched == ["schemas/rows.py", "schemas/locked/documents.txt", "transforms/document_row.py"]
    code = """
import duckdb
import pyarrow.parquet as pq
from docassay.schemas.arrow import LOCKED, meanings, schema, text

assert schema("documents").field("words").nullable and meanings("documents")["words"]
assert text("documents") == (LOCKED / "documents.txt").read_text()
pq.write_table(schema("documents").empty_table(), "new.parquet")
files = "read_parquet(['old.parquet', 'new.parquet'], union_by_name = true)"
assert "words" in duckdb.sql(f"select * from {files}").columns
"""
    run(copy, "-c", code)
    (copy / "note.txt").write_text("one two three\n")
    assert explained(copy, copy / "note.txt")["document"]["words"] == 3  # type: ignore[call-overload]


@pytest.mark.slow
def test_a_head_touches_no_file(tmp_path: Path) -> None:
    """With the repository itself: nothing of it is changed."""
    with (tmp_path / "leases.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        table.writerows(sentences(120))
    (tmp_path / "lease.txt").write_text(
        "LEASE AGREEMENT\n\n1. Terms\n\nThe tenant pays the rent monthly in advance by standing order.\n"
    )
    ((language, _, text),) = recipe("A head")
    assert language == "sh"
    for line in text.splitlines():
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(line)],
            cwd=tmp_path,
            env=environment(ROOT),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(done.stdout)["classifications"]
    labels = {row["label"] for row in rows if row["task"] == "lease_topic"}
    assert labels and labels <= {"rent", "repair", "notice"}
