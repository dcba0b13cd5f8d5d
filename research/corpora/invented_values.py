"""Invented values in three languages: people, dates, numbers and institutions, in the forms people write."""

from functools import cache
from typing import Any

from research.corpora.invented_dates import Dates, terms
from research.corpora.names import census, of_faker

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


class Values(Dates):
    """Invented values of one language."""

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
            name = (
                self.dice.choice(
                    {
                        "de": ("von ", "van ", "zu "),
                        "fr": ("de ", "Le ", "du ", "d'"),
                        "en": ("O'", "de ", "St. ", "van "),
                    }[self.language]
                )
                + name
            )
        return name

    def phone(self, fake: Any) -> str:
        """Give a telephone number."""
        n = "".join(self.dice.choice("0123456789") for _ in range(11))
        forms = {
            "de": (
                f"0{n[:3]}/{n[3:8]}",
                f"0{n[:3]} {n[3:9]}",
                f"+49 {n[:3]} {n[3:10]}",
                f"(0{n[:4]}) {n[4:6]} {n[6:8]} {n[8:10]}",
                f"0{n[:2]} {n[2:5]}-{n[5:9]}",
                f"+43 ({n[:3]}) {n[3:8]}-{n[8:]}",
                f"0{n[:3]}-{n[3:10]}",
                f"{n[:4]}-{n[4:7]}",
            ),
            "fr": (f"0{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:9]}",) * 3
            + (
                f"0{n[:9]}",
                f"0{n[0]}.{n[1:3]}.{n[3:5]}.{n[5:7]}.{n[7:9]}",
                f"+33 {n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:9]}",
                n[:5],
                f"0{n[0]} {n[1:5]} {n[5:9]}",
            ),
            "en": (
                f"({n[:3]}) {n[3:6]}-{n[6:10]}",
                f"{n[:3]}-{n[3:6]}-{n[6:10]}",
                f"{n[:3]}.{n[3:6]}.{n[6:10]}",
                f"+1 {n[:3]} {n[3:6]} {n[6:10]}",
                f"+44 {n[:4]} {n[4:10]}",
                f"0{n[:4]} {n[4:10]}",
                f"{n[:3]}-{n[3:7]}",
                f"ext. {n[:4]}",
            ),
        }
        return self.dice.choice((*forms[self.language], str(fake.phone_number())))

    def record(self) -> str:
        """Give the number of a record, a case or a contract."""
        n = "".join(self.dice.choice("0123456789") for _ in range(12))
        letters = "".join(self.dice.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(3))
        return self.dice.choice(
            (
                n[:6],
                n[:8],
                n[:10],
                f"{letters[0]}-{n[:10]}",
                f"{letters}{n[:6]}",
                f"{n[:4]}/{n[4:6]}",
                f"{n[:5]}-{n[5:8]}",
                f"{letters[:2]}-{n[:4]}-{n[4:7]}",
                f"{n[:3]} {letters[0]} {n[3:6]}/{n[6:8]}",
                n[:7],
            )
        )

    def company(self, fake: Any) -> str:
        """Give the name of a company, which is nobody's personal data."""
        if self.dice.random() < 0.35:
            return str(fake.company())
        name = self.dice.choice(terms("start")) + self.dice.choice(terms("end"))
        name += self.dice.choice(
            (
                "",
                "",
                " " + self.last(),
                " "
                + self.dice.choice(("Energy", "Systems", "Services", "Consulting", "Logistik", "Conseil")),
            )
        )
        value = name + self.dice.choice(terms(f"form.{self.language}"))
        return value.upper() if self.dice.random() < 0.08 else value

    def hospital(self, city: str) -> str:
        """Give the name of a hospital or a practice."""
        form = self.dice.choice(terms(f"hospital.{self.language}"))
        value = form.format(p=city, P=city.upper(), f=self.first(), l=self.last())
        return value.upper() if self.dice.random() < 0.08 else value

    def address(self, fake: Any) -> str:
        """Give a street with its number."""
        if self.language == "de" and self.dice.random() < 0.6:
            kind = self.dice.choice(
                (
                    "straße",
                    "str.",
                    "gasse",
                    "weg",
                    "platz",
                    "allee",
                    "ring",
                    "-Straße",
                    "-Platz",
                    "-Gasse",
                    " Straße",
                    " Str.",
                )
            )
            word = self.dice.choice(
                (
                    "Haupt",
                    "Bahnhof",
                    "Garten",
                    "Linden",
                    "Schul",
                    "Mühlen",
                    "Kirch",
                    "Berg",
                    self.last(),
                    f"{self.first()}-{self.last()}",
                )
            )
            if kind[0] in "- ":
                word = self.last()
            return (
                f"{word}{kind} {self.dice.randint(1, 140)}{self.dice.choice(('', '', '', 'a', ' b', '/3'))}"
            )
        if self.language == "fr" and self.dice.random() < 0.6:
            kind = self.dice.choice(
                ("rue", "avenue", "boulevard", "place", "chemin", "impasse", "allée", "Rue", "Avenue")
            )
            name = self.dice.choice(
                (
                    "de la Gare",
                    "de l'Église",
                    "des Lilas",
                    "du Moulin",
                    f"{self.first()} {self.last()}",
                    f"du Général {self.last()}",
                    "Victor Hugo",
                    "des Écoles",
                )
            )
            return f"{self.dice.randint(1, 150)}{self.dice.choice(('', ',', ' bis'))} {kind} {name}"
        return str(fake.street_address()).replace("\n", ", ")
