"""Generate the tables of the documentation from their sources: domains, model cards, benchmark results.

`python -m research.pages` writes them; with `--check` it fails if one is out of date. A table
stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``, in the README, in a page of `docs/` or,
if long, of `docs/figures/`. A shipped question stands below its heading.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from docassay import domains
from docassay.domains.judged import published
from docassay.models.catalog import folders, read
from docassay.transforms.kind import HEAD
from docassay.views.questions import questions
from research.benchmarks import report
from research.benchmarks.facts.score import HEADINGS
from research.benchmarks.real import JUDGED, read_tsv, share
from research.gemma import model as gemma
from research.translation.evaluate import PUBLISHED, pair_of

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((DOCS / "figures").glob("*.md")))
RESULTS = report.RESULTS
REAL, PACKETS, CELLS, QUEUE = "real.json", "packets.json", "cells.json", "queue_order.json"
REDACT, DECIDED, FAMILIES, TIERS = "redact.json", "decided.json", "families.json", "tiers.json"
CONTRACTS = "facts_contracts.json"
INVOICES = "facts_invoices.json"
RECEIPTS = "facts_receipts.json"
QUALITY = (REAL, PACKETS, CELLS, QUEUE, REDACT, DECIDED, FAMILIES, TIERS, CONTRACTS)
"""The results whose figures are of quality, not of speed."""

LEFT = ("characters", "left", "documents_with_some_left", "documents")
"""What is said of each class in the result of `research.benchmarks.redact`."""

LEAST_GAIN = 0.005
"""The macro-F1 that a larger model must add to a task to be recommended for it."""

HEADLINE = re.compile(
    r"accuracy|micro_f1|macro_f1$|smishing_f1|fraud_reported_f1|adverse_reaction_f1|calibration_error(_by_chance)?$"
)
"""The figures of a card that the summary of docs/quality.md shows."""


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Lay out a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def domains_table() -> str:
    """List the domains with their tasks, and the numbers of their kinds, signs of fraud and checks."""
    rows = []
    for name in domains.names():
        domain = domains.load(name)
        rows.append(
            [
                f"`{name}`",
                ", ".join(f"`{task}`" for task in domain.all_tasks),
                str(len(domain.kinds)),
                str(domain.signs),
                str(len(domain.checks)),
            ]
        )
    return table(["domain", "model tasks", "document types", "signs of fraud", "checks"], rows)


def kinds_table() -> str:
    """List each kind: documents seen in training, right of those held apart, and what is asked of it."""
    (task,) = read(folders()[HEAD]).tasks.values()
    rows = []
    for domain in domains.document_domains():
        for kind in domain.kinds:
            name = f"{domain.name}.{kind.name}"
            seen, of = (int(task.quality.get(f"{what}_{name}", 0)) for what in ("seen", "texts"))
            right = f"{round(of * float(task.quality[f'recall_{name}']))} of {of}" if of else ""
            checks = sum(not rule.kinds or kind.name in rule.kinds for rule in domain.checks)
            asked = ", ".join(
                [f"{checks} checks"] * bool(checks) + [f"`{one}`" for one in domain.tasks_of(kind.name)]
            )
            silent = "" if kind.generic else "recognised, not checked"
            told = [str(seen) if seen else "", right, asked if kind.asked and asked else silent]
            rows.append([domain.name, f"`{kind.name}`", *told])
    return table(["domain", "document type", "seen", "right, held out", "checks and tasks"], rows)


def quality_table() -> str:
    """List the figures of every task that a domain uses, from the models' cards."""
    asked_tasks = {task for name in domains.names() for task in domains.load(name).all_tasks}
    rows = []
    for folder in folders().values():
        for task in read(folder).tasks.values():
            if task.name in asked_tasks:
                figures = {name: value for name, value in task.quality.items() if HEADLINE.search(name)}
                listed = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in figures.items())
                rows.append(
                    [task.domain, f"`{task.name}`", str(len(task.labels)), str(task.quality["test"]), listed]
                )
    return table(["domain", "task", "labels", "test set", "measured"], rows)


def translation_table() -> str:
    """List each translator's scores on its tests, from its card, beside the published scores of others.

    Gemma is not shipped but built at a user's request; its figures are those that its card will hold.
    """
    rows = []
    for fields in (card.about for card in map(read, folders().values()) if card.kind == "translator"):
        for name, figures in fields.get("quality", {}).items():
            if isinstance(figures, list):
                others = PUBLISHED.get(f"{name}.{pair_of(fields)}", "")
                rows.append([f"`{fields['name']}`", name, *(f"{figure:.1f}" for figure in figures), others])
    for test, measured in gemma.QUALITY.items():
        name, pair = test.split(".")
        scores = (f"{figure:.1f}" for figure in measured)
        rows.append([f"`{gemma.NAME}`", f"{name}, {pair[:2]}", *scores, PUBLISHED.get(test, "")])
    return table(["model", "test set", "BLEU", "chrF", "BLEU of others"], rows)


def speed_table() -> str:
    """List the benchmarks' figures: name, value, target, and the command that measures each.

    A figure measured on a processor without VNNI instructions has a star.
    """
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        if path.name in QUALITY:
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        star = " *" if report.WITHOUT in result["cpu"] else ""
        for figure in result["figures"]:
            rows.append(
                [
                    figure["what"],
                    f"{figure['value']}{star}",
                    figure.get("target", ""),
                    f"`{result['command']}`",
                ]
            )
    return table(["figure", "measured", "target", "command"], rows)


def figures_table(name: str) -> str:
    """List the figures of a result, with their targets."""
    path = RESULTS / name
    result = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"figures": []}
    rows = [[figure["what"], figure["value"], figure.get("target", "")] for figure in result["figures"]]
    return table(["figure", "measured", "target"], rows)


def facts_table(name: str) -> str:
    """List how well facts are read, field by field."""
    details = json.loads((RESULTS / name).read_text(encoding="utf-8"))["details"]
    rows = [[_short(cell) for cell in row] for row in details["rows"]]
    return table(details.get("headings", HEADINGS), rows)


def _short(cell: str) -> str:
    """Write a score and its interval, or a share of a number, in few words."""
    return re.sub(r" to (?=[\d.]+\))", "–", cell.removeprefix("Brier "))


def families_table() -> str:
    """Tell which families of decoders are added, how far their logits are off, and what is special."""
    rows = [
        [
            row["name"],
            "yes" if row["added"] else "no",
            f"{row['logit_difference']:.0e}" if row["added"] else "",
            f"{row['int8_same_next_token']:.2f}" if row["added"] else "",
            row["differs"],
        ]
        for row in json.loads((RESULTS / FAMILIES).read_text(encoding="utf-8"))["details"][
            "families"
        ].values()
    ]
    return table(["family", "added", "logits differ by", "same next token in int8", "where it differs"], rows)


def gains(scores: Mapping[str, Mapping[str, float]]) -> bool:
    """Say whether asking a tier gains macro-F1, by `LEAST_GAIN` at least, and loses no accuracy."""
    both, small = scores["both"], scores["small"]
    return both["macro_f1"] - small["macro_f1"] >= LEAST_GAIN and both["accuracy"] >= small["accuracy"]


def tiers_table() -> str:
    """Tell by task what a larger model gains where the small one abstains, and whether to ask it."""
    rows = []
    for tier, measured in _tiers().items():
        for name, task in measured["tasks"].items():
            scores, seconds = task["scores"], task["seconds_per_1000_texts"]
            each = [
                " / ".join(f"{scores[who][key]:.3f}" for who in ("small", "tier", "both"))
                for key in ("macro_f1", "accuracy")
            ]
            gained = f"{task['macro_f1_gained_per_1000_calls']:+.3f}" if task["asked"] else ""
            times = [f"{seconds[who]:.{1 if seconds[who] < 100 else 0}f}" for who in ("small", "tier")]
            cells = [tier, f"`{name}`", f"{task['texts']:,}", f"{task['calls_per_1000']:.0f}", *each, gained]
            rows.append([*cells, " / ".join(times), "yes" if gains(scores) else "no"])
    headings = ["tier", "task", "texts", "calls / 1,000 texts", "macro-F1: small / tier / both"]
    headings += ["all labels right: small / tier / both", "macro-F1 gained / 1,000 calls"]
    return table([*headings, "seconds / 1,000 texts: small / tier", "gains"], rows)


def tier_risks_table() -> str:
    """Tell which share of the surest texts is wrong, the mean over tasks: alone, and with each tier."""
    rows: list[list[str]] = []
    shares: list[str] = []
    for tier, measured in _tiers().items():
        tasks = measured["tasks"].values()
        shares = list(next(iter(tasks))["risks"]["small"])
        for who, name in (
            ("small", "shipped model"),
            ("tier", tier),
            ("both", f"shipped model, then {tier}"),
        ):
            means = [sum(task["risks"][who][at] for task in tasks) / len(tasks) for at in shares]
            rows.append([name, str(len(tasks)), *(f"{mean:.3f}" for mean in means)])
    return table(["wrong among the most certain", "tasks", *shares], rows)


def _tiers() -> dict[str, Any]:
    tiers: dict[str, Any] = json.loads((RESULTS / TIERS).read_text(encoding="utf-8"))["details"]["tiers"]
    return tiers


def redaction_table() -> str:
    """List what redaction left of marked personal data: by set, by class, and where the marks were given."""
    result = json.loads((RESULTS / REDACT).read_text(encoding="utf-8"))
    rows = []
    for part in result["details"]["own_detection"]:
        classes = part["classes"].items()
        whole = [part["characters"], part["left"], part["documents_with_some_left"], part["documents"]]
        for name, (chars, left, leaking, of) in [
            ("all", whole),
            *((f"`{name}`", [figures[key] for key in LEFT]) for name, figures in classes),
        ]:
            share_left = f"{left / chars:.3f}"
            rows.append([part["on"], name, f"{chars:,}", f"{left:,}", share_left, f"{leaking} of {of}"])
    counts = result["details"]["given_spans"]["counts"]
    given = [[what, f"{number:,}"] for what, number in counts.items()]
    found = table(
        ["found by the model, in", "class", "characters", "left", "share", "documents with some left"],
        rows,
    )
    return f"{found}\n\n{table(['with marks made by people', ''], given)}"


def judged_table() -> str:
    """Count what was judged by reading: by round, what kind of row it was, and its verdict or head."""
    rows = []
    for path in sorted(JUDGED.glob("round-*.tsv")):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in read_tsv(path):
            head = row["name"].partition(".")[0] if row["table_name"] == "classifications" else ""
            counts[f"{row['table_name']} {row['verdict'] or head}".strip()][row["judged"]] += 1
        for what, numbers in sorted(counts.items()):
            of = numbers.total()
            each = [str(numbers[name]) for name in ("wrong", "useless")]
            rows.append([path.stem.removeprefix("round-"), what, share(numbers["right"], of), *each])
    return table(["round", "rows", "right", "wrong", "useless"], rows)


def precision_table() -> str:
    """List how often each rule was right, and name those that nobody has judged."""
    rows, unjudged = [], []
    for name in domains.names():
        domain = domains.load(name)
        counts = published(name)
        for rule_id in [rule.id for rule in domain.flags] + [rule.id for rule in domain.checks]:
            verdicts = [counts[key] for key in sorted(counts) if key[0] == rule_id]
            rows += [
                [f"`{name}.{rule_id}`", row.verdict or "flag", share(row.right, row.count)]
                for row in verdicts
            ]
            unjudged += [] if verdicts else [f"`{name}.{rule_id}`"]
    listed = ", ".join(unjudged) or "none"
    return f"{table(['rule', 'says', 'right'], rows)}\n\nNot measured: {listed}."


GENERATED: dict[str, Callable[[], str]] = {
    "domains": domains_table,
    "kinds": kinds_table,
    "quality": quality_table,
    "translation": translation_table,
    "speed": speed_table,
    "real": partial(figures_table, REAL),
    "packets": partial(figures_table, PACKETS),
    "cells": partial(figures_table, CELLS),
    "queue": partial(figures_table, QUEUE),
    "facts_contracts": partial(facts_table, CONTRACTS),
    "facts_invoices": partial(facts_table, INVOICES),
    "facts_receipts": partial(facts_table, RECEIPTS),
    "families": families_table,
    "tiers": tiers_table,
    "tier_risks": tier_risks_table,
    "redaction": redaction_table,
    "judged": judged_table,
    "precision": precision_table,
}


def written(text: str) -> str:
    """Fill every generated region of a text, and the shipped questions with their SQL."""
    for name, make in GENERATED.items():
        pattern = re.compile(rf"(?<=<!-- generated: {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
        if pattern.search(text):
            text = pattern.sub(f"{make()}\n".replace("\\", r"\\"), text, count=1)
    for number, title, sql in questions():
        pattern = re.compile(rf"(?<=\n### ){number}\. [^\n]*\n\n```sql\n.*?```", re.DOTALL)
        asked = f"{number}. {title}\n\n```sql\n{sql}\n```".replace("\\", r"\\")
        text = pattern.sub(asked, text)
    return text


def outdated() -> dict[Path, str]:
    """Return the pages that are out of date, each with the text that it should have."""
    texts = {page: page.read_text(encoding="utf-8") for page in PAGES}
    return {page: new for page, text in texts.items() if (new := written(text)) != text}


def main() -> None:
    """Write the pages, or with ``--check`` fail if one would change."""
    pages = outdated()
    if pages and "--check" in sys.argv:
        names = ", ".join(str(page.relative_to(ROOT)) for page in pages)
        sys.exit(f"{names}: a table is not what it is made from; run python -m research.pages")
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
