"""What a privacy policy leaves doubtful: who its controller is, and how data are safe abroad."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span, plain
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled
from docassay.languages import languages

_NO_DECISION = compiled(
    r"\b(?:Australia|China|Egypt|Hong\s+Kong|India|Indonesia|Kenya|Malaysia|Mexico|Nigeria|Philippines|Russia"
    r"|Saudi\s+Arabia|Singapore|South\s+Africa|Taiwan|Thailand|Turkey|United\s+Arab\s+Emirates|Vietnam)\b"
)
"""Countries of which the Commission has not decided that they protect data adequately (GDPR, Art. 45)."""

_SENT_TO = compiled(r"(?i)\b(?:transfer\w*|sent|stor(?:ed|age)|hosted)\b")
_OTHER_SAFEGUARD = compiled(
    r"(?i)\b(?:standard|model|contractual)\s+(?:\w+\s+){0,2}clauses\b|\bSCCs?\b|\bcorporate\s+rules\b"
    r"|\b(?:explicit|your)\s+consent\b[^.]{0,80}\btransfer|\bart(?:icle|\.)\s*4[69]\b|\bderogation"
)
_BRAND = compiled(
    r"\b(\p{Lu}[\w.-]+)\s+(?:will\s+be|is|acts\s+as)\s+the\s+(?:data\s+)?controller\b"
    r"|\b(?:The|the|Data|data)\s+[Cc]ontroller\s+(?:is|:)\s+(\p{Lu}[\w.-]+)\s*(?:[.;(]|$)"
)
_OF_A_NAME = compiled(r"\p{Lu}[\w.&-]*\s+$")
_NO_BRAND = frozenset(
    ["we", "it", "this", "that", "who", "company", "party", "customer", "client", "seller", "operator"]
)
_FORMS = {form for one in languages().values() for form in one.company_forms}
_FORM = compiled(
    r"\b(?:Society|Soci[eé]t[eé]|Società|Foundation|Association|University|Authority|Stiftung|Verein"
    rf"|Partnership|{'|'.join(sorted({*map(str.upper, _FORMS), *map(str.capitalize, _FORMS)}))}|GmbH)\b"
    r"|\b(?:S\.?A\.?S|S\.?A|B\.?V|N\.?V|S\.?[rR]\.?[lL]|e\.?\s?V|AB|A/S|ApS|Oy|OÜ|UAB|d\.o\.o)\b"
)


def beyond_adequacy(view: RuleInput) -> Iterator[Span]:
    """Find that data go to a country without a decision on adequacy, where no other safeguard is named."""
    text = plain(view.text)
    if not _OTHER_SAFEGUARD.search(text):
        for match in _NO_DECISION.finditer(text):
            if _SENT_TO.search(text[slice(*sentence_around(text, match.span()))]):
                yield match.span()


def only_a_brand(view: RuleInput) -> Iterator[Span]:
    """Find a controller named by one word, where nothing in the policy says which company that is."""
    text = plain(view.text)
    for match in () if _FORM.search(text) else _BRAND.finditer(text):
        goes_on = _OF_A_NAME.search(text[max(0, match.start() - 40) : match.start()])
        if not goes_on and (match[1] or match[2]).lower() not in _NO_BRAND:
            yield match.span()
