"""An OpenAI-compatible endpoint as a larger model: the only module that sends a text anywhere.

Requests are `POST .../chat/completions` (https://platform.openai.com/docs/api-reference/chat), with a JSON
schema for the answer and log-probabilities; a server that refuses one of these is asked without it. Each
answer has a deadline for all of it, headers, retries and pauses included, and a most number of bytes. No
redirect is followed, no proxy and no `.netrc` is used. After `FAILURES` failures in a row no call is made for
`PAUSE` seconds.

All calls of a process run on one event loop, in a thread of its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import threading
import time
import weakref
from collections.abc import Sequence
from typing import NoReturn

import httpx

from docassay.models.fallback.chat import FORMS, Malformed, body, read_answer
from docassay.models.fallback.model import (
    ABSENT,
    BUDGET,
    FAILED,
    KEY_VARIABLE,
    NONSENSE,
    REFUSED,
    SLOW,
    Answer,
    Meter,
    Question,
    Settings,
)
from docassay.schemas.errors import UsageError

CALLS = 8
"""Most calls at a time."""

MOST_BYTES = 1_000_000
"""Most bytes of an answer."""

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""A call is tried again so many times in all, after a random part of a pause that doubles each time."""

FAILURES = 5
PAUSE = 30.0
"""After so many calls in a row that failed, none is made for so many seconds; then one tries."""

CHARS_A_TOKEN = 4
"""Where a server does not say how many tokens a call took."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same call may succeed."""

OF_TEXT = frozenset({400, 413, 422})
"""Statuses that say something about what was sent, and nothing about the server."""


class Endpoint:
    """Asks an endpoint; a `FallbackModel`. It cannot be pickled, since it holds the key."""

    def __init__(self, settings: Settings, meter: Meter) -> None:
        """Read the key from the environment; nothing is sent yet.

        Raises:
            UsageError: The key is none.
        """
        self._settings = settings
        self._meter = meter
        self.id = f"{settings.model}@{httpx.URL(settings.at).netloc.decode('ascii')}"
        self._form = 0
        self._next_start = 0.0
        self._breaker = Breaker()
        self._calls = asyncio.Semaphore(CALLS)
        self._client = httpx.AsyncClient(
            headers=headers(),
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=None,
            limits=httpx.Limits(max_connections=CALLS),
        )
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=_run, args=(self._loop,), name="endpoint", daemon=True).start()
        weakref.finalize(self, _end, self._loop, self._client)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled.

        Raises:
            TypeError: Always.
        """
        raise TypeError("an endpoint holds a key and is not pickled; open it where it is asked")

    def __repr__(self) -> str:
        return f"Endpoint({self.id})"

    def knows(self, question: Question) -> bool:
        """Say yes: any question can be put into words."""
        return True

    def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
        """Ask about each text in a call of its own, several beside each other."""

        async def together() -> list[Answer]:
            return await asyncio.gather(*(self._answer(text, question, labels) for text in texts))

        return asyncio.run_coroutine_threadsafe(together(), self._loop).result()

    async def _answer(self, text: str, question: Question, labels: Sequence[str]) -> Answer:
        async with self._calls:
            if self._meter.spent():
                return Answer(reason=BUDGET)
            if (reason := self._breaker.opened()) is not None:
                return Answer(reason=reason)
            await self._take_turn()
            patience = self._meter.patience()
            try:
                async with asyncio.timeout(patience):
                    return await self._converse(text, question, labels)
            except TimeoutError:
                if patience < self._settings.limits.timeout:
                    return Answer(reason=BUDGET)
                self._breaker.note(SLOW)
                return Answer(reason=SLOW)
            except Exception:  # a fault over one text costs the others nothing
                return Answer(reason=FAILED)

    async def _converse(self, text: str, question: Question, labels: Sequence[str]) -> Answer:
        """Call until there is an answer or no hope of one."""
        form, tries, calls = self._form, 0, 0
        while self._meter.begin():
            request = body(self._settings.model, text, question, labels, form)
            sent = asyncio.Event()
            used: tuple[int, int] | None = None
            try:
                calls += 1
                if calls > 1:
                    await self._take_turn()
                status, retry_after, content = await self._post(request, sent)
                if status == 200:
                    answer, asked, received = read_answer(content, question, labels, self._settings.least)
                    used = asked or len(request) // CHARS_A_TOKEN, received or len(content) // CHARS_A_TOKEN
                    self._breaker.note(None)
                    self._form = max(self._form, form)
                    return answer
                if status in OF_TEXT and form + 1 < FORMS:
                    form += 1
                    continue
                tries += 1
                if tries >= TRIES or (status and status not in AGAIN):
                    reason = ABSENT if not status or status >= 500 else REFUSED
                    self._breaker.note(None if status in OF_TEXT else reason)
                    return Answer(reason=reason)
                pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries))
                await asyncio.sleep(max(pause, retry_after))
            except Malformed:
                self._breaker.note(None)
                return Answer(reason=NONSENSE)
            finally:
                # Where the server counted nothing it is what went out: of a connection refused, nothing.
                self._meter.end(*(used or (len(request) // CHARS_A_TOKEN if sent.is_set() else 0, 0)))
        return Answer(reason=BUDGET)

    async def _take_turn(self) -> None:
        """Wait until the rate allows the next call."""
        rate = self._settings.limits.rate
        if rate:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + 1 / rate
            await asyncio.sleep(start - now)

    async def _post(self, request: bytes, sent: asyncio.Event) -> tuple[int, float, bytes]:
        """Send a request; give the status (0: no answer), the seconds to wait, and of status 200 the content.

        Args:
            request: The body.
            sent: Is set once the passage is on its way.

        Raises:
            Malformed: The answer has too many bytes, or is compressed.
        """
        content = bytearray()

        async def note(event: str, _: object) -> None:
            if event.endswith(".send_request_body.started"):
                sent.set()

        try:
            async with self._client.stream(
                "POST",
                f"{self._settings.at}/chat/completions",
                content=request,
                extensions={"trace": note},
            ) as response:
                if response.status_code != 200:
                    return response.status_code, _seconds(response.headers.get("retry-after", "")), b""
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise Malformed
                async for part in response.aiter_raw():
                    content += part
                    if len(content) > MOST_BYTES:
                        raise Malformed
                    await asyncio.sleep(0)  # a chunk that is there already gives no turn to the deadline
        except httpx.HTTPError:
            return 0, 0.0, b""
        return 200, 0.0, bytes(content)


class Breaker:
    """Lets no call pass for a while after several failed in a row, then one at a time until one succeeds."""

    def __init__(self) -> None:
        """Begin closed: calls pass."""
        self._failures = 0
        self._reason = ABSENT
        self._open_until = 0.0

    def opened(self) -> str | None:
        """Give the reason why no call may be made now, that of the last failure; None where one may."""
        now = time.monotonic()
        if now < self._open_until:
            return self._reason
        if self._failures >= FAILURES:
            self._open_until = now + PAUSE  # this call tries, the others wait for what comes of it
        return None

    def note(self, reason: str | None) -> None:
        """Note what came of a call: why it failed, or None."""
        self._failures = 0 if reason is None else self._failures + 1
        self._reason = reason or self._reason
        self._open_until = time.monotonic() + PAUSE if self._failures >= FAILURES else 0.0


def headers() -> dict[str, str]:
    """Give the headers of a request, with the key that `KEY_VARIABLE` holds, if any.

    Raises:
        UsageError: The key has characters that no header may have; it is not shown.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise UsageError(f"the environment's {KEY_VARIABLE} is not a key: it has non-printable characters")
    known = {"accept": "application/json", "accept-encoding": "identity", "content-type": "application/json"}
    return known | ({"authorization": f"Bearer {key}"} if key else {})


def _seconds(retry_after: str) -> float:
    """Read a ``Retry-After`` in seconds; a date, or what is none, counts for nothing."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient) -> None:
    """Close what an endpoint held, once nobody holds the endpoint."""

    async def close() -> None:
        await client.aclose()
        loop.stop()

    if not loop.is_closed():
        asyncio.run_coroutine_threadsafe(close(), loop)
