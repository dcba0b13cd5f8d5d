"""Invented values in three languages: people, dates, places, numbers and institutions, in the forms people write."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from docassay.training.corpora.names import census, of_faker

DAYS = (date(1925, 1, 1), date(2033, 12, 31))
COUNTRIES = {
    "en": ("en_US", "en_US", "en_GB", "en_CA", "en_IN", "en_AU"),
    "de": ("de_DE", "de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_FR", "fr_CH", "fr_BE", "fr_CA"),
}
NAMES = {
    "en": ("en_US", "en_GB", "en_IN", "es_ES", "de_DE", "it_IT"),
    "de": ("de_DE", "de_AT", "de_CH", "hr_HR", "tr_TR", "pl_PL", "it_IT", "hu_HU"),
    "fr": ("fr_FR", "fr_CH", "fr_BE", "fr_CA", "es_ES", "tr_TR", "it_IT"),
}
MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
}
TITLES = {
    "en": ("Dr.", "Dr.", "Dr", "Prof.", "Professor", "Doctor"),
    "de": ("Dr.", "Dr. med.", "Prof. Dr.", "Prof. Dr. med.", "PD Dr.", "Univ.-Prof. Dr.", "Dr. Dr.", "Priv.-Doz. Dr.", "Dr.med.univ.", "Mag.", "DDr.", "Prof.", "Dipl.-Ing."),
    "fr": ("Dr", "Pr", "Docteur"),
}
HOSPITALS = {
    "en": ("{p} General Hospital", "St. {f} Hospital", "{p} Medical Center", "University of {p} Hospital", "{l} Clinic", "{p} Community Hospital", "The {l} Rehabilitation Institute", "{p} Children's Hospital", "{l} Memorial Hospital"),
    "de": ("Universitätsklinikum {p}", "Klinikum {p}", "Städtisches Krankenhaus {p}", "St. {f}-Krankenhaus {p}", "Krankenhaus der Barmherzigen Brüder {p}", "Landeskrankenhaus {p}", "Praxis Dr. {l}", "{l}-Klinik", "Rehazentrum {p}", "KH {p}", "UKL {p}", "UNIKLINIK {P}", "Kreisklinik {p}", "Diakonissenkrankenhaus {p}"),
    "fr": ("Hôpital {l}", "CHU de {p}", "Clinique Saint-{f}", "Centre hospitalier de {p}", "Hôpital {f} {l}", "HEGP", "CH {p}", "Clinique des Fleurs", "hôpital Saint-{f}", "GH {p}"),
}
ENDS = ("logic", "tech", "metrics", "care", "line", "path", "soft", "base", "point", "ware", "genix", "trade", "pay", "sys")
STARTS = ("Acu", "Nova", "Medi", "Lex", "Vita", "Omni", "Core", "Bright", "North", "Stone", "Cap", "Fin", "Gen", "Opti", "Data", "Sun", "Blue", "Tele", "Pro")
FORMS = {
    "en": ("", "", " Inc.", " Inc", " LLC", " Ltd.", " Corp.", " Group", " Partners", " Holdings", " Bank", " Technologies", " plc"),
    "de": ("", "", " GmbH", " AG", " GmbH & Co. KG", " KG", " e.V.", " SE", " Versicherung", " Bank"),
    "fr": ("", "", " SA", " SARL", " SAS", " & Fils", " Assurances", " Banque"),
}
WORDS_FR = ("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt").split()


@cache
def first_names(language: str) -> tuple[str, ...]:
    """List first names of a language's countries, and some others."""
    return tuple(name for locale in NAMES[language] for name in of_faker("first_names", locale))


@cache
def last_names(language: str) -> tuple[str, ...]:
    """List surnames of a language's countries, and many rare ones of the census."""
    names = (name for locale in NAMES[language] for name in of_faker("last_names", locale))
    return (*names, *census("all.last")[::3])


def capital(name: str) -> str:
    """Write a name with capitals: jean-pierre is Jean-Pierre, mcdonald McDonald."""
    written = "-".join(part[:1].upper() + part[1:] for part in name.split("-"))
    if written.startswith("Mc") and len(written) > 4:
        written = "Mc" + written[2].upper() + written[3:]
    return written


class Values:
    """Invented values of one language."""

    def __init__(self, language: str, dice: random.Random) -> None:
        """Take the language and the source of chance."""
        self.language = language
        self.dice = dice

    def first(self) -> str:
        """Give a first name, at times a double one."""
        name = capital(self.dice.choice(first_names(self.language)))
        if self.dice.random() < 0.05:
            name += "-" + capital(self.dice.choice(first_names(self.language)))
        return name

    def last(self) -> str:
        """Give a surname, at times a double one or one with a particle."""
        chance = self.dice.random()
        name = capital(self.dice.choice(last_names(self.language)))
        if chance < 0.05:
            name += "-" + capital(self.dice.choice(last_names(self.language)))
        elif chance < 0.09:
            name = self.dice.choice({"de": ("von ", "van ", "zu "), "fr": ("de ", "Le ", "du ", "d'"), "en": ("O'", "de ", "St. ", "van ")}[self.language]) + name
        return name

    def date(self, birth: bool = False) -> str:
        """Give a date in one of the forms of the language."""
        days = (DAYS[1] - DAYS[0]).days
        day = DAYS[0] + timedelta(self.dice.randrange(days * 3 // 4) if birth else self.dice.randrange(days * 3 // 5, days))
        month = MONTHS[self.language][day.month - 1]
        d, m, y, s = day.day, day.month, day.year, day.year % 100
        forms = {
            "de": (f"{d:02}.{m:02}.{y}",) * 6 + (f"{d}.{m}.{y}",) * 4 + (f"{d:02}.{m:02}.{s:02}", f"{d}.{m}.{s:02}", f"{d}. {month} {y}", f"{d:02}. {m:02}. {y}", f"{y}-{m:02}-{d:02}", f"{d}.{month} {y}"),
            "fr": (f"{d:02}/{m:02}/{y}",) * 6 + (f"{d} {month} {y}",) * 3 + (f"{d:02}/{m:02}/{s:02}", f"{d:02}.{m:02}.{y}", f"{d:02}-{m:02}-{y}", f"{'1er' if d == 1 else d} {month} {y}", f"{d} {month} {s:02}", f"{self._french(d)} {month} deux mille {WORDS_FR[1 + y % 19]}"),
            "en": (f"{m:02}/{d:02}/{y}",) * 4 + (f"{month} {d}, {y}",) * 4 + (f"{m}/{d}/{s:02}", f"{m:02}/{d:02}/{s:02}", f"{d} {month} {y}", f"{y}-{m:02}-{d:02}", f"{month[:3]} {d}, {y}", f"{d}-{month[:3]}-{y}", f"{month} {d}{self._ordinal(d)}, {y}"),
        }
        return self.dice.choice(forms[self.language])

    def _french(self, number: int) -> str:
        if number <= 20:
            return WORDS_FR[number]
        return f"{'vingt' if number < 30 else 'trente'}{'-et-un' if number % 10 == 1 else '' if number == 30 else ' ' + WORDS_FR[number % 10]}"

    def _ordinal(self, number: int) -> str:
        return "th" if 10 < number < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

    def part(self) -> str:
        """Give a date without its year."""
        d, m = self.dice.randint(1, 28), self.dice.randint(1, 12)
        month = MONTHS[self.language][m - 1]
        forms = {
            "de": (f"{d}.{m}.", f"{d:02}.{m:02}.", f"{d}. {month}"),
            "fr": (f"{d:02}/{m:02}", f"{d} {month}", f"{d}/{m}"),
            "en": (f"{month} {d}", f"{m}/{d}", f"{month} {d}{self._ordinal(d)}", f"{d} {month}"),
        }
        return self.dice.choice(forms[self.language])

    def month_and_year(self) -> str:
        """Give a month with its year."""
        m, y = self.dice.randint(1, 12), self.dice.randint(1950, 2030)
        return self.dice.choice((f"{m:02}/{y}", f"{m:02}/{y % 100:02}", f"{MONTHS[self.language][m - 1]} {y}", f"{MONTHS[self.language][m - 1]} {y}"))

    def phone(self, fake: Any) -> str:
        """Give a telephone number."""
        n = "".join(self.dice.choice("0123456789") for _ in range(11))
        forms = {
            "de": (f"0{n[:3]}/{n[3:8]}", f"0{n[:3]} {n[3:9]}", f"+49 {n[:3]} {n[3:10]}", f"(0{n[:4]}) {n[4:6]} {n[6:8]} {n[8:10]}", f"0{n[:2]} {n[2:5]}-{n[5:9]}", f"+43 ({n[:3]}) {n[3:8]}-{n[8:]}", f"0{n[:3]}-{n[3:10]}", f"{n[:4]}-{n[4:7]}"),
            "fr": (f"0{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:9]}",) * 3 + (f"0{n[:9]}", f"0{n[0]}.{n[1:3]}.{n[3:5]}.{n[5:7]}.{n[7:9]}", f"+33 {n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:9]}", n[:5], f"0{n[0]} {n[1:5]} {n[5:9]}"),
            "en": (f"({n[:3]}) {n[3:6]}-{n[6:10]}", f"{n[:3]}-{n[3:6]}-{n[6:10]}", f"{n[:3]}.{n[3:6]}.{n[6:10]}", f"+1 {n[:3]} {n[3:6]} {n[6:10]}", f"+44 {n[:4]} {n[4:10]}", f"0{n[:4]} {n[4:10]}", f"{n[:3]}-{n[3:7]}", f"ext. {n[:4]}"),
        }
        return self.dice.choice((*forms[self.language], str(fake.phone_number())))

    def record(self) -> str:
        """Give the number of a record, a case or a contract."""
        n = "".join(self.dice.choice("0123456789") for _ in range(12))
        letters = "".join(self.dice.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(3))
        return self.dice.choice((n[:6], n[:8], n[:10], f"{letters[0]}-{n[:10]}", f"{letters}{n[:6]}", f"{n[:4]}/{n[4:6]}", f"{n[:5]}-{n[5:8]}", f"{letters[:2]}-{n[:4]}-{n[4:7]}", f"{n[:3]} {letters[0]} {n[3:6]}/{n[6:8]}", n[:7]))

    def company(self, fake: Any) -> str:
        """Give the name of a company, which is nobody's personal data."""
        if self.dice.random() < 0.35:
            return str(fake.company())
        name = self.dice.choice(STARTS) + self.dice.choice(ENDS)
        name += self.dice.choice(("", "", " " + self.last(), " " + self.dice.choice(("Energy", "Systems", "Services", "Consulting", "Logistik", "Conseil"))))
        value = name + self.dice.choice(FORMS[self.language])
        return value.upper() if self.dice.random() < 0.08 else value

    def hospital(self, city: str) -> str:
        """Give the name of a hospital or a practice."""
        form = self.dice.choice(HOSPITALS[self.language])
        value = form.format(p=city, P=city.upper(), f=self.first(), l=self.last())
        return value.upper() if self.dice.random() < 0.08 else value

    def address(self, fake: Any) -> str:
        """Give a street with its number."""
        if self.language == "de" and self.dice.random() < 0.6:
            kind = self.dice.choice(("straße", "str.", "gasse", "weg", "platz", "allee", "ring", "-Straße", "-Platz", "-Gasse", " Straße", " Str."))
            word = self.dice.choice(("Haupt", "Bahnhof", "Garten", "Linden", "Schul", "Mühlen", "Kirch", "Berg", self.last(), f"{self.first()}-{self.last()}"))
            if kind[0] in "- ":
                word = self.last()
            return f"{word}{kind} {self.dice.randint(1, 140)}{self.dice.choice(('', '', '', 'a', ' b', '/3'))}"
        if self.language == "fr" and self.dice.random() < 0.6:
            kind = self.dice.choice(("rue", "avenue", "boulevard", "place", "chemin", "impasse", "allée", "Rue", "Avenue"))
            name = self.dice.choice(("de la Gare", "de l'Église", "des Lilas", "du Moulin", f"{self.first()} {self.last()}", f"du Général {self.last()}", "Victor Hugo", "des Écoles"))
            return f"{self.dice.randint(1, 150)}{self.dice.choice(('', ',', ' bis'))} {kind} {name}"
        return str(fake.street_address()).replace("\n", ", ")


@cache
def terms() -> dict[str, tuple[str, ...]]:
    """Read the terms that look like names and are none: eponyms, devices, drugs, companies."""
    lines = (Path(__file__).parent / "invented_texts/terms.txt").read_text("utf-8").splitlines()
    return {line.partition(": ")[0]: tuple(line.partition(": ")[2].split(", ")) for line in lines}


def _term(kind: str) -> "Maker":
    return lambda values, fake: values.dice.choice(terms()[kind])


Maker = Callable[[Values, Any], str]
SLOTS: dict[str, tuple[str, Maker]] = {
    "date": ("date_time", lambda v, f: v.date()),
    "birth": ("date_time", lambda v, f: v.date(birth=True)),
    "part": ("date_time", lambda v, f: v.part()),
    "my": ("date_time", lambda v, f: v.month_and_year()),
    "year": ("year", lambda v, f: str(v.dice.randint(1940, 2035))),
    "month": ("", lambda v, f: v.dice.choice(MONTHS[v.language])),
    "n": ("", lambda v, f: v.dice.choice(("3A", "4", "B2", "Süd", "12"))),
    "age": ("age", lambda v, f: str(v.dice.randint(1, 99))),
    "street": ("street_address", lambda v, f: v.address(f)),
    "zip": ("zip_code", lambda v, f: str(f.postcode())),
    "phone": ("phone_number", lambda v, f: v.phone(f)),
    "id": ("record_number", lambda v, f: v.record()),
    "license": ("record_number", lambda v, f: v.record()),
    "facility": ("facility", lambda v, f: v.hospital(str(f.city()))),
    "city": ("place", lambda v, f: str(f.city())),
    "country": ("place", lambda v, f: str(f.country())),
    "org": ("", lambda v, f: v.company(f)),
    "email": ("", lambda v, f: str(f.email())),
    "url": ("", lambda v, f: str(f.url())),
    "iban": ("", lambda v, f: str(f.iban())),
    "card": ("", lambda v, f: str(f.credit_card_number())),
    "ip": ("", lambda v, f: str(f.ipv4())),
    "ssn": ("", lambda v, f: f"{v.dice.randint(1, 665):03d}-{v.dice.randint(1, 99):02d}-{v.dice.randint(1, 9999):04d}"),
    "taxid": ("record_number", lambda v, f: "".join(v.dice.choice("123456789") for _ in range(11))),
    "nir": ("record_number", lambda v, f: f"{v.dice.choice('12')} {v.dice.randint(10, 99)} {v.dice.randint(10, 12)} 75 {v.dice.randint(100, 999)} {v.dice.randint(100, 999)} {v.dice.randint(10, 97)}"),
    "job": ("", lambda v, f: str(f.job()).split(",")[0]),
    "nation": ("", lambda v, f: v.dice.choice(("American", "British", "German", "French", "Italian", "Spanish", "Polish", "Danish", "Indian", "African-American", "Cuban", "Asian", "Turkish"))),
    "state": ("place", lambda v, f: v.dice.choice(("California", "New York", "Texas", "Delaware", "Ohio", "Kentucky", "Ontario", "Georgia", "Florida", "Bavaria"))),
    "initial": ("person", lambda v, f: v.dice.choice("ABCDEFGHKLMNPRSTVWXYZ")),
    "initials": ("person", lambda v, f: v.dice.choice(("X Y", "A B", "J.D.", "AB CD", "R. S."))),
    "xyz": ("person", lambda v, f: v.dice.choice(("X", "XYZ", "ABC", "XXX", "ABCD", "A", "Y", "Doe", "Smith", "Sample"))),
    "address": ("street_address", lambda v, f: v.address(f)),
    **{kind: ("", _term(kind)) for kind in ("eponym", "sign", "score", "device", "anatomy", "drug", "material", "finding", "company")},
}
"""Slots of templates: the label of what fills them, or none, and how it is made."""
