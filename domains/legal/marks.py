"""Find what may begin a clause: numbers, articles, annexes, and headings without a number.

Whether a mark does begin one depends on what comes before it (`domains.legal.split`). Here only what
cannot is left out: an entry of a table of contents, a line number, a page header.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from docassay.domains.outline import lines_of
from docassay.domains.patterns import compiled

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_NUMERALS = "one/premier/première/i two/deuxième three four five six seven eight nine ten"
_WORDS = {name: number for number, names in enumerate(_NUMERALS.split(), 1) for name in names.split("/")}
_SMALL_WORDS = """
a an and of the to for in on by or with from as at upon de la le les du des et à aux en l' und der
die das von zur zum
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_VERBS_WORDS = """
is are was were shall will may must has have had can be act acts agree agrees follows applies apply
pays pay est sont sera doit peut ist sind wird kann hat
"""
_VERBS = frozenset(_VERBS_WORDS.split())
# Patterns are RE2: \s and \b know ASCII only, so the no-break space (a0) stands in the classes.
SPACE = r"[ \t\x{a0}]"
_BREAK = rf"(?:^|{SPACE}{{3,}})"  # a new line, or the run of spaces that a lost line break leaves
LINE_CHARS = 400
"""So much of a line is looked at: a text that has lost its line ends is one line."""
_OPENS = r"[\p{Lu}\"\x{201c}\x{ab}(\[]"
_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,4}"
_NAMED = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}|[ivxlIVXL]{1,7}|1er"
    r"|(?i:one|two|three|four|five|six|seven|eight|nine|ten|premier))"
)
_AFTER = rf"(?:[ \t\x{{a0}}*_]*$|{SPACE}*[.:)\x{{2013}}\x{{2014}}-]|[ \t\x{{a0}}*_]+{_OPENS})"


def _either(*words: str) -> str:
    """Match each word in capitals or with a capital: a clause's name is never in small letters."""
    return "(?:" + "|".join(f"{word.upper()}|{word.capitalize()}" for word in words) + ")"


_ANNEX = _either("schedule", "exhibit", "annex", "appendix", "annexe", "anlage", "attachment")
_PART = _either("part", "titre", "teil", "chapter", "chapitre", "abschnitt")
_ARTICLE = _either("article", "artikel", r"art\.")
_SECTION = _either("section", "clause", r"sec\.")
_STRONG = compiled(
    rf"(?m){_BREAK}[ \t\x{{a0}}>*_]*(?:"
    r"(?P<markdown>#{1,6}[ \t]+\S)"
    rf"|(?P<annex>{_ANNEX}[ \t]+(?:[A-Z]{{1,2}}|[0-9]{{1,2}}|[IVX]{{1,5}})(?:-[0-9A-Z]{{1,2}})?)"
    rf"[.:]?(?:[ \t\x{{a0}}*_]*$|{SPACE}+(?:{_OPENS}|[\x{{2013}}\x{{2014}}-]))"
    rf"|(?P<part>{_PART}[ \t]+{_NAMED}){_AFTER}"
    rf"|(?P<article>{_ARTICLE}{SPACE}+{_NAMED}){_AFTER}"
    rf"|(?P<section>(?:{_SECTION}{SPACE}+|\x{{a7}}{{1,2}}{SPACE}*){_NAMED}){_AFTER}"
    rf"|(?P<number>{_NUMBER})(?P<mark>[.)]?)[ \t\x{{a0}}*_.]*(?:[\p{{L}}\"\x{{201c}}\x{{ab}}(\[<]|$)"
    r"|(?P<roman>[IVX]{1,5})\.[ \t\x{a0}*_]+[\p{Lu}\"\x{201c}]"
    r"|(?P<letter>[A-Z])[.)][ \t\x{a0}*_]+[\p{Lu}\"\x{201c}]"
    r")"
)
# Within a line, where line breaks are lost: only after the end of a sentence, and only a strict successor.
_INLINE = compiled(
    r"[.;:\x{201d}\")\]][ \t]+(?:"
    rf"(?P<article>{_ARTICLE}[ \t]+{_NAMED})[.:]?[ \t]+\p{{Lu}}"
    rf"|(?P<section>{_SECTION}[ \t]+{_NAMED})[.:]?[ \t]+\p{{Lu}}"
    rf"|(?P<number>{_NUMBER})(?P<mark>\.?)[ \t]+[\p{{Lu}}\"\x{{201c}}]"
    r")"
)
_CLOSING = compiled(
    r"(?m)(?:^[ \t]*|[.;][ \t]+|[ \t]{3,})"
    r"((?:(?:IN )?WITNESS WHEREOF|IN WITNESS HEREOF"
    r"|In [Ww]itness [Ww]hereof|Fait en\b|Fait \x{e0} |FAIT \x{c0} ))"
)
_LEADER = compiled(
    r"(?:\.[ \t]?){4,}[ \t]*[0-9ivx]{0,5}[ \t]*$|(?:[ \t]{2,}|\t)(?:[0-9]{1,3}|[ivx]{1,5})[ \t]*$"
)
_ENTRY = compiled(r"[\pL.)\"\x{201d}][ \t.]+[0-9]{1,3}[ \t]*$")
_LISTED = compiled(r"^[ \t]*[0-9]{1,2}(?:\.[0-9]{1,2})*\.?[ \t]+\S.{0,80}[^.;:,\s]$")
_CONTENTS = compiled(
    r"(?i)^[ \t#*]*(?:(?:table of )?contents|sommaire|table des mati\x{e8}res|inhaltsverzeichnis)[ \t*]*$"
)
_TITLE_END = compiled(r"[.:](?:[ \t*_<]|$)|[\x{2013}\x{2014}]|[ \t]{3,}|\n")
_TAG = compiled(r"<[^<>\n]{0,120}>")
_ABBREVIATION = compiled(r"\b(?:Mr|Mrs|Ms|Dr|No|Inc|Ltd|Corp|Co|St|vs?|\p{Lu})$")
_SIGNATORY = compiled(r"(?i)\b(?:by|name|title|date|signed|signature|its)[ \t]*:|^/s/|_{3,}")


def candidates(text: str, media_type: str) -> list[tuple[int, str, str, tuple[int, ...], bool]]:
    """List what may begin a clause: start, style, label, numbers, and whether it must be the next number."""
    lines = list(lines_of(text))
    repeated = Counter(line.strip() for _, line in lines if len(line) < 120)
    contents = _contents(lines)
    marks: dict[int, tuple[int, str, str, tuple[int, ...], bool]] = {}
    ruled = _ruled(lines)
    for pattern, strict in ((_STRONG, False), (_INLINE, True)):
        for match in pattern.finditer(text):
            style, label = next((k, v) for k, v in match.groupdict().items() if v and k != "mark")
            start = match.start(pattern.groupindex[style])
            numbers = _numbers(style, label)
            if numbers is None or start in marks or any(a <= start < b for a, b in contents):
                continue
            mark = match.groupdict().get("mark") or ""
            if (
                style == "number"
                and not mark
                and len(numbers) == 1
                and (ruled or _is_prose(text, match.end(pattern.groupindex["number"])))
            ):
                continue
            if style == "number" and len(numbers) == 1:
                style += mark.replace(".", "") + _indent(text, start)
            line_end = text.find("\n", start, start + LINE_CHARS)
            line = text[start : line_end if line_end >= 0 else start + LINE_CHARS]
            if style == "number" and line.strip(" .)") == label and not _prose_below(text, line_end):
                continue
            if repeated[line.strip()] > 2 or (len(line) < 200 and _LEADER.search(line)):
                continue
            marks[start] = (start, style, label + (mark if style != "markdown" else ""), numbers, strict)
    for match in _CLOSING.finditer(text):
        marks[match.start(1)] = (match.start(1), "closing", "", (), False)
    for start, line in _loose_headings(lines, repeated):
        if start not in marks and not any(a <= start < b for a, b in contents):
            marks[start] = (start, "heading", line, (), False)
    if media_type == "message/rfc822" and (blank := text.find("\n\n")) > 0:
        marks = {start: entry for start, entry in marks.items() if start > blank}
    return [marks[start] for start in sorted(marks)]


def _numbers(style: str, label: str) -> tuple[int, ...] | None:
    if style in ("markdown", "annex", "part"):
        return ()
    if style == "letter":
        return (ord(label) - 64,)
    word = label.split()[-1].lstrip("§").lower().removesuffix("er") if style != "roman" else label.lower()
    if word[0].isdigit():
        return tuple(int(n) for n in word.split("."))
    if word in _WORDS:
        return (_WORDS[word],)
    if set(word) <= set(_ROMAN):
        values = [_ROMAN[c] for c in word]
        return (sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)),)
    return (1,) if word == "premi" else None


def _contents(lines: list[tuple[int, str]]) -> list[tuple[int, int]]:
    """Find tables of contents: under their title, or as a run of page numbers or of bare titles."""
    tables = []
    for number, (start, line) in enumerate(lines):
        if len(line) > 60 or not _CONTENTS.search(line):
            continue
        misses, end = 0, start + len(line)
        for entry_start, entry in lines[number + 1 : number + 400]:
            stripped = entry.strip()
            if len(stripped) > 160 or misses > 6:
                break
            if _LEADER.search(entry) or _ENTRY.search(entry) or stripped.isdigit():
                misses, end = 0, entry_start + len(entry)
            elif stripped:
                misses += 1
        tables.append((start, end))
    run: list[tuple[int, int]] = []
    for start, line in [*lines, (0, "end")]:
        if not line.strip():
            continue
        if len(line) < 160 and (_ENTRY.search(line) or _LISTED.search(line)):
            run.append((start, start + len(line)))
            continue
        if len(run) >= 5:
            tables.append((run[0][0], run[-1][1]))
        run = []
    return tables


def _ruled(lines: list[tuple[int, str]]) -> bool:
    """Tell whether it is pleading paper, on which every line is numbered, not the clauses."""
    numbers = Counter(line.split(maxsplit=1)[0] for _, line in lines if line[:2].strip().isdigit())
    return sum(numbers[str(n)] > 2 for n in range(15, 29)) > 8


def _is_prose(text: str, end: int) -> bool:
    """Tell whether a number begins a wrapped line ("30 days after"), not a clause ("3 Payment")."""
    rest = text[end : end + 40].lstrip(" \t\u00a0*_")
    return not rest[:1].isupper() and rest[:1] not in '"“'


def _prose_below(text: str, line_end: int) -> bool:
    """Tell whether a number stands above its clause, not in a column of numbers torn from their clauses."""
    below = text[line_end + 1 : line_end + 80].lstrip() if line_end >= 0 else ""
    return below[:1].isalpha() or below[:1] in '"“('


def _indent(text: str, start: int) -> str:
    """Write the depth of an indented list, four columns a level; a list in a list starts its own numbers."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return ">" * (len(line) // 4) if line.isspace() and "\n" not in line and len(line) < 40 else ""


def _loose_headings(lines: list[tuple[int, str]], repeated: Counter[str]) -> Iterator[tuple[int, str]]:
    """Find unnumbered headings: a short line in capitals or title case before a line of prose."""
    filled = [(start, line) for start, line in lines if line.strip()]
    for (start, line), (_, below) in pairwise(filled):
        words = line.strip(" \t*_").split()
        if (
            not 1 <= len(words) <= 10
            or repeated[line.strip()] > 1
            or len(below) < 60
            or _SIGNATORY.search(line)
        ):
            continue
        letters = [c for c in line if c.isalpha()]
        capitals = len(letters) > 3 and sum(c.isupper() for c in letters) > 0.9 * len(letters)
        named = line.lstrip()[:1].isupper() and line.rstrip()[-1].isalpha() and len(words) <= 8
        titled = (
            named and sum(w[0].isupper() for w in words) >= 0.6 * len(words) and below.strip()[0].isupper()
        )
        apart = start == 0 or (start >= 2 and _blank_before(lines, start))
        if (capitals and line.rstrip()[-1] not in ",;&") or (titled and apart and len(below) > 80):
            yield start + len(line) - len(line.lstrip()), " ".join(line.split())


def _blank_before(lines: list[tuple[int, str]], start: int) -> bool:
    number = bisect_left(lines, (start, ""))
    return number > 0 and not lines[number - 1][1].strip()


def title_of(text: str, start: int, label: str) -> str:
    """Read a clause's heading: its number, and its title where it has a short one."""
    line_end = text.find("\n", start)
    line = text[start : line_end if line_end >= 0 else len(text)][:400]
    rest = _TAG.sub("", line[len(label) :].replace("\u00a0", " ")).lstrip(" \t.:)*_–—-")
    label = " ".join(label.split())
    if label.startswith("#"):
        return _TAG.sub("", line).lstrip("#").strip(" \t*")[:120] or label
    if not rest and line_end >= 0:
        # the title may stand on the line below: "ARTICLE 4" / "PAYMENT"
        below = text[line_end + 1 : line_end + 130].lstrip().split("\n", 1)[0]
        below = " ".join(below.split()).strip("*_")
        if (
            below
            and len(below.split()) <= 8
            and below[0].isupper()
            and below[-1] not in ".,;:"
            and ":" not in below
        ):
            return f"{label} {below}"
        return label
    end = _TITLE_END.search(rest)
    name = " ".join((rest[: end.start()] if end else rest).split()).strip("*_")
    if _ABBREVIATION.search(name):
        return label
    words = name.split()
    if not words or len(name) > 100 or len(words) > 14 or not words[0][0].isupper():
        return label
    alone = end is None or not rest[end.end() :].strip(" \t*_.")
    main_words = [word for word in words if word.lower() not in _SMALL and word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in main_words)
    has_verb = any(word in _VERBS for word in words)
    title_case = capitals > 0.75 * len(main_words)
    plain = not has_verb and len(words) <= 9
    if (alone and (title_case or plain) and line.rstrip()[-1:] not in ".;," and len(line) < 110) or (
        end and plain and (title_case or len(words) <= 5)
    ):
        return f"{label} {name}"
    return label
