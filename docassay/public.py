"""What `import docassay` offers besides the transforms: whole tasks as plain functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docassay.models.catalog import DEFAULT_ENCODER

if TYPE_CHECKING:
    import pyarrow as pa

    from docassay.schemas.rows import Reject, Result
    from docassay.schemas.runs import Run
    from docassay.train.job import Trained
    from docassay.transforms.context import Translate
    from docassay.transforms.formats import Limits


def explain(
    uri: str,
    domain: str | None = None,
    limits: Limits | None = None,
    text_column: str = "text",
    model: str = DEFAULT_ENCODER,
    personal_data: bool = False,
    translate: Translate = "needed",
    einvoice_rules: str | Path | None = None,
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
        translate: ``needed``: translate what a question hangs on; ``all``: every passage.
        einvoice_rules: A folder of official rules to ask of electronic invoices, which `docassay einvoice`
            makes.

    Returns:
        The document, then its attachments: a `Result` with its rows and its text, or the `Reject` that says
        why it could not be read.

    Raises:
        ModelError: A model is not what its card says.
        DomainError: A domain's folder is wrong, or there is no such domain.
        UsageError: The folder of official rules is wrong.
    """
    from docassay.models import encoder_group
    from docassay.models.engine import default_threads
    from docassay.transforms.context import Context, Options
    from docassay.transforms.einvoice.rule_sets import checked_folder
    from docassay.views import explain

    encoder_group.check(model)
    options = Options(
        domain=domain,
        model=model,
        threads=default_threads(),
        text_column=text_column,
        limits=_limits(limits, einvoice_rules),
        personal_data=personal_data,
        translate=translate,
        einvoice_rules=checked_folder(einvoice_rules),
    )
    return list(explain.explain(uri, Context(options)))


def _limits(limits: Limits | None, einvoice_rules: str | Path | None) -> Limits:
    from docassay.transforms.formats import Limits

    return replace(limits or Limits(), invoices=einvoice_rules is not None)


def batch(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    domain: str | None = None,
    limits: Limits | None = None,
    text_column: str = "text",
    models: Sequence[str | Path] = (),
    personal_data: bool = False,
    translate: Translate = "needed",
    einvoice_rules: str | Path | None = None,
    new_only: bool = False,
    workers: int = 1,
) -> Run:
    """Read documents into tables on this machine; what `docassay batch` does. It is safe to run again.

    Args:
        inputs: Files, folders, patterns, `.jsonl` or `.parquet` files; any path of Beam's file systems.
        out: The folder of the tables, or ``iceberg://CATALOG/NAMESPACE``; what is there is added to.
        domain: The domain of every document, or None to detect it.
        limits: Bounds of each document.
        text_column: Column of `.jsonl` and `.parquet` files.
        models: Model folders, such as `train_head` writes, or folders that hold some, used beside the shipped
            ones; each replaces a shipped model of the same name.
        personal_data: Find names, dates, addresses and numbers of people, whatever the kind of the document.
        translate: ``needed``: translate what a question hangs on; ``all``: every passage.
        einvoice_rules: A folder of official rules to ask of electronic invoices, which `docassay einvoice`
            makes.
        new_only: Pass over documents that `out` already has.
        workers: Processes that read documents, each with a model of its own; 1 is this process.

    Returns:
        The row of `runs`: how many documents, rejects and rows there are, from which models and rules.

    Raises:
        UsageError: Before any work: an input names nothing, `out` cannot take the run, or a model or domain
            is not usable.
        RunError: The run failed, on a full disk for instance; to a folder it has published nothing.
    """
    from docassay import domains
    from docassay.models.catalog import named_folders, use_folders
    from docassay.models.engine import default_threads
    from docassay.pipelines.batch import Batch, run
    from docassay.schemas.errors import UsageError
    from docassay.transforms.context import Options
    from docassay.transforms.einvoice.rule_sets import checked_folder

    if workers < 1:
        raise UsageError(f"{workers} workers cannot read anything; take 1 or more")
    if domain is not None:
        domains.load(domain)
    named = [inputs] if isinstance(inputs, (str, Path)) else inputs
    options = Options(
        domain=domain,
        model_folders=named_folders(models),
        threads=max(1, default_threads() // workers),
        text_column=text_column,
        limits=_limits(limits, einvoice_rules),
        personal_data=personal_data,
        translate=translate,
        einvoice_rules=checked_folder(einvoice_rules),
    )
    request = Batch(tuple(map(str, named)), str(out), new_only, workers, options=options)
    use_folders(options.model_folders)
    try:
        finished = run(request)
    finally:
        use_folders(())
    assert finished is not None, "only a runner elsewhere writes a template"
    return finished


def train_head(
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
    from docassay.train import train
    from docassay.train.folder import About
    from docassay.train.job import Job, prepare
    from docassay.train.table import Columns

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
    from docassay.storage.tables.manifest import table_files
    from docassay.storage.tables.parquet import read_table

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
