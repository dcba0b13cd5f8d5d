"""Write what was measured as a page of the documentation, together with notes from reading the errors."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.corpora import TASKS
from research.measure.evaluate import Measured
from research.measure.figures import draw

NOTES = Path(__file__).with_name("notes")
"""Markdown written by hand: `general`, `beyond`, `spans`, and for a task what reading its errors taught."""

ERRORS = Path("build/quality/errors.html")
"""Where the texts of the errors are written for people: ignored by git, as the corpora are not ours."""
DIFFERENCE = {"macro_f1": 0.1, "calibration_error": 0.05}
OTHERWISE = 0.02
"""By how much a figure may differ from the card's, by the start of its name: the engine has other kernels on
other kinds of processor, whose readings differ in the last digits, and a few answers in a thousand with them.
A mean over labels or bins moves further: some have a text or two."""
WORST = 10
GOOD_ERROR = 0.05
"""The calibration error that a head should have at most."""
LARGE_ENOUGH = GOOD_ERROR / 2
"""A test can show that error if chance alone makes at most this one."""
SHORT = 0.01
"""How far a precision may stay behind the stated one before the page says so."""


def page(measured: Sequence[Measured], about: Mapping[str, Any]) -> str:
    """Return `docs/figures/heads.md` of a model: figures, reliability, engine parity, errors and notes.

    `about` is the model's card: the engine's parity and how often the tests were read stand there.
    """
    blocks = [
        "# Figures of the heads",
        "Written by `python -m research.measure --page docs/figures/heads.md` from the int8 weights of "
        f"{about['name']} {about['version']} as shipped; do not edit by hand. *Floor* is TF-IDF with "
        "a linear SVM on the same test, *target* what this model was meant to reach. The tests have been "
        f"read {about.get('test_readings', 1)} times: once for each measured choice of weights, heads or "
        "calibration. All choices are made on validation data.",
        _note("general"),
        "## Tasks",
        _scores(measured),
        "## Calibration",
        "*Error* is the expected calibration error over 15 bins of equal count: of the most probable label "
        "(single), or of the pairs of text and label with a probability of .1 or more (multi; *all pairs* "
        "counts the others too, which are many and easy). *By chance* is the error that a perfectly "
        "calibrated head with the same probabilities shows on as many texts: below it, nothing can be said. "
        f"The error should be {_number(GOOD_ERROR)} or less, which a test can show if the error by "
        f"chance is {_number(LARGE_ENOUGH)} or less. *Stated* is the precision for which abstention was "
        "chosen on validation data, *kept* the share of the labels given that are probable enough not to be "
        "abstained, *precision* their precision on the test. Each head's plot below shows risk against "
        "coverage, with a line at the share kept. The margin for other processors "
        "([decision 8](../decisions/0008-a-margin-for-processors.md)) makes a few more abstain.",
        _calibration(measured),
        _misses(measured),
        "## Int8 against float32",
        "The same heads on int8 and on float32 states: accuracy (single) or micro-F1 (multi), with texts "
        "cut at the training length; about 1,200 texts of a large test. The loss should be .003 or less. "
        "*Cosine* compares the two states of a text; it should be .999 and is less: sums are rounded, not "
        "only weights.",
        _parity(about),
        "## Beyond the test sets",
        _beyond(measured),
        _note("beyond"),
        "## Measured by other commands",
        _note("spans"),
        "## Errors",
        "The texts of the corpora are not copied into this repository. An error is named by the start of "
        "its text's SHA-256; if you have the data, `build/quality/errors.html`, which is written with this "
        "page, shows the texts beside these names. *Off by* is how far the worst probability was from the "
        "truth.",
    ]
    for result in measured:
        blocks += _task(result)
    return "\n\n".join(block for block in blocks if block) + "\n"


def publish(
    measured: Sequence[Measured], about: Mapping[str, Any], file: Path, errors: Path = ERRORS
) -> None:
    """Write the page with its drawings in a folder beside it, and apart from both the errors' texts."""
    drawings = file.with_suffix("")
    drawings.mkdir(parents=True, exist_ok=True)
    for result in measured:
        draw(result, drawings)
    file.write_text(page(measured, about), encoding="utf-8")
    errors.parent.mkdir(parents=True, exist_ok=True)
    errors.write_text(errors_page(measured), encoding="utf-8")


def errors_page(measured: Sequence[Measured], most: int = 100) -> str:
    """Return an HTML page of each task's surest errors with their texts, for people who have the data."""
    rows = []
    for result in measured:
        rows.append(
            f"<h2 id={result.task}>{result.task}: {len(result.mistakes)} of {result.texts} texts</h2><table>"
        )
        rows += [
            "<tr>"
            + "".join(
                f"<td>{html.escape(cell)}</td>"
                for cell in (e.id, _labels(e.gold), _labels(e.predicted), _number(e.sure), e.text[:3000])
            )
            + "</tr>"
            for e in result.mistakes[:most]
        ]
        rows.append("</table>")
    style = "td{vertical-align:top;border-top:1px solid #ccc;padding:.3em .6em} body{font:14px sans-serif}"
    return f"<!doctype html><meta charset=utf-8><title>Errors</title><style>{style}</style>" + "\n".join(rows)


def differences(measured: Sequence[Measured], about: Mapping[str, Any]) -> list[str]:
    """List where what was measured is not what the card says, by more than processors differ."""
    lines = []
    for result in measured:
        stated = about["tasks"][result.task].get("quality", {})
        for key, value in result.quality.items():
            if not _alike(key, value, stated.get(key)):
                lines.append(f"{result.task}: {key} is {value}, the card says {stated.get(key, 'nothing')}")
    return lines


def _alike(key: str, value: object, stated: object) -> bool:
    if isinstance(value, float) and isinstance(stated, float):
        most = next((most for start, most in DIFFERENCE.items() if key.startswith(start)), OTHERWISE)
        return abs(value - stated) <= most
    return value == stated


def _task(result: Measured) -> list[str]:
    task = TASKS[result.task]
    return [
        f"### {result.task}",
        f"![Reliability, and coverage against risk, of {result.task}](heads/{result.task}.svg)",
        _note(result.task),
        f"{len(result.mistakes)} of {result.texts} texts of {task.data} ({task.data_licence}) have a label "
        "too many or too few. The most confident errors:",
        _rows(
            ("text", "gold", "answer", "off by"),
            [
                (f"`{e.id}`", _labels(e.gold), _labels(e.predicted), _number(e.sure))
                for e in result.mistakes[:WORST]
            ],
        ),
        f"<details><summary>{len(result.by_label)} labels</summary>\n",
        _rows(
            ("label", "precision", "recall", "F1", "support"),
            [
                (label, *[_number(value) for value in values[:3]], f"{values[3]:.0f}")
                for label, values in result.by_label.items()
            ],
        ),
        "</details>",
    ]


def _scores(measured: Sequence[Measured]) -> str:
    rows = []
    for result in measured:
        task = TASKS[result.task]
        for key, value in result.scores.items():
            floor, target = task.floor.get(key), task.target.get(key)
            verdict = "" if target is None else "yes" if round(value, 3) >= target else "no"
            rows.append(
                (result.task, task.test, key, _number(value), _number(floor), _number(target), verdict)
            )
    return _rows(("task", "test set", "metric", "value", "floor", "target", "reached"), rows)


def _calibration(measured: Sequence[Measured]) -> str:
    keys = (
        "calibration_error",
        "calibration_error_by_chance",
        "calibration_error_all_pairs",
        "kept",
        "kept_precision",
    )
    return _rows(
        ("task", "texts", "error", "by chance", "all pairs", "stated", "kept", "precision"),
        [
            (
                result.task,
                str(result.texts),
                *[_number(result.figures.get(key)) for key in keys[:3]],
                _number(TASKS[result.task].abstain_precision),
                *[_number(result.figures.get(key)) for key in keys[3:]],
            )
            for result in measured
        ],
    )


def _misses(measured: Sequence[Measured]) -> str:
    errors = {m.task: round(m.figures["calibration_error"], 3) for m in measured}
    chance = {m.task: m.figures["calibration_error_by_chance"] for m in measured}
    small = [name for name in errors if chance[name] > LARGE_ENOUGH]
    missed = [name for name in errors if name not in small and errors[name] > GOOD_ERROR]
    able = len(errors) - len(small)
    text = f"{able - len(missed)} of the {able} heads whose test can show this reach it."
    if missed:
        text += f" Not: {', '.join(missed)}."
    if small:
        text += f" Too small to show it: {', '.join(small)}."
    short = [
        f"{m.task} ({_number(m.figures['kept_precision'])} for {_number(TASKS[m.task].abstain_precision)})"
        for m in measured
        if m.figures.get("kept_precision", 1.0) < TASKS[m.task].abstain_precision - SHORT
    ]
    return f"{text} Short of the stated precision on the test: {', '.join(short)}." if short else text


def _parity(about: Mapping[str, Any]) -> str:
    rows = []
    for name, facts in about["tasks"].items():
        quality = facts.get("quality", {})
        if "float32" in quality:
            lost = quality["float32"] - quality["int8"]
            cosines = [f"{quality[key]:.4f}" for key in ("int8_cosine", "least_cosine")]
            rows.append(
                (name, _number(quality["int8"]), _number(quality["float32"]), f"{lost:+.4f}", *cosines)
            )
    return (
        _rows(("task", "int8", "float32", "lost", "mean cosine", "least"), rows)
        if rows
        else "Not measured for these weights."
    )


def _beyond(measured: Sequence[Measured]) -> str:
    known = ("calibration_error", "kept")
    rows = [
        (m.task, key.replace("_", " "), _number(value))
        for m in measured
        for key, value in m.figures.items()
        if not key.startswith(known)
    ]
    return _rows(("task", "what", "value"), rows) if rows else ""


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}".removesuffix(".000")


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "none"


def _note(name: str) -> str:
    file = NOTES / f"{name}.md"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
