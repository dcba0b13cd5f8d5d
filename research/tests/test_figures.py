"""The figures: the code is measured anywhere, what needs data only beside the data."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from research import figures


def test_sizes_are_those_of_the_checkout() -> None:
    sizes = figures.sizes()
    assert all(value > 0 for name, value in sizes.items() if "expressions over" not in name)
    assert sizes["lines of the product"] > sizes["lines of the longest file of the product"]


def test_what_lacks_its_data_is_not_measured(tmp_path: Path) -> None:
    found = figures.real(tmp_path, tmp_path / "none")
    assert set(found.values()) == {None}
    assert {figures._cell(value) for value in found.values()} == {"not measured"}


def test_the_document_has_eight_pages_of_text() -> None:
    document = pypdfium2.PdfDocument(figures._pages())
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) == figures.PAGES and all(len(text) > 1_000 for text in pages)
