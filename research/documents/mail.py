"""Train the head that tells fraud and unwanted lures in mail from honest mail: models/shipped/mail."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from docassay.domains.disguise import is_disguised, shown
from docassay.domains.mail.features import feature_strings, model_text
from docassay.domains.mail.request_signs import advance_fee
from docassay.domains.rules import RuleInput
from docassay.models.document_head import DocumentHead, load
from docassay.models.hashed_words import Floats, softmax
from docassay.models.modelfile import Value
from docassay.transforms.formats import Limits, Unusable, mail
from docassay.transforms.formats.media_types import MAIL
from docassay.transforms.formats.plain import clean
from research.corpora.archives import read_member, read_members
from research.documents.fit import Example, Fitted, Recipe, fit, write
from research.documents.mail_forms import filled, forms, invented
from research.documents.text import short_body

FRAUD, LURE, LEGITIMATE = "fraud", "lure", "legitimate"
TASK = "mail_fraud"
VARIANTS = {FRAUD: 12, LURE: 12, LEGITIMATE: 14}
"""How often each of our own forms is filled."""

HONEST_SHARE = 0.0015
"""The share of honest mails that may be flagged, of mails whose source trained nothing."""

ABOVE = 0.1
"""How far above their doubt the limit is put, since a thousand mails show little of what is rare."""

RECIPE = Recipe(strength=10.0, characters=1.0)

TRAINED_ON, CHOSEN_ON, MEASURED_ON = range(3)
"""Parts of the gathered honest mail: for training, for the limit, for the figure."""

_SLOT = re.compile(r"\{/?[^{}\n]{0,80}\}|\\u[0-9a-f]{4}")
_ONE_ADDRESS = re.compile(r"(?i)\bjose@monkey\.org\b|\bmonkey\.org\b|\bjose\b")
_SUBJECT = re.compile(r"(?i)^(?:(?:re|fwd?|aw|wg|tr|rv)\s*:\s*|\[[^\]]{0,40}\]\s*)+|[\W\d_]+")


def examples(data: Path, honest: Path) -> list[Example]:
    """Gather the mails of all sources; a group is a thread, a campaign, a program or a form of ours."""
    found = [*_nazario(data), *_spamassassin(data), *_collected(data), *_templates(data), *_own()]
    found += [*_messages(data), *gathered(honest), *without_headers(gathered(honest))]
    return [_as_read(example) for example in found]


def gathered(path: Path, part: int = TRAINED_ON) -> Iterator[Example]:
    """Read a part of the honest mail and chats that `research.corpora.gathered` made."""
    for row in map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n"))):
        half = CHOSEN_ON if zlib.crc32(row["path"].partition("#")[0].encode()) % 2 else MEASURED_ON
        if (TRAINED_ON if row["split"] == "train" else half) == part:
            name = f"gathered_{row['genre']}"
            yield Example(row["text"], LEGITIMATE, f"gathered {row['repository']}", weight=1.4, part=name)


def without_headers(mails: Iterable[Example]) -> Iterator[Example]:
    """Give the bodies of short honest mails as messages of a telephone: notices with links."""
    for one in mails:
        if body := short_body(one.text):
            yield replace(one, text=body, weight=0.7, part=f"{one.part}_as_message")


def _messages(data: Path) -> Iterator[Example]:
    """Short messages in English; messages that differ in figures alone are one."""
    labels = {"smishing": FRAUD, "spam": LURE, "ham": LEGITIMATE}
    seen: set[str] = set()
    for row in _table_of_messages(data):
        folded = thread(row["TEXT"])
        if folded not in seen:
            seen.add(folded)
            yield Example(
                row["TEXT"], labels[row["LABEL"].lower()], f"sms {folded[:24]}", weight=0.5, part="sms"
            )


def _table_of_messages(data: Path) -> Iterator[dict[str, str]]:
    table = read_member(data / "labelled/financial-sms_smishing.tar.xz", "*/Dataset_5971.csv").decode("utf-8")
    return csv.DictReader(io.StringIO(table))


def trained_messages(data: Path) -> Iterator[str]:
    """Give the texts of the short messages that the head is trained on."""
    return (row["TEXT"] for row in _table_of_messages(data))


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
    """Find the least doubt at which no more than a share of the honest mails is flagged.

    It lies `ABOVE` that, for honest mail unlike these, but never more than half of the way to 1.
    """
    honest = sorted(
        doubt[n] for n, example in enumerate(found) if example.label == LEGITIMATE and example.measured
    )
    least = float(honest[int(len(honest) * (1 - share))])
    return math.floor(100 * min(least + ABOVE, (least + 1) / 2)) / 100


def train(data: Path, out: Path, honest: Path) -> dict[str, float | str]:
    """Train the head and write its folder; give its figures.

    The limit is chosen on one half of the honest mail that was set apart, and measured on the other.
    """
    found = examples(data, honest)
    fitted = fit(found, RECIPE)
    with TemporaryDirectory() as folder:
        write(Path(folder) / out.name, fitted, TASK, ABOUT, FACTS)
        head = load(Path(folder) / out.name)
        halves = [[_as_read(one) for one in gathered(honest, half)] for half in (CHOSEN_ON, MEASURED_ON)]
        chosen, kept = ([_doubt(head, one) for one in half] for half in halves)
    least = least_doubt(np.array(chosen), halves[0], HONEST_SHARE)
    doubt = doubts(fitted)
    flagged = {
        f"flagged_{label}": float(
            np.mean(
                [d >= least for d, e in zip(doubt, found, strict=True) if e.label == label and e.measured]
            )
        )
        for label in fitted.labels
    }
    flagged["flagged_apart"] = float(np.mean([d >= least for d in kept]))
    quality = {**fitted.quality, **{name: round(value, 4) for name, value in flagged.items()}}
    write(out, replace(fitted, abstain_below=least, quality=quality), TASK, ABOUT, FACTS)
    return {**quality, "least": least, "temperature": fitted.temperature}


def _doubt(head: DocumentHead, example: Example) -> float:
    return 1 - head.predict(example.text, example.extra).get(LEGITIMATE, 1.0)


ABOUT: dict[str, Value] = {
    "version": "3",
    "licence": "Apache-2.0",
    "languages": ["en", "de", "fr", "es", "pt", "it", "nl"],
    "intended_use": (
        "Tell fraud and lures from honest mail, and from honest messages of a telephone, by the words of the"
        " whole, beside the rules of headers and links."
    ),
    "known_failures": [
        "Mail in other languages than English, short messages in them, and messages of today in any language,"
        " are known as fraud from our own forms alone.",
        "A message that leads nowhere and asks nothing yet, such as a romance's opening, reads as honest.",
        "A phish that copies an honest notice word for word reads as one: its links and sender tell.",
        "Honest mail of a kind that was not gathered, such as bounces of a server that words them anew, is"
        " doubted more: in cross-validation, where its one or two sources are left out, .77 of newsletters,"
        " .43 of bounces and .73 of job notices are known as honest (mail@2: .85, .59, .76).",
    ],
}
FACTS: dict[str, Value | Mapping[str, Value]] = {
    "data": (
        "SpamAssassin public mail corpus; Nazario phishing mails 2015 to 2022, curated; email-corpus (87"
        " mails); SMS Phishing Dataset, whose honest messages are in part of the NUS SMS Corpus; templates of"
        " mail of 16 open-source programs and of two awareness"
        " campaigns; 4,506 honest mails and messages of 18 open-source projects (research/corpora/gathered),"
        " the bodies of the short ones once more as messages;"
        " our own forms in seven languages (research/documents/mail_forms)"
    ),
    "data_licence": (
        "PDDL 1.0 and CC0 (packager's statement); MIT, CC BY 4.0 (curation); MIT; CC BY 4.0; CC0, MIT, BSD,"
        " Apache-2.0; the same; as the project"
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
    parser.add_argument(
        "--gathered", type=Path, required=True, help="mail.jsonl of research.corpora.gathered"
    )
    options = parser.parse_args()
    for name, value in train(options.data, options.out, options.gathered).items():
        print(name, value)


if __name__ == "__main__":
    main()
