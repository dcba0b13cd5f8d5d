"""Standalone HTML report of tables, without scripts or external resources.

`facts` and `passages` query the tables, `drift` compares the latest run with earlier ones, `plots` draws,
`page` renders the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docassay.schemas.errors import RunError, TablesError
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


def report(out: str, memory: int = 1_000_000_000, spill: str | None = None) -> Report:
    """Report on the tables of an output folder, as they are at one moment.

    Args:
        out: The output folder; any path that Beam and Arrow both know.
        memory: Bytes that DuckDB may take.
        spill: A folder for what does not fit into memory.

    Raises:
        TablesError: The folder holds no tables, such as this release does not read, or damaged ones.
        UsageError: It is a catalog's.
        RunError: It takes too much memory.
    """
    need_folder(out, "a report reads a folder of tables")
    import duckdb

    from docassay.views.report import facts, page, passages

    for attempt in range(1, query.ATTEMPTS + 1):
        try:
            state = manifest.current(out)
            with query.connect(
                out, None if state is None else state.number, memory, spill, f"{facts.SQL}{passages.SQL}"
            ) as asked:
                found = facts.gather(asked)
                chosen = passages.passages(asked)
            html = page.page(out, None if state is None else state.number, found, chosen)
            return Report(html, found.comparisons)
        except duckdb.IOException as error:  # perhaps a file is gone since it was listed
            if attempt == query.ATTEMPTS:
                raise query.error_of(error, out) from None
        except duckdb.Error as error:
            problem = query.error_of(error, out)
            if isinstance(problem, RunError | TablesError):
                raise problem from None
            raise TablesError(f"{out}: {problem}; to see what is damaged: docassay verify {out}") from None
    raise AssertionError("the last attempt raises or answers")
