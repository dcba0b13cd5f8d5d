"""What is measured of a patient, as clinical texts name it: vital signs and laboratory values, with bounds.

Names of vital signs are in English for all languages, those of laboratory values are normalised to English,
where they are known. Bounds are wide: what lies beyond them is another number, not an ill patient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

SYSTOLIC, DIASTOLIC = "systolic blood pressure", "diastolic blood pressure"


class Measure(NamedTuple):
    """A vital sign: how it is called, what it can be, and its unit where none is written.

    Attributes:
        short: Names that mean it among other vital signs alone.
        units: Its units with their bounds; the first is that of a number without one, unless `named`.
        named: A number without a unit is none.
    """

    names: str
    short: str
    units: Mapping[str, tuple[float, float]]
    named: bool = False


PRESSURE = (
    r"blood pressures?|arterial pressure|BP|B/P|Blutdruck|RR|tension artérielle|pression artérielle|TA|PA"
)
"""Names of the blood pressure, before two numbers at a slash."""

VITAL_SIGNS: Mapping[str, Measure] = {
    "heart rate": Measure(
        r"pulse(?: rate)?|heart rates?|HR|Puls|Herzfrequenz|HF|pouls|fréquence cardiaque|FC",
        "P",
        {"/min": (20, 300)},
    ),
    "respiratory rate": Measure(
        r"respirations?|respiratory rates?|resp(?:\. rate)?|RR|resps|Atemfrequenz|AF"
        r"|fréquence respiratoire|FR",
        "R",
        {"/min": (4, 90)},
    ),
    "body temperature": Measure(
        r"temperature|temp|a?febrile|Temperatur|Körpertemperatur|température|Tmax|T max",
        "T",
        {"[degF]": (86, 113), "Cel": (30, 44)},
    ),
    "oxygen saturation": Measure(
        r"(?:oxygen|O2|pulse) sat(?:uration|s|\.)?s?|SpO2|SaO2|pulse ox(?:imetry|imeter|ygenation)?|sats"
        r"|sat(?:urat|t)ing|saturations?"
        r"|oxygen level|Sauerstoffsättigung|Sättigung|saturation en oxygène",
        "",
        {"%": (40, 100)},
    ),
    "body weight": Measure(
        r"(?:body )?weight|wt|weighs|weighed|Gewicht|Körpergewicht|KG|poids",
        "",
        {"kg": (0.3, 600), "[lb_av]": (1, 1400), "g": (300, 9000)},
        named=True,
    ),
    "body height": Measure(
        r"(?:body )?height|ht|(?:Körper)?größe|taille",
        "",
        {"cm": (25, 260), "[in_i]": (10, 100), "m": (0.3, 2.6)},
        named=True,
    ),
    "body mass index": Measure(
        r"BMI|body mass index|Body-Mass-Index|IMC", "", {"kg/m2": (7, 110), "%": (-1, -1)}
    ),
}

LABORATORY: Mapping[str, tuple[str, float, float]] = {
    "hemoglobin A1c": (
        r"(?:hemoglobin|haemoglobin|Hgb|Hb)[ -]?A1c|HgA1c|HbA1c|A1c|glycosylated hemoglobin",
        3,
        140,
    ),
    "hemoglobin": (r"ha?emoglobin|Hgb|HGB|Hb|Hämoglobin|hémoglobine", 2, 250),
    "hematocrit": (r"ha?ematocrit|HCT|Hct|crit|Hämatokrit|Hkt|hématocrite", 0.05, 75),
    "leukocytes": (
        r"white (?:blood )?(?:cell )?count|white (?:blood )?cells|white count|WBCs?|leukocytes|Leukozyten"
        r"|Leukos|leucocytes",
        0.1,
        400_000,
    ),
    "erythrocytes": (
        r"red blood (?:cell count|cells)|RBCs?|erythrocytes|Erythrozyten|érythrocytes|hématies",
        0.5,
        10,
    ),
    "neutrophils": (r"neutrophils|ANC|Neutrophile|polynucléaires neutrophiles", 0.1, 60_000),
    "lymphocytes": (r"lymphocytes|Lymphozyten", 0.1, 60_000),
    "platelets": (r"platelets?(?: count)?|PLTS?|Thrombozyten|Thrombos|plaquettes", 1, 1_500_000),
    "sodium": (r"sodium|Na|Natrium|natrémie", 95, 190),
    "potassium": (r"potassium|K|Kalium|kaliémie", 1.2, 10),
    "chloride": (r"chloride|Cl|Chlorid|chlore|chlorémie", 60, 150),
    "carbon dioxide": (r"bicarb(?:onate)?|HCO3|(?:total )?CO2|carbon dioxide|Bikarbonat|bicarbonates", 3, 60),
    "urea nitrogen": (r"BUN|blood urea nitrogen|urea nitrogen|urea N", 1, 250),
    "urea": (r"Harnstoff(?:-N)?|urée|urea", 0.5, 400),
    "creatinine": (r"creatinine|creat|Cr|Kreatinin|Krea|créatinine|créatininémie", 0.1, 1_800),
    "glomerular filtration rate": (r"e?GFR|DFG", 2, 200),
    "glucose": (
        r"(?:blood |serum |fasting |random )*glucose|(?:fasting |random )?blood sugar|accu-?chek"
        r"|finger ?stick"
        r"|Glu[kc]ose|Blutzucker|BZ|glycémie",
        0.5,
        1_500,
    ),
    "calcium": (r"calcium|Ca|Kalzium|calcémie", 0.5, 20),
    "magnesium": (r"magnesium|Mg|magnésium", 0.2, 10),
    "phosphate": (r"phosph(?:orus|ate)|Phos|Phosphat", 0.2, 20),
    "albumin": (r"albumine?", 0.5, 70),
    "total protein": (r"total protein|Gesamteiweiß|Gesamtprotein|protéines totales", 1, 150),
    "total bilirubin": (
        r"(?:total )?bili(?:rubin)?|T\.? ?bili|bilirubin total|Bilirubin(?: gesamt)?|bilirubine(?: totale)?",
        0.05,
        800,
    ),
    "aspartate aminotransferase": (r"AST|SGOT|GOT|ASAT|aspartate aminotransferase", 1, 30_000),
    "alanine aminotransferase": (r"ALT|SGPT|GPT|ALAT|alanine aminotransferase", 1, 30_000),
    "gamma glutamyl transferase": (r"GGT|gamma-?GT|γ-?GT", 1, 10_000),
    "alkaline phosphatase": (
        r"alk(?:aline|\.)? phos(?:phatase)?|alkalische Phosphatase|AP"
        r"|phosphatases alcalines|PAL",
        5,
        5_000,
    ),
    "lactate dehydrogenase": (r"LDH|lactate dehydrogenase", 10, 30_000),
    "creatine kinase": (r"CPK|CK|creatine kinase|Kreatinkinase", 5, 300_000),
    "troponin": (r"troponins?(?:[ -]?[IT])?", 0.001, 100_000),
    "natriuretic peptide": (r"(?:NT-?pro-?)?BNP", 1, 100_000),
    "INR": (r"INR", 0.5, 20),
    "prothrombin time": (r"PT|prothrombin time|pro time|Quick|TP", 5, 150),
    "partial thromboplastin time": (r"a?PTT|partial thromboplastin time|TCA", 10, 250),
    "thyrotropin": (r"TSH|thyroid stimulating hormone", 0.001, 300),
    "cholesterol": (r"(?:total )?cholesterol|Cholesterin|cholestérol(?: total)?", 1, 900),
    "LDL cholesterol": (r"LDL(?: cholesterol|-Cholesterin)?", 0.3, 600),
    "HDL cholesterol": (r"HDL(?: cholesterol|-Cholesterin)?", 0.2, 200),
    "triglycerides": (r"triglycerides?|triglycérides", 0.2, 9_000),
    "prostate specific antigen": (r"PSA|prostate[- ]specific antigen", 0.01, 10_000),
    "C-reactive protein": (r"(?:hs-?)?CRP|C-reactive protein|C-reaktives Protein", 0.05, 800),
    "sedimentation rate": (r"ESR|sed(?:imentation)? rate|BSG|BKS|VS", 1, 180),
    "ferritin": (r"ferritine?", 1, 60_000),
    "lactate": (r"lactate|lactic acid|Laktat", 0.2, 40),
    "amylase": (r"amylase", 3, 10_000),
    "lipase": (r"lipase", 1, 30_000),
    "uric acid": (r"uric acid|Harnsäure|acide urique", 0.5, 1_200),
    "procalcitonin": (r"procalcitonin|PCT", 0.01, 500),
    "mean corpuscular volume": (r"MCV|VGM", 50, 150),
    "specific gravity": (r"specific gravity|spezifisches Gewicht", 1.0, 1.06),
    "pH": (r"pH", 4.5, 9),
    "carbon dioxide pressure": (r"pa?CO2|PCO2", 10, 150),
    "oxygen pressure": (r"pa?O2|PO2", 10, 600),
}
"""Names of laboratory values, and between what their numbers lie in any of the units in use."""

PER_CENT = frozenset({"hemoglobin A1c", "hematocrit", "prothrombin time", "lymphocytes", "neutrophils"})
"""Those that may be given in per cent."""

PRESSURES = frozenset({"carbon dioxide pressure", "oxygen pressure"})

BETWEEN = (
    r"is|was|were|are|of|at|today|currently|in|office|the|clinic|on|upon|arrival|admission|presentation"
    r"|exam|initial(?:ly)?|stable"
    r"|elevated|high|low|normal|to be|his|her|has been|recorded|measured|taken|noted|found|showed|shows"
    r"|right|left|arm|sitting"
    r"|standing|supine|reading|approximately|about|resting|regular|rate|oral(?:ly)?|temporal|tympanic"
    r"|axillary|level|levels"
    r"|count|serum|last|most recent|was last|down to|up to|came back(?: at)?|result|value|again|slightly"
    r"|mildly|only|room air|RA|afebrile"
    r"|war|betrug|beträgt|bei|lag|von|aktuell|mit|est|était|mesurée?|de|à|actuel(?:le)?|total"
)
"""Words that may stand between a name and its number."""

NOT_ITS_OWN = re.compile(
    r"(?i)\b(?:goals?|target(?:ed|s)?|keep|maintain(?:ing|ed)?|parameters|hold|if|when|should|above|below"
    r"|under|over|less than|greater"
    r"|more than|between|mother|father|brother|sister|ideal|expected|birth|lost|gained|normal range"
    r"|reference|call|notify|usual(?:ly)?|would"
    r"|every|unless|until|ziel\w*|soll\w*|normwert\w*|objectif|cible)\b[^.;\n|]{0,40}$"
    r"|\b(?:fetal|foetal|urine|urinary|urin|csf|liquor|(?:pleural|ascitic|peritoneal) fluid)[ -]$"
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
