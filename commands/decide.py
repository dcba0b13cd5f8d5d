"""The command `docassay decide`."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.options import Reviewer, Tables, epilog, errors, print_line, user
from docassay.schemas.errors import UsageError

if TYPE_CHECKING:
    from docassay.storage.decisions.choice import Choice

app = typer.Typer()


@app.command(
    epilog=epilog(
        'docassay decide tables 5f3a9c01 harmless --flag prime_bank --reason "a newspaper article"'
        " · docassay decide tables 5f3a9c01 present --finding nda_term"
        ' · docassay decide tables 5f3a9c01 "wrong: audit_rights" --label clause_type --at 120:410'
        ' · docassay decide tables 5f3a9c01 "wrong: 2026-05-31" --fact due_date'
        ' · docassay decide tables 5f3a9c01 --note "asked the bank" --assign "Ann Reed"'
        " · docassay decide tables --from decisions.csv",
        "0 recorded · 2 a wrong option, id or line, no tables, or tables that can only be read; nothing was"
        " recorded · 3 the file system refused; nothing was recorded · 130 interrupted",
    )
)
def decide(
    out: Tables,
    doc_id: Annotated[
        str | None,
        typer.Argument(metavar="[DOC_ID]", help="A document, by its `doc_id` or the first eight digits."),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Argument(
            metavar="[OUTCOME]",
            help="For a sign: fraud, harmless. For a check: present, missing (or passed, failed),"
            " does_not_apply. Otherwise: right, wrong, 'wrong: VALUE'. Or not_sure, confirmed, dismissed,"
            " corrected.",
        ),
    ] = None,
    flag: Annotated[str | None, typer.Option(metavar="CODE", help="Decide on a sign of fraud.")] = None,
    finding: Annotated[
        str | None, typer.Option(metavar="CHECK", help="Decide on a compliance check.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="TASK", help="Decide on the label of a segment.")
    ] = None,
    entity: Annotated[str | None, typer.Option(metavar="LABEL", help="Decide on personal data.")] = None,
    fact: Annotated[str | None, typer.Option(metavar="FIELD", help="Decide on a fact.")] = None,
    kind: Annotated[bool, typer.Option("--kind", help="Decide on the document type.")] = False,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Add a note to the document.")] = None,
    assignee: Annotated[
        str | None,
        typer.Option("--assign", metavar="NAME", help="Assign the document to this person; '' for nobody."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="START:END", help="Its position in the text, if there are several.")
    ] = None,
    corrected_label: Annotated[
        str | None, typer.Option("--as", metavar="LABEL", help="The correct label or value.")
    ] = None,
    corrected_span: Annotated[
        str | None, typer.Option("--to", metavar="START:END", help="The correct position.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="The reason.")] = None,
    reviewer: Reviewer = "",
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE", help="Record the decisions in a CSV or JSON Lines file, all or none."
        ),
    ] = None,
    known_only: Annotated[
        bool, typer.Option("--known-only", help="With --from: skip decisions that match no row.")
    ] = False,
    withdrawn: Annotated[
        list[str] | None, typer.Option("--withdraw", metavar="DECISION_ID", help="Withdraw a decision.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each.")] = False,
) -> None:
    """Record people's decisions on findings beside the tables; they also hold for later runs.

    What was decided on a flag, finding or label is joined in the views `flags_decided`, `findings_decided`,
    ... of `docassay query`. A changed rule, model or text opens the question again.
    """
    with errors():
        who, skipped = reviewer.strip() or user(), 0
        from docassay.storage.decisions import record
        from docassay.storage.decisions.lists import read_choices

        named = [
            (of, code)
            for of, code in (
                ("flag", flag),
                ("finding", finding),
                ("label", label),
                ("entity", entity),
                ("fact", fact),
                ("document", "kind" if kind else None),
            )
            if code is not None
        ]
        said = _said(doc_id or "", note, assignee)
        ways = [source is not None, bool(withdrawn), bool(named or doc_id or said)]
        if sum(ways) != 1:
            raise UsageError("give a decision, such as DOC_ID OUTCOME with --flag; or --from; or --withdraw")
        if withdrawn:
            recorded = record.withdraw(out, withdrawn, who)
        elif source is not None:
            record.check_decidable(out)
            choices = read_choices(source)
            recorded = record.decide(out, choices, who, known_only)
            skipped = len(choices) - len(recorded)
        elif said and doc_id and not (named or outcome or reason or at or corrected_label or corrected_span):
            recorded = record.decide(out, said, who)
        else:
            if len(named) != 1 or doc_id is None or outcome is None or said:
                raise UsageError(
                    "give DOC_ID, OUTCOME, and one of --flag, --finding, --label, --entity, --fact, --kind;"
                    " or DOC_ID and --note, --assign or both alone"
                )
            ((of, code),) = named
            start, end = _span(at, "--at")
            to_start, to_end = _span(corrected_span, "--to")
            choice = record.Choice(
                doc_id, of, code, outcome, start, end, corrected_label, to_start, to_end, reason
            )
            recorded = record.decide(out, [choice], who)
    if as_json:
        for one in recorded:
            print(json.dumps(asdict(one)))
        return
    added = sum(one.added for one in recorded)
    there = f", {len(recorded) - added:,} already recorded" if added < len(recorded) else ""
    over = f", {skipped:,} skipped" if skipped else ""
    print_line(f"{added:,} recorded by {who}{there}{over}")
    if len(recorded) == 1:
        print_line(f"decision {recorded[0].sequence:,}; to withdraw it: --withdraw {recorded[0].decision_id}")


def _said(doc_id: str, note: str | None, assignee: str | None) -> list[Choice]:
    """Make the rows of what is said of a document as a whole."""
    from docassay.storage.decisions.on_documents import assigned, noted

    said = [] if note is None else [noted(doc_id, note)]
    return said if assignee is None else [*said, assigned(doc_id, assignee)]


def _span(text: str | None, option: str) -> tuple[int | None, int | None]:
    """Read ``120:410``.

    Raises:
        UsageError: It is no such thing.
    """
    if text is None:
        return None, None
    if not (match := re.fullmatch(r"(\d{1,15}):(\d{1,15})", text)):
        raise UsageError(f"{option} {text!r} is not a span, such as 120:410")
    return int(match[1]), int(match[2])
