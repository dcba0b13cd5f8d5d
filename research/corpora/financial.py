"""Messages, bank customers, complaints, filings and market news."""

import io
import json
import random
import re
import zipfile
from collections import Counter
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from docassay.train.score import Split
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.example import Example
from research.corpora.text import (
    alike,
    folded_key,
    hold_out,
    label_name,
    split_groups,
    squeeze,
    text_key,
    unique,
    without_markup,
)

MESSAGES = {"ham": "legitimate", "spam": "spam", "smishing": "smishing"}
OTHER_ITEM = "other_item"
ANNUAL_ITEMS = {
    "item_1": "business",
    "item_1A": "risk_factors",
    "item_1B": OTHER_ITEM,
    "item_2": "properties",
    "item_3": "legal_proceedings",
    "item_4": OTHER_ITEM,
    "item_5": "market_for_equity",
    "item_6": OTHER_ITEM,
    "item_7": "management_discussion",
    "item_7A": "market_risk",
    "item_8": "financial_statements",
    "item_9": OTHER_ITEM,
    "item_9A": "controls_and_procedures",
    "item_9B": OTHER_ITEM,
    "item_10": OTHER_ITEM,
    "item_11": OTHER_ITEM,
    "item_12": OTHER_ITEM,
    "item_13": OTHER_ITEM,
    "item_14": OTHER_ITEM,
}
"""In the order of the form. Item 15 is left out: it holds exhibits, and statements in older forms."""


def message_fraud(data: Path) -> list[Example]:
    """Load text messages, each once; 20 % are test, 10 % validation.

    Repeats that differ in digits are dropped, and near-duplicates stay in one split.
    """
    rows = csv_rows(read_member(data / "labelled/financial-sms_smishing.tar.xz", "*.csv"))
    first: dict[str, tuple[str, str]] = {}
    for row in rows:
        text = squeeze(row["TEXT"])
        if folded_key(text):
            first.setdefault(folded_key(text), (text, MESSAGES[row["LABEL"].strip().lower()]))
    texts = [text for text, _ in first.values()]
    groups = alike(texts)
    splits = split_groups(groups, 0.2, 0.1)
    return [
        Example("message_fraud", text, (label,), splits[group])
        for (text, label), group in zip(first.values(), groups, strict=True)
    ]


def customers(data: Path) -> list[Example]:
    """Load what customers ask a bank (BANKING77), without labels; a tenth of train is validation."""
    archive = data / "labelled/financial-banking77.tar.xz"
    files: list[tuple[str, Split]] = [("*/train.csv", "train"), ("*/test.csv", "test")]
    examples = [
        Example("customer", squeeze(row["text"]), (), split)
        for pattern, split in files
        for row in csv_rows(read_member(archive, pattern))
    ]
    official = [example for example in examples if example.split == "test"]
    return [*official, *hold_out([example for example in unique(examples) if example.split == "train"], 0.1)]


def complaints(data: Path) -> list[Example]:
    """Load complaint narratives of the ten most frequent issues, without labels.

    Near-duplicate letters stay in one split.
    """
    files = read_members(data / "labelled/financial-cfpb_complaints.tar.xz", "*.csv")
    by_number: dict[str, tuple[str, str]] = {}
    texts: set[str] = set()
    for body in files.values():
        for row in csv_rows(body):
            text, number = squeeze(row.get("Consumer complaint narrative", "")), row.get("Complaint ID", "")
            if number and len(text.split()) >= 8 and number not in by_number and text_key(text) not in texts:
                texts.add(text_key(text))
                by_number[number] = (text, label_name(row["Issue"]))
    groups = alike([text for text, _ in by_number.values()])
    splits = split_groups(groups, 0.2, 0.1)
    frequent = {name for name, _ in Counter(issue for _, issue in by_number.values()).most_common(10)}
    return [
        Example("complaint", text, (), splits[group])
        for (text, issue), group in zip(by_number.values(), groups, strict=True)
        if issue in frequent
    ]


def filing_item(data: Path) -> list[Example]:
    """Load paragraphs of 10-K items, without the item's heading; split by company.

    They have 20 to 250 words; at most about 60 are taken from an item of a filing. Items beside the nine
    that matter are one label, `other_item`, so that a whole filing can be read.
    """
    annual = zipfile.ZipFile(
        io.BytesIO(read_member(data / "labelled/financial-sec_items.tar.xz", "*/10-K.zip"))
    )
    names = sorted(name for name in annual.namelist() if name.endswith(".json"))
    filings = {name: json.loads(annual.read(name)) for name in names}
    splits = split_groups((filing["cik"] for filing in filings.values()), 0.2, 0.12)
    examples = []
    for name, filing in filings.items():
        for item, label in ANNUAL_ITEMS.items():
            lines = (filing.get(item) or "").splitlines()
            body = without_item_heading(lines)
            blocks = [squeeze(line) for line in body if 20 <= len(line.split()) <= 250]
            step = max(1, len(blocks) // 60)
            examples += [
                Example("filing_item", block, (label,), splits[filing["cik"]], document=name)
                for block in blocks[::step]
            ]
    return unique(examples)


def without_item_heading(lines: list[str]) -> list[str]:
    """Drop the lines that name the item, so that the label does not stand in the text.

    >>> without_item_heading(["ITEM 7.", "MANAGEMENT'S DISCUSSION", "Sales rose."])
    ['Sales rose.']
    """
    start = 0
    while start < min(4, len(lines)) and (
        re.match(r"(?i)\s*item\s*\d", lines[start]) or lines[start].isupper()
    ):
        start += 1
    return [re.sub(r"(?i)^\s*item\s*\d+[a-c]?[.:]?\s*", "", line) for line in lines[start:]]


def sentiment(data: Path) -> list[Example]:
    """Load headlines whose entities agree, and finance posts, without links.

    Their parts are "sentfin" and "twitter".
    """
    return [*_sentfin(data), *_twitter(data)]


def _sentfin(data: Path) -> list[Example]:
    rows = csv_rows(read_member(data / "labelled/financial-sentfin.tar.xz", "*/SEntFiN.csv"))
    keys = sorted({text_key(row["Title"]) for row in rows})
    random.Random(0).shuffle(keys)
    tests = set(keys[: len(keys) // 5])
    by_key: dict[str, Example] = {}
    for row in rows:
        key, agreed = text_key(row["Title"]), agreed_sentiment(row["Decisions"])
        if agreed and key not in by_key:
            by_key[key] = Example(
                "sentiment", squeeze(row["Title"]), (agreed,), "test" if key in tests else "train", "sentfin"
            )
    return hold_out(list(by_key.values()), 0.08)


def agreed_sentiment(decisions: str) -> str | None:
    """Return the sentiment that all entities of a headline share, if they do.

    The column is not always a valid literal, so it is searched, not parsed.

    >>> agreed_sentiment("{'A': 'neutral', 'Moody's': 'neutral'}")
    'neutral'
    """
    sentiments = set(re.findall(r"""['"].+?['"]\s*:\s*['"](positive|negative|neutral)['"]""", decisions))
    return sentiments.pop() if len(sentiments) == 1 else None


def _twitter(data: Path) -> list[Example]:
    archive = data / "labelled/financial-twitter_news_sentiment.tar.xz"
    names = {"0": "negative", "1": "positive", "2": "neutral"}
    files: list[tuple[str, Split]] = [("*/sent_valid.csv", "test"), ("*/sent_train.csv", "train")]
    examples = []
    for pattern, split in files:
        for row in csv_rows(read_member(archive, pattern)):
            text = squeeze(re.sub(r"https?://\S+", " ", row["text"]))
            examples.append(Example("sentiment", text, (names[row["label"]],), split, "twitter"))
    official = [example for example in examples if example.split == "test"]
    return [*official, *hold_out([example for example in unique(examples) if example.split == "train"], 0.08)]


def mail(data: Path) -> list[Example]:
    """Load the mails that measure `message_fraud` on other material than text messages.

    A text is the subject and the first 300 words.

    Parts: `fraud` and `marketing` (real mails of 2020 to 2026, labelled by one reader) and `business`
    (Enron, 2000 to 2002). The label is "smishing" for fraud, else "legitimate": whether marketing is spam
    was not labelled.
    """
    archive = data / "labelled/financial-fraud_email.tar.xz"
    kinds = {
        row.split("\t")[0]: row.split("\t")[3]
        for row in read_member(archive, "*/labels.tsv").decode().splitlines()[1:]
    }
    examples = []
    for name, body in read_members(archive, "*.eml").items():
        fraud = kinds.get(name.rsplit("/", 1)[-1], "")
        if fraud in ("0", "1"):
            label = "smishing" if fraud == "1" else "legitimate"
            examples.append(
                Example(
                    "message_fraud",
                    mail_text(body),
                    (label,),
                    "test",
                    "fraud" if fraud == "1" else "marketing",
                )
            )
    for body in read_members(archive, "*/enron/*").values():
        text = " ".join(body.decode("utf-8", errors="replace").split()[:300])
        examples.append(Example("message_fraud", text, ("legitimate",), "test", "business"))
    return examples


def mail_text(raw: bytes) -> str:
    """Return the subject and the first 300 words of a message's text part, or of its HTML without tags."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    part = message.get_body(("plain", "html"))
    body = ""
    if isinstance(part, EmailMessage):
        payload = part.get_payload(decode=True)
        body = payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else ""
        if part.get_content_type() == "text/html":
            body = without_markup(body)
    return " ".join(f"{message.get('subject', '')} {body}".split()[:300])
