"""Rules: what a domain's TOML becomes (`domains.load`), and how it is applied to a document."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

from docassay.domains.passages import Places, Window
from docassay.schemas.facts import Fact
from docassay.schemas.pages import Pages
from docassay.schemas.rows import Segment, Severity, Verdict
from docassay.schemas.tables import Table

Span = tuple[int, int]
"""Start and end of a slice, in characters."""

Reads = Literal["original", "both"]
"""Which text of a document a rule is applied to: the original, or that and its English translation.

A rule reads the original unless it says ``both``, and only a rule of wording says so: translations garble
figures, dates, names and identifiers; see docs/decisions/0007-rules-read-the-original.md.
"""

MAX_SPANS = 20
"""Most pieces of evidence kept for one rule on one document."""

NOTHING: Literal["nothing"] = "nothing"
"""What a check says with `absent` of this value where it finds nothing: it gives no row."""


@dataclass(frozen=True, slots=True)
class RuleInput:
    """What a rule may look at.

    Attributes:
        text: The document's text; spans point into it.
        kind: The document's kind within the domain, or ``""``.
        media_type: Its media type; a mail's text starts with its headers.
        segments: Its segments, in order; empty when a rule is tried on a bare text.
        translated: The text is a translation: rules that read the original alone find nothing in it.
        stated: What the file states as data, names and values: those of an electronic or a hybrid invoice.
        tables: Its tables of billed lines, as slices of the text.
        disguised: Words of the text that were hidden from a filter (`disguise`); None where nobody looked.
        original: What a translation was made from; empty where the text is none.
        facts: What it states, as `extract` has read it.
        pages: Its pages and where its text stands on them, of a format that has pages.
        labels: Passages that a model is sure of, each with its ``task.label``, for checks that name it.
    """

    text: str
    kind: str = ""
    media_type: str = "text/plain"
    segments: Sequence[Segment] = ()
    translated: bool = False
    stated: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    disguised: tuple[Span, ...] | None = None
    original: str = ""
    facts: tuple[Fact, ...] = ()
    pages: Pages | None = None
    labels: tuple[tuple[str, Span], ...] = ()


Matcher = Callable[[RuleInput], Iterable[Span]]
"""What a pattern or a ``call:`` becomes: a function that finds its matches in a view."""

Detail = Callable[[RuleInput, Span], str]
"""What the ``call:`` of `detail` becomes: a function that says something of a rule's evidence."""


class Compared(NamedTuple):
    """What a comparison found: a verdict, where in the text it rests, and what was compared, for a person.

    Attributes:
        absent: Where there is no such place: what is sought was not found. Else it rests on data alone.
    """

    verdict: Verdict
    span: Span | None
    says: str
    absent: bool = True


Compare = Callable[[RuleInput], Sequence[Compared]]
"""What a check's ``compares`` becomes; it gives nothing where there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document within a domain, told by its title or opening, else by its body.

    Attributes:
        title_patterns: Patterns; one match in the title or the first 600 characters decides.
        body: Patterns; as many different ones as `least` must match anywhere.
        tasks: The models' tasks asked of such a document; None where they are the domain's.
        generic: Other domains have such documents too (a mail): the kind does not tell the domain.
        asked: Whether anything is asked of such a document: false for a kind that is told so that no other
            kind's questions are asked of it.
        overrules: Kinds of its domain that it is told instead of, whatever the head says: its wording is that
            of texts about such documents.
        hinted: Patterns; where one matches in a document that is told no kind, its facts are read as hints.
    """

    name: str
    title_patterns: tuple[Matcher, ...]
    body: tuple[Matcher, ...]
    least: int
    tasks: tuple[str, ...] | None
    generic: bool
    asked: bool = True
    overrules: frozenset[str] = frozenset()
    hinted: tuple[Matcher, ...] = ()

    def is_worded(self, view: RuleInput) -> bool:
        """Tell whether so many of its patterns as `least` says match in a text."""
        return sum(occurs(one, view) for one in self.body) >= self.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What signs of fraud and checks have in common.

    Attributes:
        title: What readers see as its name.
        reads: ``both`` where all of its patterns are wording alone.
        detail: Says of its evidence what `why` cannot, such as what was added up; it ends the row's why.
        expect: What it expects of facts, as written; `compares` of a check, `any` of a sign tells that.
    """

    id: str
    title: str
    severity: Severity
    why: str
    source: str
    kinds: frozenset[str] = frozenset()
    include: tuple[Matcher, ...] = ()
    exclude: tuple[Matcher, ...] = ()
    reads: Reads = "original"
    detail: Detail | None = None
    expect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRule(Rule):
    """A sign of fraud that wording alone gives away.

    A match of `any` is evidence when each of `include` matches in the window around it and none of `exclude`
    does.
    """

    any: tuple[Matcher, ...]
    window: Window


class Doubt(NamedTuple):
    """What contradicts what a check requires, and what a row says of it beside the rule's why."""

    matcher: Matcher
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule(Rule):
    """A compliance check, asked of the document kinds that it applies to.

    `requires`: one match passes, none gives the verdict `absent`. `forbids`: each match gives the
    verdict `present`, none passes. Where `absent` is `NOTHING`, a check that finds nothing gives no row
    (`is_silent`): wording cannot tell that it is not there. `compares` gives the verdicts itself, and what to
    say of each; where it has nothing sure, `requires` and `unclear` decide. `when` must all match, and none
    of `not_when`, or the check does not apply and writes no row.

    A match of `requires` or `forbids` is evidence when each of `include` matches in the same sentence and
    none of `exclude` does. What a check requires is not there as long as it is a field that nobody filled in,
    and what a heading names is not forbidden yet.

    Attributes:
        fails: One match fails the check, whatever else is there.
        unclear: Where nothing that is required, or forbidden, is found, one match gives ``review``: it may be
            there, unread.
        doubts: Where what is required is found, one match gives ``review``: the document contradicts it, or
            leaves a part of it out.
        titles: Match headings of the section that answers. Of several matches of `requires` the one under
            such a heading is the evidence; a heading itself, a list of contents and a link's target are none.
        under: Match headings as `titles` do, but say of a section nothing where no wording matches.
        hints: Wording that answers under such a heading; elsewhere it gives ``review``.
        sure: All must match for absence to give ``fail``; otherwise nobody knows that the law asks for it,
            and it gives ``review``. Where absence gives ``review`` or, of what is forbidden, ``pass``, they
            must match for that; otherwise there is no row.
        elsewhere: One match says that another document states what this one does not: instead of ``review``
            there is no row, and the document's row names the check.
        label: ``task.label``; where no wording matches, a segment that a model gives this label is
            shown as evidence with the verdict ``review``.
        labels: Those that `requires` or `forbids` name, ``task.label``: a passage to which a model surely
            gives one counts like wording.
    """

    when: tuple[Matcher, ...] = ()
    not_when: tuple[Matcher, ...] = ()
    requires: tuple[Matcher, ...] = ()
    forbids: tuple[Matcher, ...] = ()
    absent: Verdict | Literal["nothing"] = "fail"
    present: Verdict = "fail"
    label: str | None = None
    labels: frozenset[str] = frozenset()
    fails: tuple[Matcher, ...] = ()
    unclear: tuple[Matcher, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    titles: tuple[Any, ...] = ()
    under: tuple[Any, ...] = ()
    hints: tuple[Matcher, ...] = ()
    sure: tuple[Matcher, ...] = ()
    elsewhere: tuple[Matcher, ...] = ()
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


def spans(rule: FlagRule, view: RuleInput) -> list[Span]:
    """Find the evidence of a fraud rule: at most `MAX_SPANS` spans, in order, none overlapping another."""
    if not _is_asked(rule, view):
        return []
    matches = merged(span for matcher in rule.any for span in matcher(view))
    if not matches:
        return []
    fits = company(view, rule.include, rule.exclude, rule.window)
    return list(islice(filter(fits, matches), MAX_SPANS))


def company(
    view: RuleInput, include: Sequence[Matcher], exclude: Sequence[Matcher], window: Window
) -> Callable[[Span], bool]:
    """Make the test whether, in the window around a span, each of `include` and none of `exclude` matches."""
    if not (include or exclude):
        return lambda _: True
    included = [Places.of(matcher(view)) for matcher in include]
    excluded = Places.of(span for matcher in exclude for span in matcher(view))

    def accompanied(span: Span) -> bool:
        around = window.around(view.text, span)
        return all(places.touch(around) for places in included) and not excluded.touch(around)

    return accompanied


def accompanied(
    match: Sequence[Matcher],
    followed_by: Sequence[Matcher],
    include: Sequence[Matcher],
    exclude: Sequence[Matcher],
    window: Window,
) -> Matcher:
    """Make a matcher of what stands beside what.

    Args:
        match: What is sought.
        followed_by: One of these must begin after it, within the window; the evidence ends with the first.
        include: Each of these must match in the window around the evidence.
        exclude: None of these may.
        window: How far away.
    """

    def matcher(view: RuleInput) -> Iterator[Span]:
        matches = merged(span for one in match for span in one(view))
        if matches and followed_by:
            ends = merged(span for one in followed_by for span in one(view))
            matches = merged(_reaching(matches, ends, view.text, window))
        if matches:
            yield from filter(company(view, include, exclude, window), matches)

    return matcher


def _reaching(matches: Sequence[Span], ends: Sequence[Span], text: str, window: Window) -> Iterator[Span]:
    """Yield each match with what follows it in its window."""
    starts = [start for start, _ in ends]
    for span in matches:
        following = bisect_left(starts, span[1])
        if following < len(ends) and starts[following] <= window.around(text, span)[1]:
            yield span[0], ends[following][1]


def applies(rule: CheckRule, view: RuleInput) -> bool:
    """Tell whether a check is asked of a document at all."""
    if not (_is_asked(rule, view) and all(occurs(matcher, view) for matcher in rule.when)):
        return False
    if any(occurs(matcher, view) for matcher in rule.not_when):
        return False
    return rule.compares is None or bool(rule.compares(view))


def reason(rule: Rule, view: RuleInput, span: Span | None) -> str:
    """Give a rule's why, then what the doubt that found the evidence and `detail` say of it."""
    doubts = rule.doubts if isinstance(rule, CheckRule) and span else ()
    doubt = next((one.why for one in doubts if one.why and span in [*one.matcher(view)]), "")
    detail = rule.detail(view, span) if rule.detail and span else ""
    return " ".join(filter(None, (rule.why, doubt, detail)))


def occurs(matcher: Matcher, view: RuleInput) -> bool:
    """Tell whether a pattern matches anywhere."""
    return next(iter(matcher(view)), None) is not None


def _is_asked(rule: Rule, view: RuleInput) -> bool:
    """Tell whether a rule is asked of such a document, and of this text of it: original or translation."""
    return (not rule.kinds or view.kind in rule.kinds) and (rule.reads == "both" or not view.translated)


def merged(unsorted: Iterable[Span]) -> list[Span]:
    """Sort spans and drop those that overlap an earlier one."""
    kept: list[Span] = []
    for span in sorted(unsorted):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept
