"""Choose the main evidence of each sign of fraud, with its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docassay.schemas.rows import SEVERITIES
from docassay.views.query import rows_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SIGNS_SHOWN = 24
"""Signs of which passages are shown, the severest first."""

EACH = 2
"""Passages of a sign."""

AROUND = 160
"""Characters before and after the evidence."""

EVIDENCE = 320
"""Characters of the evidence."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of evidence.

    Attributes:
        before: What stands before it, from a whole word on.
        after: What stands after it, or, where `cut`, after the last character of it that is shown.
        cut: The evidence is longer than what is shown.
    """

    code: str
    severity: str
    uri: str
    title: str | None
    risk: float
    page: int | None
    before: str
    evidence: str
    after: str
    cut: bool

    @property
    def name(self) -> str:
        """The document's title, or the name of its file."""
        return self.title or self.uri.rpartition("/")[2]


_TELLING = "order by risk desc, probability desc nulls last, uri, start_char"

CHOOSE = f"""
create temp table picked as
with openings as (
    select f.doc_id, f.code, f.severity, f.start_char, f.end_char, f.page, f.probability, d.risk, d.uri,
           left(f.evidence, 60) as opening, list_position({list(SEVERITIES)!r}, f.severity) as rank
    from open_flags f join chosen d using (doc_id)
),
different as (
    from openings
    qualify row_number() over (partition by code, severity, opening {_TELLING}) = 1
),
apart as (
    from different
    qualify row_number() over (partition by code, severity, doc_id {_TELLING}) = 1
),
ranked as (
    select *, row_number() over (partition by code, severity {_TELLING}) as place from apart
)
from ranked where place <= {EACH} order by rank desc, risk desc, code, place limit {SIGNS_SHOWN * EACH}
"""
# Evidence is read for what was picked alone: some of it may be a megabyte.

EVIDENCE_OF = f"""
select p.code, p.severity, p.uri, p.risk, p.page, p.doc_id, p.start_char, p.end_char,
       any_value(left(d.title, 200)) as title, any_value(left(f.evidence, {EVIDENCE})) as evidence
from picked p
join flags f using (doc_id, code, start_char, end_char)
join chosen d on d.doc_id = p.doc_id
group by all order by max(p.rank) desc, p.risk desc, p.code, min(p.place), p.uri, p.start_char
"""

SEGMENTS_OF = f"""
with wanted as (
    select distinct doc_id, start_char as evidence_at, start_char - {AROUND} as first_char,
           least(end_char, start_char + {EVIDENCE}) + {AROUND} as last_char
    from picked
)
select doc_id, evidence_at, greatest(start_char, first_char) as from_char,
       substr(text, greatest(start_char, first_char) - start_char + 1,
              last_char - greatest(start_char, first_char)) as piece
from wanted join segments using (doc_id)
where start_char < last_char and end_char > first_char
"""

SQL = f"{CHOOSE}{EVIDENCE_OF}{SEGMENTS_OF}"
"""Names every table that is asked."""


def passages(connection: DuckDBPyConnection) -> list[Passage]:
    """Choose the most telling passages, the severest sign first, then the document of the highest risk.

    Of evidence that begins alike, in copies of one letter say, one piece is chosen.

    Args:
        connection: As `facts.gather` leaves it.
    """
    connection.execute(CHOOSE)
    pieces: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for row in rows_of(connection, SEGMENTS_OF):
        pieces.setdefault((row["doc_id"], row["evidence_at"]), []).append((row["from_char"], row["piece"]))
    return [
        _passage(row, pieces.get((row["doc_id"], row["start_char"]), ()))
        for row in rows_of(connection, EVIDENCE_OF)
    ]


def _passage(row: dict[str, Any], pieces: Sequence[tuple[int, str]]) -> Passage:
    start = row["start_char"]
    end = min(row["end_char"], start + EVIDENCE)
    return Passage(
        code=row["code"],
        severity=row["severity"],
        uri=row["uri"],
        title=row["title"],
        risk=row["risk"],
        page=row["page"],
        before=_from_a_word(_between(pieces, start - AROUND, start), start > AROUND),
        evidence=row["evidence"],
        after=_to_a_word(_between(pieces, end, end + AROUND)),
        cut=row["end_char"] > end,
    )


def _from_a_word(text: str, is_cut: bool) -> str:
    """Let a text that was cut out of a longer one begin with a whole word.

    >>> _from_a_word("nd of the words ", True), _from_a_word("The words ", False)
    ('… of the words ', 'The words ')
    """
    _, space, rest = text.partition(" ")
    return f"… {rest if space and rest.strip() else text}" if is_cut else text


def _to_a_word(text: str) -> str:
    head, space, _ = text.rpartition(" ")
    if len(text) < AROUND:
        return text
    return f"{head if space and head.strip() else text} …"


def _between(pieces: Sequence[tuple[int, str]], start: int, end: int) -> str:
    """Put a slice of a document together from pieces of its segments, which may overlap or leave gaps.

    >>> _between([(2, "cdef"), (4, "efg"), (9, "j")], 1, 10)
    'cdefg j'
    """
    text = ""
    at = start
    for offset, piece in sorted(pieces):
        if offset > at and text:
            text += " "
        text += piece[max(0, at - offset) : max(0, end - offset)]
        at = max(at, min(end, offset + len(piece)))
    return text
