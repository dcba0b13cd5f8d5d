"""What a duty of confidence leaves out: public, known before, developed alone, had from somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span, plain
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled

LEAST_EXCLUSIONS = 3
"""Of the four customary exclusions, so many at least stand where they are listed."""

_LIST = 1_500
"""Characters after the first exclusion in which the others of a list are sought."""

_PUBLIC = (
    r"public(?:ly)?\s+(?:domain|available|known|knowledge|information|disclosed|accessible)"
    r"|generally\s+(?:known|available|(?:\w+\s+)?to\s+the\s+public)|(?:available|known|disclosed)\s+(?:to|by)\s+the\s+(?:general\s+)?public"
    r"|(?:becomes?|is|made|in\s+the)\s+(?:\w+\s+)?public\b|common\s+knowledge|domaine\s+public"
    r"|(?:allgemein|öffentlich)\s+(?:bekannt|zugänglich)|offenkundig"
)
_KNOWN = (
    r"(?:already|previously)\s+(?:\w+\s+){0,3}(?:known|possess\w*|in\s+(?:\w+\s+){0,3}possession|aware)"
    r"|(?:known|in\s+(?:the|its|his|her|your|their)\s+(?:\w+\s+){0,3}(?:possession|files)|possess\w*|available)\b[^.;]{0,80}\b(?:before|prior"
    r"|at\s+the\s+time|previously)|(?:before|prior\s+to)\b[^.;]{0,80}\b(?:known|possess\w*)|déjà\s+(?:\w+\s+){0,2}connue?s?"
    r"|(?:bereits|vorher|schon)\s+(?:\w+\s+){0,3}(?:bekannt|besaß|im\s+Besitz)"
)
_ALONE = (
    r"independent(?:ly)?\s+(?:\w+\s+){0,3}(?:develop\w*|conceiv\w*|deriv\w*|creat\w*|discover\w*|generat\w*|acquir\w*|learn\w*)"
    r"|(?:develop\w*|conceiv\w*|creat\w*|acquir\w*|discover\w*)\s+(?:[\w,]+\s+){0,8}?independently|without\s+(?:any\s+)?(?:use\s+of|reference\s+to|reliance\s+on)"
    r"|développ\w*\s+(?:\w+\s+){0,4}indépendan\w*|unabhängig\s+(?:\w+\s+){0,4}(?:entwickelt|erarbeitet)"
    r"|selbst(?:st)?ändig\s+(?:\w+\s+){0,3}entwickelt"
)
_ELSEWHERE = (
    r"(?:receiv\w*|obtain\w*|acquir\w*|disclos\w*|furnish\w*|available|learn\w*|provid\w*|communicat\w*|known|rightful\w*|lawful\w*)\b[^.;]{0,120}"
    r"\b(?:third\s+(?:part(?:y|ies)|persons?)|(?:another|other|independent|different)\s+(?:\w+\s+)?(?:sources?|persons?|part(?:y|ies)|third)|sources?\s+other|(?:person|party|source)\w*\s+(?:\w+\s+){0,3}(?:not|other\s+than))"
    r"|third\s+part(?:y|ies)\b[^.;]{0,120}\b(?:receiv\w*|obtain\w*|disclos\w*|without\s+(?:\w+\s+){0,3}(?:restriction|breach|obligation))"
    r"|(?:d.un|par\s+un|de)\s+tiers\b|von\s+(?:einem\s+)?Dritten"
)
_SUBJECTS = tuple(compiled(rf"(?i)\b(?:{subject})") for subject in (_PUBLIC, _KNOWN, _ALONE, _ELSEWHERE))
_LEFT_OUT = compiled(
    r"(?i)\b(?:not\s+(?:\w+\s+){0,4}?(?:includ\w*|apply|applies|extend\w*|cover\w*|deemed|considered|mean|impose\w*|restrict\w*"
    r"|prohibit\w*|prevent\w*|confidential|subject)|no\s+(?:\w+\s+)?(?:obligations?|restrictions?|liability|dut(?:y|ies))|exclud\w*"
    r"|exclusions?|exceptions?|except|unless|until|nor|other\s+than|exempt\w*|cease\w*|limitations?|exclu\w*|ne\s+\w+\s+pas"
    r"|nicht|keine\w*|ausgenommen|außer|sauf|à\s+l.exception)\b"
)
_NOT_PUBLIC = compiled(r"(?i)\b(?:non-?|not\s+(?:\w+\s+){0,3})$")


def customary_exclusions(view: RuleInput) -> Iterator[Span]:
    """Find where a duty of confidence leaves out what is customary, not one or two exclusions alone."""
    text = plain(view.text)
    for subject in _SUBJECTS:
        for match in subject.finditer(text):
            if _NOT_PUBLIC.search(text[max(0, match.start() - 40) : match.start()]):
                continue
            start, end = sentence_around(text, match.span())
            around = (max(0, start - 200), min(len(text), max(end, match.end() + _LIST)))
            named = [found for other in _SUBJECTS if (found := other.search(text, *around))]
            if len(named) >= LEAST_EXCLUSIONS and _LEFT_OUT.search(text, around[0], match.end() + 100):
                yield match.span()
                break
