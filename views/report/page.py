"""Render a report as one HTML file, with every text escaped."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from typing import Any

from markupsafe import Markup

from docassay.domains.judged import judged
from docassay.observe.sanitize import line, visible
from docassay.schemas.rows import SEVERITIES
from docassay.views import labels
from docassay.views.html import STATIC, environment
from docassay.views.report import plots, wording
from docassay.views.report.drift import FEWEST, Comparison
from docassay.views.report.facts import Facts, Row
from docassay.views.report.passages import EACH, Passage

MOST_CHARS = 2_000
"""Characters of any one text from the tables."""

BARS = 14
CHANGES = 3
"""Classes of a comparison that are named, those that changed most."""

QUESTIONS = 8
"""Questions that were not asked, of those named together."""

SHARES = 8
"""Classes of which the shares are drawn."""

STATUS_SERIES = (
    ("signs of fraud", "bad", "flagged"),
    ("need review", "medium", "review"),
    ("decided: failed", "low", "decided_failed"),
    ("not checked", "muted", "unchecked"),
    ("nothing found", "good", "nothing"),
)
VERDICT_SERIES = (
    ("failed", "bad", "failed"),
    ("need review", "medium", "review"),
    ("passed", "muted", "passed"),
)

_PERIODS = {"hour": "%-d %b, %H:00", "day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}


def page(out: str, number: int | None, facts: Facts, passages: Sequence[Passage], review: str = "") -> str:
    """Render the report.

    Args:
        out: The folder that was asked.
        number: The commit whose state it is; None of tables without a manifest.
        facts: What the tables say.
        passages: The most telling evidence.
        review: The address of `docassay review`, to whose queue numbers lead; empty: they lead nowhere.
    """
    made = environment().overlay(lstrip_blocks=True)
    made.filters = made.filters | {
        "n": "{:,}".format,
        "day": "{:%-d %B %Y}".format,
        "clock": "{:%H:%M}".format,
        "words": lambda name: line(wording.words(str(name)), 200),
        "language": wording.language,
        "quoted": lambda text: visible(re.sub(r"\s+", " ", text)),
        "shown": _shown,
    }
    return made.get_template("report.html").render(
        out=out,
        name=os.path.basename(out.rstrip("/")) or out,
        number=number,
        review=review,
        now=datetime.now(UTC),
        version=version("docassay"),
        style=Markup((STATIC / "report.css").read_text(encoding="utf-8")),
        fewest=FEWEST,
        each=EACH,
        **_sections(facts),
        passages=_by_sign(facts.signs, passages),
        plots=_plots(facts),
    )


def _shown(text: object, most: int = MOST_CHARS) -> str:
    return line(str(text)[: most + 1], most)


def _sections(facts: Facts) -> dict[str, Any]:
    tables = [
        {
            "name": name,
            "rows": [{**row, "said": wording.expected(row["name"], row["arguments"])} for row in rows],
            "checked": rows[0]["checked"],
            "refused": sum(row["refused"] for row in rows),
        }
        for name, rows in (
            (name, list(some)) for name, some in groupby(facts.checked, lambda row: row["table"])
        )
    ]
    latest = next((row for row in facts.runs if row["documents"]), None)
    speed = sorted(latest["seconds"].items(), key=lambda item: -item[1]) if latest else []
    took = latest["took"] if latest else 0
    return facts._asdict() | {
        "summary": _summary(facts),
        "periods": _labelled(facts.periods, facts.unit),
        "own_periods": _labelled(facts.own_periods, facts.own_unit),
        "not_asked": [
            {**r, "said": labels.NOT_ASKED.get(r["why"], r["why"]), "asked": _asked(r["why"], r["questions"])}
            for r in facts.not_asked
        ],
        "doubts": [
            {**r, "said": labels.DOUBTS.get(r["doubt"], r["doubt"])}
            for r in facts.doubts
            if r["doubt"] not in labels.UNCHECKED
        ],
        "unchecked": [
            {**r, "said": labels.UNCHECKED[r["doubt"]]}
            for r in facts.doubts
            if r["doubt"] in labels.UNCHECKED
        ],
        "rejects": [{**r, "said": _reason(r)} for r in facts.rejects],
        "laws": laws(facts.checks),
        "observed": [
            {"row": row, "name": wording.words(re.split(r"[ .]", row.rule)[-1])} for row in facts.observed
        ],
        "comparisons": [_compared(one) for one in _by_verdict(facts.comparisons)],
        "drift_said": drift_said(facts.comparisons),
        "changed_versions": _changed_versions(facts),
        "checked": tables,
        "checked_run": facts.checked[0]["run_id"] if facts.checked else "",
        "checked_rows": sum(table["checked"] for table in tables),
        "refused_rows": sum(table["refused"] for table in tables),
        "speed": speed,
        "rate": f"{latest['documents'] / took:,.1f}" if latest and took else "",
    }  # fmt: skip


def _changed_versions(facts: Facts) -> list[str]:
    """List the models and rules that only the latest runs have used."""
    before, latest = facts.compared
    return [
        f"{row['sort']} {row['name']}"
        for row in facts.versions
        if before and row["is_latest"] and row["runs"] <= latest
    ]


def laws(checks: Sequence[Row]) -> list[Row]:
    """Group checks by the law or standard that they rest on, those with most failures first."""
    grouped: dict[str, list[Row]] = {}
    for row in checks:
        grouped.setdefault(row["law"], []).append(row)
    summed = [
        {
            "name": law,
            "checks": rows,
            **{v: sum(row[v] for row in rows) for v in ("failed", "review", "passed")},
        }
        for law, rows in grouped.items()
    ]
    return sorted(summed, key=lambda law: (-law["failed"], -law["review"], -law["passed"], law["name"]))


def drift_said(comparisons: Iterable[Comparison]) -> str:
    """Summarise drift in a sentence."""
    by_verdict: dict[str, list[str]] = {}
    for one in comparisons:
        by_verdict.setdefault(one.verdict, []).append(_what(one))
    said = [
        _sentence(f"{', '.join(by_verdict[verdict])} {verb}.")
        for verdict, verb in (("drifted", "drifted"), ("moved", "shifted somewhat"))
        if verdict in by_verdict
    ]
    if said:
        return " ".join(said)
    few = "too few" in by_verdict and "steady" not in by_verdict
    return "There are too few documents to tell whether anything drifted." if few else "Nothing drifted."


def _summary(facts: Facts) -> str:
    totals = facts.totals
    some = [
        _flagged(totals["flagged"], totals["critical"]),
        f"{totals['failing']:,} {'fails' if totals['failing'] == 1 else 'fail'} a compliance check"
        if totals["failing"]
        else "no compliance check failed",
    ]
    noun = "input" if totals["rejects"] == 1 else "inputs"
    read = f" {totals['rejects']:,} further {noun} could not be read." if totals["rejects"] else ""
    return f"{'; '.join(some)}.{read}"


def _flagged(flagged: int, critical: int) -> str:
    """Format how many documents have signs of fraud.

    >>> _flagged(51, 1)
    '51 have signs of fraud, and 1 of them has critical ones'
    >>> _flagged(51, 3)
    '51 have signs of fraud, and 3 of them have critical ones'
    >>> _flagged(1, 1), _flagged(1, 0), _flagged(0, 0)
    ('1 has signs of fraud, some of them critical', '1 has signs of fraud', 'None has signs of fraud')
    """
    if not flagged:
        return "None has signs of fraud"
    if flagged == 1:
        return f"1 has signs of fraud{', some of them critical' if critical else ''}"
    worst = f", and {critical:,} of them {'has' if critical == 1 else 'have'} critical ones"
    return f"{flagged:,} have signs of fraud{worst if critical else ''}"


def _by_sign(signs: Sequence[Row], passages: Sequence[Passage]) -> list[tuple[Row, list[Passage]]]:
    about = {(row["code"], row["severity"]): row for row in signs}
    grouped: dict[tuple[str, str], list[Passage]] = {}
    for one in passages:
        grouped.setdefault((one.code, one.severity), []).append(one)
    return [
        ({**about[key], "judged": str(judged(about[key]["decided_by"]) or "")}, some)
        for key, some in grouped.items()
        if key in about
    ]


def _compared(one: Comparison) -> Row:
    return {
        "what": _sentence(_what(one)),
        "verdict": one.verdict,
        "index": one.index,
        "chance": one.chance,
        "now": one.now,
        "before": one.before,
        "changes": [
            f"{_class(one, name)} {before:.0%} → {now:.0%}"
            for name, before, now in one.shares[:CHANGES]
            if one.verdict != "too few" and abs(now - before) >= 0.005
        ],
    }


def _what(one: Comparison) -> str:
    return f"{one.about} of {wording.words(one.task).lower()}" if one.task else one.about


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _class(one: Comparison, name: str) -> str:
    if one.about == "languages":
        return wording.language(name)
    if one.about == "kinds" and "." in name:
        domain, _, kind = name.partition(".")
        return line(f"{wording.words(kind)}, {domain}", 80)
    return line(wording.words(name), 80)


def _asked(why: str, questions: str) -> str:
    """List some of the questions in words."""
    names = labels.questions(why, questions)
    more = f" and {len(names) - QUESTIONS:,} more" if len(names) > QUESTIONS else ""
    return f"{', '.join(names[:QUESTIONS])}{more}"


def _by_verdict(comparisons: Iterable[Comparison]) -> list[Comparison]:
    order = ("drifted", "moved", "steady", "too few")
    return sorted(comparisons, key=lambda one: (order.index(one.verdict), -one.index))


def _reason(row: Row) -> str:
    if row["stage"] == "validate":
        return "A row that failed validation"
    return _sentence(wording.REASONS.get(row["reason"], wording.words(row["reason"])))


def _labelled(periods: Sequence[Row], unit: str) -> list[Row]:
    return [{**row, "label": f"{row['period']:{_PERIODS[unit]}}"} for row in periods]


def _plots(facts: Facts) -> dict[str, Any]:
    kinds, by_law = facts.kinds[:BARS], laws(facts.checks)[:BARS]
    periods = _labelled(facts.periods, facts.unit)
    own_periods = _labelled(facts.own_periods, facts.own_unit)
    signs, rejects = facts.signs[:BARS], [row for row in facts.rejects if row["inputs"]][:BARS]
    latest = next((row for row in facts.runs if row["documents"]), None)
    stages = sorted((latest or {"seconds": {}})["seconds"].items(), key=lambda item: -item[1])[:BARS]
    severities = [
        plots.Series(word, word, [row["documents"] if row["severity"] == word else 0 for row in signs])
        for word in reversed(SEVERITIES)
        if any(row["severity"] == word for row in signs)
    ]
    drifted = [one for one in _by_verdict(facts.comparisons) if one.verdict in ("drifted", "moved")][:4]
    return {
        "kinds": _bars(
            "Documents by document type", [_kind(row) for row in kinds], _series(kinds, STATUS_SERIES)
        ),
        "periods": _columns("Documents over time", periods, _series(periods, STATUS_SERIES)),
        "own_periods": _columns(
            "Documents by document date", own_periods, _series(own_periods, STATUS_SERIES)
        ),
        "signs": _bars("Documents by sign of fraud", [wording.words(r["code"]) for r in signs], severities),
        "checks": _bars(
            "Check results by law", [law["name"] for law in by_law], _series(by_law, VERDICT_SERIES)
        ),
        "rejects": _bars(
            "Inputs that could not be read, by reason",
            [wording.words(row["reason"]) for row in rejects],
            [plots.Series("inputs", "medium", [row["inputs"] for row in rejects])],
        ),
        "speed": _bars(
            "Seconds by stage",
            [stage for stage, _ in stages],
            [plots.Series("seconds", "accent", [spent for _, spent in stages])],
        ),
        "drift": [
            (
                _sentence(_what(one)),
                _changes(one),
                [(_class(one, name), before, now) for name, before, now in one.shares[:SHARES]],
            )
            for one in drifted
        ],
    }  # fmt: skip


def _changes(one: Comparison) -> Markup:
    shares = one.shares[:SHARES]
    series = [
        plots.Series("before", "muted", [100 * before for _, before, _ in shares]),
        plots.Series("now", "accent", [100 * now for _, _, now in shares]),
    ]
    bar_names = [_class(one, name) for name, _, _ in shares]
    return _bars(
        f"{_sentence(_what(one))}: per cent, before and now", bar_names, series, beside=True, form="{:.0f}%"
    )


def _bars(title: str, names: Sequence[str], series: Sequence[plots.Series], **form: Any) -> Markup:
    return Markup(plots.bars(title, [line(name, 200) for name in names], series, **form) if names else "")


def _columns(title: str, periods: Sequence[Row], series: Sequence[plots.Series]) -> Markup:
    return Markup(plots.columns(title, [row["label"] for row in periods], series) if periods else "")


def _series(rows: Sequence[Row], parts: Sequence[tuple[str, str, str]]) -> list[plots.Series]:
    used = [part for part in parts if part[2] != "decided_failed" or any(row[part[2]] for row in rows)]
    return [plots.Series(name, colour, [row[key] for row in rows]) for name, colour, key in used]


def _kind(row: Mapping[str, Any]) -> str:
    return f"{wording.words(row['kind'])}, {row['domain']}"
