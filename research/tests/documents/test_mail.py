"""Mails for training: our own forms, what they are filled with, and the limit that is chosen on them."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("faker")

from research.corpora import messages
from research.documents import mail
from research.documents.fit import Example
from research.documents.mail_forms import SHORT, MailForm, filled, forms
from research.documents.mail_forms.quoted import quoted

LANGUAGES = {"en", "de", "fr", "es", "pt", "it", "nl"}


def test_forms_of_each_label_are_in_seven_languages() -> None:
    counted = Counter((form.label, form.language) for form in forms())
    for label in (mail.FRAUD, mail.LURE, mail.LEGITIMATE):
        assert {language for name, language in counted if name == label} == LANGUAGES
        assert min(count for (name, _), count in counted.items() if name == label) >= 5


def test_each_form_gives_many_mails_and_leaves_no_slot() -> None:
    dice = random.Random(1)
    for form in forms():
        written = {filled(form, dice) for _ in range(12)}
        assert len(written) >= (3 if form.name.startswith(SHORT) else 6), form.name
        for text in written:
            assert text.startswith("Subject: ") != form.name.startswith(SHORT)
            assert not re.search(r"\{\w+\}|\[[^\]]*\|", text), text


def test_the_same_seed_gives_the_same_mails() -> None:
    first, second = ([filled(form, random.Random(7)) for form in list(forms())[:20]] for _ in range(2))
    assert first == second


def test_the_same_seed_gives_the_same_mails_in_every_process() -> None:
    program = (
        "import random; from research.documents.mail_forms import filled, forms, invented;"
        "dice = random.Random(7);"
        "print([(invented(one.language, dice).city(), filled(one, dice)) for one in forms()])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(told) == 1


def test_there_are_hundreds_of_different_mails_of_each_side() -> None:
    written = {(example.label, example.text) for example in mail._own()}
    assert Counter(label for label, _ in written)[mail.FRAUD] > 600
    assert Counter(label for label, _ in written)[mail.LEGITIMATE] > 600


def test_what_a_form_quotes_of_a_text_is_found_over_its_choices_and_not_over_slots() -> None:
    form = MailForm(
        mail.FRAUD, "en", "x", "-", "[Hi|Dear {first}], pay [the fee|the {amount} fee] at [noon|once]!"
    )
    text = "He wrote: HI, pay the fee at once. Dear Ann, pay the big fee at noon."
    assert [words for _, words in quoted([form], [text])] == ["hi pay the fee at", "pay the fee at once"]
    assert not list(quoted([form], ["Hi, pay the fees at once.", "pay the fee at"]))


def test_limit_is_rounded_down() -> None:
    found = [Example("", mail.LEGITIMATE, str(n)) for n in range(10)]
    assert mail.least_doubt(np.full(10, 0.995), found, 0.1) == 0.99


def test_messages_that_trained_the_head_or_are_short_are_not_measured() -> None:
    texts = [
        "Shall we meet at the station?",
        "SHALL we meet: at the  station",
        "Ok",
        "See you there at seven tonight ",
    ]
    assert messages.honest(texts, {"shall we meet at the station"}) == ["See you there at seven tonight"]
    source = "rows = [{'example': 'b'}, {'example': 'a'}, {'example': 'b'}]"
    assert messages.fraud(source) == ["a", "b"]


def test_limit_flags_no_more_honest_mails_than_the_share() -> None:
    found = [Example("", mail.LEGITIMATE, str(n)) for n in range(1_000)] + [Example("", mail.FRAUD, "x")]
    doubt = np.append(np.arange(1_000) / 1_000, 1.0)
    least = mail.least_doubt(doubt, found, 0.01)
    assert sum(d >= least for d in doubt[:-1]) <= 10
    assert doubt[-1] >= least
