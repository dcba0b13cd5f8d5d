"""The review server answers one browser on this machine: no other name, site or origin, and no other file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.errors import RunError
from docassay.storage.decisions.record import rows_of
from docassay.views.review import connection
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


def test_a_link_of_another_page_is_followed_once_more_or_not_at_all(server: Served) -> None:
    led: dict[str, str | None] = {
        "Cookie": None,
        "Sec_Fetch_Site": "cross-site",
        "Sec_Fetch_Mode": "navigate",
    }
    status, page, _ = server.ask("/queue?search=%22%3E%3Cscript%3E&show=all", **led)
    assert status == 403 and '<a href="/queue?search=%22%3E%3Cscript%3E&amp;show=all">' in page
    assert "<script" not in page and "Document 1" not in page
    for path in (
        "//evil.example/queue",
        "/undo",
        "/static/review.js",
        "/queue/..//evil.example",
        "/documents/x:y",
    ):
        assert "<a" not in server.ask(path, **led)[1], path
    for with_cookie in ("/queue", "/tables?sql=select+1"):
        shown = server.ask(with_cookie, **(led | {"Cookie": server.headers()["Cookie"]}))
        assert shown[0] == 403 and "Document 1" not in shown[1]
    assert "<a" not in server.ask("/queue", None, "POST", **led)[1]


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
    many = {f"field{n}": "x" for n in range(5_000)}
    for path, form, status, why in (
        (f"{of}/decide", many, 400, "The form has more than 100 fields."),
        (
            f"{of}/decide",
            {"item": "f0", "reason": "x" * 200_000},
            413,
            "The form is longer than 100,000 bytes.",
        ),
        ("/nowhere", None, 404, "There is no such page."),
        ("/static/nothing.js", None, 404, "There is no such page."),
        ("/undo", None, 405, "Method Not Allowed."),
        (f"{of}/text/{'9' * 6_000}", None, 414, "the address is too long"),
        (f"{of}/entries/{'9' * 1_000}", None, 200, ""),
        ("/queue?" + "a=1&" * 3_000, None, 200, ""),
        ("/queue?after=" + "9" * 6_000, None, 200, ""),
    ):
        for of_htmx in ("true", None):
            got, content, _ = server.ask(path, form, HX_Request=of_htmx)
            assert got == status and why in content, (path[:60], got, content[-300:])
    assert not server.review.ledger.documents()


def test_a_fault_of_the_server_is_told_in_words(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.review, "document", lambda doc_id: 1 // 0)
    status, content, headers = server.ask("/documents/x/text/0")
    assert status == 500 and headers["content-type"].startswith("text/plain")
    assert "docassay failed on this request: ZeroDivisionError" in content


def _connect(server: Served, sent: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    client.sendall(sent)
    return client


def _head(server: Served, path: str, more: str) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in server.headers().items())
    return f"{path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{headers}{more}".encode()


def _rest(client: socket.socket) -> bytes:
    """Read until the server ends the connection."""
    with client:
        got = b""
        while part := client.recv(65_536):
            got += part
        return got


def test_a_request_that_does_not_arrive_ends(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.5)
    head = _head(server, "POST /undo", "Content-Length: 50\r\n\r\n")
    answered = _head(server, "GET /help", "\r\n")
    waiting = [
        _connect(server, sent) for sent in (b"", b"GET / HT", head[:60], head, head + b"a=b", answered)
    ]
    nothing, *late, kept = [_rest(one) for one in waiting]
    assert nothing == b""
    for got in late:
        assert got.startswith(b"HTTP/1.1 408 ") and got.endswith(b"the request did not arrive in time\n")
    assert kept.startswith(b"HTTP/1.1 200 ") and b" 408 " not in kept, (
        "an idle connection ends without a word"
    )


def test_a_head_in_drops_ends_in_time(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.5)
    slow = _connect(server, b"GET / HTTP/1.1\r\n")
    with pytest.raises(OSError):
        for _ in range(100):
            time.sleep(0.1)
            slow.sendall(b"x")
    slow.close()


def test_half_open_connections_do_not_stop_the_page(server: Served) -> None:
    half_open = [_connect(server, b"GET / HTTP/1.1\r\nX-Slow: ") for _ in range(300)]
    assert server.ask("/queue")[0] == 200
    ended = 0
    for one in half_open:
        one.settimeout(0.01)
        try:
            ended += one.recv(1) == b""
        except ConnectionResetError:
            ended += 1
        except TimeoutError:
            pass
        one.close()
    assert ended >= 300 - connection.MOST_CONNECTIONS


def test_a_file_that_only_the_user_can_read_hands_the_token_over(tmp_path: Path) -> None:
    run(tmp_path / "tables", "run-1", [document(1)])
    (tmp_path / "browser.py").write_text(
        "import os, shutil, sys\nfrom urllib.request import url2pathname\n"
        "page = url2pathname(sys.argv[1].removeprefix('file://'))\n"
        "modes = [oct(os.stat(one).st_mode & 0o777) for one in (page, os.path.dirname(page))]\n"
        "print(sys.argv[1], *modes, open(page).read(), sep='\\n', file=open('told', 'w'))\n"
        "os.rename('told', 'opened')\n"
    )
    ours = os.environ | {"BROWSER": f"{sys.executable} browser.py %s"}
    words = [sys.executable, "-m", "docassay", "review", "tables", "--open"]
    with subprocess.Popen(words, cwd=tmp_path, env=ours, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = running.stdout.readline().split()[1]
        token = address.partition("token=")[2]
        while not (tmp_path / "opened").exists():
            assert running.poll() is None
            time.sleep(0.05)
        url, file_mode, folder_mode, page = (tmp_path / "opened").read_text().split("\n", 3)
        assert url.startswith("file://") and token not in url
        assert (file_mode, folder_mode) == ("0o600", "0o700")
        assert address in page
        folder = Path(url.removeprefix("file://")).parent
        assert folder.exists()
        with urlopen(Request(address, headers={"Sec-Fetch-Site": "cross-site"}), timeout=60) as answer:
            assert answer.status == 200 and "HttpOnly" in answer.headers["set-cookie"]
            assert b"url=/" in answer.read()
        assert not folder.exists()
        running.send_signal(signal.SIGINT)
    assert running.returncode == 0


def test_a_port_that_is_taken_is_an_error_in_words() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(RunError, match="it is in use"):
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


def test_a_proxy_names_the_reviewer_and_every_guard_stays(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    of = f"/documents/{document(1).doc_id}"
    with served(tmp_path, "nobody", trust_header="X-Remote-User") as server:
        form = {"item": "f0", "outcome": "fraud"}
        assert server.ask("/queue")[0] == 403, "no name"
        assert server.ask("/queue", X_Remote_User="A\x01")[0] == 403, "none that could be recorded"
        for header in ("Cookie", "Origin", "X_CSRF_Token"):
            left_out: dict[str, str | None] = {header: None, "X_Remote_User": "Ann"}
            assert server.ask(f"{of}/decide", form, **left_out)[0] == 403, header
        assert server.ask("/queue", X_Remote_User="Ann", Host="evil.example")[0] == 421
        assert "Ann" in server.ask("/queue", X_Remote_User="Ann")[1]
        assert server.ask(f"{of}/decide", form, X_Remote_User="Ann")[0] == 200
        other = form | {"item": "f1", "outcome": "harmless"}
        assert server.ask(f"{of}/decide", other, X_Remote_User="Bo")[0] == 200
        assert server.ask("/undo", {}, X_Remote_User="Ann")[0] == 200
    rows = rows_of(str(tmp_path)).to_pylist()
    told = [(row["reviewer"], row["outcome"]) for row in rows]
    assert told == [("Ann", "confirmed"), ("Bo", "dismissed"), ("Ann", "withdrawn")]
    assert rows[2]["supersedes"] == rows[0]["decision_id"], "each undoes what is theirs"


def test_the_cookie_is_sent_over_tls_alone_where_the_proxy_says_that_it_came_so(
    server: Served, tmp_path: Path
) -> None:
    run(tmp_path, "run-1", [document(1)])

    def cookie(of: Served, **headers: str) -> str:
        told = of.ask(f"/?token={of.guard.token}", Cookie=None, **headers)[2]["set-cookie"]
        return f"{told};".lower()

    with served(tmp_path, "nobody", trust_header="X-Remote-User") as behind:
        assert "; secure;" in cookie(behind, X_Forwarded_Proto="https", X_Remote_User="Ann")
        assert "; secure;" not in cookie(behind, X_Forwarded_Proto="http", X_Remote_User="Ann")
        assert "; secure;" not in cookie(behind, X_Remote_User="Ann")
    assert "; secure;" not in cookie(server, X_Forwarded_Proto="https"), "no proxy: who says so is nobody"


def test_who_names_no_reviewer_is_not_believed(server: Served) -> None:
    assert "Mallory" not in server.ask("/queue", X_Remote_User="Mallory")[1]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--bind", "10.0.0.5"], "--bind needs --trust-header"),
        (["--bind", "0.0.0.0", "--trust-header", "X-Remote-User"], "not all of them"),
        (["--bind", "example.org", "--trust-header", "X-Remote-User"], "give an IP address"),
        (["--trust-header", "X Remote"], "is not a header"),
        (["--trust-header", "Cookie"], "name one that only the proxy sets"),
    ],
)
def test_it_is_not_opened_to_others_by_mistake(tmp_path: Path, options: list[str], why: str) -> None:
    run(tmp_path, "run-1", [document(1)])
    done = CliRunner().invoke(app, ["review", str(tmp_path), *options])
    assert done.exit_code == 2 and why in " ".join(done.output.split())
