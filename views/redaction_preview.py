"""What `docassay redact` removes with its default options, for documents that are read for something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import whole_of
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.redaction.choice import place_of_part
from docassay.transforms.redaction.spans import PersonalSpan
from docassay.views.redacted import Redactor, Settings, mark


def previewed(
    source: Source, outcomes: Iterable[Document | Source | Reject], limits: Limits
) -> dict[str, list[dict[str, Any]]]:
    """Give by URI what `docassay redact` removes with its default options from the documents of a file.

    An attachment is redacted as a file of its own.

    Args:
        source: The file.
        outcomes: What it was parsed into.
        limits: Those that it was parsed with.
    """
    documents = [one for one in outcomes if isinstance(one, Document)]
    parts = [one for one in documents if whole_of(one.uri) == source.uri]
    with Redactor(Settings("mask", b""), limits) as redactor:
        going = _of_parts(source, parts, redactor, limits) if parts else {}
        going |= {one.uri: redactor.going(one) for one in documents if one.uri not in going}
    return {one.uri: [mark(one.text, span) for span in going[one.uri]] for one in documents}


def _of_parts(
    source: Source, parts: Sequence[Document], redactor: Redactor, limits: Limits
) -> dict[str, list[PersonalSpan]]:
    """Give what is removed from the parts of a file, which is redacted as a whole.

    A part whose text does not stand in that of the file is left out.
    """
    with Parser(replace(limits, parts=False)) as parser:
        whole = next(iter(parser.parse(source)), None)
    if not isinstance(whole, Document):
        return {}
    spans, given, end = redactor.going(whole), {}, 0
    for part in parts:
        start, end = place_of_part(whole.text, part.text, end)
        if start >= 0:
            given[part.uri] = [
                replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
                for span in spans
                if span.start < end and span.end > start
            ]
    return given
