"""When a text claims to identify nobody, and when a mail carries a patient's identity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docassay.domains import Compared, RuleInput, Span
from docassay.domains.patterns import compiled

_CLAIM = compiled(
    r"(?i)(?:\b(?:this|the attached|the following|attached|enclosed) (?:\w+ ){0,4}"
    r"(?:has|have|was|were|is|are) (?:been )?(?:fully )?(?:de-?identified|anonymi[sz]ed)\b"
    r"|\bde-?identified (?:in accordance|in compliance|according|under|per|pursuant"
    r"|for (?:release|disclosure|research))\b"
    r"|(?m:^[\W_]*(?:status|release|disclosure|privacy|classification)[ \t]*[:|][^\n]{0,40}"
    r"\b(?:de-?identified|anonymi[sz]ed)\b)"
    r"|(?m:^[\W_]*(?:fully )?(?:de-?identified|anonymi[sz]ed) (?:\w+ ){0,4}"
    r"(?:record|note|summary|report|chart|dataset|data set|document|extract|copy|case)s?\b)"
    r"|\b(?:diese[rsn]?|der|die|das|vorliegende[rs]?) (?:\S+ ){0,4}(?:wurden?|ist|sind) "
    r"(?:vollständig )?anonymisiert\b"
    r"|\b(?:ce|cette|le|la) (?:\S+ ){0,4}(?:a été|est) (?:entièrement )?(?:anonymisé|désidentifié)e?"
    r"|(?m:^[\W_]*(?:(?:vollständig )?anonymisierter?s? (?:Arztbrief|Bericht|Befund|Dokument|Datensatz"
    r"|Fall)"
    r"|(?:compte[- ]rendu|dossier|document|rapport) (?:anonymisé|désidentifié)))"
    r"|(?m:^[\W_]*(?:status|statut|freigabe|diffusion)[ \t\x{a0}]*[:|][^\n]{0,40}"
    r"(?:\banonymisiert|\banonymisé|\bdésidentifié)))"
)
_NOT_RECORDS = {
    "complete_response_letter",
    "consent_form",
    "drug_label",
    "enforcement_notice",
    "health_advertisement",
    "research_abstract",
}
_IDENTITY = compiled(
    r"(?im)^[\s>*|-]*(?:re|patient(?: name)?|name|pt|subject|dob|date of birth|mrn|medical record"
    r" (?:number|no\.?)|betr(?:eff|ifft)?\.?|patient(?:in)?|geb\.?|geburtsdatum|fall(?:nummer|-?nr\.?)"
    r"|patienten(?:nummer|-?(?:id|nr\.?))|objet|patiente|nom|date de naissance|n° (?:de )?dossier|ipp|nip)"
    r"[ \t\x{a0}]*[:#|][^\n]{0,80}?(?:\b(?:19|20)\d\d\b|\bMRN\b|\b\d{6,}\b)"
)
_CALLED_SSN = r"(?i)\b(?:SSN|social security (?:number|no\.?))[ \t]*[:#]?[ \t]*"
_SSN = compiled(_CALLED_SSN + r"\d{3}[-‐‑–]?\d{2}[-‐‑–]?\d{4}\b")
_MASKED_SSN = compiled(_CALLED_SSN + r"(?:[xX*#•]{3}[-‐‑– ]?[xX*#•]{2}[-‐‑– ]?\d{4}\b|ending in \d{4}\b)")
_PROTECTED = compiled(
    r"(?i)\b(?:encrypted|secure (?:mail|message|e-?mail)|s/mime|pgp message|direct (?:message|trust))\b"
    r"|\bverschlüsselt|\bchiffré|\bcrypté|\bmessagerie sécurisée|\[secure\]"
)
_CLINICAL = compiled(
    r"(?i)\b(?:diagnos|patient|referr|symptom|treatment|medication|biops|tumou?r|hypertens|diabet|mg\b"
    r"|befund|behandlung|überweis"
    r"|medikament|ordonnance|traitement|symptôme)"
)


def said_deidentified(view: RuleInput) -> Iterator[Span]:
    """Find the statement, at the head or foot of a record, that it has been de-identified.

    Research papers, consent forms and policies speak of de-identified data without being such data.
    """
    if view.kind in _NOT_RECORDS:
        return
    foot = max(len(view.text) - 600, 0)
    for match in _CLAIM.finditer(view.text):
        if match.start() < 1_500 or match.start() >= foot:
            yield match.span()
            return


def clinical_mail(view: RuleInput) -> Iterator[Span]:
    """Find the clinical word that makes a mail one about care; nothing in what is not a mail."""
    match = _CLINICAL.search(view.text) if view.media_type == "message/rfc822" else None
    if match:
        yield match.span()


def identity_in_mail(view: RuleInput) -> Sequence[Compared]:
    """Compare the birth dates and record numbers in a mail with what it says of its encryption."""
    given = [
        (match.start() + len(match[0]) - len(match[0].lstrip("\n \t>*|-")), match.end())
        for match in _IDENTITY.finditer(view.text)
    ]
    protected = _PROTECTED.search(view.text)
    if given and protected:
        return [Compared("pass", protected.span(), "It gives an identity and says that it is protected.")]
    return [Compared("review", span, "It does not say that it is encrypted.") for span in given]


def social_security_numbers(view: RuleInput) -> Sequence[Compared]:
    """Give what is called a social security number: masked, or in full; nothing where none is given."""
    full = [
        Compared("review", match.span(), "It stands there in full.") for match in _SSN.finditer(view.text)
    ]
    masked = [Compared("pass", match.span(), "It is masked.") for match in _MASKED_SSN.finditer(view.text)]
    return full or masked[:1]
