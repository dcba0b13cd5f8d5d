"""Files: from the inputs that a user names to the sources to read, without holding their texts.

A `.jsonl` or `.parquet` file is a list of documents. It is cut into blocks, which are `Source`s of
their own named ``FILE#block-...``, so that a large file is spread over the workers and no text
crosses a shuffle. ``@LIST`` is a file of names, one a line, for more names than a command line
takes. No list of names is held in memory: they are yielded one by one.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from apache_beam.io.filesystems import FileSystems

from docassay.schemas import uris
from docassay.schemas.errors import InputError
from docassay.schemas.expectations import LATEST
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import LinesBlock, RowsBlock
from docassay.storage.extras import check_extra
from docassay.storage.parquet import open_file
from docassay.transforms.formats.plain import LONE_SURROGATES

BLOCK_BYTES = 1_000_000
"""A block of a `.jsonl` file ends with the line that reaches this size."""

LINE_BYTES = 50_000_000
"""Longest line of a `.jsonl` file that is read."""

LINES = (".jsonl", ".ndjson")
"""Suffixes of files with a JSON object, and so a document, a line."""

RENAME = "rename it, or convert all names: convmv -f latin1 -t utf-8"

EVERYTHING = re.compile(r"\*\*(?:/\*)*/?\Z")
"""The end of a pattern that matches the files below its folders, too, and not only the folders."""

LATEST_SECONDS = datetime.fromisoformat(LATEST).timestamp()
"""A modification time later than this is left out: the tables do not take it."""

NAME_BYTES = 4_096
"""Longest name in a list of names: the longest path that Linux opens."""


def check(inputs: Sequence[str]) -> None:
    """Check that every input names something, before any work.

    Raises:
        InputError: A path does not exist, a pattern matches nothing, or a scheme is not known.
        MissingError: The extra that reads a scheme's paths is not installed.
    """
    for argument in inputs:
        name = argument.removeprefix("@")
        if not _is_utf8(name):
            raise InputError(f"{_escaped(name)}: the name is not UTF-8; {RENAME}")
        if _is_local(name):
            if not os.path.exists(name) and not glob.glob(name, recursive=True):
                raise InputError(f"{name}: no such file or folder, and no file matches it")
            continue
        check_extra(name)
        try:
            matches = FileSystems.match([name], limits=[1])[0].metadata_list
        except Exception as error:  # each file system has exceptions of its own
            raise InputError(f"{name}: cannot be listed ({error})") from None
        if not matches:
            raise InputError(f"{name}: no file matches it; name a folder's files as {name.rstrip('/')}/**")


def names(argument: str) -> Iterator[str | Reject]:
    """Yield an input's name as it is, or the names in the list that ``@LIST`` names.

    Lists are not nested: in a list, a name that begins with ``@`` is the name of a file.
    """
    path = argument.removeprefix("@")
    if path == argument:
        yield argument
        return
    try:
        with _open(path, pipe=True) as file:
            for number, (size, line) in enumerate(_lines(file, NAME_BYTES), 1):
                if line is None:
                    detail = f"a name of {size:,} bytes; {NAME_BYTES:,} is the longest there is"
                    yield Reject(None, uris.line(path, number), "read", "broken_line", detail)
                elif name := os.fsdecode(line.strip()):
                    yield name if _is_utf8(name) else _bad_name(name)
    except OSError as error:
        yield _unreadable(path, error)


def expand(name: str, text_column: str = "text", out: str | None = None) -> Iterator[Source | Reject]:
    """Yield the sources that an input names: files of a folder, matches of a pattern, blocks of a list.

    Folders are walked recursively; links to folders are not followed. A path that cannot be listed, does
    not exist or is not UTF-8 becomes a reject, and the walk goes on. The tables in `out` are no input
    where it lies in a folder, or a pattern matches it.
    """
    for path, event_time in _files(name, out):
        if isinstance(path, Reject):
            yield path
        elif not _is_utf8(path):
            yield _bad_name(path)
        elif path.lower().endswith(LINES):
            yield from _jsonl_blocks(path, event_time)
        elif path.lower().endswith(".parquet"):
            yield from _parquet_blocks(path, event_time, text_column)
        else:
            yield Source(path, event_time=event_time)


def find(uri: str, text_column: str = "text") -> Source | Reject:
    """Find the source of a document by its URI in the tables, such as ``FILE#line-N`` or ``FILE#row-N``.

    An attachment is read with its mail, so its URI gives the mail; the URI of a file gives that file.
    """
    file = uris.file_of(uri)
    if file == uri or uris.is_attachment(uri):
        return Source(file)
    for block in expand(file, text_column):
        for document in [block] if isinstance(block, Reject) else unblock(block, text_column):
            if document.uri in (uri, file):
                return document
    return Reject(None, uri, "read", "unreadable", f"{file} has no such line or row")


def unblock(source: Source, text_column: str = "text") -> Iterator[Source | Reject]:
    """Yield the documents of a block; any other source is yielded as it is.

    A line that is no JSON object with the text column is rejected under its own number.
    """
    lines, rows = uris.parse_lines_block(source.uri), uris.parse_rows_block(source.uri)
    if source.content is not None or not (lines or rows):
        yield source
        return
    import pyarrow as pa

    try:
        if lines:
            yield from _jsonl_lines(source, lines, text_column)
        elif rows:
            yield from _parquet_rows(source, rows, text_column)
    except (OSError, ValueError, pa.ArrowException) as error:  # deleted or changed since it was listed
        yield _unreadable(source.uri, error)


def resolved(path: str) -> str:
    """Resolve the links of a local path; a path of another file system is given as it is."""
    return os.path.realpath(path) if _is_local(path) else path


def lies_in(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it; both as `resolved` gives them.

    >>> lies_in("/in/a", "/in"), lies_in("/in", "/in"), lies_in("/into", "/in"), lies_in("/a", "/")
    (True, True, False, True)
    """
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def is_input(path: str | Reject, out: str | None) -> bool:
    """Tell whether a path lies outside of `out`, which is `resolved` already; a reject is an input, too."""
    return isinstance(path, Reject) or out is None or not lies_in(resolved(path), out)


def _files(name: str, out: str | None) -> Iterator[tuple[str | Reject, datetime | None]]:
    out = resolved(out).rstrip("/") if out else None
    if not _is_local(name):
        yield from ((path, time) for path, time in _matches(name) if is_input(path, out))
        return
    exists = os.path.exists(name)
    paths = [name] if exists else sorted(glob.glob(name, recursive=True))
    if not paths:
        yield _no_match(name), None
    for path in paths:
        if not exists and not is_input(path, out):
            continue
        if not os.path.isdir(path):
            yield _plain(path), _modified(path)
            continue
        if not exists and EVERYTHING.search(name):
            continue  # its files are matched themselves
        errors: list[OSError] = []
        for folder, subfolders, file_names in os.walk(path, onerror=errors.append):
            subfolders[:] = sorted(
                inner for inner in subfolders if is_input(os.path.join(folder, inner), out)
            )
            for file_name in sorted(file_names):
                file = os.path.join(folder, file_name)
                yield _plain(file), _modified(file)
        for error in errors:
            yield _unreadable(str(error.filename), error), None


def _matches(pattern: str) -> Iterator[tuple[str | Reject, datetime | None]]:
    """List a pattern of a remote file system as `FileSystem.match` does, without holding all matches."""
    entry = None
    try:
        system = FileSystems.get_filesystem(pattern)
        prefix = re.match(r"[^\[*?]*", pattern).group(0)  # type: ignore[union-attr]  # it always matches
        if prefix == pattern or system.has_dirs():
            entries = iter(FileSystems.match([pattern])[0].metadata_list)
        else:
            entries = system.match_files(system._list(prefix), pattern)
        for entry in entries:
            yield entry.path, _time(entry.last_updated_in_seconds)
    except Exception as error:  # each file system has exceptions of its own
        yield _unreadable(pattern, error), None
        return
    if entry is None:
        yield _no_match(pattern), None


def _plain(path: str) -> str:
    """Normalise a path, so that the rows of a file replace each other however its folder was spelled.

    >>> _plain("./in//a.txt"), _plain("link/../a.txt")
    ('in/a.txt', 'link/../a.txt')
    """
    return path if ".." in path.split(os.sep) else os.path.normpath(path)


def _is_utf8(name: str) -> bool:
    return LONE_SURROGATES.search(name) is None


def _escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _bad_name(name: str) -> Reject:
    return Reject(None, _escaped(name), "read", "bad_name", f"the name is not UTF-8; {RENAME}")


def _no_match(name: str) -> Reject:
    return Reject(None, name, "read", "unreadable", "no such file, and no file matches it")


def _jsonl_blocks(path: str, event_time: datetime | None) -> Iterator[Source | Reject]:
    start = position = 0
    first = number = 1
    try:
        with _open(path) as file:
            for size, _ in _lines(file):
                position += size
                number += 1
                if position - start >= BLOCK_BYTES:
                    yield _block(LinesBlock(path, start, position, first), event_time)
                    start, first = position, number
        if position > start:
            yield _block(LinesBlock(path, start, position, first), event_time)
        elif not position:
            yield Reject(None, path, "read", "empty", "the file has no line")
    except OSError as error:
        yield _unreadable(path, error)


def _block(block: LinesBlock, event_time: datetime | None) -> Source:
    return Source(uris.lines_block(block), event_time=event_time)


def _jsonl_lines(source: Source, block: LinesBlock, text_column: str) -> Iterator[Source | Reject]:
    number = block.first
    with _open(block.file) as file:
        file.seek(block.start)
        position = block.start
        for size, line in _lines(file):
            uri = uris.line(block.file, number)
            if line is None:
                yield Reject(None, uri, "read", "too_large", f"a line of more than {LINE_BYTES:,} bytes")
            elif line.strip():
                yield _document(source, uri, _object(line), text_column)
            number += 1
            position += size
            if position >= block.end:
                return


def _lines(file: Any, most: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line's size and the line, or None where it is longer than `most`, or `LINE_BYTES`."""
    most = most or LINE_BYTES
    while line := file.readline(most):
        size = len(line)
        piece = line
        while len(piece) == most and not piece.endswith(b"\n"):
            piece = file.readline(most)
            size += len(piece)
        yield size, line if size == len(line) else None


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _parquet_blocks(path: str, event_time: datetime | None, text_column: str) -> Iterator[Source | Reject]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with _open(path) as file:
            table = pq.ParquetFile(pa.PythonFile(file, mode="r"))
            if text_column not in table.schema_arrow.names:
                columns = ", ".join(table.schema_arrow.names)
                detail = f"no column {text_column!r}; there are {columns} (--text-column names another)"
                yield Reject(None, path, "read", "no_text_column", detail)
                return
            for group in range(table.num_row_groups):
                yield Source(uris.rows_block(RowsBlock(path, group)), event_time=event_time)
    except (OSError, pa.ArrowException) as error:
        yield _unreadable(path, error)


def _parquet_rows(source: Source, block: RowsBlock, text_column: str) -> Iterator[Source | Reject]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _open(block.file) as file:
        table = pq.ParquetFile(pa.PythonFile(file, mode="r"))
        number = sum(table.metadata.row_group(n).num_rows for n in range(block.group))
        if not _is_text(kind := table.schema_arrow.field(text_column).type):
            for later in range(table.metadata.row_group(block.group).num_rows):
                detail = f"no text but {str(kind)[:100]} under {text_column!r} (--text-column)"
                yield Reject(None, uris.row(block.file, number + later + 1), "read", "no_text_column", detail)
            return
        # With a dictionary, a text that is in many rows is held once.
        table = pq.ParquetFile(
            pa.PythonFile(file, mode="r"), metadata=table.metadata, read_dictionary=[text_column]
        )
        for batch in table.iter_batches(256, row_groups=[block.group], columns=[text_column]):
            for value in batch.column(0):
                number += 1
                uri = uris.row(block.file, number)
                cell = value.value if isinstance(value, pa.DictionaryScalar) else value
                if cell.is_valid and cell.as_buffer().size > LINE_BYTES:
                    yield Reject(None, uri, "read", "too_large", f"a text of more than {LINE_BYTES:,} bytes")
                    continue
                try:
                    row = {text_column: cell.as_py()}
                except UnicodeDecodeError as error:
                    yield Reject(None, uri, "read", "broken_line", f"not UTF-8: {error}")
                    continue
                yield _document(source, uri, row, text_column)


def _is_text(kind: Any) -> bool:
    """Tell whether values of an Arrow type are texts; those of others are never made into Python objects."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _document(source: Source, uri: str, value: Any, text_column: str) -> Source | Reject:
    if not isinstance(value, dict):
        return Reject(None, uri, "read", "broken_line", "not a JSON object")
    text = value.get(text_column)
    if not isinstance(text, str):
        problem = "no text" if text is None else f"no text but {type(text).__name__}"
        detail = f"{problem} under {text_column!r} (--text-column)"
        return Reject(None, uri, "read", "no_text_column", detail)
    content = LONE_SURROGATES.sub("\ufffd", text).encode()
    return Source(uri, content, "text/plain", event_time=source.event_time)


def _open(path: str, pipe: bool = False) -> Any:
    """Open a file; one that is not regular is refused, unless `pipe` allows it: it might never end."""
    if _is_local(path):
        if not pipe and os.path.exists(path) and not os.path.isfile(path):
            raise OSError(f"{path} is no regular file")
        return open(path, "rb")
    return open_file(path)


def _is_local(name: str) -> bool:
    return "://" not in name


def _modified(path: str) -> datetime | None:
    try:
        return _time(os.stat(path).st_mtime)
    except OSError:
        return None


def _time(seconds: float | None) -> datetime | None:
    """Give a file's modification time, or None where it has none, or one that the tables do not take."""
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < LATEST_SECONDS else None


def _unreadable(path: str, error: Exception) -> Reject:
    return Reject(None, _escaped(path), "read", "unreadable", _escaped(str(error))[:500])
