"""Pages: an offset has a page and a place on it, whatever part of the document is taken."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.schemas.pages import NOWHERE, Box, Frame, Pages, packed_places, paged

A4 = Frame(0, 0, 595, 842)


def line_places(text: str, top: float = 700.0, left: float = 100.0) -> bytes:
    """Characters ten points wide and twelve high; a line end stands nowhere, and the next line is lower."""
    places, x = b"", left
    for char in text:
        if char == "\n":
            places, x, top = places + NOWHERE, left, top - 14
            continue
        places += struct.pack("<4f", x, top, x + 10, top - 12)
        x += 10
    return places


def document(*texts: str) -> tuple[str, Pages]:
    return paged(texts, [A4] * len(texts), [packed_places(line_places(text)) for text in texts])


def test_offsets_have_pages_and_pages_have_spans() -> None:
    text, pages = document("", "first page", "", "second\npage", "")
    assert text == "first page\n\nsecond\npage"
    assert pages.last == 5
    assert [pages.number(text.index(word)) for word in ("first", "second", "page")] == [2, 4, 2]
    spans = [text[slice(*pages.span(number, len(text)))] for number in range(1, 6)]
    assert spans == ["", "first page", "", "second\npage", ""]


def test_a_box_a_line_from_the_top_left() -> None:
    text, pages = document("a line", "two\nlines")
    at = text.index("wo")
    assert pages.boxes(text, at, at + 5) == (
        Box(2, 110, 142, 130, 154),
        Box(2, 100, 156, 120, 168),
    )
    assert pages.boxes(text, 3, 3) == ()


def test_evidence_over_the_end_of_a_page() -> None:
    text, pages = document("one", "two")
    assert pages.boxes(text, 2, 6) == (Box(1, 120, 142, 130, 154), Box(2, 100, 142, 110, 154))


def test_a_wide_gap_parts_a_line() -> None:
    text = "ab"
    places = struct.pack("<8f", 100, 700, 110, 688, 300, 700, 310, 688)
    _, pages = paged([text], [A4], [packed_places(places)])
    assert [box.x0 for box in pages.boxes(text, 0, 2)] == [100, 300]


def boxes_one_by_one(text: str, places: Sequence[tuple[float, ...]]) -> tuple[Box, ...]:
    """Join the places of a page's characters as slowly as it can be said."""
    boxes, at = [], 0
    for line in text.split("\n"):
        joined: list[tuple[float, ...]] = []
        for left, top, right, bottom in places[at : at + len(line)]:
            if left < right and bottom < top:
                if joined and not stands_beside(joined[-1], (left, top, right, bottom)):
                    boxes.append(joined)
                    joined = []
                joined.append((left, top, right, bottom))
        boxes += [joined] if joined else []
        at += len(line) + 1
    shown = []
    for joined in boxes:
        lefts, tops, rights, bottoms = zip(*joined, strict=True)
        shown.append(Box(1, *A4.shown(min(lefts), min(bottoms), max(rights), max(tops))))
    return tuple(box for box in shown if box.x0 < box.x1 and box.y0 < box.y1)


def stands_beside(before: tuple[float, ...], char: tuple[float, ...]) -> bool:
    """Tell whether two characters are on a line: half of a size in common, and no wide gap."""
    wide, high = (
        max(before[0], char[0]) - min(before[2], char[2]),
        max(before[3], char[3]) - min(before[1], char[1]),
    )
    width, height = (
        min(before[2] - before[0], char[2] - char[0]),
        min(before[1] - before[3], char[1] - char[3]),
    )
    far = 1.5 * max(before[1] - before[3], char[1] - char[3])
    return (-high >= height / 2 and wide <= far) or (-wide >= width / 2 and high <= far)


EDGES = st.tuples(*[st.integers(0, 40).map(lambda n: 8.0 * n)] * 2, *[st.sampled_from([0.0, 8.0, 16.0])] * 2)


@given(st.lists(st.tuples(st.sampled_from("aaaa \n"), EDGES), min_size=1, max_size=30), st.data())
def test_boxes_are_those_of_the_characters_one_by_one(
    chars: list[tuple[str, tuple[float, ...]]], data: st.DataObject
) -> None:
    text = "".join(char for char, _ in chars)
    edges = [(left, base + high, left + wide, base) for _, (left, base, wide, high) in chars]
    places = [
        NOWHERE if char == "\n" else struct.pack("<4f", *edge) for char, edge in zip(text, edges, strict=True)
    ]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    _, pages = paged([text], [A4], [packed_places(b"".join(places))])
    assert pages.boxes(text, start, end) == boxes_one_by_one(text[start:end], edges[start:end])


@pytest.mark.parametrize(
    "rectangle",
    [
        (100, 700, 100, 700),
        (100, 700, math.inf, 688),
        (-math.inf, math.inf, math.inf, -math.inf),
        (math.nan,) * 4,
        (900, 700, 910, 688),
        (110, 688, 100, 700),
    ],
    ids=["of no size", "endless", "endless on all sides", "nowhere", "off the page", "inside out"],
)
def test_places_that_are_none(rectangle: tuple[float, ...]) -> None:
    _, pages = paged(["a"], [A4], [packed_places(struct.pack("<4f", *rectangle))])
    assert pages.boxes("a", 0, 1) == ()
    assert pages.number(0) == 1


def test_a_box_is_cut_to_the_page() -> None:
    _, pages = paged(["a"], [A4], [packed_places(struct.pack("<4f", -50, 900, 1e9, 688))])
    assert pages.boxes("a", 0, 1) == (Box(1, 0, 0, 595, 154),)


@given(
    st.sampled_from([0, 90, 180, 270]),
    st.tuples(*[st.floats(-300, 300)] * 2, *[st.floats(400, 900)] * 2),
    st.tuples(*[st.floats(0, 0.4)] * 2, *[st.floats(0.5, 1)] * 2),
)
def test_shown_and_own_coordinates_are_inverse(
    rotation: int, edges: tuple[float, float, float, float], shares: tuple[float, float, float, float]
) -> None:
    frame = Frame(*edges, rotation)
    left, right = (frame.left + share * (frame.right - frame.left) for share in shares[::2])
    bottom, top = (frame.bottom + share * (frame.top - frame.bottom) for share in shares[1::2])
    x0, y0, x1, y1 = frame.shown(left, bottom, right, top)
    assert frame.own(x0, y0, x1, y1) == pytest.approx((left, bottom, right, top), abs=0.02)
    assert 0 <= x0 <= x1 <= frame.size[0] + 0.01 and 0 <= y0 <= y1 <= frame.size[1] + 0.01


@given(st.lists(st.text(alphabet="ab \n", max_size=12), min_size=1, max_size=6), st.data())
def test_a_part_has_the_pages_and_boxes_that_the_whole_has(texts: list[str], data: st.DataObject) -> None:
    text, pages = document(*texts)
    first = data.draw(st.integers(1, len(texts)))
    last = data.draw(st.integers(first, len(texts)))
    start, end = pages.span(first, len(text))[0], pages.span(last, len(text))[1]
    part, part_pages = text[start:end], pages.part(first, last, start)
    assert Pages.unpacked(part_pages.packed()) == part_pages
    for at in range(len(part)):
        assert part_pages.number(at) == pages.number(start + at)
        assert part_pages.boxes(part, at, at + 1) == pages.boxes(text, start + at, start + at + 1)


def test_places_that_are_not_what_they_should_be() -> None:
    """The process that packs them reads hostile input; what it gives is bounded, and costs but boxes."""
    text = "a line"
    for places in (zlib.compress(b"short"), zlib.compress(bytes(100_000_000))):
        _, pages = paged([text], [A4], [places])
        assert pages.boxes(text, 0, 6) == ()
