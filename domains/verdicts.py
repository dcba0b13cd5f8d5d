"""Verdicts: what a check gives for a document, and where the evidence stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, takewhile

from docassay.domains.headings import Headings, headings, in_target
from docassay.domains.passages import (
    Window,
    blank_follows,
    has_blank,
    is_form,
    is_left_open,
    sentence_around,
)
from docassay.domains.patterns import compiled
from docassay.domains.rules import (
    MAX_SPANS,
    NOTHING,
    CheckRule,
    Matcher,
    RuleInput,
    Span,
    company,
    merged,
    occurs,
)
from docassay.domains.typography import plain
from docassay.schemas.rows import Verdict

MAX_COMPARED = 200
"""Most passages of one document among which a check with `titles` or `under` chooses its evidence."""

_SENTENCE = Window(same_sentence=True)

_WORSE: tuple[Verdict, ...] = ("pass", "review", "fail")

_MENTION = compiled(
    r"(?i)\b(?:during|throughout|before|after|prior\s+to|at\s+(?:the\s+)?end\s+of"
    r"|for\s+the\s+(?:remainder|duration|balance)\s+of)\s+(?:(?:the|its|such|any|this)\s+)?(?:initial\s+|current\s+)?$"
)

_LEAST_SAID = 40
"""Characters under a heading from which on a section says something."""

_MOST_IN_CAPITALS = 3_000
"""Characters within which a clause in capitals ends."""


def judge(rule: CheckRule, view: RuleInput) -> tuple[Verdict, list[Span]]:
    """Give a check's verdict and its evidence; no evidence means that what was sought is absent.

    For ``requires`` the first match is enough, or with `titles` or `under` the first that stands where it
    should; for ``forbids`` all are kept, up to `MAX_SPANS`. Of what ``compares`` gives the worst counts.
    """
    if broken := merged(span for matcher in rule.fails for span in matcher(view)):
        return "fail", broken[:MAX_SPANS]
    if rule.compares:
        compared = rule.compares(view)
        worst: Verdict = max((one.verdict for one in compared), key=_WORSE.index, default="pass")
        spans = [one.span for one in compared if one.span and one.verdict == worst]
        absent = worst != "pass" and not spans and all(one.absent for one in compared)
        if worst == "pass" and (doubt := _doubt(rule, view)):
            return "review", [doubt]
        if not (absent or worst == "review") or not (rule.requires or rule.unclear):
            return worst, spans
        verdict, evidence = _worded(rule, view)
        if verdict == "pass":
            return verdict, evidence
        return min(worst, verdict, key=_WORSE.index), spans or evidence
    return _worded(rule, view)


def _worded(rule: CheckRule, view: RuleInput) -> tuple[Verdict, list[Span]]:
    """Give the verdict by wording alone."""
    if rule.requires or rule.compares:
        if rule.titles or rule.under:
            stated, hint = _in_its_section(rule, view)
        else:
            stated, hint = next(_evidence(rule, view, rule.requires), None), None
        if stated:
            doubt = _doubt(rule, view)
            return ("review", [doubt]) if doubt else ("pass", [stated])
        if _is_answered(rule, view):
            return "review", []
        if unclear := hint or next((span for matcher in rule.unclear for span in matcher(view)), None):
            return "review", [unclear]
        if rule.absent == NOTHING or not all(occurs(matcher, view) for matcher in rule.sure):
            return "review", []
        return rule.absent, []
    forbidden = (span for span in _evidence(rule, view, rule.forbids) if not _is_heading(view.text, span))
    if evidence := merged(forbidden)[:MAX_SPANS]:
        return rule.present, evidence
    perhaps = _evidence(rule, view, rule.unclear)
    unclear = next((span for span in perhaps if not _is_heading(view.text, span)), None)
    return ("review", [unclear]) if unclear else ("pass", [])


def _doubt(rule: CheckRule, view: RuleInput) -> Span | None:
    return next((span for one in rule.doubts for span in one.matcher(view)), None)


def is_doubted(rule: CheckRule, view: RuleInput) -> bool:
    """Tell whether a document contradicts what a check requires, or leaves a part of it out."""
    return _doubt(rule, view) is not None


def candidates(rule: CheckRule, view: RuleInput) -> Iterator[Span]:
    """Yield where the wording of a check is met: what answers it, what hints at that, what may say so."""
    fits = _fits(rule, view)
    for matcher in (*rule.requires, *rule.hints, *rule.unclear):
        yield from islice(filter(fits, matcher(view)), MAX_COMPARED)


def is_silent(rule: CheckRule, view: RuleInput) -> bool:
    """Tell whether a check that finds nothing says nothing of it.

    So it is where `absent` is `NOTHING`, where a section has a heading of `titles` and says something, though
    in no wording that is known, and where `sure` does not match, of a check whose absences never fail.
    """
    unsure = (rule.forbids or rule.absent == "review") and not all(occurs(one, view) for one in rule.sure)
    return rule.absent == NOTHING or bool(unsure) or _is_answered(rule, view)


def _is_answered(rule: CheckRule, view: RuleInput) -> bool:
    if not rule.titles:
        return False
    found = headings(view.text)
    for start, end, path in found.sections(len(view.text)):
        said = view.text[start:end].strip()
        long = len(said) >= len(path[-1]) + _LEAST_SAID
        # The first heading is the title of the text.
        own = path[-1:] if path[-2:-1] == found.paths[0][-1:] else path[-2:]
        titled = long and any(title.search(one) for title in rule.titles for one in own)
        if titled and not has_blank(said):
            return True
    return False


def _is_heading(text: str, span: Span) -> bool:
    """Tell whether a span lies in a heading or a line that points.

    A line ending in a full stop says more, as does a long one in capitals that goes on below until one.
    """
    end = text.find("\n", span[1])
    end = end if end >= 0 else len(text)
    line = text[text.rfind("\n", 0, span[0]) + 1 : end]
    goes_on = len(line) >= _LEAST_SAID and line.isupper()
    below = takewhile(str.isupper, text[end + 1 : end + _MOST_IN_CAPITALS].split("\n")) if goes_on else ()
    goes_on = any(one.rstrip(" \t*_#").endswith(".") for one in below)
    return not (goes_on or line.rstrip(" \t*_#").endswith(".")) and headings(text).only_points(span)


def _in_its_section(rule: CheckRule, view: RuleInput) -> tuple[Span | None, Span | None]:
    """Choose among all matches: the one that answers, or else one that hints at an answer.

    A match under a heading of `titles` or `under` comes before any other, and one of `requires` before one of
    `hints`. Of `under`, a heading that is itself a match answers with the first sentence below it.
    """
    titles = (*rule.titles, *rule.under)
    found = headings(view.text)
    text = plain(view.text)
    answers = len(rule.requires)
    under: list[tuple[int, Span]] = []
    over: list[tuple[int, Span]] = []
    elsewhere: list[tuple[int, Span]] = []
    pointing: list[tuple[int, Span]] = []
    fits = _fits(rule, view)
    for index, matcher in enumerate((*rule.requires, *rule.hints)):
        for span in islice(filter(fits, matcher(view)), MAX_COMPARED):
            titled = any(title.search(above) for above in found.above(span[0]) for title in titles)
            if in_target(text, span[0]) or found.only_points(span):
                said = _said_below(text, found, span) if rule.under and titled and index < answers else None
                if said:
                    if fits((span[0], said)):
                        over.append((index, (span[0], said)))
                else:
                    pointing.append((index, span))
                continue
            (under if titled else elsewhere).append((index, span))
    stated = under[:1] or over[:1] or [one for one in elsewhere if one[0] < answers][:1]
    if rule.under:
        stated = stated or [one for one in pointing if one[0] < answers][:1]
    hint = elsewhere + pointing
    return (stated[0][1] if stated else None), (hint[0][1] if hint else None)


def _said_below(text: str, found: Headings, span: Span) -> int | None:
    """Give the end of the first sentence under a heading in which a span lies; None where nothing is said."""
    index = bisect_right(found.starts, span[0]) - 1
    line = text.find("\n", span[1])
    if index < 0 or line < 0 or not found.starts[index] <= span[0] <= span[1] <= line:
        return None
    end = found.starts[index + 1] if index + 1 < len(found.starts) else len(text)
    start = line + len(text[line:end]) - len(text[line:end].lstrip())
    if "\n" in text[found.starts[index] : span[0]] or len(text[start:end].strip()) < _LEAST_SAID:
        return None
    end = min(end, sentence_around(text, (start, start + 1))[1])
    return None if has_blank(text[start:end]) else end


def _evidence(rule: CheckRule, view: RuleInput, matchers: Iterable[Matcher]) -> Iterator[Span]:
    fits = _fits(rule, view)
    return (span for matcher in matchers for span in matcher(view) if fits(span))


def _fits(rule: CheckRule, view: RuleInput) -> Callable[[Span], bool]:
    """Make the test of a match: in its sentence stands what `include` and `exclude` ask.

    It does not lie in the address that a link leads to. What is required is no mere mention, and no field of
    it is blank, in it or, but for a label, behind it.
    """
    accompanied = company(view, rule.include, rule.exclude, _SENTENCE)
    text = plain(view.text)

    def fits(span: Span) -> bool:
        if in_target(text, span[0]):
            return False
        if rule.requires and (_left_blank(text, span) or _is_mentioned(text, span)):
            return False
        return accompanied(span)

    return fits


_BEFORE_MENTION = 40
"""Characters before a match in which a preposition of time may stand."""


def _is_mentioned(text: str, span: Span) -> bool:
    """Tell whether a match only dates something else: "during the term", "at the end of the lease"."""
    return _MENTION.search(text[max(0, span[0] - _BEFORE_MENTION) : span[0]]) is not None


_IN_FIELD = 30
"""Characters of a field around a match that lies in it."""

_FIELD = compiled(r"\[([^\[\]\n]*)$")
_FIELD_END = compiled(r"[\pL ]*\]")


def _left_blank(text: str, span: Span) -> bool:
    said = text[slice(*span)]
    field = _FIELD.search(text[max(0, span[0] - _IN_FIELD) : span[0]] + said)
    if field and _FIELD_END.match(text[span[1] : span[1] + _IN_FIELD]) and field[1].isupper():
        return True  # "on or before [DUE DATE]"
    if has_blank(said) or is_form(said) or is_left_open(text, span):
        return True
    return not said.endswith(":") and blank_follows(text, span[1])
