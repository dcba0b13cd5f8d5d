"""The review server answers one browser on this machine: no other name, site or origin, and no other file."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay.schemas.errors import RunError
from docassay.views.review.serve import listen
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    out = tmp_path_factory.mktemp("guard") / "tables"
    run(out, "run-1", [document(1)])
    with served(out) as running:
        yield running


def _decide(server: Served, **headers: str | None) -> int:
    doc_id = next(iter(server.review.snapshot.place))
    return server.ask(f"/documents/{doc_id}/decide", {"item": "f0", "outcome": "confirmed"}, **headers)[0]


def test_the_token_is_taken_once_and_becomes_a_cookie_of_this_site_alone(server: Served) -> None:
    status, _, headers = server.ask(f"/?token={server.guard.token}", Cookie=None)
    cookie = headers["set-cookie"]
    assert status == 303 and headers["location"] == "/"
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower() and server.guard.token in cookie
    assert server.ask("/queue")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status", "why"),
    [
        ({"Cookie": None}, 403, "no token"),
        ({"Cookie": "docassay-review-1=x"}, 403, "the cookie of another server"),
        ({"Host": "evil.example"}, 421, "DNS rebinding: another name for 127.0.0.1"),
        ({"Host": "127.0.0.1.evil.example:80"}, 421, "a name that begins like it"),
        ({"Host": ""}, 421, "no name"),
        ({"Sec_Fetch_Site": "cross-site"}, 403, "another site in the same browser"),
        ({"Sec_Fetch_Site": "same-site"}, 403, "another port of this machine"),
    ],
)
def test_who_may_read(server: Served, headers: dict[str, str | None], status: int, why: str) -> None:
    assert server.ask("/queue", **headers)[0] == status, why


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Origin": "https://evil.example"}, "another origin"),
        ({"Origin": "http://127.0.0.1:1"}, "another port"),
        ({"Origin": "null"}, "a page in a sandbox"),
        ({"Origin": None}, "nothing says where it comes from"),
        ({"X_CSRF_Token": None}, "a form of another page"),
        ({"X_CSRF_Token": "guessed"}, "a guess"),
        ({"Cookie": None}, "no token"),
    ],
)
def test_who_may_decide(server: Served, headers: dict[str, str | None], why: str) -> None:
    assert _decide(server, **headers) == 403, why
    assert not server.review.ledger.documents(), "nothing was recorded"


def test_every_answer_bounds_what_a_page_may_do(server: Served) -> None:
    for path in ("/queue", "/static/review.js", "/nowhere", "/documents/x"):
        headers = server.ask(path)[2]
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
        assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
        kept = "private, max-age=86400, immutable" if path.startswith("/static/") else "no-store"
        assert headers["cache-control"] == kept


@pytest.mark.parametrize(
    "path",
    [
        "/static/../templates/base.html",
        "/static/%2e%2e/templates/base.html",
        "/static/..%2f..%2fpage.py",
        "/documents/..%2f..%2fetc%2fpasswd",
        "/documents/%00",
        "/documents/x/pages/1.png",
        "/documents/x/text/0",
    ],
)
def test_no_path_leads_out_of_the_tables(server: Served, path: str) -> None:
    status, content, _ = server.ask(path)
    assert status == 404 and "import" not in content and "root:" not in content


def test_wrong_requests_are_refused_in_words(server: Served) -> None:
    doc_id = next(iter(server.review.snapshot.place))
    of = f"/documents/{doc_id}"
    for path, form in (
        (f"{of}/decide", {"item": "f99", "outcome": "confirmed"}),
        (f"{of}/decide", {"item": "f0", "outcome": "deleted"}),
        (f"{of}/decide", {"item": "f0", "outcome": "corrected"}),
        (
            f"{of}/decide",
            {"item": "f0", "outcome": "corrected", "corrected_start": "9", "corrected_end": "2"},
        ),
        (f"{of}/decide", {"item": "f0'; drop table flags", "outcome": "confirmed"}),
        (f"{of}/decide", {"item": "f0", "outcome": "confirmed", "reason": "x" * 20_000}),
        (f"{of}/text/999", None),
    ):
        status, content, _ = server.ask(path, form)
        assert status in (400, 404) and "Traceback" not in content, (path, form)
    assert server.ask(f"{of}/decide", {"item": "f0", "reason": "x" * 200_000})[0] in (400, 413)
    assert server.ask("/queue", method="DELETE")[0] == 405
    assert not server.review.ledger.documents()


def test_a_port_that_is_taken_is_an_error_in_words() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(RunError, match="it is taken"):
            listen(other.getsockname()[1])


def test_it_listens_on_this_machine_alone_and_at_once() -> None:
    with listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        socket.create_connection(listening.getsockname(), timeout=10).close()


def test_a_decision_by_the_page_itself_is_recorded(server: Served) -> None:
    """Last, since those above see that nothing was."""
    assert _decide(server) == 200
    assert len(server.review.ledger.documents()) == 1


def test_a_folder_of_an_odd_name_is_read(tmp_path: Path) -> None:
    run(tmp_path / "it's odd", "run-1", [document(1)])
    with served(tmp_path / "it's odd") as running:
        assert running.ask("/queue")[0] == 200
