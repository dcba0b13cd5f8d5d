"""Terms for consumers: where the trader is, whether it sells in the Union, what it may change or end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docassay.domains import RuleInput, Span, plain
from docassay.domains.folders import compiler
from docassay.domains.legal.audience import OFTEN, first_lines, title_of
from docassay.domains.legal.privacy import is_not_for_europe, well_known_others
from docassay.domains.passages import REACH, Places, sentence_of
from docassay.domains.patterns import compiled, matches_of

_compiled = compiler(Path(__file__).parent, "trade.toml")

_ADDRESS = _compiled(r"(?i){address}")
_SEAT = _compiled(
    r"(?i)\b{seat}\b[^.;\n]{0,60}?[\s:,]+(?:(?:is|are|est|ist|at|in|au|à|located|situated|lautet)\s+)*"
    r"(?-i:\p{Lu}|[0-9])[^.;\n]{3,100}"
)
_ADDRESSEE = _compiled(r"(?i)\b{addressee}")
_POINTS = _compiled(r"(?i)\b{pointing}\b")
_LENDER = _compiled(r"(?i)\b{lender}\b")
_UNION = _compiled(r"(?i){union}")


def trader_addresses(view: RuleInput) -> Iterator[Span]:
    """Find the address at which a trader is established, not one for deliveries, returns or complaints.

    The first that a text gives is the trader's; those of affiliates come later. One behind the name of a host
    or another company that many texts name is that company's.
    """
    text = plain(view.text)
    found, others = [], Places.of(well_known_others(view))
    for pattern in (_SEAT, _ADDRESS):
        for match in pattern.finditer(text):
            before = _TOLD_TO.search(text[max(0, match.start() - _ADDRESSEE_BEFORE) : match.start()]).group()
            said = match.group()
            stated = pattern is _ADDRESS or (any(map(str.isdigit, said)) and not _POINTS.search(said))
            near = max(0, match.start() - _NAME_BEFORE)
            other = _ADDRESSEE.search(before) or _LENDER.search(text[match.start() : match.end() + _NEAR])
            if stated and not other and not others.touch((near, match.start())):
                found.append(match.span())
    yield from sorted(found)


_ADDRESSEE_BEFORE = 100
"""Characters before an address in which it is told whose it is: in its paragraph, or above a colon."""

_TOLD_TO = compiled(r"(?s)(?:[^\n]|\n[^\n]|:\s{0,9}\n\s{0,9})*\n?$")

_NAME_BEFORE = 60
"""Characters before an address in which the name of somebody else stands whose it is."""

_NEAR = 100
"""Characters around the name of a country in which it is told why it is named."""

_NOT_SOLD = _compiled(r"(?i)\b{not_sold}")


def sold_in_the_union(view: RuleInput) -> Iterator[Span]:
    """Find that the law of the European Union, a member state or the United Kingdom may bind the trader.

    What is refused to people there, or said of their age or of other laws, is no sale.
    """
    text = plain(view.text)
    if is_not_for_europe(view.text):
        return
    for match in _UNION.finditer(text):
        if not _NOT_SOLD.search(text, max(0, match.start() - _NEAR), match.end() + _NEAR):
            yield match.span()


_NO_SALE_TITLE = compiled(
    r"(?i)\b(?:warranty|garantie|carriage|transport|passagers?|passengers?|beförderung\pL*)\b"
)
_LICENCE_TITLE = compiled(r"(?i)\blicen[cs]e\b|\bEULA\b")
_EMBEDDED = compiled(
    r"(?i)\bembedded\s+(?:\w+\s+)?(?:software|firmware)\b"
    r"|\b(?:software|firmware)\b[^.]{0,80}\bembedded\s+(?:in|on|within)\b"
)
_CARRIED = compiled(r"(?i)\b(?:passagers?|voyageurs?|passengers?|Fahrgäste?n?)\b")


def open_to_withdrawal(view: RuleInput) -> Iterator[Span]:
    """Find that terms may be of a sale that a consumer can withdraw from: no carriage, no mere warranty.

    Nor the licence of what is built into a device: the device was sold under other terms.
    """
    text = plain(view.text)
    if _LICENCE_TITLE.search(title_of(text)) and _EMBEDDED.search(text):
        return
    if not _NO_SALE_TITLE.search(title_of(text)) and len(_CARRIED.findall(text)) < OFTEN:
        yield 0, min(len(text), 1)


_SUPPLEMENT = _compiled(r"(?i)\b{supplement}\b")


def supplements(view: RuleInput) -> Iterator[Span]:
    """Find that terms are called additional to others: what is not in them may stand there."""
    text = plain(view.text)
    if any(_SUPPLEMENT.search(line) for line in (title_of(text), *first_lines(text))):
        yield 0, min(len(text), 1)


_NO_SUPPLY_TITLE = _compiled(r"(?i)\b{no_supply}\b")


def of_supplies(view: RuleInput) -> Iterator[Span]:
    """Find that a contract may be of goods or services: a company, its shares or land are neither."""
    text = plain(view.text)
    if not _NO_SUPPLY_TITLE.search(title_of(text)):
        yield 0, min(len(text), 1)


_OF_THE_DAY = _compiled(r"(?i){of_the_day}")
_GOOD_REASON = _compiled(r"(?i){good_reason}")
_TOLD_BEFORE = _compiled(r"(?i){told_before}")
_MAY_LEAVE = compiled(
    r"(?i)\byou\s+(?:\w+\s+){0,3}?(?:may|can|have\s+the\s+right\s+to|are\s+free\s+to)\s+(?:[a-mo-z]\w*\s+){0,3}?(?:terminate|cancel|close|end|reject|object)"
    r"|\b(?:résilier|mettre\s+fin|clôturer)\b|\b(?:kündigen|widersprechen)\b|kündigungsrecht\b"
)
_UNTOLD = compiled(r"(?i)\b(?:without|no|not|never|sans|ohne|keine?n?)\s+(?:[\pL']+\s+){0,4}$")
_WITHOUT = compiled(r"(?i)\b(?:without|sans|ohne)\b")
_AT_LEAST = compiled(r"(?i)\bnot?\s+(?:less|fewer|later)\s+than\b")
_BREACH = _compiled(r"(?i){breach}")
_AT_PLEASURE = _compiled(r"(?i){at_pleasure}")


_AT_ONCE = _compiled(r"(?i)\bat\s+any\s+time,?\s+{at_once}")
_IF_BROKEN = _compiled(r"(?i)^\W*{if_broken}")
_AT_DISCRETION = compiled(r"(?i)\bdiscretion\b")
_OR_ELSE = compiled(r"(?i)\bor\s+(?:(?:if|when|where|as)\s+)?(?:we\b|otherwise\s+(?:at|in|for|as)\b)")


def ended_for_breach(view: RuleInput) -> Iterator[Span]:
    """Find where a trader ends the contract of who broke it alone; its discretion is then how it acts."""
    text = plain(view.text)
    for start, end in _sentences_of(_BREACH, text):
        sentence = text[start:end]
        if not _OR_ELSE.search(sentence):
            sentence = _AT_ONCE.sub(" ", sentence)
            sentence = _AT_DISCRETION.sub(" ", sentence) if _IF_BROKEN.search(sentence) else sentence
        if not _AT_PLEASURE.search(sentence):
            yield start, end


_PERIOD = (
    r"(?:(?:[3-9][0-9]|thirty|sixty|ninety)(?:\s*\([0-9]+\))?\s+(?:calendar\s+)?days.?"
    r"|(?:one|two|three|[1-6])\s+months?.?)\s+(?:\w+\s+){0,2}notice\b"
)
_NOTICE = compiled(rf"(?i)\b{_PERIOD}")
_ENDED_ON_NOTICE = compiled(
    r"(?i)^\W*(?:we|(?-i:\p{Lu})\pL+)\s+(?:may|can)\s+(?:\w+\s+){0,3}?(?:terminate|cancel|close|suspend)\b[^.,;:]{0,160}?"
    rf"\b(?:on|upon|with|by\s+giving(?:\s+you)?)\s+(?:at\s+least\s+)?{_PERIOD}(?:\s+to\s+you)?\W*$"
)
_POWER = compiled(r"(?i)\b(?:may|can|terminat\w*|cancel\w*|clos\w*|suspen\w*|end)\b")


def ended_on_notice(view: RuleInput) -> Iterator[Span]:
    """Find sentences that say only that a trader may end the contract on a month's notice or longer."""
    text = plain(view.text)
    for start, end in _sentences_of(_NOTICE, text):
        sentence = text[start:end]
        if _ENDED_ON_NOTICE.search(sentence) and len(_POWER.findall(sentence)) == 2:  # "may", "terminate"
            yield start, end


_MOST_SENTENCES = 400
"""Sentences that are looked at in one text; what stands after them counts as not allowed."""


def _sentences_of(expression: Any, text: str) -> Iterator[Span]:
    """Yield the first sentences in which an expression matches, each once: time grows with the text."""
    done = found = 0
    for match in expression.finditer(text):
        if match.start() < done:
            continue
        if (found := found + 1) > _MOST_SENTENCES:
            return
        start, end = sentence_of(text, match.span(), REACH)
        done = max(end, match.end())
        yield start, end


_INJURY_KEPT = _compiled(r"(?i){injury_kept}")


def injury_kept(view: RuleInput) -> Iterator[Span]:
    """Find that a text keeps the liability for death or injury: what it shuts out elsewhere is other loss."""
    text = plain(view.text)
    if _INJURY_KEPT.search(text):
        yield 0, len(text)


_AROUND = 350
"""Characters on either side of the day of a sale in which a change is bound by it."""


def safe_changes(view: RuleInput) -> Iterator[Span]:
    """Find changes of terms that the directive allows.

    They are none of a sale that was made, have a reason that the contract names, or are told in time to a
    consumer who may then leave, in the same sentence or the next (Directive 93/13/EEC, Annex, points 1(j),
    1(k) and 2(b)).
    """
    text = plain(view.text)
    if view.original and _is_safe_in(view.original):
        yield 0, len(text)
        return
    for match in _OF_THE_DAY.finditer(text):
        yield max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    for match in _GOOD_REASON.finditer(text):
        yield max(0, match.start() - _AROUND // 2), match.end()
    for told in _sentences_of(_TOLD_BEFORE, text):
        if _MAY_LEAVE.search(text[max(0, told[0] - REACH) : told[1] + REACH]) and _is_told(
            text[slice(*told)]
        ):
            yield from _changes_told(text, told)


def _is_safe_in(original: str) -> bool:
    """Tell whether an original has a reason for each change: "triftig" may be lost in translation."""
    reasons = _GOOD_REASON.search(plain(original))
    return reasons is not None and next(nothing_on_change(RuleInput(original)), None) is not None


def _changes_told(text: str, told: Span) -> Iterator[Span]:
    """Yield a sentence that promises notice and the one before it, each with a way out in it or the next."""
    for change, following in ((told, _next(text, told[1])), (_last(text, told[0]), told)):
        if any(_MAY_LEAVE.search(text[start:end]) for start, end in (change, following)):
            yield change


def _next(text: str, position: int) -> Span:
    """Find the sentence that begins after a position."""
    rest = text[position : position + REACH]
    start = position + len(rest) - len(rest.lstrip())
    return sentence_of(text, (start, start + 1), REACH) if rest.strip() else (position, position)


def _last(text: str, position: int) -> Span:
    """Find the sentence that ends before a position."""
    rest = text[max(0, position - REACH) : position].rstrip()
    end = max(0, position - REACH) + len(rest)
    return sentence_of(text, (end - 1, end), REACH) if rest else (position, position)


def _is_told(sentence: str) -> bool:
    """Tell whether a sentence promises a notice: "without prior notice" denies one.

    >>> _is_told("We give you not less than 30 days' notice."), _is_told("We may do so without prior notice.")
    (True, False)
    """
    sentence = _AT_LEAST.sub("", sentence)
    return any(
        not _UNTOLD.search(sentence[: match.start()]) and not _WITHOUT.search(match.group())
        for match in _TOLD_BEFORE.finditer(sentence)
    )


_EUROPE = _compiled(r"(?i)\b{europe}\b")


employed_in_europe = matches_of(_EUROPE)
"""Finds that the law of a member state or of the United Kingdom governs a contract of employment."""


_POWER_OF_TRADER = _compiled(r"(?i)\b{power}\b")
_OF_ENDING = _compiled(r"(?i)\b{ending}\b")
_OF_CHANGE = _compiled(
    r"(?i)(?:\b{change}\b|{change_accented})[^.]{0,160}\b{changed_thing}\b"
    r"|\b{changed_thing}\b[^.]{0,160}(?:\b{change}\b|{change_accented})"
)
_OF_SOLE_SAY = _compiled(r"(?i)\b{sole_say}\b")
_OF_FORUM = _compiled(r"(?i)\b{forum}\b")
_BY_CUSTOMER = _compiled(r"(?i)\b{by_customer}\b")
_NO_FORUM = _compiled(r"(?i)\b{no_forum}\b")
_OWN_CHOICE = _compiled(r"(?i)\b{own_choice}\b")
_OTHERS_INCLUDED = _compiled(r"(?i)\b{others_included}\b")
_NOWHERE = Places.of(())


def nothing_on_ending(view: RuleInput) -> Iterator[Span]:
    """Find that a text gives a trader no power to end the contract but for a breach, or on notice."""
    allowed = Places.of((*ended_for_breach(view), *ended_on_notice(view)))
    yield from _unsaid(view, _OF_ENDING, _BY_CUSTOMER, _POWER_OF_TRADER, allowed)


def nothing_on_change(view: RuleInput) -> Iterator[Span]:
    """Find that a text gives a trader no power to change terms, prices or services but as the law allows."""
    yield from _unsaid(view, _OF_CHANGE, _BY_CUSTOMER, _POWER_OF_TRADER, Places.of(safe_changes(view)))


def nothing_on_sole_say(view: RuleInput) -> Iterator[Span]:
    """Find that a text leaves nothing to the judgement of a trader."""
    yield from _unsaid(view, _OF_SOLE_SAY, _OWN_CHOICE)


def nothing_on_forum(view: RuleInput) -> Iterator[Span]:
    """Find that a text has no word of arbitration, of one court alone, or of rights that are waived."""
    yield from _unsaid(view, _OF_FORUM, _NO_FORUM)


def _unsaid(
    view: RuleInput, topic: Any, excuse: Any, power: Any = None, allowed: Places = _NOWHERE
) -> Iterator[Span]:
    """Yield a span unless a sentence may be on a topic: no rule knows all wordings of what is forbidden.

    Nor does anybody know what terms say that are a part of these, and stand elsewhere.
    """
    text = plain(view.text)
    if _OTHERS_INCLUDED.search(text) or next(supplements(view), None):
        return
    for number, span in enumerate(_sentences_of(topic, text)):
        sentence = text[slice(*span)]
        suspect = (power is None or power.search(sentence)) and not excuse.search(sentence)
        if (suspect and not allowed.touch(span)) or number + 1 == _MOST_SENTENCES:
            return
    yield 0, min(len(text), 1)
