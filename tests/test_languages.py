"""The words of languages: what each has, what is read in all, and what is wrong with a file."""

from __future__ import annotations

import calendar
from pathlib import Path

import pytest

from docassay.domains.folders import terms_of
from docassay.languages import FILE, language, languages, lists, months, read
from docassay.schemas.errors import DomainError

TWELVE = "months = [" + ", ".join(f'["m{number}"]' for number in range(1, 13)) + "]\n"


def test_every_language_with_months_has_each_spelling_once() -> None:
    for code, one in languages().items():
        spellings = [spelling.lower() for month in one.months for spelling in set(month)]
        assert len(spellings) == len(set(spellings)), code
    assert [month[0] for month in language("en").months] == list(calendar.month_name)[1:]


def test_a_spelling_is_one_month_in_all_languages() -> None:
    for one in languages().values():
        for number, spellings in enumerate(one.months, 1):
            assert all(months()[spelling.lower()] == number for spelling in spellings)


def test_expressions_name_the_lists_of_one_language_and_of_all() -> None:
    assert lists()["de_company_forms"] == ["gmbh", "ag", "se", "kg", "ug"]
    assert set(lists()["any_company_forms"]) > {"gmbh", "srl", "ltd"}
    terms = terms_of(Path(__file__).parent.parent / "domains" / "legal", "rules.toml")
    assert terms.expand("{nl_company_forms}", "rule") == "(?:bv|nv)"


def test_an_unknown_language_is_named_with_those_that_are_there() -> None:
    with pytest.raises(DomainError, match="there is no language 'xx'; there are de, en"):
        language("xx")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "Swedish"\n' + TWELVE, ""),
        (TWELVE, "name is missing; every language has one, in English"),
        ("name = 3", "name is a text"),
        ('name = "S"\nmonths = [["januari"]]', "months has twelve lists of spellings"),
        ('name = "S"\nunits = "noll"', r"units is a list of words, such as"),
        ('name = "S"\nunits = []', "units is a list of words"),
        ('name = "S"\nmonth = []', "unknown key month; known are name, months"),
        ('name = "S"\nmail_headers = {subjekt = ["ämne"]}', "mail_headers has lists of words named from, to"),
        ('name = "S', "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    if not says:
        assert read(path).months[0] == ("m1",)
        return
    with pytest.raises(DomainError, match=says) as raised:
        read(path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
