"""The page *Rules*: write rules of one's own, try them on the tables, and save them to their folder.

Folders are those that were named when the server was started; a request names one of these. What is written
is run in a child process (`trial`), and saved only where its examples hold.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay import domains
from docassay.domains import examples
from docassay.domains.folders import overlay_folders, read_anew
from docassay.domains.overlay import extended
from docassay.domains.rule_entries import title_of
from docassay.domains.rules_text import with_entry, with_examples
from docassay.models.catalog import DEFAULT_ENCODER, find, read
from docassay.schemas.errors import DomainError, UsageError
from docassay.schemas.rows import SEVERITIES
from docassay.storage.decisions.targets import labels_for
from docassay.views import labels
from docassay.views.html import write
from docassay.views.review import rule_files
from docassay.views.review.app import Review
from docassay.views.review.guard import MOST_BODY
from docassay.views.review.params import Refused
from docassay.views.review.rule_form import (
    COMPARED,
    EXPECTED,
    MOST_EXAMPLES,
    SORTS,
    entry_of,
    examples_of,
    form_of,
)
from docassay.views.review.show import name_of, queued_of
from docassay.views.review.trial import FILES, FOUND, GONE, NOTHING, Trial

BLANK_EXAMPLES = 4
"""Rows for further examples: two with a finding, and two with none, are asked of a rule."""

MOST_FILES = MOST_BODY - 2_000
"""Bytes that the files may have in a form to be shown as they are."""

WAITS = 10.0
"""Seconds that a save or a run waits for another to be done."""

SAID = {FOUND: "sign found", **labels.VERDICTS, NOTHING: "nothing found", GONE: "no longer found"}
"""What a rule says of a document, as the page says it."""

EMPTY = {
    "id": "", "title": "", "severity": "medium", "why": "", "source": "", "kinds": [], "sort": "expect",
    "fact": "", "is": "<=", "value": "", "expression": "", "phrases": "", "clause": "", "verdict": "fail",
    "was": "",
}  # fmt: skip
"""The form of a new rule."""


_one_at_a_time = threading.Lock()


@contextmanager
def _turn() -> Iterator[None]:
    """Wait while a process that runs rules is started for tables, or works for a save.

    Raises:
        Refused: Others take too long.
    """
    if not _one_at_a_time.acquire(timeout=WAITS):
        why = "Nothing was run or saved: other rules are running. Try again in half a minute."
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, why)
    try:
        yield
    finally:
        _one_at_a_time.release()


class Listed(NamedTuple):
    """A rule of the folder, as the list shows it."""

    name: str
    title: str
    table: str
    severity: str


def rules(review: Review, request: Request) -> Response:
    """Show the rules of a folder, and the form of one of them or of a new one."""
    there = overlay_folders()
    given = request.query_params
    if not there:
        return review.page("rules.html", folder="", there={})
    name = given.get("folder") or next(iter(there))
    folder = _folder(name)
    files = rule_files.read(folder)
    fault, entries, given_examples = "", {}, list[dict[str, Any]]()
    about: dict[str, Any] = {"domain": "", "kinds": [], "facts": [], "clauses": []}
    try:
        about["domain"] = extended(folder) or ""
        entries, given_examples = _entries(files), _examples(files)
        about |= _about(about["domain"])
    except DomainError as error:
        fault = str(error)
    listed = [
        Listed(str(one["id"]), title_of(one), table, str(one.get("severity", "")))
        for (table, _), one in entries.items()
    ]
    rule = given.get("rule", "")
    found = next(((table, one) for (table, named), one in entries.items() if named == rule), None)
    form = form_of(*found) if found else EMPTY if not rule else None
    lines = [example for example in given_examples if example["rule"] == rule] if rule else []
    whole = {one: files.get(one, "") for one in FILES}
    return review.page(
        "rules.html",
        there=there,
        folder=name,
        place=str(folder),
        seen=rule_files.digest_of(files),
        writable=rule_files.is_writable(folder),
        fault=fault,
        listed=listed,
        rule=rule,
        saved=given.get("saved", ""),
        form=form,
        lines=[*lines, *[{}] * BLANK_EXAMPLES][:MOST_EXAMPLES],
        files=whole if sum(map(_sent, whole.values())) <= MOST_FILES else None,
        sorts=SORTS,
        compared=COMPARED,
        expected=EXPECTED,
        severities=SEVERITIES,
        **about,
    )


def _sent(text: str) -> int:
    """Count the bytes of a text in a form that a browser sends."""
    return len(quote(text.replace("\n", "\r\n"), safe=""))


def run(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Begin to run what is written on the tables."""
    folder = _folder(form.get("folder", ""))
    try:
        files, rule = _written(folder, form)
    except (UsageError, DomainError) as error:
        return _refused(error)
    only = [rule] if rule else []
    with _turn():
        running = review.trial
        if running is not None and running.is_running:
            if running.reviewer != review.ledger.reviewer:
                done, total = running.done
                why = (
                    f"{running.reviewer} is running rules ({done:,} of {total:,} documents). Try again later."
                )
                raise Refused(HTTPStatus.CONFLICT, why)
            running.stop()
        review.trial = Trial(folder, files, review.snapshot.out, only, review.ledger.reviewer)
    return _shown(review)


def progress(review: Review, request: Request) -> Response:
    """Show how far the run has come, or its result."""
    return _shown(review)


def stop(review: Review, request: Request, form: dict[str, str]) -> Response:
    """End the reviewer's run."""
    trial = review.trial
    if trial is not None and trial.is_running and trial.reviewer == review.ledger.reviewer:
        trial.stop()
    return _shown(review)


def save(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Save what is written, if its examples hold and nobody has changed the folder meanwhile."""
    folder = _folder(form.get("folder", ""))
    if not rule_files.is_writable(folder):
        raise Refused(HTTPStatus.FORBIDDEN, f"{folder} is read-only: nothing was saved.")
    try:
        files, rule = _written(folder, form)
    except (UsageError, DomainError) as error:
        return _refused(error)
    with _turn():
        trial = Trial(folder, files).wait()
    if trial.fault or trial.result["faults"] or trial.result["problems"]:
        return _shown(review, trial, "Nothing was saved.")
    rule_files.replace(folder, files, form.get("seen", ""))
    read_anew()
    address = {
        "folder": form.get("folder", ""),
        "rule": rule,
        "saved": "; ".join(trial.result["lacking"]) or "all",
    }
    return Response(
        status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": f"/rules?{urlencode(address)}"}
    )


def _folder(name: str) -> Path:
    folder = overlay_folders().get(name)
    if folder is None:
        raise Refused(HTTPStatus.NOT_FOUND, "No such folder was given when the server was started.")
    return folder


def _entries(files: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the entries of signs and checks, by table and id.

    Raises:
        DomainError: The file is no TOML, or has entries without an id.
    """
    try:
        found = tomllib.loads(files.get("rules.toml", ""))
        return {(table, one["id"]): one for table in ("check", "flag") for one in found.get(table, [])}
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DomainError(f"rules.toml is not valid TOML: {error}") from None
    except (TypeError, KeyError, AttributeError):
        raise DomainError(
            "rules.toml has an entry without an id; each [[check]] and [[flag]] needs one"
        ) from None


def _examples(files: dict[str, str]) -> list[dict[str, Any]]:
    return [example for _, example in examples.parse(files.get(examples.FILE, ""))]


def _about(name: str) -> dict[str, Any]:
    """Give what rules of a domain may name: kinds, facts with their types, and clauses that a model knows."""
    domain = domains.load(name)
    return {
        "kinds": [(kind.name, labels.title(kind.name)) for kind in domain.kinds],
        "facts": [(one.name, one.title, one.type) for one in domain.facts],
        "clauses": [
            (f"{task}.{label}", f"{labels.title(task)}: {labels.title(label)}{_doubt(task, label)}")
            for task in domain.tasks
            for label in labels_for("label", task)
        ],
    }


def _doubt(task: str, label: str) -> str:
    return (
        " (the model is never sure: needs review at best)"
        if read(find(DEFAULT_ENCODER)).tasks[task].least(label) >= 1
        else ""
    )


def _written(folder: Path, form: dict[str, str]) -> tuple[dict[str, str], str]:
    """Give the files of a folder as they are written on the page, and the rule that the form is of.

    Raises:
        UsageError: Something is missing in the form, or the files can only be changed by hand.
    """
    files = rule_files.read(folder)
    if form.get("whole"):
        given = {name: form[f"file:{name}"].replace("\r\n", "\n") for name in FILES if f"file:{name}" in form}
        return {**files, **{name: text for name, text in given.items() if text or name in files}}, ""
    types = {field.name: field.type for field in domains.load(extended(folder) or "").facts}
    table, rule, values = entry_of(form, folder.name, types)
    was = form.get("was", "")
    entries = _entries(files)
    if rule != was and any(rule == named for _, named in entries):
        raise UsageError(f"A rule {rule} already exists: give this one another title or id.")
    if was and (table, was) not in entries:
        raise UsageError("A check cannot become a sign of fraud, or the reverse: write a new rule.")
    old = [example for example in _examples(files) if was and example["rule"] == was]
    made = examples_of(form, old)
    values |= {"id": rule} if was else {}
    files["rules.toml"] = with_entry(files.get("rules.toml", ""), table, was or rule, values)
    files[examples.FILE] = with_examples(files.get(examples.FILE, ""), was or rule, made, rule)
    return files, rule


def _refused(error: Exception) -> Response:
    """Say beside the form what is wrong in it."""
    said = f"Nothing was run or saved. {error}"
    content = write("rules_result.html", trial=None, tried=[], names={}, outcomes=SAID, said=said)
    return HTMLResponse(content, HTTPStatus.BAD_REQUEST)


def _shown(review: Review, trial: Trial | None = None, said: str = "") -> Response:
    trial = trial or review.trial
    tried = [] if trial is None else trial.result.get("tried", [])
    shown = {doc_id for one in tried for some in one.documents.values() for doc_id, *_ in some}
    names = {row["doc_id"]: name_of(row) for row in queued_of(review, shown)}
    return HTMLResponse(
        write("rules_result.html", trial=trial, tried=tried, names=names, outcomes=SAID, said=said)
    )
