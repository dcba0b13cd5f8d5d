"""Markdown with HTML in it, and templates of pages, are read as they are shown."""

import time

import pytest

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, plain
from docassay.transforms.formats.kinds import media_type
from docassay.transforms.formats.media_types import HTML, MARKDOWN, TEXT
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse


def shown(text: str, name: str = "lease.md") -> str:
    row, *_ = parse(Source(name, text.encode()), Limits())
    assert isinstance(row, Document), row
    return row.text


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        (
            "# Rent\n\n- due <br>monthly\n  - or *yearly*",
            "# Rent\n\n- due\nmonthly\n  - or *yearly*",
            "lines stay",
        ),
        (
            "<div class='row'>\n  <h2>Rent</h2>\n  <p>Due.</p>\n</div>\n\nEnd",
            "Rent\n\nDue.\n\nEnd",
            "tags alone",
        ),
        (
            "# <center>Rent</center>\n1. <p>one</p>\n2. <p>two</p>",
            "# Rent\n1. one\n\n2. two",
            "marks stay with words",
        ),
        (
            "| a<br>b | c |\n|---|---|\n| <b>d</b> | e |",
            "| a b | c |\n|---|---|\n| d | e |",
            "rows stay lines",
        ),
        (
            "<table>\n<tr><td>a</td>\n<td>b</td></tr>\n<tr><td>c<td>d\n</table>\ne",
            "a | b\nc | d\n\ne",
            "cells",
        ),
        ("<details><summary>More</summary>\n\n- one\n</details>", "More\n\n- one", "details"),
        ("<!-- a\n\nb -->\nRent&nbsp;&amp; co&ucirc;ts", "Rent & coûts", "comments and entities"),
        ("a <b hidden>x</b><script>'`'</script>`b`", "a `b`", "hidden as on a page"),
        ("<style>.h{display:none}</style>\n<p class=h>x</p>\na", "a", "hidden by a style sheet"),
        ("a<div style='display:none'>\n\n# x\n\n</div>\n\nb", "a\n\nb", "hidden over several lines"),
        (
            "---\ntitle: <b>Rent</b>\n---\n<p>a</p>\n\n## b",
            "---\ntitle: Rent\n---\n\na\n\n## b",
            "front matter",
        ),
        (
            "<a href='http://evil.example/'>bank.example</a>",
            "bank.example <http://evil.example/>",
            "another address",
        ),
        (
            "```html\n<p>a &amp;\n\n\n```\n~~~\n<br>\n~~~\n<p>b",
            "```html\n<p>a &amp;\n\n\n```\n~~~\n<br>\n~~~\n\nb",
            "fences",
        ),
        ("`<br>` ``a ` <b>`` <i>b</i> \\<div>", "`<br>` ``a ` <b>`` b \\<div>", "code, and what is escaped"),
    ],
)
def test_as_it_is_shown(text: str, expected: str, why: str) -> None:
    assert shown(text) == expected, why
    assert shown(text.replace("\n", "\r\n")) == expected, why


@pytest.mark.parametrize(
    "text",
    [
        "<Company Name>, <a@b.example>, <https://a.example/?b=1&lease=2> & a < b",
        "<address>, <Address>, <date of birth> and <label of the unit>",
        "<Lease><Address>x</Address><ID>1</ID></Lease>",
        "The tags <script>, <table> and <title>x</title>",
        "It begins <!-- and does not end",
        "a  \n\n\nb &c; ```<p>```",
    ],
)
def test_what_is_no_html_stays(text: str) -> None:
    assert shown(text) == plain.clean(text)
    assert shown(f"{text}\n\n<i>b</i>") == "\n".join(map(str.rstrip, f"{text}\n\nb".split("\n")))


@pytest.mark.parametrize(
    "text",
    [
        "``a\n<b hidden>Fee`` d",
        "a ````<b hidden>Fee```` d",
        "\\\\`<b hidden>Fee` d",
        "a `\n# `<b hidden>Fee` d",
        "a ``` b\n```\n<b hidden>Fee\n```\nd",
        f"{'`' * 31}\n<b hidden>Fee\n{'`' * 31}",
        "~~~ `x\n<b hidden>Fee\n~~~",
        "```\n    ```\n<b hidden>Fee\n```",
        "```\n> ```\n<b hidden>Fee\n```",
        "2024 ```\n```\n<b hidden>Fee\n```",
        "> - ```\n>   <b hidden>Fee\n>   ```",
    ],
)
def test_nothing_is_hidden_in_code(text: str) -> None:
    assert shown(f"{text}\n\n<i>b</i></b>") == f"{text}\n\nb"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rent <!-- a\nb --> due", "Rent  due"),
        ("  <!-- a\n\nb -->\ndue", "due"),
        ("Rent <!-- a\n\nFee -->", "Rent <!-- a\n\nFee -->"),
        ("- <!-- a\n>\nFee --> <!-- c -->", "- <!-- a\n>\nFee -->"),
    ],
)
def test_a_comment_within_a_line_ends_in_its_paragraph(text: str, expected: str) -> None:
    assert shown(f"{text}\n\n<i>b</i>") == f"{expected}\n\nb"


def test_a_tag_whose_quote_is_open_hides_nothing() -> None:
    text = 'Rent <b x="> is due.\n\nThe fee is "5"'
    assert shown(f"{text}\n\n<i>b</i></b>") == f"{text}\n\nb"
    assert shown("a <b title='x > y'>c</b>") == "a c"


def test_what_follows_an_embedded_file_is_shown() -> None:
    assert shown("<embed src='a.pdf'> Rent") == "Rent"
    assert shown("<p><embed src='a.pdf'><p>Rent", "a.html") == "Rent"


def test_a_raised_number_is_not_of_the_one_before() -> None:
    assert shown("EUR 50<sup><a href='#1'>1</a></sup>, 1<sup>st</sup> 5") == "EUR 50^1, 1st 5"
    assert shown("<table><tr><td>50<sup>1</sup><td>m<sup>2</sup> 1<sup></sup>2</table>") == "50^1 | m2 12"


def test_texts_by_another_name_stay() -> None:
    assert shown("Rent <b>due</b>\n<br> &amp;", "log.txt") == "Rent <b>due</b>\n<br> &amp;"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("---\ntitle: Rent\n---\n\n<section><p>a</section>", "x.html", "---\ntitle: Rent\n---\n\na"),
        ("---\ntitle: Rent\n---\n<p>a<p>b", "x", "---\ntitle: Rent\n---\n\na\n\nb"),
        ("---\ntext: <b>Rent</b>\n---\n", "x.html", "---\ntext: Rent\n---"),
        ("---\nby: A <a@b.c>\n---\n<p>Rent", "x.html", "---\nby: A <a@b.c>\n---\n\nRent"),
        ('{{ define "main" }}\n<div>a\n  b</div>{{ end }}', "x", '{{ define "main" }}\na b\n{{ end }}'),
        ('{% extends "page" %}\n{% block a %}<h1>a</h1>', "x", '{% extends "page" %} {% block a %}\n\na'),
        ("@extends('page')\n<h2>a</h2>", "x.htm", "@extends('page')\n\na"),
    ],
)
def test_templates_of_pages(text: str, name: str, expected: str) -> None:
    assert media_type(text.encode(), name) == HTML
    assert shown(text, name) == expected


def test_formats_are_told_apart() -> None:
    assert media_type(b"<p align=center>x</p>\n\n# Lease", "lease.md") == MARKDOWN
    assert media_type(b"---\na: b\n---\n<!DOCTYPE html><p>x", "lease.md") == HTML
    assert media_type(b"Rent: {{ amount }}, {% if due %}now", "x") == TEXT
    assert media_type(b"---\nRent\n---\nis due", "lease.html") == TEXT
    assert media_type(b"It is due<br>now", "x", HTML) == HTML
    assert media_type(b"---\na: b\n---\n<?xml version='1.0'?><lease>x</lease>", "x") == TEXT
    assert media_type(b"{% if due %}\n<lease>x</lease>", "x") == TEXT


def test_html_in_markdown_is_parsed_by_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with Parser(Limits(), 1) as parser:
        (row,) = parser.parse(Source("x.md", b"a<br>b"))
        assert isinstance(row, Document) and row.text == "a\nb"
        monkeypatch.setattr(parser, "_parse", lambda _: pytest.fail("a hop"))
        (row,) = parser.parse(Source("x.md", b"# a"))
        assert isinstance(row, Document)


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<!--",
        "<!-- -->",
        "<div>",
        "</div>",
        "<a x='",
        "<a x=\"'>",
        "x <!-- y ",
        "x <!--\n\n",
        "`a\n",
        "` `` ``` ````",
        "<table><tr><td>",
        "| <br>",
        "`",
        "` `` ",
        "```\n",
        "~~~\n~~~~\n",
        "<script>",
        "<p hidden>",
        "&amp;",
        "&",
        "- ",
        "> ",
        "<a ",
        "\n",
    ],
)
def test_in_linear_time(text: str) -> None:
    hostile = f"Rent\n{text * (300_000 // len(text))}</div></script><br>"
    started = time.process_time()
    assert shown(hostile).startswith("Rent")
    assert time.process_time() - started < 5
