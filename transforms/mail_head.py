"""Flag mails that read like fraud as a whole: the head on whole mails, beside the rules of `domains/mail`.

The head (`models/document_head.py`) reads the original in six languages, and the traits of `domains/mail`.
How much doubt it takes to flag a mail depends on whether headers and links give cause for suspicion, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import re2

from docassay.domains import Domain, Span
from docassay.domains.mail.features import MOST_CHARS, feature_strings, model_text, readable
from docassay.domains.mail.message import copied_below, message
from docassay.domains.mail.traits import points
from docassay.models import catalog
from docassay.models.margin import raised
from docassay.schemas.rows import Flag
from docassay.transforms.document import Document

if TYPE_CHECKING:
    from docassay.models.document_head import DocumentHead

HEAD = "mail"
"""The name of the head's folder."""

HONEST = "legitimate"
"""The head's label for mail that is neither fraud nor a lure."""

SUSPECT_POINTS = 1
"""Points of traits, but for pressure in words, from which on less doubt is enough."""

LESS_BY_TRAITS = 0.12
"""By how much less doubt is enough then."""

_LEAST_LETTERS = 40
_FOOTER = re2.compile(
    r"(?i)\bunsubscribe|\bto (?:be removed|remove yourself)|\bopt[- ]out\b|\bin (?:your|a) browser\b"
    r"|\babmelden\b|\babbestellen\b|\bdésabonn|\bdésinscri|\bdarse de baja\b|\bdescadastr|\bdisiscri"
    r"|\bcancelar (?:a |la )?(?:inscri|suscri)|\bannulla l.iscrizione"
)
_MOST_PASSAGES = 80


def flag_mail(document: Document, domain: Domain) -> tuple[list[Flag], list[str]]:
    """Flag a mail whose words as a whole are those of fraud or of a lure.

    The probability is that of not being honest; the label names which of both is the more probable.

    Args:
        document: A mail.
        domain: A domain that is asked of every mail; its `document_flags` name the head's labels.

    Returns:
        The flags, and the codes of signs within the head's margin.
    """
    signs = {sign.label: sign for sign in domain.document_flags}
    if not signs:
        return [], []
    head = _head()
    answers = head.predict(model_text(document.text), feature_strings(document.text))
    if not answers:
        return [], []
    doubt = round(1 - answers[HONEST], 6)
    sign = signs[max(signs, key=lambda label: (answers[label], label))]
    suspect = points(document.text, "pressure") >= SUSPECT_POINTS
    least = max(sign.least, head.task.abstain_below) - (LESS_BY_TRAITS if suspect else 0)
    if doubt < least:
        return [], []
    if doubt < raised(least, head.task.margin):
        return [], [sign.code]
    spans = list(_passages(document.text))
    # A footer says how to leave the list, in honest mail and in the other.
    telling = [span for span in spans if not _FOOTER.search(document.text[slice(*span)])]
    start, end = max(telling or spans, key=lambda span: _doubt(document.text[slice(*span)], head))
    flag = Flag(
        doc_id=document.doc_id,
        code=sign.code,
        severity=sign.severity,
        probability=doubt,
        start_char=start,
        end_char=end,
        evidence=document.text[start:end],
        why=sign.why,
        source=sign.source,
        decided_by=f"model {head.card.id}",
    )
    return [flag], []


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
            yield _trimmed(text, start, position)
            start, letters = position, 0
            count += 1
        if count >= _MOST_PASSAGES:
            return
    if text[start:end].strip():
        yield _trimmed(text, start, end)
    elif not count:
        yield 0, len(text)


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _doubt(passage: str, head: DocumentHead) -> float:
    answers = head.predict(readable(passage))
    return 1 - answers[HONEST] if answers else 0.0


@cache
def _head() -> DocumentHead:
    from docassay.models.document_head import load

    return load(catalog.find(HEAD))
