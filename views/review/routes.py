"""Routes of the review server, and its error pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pyarrow as pa
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from docassay.schemas.errors import DomainError, RunError, TablesError, UsageError
from docassay.views.html import STATIC, write
from docassay.views.review import annotate, decide, exports, queue, show, tables
from docassay.views.review.app import Review
from docassay.views.review.guard import MOST_BODY
from docassay.views.review.params import Refused

MOST_FIELDS = 100
"""Of a form."""

STATICS = {
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "keys.js": "text/javascript",
    "review.css": "text/css",
    "review.js": "text/javascript",
    "style.css": "text/css",
}
"""Static files and their media types."""


def make_app(review: Review) -> Starlette:
    """Create the application; a `guard.Guard` must wrap it."""

    def answering(answer: Any) -> Any:
        def safely(request: Request, *form: Any) -> Response:
            try:
                return answer(review, request, *form)  # type: ignore[no-any-return]
            except Refused as refused:
                return _failed(request, refused.status, str(refused))
            except (UsageError, DomainError) as error:
                return _failed(request, HTTPStatus.BAD_REQUEST, str(error))
            except RunError as error:
                return _failed(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            except (duckdb.Error, pa.ArrowException, FileNotFoundError, TablesError):
                why = (
                    "The tables have changed since they were read, or are damaged: reload them."
                    f" If that does not help: docassay verify {review.snapshot.out}"
                )
                return _failed(request, HTTPStatus.CONFLICT, why)

        return safely

    def _failed(request: Request, status: HTTPStatus, why: str) -> Response:
        if request.headers.get("hx-request"):
            return HTMLResponse(write("note.html", said=why, other=""), status)
        page = review.page("failed.html", why=why)
        page.status_code = status
        return page

    def wrong_address(request: Request, error: Any) -> Response:
        why = "There is no such page." if error.status_code == HTTPStatus.NOT_FOUND else f"{error.detail}."
        return _failed(request, error.status_code, why)

    def broken(request: Request, error: Exception) -> Response:
        why = f"docassay failed on this request: {type(error).__name__}. Nothing else is affected."
        return PlainTextResponse(f"docassay review: {why}\n", HTTPStatus.INTERNAL_SERVER_ERROR)

    def posting(answer: Any) -> Any:
        async def read(request: Request) -> Response:
            try:
                body = (await request.body()).decode("utf-8", "replace")
                form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))
            except ClientDisconnect:
                why = f"The form is longer than {MOST_BODY:,} bytes."
                return await run_in_threadpool(_failed, request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
            except ValueError:
                why = f"The form has more than {MOST_FIELDS} fields."
                return await run_in_threadpool(_failed, request, HTTPStatus.BAD_REQUEST, why)
            return await run_in_threadpool(answering(answer), request, form)

        return read

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATICS:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(
            (STATIC / name).read_bytes(),
            media_type=STATICS[name],
            headers={"Cache-Control": "private, max-age=86400, immutable"},  # the address has its digest
        )

    def start(request: Request) -> Response:
        return RedirectResponse("/queue", HTTPStatus.SEE_OTHER)

    def of_rules(name: str) -> Any:
        """Answer by the page of rules, whose modules are imported when it is first opened."""

        def answer(*given: Any) -> Any:
            from docassay.views.review import rules

            return getattr(rules, name)(*given)

        return answer

    of = "/documents/{doc_id:str}"
    return Starlette(
        routes=[
            Route("/", start),
            Route("/queue", answering(queue.queue)),
            Route("/help", answering(show.help)),
            Route("/tables", tables.watching(answering(tables.tables))),
            Route("/rules", answering(of_rules("rules"))),
            Route("/rules/run", answering(of_rules("progress"))),
            Route("/rules/run", posting(of_rules("run")), methods=["POST"]),
            Route("/rules/save", posting(of_rules("save")), methods=["POST"]),
            Route("/rules/stop", posting(of_rules("stop")), methods=["POST"]),
            Route("/static/{name:str}", static),
            Route("/undo", posting(decide.undo), methods=["POST"]),
            Route("/assign", answering(annotate.listed)),
            Route("/assign", posting(annotate.assign_listed), methods=["POST"]),
            Route("/export/{name:str}", answering(exports.export)),
            Route("/reload", posting(decide.renew), methods=["POST"]),
            Route(of, answering(show.show)),
            Route(f"{of}/decide", posting(decide.decide), methods=["POST"]),
            Route(f"{of}/notes", posting(annotate.note), methods=["POST"]),
            Route(f"{of}/assign", posting(annotate.assign), methods=["POST"]),
            Route(f"{of}/text/{{piece:int}}", answering(show.text)),
            Route(f"{of}/entries/{{start:int}}", answering(show.entries)),
            Route(f"{of}/spans/{{start:int}}", answering(show.spans)),
            Route(f"{of}/family", answering(show.relatives)),
            Route(f"{of}/items/{{item:str}}", answering(show.panel)),
            Route(f"{of}/sheets", answering(show.sheets)),
            Route(f"{of}/pages/{{page:int}}.png", answering(show.picture)),
        ],
        exception_handlers={HTTPException: wrong_address, Exception: broken},
    )
