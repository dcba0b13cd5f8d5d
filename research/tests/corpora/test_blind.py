"""The documents on which kinds and rules were measured blind."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from research.corpora import blind


def test_each_line_is_another_text_of_a_repository_that_trained_nothing() -> None:
    manifest = Path(blind.__file__).parent / "gathered/manifest.tsv"
    with manifest.open(encoding="utf-8", newline="") as file:
        taken = {line["repository"] for line in csv.DictReader(file, delimiter="\t")}
    least = {
        "blind": 500,
        "blind_second": 300,
        "blind_third": 400,
        "blind_fourth": 370,
        "blind_fifth": 300,
        "blind_sixth": 250,
        "blind_seventh": 200,
        "blind_eighth": 200,
        "blind_ninth": 200,
    }
    assert tuple(least) == blind.LISTS
    for name, fewest in least.items():
        lines = blind.lines(name)
        assert len({line["sha256"] for line in lines}) == len(lines) > fewest
        repositories = {line["repository"] for line in lines}
        assert not taken & repositories
        taken |= repositories


@pytest.mark.parametrize(
    ("take", "text"),
    [
        ("", "# One\nFirst.\n# Two\nSecond."),
        ("cut:Two", "# One\nFirst."),
        ("sec:# :1", "# Two\nSecond."),
        ("slice:2:14", "First."),
        ("from:First>>># Two", "First."),
    ],
)
def test_what_is_taken_of_a_file(take: str, text: str) -> None:
    assert blind.taken("a.md", b"# One\nFirst.\n# Two\nSecond.\n", take) == text


def test_a_key_and_a_block_of_code_are_taken() -> None:
    assert blind.taken("a.json", json.dumps({"text": "One."}).encode(), "json:text") == "One."
    assert blind.taken("a.md", b"Look:\n```text\nOne.\n```\n", "fence:0") == "One."
    with pytest.raises(LookupError):
        blind.taken("a.json", b"{}", "json:text")
