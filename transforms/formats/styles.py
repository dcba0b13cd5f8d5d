"""What a page's styles do not show: parts that are not displayed, transparent, of no size, or of one colour.

Style sheets in the page are applied as a browser on a screen would, by their selectors and in their order
(https://www.w3.org/TR/css-cascade-4/); what hides on paper or on narrow screens alone is shown. Where it is
not known what lies behind a text, such as a picture, its colour hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

Declarations = Mapping[str, tuple[str, bool]]
"""Values of properties, each with whether it is important."""

Colour = tuple[float, float, float]

MOST_CSS = 1_000_000
"""Characters of a page's style sheets; more are not applied, and then their page is read whole."""
MOST_MARKUP = 20_000_000
"""Characters of a page whose style sheets are applied."""

DEEPEST = 2_000
"""Elements within each other up to which libxml2 makes a tree."""

_COMMENT = "<!--"
_BEGINS = re.compile(rf"{_COMMENT}|<style\b", re.IGNORECASE)
_COMMENT_ENDS, _SHEET_ENDS = re.compile("-->"), re.compile("</style", re.IGNORECASE)
_SCREEN = re.compile(r"(?:all|(?:only\s+)?screen)?", re.IGNORECASE)
_PROPERTIES = frozenset(
    ["display", "visibility", "opacity", "font", "font-size", "color", "background", "background-color",
     "background-image", "height", "max-height", "width", "max-width", "overflow", "position", "left", "top",
     "text-indent", "clip", "clip-path"]
)  # fmt: skip
_NUMBER = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+))(px|pt|em|rem|%)?(?![\w.])")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "rem": 16.0}
_ABOUT = {"em": 16.0, "%": 10.0}
"""Pixels of relative lengths, as far as these matter: none, or far beyond the page."""
_PICTURE = re.compile(r"url\(|gradient")
_SMALLEST = 2.0
"""Pixels of letters from which on a text can be read."""
_OUTSIDE = -900.0
"""Pixels left of, or above, a page at which nobody looks."""
_OPAQUE = 0.05
_ALIKE = 8 / 255
"""Difference of each part of two colours up to which they are one."""
_WHITE: Colour = (1.0, 1.0, 1.0)


class Look(NamedTuple):
    """How the text of an element looks; what its children inherit.

    Attributes:
        visible: Its `visibility` is not hidden.
        size: Of its letters, in pixels.
        colour: Of its letters; None where it is not known.
        background: What lies behind them; None where that is not one known colour.
        transparent: Its letters let through all that lies behind them.
    """

    visible: bool = True
    size: float = 16.0
    colour: Colour | None = (0.0, 0.0, 0.0)
    background: Colour | None = _WHITE
    transparent: bool = False

    @property
    def is_seen(self) -> bool:
        """Tell whether a person sees the text."""
        if not self.visible or self.size < _SMALLEST or self.transparent:
            return False
        if self.colour is None or self.background is None:
            return True
        return any(abs(a - b) > _ALIKE for a, b in zip(self.colour, self.background, strict=True))


def sheets_applied(markup: str, encoded: bytes) -> list[Declarations]:
    """Apply the style sheets of a page.

    Args:
        markup: The page.
        encoded: The same in UTF-8, as it is parsed.

    Returns:
        What they declare for each element in the order of their starts; nothing where no sheet can hide.

    Raises:
        RecursionError: Elements or blocks are nested beyond any measure.
    """
    css = "\n".join(_sheets(markup))
    if not css or len(css) > MOST_CSS or len(markup) > MOST_MARKUP:
        return []
    import cssselect2

    matcher = cssselect2.Matcher()
    for prelude, declarations in _rules(css):
        try:
            selectors = cssselect2.compile_selector_list(prelude)
        except cssselect2.SelectorError:
            continue
        for selector in selectors:
            if selector.pseudo_element is None:
                matcher.add_selector(selector, declarations)
    try:
        root = etree.fromstring(encoded, etree.HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.LxmlError:
        return []
    if root is None:
        return []
    found = []
    for element in cssselect2.ElementWrapper.from_html_root(root).iter_subtree():
        if len(element.ancestors) > DEEPEST:
            raise RecursionError
        found.append(_merged(payload for *_, payload in matcher.match(element)))
    return found


def look(inherited: Look, attrib: Mapping[str, str], declared: Declarations) -> Look | None:
    """Give the look of an element; None where neither it nor its children are shown.

    Args:
        inherited: That of its parent.
        attrib: Its attributes.
        declared: What style sheets declare for it.
    """
    if "hidden" in attrib:
        return None
    inline = attrib.get("style")
    if inline:
        declared = _merged((declared, _inline(inline)))
    coloured = "color" in attrib or "bgcolor" in attrib or "background" in attrib
    if not declared and not coloured:
        return inherited
    values = {name: value for name, (value, _) in declared.items()}
    if _is_out(values):
        return None
    return Look(
        visible=_visible(values.get("visibility"), inherited.visible),
        size=_size(values, inherited.size),
        **_colours(values, attrib, inherited),
    )


def _is_out(values: Mapping[str, str]) -> bool:
    """Tell whether an element and all in it is not displayed, transparent, cut off or beside the page."""
    if values.get("display") == "none" or _pixels(values.get("opacity")) < _OPAQUE:
        return True
    if values.get("overflow") in ("hidden", "clip") and any(
        _pixels(values.get(name)) < _SMALLEST for name in ("height", "max-height", "width", "max-width")
    ):
        return True
    if _pixels(values.get("text-indent")) < _OUTSIDE:
        return True
    if values.get("position") in ("absolute", "fixed"):
        cut = values.get("clip", ""), values.get("clip-path", "")
        beside = any(_pixels(values.get(name)) < _OUTSIDE for name in ("left", "top"))
        return beside or cut[0].startswith("rect(0") or cut[1] in ("inset(50%)", "inset(100%)")
    return False


def _visible(value: str | None, inherited: bool) -> bool:
    return inherited if value in (None, "inherit") else value not in ("hidden", "collapse")


def _size(values: Mapping[str, str], inherited: float) -> float:
    found = _NUMBER.search(values.get("font-size") or values.get("font", ""))
    if not found:
        return inherited
    number, unit = float(found.group(1)), found.group(2) or ""
    if unit == "" and number:  # "font: bold 700 ..." has no size without a unit but 0
        return inherited
    return number * ({"em": inherited, "%": inherited / 100} | _PIXELS)[unit]


def _colours(values: Mapping[str, str], attrib: Mapping[str, str], inherited: Look) -> dict[str, Any]:
    colour, background, transparent = inherited.colour, inherited.background, inherited.transparent
    if (said := values.get("color") or attrib.get("color")) and said != "inherit":
        colour, opacity = _colour(said)
        transparent = opacity < _OPAQUE
    behind = (values.get("background-color"), values.get("background"), attrib.get("bgcolor"))
    for said in filter(None, behind):
        found, opacity = _colour(said.split()[0])
        if opacity >= _OPAQUE:
            background = found
        break
    pictures = (values.get("background-image", ""), values.get("background", ""))
    if any(map(_PICTURE.search, pictures)) or attrib.get("background"):
        background = None
    return {"colour": colour, "background": background, "transparent": transparent}


@lru_cache(maxsize=512)
def _colour(written: str) -> tuple[Colour | None, float]:
    """Read a colour and its opacity; none where it is not known."""
    from tinycss2.color3 import parse_color

    read = parse_color(written)
    if read is None or isinstance(read, str):
        return None, 1.0
    return (read.red, read.green, read.blue), read.alpha


def _pixels(value: str | None) -> float:
    """Read a length, or a bare number; a relative one is about right, and none at all is large."""
    found = _NUMBER.match(value or "")
    if not found:
        return 1e9
    number, unit = float(found.group(1)), found.group(2) or ""
    return number * (_PIXELS | _ABOUT)[unit]


def _sheets(markup: str) -> Iterator[str]:
    """Yield the style sheets of a page that are for screens, in linear time; none that a comment holds."""
    at, are_ended = 0, True
    while begins := _BEGINS.search(markup, at):
        at = begins.end()
        if begins.group() == _COMMENT:
            ends = _COMMENT_ENDS.search(markup, at) if are_ended else None
            are_ended = ends is not None  # where one has no end, no later one has
            at = ends.end() if ends else at
            continue
        tag_end = markup.find(">", at)
        ends = _SHEET_ENDS.search(markup, tag_end + 1) if tag_end >= 0 else None
        if ends is None:
            return
        if _is_on_screen(_media(markup[at:tag_end])):
            yield markup[tag_end + 1 : ends.start()]
        at = ends.end()


def _media(attributes: str) -> str:
    found = re.search(r"\bmedia\s*=\s*[\"']?([^\"'>]*)", attributes, re.IGNORECASE)
    return found.group(1) if found else ""


def _is_on_screen(media: str) -> bool:
    """Tell whether a list of media queries names every screen."""
    return any(_SCREEN.fullmatch(query.strip()) for query in media.split(","))


def _rules(css: str) -> Iterator[tuple[Any, Declarations]]:
    """Yield the rules of a style sheet that may hide or show: tokens of selectors, and what they declare."""
    import tinycss2

    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)[::-1]
    while nodes:
        node = nodes.pop()
        if node.type == "qualified-rule":
            if declared := _declarations(node.content):
                yield node.prelude, declared
        elif node.type == "at-rule" and node.lower_at_keyword == "media" and _is_shown(node):
            nodes += tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)[::-1]


def _is_shown(media: Any) -> bool:
    import tinycss2

    return media.content is not None and _is_on_screen(tinycss2.serialize(media.prelude))


def _declarations(content: Any) -> Declarations:
    import tinycss2

    return {
        one.lower_name: (tinycss2.serialize(one.value).strip().lower(), one.important)
        for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
        if one.type == "declaration" and one.lower_name in _PROPERTIES
    }


@lru_cache(maxsize=2048)
def _inline(style: str) -> Declarations:
    if "\\" in style or "/*" in style:
        return _declarations(style)
    found = {}
    for one in style.lower().split(";"):
        name, _, value = one.partition(":")
        if (name := name.strip()) in _PROPERTIES:
            found[name] = value.replace("!important", "").strip(), "!important" in value
    return found


def _merged(declarations: Iterable[Declarations]) -> Declarations:
    """Join declarations, given from the weakest on; only an important one overrules an important one."""
    found: dict[str, tuple[str, bool]] = {}
    for each in declarations:
        for name, (value, important) in each.items():
            if important or name not in found or not found[name][1]:
                found[name] = value, important
                if name == "background":
                    found.pop("background-color", None)
                elif name == "font":
                    found.pop("font-size", None)
    return found
