"""Flag: signs of fraud, from rules, from labels that are a sign themselves, and from mails as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from docassay.domains import Domain, RuleInput, Span, TaskFlag, reason, spans
from docassay.domains.disguise import is_disguised
from docassay.domains.mail.features import MOST_CHARS, feature_strings, model_text, readable
from docassay.domains.mail.message import copied_below, message
from docassay.domains.mail.traits import is_own_affair, points
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled
from docassay.languages.chats import LINE
from docassay.models import catalog
from docassay.models.catalog import Card, TaskCard
from docassay.models.reading import DECIMALS, Reading, assigned_labels, deciders, is_sure, raised
from docassay.schemas.rows import Flag, Segment, Severity
from docassay.transforms.budget import Clock
from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import CHAT

if TYPE_CHECKING:
    from docassay.models.document_head import DocumentHead


WEIGHTS: Mapping[Severity, float] = {"low": 0.1, "medium": 0.3, "high": 0.6, "critical": 0.85}
"""How much one flag of a severity adds to a document's risk."""


def flag(doc_id: str, domain: Domain, view: RuleInput, clock: Clock | None = None) -> list[Flag]:
    """Apply a domain's fraud rules to a document; the clock is looked at after each.

    Raises:
        OutOfTime: They took more time than the clock allows.
    """
    flags: list[Flag] = []
    for rule in domain.flags:
        flags += [
            Flag(
                doc_id=doc_id,
                code=rule.id,
                severity=rule.severity,
                probability=None,
                start_char=start,
                end_char=end,
                evidence=view.text[start:end],
                why=reason(rule, view, (start, end)),
                source=rule.source,
                decided_by=domain.decided_by(rule.id),
            )
            for start, end in spans(rule, view)
        ]
        if clock:
            clock.check()
    return flags


def flag_labels(
    doc_id: str, domain: Domain, segments: Sequence[Segment], readings: Sequence[Reading], card: Card
) -> list[Flag]:
    """Turn labels that a domain calls signs of fraud into flags, at most one of each per document.

    A message is fraudulent as a whole, so its segments are judged together. The evidence is the
    sentence that speaks most for the label, in the segment that does. A sign of which the
    model is not sure is no flag; see `uncertain_codes`.
    """
    flags = []
    for sign in domain.task_flags:
        probability, sure = _sign_probability(sign, readings, card)
        if not sure:
            continue
        answered = [(s, r) for s, r in zip(segments, readings, strict=True) if sign.task in r.probabilities]
        column = card.tasks[sign.task].labels.index(sign.label)
        segment, reading = max(answered, key=lambda pair: pair[1].probabilities[sign.task][column])
        start, end = reading.evidence.get((sign.task, sign.label), (0, len(segment.text)))
        flags.append(
            Flag(
                doc_id=doc_id,
                code=sign.code,
                severity=sign.severity,
                probability=probability,
                start_char=segment.start_char + start,
                end_char=segment.start_char + end,
                evidence=segment.text[start:end],
                why=sign.why,
                source=sign.source,
                decided_by=f"model {deciders(readings, card, sign.task)}",
            )
        )
    return flags


def uncertain_codes(domain: Domain, readings: Sequence[Reading], card: Card) -> list[str]:
    """List the codes of signs that a model sees within its margin: another processor might flag them."""
    signs = {sign.code: _sign_probability(sign, readings, card) for sign in domain.task_flags}
    return [code for code, (probability, sure) in signs.items() if probability and not sure]


def _sign_probability(sign: TaskFlag, readings: Sequence[Reading], card: Card) -> tuple[float, bool]:
    """Give the probability of a sign in a document, 0 where there is none, and whether that is sure."""
    answers = [(r.probabilities[sign.task], r.tokens) for r in readings if sign.task in r.probabilities]
    if not answers:
        return 0.0, False
    task = card.tasks[sign.task]
    pooled = pool_probabilities(task, answers)
    probability = dict(assigned_labels(task, pooled)).get(sign.label, 0.0)
    least = max(sign.least, task.least(sign.label))
    if probability < least:
        return 0.0, False
    return probability, is_sure(task, pooled, sign.label) and probability >= raised(least, task.margin)


def pool_probabilities(task: TaskCard, readings: Sequence[tuple[Sequence[float], int]]) -> tuple[float, ...]:
    """Pool the probabilities of several segments into those of one text, weighted by tokens.

    The head is linear and the pooling a mean, so the logits of the whole are the weighted mean of
    the logits of its parts: the result is what pooling over all tokens gives.

    Returns:
        The probability of each label, in the order of the task's labels.
    """
    total = sum(tokens for _, tokens in readings)
    least = 10.0**-DECIMALS  # a rounded probability may be 0 or 1

    def mean(to_logit: Callable[[float], float], column: int) -> float:
        return sum(to_logit(min(max(p[column], least), 1 - least)) * tokens for p, tokens in readings) / total

    labels = range(len(task.labels))
    if task.kind == "multi":
        logits = [mean(lambda p: math.log(p / (1 - p)), column) for column in labels]
        return tuple(round(1 / (1 + math.exp(-logit)), DECIMALS) for logit in logits)
    powers = [math.exp(mean(math.log, column)) for column in labels]
    return tuple(round(power / sum(powers), DECIMALS) for power in powers)


def risk(flags: Iterable[Flag], doubt: float = 0.0) -> float:
    """Sum up a document's flags as a number from 0 to 1 to sort by; it is not a probability.

    One minus the product of ``1 - weight * probability`` over the codes flagged; a code counts
    once, with its most probable evidence, and a rule's match counts as certain. The doubt that a mail as a
    whole gives counts for a little, so that every mail has a risk.

    >>> risk([]), risk([], doubt=0.5)
    (0.0, 0.05)
    """
    strongest: dict[str, float] = {}
    for row in flags:
        weight = WEIGHTS[row.severity] * (1.0 if row.probability is None else row.probability)
        strongest[row.code] = max(weight, strongest.get(row.code, 0.0))
    remaining = 1.0 - BACKGROUND * doubt
    for code in sorted(strongest):
        remaining *= 1.0 - strongest[code]
    return round(1.0 - remaining, 6)


HEAD = "mail"
"""The name of the head's folder."""

HONEST = "legitimate"
"""The head's label for mail that is neither fraud nor a lure."""

LESS_BY_POINTS = (0.0, 0.06, 0.5)
"""By how much less doubt is enough for no, one, and more points of traits, but for pressure in words."""

LESS_OF_MESSAGE = (-0.05, 0.35, 0.4)
"""The same for a message of a telephone, by the points of its links; more is asked where it has none."""

LEAST_DOUBT = 1e-5
"""The least doubt, so that the risk of every mail can be sorted by."""

STRETCH_CHARS, MOST_STRETCHES = 1_000, 50
"""Characters of a chat that are judged together, and how many such stretches are."""

BACKGROUND = 0.1
"""How much the doubt of a mail that has no sign of the head adds to its risk."""

_LEAST_LETTERS = 40
_FOOTER = compiled(
    r"(?i)\bunsubscribe|\bto (?:be removed|remove yourself)|\bopt[- ]out\b|\bin (?:your|a) browser\b"
    r"|\babmelden\b|\babbestellen\b|\bdésabonn|\bdésinscri|\bdarse de baja\b|\bdescadastr|\bdisiscri"
    r"|\bcancelar (?:a |la )?(?:inscri|suscri)|\bannulla l.iscrizione"
)
_MOST_PASSAGES = 80


def flag_mail(document: Document, domain: Domain) -> tuple[list[Flag], list[str], float]:
    """Flag a mail whose words as a whole are those of fraud or of a lure.

    The head reads the original in seven languages, and the traits of `domains/mail`; less doubt is enough
    where headers and links give cause, too. The probability is that of not being honest; the label names
    which of both is the more probable. Of a mail whose sender is proven, and whose links stay with it, the
    sign is at most `medium`. Of a chat the stretch is taken that is doubted most.

    Returns:
        The flags, the codes of signs within the head's margin, and the doubt, which is never 0.
    """
    signs = {sign.label: sign for sign in domain.document_flags}
    if not signs:
        return [], [], 0.0
    head = _head()
    disguised = is_disguised(document.disguised, document.text)
    told = [
        (head.predict(model_text(text), feature_strings(text, disguised)), text)
        for text in _told_of(document)
    ]
    answers, text = min(told, key=lambda pair: pair[0].get(HONEST, 1.0))
    if not answers:
        return [], [], LEAST_DOUBT
    doubt = max(LEAST_DOUBT, round(1 - answers[HONEST], 6))
    sign = signs[max(signs, key=lambda label: (answers[label], label))]
    mail = message(text)
    less = LESS_BY_POINTS if mail.body_start else LESS_OF_MESSAGE
    counted = mail.body_start or mail.links
    suspect = max(points(text, "pressure") if counted else 0, int(disguised))
    least = max(sign.least, head.task.abstain_below) - less[min(suspect, len(less) - 1)]
    if doubt < least:
        return [], [], doubt
    if doubt < raised(least, head.task.margin):
        return [], [sign.code], doubt
    at = document.text.find(text)
    spans = [(at + start, at + end) for start, end in _passages(text)]
    # A footer says how to leave the list, in honest mail and in the other.
    telling = [span for span in spans if not _FOOTER.search(document.text[slice(*span)])]
    start, end = max(telling or spans, key=lambda span: _doubt(document.text[slice(*span)], head))
    proven = not suspect and is_own_affair(message(document.text)) and sign.severity in ("high", "critical")
    flag = Flag(
        doc_id=document.doc_id,
        code=sign.code,
        severity="medium" if proven else sign.severity,
        probability=doubt,
        start_char=start,
        end_char=end,
        evidence=document.text[start:end],
        why=sign.why,
        source=sign.source,
        decided_by=f"model {head.card.id}",
    )
    return [flag], [], doubt


def _told_of(document: Document) -> list[str]:
    """Give what is judged as a whole: a mail, or each stretch of a chat; of a long chat its end."""
    if document.media_type != CHAT:
        return [document.text]
    starts = [0]
    for match in LINE.finditer(document.text):
        if match.start() - starts[-1] >= STRETCH_CHARS:
            starts.append(match.start())
    pieces = [document.text[a:b] for a, b in pairwise([*starts, len(document.text)])]
    return pieces[-MOST_STRETCHES:]


def mail_languages() -> frozenset[str]:
    """Name the languages of the mails that the head was trained on."""
    return frozenset(_head().card.about["languages"])


def _passages(text: str) -> Iterator[Span]:
    """Yield the subject and the paragraphs of the body above an older mail, short lines joined."""
    mail = message(text)
    count = 0
    if mail.subject and mail.subject[0] < mail.subject[1]:
        yield mail.subject
        count += 1
    position = start = mail.body_start
    end = min(copied_below(text), mail.body_start + MOST_CHARS)
    letters = 0
    for line in text[start:end].splitlines(keepends=True):
        position += len(line)
        letters += sum(c.isalpha() for c in line)
        if letters >= _LEAST_LETTERS:
            yield trim(text, start, position)
            start, letters = position, 0
            count += 1
        if count >= _MOST_PASSAGES:
            return
    if text[start:end].strip():
        yield trim(text, start, end)
    elif not count:
        yield 0, len(text)


def _doubt(passage: str, head: DocumentHead) -> float:
    answers = head.predict(readable(passage))
    return 1 - answers[HONEST] if answers else 0.0


@cache
def _head() -> DocumentHead:
    from docassay.models.document_head import load

    return load(catalog.find(HEAD))
