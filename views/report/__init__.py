"""Standalone HTML report of tables, without scripts or external resources.

`facts` and `passages` query the tables, `drift` compares the latest run with earlier ones, `plots` draws,
`page` renders the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import need_folder
from docassay.views import query

if TYPE_CHECKING:
    from docassay.views.report.drift import Comparison


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        html: The page.
        comparisons: How the latest runs differ from earlier ones.
    """

    html: str
    comparisons: list[Comparison]


def report(out: str, memory: int = 1_000_000_000, spill: str | None = None, review: str = "") -> Report:
    """Report on the tables of an output folder, as they are at one moment.

    Args:
        out: The output folder; any path that Beam and Arrow both know.
        memory: Bytes that DuckDB may take.
        spill: A folder for what does not fit into memory.
        review: The address of `docassay review`, without its token, to which numbers lead.

    Raises:
        TablesError: The folder holds no tables, such as this release does not read, or damaged ones.
        UsageError: It is a catalog's.
        RunError: It takes too much memory.
    """
    need_folder(out, "a report reads a folder of tables")
    from docassay.views.report import facts, page, passages

    def read() -> Report:
        state = manifest.current(out)
        number = None if state is None else state.number
        with query.connect(out, number, memory, spill, f"{facts.SQL}{passages.SQL}") as asked:
            found = facts.gather(asked)
            chosen = passages.passages(asked)
        return Report(page.page(out, number, found, chosen, review), found.comparisons)

    return query.retried(out, read)
