"""Labels of facts: which values documents state of fields of one's own, and what is wrong in which line.

A line of the JSONL has ``uri`` (a file, parsed as in `batch`) or ``text``, and ``name``, ``start`` and
``end`` of a value; offsets are in characters of the text as the tables have it. Several lines of one name and
value say that each of the places is right. A document that is named without a value has none of any field.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docassay.domains import Domain, RuleInput
from docassay.domains.facts import FactField
from docassay.domains.values import LONGEST, Habits, read
from docassay.schemas.errors import DataError
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.train.job import Watch
from docassay.train.table import Findings, lines_of
from docassay.transforms.budget import RULE_CHARS
from docassay.transforms.context import Context
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.extract import opening_of, rule_input
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.rank import key_of
from docassay.transforms.read import locate
from docassay.transforms.read import read as read_source
from docassay.transforms.split import split

MOST_LABELS = 100_000
MOST_CHARS = 500_000_000
"""Characters of all documents together."""

KEYS = {"uri", "text", "name", "start", "end", "value"}


@dataclass(slots=True)
class Labelled:
    """A document, and what it states.

    Attributes:
        document: With its kind, language and segments.
        line: The first that names it.
        values: By field: the places of each value, by its key (`transforms.rank.key_of`).
    """

    document: Document
    line: int
    values: dict[str, dict[str, list[tuple[int, int]]]] = field(default_factory=dict)

    @property
    def view(self) -> RuleInput:
        """What rules, and so candidates, see of it."""
        return rule_input(opening_of(self.document, RULE_CHARS))

    @property
    def habits(self) -> Habits:
        """How it writes."""
        return Habits(self.document.text, self.document.language)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    key: str
    cells: Mapping[str, Any]


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
    lines = list(_lines(path, fields, findings))
    by_document: dict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        by_document[line.key].append(line)
    done: list[Labelled] = []
    read_chars, context = 0, Context()
    with Parser(Limits()) as parser:
        for number, (key, own) in enumerate(by_document.items()):
            watch("reading", number, len(by_document))
            first = own[0]
            text = first.cells.get("text")
            document = (
                Document(key, f"line {first.number}", text, "text/plain")
                if isinstance(text, str)
                else _parsed(str(first.cells["uri"]), path.parent, parser)
            )
            if isinstance(document, str):
                findings.error(document, *(line.number for line in own))
                continue
            read_chars += len(document.text)
            if read_chars > MOST_CHARS:
                raise DataError(f"{path}: the documents have more than {MOST_CHARS:,} characters")
            cut = split(detect(document, domain.name, context.languages), context.card)
            if isinstance(cut, Reject):
                findings.error(f"the document is rejected: {cut.reason}, {cut.detail}", first.number)
                continue
            labelled = Labelled(cut, first.number)
            for line in own:
                _add(labelled, line, fields, findings)
            done.append(labelled)
    return done


def _lines(path: Path, fields: Mapping[str, FactField], findings: Findings) -> Iterator[_Line]:
    for number, content in enumerate(lines_of(path), 1):
        if not content.strip():
            continue
        if number > MOST_LABELS:
            raise DataError(f"{path} has more than {MOST_LABELS:,} lines")
        try:
            cells = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {number}: not JSON: {error}") from None
        if wrong := _wrong(cells, fields):
            findings.error(wrong, number)
            continue
        named = cells.get("uri") or hashlib.sha256(cells["text"].encode()).hexdigest()
        yield _Line(number, named, cells)


def _wrong(cells: Any, fields: Mapping[str, FactField]) -> str | None:
    """Say what is wrong with a line, before its document is looked at."""
    if not isinstance(cells, dict):
        return "not a JSON object, {...}"
    if unknown := sorted(set(cells) - KEYS):
        return f"unknown key {unknown[0][:40]!r}; known are {', '.join(sorted(KEYS))}"
    told = [key for key in ("uri", "text") if isinstance(cells.get(key), str) and cells[key].strip()]
    if len(told) != 1:
        return "it has either uri or text, which is not empty"
    if "\0" in cells[told[0]] or not _is_unicode(cells[told[0]]):
        return f"{told[0]} holds a NUL or half of a character"
    if cells.get("name") is None and cells.get("start") is None and cells.get("end") is None:
        return None
    if not isinstance(cells.get("name"), str) or cells["name"] not in fields:
        return (
            f"name {str(cells.get('name'))[:40]!r} is no field with candidates; there are {', '.join(fields)}"
        )
    if not all(type(cells.get(key)) is int for key in ("start", "end")):
        return "start and end are numbers of characters"
    return None if 0 <= cells["start"] < cells["end"] else "start lies before end, and neither below 0"


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


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


def _add(labelled: Labelled, line: _Line, fields: Mapping[str, FactField], findings: Findings) -> None:
    cells, text = line.cells, labelled.document.text
    if cells.get("name") is None:
        return
    start, end, one = cells["start"], cells["end"], fields[cells["name"]]
    written = text[start:end]
    if end > len(text):
        findings.error(f"end lies behind the text, which has {len(text):,} characters", line.number)
        return
    if cells.get("value") is not None and cells["value"] != written:
        findings.error(
            f"there stands {written[:40]!r}, not the value {str(cells['value'])[:40]!r}: offsets are in"
            " characters of the text that the tables have",
            line.number,
        )
        return
    value = read(one.type, written, labelled.habits)
    if not value.normalised or end - start > LONGEST:
        findings.error(f"{written[:40]!r} cannot be read as {one.type}", line.number)
        return
    key = key_of(one.type, value.normalised)
    labelled.values.setdefault(one.name, {}).setdefault(key, []).append(
        (start + value.start, start + value.end)
    )
    if one.most == 1 and len(labelled.values[one.name]) == 2:
        findings.error(
            f"a second value of {one.name} in one document, which has it once (most = 1)", line.number
        )
