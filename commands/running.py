"""What a command shows of long work: its progress, and the counts of the run at its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docassay.commands.options import (
    LogFormat,
    print_plain,
    stderr,
    stdout,
    table_of,
    write_whole,
)
from docassay.observe.sanitize import line

LINE_SECONDS = 30.0
"""Seconds between two lines of progress where there is no terminal."""

SLOWER = 1.1
"""A line says so where the work will take this many times what was told before."""


@contextmanager
def progress(doing: str, rate: bool = True, log_format: LogFormat = None) -> Iterator[Callable[..., None]]:
    """Show what is done and the time left: a bar on a terminal, elsewhere a line now and then.

    Yields the function that updates it: `done` of `total`, the `step` that is under way, and `rejects`.

    Args:
        doing: What is being done.
        rate: Show documents a second; `steps` does without.
        log_format: Format of the log on standard error, which has the lines where it is given.
    """
    if log_format or not stderr.is_terminal:
        yield _Lines(doing, rate, log_format)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *([TextColumn("{task.fields[rate]} documents/s")] if rate else []),
        TimeRemainingColumn(),
    ]
    began, current = time.monotonic(), doing
    with Progress(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task(doing, total=None, rate="-")

        def watch(done: int, total: int, step: str = doing, rejects: int = 0) -> None:
            nonlocal current
            if step != current:
                current = step
                bar.reset(task, description=step)
            speed = f"{done / (time.monotonic() - began):.1f}"
            bar.update(task, completed=done, total=max(total, done) or None, rate=speed)

        yield watch


class _Lines:
    """Writes a line of progress each `LINE_SECONDS`; of short work none: an error must be the only line."""

    def __init__(self, doing: str, rate: bool, log_format: LogFormat) -> None:
        self._doing = self._step = doing
        self._rate = rate
        self._log_format = log_format
        self._began = self._said = time.monotonic()
        self._end: float | None = None

    def __call__(self, done: int, total: int, step: str | None = None, rejects: int = 0) -> None:
        now = time.monotonic()
        if (step or self._doing) != self._step:
            self._step, self._began, self._end = step or self._doing, now, None
        if now - self._said < LINE_SECONDS:
            return
        self._said = now
        speed = done / max(now - self._began, 1e-9)
        left = (total - done) / speed if done and total > done else None
        slower = bool(left and self._end and now + left - self._began > SLOWER * (self._end - self._began))
        self._end = now + left if left else None
        if self._log_format:
            from docassay.observe import log

            seconds = None if left is None else round(left)
            log.event(
                "progress", step=self._step, done=done, total=total, rejects=rejects, seconds_left=seconds
            )
            return
        of = f"{done:,} of {total:,}" if total > done else f"{done:,}"
        parts = [f"{of} documents" if self._rate else of]
        parts += [f"{rejects:,} rejects"] if rejects else []
        parts += [f"{speed:.1f} documents/s"] if self._rate else []
        if left is not None:
            parts.append(f"about {_span(left)} left{', more than estimated before' if slower else ''}")
        print_plain(f"docassay: {line(self._step)}: {', '.join(parts)}", stderr)


def _span(seconds: float) -> str:
    """Write a span of time in its two largest units.

    >>> _span(42), _span(3_725), _span(200_000)
    ('42 s', '1 h 2 min', '2 d 7 h')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    sizes = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((n for n, (number, _) in enumerate(sizes) if number), len(sizes) - 1)
    return " ".join(f"{number} {unit}" for number, unit in sizes[first : first + 2])


def show_run(run: Any, out: str) -> None:
    """Print the counts of a finished run, a row of the table `runs`."""
    seconds = (run.finished - run.started).total_seconds()
    print_plain(
        f"{run.inputs} inputs = {run.documents} documents + {run.rejects} rejects"
        f" + {run.skipped} skipped, in {seconds:.1f} s; tables in {out}"
    )
    table = table_of("table", "rows", right=["rows"])
    for name, number in json.loads(run.table_rows).items():
        table.add_row(name, f"{number:,}")
    stdout.print(table)
    for title, values in (
        ("rejects", json.loads(run.reasons)),
        ("seconds by stage", json.loads(run.seconds)),
    ):
        if values:
            listed = " · ".join(f"{name} {number:,}" for name, number in values.items())
            print_plain(f"{title}: {listed}")


def write_summary(
    path: Path, exit_code: int | None, out: str | None, run: Any = None, error: str | None = None
) -> None:
    """Write what came of a run as one line of JSON.

    Args:
        path: The file, which is replaced.
        exit_code: With which the command ends; None while it runs, and after it was killed.
        out: The tables, where they are known.
        run: The row of `runs`, where the run has been published.
        error: What went wrong, where something did.

    Raises:
        RunError: The file cannot be written.
    """
    content: dict[str, Any] = {"exit_code": exit_code, "tables": out}
    if error is not None:
        content["error"] = error
    if run is not None:
        content |= {
            "run_id": run.run_id,
            "started": run.started.isoformat(),
            "finished": run.finished.isoformat(),
            "inputs": run.inputs,
            "documents": run.documents,
            "rejects": run.rejects,
            "skipped": run.skipped,
            "reasons": json.loads(run.reasons),
            "rows": json.loads(run.table_rows),
        }
    write_whole(path, (json.dumps(content) + os.linesep).encode())
