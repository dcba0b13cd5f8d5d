"""Whether an entry in a record is authenticated: dated, and signed by its author."""

from __future__ import annotations

from collections.abc import Sequence

import re2

from docassay.domains import Compared, RuleInput, Span
from docassay.domains.medical.dates import DATE
from docassay.domains.medical.records import FAREWELL, entry_date, is_birth, signature, stay_date

_ANY_DATE = re2.compile(
    rf"(?i)\b(?:{DATE}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2}}"
    r"|\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.(?:[^\d]|$))"
)
_MAYBE_SIGNED = re2.compile(
    r"(?im)\b(?:(?:electronically|digitally) (?:signed|authenticated)|signed by|signature|dictated by"
    r"|dictating"
    r"|attending (?:physician|surgeon)[ \t]*:|elektronisch (?:signiert|freigegeben)|unterschrift|gez\."
    r"|signé par|validé par)"
    r"|^[ \t]*(?:signed|author|provider|physician|surgeon|radiologist|examiner|arzt|ärztin|médecin)[ \t]*:"
    r"|,[ \t]*(?:M\.?D|D\.?O|MBBS|N\.?P|P\.?A(?:-C)?|APRN|Ph\.?D|PsyD|D\.?P\.?M)\b\.?[ \t]*$"
    r"|^[ \t]*(?:(?:Prof|Priv)\S* )?(?:Dr|Doz)\.? [^\n]{0,40}$"
)
_LINES_WITH_FAREWELL = 120


def authenticated(view: RuleInput) -> Sequence[Compared]:
    """Say whether an entry carries its own date and its author's name, and which of both is plainly missing.

    It is missing where the text has nothing that could be it. What might be one, such as the date of an
    earlier finding or closing words without a name, a person has to look at.
    """
    day, name = next(iter(entry_date(view)), None), next(iter(signature(view)), None)
    if day and name:
        return [Compared("pass", name, f"Dated {_quoted(view, day)}, signed by {_quoted(view, name)}.")]
    maybe_day, maybe_name = _maybe_date(view), _maybe_signature(view.text)
    absent = [
        what
        for what, found in (("date", day or maybe_day), ("signature", name or maybe_name))
        if found is None
    ]
    said = [f"Dated {_quoted(view, day)}."] if day else []
    said += [f"Signed by {_quoted(view, name)}."] if name else []
    if absent:
        return [Compared("fail", None, " ".join([f"No {' and no '.join(absent)} in this text.", *said]))]
    if not day:
        said.append("It has dates, and none is said to be its own.")
    if not name:
        said.append("It is not plain who signed.")
    return [Compared("review", maybe_name if day else maybe_day, " ".join(said))]


def _quoted(view: RuleInput, span: Span) -> str:
    return " ".join(view.text[slice(*span)].split())


def _maybe_date(view: RuleInput) -> Span | None:
    """Find a date that may be that of the entry: of the stay, else any but that of a birth."""
    stay = next(iter(stay_date(view)), None)
    dates = (
        match.span() for match in _ANY_DATE.finditer(view.text) if not is_birth(view.text, match.start())
    )
    return stay or next(dates, None)


def _maybe_signature(text: str) -> Span | None:
    """Find words that stand where a signature does: closing words, a title, what it is called."""
    if match := _MAYBE_SIGNED.search(text):
        start, end = match.span()
        return start + len(match[0]) - len(match[0].lstrip()), end
    position = 0
    for line in text.split("\n"):
        if FAREWELL.match(line[:_LINES_WITH_FAREWELL]):
            return position, position + len(line.rstrip())
        position += len(line) + 1
    return None
