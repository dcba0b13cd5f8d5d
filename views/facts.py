"""Facts side by side: a row for each document, the fields as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Said:
    """A fact, for readers.

    Attributes:
        title: The name of its field.
        value: Its value.
        beside: What else is known of it: role, another reading, page, that it is data.
    """

    title: str
    value: str
    beside: str
    abstained: bool


def said(result: Result) -> Iterator[Said]:
    """Lay out the facts of a document that count, in their order."""
    named = titles()
    for fact in chosen(result.facts):
        beside = [fact.role, f"or {fact.alternative}" if fact.alternative else "", _place(fact)]
        if fact.type == "jurisdiction":
            beside.insert(0, name_of(fact.normalised or "") or "")
        value = " ".join(filter(None, (fact.normalised or fact.value, fact.currency)))
        yield Said(
            named.get(fact.name, labels.title(fact.name)),
            line(value, 200),
            line(", ".join(filter(None, beside)), 200),
            fact.abstained,
        )


def _place(fact: Fact) -> str:
    if fact.source == "stated":
        return "data of the file"
    return f"page {fact.page}" if fact.page else ""


def titles() -> dict[str, str]:
    """Give the titles of the fields of all domains, by their names, in the order of their declaration."""
    try:
        return {field.name: field.title for name in names() for field in load(name).facts}
    except DomainError:  # of a domain that is not there any more
        return {}


def chosen(facts: Iterable[Fact]) -> list[Fact]:
    """Keep the facts that count, as the view `facts_chosen` does: of each field the best source, the sure."""
    ranks: dict[str, tuple[int, bool]] = {}
    facts = list(facts)
    for fact in facts:
        ranks[fact.name] = min(ranks.get(fact.name, _rank(fact)), _rank(fact))
    return [fact for fact in facts if _rank(fact) == ranks[fact.name]]


def _rank(fact: Fact) -> tuple[int, bool]:
    return FACT_SOURCES.index(fact.source), fact.abstained


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
    from docassay.views.shipped_views import quoted

    values = f"string_agg(coalesce(normalised, value), {quoted(BETWEEN)} order by ordinal)"
    columns = [f'{values} filter (where name = {quoted(name)}) as "{name}"' for name in fields]
    wanted = f"where name in ({', '.join(map(quoted, fields))}){_of_kind('and', kind)}"
    chosen = f"from facts_chosen {wanted} group by uri, kind order by uri"
    return f"select uri, kind, {', '.join(columns)} {chosen}"


def _of_kind(word: str, kind: str | None) -> str:
    from docassay.views.shipped_views import quoted

    return "" if kind is None else f" {word} kind = {quoted(kind)}"
