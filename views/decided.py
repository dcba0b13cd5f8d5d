"""Decided: what people made of the flags and findings of each document, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from docassay.storage.decisions.record import rows_of
from docassay.storage.tables.file_systems import is_catalog

_MARKS = """
select {object} as object, doc_id, {code} as code,
       bool_and(state = 'decided' and decision = 'dismissed') as is_dismissed,
       string_agg(distinct case state when 'reopened' then 'reopened: another ' || reopened_because
                  when 'decided' then replace(decision, '_', ' ') || ' by ' || reviewer end, ', ') as said
from {view}
group by doc_id, {code}
having count(*) filter (state <> 'open') > 0
"""

_SQL = " union all ".join(
    [
        _MARKS.format(object="'flag'", code="code", view="flags_decided"),
        _MARKS.format(
            object="'finding'",
            code="check_id",
            view="(select * from findings_decided where verdict <> 'pass')",
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What people made of all flags of one code, or of a check, in a document.

    Attributes:
        said: In words.
        is_dismissed: All of them are dismissed.
    """

    said: str
    is_dismissed: bool


Marks = Mapping[tuple[str, str, str], Mark]
"""By `flag` or `finding`, the document and the code."""


def marks(out: str, needed: bool = False) -> Marks:
    """Read what people made of flags and findings; nothing where nobody has decided.

    Args:
        out: The tables.
        needed: Without it, those of a catalog are left out: decisions are joined by SQL.

    Raises:
        UsageError: The tables are a catalog's, and marks are needed.
        TablesError: A file is damaged.
    """
    if is_catalog(out) and not needed:
        return {}
    if not len(rows_of(out, ["sequence"])):
        return {}
    from docassay.views.query import ask

    found = {}
    for row in ask(out, _SQL).rows():
        found[row["object"], row["doc_id"], row["code"]] = Mark(row["said"], row["is_dismissed"])
    return found
