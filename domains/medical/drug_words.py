"""Words of medicines: what their names have and have not, endings of ingredients, routes and times."""

from __future__ import annotations

import re

_FORMS_OF_NAME = """
tablet tablets tab tabs capsule capsules cap caps oral solution suspension cream ointment inhaler
nebulizer injection liquid gel lotion spray drops patch elixir syrup er xr sr xl cr ec la dr hcl
hydrochloride sodium sulfate mesylate besylate tartrate succinate maleate acetate citrate phosphate
potassium calcium fumarate chloride bromide forte plus cd od odt ls ds hfa ret mite retard insulin vitamin
d b c e b12 d3 fish oil iron folic acid baby low-dose low dose extra strength regular enteric coated
enteric-coated aspirin glucose magnesium zinc omega omega-3 fatty acids
"""
FORMS_OF_NAME = frozenset(_FORMS_OF_NAME.split())
"""What a name may have beside its first word."""

_NO_NAME = """
a an the and or of to at in on with for by from as is was were are be been being had has have having will
would can could should may her his she he him they them their it its we i you my our your patient pt this
that these those which who also then than plus per each every daily day twice once three four two one six
ten times dose doses dosage dosing take takes taking took taken taper tapered continue continued continues
continuing start started starting begin began begun initiate initiated initiating increase increased
increasing decrease decreased decreasing give given gave giving receive received receiving receives
administer administered use used uses using prescribe prescribed prescribing prescription add added resume
resumed stop stopped hold held discontinue discontinued switch switched change changed restart restarted
refill refilled order ordered total about approximately only up down over now currently current present
home medications medication medicine medicines meds drugs drug treatment therapy treated injected inject
injection placed infiltrated infused infusion bolus loading maintenance additional another further half
other same following includes include including consist consisting contains mixture combination level
levels but not no without if so because while when after before until during through via po iv im sc sq sl
pr prn bid tid qid qd hs qhs qam qpm ml mg cc mcg weight weighs weighed volume blood loss urine output
fluid fluids saline normal sterile water specimen tumor uterus uterine prostate spleen infant baby-weight
birth all some more less least most very well today yesterday tomorrow morning evening night noon bedtime
breakfast lunch dinner meals week weeks weekly month months monthly year years hour hours minutes minute
mouth oral orally topical intravenous intramuscular subcutaneous allergies allergy allergic reaction
reactions off onto into under local anesthesia general premedicated sedated sedation approx max maximum
min minimum dosed dosages recommended recommend recommending consider considered trial course supplement
supplements supplemental supplementation new old left right high low daily-dose equal parts syringe vial
bottle bag liter liters fentanyl-drip und oder mit bei der die das den dem des ein eine einen einer von zu
zur zum am auf aus nach seit unter weiterhin aktuell wurde wurden erhielt dosis tgl täglich morgens abends
mittags gabe therapie medikation jeweils le la les un une du de et ou avec par pour sans sous jour matin
soir midi fois prise traitement ajout relais puis yes none unknown nan diet smoke smokes alcohol drinks
packs pack cigarettes caffeine ounces wine beer ppd hydration calorie calories protein fat carbohydrate
fiber creatinine sugar sugars cholesterol hemoglobin hematocrit platelets potassium-level count amount
amounts actuat cumulative already next initial initially final first second third estimated approximate
free intermittent divided test topically monday tuesday wednesday thursday friday saturday sunday montag
dienstag mittwoch donnerstag freitag samstag sonntag chest cavity pleural drain drained drainage
fluid-removed removed evacuated aspirated residual stone bladder foley instilled
action avoid check complete escalate finish input monitor plan repeat scale schedule lag geburt wirkstoff
dosierung menge form salbe infusionen medikamente prämedikation
"""
NO_NAME = frozenset(_NO_NAME.split())
"""What stands beside a dose, and is no name: words of sentences, and of what is measured or removed."""

_BEHIND_NAME = "tablet tablets tab capsule capsules at dose to po iv of inhaler cream"
BEHIND_NAME = frozenset(_BEHIND_NAME.split())
"""What may stand between a name and its dose, and is not of the name."""

_FORMS_ALONE = "oral solution cream ointment inhaler injection acid sodium low extra iii mgs"
FORMS_ALONE = frozenset(_FORMS_ALONE.split())
"""What is no name where it stands alone."""

STEM = re.compile(
    r"(?i)\b(?:\w{2,}(?:pril|sartan|olol|alol|azole?|statin|dipine|mycin|micin|cillin|floxacin|cycline?"
    r"|parin|gliptin|gliflozin|glutide|azepam|zolam|triptan|setron"
    r"|dronate|xaban|gatran|grel|prost|mab|tinib|platin|rubicin|taxel|clovir|vudine|semide|thiazide|terol"
    r"|tropium|sonide|methasone|solone|nisone|fenac|profen"
    r"|oxicam|coxib|morphone|codone|codeine|entanyl|caine|tidine|zepine|triptyline|oxetine|opram|traline"
    r"|faxine|apine|peridol|peridone|piprazole|gabalin"
    r"|pentin|racetam|trigine|toin|darone|phylline|lukast|atadine|rizine|oxifen|formin|glinide|tazone"
    r"|pioglitazone|thyroxine|fibrate|limus|relin|grastim"
    r"|poetin|uracil|cristine|blastine|nidazole|conazole|aminophen|trexate|prine|quine|amide|zide|xone"
    r"|bactam|penem|cef\w+|ceph\w+)"
    r"|aspirin|insulin|heparin|warfarin|digoxin|prednisone|metformin|multi-?vitamins?|vitamins?|calcium"
    r"|magnesium|potassium|iron|zinc|ibuprofen|lithium|estrogen|steroids?"
    r"|glucosamine|fish oil|folate|folic acid|melatonin|nitroglycerin|acetaminophen|albuterol|cef\w{4,}"
    r"|ceph\w{4,})\b"
)
"""Common endings of names of ingredients (WHO, Stem Book), as English has them, and names without."""

ROUTES = {
    "oral": r"p\.[ ]?o\.?|po|PO|by mouth|orally|oral|per os|peroral",
    "intravenous": r"IV|i\.v\.|intravenous(?:ly)?|IVPB|IV push|intraveineuse|i\.\s?v\.",
    "intramuscular": r"IM|i\.m\.|intramuscular(?:ly)?",
    "subcutaneous": r"SC|SQ|subq|s\.c\.|subcutaneous(?:ly)?|subcut|sub-Q|subkutan",
    "sublingual": r"SL|s\.l\.|sublingual(?:ly)?",
    "rectal": r"PR|p\.r\.(?!n)|per rectum|rectally|rectal",
    "topical": r"topical(?:ly)?|to (?:the )?(?:affected )?(?:skin|area|rash|lesions)|to affected areas?",
    "inhalation": r"inhaled|by inhalation|inhalation|via nebulizer|nebulized|per nebulizer|by nebulizer",
    "nasal": r"intranasal(?:ly)?|nasally|nasal spray|each nostril|per nostril",
    "ophthalmic": (
        r"(?:in|to|OU|OD|OS)[ \t](?:both|each|the right|the left|right|left) eyes?|ophthalmic|OU|OD\b|OS\b"
    ),
    "transdermal": r"transdermal(?:ly)?",
    "vaginal": r"vaginal(?:ly)?|per vagina",
    "gastric tube": r"per (?:G|PEG|NG)(?:-tube)?|via (?:G|PEG|NG)-tube",
}
ROUTE = re.compile(
    r"(?<![\w.])(?:"
    + "|".join(f"(?P<r{n}>{names})" for n, names in enumerate(ROUTES.values()))
    + r")(?![\w])"
)
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NUMBER_WORDS = "|".join(NUMBERS)
_EVERY = (
    rf"(?P<every>(?:q\.?[ \t]?|every[ \t]|each[ \t])\.?[ ]?(?P<n>(?:[0-9]{{1,2}}"
    rf"|{_NUMBER_WORDS})(?:[ \t]?(?:-|to)[ \t]?(?:[0-9]{{1,2}}|{_NUMBER_WORDS}))?)[ \t]?-?(?P<unit>h\b|hrs?"
    rf"|hours?|d\b|days?|weeks?|wks?|months?|minutes?|min\b)\.?)"
)
FREQUENCIES = {
    "1 per day": (
        r"q\.?[ ]?d\.?|daily|once (?:a|per) day|once daily|every day|o\.d\.|q\.?[ ]?day|q\. ?daily|qd"
        r"|each day|1x[ ]?(?:tgl|täglich)|einmal täglich|per day|a day"
        r"|une fois par jour|[x×]1/j|q\.?[ ]?24[ ]?h\.?"
    ),
    "2 per day": (
        r"b\.?[ ]?i\.?[ ]?d\.?|twice (?:a|per) day|twice daily|two times (?:a|per) day|two times daily"
        r"|2 times (?:a|per) day|2x[ ]?(?:tgl|täglich)|zweimal täglich|2 fois par jour|twice-daily"
    ),
    "3 per day": (
        r"t\.?[ ]?i\.?[ ]?d\.?|three times (?:a|per) day|three times daily|3 times (?:a|per) day"
        r"|3x[ ]?(?:tgl|täglich)|dreimal täglich|3 fois par jour|3 times daily"
    ),
    "4 per day": (
        r"q\.?[ ]?i\.?[ ]?d\.?|four times (?:a|per) day|four times daily|4 times (?:a|per) day"
        r"|4x[ ]?(?:tgl|täglich)"
    ),
    "every 2 day": r"q\.?[ ]?o\.?[ ]?d\.?|every other day|every 48 hours",
    "at bedtime": (
        r"q\.?[ ]?h\.?[ ]?s\.?|h\.s\.|(?:at|before) (?:bedtime|night)|nightly|every night|each night"
        r"|every evening|zur Nacht|au coucher|qhs|bedtime|q\.? ?nightly"
    ),
    "in the morning": r"q\.?[ ]?a\.?m\.?|every morning|each morning|in the morning|morgens|le matin|a\.m\.",
    "in the evening": r"q\.?[ ]?p\.?m\.?|in the evening|abends|le soir",
    "1 per week": r"weekly|once (?:a|per) week|every week|q\.? ?week(?:ly)?|wöchentlich",
    "1 per month": r"monthly|once (?:a|per) month|every month",
    "once": r"(?<![0-9])(?<![0-9] )x[ ]?1\b|one time|times one|single dose",
}
OFTEN = re.compile(
    rf"(?i)(?<![\w.])(?:{_EVERY}|"
    + "|".join(f"(?P<f{n}>{names})" for n, names in enumerate(FREQUENCIES.values()))
    + r"|(?P<times>[0-9½](?:[.,][05])?-[0-9½](?:[.,][05])?-[0-9½](?:[.,][05])?(?:-[0-9½])?(?![0-9-])))"
    + r"(?![\w])"
)
NEEDED = re.compile(
    r"(?i)(?<![\w.])(?:p\.?[ ]?r\.?[ ]?n\.?|as needed|if needed|bei Bedarf|b\.[ ]?B\.|si besoin)(?!\w)"
)
UNITS_OF_TIME = {"h": "h", "d": "day", "w": "week", "mo": "month", "mi": "min"}

NOT_TAKEN = re.compile(
    r"(?i)(?:\b(?:allerg\w*|intoleran\w*|unverträglich\w*|reactions? to|discontinu\w*|stop(?:s|ped|ping)?"
    r"|ceas\w+|avoid\w*|den(?:y|ies|ied)|not?|never|without|no longer|hold(?:ing)?|held|mother|father"
    r"|brother|sister|husband|wife|son|daughter|consider\w*|if|could|would|might|absetzen|pausier\w*|keine?n?|mutter|vater"
    r"|bruder|schwester|arrêt\w*|pas|sans)\b|~~)[^.;,\n]{0,40}$"
)
"""Before a medicine that the patient does not take: it was stopped, is another's, or did harm."""

NOT_TAKEN_BEHIND = re.compile(
    r"(?i)[^.;\n]{0,60}?\b(?:discontinued|stopped|ceased|(?:was|were|been|on) h[eo]ld|abgesetzt|pausiert"
    r"|arrêtée?|interrompue?|rash|hives|anaphyla\w+|contraindicated)\b"
)
NOT_TAKEN_LIST = re.compile(
    r"(?im)^[ \t#*\d.)-]{0,6}(?:\w{1,15}[ \t]){0,4}(?:allerg\w*|unverträglich\w*|stop(?:ped)?"
    r"|discontinued|avoid|abgesetzt\w*|arrêtés?)(?:[ \t/]\w{1,15}){0,4}[ \t*]{0,3}:?[ \t*]{0,3}$"
)
"""The heading of a list of such medicines."""
