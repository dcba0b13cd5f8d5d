"""Write what was measured as a page of the documentation, together with notes from reading the errors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.corpora import TASKS
from training.evaluate import Measured

NOTES = Path(__file__).with_name("notes")
"""Markdown written by hand: `general`, `beyond`, and for a task what reading fifty errors taught."""


def page(measured: Sequence[Measured], parity: Mapping[str, tuple[float, float]], model: str) -> str:
    """Return `docs/quality.md`: figures, reliability, engine parity, errors and the notes on them."""
    blocks = [
        "# Quality of the models",
        f"Written by `python -m training evaluate` from the shipped int8 weights of {model}; do not edit by "
        "hand. *Floor* is TF-IDF with a linear SVM on the same test, *target* what this model was meant to "
        "reach.",
        _note("general"),
        "## Tasks",
        _table(measured),
        "## Reliability",
        "Expected calibration error over ten bins of equal count: of the most probable label (single), or of "
        "the pairs of text and label with a probability of .1 or more (multi). *Kept* is the share of the "
        "labels given that are not marked as abstained, *precision* theirs.",
        _rows(
            ("task", "texts", "calibration error", "kept", "precision of the kept", "int8", "float32"),
            [
                (
                    item.task,
                    str(item.texts),
                    _number(item.error),
                    _number(item.kept),
                    _number(item.kept_precision),
                    *[_number(value) for value in parity.get(item.task, ())],
                )
                for item in measured
            ],
        ),
        "The last two columns are accuracy (single) or micro-F1 (multi) of the same heads on int8 and on "
        "float32 states, texts cut at the length of training.",
        "## Beyond the test sets",
        _rows(
            ("task", "what", "value"),
            [(m.task, key.replace("_", " "), _number(v)) for m in measured for key, v in m.further.items()],
        ),
        _note("beyond"),
        "## Clause categories",
        _rows(
            ("category", "F1"),
            [
                (k, _number(v))
                for m in measured
                if m.task == "clause_type"
                for k, v in sorted(m.by_label.items())
            ],
        ),
    ]
    for item in measured[:3]:
        blocks += [
            f"## Errors: {item.task}",
            _note(item.task),
            "The ten errors in which the model was surest:",
        ]
        blocks.append(
            _rows(
                ("text (shortened)", "gold", "answer", "sure"),
                [
                    (
                        _short(mistake.text),
                        ", ".join(mistake.gold) or "none",
                        ", ".join(mistake.predicted) or "none",
                        _number(mistake.sure),
                    )
                    for mistake in item.mistakes[:10]
                ],
            )
        )
        blocks.append(f"Texts from {TASKS[item.task].data} ({TASKS[item.task].data_licence}).")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(measured: Sequence[Measured]) -> str:
    rows = []
    for item in measured:
        task = TASKS[item.task]
        for key, value in item.scores.items():
            floor, target = task.floor.get(key), task.target.get(key)
            verdict = "" if target is None else "yes" if round(value, 3) >= target else "no"
            rows.append((item.task, task.test, key, _number(value), _number(floor), _number(target), verdict))
    return _rows(("task", "test set", "metric", "value", "floor", "target", "reached"), rows)


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: float | None) -> str:
    return (
        ""
        if value is None
        else f"{value:.3f}".removeprefix("0")
        if value < 1
        else f"{value:.3f}".removesuffix(".000")
    )


def _short(text: str, most: int = 110) -> str:
    clean = text.replace("|", "/")
    return clean if len(clean) <= most else clean[:most].rsplit(" ", 1)[0] + " …"


def _note(name: str) -> str:
    file = NOTES / f"{name}.md"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
