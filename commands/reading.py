"""Options of the commands that read documents: how, with which models, and what a run does beside.

A command names a class of options as the type of its argument `reading`; `with_options` puts the options of
the class in its place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from docassay.commands.options import (
    Limit,
    LineageTarget,
    LogFormat,
    Models,
    Ocr,
    check_ocr,
    domain_or,
    limited,
    lineage_session,
    numbers,
    use_models,
)
from docassay.schemas.errors import UsageError
from docassay.transforms.moved import under

if TYPE_CHECKING:
    from docassay.models.fallback.model import Limits, Settings
    from docassay.transforms.context import Options

ESCALATE_EXAMPLE = (
    "docassay batch contracts/ --out tables --escalate http://localhost:8000/v1 --escalate-model qwen2.5-7b"
    " --allow-send localhost:8000 --mask --escalate-limit calls=2000"
)

_SPENT = {"calls": 0.0, "tokens": 0.0, "seconds": 0.0, "money": 0.0, "rate": 1e-3, "timeout": 1e-3}
"""What `--escalate-limit` limits, and the least of each."""

CORES = 4
"""Cores that one process keeps busy: its Python code takes one core for about a fifth of the time that the
engine takes on the others."""

PROCESS_BYTES = 1_500_000_000
"""Free memory for which one process is started: the peak of a batch of hostile files is 1.0 GB."""

Workers = Annotated[
    int,
    typer.Option(
        min=0,
        max=256,
        help="Processes on this machine; 0: one for every four cores, fewer where memory is short.",
    ),
]


def processes(workers: int, cores: int, memory: int | None = None) -> tuple[int, int]:
    """Choose the number of worker processes on this machine, and the cores of each for its engine.

    Args:
        workers: The value of `--workers`; 0 derives it from the cores and the memory, because each process
            costs memory and takes seconds to start.
        cores: Cores that may be used.
        memory: Bytes that are free, where they are known.

    >>> processes(0, 16), processes(0, 2), processes(3, 2), processes(0, 32, 4_000_000_000)
    ((4, 4), (1, 2), (3, 1), (2, 16))
    """
    workers = workers or max(1, min(cores // CORES, cores if memory is None else memory // PROCESS_BYTES))
    return workers, max(1, cores // workers)


def below(uri: str, root: Path | None, tables: str | None, option: str) -> str:
    """Name a document by its file below `root`, if it has moved there and is the one that was read.

    Args:
        uri: As the tables have it.
        root: The folder to which files have moved; None: they have not.
        tables: The tables that name it, whose digests tell whether a file is the one that was read.
        option: The option that names these tables.

    Raises:
        UsageError: No tables are named, or the file is another.
    """
    if root is None:
        return uri
    if tables is None:
        raise UsageError(
            f"--root needs {option} TABLES: their digests show whether a file is the one that was read"
        )

    def digests(file: str) -> set[str]:
        from docassay.schemas.uris import Uri
        from docassay.views.query import ask
        from docassay.views.shipped_views import quoted

        named = quoted(str(Uri(file)))
        of = f"select uri = {named} as whole, doc_id, parent_id from documents"
        rows = ask(tables, f"{of} where uri = {named} or starts_with(uri, {named} || '#')").rows()
        return {row["doc_id"] if row["whole"] else row["parent_id"] for row in rows}

    return under(uri, str(root), digests)


Root = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        exists=True,
        file_okay=False,
        help="Folder to which files have moved; each is looked for there by its path or the end of its path.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How documents are read."""

    domain: Annotated[
        str,
        typer.Option(
            callback=domain_or("auto"), help="auto, or the domain of every document (see `docassay domains`)."
        ),
    ] = "auto"
    text_column: Annotated[str, typer.Option(help="Column of .jsonl and .parquet inputs.")] = "text"
    ocr: Ocr = False
    limit: Limit = None
    parts: Annotated[
        Literal["auto", "off"],
        typer.Option(help="auto: split a file that holds several documents; off: treat each file as one."),
    ] = "auto"
    translate: Annotated[
        Literal["needed", "all"],
        typer.Option(
            help="needed: translate passages that an answer depends on, and stop if most of the English is"
            " unreliable; all: translate every passage except data (docs/translation.md)."
        ),
    ] = "needed"
    personal_data: Annotated[
        bool,
        typer.Option(
            "--personal-data",
            help="Find names, dates, addresses and numbers of people in documents of any type.",
        ),
    ] = False
    einvoice_rules: Annotated[
        Path | None,
        typer.Option(
            envvar="DOCASSAY_EINVOICE_RULES",
            metavar="FOLDER",
            help="Apply official rules to electronic invoices: a folder that `docassay einvoice` made"
            " (docs/einvoices.md).",
        ),
    ] = None
    models: Models = None
    escalate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL|FOLDER|URL",
            help="A larger model to ask where the small one abstains: the folder of an encoder"
            " (`train --full`), a decoder (`models add PATH --as generator`), an OpenAI-compatible endpoint"
            " (http://HOST:PORT/v1), or, for unreliable translations, a generator that translates, by"
            " its name"
            " (docs/translation.md). Repeatable: each is asked what those before it left open; only one may"
            " be an endpoint.",
        ),
    ] = None
    escalate_model: Annotated[
        str, typer.Option(metavar="NAME", help="The name of the model at the endpoint.")
    ] = ""
    escalate_least: Annotated[
        float,
        typer.Option(
            min=0.5,
            max=1,
            help="Minimum probability for accepting a label from a decoder or endpoint; labels"
            " from an endpoint without log-probabilities count as having this one.",
        ),
    ] = 0.9
    allow_send: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A host that texts may be sent to; nothing is sent to any other."),
    ] = None
    mask: Annotated[bool, typer.Option("--mask", help="Mask personal data in texts for larger models.")] = (
        False
    )

    def check(self, here: bool = True) -> None:
        """Refuse what cannot be done, before any work.

        Args:
            here: Documents are read on this machine.

        Raises:
            UsageError: An option is wrong, a host may not be sent to, or what OCR needs is missing.
        """
        from docassay.transforms.einvoice.rule_sets import checked_folder

        use_models(self.models)
        self._larger()
        self._limited()
        check_ocr(self.ocr and here)
        checked_folder(self.einvoice_rules)

    def options(self, threads: int) -> Options:
        """Give the options of the stages.

        Args:
            threads: Cores that the engine of one process may use.
        """
        from docassay.transforms.context import Options
        from docassay.transforms.einvoice.rule_sets import checked_folder

        folders = use_models(self.models)
        translator, larger = self._larger()
        limits, budget = self._limited()
        return Options(
            domain=None if self.domain == "auto" else self.domain,
            model_folders=folders,
            threads=threads,
            text_column=self.text_column,
            limits=limits,
            budget=budget,
            einvoice_rules=checked_folder(self.einvoice_rules),
            translate=self.translate,
            personal_data=self.personal_data,
            full_validation=self._full_validation(),
            fallback_translator=translator,
            fallback_classifiers=larger,
        )

    def _limited(self) -> list[Any]:
        from docassay.transforms.budget import Budget
        from docassay.transforms.formats import limits_of

        limits = limits_of(ocr=self.ocr, parts=self.parts == "auto")
        return limited(self.limit, replace(limits, invoices=self.einvoice_rules is not None), Budget())

    def _spend(self) -> tuple[int, Limits]:
        """Give the questions that may be asked about a document, and what a run may spend."""
        from docassay.models.fallback.model import Limits

        return 100, Limits()

    def _full_validation(self) -> bool:
        return False

    def _larger(self) -> tuple[Settings | None, tuple[Settings, ...]]:
        """Read the options of larger models: the generator of translations, if any, and those of labels."""
        if not self.escalate:
            return None, ()
        from docassay.models.fallback.client import settings_of

        budget, limits = self._spend()
        asked = [
            settings_of(
                address,
                self.allow_send or (),
                self.escalate_model,
                self.escalate_least,
                self.mask,
                budget,
                limits,
            )
            for address in self.escalate
        ]
        translators = [settings for settings in asked if settings.kind == "translator"]
        if len(translators) > 1:
            named = ", ".join(settings.at for settings in translators)
            raise UsageError(f"only one larger model can translate, not {named}")
        endpoints = [settings.at for settings in asked if settings.kind == "endpoint"]
        if len(endpoints) > 1:
            raise UsageError(
                "only one endpoint can be used, since there is one key and one --escalate-model, not"
                f" {', '.join(endpoints)}"
            )
        larger = tuple(settings for settings in asked if settings.kind != "translator")
        return (translators[0] if translators else None), larger


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReading(Reading):
    """How the documents of a run are read, and what it does beside."""

    escalate_budget: Annotated[
        int,
        typer.Option(
            min=0, max=10_000, help="Most questions and sentences of a document that go to a larger model."
        ),
    ] = 100
    escalate_limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT=N",
            help="Limits of each model per worker process and run: calls, tokens, seconds of waiting;"
            " for an endpoint also money, rate (calls per second), timeout (seconds per answer, 30)."
            " Repeatable.",
        ),
    ] = None
    escalate_price: Annotated[
        str | None,
        typer.Option(metavar="IN/OUT", help="The endpoint's price per million tokens, in and out."),
    ] = None
    follow_links: Annotated[
        bool,
        typer.Option(
            "--follow-links",
            help="Follow links to files found in a folder or by a pattern; otherwise each is a reject.",
        ),
    ] = False
    validate: Annotated[
        Literal["auto", "full"],
        typer.Option(
            "--validate",
            help="full: run Great Expectations on every row, not only on rows that fail its compiled"
            " expectations.",
        ),
    ] = "auto"
    lineage: LineageTarget = None
    log_format: LogFormat = None
    verbose: Annotated[bool, typer.Option("--verbose", help="Log the workers' messages and tracebacks.")] = (
        False
    )

    def lineage_session(self, out: str) -> AbstractContextManager[Any]:
        """Open the lineage of a run into tables, as `options.lineage_session` does."""
        return lineage_session(self.lineage, out, self.log_format)

    def _spend(self) -> tuple[int, Limits]:
        return self.escalate_budget, _limits(self.escalate_limit or (), self.escalate_price)

    def _full_validation(self) -> bool:
        return self.validate == "full"


def with_options(without: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Put the options of the class of an argument `reading` in its place.

    Args:
        without: Names of options that the command has not.
    """

    def extended(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True)
        kind = own.parameters["reading"].annotation
        types = get_type_hints(kind, include_extras=True)
        shared = {field.name: field.default for field in fields(kind) if field.name not in without}
        parameters: list[inspect.Parameter] = []
        for parameter in own.parameters.values():
            parameters += (
                [
                    inspect.Parameter(name, parameter.KEYWORD_ONLY, default=default, annotation=types[name])
                    for name, default in shared.items()
                ]
                if parameter.name == "reading"
                else [parameter.replace(kind=parameter.KEYWORD_ONLY)]
            )

        @wraps(function)
        def command(**given: Any) -> None:
            reading = kind(**{name: given.pop(name) for name in shared})
            function(reading=reading, **given)

        command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return extended


def _limits(limits: Sequence[str], price: str | None) -> Limits:
    from docassay.models.fallback.model import Limits

    whole = {field.name for field in fields(Limits) if str(field.type).startswith("int")}
    given = numbers("--escalate-limit", limits, _SPENT)
    values = {name: int(value) if name in whole else value for name, value in given.items()}
    if price is not None:
        try:
            values["price_in"], values["price_out"] = (float(part) for part in price.split("/"))
        except ValueError:
            raise UsageError(f"--escalate-price {price}: give IN/OUT, such as 0.15/0.60") from None
        if not all(0 <= values[name] < 1e9 for name in ("price_in", "price_out")):
            raise UsageError(f"--escalate-price {price}: a price is 0 or more")
    if "money" in values and price is None:
        raise UsageError("--escalate-limit money=N needs --escalate-price IN/OUT")
    return Limits(**values)  # type: ignore[arg-type]  # whole where it must be
