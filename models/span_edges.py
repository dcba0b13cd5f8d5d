"""Post-process NER spans of people and places with orthographic rules.

A name has no form of address in it ("Mme"), no dash with a space, and no ordinary word in lower case. A lone
letter is a name after a title only; so is an abbreviation, an ordinary word, or what is taken by the
milligram, where no list of names has it and the network is not very sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from docassay.models.identifiers import Span

Bits = Callable[[str], int]
"""Gives the flags of a word in the lexicon, as `FIRST` and the following say."""

FIRST, COMMON_FIRST, LAST, LOWER, FREQUENT = 1, 2, 4, 32, 64
"""Flags of `word_features.Lexicon`: a first name, a common one, a surname; a word also met in lower case,
or often so."""


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """Personal data in a text: ``text[start:end]``.

    Attributes:
        probability: Mean over its words of the probability that each is of this label; null where a
            pattern with its own check decided.
        sure: Decided by a pattern, or at least as probable as the card asks.
    """

    start: int
    end: int
    label: str
    probability: float | None
    sure: bool = True


_WORD = re.compile(r"[^\W\d_]+")
_FORMS = (
    "mr|mrs|ms|miss|herrn?|frau|hr|fr|mme|mlle|mmes|mm|monsieur|madame|mademoiselle|messieurs"
    "|dr|docteur|prof|pr"
)
_ADDRESSED = re.compile(rf"(?i)(?:(?:{_FORMS})(?:\.\s*|\s+))+(?=[^\W\d_])")
_ALONE = re.compile(rf"(?i)(?:{_FORMS})\.?")
_MONSIEUR = re.compile(r"M\.\s*(?=(?:[^\W\d_]\.\s*)*[^\W\d_]{2})")
TITLED = re.compile(rf"(?i)\b(?:{_FORMS}|m|drs|doctor|doktor|professor|med)\.?\s*$")
_ADDRESS = re.compile(r"[\"']? ?(?:<|\[mailto:|\()(?=[^<>\s()\[\]]{1,64}@)")
_DISPLAY = re.compile(r"\b[^\W\d_][\w.'’-]*(?:,? [^\W\d_][\w.'’-]*){0,3}$")
_DISPLAY_CHARS = 60
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_TITLE_CHARS = 14
_DASH = re.compile(r"\s[-–—]+(?:\s|$)|[-–—](?:\s|$)")
_HEAD = re.compile(
    r"(?i)(?:(?:l['’]|la |le )?(?:h[oô]pital|chu|chru|chi|ch|gh|ghu|clinique|polyclinique)\b"
    r"(?: (?:de|du|des)\b)?\s*)+"
)
_NAMED = re.compile(r"\s*(?:(?:de|du|la|le|les|l['’]|d['’])\s*)*[A-ZÀ-Þ][\w'’.-]*(?: [A-ZÀ-Þ][\w'’.-]*)*")
_CEDEX = re.compile(r"(?i)(?:(?<=cedex)|[ \t]+cedex\b)(?:[ \t]+\d{1,2}\b)?")
_TAKEN = re.compile(
    r"(?i)\b(?:\d+ ?(?:mg|mcg|ml|units?|µg|puffs?)|mg|tablets?|capsules?|daily|twice|doses?|dosages?|drops"
    r"|cream|ointment|shampoo|inhaler|spray|puffs?|injections?|medications?|prescri\w+|taking|takes|took"
    r"|started on|continued? on|continue|discontinued?|prn|allerg\w+|refills?|therapy with|treated with)\b"
)
_NEAR = 50
"""Characters around a word that are looked at."""
_NAMES = frozenset(("person", "place", "facility"))
_SHORT, _LONG = 4, 5
"""Letters of the longest abbreviation that is also a surname, and of the longest."""
_ABBREVIATED, _ORDINARY, _DRUG = 0.99, 0.95, 0.995
"""How probable an abbreviation, an ordinary word, or what is taken, must be to be a name all the same."""


_PARTICLES = frozenset(
    (
        *("da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "el", "la", "las"),
        *("le", "les", "los", "ter", "van", "von", "zu", "zum", "zur"),
    )
)


def settled(text: str, span: Span, label: str, language: str, bits: Bits) -> Span | None:
    """Put the ends of a span right; None where it is not what its label says.

    Args:
        text: The text.
        span: Where the network has found something.
        label: What it has found.
        language: That of the text.
        bits: What the lexicon knows of a word.
    """
    if label == "person":
        return _as_name(text, *span, language, bits)
    if label == "facility" and language == "fr":
        return _as_facility(text, *span)
    if label == "place" and (found := _CEDEX.match(text, span[1])) is not None:
        return span[0], found.end()
    return span


def displayed(text: str) -> Iterator[Span]:
    """Give what stands before an address of mail as the name of its owner: "[Ann Lee] <al@mail.example>"."""
    for address in _ADDRESS.finditer(text) if "@" in text else ():
        begin = max(0, address.start() - _DISPLAY_CHARS)
        if (shown := _DISPLAY.search(text[begin : address.start()])) is not None:
            yield begin + shown.start(), address.start()


def compounds(text: str, spans: Sequence[TaggedSpan], bits: Bits) -> list[TaggedSpan]:
    """Let no span end at a hyphen inside a name: "Kremlin-[Bicêtre]" is one, and "[Bichat-][Claude Bernard]".

    Args:
        text: The text.
        spans: In order; of two that overlap the second is left out.
        bits: What the lexicon knows of a word.
    """
    whole: list[TaggedSpan] = []
    for span in spans:
        hyphen = span.start - 1
        if whole and whole[-1].end in (hyphen, hyphen + 1) and _joined(text, hyphen):
            likelier = max(whole[-1], span, key=lambda one: one.probability or 0.0)
            whole[-1] = replace(likelier, start=whole[-1].start, end=span.end)
        elif not whole or span.start >= whole[-1].end:
            whole.append(span)
    return [_completed(text, span, bits) if span.label in _NAMES else span for span in whole]


def _completed(text: str, span: TaggedSpan, bits: Bits) -> TaggedSpan:
    start, end = span.start, span.end
    if (joined := _joined(text, start - 1)) is not None and not _is_common(joined[0], bits):
        start -= len(joined[0]) + 1
    hyphen = end - 1 if text[end - 1] == "-" else end
    if (joined := _joined(text, hyphen)) is not None and not _is_common(joined[1], bits):
        end = hyphen + 1 + len(joined[1])
    return replace(span, start=start, end=end)


def _joined(text: str, hyphen: int) -> tuple[str, str] | None:
    """Give the two words that a hyphen joins, where both have a capital."""
    if hyphen < 1 or text[hyphen : hyphen + 1] != "-":
        return None
    before = _LAST_WORD.search(text, max(0, hyphen - _NEAR), hyphen)
    after = _WORD.match(text, hyphen + 1)
    if before is None or after is None or not (before[0][0].isupper() and after[0][0].isupper()):
        return None
    return before[0], after[0]


def _is_common(word: str, bits: Bits) -> bool:
    """Tell whether a word is an ordinary one and no name."""
    known = bits(word)
    return bool(known & LOWER) and not known & (FIRST | LAST)


def is_name(text: str, span: Span, probability: float, bits: Bits) -> bool:
    """Tell whether one word may be the name that the network holds it for; several always may."""
    start, end = span
    words: Sequence[str] = _WORD.findall(text[start:end])
    if len(words) != 1 or TITLED.search(text[max(0, start - _TITLE_CHARS) : start]):
        return bool(words)
    word, known = words[0], bits(words[0])
    if len(word) == 1:
        return False
    if known & FIRST:
        return True
    if probability < _ABBREVIATED and word.isupper() and len(word) <= (_SHORT if known & LAST else _LONG):
        return False
    if probability < _ORDINARY and known & LOWER:
        return False
    return probability >= _DRUG or not _is_taken(text, start, end)


def _is_taken(text: str, start: int, end: int) -> bool:
    """Tell whether the line says nearby that something is taken or prescribed."""
    before = text[max(0, start - _NEAR) : start].rpartition("\n")[2]
    after = text[end : end + _NEAR].partition("\n")[0]
    return _TAKEN.search(f"{before} {after}") is not None


def _as_name(text: str, start: int, end: int, language: str, bits: Bits) -> Span | None:
    """Leave out forms of address, what follows a dash, and ordinary words in lower case."""
    titled = TITLED.search(text[max(0, start - _TITLE_CHARS) : start])
    for form in (_ADDRESSED, _MONSIEUR) if language == "fr" and not titled else (_ADDRESSED,):
        if (found := form.match(text, start, end)) is not None:
            start = found.end()
    if (dash := _DASH.search(text, start, end)) is not None and _WORD.search(text, start, dash.start()):
        end = dash.start()
    words = list(_WORD.finditer(text, start, end))
    if not words or _ALONE.fullmatch(text, start, end):
        return None
    if any(not word[0].islower() for word in words):
        while _is_ordinary(words[-1][0], bits):
            words.pop()
            end = words[-1].end()
        while _is_ordinary(words[0][0], bits):
            words.pop(0)
            start = words[0].start()
    return start, end


def _is_ordinary(word: str, bits: Bits) -> bool:
    """Tell whether a word is in lower case, as no name is, but for particles."""
    return word.islower() and word not in _PARTICLES and _is_common(word, bits)


def _as_facility(text: str, start: int, end: int) -> Span | None:
    """Take what a French hospital is called for its name, as in "hôpital [Saint-Louis]"."""
    head = _HEAD.match(text, start, end)
    if head is None:
        return start, end
    if head.end() < end:
        return head.end(), end
    named = _NAMED.match(text, end)
    if named is None:
        return None
    return end + len(named[0]) - len(named[0].lstrip()), named.end()
