"""Show the page *Tables*: questions to the tables, their answers as a table, a chart and a file.

The address has all of what is asked, so that it can be shared. SQL is carried out by `views.review.answer` in
a process of its own, which ends with the request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from tempfile import NamedTemporaryFile
from typing import IO, Any, ClassVar, NamedTuple
from urllib.parse import urlencode
from weakref import WeakSet

import anyio
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from docassay.observe.sanitize import line
from docassay.schemas.arrow import schema
from docassay.schemas.errors import DocassayError, RunError, UsageError
from docassay.schemas.rows import TABLES
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.worker import Worker
from docassay.views.questions import question, questions
from docassay.views.report import plots
from docassay.views.review.answer import COUNT, MEMORY, ROWS
from docassay.views.review.app import Review
from docassay.views.review.params import parse_number
from docassay.views.shipped_views import VIEWS, meaning

SECONDS = 30.0
"""That an answer may take."""

AT_ONCE = 2
"""Questions that are answered at the same time."""

WAITS = 3.0
"""Seconds that another one waits for its turn."""

MOST_SQL = 10_000
"""Characters of SQL, which is in the address."""

HEADROOM = 1_000_000_000
"""Bytes that the process takes beside the database."""

_PIECE = 65_536
_turns = threading.BoundedSemaphore(AT_ONCE)


class Asked(NamedTuple):
    """What an address asks.

    Attributes:
        number: Of a shipped question; 0: it is SQL of one's own.
        sql: The SQL; empty where nothing is asked.
        narrowed: Columns and the values that are kept of them; None: those without one.
        start: The row that comes first on the page.
        chart: The kind of the chart and its columns.
    """

    number: int
    sql: str
    narrowed: tuple[tuple[str, str | None], ...] = ()
    start: int = 0
    chart: tuple[str, str, str] = ("", "", "")

    def address(self, **other: Any) -> str:
        """Give the address that asks the same, or something else in parts; it starts at the first row."""
        asked = self._replace(start=0)._replace(**other)
        pairs = [("question", str(asked.number)) if asked.number else ("sql", asked.sql)]
        pairs += [
            ("null", name) if value is None else (f"is.{name}", value) for name, value in asked.narrowed
        ]
        pairs += [(n, v) for n, v in zip(("chart", "x", "y"), asked.chart, strict=True) if v]
        pairs += [("start", str(asked.start))] if asked.start else []
        return f"/tables?{urlencode(pairs)}"


class Asking:
    """The process that answers a request; `end` may come from another thread, and before it has begun."""

    under_way: ClassVar[WeakSet[Asking]] = WeakSet()
    """Those of requests that are being answered."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.under_way.add(self)
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._is_over = False

    def end(self) -> None:
        """Kill the process, and let none begin."""
        with self._lock:
            self._is_over = True
            if self._worker:
                self._worker.end()

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Have a process answer.

        Raises:
            RunError: It took too long or too much, was ended, or others are at work.
            UsageError: The SQL is wrong, or does more than read.
        """
        if not _turns.acquire(timeout=WAITS):
            raise RunError(f"{AT_ONCE} questions are already being answered: wait until one is done")
        limits = Limits(seconds=SECONDS, memory_bytes=MEMORY + HEADROOM)
        try:
            with Worker("docassay.views.review.answer:answer", limits, "RLIMIT_DATA") as worker:
                with self._lock:
                    self._worker = worker
                    if self._is_over:
                        worker.end()
                try:
                    kind, told = worker.ask(asked, time.monotonic() + SECONDS)
                finally:
                    with self._lock:
                        self._worker = None
        except Unusable as unusable:
            if unusable.reason == "timeout":
                raise RunError(
                    f"stopped after {SECONDS:g} seconds: ask for less, or use docassay query"
                ) from None
            raise RunError(
                "the process that answers was ended, usually for lack of memory: ask for less"
            ) from None
        finally:
            _turns.release()
        if kind != "done":
            raise UsageError(str(told[1] if kind == "refused" else told))
        return dict(told)


def watching(answering: Callable[..., Response]) -> Callable[[Request], Any]:
    """Answer a request in a thread, and end its process when the browser goes away."""

    async def watched(request: Request) -> Response:
        asking = Asking()

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            asking.end()

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            response = await run_in_threadpool(answering, request, asking)
            group.cancel_scope.cancel()
        return response

    return watched


def tables(review: Review, request: Request, asking: Asking) -> Response:
    """Show the questions and the answer to one, or give its rows as a file."""
    asked = Asked(0, "")
    found: dict[str, Any] = {}
    why = ""
    try:
        asked = parse(request)
        if asked.sql and request.query_params.get("as") == "csv":
            return _file(review, asked, asking)
        if asked.sql:
            found = _shown(review, asked, asking)
    except DocassayError as error:
        why = str(error)
        if not asked.sql:
            asked = Asked(0, request.query_params.get("sql", "")[:MOST_SQL])
    page = review.page(
        "tables.html",
        asked=asked,
        title=question(asked.number).title if asked.number else "",
        questions=questions(),
        views=[(name, meaning(name).replace("`", "")) for name in VIEWS],
        rows_of=[(name, schema(name).names) for name in TABLES],
        seconds=SECONDS,
        why=why,
        found=found,
    )
    page.status_code = HTTPStatus.BAD_REQUEST if why else HTTPStatus.OK
    return page


def parse(request: Request) -> Asked:
    """Read what an address asks.

    Raises:
        UsageError: There is no such question, or the SQL is too long.
    """
    given = request.query_params
    number = parse_number(given.get("question"), 0)
    sql = question(number).sql if number else given.get("sql", "").strip()
    if len(sql) > MOST_SQL:
        raise UsageError(
            f"the SQL has more than {MOST_SQL:,} characters: use docassay query, which can read it"
            " from a file"
        )
    narrowed: list[tuple[str, str | None]] = []
    for name, value in given.multi_items():
        if name.startswith("is."):
            narrowed.append((name[3:], value))
        elif name == "null":
            narrowed.append((value, None))
    chart = (given.get("chart", ""), given.get("x", ""), given.get("y", ""))
    return Asked(number, sql, tuple(narrowed), parse_number(given.get("start"), 0), chart)


def _request(review: Review, asked: Asked, file: str = "") -> dict[str, Any]:
    return {
        "out": review.snapshot.out,
        "sql": asked.sql,
        "narrowed": asked.narrowed,
        "start": asked.start,
        "chart": asked.chart,
        "file": file,
    }


def _shown(review: Review, asked: Asked, asking: Asking) -> dict[str, Any]:
    found = asking.ask(_request(review, asked))
    known = _documents(review, found["rows"])
    last = min(asked.start + ROWS, found["total"])
    narrowed = dict(asked.narrowed)
    found["rows"] = [[[(one, known.get(one, "")) for one in cell] for cell in row] for row in found["rows"]]
    found["facets"] = [
        (
            name,
            [
                (value, number, asked.address(narrowed=(*asked.narrowed, (name, value))))
                for value, number in values
            ],
        )
        for name, values in found["facets"]
        if name not in narrowed
    ]
    return found | {
        "first": asked.start + 1,
        "last": last,
        "earlier": asked.address(start=max(0, asked.start - ROWS)) if asked.start else "",
        "later": asked.address(start=last) if last < found["total"] else "",
        "kept": [
            (name, value, asked.address(narrowed=tuple(pair for pair in asked.narrowed if pair[0] != name)))
            for name, value in asked.narrowed
        ],
        "file": f"{asked.address()}&as=csv",
        "drawn": _drawn(found["chart"]),
    }


def _documents(review: Review, rows: Sequence[Sequence[Any]]) -> dict[str, str]:
    """Find the documents that cells name by their id or their URI, with the address of each."""
    told = pa.array({one for row in rows for cell in row for one in cell if one}, pa.string())
    queue = review.snapshot.queue.select(["doc_id", "uri"])
    named = queue.filter(pc.or_(pc.is_in(queue["doc_id"], told), pc.is_in(queue["uri"], told))).to_pylist()
    return {row[by]: f"/documents/{row['doc_id']}" for row in named for by in ("uri", "doc_id")}


def _drawn(chart: dict[str, Any]) -> Markup:
    if chart["kind"] == "none" or not chart["labels"]:
        return Markup("")
    name = chart["y"] if chart["y"] == COUNT else line(chart["y"], 80)
    series = [plots.Series(name, "link", chart["values"])]
    title = f"{name} by {line(chart['x'], 80)}"
    if chart["kind"] == "bar":
        return Markup(plots.bars(title, chart["labels"], series, form="{:,.6g}"))
    return Markup(plots.lines(title, chart["labels"], series, chart["places"]))


def _file(review: Review, asked: Asked, asking: Asking) -> Response:
    """Give all rows as CSV; the file is written whole before it is sent."""
    file = NamedTemporaryFile(prefix="docassay-", suffix=".csv")  # noqa: SIM115 - closed once it is sent
    try:
        asking.ask(_request(review, asked, file.name))
        size = file.seek(0, 2)
    except BaseException:
        file.close()
        raise
    name = f"question-{asked.number}.csv" if asked.number else "answer.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return StreamingResponse(_pieces(file), media_type="text/csv", headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        yield from iter(partial(file.read, _PIECE), b"")
