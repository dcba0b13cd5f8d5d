"""The command `docassay train`. Nothing heavy is imported before it is run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from docassay.commands.options import domain_or, epilog, errors, print_plain, stderr, stdout
from docassay.commands.running import progress
from docassay.observe.sanitize import line
from docassay.schemas.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from docassay.train.table import Findings, Severity

app = typer.Typer()

EXTRA = ("torch", "transformers", "all_minilm_l6_v2")


def _task(value: str) -> str:
    if value and not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value):
        raise typer.BadParameter(f"{value!r} is not a lower-case name such as lease_clause")
    return value


def _name(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise typer.BadParameter(f"{value!r} holds more than letters, digits, points, dashes and underscores")
    return value


def _full(value: bool) -> bool:
    missing = [module for module in EXTRA if not find_spec(module)]
    if value and missing:
        raise typer.BadParameter(
            f"--full needs {', '.join(missing)}: pip install '.[train]'; without it, the head is trained"
        )
    return value


def _out(value: Path) -> Path:
    from docassay.models.catalog import folders

    name = value.resolve().name
    if name in folders():
        raise typer.BadParameter(
            f"a folder named {name} would take the place of the shipped model; choose another"
        )
    return value


@app.command(
    epilog=epilog(
        "docassay train clauses.csv --domain legal --task lease_clause --out lease-model"
        " · docassay train --from-decisions tables --task clause_type --out clauses-decided"
        " · docassay train --facts labels.jsonl --out acme"
        " · then: docassay batch leases/ --out tables --domain legal --models lease-model",
        "0 trained, whether or not it beats TF-IDF · 2 a wrong option, or data with faults, before any work"
        " · 3 the folder could not be written · 130 interrupted: run it again to continue",
    )
)
def train(
    out: Annotated[
        Path,
        typer.Option(
            callback=_out,
            help="The model folder; one that this command made is retrained. With --facts: the folder of the"
            " overlay.",
        ),
    ],
    task: Annotated[
        str,
        typer.Option(callback=_task, help="The name of the task, as rows will show it; not with --facts."),
    ] = "",
    data: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="DATA",
            help=".csv, .tsv, .jsonl or .parquet of labelled texts.",
        ),
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            "--from-decisions",
            metavar="TABLES",
            help="Instead of DATA: adjust a shipped head to what people decided on its labels.",
        ),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--facts",
            exists=True,
            dir_okay=False,
            metavar="LABELS",
            help="Instead of DATA: train an overlay's fields that have candidates, on places of values.",
        ),
    ] = None,
    domain: Annotated[
        str,
        typer.Option(callback=domain_or(""), help="The domain whose documents the task is for; with DATA."),
    ] = "",
    text_column: Annotated[str, typer.Option(help="Column of texts.")] = "text",
    label_column: Annotated[str, typer.Option(help="Column of labels, or of lists of them.")] = "label",
    split_column: Annotated[
        str, typer.Option(help="Column that says train, validation or test, if there is one.")
    ] = "split",
    document_column: Annotated[
        str, typer.Option(help="Column that names a text's document: rows are in its order.")
    ] = "document",
    separator: Annotated[str, typer.Option(help="Separator between labels in a cell; empty: none.")] = ";",
    kind: Annotated[
        Literal["auto", "single", "multi"],
        typer.Option(
            help="single: labels exclude each other; multi: a text has any number; auto: inferred from"
            " the data.",
        ),
    ] = "auto",
    full: Annotated[
        bool,
        typer.Option("--full", callback=_full, help="Fine-tune the encoder too (extra `train`)."),
    ] = False,
    passes: Annotated[
        float, typer.Option(min=0.1, max=100, help="With --full: how often each text is shown.")
    ] = 4.0,
    precision: Annotated[
        float,
        typer.Option(
            min=0.5, max=1, help="Precision to reach; answers that would fall below it are marked abstained."
        ),
    ] = 0.9,
    definitions: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='TOML file, label = "what it means", for the card.'),
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of the data, for the card.")] = "not stated",
    intended_use: Annotated[str, typer.Option(help="What the model is for, for the card.")] = "",
    name: Annotated[str, typer.Option(callback=_name, help="Name of the model; default: the task's.")] = "",
    version: Annotated[str, typer.Option(callback=_name, help="Version of the model.")] = "1",
    rows: Annotated[
        int,
        typer.Option(min=30, max=1_000_000, help="Use at most this many rows; a larger table is sampled."),
    ] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split and of sampling.")] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Keep the encoder's outputs here; default: OUT/.cache."),
    ] = None,
) -> None:
    """Train a model for labels or facts of your own, measure it, and write its folder.

    The data is checked first; what is wrong is said with its line. A tenth is kept to calibrate on and a
    tenth to test on, near-duplicates never apart.
    """
    left = (
        "nothing was written"
        if facts
        else "what was computed is kept: run the same command again to continue"
    )
    with errors(interrupted=f"interrupted; {left}"):
        if [data, tables, facts].count(None) != 2:
            raise UsageError("give one of DATA, --from-decisions TABLES and --facts LABELS")
        if facts is not None:
            if task or domain:
                raise UsageError(
                    "--facts trains the fields of the overlay --out: leave out --task and --domain"
                )
            _of_facts(facts, out, name, version, licence, precision, seed)
            return
        if not task:
            raise UsageError("give --task: the name of the task, as rows will show it")
        if tables is not None:
            _from_decisions(tables, task, out, version, seed, cache)
            return
        if data is None or not domain:
            raise UsageError("give --domain: the domain whose documents the task is for")
        from docassay.train.folder import About
        from docassay.train.job import Faulty, Job, prepare, read_definitions
        from docassay.train.report import report
        from docassay.train.table import Columns
        from docassay.train.train import train as train_job

        about = About(
            name or task,
            version,
            domain,
            task,
            data.name,
            licence,
            precision,
            read_definitions(definitions),
            intended_use,
        )
        columns = Columns(text_column, label_column, split_column, document_column, separator)
        job = Job(data, out, about, columns, kind, rows, seed, cache, full, passes)
        try:
            with stderr.status("checking the data"):
                prepared = prepare(job)
        except Faulty as error:
            _tell(error.findings, error.where)
            raise
        _tell(prepared.findings, prepared.where)
        with progress("reading", rate=False) as watch:
            trained = train_job(job, prepared, lambda step, *counts: watch(*counts, step))
        _print(report(job, prepared, trained))


def _of_facts(
    labels: Path, out: Path, name: str, version: str, licence: str, precision: float, seed: int
) -> None:
    from docassay.train.facts import FactJob, overlay_in, report, train_facts
    from docassay.train.job import Faulty

    overlay = overlay_in(out)
    job = FactJob(labels, overlay, name or overlay.name, version, licence, precision, seed)
    try:
        with progress("reading", rate=False) as watch:
            trained = train_facts(job, lambda step, *counts: watch(*counts, step))
    except Faulty as error:
        _tell(error.findings, error.where)
        raise
    _tell(trained.findings, "line")
    _print(report(job, trained))


def _from_decisions(tables: str, task: str, out: Path, version: str, seed: int, cache: Path | None) -> None:
    from docassay.train.decided import gain_in_words, train_from

    with progress("reading", rate=False) as watch:
        learnt = train_from(
            tables, task, out, version, seed, cache, lambda step, *counts: watch(*counts, step)
        )
    for text in gain_in_words(learnt, out):
        print_plain(line(text, 1000))


def _print(report: Iterable[RenderableType]) -> None:
    from rich.text import Text

    for part in report:
        stdout.print(part, highlight=False, soft_wrap=isinstance(part, Text))


def _tell(findings: Findings, where: str) -> None:
    styles: dict[Severity, str] = {"error": "red", "warning": "yellow"}
    for severity, style in styles.items():
        for message in findings.messages(severity, where):
            print_plain(f"{severity}: {line(message)}", stderr, style=style)
