"""Connections of the review server: bounded in number, and each request in time."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""For the head and the body of a request together."""

MOST_CONNECTIONS = 64
"""A browser takes six; a process may have as few as 256 files open."""

_WHY = b"docassay review: the request did not arrive in time\n"
LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_WHY), _WHY)
)


class Connection(H11Protocol):
    """A connection of uvicorn that ends when a request is late, or when too many others come after it."""

    since = 0.0
    late: asyncio.TimerHandle | None = None
    """Runs while a request is awaited."""

    def connection_made(self, transport: Any) -> None:
        """Wait for a request; above `MOST_CONNECTIONS`, drop the one that has waited longest for its own."""
        others: set[Any] = self.connections.copy()
        super().connection_made(transport)
        self._watch()
        if len(others) >= MOST_CONNECTIONS:
            oldest = min(others, key=lambda one: (one.late is None, one.since))
            self.connections.discard(oldest)  # its own end comes later than further connections
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle what has arrived, and wait for the rest of a request or for the next."""
        super().handle_events()
        self._watch()

    def _watch(self) -> None:
        if self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body):
            self._stop()  # a request is complete and is being answered
        elif self.late is None and not self.transport.is_closing():
            self.since = self.loop.time()
            self.late = self.loop.call_later(REQUEST_SECONDS, self._end)

    def _stop(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None

    def _end(self) -> None:
        in_body = self.cycle is not None and not self.cycle.response_complete
        if not self.cycle.response_started if in_body else self.conn.trailing_data[0]:
            self.transport.write(LATE)
        self.transport.close()
