"""Labels of facts: which values documents state of fields of your own, and what is wrong in which line.

A line of the JSONL has ``uri`` (a file, parsed as in `batch`) or ``text``, and ``name``, ``start`` and
``end`` of a value; offsets are in characters of the text as the tables have it. Several lines of one name and
value say that each of the places is right. A document that is named without a value has none of any field.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docassay.domains import Domain, RuleInput
from docassay.domains.facts import FactField
from docassay.domains.values import LONGEST, Habits, read
from docassay.schemas.errors import DataError
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.train.checks import key as words_of
from docassay.train.job import Watch
from docassay.train.table import MAX_TOTAL_CHARS, Findings, objects_of
from docassay.transforms.budget import BUDGET
from docassay.transforms.context import Context
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.extract import opening_of, rule_input
from docassay.transforms.formats import Limits
from docassay.transforms.formats.plain import LONE_SURROGATES
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.rank import key_of
from docassay.transforms.read import locate
from docassay.transforms.read import read as read_source
from docassay.transforms.split import split

MOST_LABELS = 100_000

KEYS = {"uri", "text", "name", "start", "end", "value"}

Lines = list[tuple[int, Mapping[str, Any]]]
"""The lines of a document, with their numbers, without what names it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document, and what it states.

    Attributes:
        view: What rules, and so candidates, see of it.
        habits: How it writes.
        words: A digest of its words, which copies of it share.
        line: The first that names it.
        values: By field: the places of each value, by its key (`transforms.rank.key_of`).
    """

    view: RuleInput
    habits: Habits
    words: str
    line: int
    values: dict[str, dict[str, list[tuple[int, int]]]] = field(default_factory=dict)


def read_labels(
    path: Path, domain: Domain, fields: Mapping[str, FactField], findings: Findings, watch: Watch
) -> list[Labelled]:
    """Read the labels, parse the documents and look at every span; what is wrong is added to the findings.

    Args:
        path: The JSONL.
        domain: Whose documents they are.
        fields: By name: those that have candidates.
        findings: Are added to.
        watch: Is told how many documents have been read.

    Raises:
        DataError: It is no JSONL in UTF-8, or longer than can be used.
    """
    by_document = _by_document(path, fields, findings)
    done: list[Labelled] = []
    chars, context = 0, Context()
    with Parser(Limits()) as parser:
        for number, ((told, named), lines) in enumerate(by_document.items()):
            watch("reading", number, len(by_document))
            first = lines[0][0]
            document = (
                Document(f"line {first}", f"line {first}", named, "text/plain")
                if told == "text"
                else _parsed(named, path.parent, parser)
            )
            if isinstance(document, str):
                findings.error(document, *(line for line, _ in lines))
                continue
            chars += len(document.text)
            _check_size(path, chars)
            cut = split(detect(document, domain.name, context.languages), context.card)
            if isinstance(cut, Reject):
                findings.error(f"the document is rejected: {cut.reason}, {cut.detail}", first)
                continue
            view = rule_input(opening_of(cut, BUDGET.rule_chars))
            words = hashlib.sha256(words_of(view.text).encode()).hexdigest()
            labelled = Labelled(view, Habits(view.text, cut.language), words, first)
            for line, cells in lines:
                if cells.get("name") is not None and (wrong := _add(labelled, cells, fields[cells["name"]])):
                    findings.error(wrong, line)
            done.append(labelled)
    return done


def _by_document(
    path: Path, fields: Mapping[str, FactField], findings: Findings
) -> dict[tuple[str, str], Lines]:
    """Give the lines by what names their document, so that a text is held once: uri or text, and which."""
    by_document: dict[tuple[str, str], Lines] = defaultdict(list)
    chars = 0
    for line, cells in objects_of(path):
        if line > MOST_LABELS:
            raise DataError(f"{path} has more than {MOST_LABELS:,} lines")
        if wrong := _wrong(cells, fields):
            findings.error(wrong, line)
            continue
        told = "text" if cells.get("text") else "uri"
        named = told, cells.pop(told)
        chars += 0 if named in by_document else len(named[1])
        _check_size(path, chars)
        by_document[named].append((line, cells))
    return by_document


def _check_size(path: Path, chars: int) -> None:
    if chars > MAX_TOTAL_CHARS:
        raise DataError(f"{path}: the documents have more than {MAX_TOTAL_CHARS:,} characters")


def _wrong(cells: Mapping[str, Any], fields: Mapping[str, FactField]) -> str | None:
    """Say what is wrong with a line, before its document is looked at."""
    if unknown := sorted(set(cells) - KEYS):
        return f"unknown key {unknown[0][:40]!r}; known are {', '.join(sorted(KEYS))}"
    told = [key for key in ("uri", "text") if cells.get(key)]
    if len(told) != 1 or not isinstance(cells[told[0]], str) or not cells[told[0]].strip():
        return "it has either uri or text, which is not empty"
    if "\0" in cells[told[0]] or LONE_SURROGATES.search(cells[told[0]]):
        return f"{told[0]} holds a NUL or half of a character"
    if all(cells.get(key) is None for key in ("name", "start", "end")):
        return None
    name = cells.get("name")
    if not isinstance(name, str) or name not in fields:
        return f"name {str(name)[:40]!r} is not a field with candidates; there are {', '.join(fields)}"
    if not all(type(cells.get(key)) is int for key in ("start", "end")):
        return "start and end are numbers of characters"
    return None if 0 <= cells["start"] < cells["end"] else "start must be before end, and neither below 0"


def _parsed(uri: str, beside: Path, parser: Parser) -> Document | str:
    """Parse a file as `batch` does; say why where it gives no document."""
    named = locate(uri)
    file = str(named.file)
    here = Path(file)
    if "://" not in file and not here.exists() and not here.is_absolute() and (beside / here).exists():
        file, named = str(beside / here), locate(str(beside / uri))
    source = read_source(Source(file), Limits(), open_file)
    if isinstance(source, Reject):
        return f"the file cannot be read: {source.detail}"
    waiting, found = [source], []
    while waiting:
        outcomes = parser.parse(waiting.pop())
        waiting += [one for one in outcomes if isinstance(one, Source) and named.is_inside]
        found += [one for one in outcomes if not isinstance(one, Source)]
    documents = [one for one in found if isinstance(one, Document)]
    exact = [one for one in documents if one.uri == str(named)]
    if exact or len(documents) == 1:
        return (exact or documents)[0]
    if documents:
        return f"the file holds several documents: name one of them, such as {documents[0].uri}"
    refused = next((one for one in found if isinstance(one, Reject)), None)
    return (
        f"the file is rejected: {refused.reason}, {refused.detail}"
        if refused
        else "the file has no such document"
    )


def _add(labelled: Labelled, cells: Mapping[str, Any], one: FactField) -> str | None:
    """Add the value of a line to what its document states; say what is wrong with it."""
    text, start, end = labelled.view.text, cells["start"], cells["end"]
    written = text[start:end]
    if end > len(text):
        return f"end is beyond the text, of which {len(text):,} characters are read"
    if cells.get("value") is not None and cells["value"] != written:
        return (
            f"the text there is {written[:40]!r}, not the value {str(cells['value'])[:40]!r}: offsets are in"
            " characters of the text that the tables have"
        )
    value = read(one.type, written, labelled.habits)
    if not value.normalised or end - start > LONGEST:
        return f"{written[:40]!r} cannot be read as {one.type}"
    values = labelled.values.setdefault(one.name, {})
    key = key_of(one.type, value.normalised)
    values.setdefault(key, []).append((start + value.start, start + value.end))
    if one.most == 1 and len(values) == 2:
        return f"a second value of {one.name} in one document, which has it once (most = 1)"
    return None
