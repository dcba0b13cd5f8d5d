"""Measure the facts of contracts on documents that nobody read while the rules were written.

    python -m research.benchmarks.facts.contracts --nda FOLDER --cuad FOLDER [--part read]

`--nda` has the NDAs of Kleister NDA as PDF, ``FOLDER.facts.tsv`` beside it (file, what is expected);
`--cuad` has CUAD's ``master_clauses.csv`` and the contracts as ``*.txt``. What was read while the rules were
written is apart from what is measured: of the NDAs those whose names begin with 0 to 4, of CUAD all contracts
but the 102 that `random.Random(0).shuffle` of the sorted names puts first.

Of Kleister NDA values are scored as the data set does, upper-cased attribute=value pairs in its normal form;
it has none for a term without end. Of CUAD, dates, places and durations are compared by value (a year is
twelve months; "perpetual" is without end, "successive" a renewal of no stated length), a title without marks;
a party is right where its name without legal form begins as the other does, or is 88 % alike: the answers
were typed, leave out what stands in brackets and add affiliates.

CUAD has no normalised answers for the notice to terminate and the cap on liability, but the clauses that
lawyers marked: their only duration or amount is the answer, a contract with several is left out, and the
words by which a cap is measured are right where they stand in a marked clause. It has none for forum and
signatories: a language
model read passages of 60 of the contracts that are not measured otherwise (``signed.tsv``).
"""

from __future__ import annotations

import argparse
import ast
import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rapidfuzz import fuzz

from docassay.domains.durations import INDEFINITE, UNSTATED, durations
from docassay.domains.legal.places import code_of, name_of
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.transforms import stages
from docassay.transforms.budget import Budget
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.read import read
from docassay.views.facts import chosen
from research.benchmarks import report
from research.benchmarks.facts.score import HEADINGS, Scores, rows, save_trust

APART = 102
"""Contracts of CUAD that are measured."""

NDA_READ = "01234"
"""First characters of the names of the NDAs that were read."""

_ALIKE, _TWO, _MONTHS = 88, 2, 12
_FORM_WORDS = """
inc llc ltd limited corp corporation co company lp llp plc gmbh ag sa sas nv bv kg incorporated the
"""
_FORMS = frozenset(_FORM_WORDS.split())
_KLEISTER = ((r"&", "and"), (r"(?i)\bL\.?\s?L\.?\s?C\b\.?", "LLC"), (r"(?i)\bL\.?\s?P\b\.?", "LP"))
_KLEISTER_FORMS = {"inc": "Inc.", "incorporated": "Inc.", "ltd": "Ltd.", "limited": "Ltd.", "corp": "Corp."}
_COLUMNS = {
    "agreement": "Document Name-Answer",
    "agreement_date": "Agreement Date-Answer",
    "expiration_date": "Expiration Date-Answer",
    "renewal": "Renewal Term-Answer",
    "renewal_notice": "Notice Period To Terminate Renewal- Answer",
    "governing_law": "Governing Law-Answer",
}
_DURATIONS = ("renewal", "renewal_notice", "notice_period")
_NO_PARTY = re.compile(r"(?i)collectively|individually|each a|\bpart(?:y|ies)\b")
SIGNED = Path(__file__).with_name("signed.tsv")
"""Forum and signatories of 60 contracts, as a language model read them."""

_LIMITS = re.compile(r"(?i)\bexceed|limited to|in excess|greater|lesser|up to")
_MONEY = re.compile(r"(?i)(?:[$€£]\s?|\b(?:USD|EUR|GBP)\s?)([0-9][0-9,]*(?:\.[0-9]+)?)")
_IS_LENGTH = re.compile(r"P[0-9]+[MWD]")
_UNITS = {"year": "Y", "month": "M", "week": "W", "day": "D"}


def documents(files: list[Path]) -> Iterator[tuple[Path, Document]]:
    """Read files as a run does, up to the cut into segments."""
    context = Context(Options())
    for file in files:
        source = read(Source(str(file)), Limits(), open_file)
        if isinstance(source, Reject):
            continue
        found = [one for one in parse(source, Limits()) if isinstance(one, Document)]
        for stage in stages.STAGES:
            if stage.name in ("see", "detect", "split"):
                found = [one for one in stage.run_mixed(found, context) if isinstance(one, Document)]
        yield from ((file, one) for one in found)


def stated(document: Document) -> list[Fact]:
    """Give the facts of a document that count."""
    return chosen(extract(document, Budget(rule_seconds=60)).facts)


def kleister(name: str, value: str) -> str:
    """Write a value of a fact in the normal form of Kleister NDA.

    >>> kleister("party", "Acme & Sons, L.L.C."), kleister("term", "P18M"), kleister("governing_law", "US-NY")
    ('PARTY=ACME_AND_SONS_LLC', 'TERM=18_MONTHS', 'JURISDICTION=NEW_YORK')
    """
    if name == "governing_law":
        name, value = "jurisdiction", name_of(value) or value
    elif name == "term" and (match := re.fullmatch(r"P([0-9.]+)([YMWD])", value)):
        unit = next(unit for unit, letter in _UNITS.items() if letter == match[2])
        value = f"{match[1]} {unit}{'' if match[1] == '1' else 's'}"
    elif name == "party":
        for pattern, written in _KLEISTER:
            value = re.sub(pattern, written, value)
        words = value.replace(",", " ").split()
        value = " ".join(_KLEISTER_FORMS.get(word.lower().strip("."), word) for word in words)
    return f"{name}={value.replace(' ', '_')}".upper()


def of_nda(folder: Path, part: str) -> Scores:
    """Score the NDAs: each field, and all of them together."""
    gold: dict[str, set[str]] = {}
    with Path(f"{folder}.facts.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            gold[Path(row["file"]).name] = {one.upper() for one in row["expected"].split()}
    files = [
        file
        for file in sorted(folder.glob("*.pdf"))
        if file.name in gold and (file.name[0] in NDA_READ) == (part == "read")
    ]
    scores = Scores()
    for file, document in documents(files):
        # The data set has no value for a term without end.
        facts = [one for one in stated(document) if one.normalised and one.normalised != INDEFINITE]
        for name in ("party", "effective_date", "governing_law", "term", "all"):
            own = [one for one in facts if one.name == name or name == "all"]
            own = [one for one in own if one.name in ("party", "effective_date", "governing_law", "term")]
            key = "JURISDICTION" if name == "governing_law" else name.upper()
            there = {one for one in gold[file.name] if name == "all" or one.startswith(f"{key}=")}
            given = {kleister(one.name, one.normalised or "") for one in own}
            sure = {kleister(one.name, one.normalised or "") for one in own if not one.abstained}
            scores.of(name).add(given, sure, there, str.__eq__)
    return scores


def of_cuad(folder: Path, part: str) -> tuple[Scores, Scores, Scores]:
    """Score the contracts of CUAD, field by field: all, then renewals whose answer is a length or none.

    The third has `term` as far as it says that a contract has no end: where CUAD has "perpetual" for the day
    on which it ends, which it has of many that end with something that may happen, too.
    """
    with (folder / "master_clauses.csv").open(encoding="utf-8", newline="") as lines:
        gold = {row["Filename"]: row for row in csv.DictReader(lines)}
    names = sorted(gold)
    random.Random(0).shuffle(names)
    names = names[APART:] if part == "read" else names[:APART]
    there = {_letters(path.stem): path for path in folder.rglob("*.txt")}
    files = {there[key]: name for name in names if (key := _letters(name[: name.rfind(".")])) in there}
    scores, of_lengths, of_endless = Scores(), Scores(), Scores()
    for file, document in documents(list(files)):
        facts = stated(document)
        for name, values in answers(gold[files[file]]).items():
            _add(scores, name, facts, values)
            if name == "renewal" and all(_IS_LENGTH.fullmatch(one) for one in values):
                _add(of_lengths, name, facts, values)
        terms = [one for one in facts if one.name == "term" and one.normalised == INDEFINITE]
        _add(of_endless, "term", terms, {INDEFINITE} if has_no_end(gold[files[file]]) else set())
    return scores, of_lengths, of_endless


def has_no_end(row: dict[str, str]) -> bool:
    """Tell whether the answer to when a contract ends is that it does not."""
    return "perpetual" in row[_COLUMNS["expiration_date"]].lower()


def of_signed(folder: Path) -> Scores:
    """Score forum and signatories of the contracts that a language model has read."""
    with SIGNED.open(encoding="utf-8", newline="") as lines:
        gold = {_letters(Path(row["file"]).stem): row for row in csv.DictReader(lines, delimiter="\t")}
    scores = Scores()
    files = [path for path in sorted(folder.rglob("*.txt")) if _letters(path.stem) in gold]
    for file, document in documents(files):
        facts = stated(document)
        for name in ("forum", "signatory"):
            written = gold[_letters(file.stem)][name]
            _add(scores, name, facts, {one.strip() for one in written.split(";") if one.strip()})
    return scores


def _add(scores: Scores, name: str, facts: list[Fact], values: set[str]) -> None:
    own = [one for one in facts if one.name == name and one.normalised]
    given = {compared(name, one.normalised or "") for one in own}
    sure = {compared(name, one.normalised or "") for one in own if not one.abstained}
    same = {"party": same_party, "signatory": same_party, "liability_cap_basis": stands_in}
    scores.of(name).add(given, sure, values, same.get(name, str.__eq__))


def answers(row: dict[str, str]) -> dict[str, set[str]]:
    """Read the normalised answers of a contract of CUAD, in the form in which facts are compared."""
    found: dict[str, set[str]] = defaultdict(set)
    parties = [re.sub(r"\(.*?\)", "", one).strip() for one in row["Parties-Answer"].split(";")]
    parties = [one for one in parties if _bare(one) and not _NO_PARTY.search(one)]
    words = {word for one in parties if " AND " not in f" {_bare(one)} " for word in _bare(one).split()}
    # "CARDAX and CAPSUGEL" sums up two parties that are listed.
    found["party"] = {
        one for one in parties if not {*_bare(one).split()} - {"AND"} <= words or "and" not in one
    }
    for name, column in _COLUMNS.items():
        found[name] = set()
        for answer in row[column].split(";"):
            value = _answer(name, answer.strip())
            found[name] |= {value} if value else set()
    notices = {
        compared("notice_period", one.normalised)
        for clause in _marked(row, "Termination For Convenience")
        for one in durations(clause)
    }
    caps = _marked(row, "Cap On Liability")
    sums = {compared("liability_cap", one.replace(",", "")) for one in _MONEY.findall(" ".join(caps))}
    found |= {
        name: one for name, one in (("notice_period", notices), ("liability_cap", sums)) if len(one) < _TWO
    }
    if any(_LIMITS.search(one) and not _MONEY.search(one) for one in caps):
        found["liability_cap_basis"] = {" ".join(" ".join(caps).split())}
    else:
        found["liability_cap_basis"] = set()
    return found


def _marked(row: dict[str, str], column: str) -> list[str]:
    """Give the clauses that are marked in a contract."""
    return list(ast.literal_eval(row.get(column) or "[]"))


def _answer(name: str, answer: str) -> str | None:
    if name.endswith("_date"):
        match = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2,4})", answer)
        if match is None:
            return None
        year = int(match[3]) + (0 if len(match[3]) == 4 else 2000 if int(match[3]) < 60 else 1900)
        month, day = (
            sorted(map(int, match.group(1, 2))) if int(match[1]) > _MONTHS else map(int, match.group(1, 2))
        )
        return f"{year}-{month:02}-{day:02}"
    if name in ("renewal", "renewal_notice"):
        match = re.search(r"([0-9]+(?:\.5)?)\s*\)?\s*(year|month|week|day)", answer)
        if match is None:
            told = answer.lower()
            return INDEFINITE if "perpetual" in told else UNSTATED if "successive" in told else answer or None
        halved = match[1].endswith(".5") and match[2] == "year"
        length = f"{int(12 * float(match[1]))}M" if halved else f"{int(float(match[1]))}{_UNITS[match[2]]}"
        return compared(name, f"P{length}")
    if name == "governing_law":
        return (code_of(answer) or answer.upper()) if re.search(r"\w", answer) else None
    return compared(name, answer) or None


def compared(name: str, value: str) -> str:
    """Write a value as it is compared: years as months, a title in its letters alone, amounts with cents."""
    if name in _DURATIONS and (match := re.fullmatch(r"P([0-9]+)Y", value)):
        return f"P{12 * int(match[1])}M"
    if name == "liability_cap":
        return f"{float(value):.2f}"
    return " ".join(re.findall(r"[A-Z0-9]+", value.upper())) if name == "agreement" else value


def stands_in(one: str, clauses: str) -> bool:
    """Tell whether words stand in the clauses that were marked."""
    return one in clauses


def same_party(one: str, other: str) -> bool:
    """Tell whether two names are those of one party.

    >>> same_party("Acme, Inc.", "ACME INC and its affiliates"), same_party("Acme Inc.", "Bell Inc.")
    (True, False)
    """
    one, other = _bare(one), _bare(other)
    begins = f"{one} ".startswith(f"{other} ") or f"{other} ".startswith(f"{one} ")
    return bool(one and other) and (begins or fuzz.ratio(one, other) >= _ALIKE)


def _bare(name: str) -> str:
    name = re.sub(r"\(.*?\)", " ", name).replace("&", " and ").replace(".", "").replace(",", " ")
    return " ".join(word.upper() for word in name.split() if word.lower() not in _FORMS)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def main() -> None:
    """Measure, print, and save what docs/facts-measured.md shows."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.facts.contracts", description=__doc__
    )
    parser.add_argument("--nda", type=Path, required=True)
    parser.add_argument("--cuad", type=Path, required=True)
    parser.add_argument("--part", choices=("apart", "read"), default="apart", help="`read` is not saved")
    options = parser.parse_args()
    tuned, (of_read, lengths_read, endless_read) = of_nda(options.nda, "read"), of_cuad(options.cuad, "read")
    apart = options.part == "apart"
    nda = of_nda(options.nda, "apart") if apart else tuned
    cuad, lengths, endless = (
        of_cuad(options.cuad, "apart") if apart else (of_read, lengths_read, endless_read)
    )
    signed = of_signed(options.cuad)
    table = rows("Kleister NDA", nda, tuned) + rows("CUAD", cuad, of_read)
    table += rows("CUAD, lengths", lengths, lengths_read)
    table += rows("CUAD, without end", endless, endless_read)
    table += rows("CUAD, 60 others", signed)
    report.show(options.part, HEADINGS, table)
    if apart:
        report.save("facts_contracts", [], {"rows": table}, "facts.contracts")
        given: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
        for scores in (nda, cuad, signed):
            for name, counts in scores.fields.items():
                given[name] += counts.values
        save_trust("legal", given)


if __name__ == "__main__":
    main()
