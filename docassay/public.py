"""What `import docassay` offers besides the transforms: whole tasks as plain functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docassay.models.catalog import DEFAULT_ENCODER

if TYPE_CHECKING:
    import pyarrow as pa

    from docassay.schemas.rows import Reject, Result
    from docassay.training.custom.job import Trained
    from docassay.transforms.formats import Limits


def explain(
    uri: str,
    domain: str | None = None,
    limits: Limits | None = None,
    text_column: str = "text",
    model: str = DEFAULT_ENCODER,
    personal_data: bool = False,
) -> list[Result | Reject]:
    """Read one document and its attachments, and give the rows of each.

    Args:
        uri: A path, or an address that Beam's file systems know; or a document in a file, as the tables
            name it: ``mail.eml#attachment-1``, ``notes.jsonl#line-7``.
        domain: The domain of the document, or None to detect it.
        limits: Bounds of each document.
        text_column: Column of a `.jsonl` or `.parquet` file.
        model: An encoder of the catalog.
        personal_data: Find names, dates, addresses and numbers of people, whatever the kind of the document.

    Returns:
        The document, then its attachments: a `Result` with its rows and its text, or the `Reject` that says
        why it could not be read.

    Raises:
        ModelError: A model is not what its card says.
        DomainError: A domain's folder is wrong, or there is no such domain.
    """
    from docassay.models import encoder_group
    from docassay.models.engine import default_threads
    from docassay.models.translators import CatalogTranslators
    from docassay.views import explain

    encoder_group.check(model)
    threads = default_threads()
    return list(
        explain.explain(
            uri,
            lambda: encoder_group.open_reader(model, threads),
            domain,
            limits,
            CatalogTranslators(threads),
            text_column,
            personal_data,
        )
    )


def train(
    data: str | Path,
    out: str | Path,
    *,
    domain: str,
    task: str,
    text_column: str = "text",
    label_column: str = "label",
    precision: float = 0.9,
) -> Trained:
    """Train a head on labels of your own, and write a model folder; what `docassay train` does.

    Args:
        data: A `.csv`, `.tsv`, `.jsonl` or `.parquet` file of labelled texts.
        out: The model folder to write; one of an earlier training is replaced.
        domain: Whose documents are asked the task.
        task: The name of the task, as rows will have it.
        text_column: Column of texts.
        label_column: Column of labels, or of lists of them.
        precision: The precision to reach by the answers not abstained from, on a tenth of the texts.

    Returns:
        The head and its figures on another tenth.

    Raises:
        DomainError: There is no such domain.
        DataError: The file cannot be read, or its rows, labels or duplicates do not allow training.
        ModelError: The shipped encoder is not what its card says.
        RunError: The folder cannot be written.
    """
    from docassay import domains
    from docassay.training.custom import train
    from docassay.training.custom.folder import About
    from docassay.training.custom.job import Job, prepare
    from docassay.training.custom.table import Columns

    domains.load(domain)
    data = Path(data)
    metadata = About(task, "1", domain, task, data.name, "not stated", precision, {}, "")
    job = Job(data, Path(out), metadata, Columns(text=text_column, label=label_column))
    return train.train(job, prepare(job), lambda step, done, total: None)


def read_tables(folder: str, names: Sequence[str] = ()) -> dict[str, pa.Table]:
    """Read tables that a batch or a stream has written, with one schema for files of all releases.

    They are read as they were at one moment, whatever is published meanwhile.

    Args:
        folder: What ``--out`` named; any path of Beam's file systems.
        names: The tables to read, such as ``flags``; without any, all.

    Returns:
        By name of the table, its rows in the order of its files; a table without rows has none.

    Raises:
        TablesError: The folder holds no tables, one of these names is none, or the tables are of a version
            that this release does not read.
    """
    import pyarrow as pa

    from docassay.schemas.arrow import schema
    from docassay.schemas.errors import TablesError
    from docassay.schemas.rows import TABLES
    from docassay.storage.manifest import table_files
    from docassay.storage.parquet import read_table

    if unknown := sorted(set(names) - set(TABLES)):
        raise TablesError(f"there is no table {unknown[0]!r}; there are {', '.join(TABLES)}")
    files = table_files(folder)
    files_of = {name: files[name] for name in names or TABLES}
    if not any(files_of.values()):
        raise TablesError(f"{folder} holds no tables; make some with: docassay batch IN... --out {folder}")
    return {
        name: pa.concat_tables([schema(name).empty_table(), *(read_table(name, path) for path in paths)])
        for name, paths in files_of.items()
    }
