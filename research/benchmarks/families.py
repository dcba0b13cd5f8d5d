"""Measure which families of decoders convert exactly, on tiny models of random weights; nothing is fetched.

Each is built by Transformers' own configuration of the family, given to `models.adopt.generators`, and is
added or refused. Where the true weights of a family cannot be had, this is what is known of it here.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docassay.commands.models import quiet
from docassay.schemas.errors import ModelError
from research.benchmarks import report
from tests.models.adopt.families import FAMILIES, build

if TYPE_CHECKING:
    pass


def measure(say: Callable[[str], None] = print) -> dict[str, dict[str, Any]]:
    """Add each family, and tell what came of it."""
    from docassay.models.adopt.generators import adopt

    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch, quiet():
        for key, family in FAMILIES.items():
            row: dict[str, Any] = {"name": family.name, "differs": family.differs}
            try:
                done = adopt(build(family, Path(scratch) / key), Path(scratch) / "models")
                row |= {
                    "added": True,
                    "logit_difference": float(f"{done.parity.difference:.1g}"),
                    "greedy_tokens": done.parity.written,
                    "int8_same_next_token": round(done.parity.same, 2),
                }
            except ModelError as error:
                row |= {"added": False, "reason": str(error).partition(": ")[2]}
            rows[key] = row
            say(json.dumps({key: row}))
    return rows


def main() -> None:
    """Measure; with ``--save`` keep the result for the documents."""
    options = argparse.ArgumentParser(prog="python -m research.benchmarks.families", description=__doc__)
    options.add_argument("--save", action="store_true", help="keep the result for docs/models.md")
    save = options.parse_args().save
    os.environ["HF_HUB_OFFLINE"] = "1"
    rows = measure()
    if save:
        added = sum(row["added"] for row in rows.values())
        figures = [report.figure("families that are added", f"{added} of {len(rows)}")]
        report.save("families", figures, {"families": rows})


if __name__ == "__main__":
    main()
