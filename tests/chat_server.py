"""A server of chat completions in this process, which can behave as badly as any."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Say = Callable[[dict[str, Any]], str]
"""Gives the content of an answer to a request."""


class ChatServer:
    """What the tests see of the server: its address, what it was asked, and how it behaves now."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.say: Say = first_label
        self.behaviour = "well"
        self.failures = 0  # so many requests fail before the behaviour is good again
        self.seconds = 0.0
        self.probability: float | None = 0.99
        self.at_a_time = 0
        self.most_at_a_time = 0
        self.closing = threading.Event()
        self.address = ""


def first_label(request: dict[str, Any]) -> str:
    """Answer with the first label, or yes to each."""
    return json.dumps(
        {
            key: ("yes" if entry["enum"] == ["yes", "no"] else entry["enum"][0])
            for key, entry in properties(request).items()
        }
    )


def properties(request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = request["response_format"]["json_schema"]["schema"]["properties"]
    return found


def passage(request: dict[str, Any]) -> str:
    """Give the passage of a request."""
    match = re.fullmatch(r"Passage (\w+)\n(.*)\nEnd of passage \1", request["messages"][1]["content"], re.S)
    assert match
    return match[2]


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Serve on a free port of this machine until the end of the block."""
    state = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.requests.append(request)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            state.at_a_time += 1
            state.most_at_a_time = max(state.most_at_a_time, state.at_a_time)
            try:
                state.closing.wait(state.seconds)
                _behave(state, self, request)
            except OSError:  # the client has gone
                self.close_connection = True
            finally:
                state.at_a_time -= 1

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _send(handler: BaseHTTPRequestHandler, status: int, content: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"content_length": str(len(content)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def _completion(state: ChatServer, said: str, logprobs: bool = True) -> bytes:
    choice: dict[str, Any] = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    if logprobs and state.probability is not None:
        pieces = [said[at : at + 4] for at in range(0, len(said), 4)]
        value = re.search(r': "', said)
        first = (value.end() // 4) if value else 0
        choice["logprobs"] = {
            "content": [
                {"token": piece, "logprob": math.log(state.probability) if n == first else 0.0}
                for n, piece in enumerate(pieces)
            ]
        }
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def _behave(state: ChatServer, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    behaviour = state.behaviour
    if state.failures:
        state.failures -= 1
        if not state.failures:
            state.behaviour = "well"
    if behaviour == "well":
        _send(handler, 200, _completion(state, state.say(request), "logprobs" in request))
    elif behaviour.isdigit():
        _send(handler, int(behaviour), b"{}")
    elif behaviour.startswith("retry"):
        _send(handler, 429, b"{}", retry_after=behaviour.split()[1])
    elif behaviour.startswith("redirect"):
        _send(handler, 307, b"", location=behaviour.split()[1])
    elif behaviour == "drip":
        handler.send_response(200)
        handler.send_header("content-length", "100000")
        handler.end_headers()
        while not state.closing.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    elif behaviour == "drip in the headers":
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not state.closing.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    elif behaviour == "huge":
        handler.send_response(200)
        handler.send_header("content-length", str(10_000_000))
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b" " * 10_000)
    elif behaviour == "chunks":
        content = _completion(state, state.say(request), "logprobs" in request).ljust(10_000)
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"".join(b"1\r\n%c\r\n" % byte for byte in content) + b"0\r\n\r\n")
    elif behaviour == "bomb":
        _send(handler, 200, b"\x1f\x8b", content_encoding="gzip")
    elif behaviour == "hang up":
        handler.close_connection = True
        handler.connection.close()
    elif behaviour == "no json":
        _send(handler, 200, b"<html>busy</html>")
    elif behaviour == "deep":
        _send(handler, 200, b"[" * 100_000)
    elif behaviour == "prose":
        _send(handler, 200, _completion(state, "The label is surely this one."))
    elif behaviour == "stranger":
        keys = properties(request) if "response_format" in request else {"label": {}}
        _send(handler, 200, _completion(state, json.dumps({key: "no_such_label" for key in keys})))
    elif behaviour == "list":
        _send(handler, 200, b"[1, 2]")
    elif behaviour == "null":
        _send(handler, 200, b'{"choices": [{"message": {"content": null}}]}')
    elif behaviour == "refusal":
        _send(handler, 200, b'{"choices": [{"message": {"content": null, "refusal": "I will not."}}]}')
    elif behaviour == "no schema":
        if "response_format" in request:
            _send(handler, 400, b'{"error": "response_format is not known"}')
        else:
            _send(handler, 200, _completion(state, state.say(request), False))
    elif behaviour == "no logprobs":
        if "logprobs" in request:
            _send(handler, 422, b"{}")
        else:
            _send(handler, 200, _completion(state, state.say(request), False))
    else:
        raise AssertionError(behaviour)


def waited(begun: float) -> float:
    """Give the seconds since a moment of `time.monotonic`."""
    return time.monotonic() - begun
