"""Authenticate requests to the review server: only the browser that was given the token may talk to it.

A page of another site in the same browser can send requests here, and can have its own name lead to 127.0.0.1
(DNS rebinding). So the Host must be this server's address, a token must come with every request, in a cookie
that no other site's requests carry, and what changes anything must come from a page of this server and bring
a second secret that only its pages know.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from docassay.storage.decisions.record import is_name
from docassay.views.review.ledger import WHO

MOST_BODY = 100_000
"""Bytes of a request."""

MOST_PATH = 2_000
"""Characters of the path of an address."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


_LINKED = re.compile(r"/(?:queue|tables|documents/[0-9a-f]{1,64})")
"""Pages to which other pages, such as a report, may lead."""


class Guard:
    """ASGI middleware that admits authenticated requests."""

    def __init__(self, app: Any, port: int, address: str = "127.0.0.1", trust_header: str = "") -> None:
        """Create the secrets of this server.

        Args:
            app: The application.
            port: Of the server.
            address: Of the server, in URLs.
            trust_header: The header in which a proxy names the reviewer; without one nobody else may.
        """
        self.app = app
        self.trust_header, self.name = trust_header, address
        self.token = secrets.token_urlsafe(32)
        self.csrf = secrets.token_urlsafe(32)
        self.cookie = f"docassay-review-{port}"
        self.on_entry: Callable[[], object] = lambda: None  # called when the token is used
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", address)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle or refuse a request, and set the security headers."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                message["headers"] = headers.raw
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send_with_headers)
            return
        WHO.set(self._named(scope))
        await self.app(scope, _bounded(receive), send_with_headers)

    def _named(self, scope: Any) -> str:
        """Return the reviewer whom the proxy names; empty where none does, or more than one is."""
        named = Headers(scope=scope).getlist(self.trust_header) if self.trust_header else []
        return named[0].encode("latin-1").decode("utf-8", "replace").strip() if len(named) == 1 else ""

    def _refused(self, scope: Any) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self.hosts or len(headers.getlist("host")) != 1:
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, f"this server answers only as {self.name}")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and POST are allowed")
        if len(scope["path"]) > MOST_PATH:
            return _refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "the address is too long")
        site = headers.get("sec-fetch-site", "none")
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if scope["method"] == "GET" and given and hmac.compare_digest(given[0].encode(), self.token.encode()):
            self.on_entry()
            answer: Response = RedirectResponse(scope["path"], HTTPStatus.SEE_OTHER)
            if site == "cross-site":  # from a file: a redirect would not bring the cookie along
                answer = HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0;url=/">')
            by_tls = bool(self.trust_header) and headers.getlist("x-forwarded-proto") == ["https"]
            answer.set_cookie(
                self.cookie, self.token, httponly=True, samesite="strict", path="/", secure=by_tls
            )
            return answer
        if (
            scope["method"] == "GET"
            and site == "cross-site"
            and headers.get("sec-fetch-mode") == "navigate"
            and _LINKED.fullmatch(scope["path"])
        ):
            return _crossing(scope)
        cookie = cookie_parser(headers.get("cookie", "")).get(self.cookie, "")
        if not hmac.compare_digest(cookie.encode(), self.token.encode()):
            return _refusal(
                HTTPStatus.FORBIDDEN, "open the address that docassay review printed, including its token"
            )
        if site not in ("same-origin", "none"):
            return _refusal(HTTPStatus.FORBIDDEN, "this request came from another site")
        if self.trust_header and not is_name(self._named(scope)):
            return _refusal(HTTPStatus.FORBIDDEN, f"the proxy named no reviewer in {self.trust_header}")
        if scope["method"] != "POST":
            return None
        if headers.get("origin") != f"http://{host}" and site != "same-origin":
            return _refusal(HTTPStatus.FORBIDDEN, "this request came from another origin")
        if not hmac.compare_digest(headers.get("x-csrf-token", "").encode(), self.csrf.encode()):
            return _refusal(
                HTTPStatus.FORBIDDEN, "the server has restarted since this page was loaded; reload it"
            )
        return None


def _crossing(scope: Any) -> Response:
    """Offer a link of this server to whoever follows one of another page, which brings no cookie."""
    query = scope["query_string"].decode("latin-1")
    address = escape(f"{scope['path']}?{query}" if query else scope["path"])
    page = (
        '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>docassay review</title><link rel="stylesheet" href="/static/style.css">'
        '<link rel="stylesheet" href="/static/review.css"><header class="bar"><b>docassay review</b></header>'
        "<main><h1>Open the documents?</h1><p>You came here from another page. A page outside docassay"
        " review, such as a report, cannot open your documents without your click.</p>"
        f'<p><a href="{address}">Open them</a></p></main>'
    )
    return HTMLResponse(page, HTTPStatus.FORBIDDEN)


def _refusal(status: HTTPStatus, why: str) -> Response:
    return PlainTextResponse(f"docassay review: {why}\n", status)


def _bounded(receive: Any) -> Callable[[], Any]:
    """Yield the body of a request, cut off at `MOST_BODY`."""
    got = 0

    async def part() -> Any:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > MOST_BODY:
            return {"type": "http.disconnect"}
        return message

    return part
