"""The command `docassay forget`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from docassay.commands.options import SWEPT, Tables, epilog, errors, print_line
from docassay.schemas.errors import UsageError
from docassay.views.labels import counted

app = typer.Typer()

SHOWN = 10
"""So many ids are printed; the receipt in `runs` has all."""


@app.command(
    epilog=epilog(
        'docassay forget tables 5f3a9c01 --why "request of 3 May" · docassay forget tables --older-than 730d'
        ' --why "kept for two years" --dry-run',
        "0 forgotten, or nothing to forget · 2 a wrong option or id, no tables, or another run writes;"
        " nothing was changed · 3 the file system refused; nothing was changed · 130 interrupted",
    )
)
def forget(
    out: Tables,
    doc_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOC_ID", help="Documents, by `doc_id` or its first eight digits."),
    ] = None,
    why: Annotated[str, typer.Option(help="The reason, kept in the receipt.")] = "",
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS|DATE", help="Also documents read longer ago than this (730d) or before this date."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be removed.")] = False,
) -> None:
    """Remove all rows of documents and their attachments, from tables, manifests and quarantine.

    A receipt stays in `runs`: digests, the time and the reason, but no text. Their files are not
    touched; a batch that finds them again reads them again.
    """
    with errors(interrupted=SWEPT):
        before = None if older_than is None else moment(older_than, datetime.now(UTC))
        if not doc_ids and before is None:
            raise UsageError("give a doc_id or --older-than; `docassay query TABLES` finds documents by uri")
        if not why.strip() and not dry_run:
            raise UsageError("give --why; the receipt keeps the reason")
        from docassay.pipelines.maintain import forget_documents

        chosen, done = forget_documents(out, doc_ids or [], why.strip(), before, dry_run)
    for doc_id in chosen[:SHOWN]:
        print_line(doc_id)
    if len(chosen) > SHOWN:
        print_line(f"and {len(chosen) - SHOWN:,} more")
    if done is None:
        print_line(
            f"{counted(len(chosen), 'document')} would be forgotten" if chosen else "nothing to forget"
        )
        return
    rows = ", ".join(f"{table} {number:,}" for table, number in sorted(done.rows.items()) if number)
    print_line(f"forgotten: {counted(len(done.doc_ids), 'document')}; rows: {rows}")
    for path in done.set_aside:
        print_line(f"deleted, since it had rows of them or cannot be read: {out}/{path}")
    print_line(f"the receipt is the row of runs with the run_id {done.run_ids[0]}")


def moment(text: str, now: datetime) -> datetime:
    """Read ``730d``, or a day such as ``2024-05-31``, in UTC.

    >>> moment("2d", datetime(2024, 5, 31, tzinfo=UTC)).isoformat()
    '2024-05-29T00:00:00+00:00'

    Raises:
        UsageError: It is neither.
    """
    try:
        if days := re.fullmatch(r"([1-9]\d{0,5})d", text):
            return now - timedelta(days=int(days[1]))
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--older-than {text!r} is neither a number of days (730d) nor a date (2024-05-31)"
        ) from None
