"""Index of the words of all documents, in SQLite (FTS5), beside the tables in ``OUT/.search``.

The first search makes it, and each later one adds the documents that have come since and removes those that
are gone, so no run waits for it or can fail by it. It can be deleted at any time. Where it is damaged, of
another version, or not writable, it is made anew, in the last case in a temporary folder that ends with the
process. `docassay forget` deletes it.

A document is a row: its name, its facts and its text, each word once with its places. Its text is kept
compressed, to show what stands around a match without reading the tables.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sqlite3
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.storage.tables import manifest
from docassay.storage.tables.write import SEARCH
from docassay.views.query import connect, error_of
from docassay.views.search.texts import NEEDED, Document, chunks, listed, moment_of, texts
from docassay.views.search.words import Search, indexed, marked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = "1"
"""Of the index; one of another version is made anew."""

RANKED = 20_000
"""Documents up to which the best are found among all; of more the latest that were read come first."""

LOOKED_AT = 200_000
"""Characters of a document that are looked at for a snippet of it, if they have a match."""

MEMORY = 2_000_000_000
"""Memory limit of DuckDB in bytes."""

BUSY_SECONDS = 10.0
"""How long a search waits while another process writes."""

_FILE = "words.sqlite"
_MADE = """
create table about (moment text not null, complete int not null);
insert into about values ('', 0);
create table documents (id integer primary key, doc_id text unique, run_id text, uri text, name text,
                        facts blob, body blob);
create virtual table words using fts5 (name, facts, body, content = '',
                                       tokenize = "unicode61 remove_diacritics 2");
create virtual table vocabulary using fts5vocab (words, row);
pragma user_version = %s;
"""
Watch = Callable[[int, int], None]
"""Is told how many documents have been added, and how many there are to add."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that a search has found.

    Attributes:
        start: Where the snippet begins in the document's text; None where only its name or facts match.
        pieces: The snippet, each piece with whether it is a match.
        places: Matches in the text, as many as are counted.
    """

    doc_id: str
    uri: str
    name: str
    start: int | None
    pieces: tuple[tuple[str, bool], ...]
    places: tuple[tuple[int, int], ...]


class Index:
    """The index of an output folder."""

    def __init__(self, out: str) -> None:
        """Choose where it lies."""
        self.out = out
        self.done, self.total = 0, 0
        self.close: Callable[[], object] = lambda: None  # removes a temporary folder
        self.folder = Path(out) / SEARCH
        if "://" in out or not (_is_writable(self.folder) or self._is_current()):
            self._go_elsewhere()

    @property
    def path(self) -> Path:
        """Its file."""
        return self.folder / _FILE

    @property
    def bytes(self) -> int:
        """The size of its file."""
        with suppress(OSError):
            return self.path.stat().st_size
        return 0

    def _is_current(self) -> bool:
        """Tell whether it is there and of the tables as they are now, without writing."""
        if not self.path.exists():
            return False
        with suppress(sqlite3.DatabaseError), closing(self._reading()) as index:
            version = index.execute("pragma user_version").fetchone()
            about = index.execute("select moment, complete from about").fetchone()
            moment = moment_of(self.out, manifest.current(self.out))
            return (*version, *about) == (int(VERSION), moment, 1)
        return False

    def _go_elsewhere(self) -> None:
        self.close()
        self.folder = Path(mkdtemp(prefix="docassay-search-"))
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def update(self, watch: Watch | None = None, wait: bool = True) -> bool:
        """Add and remove documents until it is of the tables as they are now.

        Args:
            watch: Is told how far it has come.
            wait: Wait for another process that updates it; else leave it to that.

        Returns:
            Whether it is of these tables.

        Raises:
            RunError: It can be written nowhere.
            TablesError: The folder holds no tables, or damaged ones.
        """
        for attempt in range(3):
            try:
                if self._is_current():
                    return True
                self.folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self.folder / "lock", timeout=-1 if wait else 0):
                    self._update(watch)
                return True
            except Timeout:
                return False
            except sqlite3.OperationalError as error:  # no space, no rights, or it is locked
                if attempt == 2:
                    raise RunError(f"the index in {self.folder} cannot be written: {error}") from None
                self._go_elsewhere()
            except sqlite3.DatabaseError:  # damaged
                self.path.unlink(missing_ok=True)
            except OSError as error:
                if attempt == 2:
                    raise RunError(f"{self.folder}: {error.strerror or error}") from None
                self._go_elsewhere()
        raise RunError(f"the index in {self.folder} is damaged every time it is made")

    def _update(self, watch: Watch | None) -> None:
        import duckdb

        while True:
            state = manifest.current(self.out)
            moment = moment_of(self.out, state)
            with closing(self._opened()) as index:
                if index.execute("select moment, complete from about").fetchone() == (moment, 1):
                    return
                index.execute("update about set complete = 0")
                index.commit()
                number = None if state is None else state.number
                paths = manifest.table_paths(self.out, state)
                with closing(connect(self.out, number, MEMORY, None, NEEDED)) as tables:
                    try:
                        self._take(index, tables, paths, watch)
                    except duckdb.Error as error:
                        raise error_of(error, self.out) from None
                index.execute("update about set moment = ?, complete = 1", [moment])
                index.commit()
            if moment_of(self.out, manifest.current(self.out)) == moment:
                return

    def _take(
        self,
        index: sqlite3.Connection,
        tables: DuckDBPyConnection,
        paths: manifest.TablePaths,
        watch: Watch | None,
    ) -> None:
        wanted = listed(tables)
        known = {
            row[0]: row[1:] for row in index.execute("select doc_id, run_id, uri, name, id from documents")
        }
        same = {
            doc_id
            for doc_id, (run_id, uri, name, _) in known.items()
            if doc_id in wanted
            and (run_id, uri, name) == (wanted[doc_id].run_id, wanted[doc_id].uri, wanted[doc_id].name)
        }
        gone = [known[doc_id][3] for doc_id in known if doc_id not in same]
        for row in gone:
            _remove(index, row)
        index.commit()
        new = [document for doc_id, document in wanted.items() if doc_id not in same]
        self.done, self.total = 0, len(new)
        for some in chunks(new):
            for document, facts, text in texts(tables, paths, some):
                _add(index, document, facts, text)
            index.commit()
            self.done += len(some)
            if watch is not None:
                watch(self.done, self.total)
        if gone or len(new) > len(same):  # removed words leave the file, and the rest becomes one piece
            index.execute("insert into words (words) values ('optimize')")
            index.commit()
        (free,), (pages,) = (
            index.execute(f"pragma {of}").fetchone() for of in ("freelist_count", "page_count")
        )
        if 5 * free > pages:
            with suppress(sqlite3.OperationalError):  # another process reads it, or the disk is nearly full
                index.execute("vacuum")

    def _opened(self) -> sqlite3.Connection:
        """Open it to write; what is of another version is emptied first."""
        index = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            index.executescript("pragma cache_size = -64000; pragma secure_delete = on;")
            (version,) = index.execute("pragma user_version").fetchone()
            if str(version) == VERSION:
                return index
            if version or index.execute("select count(*) from sqlite_master").fetchone() != (0,):
                raise sqlite3.DatabaseError("of another version")
            index.executescript(_MADE % VERSION)
            os.chmod(self.path, 0o600)
            return index
        except BaseException:
            index.close()
            raise

    def _reading(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.update()
        index = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", timeout=BUSY_SECONDS, uri=True)
        index.execute("pragma query_only = on")
        return index

    def _asked(
        self, ask: Callable[[sqlite3.Connection], list[tuple[object, ...]]]
    ) -> list[tuple[object, ...]]:
        """Ask it; one that turns out to be damaged is made anew."""
        for last in (False, True):
            try:
                with closing(self._reading()) as index:
                    return ask(index)
            except sqlite3.DatabaseError as error:
                if last or isinstance(error, sqlite3.OperationalError):
                    raise RunError(f"the index in {self.folder} cannot be read: {error}") from None
                self.path.unlink(missing_ok=True)
                self.update()
        raise AssertionError("the last attempt raises or returns")

    def doc_ids(self, search: Search) -> list[str]:
        """List the documents that have the words of a search."""
        if not search.terms:
            return []
        sql = "select doc_id from documents where id in (select rowid from words where words match ?)"
        return [str(doc_id) for (doc_id,) in self._asked(lambda index: _all(index, sql, [search.expression]))]

    def hits(self, search: Search, limit: int) -> tuple[int, list[Hit]]:
        """Find the documents that have the words of a search, the best first, with all their places.

        Returns:
            How many there are, and the first of them.
        """
        if not search.terms:
            return 0, []
        of = "from words where words match ?"

        def ask(index: sqlite3.Connection) -> list[tuple[object, ...]]:
            ((count,),) = _all(index, f"select count(*) {of}", [search.expression])
            order = "bm25(words, 4, 2, 1)" if int(str(count)) <= RANKED else "rowid desc"
            best = _all(index, f"select rowid {of} order by {order} limit ?", [search.expression, limit])
            rows = [_all(index, "select doc_id from documents where id = ?", list(row)) for row in best]
            return [(count,), *(row for some in rows for row in some)]

        (count,), *found = self._asked(ask)
        return int(str(count)), self.shown(search, [str(doc_id) for (doc_id,) in found], None)

    def shown(self, search: Search, doc_ids: Sequence[str], most: int | None = LOOKED_AT) -> list[Hit]:
        """Show the places of the words of a search in some documents, in their order.

        Args:
            search: What is searched for.
            doc_ids: The documents; those that the index does not have are left out.
            most: Characters of a text that are looked at if they have a match; None: all.
        """
        sql = "select uri, name, facts, body from documents where doc_id = ?"

        def ask(index: sqlite3.Connection) -> list[tuple[object, ...]]:
            return [(doc_id, *row) for doc_id in doc_ids for row in _all(index, sql, [doc_id])]

        return [_hit(search, most, *row) for row in self._asked(ask)]  # type: ignore[arg-type]

    def near(self, search: Search) -> list[tuple[str, int]]:
        """Suggest searches that find something: each word alone, longer words, and words spelt alike.

        Returns:
            What to search for, and how many documents have it.
        """
        return [
            (str(words), int(str(n))) for words, n in self._asked(lambda index: list(_near(index, search)))
        ]


def _near(index: sqlite3.Connection, search: Search) -> Iterator[tuple[str, int]]:
    def count(term: str) -> int:
        (found,) = index.execute("select count(*) from words where words match ?", [term]).fetchone()
        return int(found)

    for term in search.terms[:8]:
        if number := count(term.quoted):
            if len(search.terms) > 1:
                yield term.shown, number
            continue
        for word in term.words[:4]:
            begin = word[: max(1, len(word) // 2)]
            rows = index.execute(
                "select term, doc from vocabulary where term >= ? and term < ? order by doc desc limit 2000",
                [begin, begin + "\U0010ffff"],
            ).fetchall()
            number_of = dict(rows)
            longer = sorted(
                (one for one in number_of if one.startswith(word)), key=lambda one: -number_of[one]
            )
            alike = difflib.get_close_matches(word, number_of, 3, 0.75)
            for near in list(dict.fromkeys([*longer[:2], *alike]))[:3]:
                yield near, number_of[near]


def _all(index: sqlite3.Connection, sql: str, values: Sequence[object]) -> list[tuple[object, ...]]:
    return index.execute(sql, list(values)).fetchall()


def _is_writable(folder: Path) -> bool:
    return os.access(folder if folder.is_dir() else folder.parent, os.W_OK)


def _add(index: sqlite3.Connection, document: Document, facts: str, text: str) -> None:
    row = index.execute(
        "insert into documents (doc_id, run_id, uri, name, facts, body) values (?, ?, ?, ?, ?, ?)",
        [document.doc_id, document.run_id, document.uri, document.name, _packed(facts), _packed(text)],
    ).lastrowid
    words = [indexed(one) for one in (document.name, facts, text)]
    index.execute("insert into words (rowid, name, facts, body) values (?, ?, ?, ?)", [row, *words])


def _remove(index: sqlite3.Connection, row: int) -> None:
    (name, facts, body) = index.execute(
        "select name, facts, body from documents where id = ?", [row]
    ).fetchone()
    words = [indexed(one) for one in (name, _unpacked(facts), _unpacked(body))]
    index.execute(
        "insert into words (words, rowid, name, facts, body) values ('delete', ?, ?, ?, ?)", [row, *words]
    )
    index.execute("delete from documents where id = ?", [row])


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def _unpacked(packed: bytes) -> str:
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")


def _hit(
    search: Search, most: int | None, doc_id: str, uri: str, name: str, facts: bytes, body: bytes
) -> Hit:
    whole = _unpacked(body)
    text = whole[:most]
    places = search.matches(text)
    if not places and len(text) < len(whole):
        text, places = whole, search.matches(whole)
    if places:
        start, end = search.snippet(text)
        return Hit(doc_id, uri, name, start, tuple(_marked(text, places, start, end)), tuple(places))
    for other in (*_unpacked(facts).split("\n"), *name.split("\n")):
        if found := search.matches(other):
            return Hit(doc_id, uri, name, None, tuple(_marked(other, found, 0, len(other))), ())
    return Hit(doc_id, uri, name, None, (), ())


def _marked(text: str, places: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[str, bool]]:
    for piece, is_match in marked(text, places, start, end):
        yield line(f"|{piece}|")[1:-1], is_match  # blanks at its ends stay
