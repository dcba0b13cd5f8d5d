"""The text as a person sees it, the way back, and which words count as disguised."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.domains.disguise import disguised_words, is_disguised, shown
from tests.families import quick_first

ALPHABET = (
    "ab Z.1@-\n\t|éüß–’😀\u00ad\u200b\u200d\ufe0f\u0301\u0337\u0430\u0441\u03bf\u043b\U0001d41aﬁＡ１\u3042"
    "\u3164\U000e0041\u019f"
)


def seen(text: str, language: str = "en") -> str:
    found = shown(text, lambda text: language)
    return found[0] if found else text


@pytest.mark.parametrize(
    ("written", "read", "why"),
    [
        ("our ba\u00adnk de\u00adtails", "our bank details", "soft hyphens"),
        ("ba\ufe0fnk, ba\u3164nk, ba\U000e0041nk", "bank, bank, bank", "ignored by default"),
        ("gua\u200branteed re\u2066turn\u2069", "guaranteed return", "no width, marks of direction"),
        ("p\u0430y the inv\u043eice", "pay the invoice", "Cyrillic letters in Latin words"),
        ("please \u0441\u043e\u0440\u0443 this", "please copy this", "a word of look-alikes alone"),
        (
            "\U0001d5e3\U0001d5ee\U0001d606 \U0001d7f0\U0001d7f4 now",
            "Pay 48 now",
            "of mathematics",
        ),
        ("ｐａｙ ⓝⓞⓦ", "pay now", "full width, circled"),
        ("ᴘᴀʏ the ﬁne", "pay the fine", "small capitals, ligature"),
        ("p\u0337a\u0337y", "pay", "struck through"),
        ("Mu\u0308nchen", "München", "a letter and its accent"),
        ("pay-\nment of the rent", "payment\nof the rent", "parted at a line's end"),
        (
            "par\u019fci-\npa\u019fon at any \u019fme",
            "participation\nat any time",
            "a ligature in the letter of a font",
        ),
        (
            "wri\u01a9en se\u01abngs of a pla\u019eorm: so\u014cware op\u019fons",
            "written settings of a platform: software options",
            "others",
        ),
        ("\u014csaka, so\u014cware", "\u014csaka, so\u014cware", "no ligature of ti in the text"),
        (
            "\u018fH\u018f, \u019eH\u019eR, k\u0275k \u019fk",
            "\u018fH\u018f, \u019eH\u019eR, k\u0275k \u019fk",
            "letters of a language",
        ),
        ("see p\u0430yp\u0430l.com", "see p\u0430yp\u0430l.com", "another host"),
        ("bo\u043b@x.com", "bo\u043b@x.com", "another address"),
        ("5 µg TNFα, NFκB and Ω", "5 µg TNFα, NFκB and Ω", "units and symbols"),
        ("Привет, это письмо. сору", "Привет, это письмо. сору", "a Russian text"),
        ("m² and ½, Brand™", "m² and ½, Brand™", "other signs"),
    ],
)
def test_a_text_is_read_as_it_is_shown(written: str, read: str, why: str) -> None:
    assert seen(written) == read, why


@pytest.mark.parametrize(
    ("language", "written", "read"),
    [
        ("fr", "le loca-\ntaire", "le locataire"),
        ("fr", "le sous-\nlocataire", "le sous-locataire"),
        ("fr", "Jean-\nPierre", "Jean-Pierre"),
        ("fr", "con\u00adtrat", "contrat"),
        ("de", "die Verein-\nbarung", "die Vereinbarung"),
        ("de", "Vor-\nund Nachteile", "Vor-\nund Nachteile"),
        ("de", "Verein\u00ad\nbarung vom", "Vereinbarung\nvom"),
        ("en", "a non-\ncompete clause", "a non-compete\nclause"),
        ("en", "a sen-\ntence, and more", "a sentence,\nand more"),
        ("en", "2019-\n2020 and A-\n1", "2019-\n2020 and A-\n1"),
    ],
)
def test_words_parted_at_a_line_end_are_put_together(language: str, written: str, read: str) -> None:
    assert seen(written, language) == read


@pytest.mark.parametrize(
    ("text", "count", "why"),
    [
        ("V\u2069eri\u2069fy your \u0430ccount \U0001d41a\U0001d41b now", 3, "three ways"),
        ("ba\u00adnk ha\u00adve", 2, "short words that no line parts"),
        ("p\u0337a\u0337y", 1, "struck through"),
        ("Grüße aus Köln, 5 µg, Привет", 0, "each word of one alphabet"),
        (
            "Donau\u00addampf\u00adschiff\u00adfahrt, Vertrags\u00adpartner",
            0,
            "where a long word may be parted",
        ),
        ("می\u200cخواهم नमस्\u200dते 👩\u200d⚕️ ❤️", 0, "joiners of other scripts, emoji"),
        ("𝑎𝑏 = 𝑚𝑐² and TNFα, NFκB, β-blocker", 0, "mathematics, substances"),
        ("ＰＤＦファイルを送ります", 0, "full width beside Japanese"),
        ("Name: ＿＿＿＿＿ Date: ＿＿＿＿＿", 0, "wide lines to write on"),
        ("Python тiлiнде негiздерi", 0, "a Latin i on a keyboard without the Kazakh one"),
        ("possibleвозможно communочень", 0, "words that have run together"),
        ("гaрaнтия и сpoчнo", 2, "Russian, hidden by Latin look-alikes"),
    ],
)
def test_words_count_as_disguised_only_where_somebody_disguised_them(text: str, count: int, why: str) -> None:
    assert len(disguised_words(text)) == count, why


def test_the_disguised_words_are_slices_of_the_text_as_shown() -> None:
    text, way = shown("our ba\u00adnk and your \u0430ccount") or pytest.fail("nothing was shown")
    assert [text[slice(*span)] for span in way.disguised] == ["bank", "account"]
    written = [way.original[slice(*way.span_back(*span))] for span in way.disguised]
    assert written == ["ba\u00adnk", "\u0430ccount"]


def test_few_words_of_a_long_text_are_an_accident() -> None:
    text = "the\u200bcurrent page of the\u200bpolicy "
    assert is_disguised(disguised_words(text), text)
    assert not is_disguised(disguised_words(text), text + "and more " * 1_000)


@given(st.text(alphabet=ALPHABET, max_size=80))
def test_every_slice_of_what_is_shown_is_one_of_the_original(text: str) -> None:
    found = shown(text)
    if found is None:
        return
    seen, way = found
    places = [way.back(at) for at in range(len(seen))]
    assert places == sorted(places) and all(0 <= place < len(text) for place in places)
    for at in range(len(text)):
        forth = way.forth(at)
        assert 0 <= forth <= len(seen)
        assert forth == len(seen) or way.back(forth) >= at or text[at] != seen[forth]
    for at, place in enumerate(places):
        if seen[at].isascii() and text[place].isascii() and not text[place].isspace():
            assert seen[at] == text[place]


@pytest.mark.parametrize(
    "text",
    quick_first(
        3,
        [
            "é" + "a" * 200_000,
            "é " + "a\u00ad" * 50_000,
            "é " + "a\u0337" * 50_000,
            "é " + "a-\n" * 50_000,
            "é " + "\U0001d41a" * 50_000,
            "é " + "а" * 50_000 + "b",
            "é\n" * 20_000 + "ﬁ\n" * 20_000,
            "é" + "\n" * 50_000 + "ﬁ" * 10_000,
            "@" * 50_000 + "ﬁ",
        ],
    ),
)
def test_a_long_text_takes_linear_time(text: str) -> None:
    before = time.process_time()
    shown(text)
    assert time.process_time() - before < 10, "quadratic, it took minutes"


def test_a_text_of_signs_without_width_alone_shows_nothing() -> None:
    text, way = shown("\u200d" * 100_000) or pytest.fail("nothing was shown")
    assert text == "" and way.span_back(0, 0) == (0, 0)
