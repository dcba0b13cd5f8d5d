"""Which blanks make a document a form."""

from __future__ import annotations

from docassay.domains import RuleInput
from docassay.domains.legal.blanks import SHOWN, left_open


def said(text: str) -> list[str]:
    found = left_open(RuleInput(text))
    assert all(one.verdict == "review" and one.span and text[slice(*one.span)] for one in found)
    return [one.says for one in found]


def test_fields_are_named_in_their_order_each_once() -> None:
    text = "Between [Client Name] and [Company] as of [Date]. [Client Name] pays [Amount]."
    assert said(text) == ["Left open: [Client Name], [Company], [Date], [Amount]."]


def test_many_are_counted() -> None:
    text = "\n".join(f"The sum {n} is [Amount {n}] in all." for n in range(SHOWN + 3))
    assert said(text)[0].endswith("[Amount 5] and 3 more.")


def test_what_waits_for_a_signature_or_is_no_field_is_no_blank() -> None:
    for text in (
        "IN WITNESS WHEREOF [Signature page follows] the parties sign.\nSigned: ______\nName: ________",
        "Write to [email protected] or [\\[email protected\\]](https://x.example), see [1] and [2].",
        "● We keep data.\n● We erase data.\n[ ] I agree\n[ ] I do not",
        "See {{ site.baseurl }}/terms and {{ page.title }} for more.",
        "Fait à ____________, le ____________",
    ):
        assert said(text) == [], text
