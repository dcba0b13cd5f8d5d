"""The command `docassay redact`."""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from docassay.commands.options import (
    EXIT_FAULT,
    Limit,
    Models,
    Ocr,
    check_ocr,
    epilog,
    errors,
    limited,
    print_error,
    print_plain,
    print_warning,
    stderr,
    use_models,
    writable,
    write_whole,
)
from docassay.commands.reading import Root, below
from docassay.observe.sanitize import line
from docassay.schemas.errors import UsageError
from docassay.transforms.read import entries_of

if TYPE_CHECKING:
    from docassay.views.redacted import Redacted

app = typer.Typer()

REPORT = ".report.json"
"""Suffix of a report's name, after the name of its file."""

_KEY_BYTES = 16
_MOST_KEY_BYTES = 4_096


@app.command(
    epilog=epilog(
        "docassay redact letter.pdf note.txt --out redacted"
        " · docassay redact letters/*.pdf --out redacted --mode surrogate --key-file key"
        " · docassay redact letter.pdf --spans reviewed.jsonl --ocr --out redacted"
        " · docassay redact letter.pdf --decisions tables --preview marks.jsonl"
        " · docassay redact note.txt --keep drugs.txt --except age --out redacted",
        "0 all were redacted; read them · 1 one could not be redacted, or what was removed was still found in"
        " it: it is not written · 2 a wrong option, path or span · 3 the run failed · 130 interrupted",
    )
)
def redact(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Documents.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the redacted files and their reports.")
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl",
            callback=writable,
            help="Only write a list of what would be removed, one span per line, as --spans reads it.",
        ),
    ] = None,
    mode: Annotated[
        Literal["mask", "label", "surrogate"],
        typer.Option(
            help="Replace with a bar, the label, or a surrogate of the same kind; dates are shifted"
            " per person."
        ),
    ] = "mask",
    spans: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Remove these spans instead of what the model finds: one per line, with file, start, end and"
            " label.",
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="16 or more secret bytes; the same key gives the same surrogates. Default: a new key.",
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLES",
            help="Follow the decisions in these tables: keep what people found not to be personal data,"
            " remove what they confirmed or corrected.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the phrases in this file, one per line, such as names of drugs."
        ),
    ] = None,
    remove: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Remove the phrases in this file, one per line, wherever they occur."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="LABEL,...", help="Remove only these labels, such as person,date_time."),
    ] = None,
    excluded: Annotated[
        str | None, typer.Option("--except", metavar="LABEL,...", help="Keep these labels.")
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Keep what the model finds less probable than this. Default: 0.1."
        ),
    ] = None,
    keep_pictures: Annotated[
        bool,
        typer.Option(
            "--keep-pictures",
            help="Keep pictures without text on them; their content is not examined.",
        ),
    ] = False,
    root: Root = None,
    ocr: Ocr = False,
    limit: Limit = None,
    models: Models = None,
) -> None:
    """Write documents without their personal data: a PDF as a PDF, anything else as text.

    Every page of a PDF becomes a picture with what is removed painted over, and the text that stays under it;
    nothing else of the file is kept, and of its pictures only scanned pages whose text is known. The result
    is searched again for what was removed. Beside each stands a report of what was removed and what is
    uncertain. The model misses some: the report says how many it missed where that was measured. Read the
    files before you pass them on.
    """
    use_models(models)
    with errors():
        from docassay.schemas.rows import Reject
        from docassay.transforms.formats import limits_of
        from docassay.transforms.redaction.choice import Choice, read_phrases
        from docassay.transforms.redaction.spans import LEAST, read_spans
        from docassay.views.decided_data import read_decided
        from docassay.views.redacted import Redactor, Settings, StillFoundError

        check_ocr(ocr)
        (limits,) = limited(limit, limits_of(ocr=ocr))
        if (out is None) == (preview is None):
            raise UsageError("give --out DIR, or --preview FILE.jsonl")
        if preview and preview.exists():
            raise UsageError(f"{preview} already exists; remove it, or name another file")
        at = str(decisions) if decisions else None
        files = [path if path.exists() else Path(below(str(path), root, at, "--decisions")) for path in files]
        _check(files, out)
        given = read_spans(spans) if spans else None
        if given and least is not None:
            raise UsageError("--least applies to what the model finds, which --spans replaces")
        choice = Choice(
            read_phrases(keep) if keep else frozenset(),
            read_phrases(remove) if remove else frozenset(),
            _labels(only),
            _labels(excluded),
            LEAST if least is None else least,
        )
        if both := choice.keep & choice.remove:
            raise UsageError(f"{keep} and {remove} both contain: {' '.join(min(both))}")
        decided = read_decided(str(decisions)) if decisions else {}
        settings = Settings(mode, _key(key_file), given, len(files) == 1, keep_pictures, choice, decided)
        failed = 0
        marks: list[dict[str, Any]] = []
        if out:
            out.mkdir(parents=True, exist_ok=True)
        with Redactor(settings, limits) as redactor:
            for number, file in enumerate(files, start=1):
                try:
                    outcome = redactor.redact(str(file)) if out else redactor.marks(str(file))
                except StillFoundError as error:
                    print_error(str(error))
                    failed += 1
                    continue
                if isinstance(outcome, Reject):
                    print_error(f"{file}: not redacted: {outcome.reason}, {outcome.detail}")
                    failed += 1
                    continue
                if out is None or isinstance(outcome, list):
                    marks += outcome if isinstance(outcome, list) else ()
                    continue
                path = out / f"{file.name}{outcome.suffix}"
                if outcome.in_name:
                    path = _unnamed(out, number, f"{file.suffix}{outcome.suffix}")
                _write(path, outcome)
                _show(file, path, outcome.report)
        if given and given.unused():
            print_warning(f"{given.name}: {given.unused():,} spans belong to other documents")
        left_out, other = redactor.undecided()
        if left_out:
            print_warning(
                f"{left_out:,} decisions on personal data belong to attachments, which are left out;"
                " save them as files and redact those"
            )
        if other:
            print_warning(f"{other:,} decisions on personal data belong to other documents")
        if preview:
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in marks)
            write_whole(preview, lines.encode(errors="backslashreplace"))  # names of files that are no UTF-8
        elif failed < len(files):
            stderr.print("Read these files before you pass them on.", highlight=False)
    if failed:
        raise typer.Exit(EXIT_FAULT)


def _check(files: list[Path], out: Path | None) -> None:
    """Refuse what cannot be redacted or written, before any work.

    Raises:
        UsageError: Says which.
    """
    for file in files:
        if not os.path.exists(file):
            raise UsageError(f"{file}: no such file")
        if file.is_dir():
            raise UsageError(f"{file} is a folder; redact reads files: {file}/*")
        if entries := entries_of(str(file)):
            raise UsageError(
                f"{file} holds many documents, its {entries}; redact reads files that hold one document"
            )
    for name, called in Counter(file.name for file in files).items():
        if called > 1:
            raise UsageError(f"{called} files are called {name}; redact them into separate folders")
    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder")
    there = set(os.listdir(out)) if out.is_dir() else set()
    reported = {name.removesuffix(REPORT) for name in there if name.endswith(REPORT)}
    if others := there - reported - {f"{name}{REPORT}" for name in reported}:
        raise UsageError(f"{out} has a file that redact did not write, {min(others)}; name another folder")
    for file in files:
        if again := [name for name in (file.name, f"{file.name}.txt") if name in reported]:
            raise UsageError(
                f"{out / again[0]} already exists; remove it and its report, or name another folder"
            )


def _unnamed(out: Path, number: int, suffix: str) -> Path:
    """Give the first free path that reveals nothing of a file's name."""
    paths = (out / f"document-{n}{suffix}" for n in count(number))
    return next(path for path in paths if not path.exists())


def _labels(listed: str | None) -> frozenset[str]:
    return frozenset(label.strip() for label in (listed or "").split(",") if label.strip())


def _key(key_file: Path | None) -> bytes:
    """Read the key, or draw one that nobody keeps.

    Raises:
        UsageError: It cannot be read, or is too short.
    """
    if key_file is None:
        return secrets.token_bytes(32)
    try:
        with key_file.open("rb") as file:
            key = file.read(_MOST_KEY_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{key_file} cannot be read: {error.strerror or error}") from None
    if not _KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        raise UsageError(
            f"{key_file} must have {_KEY_BYTES} to {_MOST_KEY_BYTES:,} bytes: head -c 32 /dev/urandom"
        )
    return key


def _write(path: Path, outcome: Redacted) -> None:
    """Write the report, then the file, so that there is none without its report.

    Raises:
        RunError: They cannot be.
    """
    report = json.dumps(outcome.report, indent=2, ensure_ascii=False).encode()
    write_whole(path.with_name(f"{path.name}{REPORT}"), report)
    write_whole(path, outcome.content)


def _show(file: Path, path: Path, report: dict[str, Any]) -> None:
    counts: Counter[str] = Counter()
    for row in report["removed"]:
        counts[row["class"]] += row["spans"]
    listed = ", ".join(f"{number} {label}" for label, number in sorted(counts.items())) or "nothing"
    print_plain(
        line(f"{file} -> {path}: removed {listed}; uncertain: {len(report['uncertain'])}, see its report")
    )
