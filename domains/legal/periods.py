"""Durations of a contract: how long it runs, by how much it is renewed, and the notice that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, plain
from docassay.domains.durations import Duration, durations, months_and_days
from docassay.domains.facts import Found
from docassay.domains.numerals import ORDINALS
from docassay.domains.patterns import compiled
from docassay.languages import language

_MOST = 500
"""Durations of a text that are looked at."""

_BEFORE, _BEHIND = 300, 120
"""Characters before and behind a duration, in its sentence, that say what it is of."""

_CONTRACT = (
    r"\b(?:this|the|diese[rsmn]?|der|die|das|le|la|l'|présente?|ce|cet|cette)\s*(?:[\w&'-]+\s+){0,5}?"
    r"(?:agreement|contract|lease|letter|licen[cs]e|engagement|\pL*vertrag|vereinbarung|mietverhältnis|arbeitsverhältnis|contrat"
    r"|bail|accord|convention|tenancy)s?\b"
)
_RUNS = (
    r"\b(?:terminat\w+|expir\w+|continu\w+|remain\w*|in\s+(?:full\s+)?(?:force|effect)|effective|valid|binding|commenc\w+|begin\w*"
    r"|ends?|runs?|lasts?|cease\w*|no\s+(?:further\s+)?force|be\s+for|is\s+for|gilt|läuft|endet|beginnt|geschlossen|conclue?|prend|entre|dure|s'applique|valable)\b"
)
_TERM = compiled(
    r"(?i)(?:\b(?:initial|original|primary|base|fixed)\s+(?:term|period)\b|\bterm\b|\bduration\b|\b\pL*laufzeit\b|\bdurée\b|\b\pL*dauer\b"
    r"|\bmietzeit\b)[^.;]{0,120}$"
)
_INITIAL_OF = compiled(r"(?i)\b(?:an?|the)\s+(?:initial|original)\s+(?:term|period)\s+of\s+$")
_TERM_OF = compiled(
    r"(?i)\b(?:contract|agreement|it|and)\s+(?:(?:shall|will)\s+)?ha(?:s|ve)\s+an?\s+(?:term|duration)\s+of\s+$"
)
_RUN = compiled(rf"(?i){_CONTRACT}[^.;]{{0,200}}?{_RUNS}[^.;]{{0,200}}$")
_DIRECT = compiled(
    rf"(?i)(?:{_CONTRACT}|\bobligations\s+(?:(?:set\s+forth|contained)\s+)?(?:under|in|pursuant\s+to|hereunder)\b(?:\s+{_CONTRACT})?)"
    r"(?:\s+and\s+all\s+\w+\s+hereunder)?\s+(?:(?:shall|will|is|are|has|have)\s+)?(?:[\w,-]+\s+){0,5}?"
    rf"(?:{_RUNS})[^.;]{{0,140}}$"
)
_FROM_ON = compiled(
    r"(?i)\b(?:mietverhältnis|mietvertrag|mietzeit|untermietverhältnis|vertrag|arbeitsverhältnis|bail|contrat|location|lease|tenancy)\b\W{0,4}"
    r"(?:(?:ist|gilt|läuft|wird|from|starts?|begins|commencing|est|prend)\s+)?(?:ab|vom|from|starting|commencing|à\s+compter|à\s+partir)\b"
    r"[^.;]{0,60}\b(?:für|for|auf|pour)\s+(?:(?:a|die|eine?|une)\s+(?:period|term|dauer|zeit|durée)\s+(?:of|von|de)\s+)?$"
)
"""Says of a contract in a few words from when it runs: "Mietverhältnis ab dem 1. Mai für ein Jahr"."""

_NAMED_TERM = compiled(
    r"(?i)^[^.;()]{0,60}\(\s*(?:collectively,?\s*)?(?:hereinafter\s+)?(?:(?:referred\s+to\s+)?as\s+)?(?:the\s+|die\s+|la\s+)?\"?(?:initial\s+)?(?:term|laufzeit|durée)\b"
)
_RENEWED = compiled(
    r"(?i)\b(?:renew\w*|extend\w*|extension\w*|prolong\w*|verlänger\w*|erneuer\w*|renouvel\w*|reconduit\w*|reconduction|prorog\w*)\b"
)
_OTHER_BEFORE = compiled(
    r"(?i)\b(?:solicit\w*|stand-?still|non-?compet\w*|compete|restricted\s+period|surviv\w*|notice|notify|renew\w*|extend\w*|extension"
    r"|warrant\w*|records?|retain\w*|audit\w*|cure\w?|option|remedied|breach|default|bankruptcy|severance|vest\w*|salary|previous"
    r"|confidential\w*|trade\s+secrets?|hire|employed|employees?|invoice\w*|pay(?:able|ment)?s?|prior|preceding|last|past|least|insurance|coverage"
    r"|expiration\s+of|termination\s+of|following|after\s+(?:the\s+)?(?:expiration|termination)"
    r"|kündigung\w*|frist|probezeit|verjähr\w*|gewährleist\w*|préavis|garantie|loyers?|every|each|per|within|first|second|third"
    r"|essai|geheim\w*|vertraulich\w*|confidentialité|verlänger\w*|renouvel\w*)\b[^.;]{0,90}$"
)
_OTHER_BEHIND = compiled(
    r"(?i)^\W*(?:\w+\s+){0,1}?(?:prior\b|preceding|before|(?:\w+\s+)?notice|advance|(?:following|after|from)\s+"
    r"(?:(?:the|its|such|his|her)\s+)?(?:\w+\s+){0,2}?(?:terminat|expir|cessation|disclos|receipt|separation)"
    r"|old|experience|of\s+age|warranty|vor\b|zum\b|avant|(?:ge)?kündig|über\s+d(?:as|ie)\s+(?:vertrags)?(?:ende|laufzeit)"
    r"|nach\s+(?:(?:der|dem|seiner|ihrer)\s+)?(?:vertrags)?(?:beendigung|ende\b|ablauf|kündigung)|après\s+(?:la\s+|le\s+|l'|son\s+|sa\s+)?"
    r"(?:fin|expiration|résiliation|cessation|terme)\b)"
)
_DURING = compiled(
    r"(?i)\b(?:during|throughout)\s+(?:the|its|any|such|his|her)\s+(?:\w+\s+){0,3}?(?:term|employment|period)\b[^.;]{0,160}$"
)


_OF_ELSE = compiled(
    r"(?i)\b(?:(?:sections?|clause|article|provisions?|obligations?|rights)\b(?:[^.;,]|\.[0-9]){0,80}\bsurviv\w*"
    r"|(?:so|as)\s+long\s+as|imprison\w*|causes?\s+of\s+action|(?:long|short|near|medium)[\s-]term)\b"
    r"|\b(?:directors?|chair\w*|officers?|members?|supervisors?|arbitrators?)\b[^.;]{0,120}\b(?:appoint|elect|serv)\w*"
    r"|\b(?:stock\s+options?|warrants)\b[^.;]{0,200}$"
    r"|\bterm\s+\"[^\"]{1,60}\"\s+(?:shall\s+)?means?\b|\bnot\s+be\s+terminated\b[^.;]{0,60}\bprior\s+to\s*$|\b(?:plus|uncured|continuous|consecutive)\b[^.;]{0,30}$"
    r"|\b(?:verzicht\w*|renonc\w*|waive[sd]?)\b[^.;]{0,160}$|\b(?:(?:no|not)\s+later\s+than|said|applicable|during\s+(?:any|each)(?:\s+of)?(?:\s+the)?)\s*$"
)
"""What says that a duration is of a duty that outlives the contract, of an office or a limit for suits."""

_LATER = compiled(r"(?i)\b(?:later|latest|longer|longest|greater)\s+(?:to\s+occur\s+)?of\b")
"""A duration that is one of two, of which nobody knows which will be the contract's."""

_NOT_THE_TERM = compiled(
    r"(?i)\b(?:notice|notify|renew\w*|extend\w*|extension|written\s+notice|at\s+least|cure\w?|breach|default|within|employ\w*"
    r"|commenced\s+on\s+or\s+before|surviv\w*|disclos\w+|confidentiality|every|each|(?:kündigungs)?frist|probezeit|geheim\w*|vertraulich\w*|verschwiegen\w*"
    r"|gewährleist\w*|préavis|essai|garantie|confidentialité|secret)\b[^.;]{0,70}$"
)


_FROM_ELSE = compiled(
    r"(?i)^\W*(?:months?\W+)?(?:from|after|following|of)\s+(?:the\s+|such\s+|each\s+)?(?:last\s+)?(?:date\s+(?:of|on\s+which|that)\s+)?"
    r"(?:[\w'-]+\s+){0,4}?(?:disclos|terminat|cessation|ceas|receipt|expir|ends?\b|ended\b)"
)
"""A duration that begins with something else than the contract."""

_SOONER = compiled(r"(?i)\b(?:unless|until|hereof|effective|execution|or)\b")


class Said(NamedTuple):
    """A duration with the words of its sentence before and behind it."""

    duration: Duration
    before: str
    behind: str

    def is_anniversary(self, text: str) -> bool:
        """Tell whether it is a day some years on, which nothing is prolonged by."""
        return _ANNIVERSARY.fullmatch(text[self.duration.start : self.duration.end]) is not None


_IN_BLANK = compiled(
    r"\[[^\]\[]*(?:(?i:\b(?:e\W?g|for\s+example|such\s+as|insert|enter|specify|typically|usually|z\W?\s?B|par\s+exemple)\b)"
    r"|\b\p{Lu}{4,}[ ,:;-])[^\]\[]*$"
)
"""Makes an example of a duration: "[SURVIVAL, e.g. three years]" is still to be filled in."""


@lru_cache(maxsize=4)
def durations_said(text: str) -> tuple[Said, ...]:
    """Give the durations of a text, each with the words of its sentence around it; no example in a blank."""
    found = [*islice(durations(text), _MOST), *islice(_anniversaries(text), _MOST)]
    text = undotted(text)
    said = (Said(one, *sentence_around(text, one.start, one.end)) for one in sorted(found))
    return tuple(one for one in said if not (_IN_BLANK.search(one.before) and "]" in one.behind))


def sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """Give the words of a sentence before and behind a place in it.

    >>> sentence_around("It ends. The term is two years; it is firm.", 21, 30)
    ('The term is ', '')
    """
    before, behind = text[max(0, start - _BEFORE) : start], text[end : end + _BEHIND]
    ends = [match.start(1) if match.group(1) else match.end() for match in _SENTENCE.finditer(before)]
    stop = _SENTENCE.search(behind)
    return before[ends[-1] if ends else 0 :], behind[: stop.start()] if stop else behind


@lru_cache(maxsize=4)
def undotted(text: str) -> str:
    """Blank the full stops of German dates and of times of the day, which end no sentence.

    >>> undotted("vom 1. Mai 2020 an. Mai ist schön"), undotted("at 5 p.m. on 01.06.2024")
    ('vom 1  Mai 2020 an. Mai ist schön', 'at 5 p m  on 01 06 2024')
    """
    blanked: str = _DAY_DOT.sub(lambda day: day[0].replace(".", " "), text)
    return blanked


_GERMAN_MONTHS = "|".join(spellings[0] for spellings in language("de").months)
_DAY_DOT = compiled(
    rf"\b[0-9]{{1,2}}\.\s+(?i:{_GERMAN_MONTHS})\b|\b(?:[ap]\.\s?m|i\.e|e\.g)\.|\b[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]"
)


def _anniversaries(text: str) -> Iterator[Duration]:
    for match in _ANNIVERSARY.finditer(text):
        nth = next(filter(None, match.groups())).lower()
        years = ORDINALS.get(nth.split()[0]) or int("".join(filter(str.isdigit, nth.split("(")[0])) or 0)
        if years:
            yield Duration(match.start(), match.end(), f"P{years}Y")


_NTH = rf"(?:{'|'.join(ORDINALS)}|[0-9]{{1,2}}\s?(?:st|nd|rd|th))\s+(?:\([0-9a-z ]+\)\s+)?"
_ANNIVERSARY = compiled(
    rf"(?i)\b(?:({_NTH})(?:year\s+)?anniversary|(?:end|close|conclusion|completion|expir\w+)\s+of\s+(?:the\s+)?(?:({_NTH})(?:full\s+)?"
    r"(?:contract|agreement|lease|licen[cs]e|operating)\s+|(?:contract\s+)?year\s+([0-9]{1,2})\b)(?:year)?)\b"
)
_SENTENCE = compiled(r"\.\s+(\p{Lu}|\(?\w{1,3}[.)])|;|\n\s*\n|\.\s*\n")


def term(view: RuleInput) -> Iterator[Found]:
    """Find how long a contract runs: not how long secrets are kept, nor how long somebody may not compete.

    One that nothing calls a term, and of which nothing says outright that it is the contract's, is a hint.
    """
    lengths = set()
    for said in terms(plain(view.text)):
        one, rank = said.duration, _rank_of_term(said)
        length = months_and_days(one.normalised) or one.normalised
        if length in lengths:
            continue  # "36 months (3 years)"
        lengths.add(length)
        yield Found(
            one.start,
            one.end,
            one.normalised,
            alternative=one.alternative,
            sure=rank is not None and rank < _HINT and not _LATER.search(said.before),
        )


@lru_cache(maxsize=4)
def terms(text: str) -> tuple[Said, ...]:
    """List the durations that are said most surely to be those of a contract."""
    ranked = [(rank, said) for said in durations_said(text) if (rank := _rank_of_term(said)) is not None]
    best = min((rank for rank, _ in ranked), default=None)
    return tuple(said for rank, said in ranked if rank == best)


def _rank_of_term(said: Said) -> int | None:
    """Tell how surely a duration is that of the contract, 0 the surest; None where it is another."""
    said = said._replace(before=_IN_FORCE_FOR_LEAST.sub("in force for ", said.before))
    other = _FROM_ELSE.match(said.behind)
    if (
        _OTHER_BEHIND.match(said.behind)
        or _RENEWAL_BEHIND.match(said.behind)
        or (other and not _SOONER.search(other.group()))
    ):
        return None
    if _DAY_PRIOR.search(said.before):
        return 1
    if _DURING.search(said.before) or _OF_ELSE.search(said.before):
        return None
    if _NAMED_TERM.match(said.behind):
        return 0
    if _INITIAL_OF.search(said.before) or (_LIMITED.match(said.behind) and OF_CONTRACT.search(said.before)):
        return 1
    if _RENEWED.search(said.before[-_RENEWED_WITHIN:]):
        return None
    if said.duration.normalised.endswith("D") and not _TERM.search(said.before):
        return None
    if _DIRECT.search(said.before) and not _NOT_THE_TERM.search(said.before):
        return 1
    if _TERM_OF.search(said.before):
        return 2
    if _OTHER_BEFORE.search(said.before):
        return None
    if any(one.search(said.before) for one in (_TERM, _ENGAGED, _FROM_ON)) or _LONG_AGREEMENT.match(
        said.behind
    ):
        return 2
    return 3 if _RUN.search(said.before) else None


_IN_FORCE_FOR_LEAST = compiled(
    r"(?i)\b(?:force|effect|operation)\s+for\s+at\s+least\s+(?:a\s+period\s+of\s+)?"
)
_DAY_PRIOR = compiled(r"(?i)\bterm\b[^.;]{0,120}\bday\s+(?:prior\s+to|before)\s+the\s*$")
_ENGAGED = compiled(
    r"(?i)\b(?:engaged|appointed|provide\s+(?:the\s+)?(?:\w+\s+){0,3}?services)\b[^.;]{0,80}\bfor\s+(?:a|the)\s+(?:period|term)\s+of\s+$"
)
_LONG_AGREEMENT = compiled(r"(?i)^[\s-]*(?:agreement|contract|lease|engagement)\b")
_LIMITED = compiled(r"(?i)^\W*(?:befristet|fest\s+geschlossen)\b")
_HINT = 3
_RENEWED_WITHIN = 120
"""Characters before a duration in which it is said to be that of a renewal."""


_RENEW = (
    r"\b(?:renew\w*|self-renew\w*|roll(?:s|ed|ing)?[\s-]?over|(?:be\s+|automatically\s+)?extend(?:ed|s)?|extension\w*|extended\s+term|successor\s+franchise"
    r"|verlänger\w*|erneuer\w*|renouvel\w*|reconduit\w*|reconduction|reconductible|prorog\w*)\b"
)
_RENEWAL = compiled(
    rf"(?i)(?:{_RENEW}|\b(?:thereafter|option\s+to)\s+continue\b)[^.;]{{0,170}}?(?:\b(?:for|of|by|to|on|um|auf|pour|de|par|each|every"
    r"|terms?|periods?|successive|additional|another)\b|\bd')[^.;]{0,60}$"
    r"|\bcontinue\b[^.;]{0,60}\b(?:successive|additional|consecutive|subsequent|further)\b[^.;]{0,30}$"
)
_RENEWED_BY = compiled(rf"(?i)^.*(?:{_RENEW}|\b(?:thereafter|option\s+to)\s+continue\b)")
_RENEWAL_BEHIND = compiled(
    r"(?i)^\W*(?:(?:successive|additional|further)\s+)?(?:(?:terms?|periods?)\s+)?(?:renewals?|extensions?)\b"
)
OF_CONTRACT = compiled(
    r"(?i)\b(?:this|the|such|initial|original|current|successive|additional|each|any|renewal|his|her|your|executive's|der|die|das|dieser?|le|la"
    r"|présente?)\s+(?:[\w&'-]+\s+){0,4}?(?:agreement|contract|lease|terms?|appointment|engagement|employment|subscription|franchise|membership"
    r"|\pL*vertrag|vereinbarung|\pL{3,}verhältnis|laufzeit|abonnement|mitgliedschaft|contrat|bail|location|convention|durée)\b"
    r"|\b(?:agreement|contract)\s+term\b"
)
_LABEL = compiled(
    r"(?im)^[^\pL\n]*(?:(?:automatic\s+)?renewal(?:\s+(?:term|period|option)s?)?|(?:vertrags)?verlängerung|reconduction|renouvellement)[*_\s]*:"
)
_MUTUAL = compiled(
    r"(?i)\b(?:mutual\w*|by\s+agreement|negotiat\w+|has\s+not\s+been|beiderseitig\w*|commun\s+accord)\b"
)
_NO_RENEWAL = compiled(
    r"(?i)\b(?:restrict\w*|(?:shall|will|may)\s+(?:only\s+)?extend\s+for|warrant\w*|payments?|deadline|delivery|closing"
    r"|cure\w?|statut\w+|patent\w*|not\s+(?:be\s+)?(?:renew|extend)\w*)\b[^.;]{0,60}$|\bforce\s+majeure\b|\bwarranties\b"
)
_NOTICE_OF = compiled(
    r"(?i)\b(?:notice|notify|prior|least|before|within|expires?|agrees?\s+that)\b[^.;]{0,40}$"
)
"""Behind the word that says that it is renewed: the duration is that of a notice, or of a duty."""

_NO_RENEWAL_BEHIND = compiled(
    r"(?i)^['’]?\W*(?:(?:calendar|business|prior|advance|written|days?)['’]?\s+){0,3}?(?:prior\b|before|notice|advance|vor\b|avant"
    r"|(?:after|following)\s+(?:the\s+)?(?:expir|terminat))"
)
_YEAR_TO_YEAR = compiled(
    rf"(?i)(?:{_RENEW}|\bcontinue\b)[^.;]{{0,140}}?\b(year[\s-]to[\s-]year|(?:yearly|annual)\s+(?:terms?|periods?|basis|renewals?)|monthly\s+"
    r"(?:terms?|periods?)|(?:an\s+additional|another)\s+(?:full\s+)?(?:year|month)|(?:every|each)\s+(?:year|month)|annually|yearly|monthly"
    r"|month[\s-]to[\s-]month|von\s+jahr\s+zu\s+jahr|von\s+monat\s+zu\s+monat|jährlich|monatlich|d'année\s+en\s+année|chaque\s+(?:année|mois))\b"
    r"(?:\s+(?:terms?|periods?|basis|renewals?|thereafter))?"
)
_IT = compiled(r"(?i)\b(?:it|er|es|il|elle)\s+(?:\w+\s+){0,6}$")
_NEAR = 120
"""Characters before a renewal in which it is said what is renewed."""

_OF_MONTH = compiled(r"(?i)mon(?:th|at)|mois")
_AS_LONG = compiled(
    r"(?i)\b(?:automatically\s+(?:be\s+)?(?:renew|extend)\w*|(?:renew|extend)\w*\s+automatically|automatisch|stillschweigend|tacitement"
    r"|(?:renews|shall\s+(?:be\s+)?(?:renew|extend)(?:ed)?|will\s+(?:be\s+)?(?:renew|extend)(?:ed)?))\b[^.;]{0,80}?\b((?:the\s+)?(?:same|like|equal|equivalent|gleiche\w*|même)\s+(?:duration|length|terms?|periods?|time|dauer|zeit|durée)"
    r"|(?:terms?|periods?)\s+equal\s+(?:in\s+length\s+)?to\s+the\s+(?:(?:initial|original)\s+)?term)\b"
)
_BY_ITSELF = r"(?:automatic\w*|automatisch|stillschweigend|tacite\w*|self-renew\w*)"
_AUTOMATIC = compiled(rf"(?i)\b(?:{_BY_ITSELF}|successive|aufeinander\w*)\b")
_UNASKED = compiled(rf"(?i)\b{_BY_ITSELF}\b")
_NOT_BY_ITSELF = compiled(
    rf"(?i)\b(?:not|never|nicht|pas)\s+(?:be\s+)?(?:(?:renew|extend|verlänger|renouvel)\w*\s+)?{_BY_ITSELF}\b"
)


def renewal(view: RuleInput) -> Iterator[Found]:
    """Find by how much a contract is renewed: each time if that is automatic, else if somebody wants it."""
    text = plain(view.text)
    told = False
    for said in durations_said(text):
        if not (_RENEWAL.search(said.before) or _RENEWAL_BEHIND.match(said.behind)):
            continue
        if _NO_RENEWAL.search(said.before) or _NO_RENEWAL_BEHIND.match(said.behind):
            continue
        if _NOTICE_OF.search(_RENEWED_BY.sub("", " ".join(said.before.split()))):
            continue
        around = _NOT_BY_ITSELF.sub("", said.before + said.behind)
        automatic = _AUTOMATIC.search(around)
        agreed = _MUTUAL.search(around) and not _UNASKED.search(around)
        if agreed or not (OF_CONTRACT.search(said.before + said.behind) or _LABEL.search(said.before)):
            continue
        if _NAMED_TERM.match(said.behind):
            continue
        one = said.duration
        if (one.normalised.endswith("D") and not _AUTOMATIC.search(said.before)) or said.is_anniversary(text):
            continue
        told = True
        yield Found(
            one.start,
            one.end,
            one.normalised,
            "automatic" if automatic else None,
            alternative=one.alternative,
        )
    if told:
        return
    for match in islice(_YEAR_TO_YEAR.finditer(text), 10):
        before = sentence_around(text, *match.span())[0][-_NEAR:]
        if not (OF_CONTRACT.search(before + match[0]) or _IT.search(before)):
            continue
        monthly = _OF_MONTH.search(match.group(1))
        told = True
        yield Found(match.start(1), match.end(1), "P1M" if monthly else "P1Y", "automatic")
    # "For successive terms of the same duration": as long as the term.
    lengths = {one.duration.normalised for one in terms(text)}
    asked = _NOT_BY_ITSELF.sub(lambda denied: "x" * len(denied[0]), text)
    if not told and len(lengths) == 1 and (match := _AS_LONG.search(asked)):
        yield Found(match.start(1), match.end(1), lengths.pop(), "automatic")
