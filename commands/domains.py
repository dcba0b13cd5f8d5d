"""The command `docassay domains`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from docassay.commands.options import epilog, errors, stdout, table_of

if TYPE_CHECKING:
    from docassay.domains import Domain

app = typer.Typer()


@app.command(
    "domains",
    epilog=epilog(
        "docassay domains legal · docassay domains --observed tables",
        "0 listed · 2 a domain's folder is wrong, or no tables",
    ),
)
def list_domains(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Show the tasks, document types and rules of this domain, and their accuracy.",
        ),
    ] = None,
    observed: Annotated[
        str | None,
        typer.Option(
            metavar="TABLES", help="Show how accurate rules and models are by the decisions on these tables."
        ),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1, help="With --observed: the precision that a head should reach.")
    ] = 0.9,
) -> None:
    """List the domains, or the tasks, document types and rules of one.

    With --observed: accuracy by people's decisions, with its 95 % interval, beside the published accuracy,
    which was judged without knowing rule or verdict. People decide on what they review first, so these
    figures hold only for such rows.
    """
    from docassay import domains

    with errors():
        if observed is None:
            for shown in [_domains()] if name is None else _one(domains.load(name)):
                stdout.print(shown)
            return
        if name is not None:
            domains.load(name)
        for part in _observed(observed, name, precision):
            stdout.print(part)


def _domains() -> Table:
    from docassay import domains

    numbered = ("tasks", "kinds", "signs of fraud", "checks")
    table = table_of("domain", "title", *numbered, right=numbered)
    for name in domains.names():
        domain = domains.load(name)
        numbers = (len(domain.all_tasks), len(domain.kinds), domain.signs, len(domain.checks))
        table.add_row(name, escape(domain.title), *map(str, numbers))
    return table


def _one(domain: Domain) -> Iterator[Table | str]:
    """Describe a domain: its tasks, its kinds, its facts, its rules."""
    yield escape(domain.title)
    kinds, facts = [kind.name for kind in domain.kinds], [field.name for field in domain.facts]
    for what, names in (("tasks", domain.all_tasks), ("document types", kinds), ("facts", facts)):
        if names:
            yield f"{what}: {', '.join(names)}"
    yield _rules(domain)


def _observed(out: str, name: str | None, precision: float) -> Iterator[Table | str]:
    """List what people made of rules, and of the heads, where none of one domain's alone are asked for."""
    from docassay.views.accuracy import head_accuracy, rule_accuracy

    rules = rule_accuracy(out, name)
    table = table_of("rule", "result", "right of decided", "95 %", "not sure", "published")
    for rule in rules:
        low, high = rule.interval
        of = rule.right + rule.wrong
        older = f" ({rule.older} on an older version)" if rule.older else ""
        table.add_row(
            escape(rule.rule),
            escape(rule.says),
            f"{rule.right} of {of}{older}",
            f"{low:.2f} to {high:.2f}" if of else "",
            str(rule.not_sure),
            rule.published,
        )
    yield table if rules else "no sign or check has been decided yet"
    heads = head_accuracy(out, precision) if name is None else []
    if heads:
        table = table_of("head", "right of decided", "calibration", "error rate of the surest", "proposed")
        for head in heads:
            if head.threshold is None:
                table.add_row(escape(head.head), f"{head.right} of {head.decided}", "", "", "too few")
                continue
            reached, low, high = head.reached
            table.add_row(
                escape(head.head),
                f"{head.right} of {head.decided}",
                f"off by {head.error:.3f}",
                "\n".join(f"{share:.0%}: {risk:.2f}" for share, risk in head.risk),
                f"from {head.threshold:.3f} {reached:.2f} right ({low:.2f} to {high:.2f}), {head.kept:.0%};"
                f" {head.would_abstain:,} answers in these tables would abstain, {head.would_count:,}"
                " would count",
            )
        yield table


def _rules(domain: Domain) -> Table:
    """List a domain's rules, with what people who saw neither rule nor verdict made of their rows."""
    from docassay.domains.judged import published

    judged = published(domain.name)
    table = table_of("rule", "severity", "what it says", "accuracy")
    for flag in domain.flags:
        table.add_row(
            f"flag {flag.id}",
            flag.severity,
            flag.why,
            str(judged.get((flag.id, ""), "accuracy not measured")),
        )
    for check in domain.checks:
        verdicts = [
            f"{verdict}: {judged[check.id, verdict]}"
            for verdict in ("pass", "review", "fail")
            if (check.id, verdict) in judged
        ]
        table.add_row(
            f"check {check.id}", check.severity, check.why, "\n".join(verdicts) or "accuracy not measured"
        )
    return table
