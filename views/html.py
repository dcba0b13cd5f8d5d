"""Render HTML pages from `views/templates`, with every value escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from docassay.observe.sanitize import line
from docassay.schemas.rows import Reject, Result
from docassay.views import labels
from docassay.views.explain import Removed, chance, counted_values, passages
from docassay.views.page import Block, Page
from docassay.views.sheets import Sheet, outlines, sheet

if TYPE_CHECKING:
    from docassay.transforms.isolation.draw import Picture

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

SECTIONS = (
    ("flags", "Signs of fraud", "none found"),
    ("open", "Checks that failed or need review", ""),
    ("absent", "What was not found", ""),
    ("passed", "Checks that passed", ""),
)
"""Sections of the list of findings: name, heading, and the text of an empty one."""


class Shown(NamedTuple):
    """A passage to show, after `left_out` characters that are not."""

    left_out: int
    blocks: Iterator[Block]


class Explained(NamedTuple):
    """A document, or a reject, on the page that `explain` writes."""

    prefix: str
    reject: Reject | None = None
    page: Page | None = None
    sheets: Sequence[Sheet] = ()
    shown: Sequence[Shown] = ()
    drawn: frozenset[int] = frozenset()
    removed: Removed | None = None


@cache
def environment() -> Environment:
    """Return the Jinja environment; values are text and escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        labels=labels,
        chance=chance,
        line=line,
        static=_static,
        verdicts=labels.VERDICTS,
        sections=SECTIONS,
        counted_values=counted_values,
    )
    return made


@cache
def _static(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:16]}"


def write(template: str, **values: Any) -> str:
    """Render a template."""
    return environment().get_template(template).render(values)


def explained(
    outcomes: Sequence[Result | Reject],
    full: bool = False,
    pictures: Mapping[str, Sequence[Picture]] | None = None,
    removed: Mapping[str, Removed] | None = None,
) -> str:
    """Render the results of `explain` as one file without scripts or external resources.

    Args:
        outcomes: The document and its attachments.
        full: Show all of long texts.
        pictures: Pages that were drawn, by the document's URI.
        removed: What `docassay redact` removes, by the document's URI, where it was looked for.
    """
    articles = [
        Explained(f"d{n}-", reject=outcome)
        if isinstance(outcome, Reject)
        else article(
            Page(outcome),
            f"d{n}-",
            full,
            (pictures or {}).get(outcome.uri, ()),
            (removed or {}).get(outcome.uri),
        )
        for n, outcome in enumerate(outcomes, start=1)
    ]
    first = articles[0] if articles else None
    title = "" if first is None else first.page.title if first.page else line(outcomes[0].uri)
    return write(
        "explain.html",
        title=title,
        outcomes=articles,
        states={},
        hint=" (--full shows all)",
        **closed(),
    )


def closed() -> dict[str, Any]:
    """Give the style of a file that loads nothing and runs nothing, and the policy that says so."""
    style = (STATIC / "style.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return {
        "style": Markup(style),  # the shipped file, whose digest the policy names
        "policy": f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'",
    }


def article(
    page: Page,
    prefix: str,
    full: bool = False,
    pictures: Sequence[Picture] = (),
    removed: Removed | None = None,
) -> Explained:
    """Lay a document out for a file.

    Args:
        page: The document.
        prefix: Begins the names of places in it.
        full: Show all of a long text.
        pictures: Of its pages.
        removed: What `docassay redact` removes, where it was looked for.
    """
    result = page.result
    shown, before = [], 0
    for start, end in passages(result.text, page.places, full):
        shown.append(Shown(start - before, page.slice(start, end)))
        before = end
    if before < len(result.text):
        shown.append(Shown(len(result.text) - before, iter(())))
    more = outlines(result)
    sheets = [
        sheet(
            picture.page,
            (picture.width, picture.height),
            page.marks,
            f"data:image/png;base64,{b64encode(picture.png).decode()}",
            more.get(picture.page, ()),
        )
        for picture in pictures
    ]
    drawn = frozenset(picture.page for picture in pictures)
    return Explained(prefix, page=page, sheets=sheets, shown=shown, drawn=drawn, removed=removed)
