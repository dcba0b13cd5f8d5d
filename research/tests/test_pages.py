"""Generated tables of the documentation are what they are made from."""

from __future__ import annotations

import pytest

from research import pages


def test_generated_tables_are_what_they_are_made_from() -> None:
    assert not pages.outdated(), "run: python -m research.pages"


@pytest.mark.parametrize("table", pages.GENERATED)
def test_each_generated_table_stands_once(table: str) -> None:
    texts = [page.read_text(encoding="utf-8") for page in pages.PAGES]
    assert sum(text.count(f"<!-- generated: {table} -->") for text in texts) == 1
