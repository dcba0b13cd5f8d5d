"""Which laws apply to a text by themselves: statutes, public licences, data protection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from docassay.domains import RuleInput, Span, plain
from docassay.domains.legal.privacy import is_not_for_europe
from docassay.domains.passages import sentence_around
from docassay.domains.patterns import compiled

_OPENING = 3_000
"""Characters from the start in which a text says that it is a statute, or a licence to everybody."""

_TITLE = 300
"""Characters from the start in which its title stands."""

_STAYS = compiled(
    r"(?i)\bnot\s+(?:be\s+)?(?:(?:transferred|processed|stored)(?:\s+(?:and|or|nor)\s+|\s+and/or\s+)?){1,3}"
    r"\s*[^.;()]{0,40}\boutside\s+(?:of\s+)?(?:the\s+)?(?:EEA|EU|European\s+(?:Economic\s+Area|Union))"
    r"(?:\s+\((?:EEA|EU)\))?\s?[.;)]"
)
_UNLESS = compiled(r"(?i)\b(?:unless|without|except|other\s+than|save|only|where|if)\b")
_SAFEGUARD = compiled(
    r"(?i)\b(?:standard\s+contractual|model\s+clauses|binding\s+corporate|adequa(?:cy|te)|2021/914|chapter\s+V)\b"
    r"|\bSCCs?\b|\bArt(?:icle|\.)s?\s+4[4-9]\b"
)

_STATUTE = compiled(
    r"(?i)\bAusfertigungsdatum\b|\bBGBl\b|\bBundesgesetzblatt|\bbe\s+it\s+enacted\b|\bpublic\s+law\s+(?:no|[0-9])"
    r"|(?-i:\bAn\s+Act\s+(?:to|of|for|relating)\b)|(?m)^\W*(?:section|sec\.|§)\s*1\W{1,4}short\s+title"
    r"|^\W*(?:Gesetz|Bundesgesetz|Verordnung)\s+(?:über|zur|zum|vom|für|des|der|betreffend)\b"
    r"|^\W*code\s+(?:de\s+(?:la|l.|procédure|commerce)|des|du|général|civil|pénal|minier|rural|électoral|monétaire|forestier)\b"
    r"|^\W*(?:(?:loi|décret|ordonnance|arrêté)\s+(?:organique\s+)?(?:n\s?[°o]|du\s+[0-9]))"
    r"|^\W*(?:(?:council|commission|implementing|delegated)\s+)*(?:regulation|directive)\s+\((?:EU|EC|EEC)\)"
    r"|\bpartie\s+(?:législative|réglementaire)\b|^\W*Article\s+[LRD]\.?\s?[0-9]{1,4}"
)
_PUBLIC_LICENCE = compiled(
    r"(?i)\bpermission\s+(?:to\s+use,|is\s+(?:hereby\s+|also\s+)?granted\b)|\bredistribution\s+and\s+use\s+in\s+source\b"
    r"|\b(?:this|the)\s+(?:software|program|package|library|work|font|code)\s+(?:is|may\s+be)\s+(?:hereby\s+)?(?:free|freely"
    r"|released|placed|distributed|used,|copied|redistributed)\b"
    r"|\b(?:software|program|package|library|code|it)\s+(?:is|has\s+been)\s+(?:\w+\s+){0,2}?(?:to|in|into)\s+the\s+public\s+domain\b"
    r"|\bin\s+(?:source|object)\s+(?:code\s+)?form\b|\b(?:source|object)\s+form\b|\bfreeware\b"
)
_PUBLIC_TITLE = compiled(
    r"(?im)^\W*(?:[\w.-]+\s+){0,5}?(?:public|open\s?-?\s?source|copyleft|free\s+software|artistic|documentation)\s+licen[cs]e\b"
    r"|^\W*(?:[\w.&-]+\s+){0,6}?(?:licen[cs]e|open\s+[\w\s]{3,30}\sagreement),?\s+\(?v(?:ersion\s|\.)?\s?[0-9]"
)
_BETWEEN_TWO = compiled(
    r"(?i)\bbetween\b[^.;]{3,200}\band\b|\bentre\s+les\s+soussignés\b|\bzwischen\b[^.;]{3,200}\bund\b"
)


@lru_cache(maxsize=4)
def binds_without_agreement(text: str) -> bool:
    r"""Tell whether a text binds everybody, as a statute does, or allows it, as the licence of free software.

    >>> binds_without_agreement("Gesetz über die Miete\n\n§ 1 Der Vermieter kann kündigen.")
    True
    >>> binds_without_agreement("Terms of Service\n\nYou may use the service.")
    False
    """
    opening = plain(text[:_OPENING])
    return bool(
        _STATUTE.search(opening)
        or _PUBLIC_TITLE.search(opening[:_TITLE])
        or (_PUBLIC_LICENCE.search(opening) and not _BETWEEN_TWO.search(opening))
    )


_DATA_PROTECTION = compiled(
    r"(?i)\b(?:General\s+Data\s+Protection|2016/679|Data\s+Protection\s+Act\s+(?:1998|2018)"
    r"|European\s+Economic\s+Area|Informatique\s+et\s+Libertés|Datenschutz-?Grundverordnung|BDSG"
    r"|Bundesdatenschutzgesetz|2002/58)\b|\b(?-i:GDPR|RGPD|DS-?GVO|EEA|EWR|EEE|CNIL)\b"
)
_DUTY = (
    r"\b(?:shall|will|must|agrees?|undertakes?|ensures?|doit|s.engage|veille|garantit|verpflichtet|stellt"
    r"|unterstützt|gewährleistet|wird|werden|hat|darf|muss)\b"
)
_SUBJECTS = (
    r"instructions?\b|Weisung",
    r"confidential|secrecy\b|Vertraulich|Verschwiegen",
    r"sub-?\s?(?:processor|contractor)|sous-traitants?\s+ult|Unterauftrag|Subunternehm|other\s+processors?\b",
    r"(?:security|technical)\b[^.]{0,60}\bmeasures\b|mesures\b[^.]{0,40}\btechniques\b|Maßnahmen\b",
    r"data\s+subjects?\b|personnes\s+concernées|betroffene",
    r"breach|incident|violation\s+de\b|Datenschutzverletzung|Datenpanne|Verletzung",
    r"audit|inspection|Überprüfung|Kontrollen\b",
    r"(?:delet|eras|return|destr|supprim|restitu)\w*|Lösch|Rückgabe",
)
_PROCESSING = tuple(
    compiled(rf"(?i){_DUTY}[^.]{{0,300}}?\b(?:{subject})|\b(?:{subject})[^.]{{0,300}}?{_DUTY}")
    for subject in _SUBJECTS
)
LEAST_TERMS = 5
"""Of the subjects of Article 28(3), so many at least stand in a whole agreement; an annex has fewer."""


_READ_WORDS = """
the and you your of to our we les des vous et dans du votre pour und der die das wir sie ihre nicht mit
"""
_READ = frozenset(_READ_WORDS.split())
_WORDS_READ = compiled(r"\pL+")
_SAMPLE = 20_000
"""Characters of a text by whose words its language is told."""
_LIST_OF_PROCESSORS = compiled(r"(?i)\b(?:sub-?\s?)?processors\b")
_POLICY = compiled(r"(?i)\b(?:polic(?:y|ies)|notice|statement|agreement|addendum|terms|annex|schedule)\b")


@lru_cache(maxsize=4)
def in_language_read(text: str) -> bool:
    """Tell whether a text is English, French or German, by its commonest words; a short one may be.

    >>> in_language_read("Vom prelucra datele doar in conditiile legii, iar datele raman in tara. " * 5)
    False
    """
    words = _WORDS_READ.findall(text[:_SAMPLE].lower())
    return len(words) < 50 or sum(word in _READ for word in words) > len(words) // 20


def data_stay(view: RuleInput) -> Iterator[Span]:
    """Find that no data leave the EEA, said without a condition where no safeguard is named, either."""
    text = plain(view.text)
    for match in () if _SAFEGUARD.search(text) else _STAYS.finditer(text):
        if not _UNLESS.search(text[slice(*sentence_around(text, match.span()))]):
            yield match.span()


def data_protection_law(view: RuleInput) -> Iterator[Span]:
    """Find that the data-protection law of the European Union or of the United Kingdom is said to apply.

    A list of processors is no policy, and of a text in another language nobody can say what it leaves out.
    It does not apply where a service is not offered in Europe.
    """
    title = view.text[: view.text.find("\n") if view.text.startswith("#") else 120]
    if (_LIST_OF_PROCESSORS.search(title) and not _POLICY.search(title)) or not in_language_read(view.text):
        return
    if is_not_for_europe(view.text):
        return
    for match in _DATA_PROTECTION.finditer(view.text):
        yield match.span()


_SENT_ABROAD = compiled(
    r"(?i)\b(?:transfer\w*|stor\w+|process\w*|hosted"
    r"|sent)\b[^.]{0,160}\b(?:outside\s+(?:of\s+)?(?:the\s+)?(?:EEA|EU|European\s+(?:Economic\s+Area"
    r"|Union)|Union|UK|United\s+Kingdom|Switzerland|your\s+country)|third\s+countr(?:y|ies)"
    r"|other\s+countries|to\s+the\s+(?:United\s+States|US))\b|\b(?:international"
    r"|cross-border)\s+(?:data\s+)?transfers?\b|\b(?:transf\w+|hébergé\w*)\b[^.]{0,120}\b(?:hors"
    r"|en\s+dehors)\s+(?:de\s+)?(?:l.)?(?:EEE|UE|Union|Espace)|\bpays\s+tiers\b|\bDrittl(?:and"
    r"|änder\w*|andes)\b"
)
_NEGATED = compiled(r"(?i)\b(?:not|never|ne|nicht|keine\w*|aucun)\s+(?:\w+\s+){0,3}$")
_SENDING = r"(?:transf[\pL]+|stor\w+|process\w*|hosted|hébergé\w*|sent)"
_NO_DATA = r"(?:no|aucune?|keine\w*)\s+(?:[\pL-]+\s+){0,2}?(?:data|information|données?|\pL*[Dd]aten)"
# To the end of the match: "transfer no card data, but your name, outside the EEA" says that some are sent.
_NONE = compiled(
    rf"(?i)(?:\b{_SENDING}\s+{_NO_DATA}|\b{_NO_DATA}\s+(?:\pL+\s+){{0,3}}?{_SENDING}"
    rf"|\bnever\s+(?:be\s+)?{_SENDING})\b[^.,;]*$"
)
_WHETHER = compiled(
    r"(?i)\b(?:ob|whether)\s[^.]{0,160}$|\b(?:insbesondere|in\s+particular)\s+(?:bei\s+)?(?:Empfängern|recipients)\s+in\s+$"
)
"""What somebody may ask, or be told if asked: whether data were sent, and to whom."""

_ASKED = 200
"""Characters before a transfer in which a right to ask for it is told."""

_ANSWERED_NO = compiled(
    r"(?i)^[^.?\n]{0,80}\?[\s*_#=-]*(?:no|non|nein)\b"
    r"|^[^.?\n]{0,80}\b(?:(?:findet|finden|erfolgt|erfolgen)\s+(?:\pL+\s+){0,3}?nicht(?:\s+statt)?\s*[.;,)]"
    r"|(?:ist|sind)\s+(?:\pL+\s+)?nicht\s+(?:beabsichtigt|geplant|vorgesehen)|does\s+not\s+(?:occur|take\s+place)"
    r"|n.a\s+pas\s+lieu|n.est\s+(?:pas\s+)?(?:effectué|prévu|réalisé)e?)"
)


def data_sent_abroad(view: RuleInput) -> Iterator[Span]:
    """Find that data leave the European Economic Area or the United Kingdom, not that they do not."""
    text = plain(view.text)
    for match in _SENT_ABROAD.finditer(text):
        before, after = (
            text[max(0, match.start() - 60) : match.start()],
            text[match.end() : match.end() + 200],
        )
        if _WHETHER.search(text[max(0, match.start() - _ASKED) : match.start()]):
            continue
        if _NONE.search(match.group()) or _NEGATED.search(before) or _ANSWERED_NO.search(after):
            continue
        yield match.span()


_SEPARATE_TERMS = compiled(
    r"(?i)\bprocessing\s+(?:that\s+is\s+)?subject\s+to\s+(?:the\s+)?(?:EU\s+)?GDPR\b[^.]{0,120}"
    r"\b(?:must|shall|will)\s+(?:first\s+)?(?:execute|sign|enter\s+into)\s+(?:[\w-]+\s+){0,3}?terms\b[^.]{0,80}"
    r"\bbefore\b"
)


_BETWEEN_CONTROLLERS = compiled(
    r"(?i)\b(?:controller[\s-]+(?:to[\s-]+)?controller|joint\s+control+er(?:s|ship)?)\b"
)


def terms_on_data(view: RuleInput) -> Iterator[Span]:
    """Find the terms of a whole agreement on data; an annex or an index has few of its subjects.

    An agreement that leaves what the GDPR asks to other terms, which are to be signed first, is none.
    """
    if _SEPARATE_TERMS.search(plain(view.text)):
        return
    found = [match.span() for pattern in _PROCESSING if (match := pattern.search(view.text))]
    if len(found) >= LEAST_TERMS:
        yield min(found)


def processing_terms(view: RuleInput) -> Iterator[Span]:
    """Find the terms of a whole data-processing agreement, which no title says is between controllers."""
    if not _BETWEEN_CONTROLLERS.search(plain(view.text[:_TITLE])):
        yield from terms_on_data(view)


_MENU = compiled(
    r"(?im)^[ \t*-]*(?:home|about us|contact(?: us)?|get in touch"
    r"|copyright\b[^\n]*|all rights reserved[^\n]*)[ \t]*$"
)
_LEAST_OF_MENU = 4
_PROMISES = compiled(rf"(?i){_DUTY}")


@lru_cache(maxsize=4)
def is_page_of_site(text: str) -> bool:
    r"""Tell whether a text is the page of a site that has a menu, and promises nothing: no contract.

    >>> is_page_of_site("Home\nLease\nContact\n\nOur lease\n\nHome\nAbout us\nCopyright 2012 Alder")
    True
    """
    return len(_MENU.findall(text)) >= _LEAST_OF_MENU and not _PROMISES.search(text)


def no_page_of_site(view: RuleInput) -> Iterator[Span]:
    """Find that a text is no page of a site that only names a contract."""
    if not is_page_of_site(view.text):
        yield 0, min(len(view.text), 1)
