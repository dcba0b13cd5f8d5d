"""Measure docassay on real documents that its authors did not write: what it read, recognised and flagged.

    python -m research.benchmarks.real [--data ../shared/data/real] [--tables FOLDER]

The manifest says of each document its set and what is known of it. Its kinds were given by source; what
reading a document corrected stands in `judged/kinds.tsv`. Shares have their 95 % Wilson interval.
"""

from __future__ import annotations

import argparse
import csv
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from docassay.domains.judged import wilson
from docassay.schemas import uris
from docassay.schemas.rows import UNKNOWN
from research.benchmarks import report

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "real"
JUDGED = ROOT / "research" / "judged"
SEVERE = frozenset({"high", "critical"})
BY_HEADERS = "failed_authentication"
"""The one sign of fraud that says nothing of a mail's content."""

MAIL_SETS = ("mail_phishing", "mail_bec", "mail_ham", "mail_enron")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a document.

    Attributes:
        kinds: The kinds that a professional would call it; empty where nobody has said.
        fraud: Whether it is fraud.
        group: Its set, or the part of a set that has a figure of its own.
    """

    file: str
    group: str
    domain: str
    kinds: frozenset[str]
    fraud: bool
    language: str


@dataclass(slots=True)
class Outcome:
    """What docassay said of a document, its attachments included."""

    document: Mapping[str, Any] | None = None
    reject: Mapping[str, Any] | None = None
    flags: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def severe(self) -> set[str]:
        """The codes of its high and critical flags."""
        return {row["code"] for row in self.flags if row["severity"] in SEVERE}


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Read a file of tab-separated values with a heading; an absent one is empty."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def expectations(data: Path) -> list[Expected]:
    """List what is known of each document, corrections included."""
    kinds = {row["file"]: row for row in read_tsv(JUDGED / "kinds.tsv")}
    languages = {row["file"]: row["language"] for row in read_tsv(JUDGED / "mail_languages.tsv")}
    expected = []
    for row in read_tsv(data / "manifest.tsv"):
        corrected = kinds.get(row["file"], {})
        mail = row["set"] in MAIL_SETS
        known = corrected.get("kind") or ("email" if mail else "")
        expected.append(
            Expected(
                file=row["file"],
                group=row["set"],
                domain=corrected.get("domain") or row["domain"],
                kinds=frozenset(name for name in known.split("|") if name),
                fraud=row["fraud"] == "yes",
                language=languages.get(row["file"]) or corrected.get("language") or row["language"],
            )
        )
    return expected


def outcomes(tables: Path, files: Iterable[str]) -> dict[str, Outcome]:
    """Read the tables of a run, by the file that each document lies in; of parts the longest is given."""
    known = set(files)

    def file_of(uri: str) -> str:
        path = uri.partition("#")[0]
        return next(
            (name for name in ("/".join(path.split("/")[-n:]) for n in (1, 2, 3)) if name in known), ""
        )

    def is_of_file(uri: str) -> bool:
        """Leave out attachments. A file that is cut has no row: its longest part stands for it."""
        return "#" not in (uris.whole_of(uri) or uri)

    by_file: dict[str, Outcome] = defaultdict(Outcome)
    # The same bytes are one document, though it lies in several files: its rows are found by its digest.
    files_of: dict[str, set[str]] = defaultdict(set)
    documents = {row["doc_id"]: row for row in rows_of(tables, "documents")}
    rejects = [row for row in rows_of(tables, "rejects") if row["table_name"] is None]
    for row in documents.values():
        for uri in (row["uri"], *(row.get("other_uris") or ())):
            if name := file_of(uri):
                files_of[row["doc_id"]].add(name)
                longest = by_file[name].document
                if is_of_file(uri) and (longest is None or row["chars"] > longest["chars"]):
                    by_file[name].document = row
    for row in rejects:
        name = file_of(row["uri"])
        if name and is_of_file(row["uri"]) and by_file[name].document is None:
            by_file[name].reject = row
    for row in rows_of(tables, "flags"):
        for name in files_of[row["doc_id"]]:
            by_file[name].flags.append(row)
    return by_file


def rows_of(tables: Path, table: str) -> list[dict[str, Any]]:
    """Read the rows of a table in a folder."""
    rows: list[dict[str, Any]] = []
    for path in sorted((tables / table).glob("*.parquet")):
        rows += pq.read_table(path).to_pylist()
    return rows


def share(hits: int, of: int) -> str:
    """Write a share with its Wilson interval.

    >>> share(3, 4)
    '3/4 .750 (.301-.954)'
    """
    if not of:
        return "0/0"
    low, high = wilson(hits, of)
    return f"{hits}/{of} {_short(hits / of)} ({_short(low)}-{_short(high)})"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def by_group(expected: Sequence[Expected], found: Mapping[str, Outcome]) -> list[list[str]]:
    """Count for each set: documents, read, kind right, domain right, status."""
    rows = []
    for group in dict.fromkeys(one.group for one in expected):
        members = [one for one in expected if one.group == group]
        read = [one for one in members if found[one.file].document]
        asked = [one for one in members if one.kinds]
        of_domain = [one for one in members if one.domain]
        rows.append(
            [
                group,
                share(len(read), len(members)),
                share(sum(_kind(found[one.file]) in one.kinds for one in asked), len(asked)),
                share(sum(_domain(found[one.file]) == one.domain for one in of_domain), len(of_domain)),
                _counted(_value(found[one.file], "status", "rejected") for one in members),
            ]
        )
    return rows


def _value(outcome: Outcome, column: str, absent: str) -> str:
    return str(outcome.document[column]) if outcome.document else absent


def _kind(outcome: Outcome) -> str:
    return _value(outcome, "kind", "") or ("none" if outcome.document else "")


def _domain(outcome: Outcome) -> str:
    return _value(outcome, "domain", UNKNOWN)


def _counted(values: Iterable[str]) -> str:
    return " ".join(f"{value} {count}" for value, count in Counter(values).most_common())


def fraud(expected: Sequence[Expected], found: Mapping[str, Outcome]) -> list[list[str]]:
    """Count fraud found, all and by content alone, by set and by language of 30 mails or more."""
    frauds = [one for one in expected if one.fraud]
    languages = Counter(one.language for one in frauds if one.group == "mail_phishing" and one.language)
    groups = [(group, [one for one in frauds if one.group == group]) for group in MAIL_SETS]
    groups += [
        (f"mail_phishing {tag}", [o for o in frauds if o.group == "mail_phishing" and o.language == tag])
        for tag, count in languages.most_common()
        if count >= 30
    ]
    return [
        [
            name,
            share(sum(bool(found[one.file].severe) for one in members), len(members)),
            share(sum(bool(found[one.file].severe - {BY_HEADERS}) for one in members), len(members)),
        ]
        for name, members in groups
        if members
    ]


def false_alarms(expected: Sequence[Expected], found: Mapping[str, Outcome]) -> list[list[str]]:
    """Count legitimate documents with a high or critical flag, by set, and the rules that raised it."""
    rows = []
    for group in dict.fromkeys(one.group for one in expected if not one.fraud):
        members = [one for one in expected if one.group == group and not one.fraud]
        flagged = [found[one.file].severe for one in members if found[one.file].severe]
        rows.append(
            [group, share(len(flagged), len(members)), _counted(code for codes in flagged for code in codes)]
        )
    return rows


def verdicts(tables: Path) -> list[list[str]]:
    """Count the verdicts of each check, and of all."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in {(r["doc_id"], r["check_id"]): r for r in rows_of(tables, "findings")}.values():
        counts[row["check_id"]][row["verdict"]] += 1
        counts["all"][row["verdict"]] += 1
    names = ("pass", "review", "fail")
    return [[check, *(str(counts[check][name]) for name in names)] for check in sorted(counts)]


def unpack(data: Path, folder: Path) -> None:
    """Unpack the archives of the documents."""
    for archive in sorted(data.glob("*.tar.xz")):
        with tarfile.open(archive) as members:
            members.extractall(folder, filter="data")


@contextmanager
def tables_of(data: Path, tables: Path | None) -> Iterator[Path]:
    """Give the tables of a run that has been, or else of one that reads every document now."""
    if tables is not None:
        yield tables
        return
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        unpack(data, Path(name) / "real")
        report.batch(Path(name) / "real", Path(name) / "tables")
        yield Path(name) / "tables"


def main() -> None:
    """Read every document, count, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.real",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tables", type=Path, help="the tables of a run that has been; else all is read now")
    options = parser.parse_args()
    expected = expectations(options.data)
    with tables_of(options.data, options.tables) as tables:
        found = outcomes(tables, [one.file for one in expected])
        found = {one.file: found.get(one.file, Outcome()) for one in expected}
        parts = {
            "sets": (["set", "read", "kind right", "domain right", "status"], by_group(expected, found)),
            "legitimate, with a high or critical flag": (
                ["set", "flagged", "by rule"],
                false_alarms(expected, found),
            ),
            "fraud found": (["set", "all", f"without {BY_HEADERS}"], fraud(expected, found)),
            "verdicts": (["check", "pass", "review", "fail"], verdicts(tables)),
        }
    for title, (headings, rows) in parts.items():
        report.show(title, headings, rows)
    report.save("real", figures(expected, found), {title: rows for title, (_, rows) in parts.items()})


def figures(expected: Sequence[Expected], found: Mapping[str, Outcome]) -> list[report.Figure]:
    """Give the figures that stand in docs/quality.md, with their targets."""

    def of(what: str, members: Sequence[Expected], hits: int, target: str) -> report.Figure:
        return report.figure(what, share(hits, len(members)), target)

    figures = []
    legitimate = [one for one in expected if not one.fraud]
    for domain in ("", *sorted({one.domain for one in legitimate} - {""})):
        members = [one for one in legitimate if one.domain == domain]
        what = f"legitimate, {domain or 'mail'}: a high or critical flag"
        figures.append(of(what, members, sum(bool(found[one.file].severe) for one in members), "≤ .010"))
    phishing = [one for one in expected if one.group == "mail_phishing"]
    bec = [one for one in expected if one.group == "mail_bec"]
    by_content = sum(bool(found[one.file].severe - {BY_HEADERS}) for one in phishing)
    figures += [
        of("fraud mail found", phishing, sum(bool(found[one.file].severe) for one in phishing), "≥ .85"),
        of("fraud mail found by content alone", phishing, by_content, "≥ .75"),
        of(
            "business e-mail compromise found", bec, sum(bool(found[one.file].severe) for one in bec), "≥ .80"
        ),
    ]
    kinds = {
        "mail": (MAIL_SETS, ".99"),
        "invoices": (("invoice_pdf", "invoice_xml"), ".95"),
        "NDAs": (("nda_pdf",), ".95"),
        "terms and policies": (("terms", "policy"), ".90"),
        "clinical notes and letters": (("note", "letter_german", "ccda"), ".85"),
        "filings": (("filing",), ".95"),
    }
    for what, (groups, target) in kinds.items():
        members = [one for one in expected if one.group in groups and one.kinds]
        right = sum(_kind(found[one.file]) in one.kinds for one in members)
        figures.append(of(f"type right: {what}", members, right, f"≥ {target}"))
    members = [one for one in expected if one.domain]
    right = sum(_domain(found[one.file]) == one.domain for one in members)
    figures.append(of("domain right", members, right, "≥ .97"))
    rejected = [one for one in expected if found[one.file].document is None]
    figures.append(of("rejected", expected, len(rejected), "0"))
    return figures


if __name__ == "__main__":
    main()
