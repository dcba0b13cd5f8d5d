"""The notice that ends a contract, and the notice that keeps it from being renewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.headings import headings
from docassay.domains.legal.periods import Said, durations_said
from docassay.domains.passages import has_blank
from docassay.domains.patterns import compiled

_NOTICE_BEHIND = compiled(
    r"(?i)^(?:['\s,()-]|\b(?:calendar|business|prior|previous|advance|written|express|formal|reasonable"
    r"|days?|of|in)\b){0,40}\b(?:notice|notification|warning)s?\b"
    r"|^\W*(?:(?:schriftlich\w*|zum|vor(?:her)?|zuvor|ab|Kalender\w*|Quartals\w*|Monats\w*|Jahres\w*|des|eines?|Ende"
    r"|Ablauf|Schluss)\W+){0,8}(?:kündbar|gekündigt|(?:zu\s+)?kündigen|kündigt|aufgekündigt)"
)
_BEFORE_END = compiled(
    r"(?i)^\W*(?:in\s+writing\s+)?(?:in\s+advance|(?:prior\s+to|before|in\s+advance\s+of)\s+(?:(?:the"
    r"|such|its|any|his|her)\s+)?"
    r"(?:(?:effective|desired|proposed|intended|requested|actual|specified)\s+)?(?:date\s+(?:of"
    r"|on\s+which)\s+(?:[\w']+\s+){0,5}?)?(?:terminat|cancel|resign|withdraw)\w*)"
)
_NOTICE = compiled(r"(?i)\b(?:notice|notif\w+|writing|written)\b")
_NOTICE_BEFORE = compiled(
    r"(?i)(?:\b(?:notice|notification|notif(?:y|ies|ying))\b(?:[\s,]+(?:\w+[\s,]+){0,6}?(?:of|is|be"
    r"|period|least|than|minimum))[\s,:(]+"
    r"(?:(?:at\s+least|not\s+less\s+than|no\s+less\s+than|a\s+minimum\s+of|minimum)\s+)?"
    r"|\bkündigungsfrist\b[^.;]{0,60}?|\bfrist\s+von\s+(?:(?:mindestens|nur)\s+)?"
    r"|\bpréavis\b[^.;]{0,40}?\b(?:de|à|est|d'au\s+moins)\s+(?:(?:au\s+moins|minimum)\s+)?)$"
)
_ENDS = compiled(
    r"(?i)\b(?:terminat\w*|terminable|cancel\w*|resign\w*|discontinu\w*|end\s+(?:this|the|his|her|your)"
    r"|kündig\w*|gekündigt|kündbar|résili\w*|dénonc\w*|démission\w*"
    r"|mettre\s+fin|met\s+fin|rompre|licenci\w*|préavis)\b"
)
_AT_WILL = compiled(
    r"(?i)\b(?:without\s+(?:cause|(?:the\s+payment\s+of\s+)?(?:any\s+)?penalty|reason)"
    r"|with\s+or\s+without|convenience|(?:any|no)\s+(?:or\s+(?:any|no)\s+)?reason|at\s+any\s+time"
    r"|discretion"
    r"|any\s+other\s+time|at\s+will|ordentlich\w*|jederzeit|ohne\s+angabe|à\s+tout\s+moment|sans\s+motif)\b"
)
_FOR_CAUSE = compiled(
    r"(?i)\b(?:breach\w*|default\w*|cure[ds]?|remed(?:y|ied)|fail\w*|insolven\w*|bankrupt\w*|violat\w*"
    r"|non-?payment|force\s+majeure|change\s+(?:of|in)\s+control"
    r"|(?:for|with)\s+\"?cause|reasons?\s+of|duties|disabilit\w*|death|illness|infring\w*|misconduct"
    r"|cause\s+shown|good\s+reason|regulat\w*|illegal\w*|unlawful|safety"
    r"|wichtige\w*|verletz\w*|verzug|manquement\w*|inexécution|faute)\b"
)
_IF = compiled(r"(?i)\b(?:if|in\s+the\s+event|should|where|in\s+case|wenn|falls|sofern|si|en\s+cas)\b")
_RENEWAL = compiled(
    r"(?i)\b(?:renew\w*|non-?renew\w*|extend\w*|extension\w*|prolong\w*|(?:then|then\s*-?\s*)current"
    r"|verlänger\w*|renouvel\w*|reconduc\w*|reconduit\w*|tacite)\b"
)
_OF_TERM = compiled(
    r"(?i)^\W*(?:(?:written|prior|advance|of|calendar)\s+)*(?:notice\s+)?(?:in\s+writing\s+"
    r"|of\s+\w+\s+)?(?:prior\s+to|before|in\s+advance\s+of|of|preceding|prior|vor|zum|avant)\b[^.;]{0,60}?"
    r"(?:\b(?:end|ends|expir\w+|conclusion|anniversar\w+|renewals?|extension|completion|termination"
    r"|terms?|periods?|year|fin|terme|automatic)\b|échéance|\b(?:ende|ablauf)|laufzeit)"
)
_TOLD = compiled(
    r"(?i)\b(?:notice|notif\w+|writing|written|advis\w+|inform\w*|elects?|election|intent\w*|terminat\w+|ended"
    r"|cancel\w+|kündig\w*|gekündigt|schriftlich\w*|widersp\w+|préavis|dénonc\w*|lettre|avis)\b"
)
_UNLESS = compiled(
    r"(?i)\b(?:unless|until|if\s+neither|not\s+(?:to|be|wish|desire|want|elect)|non-?renewal|nonrenewal"
    r"|provided|sofern|wenn|es\s+sei\s+denn|falls|sauf|à\s+défaut|faute|si)\b"
)
_NO_NOTICE = compiled(
    r"(?i)\b(?:cure[ds]?|breach|default|remed(?:y|ied)|negotiat\w+|pay(?:ment|able)?|invoice\w*"
    r"|deliver(?:y|ed)?\s+of\s+(?:the\s+)?product\w*|forecast\w*|(?:price|fee"
    r"|rent)s?\b[^.;]{0,40}(?:increas|adjust)\w*)\b[^.;]{0,90}$"
)
_TO_RENEW = compiled(
    r"(?i)\b(?:option|right|wish\w*|elect\w*|may|desires?|intent\w*|choice|exercise\w*|agree\w*"
    r"|mutual\w*)\s+(?:[\w()]+\s+){0,6}?(?:renew|extend|extension)\w*\b"
    r"|\b(?:renew|extend|extension)\w*\b[^.;]{0,80}?\b(?:mutual\w*|agree[sd]?|by\s+written\s+agreement"
    r"|option)\b|\bterm\b[^.;]{0,60}\bagree\w*\s+in\s+writing"
)
_NOT_TO = compiled(
    r"(?i)\b(?:not\s+(?:to\s+|be\s+|wish\s+to\s+|desire\s+to\s+|want\s+to\s+|elect(?:ed|s)?\s+to\s+"
    r"|like\s+to\s+)?(?:\w+\s+)?(?:renew|extend)\w*|non-?renew\w*|automatic\w*"
    r"|unless|automatisch|stillschweigend|tacite\w*)\b"
)
_BY_AGREEMENT = compiled(r"(?i)\bunless\s+(?:\w+\s+){0,3}?(?:renew|extend)ed\s+(?:by|in|upon)\b")
_EXTENDS = compiled(r"(?i)^[^.;]{0,110},\s*(?:to\s+)?(?:extend|renew)\s+(?:the|this|its)\b")
"""What somebody does by the notice: extend the term, which nobody refuses."""

_DAY_THAT_IS = compiled(r"(?i)\b(?:date|day)\s+(?:that|which)\s+is\s*$")
_OF_EXTENSION = compiled(
    r"(?i)^\W*(?:(?:prior|advance|written)\s+)*notice\s+(?:period\s+extends\b|(?:of|that)\s+(?:(?:any|such|its|the|an|intent(?:ion)?\s+to|"
    r"desire\s+to|wish\s+to|exercise|it|they|intends?|wish(?:es)?|to)\s+)*(?:extension|extend|renewal|renew)\b)"
)
_SUCH_NOTICE = compiled(
    r"(?i)^\W*such\s+(?:written\s+)?notice\b[^.;]{0,60}\b(?:given|received|served|made|sent|provided|be)\b"
)
_BY_LAW = compiled(
    r"\b(?i:stat\.|statutes?\b|code\b|law\b)[^;]{0,120}\b(?i:requir\w+|provid\w+|prescrib\w+)\b[^;]{0,120}$"
)
_AT_END = compiled(
    r"(?i)\b(?:at|on|upon|as\s+of|effective(?:\s+on)?)\s+the\s+(?:end|expir\w+|last\s+day"
    r"|conclusion)\s+of\s+(?:(?:its|the|any|such|each|initial|original|then|current"
    r"|renewal)\s+){1,3}(?:terms?|period)\b[^.;]{0,120}$"
)
_ELSEWHERE = compiled(r"(?i)\b(?:last|past|preceding|previous|the|such|said)\s*$")
_AFTER = compiled(r"(?i)^\W*(?:after|following|nach|après)\b")
_OF_POLICY = compiled(
    r"(?i)\b(?:polic(?:y|ies)|insur(?:er|ers|ance|ed)|coverages?|certificates?|cancell?able|shipments?|participation"
    r"|licen[cs]e\s+(?:granted|referred)|(?:purchase|firm|binding)\s+orders?|material\s+(?:adverse\s+)?(?:change|modification))\b|§"
)


def notice_period(view: RuleInput) -> Iterator[Found]:
    """Find how long before its end a contract must be terminated by whoever needs no cause for that."""
    return _surest(view, _rank_of_notice)


def _rank_of_notice(said: Said) -> int | None:
    """Tell how surely a duration is that of a notice to terminate, 0 the surest; None where it is another."""
    before, behind = said.before, said.behind
    told = before[-_NEAR:] + behind
    if not (
        _NOTICE_BEHIND.match(behind)
        or _NOTICE_BEFORE.search(before)
        or (_BEFORE_END.match(behind) and _NOTICE.search(before))
    ):
        return None
    if not (_ENDS.search(before) or _ENDS.search(behind[:_NEAR_BEHIND])) or _OF_POLICY.search(told):
        return None
    if _ELSEWHERE.search(before) or _AFTER.match(behind) or _TO_RENEW.search(before):
        return None
    if _rank_of_renewal(said) is not None:
        return None
    at_will = _AT_WILL.search(told)
    if _FOR_CAUSE.search(before) or _FOR_CAUSE.search(behind):
        return 1 if at_will and not _FOR_CAUSE.search(told) else None
    if at_will:
        return 0
    return None if _IF.search(before) or _IF.search(behind) else 1


_NEAR, _NEAR_BEHIND = 160, 80
"""Characters before and behind a duration in which it is said what ends, and why."""


def renewal_notice(view: RuleInput) -> Iterator[Found]:
    """Find how long before the end of its term somebody must say that a contract is not to be renewed."""
    return _surest(view, _rank_of_renewal)


def _rank_of_renewal(said: Said) -> int | None:
    """Tell how surely a duration is that of a notice against renewal; one that asks for it is none."""
    before, behind = said.before, said.behind
    told = before + behind
    if _NO_NOTICE.search(before) or _OF_POLICY.search(told) or _DAY_THAT_IS.search(before):
        return None
    if not (_TOLD.search(before[-_NEAR:]) or _TOLD.search(behind)):
        return None
    if _OF_EXTENSION.match(behind) or _BY_LAW.search(before):
        return None
    refused = _NOT_TO.search(_BY_AGREEMENT.sub(" extended by ", told))
    if (_TO_RENEW.search(told) or _EXTENDS.match(behind)) and not refused:
        return None
    if _AT_END.search(before) and _NOTICE_BEHIND.match(behind) and _ENDS.search(told):
        return 1
    if _SUCH_NOTICE.search(before) and _OF_TERM.match(behind):
        return 1
    if not _RENEWAL.search(told):
        return None
    unless = _NOTICE_BEHIND.match(behind) and _UNLESS.search(before)
    if _OF_TERM.match(behind) or unless or (refused and _NOTICE_BEFORE.search(before)):
        return 0 if refused else 1
    return None


def _surest(view: RuleInput, rank_of: Callable[[Said], int | None]) -> Iterator[Found]:
    """Give the durations of a text of the best rank that there is; what has none is left out."""
    ranked = [(rank, one) for one in durations_said(plain(view.text)) if (rank := rank_of(one)) is not None]
    best = min((rank for rank, _ in ranked), default=None)
    yield from (_found(said) for rank, said in ranked if rank == best)


def _found(said: Said) -> Found:
    one = said.duration
    return Found(one.start, one.end, one.normalised, alternative=one.alternative)


_TERMINATION = compiled(
    r"(?i)^\W*(?:[0-9.]+\W*)?(?:early\s+)?termination"
    r"(?:\s+(?:of|for|and|clause|conditions?|rights?|provisions?)\b[^.;]{0,30})?\W*$"
)
_SAYS_HOW = compiled(
    r"(?i)[\pL0-9][^.\n]*\b(?:terminat\w*|cancel\w*|notice|ends?|expir\w*)\b[^.\n]*(?:\n\p{Ll}[^.\n]*){0,3}|\pL+\s+notice\b"
)
_SENTENCE = compiled(r"(?i)\b(?:may|shall|must|will|can)\b|[.:;]\s*$")
_SECTION = 1_500
"""Characters below a heading in which its section says how a contract ends."""


def below_termination(view: RuleInput) -> Iterator[Span]:
    """Find what a section on termination says of it below its heading, which alone says nothing."""
    text, found = plain(view.text), headings(view.text)
    for start, end, path in found.sections(len(text)):
        titled = any(_TERMINATION.search(one) for one in path[-2:])
        body = text.find("\n", start, end) + 1
        if not titled or not body or _SENTENCE.search(path[-1]):
            continue
        said = _SAYS_HOW.search(text, body, min(end, body + _SECTION))
        if said and not has_blank(said.group()):
            yield said.span()
