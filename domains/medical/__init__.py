"""Medical documents: notes, bills, drug labels, letters. `split`, and the functions that rules call."""

from domains.medical.charges import duplicate_charge, impossible_time, sex_conflict, unbundled_charge
from domains.medical.dates import service_after_statement, service_outside_life, service_outside_stay
from domains.medical.identifiers import invalid_dea, invalid_npi
from domains.medical.notes import cloned_note, unsupported_level
from domains.medical.privacy import clinical_mail, mail_names_patient, said_deidentified
from domains.medical.split import split

__all__ = [
    "clinical_mail",
    "cloned_note",
    "duplicate_charge",
    "impossible_time",
    "invalid_dea",
    "invalid_npi",
    "mail_names_patient",
    "said_deidentified",
    "service_after_statement",
    "service_outside_life",
    "service_outside_stay",
    "sex_conflict",
    "split",
    "unbundled_charge",
    "unsupported_level",
]
