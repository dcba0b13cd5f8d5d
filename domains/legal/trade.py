"""Terms for consumers: where the trader is established, and whether it sells in the European Union."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from docassay.domains import RuleInput, Span, plain
from docassay.domains.legal.law import binds_without_agreement, in_language_read
from docassay.domains.passages import REACH, sentence_of
from docassay.domains.patterns import compiled, matches_of

_STREET = (
    r"(?i:street|st\.|str\.|road|rd\b|avenue|ave\b|boulevard|blvd|lane|drive|dr\.|way|place|square|plaza"
    r"|court|parkway|highway|suite|floor|quay|terrace|row|hill|park|house|building|gate|wharf|p\.?o\.?\s*box"
    r"|postfach|boîte\s+postale|cedex)"
)
_ADDRESS = compiled(
    # A number before or after the name of a street, a town after its code, or a post-office box.
    r"(?i)\b[0-9]{1,5}(?:\s?(?:bis|ter|[a-d]))?,?\s+(?:rue|avenue|av\.|boulevard|bd\.?|place|allée|chemin"
    r"|impasse|quai|route|cours|square|passage|esplanade|rond-point|parc|zone|za|zi)\b[^\n.;]{2,80}"
    r"|(?-i:\b\p{Lu}\p{Ll}[\pL.-]*(?:straße|strasse|str\.|allee|weg|platz|ring|gasse|ufer|damm|chaussee"
    r"|markt|straat|laan|gade|vej))"
    r"\s*[0-9<]{1,3}[a-z]?\b|\b(?-i:Straße|Strasse|Platz|Allee|Weg)\s+[0-9]{1,3}\b"
    r"|\b(?-i:\p{Lu}\pL+)\s+[0-9]{1,3}[a-z]?,\s+(?:D-)?[0-9]{5}\s+(?-i:\p{Lu})\pL{2,}"
    r"|\b[DAF]?-?[0-9]{4,5}\s+(?-i:\p{Lu})\pL{2,}[^\n.;]{0,40}\b(?:Deutschland|Germany|France|Österreich"
    r"|Austria|Schweiz|Switzerland|Luxembourg|Belgi\w+|Nederland|Netherlands|Danmark|Denmark)\b"
    rf"|\b[0-9]{{1,5}}[a-z]?[,\s]+(?:(?-i:[\p{{Lu}}0-9])[\pL0-9.'-]*\s+){{1,5}}{_STREET}"
    rf"|\b(?:one|two|three|four|five|ten)\s+(?:(?-i:\p{{Lu}})[\pL.'-]*\s+){{1,4}}{_STREET}"
    r"|\b(?:suite|unit|floor|level|ste\.?)\s+[0-9#]+[a-z]?\b[^\n;]{0,80}\b[A-Z]{2}\s+[0-9]{5}\b"
    r"|\bp\.?\s?o\.?\s*box\s+[0-9]+|\bpostfach\s+[0-9]+"
    r"|,\s+(?-i:[A-Z]{2})\s+[0-9]{5}(?:-[0-9]{4})?\b|\b(?-i:[A-Z]{1,2}[0-9][0-9A-Z]?\s+[0-9][A-Z]{2})\b"
    r"|\b(?:dublin|Dublin)\s+[0-9]{1,2}\b"
)
_SEAT = compiled(
    r"(?i)\b(?:registered\s+(?:office|address|seat)|principal\s+(?:place\s+of\s+business|office)"
    r"|head\s?quartered|headquarters|head\s+office|(?:our|company|mailing|postal|business|street)\s+address"
    r"|place\s+of\s+business|siège\s+social|siège\s+est|domiciliée?\s+(?:au|à)|située?\s+(?:au|à|[0-9])"
    r"|adresse\s+(?:postale|géographique|du\s+siège)|sitz\s+(?:in|der\s+gesellschaft)|geschäftssitz"
    r"|firmensitz|hauptsitz|eingetragene[rn]?\s+sitz|anschrift)\b[^.;\n]{0,60}?[\s:,]+(?:(?:is|are|est|ist"
    r"|at|in|au|à|located|situated|lautet)\s+)*"
    r"(?-i:\p{Lu}|[0-9])[^.;\n]{3,100}"
)
_ADDRESSEE = compiled(
    r"(?i)\b(?:deliver\w*|shipping|billing|lieferadresse|rechnungsadresse|adresse\s+de\s+(?:livraison"
    r"|facturation)|dmca|copyright|arbitrat\w*|jams|aaa\b|paypal|klarna|ratepay|authority|supervis\w*"
    r"|regulat\w*|tribunal|greffe|registered\s+agent|médiat\w+|schlichtung\w*|ombuds\w*|commission|cnil"
    r"|ihrer?\b|your\b|retours?\b|returns?\b)"
)
_UNION = compiled(
    r"(?i)\b(?:European\s+(?:Union|Economic\s+Area|Commission|consumers?)|EEA|Member\s+States?|2011/83"
    r"|1999/44|93/13|2013/11|524/2013|online\s+dispute\s+resolution|ec\.europa\.eu"
    r"|code\s+de\s+la\s+consommation|L\.?\s?221-|droit\s+(?:français|belge)|loi\s+française"
    r"|Union\s+européenne|rétractation|R\.?C\.?S\.?|deutsche[nrs]?\s+Recht\w*"
    r"|österreichische[nrs]?\s+Recht\w*|(?:laws?\s+of\s+(?:the\s+)?|under\s+)(?:Ireland|Irish|France|French"
    r"|Germany|German|Luxembourg|Netherlands|Dutch|Spain|Italy|Belgium|Austria|Sweden|Swedish|Denmark|Danish"
    r"|Finland|Poland|Portugal|Greece|Estonia|Malta|Cyprus|Czech)|based\s+in\s+the\s+(?:EU|UK)"
    r"|United\s+Kingdom|England)\b|§+\s?(?:13|312|355)\w?\s+(?:Abs\.[^.]{0,20})?BGB|(?-i:\b(?:EU|UE|EWR|BGB"
    r"|KSchG|FAGG)\b)|Europäische[nrs]?\s+(?:Union|Kommission|Wirtschaftsraum\w*)|\bVerbraucher(?:schutz"
    r"|streitbeilegung|vertrag)\w*"
)


def trader_addresses(view: RuleInput) -> Iterator[Span]:
    """Find the address at which a trader is established, not one for deliveries, returns or complaints.

    The first that a text gives is the trader's; those of affiliates come later.
    """
    text = plain(view.text)
    found = []
    for pattern in (_SEAT, _ADDRESS):
        for match in pattern.finditer(text):
            line = text.rfind("\n", 0, match.start()) + 1
            before = text[max(line, match.start() - 80) : match.start()]
            stated = pattern is _ADDRESS or any(c.isdigit() for c in match.group())
            if stated and not _ADDRESSEE.search(before):
                found.append(match.span())
    yield from sorted(found)


sold_in_the_union = matches_of(_UNION)
"""Finds that the law of the European Union, a member state or the United Kingdom may bind the trader."""

_FOR_BUSINESS = compiled(
    r"(?i)\b(?:services?|sites?|website|platform|products?|terms|shop|offers?)\b[^.]{0,80}\b(?:only|solely"
    r"|exclusively|specifically)\s+(?:\w+\s+){0,4}?"
    r"(?:to|for|with|by|towards)\s+(?:\w+\s+){0,2}?(?:business(?:es)?|compan(?:y|ies)|professionals?"
    r"|entrepreneurs?|merchants?|traders)\b|\b(?:richte[nt]\s+sich|verkaufen|Angebote?|bieten"
    r"|Shop)\b[^.]{0,60}\b(?:ausschließlich|nur)\b[^.]{0,40}\b(?:an|für)\s+(?:\pL+\s+){0,2}?"
    r"(?:Unternehme[rn]\w*|Gewerbetreibende\w*|Kaufleute\w*)|\bnicht\s+an\s+Verbraucher"
    r"|\b(?:réservée?s?|exclusivement|uniquement)\s+(?:\w+\s+){0,3}?(?:aux|à\s+des"
    r"|destinée?s?\s+aux)\s+(?:professionnels|entreprises)"
    r"|\bist\s+nur\s+Unternehmern\b|\bUnternehmer\w*\s+im\s+Sinne\s+(?:von\s+|des\s+)?§+\s?14\b[^.]{0,80}\b(?:nur|ausschließlich)\b"
    r"|\bagreement\b[^.]{0,60}\bbetween\b[^.]{0,60}\b(?:content\s+(?:developer|provider)|school|institution"
    r"|university|merchant)\b"
    r"|\b(?:areas?|services?)\s+of\s+(?:[\w-]+,?\s+){0,4}?(?:performance|affiliate|display|search\s+engine)\s+marketing\b"
    r"|\baccommodation\s+(?:shall|will|agrees?|undertakes?|warrants?)\b"
    r"|\bthese\s+(?:commercial|business|advertis\w+|developer|partner|merchant|seller|reseller)\s+terms\b"
    r"|\b(?:dédiée?s?|destinée?s?)\s+aux\s+(?:professionnels|entreprises|personnes\s+morales)\b|\binsertion\s+orders?\b"
    r"|\bpublishers\s+(?:that|who)\s+(?:agree|participate)\b"
    r"|\bnot\s+(?:intended|available|offered)\s+(?:for|to)\s+consumers\b|\bbusiness\s+purposes\s+only\b"
    r"|\b(?:certify|confirm|warrant|represent|declare)\s+that\s+you\s+(?:act|are\s+acting)\s+(?:\w+\s+)?(?:on\s+behalf\s+of|as|for)\s+an?\s+"
    r"(?:business|company|trader|entrepreneur|professional)\b"
)
# Work is ordered by such a statement, and legal persons are represented by somebody.
_ORDERED_WORK = compiled(r"(?i)\bstatements?\s+of\s+work\b")
_PARTIES = compiled(r"(?i)\bsoussigné|\bzwischen\b")
_REPRESENTED = compiled(r"(?i)\breprésentée?s?\s+par\b|\bvertreten\s+durch\b")
_BUSINESS_TITLE = compiled(
    r"(?i)\b(?:advertis(?:er|ing|ements?)|ads?|ad\s+publishing|publishers?|partners?|developers?|merchants?"
    r"|sellers?|affiliates?|resellers?|vendors?|suppliers?|enterprise|business|b2b|api|sdk|corporate"
    r"|commercial\s+terms|marketplace\s+developer|purchas(?:e|ing)\s+conditions|conditions\s+of\s+purchase|einkaufsbedingungen|law\s+enforcement|sponsors?|hotel\s+cent(?:er|re)|accommodation|großhandel"
    r"|grosshandel|händler|professionnels)\b"
)


_PRIVACY_TITLE = compiled(
    r"(?i)\bprivacy\s+(?:policy|notice|statement)\b|\bpolitique\b.{0,40}\bconfidentialité"
    r"|\bdatenschutz(?:erklärung|hinweise?)\b"
)
_TERMS_TITLE = compiled(r"(?i)\b(?:terms|conditions|agreement|contrat|AGB|\pL*bedingungen)\b")
_FIRST_LINES = 6
"""Lines that are not blank, from the start, among which a title may stand."""

_TITLE_CHARS = 120

_NO_SALE_TITLE = compiled(
    r"(?i)\b(?:warranty|garantie|carriage|transport|passagers?|passengers?|beförderung\pL*)\b"
)


def open_to_withdrawal(view: RuleInput) -> Iterator[Span]:
    """Find that terms may be of a sale that a consumer can withdraw from: no carriage, no mere warranty."""
    text = plain(view.text)
    if not _NO_SALE_TITLE.search(_title(text)):
        yield 0, min(len(text), 1)


_NO_SUPPLY_TITLE = compiled(
    r"(?i)\b(?:shares?|stock|equity|assets?|business|real\s+estate|land|property|membership\s+interests?|Geschäftsanteile?\pL*"
    r"|Unternehmenskauf\pL*|Grundstücks\pL*|actions|parts\s+sociales|fonds\s+de\s+commerce|immobili\pL+)\b"
)


def of_supplies(view: RuleInput) -> Iterator[Span]:
    """Find that a contract may be of goods or services: a company, its shares or land are neither."""
    text = plain(view.text)
    if not _NO_SUPPLY_TITLE.search(_title(text)):
        yield 0, min(len(text), 1)


def _is_titled_for_business(text: str) -> bool:
    """Tell whether a title says so: the first line of words, or one of the first lines that names terms."""
    named = [line for line in _first_lines(text) if _TERMS_TITLE.search(line)]
    return any(_BUSINESS_TITLE.search(line) for line in (_title(text), *named))


def _first_lines(text: str) -> list[str]:
    """List the short lines among the first ones that are no sentences and no links to other pages."""
    lines = [line for one in text[:1_500].split("\n") if (line := one.strip())][:_FIRST_LINES]
    return [line for line in lines if len(line) <= _TITLE_CHARS and "](" not in line and line[-1] != "."]


def _title(text: str) -> str:
    return next((line for line in text.split("\n") if len(line.split()) > 1), "")[:_TITLE_CHARS]


_EMPLOYMENT = compiled(
    r"(?i)\b(?:separation|severance|employment|consulting|retention|bonus|non-?compet\w+|stock\s+option|services?|purchase"
    r"|distribution|supply|licen[cs]e|development|master)\s+(?:and\s+(?:\w+\s+){1,3})?agreement\b|\b(?:Executive|Employee|Employer"
    r"|Consultant)\b"
)
_MADE_BETWEEN = compiled(
    r"(?i)\bby\s+and\s+(?:between|among)\b|\bbetween\s+(?-i:\p{Lu})[^.;]{3,160}\band\s+(?-i:\p{Lu})[^.;]{3,160}"
    r"(?-i:\b(?:Inc|LLC|Ltd|Corp|GmbH|Company|Limited)\b)"
)
_READER = compiled(
    r"(?i)\b(?:you|your|users?|consumers?|members?|customers?|visitors?|subscribers?|passengers?|guests?|buyers?|players?"
    r"|vous|votre|vos|clients?|utilisat\w+|consommat\w+|acheteur\w*|membres?|abonnés?|adhérents?|passagers?|internautes?"
    r"|Ihr\w*|Sie|du|dein\w*|Kund\w+|Nutzer\w*|Verbraucher\w*|Besteller\w*|Käufer\w*)\b"
)
_TERMS = compiled(
    r"(?i)\b(?:these|our|the\s+(?:following|present|general|standard))\s+(?:[\w/&-]+\s+){0,5}?(?:terms|conditions|rules)\b"
    r"|\bterms\s+(?:of|and|&|for)\s+\w+|\b(?:terms|conditions)\W|\bthis\s+(?:[\w-]+\s+){0,3}?(?:agreement|warranty)\b"
    r"|\bgaranties?\s+(?:limitée|légale|commerciale)"
    r"|\bconditions\s+(?:générales|d.utilisation|particulières|de\s+(?:vente|transport))|\bprésentes\s+conditions\b|\bCG[UV]S?\b"
    r"|\bAGB\b|\b\pL*(?:bedingungen|richtlinien)\b|\b(?:terms|user|customer|licen[cs]e)\s+agreement\b"
)
_CONTRACT_TITLE = compiled(
    r"(?i)\b(?:bail|contrat\s+de\s+(?:location|bail|travail|vente|prêt|cession)|lease|tenancy|loan|promissory\s+note"
    r"|(?:share|stock|asset)s?\s+(?:purchase|sale|transfer)|deed|power\s+of\s+attorney|judge?ment|procuration"
    r"|(?:Miet|Pacht|Kauf|Arbeits|Darlehens|Dienst|Werk)vertrag|Vollmacht|Urteil|Beschluss|cession\s+d)\b"
)


def for_consumers(view: RuleInput) -> Iterator[Span]:
    """Find that terms may be for consumers: they speak to a reader or of users, not to businesses or staff.

    A privacy policy holds no terms, nor does a statute, a licence to everybody, or the contract of two;
    and nobody says of a language that the rules do not know what is missing. Both a translation and its
    original must say so: that terms are for businesses may be lost in translation.
    """
    if _is_for_consumers(plain(view.text)) and _is_for_consumers(plain(view.original or view.text)):
        yield 0, min(len(view.text), 1)


@lru_cache(maxsize=4)
def _is_for_consumers(text: str) -> bool:
    title, lines = _title(text), "\n".join(_first_lines(text))
    if (_PRIVACY_TITLE.search(lines) and not _TERMS_TITLE.search(lines)) or not in_language_read(text):
        return False
    if binds_without_agreement(text) or _CONTRACT_TITLE.search(title) or not _TERMS.search(text):
        return False
    if _is_titled_for_business(text) or _FOR_BUSINESS.search(text):
        return False
    opening = text[:1_500]
    represented = _PARTIES.search(opening) and len(list(_REPRESENTED.finditer(opening))) > 1
    if represented or _ORDERED_WORK.search(opening):
        return False
    negotiated = (
        _MADE_BETWEEN.search(opening) and _EMPLOYMENT.search(opening) and not _TERMS_TITLE.search(title[:40])
    )
    return bool(_READER.search(text)) and not negotiated


_OF_THE_DAY = compiled(
    r"(?i)\b(?:moment|date|jour)\s+(?:de\s+(?:l.enregistrement\s+de\s+)?|où\s+)(?:la|votre|sa|ladite|chaque)\s+(?:commande|validation"
    r"|passation|réservation)|\blors\s+de\s+(?:l.enregistrement\s+de\s+)?(?:la|votre)\s+commande"
    r"|\b(?:at|on)\s+the\s+(?:time|date|day|moment)\s+(?:of\s+(?:the\s+|your\s+)?|(?:when\s+|that\s+)?you\s+(?:\w+\s+){0,3})(?:order|purchas|book|reserv)"
    r"|\bjour\s+où\s+l.\s?\pL+\s+passe\s+(?:\w+\s+)?commande|\bseules\s+(?:ventes|commandes)\b[^.]{0,30}\bpostérieur"
    r"|\bbefore\s+(?:an?|the|your)\s+(?:order|purchase|booking)\s+is\s+\w+|\bnot\s+(?:affect|apply\s+to)\s+(?:\w+\s+){0,3}?orders?\b"
    r"|\bZeitpunkt\s+(?:der\s+Bestellung|des\s+Vertrags?(?:ab)?schlusses)|\bnot\s+(?:be\s+)?retroactive"
)
_GOOD_REASON = compiled(
    r"(?i)\b(?:only|solely)\s+(?:\w+\s+){0,6}?(?:if|where|when|for)\s+(?:[\w,]+\s+){0,8}?(?:reasonable|valid|justified|necessary|appropriate)\b"
    r"|\bfor\s+(?:one\s+of\s+|any\s+of\s+)?(?:these|the\s+following|valid)\s+(?:other\s+)?reasons?\b"
    r"|\b(?:motif|raison)\s+(?:valable|légitime)|\baus\s+(?:\w+\s+)?(?:triftige[nm]|wichtige[nm]|sachliche[nm])\s+Gr[uü]nd"
)
_TOLD_BEFORE = compiled(
    r"(?i)\b(?:\d+|[a-z]+)\s*\)?\s+(?:calendar\s+)?(?:days?|weeks?|months?).{0,3}\s+(?:\w+\s+){0,4}?(?:notice|before|prior|in\s+advance)\b"
    r"|\b(?:reasonable|advance|prior)\s+(?:\w+\s+)?notice\b|\bnotif\w+[^.]{0,60}\b(?:in\s+advance|before)\b|\bau\s+moins\s+\w+\s+(?:jours|mois)"
    r"|\bpréavis\s+(?:d|raisonnable)|\bmindestens\s+\w+\s+(?:Tage|Wochen|Monate)"
)
_MAY_LEAVE = compiled(
    r"(?i)\byou\s+(?:\w+\s+){0,3}?(?:may|can|have\s+the\s+right\s+to|are\s+free\s+to)\s+(?:[a-mo-z]\w*\s+){0,3}?(?:terminate|cancel|close|end|reject|object)"
    r"|\b(?:résilier|mettre\s+fin|clôturer)\b|\b(?:kündigen|widersprechen|Kündigungsrecht)\b"
)
_UNTOLD = compiled(r"(?i)\b(?:without|no|not|never|sans|ohne|keine?n?)\s+(?:[\pL']+\s+){0,4}$")
_WITHOUT = compiled(r"(?i)\b(?:without|sans|ohne)\b")
_AT_LEAST = compiled(r"(?i)\bnot?\s+(?:less|fewer|later)\s+than\b")
_BREACH = compiled(
    r"(?i)\b(?:if|where|when|unless|in\s+case|should)\b[^.]{0,120}?\b(?:breach\w*|violat\w*|fail(?:s|ed|ure)?"
    r"|(?:not|n't|never|cannot|non-?)\s*(?:\w+\s+){0,3}(?:compl(?:y|ied|iance)|stick)"
    r"|infring\w*|misus\w*|suspects?|fraud\w*|unlawful)\b|\bfor\s+(?:any\s+)?(?:breach\w*|violations?)\s+of\b"
    r"|\bunless\b[^.]{0,120}?\bcompl(?:y|ied)\b"
    r"|\ben\s+cas\s+d.\s?(?:[\pL.]+\s+){0,4}?(?:violation|manquement|non-respect|fraude)|\bbei\s+(?:\pL+\s+){0,3}?(?:Verstoß|Verstößen|Verletzung)"
)
_AT_PLEASURE = compiled(
    r"(?i)\b(?:any|no|whatever)\s+(?:or\s+no\s+)?(?:other\s+)?reasons?\b|\bdiscretion\b|\bwithout\s+(?:\w+\s+)?cause\b|\bdiscrétion\b"
    r"|\bsans\s+motif|\bohne\s+(?:Angabe|Grund)|\bconvenience\b|\bincluding\b|\bErmessen"
    r"|\bat\s+any\s+time\b|\beven\s+(?:if|when|where)\b|\bwhether\s+or\s+not\b|\bregardless\b|\bjederzeit\b|\b(?:selbst|auch)\s+wenn\b"
    r"|\bà\s+tout\s+moment\b|\bmême\s+si\b"
)


_AT_ONCE = compiled(
    r"(?i)\bat\s+any\s+time,?\s+(?:if\s+(?:you|the\s+user)\s+(?:breach|violat)|for\s+(?:any\s+|an?\s+)?(?:breach|violation))"
)
_OR_ELSE = compiled(r"(?i)\bor\s+(?:(?:if|when|where|as)\s+)?(?:we|otherwise)\b")


def ended_for_breach(view: RuleInput) -> Iterator[Span]:
    """Find sentences in which a trader ends the contract of who broke it, and of nobody else."""
    text = plain(view.text)
    for start, end in _sentences_of(_BREACH, text):
        sentence = text[start:end]
        at_once = _AT_ONCE.search(sentence) and not _OR_ELSE.search(sentence)
        if not _AT_PLEASURE.search(_AT_ONCE.sub(" ", sentence) if at_once else sentence):
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


_AROUND = 350
"""Characters on either side of the day of a sale in which a change is bound by it."""


def safe_changes(view: RuleInput) -> Iterator[Span]:
    """Find changes of terms that the directive allows.

    They are none of a sale that was made, have a reason that the contract names, or are told in time to a
    consumer who may then leave, in the same sentence or the next (Directive 93/13/EEC, Annex, points 1(j),
    1(k) and 2(b)).
    """
    text = plain(view.text)
    for match in _OF_THE_DAY.finditer(text):
        yield max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    for match in _GOOD_REASON.finditer(text):
        yield max(0, match.start() - _AROUND // 2), match.end()
    for told in _sentences_of(_TOLD_BEFORE, text):
        if _MAY_LEAVE.search(text[max(0, told[0] - REACH) : told[1] + REACH]) and _is_told(
            text[slice(*told)]
        ):
            yield from _changes_told(text, told)


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


_EUROPE = compiled(
    r"(?i)\b(?:Arbeitgeber\w*|Arbeitnehmer\w*|Arbeitsvertrag\w*|salariée?s?|employeur|code\s+du\s+travail"
    r"|convention\s+collective|2019/1152|2003/88|European\s+(?:Union|Economic\s+Area)|Member\s+States?"
    r"|United\s+Kingdom|England|Employment\s+Rights\s+Act|Working\s+Time|(?:laws?\s+of\s+(?:the\s+)?"
    r"|under\s+)(?:Ireland|Irish|France|French|Germany|German|Luxembourg|Netherlands|Dutch|Spain|Spanish"
    r"|Italy|Italian|Belgium|Belgian|Austria|Austrian|Sweden|Swedish|Denmark|Danish|Finland|Poland|Polish"
    r"|Portugal|Greece|Malta|Cyprus))\b"
)


employed_in_europe = matches_of(_EUROPE)
"""Finds that the law of a member state or of the United Kingdom governs a contract of employment."""
