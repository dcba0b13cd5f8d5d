"""The command `docassay compact`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.options import (
    SWEPT,
    LineageTarget,
    PartitionBy,
    Tables,
    epilog,
    errors,
    lineage_session,
    print_plain,
    stdout,
)
from docassay.views.labels import counted

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay compact tables · docassay compact tables --partition-by month",
        "0 compacted, or nothing to merge · 2 no tables, another run is writing, or a file is not docassay's;"
        " nothing was changed · 3 it failed, for example because the disk is full; nothing was changed"
        " · 130 interrupted",
    )
)
def compact(
    out: Tables,
    target_mb: Annotated[int, typer.Option(min=1, max=4096, help="Merge files up to this size, in MB.")] = 64,
    partition_by: PartitionBy = None,
    lineage: LineageTarget = None,
) -> None:
    """Merge the small files of many runs; rows stay the same, and readers are not disturbed."""
    with errors(interrupted=SWEPT):
        from docassay.pipelines.maintain import compact_tables

        with lineage_session(lineage, out) as following:
            merged, moved = compact_tables(out, target_mb * 1_000_000, following, partition_by)
    if moved:
        print_plain(f"{counted(moved, 'file')} moved to folders by {partition_by}")
    if merged.lifted:
        stdout.print(
            f"{counted(merged.lifted, 'file')} of an earlier release now have this release's columns",
            highlight=False,
        )
    print_plain(
        f"{merged.before:,} files became {merged.after:,} in {out}"
        if merged.after < merged.before
        else f"nothing to merge: {counted(merged.before, 'file')} in {out}"
    )
