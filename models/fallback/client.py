"""Open fallback models: from settings, which are checked before any document, to what can be asked.

A model is asked once for the same text in a process, and never fails a document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from docassay.models import catalog
from docassay.models.answer_cache import AnswerCache
from docassay.models.catalog import Card
from docassay.models.fallback import decoder, encoder, endpoint
from docassay.models.fallback.model import (
    FAILED,
    LEAST,
    Answer,
    FallbackModel,
    Limits,
    Meter,
    Question,
    Settings,
)
from docassay.models.translator import generator_languages
from docassay.schemas.errors import ModelError, UsageError

KEPT = 20_000
"""Most answers that are kept in a process, 50 MB where each is of 40 labels."""

TOGETHER = 8
"""Most groups of a document's questions that are asked beside each other."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}")
"""What an endpoint's model may be called: rows and addresses name it."""


def settings_of(
    address: str,
    allowed: Sequence[str] = (),
    model: str = "",
    least: float = LEAST,
    mask: bool = False,
    per_document: int = 100,
    limits: Limits | None = None,
) -> Settings:
    """Read what `--escalate` names: an endpoint, or a model folder by its path or its name in the catalog.

    Args:
        address: ``http://HOST[:PORT]/v1``, a folder, or the name of a model.
        allowed: The hosts that something may be sent to, as ``HOST`` or ``HOST:PORT``.
        model: The name by which an endpoint knows its model.
        least: From this probability on an answer is taken, where the model has no threshold of its own.
        mask: Mask personal data in what it is shown.
        per_document: Most questions about one document.
        limits: What a run may spend; money on an endpoint only.

    Raises:
        UsageError: The address or the name is none, or the host may not be sent to.
        ModelError: There is no such model, or one that answers nothing.
    """
    limits = limits or Limits()
    if address.startswith(("http://", "https://")):
        _check_endpoint(address, allowed, model)
        return Settings("endpoint", address.rstrip("/"), model, least, mask, per_document, limits)
    folder = Path(address) if (Path(address) / "model.toml").is_file() else None
    if folder is None and (Path(address).is_dir() or "/" in address):
        raise ModelError(f"{address} is not a model folder: it has no model.toml")
    at = str(folder.resolve()) if folder else address  # a name is looked up again where it is opened
    card = catalog.read(folder or catalog.find(address))
    if card.kind not in ("encoder", "generator"):
        raise ModelError(
            f"model {card.id} is of kind {card.kind!r}; labels are escalated to an encoder, a generator or"
            " an endpoint, translations to a generator that translates"
        )
    limits = replace(limits, money=None, price_in=0.0, price_out=0.0)  # the price is an endpoint's
    if not generator_languages(card):
        kind: Literal["encoder", "decoder"] = "encoder" if card.kind == "encoder" else "decoder"
        return Settings(kind, at, "", least, mask, per_document, limits)
    if folder and address not in catalog.folders():  # the stage `translate` looks it up
        raise ModelError(
            f"{address} holds a generator that translates, which is named by its name in the catalog:"
            f" --escalate {folder.resolve().name}, with its folder among those of --models"
        )
    return Settings("translator", address, "", least, mask, per_document, limits)


def _check_endpoint(address: str, allowed: Sequence[str], model: str) -> None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host and "@" in parts.netloc:
        raise UsageError("an address must not hold a user or key: the key is read from the environment")
    if not host or parts.query or parts.fragment:
        raise UsageError(f"{address!r} is not the address of an endpoint such as http://localhost:8000/v1")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    named = {host.lower(), f"{host}:{port}".lower(), parts.netloc.lower()}
    if named.isdisjoint(name.lower() for name in allowed):
        raise UsageError(
            f"texts of documents would be sent to {parts.netloc}; to allow that: --allow-send {parts.netloc}"
        )
    if not _NAME.fullmatch(model):
        raise UsageError("an endpoint needs --escalate-model NAME, the name by which it knows its model")


def check(settings: Settings, small: Card) -> tuple[Card, ...]:
    """Check, before any document, what can be checked without asking; give the cards of models on disk.

    Raises:
        ModelError: A folder is not what its card says, or answers no question of the small model.
    """
    if settings.kind == "endpoint":
        endpoint.headers()
        return ()
    kind = decoder if settings.kind == "decoder" else encoder
    return (kind.check(folder_of(settings), small),)


def folder_of(settings: Settings) -> Path:
    """Find the folder of a model, in this process: it may lie elsewhere on a worker's machine.

    Raises:
        ModelError: The catalog has none of the name.
    """
    return Path(settings.at) if Path(settings.at).is_absolute() else catalog.find(settings.at)


class Request(NamedTuple):
    """A question about a text; `labels` are those in doubt."""

    text: str
    question: Question
    labels: tuple[str, ...]


_Asked = dict[bytes, tuple[str, Future[Answer]]]
"""Texts to ask a question about, by key, each with the future of its answer."""


class FallbackClient:
    """Asks a larger model; for several threads. Answers are kept by digest of text, question and model."""

    def __init__(self, settings: Settings, model: FallbackModel, meter: Meter | None = None) -> None:
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


def open_client(settings: Settings, threads: int = 1) -> FallbackClient:
    """Open what settings name, in this process.

    Raises:
        ModelError: A folder is not what its card says.
    """
    meter = Meter(settings.limits)
    model: FallbackModel
    if settings.kind == "endpoint":
        model = endpoint.Endpoint(settings, meter)
    elif settings.kind == "decoder":
        model = decoder.FallbackDecoder(folder_of(settings), meter, settings.least, threads)
    else:
        model = encoder.FallbackEncoder(folder_of(settings), meter, threads)
    return FallbackClient(settings, model, meter)
