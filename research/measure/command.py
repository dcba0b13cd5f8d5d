"""The command line of `python -m research.measure`; what is heavy is imported when it is run."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.options import EXIT_FAULT, epilog, errors, print_error, stdout
from docassay.models.catalog import DEFAULT_ENCODER
from docassay.schemas.errors import MissingError, UsageError

if TYPE_CHECKING:
    from docassay.models.catalog import Card

app = typer.Typer()


@app.command(
    epilog=epilog(
        "python -m research.measure --data ../shared/data --tasks note_section,message_fraud"
        " · all tasks, and the page: --page docs/figures/heads.md"
        " · the translators: --translation"
        " · the larger one: --translation --model gemma-3-270m",
        "0 every figure is the card's · 1 a figure is another than the card's"
        " · 2 a wrong option, task or model, or data that is missing, before any work",
    )
)
def evaluate(
    data: Annotated[
        Path, typer.Option(help="Folder with labelled/ and documents/: the archives of the corpora.")
    ] = Path("../shared/data"),
    tasks: Annotated[str, typer.Option(help="Names with commas between; all without.")] = "",
    page: Annotated[
        Path | None, typer.Option(help="Write the page of quality here, its drawings beside it; all tasks.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="Name of the model to measure; without, minilm or the shipped translators.")
    ] = "",
    translation: Annotated[
        bool, typer.Option("--translation", help="Measure the translators instead: BLEU and chrF.")
    ] = False,
    states: Annotated[
        Path | None, typer.Option(help="Keep the encoder's outputs in this folder, and take them from there.")
    ] = None,
) -> None:
    """Measure the models again on their test sets, and compare with what their card says."""
    with errors():
        differences = (
            _translators(data, model)
            if translation
            else _encoder(data, tasks, page, model or DEFAULT_ENCODER, states)
        )
    for line in differences:
        print_error(line)
    if differences:
        raise typer.Exit(EXIT_FAULT)


def _encoder(data: Path, tasks: str, page: Path | None, model: str, states: Path | None) -> list[str]:
    """Measure an encoder's tasks; lists where a figure is another than the card's."""
    from docassay.models.catalog import find, verify

    card = verify(find(model))
    names = [name for name in tasks.split(",") if name] or list(card.tasks)
    unknown = [name for name in names if name not in card.tasks]
    if unknown:
        raise UsageError(f"{model} has no task {', '.join(unknown)}; there are {', '.join(card.tasks)}")
    if page and tasks:
        raise UsageError("--page is written from all tasks: leave --tasks out")
    if page and not find_spec("matplotlib"):
        raise MissingError("the page is drawn with Matplotlib: make .venv/.research")
    _check_data(data, names)
    return _measure(card.folder, names, data, page, states)


def _translators(data: Path, model: str) -> list[str]:
    """Measure translators that come with figures of their tests; lists where one is not the card's."""
    if not find_spec("sacrebleu"):
        raise MissingError("translations are measured with sacrebleu: make .venv/.research")
    if not (data / "bitext" / "tests").is_dir():
        raise UsageError(f"{data} has no bitext/tests; --data is the folder that holds it")
    from docassay.models.catalog import find, verify
    from docassay.models.translators import translators
    from research.translation.evaluate import PUBLISHED, differences, pair_of

    named = [verify(find(model))] if model else translators().values()
    cards = [card for card in named if card.about.get("quality")]
    if not cards:
        raise UsageError(f"{model or 'no translator here'} has no figures of the tests in its card")
    lines: list[str] = []
    for card in cards:
        pair = "" if card.kind == "generator" else f".{pair_of(card.about)}"
        figures = _translated(card, data)
        for name, (bleu, chrf) in figures.items():
            others = PUBLISHED.get(f"{name}{pair}", "none known")
            line = f"{card.id}, {name}: BLEU {bleu}, chrF {chrf}; published BLEU: {others}"
            stdout.print(line, highlight=False, markup=False, soft_wrap=True)
        lines += differences(figures, card.about)
    return lines


def _translated(card: Card, data: Path) -> dict[str, tuple[float, float]]:
    """Measure a translator, or a generator in all its languages on the tests that its card names."""
    from docassay.models.engine import default_threads
    from docassay.models.translator import generator_languages
    from docassay.models.translators import open_translator
    from research.translation.evaluate import measure

    threads = default_threads()
    if card.kind != "generator":
        return measure(open_translator(card.folder, threads), data)
    by_test: dict[str, tuple[float, float]] = {}
    for language in generator_languages(card):
        translator = open_translator(card.folder, threads, language)
        figures = measure(translator, data, language, card.about["quality"])
        by_test |= {f"{name}.{language}-en": figure for name, figure in figures.items()}
    return by_test


def _check_data(data: Path, names: list[str]) -> None:
    """Say which archives are missing before any minutes are spent."""
    from research.corpora import TASKS

    unknown = [name for name in names if name not in TASKS]
    if unknown:
        raise UsageError(f"no corpus is known for {', '.join(unknown)}: only its trainer can measure it")
    archives = sorted({archive for name in names for archive in TASKS[name].archives})
    missing = [archive for archive in archives if not (data / archive).is_file()]
    if missing:
        raise UsageError(
            f"{data} has no {', '.join(missing)}; --data is the folder that holds labelled/ and documents/"
        )


def _measure(folder: Path, names: list[str], data: Path, page: Path | None, states: Path | None) -> list[str]:
    from docassay.models import modelfile
    from research.measure import report
    from research.measure.evaluate import measure

    about = modelfile.read(folder)
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            result = measure(folder, name, data, states or Path(scratch))
            measured.append(result)
            figures = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result.quality.items())
            stdout.print(f"{name}: {figures}", highlight=False, markup=False, soft_wrap=True)
    if page:
        report.publish(measured, about, page)
        stdout.print(f"{page}, drawings in {page.with_suffix('')}; the errors' texts in {report.ERRORS}")
    return report.differences(measured, about)
