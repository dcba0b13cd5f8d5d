"""URIs: one type, one parser; a file never shares a name with another, nor with a part of one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docassay.schemas import uris
from docassay.schemas.uris import Mark, Uri

NUMBER = st.integers(1, 10**18 - 1)
MARKS = st.one_of(
    st.builds(lambda kind, n: Mark(kind, (n,)), st.sampled_from(["attachment", "line", "row"]), NUMBER),
    st.builds(
        lambda ns: Mark("block", tuple(ns)), st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=3)
    ),
)
PIECES = st.sampled_from(
    [
        "#",
        "%",
        "%23",
        "%25",
        "25",
        "23",
        "attachment-1",
        "line-3",
        "row-0",
        "block-0-9-1",
        "block-0",
        "-1",
        "a",
        "/",
        "\n",
        "file://",
        "gs://b/",
        ".jsonl",
        "\udcff",
        "\\",
        "udcff",
        "\\udcff",
        "é",
    ]
)
FILES = st.one_of(st.lists(PIECES, max_size=9).map("".join), st.text(max_size=20))


def uri_of(file: str, marks: tuple[Mark, ...] = ()) -> Uri:
    try:
        return Uri(file, marks)
    except ValueError:
        assume(False)
        raise


@given(FILES, st.lists(MARKS, max_size=4).map(tuple))
def test_a_uri_is_parsed_to_what_was_written(file: str, marks: tuple[Mark, ...]) -> None:
    uri = uri_of(file, marks)
    assert Uri.parse(str(uri)) == uri


@given(FILES, FILES, st.lists(MARKS, max_size=3).map(tuple))
def test_two_files_share_no_name_nor_a_file_with_a_part_of_another(
    one: str, other: str, marks: tuple[Mark, ...]
) -> None:
    assume(one != other or marks)
    assert str(uri_of(one)) != str(uri_of(other, marks))


@given(FILES, st.lists(MARKS, max_size=3).map(tuple), NUMBER)
def test_names_are_extended_and_shortened_as_texts(file: str, marks: tuple[Mark, ...], number: int) -> None:
    uri = uri_of(file, marks)
    attached = uri.part("attachment", number)
    assert uris.part(str(uri), number, "attachment") == str(attached)
    assert uris.parse_attachment(str(attached)) == (str(uri), str(number))
    assert uris.file_of(str(uri)) == str(Uri(file))


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        "a#b.txt",
        "#",
        "plan#block-3.txt",
        "m.eml#attachment-",
        "m.eml#attachment-0",
        "a#line-01",
        "50%23.txt",
    ],
)
def test_a_name_that_is_like_no_mark_stays_as_it_is(name: str) -> None:
    assert str(Uri(name)) == name and Uri.parse(name) == Uri(name)


@pytest.mark.parametrize(
    ("written_before", "file"),
    [
        ("m.eml#attachment-1#attachment-2", "m.eml"),
        ("a.jsonl#line-7", "a.jsonl"),
        ("a.parquet#row-3", "a.parquet"),
        ("a.parquet#block-0", "a.parquet"),
        ("a.jsonl#block-0-100-1", "a.jsonl"),
        ("kafka://mail/0/17/a.eml#attachment-1", "kafka://mail/0/17/a.eml"),
        ("gs://bucket/50%23.txt", "gs://bucket/50%23.txt"),
    ],
)
def test_uris_in_tables_that_were_written_before_are_read_as_they_were_meant(
    written_before: str, file: str
) -> None:
    assert Uri.parse(written_before).file == file == uris.file_of(written_before)
    assert str(Uri.parse(written_before)) == written_before


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("\udcff.txt", r"\udcff.txt"),
        (r"\udcff.txt", r"\\udcff.txt"),
        (r"\\udcff.txt", r"\\\\udcff.txt"),
        ("\\\udcff.txt", r"\\\udcff.txt"),
        (r"\udcgg \u00ff a\b", r"\udcgg \u00ff a\b"),
    ],
)
def test_a_name_that_is_not_utf8_and_one_that_spells_its_escape_differ(file: str, written: str) -> None:
    assert str(Uri(file)) == uris.of_path(file) == written
    assert Uri.parse(written).file == file


def test_what_would_not_come_back_cannot_be_made() -> None:
    for file, marks in (
        ("file:///a#line-1", ()),
        ("a", (Mark("line", (0,)),)),
        ("a", (Mark("line", (1, 2)),)),
        ("a", (Mark("piece", (1,)),)),
    ):
        with pytest.raises(ValueError):
            Uri(file, marks)


def test_a_name_of_many_marks_costs_no_more_than_its_length() -> None:
    for name in ("#line-1" * 100_000 + "x", "\\" * 1_000_000):
        assert Uri.parse(name).file == name and str(Uri(name)) == name


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///in/a%23line-3", "/in/a#line-3"),
        ("FILE://LOCALHOST/in/a", "/in/a"),
        ("file:///in/%252e%252e/a", "/in/%2e%2e/a"),
        ("file:///in/a?b#c", "/in/a?b#c"),
        ("file:///in/%ff", "/in/\udcff"),
        ("file://other/in/a", None),
        ("file://%6cocalhost/in/a", None),
        ("gs://bucket/a", None),
        ("file:/in/a", "file:/in/a"),
    ],
)
def test_an_address_of_this_machine_is_decoded_once(address: str, path: str | None) -> None:
    assert uris.path_of(address) == path
