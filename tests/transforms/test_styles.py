"""What a page shows: style sheets, sizes, colours."""

import time

import pytest

from docassay.transforms.formats import Limits, Unusable, html
from tests.families import quick_first

CASES = [
    ("<style>.h{display:none}</style>pay<b class=h>q</b>ment", "payment", "a class"),
    ("<style>.h{display:none}</style>pay <b class='x H'>now</b>", "pay now", "classes have cases"),
    (
        "<style>p .h, b > i{display:none}</style><p><b>a<i>b</i>c<u class=h>d</u></b></p>",
        "ac",
        "within",
    ),
    ("<style>b[class*=hid]{display:none}</style>a<b class=unhidden>x</b>b", "ab", "an attribute"),
    ("<style>b:nth-child(2n){display:none}</style><p><b>a</b><b>x</b><b>b</b></p>", "ab", "every second"),
    ("<style>@media screen{.h{display:none}}</style>a<b class=h>x</b>b", "ab", "on screens"),
    ("<style>@media print{.h{display:none}}</style>a<b class=h>x</b>b", "axb", "on paper alone"),
    ("<style media=print>.h{display:none}</style>a<b class=h>x</b>b", "axb", "a sheet for paper alone"),
    ("<style>@media (max-width:600px){.h{display:none}}</style>a<b class=h>x</b>b", "axb", "narrow alone"),
    ("<!-- <style>.h{display:none}</style> -->a<b class=h>x</b>b", "axb", "a comment"),
    ("<style><!-- .h{display:none} --></style>a<b class=h>x</b>b", "ab", "a sheet as of old"),
    ("<style>.h{display:none}.h{display:inline}</style>a<b class=h>x</b>b", "axb", "the last one counts"),
    ("<style>b.h{display:inline}.h{display:none}</style>a<b class=h>x</b>b", "axb", "the closer one counts"),
    ("<style>.h{display:none!important}b.h{display:inline}</style>a<b class=h>x</b>b", "ab", "important"),
    ("<style>.n .h{display:none}</style>a<b class=h>x</b>b", "axb", "it applies to nothing"),
    ("<style>.h{display:none}</style>a<b class=h style='display:inline'>x</b>b", "axb", "inline counts more"),
    ("a<b class=h>x</b>b<style>.h{display:none}</style>", "ab", "a sheet behind"),
    ("<style>.h{color:#fff}</style>a<b class=h>x</b>b", "ab", "white on white"),
    (
        "<p style='background:#000'><b style='color:white'>a</b><b style='color:#010101'>x</b></p>",
        "a",
        "black",
    ),
    ("<table bgcolor=#ffffff><tr><td><font color=white>x</font>a</td></tr></table>", "a", "by attributes"),
    ("<div style='background:url(x.png)'><b style='color:#fff'>a</b></div>", "a", "on a picture"),
    (
        "<table background=x.png><tr><td><font color=white>a</font></td></tr></table>",
        "a",
        "as of old",
    ),
    ("a<b style='color:transparent'>x</b>b", "ab", "letters one looks through"),
    ("a<b style='font-size:0'>x<i style='font-size:12px'>c</i></b>b", "acb", "no size, but a child has one"),
    ("a<b style='font:0/0 a'>x</b>b<b style='font:bold 12px/1 serif'>c</b>", "abc", "font of no size"),
    ("<p style='font-size:1px'>preview</p>a", "a", "a size that nobody reads"),
    (
        "a<b style='visibility:hidden'>x<i style='visibility:visible'>c</i></b>b",
        "acb",
        "a child is not",
    ),
    (
        "a<b style='opacity:0'>x</b><div style='max-height:0;overflow:hidden'>x</div>",
        "a",
        "cut off",
    ),
    ("a<div style='position:absolute;left:-9999px'>x</div>", "a", "beside the page"),
    (
        "a<div style='text-indent:-9999px'>x</div><p style='text-indent:-1em'>b</p>",
        "a\n\nb",
        "hanging",
    ),
    ("a<b style='disp\\6c ay:none'>x</b>b<b style='display:/**/none'>x</b>", "ab", "written strangely"),
    ("a<b hidden>x</b>b<div style='mso-hide:all'>c</div>", "ab\nc", "in one program alone"),
]


@pytest.mark.parametrize(("markup", "text", "why"), CASES)
def test_a_page_is_read_as_it_is_shown(markup: str, text: str, why: str) -> None:
    assert html.convert(markup, Limits())[0].text == text, why


@pytest.mark.parametrize(
    "sheet",
    quick_first(
        2,
        [
            "{" * 100_000,
            "@media all{" * 20_000,
            "(" * 100_000 + "{}",
            "a{b:" + "(" * 50_000,
            "}" * 1_000,
            ":::{}",
        ],
    ),
)
def test_a_strange_sheet_hides_nothing(sheet: str) -> None:
    assert html.convert(f"<style>{sheet}</style>shown", Limits())[0].text == "shown"


@pytest.mark.parametrize("markup", ["<!--" * 50_000, "<style>" * 30_000, "<style" * 30_000])
def test_what_has_no_end_takes_linear_time(markup: str) -> None:
    before = time.process_time()
    assert html.convert(f"shown{markup}", Limits())[0].text.startswith("shown")
    assert time.process_time() - before < 10, "quadratic, it took a minute"


def test_nested_elements_with_a_sheet_cost_no_stack_and_too_many_are_refused() -> None:
    start, end = "<style>div .h{display:none}</style>", "shown<b class=h>not</b>"
    assert html.convert(start + "<div>" * 1_900 + end, Limits())[0].text == "shown"
    with pytest.raises(Unusable, match="nested without end"):
        html.convert(start + "<div>" * 2_500 + end, Limits())
