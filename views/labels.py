"""Display labels of the names in the tables: titles, verdicts, reasons, skipped checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from docassay.domains import folders
from docassay.observe.sanitize import line
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, DocumentRow
from docassay.storage.decisions.words import asks_for_statement, outcome_of_check, understood, words_of

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
    "tos": "terms of service:", "url": "URL", "us": "US", "vat": "VAT", "xml": "XML",
    "api": "API", "id": "ID",
}  # fmt: skip
"""Parts of names that are displayed in another form."""

_WHOLE = {
    "affiliate_license_licensee": "Affiliate license (licensee)",
    "affiliate_license_licensor": "Affiliate license (licensor)",
    "anti_assignment": "Anti-assignment",
    "competitive_restriction_exception": "Exception to competitive restrictions",
    "contract_by_using": "Contract by use",
    "date_time": "Date or time",
    "fam_sochx": "Family and social history",
    "no_solicit_of_customers": "Non-solicitation of customers",
    "no_solicit_of_employees": "Non-solicitation of employees",
    "non_compete": "Non-compete",
    "non_disparagement": "Non-disparagement",
    "non_transferable_license": "Non-transferable license",
    "notice_period_to_terminate_renewal": "Notice period to prevent renewal",
    "post_termination_services": "Post-termination services",
    "privacy_included": "Privacy policy included",
    "revenue_profit_sharing": "Revenue or profit sharing",
    "rofr_rofo_rofn": "Right of first refusal, offer or negotiation",
    "spam": "Spam",
    "third_party_beneficiary": "Third-party beneficiary",
    "tumor_promoting_inflammation": "Tumor-promoting inflammation",
    "unlimited_all_you_can_eat_license": "Unlimited license",
}
"""Names that are displayed in other words."""

_ARTICLE = re.compile(r"[0-9]+[a-z]?|[a-h]")

VERDICTS = {"fail": "failed", "review": "needs review", "pass": "passed"}
"""Display labels of the verdicts of checks."""

STATUSES = {
    "flagged": "signs of fraud found",
    "review": "needs review",
    "not_checked": "not checked",
    "failed": "checks failed",
    "clear": "nothing found",
}
"""Display labels of the status of documents."""

OUTCOMES = {
    "confirmed": "Confirmed",
    "dismissed": "Dismissed",
    "corrected": "Corrected",
    "not_sure": "Not sure",
}
"""Display labels of the outcomes of decisions."""

WORDS = {
    "fraud": "Fraud",
    "harmless": "Harmless",
    "present": "Present",
    "missing": "Missing",
    "passed": "Passed",
    "failed": "Failed",
    "does_not_apply": "Does not apply",
    "right": "Right",
    "wrong": "Wrong",
    **OUTCOMES,
}
"""Display labels of the words for decisions, and of their outcomes."""

TONES = {
    **dict.fromkeys(("fraud", "missing", "failed"), "bad"),
    **dict.fromkeys(("harmless", "present", "passed", "right"), "good"),
}
"""How a decision looks; others are doubtful."""

REOPENED = {
    "text": "the text has changed",
    "rule": "the rule or model has changed",
    "said": "its result has changed",
}
"""Why a decision no longer holds, by `decisions_matched.reopened_because`."""

_LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fr": "French", "hu": "Hungarian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
    UNDETERMINED: "language unknown",
}  # fmt: skip

DOUBTS = {
    "absent": "required statements were not found",
    "domain_uncertain": "its domain is unclear",
    "kind_uncertain": "its document type is unclear; only checks common to its likely types were run",
    "language_without_model": "no installed model reads its language; only rules were applied",
    "translation_guarded": "an answer rests on a machine translation that may be unreliable",
    "translation_stopped": "most of its translation is doubtful, so the rest was not translated",
    "flag_in_doubtful_translation": "a possible sign of fraud rests on an unreliable translation",
    "flag_uncertain": "a model suspects fraud, but is not sure",
    "text_layer_doubted": "its pages may show words other than the text that was read, or more of them",
    "mixed": "it may contain several documents; the checks for each document type found were run",
    "time_limit": "it is too long to be read in full",
}
"""Why a document needs review, by the names of `documents.reasons`.

Earlier releases wrote `domain_uncertain` and `language_without_model`.
"""

UNCHECKED = {
    "domain_unknown": "its domain is unclear, so no law was applied",
    "kind_unknown": "its document type is unclear, so no check for a particular type was run",
    "nothing_asked_of_kind": "there are no checks for its document type",
    "no_check_applies": "none of the checks for its document type applies to it",
    "in_other_document": "it leaves what these checks seek to another document",
    "unanswered": "it may not meet what these checks require, but nothing surely says so",
    "language_not_read": "no model reads its language, or that of a large part of it",
    "listing": "it only lists the documents that it contains",
    "no_words": "the email has no text of its own, only pictures, links, quotes or attachments",
}
"""Why a document was not checked, by the names of `documents.reasons`."""

_OFFICIAL = "einvoice_"
_FOUND = {"flag": "sign of fraud", "check": "check"}
_STOPPED = {
    "translate": "only its first part was translated",
    "assess": "the models read only its first part",
    "conclude": "the rules read only its first part",
}
"""The stages that did not reach the end of a long document."""

_UNREAD = re.compile(r"(?:(.*) )?from character (\d+) on")

NOT_ASKED = {
    "domain_unknown": "The domain of the document is unclear, so no law was applied",
    "kind_unknown": "The document type is unclear; these run only for known types",
    "language_not_read": "No model reads its language, or that of a part of it",
    "in_other_document": "The document leaves what they seek to another one",
    "no_model": "No installed model can run them",
    "no_rules": "The folder of official rules has none for the specification named in the invoice",
    "time_limit": "The document is too long to be read in full",
}
"""Why checks were skipped, by the names of `documents.not_asked`."""


def title(name: str) -> str:
    """Format the name of a rule, label, kind or task; the article of a law goes to the end.

    >>> title("einvoice_br_co_15")
    'E-invoice rule BR-CO-15'
    >>> title("changed_bank_details"), title("gdpr_28_3_b_confidentiality"), title("nda_term")
    ('Changed bank details', 'Confidentiality (GDPR 28.3.b)', 'NDA term')
    >>> title("us_npi"), title("date_time")
    ('US NPI', 'Date or time')
    """
    if name in _WHOLE:
        return _WHOLE[name]
    if name.startswith(_OFFICIAL) and len(name) > len(_OFFICIAL):
        return f"E-invoice rule {line(name).removeprefix(_OFFICIAL).upper().replace('_', '-')}"
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


def rule_title(name: str) -> str:
    """Give the title of a rule; of one that is not here, or has none, its id in words.

    >>> rule_title("gdpr_28_3_b_confidentiality"), rule_title("fraudulent_mail")
    ('GDPR 28(3)(b): confidentiality of staff', 'Fraudulent mail')
    """
    try:
        titled = folders.rule_title(name)
    except DomainError:
        titled = None
    return line(titled) if titled else title(name)


def words(of: str, decided_by: str = "", verdict: str = "") -> list[tuple[str, str, str]]:
    """List the words for a decision on something, with their labels and keys.

    The keys are ``c`` where it confirms what was found, ``d`` where it dismisses that, else ``o``.

    >>> words("finding", "rule legal.nda_term", "fail")[:2]
    [('present', 'Present', 'o'), ('missing', 'Missing', 'c')]
    """
    asks_for = of == "finding" and asks_for_statement(decided_by)
    keys = {"confirmed": "c", "dismissed": "d", "corrected": "o"}
    listed = []
    for word in words_of(of, asks_for):
        kept = outcome_of_check(word, verdict, asks_for) if of == "finding" else understood(of, word, False)
        listed.append((word, WORDS[word], keys[kept[0]] if kept else ""))
    return listed


def word_of_button(outcome: str, of: str, decided_by: str = "", verdict: str = "") -> str:
    """Give the label of the button that decides something so, or that of the outcome where there is none.

    >>> word_of_button("confirmed", "flag"), word_of_button("dismissed", "entity")
    ('Fraud', 'Wrong')
    """
    key = {"confirmed": "c", "dismissed": "d"}.get(outcome)
    return next((said for _, said, by in words(of, decided_by, verdict) if by == key), WORDS[outcome])


def language(tag: str) -> str:
    """Return the name of a common language by its tag, else the tag."""
    return _LANGUAGES.get(tag, tag)


def kind(document: DocumentRow) -> str:
    """Format the kind and the domain of a document."""
    domain = "domain unknown" if document.domain == UNKNOWN else document.domain
    return f"{title(document.kind) if document.kind else 'Document type unknown'}, {domain}"


def day(document: DocumentRow) -> str:
    """Format the day that a document states as its own, else the time of its file; ``""`` without either."""
    if document.document_date:
        return f"{document.document_date} ({title(document.document_date_source or '').lower()})"
    return f"{document.event_time:%Y-%m-%d %H:%M} UTC" if document.event_time else ""


def reasons(document: DocumentRow) -> list[str]:
    """List why a document needs review, without its signs and checks, which are shown in the text."""
    left_out = {*_FOUND, "absent", *UNCHECKED}
    return [reason(one) for one in document.reasons if one.partition(":")[0] not in left_out]


def unchecked(document: DocumentRow) -> list[str]:
    """List why a document was not checked."""
    return [reason(one) for one in document.reasons if one.partition(":")[0] in UNCHECKED]


def reason(written: str) -> str:
    """Format one of the reasons of a document.

    >>> reason("flag_uncertain:advance_fee"), reason("mixed")[:32]
    ('a model suspects fraud, but is not sure: Advance fee', 'it may contain several documents')
    >>> reason("time_limit:assess"), reason("language_not_read:pl")[-6:]
    ('it is too long to be read in full: the models read only its first part', 'Polish')
    >>> reason("absent:nda_term,nda_exclusions")
    'required statements were not found: NDA term, NDA exclusions'
    """
    name, _, of = written.partition(":")
    said = DOUBTS.get(name) or UNCHECKED.get(name) or _FOUND.get(name)
    if said is None:
        return line(written)
    if not of:
        return said
    if name == "time_limit":
        named = _STOPPED.get(of, of)
    elif name in ("language_not_read", "language_without_model", "translation_stopped"):
        named = language(of)
    else:
        named = ", ".join(title(one.rpartition(".")[2]) for one in of.split(","))
    return f"{said}: {line(named)}"


def not_asked(document: DocumentRow) -> list[tuple[str, list[str]]]:
    """List the skipped checks by the reason why they were skipped."""
    said = []
    for written in document.not_asked or ():
        why, _, listed = written.partition(":")
        said.append((NOT_ASKED.get(why, line(why)), questions(why, listed)))
    return said


def questions(why: str, listed: str) -> list[str]:
    """Format the names of skipped checks, as they stand behind the reason in `documents.not_asked`.

    >>> questions("domain_unknown", "checks of financial, legal")
    ['Checks of financial documents', 'Checks of legal documents']
    >>> questions("time_limit", "clause_type, rules from character 1880039 on")
    ['Clause type from character 1,880,039 on', 'Rules from character 1,880,039 on']
    >>> questions("no_model", "note_section, x_y")
    ['Note section', 'X y']
    """
    listed = line(listed.strip())
    if why == "no_rules":
        return [listed]
    if listed.startswith("checks of "):
        names = listed.removeprefix("checks of ").split(", ")
        return [f"Checks of {title(name).lower()} documents" for name in names]
    if why == "time_limit" and (unread := _UNREAD.fullmatch(listed)):
        names = (unread[1] or "all").split(", ")
        return [f"{title(name)} from character {int(unread[2]):,} on" for name in names]
    return [title(name) for name in listed.split(", ")]


def found_after(row: Mapping[str, Any]) -> str:
    """Summarise what counts of a document after decisions: a row of `documents_decided`.

    >>> found_after({"signs": 0, "failed": 1, "to_review": 0, "not_sure": 0, "passed": 2,
    ...              "to_decide": 3, "left_to_decide": 0})
    'No signs of fraud. 1 check failed, 2 passed. All 3 decided.'
    """
    said = found(row["signs"], row["failed"], row["to_review"], row["passed"])
    unsure = f" Not sure of {counted(row['not_sure'], 'check')}." if row["not_sure"] else ""
    done = row["to_decide"] - row["left_to_decide"]
    of = f"All {row['to_decide']:,}" if not row["left_to_decide"] else f"{done:,} of {row['to_decide']:,}"
    decided = f" {of} decided." if row["to_decide"] else ""
    return f"{said.removesuffix(' No checks apply.')}{unsure}{decided}"


def found(flags: int, failed: int, review: int, passed: int, absent: int = 0) -> str:
    """Summarise the findings of a document; what is absent is neither among the failed nor those to review.

    >>> found(2, 1, 0, 3, 2)
    '2 signs of fraud. 1 check failed, 3 passed. 2 required statements were not found.'
    >>> found(0, 0, 7, 1)
    'No signs of fraud. 7 checks need review, 1 passed.'
    >>> found(0, 0, 0, 0)
    'No signs of fraud. No checks apply.'
    """
    signs = counted(flags, "sign") + " of fraud" if flags else "No signs of fraud"
    needs_review = "needs review" if review == 1 else "need review"
    counts = [(failed, "failed"), (review, needs_review), (passed, "passed")]
    parts = [(number, verdict) for number, verdict in counts if number]
    missing = ""
    if absent:
        was = "was" if absent == 1 else "were"
        missing = f" {counted(absent, 'required statement')} {was} not found."
    if not parts:
        return f"{signs}.{missing or ' No checks apply.'}"
    (number, verdict), *others = parts
    checks = f"{counted(number, 'check')} {verdict}"
    return (
        f"{signs}. {', '.join([checks, *(f'{number:,} {verdict}' for number, verdict in others)])}.{missing}"
    )


def counted(number: int, noun: str) -> str:
    """Format a number with its noun.

    >>> counted(1, "file"), counted(1200, "match")
    ('1 file', '1,200 matches')
    """
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def _sentence(parts: Sequence[str]) -> str:
    said = " ".join(_SPELT.get(part, part) for part in parts if part)
    return said[:1].upper() + said[1:]
