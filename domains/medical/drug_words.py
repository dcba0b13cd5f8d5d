"""Words of medicines, as ``drug_words.toml`` has them, and what says that a patient does not take one."""

from __future__ import annotations

import re
from pathlib import Path

from docassay.domains.entries import read_toml

WORDS = read_toml(Path(__file__).with_name("drug_words.toml"))

FORMS_OF_NAME, NO_NAME, BEHIND_NAME, FORMS_ALONE = (
    frozenset(WORDS[name]) for name in ("forms_of_name", "no_name", "behind_name", "forms_alone")
)
STEM = re.compile(rf"(?i)\b(?:\w{{2,}}(?:{'|'.join(WORDS['endings'])})|{'|'.join(WORDS['ingredients'])})\b")
ROUTES, FREQUENCIES = (
    {said: "|".join(names) for said, names in WORDS[table].items()} for table in ("routes", "frequencies")
)
"""Expressions for routes and frequencies, by the form in which facts say them."""

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
