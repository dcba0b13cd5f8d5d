"""Contracts that have no end, or are renewed for a length that they do not state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, plain
from docassay.domains.durations import INDEFINITE, UNSTATED
from docassay.domains.facts import Found
from docassay.domains.legal import ends, periods
from docassay.domains.patterns import compiled

_MOST = 100
"""Places of a text that are looked at."""

_BY_WHOM = (
    r"(?:(?:it|this\s+\w+|the\s+\w+|its|either\s+(?:\w+\s+)?party|(?:one|any)\s+of\s+the\s+parties|er|sie|es|der\s+\w+)\s+)?"
    r"(?:(?:is|be|has\s+been|shall\s+be|are)\s+)?(?:(?:earlier|otherwise|validly|lawfully)\s+)?"
)
_ENDED = (
    r"(?:terminat(?:ed|es|ion)\b|cancel(?:l?ed|s)\b|determined\s+by\b|gekündigt\b|résili(?:é|ée|ation)\b|dénoncé?e?\b"
    r"|(?:gives|serves)\s+(?:\w+\s+){0,4}?notice\b)"
)
_ENDLESS = compiled(
    r"(?i)\b(?:(?:for|of|on|valid)\s+an?\s+(?:indefinite|unlimited|indeterminate|undetermined|unspecified)\s+(?:term|period|duration|time|basis)"
    r"(?:\s+of\s+time)?|(?:for|of)\s+(?:indefinite|unlimited)\s+(?:term|period|duration)|indefinitely|perpetually"
    r"|(?:is|be|are)\s+(?:perpetual|evergreen|open-ended|indefinite)\b"
    r"|(?:in|for)\s+perpetuity|for\s+no\s+(?:specified|specific|definite|fixed|particular|set)\s+(?:term|period|duration)"
    r"|(?:has|have|with)\s+no\s+(?:fixed|specified|set|definite)\s+(?:term|duration|end\s+date|expiration(?:\s+date)?|expiry\s+date)"
    r"|until\s+further\s+notice|bis\s+auf\s+weiteres"
    r"|(?:auf|für)\s+(?:unbestimmte|unbegrenzte)\s+(?:zeit|dauer)|(?:zeitlich\s+)?un(?:befristet|begrenzt)(?:e[rsnm]?)?"
    r"|(?:(?:pour|d'|à|de)\s*)?(?:une\s+)?durée\s+(?:indéterminée|illimitée)|sans\s+limitation\s+de\s+durée"
    rf"|(?:unless\s+and\s+)?(?:until|bis|jusqu'à)\s+(?:sa\s+|sie\s+)?{_BY_WHOM}{_ENDED}|bis\s+zu(?:r|\s+(?:seiner|ihrer))\s+kündigung"
    r"|jusqu'à\s+(?:sa\s+)?(?:résiliation|dénonciation)(?:\s+par)?)"
)
_OF_OTHER = compiled(r"(?i)^\s+(?:of|date|event|election)\b")
_OF_ITSELF = compiled(r"(?i)^\s+of\s+this\b")
_UNLESS = compiled(
    r"(?i)\bin\s+(?:full\s+)?(?:force(?:\s+and\s+effect)?|effect)\s+(unless\s+(?:and\s+until\s+)?(?:(?:sooner|earlier|otherwise)\s+)?"
    r"(?:it\s+is\s+)?(?:terminated|cancell?ed))\b"
)
_OF_CONTRACT = compiled(
    r"(?i)\b(?:(?:this|the|your|his|her|executive's|employee's|diese[rsnm]?|der|das|die|vorliegende\w*|le|la|l'|ce|cette|présente?)\s*"
    r"(?:[\w&'-]+\s+){0,5}?)?(?:agreement|contract|lease|term|tenancy|employment|engagement|appointment|arrangement|subscription"
    r"|partnership|joint\s+venture|licen[cs]e\s+agreement|\pL*vertrag\w*|vereinbarung|\pL{3,}verhältnis(?:se?s)?|laufzeit|contrat|bail|convention"
    r"|accord|abonnement)\b[^.;]{0,220}$"
)
_RUNS = compiled(
    r"(?i)\b(?:continu\w+|remain\w*|effect\w*|force|valid|binding|commenc\w+|begin\w*|start\w*|runs?|lasts?|extend|be|is|are|entered|made|for|of|endure\w*"
    r"|gilt|läuft|laufen|beginnt|geschlossen|abgeschlossen|geht|besteht|ist|wird|eingegangen|begründet"
    r"|conclue?|prend|entre|dure|valable|demeure\w*|reste\w*|poursui\w*|est|court|à|d')\b[^.;]{0,160}$"
)
_OF_ELSE = compiled(
    r"(?i)\b(?:surviv\w*|confidential\w*|secre\w*|trade\s+secrets?|warrant\w*|retain\w*|records?|indemnif\w*|non-?compet\w*|solicit\w*|insur\w*"
    r"|(?:a|any|each)\s+licen[cs]es?\s+(?:granted|is|are|shall|to)|right\s+and\s+licen[cs]e|obligations?|provisions?\s+of|sections?|clauses?|price|fees?|rights?"
    r"|delay\w*|suspend\w*|postpone\w*|statut\w*|not|nor|never|if|only|nur\s+für|entweder|alternativ|geheim\w*|vertraulich\w*|gewährleist\w*|wenn|falls|confidentialité|secret|si)\b"
    r"[^.;]{0,160}$"
)
_IS = compiled(r"(?i)(?:is|be|are|has|have)\s")
_RENEWED = compiled(
    r"(?i)\b(?:renew\w*|extend\w*|extension|verlänger\w*|erneuer\w*|renouvel\w*|recondui\w*|reconduction|prorog\w*)\b[^.;]{0,120}$"
)
_AFTERWARDS = compiled(
    r"(?i)\b(?:thereafter|afterwards|after\s+(?:that|the\s+(?:initial|first|expir\w+))|(?:following|upon|on)\s+(?:the\s+)?expir\w+|beyond|danach"
    r"|anschließend|nach\s+(?:ablauf|dieser|der\s+(?:mindest|erst|anfangs)\w*)|sodann|ensuite|au-delà|à\s+l'(?:issue|expiration)|par\s+la\s+suite)\b"
)
_FIRST_TERM = compiled(
    r"(?i)\b(?:(?:initial|original|minimum|first|fixed)\s+(?:term|period)|(?:mindest|erst|anfangs|grund)\pL*(?:laufzeit|dauer)"
    r"|(?:durée|période)\s+(?:initiale|minimale|ferme))\b"
)
_BY_ITSELF = compiled(
    r"(?i)\b(?:(?:automatically\s+(?:be\s+)?(?:renew|extend)\w*|(?:be\s+)?(?:renew|extend)\w*\s+automatically|automatic\s+renewals?"
    r"|automatically\s+roll\w*\s+over|auto-renew\w*|verlänger\w+\s+sich\s+(?:\w+\s+){0,4}?(?:automatisch|stillschweigend)"
    r"|(?:renouvel|recondui|prorog)\w+\s+(?:(?:par|de)\s+)?(?:\w+\s+)?(?:tacite\w*|automatique\w*)|tacite\s+reconduction)"
    r"|(?:renewed|renews?|extended)\s+for\s+(?:\w+\s+){0,3}(?:successive|additional|further)\s+(?:\w+\s+)?(?:terms|periods))\b"
)
_RENEWED_ITSELF = compiled(
    r"(?i)\b(?:agreement|contract|lease|terms?|tenancy|employment|engagement|appointment|subscription|membership|licen[cs]e|service|it|and|which"
    r"|\pL*vertrag|vereinbarung|\pL{3,}verhältnis|laufzeit|abonnement|mitgliedschaft|er|sie|es|contrat|bail|location|convention|durée|il|elle)\b"
    r"(?:\s+\([^)]{0,60}\)|(?:\s+[\w']+){0,4}\s+(?:ans?|mois|années?))?,?\s*(?:(?:shall|will|may|is|are|to|then|thereafter|and|be|sera|est|se|sich)\s+){0,4}"
    r"(?:(?:be|with)\s+|:[^.;\n]{1,30}\()?(?:(?:renew|extend|automati|stillschweigend|auto-renew|verlänger|renouvel|recondui|prorog|tacite)[^.;]{0,50})$"
)
_UNTIL = compiled(
    r"(?i)^\W*(?:(?:until|by\s+the\s+number)\b|[^.;]{0,30}\bequal\s+to\s+(?:such|the)\s+(?:delay|suspension|period\s+of))"
)
_LENGTH = compiled(
    r"(?i)^[^.;,]{0,60}?\b(?:years?|months?|annual\w*|yearly|monthly|seasons?|jahre?s?|monate?n?|jährlich\w*|monatlich\w*|ans?|années?|mois)\b"
)
_BLANK = compiled(r"[\[*_]")
"""In place of a length that is left out."""

_NOT_RENEWED = compiled(
    r"(?i)\b(?:not|never|no|nicht|keine?|pas|sans|aucune|if|where|wenn|falls|licen[cs]es?\s+(?:granted|to)|warrant\w*|insur\w*|mutual\w*|polic(?:y|ies)"
    r"|domain|certificates?|purchase\s+orders?|letters?\s+of\s+credit|duration\s+of|suspend\w*|force\s+majeure|deadline|obligations?)\b[^.;]{0,80}$"
)


class _Said(NamedTuple):
    start: int
    end: int
    is_renewal: bool


def term(view: RuleInput) -> Iterator[Found]:
    """Find how long a contract runs, or that it has no end where it names neither a length nor a last day."""
    lengths = list(periods.term(view))
    if not any(one.sure for one in lengths):
        endless = [one for one in _endless(view) if not one.is_renewal]
        if endless and not any(one.sure for one in ends.named_ends(view.text)):
            lengths = [Found(endless[0].start, endless[0].end, INDEFINITE)]
    yield from lengths


def renewal(view: RuleInput) -> Iterator[Found]:
    """Find by how much a contract is renewed, that it runs on without end, or that it is renewed at all."""
    told = list(periods.renewal(view))
    if not told:
        endless = (one for one in _endless(view) if one.is_renewal)
        told = [Found(one.start, one.end, INDEFINITE, "automatic") for one in islice(endless, 1)]
    yield from told or islice(_by_itself(view), 1)


def _endless(view: RuleInput) -> Iterator[_Said]:
    """Give the places at which a text says that the contract has no end, or none after its first term."""
    text = plain(view.text)
    whole = periods.undotted(text)
    places = [match.span() for match in islice(_ENDLESS.finditer(text), _MOST)]
    places += [match.span(1) for match in islice(_UNLESS.finditer(text), _MOST)]
    for start, end in sorted(places):
        before, behind = periods.sentence_around(whole, start, end)
        if (_OF_OTHER.match(behind) and not _OF_ITSELF.match(behind)) or _OF_ELSE.search(before):
            continue
        is_renewed = _RENEWED.search(before)
        runs = is_renewed or _RUNS.search(before) or _IS.match(text, start)
        if not (runs and _OF_CONTRACT.search(before)):
            continue
        goes_on = _AFTERWARDS.search(before) or _AFTERWARDS.match(behind.lstrip(" ,"))
        after_term = goes_on and (_FIRST_TERM.search(before) or periods.terms(text))
        yield _Said(start, end, bool(is_renewed or after_term))


def _by_itself(view: RuleInput) -> Iterator[Found]:
    """Give the places at which a text says that the contract is renewed by itself, but not for how long."""
    text = plain(view.text)
    whole = periods.undotted(text)
    for match in islice(_BY_ITSELF.finditer(text), _MOST):
        before, behind = periods.sentence_around(whole, *match.span())
        length = _LENGTH.match(behind)
        if _NOT_RENEWED.search(before) or _UNTIL.match(behind) or (length and not _BLANK.search(length[0])):
            continue
        if _RENEWED_ITSELF.search(before + match[0]):
            yield Found(match.start(), match.end(), UNSTATED, "automatic")
