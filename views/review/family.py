"""The family of a document: what it lies in, what lies in it, answers, and documents that state the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np

from docassay.observe.sanitize import line
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Result
from docassay.schemas.uris import Uri, enclosing
from docassay.transforms.formats.media_types import MAIL
from docassay.views import labels
from docassay.views.facts import chosen
from docassay.views.review.snapshot import ALL, Snapshot

MOST = 50
"""Relatives of a kind that are listed."""

MOST_ROWS = 20_000
"""Rows of facts that are counted."""

MOST_VALUES = 20
"""Facts of a document that are looked for in others."""

NO_PARTIES = ("agreement", "drug")
"""Facts of the type `name` that name neither a person nor an organization."""

_PREFIX = r"^((re|aw|antw|sv|r|fwd?|wg|tr|i)\s*(\[\d+\])?\s*:\s*)+"
"""Begins the subjects of answers and forwarded mails, in several languages."""

_RELATIVES = f"""
select doc_id, uri, coalesce(other_uris, []) as other_uris, title, file_name, media_type, parent_id,
       event_time
from ({{documents}})
where doc_id <> $me and (parent_id = $me or doc_id = $parent or parent_id = $parent
    or list_has_any(list_prepend(uri, coalesce(other_uris, [])), $holders::varchar[])
    or list_has_any(
        list_transform(other_uris, lambda one: regexp_replace(one, '#[^#]*$', '')), $mine::varchar[])
    or ($subject <> '' and media_type = '{MAIL}'
        and trim(regexp_replace(lower(title), '{_PREFIX}', '')) = $subject))
order by event_time nulls last, uri
"""
_INSIDE = """
select doc_id, uri, coalesce(other_uris, []) as other_uris, parent_id from ({documents})
where list_contains($holders::varchar[], parent_id) or list_has_any($holders::varchar[],
    list_transform(
        list_prepend(uri, coalesce(other_uris, [])), lambda one: regexp_replace(one, '#[^#]*$', '')))
order by uri
"""
_SAME = f"""
select distinct coalesce(normalised, value) as value, doc_id from ({{facts}})
where coalesce(normalised, value) in (select unnest($values::varchar[])) limit {MOST_ROWS}
"""


@dataclass(frozen=True, slots=True)
class Relative:
    """Another document.

    Attributes:
        about: Where it lies in its file, or when it was sent.
    """

    doc_id: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Same:
    """A fact that other documents state, too.

    Attributes:
        query: The query string that lists them in the queue.
    """

    title: str
    value: str
    others: int
    query: str


def family(snapshot: Snapshot, result: Result) -> tuple[list[tuple[str, list[Relative]]], list[Same]]:
    """Look for the relatives of a document.

    Returns:
        Relatives under their headings, the empty ones left out; and facts that other documents state.
    """
    document = result.document
    is_mail = document.media_type == MAIL
    subject = _subject(document.title) if is_mail else ""
    mine = [document.uri, *(document.other_uris or ())]
    holders = {outer for uri in mine for outer in enclosing(uri)[:1]}
    values = {
        "me": document.doc_id, "parent": document.parent_id or "", "subject": subject,
        "mine": mine, "holders": list(holders),
    }  # fmt: skip
    rows = [
        row for row in snapshot.asked(_RELATIVES, ("documents",), values) if row["doc_id"] in snapshot.place
    ]
    parent = document.parent_id
    beside = [row for row in rows if parent and row["parent_id"] == parent]
    lies_in = [row for row in rows if holders.intersection((row["uri"], *row["other_uris"]))]
    inside = []
    for row in rows:  # equal attachments of several mails are one document
        at = next((uri for uri in (row["uri"], *row["other_uris"]) if set(enclosing(uri)[:1]) & {*mine}), "")
        if at or row["parent_id"] == document.doc_id:
            inside.append(row | {"uri": at or row["uri"]})
    groups = (
        ("Contained in", lies_in or [row for row in rows if row["doc_id"] == parent]),
        ("Contains", _in_order(inside)),
        ("Also in the same file", _in_order(beside)),
        ("Emails with this subject", [row for row in rows if _is_answer(row, subject)] if is_mail else []),
    )
    listed = [(heading, [_relative(row) for row in some[:MOST]]) for heading, some in groups if some]
    return listed, _same(snapshot, result)


def with_inside(snapshot: Snapshot, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to rows of the queue, after each, those of the documents that lie in it, and in these.

    Rows that are added have `lies_in`.
    """
    known = {row["doc_id"] for row in rows}
    inside: dict[str, list[str]] = {}
    beyond = list(rows)
    while beyond:
        of = {row["doc_id"]: row["doc_id"] for row in beyond}
        of |= {uri: row["doc_id"] for row in beyond for uri in (row["uri"], *(row.get("other_uris") or ()))}
        rows_inside = snapshot.asked(_INSIDE, ("documents",), {"holders": list(of)})
        beyond = []
        for row in rows_inside:
            if row["doc_id"] in known or row["doc_id"] not in snapshot.place:
                continue
            outer = (holder for uri in (row["uri"], *row["other_uris"]) for holder in enclosing(uri)[:1])
            holder = next((of[one] for one in (*outer, row["parent_id"]) if one in of), None)
            if holder:
                inside.setdefault(holder, []).append(row["doc_id"])
                beyond.append(row)
        known.update(row["doc_id"] for row in beyond)
    places = np.array([snapshot.place[one] for some in inside.values() for one in some], np.int64)
    taken = {row["doc_id"]: row | {"lies_in": True} for row in snapshot.taken(places)}

    def following(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield row
        for doc_id in inside.get(row["doc_id"], ()):
            yield from following(taken[doc_id])

    return [one for row in rows for one in following(row)]


def _is_answer(row: dict[str, Any], subject: str) -> bool:
    return bool(subject) and row["media_type"] == MAIL and _subject(row["title"]) == subject


def _subject(title: str | None) -> str:
    return re.sub(_PREFIX, "", (title or "").lower()).strip()


def _in_order(rows: Any) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [mark.numbers for mark in Uri.parse(row["uri"]).marks])


def _relative(row: dict[str, Any]) -> Relative:
    marks = Uri.parse(row["uri"]).marks
    file = Uri.parse(row["uri"]).file.rpartition("/")[2]
    where = f"{marks[-1].kind} {marks[-1].numbers[0]}" if marks else file
    sent = row["event_time"].strftime("%Y-%m-%d %H:%M") if row["event_time"] and not marks else ""
    name = row["file_name"] or row["title"] or (where if marks else file)
    title = row["title"] if row["file_name"] else None
    return Relative(row["doc_id"], line(name, 160), line(", ".join(filter(None, (title, where, sent))), 160))


def _same(snapshot: Snapshot, result: Result) -> list[Same]:
    told: dict[str, Fact] = {}
    for fact in chosen(result.facts):
        if fact.type in ("account", "mailbox") or (fact.type == "name" and fact.name not in NO_PARTIES):
            told.setdefault(fact.normalised or fact.value, fact)
    wanted: Sequence[str] = list(told)[:MOST_VALUES]
    if not wanted:
        return []
    others = dict.fromkeys(wanted, 0)
    for row in snapshot.asked(_SAME, ("facts",), {"values": wanted}):
        others[row["value"]] += row["doc_id"] != result.doc_id and row["doc_id"] in snapshot.place
    return [
        Same(
            labels.title(told[value].name),
            line(value, 120),
            number,
            urlencode({"show": ALL, "fact": value}),
        )
        for value, number in others.items()
        if number
    ]
