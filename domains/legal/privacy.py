"""Privacy policies: who is responsible for data, who receives them, and whether they rest on consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from docassay.domains import RuleInput, Span, plain
from docassay.domains.folders import compiler
from docassay.domains.headings import headings
from docassay.domains.passages import sentence_of
from docassay.domains.patterns import compiled

_compiled = compiler(Path(__file__).parent, "privacy.toml")

_WELL_KNOWN = _compiled(
    r"\b{well_known}(?:\s+[\p{Lu}(][\pL)]*){0,3}?,?\s+(?:{legal_form}|Ireland|Platforms)\b"
)
_WORDS = compiled(r"\pL+")
_TITLE = 300
"""Characters from the start in which the title of a text stands."""


def well_known_others(view: RuleInput) -> Iterator[Span]:
    """Find companies that many policies name as somebody else, but for one that the title names."""
    text = plain(view.text)
    named = _named_in_title(text)
    for match in _WELL_KNOWN.finditer(text):
        if _WORDS.findall(match.group().casefold())[0] not in named:
            yield match.span()


@lru_cache(maxsize=4)
def _named_in_title(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lstrip(" \n\r\t-")[:_TITLE].partition("\n")[0].casefold()))


_LABELLED = _compiled(
    r"(?im)^[ \t#*_|>-]*(?:[0-9.]{1,6}[ \t]+)?(?:(?:der|die|das|the|le|la|your|our)[ \t]+)?{controller_label}"
    r"(?:[^:\n]{0,120}:[ \t*_]*(?:\n[ \t\n*_]*)?({name})|[ \t*_]*\n[ \t\n*_]*({name})[*_]*[ \t]*(?:$|[,|<]))"
)
_INSTITUTION = _compiled(
    r"\b(?:The\s+)?(?:{institution}\s+(?:of|für|de)\s+(?:the\s+)?\p{Lu}[\pL-]+|\p{Lu}[\pL-]+(?:\s+\p{Lu}[\pL-]+){0,4}\s+{institution})"
    r"\b[^.]{0,160}?\b(?:is|are|ist|est)\b[^.]{0,60}?\b(?i:controllers?|verantwortlich|responsable)\b"
)
_CONTROLLER_HEADING = _compiled(r"(?i)\b{controller_heading}")
_CONTACT_HEADING = compiled(r"(?i)\b(?:contact|kontakt)")
_COMPANY = _compiled(r"{company}")
_MARKUP = " \t*_>|,-"
_OPENING = 1_500
"""Characters from the start in which a policy says whose it is."""

_NOT_CONTROLLER = _compiled(r"(?i){not_controller}")
_NAME_LINE = _compiled(
    r"(?i)^[ \t*_>|-]*(?:{named_as}[ \t*_]*:[ \t*_]*)?{name}[*_]*(?:(?:[ \t]*[,(|·<:]|[ \t]+-)[^\n]*|[ \t]*)$"
)
_ANY_NAME = compiled(r"^[*_> \t-]*\p{Lu}[^\n.;?!:]{2,80}(?:\be\.[UVK]\.)?[*_]*[ \t]*$")
_ADDRESS_LINE = compiled(
    r"(?i)^\W*(?:société\s+(?:anonyme|par\s+actions)|immatricul)|(?:straße|strasse|str\.|street|road|avenue|\brue|weg|platz|allee)\b|^\W*[0-9]"
)
_OTHER_LINE = _compiled(r"(?i)^\W*{other_line}\b[^:\n]{0,20}:")
_SENTENCE = compiled(r"(?i)\b(?:sind\s+wir|wir\s+sind|we\s+are|nous\s+sommes)\b[^\n]*\.\W*$")
_IN_SMALL = compiled(r"^\W*\p{Ll}[\pL0-9.-]*\s+(?i:GmbH|UG|AG|Inc|Ltd|LLC|SARL|SAS|e\.\s?V)\b")
_REACHABLE = _compiled(r"(?i){reachable}")
_TITLED = _compiled(r"(?i)\b{policy_title}\s+(?:of|for|von|der|des|de|du)\s+(?:the\s+|la\s+)?{company}")

_TAG = compiled(r"<[^<>\n]{1,200}>")
_BELOW_HEADING = 2
"""The group of a name that stands below the word, without a colon."""

_GOES_ON = compiled(r"[ \t]+\p{Ll}")
_OFTEN = 4
"""Times that a text names whom it calls responsible, where it does not tell there how to reach them."""

_AFTER_NAME = 350
"""Characters after a name in which it is told how to reach whom it names."""

_MOST_LINES = 6
"""Lines of a section, that are not blank, among which a name is sought."""


def _without_tags(view: RuleInput) -> str:
    """Give a text in which each tag is a line break, as long as it was."""
    return str(_TAG.sub(lambda tag: "\n".ljust(len(tag.group())), plain(view.text)))


def controller_named(view: RuleInput) -> Iterator[Span]:
    """Find who is said to be responsible: behind that word, under a heading that says it, or in the title."""
    text = _without_tags(view)
    for match in _LABELLED.finditer(text):
        if _NOT_CONTROLLER.search(match.group()):
            continue
        name = match.span(match.lastindex)
        reached = _REACHABLE.search(text[match.end() : match.end() + _AFTER_NAME])
        if match.lastindex == _BELOW_HEADING:  # in capitals alone it looks like a heading itself
            if reached:
                yield name[0], match.end() + reached.end()
        elif _GOES_ON.match(text[name[1] : name[1] + _BESIDE]):
            continue
        elif reached or (
            "\n" not in text[match.start() : name[0]] and text.count(text[slice(*name)]) >= _OFTEN
        ):
            yield match.span()
    yield from _said_to_be_responsible(text)
    found = headings(view.text)
    for start, end, path in found.sections(len(text)):
        if _CONTROLLER_HEADING.search(path[-1]) and not _NOT_CONTROLLER.search(path[-1]):
            yield from _name_below(text, start, end)
    yield from (match.span() for match in _TITLED.finditer(text[:_TITLE]))
    yield from (match.span() for match in _INSTITUTION.finditer(text))


def controller_to_contact(view: RuleInput) -> Iterator[Span]:
    """Find in a section on contacts a company, or a name that the opening has, with how to reach it."""
    text = _without_tags(view)
    found = headings(view.text)
    for start, end, path in found.sections(len(text)):
        if _CONTACT_HEADING.search(path[-1]):
            for name in _name_below(text, start, end):
                called = text[slice(*name)].strip(_MARKUP)
                if _COMPANY.search(called) or text.find(called, 0, min(start, _OPENING)) >= 0:
                    yield name


_WE_CONTROL = _compiled(r"(?i)\b{we_control}")
_CALLED = _compiled(
    r"(?:({company})\.?\s{0,3}\(\s*(?:the\s+|hereinafter\s+)?[\"*_]|"
    r"\b(\p{Lu}[\pL0-9&.-]*(?:[ \t]+[\p{Lu}0-9&][\pL0-9&.-]*){0,4})"
    r"\s?\([^()\n]{0,40}\"[*_]*(?:we|us|our)[*_]*\")"
)

_GENERIC = _compiled(r"(?i)^{generic_name}\b")


def controller_called_we(view: RuleInput) -> Iterator[Span]:
    """Find whom the opening gives a short name, where the text says that "we" are the controller."""
    text = plain(view.text)
    if _WE_CONTROL.search(text):
        called = (
            match.span(1 if match[1] else 0)
            for match in _CALLED.finditer(text, 0, _OPENING)
            if match[1] or not _GENERIC.search(match[2])
        )
        yield from islice(called, 1)


_IN_OWN_VOICE = _compiled(
    r"({name})(?:,\s+as\s+[^.,]{3,60},|\s?\([^()\n]{1,60}\))?\s+(?i:{promises})|({name})(?i:{in_a_role})"
    r"|\b(?:[Vv]om|[Vv]on\s+der|[Dd](?:er|ie|as))\s+({institution_de}\s+{name})\b[^.]{0,160}?\b{collects_de}\b"
    r"|\b(?:Webs(?:ei|i)ten?|Seiten)betreiber(?:in|s)?\s+(?:\"({name})|({company}))"
)
_NO_NAME = _compiled(r"(?i)^{no_name}(?:$|[^\pL])")


def controller_in_own_voice(view: RuleInput) -> Iterator[Span]:
    """Find whom the opening names before what they promise about data: "Lark is committed to protecting"."""
    for match in _IN_OWN_VOICE.finditer(plain(view.text), 0, _OPENING):
        if not _NO_NAME.search(match[match.lastindex]):
            yield match.span()


_WRITE_TO = _compiled(
    r"(?i)\b(?:contact|reach|write\s+to|write|(?:snail\s?)?mail)\b(?:\s+us\b(?:[^.\n]|\.\S){0,120}?\bat"
    r"(?:\s+the\s+(?:\w+\s+)?address(?:\s+below)?)?:?|:)[\s*_>-]*(?-i:({company}))"
)
_ADDRESS = compiled(r"\.?[*_]*\s*,?\s*[0-9]{1,5}\s+\p{Lu}")
_NOT_WRITTEN_TO = _compiled(r"(?i){written_to_others}")


def company_to_write_to(view: RuleInput) -> Iterator[Span]:
    """Find the company that one is to write to, with its address, if the text names it elsewhere, too."""
    text = _without_tags(view)
    for match in _WRITE_TO.finditer(text):
        name = match[1].split()[0].strip(",")
        start = max(0, match.start() - _BESIDE)
        if "us" in match.group()[: match.start(1) - match.start()].split():  # what others are is told before
            start = max(start, *(text.rfind(end, start, match.start()) for end in (". ", ".\n")))
        behind = text[match.end() : match.end() + _AFTER_NAME]
        if (
            (_ADDRESS.match(behind) or _REACHABLE.search(behind))
            and text.count(name) > 1
            and not _NOT_WRITTEN_TO.search(text[start : match.end()])
        ):
            yield match.span(1)


_EMAIL = compiled(r"(?i)\b[\w.+-]+(?:@|\s?[\[(]\s?(?:at|@)\s?[\])]\s?)[\w-]+(?:\.[\w-]+)+")
_PARAGRAPH = compiled(r"\n[ \t]*\n[ \t]*#|\n[ \t]*[0-9]+\.[ \t]+\p{Lu}")


def controller_reached(view: RuleInput) -> Iterator[Span]:
    """Find the e-mail address that is told behind the name of who is responsible, with that name."""
    text = plain(view.text)
    for start, end in controller_named(view):
        behind = text[start : end + _AFTER_NAME]
        email = _EMAIL.search(behind)
        if email and not _PARAGRAPH.search(behind, 0, email.start()):
            yield start, start + email.end()


_POSTCODE = compiled(r"\n[^\n]{3,60}[0-9][a-z]?[ \t*_]*\n[^\n]{0,6}\b[0-9]{4,5}[ \t]+\p{Lu}\pL+[^\n]*")


def controller_posted_to(view: RuleInput) -> Iterator[Span]:
    """Find the street and the town that stand below the name of who is responsible, with that name."""
    text = plain(view.text)
    for start, end in controller_named(view):
        if address := _POSTCODE.search(text[end : end + _AFTER_NAME]):
            yield start, end + address.end()


_ROLE = _compiled(r"(?i)\b{role}\b")
_IS = _compiled(r"(?i)\b{is_or_as}\b|:")
_IS_ONE = compiled(r"(?i)\b(?:is|est|ist)\b|:")
_MOST_ROLES = 60
_BETWEEN = 320
"""Characters between the name of a company and the word that calls it responsible."""


def _said_to_be_responsible(text: str) -> Iterator[Span]:
    """Yield companies with what calls them responsible in the same sentence, before or behind them."""
    found: list[tuple[bool, Span]] = []
    for role in islice(_ROLE.finditer(text), _MOST_ROLES):
        start, end = sentence_of(text, role.span(), _BETWEEN)
        before = [name.span() for name in _COMPANY.finditer(text[start : role.start()])][-1:]
        behind = [name.span() for name in islice(_COMPANY.finditer(text[role.end() : end]), 1)]
        spans = [(start + first, role.end(), text[start + last : role.start()]) for first, last in before]
        spans += [
            (role.start(), role.end() + last, text[role.end() : role.end() + first]) for first, last in behind
        ]
        for first, last, link in spans:
            if _IS.search(link) and not _NOT_CONTROLLER.search(link):
                found.append((not _IS_ONE.search(link), (first, last)))
    yield from (span for _, span in sorted(found, key=lambda one: one[0]))


def _name_below(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the first line below a heading that is a name, and behind which it is told how to reach it."""
    position = text.find("\n", start, end)
    for _ in range(_MOST_LINES):
        while 0 <= position < end and text[position].isspace():
            position += 1
        if not 0 <= position < end:
            return
        stop = text.find("\n", position, end)
        stop = stop if stop >= 0 else end
        line, told = text[position:stop], text[start:position].rstrip().endswith(":")
        if _OTHER_LINE.search(line) or _SENTENCE.search(line):
            position = stop
            continue
        is_name = (
            _NAME_LINE.search(line.replace('"', " "))
            or (told and _ANY_NAME.search(line))
            or _IN_SMALL.search(line)
        )
        if is_name and not _ADDRESS_LINE.search(line):
            if _REACHABLE.search(text[stop : stop + _AFTER_NAME]):
                yield position, stop
            return
        position = stop


_RECEIVER = _compiled(r"\b(?:{well_known}\b|{company})")
_FLOW = _compiled(r"(?i)\b{flow}\b|{flow_accented}")
_NOT_FLOWING = _compiled(r"(?i)\b{not_flowing}\b")
_OWN_FLOW = _compiled(r"(?i)\b(?:we|I|wir|ich|nous)\s+(?:\pL+\s+){0,2}?{own_flow}\b")
_RECEIVERS_HEADING = _compiled(r"(?i)\b{receivers_heading}")
_SHARED_WITH_NOBODY = _compiled(r"(?i)\b{shared_with_nobody}")
_MOST_RECEIVERS = 200
_DEFINED = compiled(r"(?i)\.?\s{0,3}\([^()\n]{0,60}\b(?:we|us|our|wir|uns|nous)\b")
_BESIDE = 100
"""Characters behind the name of a company in which a policy calls it its own: (“TMM”, or “we”)."""
_SHOWN = 300
"""Most characters of a passage that names a receiver."""


def recipients_named(view: RuleInput) -> Iterator[Span]:
    """Find sentences that say what data a company gets that is named, and lists of such companies.

    Names are read in the original alone.
    """
    if view.translated:
        return
    text = plain(view.text)
    found = headings(view.text)
    ours = _named_in_title(text) | frozenset(
        word for span in controller_named(view) for word in _WORDS.findall(text[slice(*span)].casefold())
    )
    for number, match in enumerate(_RECEIVER.finditer(text)):
        if number == _MOST_RECEIVERS:
            return
        if (
            text[match.start() - 1 : match.start()] == "["
            or _DEFINED.match(text[match.end() : match.end() + _BESIDE])
            or set(_WORDS.findall(match[0].casefold())[:1]) <= ours
        ):
            continue
        start, end = sentence_of(text, match.span(), _SHOWN)
        sentence = _OWN_FLOW.sub(" ", text[start:end])
        if _FLOW.search(sentence) and not _NOT_FLOWING.search(sentence):
            line = text.rfind("\n", start, match.start()) + 1
            yield (line if line > start else start), min(end, max(match.end(), start + _SHOWN))
        elif _is_listed(text, match.start(), found.above(match.start())):
            stop = text.find("\n", match.end())
            yield match.start(), min(stop if stop >= 0 else len(text), match.start() + _SHOWN)


def _is_listed(text: str, position: int, above: Sequence[str]) -> bool:
    """Tell whether a line opens at a position, in a list of those who receive data."""
    opening = text[text.rfind("\n", 0, position) + 1 : position]
    return not opening.strip(" \t*_>|-•·") and any(_RECEIVERS_HEADING.search(one) for one in above[-2:])


def data_shared(view: RuleInput) -> Iterator[Span]:
    """Find that a text does not say that nobody receives data."""
    text = plain(view.text)
    if not _SHARED_WITH_NOBODY.search(text):
        yield 0, min(len(text), 1)


_CONSENT = _compiled(r"(?i)\b{consent}\b")
_OTHER_CONSENT = _compiled(r"(?i)\b{other_consent}\b")
_EXEMPT = compiled(r"(?i)\bexempt\pL*\s+(?:from|de|du)\s+(?:\pL+\s+){0,3}$")
_MOST_CONSENTS, _BEFORE = 100, 60


def rests_on_consent(view: RuleInput) -> Iterator[Span]:
    """Find that data are processed on a person's consent, not on a parent's, nor without any."""
    text = plain(view.original or view.text)
    for number, match in enumerate(_CONSENT.finditer(text)):
        if number == _MOST_CONSENTS:
            return
        exempt = _EXEMPT.search(text[max(0, match.start() - _BEFORE) : match.start()])
        if not exempt and not _OTHER_CONSENT.search(text[slice(*sentence_of(text, match.span(), 200))]):
            yield (0, 1) if view.translated else match.span()


_NOT_FOR_EUROPE = _compiled(r"(?i)\b{not_for_europe}")


@lru_cache(maxsize=4)
def is_not_for_europe(text: str) -> bool:
    """Tell whether a text says that a service is not offered to people in the European Union.

    >>> is_not_for_europe("The app is not intended for users in the EEA."), is_not_for_europe("GDPR applies.")
    (True, False)
    """
    return _NOT_FOR_EUROPE.search(plain(text)) is not None


_HOLDS_NO_DATA = _compiled(r"(?i){no_data_held}")


def holds_no_data(view: RuleInput) -> Iterator[Span]:
    """Find that a publisher says that it holds no personal data of its readers at all."""
    if _HOLDS_NO_DATA.search(plain(view.original or view.text)):
        yield 0, min(len(view.text), 1)


_of_rules = compiler(Path(__file__).parent, "rules.toml")
_LIABLE_FOR_OTHERS = _of_rules(r"(?i){liable_for_subprocessor}")
_LIABLE_FOR_ELSE = compiled(
    r"(?i)\b(?:responsib\w+|liable|accountable)\s+for\s+(?:\w+\s+)?(?:executing|imposing|informing|notifying|passing|selecting"
    r"|transferring|verifying)\b|\b(?:customer|controller|client|you)\W+(?:is|are|has|have|remains?|bears?|(?:shall|will)\s+(?:be|have))"
    r"\s+(?:\w+\s+){0,3}?(?:responsib\w+|liab\w+|accountable)"
)
"""Says for what else a processor answers, such as for passing its duties on; or that the controller does."""


def liable_for_others(view: RuleInput) -> Iterator[Span]:
    """Find where a processor answers for those whom it engages, not only for engaging them on its terms."""
    text = _LIABLE_FOR_ELSE.sub(lambda one: " " * len(one.group()), plain(view.text))
    yield from (match.span() for match in _LIABLE_FOR_OTHERS.finditer(text))


_DUTY_OF_PROCESSOR = _compiled(r"(?i)\b{duty_of_processor}\b")
_ACTS_AS_PROCESSOR = _compiled(r"(?i)\b{acts_as_processor}\b")
_CONTROLS_INSTEAD = _compiled(r"(?i)\b{controls_instead}\b")
_CONTROLS_ITSELF = _compiled(r"(?i)\b{controls_itself}\b")
_DUTIES = 3
"""Duties of a processor that an agreement has at least; a policy tells of one or two."""


def of_a_processor(view: RuleInput) -> Iterator[Span]:
    """Find an agreement on processing, or the policy of somebody who only processes for others.

    What Article 13 of the GDPR asks for the controller owes, whose policy is another text.
    """
    text = plain(view.original or view.text)
    duties = sum(1 for _ in islice(_DUTY_OF_PROCESSOR.finditer(text), _DUTIES))
    if duties == _DUTIES or (
        _ACTS_AS_PROCESSOR.search(text)
        and _CONTROLS_INSTEAD.search(text)
        and not _CONTROLS_ITSELF.search(text)
    ):
        yield 0, min(len(view.text), 1)
