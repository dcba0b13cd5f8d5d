"""The opening of a document, where its title stands, below the menu of a page, front matter or LaTeX."""

from __future__ import annotations

import re
from itertools import groupby

OPENING_CHARS = 600
"""How much of a text its title is looked for in."""

_READ_CHARS = 2_000
"""How much is read of a text that begins with a menu."""

_PREAMBLE_CHARS = 20_000
"""How much is read of a text that begins with the fields of a front matter or with LaTeX."""

_TITLE_LABEL = re.compile(r"(?im)^(?:(?:post|page|seo)?[_-]?title|titel|titre)[ \t]*:[ \t]*")
"""What stands before a title in the head of a text file."""

_FRONT_MATTER = re.compile(r"\s*(---|\+\+\+)[ \t]*\n((?s:.){0,6000}?)\n\1[ \t]*\n")
_FRONT_TITLE = re.compile(r"(?im)^(?:(?:post|page)?[_-]?title|titel|titre)[ \t]*[:=][ \t]*(\S[^\n]*)")

_LATEX = re.compile(r"(?m)^[ \t]*\\(?:documentclass|title|(?:sub)*section|chapter|begin|input|usepackage)\b")
_LATEX_TITLE = re.compile(r"\\(?:title|subject)(?:\[[^\]\n]*\])?[ \t]*\{([^\n]{1,300})")
_LATEX_COMMAND = re.compile(
    r"(?m)(?<!\\)%[^\n]*|\\(?:begin|end|vspace|hspace)\*?\{[^}\n]*\}|\\[A-Za-z]+\*?(?:\[[^\]\n]*\])?"
)
_LATEX_MARKS = str.maketrans("~", " ", "{}\\")

_MENU_ENTRY = re.compile(
    r"(?i)\W*(?:home|start(?:seite)?|accueil|men[uü]|[ck]onta[ck]t|über uns|about(?: us)?|à propos|log-?in"
    r"|anmelden|(?:se )?connect(?:er)?|connexion|blog|news|aktuelles|neuigkeiten|faq|shop|boutique|suche"
    r"|search|rechercher|☰)\W*"
)
_MENU_LINE_CHARS, _MENU_LINE_WORDS, _LEAST_ENTRIES = 32, 4, 2


def opening_of(text: str) -> str:
    r"""Give the opening of a text, in which its title stands.

    >>> opening_of("---\nlayout: page\ntitle: Honey\n---\nIt comes from Kent.")
    'Honey\nIt comes from Kent.'
    >>> opening_of("\\documentclass{article}\n\\begin{document}\n\\section*{Honey}\nIt comes from Kent.")
    'Honey\nIt comes from Kent.'
    """
    head = text[:_PREAMBLE_CHARS]
    if _LATEX.search(head[:OPENING_CHARS]):
        return _of_latex(head)
    if fields := _FRONT_MATTER.match(head):
        titles = _FRONT_TITLE.findall(fields[2])
        head = "\n".join([*titles, head[fields.end() :].lstrip()])
    return _TITLE_LABEL.sub("", without_menus(head[:_READ_CHARS])[:OPENING_CHARS])


def _of_latex(source: str) -> str:
    titles = _LATEX_TITLE.findall(source)
    _, begun, body = source.partition(r"\begin{document}")
    plain = _LATEX_COMMAND.sub("", "\n".join([*titles, body if begun else source])).translate(_LATEX_MARKS)
    return "\n".join(line for line in map(str.strip, plain.split("\n")) if line)[:OPENING_CHARS]


def without_menus(text: str) -> str:
    r"""Leave out the menus of a web page: they name its terms and its legal notice on every page.

    A menu is a run of short lines with two usual entries or more; what follows the last of these stays.

    >>> without_menus("Home\nTerms of Service\nContact\nOur honey comes from Kent.")
    'Our honey comes from Kent.'
    """
    kept: list[str] = []
    for is_short, run in groupby(text.split("\n"), key=_is_short):
        lines = list(run)
        entries = [at for at, line in enumerate(lines) if is_short and _MENU_ENTRY.fullmatch(line)]
        named = {lines[at].strip().lower() for at in entries}
        kept += lines[entries[-1] + 1 :] if len(named) >= _LEAST_ENTRIES else lines
    return "\n".join(kept)


def _is_short(line: str) -> bool:
    short = len(line) <= _MENU_LINE_CHARS and len(line.split()) <= _MENU_LINE_WORDS
    return short and not line.rstrip().endswith((".", ":", ","))
