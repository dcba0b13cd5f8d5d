"""Notes and letters with invented people, by a seed: what `research.benchmarks.redact` removes.

The forms are written for this measurement; none of them has trained the tagger. The bodies of the English
ones are consultation notes of PriMock57 (CC BY 4.0), which have no personal data; half of the French ones
are made of pieces of EDS-Pseudo (BSD-3) that were held back from the training. Names are put together from
many countries.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_FIRST_WORDS = """
Agnes Aisha Alastair Amara Anaïs Anneke Anselm Ayodele Beatriz Bilal Bridget Caoimhe Casimir Céline Chidi
Corentin Dagny Darragh Delphine Dmitri Efua Elif Emeka Esperanza Fatou Fionnuala Gaël Ghislaine Gudrun
Hamza Hedwig Hyun-woo Ignatius Imani Ines Jacinta Jean-Luc Jocelyn Kwame Léonie Lucian Maeve Malik
Marie-Ange Mbali Mireille Nadège Ngozi Niamh Octave Oyelaran Parvati Perpetua Priya Quentin Radek
Rosalind Sanjay Saoirse Solveig Soraya Tadeusz Tariq Théodore Ursula Violette Wilhelmina Xavier Yannick
Yusra Zdenka Zoltán
"""
FIRST = tuple(_FIRST_WORDS.split())
_LAST_WORDS = """
Abernathy Achterberg Adeyemi Aghedo Balogun Baptiste Bartholomew Belhadj Benoît Brathwaite Brzezinski
Calloway Charbonnier Chaudhry Cwmbran Dalmasso Delacroix Dembélé Desrosiers Dunleavy Eberhardt Ekwueme
Fairweather Fontaine Gallacher Garrigues Ghezali Grünewald Haddad Hallsworth Hovhannisyan Ibarra
Jankowski Jaubert Kaczmarek Kilbride Krishnamurthy Labrousse Lafontaine Le-Goff Lindqvist MacAllister
Marchetti Mbeki Montgomery Nakamura N'Diaye O'Rourke Okonkwo Oyelowo Papadakis Penhaligon Petrosyan
Quennell Rasmussen Ravenscroft Rousselet Sadowski Thibodeaux Thistlewood Touré Tremblay Underhill
Vandenberghe Villeneuve Wadsworth Whitcombe Yamashita Zielinski
"""
LAST = tuple(_LAST_WORDS.split())
TOWNS = {
    "en": (
        "Harrogate",
        "Duluth",
        "Swansea",
        "Topeka",
        "Inverness",
        "Chattanooga",
        "Ipswich",
        "Boise",
        "Galway",
        "Saskatoon",
        "Truro",
        "Akron",
    ),
    "fr": (
        "Quimper",
        "Montauban",
        "Roubaix",
        "Béziers",
        "Vesoul",
        "Annecy",
        "Libourne",
        "Charleroi",
        "Lausanne",
        "Trois-Rivières",
        "Auch",
        "Dole",
    ),
}
STREETS = {
    "en": (
        "{n} Larkspur Avenue",
        "{n} St Dunstan's Road",
        "Flat 3, {n} Quayside",
        "{n} Old Mill Lane",
        "{n} W 14th Street",
    ),
    "fr": (
        "{n} rue des Tanneurs",
        "{n}, avenue Jean Moulin",
        "{n} bis, impasse du Lavoir",
        "{n} chemin de Halage",
        "{n} bd Voltaire",
    ),
}
FACILITIES = {
    "en": (
        "Saint Brigid's Hospital",
        "Northgate Medical Centre",
        "{town} General Hospital",
        "Harbour View Clinic",
    ),
    "fr": ("CHU de {town}", "Clinique Sainte-Odile", "Hôpital Bellevue", "Centre hospitalier de {town}"),
}
MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}

FORMS: dict[str, tuple[str, ...]] = {
    "en": (
        "{facility}\n{street}, {town} {zip}\nTel {phone}  Fax {phone}\n\nPatient: {A.full}     DOB: {born}"
        "     MRN: {id}\n"
        "Date of visit: {date}\n\n{body}\n\nDictated by {B.initial} {B.last}, MD\ncc: Dr {C.last}",
        "{date}\n\nDr {C.full}\n{street}\n{town} {zip}\n\nDear Dr {C.last},\n\nRe: {A.full}, born {born},"
        " {street},"
        " {town}\nNHS number: {id}\n\nThank you for referring {A.first}, whom I saw on {date}."
        " {body}\n\n{A.first} will"
        " see us again on {date}.\n\nYours sincerely,\n\n{B.full}\nConsultant Physician, {facility}",
        "CONSULTATION NOTE\nName {A.LAST}, {A.first}\nAge {age}  Record no. {id}\nSeen by {B.full} on"
        " {date}\n\n{body}\n\n"
        "Mother ({C.first}) called from {phone}; call back after {date}.",
        "Ward round {date} ({B.initial}{C.initial})\nBed 4 {A.last}, {age} yrs\n{body}\nDaughter {C.full}"
        " visited. Home"
        " address {street}, {town}.\nContact {email} or {phone}",
        "PT: {A.first} {A.last} | DOB {born} | ACCT {id}\nPROVIDER: {B.last}, {B.first}\nDOS"
        " {date}\n\n{body}\n\n"
        "Electronically signed by {B.full} {date}",
        "To whom it may concern\n\nThis is to certify that Mr {A.full}, of {street}, {town}, was an"
        " inpatient of {facility}"
        " from {date} to {date}. {body}\n\nMr {A.last} may return to work on {date}.\n\n{B.full}\n{email}",
        "Phone call {date}\nCaller: {C.first} (wife of {A.full})\nNumber: {phone}\n{body}\nAdvised to"
        " bring {A.first} to"
        " {facility}. Message passed to {B.last}.",
        "DISCHARGE SUMMARY\n\nAdmitted {date}, discharged {date}\n\n{body}\n\nGP: Dr {C.initial} {C.last},"
        " {town}\n"
        "Patient's telephone: {phone}\nPatient's e-mail: {email}\nName: {A.full}\nHospital number: {id}",
    ),
    "fr": (
        "{facility}\n{street}\n{zip} {town}\nTél. : {phone}\n\nPatient : {A.LAST} {A.first}   Né(e) le"
        " {born}   IPP : {id}\n"
        "Consultation du {date}\n\n{body}\n\nDr {B.full}\nCopie : Dr {C.last}",
        "{town}, le {date}\n\nCher confrère,\n\nJe vous remercie de m'avoir adressé M. {A.full}, né le"
        " {born}, demeurant"
        " {street}, {zip} {town}. {body}\n\nJe reverrai M. {A.last} le {date}.\n\nBien"
        " confraternellement,\n\n"
        "Docteur {B.full}\n{facility}",
        "COMPTE RENDU D'HOSPITALISATION\nNom : {A.LAST}\nPrénom : {A.first}\nÂge : {age} ans\nN° de"
        " dossier : {id}\n"
        "Entrée le {date}, sortie le {date}\n\n{body}\n\nMédecin traitant : Dr {C.full} ({town})",
        "Appel du {date}\nMme {C.full}, fille de {A.first} {A.last}, joignable au"
        " {phone}.\n{body}\nTransmis à {B.first}"
        " {B.last}. Courriel : {email}",
        "ORDONNANCE\nDr {B.full}, {facility}, {street}, {town}\n\n{A.first} {A.LAST}, {age}"
        " ans\n\n{body}\n\nFait à {town},"
        " le {date}",
        "Staff du {date} : {B.initial} {B.last}, {C.initial} {C.last}\n\n{A.LAST} {A.first}, {born},"
        " dossier {id}\n{body}\n"
        "Retour à domicile ({street}, {zip} {town}) prévu le {date}",
    ),
}
BODIES_FR = (
    "La tension est à 13/8, l'auscultation cardiaque est sans particularité et les mollets sont souples.",
    "Le bilan biologique retrouve une CRP à 12 mg/l et une hémoglobine à 11,8 g/dl.",
    "Poursuite du traitement par paracétamol 1 g trois fois par jour et arrêt progressif des corticoïdes.",
    "L'échographie abdominale ne montre pas de dilatation des voies biliaires.",
    "Pas de fièvre, pas de signe de lutte respiratoire, saturation à 97 % en air ambiant.",
    "La douleur est cotée à 4 sur 10, calmée par les antalgiques de palier 1.",
    "Cicatrice propre, ablation des fils à prévoir par l'infirmière à domicile.",
    "L'électrocardiogramme est en rythme sinusal régulier, sans trouble de la repolarisation.",
)
EDS = {
    "NOM": "person", "PRENOM": "person", "DATE": "date_time", "DATE_NAISSANCE": "date_time",
    "ADRESSE": "street_address", "ADDRESSE": "street_address", "ZIP": "zip_code", "VILLE": "place",
    "TEL": "phone_number", "HOPITAL": "facility", "IPP": "record_number", "NDA": "record_number",
    "SECU": "record_number", "MAIL": "email_address",
}  # fmt: skip
_SLOT = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True, slots=True)
class Note:
    """A document with what is marked in it: start, end and class of each span."""

    name: str
    language: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


class _Writer:
    """Fills a form."""

    def __init__(self, language: str, dice: random.Random, body: str) -> None:
        self.language, self.dice, self.body = language, dice, body
        self.people = {who: (dice.choice(FIRST), dice.choice(LAST)) for who in "ABC"}
        self.text, self.spans = "", list[tuple[int, int, str]]()

    def fill(self, form: str) -> None:
        for n, piece in enumerate(_SLOT.split(form)):
            if n % 2 == 0:
                self.text += piece
            elif piece == "body":
                self.text += self.body
            else:
                label, value = self._value(piece)
                self.spans.append((len(self.text), len(self.text) + len(value), label))
                self.text += value

    def _value(self, slot: str) -> tuple[str, str]:
        who, _, part = slot.partition(".")
        if part:
            first, last = self.people[who]
            written = {
                "full": f"{first} {last}",
                "first": first,
                "last": last,
                "LAST": last.upper(),
                "initial": f"{first[0]}.",
            }
            return "person", written[part]
        dice = self.dice

        def digits(count: int) -> str:
            return "".join(str(dice.randrange(10)) for _ in range(count))

        if slot in ("date", "born"):
            return "date_time", self._date(slot == "born")
        town = dice.choice(TOWNS[self.language])
        french = self.language == "fr"
        values = {
            "town": ("place", town),
            "street": (
                "street_address",
                dice.choice(STREETS[self.language]).format(n=dice.randrange(1, 240)),
            ),
            "facility": ("facility", dice.choice(FACILITIES[self.language]).format(town=town)),
            "zip": ("zip_code", str(dice.randrange(10_000, 99_000))),
            "phone": (
                "phone_number",
                "0" + " ".join([dice.choice("1234569"), *(digits(2) for _ in range(4))])
                if french
                else f"({dice.randrange(201, 989)}) 555-{digits(4)}",
            ),
            "id": (
                "record_number",
                dice.choice((digits(10), f"{dice.choice('ABKM')}{digits(7)}", digits(8))),
            ),
            "age": ("age", str(dice.randrange(19, 97))),
            "email": (
                "email_address",
                self.people["C"][0].lower()[0]
                + re.sub("[^a-z]", "", self.people["C"][1].lower())
                + "@mail.example",
            ),
        }
        return values[slot]

    def _date(self, born: bool) -> str:
        dice = self.dice
        start, days = (date(1930, 1, 1), 30_000) if born else (date(2019, 1, 1), 2_000)
        day = start + timedelta(days=dice.randrange(days))
        month = MONTHS[self.language][day.month - 1]
        if self.language == "fr":
            forms = (f"{day:%d/%m/%Y}", f"{day.day} {month} {day.year}", f"{day:%d.%m.%y}", f"{day:%d/%m/%y}")
        else:
            forms = (
                f"{day:%m/%d/%Y}",
                f"{month} {day.day}, {day.year}",
                f"{day.day} {month[:3]} {day.year}",
                f"{day:%Y-%m-%d}",
            )
        return dice.choice(forms)


def notes(more: Path, count: int, seed: int = 19) -> list[Note]:
    """Write as many notes, half of them English.

    Args:
        more: The folder with `med-primock57` and `pii-eds_pseudo_fr`.
        count: How many.
        seed: Of the dice.
    """
    dice = random.Random(seed)
    english = [
        json.loads(path.read_text("utf-8"))["note"].strip()
        for path in sorted((more / "med-primock57" / "notes").glob("*.json"))
    ]
    pieces = _held_back(more / "pii-eds_pseudo_fr" / "templates.jsonl")
    written = []
    for number in range(count):
        language = "en" if number % 2 == 0 else "fr"
        if language == "fr" and number % 4 == 1:
            written.append(_joined(f"fr_pieces_{number:03}", dice.sample(pieces, 6)))
            continue
        body = dice.choice(english) if language == "en" else " ".join(dice.sample(BODIES_FR, 4))
        writer = _Writer(language, dice, body.replace("\t", " "))
        writer.fill(dice.choice(FORMS[language]))
        written.append(Note(f"{language}_{number:03}", language, writer.text, tuple(writer.spans)))
    return written


def letters(real: Path) -> list[Note]:
    """Read the 51 German letters of GraSCCo (CC BY 4.0) with the spans that people have marked."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for line in (real / "letter_german.entities.jsonl").read_text("utf-8").split("\n"):
        if line:
            row = json.loads(line)
            spans.setdefault(row["file"], []).append((row["start"], row["end"], row["label"] or "removed"))
    return [
        Note(
            path.stem,
            "de",
            path.read_text("utf-8"),
            tuple(sorted(spans.get(f"letter_german/{path.name}", ()))),
        )
        for path in sorted((real / "letter_german").glob("*.txt"))
    ]


def _held_back(path: Path) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Read the fifth of the pieces that the tagger was only measured on (`research.measure.personal`)."""
    lines = path.read_text("utf-8").split("\n")
    rows = [
        json.loads(line)
        for number, line in enumerate(lines)
        if line and zlib.crc32(f"eds/{number}".encode()) % 5 == 0
    ]
    return [(row["text"], [(a, b, EDS[label]) for a, b, label in row["spans"]]) for row in rows]


def _joined(name: str, pieces: list[tuple[str, list[tuple[int, int, str]]]]) -> Note:
    text, spans = "", list[tuple[int, int, str]]()
    for piece, marked in pieces:
        spans += [(len(text) + start, len(text) + end, label) for start, end, label in marked]
        text += f"{piece}\n\n"
    return Note(name, "fr", text, tuple(spans))
