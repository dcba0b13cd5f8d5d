"""Lineage of a run: START where it begins, and COMPLETE, FAIL or ABORT where it ends, as OpenLineage events.

Imported only where an operator names a target. Whatever goes wrong here is kept for one line at the end, and
never fails the run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from docassay.observe import lineage
from docassay.observe.sanitize import line
from docassay.pipelines import LOCAL
from docassay.pipelines import lineage_events as events
from docassay.pipelines.lineage_events import Added, Begun, Ended, State
from docassay.pipelines.sources.walk import lies_in, resolved
from docassay.schemas.errors import DocassayError, OutputError, UsageError
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_catalog, is_local
from docassay.storage.tables.manifest import File
from docassay.storage.tables.parquet import count_rows

MOST_CHARS = 1_000
"""Longest message of an error in an event."""

_EXCEPTION = re.compile(r"(?:\w+\.)*(_?[A-Z]\w*(?:Error|Exception|Invalid)): ")
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class Lineage:
    """Sends the events of a run to a target."""

    def __init__(self, value: str, out: str) -> None:
        """Make sure that the target can be used; nothing is sent yet.

        Args:
            value: An HTTP address, or a file to append to.
            out: The output folder of the run, in which the file may not lie.

        Raises:
            UsageError, OutputError: As `observe.lineage.target` says.
        """
        if is_local(value) and is_local(out) and lies_in(resolved(value), resolved(out)):
            raise OutputError(f"--lineage {value} is among the tables; name a file elsewhere")
        self._target = lineage.target(value)
        self._problem: str | None = None

    def close(self) -> str | None:
        """Wait for what is under way, `observe.lineage.WAIT_SECONDS` at most; tell in a line what failed."""
        undelivered = self._target.close()
        return line(undelivered or self._problem or "") or None

    @contextmanager
    def following(
        self,
        command: str,
        metadata: Mapping[str, str],
        started: datetime,
        inputs: tuple[str, ...],
        out: str,
        runner: str = LOCAL,
        results: str | None = None,
    ) -> Iterator[Callable[[Run | None], None]]:
        """Send the events of the run that the block carries out.

        Yields:
            To be called with the run's row, or None, when all is published.
        """
        begun = Begun(command, metadata, started, inputs, out, runner, results)
        before: dict[str, dict[str, File]] = {}
        ended: list[Ended] = []

        def done(run: Run | None) -> None:
            with self._harmless():
                ended.append(_ended(begun, run, before))

        with self._harmless():
            before.update(_state(begun.out)[1])
        self._send("START", begun)
        try:
            yield done
        except BaseException as error:
            failed = isinstance(error, Exception)
            self._send("FAIL" if failed else "ABORT", begun, problem=public(error) if failed else None)
            raise
        self._send("COMPLETE", begun, ended[0] if ended else None)

    def _send(
        self, state: State, begun: Begun, ended: Ended | None = None, problem: str | None = None
    ) -> None:
        with self._harmless():
            above, unread = events.parent(os.environ)
            self._problem = self._problem or unread
            self._target.emit(events.event(state, begun, ended, problem, above))

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of whatever kind: the run goes on
            self._problem = self._problem or f"lineage of this run is incomplete: {type(error).__name__}"


def public(error: BaseException) -> str:
    """Give the message of an error, unless it might quote a document: then only what kind of error it is.

    Messages that docassay writes quote paths at most. What a library says in a worker may quote what it was
    working on.

    >>> public(UsageError("in: no such folder"))
    'in: no such folder'
    >>> public(ValueError("'Dear Bo' is no date"))
    'ValueError'
    """
    if not isinstance(error, DocassayError):
        return type(error).__name__
    text, origin = line(str(error), MOST_CHARS), error.__cause__
    if origin is None or isinstance(error, UsageError) or isinstance(origin, (DocassayError, OSError)):
        return text
    if f"docassay.schemas.errors.{type(error).__name__}: {error}" in str(origin):
        return text
    if "Channel closed prematurely" in str(origin):  # a worker died; the message is `batch.cause`'s
        return text
    exception, number = _EXCEPTION.match(text), _ERRNO.search(text)
    reason = f": {os.strerror(int(number[1]))}" if number else ""
    return (exception[1] if exception else type(origin).__name__) + reason


def _state(out: str) -> tuple[int | None, dict[str, dict[str, File]]]:
    """List the files of all tables, with the number of their manifest where they have one."""
    if is_catalog(out):
        return None, {}
    state = manifest.current(out)
    files = (state or manifest.listed(out, "")).files
    return None if state is None else state.number, {table: dict(files.get(table, {})) for table in TABLES}


def _ended(begun: Begun, run: Run | None, before: Mapping[str, Mapping[str, File]]) -> Ended:
    if is_catalog(begun.out):  # whose own snapshots have files and bytes
        return Ended(run, {})
    number, files = _state(begun.out)
    rows = {} if run is None else {**json.loads(run.table_rows), "runs": 1}
    added: dict[str, Added] = {}
    for table in TABLES:
        present = files.get(table, {})
        new = [present[name] for name in present.keys() - before.get(table, {}).keys()]
        if run is None:
            rows[table] = sum(count_rows(f"{begun.out}/{f.path}") if f.rows is None else f.rows for f in new)
        added[table] = Added(
            rowCount=rows.get(table, 0) if new else 0,
            size=sum(file.bytes or 0 for file in new),
            fileCount=len(new),
        )
    return Ended(run, added, number)
