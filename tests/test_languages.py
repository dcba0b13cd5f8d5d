"""The words of languages: what each has, what is read in all, and what is wrong with a file."""

from __future__ import annotations

import calendar
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from docassay.domains.folders import terms_of
from docassay.languages import FILE, HEADERS, Language, language, languages, lists, months
from docassay.schemas.errors import DomainError


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


def are_words(words: object) -> bool:
    return isinstance(words, list) and bool(words) and all(isinstance(one, str) and one for one in words)


NAMED = {
    "mail_headers": set(HEADERS),
    "hyphenation": {"own", "suspended"},
    "periods": {"years", "months", "weeks", "days"},
}


@pytest.mark.parametrize("code", languages())
def test_the_lists_of_a_language_have_their_shapes(code: str) -> None:
    entries = tomllib.loads(Path(__file__).parent.parent.joinpath("languages", code, FILE).read_text("utf-8"))
    assert entries.keys() <= {one.name for one in fields(Language)}
    assert isinstance(entries.pop("name"), str)
    months = entries.pop("months", [["one"]] * 12)
    assert len(months) == 12 and all(map(are_words, months))
    for key, names in NAMED.items():
        lists = entries.pop(key, {})
        assert lists.keys() <= names and all(map(are_words, lists.values())), key
    assert all(map(are_words, entries.values()))


def test_a_key_that_no_language_has_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sv").mkdir()
    (tmp_path / "sv" / FILE).write_text('name = "Swedish"\nmonth = []\n')
    monkeypatch.setattr("docassay.languages.__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(TypeError, match="'month'"):
        languages.__wrapped__()
