"""Redact a document and report what was removed, without quoting it.

The result is read again: if a removed value is still found, there is no result.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, NamedTuple

from docassay.models.span_edges import TaggedSpan
from docassay.models.tagger import LANGUAGES, installed
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri
from docassay.transforms.detect import detect_language
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.formats.media_types import PDF
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.read import read
from docassay.transforms.redaction.check import (
    RECOGNISED_CHARS,
    WORD_CHARS,
    Kept,
    in_bytes,
    in_recognised,
)
from docassay.transforms.redaction.choice import Choice, check_labels
from docassay.transforms.redaction.fields import by_field
from docassay.transforms.redaction.pdf import Rebuilt, rebuild
from docassay.transforms.redaction.plans import page_plans
from docassay.transforms.redaction.spans import Edit, PersonalSpan, SpanFile, edits, found, redacted, settle
from docassay.views.decided_data import DecidedData

FORMAT = 1
FIGURES = "redaction.json"
"""Measured by `python -m research.benchmarks.redact --save`."""
READ_IT = (
    "Nobody has checked this file. Anything that was not found is still in it: read it before you pass it on."
)
_FEW_DPI = 100
_PLAIN = {"text/plain": "", "text/markdown": ""}


@dataclass(frozen=True, slots=True)
class Settings:
    """How documents are redacted.

    Attributes:
        mode: One of `transforms.redaction.spans.MODES`.
        key: Of the surrogates.
        spans: What is removed; None: what the tagger finds.
        alone: There is one document only, which rows of `spans` need not name.
        keep_pictures: Pictures that no text lies on stay.
        choice: What a person wants kept and removed.
        decisions: By `doc_id`, the decisions on its personal data that count (`read_decided`).
    """

    mode: str
    key: bytes
    spans: SpanFile | None = None
    alone: bool = False
    keep_pictures: bool = False
    choice: Choice = field(default_factory=Choice)
    decisions: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted document.

    Attributes:
        content: Its bytes: a PDF of a PDF, else text.
        suffix: What its name gets at its end.
        report: What was removed and what is uncertain, without a word of the document.
        in_name: The name that its file had has something of what was removed.
    """

    content: bytes
    suffix: str
    report: dict[str, Any]
    in_name: bool


class _Read(NamedTuple):
    """A document with its bytes, the number of its attachments, and its language.

    Attributes:
        spans: What is removed.
        stay: How many of the spans that were found are not.
    """

    parsed: Document
    content: bytes
    attached: int
    language: str
    spans: list[PersonalSpan]
    stay: int


class StillFoundError(RunError):
    """A removed value is still found in the result."""


class Redactor:
    """Redacts documents one after the other, in processes that may be killed. Use it as a context manager."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        """Open the tagger where spans are not given.

        Raises:
            UsageError: There is no such label.
            models.catalog.ModelError: It is not what its card says.
        """
        self._settings = settings
        self._limits = replace(limits or Limits(), parts=False)
        self._tagger = installed()
        if settings.spans is None:
            choice = settings.choice
            check_labels(sorted(choice.only | choice.excluded), self._tagger.labels)
        self._parser = Parser(self._limits)
        self._decided = DecidedData(settings.decisions, self._limits, self._tagger.is_ordinary)

    def __enter__(self) -> Redactor:
        return self

    def __exit__(self, *_: object) -> None:
        self._parser.close()
        self._decided.close()

    def redact(self, path: str) -> Redacted | Reject:
        """Read, redact and check a file.

        Raises:
            UsageError: Given spans are not those of this document.
            StillFoundError: The result has what was removed from it.
        """
        done = self._read(path)
        if isinstance(done, Reject):
            return done
        parsed, source, attached, language, spans, stay = done
        changes = edits(parsed.text, spans, self._settings.mode, self._settings.key, language)
        kept = Kept(redacted(parsed.text, changes))
        try:
            content, rebuilt = self._written(parsed, source, changes)
        except Unusable as unusable:
            return Reject(parsed.doc_id, path, "redact", unusable.reason, unusable.detail)
        values = [(span.label, parsed.text[span.start : span.end]) for span in spans]
        self._check(path, content, rebuilt, kept, values)
        report = self._report(parsed, spans, language, attached, rebuilt)
        report["kept"] = stay
        report["output_sha256"] = hashlib.sha256(content).hexdigest()
        name = path.rpartition("/")[2]
        in_name = bool(Kept("").more_in(name.replace("_", " "), values)) or any(
            word.casefold() in name.casefold() for word in Kept("").own_words(values, WORD_CHARS)
        )
        suffix = "" if parsed.media_type == PDF else _PLAIN.get(parsed.media_type, ".txt")
        return Redacted(content, suffix, report, in_name)

    def marks(self, path: str) -> list[dict[str, Any]] | Reject:
        """Give what would be removed from a file, in rows as `--spans` takes them.

        Raises:
            UsageError: Given spans are not those of this document.
        """
        done = self._read(path)
        if isinstance(done, Reject):
            return done
        rows = [{"file": path, **mark(done.parsed.text, span)} for span in done.spans]
        return rows or [{"file": path}]

    def going(self, parsed: Document) -> list[PersonalSpan]:
        """Give what is removed from a document that is parsed, by itself, where nothing was decided on it.

        Raises:
            UsageError: Given spans are not those of this document.
        """
        language, _ = detect_language(parsed.text)
        found_in = self._spans(parsed.uri, parsed, language, [])
        return self._settings.choice.applied(parsed.text, found_in)[0]

    def undecided(self) -> tuple[int, int]:
        """Count the decisions on attachments that were left out, and on documents that were not read."""
        return self._decided.undecided()

    def _read(self, path: str) -> _Read | Reject:
        source = read(Source(str(Uri(path))), self._limits)
        if isinstance(source, Reject):
            return source
        parsed, *attached = self._parser.parse(source)
        if not isinstance(parsed, Source):
            self._decided.meet(parsed.doc_id)
        if not isinstance(parsed, Document):
            why = "it contains documents; redact each of them separately"
            refused = Reject(None, path, "parse", "unsupported_media_type", why)
            return parsed if isinstance(parsed, Reject) else refused
        text, (language, _) = parsed.text, detect_language(parsed.text)
        harmless: list[TaggedSpan] = []
        spans = self._spans(path, parsed, language, harmless)
        left = self._decided.follow(source, parsed, attached, spans)
        going, stay = self._settings.choice.applied(text, left)
        stay += len(harmless)
        starts = [span.start for span in left]
        for span in spans:
            near = bisect_right(starts, span.start) - 1
            stay += near < 0 or left[near].end < span.end
        return _Read(parsed, source.content or b"", len(attached), language, going, stay)

    def _spans(
        self, path: str, parsed: Document, language: str, harmless: list[TaggedSpan]
    ) -> list[PersonalSpan]:
        if self._settings.spans is not None:
            given = self._settings.spans.of(path, parsed.doc_id, parsed.text, self._settings.alone)
            return settle(parsed.text, given, self._tagger.is_ordinary)
        least = self._settings.choice.least
        with_fields = by_field(parsed).added_to
        return found(parsed.text, language, self._tagger, least, harmless=harmless, with_fields=with_fields)

    def _written(
        self, parsed: Document, content: bytes, changes: Sequence[Edit]
    ) -> tuple[bytes, Rebuilt | None]:
        if parsed.media_type != PDF:
            return redacted(parsed.text, changes).encode(), None
        if parsed.pages is None:
            raise Unusable("malformed", "the position of its text is not known")
        if parsed.text_doubted:
            raise Unusable(
                "garbled", "its pages may show words that its text does not have; --ocr reads them"
            )
        plans = page_plans(parsed.text, parsed.pages, changes)
        rebuilt = rebuild(content, plans, self._settings.keep_pictures, self._limits)
        return rebuilt.content, rebuilt

    def _check(
        self,
        path: str,
        content: bytes,
        rebuilt: Rebuilt | None,
        kept: Kept,
        values: Sequence[tuple[str, str]],
    ) -> None:
        """Read the result again, and look for what was removed.

        Raises:
            StillFoundError: It is there, or the result cannot be read.
        """
        text = "\n".join(rebuilt.texts) if rebuilt else content.decode()
        where = {"text": kept.more_in(text, values)}
        if rebuilt:
            try:
                where["bytes"] = in_bytes(content, kept.own_words(values, WORD_CHARS))
            except ValueError as error:
                raise StillFoundError(f"{path}: {error}; nothing was written") from None
            where["picture, by OCR"] = in_recognised(
                rebuilt.recognised, kept.own_words(values, RECOGNISED_CHARS)
            )
        left = [
            f"{number} {label} in its {place}"
            for place, leaks in where.items()
            for label, number in sorted(leaks.items())
        ]
        if left:
            raise StillFoundError(
                f"{path}: what was removed can still be found, {', '.join(left)}; nothing was written"
            )

    def _report(
        self,
        parsed: Document,
        spans: Sequence[PersonalSpan],
        language: str,
        attached: int,
        rebuilt: Rebuilt | None,
    ) -> dict[str, Any]:
        given = self._settings.spans is not None
        return {
            "format": FORMAT,
            "note": READ_IT,
            "mode": self._settings.mode,
            "found_by": "given spans" if given else f"model {self._tagger.card.id}",
            "language": language,
            "pages": len(rebuilt.pages) if rebuilt else None,
            "removed": removed(parsed, spans),
            "uncertain": [
                *_uncertain_text(parsed, spans, language, attached, given),
                *(_uncertain_pages(rebuilt, self._limits.ocr) if rebuilt else ()),
            ],
            "searched_again": {
                "text": True,
                "bytes": rebuilt is not None,
                "picture_by_ocr": bool(rebuilt and rebuilt.recognised),
            },
            "measured": figures(),
        }


def mark(text: str, span: PersonalSpan) -> dict[str, Any]:
    """Write a span as a line of `--spans` has it, but for the name of the file.

    What the model is not sure of says so; tables may lack it.
    """
    return {
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "text": text[span.start : span.end],
        **({"person": span.person} if span.person else {}),
        **({} if span.sure else {"sure": False}),
    }


def removed(parsed: Document, spans: Sequence[PersonalSpan]) -> list[dict[str, Any]]:
    """Count what was removed by page and class; of a format without pages the page is null."""
    counts: Counter[tuple[int, str]] = Counter()
    chars: Counter[tuple[int, str]] = Counter()
    for span in spans:
        key = (parsed.pages.number(span.start) if parsed.pages else 0, span.label)
        counts[key] += 1
        chars[key] += span.end - span.start
    return [
        {"page": page or None, "class": label, "spans": counts[page, label], "characters": chars[page, label]}
        for page, label in sorted(counts)
    ]


def figures() -> dict[str, Any]:
    """Return how much redaction left on test data; every report includes it."""
    measured: dict[str, Any] = json.loads((resources.files("docassay.views") / FIGURES).read_text("utf-8"))
    return measured


def _uncertain_text(
    parsed: Document, spans: Sequence[PersonalSpan], language: str, attached: int, given: bool
) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    doubted: Counter[int] = Counter()
    for span in spans:
        if not span.sure:
            doubted[parsed.pages.number(span.start) if parsed.pages else 0] += 1
    for page, number in sorted(doubted.items()):
        why = "passages that the model is not sure of; they were removed"
        notes.append({"page": page or None, "count": number, "why": why})
    if not given and language not in LANGUAGES:
        why = f"the language is {language}; the model was measured on {', '.join(LANGUAGES)} only"
        notes.append({"page": None, "count": 1, "why": why})
    if attached:
        notes.append({"page": None, "count": attached, "why": "attachments, left out"})
    return notes


def _uncertain_pages(rebuilt: Rebuilt, by_ocr: bool) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    for number, page in enumerate(rebuilt.pages, start=1):
        share = f"{max(1, round(100 * page['pictures']))} %"
        whys = [
            (page["blank"], "painted over completely: where the removed text appears on it is not known"),
            (page["pictures_left_out"], "pictures left out, since what they show is unknown"),
            (
                page["ink_left_out"],
                "patterns, Type 3 glyphs or soft masks left out, since what they show is unknown",
            ),
            (page["pictures"] > 0, f"pictures on {share} of the page; what they show was not examined"),
            (page["annotations"], "annotations, left out"),
            (page["unseen_words"], "words left out, since nothing is visible where they are"),
            (
                page["dpi"] < _FEW_DPI,
                f"only a picture at {page['dpi']} dots per inch, since the page is large",
            ),
        ]
        notes += [{"page": number, "count": int(count), "why": why} for count, why in whys if count]
    if by_ocr:
        notes.append(
            {"page": None, "count": 1, "why": "scanned pages were read by OCR, which misreads names"}
        )
    else:
        why = "what the pictures on the pages show was not read by OCR; --ocr does that"
        notes.append({"page": None, "count": 1, "why": why})
    why = "bars and surrogates show the width of what was removed"
    return [*notes, {"page": None, "count": 1, "why": why}]
