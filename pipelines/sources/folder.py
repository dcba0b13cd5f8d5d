"""Folder: a watched folder as an unbounded source; a file is read once it is complete.

A file is complete when its size and modification time have not changed between two looks, or when it
appears with an older time: it was moved here. Names that programs give to unfinished files are passed
over (`UNFINISHED`).
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import apache_beam as beam
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.utils.timestamp import Timestamp

from docassay.pipelines.sources import Stream, StreamSource, files, walk
from docassay.pipelines.sources.ledger import LEDGER
from docassay.schemas.errors import InputError, RunError
from docassay.schemas.rows import Reject, Source

LOOK_SECONDS = 0.5
QUIET_SECONDS = 2.0
"""A file that appears and was last written longer ago than this is complete."""

MOST_AT_ONCE = 200
"""Most inputs of one look: a bundle, which one thread takes through the graph."""

MOST_UNDER_WAY = 500
"""Most inputs under way; the rest waits in the folder, not in memory. It is more than one bundle, so that
the model reads one while the rules run on another."""

UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", ".swp")


class FolderSource(StreamSource):
    """Watches a folder. After a restart every file comes again, and what is published is passed over."""

    def check(self) -> None:
        """Check that the folder can be watched.

        Raises:
            InputError: It is no folder, or cannot be listed.
        """
        folder = self._stream.source
        if not os.path.isdir(folder):
            raise InputError(f"{folder}: no such folder; SOURCE is a folder, kafka://... or pubsub://...")
        try:
            os.listdir(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be listed ({error.strerror})") from None

    def read(self) -> beam.PTransform:
        """Look every `LOOK_SECONDS`; gives the files, each with the time at which it was found."""
        return (
            "Tick" >> PeriodicImpulse(start_timestamp=Timestamp.now(), fire_interval=LOOK_SECONDS)
            # Prism splits a periodic source that takes long, and loses its later outputs.
            | "Apart" >> beam.Reshuffle()
            | "Look" >> beam.ParDo(LookFn(self._stream))
        )


class LookFn(beam.DoFn):  # type: ignore[misc]
    """List the folder, and give each file that is complete and was not given before."""

    def __init__(self, stream: Stream) -> None:
        """Take the stream; the folder's state is kept by the process, since a worker makes copies of this."""
        self._stream = stream
        self._id = uuid.uuid4().hex

    def process(self, tick: object) -> Iterator[Source | Reject]:
        """Give the sources of every file that is complete since the last look."""
        stream = self._stream
        with _lock:
            seen = _folders.setdefault(self._id, Seen(stream.source, stream.out, stream.follow_links))
        with seen.lock:
            # Ticks that came while the last one was processed have nothing to add.
            if time.monotonic() - seen.looked < LOOK_SECONDS / 2:
                return
            paths = seen.look()
            seen.looked = time.monotonic()
        LEDGER.look()
        for path in paths:
            found = walk.found(path, walk.plain(stream.source), stream.follow_links)
            column = stream.options.text_column
            for source in [found] if isinstance(found, Reject) else files.sources(*found, column):
                LEDGER.open(source.uri)
                yield source


@dataclass
class Seen:
    """The state of a watched folder: the size and time of each file, and which files were given.

    What lies below `out` is never looked at.
    """

    folder: str
    out: str | None = None
    follow_links: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    looked: float = 0.0
    _emitted: dict[str, tuple[int, int]] = field(default_factory=dict)
    _pending: dict[str, tuple[int, int]] = field(default_factory=dict)

    def look(self, now: float | None = None) -> list[str]:
        """List the files that are complete, have not been given as they are, and are not too many at once.

        Raises:
            RunError: The folder does not exist, or cannot be listed.
        """
        now = time.time() if now is None else now
        states: dict[str, tuple[int, int]] = {}
        for path in _files(self.folder, self.out):
            try:
                status = os.stat(path, follow_symlinks=self.follow_links and not os.path.isdir(path))
            except OSError:  # gone since it was listed
                continue
            states[path] = (status.st_size, status.st_mtime_ns)
        ready = []
        for path, state in sorted(states.items()):
            if self._emitted.get(path) == state:
                continue
            moved_in = path not in self._pending and now - state[1] / 1e9 > QUIET_SECONDS
            if moved_in or self._pending.get(path) == state:
                ready.append(path)
        self._pending = {path: state for path, state in states.items() if self._emitted.get(path) != state}
        ready = ready[: max(0, min(MOST_AT_ONCE, MOST_UNDER_WAY - LEDGER.under_way))]
        for path in ready:
            self._emitted[path] = states[path]
            self._pending.pop(path, None)
        self._emitted = {path: state for path, state in self._emitted.items() if path in states}
        return ready


_lock = threading.Lock()
_folders: dict[str, Seen] = {}


def _files(folder: str, out: str | None = None) -> Iterator[str]:
    if not os.path.isdir(folder):
        raise RunError(f"the watched folder {folder} is gone; what was read from it is published")
    out = walk.resolved(out) if out else None
    for parent, folders, names in os.walk(folder):
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in visible if walk.is_input(os.path.join(parent, name), out)]
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in (*names, *links):  # a link to a folder is a reject
            if not name.startswith(".") and not name.lower().endswith(UNFINISHED):
                yield os.path.join(parent, name)
