"""Asking: a larger model of this process, asked once for the same text, and never failing a document."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

from docassay.models.larger import FAILED, Answer, Larger, Question, Settings

KEPT = 100_000
"""Most answers that are kept in a process."""

TOGETHER = 8
"""Most groups of a document's questions that are asked beside each other."""


class Request(NamedTuple):
    """A question about a text; `labels` are those in doubt."""

    text: str
    question: Question
    labels: tuple[str, ...]


class Asking:
    """Asks a larger model; for several threads. Answers are kept by digest of text, question and model."""

    def __init__(self, settings: Settings, model: Larger) -> None:
        """Take an open model, and what it was opened by."""
        self.settings = settings
        self.model = model
        self._answers: OrderedDict[bytes, Future[Answer]] = OrderedDict()
        self._lock = Lock()

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request, in order: what was asked before, or is being asked, is not asked again."""
        futures: list[Future[Answer]] = []
        groups: dict[tuple[Question, tuple[str, ...]], dict[bytes, tuple[str, Future[Answer]]]] = {}
        for request in requests:
            key = self._key(request)
            with self._lock:
                future = self._answers.get(key)
                if future is None:
                    future = self._answers[key] = Future()
                    groups.setdefault((request.question, request.labels), {})[key] = (request.text, future)
                else:
                    self._answers.move_to_end(key)
            futures.append(future)
        if len(groups) > 1:
            with ThreadPoolExecutor(min(TOGETHER, len(groups)), thread_name_prefix="asking") as pool:
                list(pool.map(self._ask, groups, groups.values()))
        else:
            for group, asked in groups.items():
                self._ask(group, asked)
        return [future.result() for future in futures]

    def _ask(
        self, group: tuple[Question, tuple[str, ...]], asked: dict[bytes, tuple[str, Future[Answer]]]
    ) -> None:
        question, labels = group
        answers = [Answer(reason=FAILED)] * len(asked)
        try:
            given = self.model.answer([text for text, _ in asked.values()], question, labels)
            if len(given) == len(asked):
                answers = given
        except Exception:  # whatever it is: the small model's answers stay, and say so
            pass
        finally:
            for (key, (_, future)), answer in zip(asked.items(), answers, strict=True):
                if answer.reason is not None:
                    with self._lock:
                        self._answers.pop(key, None)
                future.set_result(answer)
            with self._lock:
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)

    def _key(self, request: Request) -> bytes:
        parts = [
            request.text,
            request.question.task,
            request.question.kind,
            request.question.labels,
            request.question.definitions,
            request.labels,
            self.model.id,
        ]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).digest()
