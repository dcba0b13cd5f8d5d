"""The commands `docassay models list` and `docassay models add`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from docassay.commands.options import epilog, errors, print_line, print_plain, stdout, table_of
from docassay.models import catalog
from docassay.models.catalog import Card
from docassay.observe.sanitize import line, visible
from docassay.schemas.errors import MissingError, ModelError, UsageError
from docassay.views.labels import counted

app = typer.Typer()
models = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(
    models,
    name="models",
    help="List the models, and add your own.",
    epilog=epilog(
        "docassay models list · docassay models add ./opus-mt-it-en --translates it-en"
        " · docassay models add ./qwen2.5-1.5b.gguf --as generator",
        "0 done · 2 a wrong option, or a model that cannot be used; nothing was added",
    ),
)


NEEDED = ("torch", "transformers", "sentencepiece")
NEEDED_BY_GENERATORS = (*NEEDED, "gguf", "accelerate")


@models.command(
    "list",
    epilog=epilog("docassay models list", "0 done · 2 a model's card cannot be read"),
)
def list_models() -> None:
    """List the models that a run can find, what each is for, its licence and where it is."""
    with errors():
        table = table_of("model", "kind", "for", "MB", "licence", right=["MB"])
        places = []
        for folder in catalog.folders().values():
            card = catalog.read(folder)
            size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6
            cells = (card.id, card.kind, purpose(card), f"{size:.0f}", card.licence)
            table.add_row(*(escape(line(cell)) for cell in cells))
            places.append(f"{card.id}: {' '.join(visible(str(folder)).splitlines())}")
        stdout.print(table)
        stdout.print()
        for text in places:  # below the table, where a path is one line whatever the terminal's width
            print_plain(text)
        stdout.print()
        print_line(
            f"More models are looked for in {catalog.user_folder()} and in the folders that"
            " DOCASSAY_MODELS names."
        )


def purpose(card: Card) -> str:
    """Say in a word what a model is for."""
    about = card.about
    if card.kind == "translator":
        return f"{about.get('source_language', '?')} to {about.get('target_language', '?')}"
    if card.kind == "generator":
        languages = ", ".join(about.get("source_languages", ()))
        return f"--escalate ({languages} to en)" if languages else "--escalate (labels)"
    return counted(len(card.tasks), "task") if card.tasks else ""


@models.command(
    epilog=epilog(
        "docassay models add ./opus-mt-it-en --translates it-en"
        " · docassay models add ./qwen2.5-1.5b.gguf --as generator",
        "0 added and verified · 2 a wrong option, or a model that cannot be used; nothing was added",
    )
)
def add(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A folder with a Marian, NLLB or M2M100 model as Transformers saves it; with --as generator,"
            " a folder or a GGUF file with a decoder.",
        ),
    ],
    kind: Annotated[
        Literal["translator", "generator"],
        typer.Option(
            "--as",
            help="A translator, or a generator: Phi-3, Gemma, Llama, Mistral, Falcon, Qwen (docs/models.md).",
        ),
    ] = "translator",
    translates: Annotated[str, typer.Option(help="What a folder's model translates, such as it-en.")] = "",
    name: Annotated[str, typer.Option(help="Name of the new model; default: the folder's.")] = "",
    to: Annotated[
        Path | None, typer.Option(help="Folder of models to add to; default: your own.", file_okay=False)
    ] = None,
    sample: Annotated[
        str, typer.Option(help="A sentence to test with; some languages have one built in.")
    ] = "",
    beam: Annotated[int, typer.Option(min=1, max=8, help="Hypotheses kept at a time; 1 is greedy.")] = 2,
    licence: Annotated[str, typer.Option(help="The model's licence, if its README.md has none.")] = "",
    source_code: Annotated[
        str, typer.Option(help="The source language as the model names it, such as ita_Latn.")
    ] = "",
) -> None:
    """Convert a model to CTranslate2, compare it with the original, and put it where every run finds it."""
    with errors():
        folder = to or catalog.user_folder()
        if kind == "generator":
            if translates:
                raise UsageError("--translates is for a translator, not for --as generator")
            _add_generator(Path(model), folder, name, licence)
        else:
            _add_folder(Path(model), translates, folder, name, sample, beam, licence, source_code)


def _add_generator(path: Path, to: Path, name: str, licence: str) -> None:
    if not path.exists():
        raise ModelError(f"{path} is neither a folder nor a GGUF file")
    _need(NEEDED_BY_GENERATORS)
    print_line("comparing with the original: takes minutes per 10^9 weights, and 5 GB of memory")
    with quiet():
        from docassay.models.adopt.generators import adopt

        done = adopt(path, to, name, licence)
    print_line(
        f"added {done.id} ({done.family}, {done.megabytes:.0f} MB, {done.context:,} tokens) to {done.folder}:"
        f" in float32 logits differ by {done.parity.difference:.1g} of the largest and"
        f" {done.parity.written} tokens are written alike; int8 finds the same next token at"
        f" {done.parity.same:.0%} of them"
    )


def _add_folder(
    path: Path,
    translates: str,
    to: Path,
    name: str,
    sample: str,
    beam: int,
    licence: str,
    source_code: str,
) -> None:
    if not path.is_dir():
        raise ModelError(f"{path} is not a folder with a model")
    if not translates:
        raise ModelError("say what the model translates, such as --translates it-en")
    _need(NEEDED)
    from docassay.models.adopt.translators import adopt

    with quiet():
        done = adopt(path, translates, to, name, sample, beam, licence, source_code)
    print_line(f"sample: {done.sample}")
    print_line(f"    en: {done.english}")
    print_line(
        f"added {done.id} ({done.family}, {done.megabytes:.0f} MB) to {done.folder};"
        " float32 gave the sample as the original does; read the line above for what int8 makes of it"
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the progress bars of Transformers off the terminal."""
    os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
    logging = import_module("transformers.utils.logging")
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    yield


def _need(modules: tuple[str, ...]) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MissingError(
            f"converting a model needs {', '.join(missing)}: pip install '.[train]' (running it does not)"
        )
