"""Medical documents: notes, bills, drug labels, letters. `split`, and the functions that rules call."""

from docassay.domains.medical.charges import duplicate_charge, impossible_time, sex_conflict, unbundled_charge
from docassay.domains.medical.dates import service_after_statement, service_outside_life, service_outside_stay
from docassay.domains.medical.identifiers import invalid_dea, invalid_npi
from docassay.domains.medical.notes import cloned_note, unsupported_level
from docassay.domains.medical.privacy import clinical_mail, mail_names_patient, said_deidentified
from docassay.domains.medical.records import (
    entry_date,
    signature,
    stay_date,
    written_in_english,
    written_in_french,
    written_in_german,
)
from docassay.domains.medical.reports import found_at_operation, german_discharge_letter, operation
from docassay.domains.medical.split import split

__all__ = [
    "clinical_mail",
    "cloned_note",
    "duplicate_charge",
    "entry_date",
    "found_at_operation",
    "german_discharge_letter",
    "impossible_time",
    "invalid_dea",
    "invalid_npi",
    "mail_names_patient",
    "operation",
    "said_deidentified",
    "service_after_statement",
    "service_outside_life",
    "service_outside_stay",
    "sex_conflict",
    "signature",
    "split",
    "stay_date",
    "unbundled_charge",
    "unsupported_level",
    "written_in_english",
    "written_in_french",
    "written_in_german",
]
