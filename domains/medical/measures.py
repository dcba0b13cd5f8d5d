"""What is measured of a patient: vital signs and laboratory values, as ``measures.toml`` has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from docassay.domains.entries import read_toml

SYSTOLIC, DIASTOLIC = "systolic blood pressure", "diastolic blood pressure"

_READ = read_toml(Path(__file__).with_name("measures.toml"))


class VitalSign(NamedTuple):
    """A vital sign: how it is called, and what it can be.

    Attributes:
        names: Expressions.
        units: Its units with their bounds; the first is that of a number without one, unless `named`.
        short: A name that means it among other vital signs alone.
        named: A number without a unit is none.
    """

    names: Sequence[str]
    units: Mapping[str, Sequence[float]]
    short: str = ""
    named: bool = False


class LaboratoryValue(NamedTuple):
    """A laboratory value: how it is called, and between what its numbers lie in any of the units in use.

    Attributes:
        names: Expressions.
        unit: One that may stand beside those of a concentration.
    """

    names: Sequence[str]
    bounds: Sequence[float]
    unit: str = ""


VITAL_SIGNS = {name: VitalSign(**entry) for name, entry in _READ["vital_signs"].items()}
LABORATORY = {name: LaboratoryValue(**entry) for name, entry in _READ["laboratory"].items()}
PRESSURE = "|".join(_READ["pressure"])
BETWEEN = "|".join(_READ["between"])

NOT_ITS_OWN = re.compile(
    r"(?i)\b(?:goals?|target(?:ed|s)?|keep|maintain(?:ing|ed)?|parameters|hold|if|when|should|above|below"
    r"|under|over|less than|greater"
    r"|more than|between|mother|father|brother|sister|ideal|expected|birth|lost|gained|normal range"
    r"|reference|call|notify|usual(?:ly)?|would"
    r"|every|unless|until|ziel\w*|soll\w*|normwert\w*|objectif|cible)\b[^.;\n|]{0,40}\Z"
    r"|\b(?:fetal|foetal|urine|urinary|urin|csf|liquor|(?:pleural|ascitic|peritoneal) fluid)[ -]\Z"
)
"""Before a name: what follows is a goal, a limit, or of another patient or fluid."""

OF_OTHER_KIND = re.compile(
    r"(?i)^[ \t]?(?:days?|hours?|hrs?|weeks?|months?|years?|times|x\b|doses?|minutes?|mins?\b|units? of"
    r"|am\b|pm\b|o'clock|points?|pack"
    r"|tage|wochen|stunden|jahre|jours|heures|ans)"
)
"""Behind a number: it counts something else."""

VALUES = re.compile(
    r"(?i)^(?:actual |current |aktueller? |result )?(?:results?|current|aktuell|values?|measurements?|Wert"
    r"|Ergebnis|Messwert|valeur|résultat)(?: value)?s?$"
)
"""The heading of a table's column of values."""

NAMES = re.compile(
    r"(?i)^(?:(?:lab(?:oratory)?|vital) )?(?:result type|result name|tests?|component|name|analyte"
    r"|lab test|vital signs?|description|observation"
    r"|parameter|untersuchung|analyse|examen)(?: name)?$"
)
"""The heading of a table's column of names."""
