"""Clinical terms that are taken for names: parts of the body, vital signs, medicines, abbreviations of notes.

Some are surnames, too ("Herr Leber", "Mr. Hand"). Forms of address, roles, births, initials, labels,
signatures and lists of names tell where a text means a person by one.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources

from docassay.domains.medical.drug_words import STEM
from docassay.models.span_edges import TITLED, TaggedSpan

WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUED = re.compile(
    r"\b(?:(?:(?:name|nom|vorname|prénom|nachname|surname)[ \t]*:|(?:signed|seen|dictated|reviewed) by\b:?"
    r"|gez\.|(?:signé|vu) par\b:?)\s*|(?:patient(?:in|e)?|arzt|ärztin|physician|provider|médecin|an|to|von"
    r"|from|à|unterschrift|signature|electronically signed|ober[aä]rzt(?:in)?|assisten[zt]|operateur(?:in)?"
    r"|surgeon|assistant|opérateur|aide|(?:zu|über)weiser(?:in)?|ansprechpartner(?:in)?|sachbearbeiter(?:in)?"
    r"|kontakt|attending|consultant|PCP|wife|husband|daughter|son|chirurgien|médecin traitant)"
    r"[ \t]*:[ \t]*)(?:[^\W\d_]+,?[ \t]){0,2}$",
    re.IGNORECASE,
)
"""What stands before a name; its last word is one of the three that follow."""
_ROLE = re.compile(
    r"\b(?i:patient(?:in|en|e)?|schwester|pfleger(?:in)?|(?:haus|ober|chef|fach)?[aä]rzt(?:in)?|OA|OÄ|CA|familie"
    r"|(?:rück|ab)?sprache mit|nurse(?: practitioner)?|surgeon|physician|referred by|spoke with"
    r"|infirmi[eè]re?|i\. ?[AV]\.|kolleg(?:e|en|in)|confrère|dear|hi|ehe(?:frau|mann)|priv\.-doz\.|PD"
    r"|dipl\.-[a-z]{2,6}\.)[ \t]+$"
)
"""What stands before a name that begins with a capital letter."""
_BORN = re.compile(
    r",?[ \t]{1,3}\(?(?:geb\.|geboren|born\b|née?[ \t]|DOB\b|\*[ \t]?\d|an?[ \t]\d{1,3}[- ]year)"
    r"|,[ \t](?:M\.?[ \t]?D\b|R\.?N\b|Fach[aä]rzt)"
)
"""What stands behind a name: a birth, an age or an academic degree."""
_INITIALS = re.compile(r"(?:\b[A-ZÄÖÜÀ-Þ]\.[ \t-]?){1,3}$")
_SHORTEST = 4
_CUE_CHARS = 60
_TITLE_CHARS = 14
_NO_TITLE = re.compile(r"(?<!r\. )(?<!r\.)(?<!r )\bmed\.?\s*$", re.IGNORECASE)
"""What shortens medial or medication, and is no "Dr. med."."""
_INITIAL_BEFORE = re.compile(r"(?<![a-zäöü]\.)(?<![a-zäöü]\.\s)\b[A-ZÄÖÜÀ-Þ]\.[ \t]?$")
_INITIAL_BEHIND = re.compile(r",?[ \t][A-ZÄÖÜÀ-Þ]\.(?![^\W\d_])")
_LATIN = frozenset("AVNM")
"""Short for arteria, vena, nervus, musculus, and in notes for neoplasia and morbus."""
_BEFORE_TERM = frozenset(("von", "mit", "de", "du", "la", "le", "with", "the"))
_CLOSING = re.compile(
    r"\b(?:gr(?:u|ü)(?:ß|ss)en?|hochachtungsvoll|sincerely|faithfully|regards|respectfully|cordialement"
    r"|salutations|confraternellement|sentiments)\b[^\n]*\n(?:[^\n]*\n){0,4}[ \t]*$",
    re.IGNORECASE,
)
_CLOSING_CHARS = 300
_LIST = re.compile(
    r"[ \t]++|[ \t]*+(?:,|;|/|&|und|and|et|u\.|\n[ \t]*+[-*•](?=[ \t]))[ \t\n]*+"  # also cells and items
)


@cache
def lists() -> dict[str, frozenset[str]]:
    """Read the terms by kind: `organs`, `vital_signs`, `medicines`, `notes`, in lower case; `compounds`."""
    folder = resources.files(__package__)
    read = tomllib.loads(folder.joinpath("terms.toml").read_text("utf-8"))
    read["medicines"] += folder.joinpath("medicines.txt").read_text("utf-8").split()
    return {name: frozenset(words) for name, words in read.items()}


@cache
def _terms() -> frozenset[str]:
    return frozenset().union(*(words for name, words in lists().items() if name != "compounds"))


@cache
def _compound() -> re.Pattern[str]:
    heads = sorted((word for word in lists()["organs"] if len(word) >= _SHORTEST), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(heads)})(?:n|s|en)?(?:{'|'.join(sorted(lists()['compounds']))})")


def is_term(word: str) -> bool:
    """Tell whether a word is a clinical term, or each part of it between hyphens.

    >>> is_term("Leber"), is_term("Leberfiliae"), is_term("Vincristin"), is_term("Wernicke")
    (True, True, True, False)
    """
    parts = word.casefold().split("-")
    return all(_is_part(part) or (n > 0 and len(part) == 1) for n, part in enumerate(parts))


def _is_part(word: str) -> bool:
    known = word in _terms() or _compound().fullmatch(word) is not None
    return known or STEM.fullmatch(word) is not None or STEM.fullmatch(f"{word}e") is not None


def is_medicine(word: str) -> bool:
    """Tell whether a word is the name of a medicine, or of how it is taken."""
    word = word.casefold()
    return word in lists()["medicines"] or any(STEM.fullmatch(form) for form in (word, f"{word}e"))


def is_clinical(text: str, span: TaggedSpan) -> bool:
    """Tell whether a span has nothing but terms, and what belongs to them.

    A letter behind a medicine is of its name ("Vit D"), one before a Latin word shortens what it is ("N.
    ischiadicus"), and where the tagger is not sure a preposition or an article may stand before a medicine.
    """
    value = text[span.start : span.end]
    words = WORDS.findall(value)
    before = WORDS.findall(text[max(0, span.start - _TITLE_CHARS) : span.start])[-1:]
    for at, word in enumerate(words):
        latin = word in _LATIN and words[at + 1 : at + 2] and words[at + 1].islower()
        letter = len(word) == 1 and before and is_medicine(before[0])
        first = word in _BEFORE_TERM and not span.sure and len(words) == 2 and is_medicine(words[1])
        if not (is_term(word) or latin or letter or first):
            return False
        before = [word]
    return bool(words) and not any(map(str.isdigit, value))


def named(
    text: str, spans: Sequence[TaggedSpan], words: frozenset[str], is_listed: Callable[[str], bool]
) -> Iterator[str]:
    """Give those of some words that a text uses as a name, in lower case.

    Args:
        text: A whole document.
        spans: Of the text, in order, as the tagger gives them.
        words: Terms, in lower case.
        is_listed: Tells whether a word is known as a first name or a surname.
    """
    for match in WORDS.finditer(text) if words else ():
        word = match[0].casefold()
        if word in words and _is_named(text, *match.span()):
            yield word
    people = [span for span in spans if span.label == "person"]
    for span in people:
        if not (is_clinical(text, span) or WORDS.fullmatch(text, span.start, span.end)):
            yield from words.intersection(_people(text, span.start, span.end, is_listed))
    for one, other in itertools.pairwise(people):
        if _LIST.fullmatch(text, one.end, other.start) and any(
            span.sure and not is_clinical(text, span) for span in (one, other)
        ):
            inside = _people(text, one.start, other.end, is_listed)
            yield from words.intersection(word for word in inside if not is_medicine(word))


def _people(text: str, start: int, end: int, is_listed: Callable[[str], bool]) -> list[str]:
    """Give the words of a name or a list of names; without a known name among them, medicines are none."""
    words = WORDS.findall(text[start:end])
    known = any(map(is_listed, words))
    return [word.casefold() for word in words if known or not is_medicine(word)]


def _is_named(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _CUE_CHARS) : start]
    titles = _INITIALS.sub("", before)  # "Dr. K. Leber"
    if (TITLED.search(titles[-_TITLE_CHARS:]) and not _NO_TITLE.search(titles)) or _CUED.search(before):
        return True
    if not text[start].isupper():
        return False
    if _ROLE.search(before) or _BORN.match(text, end):
        return True
    if _INITIAL_BEFORE.search(before) or _INITIAL_BEHIND.match(text, end):
        return True
    line = text[text.rfind("\n", 0, start) + 1 : start], text[end : end + _CUE_CHARS].partition("\n")[0]
    alone = not any(char.isalnum() or char == ":" for side in line for char in side)
    return alone and _CLOSING.search(text[max(0, start - _CLOSING_CHARS) : start]) is not None
