"""Asking: a larger model of this process, asked once for the same text, and never failing a document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from docassay.models.answer_cache import AnswerCache
from docassay.models.larger import FAILED, Answer, Larger, Question, Settings
from docassay.models.meter import Meter

KEPT = 20_000
"""Most answers that are kept in a process, 50 MB where each is of 40 labels."""

TOGETHER = 8
"""Most groups of a document's questions that are asked beside each other."""


class Request(NamedTuple):
    """A question about a text; `labels` are those in doubt."""

    text: str
    question: Question
    labels: tuple[str, ...]


_Asked = dict[bytes, tuple[str, Future[Answer]]]
"""Texts to ask a question about, by key, each with the future of its answer."""


class Asking:
    """Asks a larger model; for several threads. Answers are kept by digest of text, question and model."""

    def __init__(self, settings: Settings, model: Larger, meter: Meter | None = None) -> None:
        """Take an open model, what it was opened by, and the meter of its calls."""
        self.settings = settings
        self.model = model
        self._meter = meter
        self._answers = AnswerCache[bytes, Answer](KEPT)

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request, in order: what was asked before, or is being asked, is not asked again."""
        keys = [self._key(request) for request in requests]
        futures, to_ask = self._answers.claim(keys)
        requested = dict(zip(keys, requests, strict=True))
        groups: dict[tuple[Question, tuple[str, ...]], _Asked] = {}
        for key in to_ask:
            text, question, labels = requested[key]
            groups.setdefault((question, labels), {})[key] = (text, futures[key])
        try:
            if len(groups) > 1:
                with ThreadPoolExecutor(min(TOGETHER, len(groups)), thread_name_prefix="asking") as pool:
                    list(pool.map(self._ask, groups, groups.values()))
            else:
                for group, asked in groups.items():
                    self._ask(group, asked)
        finally:  # nobody waits for ever, whatever happened
            for asked in groups.values():
                self._settle(asked, [Answer(reason=FAILED)] * len(asked))
        return [futures[key].result() for key in keys]

    def stop(self) -> None:
        """Ask nothing more; what is under way ends within its timeout."""
        if self._meter is not None:
            self._meter.stop()

    def _ask(self, group: tuple[Question, tuple[str, ...]], asked: _Asked) -> None:
        question, labels = group
        try:
            answers = self.model.answer([text for text, _ in asked.values()], question, labels)
        except Exception:  # whatever it is: the small model's answers stay, and say so
            return
        if len(answers) == len(asked):
            self._settle(asked, answers)

    def _settle(self, asked: _Asked, answers: Sequence[Answer]) -> None:
        """Give the answers to who waits for them, and keep those that are some."""
        for (key, (_, future)), answer in zip(asked.items(), answers, strict=True):
            self._answers.settle(key, future, answer, keep=answer.reason is None)

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
