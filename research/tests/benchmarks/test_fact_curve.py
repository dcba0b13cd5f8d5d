"""Labels of receipts: the places where what people keyed stands."""

from __future__ import annotations

from research.benchmarks.fact_curve import places

TEXT = "ACME SDN BHD.\nTOTAL 9.00\nCASH 19.00\nTAX 9.001\n9.00\n"


def test_values_stand_where_they_are_whole() -> None:
    assert [TEXT[start:end] for start, end in places(TEXT, "total", "9.00")] == ["9.00", "9.00"]
    assert places(TEXT, "date", "") == places(TEXT, "date", "01/02/2018") == []


def test_a_company_is_the_line_that_is_most_like_it() -> None:
    ((start, end),) = places(TEXT, "company", "ACNE SDN. BHD")
    assert TEXT[start:end] == "ACME SDN BHD."
    assert places(TEXT, "company", "Bell Foundry") == []
