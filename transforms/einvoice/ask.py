"""Audit: ask the official rules of an electronic invoice, in a worker."""

from __future__ import annotations

from dataclasses import replace

from docassay.transforms.document import Document
from docassay.transforms.einvoice.answer import Answer, answer_of
from docassay.transforms.einvoice.rule_sets import Rules
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.worker import shared_pool

SECONDS = 60.0
"""Seconds that the rules may take on one invoice, the first time with what compiles them."""

MEMORY_BYTES = 1_500_000_000
"""Memory of the worker's data. Of its addresses it reserves tens of gigabytes."""

_LIMITS = Limits(seconds=SECONDS, memory_bytes=MEMORY_BYTES)
_FUNCTION = "docassay.transforms.einvoice.audit:audit_request"
_WHY = {
    "timeout": f"they took more than {SECONDS:g} s on it",
    "out_of_memory": "they needed too much memory on it",
}


def audit(document: Document, rules: Rules) -> Document:
    """Put what the rules of a folder say of a document's invoice in the place of the invoice's bytes.

    An invoice on which they cannot be run keeps its document: the answer says why there is none.

    Raises:
        RunError: The rules have changed or cannot be compiled, or the machine lacks something.
    """
    if document.invoice is None:
        return document
    pool = shared_pool(_FUNCTION, _LIMITS, memory="RLIMIT_DATA")
    try:
        answer = pool.run((rules.folder, rules.digest, document.invoice), lambda value: answer_of(*value))
    except Unusable as unusable:
        why = _WHY.get(unusable.reason, unusable.detail)
        answer = Answer(error=f"The official rules could not be asked of the invoice: {why}.")
    return replace(document, invoice=None, official=answer)
