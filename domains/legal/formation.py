"""What makes a contract: who its parties are, and from when it binds them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from docassay.domains import RuleInput, Span, plain
from docassay.domains.legal.dates import DATE
from docassay.domains.legal.law import binds_without_agreement, is_page_of_site
from docassay.domains.passages import has_blank, sentence_around
from docassay.domains.patterns import compiled
from docassay.languages import language

OPENING = 6000
"""Characters from the start in which a contract names its parties; a cover page may come first."""

NAME = r"(?:(?:\b[a-z]{1,2})?[\p{Lu}0-9][\pL\pN.&'@-]*)"
BETWEEN = compiled(
    r"\b(?i:by\s+and\s+(?:between|among)|between|among|entered\s+into\s+(?:by|with)|made\s+by|entre"
    r"|entered\s+into\s+(?:this|on|as\s+of)\b[^.;]{4,60}?\bby"
    r"|soussignée?s?|zwischen)\b\W{0,6}|\b(?:PARTIES\s*:|(?:PARTIES|Parties)\s+\(1\))\s*"
)
_NAMED = compiled(rf"{NAME}(?:[ \t]*[ \t\n][ \t]*(?:(?:of|at|and|the|de|des|du|la|&)\s+)*{NAME})*")
_WORD = compiled(r"[\pL\pN][\pL\pN.&'-]*")
_NO_NAMES_WORDS = """
now therefore what who which
the this that these such each any all it its his her their they he she we us our you your i my if in on of at
as by to for from with whereas witnesseth recitals recital background agreement contract deed section article
exhibit schedule annex appendix page party parties party's company employee employer executive consultant
contractor recipient discloser disclosing receiving confidential information state corporation llc inc
limited liability partnership organized existing under laws having office offices located address principal
place business hereinafter hereafter collectively referred undersigned signatory january february march april
may june july august september october november december nda effective date dated whose certain other others
one two customer client buyer seller supplier provider landlord tenant lessor lessee licensor licensee lender
borrower publisher developer advertiser organization organisation entity individual user users subscriber
member applicant participant merchant reseller visitor affiliates subsidiaries delaware nevada
new york california texas florida massachusetts xxx yyy zzz
le la les un une der die das ein eine vermieter mieter bailleur locataire société nachstehend nachfolgend
vertrag mietvertrag bedingungen vereinbarungen vereinbarung
"""
_NO_NAMES = frozenset(_NO_NAMES_WORDS.split())
STOP = compiled(
    r"\b(?:WHEREAS|Whereas|WITNESSETH|RECITALS?|Recitals?|BACKGROUND|PREAMBLE|PRÉAMBULE|Präambel"
    r"|NOW,? THEREFORE)\b|\b(?:agree as follows|agrees as follows|convenu ce qui suit|wird folgende[rs]?)\b"
    r"|\n[ \t]*1\.[ \t]"
)
ROLES = (
    "landlord|tenant|resident|lessor|lessee|buyer|purchaser|seller|customer|client|(?:service )?provider"
    "|supplier|vendor|company|employer|employee|executive|director|licensor|licensee|lender|borrower|consultant|contractor|discloser|recipient"
    "|disclosing party|receiving party|party (?:a|b|1|2|one|two)|owner|distributor|agent|bank|manager|partner"
    "|sponsor|controller|processor|vermieter(?:in)?|mieter(?:in)?|auftraggeber(?:in)?|auftragnehmer(?:in)?"
    "|arbeitgeber(?:in)?|arbeitnehmer(?:in)?|verkäufer(?:in)?|käufer(?:in)?|bailleur"
    "|locataire|preneur|prêteur|emprunteur|vendeur|acheteur|acquéreur|employeur|salariée?|prestataire|société"
    "|manufacturer|reseller|publisher|author|artist|photographer|coach"
    "|developer|designer|freelancer|agency|franchisor|franchisee|guarantor|tutor|dienstleister(?:in)?"
    "|darlehensgeber(?:in)?|darlehensnehmer(?:in)?|lizenzgeber(?:in)?|lizenznehmer(?:in)?|kund(?:e|in)"
    "|concédant|cédant|cessionnaire|mandant|mandataire"
)
LABEL = rf"(?:(?:(?i:{ROLES})s?|\p{{Lu}}\p{{Ll}}{{3,20}}(?: \p{{Lu}}\p{{Ll}}+)?)[*_]{{0,2}}[ \t]*:[\s*_]*)"
"""The role of a party before its name."""

AND = compiled(
    rf"(?:\b(?:and|AND|And|et|ET|und|UND)\b|\n[ \t]*[-&][ \t]*\n|;)[\s:,*_(\"-]*"
    rf"(?:(?i:the|le|la|les|der|die|das|herrn|frau|mr|mrs|ms|dr|m|mme)\.?\s+|\(?[0-9a-z]{{1,2}}\)\s*"
    rf"|[0-9]\.\s*|its\s+\p{{Lu}}\p{{Ll}}+,\s+){{0,2}}"
    rf"[*_\"]*{LABEL}?((?:{NAME}|\p{{Ll}}[\p{{Ll}}0-9.-]+,?[ ]\b(?i:inc|llc|ltd)\b)(?:,?[ \t\n]+{NAME})*)"
)
ROLE = compiled(
    r"(?i)\([^()\"]{0,120}\"[*_]*(?:(?:the|le|la|der|die)\s+|l')?"
    rf"((?-i:\p{{Lu}})[\pL\pN&.' -]{{1,30}}?)[,.]?[*_]*\""
    rf"|\b(?:and|to)\s+as\s+(?:the\s+)?\"(?:the\s+)?({ROLES})\""
    rf"|\(\s*(?:the\s+)?({ROLES})\s*\)|\(\s*((?-i:[A-Z][A-Z&.]{{1,25}}))\s*\)"
)
NO_ROLE = compiled(
    r"\b(?:agreement|transaction|date|information|period|letter|materials?|plan|business|services?|purposes?"
    r"|release|contract|vertrag|bail|contrat|ip|property|inventions?|works?)\b"
)
COMPANY_FORMS = (
    r"\b(?:inc|llc|l\.l\.c|ltd|limited|llp|l\.?p|plc|corp(?:oration)?|company|gmbh|ag|sas?|sarl|b\.?v"
    r"|n\.?v|ug|kg)\b"
)
COMPANY = compiled(rf"(?i){COMPANY_FORMS}")
PLAIN_ROLE = compiled(rf"(?i){ROLES}")
LABELLED = compiled(
    rf"(?im)^[ \t|*_#-]*(?:\(?[a-z0-9]{{1,2}}[.)][ \t*_]*)?({ROLES})"
    r"(?:\(s\)|s|[ \t]*\([\w/ ]{1,40}\))?(?:\s+name)?[ \t*_]*\n?[ \t]*[:|][ \t*_|\x60]*"
    r"((?-i:[\p{Lu}0-9])[^\n]{2,80})"
)
DEFINED_ROLE = compiled(
    rf"(?im)(?:^|[.:\"][ \t\n]*|[0-9][ \t]+)(?:the[ \t]+)?\"?({ROLES})\"?[ \t]+(?:is|means)[ \t]+"
    r"((?-i:\p{Lu})[^\n]{2,120})"
)
"""A party named in a sentence or a definition: "The Tenant is Acme Ltd."."""

ROLE_ABOVE = compiled(
    rf"(?im)^(?:[ \t|*_-]*({ROLES})[ \t*_]*:|[ \t]*#+[ \t]*({ROLES})[ \t*_]*:?"
    rf"|[ \t*_#]*({ROLES})[ \t]+(?:information|details)[ \t*_]*:?)[ \t*_]*\n"
    r"\s{0,4}[*_]{0,2}(?:(?:full[ \t]+)?name[ \t*_]*:[ \t*_]*)?"
    r"((?-i:\p{Lu})[^\n:;_\[\]]{2,60}?)[*_]{0,2}[ \t]*$"
)
"""A name that stands alone in the line below its role."""

LETTER = compiled(
    r"(?m)^[ \t]*(?:Dear\s+\S|Ladies\s+and\s+Gentlemen|Gentlemen|To\s+whom|Sehr\s+geehrte|Madame|Monsieur)"
)
GREETED = compiled(rf"(?m)^[ \t]*Dear[ ]+((?:Mr\.|Mrs\.|Ms\.|{NAME})(?:[ ]{NAME}){{1,2}})[,:]")
ANYBODY = compiled(
    r"(?i)\b(?:sir|madam|manager|customer|client|candidate|employee|name|team|member|shareholder|stockholder|tenant|resident|user)s?\b"
)
"""Whom a letter greets that nobody is named in: "Dear Hiring Manager"."""

# A date that says when another document was made is not this one's.
_OTHER_DOCUMENT = compiled(
    r"(?i)\b(?:the|that|certain|an?|its|your|our|their|original|prior|existing"
    r"|such)\b[^.;\"()]{0,90}\b(?:agreement|plan|contract|lease|letter|note|indenture|order|act|policy|form"
    r"|report|bail|vertrag)s?\b[^.;\"]{0,30}$|\pL[,.]?\",?\s*(?:dated|of|vom|du)\s+$"
    r"|\(the\s+\"\pL+\s+agreement\"\),?\s*dated(?:\s+as\s+of)?\s+$"
)
_THIS = compiled(r"(?i)\b(?:this|present|diese[rsmn]?|vorliegende[rsn]?|présente?s?)\b")
_EN_MONTHS = "|".join(spellings[0] for spellings in language("en").months)
_LONG_DATE = (
    rf"(?:{DATE}|[0-9]{{1,2}}[./][0-9]{{1,2}}[./](?:19|20)?[0-9]{{2}}\b"
    r"|(?:[0-9]{1,2}(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|[a-z]+teenth|twent[a-z-]+|thirt[a-z-]+)\s+(?:\([0-9]+\)\s+)?day\s+of\s+\pL{3,9},?\s+[0-9]{4}"
    rf"|(?:{_EN_MONTHS})\s+[0-9]{{4}})"
)
_DATED = compiled(
    r"(?i)\b(?:dated?|made|entered|effective|executed|concluded|commenc(?:es?|ing|ed)|start(?:s|ing)?|begins|as\s+of"
    r"|geschlossen|vom|ab|beginnt|gilt|wirkung|kraft|effet|vigueur|compter|partir)\b[^.;]{0,60}?[:\s(\"]+"
    rf"({_LONG_DATE})"
)
_DATE_LINE = compiled(
    rf"(?im)^[ \t*_>|#-]*(?:(?:effective\s+|start\s+|commencement\s+"
    rf"|execution\s+)?dated?(?:\s+of\s+\w+)?(?:\s+as\s+of)?|datum|vertragsbeginn|as\s+of|last\s+(?:updated"
    rf"|revised|modified)(?:\s+on)?|le|fait\s+à\s+[^\n,]{{2,40}},?\s+le|[A-ZÀ-Ý][\pL .-]{{1,40}},?\s+(?:den"
    rf"|le))?"
    rf"[ \t*_:|]*({_LONG_DATE})"
)
_HEAD_DATE = compiled(
    r"(?im)(?:(?:\A|^(?-i:[^\p{Ll}\n]*)\n)[ \t*_]*on|^[ \t*_]*(?:[$€£][ ]?[0-9][0-9.,]{2,20}"
    r"|[0-9]+[.,][0-9.,]{2,20}|[0-9.,]{3,20}[ ]?(?:[$€£]|chf|eur|gbp|usd)))[ \t]+"
    rf"({_LONG_DATE})[ \t*_.,]*$"
)
"""The day below a title, alone or behind the amount of a note: "$5,000.00   May 2, 2024"."""

_DEFINED = compiled(
    rf"(?i)\beffective\s+date\b[^.;]{{0,80}}?({_LONG_DATE})"
    rf"|({_LONG_DATE})[^.;]{{0,40}}\"(?:the\s+)?effective\s+date\"|\bthis\s+(?:\w+\s+){{0,4}}(?:agreement"
    rf"|contract|lease|deed|letter)\b[^.;]{{0,80}}\b(?:effective|commence\w*|in\s+force|binding|begins?"
    rf"|starts?|made|entered)\b[^.;]{{0,60}}?({_LONG_DATE})"
    rf"|\bthe\s+(?:agreement|contract|lease)\s+(?:is|shall|will|becomes?)\s+(?:be\s+)?(?:effective|commence|begin"
    rf"|start)\s+(?:(?:and|as|from|of|on)\s+){{0,3}}({_LONG_DATE})|\bterm\s+(?:of|is)\b[^.;]{{0,60}}\bbeginning\s+(?:on\s+)?({_LONG_DATE})"
    r"|\b(?:vertrag|mietverhältnis|mietzeit|arbeitsverhältnis|vereinbarung)\b[^.;]{0,60}\b(?:beginnt|gilt"
    r"|tritt|läuft)\b"
    rf"[^.;]{{0,40}}?({_LONG_DATE})"
    r"|\b(?:contrat|bail|accord|convention)\b[^.;]{0,80}\b(?:prend|prendra|compter|entre|entrera|conclu"
    r"|partir)\b"
    rf"[^.;]{{0,60}}?({_LONG_DATE})"
)
_UPDATED = compiled(r"(?i)\blast\s+(?:updated|revised|modified)\b")
_NOT_ITS_DAY = compiled(r"(?i)-\pL|,?[ ][0-9]{1,2}:[0-9]{2}[ ]?[ap]m[ ]+\S+[./]\S")
"""Follows the date in the label of a version, 2024-07-31-preview, or of a printed page: its address."""

_STATE = compiled(
    r"(?i)\b(?:expired|pending|current|valid|accurate|certified|outstanding|balances?|status|populations?)\s+as\s+of\b[^.;]*$"
    r"|\b(?:payments?|instal?lments?|interest)\b(?:[^.;]|\.[0-9]){0,60}\b(?:start|commenc|begin)\w*\b[^.;]*$"
)
"""Says how something else stood on a day, or from when it is paid."""
_MONTH = compiled(rf"(?i)(?:{_EN_MONTHS})\s+[0-9]{{4}}")
_NO_DAY = compiled(rf"(?i)(?:.*\W)?(?:{_EN_MONTHS})\s+[0-9]{{4}}")
_DAY_LEFT_OPEN = compiled(
    rf"(?i)\b(?:{_EN_MONTHS})(?:[ \t]*_[ \t_]*,?|[ \t]{{3,}},?|[ \t]+,)[ \t]*(?:19|20)[0-9]{{2}}\b"
    rf"|(?:_|[ \t]{{3}})[ \t]*(?:st|nd|rd|th)?[ \t]*day[ \t]+of[ \t]+(?:{_EN_MONTHS})\b"
    r"|(?:_|\.{3}|…)[ \t.…]*(?:st|nd|rd|th)?[ \t]*day(?:[ \t]*\(date\))?[ \t]+of[ \t]*(?:_|\.{3}|…)"
)
_ON_SIGNING = compiled(
    r"(?i)\b(?:come\w*\s+into|in)\s+(?:force|effect)\b[^.;]{0,30}\b(?:date\s+of\s+(?:its\s+|the\s+)?(?:sign|execut)|sign(?:ing|ature)\s+by)"
)
_CLOSING = compiled(
    r"(?i)\bin\s+witness\b|/s/|\b(?:accepted\s+and\s+agreed|agreed\s+(?:and|to)|very\s+truly\s+yours"
    r"|sincerely|fait\s+(?:à|en))\b|(?m)^[ \t]*(?:by|signature|signed|unterschrift|name)[ \t]*:"
)


_REPRESENTED = compiled(
    r"(?i)\b(?:(?:represented|acting)\s+by|vertreten\s+durch|représentée?\s+par)\W{0,6}"
    r"(?:(?:its|mr|mrs|ms|herrn?|frau|monsieur|madame|mme|m)\.?\s+)*$"
)


def roles_given(opening: str) -> list[tuple[str, Span]]:
    """List the names that are given a role, Acme Inc. ("Buyer"): the role, and the span from the name on."""
    roles: list[tuple[str, Span]] = []
    for match in ROLE.finditer(opening):
        role = next(group for group in match.groups() if group).lower()
        start = max(0, match.start() - 160, *(span[1] for _, span in roles[-1:]))
        before = opening[start : match.start()]
        names = [
            name
            for name in _NAMED.finditer(before)
            if is_name(name.group()) and not _REPRESENTED.search(before[: name.start()])
        ]
        names = [name for name in names if COMPANY.search(name.group())] or names
        called = [name for name in names if any(word in name.group().lower() for word in role.split())]
        short = not NO_ROLE.search(role) and any(word in before.lower() for word in role.split())
        names = called if short and called else names
        if names and (PLAIN_ROLE.fullmatch(role) or short) and not has_blank(before[names[-1].end() :]):
            roles.append((role, (start + names[-1].start(), match.end())))
    return roles


def is_name(words: str) -> bool:
    """Tell whether words hold a name: a capitalised word that is no title, role or place of its own."""
    return any(
        any(map(str.isupper, word[:2])) and len(word) > 1 and word.strip(".'").lower() not in _NO_NAMES
        for word in _WORD.findall(words)
    )


def effective_dates(view: RuleInput) -> Iterator[Span]:
    """Find the day from which a contract binds: in its opening, as effective date, or beside a signature.

    A month without its day comes last, or is none: where the opening leaves it blank, or signing binds.
    """
    text = plain(view.text)
    left_open = _DAY_LEFT_OPEN.search(text[: OPENING // 2]) or _ON_SIGNING.search(text)
    months = []
    for start, end in _dates(text):
        said = text[start:end].replace("\n", " ")
        if _NOT_ITS_DAY.match(text, end) or (left_open and _NO_DAY.fullmatch(said)):
            continue
        if not _MONTH.fullmatch(said):
            yield start, end
        else:
            months.append((start, end))
    yield from months


def _dates(text: str) -> Iterator[Span]:
    opening = text[: OPENING // 2]
    for match in _DATED.finditer(opening):
        before = opening[max(0, match.start() - 120) : match.start(1)]
        if not _is_other_document(before) and not _STATE.search(before):
            yield match.span()
    for match in chain(_HEAD_DATE.finditer(text[:_TITLE]), _DATE_LINE.finditer(opening)):
        yield match.span(1)
    for match in _DEFINED.finditer(text):
        if not _is_other_document(text[max(0, match.start() - 60) : match.start()]):
            yield match.span()
    closings = [match.start() for match in _CLOSING.finditer(text, len(text) // 3)]
    if closings:
        line = text.rfind("\n", 0, closings[0]) + 1
        for pattern in (_DATE_LINE, _DATED):
            for match in pattern.finditer(text, line):
                before = text[max(0, match.start() - 120) : match.start(1)]
                updated = _UPDATED.search(match.group())  # of an exhibit
                if not (updated or _is_other_document(before) or _STATE.search(before)):
                    yield match.span(1)


_FORM_OPENING = 1_500
"""Characters from the start in which a form leaves date and names open."""

_EMPTY_DATE = compiled(r"(?im)^[ \t|*_]*(?:effective\s+)?date[d ]*[ \t*_]*:[ \t|*_]*(?:$|by[ \t]*:)")
_TITLE = 400
"""Characters from the start in which a contract's title stands; the header of a filing may come first."""

_FORM_TITLE = compiled(r"\b(?:FORM|Form)\s+(?:OF|of)\s+[\p{Lu}\[]|(?m)^\W*(?i:template|muster|modèle)\b")
_LISTING_TITLE = compiled(
    r"(?i)^\W*(?:exhibit|schedule|annex|appendix|attachment)\s+[a-z0-9.-]{1,6}\W+to\s+(?:the|that|this)\b"
    r"|\btable\s+of\s+contents\b"
)
_DUTY = compiled(
    r"\b(?:shall|SHALL|will|must|may|agree[sd]?|undertakes?|covenants?|doi(?:t|vent)|muss|wird|werden"
    r"|s.engage\w*|est\s+tenue?|convenu|verpflichte\w*|vereinbar\w*|soll(?:en)?|hat|haben)\b"
)
_AMENDMENT_TITLE = compiled(
    r"(?m)^\W{0,8}(?:\pL+\s+)?(?:AMENDMENT|Amendment)\s+(?:(?i:no\.?|number)\s*[0-9]+\s+)?(?i:to|of)\b"
)
_OTHER_TITLE = compiled(
    r"(?im)^\W{0,8}(?:\pL+[ ]){0,2}?(?:joinder|accession|non-?compet(?:e|ition))[ ]+(?:agreement|letter)\W*$"
)
_SIGNED_BY_HAND = compiled(r"/s/|(?i)\b(?:docu|electronically\s+)signed\b")
_NOTICE = compiled(r"(?i)\bthis\s+notice\b")
_ONE_SIDED = compiled(
    r"(?i)\b(?:this|these)\s+(?:\w+\s+){0,6}?(?:notice|confirmation|instructions?|certificate|resignation)\s+(?:is|are)\s+"
    r"(?:hereby\s+)?(?:given|delivered|provided|made|sent)\s+by\b|\bdelivers?\s+this\s+(?:\w+\s+){0,4}?notice\b"
    r"|\bis\s+(?:providing|giving)\s+(?:you\s+)?this\s+(?:\w+\s+){0,4}?notice\b"
    r"|\bhereby\s+(?:adopts?|consents?\s+to)\s+(?:\w+\s+){0,6}?resolutions?\b|(?-i:\bRESOLVED\b,?\s+that\b)"
)
_PROMISED = compiled(
    r"(?i)\bagrees?\s+as\s+follows\b|\bin\s+consideration\s+(?:of|for)\b|\bby\s+and\s+(?:between|among)\b"
    r"|\b(?:each\s+party|(?:both|the)\s+parties(?:\s+hereto)?|we\s+both)\s+(?:\w+\s+)?(?:agree|shall|will|promise)\b"
    r"|\b(?:agreed\s+(?:to\s+)?(?:and|&)\s+accepted|accepted\s+(?:and|&)\s+agreed)\b|(?-i:\bthis\s+(?:\w+\s+)?[Aa]greement\b)"
)
_AGREED = compiled(
    r"(?i)\b(?:agree[sd]?|agreements?|contracts?|undersigned|parties|contrat|vertrag|vereinbar\w*)\b"
)


def not_a_blank_form(view: RuleInput) -> Iterator[Span]:
    """Find that a contract is no form to be filled in: unsigned, with its date or its opening left empty."""
    text = plain(view.text)
    empty = _EMPTY_DATE.search(text, len(text) // 3) or has_blank(text[:_FORM_OPENING])
    if _SIGNED_BY_HAND.search(text) or not (empty or _FORM_TITLE.search(text[:_TITLE])):
        yield 0, min(len(text), 1)


def not_titled_form(view: RuleInput) -> Iterator[Span]:
    """Find that a contract does not call itself a form: whoever will sign that is not named yet."""
    text = plain(view.text)
    if _SIGNED_BY_HAND.search(text) or not _FORM_TITLE.search(text[:_TITLE]):
        yield 0, min(len(text), 1)


def made_by_parties(view: RuleInput) -> Iterator[Span]:
    """Find that a text binds by agreement: a statute, or a notice of what a law forbids, has no parties.

    Nor has a paper that one side gives, such as a notice or instructions, where nobody promises anything;
    an annex that lists something; or a table of contents alone.
    """
    text = plain(view.text)
    if _ONE_SIDED.search(text[:_FORM_OPENING]) and not _PROMISED.search(text):
        return
    nobody_agrees = binds_without_agreement(view.text) or is_page_of_site(view.text)
    if nobody_agrees or (_NOTICE.search(text) and not _AGREED.search(text)):
        return
    if not _LISTING_TITLE.search(text[:_TITLE]) or _DUTY.search(text):
        yield 0, min(len(text), 1)


def whole_agreement(view: RuleInput) -> Iterator[Span]:
    """Find that a text is an agreement of its own, which an amendment of one is not, nor who joins one."""
    title = plain(view.text)[:_TITLE]
    if not (_AMENDMENT_TITLE.search(title) or _OTHER_TITLE.search(title)):
        yield from made_by_parties(view)


_PART = (
    r"(?:appendix|statement\s+of\s+work|sow|order\s+form|work\s+(?:order|statement)|change\s+order|schedule"
    r"|exhibit|annex|addendum|sla"
    r"|service\s+level\s+agreement)"
)
_PART_OF = compiled(
    rf"(?i)\b{_PART}\b[^.]{{0,60}}?\b(?:is|are)\s+"
    r"(?:(?:(?:hereby|issued|entered|made|attached|incorporated|into|under|and|an?|integral|pursuant)\s+){1,6}"
    r"(?:part\s+of|to|under)|part\s+of)\b"
    rf"|\b{_PART}\b[^.]{{0,60}}?\b(?:forms?\s+(?:an?\s+(?:\w+\s+)?)?part\s+of|supplements)\s+(?:the|that|an?)\b"
)
_SERVICE_LEVELS = compiled(r"(?i)\bservice\s+levels?\s+agreement\b")
"""The title of what goes with a contract of services."""

_LATER_CLAUSE = compiled(r"(?m)^[ \t]*([0-9]{1,2})\.[0-9]{1,2}\.[ \t]+\p{Lu}")
_AMENDS = compiled(
    r"(?i)\bthis\s+(?:\w+\s+){0,2}(?:amendment|addendum)\b|(?:^|\n)\W*joint\s+filing\b|(?-i:\bJOINT\s+FILING\b)"
)
_FIRST_CLAUSES = 4
"""The number of the clause that a text begins with from which on those before it are missing."""


def stands_alone(view: RuleInput) -> Iterator[Span]:
    """Find a contract that is all there: no appendix or amendment of another, no page from the middle.

    By which law it binds, and from when, may stand where nobody sees it.
    """
    opening = plain(view.text)[:_FORM_OPENING]
    first = _LATER_CLAUSE.search(opening)
    levels = _SERVICE_LEVELS.search(opening[:_TITLE]) and not BETWEEN.search(opening)
    of_other = _PART_OF.search(opening) or _AMENDS.search(opening)
    if of_other or levels or (first and int(first[1]) >= _FIRST_CLAUSES):
        return
    yield from made_by_parties(view)


def names_parties_itself(view: RuleInput) -> Iterator[Span]:
    """Find a contract that is to name its parties: one that stands alone, or says between whom it is."""
    opening = plain(view.text)[:_FORM_OPENING]
    part = _PART_OF.search(opening)
    of_other = sentence_around(opening, part.span()) if part else (0, 0)
    if BETWEEN.search(opening[: of_other[0]] + opening[of_other[1] :]):
        yield from made_by_parties(view)
    else:
        yield from stands_alone(view)


def _is_other_document(before: str) -> bool:
    before = before[before.rfind(". ") + 1 :]
    return _OTHER_DOCUMENT.search(before) is not None and _THIS.search(before) is None
