"""What a run's record keeps of its rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from docassay.observe import counters
from docassay.storage.tables.write import write
from tests.tables import result


def test_rows_are_counted_as_they_were_checked_and_as_they_are_distribution(tmp_path: Path) -> None:
    good, other = result("odd it is"), result("also odd", "b.txt", language="de", kind="")
    unsure = replace(other.classifications[0], abstained=True, label="governing law")
    outside = replace(other.flags[0], severity="none")  # type: ignore[arg-type]
    counters.take()
    write(
        [good, replace(other, classifications=(unsure,), flags=(outside,))],
        [],
        str(tmp_path),
        {"run_id": "run-1"},
    )
    counts = {n: v for n, v in counters.take().items() if n.startswith(("validate.", "spread."))}
    assert counts == {
        "validate.checked.documents": 2,
        "validate.checked.segments": 2,
        "validate.checked.classifications": 2,
        "validate.checked.flags": 2,
        "validate.checked.findings": 2,
        "validate.refused.flags.severity.expect_column_values_to_be_in_set": 1,
        "spread.kinds.legal.nda": 1,
        "spread.kinds.legal.": 1,
        "spread.languages.en": 1,
        "spread.languages.de": 1,
        "spread.asked.clause_type": 2,
        "spread.given.clause_type.insurance": 1,
        "spread.abstained.clause_type.governing law": 1,
    }
