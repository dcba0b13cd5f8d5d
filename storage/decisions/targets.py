"""Decision targets: the rows of the tables that decisions are on, and which rule or model wrote each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay import domains
from docassay.models.catalog import DEFAULT_ENCODER, TAGGER, find, read
from docassay.schemas.decisions import JUDGEMENTS, OBJECTS
from docassay.schemas.errors import UsageError
from docassay.schemas.expectations import EARLIEST, LABEL, LATEST, VALUE
from docassay.schemas.rows import VERDICTS
from docassay.storage.decisions.choice import Choice
from docassay.storage.decisions.fact_values import fact_label, value_written
from docassay.storage.decisions.on_documents import OUTCOMES, wrong_on_document
from docassay.storage.decisions.words import CHECK_WORDS, words_of
from docassay.storage.tables.manifest import Manifest, table_paths
from docassay.storage.tables.parquet import read_table

_SPAN = {"start_char": "start_char", "end_char": "end_char"}
_RULED = {**_SPAN, "evidence": "evidence", "decided_by": "decided_by"}
_MODELLED = {"label": "label", "segment": "segment", "decided_by": "model"}
_ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "flag": ("flags", {"code": "code", **_RULED}),
    "finding": ("findings", {"code": "check_id", "label": "verdict", **_RULED}),
    "entity": ("entities", {"code": "label", "evidence": "text", **_SPAN, **_MODELLED}),
    "label": ("classifications", {"code": "task", **_MODELLED}),
    "document": ("documents", {"domain": "domain", "kind": "kind"}),
    "fact": (
        "facts",
        {"code": "name", "label": "normalised", "unit": "currency", **_RULED, "evidence": "value"},
    ),
}
"""By what is decided on: the table of its rows, and the column of each attribute of a `Choice`."""

MOST_CHARS = 10_000
"""Longest reason."""

LABELS_LISTED = 12
"""So many of the labels that there are stand in an error."""

LISTED = 5
"""So many wrong choices, or rows that one may mean, are named in an error."""


def check_choices(choices: Sequence[Choice]) -> None:
    """Check what people have written.

    Raises:
        UsageError: Something is wrong; the message names the first few choices, counted from 1, and why.
    """
    raise_if_any((number, why) for number, choice in enumerate(choices, 1) for why in _wrong(choice))


def find_targets(
    out: str, state: Manifest | None, choices: Sequence[Choice], known_only: bool = False
) -> list[Choice]:
    """Look up the rows that choices are on, and give the choices with what the rows say.

    Args:
        out: The output folder.
        state: Of the tables.
        choices: What was decided.
        known_only: Leave out what fits no row, or several.

    Raises:
        UsageError: One fits no row of the tables, or several.
    """
    sought = [choice for choice in choices if choice.run_id is None]
    rows: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for of in {choice.object for choice in sought}:
        for row in _rows(out, state, of, sought):
            rows.setdefault((of, row["doc_id"][:8], row["code"]), []).append(row)
    wrong: list[tuple[int, str]] = []
    found = []
    for number, choice in enumerate(choices, 1):
        if choice.run_id is not None:
            found.append(choice)
            continue
        near = rows.get((choice.object, choice.doc_id[:8], choice.code), [])
        fits = [row for row in near if _fits(row, choice)]
        if choice.object == "fact":  # equal values that data state, such as of lines, are one
            fits = list({_place_and_value(row): row for row in fits}.values())
        if len(fits) == 1:
            found.append(replace(choice, **fits[0]))
        elif not known_only:
            wrong.append((number, _unfit(choice, fits)))
    raise_if_any(wrong)
    return found


def corrections_read(out: str, state: Manifest | None, choices: Sequence[Choice]) -> list[Choice]:
    """Check what things are said to be instead, and read the values that facts should have.

    Args:
        out: The output folder.
        state: Of the tables.
        choices: What was decided; the rows were seen.

    Returns:
        The choices; the value of a fact in the form that all documents have it in.

    Raises:
        UsageError: A correction cannot be right.
    """
    read = _facts_read(out, state, choices)
    corrected = [(n, choice) for n, choice in enumerate(read, 1) if choice.outcome == "corrected"]
    if corrected:
        rows = _read(out, state, "documents", ["doc_id", "chars"], {choice.doc_id for _, choice in corrected})
        chars = {row["doc_id"]: row["chars"] for row in rows}
        raise_if_any(
            (n, why)
            for n, choice in corrected
            for why in _wrong_correction(choice, chars.get(choice.doc_id, 0))
        )
    return read


def _facts_read(out: str, state: Manifest | None, choices: Sequence[Choice]) -> list[Choice]:
    """Read what facts are said to be instead, each as a value of its field's type.

    Raises:
        UsageError: One is no such value.
    """
    of_facts = [one for one in choices if one.object == "fact" and one.corrected_label is not None]
    rows = _read(
        out, state, "facts", ["doc_id", "name", "type", "currency"], {one.doc_id for one in of_facts}
    )
    types = {(row["doc_id"], row["name"]): (row["type"], row["currency"]) for row in rows}
    read, wrong = [], []
    for number, choice in enumerate(choices, 1):
        label = choice.corrected_label
        if choice.object == "fact" and label is not None:
            of, currency = types.get((choice.doc_id, choice.code), ("text", None))
            label = value_written(of, label, currency)
            if label is None:
                wrong.append(
                    (
                        number,
                        f"{choice.corrected_label!r} is not a clear {of}; write it as in the table facts",
                    )
                )
        read.append(replace(choice, corrected_label=label))
    raise_if_any(wrong)
    return read


def labels_for(of: str, code: str) -> tuple[str, ...]:
    """List what a thing may be instead, as decisions write it.

    Args:
        of: What was decided on, one of `schemas.decisions.OBJECTS`.
        code: The flag's code, the check's id, the task or the entity's label.

    Returns:
        In their order; nothing for a task that the shipped model has not.
    """
    if of == "finding":
        return VERDICTS
    if of == "document":
        every = domains.document_domains()
        return tuple(f"{domain.name}.{kind.name}" for domain in every for kind in domain.kinds)
    if of == "label":
        tasks = read(find(DEFAULT_ENCODER)).tasks
        return tuple(sorted(tasks[code].labels)) if code in tasks else ()
    if of == "entity":
        return tuple(sorted(read(find(TAGGER)).about["labels"]))
    some = (*domains.document_domains(), *domains.mail_domains())
    return tuple(sorted({rule.id for domain in some for rule in domain.flags}))


def versions_of(out: str, state: Manifest | None, run_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Give the digests of rules and models of some runs: by run, and ``DOMAIN.ID`` or ``name@version``."""
    found: dict[str, dict[str, str]] = {}
    for path in table_paths(out, state)["runs"].values():
        rows = read_table("runs", path, ["run_id", "models", "questions"])
        for row in rows.filter(pc.is_in(rows["run_id"], pa.array(sorted(run_ids), pa.string()))).to_pylist():
            entries = [*(row["questions"] or ()), *row["models"]]
            found[row["run_id"]] = {entry.partition(" ")[0]: entry for entry in entries}
    return found


def version_of(decided_by: str | None, entries: Mapping[str, str]) -> str | None:
    """Give the digests of the rule and the models that a row names, or None where they are not known.

    >>> version_of("rule legal.term+mini@6", {"legal.term": "legal.term a1", "mini@6": "mini@6 b2"})
    'legal.term a1; mini@6 b2'
    """
    names = re.sub(r"^(rule|model) ", "", decided_by or "").split("+")
    return "; ".join(sorted(entries[name] for name in set(names) if name in entries)) or None


def _wrong(choice: Choice) -> Iterable[str]:
    if choice.object not in OBJECTS:
        yield f"{choice.object!r} cannot be decided on; there are {', '.join(OBJECTS)}"
    elif choice.object == "document" and choice.code not in ("kind", *OUTCOMES):
        yield f"of a document the code is `kind`, `note` or `reviewer`, not {choice.code!r}"
    is_judged = choice.object != "document" or choice.code not in OUTCOMES
    known = (*JUDGEMENTS, *(CHECK_WORDS if choice.object == "finding" else ()))
    if not is_judged:
        yield from wrong_on_document(choice)
    elif choice.outcome not in known:
        said = CHECK_WORDS if choice.object == "finding" else words_of(choice.object)
        yield f"{choice.outcome!r} is not an outcome; there are {', '.join((*said, *JUDGEMENTS))}"
    if not re.fullmatch(r"[0-9a-f]{8,64}", choice.doc_id) or (choice.run_id and len(choice.doc_id) != 64):
        yield f"{choice.doc_id!r} is not a doc_id, which has 64 digits; the first eight may be enough"
    corrections = (choice.corrected_label, choice.corrected_start, choice.corrected_end)
    if is_judged and (choice.outcome == "corrected") != any(one is not None for one in corrections):
        yield "`corrected` needs another label or another span, and only it takes one"
    for start, end in (
        (choice.start_char, choice.end_char),
        (choice.corrected_start, choice.corrected_end),
    ):
        if (start is None) != (end is None) or (
            start is not None and end is not None and not 0 <= start < end
        ):
            yield f"{start} to {end} is not a span"
    shape, label = VALUE if choice.object == "fact" else LABEL, choice.corrected_label if is_judged else None
    if label is not None and not re.fullmatch(shape, label):
        yield f"{label[:100]!r} is not a label"
    if choice.reason is not None and len(choice.reason) > MOST_CHARS:
        yield f"the reason has {len(choice.reason):,} characters; at most {MOST_CHARS:,} are allowed"
    if choice.decision_id is not None and not re.fullmatch(r"[0-9a-f]{32}", choice.decision_id):
        yield f"{choice.decision_id!r} is not a decision_id, which has 32 digits of 0-9, a-f"
    if choice.decided_at is not None:
        earliest, latest = datetime.fromisoformat(EARLIEST), datetime.fromisoformat(LATEST)
        if choice.decided_at.tzinfo is None:
            yield f"{choice.decided_at.isoformat()} has no time zone"
        elif not earliest <= choice.decided_at <= latest:
            yield f"{choice.decided_at.isoformat()} cannot be the time of a decision"
    for text in (choice.code, choice.reason, choice.evidence, choice.label):
        if text is not None and ("\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)):
            yield "a text has characters that no file can hold"


def _wrong_correction(choice: Choice, chars: int) -> Iterator[str]:
    """Say what cannot be right in a correction.

    A label of a task, and one of personal data, may be new: a head can be trained on it.

    Args:
        choice: What was decided; its row was seen.
        chars: Characters of its document.
    """
    end, label = choice.corrected_end, choice.corrected_label
    if end is not None and end > chars:
        yield f"{choice.corrected_start} to {end} is not a span of a text of {chars:,} characters"
    if end is not None and choice.object == "document":
        yield "the correction of a document is another document type, not a span"
    if end is not None and choice.object == "fact":
        yield "the correction of a fact is another value, not a span"
    if label is None:
        return
    if label == (choice.code if choice.object in ("flag", "entity") else choice.label):
        yield f"it says {label!r} already"
        return
    known = () if choice.object in ("label", "entity", "fact") else labels_for(choice.object, choice.code)
    if known and label not in known:
        listed = ", ".join(known[:LABELS_LISTED]) + (
            f" and {len(known) - LABELS_LISTED} more" if len(known) > LABELS_LISTED else ""
        )
        yield f"{choice.object} {choice.code} cannot be {label!r}; there are {listed}"


def _rows(out: str, state: Manifest | None, of: str, choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """Read the rows of a table that choices may be on, as the attributes of a `Choice` that was seen."""
    wanted = {choice.doc_id for choice in choices if choice.object == of}
    table, attributes = _ROWS[of]
    attributes = {**attributes, "doc_id": "doc_id", "run_id": "run_id"}
    read = _read(out, state, table, list(dict.fromkeys(attributes.values())), wanted)
    rows = [{name: row[column] for name, column in attributes.items()} for row in read]
    if of == "document":
        for row in rows:
            row.update(code="kind", label=f"{row.pop('domain')}.{row.pop('kind')}")
        rows += [{**row, "code": code, "label": None} for row in rows for code in OUTCOMES]
    if of == "fact":
        for row in rows:
            row["label"] = fact_label(row["evidence"], row["label"], row.pop("unit"))
    if of == "label":  # which is on its segment
        columns = ["doc_id", "segment", "start_char", "end_char", "text"]
        segments = _read(out, state, "segments", columns, wanted)
        by_key = {(row["doc_id"], row["segment"]): row for row in segments}
        for row in rows:
            segment = by_key.get((row["doc_id"], row["segment"]), {})
            row["start_char"], row["end_char"] = segment.get("start_char"), segment.get("end_char")
            row["evidence"] = segment.get("text")
    return rows


def _read(
    out: str, state: Manifest | None, table: str, columns: Sequence[str], wanted: Collection[str]
) -> list[dict[str, Any]]:
    whole = pa.array(sorted(one for one in wanted if len(one) == 64), pa.string())
    starts = [one for one in wanted if len(one) < 64]
    rows: list[dict[str, Any]] = []
    for path in table_paths(out, state)[table].values():
        doc_ids = read_table(table, path, ["doc_id"])["doc_id"]
        chosen = pc.is_in(doc_ids, value_set=whole)
        for start in starts:
            chosen = pc.or_(chosen, pc.starts_with(doc_ids, start))
        if pc.any(chosen).as_py():
            rows += read_table(table, path, columns).filter(chosen).to_pylist()
    return rows


def _fits(row: Mapping[str, Any], choice: Choice) -> bool:
    asked = {"start_char": choice.start_char, "end_char": choice.end_char, "segment": choice.segment}
    return (
        row["doc_id"].startswith(choice.doc_id)
        and row["code"] == choice.code
        and all(row.get(name) == value for name, value in asked.items() if value is not None)
        and (choice.label is None or row.get("label") == choice.label)
    )


def _place_and_value(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["doc_id"], row["start_char"], row["end_char"], row["label"]


def _unfit(choice: Choice, fits: Sequence[Mapping[str, Any]]) -> str:
    of = "document" if choice.object == "document" else f"{choice.object} {choice.code} of"
    named = f"{of} {choice.doc_id[:16]}"
    if not fits:
        return f"the tables have no {named}"
    spans = [f"{row['doc_id'][:16]} {row.get('start_char')}:{row.get('end_char')}" for row in fits[:LISTED]]
    return f"the tables have {len(fits):,} rows that {named} may mean: {', '.join(spans)}; say which"


def raise_if_any(wrong: Iterable[tuple[int, str]]) -> None:
    """Refuse choices, all of them.

    Raises:
        UsageError: One is wrong; the message names the first few by their numbers, and why.
    """
    found = list(wrong)
    if found:
        told = "; ".join(f"{number}: {why}" for number, why in found[:LISTED])
        more = f"; and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
        raise UsageError(f"nothing was recorded; by number of decision: {told}{more}")
