"""Read the texts, facts and names of documents from the tables, for the index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docassay.schemas.uris import Uri
from docassay.storage.tables import manifest
from docassay.storage.tables.partitions import name_in
from docassay.views.shipped_views import quoted_list, reads, table_select
from docassay.views.text_from_rows import joined

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK = 200
"""Documents that are read at once."""

_TABLES = ("documents", "segments", "flags", "findings", "entities", "facts")
NEEDED = f"current_documents {' '.join(_TABLES)}"
"""The views and tables that are read, as `views.query.connect` takes them."""

_NAMED = (
    "read_parquet(getvariable('documents_files'), union_by_name = true, hive_partitioning = false,"
    " filename = true)"
)
_LISTED = """
select doc_id, run_id, uri, chars, title, file_name, other_uris, filename from ({documents})
where doc_id in (select doc_id from current_documents) order by filename, doc_id
"""
_PASSAGES = """
with ids as (select unnest($ids::varchar[]) as doc_id)
select doc_id, start_char, end_char, text from ({segments}) where doc_id in (from ids)
union all select doc_id, start_char, end_char, text from ({entities}) where doc_id in (from ids)
union all select doc_id, start_char, end_char, evidence from ({flags}) where doc_id in (from ids)
union all select doc_id, start_char, end_char, evidence from ({findings}) where doc_id in (from ids)
"""
_FACTS = """
select doc_id, string_agg(concat_ws(' ', value, nullif(normalised, value)), chr(10) order by ordinal)
from ({facts}) where doc_id in (select unnest($ids::varchar[])) group by doc_id
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the index should have."""

    doc_id: str
    run_id: str
    uri: str
    chars: int
    name: str
    file: str


def listed(tables: DuckDBPyConnection) -> dict[str, Document]:
    """List the documents that are current, by their ids, in the order of their files."""
    rows = tables.execute(_LISTED.format(documents=table_select("documents", _NAMED))).fetchall()
    return {
        doc_id: Document(doc_id, run_id, uri, chars, _name(title, name, [uri, *(others or ())]), file)
        for doc_id, run_id, uri, chars, title, name, others, file in rows
    }


def moment_of(out: str, state: manifest.Manifest | None) -> str:
    """Name the state of the tables that are searched."""
    files = manifest.table_paths(out, state)
    names = [f"{table}/{name}" for table in _TABLES for name in files[table]]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def _name(title: str | None, name: str | None, uris: Sequence[str]) -> str:
    """Give the title and the names of the files of a document; of what lies in a file, its own."""
    files = [uri.rpartition("/")[2] for uri in uris if not Uri.parse(uri).marks]
    return "\n".join(filter(None, [title, name, *files]))


def chunks(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Cut a list into chunks of documents of one file."""
    some: list[Document] = []
    for document in documents:
        if some and (len(some) == CHUNK or some[0].file != document.file):
            yield some
            some = []
        some.append(document)
    if some:
        yield some


def texts(
    tables: DuckDBPyConnection, paths: manifest.TablePaths, some: Sequence[Document]
) -> Iterator[tuple[Document, str, str]]:
    """Read the facts and texts of documents of one file."""
    file = name_in(some[0].file)
    views = {
        table: table_select(table, reads(quoted_list([paths[table][file]])) if file in paths[table] else None)
        for table in _TABLES
    }
    ids = {"ids": [document.doc_id for document in some]}
    passages: dict[str, list[tuple[int, int, str]]] = {}
    for doc_id, start, end, text in tables.execute(_PASSAGES.format(**views), ids).fetchall():
        if start is not None and end is not None and text:
            passages.setdefault(doc_id, []).append((start, end, text))
    facts = dict(tables.execute(_FACTS.format(**views), ids).fetchall())
    for document in some:
        text = joined(document.chars, passages.pop(document.doc_id, ()))
        yield document, facts.get(document.doc_id) or "", text
