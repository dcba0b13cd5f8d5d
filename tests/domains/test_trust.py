"""Trust: how often what a rule reads of a field was right."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay import domains
from docassay.domains.trust import FILE, trust_in
from docassay.schemas.errors import DomainError


def test_trust_is_the_share_that_was_right_and_nothing_is_said_of_few_values(tmp_path: Path) -> None:
    lines = "field\tsure\tright\tof\nparty\tyes\t89\t98\nparty\tno\t5\t9\nterm\tno\t4\t18\n"
    (tmp_path / FILE).write_text(lines)
    assert trust_in(tmp_path) == {"party": (None, 0.9), "term": (0.25, None)}


def test_a_folder_without_counts_is_trusted_in_nothing(tmp_path: Path) -> None:
    assert trust_in(tmp_path) == {}


@pytest.mark.parametrize("line", ["party\tyes\tmany\t98", "party\tyes\t1", "party"])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"field\tsure\tright\tof\n{line}\n")
    with pytest.raises(DomainError, match=r"trust.tsv: a line has no field, sure, right, of"):
        trust_in(tmp_path)


@pytest.mark.parametrize("name", ["legal", "financial"])
def test_the_shipped_shares_are_better_than_a_guess(name: str) -> None:
    known = {one.name: one.trust for one in domains.load(name).facts if one.trust[1] is not None}
    assert len(known) > 5
    for field, (hint, sure) in known.items():
        assert sure and 0.5 < sure < 1, field
        assert hint is None or 0 < hint < 1, field
