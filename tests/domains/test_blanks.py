"""Which blanks make a document a form."""

from __future__ import annotations

from typing import Any

import pytest

from docassay.domains import RuleInput
from docassay.domains.legal import blanks
from docassay.domains.legal.blanks import MOST, REACH, SHOWN, left_open


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


def test_a_field_repeated_is_one() -> None:
    assert not said("Between [Client Name] and the seller. [Client Name] pays.")


@pytest.mark.parametrize(
    "notice",
    [
        "I/We hereby give notice that I/We withdraw from my/our contract of sale of:",
        "Hiermit widerrufe(n) ich/wir den Vertrag über:",
        "Je vous notifie par la présente ma rétractation du contrat sur :",
    ],
)
def test_the_model_form_of_withdrawal_stays_open(notice: str) -> None:
    fields = "\n[insert name of goods]\n[Order Date]\n[Your Address]"
    assert not said(f"We sell lamps.\n\n{notice}{fields}")
    assert said(f"We sell lamps.{fields}\n\n{notice}")


@pytest.mark.parametrize(
    "text",
    [
        "Hiermit widerrufe ich alle Vollmachten.",
        "Le client notifie sa rétractation.",
        "I give notice that I withdraw from the firm.",
    ],
)
def test_the_blanks_below_another_withdrawal_are_left_open(text: str) -> None:
    assert said(f"{text} It is for ________ of __________, and for _________ too.")


@pytest.mark.parametrize("line", ["__________", "[●]", "[•]", "[____]", "[**●**]"])
def test_lines_in_sentences_are_as_many_as_there_are(line: str) -> None:
    text = f"The house is at {line} in Kent.\nThe rent is GBP {line} a month.\nThe term is of {line} months."
    assert said(text) == [f"Left open: {line}, {line}, {line}."]


def test_dots_in_sentences_are_as_many_as_there_are() -> None:
    text = "The house is at ........, in Kent, and was of ........, Ltd."
    assert said(text) == ["Left open: ........,, ........,."]


@pytest.mark.parametrize(
    "text",
    [
        "This is made for {{company_name}} and {{ client_address }} as agreed.",
        "This is made for ${company_name} and ${client_address} as agreed.",
        'It is between Alder Ltd ("[Company Name]") and Birch Ltd ("[Client Name]").',
        "The words “[Company Name]” and “[Client Name]” mean the parties.",
        "The 'Agreement\" is with ______ of Ely and with ______ of Cork.",
        "It is [Company Name](the “Company”) and [Client Name](the “Client”).",
        "Write to [email address] of [Company Name].",
        "The code `x` is of [Company Name] and `y` of [Client Name].",
        "```\ncode\n```\nBetween [Company Name] and [Client Name].",
        "Between [**Company Name**] and [**Client Name**].",
        "Our signatures\nIt is made by us in ______ and you in ______ Ltd\nSignature",
        "[Company Name]: the seller\n[Client Name]: the buyer",
    ],
)
def test_what_is_like_an_exclusion_is_left_open(text: str) -> None:
    assert said(text)


TWO_OF_NO_BLANK = [
    # Links and addresses.
    "See [Customer support](https://x.example/a_(b)) and [Company site](http://x.example/a_(b)).",
    "See [State privacy notice](/us) and [Employee notice](staff).",
    'See [State privacy notice](us "Notice") and [Employee notice](staff "Staff").',
    "See [State privacy notice][1] and [Employee notice][2].",
    "See [this][State notice] and [that][Employee notice].",
    "[State]: https://x.example\n[Company]: http://y.example",
    "[State]: /us\n[Company]:/about",
    r"Write to us at [email protected] or [\[email protected\]] or [e-mail protected].",
    "See [Name<br>] and [Address<br>].",
    # Notes and redactions.
    "[Name and date follow]\n[Party address follows]",
    "[Party signature page]\n[Company signature page]",
    "Between [NAME REDACTED] and [address redacted].",
    "Between [Name illegible] and [Address illegible].",
    "Between [NAME REMOVED] and [ADDRESS REMOVED].",
    "Between [Name withheld] and [Address withheld].",
    "Between [Name omitted] and [address omitted].",
    "The price is of [***] a unit and of [***] a year.",
    "The price is of [* * *] a unit and of [*****] a year.",
    "He wrote to us [...] that it is [...] over.",
    "He wrote to us […] that it is […] over.",
    "He wrote to us [---] that it is [---] over.",
    "He wrote to us [\t] that it is [\t] over.",
    # Checkboxes and bullets.
    "You and we do [ ] agree or do [ ] disagree.",
    "You and we do [_] agree or do [_] disagree.",
    "You and we do [x] agree or do [X] disagree.",
    "We keep the data ● and the logs ● as well.",
    "We keep the data •, and the logs •, as well.",
    "We keep the data ■ and the logs ■ as well.",
    "[●] I agree\n[●] I do not",
    # Quotations and emphasis.
    "Held: [Employee]s may leave and [State]s may tax.",
    'The court held that "[Employee] may leave" and "[State] law applies".',
    "The court held that “[Employee] may leave” and “[State] law applies”.",
    'It held that "it is the [Employee]" and "it is the [State]".',
    "Held: ex[Employee] and non[State] are words.",
    "We say this is ___very important___ and it is ___quite new___ to us.",
    # Code, templates and formulas.
    "Put `[Company Name]` and `[Client Name]` there.",
    "```\n[Company Name]\n[Client Name]\n```\nThe end.",
    "It reads the ${HOME} and the ${API_KEY} of the shell.",
    "It reads the ${{ secrets.key }} and the ${{ github.ref }} there.",
    "The sums are ${x+y}$ and ${x y}$ here.",
    "See {{- site.url -}} and {{- page.title -}} here.",
    # Wide spaces.
    "On this     day we begin, and on this    day we end.",
    "On January    2008 we begin, and on March    2009 we end.",
    # Lines that stand in no sentence.
    "The end of ______\nThe end of the page ______",
    "Alder Ltd ______ Director\nBirch Ltd ______ Director",
    "1. Payment of the rent ........\n2. Payment of the fees ........",
    # Lines to sign on.
    "For the Landlord: ______ J. Roe\nFor the Tenant: ______ M. Doe",
    "Pour la société Aulne : ______ J. Roe\nPour le locataire Bouleau : ______ M. Doe",
    "Für die Vermieter hier: ______ J. Roe\nFür die Mieter hier: ______ M. Doe",
    "Here stands the signature of us ______ and of you ______ too.",
    "We all agree to ______ (Signature)\nYou all agree to ______ (Signature)",
    "Here stands the Unterschrift of us ______ and of you ______ too.",
    "Here each witness has put ______ and then ______ too.",
    "Landlord initials are put here ______ and Tenant agrees ______ too.",
]


@pytest.mark.parametrize(
    "blank",
    [
        "[insert address]",
        "[Your Address]",
        "[Anschrift bitte ergänzen]",
        "[à compléter]",
        "XX XX XX",
        "TBD",
    ],
)
def test_one_that_says_so_is_enough(blank: str) -> None:
    assert said(f"Write to us at {blank} in Lyon.") == [f"Left open: {blank[:40]}."]


@pytest.mark.parametrize(
    "text",
    [
        "See [Your Rights](#your-rights) and [**Your Choices**](javascript:void).",
        "Click [Your Privacy Choices] at the foot of each page, or press [Insert] to add text.",
        "Your card is stored as XXXX-XXXX-XXXX-1234; TBC Bank JSC sees chapters XX-XXX of TODO lists.",
        "The model GXXX 12 has a cookie _id.XXXX.",
        "We add [emphasis added] in a quotation.",
    ],
)
def test_a_link_or_a_name_does_not_say_so(text: str) -> None:
    assert not said(text)


@pytest.mark.parametrize("text", TWO_OF_NO_BLANK)
def test_two_of_what_is_no_blank_are_none(text: str) -> None:
    assert not said(text)


NAMES = ["site", "page", "post", "author", "user", "config", "content", "theme"]


@pytest.mark.parametrize("name", [*NAMES, "#", "/", ".", '"', "'", ">"])
def test_two_of_a_site_generator_are_none(name: str) -> None:
    assert not said(f"See {{{{ {name}.first }}}} and {{{{{name}.second }}}} for more.")


LABELS = ["By", "Its", "Name", "Names", "Title", "Titles", "Date", "Dated", "Sign", "Signed", "Print"]
LABELS += ["Participant", "Nom", "Fait", "Lieu", "Datum", "Ort", "Place"]


@pytest.mark.parametrize("label", LABELS)
def test_a_line_behind_the_label_of_a_signature_is_no_blank(label: str) -> None:
    assert not said(f"Now both of us, {label}: ______ here and {label}: ______ there.")


def test_no_more_candidates_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    real = blanks.blanks
    monkeypatch.setattr(blanks, "blanks", lambda text: (looked.append(one) or one for one in real(text)))
    assert not said("x ● " * (MOST * 3))
    assert len(looked) == MOST <= 1_000


class Watched(str):
    """A text that notes how many of its characters are copied or searched."""

    read: list[int]

    def __getitem__(self, key: Any) -> str:
        """Copy a part."""
        part = str(self)[key]
        self.read.append(len(part))
        return part

    def count(self, sub: str, start: Any = 0, end: Any = None) -> int:
        """Count in a part."""
        self.read.append(len(str(self)[start:end]))
        return str(self).count(sub, start, end)

    def find(self, *args: Any) -> int:
        """Refuse."""
        raise AssertionError(args)

    rfind = index = rindex = find


def test_the_rest_of_a_long_line_is_not_read_for_each_candidate() -> None:
    text = Watched("word word word ____ " * 50_000)
    text.read = []
    assert left_open(RuleInput(text))
    assert max(text.read) <= REACH <= 200
    assert sum(text.read) < MOST * (2 * REACH + 50)


def test_a_long_line_between_candidates_is_read_once() -> None:
    text = Watched(("word " * 2_000 + "____ ") * 20 + "word")
    text.read = []
    assert left_open(RuleInput(text))
    assert sum(text.read) < len(text) * 1.1
