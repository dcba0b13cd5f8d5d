"""A server of chat completions around a decoder in CTranslate2: small, and answering for real."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import tokenizers

from docassay.models import catalog
from docassay.models.generator import open_engine


class DecoderServer:
    """A decoder that fills in the fields of a JSON schema, whose values are listed, by its likelihoods."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.address = ""
        self.requests: list[dict[str, Any]] = []
        self._engine = open_engine(catalog.read(folder), 1)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))

    def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a request, as the protocol says."""
        asked = "\n".join(f"{message['role']}: {message['content']}" for message in request["messages"])
        said, tokens = "{", [("{", 0.0)]
        fields = request["response_format"]["json_schema"]["schema"]["properties"]
        for number, (name, field) in enumerate(fields.items()):
            opening = f'{", " if number else ""}"{name}": "'
            value, probability = self._chosen(f"{asked}\nassistant: {said}{opening}", field["enum"])
            tokens += [(opening, 0.0), (value, float(np.log(probability))), ('"', 0.0)]
            said += f'{opening}{value}"'
        tokens.append(("}", 0.0))
        logprobs = [
            {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": []}
            for token, logprob in tokens
        ]
        return {
            "id": f"chatcmpl-{len(self.requests)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.name,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": said + "}", "refusal": None},
                    "logprobs": {"content": logprobs, "refusal": None} if request.get("logprobs") else None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": self._count(asked),
                "completion_tokens": len(tokens),
                "total_tokens": self._count(asked) + len(tokens),
            },
        }

    def _count(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)

    def _chosen(self, before: str, values: list[str]) -> tuple[str, float]:
        """Choose a value by the mean likelihood of its tokens, and give its share among all values."""
        prompt = self._tokenizer.encode(before).tokens[-200:]
        means = []
        for value in values:
            ending = self._tokenizer.encode(value, add_special_tokens=False).tokens
            (scored,) = self._engine.score_batch([[*prompt, *ending]])
            means.append(float(np.mean(scored.log_probs[-len(ending) :])))
        shares = np.exp(np.array(means) - max(means))
        shares /= shares.sum()
        best = int(shares.argmax())
        return values[best], float(shares[best])


@contextmanager
def decoder_server(folder: Path, name: str = "tiny") -> Iterator[DecoderServer]:
    """Serve on a free port of this machine until the end of the block."""
    state = DecoderServer(folder, name)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.requests.append(request)
            if self.path != "/v1/chat/completions" or request["model"] != state.name:
                error = {
                    "message": "no such model",
                    "type": "invalid_request_error",
                    "code": "model_not_found",
                }
                self._send(404, {"error": error})
            else:
                self._send(200, state.complete(request))

        def _send(self, status: int, answer: dict[str, Any]) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
