"""Train the head that tells fraud and unwanted lures in mail from honest mail: models/shipped/mail."""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path

import numpy as np

from docassay.domains.disguise import is_disguised, shown
from docassay.domains.mail.features import feature_strings, model_text
from docassay.domains.mail.request_signs import advance_fee
from docassay.domains.rules import RuleInput
from docassay.models.hashed_words import Floats, softmax
from docassay.models.modelfile import Value
from docassay.transforms.formats import Limits, Unusable, mail
from docassay.transforms.formats.media_types import MAIL
from docassay.transforms.formats.plain import clean
from research.corpora.archives import read_member, read_members
from research.documents.fit import Example, Fitted, Recipe, fit, write
from research.documents.mail_forms import filled, forms, invented

FRAUD, LURE, LEGITIMATE = "fraud", "lure", "legitimate"
TASK = "mail_fraud"
VARIANTS = {FRAUD: 10, LURE: 10, LEGITIMATE: 14}
"""How often each of our own forms is filled."""

HONEST_SHARE = 0.004
"""The share of honest mails that may be flagged, each by a model that did not see its group."""

_SLOT = re.compile(r"\{/?[^{}\n]{0,80}\}|\\u[0-9a-f]{4}")
_ONE_ADDRESS = re.compile(r"(?i)\bjose@monkey\.org\b|\bmonkey\.org\b|\bjose\b")
_SUBJECT = re.compile(r"(?i)^(?:(?:re|fwd?|aw|wg|tr|rv)\s*:\s*|\[[^\]]{0,40}\]\s*)+|[\W\d_]+")


def examples(data: Path) -> list[Example]:
    """Gather the mails of all sources; a group is a thread, a campaign, a program or a form of ours."""
    found = [*_nazario(data), *_spamassassin(data), *_collected(data), *_templates(data), *_own()]
    return [_as_read(example) for example in found]


def _as_read(example: Example) -> Example:
    """Give a mail as the model reads it: as a person sees it, with its features."""
    text, way = shown(example.text) or (example.text, None)
    disguised = way is not None and is_disguised(way.disguised, text)
    return replace(example, text=model_text(text), extra=tuple(feature_strings(text, disguised)))


def _nazario(data: Path) -> Iterator[Example]:
    dice = random.Random(1)
    lines = read_member(data / "more/mail-nazario_curated.tar.xz", "*/nazario.jsonl").decode().split("\n")
    for row in map(json.loads, filter(None, lines)):
        if str(row["duplicate"]) == "True":
            continue
        subject, sender = _decoded(row["subject"]), _decoded(row["sender"])
        fake = invented("en", dice)
        recipient = dice.choice((fake.email(), fake.email(), fake.first_name(), "user"))
        head = f"From: {sender}\nSubject: {subject}\n" if sender else f"Subject: {subject}\n"
        link = "\nhttps://link.example/x" if row["urls"] == "1" else ""
        text = _ONE_ADDRESS.sub(recipient, f"{head}\n{row['body']}{link}")
        yield Example(text, FRAUD, f"nazario {thread(subject) or sender}", part="nazario")


def _spamassassin(data: Path) -> Iterator[Example]:
    for name, content in read_members(data / "more/mail-spamassassin.tar.xz", "*.txt").items():
        group = name.split("/")[-2]
        if group not in {"easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"}:
            continue
        if (text := _parsed(content)) is None:
            continue
        if "ham" in group:
            label, weight = LEGITIMATE, 2.0 if group == "hard-ham-1" else 1.0
        else:
            label, weight = (FRAUD if list(advance_fee(RuleInput(text))) else LURE), 0.5
        subject = next(
            (line[8:] for line in text.split("\n\n")[0].split("\n") if line.startswith("Subject:")), ""
        )
        yield Example(text, label, f"spamassassin {thread(subject)}", weight=weight, part=group)


def _collected(data: Path) -> Iterator[Example]:
    archive = data / "labelled/financial-fraud_email.tar.xz"
    rows = read_member(archive, "*/labels.tsv").decode().splitlines()[1:]
    kinds = {row.split("\t")[0]: row.split("\t")[3] for row in rows}
    for name, content in read_members(archive, "*.eml").items():
        label = {"1": FRAUD, "0": LURE}.get(kinds.get(name.rsplit("/", 1)[-1], ""))
        text = _parsed(content)
        if label and text is not None:
            yield Example(
                text.replace("hxxp", "http").replace("[.]", "."), label, f"collected {name}", part="collected"
            )


def _templates(data: Path) -> Iterator[Example]:
    dice = random.Random(2)
    for archive, member, label in (
        ("mail-templates_legit", "legit_mail_templates.jsonl", LEGITIMATE),
        ("mail-templates_phish", "phish_templates.jsonl", FRAUD),
    ):
        for line in read_member(data / f"more/{archive}.tar.xz", f"*/{member}").decode().split("\n"):
            if not line:
                continue
            row = json.loads(line)
            if str(row.get("filler")) == "True" or row["language"] == "nl" or len(row["text"].split()) < 8:
                continue
            body = _SLOT.sub(lambda _: filler(dice), row["text"])
            text = f"Subject: {_SLOT.sub('', row['subject'] or '')}\n\n{body}"
            yield Example(text, label, f"template {row['source']} {row['path'].split('/')[-1]}", part=archive)


def filler(dice: random.Random) -> str:
    """Invent what stands in the slot of a template."""
    fake = invented("en", dice)
    number = str(dice.randint(2, 99_999))
    return str(
        dice.choice(
            (
                fake.name(),
                fake.first_name(),
                fake.company(),
                number,
                f"EUR {number}",
                "https://link.example/x",
            )
        )
    )


def _own() -> Iterator[Example]:
    dice = random.Random(3)
    for number, form in enumerate(forms()):
        for _ in range(VARIANTS[form.label]):
            yield Example(
                filled(form, dice),
                form.label,
                f"own {form.language} {form.name} {number}",
                weight=2.0,
                measured=False,
                part=f"own_{form.language}",
            )


def _parsed(content: bytes) -> str | None:
    try:
        return clean(mail.read(content, Limits(), MAIL).text)
    except Unusable:
        return None


def _decoded(value: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (ValueError, LookupError):
        return " ".join(value.split())


def thread(subject: str) -> str:
    """Reduce a subject to what its thread or campaign shares.

    >>> thread("Re: [list] Invoice 42!"), thread("Invoice 43")
    ('invoice', 'invoice')
    """
    return _SUBJECT.sub(" ", _SUBJECT.sub("", subject)).strip().lower()[:40]


def doubts(fitted: Fitted) -> Floats:
    """Give the probability of each mail not to be honest, by a model that did not see its group."""
    column = fitted.labels.index(LEGITIMATE)
    doubt: Floats = 1 - softmax(fitted.logits / fitted.temperature)[:, column]
    return doubt


def least_doubt(doubt: Floats, found: Sequence[Example], share: float) -> float:
    """Find the least doubt at which no more than a share of the honest mails is flagged."""
    honest = sorted(
        doubt[n] for n, example in enumerate(found) if example.label == LEGITIMATE and example.measured
    )
    return round(float(honest[int(len(honest) * (1 - share))]) + 0.005, 2)


def train(data: Path, out: Path) -> dict[str, float | str]:
    """Train the head and write its folder; give its figures."""
    found = examples(data)
    fitted = fit(found, Recipe())
    doubt = doubts(fitted)
    least = least_doubt(doubt, found, HONEST_SHARE)
    flagged = {
        f"flagged_{label}": round(
            float(
                np.mean(
                    [d >= least for d, e in zip(doubt, found, strict=True) if e.label == label and e.measured]
                )
            ),
            4,
        )
        for label in fitted.labels
    }
    fitted = replace(fitted, abstain_below=least, quality={**fitted.quality, **flagged})
    write(out, fitted, TASK, ABOUT, FACTS)
    return {**fitted.quality, "least": least, "temperature": fitted.temperature}


ABOUT: dict[str, Value] = {
    "version": "1",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr", "es", "pt", "it"],
    "intended_use": (
        "Tell fraud and lures from honest mail by the words of a whole mail, beside the rules of its headers"
        " and links."
    ),
    "known_failures": [
        "Honest mail for training is that of mailing lists, of programs' templates and of our own forms;"
        " marketing of today is known little.",
        "Mail in German, French, Spanish, Portuguese and Italian is known from our own forms and templates.",
        "A phish that copies an honest notice word for word reads as one: its links and sender tell.",
    ],
}
FACTS: dict[str, Value | Mapping[str, Value]] = {
    "data": (
        "SpamAssassin public mail corpus; Nazario phishing mails 2015 to 2022, curated; email-corpus (87"
        " mails); templates of mail of 16 open-source programs and of two awareness campaigns; our own forms"
        " in six languages (research/documents/mail_forms)"
    ),
    "data_licence": (
        "PDDL 1.0 and CC0 (packager's statement); MIT, CC BY 4.0 (curation); MIT; CC0, MIT, BSD, Apache-2.0;"
        " as the project"
    ),
    "definitions": {
        FRAUD: "Somebody is to be brought to give money, credentials or goods by deceit.",
        LURE: "Unwanted advertisement of what seldom is what it says: prizes, casinos, cures, acquaintances.",
        LEGITIMATE: "Mail that people and organisations honestly send each other.",
    },
}


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m research.documents.mail", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("models/shipped/mail"))
    options = parser.parse_args()
    for name, value in train(options.data, options.out).items():
        print(name, value)


if __name__ == "__main__":
    main()
