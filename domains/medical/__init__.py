"""Medical documents: notes, bills, drug labels, letters. `split`, and the functions that rules call."""

from docassay.domains.medical.advice import medicines_as_next_steps, next_steps
from docassay.domains.medical.authentication import authenticated
from docassay.domains.medical.charges import duplicate_charge, impossible_time, sex_conflict, unbundled_charge
from docassay.domains.medical.dates import service_after_statement, service_outside_life, service_outside_stay
from docassay.domains.medical.identifiers import invalid_dea, invalid_npi
from docassay.domains.medical.medicines import (
    discharge_medicines,
    listed_medicines,
    missing_of_medicines,
)
from docassay.domains.medical.notes import cloned_note, unsupported_level
from docassay.domains.medical.operations import (
    anesthesia,
    complications,
    complications_of_a_step,
    found_at_operation,
    perhaps_found,
    some_anesthesia,
)
from docassay.domains.medical.privacy import (
    clinical_mail,
    identity_in_mail,
    said_deidentified,
    social_security_numbers,
)
from docassay.domains.medical.records import (
    written_in_english,
    written_in_french,
    written_in_german,
)
from docassay.domains.medical.reports import german_discharge_letter, impression_due, operation
from docassay.domains.medical.split import split

__all__ = [
    "anesthesia",
    "authenticated",
    "clinical_mail",
    "cloned_note",
    "complications",
    "complications_of_a_step",
    "discharge_medicines",
    "duplicate_charge",
    "found_at_operation",
    "german_discharge_letter",
    "identity_in_mail",
    "impossible_time",
    "impression_due",
    "invalid_dea",
    "invalid_npi",
    "listed_medicines",
    "medicines_as_next_steps",
    "missing_of_medicines",
    "next_steps",
    "operation",
    "perhaps_found",
    "said_deidentified",
    "service_after_statement",
    "service_outside_life",
    "service_outside_stay",
    "sex_conflict",
    "social_security_numbers",
    "some_anesthesia",
    "split",
    "unbundled_charge",
    "unsupported_level",
    "written_in_english",
    "written_in_french",
    "written_in_german",
]
