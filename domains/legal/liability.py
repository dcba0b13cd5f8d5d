"""Clauses that shut out a trader's liability: whether they keep it for death and injury."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span, plain
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled

_SHUT_OUT = compiled(
    r"(?i)\b(?:in\s+no\s+(?:event|case)|under\s+no\s+(?:circumstances?|legal\s+theory))\b[^.]{0,200}\b(?:liable|responsible|liability)\b"
    r"|\b(?:not|nor)\s+be\s+(?:\w+\s+){0,2}?(?:liable|responsible)\s+(?:to\s+\w+\s+)?(?:for|:)[\s:(a1)]{1,6}(?:any|all)\s+(?:and\s+all\s+)?"
    r"(?:direct|indirect|special|incidental|consequential|loss(?:es)?|damages?|injur(?:y|ies)|claims?|kind)\b"
    r"|\b(?:disclaims?|excludes?)\s+(?:any|all)\s+(?:\w+\s+){0,3}?(?:liability|responsibility)\b"
    r"|\b(?:total|aggregate|entire|maximum|cumulative)\s+(?:\w+\s+){0,3}?liability\b[^.]{0,160}\b(?:exceed|limited)\b"
    r"|\b(?:décline|exclut)\s+toute\s+responsabilité\b|\bne\s+(?:peut|peuvent|pourra|saurait|sera)\b[^.]{0,60}\bresponsables?\s+(?:de\s+tout"
    r"|d.aucun|des?)\s+(?:\w+\s+){0,3}?(?:dommages?|pertes?|préjudices?)\b"
    r"|\bHaftung\b[^.]{0,100}\b(?:ausgeschlossen|beschränkt)\b|\bhaftet\s+nicht\s+für\s+(?:\w+\s+){0,3}?Schäden\b"
)
_KEPT = compiled(
    r"(?i)\b(?:nothing\s+in|not\s+(?:\w+\s+){0,4}?(?:exclude|limit|affect|restrict|apply)|other\s+than|except|unless|save\s+for)\b"
    r"[^.]{0,300}\b(?:death|personal\s+injur\w+|bodily\s+\w+|physical\s+injur\w+|gross\s+negligence|intent\w*)\b"
    r"|\b(?:death|(?:personal|bodily)\s+injur\w+)\b[^.]{0,160}\b(?:not\s+(?:be\s+)?(?:excluded|limited|affected)|unlimited)\b"
    r"|\bcannot\s+be\s+(?:lawfully\s+)?(?:excluded|limited)\b|\b(?:décès|dommages?\s+corporels?|dol|faute\s+lourde)\b"
    r"|\b(?:Lebens?|Körper(?:s|schäden|verletzung\w*)?|Vorsatz\w*|grobe\w*\s+Fahrlässigkeit|vorsätzlich\w*)\b"
)
# What somebody else does, or one service, is not all that a trader may be liable for.
_NARROW = compiled(
    r"(?i)\b(?:passwords?|accounts?|virus\w*|malware|third[- ]part(?:y|ies)|external|links?|linked"
    r"|unauthori[sz]ed|theft|content"
    r"|by\s+you|your\s+(?:failure|acts?|use\s+of\s+(?:them|such))|unavailab\w*|suspen\w+|dealings)\b"
)
_AS_LAW_ALLOWS = compiled(
    r"(?i)\b(?:extent|unless|except\s+(?:as|where)|as|where|if|not)\s+(?:\w+\s+){0,4}?(?:permitted|allowed|permissible|required"
    r"|prohibited)\b|\bdans\s+(?:les\s+limites|la\s+mesure)\b|\bsoweit\s+gesetzlich\b|\bapplicable\s+law\b"
)


def liability_shut_out(view: RuleInput) -> Iterator[Span]:
    """Find a clause that shuts out all liability, where nothing keeps it for death, injury or intent."""
    text = plain(view.text)
    if _KEPT.search(text):
        return
    for match in _SHUT_OUT.finditer(text):
        start, end = sentence_around(text, match.span())
        sentence = text[start:end]
        if not (_AS_LAW_ALLOWS.search(sentence) or _NARROW.search(sentence)):
            yield match.span()
