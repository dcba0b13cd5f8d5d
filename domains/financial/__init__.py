"""Financial documents: filings, mail, invoices, statements, complaints. `split` and what the rules call."""

from docassay.domains.financial.amounts import (
    duplicate_invoice_line,
    round_invoice_without_detail,
    structured_deposits,
    wrong_line_amount,
    wrong_total,
)
from docassay.domains.financial.filings import (
    filing_signature,
    item_1,
    item_1a,
    item_1c,
    item_3,
    item_7,
    item_7a,
    item_8,
    item_9a,
    item_11,
)
from docassay.domains.financial.hybrid import hybrid_invoice
from docassay.domains.financial.kinds import complaint_narrative, mail_opening, short_message
from docassay.domains.financial.numbers import (
    invalid_card_number,
    invalid_iban,
    invalid_routing_number,
    shown_card_number,
    unmasked_card_number,
)
from docassay.domains.financial.split import split
from docassay.domains.mail import link_mismatch, lookalike_domain, punycode_domain

__all__ = [
    "complaint_narrative",
    "duplicate_invoice_line",
    "filing_signature",
    "hybrid_invoice",
    "invalid_card_number",
    "invalid_iban",
    "invalid_routing_number",
    "item_1",
    "item_1a",
    "item_1c",
    "item_3",
    "item_7",
    "item_7a",
    "item_8",
    "item_9a",
    "item_11",
    "link_mismatch",
    "lookalike_domain",
    "mail_opening",
    "punycode_domain",
    "round_invoice_without_detail",
    "short_message",
    "shown_card_number",
    "split",
    "structured_deposits",
    "unmasked_card_number",
    "wrong_line_amount",
    "wrong_total",
]
