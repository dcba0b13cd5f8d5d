"""Legal documents: contracts, terms, court files, letters. `split` and what the rules call."""

from docassay.domains.legal.amounts import words_against_figures
from docassay.domains.legal.dates import (
    ends_before_start,
    impossible_dates,
    notary_expired,
    signed_after_expiry,
)
from docassay.domains.legal.formation import (
    effective_dates,
    made_by_parties,
    not_a_blank_form,
    only_excluded,
    parties_named,
    signature_lines,
)
from docassay.domains.legal.law import (
    conflicting_laws,
    data_protection_law,
    data_sent_abroad,
    processing_terms,
)
from docassay.domains.legal.liability import liability_shut_out
from docassay.domains.legal.parties import payees_outside_the_contract, unknown_signatories
from docassay.domains.legal.privacy import rights_listed
from docassay.domains.legal.secrecy import customary_exclusions
from docassay.domains.legal.split import split
from docassay.domains.legal.trade import (
    employed_in_europe,
    for_consumers,
    open_to_withdrawal,
    sold_in_the_union,
    trader_addresses,
)

__all__ = [
    "conflicting_laws",
    "customary_exclusions",
    "data_protection_law",
    "data_sent_abroad",
    "effective_dates",
    "employed_in_europe",
    "ends_before_start",
    "for_consumers",
    "impossible_dates",
    "liability_shut_out",
    "made_by_parties",
    "not_a_blank_form",
    "notary_expired",
    "only_excluded",
    "open_to_withdrawal",
    "parties_named",
    "payees_outside_the_contract",
    "processing_terms",
    "rights_listed",
    "signature_lines",
    "signed_after_expiry",
    "sold_in_the_union",
    "split",
    "trader_addresses",
    "unknown_signatories",
    "words_against_figures",
]
