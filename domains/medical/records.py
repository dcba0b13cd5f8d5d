"""What a record says of itself: in which language it is written, who signed it, and of which day it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from docassay.domains import Compared, Matcher, RuleInput, Span
from docassay.domains.medical.dates import DATE
from docassay.domains.outline import lines_of, trim
from docassay.domains.passages import has_blank
from docassay.domains.patterns import compiled

_FUNCTION_WORDS = {
    "en": r"the|and|was|were|with|of|is|to|has|had|for|this|she|he|no|at",
    "de": r"der|die|und|mit|bei|wurde|ist|von|im|des|nicht|eine[rsn]?|zur|dem|nach|keine?",
    "fr": r"le|la|les|des|et|une|pour|dans|est|avec|du|au|par|chez|sans|pas",
}
_WORDS = {tag: compiled(rf"(?i)\b(?:{words})\b") for tag, words in _FUNCTION_WORDS.items()}
_READ_CHARS = 20_000
_SHARE = 0.25
"""Smallest share of a text's function words that makes it written in a language, perhaps beside another."""

_DATE = compiled(rf"(?i)\b(?:{DATE}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2}})\b")
_REACH = 110
"""Characters before a date, in its line, that may say what it is the date of."""
_LABEL = compiled(
    r"(?i)(?:\b(?:dates? of (?:the )?(?:service|visit|exam\w*|evaluation|procedure|operation|surgery"
    r"|consult\w*"
    r"|discharge|study|encounter|delivery|dictation|report)|DOS|(?:visit|service|exam"
    r"|discharge|procedure|study"
    r"|dictation|report) date|date(?:/time)? (?:seen|reported|dictated|signed|of note)"
    r"|dictated(?: on)?|transcribed(?: on)?"
    r"|(?:entlassungs?|untersuchungs|behandlungs|befund|op)-?datum|date d[e'](?: ?la | ?l.)? ?\w+"
    r"|(?:electronically )?signed\b.{0,60}|signiert\b.{0,40}|signé\b.{0,40}))[ \t]*[:*|]{0,3}[ \t]*$"
    r"|\b(?:am|mit) heutigen?[ \t]$"
    r"|^[ \t>*#|_-]*(?:date(?: (?:issued|written|(?:&|and) time))?|datum|discharged|on|dd?|dt|t)"
    r"[ \t]*[:*|]{1,3}[ \t]*$"
)
_PLACE = compiled(r"(?i)^[ \t>*#|_-]*(?:(?:[^\s\d,:]+ ?){1,3},[ \t]*)?(?:(?:den|am|le|on|the)[ \t]+)?$")
_NAMED = compiled(
    r"(?i)^[ \t]*(?:\S+ ){0,3}(?:\w*brief|\w*befund|\w*bericht|ambulanz|besuch|visite|vorstellung"
    r"|kontrolle|verlauf|eintrag"
    r"|(?:progress|visit|office|clinic|consultation|procedure) note|compte[- ]rendu)\b[^\d:\n]*(?:vom"
    r"|am|of|dated|du)?[ \t]*$"
)
_NAMED_BEHIND = compiled(
    r"(?i)^[ \t:,-]+(?:ambulante?r?|befund|visite|verlauf|(?:progress |visit |office )?note|consultation)\b"
)
_GERMAN = compiled(
    r"(?i)(?:ambulant|\b(?:erst)?vorstellung|untersucht|vorgestellt|operiert|ambulanz"
    r"|sprechstunde).*\b(?:vom|am|den"
    r"|zum)[ \t]{1,3}$|\b(?:sich|der|die) (?:\w+ ){0,3}(?:vom|am) $"
)
_FRENCH = compiled(r"(?i)\b(?:vue?|examinée?|consultation).*\b(?:le|du)[ \t\x{a0}]{1,3}$")
_STAY = compiled(
    r"(?i)(?:\b(?:dates? of admission|admission date|admitted(?: on)?|aufnahme-?datum"
    r"|date d[e'](?: ?la | ?l.)? ?(?:entrée|admission|hospitalisation))[ \t]*[:*|]{0,3}[ \t]*$"
    r"|(?:stationär|behandlung|aufenthalt|aufnahme|aufgenommen|entlassen|\bstat\.).*\b(?:vom|am|den"
    r"|bis(?: zum)?|von|zum)[ \t]{1,3}$"
    r"|\b(?:hospitalisée?|admise?|séjour).*\b(?:le|du|au)[ \t\x{a0}]{1,3}$)"
)
"""Before the date of a stay in hospital, which is not that of what was written about it."""
_STAY_BEHIND = compiled(
    r"(?i)^[ \t]*(?:bis\b|au\b|[-–][ \t]*\d|.{0,60}\b(?:stationär|stat\.|intensiv\w*|aufgenommen"
    r"|entlassen))"
)
_SEEN = compiled(
    r"(?i)\b(?:was|were) (?:seen|evaluated|examined)\b[\w ,]*\bon $|^[^.]*\bpresent(?:s"
    r"|ed) [\w ]*\b(?:of|on) $"
)
_COMING = compiled(
    r"(?im)^[ \t#*-]*(?:follow[- ]?up|next[ \t]\w+|review|return)\b[^\n]{0,40}[ \t*]*:[ \t*]*\n[ \t*-]*\z"
)
"""Before a date: it is that of a visit to come, below its heading."""
_ELSEWHERE = compiled(r"(?i)\b(?:by|office|local|previous|prior|hospital|outside)\b")
_BIRTH = compiled(
    r"(?i)(?:\b(?:birth|born|DOB|geb(?:oren|urtsdatum)?|naissance|née?)\b|\*)[ \t.:]*(?:am |le |on )?$"
)
_MOST_DATES = 500
"""So many dates of a text are looked at."""
_TITLE = compiled(
    r"^(?:Ihre?[ \t]+)?(?:Prof|Dr|Priv|PD|Doz|Univ|Ass|Prim|OA|OÄ|FA|DDr|Mag|Docteur|Pr|Doctor)\b[. \t-]*"
    r"(?:(?:Prof|Dr|Doz|Univ|DDr|Mag|med|mult|dent|rer|nat|univer|habil|h|c|a)\b[. \t-]*)*"
)
_PERSON = compiled(r"^(?:(?:[A-ZÀ-Þ][^\s,;:|]*|von|van|de|zu) ){0,3}[A-ZÀ-Þ][a-zß-ÿA-Z'’-]{2,}")
_NAME_IN = compiled(r"[A-ZÀ-Þ][a-zß-ÿA-Z'’-]{2}")
"""The last part of a name, as `_PERSON` and `_DEGREE` have it."""

_DEGREE = compiled(
    r"^(?:[A-Z][\w.'’-]*[ \t]+){1,3}[A-Z][\w'’-]+,?[ \t]+(?:M\.?D|D\.?O|MBBS|N\.?P|P\.?A(?:-C)?|R\.?N"
    r"|APRN|FNP(?:-[A-Z]+)?|DNP|DDS|D\.?P\.?M"
    r"|O\.?D|Ph\.?D|PsyD|CCC-SLP)\b\.?(?:[, ]+[A-Z.]{2,6})*[ \t.]*$"
)
_STATED = compiled(
    r"(?i)(?:\b(?:electronically|digitally) (?:signed|authenticated|approved)(?: by)?"
    r"|\belektronisch (?:signiert|freigegeben)(?: von| durch)?"
    r"|\bsigné électroniquement(?: par)?|^[ \t>*_-]*(?:(?:this|the) (?:note|report|document"
    r"|record) (?:was|has been|is) )?"
    r"(?:e-?signed|signed|authenticated|attested|signature|signiert|unterzeichnet|freigegeben|signé"
    r"|validé|unterschrift)(?: by| von| durch| par)?"
    r"|\b(?:signed|signature|unterschrift|signé par)[ \t]*:|/e?s/|\bgez\.)[ \t]*[:/]*[ \t]*"
)
_STATEMENT_ALONE = compiled(
    r"(?i)^[>*_ \t-]*(?:electronically|digitally) (?:signed|authenticated|approved)"
    r"(?:[ \t]*(?:/|and|&)[ \t]*(?:dated|authenticated))?(?:[ \t]+by)?[ \t:*_]*$"
)
"""A statement that somebody has signed, whose name stands in the lines below."""
_BY = compiled(r"(?i)^[ \t>*_-]*(?:(?:by|name)[ \t]*:[ \t*_]*)?")
"""What stands before the name below such a statement."""
NUMBER = r"[ \t#*•-]*(?:\(?(?:\d{1,2}(?:\.\d{1,2})?|[IVX]{1,4})[.)]?[ \t]+)?"
"""What stands before a heading in its line: marks, and its number."""
FAREWELL = compiled(
    r"(?i)^[ \t]*(?:.{0,60}\b)?(?:sincerely|regards|respectfully(?: submitted)?|yours (?:truly"
    r"|faithfully)|mit (?:\S+ ){1,4}grü(?:ß|ss)en?\b"
    r"|mfg|hochachtungsvoll|confraternellement|cordialement|salutations)\b.{0,20}$"
)
_FOOT = 0.6
"""Where in a text a name with a title on a line of its own is a signature rather than an addressee."""
_BELOW = 4
"""Lines below the closing words of a letter in which its author's name stands."""
_BLANK = compiled(
    r"(?i)^(?:ärztliche[rn]? (?:direktor|leit)|leitende[rn]? |(?:medical|attending) (?:director|physician)"
    r"|(?:x{1,6}|xyz|abcd?|(?:john |jane"
    r" )?doe|name|signature|physician|provider)\b)|_{2,}|\[|\?\?|\b(?:dr\.? )?x{1,4}\b"
)


def _written_in(tag: str) -> Matcher:
    """Make a function that finds the first function word of a record in a language, perhaps beside others."""

    def matcher(view: RuleInput) -> Iterator[Span]:
        text = view.text[:_READ_CHARS]
        counts = {name: len(words.findall(text)) for name, words in _WORDS.items()}
        if not any(counts.values()):  # a form without a sentence: the law of the United States is asked of it
            counts["en"] = 1
        if counts[tag] >= max(1, _SHARE * sum(counts.values())):
            match = _WORDS[tag].search(text)
            yield match.span() if match else (0, min(1, len(text)))

    return matcher


written_in_english = _written_in("en")
written_in_german = _written_in("de")
written_in_french = _written_in("fr")


def entry_date(view: RuleInput) -> Iterator[Span]:
    """Find the date of the visit, procedure or report; not of birth, of a stay or of an earlier finding."""
    yield from islice(_dates(view), 1)


def _dates(view: RuleInput) -> Iterator[Span]:
    """Give the dates of what a record tells of, without those of a stay in hospital.

    A letter on a stay tells of days in the stay; only what is called its date, or stands alone, is its own.
    """
    text, on_stay = view.text, view.kind == "discharge_summary"
    for match in islice(_DATE.finditer(text), _MOST_DATES):
        start = text.rfind("\n", max(0, match.start() - _REACH), match.start()) + 1
        before = text[max(start, match.start() - _REACH) : match.start()]
        if is_birth(text, match.start()) or _COMING.search(text[max(0, start - _REACH) : match.start()]):
            continue
        after = text[match.end() : match.end() + _REACH].partition("\n")[0]
        alone = not after.strip(" \t.*|_") and _PLACE.search(before)
        named = _NAMED.search(before) or (not before.strip() and _NAMED_BEHIND.search(after))
        narrated = _SEEN.search(before) and not _ELSEWHERE.search(before)
        labelled = _LABEL.search(before)
        told = narrated or labelled or _GERMAN.search(before) or _FRENCH.search(before)
        of_stay = _STAY.search(before) or _STAY_BEHIND.search(after) or (on_stay and not labelled)
        if alone or named or (told and not of_stay):
            yield match.span()


def is_birth(text: str, start: int) -> bool:
    """Tell whether the date that starts there is said to be that of a birth."""
    line = text.rfind("\n", max(0, start - _REACH), start) + 1
    return _BIRTH.search(text[max(line, start - _REACH) : start]) is not None


def signed(view: RuleInput) -> Iterator[tuple[Span, bool]]:
    """Find who signed: a statement, a name under the closing words, or one with its degree.

    Yields:
        The name, and whether it is said to have signed, or is only written there.
    """
    below, owed = 0, False
    for position, line in lines_of(view.text):
        bare = line.strip()
        if not bare:
            continue
        if not _NAME_IN.search(bare):
            below = _BELOW if len(bare) > 2 and FAREWELL.match(line[:120]) else below - 1  # "mfg"
            continue
        stated = _STATED.search(line[:400])
        if owed and not stated:
            stated = _BY.match(line) if ":" in bare[:8] or ":" not in bare else None
        owed = _STATEMENT_ALONE.match(bare) is not None
        name = line[stated.end() :] if stated else line
        offset = position + (stated.end() if stated else 0)
        lead = len(name) - len(name.lstrip(" \t*_<"))
        title = _TITLE.match(name[lead:])
        person = _PERSON.match(name[lead + (title.end() if title else 0) :])
        in_foot = position >= _FOOT * len(view.text)
        wanted = stated or below > 0 or (title and in_foot and len(line) < 80) or _DEGREE.match(name[lead:])
        named = person and (title or " " in person[0])
        if wanted and named and not _BLANK.search(name[lead:]):
            end = offset + lead + (title.end() if title else 0) + person.end()
            yield (offset + lead, end), bool(stated or below > 0)
            return
        below = _BELOW if FAREWELL.match(line[:120]) else below - 1


_UNSIGNED = compiled(
    r"(?i)\b(?:not (?:yet )?(?:been )?(?:electronically )?signed (?:by|off)|(?:note|report|document"
    r"|record) (?:is )?unsigned"
    r"|unsigned (?:note|report|document|draft)|(?:co-?)?signature (?:is )?pending|pending (?:co-?)?signature"
    r"|awaiting (?:co-?)?signature|noch nicht (?:unterschrieben|signiert|freigegeben|vidiert)|non signé)\b"
)
_SIGNATURE = compiled(
    r"(?im)\b(?:(?:electronically|digitally) (?:signed|authenticated)|elektronisch (?:signiert|freigegeben)"
    r"|signé électroniquement)\b|^[ \t>*_-]*(?:e-?signed|signed|signature|unterschrift|signé|gez)\b"
    r"(?: by| of| par| von)?(?: \pL{3,20})?[ \t]*[:._]"
)
"""Where a signature stands, or should."""
_REDACTED_SIGNER = compiled(
    r"(?i)\b(?:electronically|digitally) (?:signed|authenticated)(?: by)?[ \t*]*:?[ \t*]*"
    r"((?:\pL[\w.'’-]*[ \t]+){0,3}(?:\[redacted\]|█{2,})[^\n]{0,60})(?:\n[^\n]{0,100}){0,2}?"
    rf"\b(?:{DATE}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2}})\b"
)
"""A signature whose name was taken out afterwards, and the date with it or below."""


def authenticated(view: RuleInput) -> Sequence[Compared]:
    """Say whether an entry carries its own date and its author's name, where the text shows that it should.

    A transcript or an extract has no signature, and lacks none, as a letter without its head has no date: of
    these nothing is said, nor of a name that is only written. An entry fails where it says itself that it is
    not signed; where a signature has its place and no name stands there, a person has to look.
    """
    if unsigned := _UNSIGNED.search(view.text):
        return [Compared("fail", unsigned.span(), "It says that it is not signed.")]
    if redacted := _REDACTED_SIGNER.search(view.text):
        return [Compared("pass", redacted.span(1), "The name that signed was taken out.")]
    day, (name, said) = next(entry_date(view), None), next(signed(view), (None, False))
    if day and name:
        if not said or has_blank(view.text[max(0, name[0] - _REACH) : name[0]]):
            return []
        return [Compared("pass", name, f"Dated {_quoted(view, day)}, signed by {_quoted(view, name)}.")]
    place = None if name else _SIGNATURE.search(view.text)
    return [Compared("review", trim(view.text, *place.span()), "No name stands there.")] if place else ()


def _quoted(view: RuleInput, span: Span) -> str:
    return " ".join(view.text[slice(*span)].split())


_GAP = compiled(r"_{3,}")
_WORD = compiled(r"\pL{2,}")
_GAP_REACH = 80
_MOST_GAPS = 200
"""Lines to write on that are looked at."""


def left_blank(view: RuleInput) -> list[Compared]:
    """Send a person to words that whoever typed a dictation did not understand and left blank.

    A blank within a sentence, with words before and behind it, is one; a line to sign or to fill in is none.
    """
    places = [match.span() for match in islice(_GAP.finditer(view.text), _MOST_GAPS)]
    gaps = [span for span in places if _is_gap(view.text, span)]
    if not gaps:
        return []
    many = f"{len(gaps)} places are" if len(gaps) > 1 else "One place is"
    return [Compared("review", gaps[0], f"{many} left blank.")]


def _is_gap(text: str, span: Span) -> bool:
    before = text[max(0, span[0] - _GAP_REACH) : span[0]].rpartition("\n")[2].rpartition(":")[2]
    behind = text[span[1] : span[1] + _GAP_REACH].partition("\n")[0]
    return before[-1:] == " " and len(_WORD.findall(before)) >= 2 and bool(_WORD.search(behind))
