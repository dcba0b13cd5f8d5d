"""What a report on an operation says was found, given against pain, and went wrong.

A sentence is evidence where it says what was seen, healthy or ill. That a landmark "was identified" on the
way to it is a step of the operation, and so is the last look before closing; that a nerve was seen or a leak
sought and not found is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.folders import compiler
from docassay.domains.outline import lines_of
from docassay.domains.passages import has_blank, sentence_of
from docassay.domains.patterns import compiled, matches_of

_compiled = compiler(Path(__file__).parent, "operations.toml")

_HEADING = compiled(r"(?m)^[ \t#*]*([A-Z][\w /&()-]{2,60}?)[ \t]*(?::|,[ \t]*(?:\d|[A-Z])|$)")
_BEFORE_IT = _compiled(r"(?i)\b{before_it}\b")
_SEEN = _compiled(r"(?i){seen}")
_NOT_FOUND = _compiled(r"(?i)\b{not_found}\b")
_NO_BLEEDING = compiled(
    r"(?i)\b(?:no|without|free\s+of)\s+(?:\w+\s+){0,3}(?:bleeding|leak(?:age|s)?|ha?emorrhage)\b"
    r"(?:\s+of\s+\w+)?"
)
_LEAK_SOUGHT = compiled(
    r"(?i)\b(?:noted|found|seen|observed)\b[^.\n]{0,60}\b(?:no|free\s+of)\s+(?:\w+\s+){0,2}leak"
    r"|\bno\s+(?:\w+\s+){0,2}leak\w*\s+(?:\w+\s+){0,3}(?:noted|found|seen|observed)\b"
)
_LAST_LOOK = compiled(
    rf"{_NO_BLEEDING.pattern}"
    r"|\b(?:was|were)\s+(?:identified|visuali[sz]ed|noted|found|inspected)\b"
)
_PATIENT_TOLD = compiled(
    r"(?i)\b(?:patient|site|side|limb|extremity|procedure|baby|child)\s+(?:was|were)\s+(?:\w+\s+)?(?:identified|verified)\b"
)
_ANESTHESIA = _compiled(r"(?i){anesthesia}")
_SOME_ANESTHESIA = _compiled(r"(?i){some_anesthesia}")
_STATED_ANESTHESIA = compiled(
    r"(?im)^[ \t#*]*(?:type[ \t]+of[ \t]+)?an(?:a)?esthesia(?:[ \t]+(?:type|used|given))?[ \t]*:"
    r"\s*([^\n]{3,200})"
)
_NOT_GENERAL = _compiled(r"(?i)\b{not_general}\b")
_NEGATED_GENERAL = compiled(r"(?i)\b(?:no|not|without|rather\s+than)\s+(?:a\s+)?general\b")
_GENERAL = _compiled(r"(?i)\b{general}\b")
_UNDER_GENERAL = _compiled(r"(?i){under_general}")
_NOT_GIVEN = _compiled(r"(?i)\b{not_given}\b")
_NAMED_SIDES = compiled(
    r"(?im)^[ \t#*]*(?:(?:pre|post)-?op\w* diagnos[ei]s|[\w ]{0,20}(?:operations?|procedures?) performed"
    r"|operative procedures?|(?:title|name) of (?:operation|procedure))[ \t]*[:,]\s*((?:[^\n]+\n?)+)"
)
_SIDE = compiled(r"(?i)\b(right|left|bilateral|both)\b")
_NAMED_LIMB = _compiled(r"(?i)\b{limb}s?\b")
_SIDED_LIMB = _compiled(r"(?i)\b(right|left)\s+(?:\w+\s+){0,2}{limb}\b")
_PREPARED_LIMB = _compiled(
    r"(?i)\btourniquet\s+(?:was|is|had been)\s+(?:then\s+)?(?:put|placed|applied|positioned)\s+"
    r"(?:high\s+)?(?:on|to|around|about|over)\s+(?:the\s+|his\s+|her\s+)?(right|left)\s+(?:\w+\s+)?{limb}\b"
    r"|\b(right|left)\s+(?:\w+\s+)?{limb}\s+(?:was|is)\s+(?:then\s+)?(?:\w+ly\s+)?"
    r"(?:prepped|draped|exsanguinated)\b"
)
_NOT_CUT = compiled(r"(?i)\b(?:IV|intravenous|veins?|grafts?|harvest\w*|donor|too|also|as\s+well)\b")
_MOST_LOOKED_AT = 100
"""Most sentences of a report that are looked at for what contradicts its headings."""

_HEADED = compiled(
    r"(?im)^[ \t#*•-]*(?:\(?\d{1,2}[.)][ \t]*)?(?:(?:intra|peri|post)-?(?:operative|procedural)[ \t]+"
    r"|immediate[ \t]+)?complications?(?:[ \t]?/[ \t]?[a-z ]{2,20})?[ \t]*(?:[:,]|$)"
)
_COMPLICATIONS = _compiled(r"(?i){complications}")
_OF_A_STEP = _compiled(r"(?i)\b{of_a_step}\b")


def found_at_operation(view: RuleInput) -> Iterator[Span]:
    """Find the sentences that say what the surgeon saw, outside the history, the indication and the plan."""
    for start, end in _sentences(view.text, _SEEN):
        sentence = view.text[start:end]
        if not _NOT_FOUND.search(sentence) and not _only_last_look(sentence):
            yield start, end


def perhaps_found(view: RuleInput) -> Iterator[Span]:
    """Find sentences on what came into view on the way, or at the last look: perhaps all that was to find."""
    for start, end in _sentences(view.text, _LAST_LOOK):
        sentence = view.text[start:end]
        if _LAST_LOOK.search(_PATIENT_TOLD.sub("", sentence)) and not has_blank(sentence):
            yield start, end


anesthesia = matches_of(_ANESTHESIA)
some_anesthesia = matches_of(_SOME_ANESTHESIA)


def other_anesthesia(view: RuleInput) -> Iterator[Span]:
    """Find a general anaesthetic given where the headings on anaesthesia name only others."""
    stated = [_NEGATED_GENERAL.sub("", match[1]) for match in _STATED_ANESTHESIA.finditer(view.text)]
    if any(map(_NOT_GENERAL.search, stated)) and not any(map(_GENERAL.search, stated)):
        for start, end in islice(_sentences(view.text, _UNDER_GENERAL), _MOST_LOOKED_AT):
            if not _NOT_GIVEN.search(view.text[start:end]):
                yield start, end


def other_side(view: RuleInput) -> Iterator[Span]:
    """Find where a limb is prepared on another side than the diagnoses and procedures name.

    It is not doubtful where the text beside them speaks of a limb of the named side, too.
    """
    headed = list(_NAMED_SIDES.finditer(view.text))
    named = " ".join(match[1] for match in headed)
    sides = {side.lower() for side in _SIDE.findall(named)}
    if sides not in ({"left"}, {"right"}) or not _NAMED_LIMB.search(named):
        return
    told = headed[-1].end()
    if any(match[1].lower() in sides for match in _SIDED_LIMB.finditer(view.text, told)):
        return
    for start, end in islice(_sentences(view.text, _PREPARED_LIMB), _MOST_LOOKED_AT):
        if start >= told and not _NOT_CUT.search(view.text[start:end]):
            yield start, end


def complications_told(view: RuleInput) -> Iterator[Span]:
    """Find where a report comes to speak of complications: under a heading, or in a statement."""
    yield from (match.span() for match in _HEADED.finditer(view.text))
    yield from complications(view)


def complications(view: RuleInput) -> Iterator[Span]:
    """Find the statement on complications of the operation, not of a step or of what came before."""
    text = view.text
    for match in _COMPLICATIONS.finditer(text):
        start, end = sentence_of(text, match.span())
        if not _OF_A_STEP.search(text[start:end]):
            # Behind the last sentence come keywords, on a line of their own.
            for at, line in lines_of(text[start:end], start):
                if at <= match.start() <= at + len(line):
                    yield at, max(at + len(line.rstrip()), match.end())


def _only_last_look(sentence: str) -> bool:
    """Tell whether nothing is left to find in a sentence but that nothing bled, or leaked unsought."""
    if _LEAK_SOUGHT.search(sentence):
        return False
    left = _NO_BLEEDING.sub("", sentence)
    return left != sentence and not _SEEN.search(left)


def _sentences(text: str, wanted: re2._Regexp[str]) -> Iterator[Span]:
    """Give the sentences that have a match, below no heading of what came before the operation."""
    headings = [(match.start(), match[1]) for match in _HEADING.finditer(text)]
    position, heading, last = 0, "", -1
    for match in wanted.finditer(text):
        while position < len(headings) and headings[position][0] <= match.start():
            heading = headings[position][1]
            position += 1
        if match.start() < last or _BEFORE_IT.search(heading):
            continue
        start, last = sentence_of(text, match.span())
        yield start, last
