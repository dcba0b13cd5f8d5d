"""What a form leaves open: places for names, dates and sums that nobody has filled in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span
from docassay.domains.passages import blanks
from docassay.domains.patterns import compiled
from docassay.domains.rules import Compared

FEWEST = 2
"""Blanks from which on a document is a form; one may be a slip, or none, unless it says that it is one."""

SHOWN = 6
"""Most blanks that are named."""

MOST = 500
"""Candidates after which no more are looked at; the bullets of a list are candidates, too."""

REACH = 200
"""Characters before and after a candidate, on its line, that are looked at."""

# Notes on pages, redactions, checkboxes, omissions, bullets, wide spaces, and the names of shells and of site
# generators.
_NO_BLANK = compiled(
    r"(?i)\bfollows?\]|signature\s+page|redact|illegible|remov|withheld|omitted|<"
    r"|^\[[ \t]*(?:[_.…-]{0,3}|\*[ *]*)[ ]*\]|^[●■•]|^\$(?:\{\{|\{(?-i:[^a-z]*)\})|^this[ \t]{3,}day$"
    r"|^\pL+[ \t]{3,}[0-9]+$|^\{\{[\s-]*(?:[#/.\"'>]|(?:site|page|post|author|user|config|content|theme)\b)"
)
# What says itself that it is a blank: an instruction to whoever fills in the form, or a name that is none.
_SAYS_SO = compiled(
    r"(?i)\[[ \t*_]*(?:please[ ]|bitte[ ])?(?:insert|enter|specify|insérer|indiquer|préciser|compléter"
    r"|einfügen|ergänzen|eintragen|prüfen)[ ][^\]\n]{1,80}\]"
    r"|\[[ \t*_]*(?:à[ ]compléter|PRÜFEN)[^\]\n]{0,80}\]"
    r"|\[[ \t*_]*(?:your|votre|ihre?)[ ](?:\pL+[ ]){0,2}(?:address|adresse|anschrift|company|e-?mail"
    r"|firma|nom|name|phone|site|société|telefon|téléphone|website)[ \t*_]*\]"
    r"|\[[^\[\]\n]{2,60}[ ](?:einfügen|ergänzen|eintragen|compléter"
    r"|to[ ]be[ ](?:completed|confirmed|inserted))[ \t]*\]"
    r"|\((?:please[ ])?insert[ ][^()\n]{1,60}\)|\b(?-i:X{2,3}(?:[ .]X{2,3}){2,})\b"
    r"|\b(?-i:TBD|Muster(?:firma|mann|stra(?:ß|ss)e))\b"
)
# What stands behind the text of a link, a word changed in a quotation, emphasis and a formula.
_BEHIND = compiled(r"^(?:\pL|\$|\[|\((?:[a-z]+:|[^\s()\"“]*(?:\)|[ ]\"))|:[ ]*(?:https?:|/))")
_BEFORE = compiled(r"[\pL\]]$")
# A line on which somebody signs, or says who signed, stays open until then.
_SIGNED = compiled(
    r"(?i)\b(?:by|its|names?|titles?|dated?|sign(?:ed)?|print|participant|nom|fait|lieu|Datum|Ort|place)\b\W*$"
    r"|\b(?-i:For|Pour|Für)\b[^:._]{0,60}:\W*$"
)
_WITHDRAWAL = compiled(
    r"(?is)\bgive\s+notice\s+that\s+(?:I|we)\b.{0,12}\swithdraw\s+from\b.{0,20}\bcontract\b.{0,800}"
    r"|\bhiermit\s+widerrufe.{0,60}\b(?:Kauf|Vertr[aä]g).{0,800}"
    r"|\b(?:je|nous)\b.{1,20}\bnotifi.{1,60}\brétractation\b.{0,800}"
)
"""The form for who withdraws from a contract (Directive 2011/83/EU, Annex I(B)): it is to stay open."""

_NEAR = 80
"""Characters before a blank in which the label of a signature stands."""

_SIGNATURE = compiled(r"(?i)signature|unterschrift|witness|initials")
_WORD = compiled(r"\pL{2,}")
_LINE = compiled(r"^\PL*$")
_FEWEST_WORDS = 3
"""Words before a line to write on, from which on it stands in a sentence."""


def left_open(view: RuleInput) -> list[Compared]:
    """Send a person to a document that leaves places open, to the first of them.

    A field that is named is one however often it stands there; lines to write on are as many as there are.
    """
    told = {*_in_sentences(view.text, (match.span() for match in _SAYS_SO.finditer(view.text)))}
    places = told.union(_in_sentences(view.text, blanks(view.text)))
    for form in islice(_WITHDRAWAL.finditer(view.text), MOST) if places else ():
        places -= {place for place in places if form.start() <= place[0] < form.end()}
    found: dict[str | int, Span] = {}
    for start, end in sorted(places):
        said = view.text[start:end].strip()
        found.setdefault(start if _LINE.search(said) else said, (start, end))
    if len(found) < FEWEST and told.isdisjoint(places):
        return []
    names = [view.text[slice(*span)].strip()[:40] for span in islice(found.values(), SHOWN)]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return [Compared("review", next(iter(found.values())), f"Left open: {', '.join(names)}{more}.")]


def _in_sentences(text: str, candidates: Iterator[Span]) -> Iterator[Span]:
    """Yield the blanks among the first candidates that are none of code, and do not wait for a signature."""
    fences = last = 0
    for start, end in islice(candidates, MOST):
        fences, last = fences + text.count("```", last, start), start
        before = text[max(0, start - REACH) : start].rpartition("\n")[2]
        behind = text[end : end + REACH].partition("\n")[0]
        if not fences % 2 and _is_blank(text[start:end], before, behind):
            yield start, end


def _is_blank(said: str, before: str, behind: str) -> bool:
    """Tell whether a candidate is to be filled in, by what stands before and behind it on its line."""
    if _NO_BLANK.search(said) or _BEHIND.search(behind) or _BEFORE.search(before):
        return False
    if _SIGNED.search(before[-_NEAR:]) or _SIGNATURE.search(before) or _SIGNATURE.search(behind):
        return False
    if before.count("`") % 2 or (said.startswith("[") and _is_quoted(before, behind)):
        return False
    in_sentence = len(before.split()) >= _FEWEST_WORDS and _WORD.search(behind)
    return bool(in_sentence or not _LINE.search(said))


def _is_quoted(before: str, behind: str) -> bool:
    """Tell whether words stand beside it in one quotation, in which brackets are those of who quotes."""
    opened, closed = before.rfind("“"), before.rfind("”")
    if opened > closed:
        inside = before[opened + 1 :] + behind.partition("”")[0]
    elif before.count('"') % 2:
        inside = before.rpartition('"')[2] + behind.partition('"')[0]
    else:
        return False
    return _WORD.search(inside) is not None
