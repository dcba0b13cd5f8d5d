"""Rules: what a domain's TOML becomes, and how it is applied to a document.

Nothing here knows where a rule comes from; see `domains.load` for that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Literal, NamedTuple

from docassay.schemas.rows import Segment, Severity, Verdict

Span = tuple[int, int]
"""Start and end of a slice, in characters."""

Reads = Literal["original", "both"]
"""Which text of a document a rule is applied to: the original, or that and its English translation.

A rule reads the original unless it says ``both``, and only a rule of wording says so. Figures, dates, names
and identifiers are never taken from a translation, which may garble them, and garbles them differently on
another processor; see docs/decisions/0020-rules-read-the-original.md.
"""

MAX_SPANS = 20
"""Most pieces of evidence kept for one rule on one document."""

_WORSE: tuple[Verdict, ...] = ("pass", "review", "fail")


@dataclass(frozen=True, slots=True)
class View:
    """What a rule may look at.

    Attributes:
        text: The document's text; spans point into it.
        kind: The document's kind within the domain, or ``""``.
        media_type: Its media type; a mail's text starts with its headers.
        segments: Its segments, in order; empty when a rule is tried on a bare text.
        translated: The text is a translation: rules that read the original alone find nothing in it.
        stated: What the file states as data beside its text, names and values: the XML of a hybrid invoice.
    """

    text: str
    kind: str = ""
    media_type: str = "text/plain"
    segments: Sequence[Segment] = ()
    translated: bool = False
    stated: tuple[tuple[str, str], ...] = ()


Seek = Callable[[View], Iterable[Span]]
"""What a pattern or a ``call:`` becomes: a function that finds its matches in a view."""


class Compared(NamedTuple):
    """What a comparison found: a verdict, where in the text it rests, and what was compared, for a person."""

    verdict: Verdict
    span: Span | None
    says: str


Compare = Callable[[View], Sequence[Compared]]
"""What a check's ``compares`` becomes; it gives nothing where there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document within a domain, told by its title or opening, else by its body.

    Attributes:
        title: Patterns; one match in the title or the first 600 characters decides.
        body: Patterns; as many different ones as `least` must match anywhere.
        tasks: The models' tasks asked of such a document; None where they are the domain's.
        generic: Other domains have such documents too (a mail): the kind does not tell the domain.
    """

    name: str
    title: tuple[Seek, ...]
    body: tuple[Seek, ...]
    least: int
    tasks: tuple[str, ...] | None
    generic: bool


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A sign of fraud that wording alone gives away.

    A match of `any` is evidence when each of `near` matches within `within` characters of it and
    none of `unless` does.

    Attributes:
        reads: ``both`` where `any`, `near` and `unless` are wording alone.
    """

    id: str
    severity: Severity
    why: str
    source: str
    kinds: frozenset[str]
    any: tuple[Seek, ...]
    near: tuple[Seek, ...]
    unless: tuple[Seek, ...]
    within: int
    reads: Reads = "original"


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A compliance check, asked of the document kinds that it applies to.

    `requires`: one match passes, none gives the verdict `absent`. `forbids`: each match gives the
    verdict `present`, none passes. `compares` gives the verdicts itself, and what to say of each. A check has
    one of the three. `when` must all match, or the check does not apply and writes no row.

    Attributes:
        label: ``task.label``; where no wording matches, a segment that a model gives this label is
            shown as evidence with the verdict ``review``.
        reads: ``both`` where `when`, `requires` and `forbids` are wording alone.
    """

    id: str
    severity: Severity
    why: str
    source: str
    kinds: frozenset[str]
    when: tuple[Seek, ...]
    requires: tuple[Seek, ...]
    forbids: tuple[Seek, ...]
    absent: Verdict
    present: Verdict
    label: str | None
    reads: Reads = "original"
    compares: Compare | None = None


@dataclass(frozen=True, slots=True)
class TaskFlag:
    """A label of a model's task that is itself a sign of fraud, where the whole document has it.

    Attributes:
        least: The probability from which on it is a sign, where that is more than the task asks.
    """

    task: str
    label: str
    code: str
    severity: Severity
    why: str
    source: str
    least: float = 0.0


def spans(rule: FlagRule, view: View) -> list[Span]:
    """Find the evidence of a fraud rule: at most `MAX_SPANS` spans, in order, none overlapping another."""
    if not _is_asked(rule, view):
        return []
    matches = _merged(span for seek in rule.any for span in seek(view))
    if not matches or not (rule.near or rule.unless):
        return matches[:MAX_SPANS]
    near = [_sorted(seek(view)) for seek in rule.near]
    unless = _sorted(span for seek in rule.unless for span in seek(view))
    evidence = (
        span
        for span in matches
        if all(_close(span, others, rule.within) for others in near) and not _close(span, unless, rule.within)
    )
    return list(islice(evidence, MAX_SPANS))


def applies(rule: CheckRule, view: View) -> bool:
    """Tell whether a check is asked of a document at all."""
    if not (_is_asked(rule, view) and all(occurs(seek, view) for seek in rule.when)):
        return False
    return rule.compares is None or bool(rule.compares(view))


def judge(rule: CheckRule, view: View) -> tuple[Verdict, list[Span]]:
    """Give a check's verdict and its evidence; no evidence means that what was sought is absent.

    For ``requires`` the first match is enough; for ``forbids`` all are kept, up to `MAX_SPANS`. Of what
    ``compares`` gives the worst verdict counts.
    """
    if rule.compares:
        compared = rule.compares(view)
        worst: Verdict = max((one.verdict for one in compared), key=_WORSE.index, default="pass")
        return worst, [one.span for one in compared if one.span and one.verdict == worst]
    if rule.requires:
        first = next((span for seek in rule.requires for span in seek(view)), None)
        return ("pass", [first]) if first else (rule.absent, [])
    evidence = _merged(span for seek in rule.forbids for span in seek(view))[:MAX_SPANS]
    return (rule.present, evidence) if evidence else ("pass", [])


def occurs(seek: Seek, view: View) -> bool:
    """Tell whether a pattern matches anywhere in a view."""
    return next(iter(seek(view)), None) is not None


def _is_asked(rule: FlagRule | CheckRule, view: View) -> bool:
    """Tell whether a rule is asked of such a document, and of this text of it: original or translation."""
    return (not rule.kinds or view.kind in rule.kinds) and (rule.reads == "both" or not view.translated)


def _sorted(unsorted: Iterable[Span]) -> tuple[list[int], list[int]]:
    """Give the starts of spans in order, and beside each the greatest end up to it."""
    ordered = sorted(unsorted)
    return [start for start, _ in ordered], list(accumulate((end for _, end in ordered), max))


def _close(span: Span, others: tuple[list[int], list[int]], within: int) -> bool:
    """Tell whether one of `others`, as `_sorted` gives them, lies within so many characters."""
    starts, furthest = others
    before = bisect_right(starts, span[1] + within)
    return before > 0 and furthest[before - 1] >= span[0] - within


def _merged(unsorted: Iterable[Span]) -> list[Span]:
    """Sort spans and drop those that overlap an earlier one."""
    merged: list[Span] = []
    for span in sorted(unsorted):
        if not merged or span[0] >= merged[-1][1]:
            merged.append(span)
    return merged
