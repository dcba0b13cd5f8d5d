"""Measure facts of clinical documents, bank statements and filings: what is read against what is known.

    python -m research.benchmarks.facts.clinical [--notes FOLDER] [--visits FOLDER] [--letters FOLDER]
        [--consultations FOLDER] [--ccda FOLDER ...] [--filings FOLDER] [--statements FOLDER] [--wrong]

`--notes` are the notes of `real`, `--visits` the tests of ACI-Bench in CSV, `--consultations` the notes of
PriMock57: `research/judged/clinical.tsv` has what 38, 13 and 29 of them state, as a language model read
them. `--letters` are the German letters of GraSCCo, with ``FOLDER.entities.jsonl`` beside them. `--ccda`
are C-CDA documents, whose narrative is read as if it were a print, and compared with their entries: it may
say more than they do. `--filings` are filings in HTML, whose cover is compared with their XBRL.
`--statements` are PDFs of the public repositories Michael-A-Fry/Bank-Statement-OCR and
johnsonhk88/AI-Bank-Statement-Document-Automation-By-LLM-(...): `research/judged/statements.tsv` has the
values of six.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docassay.schemas.facts import Fact
from docassay.transforms.budget import Budget
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits, Unusable, html, pdf, xml
from docassay.transforms.formats.media_types import HTML, PDF, XML
from research.benchmarks.facts.score import left_out, trusted

JUDGED = Path(__file__).parents[2] / "judged" / "clinical.tsv"

HEADINGS = (
    "field", "values", "precision", "recall", "F1", "absent right", "calibration", "taken at 1 % errors"
)  # fmt: skip

_PARTS = ("dose", "route", "frequency")


@dataclass(slots=True)
class Score:
    """What was found of a field, over some documents.

    Attributes:
        right: Values that are there and were found.
        found: Values that were found.
        there: Values that are there.
        absent: Documents without a value.
        silent: Those of them of which none was found.
        given: Whether each value that was found is sure, and whether it is right, where that was noted.
    """

    right: int = 0
    found: int = 0
    there: int = 0
    absent: int = 0
    silent: int = 0
    wrong: list[str] = field(default_factory=list)
    given: list[tuple[bool, bool]] = field(default_factory=list)

    def add(self, name: str, found: set[str], there: set[str], optional: set[str] | None = None) -> None:
        """Count a document; what is neither right nor wrong is left out."""
        found = found - (optional or set())
        self.right += len(found & there)
        self.found += len(found)
        self.there += len(there)
        if not there:
            self.absent += 1
            self.silent += not found
        self.wrong += [f"{name} +{one}" for one in sorted(found - there)]
        self.wrong += [f"{name} -{one}" for one in sorted(there - found)]

    def row(self, name: str) -> str:
        """Write precision, recall, F1, the share of documents rightly without it, and calibration, as a row.

        The probability of a value is the share of the others that are right.
        """
        precision = self.right / self.found if self.found else math.nan
        recall = self.right / self.there if self.there else math.nan
        f1 = 2 * self.right / (self.found + self.there) if self.found + self.there else math.nan
        absent = f"{self.silent / self.absent:.3f} of {self.absent}" if self.absent else "none"
        trust = " | ".join(trusted(left_out(self.right, self.found)))
        return f"| {name} | {self.there} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {absent} | {trust} |"


def facts_of(
    name: str, text: str, kind: str, language: str = "en", domain: str = "medical"
) -> tuple[Fact, ...]:
    """Read the facts of a text as one of a kind that is sure."""
    document = Document(
        name, name, text, "text/plain", domain=domain, kind=kind, language=language, kind_confident=True
    )
    return extract(document, Budget(rule_seconds=60)).facts


def _folded(value: str) -> str:
    return re.sub(r"[\W_]+", "", value.lower())


def of_notes(notes: Iterable[tuple[str, str]]) -> dict[str, Score]:
    """Score the notes, each a name and a text, that a person has read."""
    judged: dict[str, dict[str, str]] = defaultdict(dict)
    drawn = set[str]()
    for line in JUDGED.read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            number, what, told = line.split("\t")
            if number == "*":
                drawn |= set(told.split())
            else:
                judged[number][what] = told
    scores: dict[str, Score] = defaultdict(Score)
    for number, text in notes:
        if number not in drawn:
            continue
        found = facts_of(number, text, "visit_note")
        _medicines(scores, number, found, judged[number].get("drug", ""))
        for what in ("vital_sign", "laboratory_value"):
            written = {one.strip() for one in judged[number].get(what, "").split(";") if one.strip()}
            values = {f"{one.role}={_number(one.normalised)}" for one in found if one.name == what}
            scores[what].add(number, values, {_of_number(one) for one in written})
        # None of these stands in a transcript.
        names = ("patient", "record_number", "provider_npi", "admission_date")
        values = {one.value for one in found if one.name in (*names, "discharge_date")}
        scores["who and when"].add(number, values, set())
    return scores


def _notes(folder: Path) -> Iterator[tuple[str, str]]:
    yield from ((file.name[:3], file.read_text("utf-8")) for file in sorted(folder.iterdir()))


def _visits(folder: Path) -> Iterator[tuple[str, str]]:
    csv.field_size_limit(10_000_000)
    for name, part in (("test2", "clinicalnlp_taskC_test2.csv"), ("test3", "clef_taskC_test3.csv")):
        with (folder / part).open(encoding="utf-8", newline="") as rows:
            yield from ((f"{name}-{n}", row["note"]) for n, row in enumerate(csv.DictReader(rows)))


def _consultations(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.json")):
        yield file.stem, json.loads(file.read_text("utf-8"))["note"]


def _of_number(value: str) -> str:
    role, _, number = value.rpartition("=")
    return f"{role}={_number(number)}"


def _number(normalised: str | None) -> str:
    return f"{float((normalised or '0').split(' ')[0]):g}"


def _medicines(scores: dict[str, Score], number: str, found: Iterable[Fact], written: str) -> None:
    there = [
        [part.strip() for part in f"{one}|||".split("|")[:4]] for one in written.split(";") if one.strip()
    ]
    groups: dict[int, dict[str, str]] = defaultdict(dict)
    for one in found:
        if one.name in ("drug", *_PARTS) and one.group_id is not None:
            groups[one.group_id][one.name] = one.normalised or one.value
    names = {_folded(name) for name, *_ in there}
    scores["drug"].add(number, {_folded(one["drug"]) for one in groups.values()}, names)
    for at, part in enumerate(_PARTS, 1):
        known = {f"{_folded(one[0])}={one[at]}" for one in there if one[at]}
        read = {
            f"{_folded(one['drug'])}={one[part]}"
            for one in groups.values()
            if part in one and _folded(one["drug"]) in names
        }
        scores[part].add(number, read, known)


def of_letters(folder: Path) -> dict[str, Score]:
    """Score names, hospitals and physicians of German letters by the gold spans of personal data."""
    gold: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    for line in Path(f"{folder}.entities.jsonl").read_text("utf-8").split("\n"):
        if line:
            row = json.loads(line)
            gold[Path(row["file"]).name][row["label"]].append((row["start"], row["text"]))
    scores: dict[str, Score] = defaultdict(Score)
    for file in sorted(folder.glob("*.txt")):
        found = facts_of(file.name, file.read_text("utf-8"), "discharge_summary", "de")
        labels = gold[file.name]
        titles = {
            word for _, text in labels["NAME_TITLE"] for word in map(_folded, re.split(r"[\s.-]+", text))
        }
        for what, label in (
            ("patient", "NAME_PATIENT"),
            ("author", "NAME_DOCTOR"),
        ):
            # A name is right where its words are words of gold names of that label; one a letter.
            gold_words = {
                word for _, text in labels[label] for word in map(_folded, re.split(r"[\s.-]+", text))
            }
            values = {one.value for one in found if one.name == what}
            right = {one for one in values if _is_of(one, gold_words, titles)}
            scores[what].add(file.name, values, right or ({label} if labels[label] else set()))
        dates = {text for _, text in labels["DATE"]}
        for what in ("patient_birth_date", "admission_date", "discharge_date"):
            scores[f"{what} (is a date of the gold)"].add(
                file.name,
                {one.value for one in found if one.name == what},
                {one.value for one in found if one.name == what and one.value in dates},
            )
    return scores


def _is_of(value: str, words: set[str], titles: set[str]) -> bool:
    own = {word for word in map(_folded, re.split(r"[\s.-]+", value)) if word} - titles
    return bool(own) and own <= words


def of_ccda(folders: Iterable[Path]) -> dict[str, Score]:
    """Score what is read in the narrative of C-CDA documents by what their entries state."""
    scores: dict[str, Score] = defaultdict(Score)
    for file in sorted(file for folder in folders for file in folder.rglob("*.xml")):
        try:
            read = xml.read(file.read_bytes(), Limits(), XML)
        except (Unusable, OSError):
            continue
        stated: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for whole, value in read.embedded_values:
            name, _, rest = whole.partition("/")
            stated[name].append((rest.partition("/")[2], value))
        if not (stated["vital_sign"] or stated["laboratory_value"] or stated["drug"]):
            continue
        found = facts_of(file.name, read.text, "ccda_record")
        for name in ("vital_sign", "laboratory_value"):
            values = {_number(one.normalised) for one in found if one.name == name and one.role}
            # Names of the print and of codes differ: numbers are compared that stand in the narrative.
            there = {_number(value) for _, value in stated[name]}
            shown = {
                one for one in there if re.search(rf"(?<![\d.]){re.escape(one)}0{{0,2}}(?![\d])", read.text)
            }
            scores[name].add(file.name, values, shown, there - shown)
        names = {_folded(one.value) for one in found if one.name == "drug"}
        there = {_folded(value) for _, value in stated["drug"]}
        scores["drug"].add(file.name, {next((t for t in there if n in t or t in n), n) for n in names}, there)
        scores["patient"].add(
            file.name,
            {_folded(one.normalised or "") for one in found if one.name == "patient"},
            {_folded(value) for _, value in stated["patient"][:1]},
            {_folded(value) for _, value in stated["patient"][1:]},
        )
        scores["record_number"].add(
            file.name,
            {one.value for one in found if one.name == "record_number"},
            {value for _, value in stated["patient_id"][:1]},
            {value for _, value in stated["patient_id"][1:]},
        )
    return scores


def _bare_name(name: str) -> str:
    words = re.sub(r"/\w+/?$", "", name.lower().replace("&", " ")).replace(".", "").replace("-", " ")
    legal = {"the", "corporation", "corp", "inc", "incorporated", "company", "co", "and"}
    return " ".join(word for word in re.split(r"[\s,]+", words) if word and word not in legal)


_FORMS = {
    "10-K": "annual_report_10k",
    "10-Q": "quarterly_report_10q",
    "20-F": "annual_report_20f",
    "8-K": "current_report_8k",
}


def of_filings(folder: Path) -> dict[str, Score]:
    """Score what is read on the covers of filings by what their XBRL states."""
    scores: dict[str, Score] = defaultdict(Score)
    for file in sorted(folder.iterdir()):
        if file.suffix not in (".htm", ".html"):
            continue
        page = html.read(file.read_bytes(), Limits(), HTML)
        stated = dict(page.embedded_values)
        kind = _FORMS.get(stated.get("form", ""))
        if kind:
            found = facts_of(file.name, page.text, kind, domain="financial")
            for name in ("registrant", "form", "period"):
                values = {one.normalised or "" for one in found if one.name == name and not one.abstained}
                # The name that the Commission keeps has another article and legal form.
                fold = _bare_name if name == "registrant" else str
                there = {fold(stated[name])} if name in stated else set()
                scores[name].add(file.name, set(map(fold, values)), there)
    return scores


def of_statements(folder: Path) -> dict[str, Score]:
    """Score the bank statements that a person has read."""
    judged: dict[str, dict[str, str]] = defaultdict(dict)
    for line in JUDGED.with_name("statements.tsv").read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            name, what, values = line.split("\t")
            judged[name][what] = values
    scores: dict[str, Score] = defaultdict(Score)
    for name, known in judged.items():
        page = pdf.read((folder / f"{name}.pdf").read_bytes(), Limits(), PDF)
        found = [
            one
            for one in facts_of(name, page.text, "bank_statement", domain="financial")
            if not one.abstained
        ]
        for what in ("account_holder", "opening_balance", "closing_balance"):
            there = {known[what]} if what in known else set()
            scores[what].add(name, {one.normalised or "" for one in found if one.name == what}, there)
        days = {one.normalised or "" for one in found if one.name in ("period_start", "period_end")}
        scores["period_start, period_end"].add(name, days, set(known.get("period", "").split()))
        amounts = [one.normalised or "" for one in found if one.name == "entry_amount"]
        numbered = {f"{amount} {amounts[:n].count(amount)}" for n, amount in enumerate(amounts)}
        expected = known.get("entry_amount", "").split()
        there = {f"{amount} {expected[:n].count(amount)}" for n, amount in enumerate(expected)}
        scores["entry_amount"].add(name, numbered, there)
    return scores


def tables(options: argparse.Namespace) -> Iterator[str]:
    """Write a table for each set that was given."""
    parts = [
        ("Notes, judged by a language model", options.notes and of_notes(_notes(options.notes))),
        ("Notes of visits, judged by a language model", options.visits and of_notes(_visits(options.visits))),
        (
            "Notes of consultations, judged by a language model",
            options.consultations and of_notes(_consultations(options.consultations)),
        ),
        ("German letters, names", options.letters and of_letters(options.letters)),
        ("Filings, cover against XBRL", options.filings and of_filings(options.filings)),
        ("Bank statements, judged by a person", options.statements and of_statements(options.statements)),
        ("C-CDA, narrative against entries", options.ccda and of_ccda(options.ccda)),
    ]
    for title, scores in parts:
        if scores:
            yield from ("", f"{title}:", "")
            yield f"| {' | '.join(HEADINGS)} |"
            yield f"|{' --- |' * len(HEADINGS)}"
            yield from (score.row(name) for name, score in scores.items())
            if options.wrong:
                yield from (f"{name} {one}" for name, score in scores.items() for one in score.wrong)


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.facts.clinical", description=__doc__)
    parser.add_argument("--notes", type=Path)
    parser.add_argument("--visits", type=Path)
    parser.add_argument("--consultations", type=Path)
    parser.add_argument("--letters", type=Path)
    parser.add_argument("--ccda", type=Path, nargs="+")
    parser.add_argument("--filings", type=Path)
    parser.add_argument("--statements", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list what was read wrongly and what was missed")
    print("\n".join(tables(parser.parse_args())))


if __name__ == "__main__":
    main()
