"""Split: a document into segments, by the rules of its domain."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

from docassay import domains
from docassay.domains.mail.message import MOST_OF_MESSAGE, message
from docassay.domains.outline import Part, trim
from docassay.domains.typography import unaccented
from docassay.models.catalog import Card
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, Reject, Segment
from docassay.transforms.detect import detect_language
from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import TEXT
from docassay.transforms.kind import LEAST_ALONE, LEAST_ASKED, WRITTEN, head_of_kinds
from docassay.transforms.lazy_imports import replaced, without

MAX_CHARS = 1_000
"""Longest segment in characters: about the 192 tokens at which the shipped encoder was trained."""

MOST_PARTS = 20_000
"""Most parts of a document, under headings of their own; what follows is one part, cut into windows."""

LEAST_WORDS = 6
"""Fewest words of a text that may be a message and says something."""

OVERLAP_CHARS = 200
"""Most characters that two windows of an over-long part share."""

Asked = Sequence[tuple[domains.Domain, str]]
"""The domains, each with a kind or ``""``, whose questions a document is asked; see `asked_kinds`."""

_RUN = re.compile(r"\S{200,}")


def asked_kinds(document: Document) -> list[tuple[domains.Domain, str]]:
    """List the domains, each with a kind or ``""``, whose questions a document is asked.

    They are its own, or those of every domain where it is unknown. Where the kind is not sure, the signs of
    fraud and the tasks of the likely kinds are asked too, whatever their domain, but those checks alone
    that all of these kinds share: a check of another kind of document would speak where it knows nothing;
    of a kind that is less probable than `LEAST_ASKED`, or than `LEAST_ALONE` where no other is likely, none.
    What may hold several documents is asked all of each kind. A mail or a chat is asked the questions of
    every mail, and of its own domain where it has one; the latter's signs of the same names are left out
    then. A short text of no kind may be a message, and is asked the signs of every mail, too.
    """
    if document.kind in WRITTEN:
        return [(domain, document.kind) for domain in _asked_of_mail(document)]
    names = [domain.name for domain in domains.document_domains()]
    names = names if document.domain == UNKNOWN else [document.domain]
    likely = [tuple(kind.split(".", 1)) for kind in document.kind_candidates]
    asked = dict.fromkeys([*((name, document.kind) for name in names), *likely])
    of_message = [(domain, "") for domain in domains.mail_domains() if _may_be_message(document)]
    improbable = _improbable(document)
    if document.boundary_candidates or (len(asked) == 1 and not improbable):
        return [*((domains.load(name).asking((kind,)), kind) for name, kind in asked), *of_message]
    within_one = len({name for name, _ in asked}) == 1
    # One likely kind that is not named is less likely than none; of several it is one or another.
    kinds = [kind for _, kind in asked if kind or len(likely) < 2]
    checked = within_one and not improbable
    found = [
        (domains.load(name).asking(kinds) if checked else replace(domains.load(name), checks=()), kind)
        for name, kind in asked
    ]
    return [*found, *of_message]


def _improbable(document: Document) -> bool:
    """Tell whether a document's kind is so unlikely that no check is asked."""
    least = LEAST_ASKED if len(document.kind_candidates) > 1 else LEAST_ALONE
    if document.kind_confident or document.kind_probability >= least:
        return False
    return f"{document.domain}.{document.kind}" in head_of_kinds().task.labels


_CODE = re.compile(r"(?m)^(?:```|# |#[\w-]+:|\$ |//)")
"""How lines of code, of its manuals and of logs begin."""


_CONTRACT = re.compile(
    r"(?i)[\W_]*(?:[^\W\d_]+[ -]){0,5}[^\W\d_]*(?:agreement|contract|vertrag|contrat)[\W_]*"
)
"""A first line that is the name of a contract and nothing else, in English, German, French or Dutch."""

_TO_SIGN = re.compile(r"_{6,}")


def _is_to_be_signed(text: str) -> bool:
    r"""Tell whether a text is a contract: it opens with the name of one, and leaves lines to sign on.

    >>> _is_to_be_signed("LEASE AGREEMENT\n\nThe rent is EUR 900.\n\nTenant: ____________")
    True
    >>> _is_to_be_signed("Your contract\n\nSend EUR 900 today, and tell nobody.")
    False
    """
    return bool(_CONTRACT.fullmatch(text.lstrip().partition("\n")[0])) and _TO_SIGN.search(text) is not None


_TO_READER = re.compile(
    r"(?i)://|\b(?:you\w*|u|ur|yr|me|my|i|we|our|us|please|pl[sz]|hi|hello|hey|dear|reply|click|call|tap"
    r"|visit|text|contact|congrat\w*|win|won|log ?in|sign ?in|mum|mom|dad|sie|ihre?[nmrs]?|ihnen|du|dein\w*"
    r"|dich|dir|ich|mein\w*|bitte|hallo|wir|vous|votre|vos|tu|te|ton|ta|je|mon|ma|nous|bonjour|veuillez"
    r"|cliquez|usted|tus?|sus?|mi|hola|haga|favor|voce|seu|sua|ola|meu|minha|clique|lei|suoi?|ti|tuo|tua|io"
    r"|mio|mia|ciao|gentile|clicca|uw?|jouw?|jij|ik|mijn|klik|hoi|beste|papa|mama)\b"
)
"""A link, or a word by which a writer speaks to a reader, in seven languages, without accents."""

FORM_LINES = 5
"""Fewest lines of a text to nobody that is a form or a notice, and no message."""


def _is_to_nobody(text: str) -> bool:
    r"""Tell whether a text of several lines speaks to no reader: a form, a record or a set of rules.

    >>> _is_to_nobody("Leave\n- Sick: 7 days\n- Paid: 20 days\nHours\n- 9 a day")
    True
    >>> _is_to_nobody("Leave\n- Sick: 7 days\n- Paid: 20 days\nHours\n- Ask us")
    False
    """
    lines = sum(1 for line in text.splitlines() if line.strip())
    return lines >= FORM_LINES and not (message(text).body_start or _TO_READER.search(unaccented(text)))


def _may_be_message(document: Document) -> bool:
    """Tell whether a document is so short a text, of no kind and domain, that it may be a message."""
    text = document.text
    if document.media_type != TEXT or document.kind or len(text) > MOST_OF_MESSAGE:
        return False
    if len(text.split()) < LEAST_WORDS or _CODE.search(text) or _is_to_be_signed(text) or _is_to_nobody(text):
        return False
    return document.domain == UNKNOWN or bool(message(text).links)


def _asked_of_mail(document: Document) -> list[domains.Domain]:
    of_mail = domains.mail_domains()
    codes = frozenset(rule.id for domain in of_mail for rule in domain.flags)
    own = [domains.load(document.domain)] if document.domain != UNKNOWN else []
    return [*(domain.without_flags(codes) for domain in own if domain not in of_mail), *of_mail]


def tasks_of(document: Document, segments: Sequence[Segment], card: Card) -> tuple[tuple[str, ...], ...]:
    """Choose for each segment the tasks to ask: those of the document's kinds that the model has.

    A segment in a language that the model was not trained on gets no tasks: an answer about a text
    that was not understood would be worse than none.
    """
    wanted = [(domain, tasks) for domain, _, tasks in asked_tasks(document, card)]
    languages = languages_read(card)

    def tasks_of_segment(segment: Segment) -> tuple[str, ...]:
        if segment.language not in languages:
            return ()
        return tuple(
            dict.fromkeys(
                task
                for domain, tasks in wanted
                if domain.says_something(segment.text, segment.heading)
                for task in tasks
            )
        )

    return tuple(tasks_of_segment(segment) for segment in segments)


def languages_read(card: Card) -> set[str]:
    """Name the languages of the segments that a model is asked about."""
    return {UNDETERMINED, *card.about.get("languages", ["en"])}


def asked_tasks(document: Document, card: Card) -> list[tuple[domains.Domain, str, list[str]]]:
    """List the domains and kinds of `asked_kinds`, each with its tasks that the model has.

    A document of unknown domain, of which no kind is likely either, is asked what the card asks of every
    document.
    """
    asked = []
    for domain, kind in asked_kinds(document):
        of_kind = domain.tasks_of(kind) if document.domain != UNKNOWN or kind else ()
        offered = [name for name, task in card.tasks.items() if task.asked and task.domain == domain.name]
        tasks = [task for task in dict.fromkeys([*of_kind, *offered]) if task in card.tasks]
        asked.append((domain, kind, tasks))
    return asked


def split(document: Document, card: Card) -> Document | Reject:
    """Cut a document of known language and domain into segments, with the tasks to ask of each."""
    segments = cut_segments(document, detect_language)
    if not segments:
        return Reject(document.doc_id, document.uri, "split", "no_segment", "no text between the headings")
    return replace(document, segments=segments, tasks=tasks_of(document, segments, card))


def cut_segments(
    document: Document, tell_language: Callable[[str], tuple[str, float]] | None = None
) -> tuple[Segment, ...]:
    """Cut a document into segments with ``text[start_char:end_char] == segment.text``.

    A part longer than `MAX_CHARS` becomes windows that overlap and begin and end at sentence ends;
    where there is no sentence end, they do so at white space. Only a run without white space that is
    longer than a window is cut inside. Without `tell_language` segments have the document's language.
    """
    text = document.text
    segments: list[Segment] = []
    parts = list(_parts(document))
    if len(parts) > MOST_PARTS:
        parts[MOST_PARTS:] = [Part(parts[MOST_PARTS].start, len(text))]
    for part in parts:
        for start, end in windows(text, part.start, part.end, document.language):
            piece = text[start:end]
            tag = tell_language(piece)[0] if tell_language else document.language
            if tag == UNDETERMINED:
                tag = document.language
            segments.append(Segment(document.doc_id, len(segments), start, end, part.heading, piece, tag))
    return tuple(segments)


def windows(text: str, start: int, end: int, language: str = "en") -> Iterator[tuple[int, int]]:
    """Cover ``text[start:end]`` with windows of at most `MAX_CHARS` that overlap at sentence ends.

    Yields:
        Start and end of each window, in order, without white space at either end.
    """
    start, end = trim(text, start, end)
    if start >= end:
        return
    if end - start <= MAX_CHARS:
        yield start, end
        return
    breaks = _breaks(text, start, end, language)
    at = start
    while True:
        stop = end if end <= at + MAX_CHARS else breaks[bisect_right(breaks, at + MAX_CHARS) - 1]
        first, last = trim(text, at, stop)
        if first < last:
            yield first, last
        if stop >= end:
            return
        at = breaks[bisect_left(breaks, max(at + 1, stop - OVERLAP_CHARS))]


def _parts(document: Document) -> Sequence[Part]:
    if document.domain == UNKNOWN:
        return paragraphs(document.text)
    view = domains.RuleInput(document.text, document.kind, document.media_type)
    return domains.load(document.domain).split(view)


def paragraphs(text: str) -> list[Part]:
    """Cut a text at empty lines: the split of a document whose domain is unknown."""
    parts = []
    position = start = 0
    for line in [*text.splitlines(keepends=True), "\n"]:
        if not line.strip():
            first, last = trim(text, start, position)
            if first < last:
                parts.append(Part(first, last))
            start = position + len(line)
        position += len(line)
    return parts


def _breaks(text: str, start: int, end: int, language: str) -> list[int]:
    """List where a window may end: after sentences, and inside a sentence longer than a window.

    No two neighbours are further apart than `MAX_CHARS`.
    """
    ends = [start, *_sentence_ends(text[start:end], start, language), end]
    breaks: list[int] = []
    for a, b in pairwise(sorted(set(ends))):
        at = a
        while b - at > MAX_CHARS:
            cut = _last_space(text, at, at + MAX_CHARS)
            breaks.append(cut)
            at = cut
        breaks.append(b)
    return breaks


def _last_space(text: str, start: int, end: int) -> int:
    for at in range(end, start, -1):
        if text[at - 1].isspace():
            return at
    return end


def _sentence_ends(text: str, offset: int, language: str) -> list[int]:
    """Find sentence ends with spaCy's rules for the language, in blocks it can hold."""
    nlp = _sentencizer(language)
    ends: list[int] = []
    at = 0
    while at < len(text):
        stop = min(len(text), at + 100_000)
        if stop < len(text):
            stop = _last_space(text, at, stop)
        block = _RUN.sub(_word, text[at:stop])
        ends.extend(offset + at + sentence.end_char for sentence in nlp(block).sents)
        at = stop
    return ends


def _word(run: re.Match[str]) -> str:
    """Replace a run without white space by a word of its length: spaCy takes quadratic time for signs."""
    return "x" * (len(run[0]) - 1) + run[0][-1]


_FRENCH_ABBREVIATIONS = """
apr. av. avr. cf. déc. etc. févr. J.-C. janv. juill. nov. oct. pp. sept.
Dr. M. MM. Mlle. Mme. Mr. No. St. Ste. Vol.
"""
"""Words whose full stop ends no French sentence."""


@cache
def _sentencizer(language: str) -> Any:
    # Its commands, with a client for downloads, and an older Pydantic take a third of its import.
    with (
        without("torch", "pydantic.v1"),
        replaced("spacy.cli"),
        replaced("spacy.cli.info", info=None),
    ):
        from spacy.attrs import IS_PUNCT
        from spacy.lang.lex_attrs import is_punct
        from spacy.util import get_lang_class
        from spacy.vocab import Vocab

    vocab = Vocab({IS_PUNCT: is_punct})  # ends of sentences hang on no other attribute of a word
    try:
        nlp = get_lang_class("xx" if language == "fr" else language)(vocab=vocab)
    except ImportError:  # spaCy has no rules for the language
        nlp = get_lang_class("xx")(vocab=vocab)
    if language == "fr":
        _end_as_in_french(nlp)
    nlp.add_pipe("sentencizer")
    nlp.max_length = 200_000
    return nlp


def _end_as_in_french(nlp: Any) -> None:
    """Have a tokenizer of no language end sentences as spaCy's French one, which takes two seconds to open.

    That one compiles an expression of all hyphenated words, which end no sentence. Of 42,228 ends in French
    texts one differs, in a passage of English.
    """
    from spacy.lang.char_classes import PUNCT
    from spacy.lang.punctuation import TOKENIZER_SUFFIXES
    from spacy.symbols import ORTH
    from spacy.util import compile_suffix_regex

    for word in _FRENCH_ABBREVIATIONS.split():
        nlp.tokenizer.add_special_case(word, [{ORTH: word}])
    # A full stop behind a bracket or an asterisk belongs to what is before it.
    suffixes = [rule.replace(PUNCT, "") for rule in TOKENIZER_SUFFIXES]
    nlp.tokenizer.suffix_search = compile_suffix_regex(suffixes).search
