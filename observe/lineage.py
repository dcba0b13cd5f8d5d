"""Send lineage events of a run to an HTTP endpoint or a file, without ever failing the run.

Imported only where an operator names a target: it needs the extra. Only the event classes and the HTTP
transport of `openlineage-python` are used. Its client object is not: that one also reads `OPENLINEAGE_URL`,
`openlineage.yml` in the working folder and other settings, which could send events elsewhere or add
environment variables to them. Of the environment only the key, `OPENLINEAGE_API_KEY`, and a bundle of
certificates are read here.
"""

from __future__ import annotations

import os
import queue
import re
import stat
import threading
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import requests
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

from docassay.schemas.errors import OutputError, UsageError

REQUEST_SECONDS = 4.0
"""How long the endpoint may take to be connected to, and to answer."""

WAIT_SECONDS = 8.0
"""How long a run waits, at its end, for events that are not delivered yet: two requests."""

PATH = "/api/v1/lineage"
"""Where OpenLineage's own API takes events; for an address that names no path."""

_ADDRESS = re.compile(r"[A-Za-z0-9.-]+:[0-9]+(?:/.*)?\Z")
"""An address without its scheme, which would otherwise become the name of a file."""


def target(value: str) -> Target:
    """Make the target that an operator has named, and make sure that it can be used, before any work.

    Args:
        value: An ``http://`` or ``https://`` address, or a file that events are appended to.

    Raises:
        UsageError: It is no such address, or the key cannot be sent.
        OutputError: The file cannot be written to.
    """
    if value.lower().startswith(("http://", "https://")):
        return HttpTarget(value)
    if "://" in value:
        scheme = value.partition("://")[0]
        raise UsageError(f"--lineage takes http://, https:// or the path of a file, not {scheme}://")
    if _ADDRESS.match(value):
        raise UsageError(f"--lineage {value}: write http://{value}, or ./{value} for a file")
    return FileTarget(value)


class FileTarget:
    """Appends events to a file, a line of JSON each; others may append to the same file meanwhile."""

    def __init__(self, path: str) -> None:
        """Open the file once, so that one that cannot be written to is known before any work."""
        self._path = os.path.abspath(path)
        self._shown = path
        self._problem: str | None = None
        try:
            os.close(self._open())
        except OSError as error:
            raise OutputError(
                f"--lineage {path} cannot be written to: {error.strerror}; name a file in an existing folder"
            ) from None

    def emit(self, event: RunEvent) -> None:
        """Append an event, as one piece; what fails is kept for `close`."""
        try:
            with open(self._open(), "ab", buffering=0) as file:
                line = f"{Serde.to_json(event)}\n".encode()
                if file.write(line) != len(line):
                    raise OSError(0, "it was cut off")
        except OSError as error:
            self._problem = self._problem or str(error.strerror)

    def close(self) -> str | None:
        """Return why an event was not written, in one line."""
        return self._problem and f"{self._shown} does not have all lineage of this run: {self._problem}"

    def _open(self) -> int:
        """Open the file to append; neither a pipe without a reader nor a full one may hold up the run."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        file = os.open(self._path, flags, 0o666)
        if stat.S_ISREG(os.fstat(file).st_mode):
            os.set_blocking(file, True)
        return file


class HttpTarget:
    """Posts events to an endpoint, from a thread of its own and in their order."""

    def __init__(self, address: str) -> None:
        """Check the address and the key; nothing is sent yet."""
        parts = _checked(address)
        path = parts.path if parts.path.strip("/") else PATH
        self._shown = f"{parts.scheme}://{parts.netloc}{path}"  # a query may hold a secret
        key = os.environ.get("OPENLINEAGE_API_KEY", "").strip()
        if not key.isascii() or not key.isprintable():
            raise UsageError("OPENLINEAGE_API_KEY has characters that no HTTP header takes")
        self._post = _poster(parts._replace(path=path, fragment="").geturl(), key)
        self._events: queue.SimpleQueue[RunEvent | None] = queue.SimpleQueue()
        self._problems: list[str] = []
        self._emitted = self._delivered = 0
        self._thread: threading.Thread | None = None

    def emit(self, event: RunEvent) -> None:
        """Have the thread send an event; returns at once."""
        if self._thread is None:
            # A thread that hangs in a request must not keep the process from ending.
            self._thread = threading.Thread(target=self._send, name="lineage", daemon=True)
            self._thread.start()
        self._emitted += 1
        self._events.put(event)

    def close(self) -> str | None:
        """Wait until all events are sent, at most `WAIT_SECONDS`, and tell how many were not."""
        if self._thread is None:
            return None
        self._events.put(None)
        try:
            self._thread.join(WAIT_SECONDS)
        except KeyboardInterrupt:  # the run has ended: only this wait is cut short
            self._problems.append("interrupted")
        missing = self._emitted - self._delivered
        if not missing:
            return None
        why = self._problems[-1] if self._problems else f"no answer within {WAIT_SECONDS:.0f} s"
        return f"{self._shown} did not take {missing} of {self._emitted} lineage events of this run: {why}"

    def _send(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                self._post(event)
                self._delivered += 1
            except Exception as error:  # whatever it is, it is no reason to fail a run
                self._problems.append(_told(error))


Target = FileTarget | HttpTarget


def _checked(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not address.isascii() or not address.isprintable() or " " in address:
        raise UsageError("--lineage is not an address; write http://HOST:PORT, or the path of a file")
    if "@" in parts.netloc:
        raise UsageError(
            f"--lineage has a password in the address of {host}; put a key in OPENLINEAGE_API_KEY instead"
        )
    return parts


class _Session(requests.Session):
    """Follows no redirect: an answer must not lead events, or the key, elsewhere."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _poster(url: str, key: str) -> Callable[[RunEvent], None]:
    """Make what posts an event by the client's transport, to this address and to no other."""
    session = _Session()
    session.trust_env = False  # no proxy, and no .netrc, which would replace the key
    session.stream = True  # the answer's body is not read: it might have no end
    config = HttpConfig(
        url=url,
        endpoint="",
        timeout=REQUEST_SECONDS,
        session=session,
        # For a moment's fault of the network or of a proxy, and no more: the wait is bounded.
        retry={
            "total": 1,
            "read": False,  # what has been taken, perhaps, is not sent twice
            "backoff_factor": 0.5,
            "status_forcelist": [502, 503, 504],
            "allowed_methods": ["POST"],
            "respect_retry_after_header": False,
        },
    )
    if key:
        config.auth = ApiKeyTokenProvider({"api_key": key})
    # A company's own certificates do not change where events go.
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if bundle and os.path.exists(bundle):
        config.verify = bundle  # type: ignore[assignment]  # as `requests` takes it
    transport = HttpTransport(config)

    def post(event: RunEvent) -> None:
        if transport.emit(event).is_redirect:
            raise requests.TooManyRedirects

    return post


def _told(error: Exception) -> str:
    """Describe why an event was refused, without the message of the endpoint, which may hold the key."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    for kind, words in {
        requests.TooManyRedirects: "it redirects; name the address that it leads to",
        requests.Timeout: f"no answer within {REQUEST_SECONDS:.0f} s",
        requests.exceptions.SSLError: "its certificate is not trusted; REQUESTS_CA_BUNDLE names others",
        requests.exceptions.RetryError: "it answered 502, 503 or 504",
        requests.ConnectionError: "it cannot be reached",
    }.items():
        if isinstance(error, kind):
            return words
    return type(error).__name__
