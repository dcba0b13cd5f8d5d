"""Display labels of the names in the tables: titles, verdicts, reasons, skipped checks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docassay.observe.sanitize import line
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, DocumentRow

_SPELT = {
    "10k": "10-K", "10q": "10-Q", "20f": "20-F", "6k": "6-K", "8k": "8-K", "ac": "AC",
    "cc": "chief complaint", "ccda": "C-CDA", "dea": "DEA", "deidentified": "de-identified", "dss": "DSS",
    "dtsa": "DTSA",
    "edcourse": "course in the emergency department", "fam": "family", "finra": "FINRA", "fr": "(France)",
    "g": "G", "gdpr": "GDPR", "genhx": "history of the present illness", "glba": "GLBA",
    "gynhx": "gynaecological history", "iban": "IBAN", "ip": "IP", "mdna": "MD&A", "mifid": "MiFID",
    "nda": "NDA", "npi": "NPI", "pan": "card number", "pastmedicalhx": "past medical history",
    "pastsurgical": "past surgery", "pci": "PCI", "pslra": "PSLRA", "reg": "Regulation",
    "ros": "review of systems", "rofo": "offer", "rofr": "right of first refusal", "rofn": "negotiation",
    "sk": "S-K", "sochx": "social history", "sox": "SOX", "spam": "SPAM", "ssn": "social security number",
    "tos": "terms of service:", "url": "URL", "vat": "VAT", "xml": "XML", "api": "API", "id": "ID",
}  # fmt: skip
"""Words of names that are not written as they stand there."""

_ARTICLE = re.compile(r"[0-9]+[a-z]?|[a-h]")

VERDICTS = {"fail": "not met", "review": "to check", "pass": "met"}
"""What the verdict of a check is called."""

STATUSES = {
    "flagged": "signs of fraud found",
    "review": "to be looked at",
    "clear": "nothing found in what was asked",
}
"""What the status of a document is called."""

OUTCOMES = {
    "confirmed": "Confirmed",
    "dismissed": "Dismissed",
    "corrected": "Corrected",
    "not_sure": "Not sure",
}
"""What a decision is called."""

_LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fr": "French", "hu": "Hungarian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
    UNDETERMINED: "a language not told",
}  # fmt: skip

DOUBTS = {
    "domain_uncertain": "it is not clear which domain it belongs to",
    "kind_uncertain": "its kind is not clear; the questions of each likely kind were asked",
    "language_without_model": "no model here reads its language; rules alone did",
    "translation_guarded": "a guard doubts part of the translation",
    "flag_in_doubtful_translation": "a possible sign of fraud rests on a doubtful translation",
    "flag_uncertain": "a model may see a sign of fraud, but is not sure",
    "mixed": "it may hold several documents; the questions of each kind met were asked",
    "time_limit": "it is too long to be read to its end",
}
"""What was not understood of a document, by the names of `documents.reasons`."""

_FOUND = {"flag": "sign of fraud", "check": "check"}
_STOPPED = {
    "translate": "only its first part was translated",
    "assess": "the models read only its first part",
    "conclude": "the rules read only its first part",
}
"""What a document's length has kept a stage from."""

_UNREAD = re.compile(r"(?:(.*) )?from character (\d+) on")

NOT_ASKED = {
    "domain_unknown": "It is not clear which domain the document belongs to, so no law was applied",
    "kind_unknown": "It is not clear what kind of document it is, and these are asked of known kinds alone",
    "language_not_read": "The models do not read its language, or that of a part",
    "no_model": "No model here answers them",
    "time_limit": "The document is so long that its end was not read",
}
"""Why a question was not asked."""


def title(name: str) -> str:
    """Say the name of a rule, a label, a kind or a task in words; an article of a law stands behind.

    >>> title("changed_bank_details"), title("gdpr_28_3_b_confidentiality"), title("nda_term")
    ('Changed bank details', 'Confidentiality (GDPR 28.3.b)', 'NDA term')
    """
    parts = line(name).split("_")
    first = next((n for n, part in enumerate(parts) if part.isdigit()), None)
    if first:
        last = first
        while last < len(parts) and _ARTICLE.fullmatch(parts[last]):
            last += 1
        if last < len(parts):
            law = " ".join(_SPELT.get(part, part) for part in parts[:first])
            return f"{_sentence(parts[last:])} ({law} {'.'.join(parts[first:last])})"
    return _sentence(parts)


def language(tag: str) -> str:
    """Name a language by its tag, where it is a common one."""
    return _LANGUAGES.get(tag, tag)


def kind(document: DocumentRow) -> str:
    """Say what a document is: its kind and its domain."""
    domain = "domain not told" if document.domain == UNKNOWN else document.domain
    return f"{title(document.kind) if document.kind else 'Kind not told'}, {domain}"


def reasons(document: DocumentRow) -> list[str]:
    """Say what was not understood of a document; its signs and checks are shown where they stand."""
    return [reason(one) for one in document.reasons if one.partition(":")[0] not in ("flag", "check")]


def reason(written: str) -> str:
    """Say one of a document's reasons.

    >>> reason("flag_uncertain:advance_fee"), reason("mixed")[:29]
    ('a model may see a sign of fraud, but is not sure: Advance fee', 'it may hold several documents')
    >>> reason("time_limit:assess"), reason("language_without_model:pl")[-6:]
    ('it is too long to be read to its end: the models read only its first part', 'Polish')
    """
    name, _, of = written.partition(":")
    said = DOUBTS.get(name) or _FOUND.get(name)
    if said is None:
        return line(written)
    if not of:
        return said
    if name == "time_limit":
        named = _STOPPED.get(of, of)
    elif name == "language_without_model":
        named = language(of)
    else:
        named = ", ".join(title(one.rpartition(".")[2]) for one in of.split(","))
    return f"{said}: {line(named)}"


def not_asked(document: DocumentRow) -> list[tuple[str, list[str]]]:
    """Say why some questions were not asked, and which these are."""
    said = []
    for written in document.not_asked or ():
        why, _, listed = written.partition(":")
        said.append((NOT_ASKED.get(why, line(why)), questions(why, listed)))
    return said


def questions(why: str, listed: str) -> list[str]:
    """Say the questions that were not asked, each in words, as they stand behind the reason why.

    >>> questions("domain_unknown", "checks of financial, legal")
    ['Checks of financial documents', 'Checks of legal documents']
    >>> questions("time_limit", "clause_type, rules from character 1880039 on")
    ['Clause type from character 1,880,039 on', 'Rules from character 1,880,039 on']
    >>> questions("no_model", "note_section, x_y")
    ['Note section', 'X y']
    """
    listed = line(listed.strip())
    if why == "domain_unknown" and listed.startswith("checks of "):
        names = listed.removeprefix("checks of ").split(", ")
        return [f"Checks of {title(name).lower()} documents" for name in names]
    if why == "time_limit" and (unread := _UNREAD.fullmatch(listed)):
        names = (unread[1] or "all").split(", ")
        return [f"{title(name)} from character {int(unread[2]):,} on" for name in names]
    return [title(name) for name in listed.split(", ")]


def found(flags: int, failed: int, review: int, passed: int) -> str:
    """Say in a sentence what was found.

    >>> found(2, 1, 0, 3)
    '2 signs of fraud; 1 check not met, 3 met.'
    >>> found(0, 0, 0, 0)
    'No sign of fraud; no check applies.'
    """
    signs = counted(flags, "sign") + " of fraud" if flags else "No sign of fraud"
    counts = [(failed, "not met"), (review, "to look at"), (passed, "met")]
    parts = [(number, said) for number, said in counts if number]
    if not parts:
        return f"{signs}; no check applies."
    (number, said), *others = parts
    checks = f"{counted(number, 'check')} {said}"
    return f"{signs}; {', '.join([checks, *(f'{number:,} {said}' for number, said in others)])}."


def counted(number: int, noun: str) -> str:
    """Say how many there are.

    >>> counted(1, "file"), counted(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _sentence(parts: Sequence[str]) -> str:
    said = " ".join(_SPELT.get(part, part) for part in parts if part)
    return said[:1].upper() + said[1:]
