"""What a report on an operation says was found, given against pain, and went wrong.

A sentence is evidence where it says what was seen, healthy or ill. That a landmark "was identified" on the
way to it is a step of the operation, and so is the last look before closing; that a nerve was seen or a leak
sought and not found is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.outline import lines_of
from docassay.domains.passages import has_blank, sentence_of
from docassay.domains.patterns import matches_of

_HEADING = re2.compile(r"(?m)^[ \t#*]*([A-Z][\w /&()-]{2,60}?)[ \t]*(?::|,[ \t]*(?:\d|[A-Z])|$)")
_BEFORE_IT = re2.compile(
    r"(?i)\b(?:history|hx|indications?|reasons?|pre-?(?:op\w*|procedur\w+)|background|consent|clinical"
    r"|complaint|illness|plan|recommendations?|medications?)\b"
)
_ILL = (
    r"(?:tears?|torn|ruptur\w+|fractur\w+|tumou?rs?|mass(?:es)?|lesions?|polyps?|nodul\w+|cysts?|cystic"
    r"|stenos\w+"
    r"|strictur\w+|occlu(?:sion|ded)|ulcer\w*|eros\w+|inflam\w+|\w+itis|o?edema\w*|swelling|h?a?emorrhag\w+"
    r"|clots?"
    r"|thromb\w+|ha?ematomas?|adhesions?|scar\w*|fibro\w+|effusions?|fluid|pus|purulen\w+|abscess\w*"
    r"|necro\w+"
    r"|gangren\w+|perforat\w+|defects?|hernia\w*|diverticul\w+|hypertroph\w+|degenerat\w+|osteo\w+|spurs?"
    r"|calcif\w+|plaques?|disease|metasta\w+|malignan\w+|obstruct(?:ion|ed)|stones?|calcul\w+|varic\w+"
    r"|prolapse\w*"
    r"|insufficien\w+|regurgita\w+|aneurysm\w*|infect\w+|compress(?:ion|ed)|deviat\w+|erythema\w*|friab\w+"
    r"|abnormalit\w+|blood[- ]tinged|bile[- ]stained|meconium|prominent|thickened|enlarged|displace\w+"
    r"|bulging"
    r"|impingement|instability|chondromalacia|gap|leak(?:s|age)?|sacs?|herniat\w+|extru\w+|protru\w+|severed|lacerat\w+"
    r"|avuls\w+|tortuous|debris|deform\w+|broken)"
)
_HEALTHY = (
    r"(?:normal|unremarkable|intact|patent|clear|healthy|within\s+normal\s+limits|live\s?born|viable"
    r"|apgars?"
    r"|free\s+of|gravid|smooth)"
)
_SIGHT = (
    r"(?:there\s+(?:was|were|appeared)|(?:was|were|is|are)\s+(?:also\s+|then\s+|clearly\s+)?(?:noted|found"
    r"|seen"
    r"|identified|visuali[sz]ed|encountered|observed|appreciated|evident|present|inspected)|revealed"
    r"|demonstrated"
    r"|showed|shows|(?:we|i)\s+(?:noted|found|saw)|appeared|measur(?:ed|ing)\s+\d[^.\n]{0,30}|inspection"
    r"|examination"
    r"|findings?\b|consistent\s+with|(?:was|were)\s+(?:released|drained|evacuated|aspirated|extracted"
    r"|suctioned|retrieved"
    r"|obtained|returned|(?:very|quite|completely|partially|severely|markedly))|did\s+reveal"
    r"|turned\s+out|(?:fell|came|broke|entered)\s+(?:in\s?to|upon|across|on))"
)
_SEEN = re2.compile(
    rf"(?i)\b{_SIGHT}\b[^.\n]{{0,160}}\b{_ILL}\b|\b{_ILL}\b[^.\n]{{0,100}}\b{_SIGHT}\b"
    rf"|\b{_SIGHT}\b[^.\n]{{0,100}}\b{_HEALTHY}\b"
    rf"|\b(?:was|were|appeared|looked)\s+(?:\w+\s+){{0,2}}{_HEALTHY}\b"
    r"|\b(?:viable|live|live\s?born|living)\s+(?:[\w-]+\s+){0,4}(?:infant|baby|neonate|male|female|boy"
    r"|girl)\b|\bapgars?\b"
    r"|\b(?:was|were)\s+noted\s+to\s+have\s+[^.\n]{3,}"
    r"|\bno\s+(?:gross\s+)?evidence\s+of\s+\pL+|\bimmediate(?:ly)?\s+(?:return|drainage)\s+of\b"
    r"|\b(?:drew|draw|withdrew|drained|evacuated|aspirated|removed)\b[^.\n]{0,30}\b\d+\s?(?:ml|cc|l(?:it\w+)?)"
    r"\s+(?:of\s+)?(?:\w+\s+){0,3}(?:blood|fluid|pus|bile)\b"
    r"|\bcould\s+not\s+be\s+(?:reduced|passed|advanced|mobili[sz]ed|separated|traversed)\b|\bthere\s+was\s+(?:\w+\s+){0,2}resistance\b"
    r"|\bnegative\s+aspiration\s+(?:for|of)\b|\baspiration\s+(?:was|were)\s+negative\s+for\b"
    r"|\bno\s+(?:par(?:a)?esthesias?|CSF|cerebrospinal\s+fluid)\s+(?:was|were)\s+(?:noted|elicited|obtained|reported)\b"
    r"|\b(?:nerves?|roots?|arter(?:y|ies)|veins?|vessels?|ducts?|ureters?|carina)\b[^.\n]{0,40}\b(?:was|were)\s+(?:\w+ly\s+|well\s+)?visuali[sz]ed\b"
    r"|\b(?:was|were)\s+(?:identified|found|noted|visuali[sz]ed)\s+(?:to\s+be\s+)?(?:crossing|lying|running|coursing|adherent"
    r"|overlying|where)\b"
)
_NOT_FOUND = re2.compile(
    r"(?i)\b(?:consent\w*|whether|calculated|risks?|discuss\w+|explained|has|had|history|previous(?:ly)?"
    r"|prior|recent(?:ly)?|ago|presented"
    r"|presents|x-?rays?|MRI|computed|CT|pre-?operative(?:ly)?|counts?|correct|tolerated|(?:was"
    r"|were)\s+(?:then\s+)?clos(?:ed|ure)"
    r"|ha?emostasis|recovery|stable|landmarks?|cosmetic|post-?operative(?:ly)?|medical\s+records?"
    r"|vital\s+signs|options?"
    r"|prepped|draped|gowns?|gloves?|sterile|instrumentation|(?:adequate|good|excellent|satisfactory)\s+(?:position\w*"
    r"|placement"
    r"|fixation|reduction|alignment)|solid|neurovascular(?:ly)?|irrigat\w+|removed\s+without|clear\s+view)\b"
)
_NO_BLEEDING = re2.compile(
    r"(?i)\b(?:no|without|free\s+of)\s+(?:\w+\s+){0,3}(?:bleeding|leak(?:age|s)?|ha?emorrhage)\b"
    r"(?:\s+of\s+\w+)?"
)
_LEAK_SOUGHT = re2.compile(
    r"(?i)\b(?:noted|found|seen|observed)\b[^.\n]{0,60}\b(?:no|free\s+of)\s+(?:\w+\s+){0,2}leak"
    r"|\bno\s+(?:\w+\s+){0,2}leak\w*\s+(?:\w+\s+){0,3}(?:noted|found|seen|observed)\b"
)
_LAST_LOOK = re2.compile(
    rf"{_NO_BLEEDING.pattern}"
    r"|\b(?:was|were)\s+(?:identified|visuali[sz]ed|noted|found|inspected)\b"
)
_PATIENT_TOLD = re2.compile(
    r"(?i)\b(?:patient|site|side|limb|extremity|procedure|baby|child)\s+(?:was|were)\s+(?:\w+\s+)?(?:identified|verified)\b"
)
_AGENT = (
    r"(?:lidocaine|xylocaine|marcaine|bupivacaine|ropivacaine|versed|midazolam|propofol|fentanyl|demerol"
    r"|meperidine"
    r"|ketamine|etomidate|duramorph|sensorcaine|carbocaine|mepivacaine|chloroprocaine|tetracaine|brevital)"
)
_ANESTHESIA = re2.compile(
    r"(?i)\b(?:general|local|spinal|epidural|regional|caudal|topical|IV|intravenous|MAC|monitored"
    r"|endotracheal|LMA"
    r"|retrobulbar|peribulbar|digital|mask|conscious|moderate|deep|twilight|penile|nerve|axillary|bier"
    r"|scalene)"
    r"(?:[ ,/-]+(?:and|with|via|by|plus|IV|intravenous|local|endotracheal|anesthesia|monitored|care"
    r"|nasotracheal"
    r"|orotracheal|inhalation\w*|mask|laryngeal|nerve|dorsal|penile|spinal|conscious)){0,3}[ ]+"
    r"(?:an(?:a)?esthe(?:sia|tics?)|sedation|blocks?)\b"
    rf"|\b(?:infiltrated|injected|anesthetized|block(?:ed)?|sedat\w+)\b[^.\n]{{0,60}}\b{_AGENT}\b"
    rf"|\b{_AGENT}\b[^.\n]{{0,60}}\b(?:given|administered|infiltrated|injected|used|sedation|local\w*|IV"
    rf"|intravenously)\b"
    rf"|\b\d+(?:\.\d+)?\s?(?:mg|mcg|micrograms?|ml|cc)\s+(?:of\s+)?(?:\d+(?:\.\d+)?\s?%\s+)?(?:plain\s+"
    rf"|IV\s+|intravenous\s+)?{_AGENT}\b"
    r"|\bwithout\s+an(?:a)?esthesia\b|\ban(?:a)?esthesia\s+(?:via|by|with)\s+[^.\n]{0,60}"
    r"\b(?:intubation|mask|endotracheal|spinal|general|local|LMA)\b"
    r"|\bblock\b[^.\n]{0,40}\b(?:done|performed|placed|given|administered|used)\b"
)
_SOME_ANESTHESIA = re2.compile(
    r"(?i)\ban(?:a)?estheti[sz]ed\b|\b(?:induction\s+of|under|after|adequate|suitable|satisfactory"
    r"|successful)\s+"
    r"(?:\w+\s+){0,2}(?:an(?:a)?esthe(?:sia|tic)|sedation)\b|\b(?:received|given"
    r"|with)\s+(?:\w+\s+){0,2}sedation\b"
    r"|\bsedated\b|\bintubated\b"
)
_STATED_ANESTHESIA = re2.compile(
    r"(?im)^[ \t#*]*(?:type[ \t]+of[ \t]+)?an(?:a)?esthesia(?:[ \t]+(?:type|used|given))?[ \t]*:"
    r"\s*([^\n]{3,200})"
)
_NOT_GENERAL = re2.compile(
    r"(?i)\b(?:local|spinal|epidural|regional|caudal|topical|MAC|monitored|(?:retro|peri)bulbar|blocks?)\b"
)
_NEGATED_GENERAL = re2.compile(r"(?i)\b(?:no|not|without|rather\s+than)\s+(?:a\s+)?general\b")
_GENERAL = re2.compile(
    r"(?i)\b(?:general|endo-?tracheal|ETT?|ETA|GE?T?A|LMA|laryngeal|inhalation\w*|intubat\w+|convert\w+)\b"
)
_UNDER_GENERAL = re2.compile(
    r"(?i)\b(?:under|from|induction\s+of|induced|received|given|administered)\s+(?:the\s+|a\s+)?general\s+"
    r"(?:endotracheal\s+)?an(?:a)?esthe(?:sia|tic)\b|\bgeneral\s+(?:endotracheal\s+)?an(?:a)?esthe(?:sia|tic)\s+"
    r"(?:was|were)\s+(?:induced|administered|given|reversed)\b"
)
_NOT_GIVEN = re2.compile(
    r"(?i)\b(?:not?|never|without|declin\w+|refus\w+|avoid\w*|risks?|consent\w*|discuss\w+|explain\w+|options?|offer\w+"
    r"|history|previous(?:ly)?|prior|ago|last|in\s+(?:19|20)\d\d|may|might|would|could|should|if|convert\w+)\b"
)
_NAMED_SIDES = re2.compile(
    r"(?im)^[ \t#*]*(?:(?:pre|post)-?op\w* diagnos[ei]s|[\w ]{0,20}(?:operations?|procedures?) performed"
    r"|operative procedures?|(?:title|name) of (?:operation|procedure))[ \t]*[:,]\s*((?:[^\n]+\n?)+)"
)
_SIDE = re2.compile(r"(?i)\b(right|left|bilateral|both)\b")
_LIMB = (
    r"(?:foot|ankle|knee|leg|hip|hand|wrist|elbow|shoulder|arm|thigh|toe|finger|thumb|forearm|heel|calf"
    r"|(?:lower|upper)\s+(?:extremity|limb))"
)
_NAMED_LIMB = re2.compile(rf"(?i)\b{_LIMB}s?\b")
_SIDED_LIMB = re2.compile(rf"(?i)\b(right|left)\s+(?:\w+\s+){{0,2}}{_LIMB}\b")
_PREPARED_LIMB = re2.compile(
    r"(?i)\btourniquet\s+(?:was|is|had been)\s+(?:then\s+)?(?:put|placed|applied|positioned)\s+"
    rf"(?:high\s+)?(?:on|to|around|about|over)\s+(?:the\s+|his\s+|her\s+)?(right|left)\s+(?:\w+\s+)?{_LIMB}\b"
    rf"|\b(right|left)\s+(?:\w+\s+)?{_LIMB}\s+(?:was|is)\s+(?:then\s+)?(?:\w+ly\s+)?(?:prepped|draped|exsanguinated)\b"
)
_NOT_CUT = re2.compile(r"(?i)\b(?:IV|intravenous|veins?|grafts?|harvest\w*|donor|too|also|as\s+well)\b")
_MOST_LOOKED_AT = 100
"""Most sentences of a report that are looked at for what contradicts its headings."""

_HEADED = re2.compile(
    r"(?im)^[ \t#*•-]*(?:\(?\d{1,2}[.)][ \t]*)?(?:(?:intra|peri|post)-?(?:operative|procedural)[ \t]+"
    r"|immediate[ \t]+)?complications?(?:[ \t]?/[ \t]?[a-z ]{2,20})?[ \t]*(?:[:,]|$)"
)
_WENT_WELL = r"(?:incident|events?|problems?|difficult(?:y|ies))"
_COMPLICATIONS = re2.compile(
    r"(?i)\b(?:no|without(?:\s+any)?|nil|not\s+(?:have\s+)?any|were\s+no),?\s+(?:[\w-]+,?\s+){0,5}complications?\b"
    r"|\bcomplications?\s+(?:(?:were|was|is|are)\s+(?:none|nil|not\s+\w+|noted|encountered|seen|minimal"
    r"|identified"
    r"|observed|apparent|immediate|managed|treated|an?|the)|included|occurred|none)\b"
    r"|\bcomplications?[ \t]?[,:]{1,2}\s{0,3}(?:none|nil)\b|\b(?:un|non)complicated\b|\bcomplicated by\b"
    r"|\b(?:no|without(?:\s+any)?)\s+(?:\w+\s+){0,2}(?:adverse|untoward)\s+(?:events?|effects?|incidents?|reactions?)\b"
    rf"|\b(?:procedure|operation|surgery)\s+(?:was|went|proceeded)\s+(?:\w+\s+){{0,2}}(?:uneventful(?:ly)?|without\s+(?:any\s+)?{_WENT_WELL})\b"
    rf"|\btolerated\s+[^.\n]{{0,60}}\bwithout\s+(?:\w+\s+){{0,2}}{_WENT_WELL}\b"
)
_OF_A_STEP = re2.compile(
    r"(?i)\b(?:cytolog\w+|brushings?|washings?|intubation|catheter\s+(?:placement|insertion)|cannulation"
    r"|line\s+placement"
    r"|anesthesia\s+(?:induction|was)|injection|pregnancy|delivery|prenatal|antepartum|stay|course|portion"
    r"|part\s+of\s+the)\b"
)


def found_at_operation(view: RuleInput) -> Iterator[Span]:
    """Find the sentences that say what the surgeon saw, outside the history, the indication and the plan."""
    for start, end in _sentences(view.text, _SEEN):
        sentence = view.text[start:end]
        if not _NOT_FOUND.search(sentence) and not _only_last_look(sentence):
            yield start, end


def perhaps_found(view: RuleInput) -> Iterator[Span]:
    """Find sentences on what came into view on the way, or at the last look: perhaps all that was to find."""
    for start, end in _sentences(view.text, _LAST_LOOK):
        sentence = view.text[start:end]
        if _LAST_LOOK.search(_PATIENT_TOLD.sub("", sentence)) and not has_blank(sentence):
            yield start, end


anesthesia = matches_of(_ANESTHESIA)
some_anesthesia = matches_of(_SOME_ANESTHESIA)


def other_anesthesia(view: RuleInput) -> Iterator[Span]:
    """Find a general anaesthetic given where the headings on anaesthesia name only others."""
    stated = [_NEGATED_GENERAL.sub("", match[1]) for match in _STATED_ANESTHESIA.finditer(view.text)]
    if any(map(_NOT_GENERAL.search, stated)) and not any(map(_GENERAL.search, stated)):
        for start, end in islice(_sentences(view.text, _UNDER_GENERAL), _MOST_LOOKED_AT):
            if not _NOT_GIVEN.search(view.text[start:end]):
                yield start, end


def other_side(view: RuleInput) -> Iterator[Span]:
    """Find where a limb is prepared on another side than the diagnoses and procedures name.

    It is not doubtful where the text beside them speaks of a limb of the named side, too.
    """
    headed = list(_NAMED_SIDES.finditer(view.text))
    named = " ".join(match[1] for match in headed)
    sides = {side.lower() for side in _SIDE.findall(named)}
    if sides not in ({"left"}, {"right"}) or not _NAMED_LIMB.search(named):
        return
    told = headed[-1].end()
    if any(match[1].lower() in sides for match in _SIDED_LIMB.finditer(view.text, told)):
        return
    for start, end in islice(_sentences(view.text, _PREPARED_LIMB), _MOST_LOOKED_AT):
        if start >= told and not _NOT_CUT.search(view.text[start:end]):
            yield start, end


def complications_told(view: RuleInput) -> Iterator[Span]:
    """Find where a report comes to speak of complications: under a heading, or in a statement."""
    yield from (match.span() for match in _HEADED.finditer(view.text))
    yield from complications(view)


def complications(view: RuleInput) -> Iterator[Span]:
    """Find the statement on complications of the operation, not of a step or of what came before."""
    text = view.text
    for match in _COMPLICATIONS.finditer(text):
        start, end = sentence_of(text, match.span())
        if not _OF_A_STEP.search(text[start:end]):
            # Behind the last sentence come keywords, on a line of their own.
            for at, line in lines_of(text[start:end], start):
                if at <= match.start() <= at + len(line):
                    yield at, max(at + len(line.rstrip()), match.end())


def _only_last_look(sentence: str) -> bool:
    """Tell whether nothing is left to find in a sentence but that nothing bled, or leaked unsought."""
    if _LEAK_SOUGHT.search(sentence):
        return False
    left = _NO_BLEEDING.sub("", sentence)
    return left != sentence and not _SEEN.search(left)


def _sentences(text: str, wanted: re2._Regexp[str]) -> Iterator[Span]:
    """Give the sentences that have a match, below no heading of what came before the operation."""
    headings = [(match.start(), match[1]) for match in _HEADING.finditer(text)]
    position, heading, last = 0, "", -1
    for match in wanted.finditer(text):
        while position < len(headings) and headings[position][0] <= match.start():
            heading = headings[position][1]
            position += 1
        if match.start() < last or _BEFORE_IT.search(heading):
            continue
        start, last = sentence_of(text, match.span())
        yield start, last
