"""Watch: a folder as a source that does not end; each file once it is complete.

A file is read when its size and time have not changed between two looks, or when it appears with a
time that lies back: it was moved here. Names that programs give to what they are still writing are
passed over (`UNFINISHED`).
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import apache_beam as beam
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.utils.timestamp import Timestamp

from docassay.pipelines.sources import StreamSettings
from docassay.pipelines.sources import files as sources
from docassay.pipelines.sources.ledger import LEDGER
from docassay.schemas.errors import InputError, RunError
from docassay.schemas.rows import Reject, Source

LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0
"""A file that appears and was last written longer ago than this is complete."""

MOST_AT_ONCE = 200
"""Inputs handed over in one look: a bundle, which one thread takes through the graph."""

MOST_UNDER_WAY = 500
"""Inputs that may be under way; the rest waits in the folder, not in memory. More than one bundle, so that
the model reads one while rules read another."""

UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", ".swp")


class FolderSource:
    """A folder that is watched; a `pipelines.sources.StreamSource`. It has no position to commit."""

    def __init__(self, settings: StreamSettings) -> None:
        """Take the stream's settings."""
        self._settings = settings

    def check(self) -> None:
        """Make sure that the folder can be watched.

        Raises:
            InputError: It is no folder, or cannot be listed.
        """
        folder = self._settings.source
        if not os.path.isdir(folder):
            raise InputError(f"{folder}: no such folder; SOURCE is a folder, kafka://... or pubsub://...")
        try:
            os.listdir(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be listed ({error.strerror})") from None

    def start(self, service: Callable[[], str] | None = None) -> None:
        """Do nothing: a folder needs no service."""

    def read(self) -> WatchFolder:
        """Watch it."""
        return WatchFolder(self._settings.source, self._settings.text_column, self._settings.out)

    def commit(self) -> None:
        """Do nothing: after a restart every file comes again, and what is published is passed over."""

    def caught_up(self) -> bool:
        """Tell whether it has been looked into."""
        return LEDGER.looked

    def close(self) -> None:
        """Do nothing."""


class WatchFolder(beam.PTransform):  # type: ignore[misc]
    """The files of a folder and those that come, as sources stamped with the time they were found."""

    def __init__(self, folder: str, text_column: str = "text", out: str | None = None) -> None:
        """Name the folder, the column of `.jsonl` and `.parquet` files, and where tables are written."""
        super().__init__()
        self._folder = folder
        self._out = out
        self._text_column = text_column

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Source | Reject]:
        """Look every `LOOK_SECONDS`."""
        return (
            begin
            | "Tick" >> PeriodicImpulse(start_timestamp=Timestamp.now(), fire_interval=LOOK_SECONDS)
            # Prism splits a ticking source that is at work for long, and loses what the work then gives.
            | "Apart" >> beam.Reshuffle()
            | "Look" >> beam.ParDo(LookFn(self._folder, self._text_column, self._out))
        )


class LookFn(beam.DoFn):  # type: ignore[misc]
    """Look into the folder, and give what is complete and was not given before."""

    def __init__(self, folder: str, text_column: str, out: str | None = None) -> None:
        """Name the folder, and that of the tables, which may lie in it.

        What was seen is kept by the process, since a worker makes copies of this.
        """
        self._folder = folder
        self._out = out
        self._text_column = text_column
        self._id = uuid.uuid4().hex

    def process(self, tick: object) -> Iterator[Source | Reject]:
        """Give the sources of every file that is complete since the last look."""
        with _lock:
            seen = _folders.setdefault(self._id, Seen(self._folder, self._out))
        with seen.lock:
            # Ticks that came while the last one was worked on ask nothing that it did not answer.
            if time.monotonic() - seen.looked < LOOK_SECONDS / 2:
                return
            paths = seen.look()
            seen.looked = time.monotonic()
        LEDGER.look()
        for path in paths:
            for source in sources.expand(path, self._text_column):
                LEDGER.open(source.uri)
                yield source


class Seen:
    """What has been seen of a folder: the size and time of each file, and which were given."""

    def __init__(self, folder: str, out: str | None = None) -> None:
        """Begin with nothing seen; what lies below `out` is never looked at."""
        self.folder = folder
        self.out = out
        self.lock = threading.Lock()
        self.looked = 0.0
        self._given: dict[str, tuple[int, int]] = {}
        self._before: dict[str, tuple[int, int]] = {}

    def look(self, now: float | None = None) -> list[str]:
        """List the files that are complete, have not been given as they are, and are not too many at once.

        Raises:
            RunError: The folder does not exist, or cannot be listed.
        """
        now = time.time() if now is None else now
        found: dict[str, tuple[int, int]] = {}
        for path in _files(self.folder, self.out):
            try:
                about = os.stat(path)
            except OSError:  # gone since it was listed
                continue
            found[path] = (about.st_size, about.st_mtime_ns)
        ready = []
        for path, state in sorted(found.items()):
            if self._given.get(path) == state:
                continue
            moved_in = path not in self._before and now - state[1] / 1e9 > QUIET_SECONDS
            if moved_in or self._before.get(path) == state:
                ready.append(path)
        self._before = {path: state for path, state in found.items() if self._given.get(path) != state}
        ready = ready[: max(0, min(MOST_AT_ONCE, MOST_UNDER_WAY - LEDGER.under_way))]
        for path in ready:
            self._given[path] = found[path]
            self._before.pop(path, None)
        self._given = {path: state for path, state in self._given.items() if path in found}
        return ready


_lock = threading.Lock()
_folders: dict[str, Seen] = {}


def _files(folder: str, out: str | None = None) -> Iterator[str]:
    if not os.path.isdir(folder):
        raise RunError(f"the watched folder {folder} is gone; what was read from it is published")
    out = sources.resolved(out) if out else None
    for place, folders, names in os.walk(folder):
        seen = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in seen if sources.is_input(os.path.join(place, name), out)]
        for name in names:
            if not name.startswith(".") and not name.lower().endswith(UNFINISHED):
                yield os.path.join(place, name)
