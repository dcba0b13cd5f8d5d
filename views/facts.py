"""Facts side by side: a row for each document, the fields as columns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from docassay.domains.folders import load, names
from docassay.domains.legal.places import name_of
from docassay.observe.sanitize import line
from docassay.schemas.errors import DomainError
from docassay.schemas.facts import FACT_SOURCES, Fact
from docassay.schemas.rows import Result
from docassay.views import labels

if TYPE_CHECKING:
    import pyarrow as pa

BETWEEN = "; "
"""What stands between the values of a field that a document has several times."""


MOST_VALUES = 20
"""Values of a field that are shown to readers; the others are counted."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact, for readers.

    Attributes:
        item: Names it where it is decided on.
        number: Names its place; 0 where it has none, which is data.
        title: The name of its field.
        value: Its value.
        role: As what it is named; before it the name of a jurisdiction, whose value is a code.
        alternative: Another way to read it.
        place: Where it stands: a page, else a line, or that it is data.
        page: The page on which it stands, if it has one.
        start: Its first character, and `end` the one after its last; 0 where it is data.
        abstained: It is a hint.
    """

    item: str
    number: int
    title: str
    value: str
    role: str
    alternative: str
    place: str
    page: int | None
    start: int
    end: int
    abstained: bool


def said(result: Result) -> Iterator[Said]:
    """Lay out the facts of a document that count, in their order, `MOST_VALUES` of each field."""
    named = titles()
    facts = chosen(result.facts)
    line_ends = [match.start() for match in re.finditer("\n", result.text)] if facts else []
    counts: Counter[str] = Counter()
    for fact in facts:
        counts[fact.name] += 1
        if counts[fact.name] > MOST_VALUES:
            continue
        start, end = fact.start_char, fact.end_char
        has_place = start is not None and end is not None
        value = " ".join(filter(None, (fact.normalised or fact.value, fact.currency)))
        place = name_of(fact.normalised or "") if fact.type == "jurisdiction" else None
        yield Said(
            item=f"a{fact.ordinal}",
            number=fact.ordinal + 1 if has_place else 0,
            title=named.get(fact.name, labels.title(fact.name)),
            value=line(value, 200),
            role=line(", ".join(filter(None, (place, fact.role))), 100),
            alternative=line(fact.alternative or "", 100),
            place=_place(fact, line_ends),
            page=fact.page,
            start=start or 0,
            end=end or 0,
            abstained=fact.abstained,
        )


def several_patients(facts: Iterable[Fact]) -> str:
    """Say that the data of a file are of more than one patient, where they are, and what that means."""
    for fact in facts:
        if fact.name == "patient" and fact.source == "stated" and fact.abstained and fact.alternative:
            named = f"{line(fact.normalised or fact.value, 100)} and {line(fact.alternative, 100)}"
            return (
                f"This file has data of more than one patient, such as {named}. Which date of birth,"
                " record number or stay belongs to which patient is not read, so single values are"
                " marked as not sure."
            )
    return ""


def _place(fact: Fact, line_ends: Sequence[int]) -> str:
    if fact.source == "stated" or fact.start_char is None:
        return "structured data" if fact.source == "stated" else ""
    return f"page {fact.page}" if fact.page else f"line {bisect_left(line_ends, fact.start_char) + 1:,}"


def more_said(facts: Iterable[Fact]) -> int:
    """Count the facts that count and that `said` leaves out."""
    counts = Counter(fact.name for fact in chosen(facts))
    return sum(max(0, count - MOST_VALUES) for count in counts.values())


def titles() -> dict[str, str]:
    """Give the titles of the fields of all domains, by their names, in the order of their declaration."""
    try:
        return {field.name: field.title for name in names() for field in load(name).facts}
    except DomainError:  # of a domain that is not there any more
        return {}


HEADLINE_VALUES = 4
"""Values of a field, such as the parties of a contract, that a headline names."""


HEADLINE_COLUMNS = tuple(field.name for field in fields(Fact) if field.name != "boxes")
"""Columns of the facts that headlines are made of."""


@cache
def headline_fields() -> tuple[str, ...]:
    """List the fields by which readers know a document, in the order in which they are told."""
    try:
        return tuple(field.name for name in names() for field in load(name).facts if field.headline)
    except DomainError:  # of a domain that is not there any more
        return ()


def headline(facts: Iterable[Fact]) -> str:
    """Name a document by what it states: its parties, its number and one sum; hints have a question mark.

    Returns:
        ``""`` where it states none of these.
    """
    order = {name: place for place, name in enumerate(headline_fields())}
    told = sorted(
        (fact for fact in chosen(facts) if fact.name in order),
        key=lambda fact: (order[fact.name], fact.ordinal),
    )
    sum_of = next((fact.name for fact in told if fact.type == "amount"), "")
    words: list[str] = []
    counts: Counter[str] = Counter()
    for fact in told:
        counts[fact.name] += 1
        if counts[fact.name] > HEADLINE_VALUES or (fact.type == "amount" and fact.name != sum_of):
            continue
        value = " ".join(filter(None, (fact.normalised or fact.value, fact.currency)))
        words.append(f"{line(value, 60)}{'?' if fact.abstained else ''}")
    return " · ".join(dict.fromkeys(words))


def headlines(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name documents by what they state; those that state nothing of that kind are left out."""
    of: dict[str, list[Fact]] = {}
    for row in rows:
        of.setdefault(row["doc_id"], []).append(Fact(**row))
    return {doc_id: headline(facts) for doc_id, facts in of.items()}


def chosen(facts: Iterable[Fact]) -> list[Fact]:
    """Keep the facts that count, as the view `facts_chosen` does: of each field the best source, the sure.

    Of groups, such as the lines of an invoice, each has its own: a hint where nothing else is there.
    """
    facts = list(facts)
    sources: dict[str, int] = {}
    for fact in facts:
        sources[fact.name] = min(sources.get(fact.name, _source(fact)), _source(fact))
    facts = [fact for fact in facts if _source(fact) == sources[fact.name]]
    sure = {(fact.name, fact.group_id) for fact in facts if not fact.abstained}
    return [fact for fact in facts if not fact.abstained or (fact.name, fact.group_id) not in sure]


def _source(fact: Fact) -> int:
    return FACT_SOURCES.index(fact.source)


def wide(results: Iterable[Result], fields: Sequence[str]) -> pa.Table:
    """Give a row for each document: its URI, its kind and the values of the fields, or of all that it has."""
    import pyarrow as pa  # which `explain` does without

    rows = []
    for result in results:
        row: dict[str, str] = {}
        for fact in chosen(result.facts):
            value = fact.normalised or fact.value
            row[fact.name] = f"{row[fact.name]}{BETWEEN}{value}" if fact.name in row else value
        rows.append({"uri": result.uri, "kind": result.document.kind, **row})
    columns = fields or in_order({name for row in rows for name in row} - {"uri", "kind"})
    shape = pa.schema([(name, pa.string()) for name in ("uri", "kind", *columns)])
    return pa.Table.from_pylist([{name: row.get(name) for name in shape.names} for row in rows], shape)


def in_order(fields: Iterable[str]) -> list[str]:
    """Order fields as the domains declare them, those that none declares at the end."""
    declared = {name: place for place, name in enumerate(titles())}
    return sorted(fields, key=lambda name: (declared.get(name, len(declared)), name))


KINDS_QUERY = "select distinct kind from facts_chosen order by kind"
"""Lists the kinds of the documents that state something."""


def fields_query(kind: str | None) -> str:
    """Write the query that lists the fields that the documents of a kind have, or all documents."""
    return f"select distinct name from facts_chosen{_of_kind('where', kind)}"


def query(fields: Sequence[str], kind: str | None = None) -> str:
    """Write the query that gives the rows of `wide` for the documents of tables that have any of the fields.

    Args:
        fields: Names of fields, at least one.
        kind: The kind of the documents; None for all.
    """
    from docassay.views.shipped_views import quoted, quoted_name

    values = f"string_agg(coalesce(normalised, value), {quoted(BETWEEN)} order by ordinal)"
    columns = [  # tables may come from elsewhere, with any names
        f"{values} filter (where name = {quoted(name)}) as {quoted_name(name)}" for name in fields
    ]
    wanted = f"where name in ({', '.join(map(quoted, fields))}){_of_kind('and', kind)}"
    chosen = f"from facts_chosen {wanted} group by uri, kind order by uri"
    return f"select uri, kind, {', '.join(columns)} {chosen}"


def _of_kind(word: str, kind: str | None) -> str:
    from docassay.views.shipped_views import quoted

    return "" if kind is None else f" {word} kind = {quoted(kind)}"
