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

from docassay.training.corpora.archives import csv_rows, read_member, read_members
from docassay.training.custom.example import Example, Split
from docassay.training.custom.text import (
    folded_key,
    hold_out,
    label_name,
    near_duplicate_groups,
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
EVENT_ITEMS = {
    "1.01": "material_agreement",
    "2.02": "results_of_operations",
    "2.03": "financial_obligation",
    "5.02": "officers_and_directors",
    "5.03": "bylaws_amendment",
    "5.07": "shareholder_vote",
    "7.01": "regulation_fd",
    "8.01": "other_events",
    "9.01": "exhibits",
}
EVENT_HEADING = re.compile(r"(?i)\bitems?\s{1,4}(\d\.\d\d)\b[ .:\u2013\u2014-]*")
EVENT_TITLE = re.compile(
    r"(?i)^\W*(?:\(?[a-f]\)\W*)?(?:(?:entry into a material definitive agreement|"
    r"results of operations? and financial condition|"
    r"(?:\(?[a-f]\W+)?creation of a direct financial obligation"
    r"(?: or an obligation under an off.balance sheet arrangement)?(?: of a registrant)?|"
    r"departures? of (?:directors|certain|principal)[^;.]*;?|"
    r"(?:election|appointment) of (?:directors|(?:certain|principal) officers)\b[;.]?|"
    r"compensatory arrangements? of certain officers|"
    r"amendments? to (?:the )?articles of incorporation or by-?laws|changes? in fiscal year|"
    r"submission of matters to a vote of security holders|regulation fd disclosure|other events|"
    r"financial statements(?:, pro forma financial information)?,? and exhibits?)[\s.;:]*)+"
)
EVENT_COVER = re.compile(r"(?i)\bsecurities\s+and\s+exchange\s+commission\b")
EVENT_END = re.compile(r"(?m)^\s*SIGNATURES?\s*$|(?i:signatures?\s+pursuant to the requirements)")
FRAUD_ISSUE = re.compile(
    r"(?i)identity theft(?! protection)|fraud(?! alert)|scam|didn't apply|did not apply|not apply for|"
    r"without my consent|unauthorized|not authorized|didn't authorize|you don't recognize|did not purchase"
)
"""Issues and sub-issues in which the consumer says that someone cheated."""
UNCLEAR_ISSUE = re.compile(r"(?i)information belongs to someone else")
"""A stolen identity or two files mixed up: it can be either, so such complaints have no label for fraud."""


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
    groups = near_duplicate_groups(texts)
    splits = split_groups(groups, 0.2, 0.1)
    return [
        Example("message_fraud", text, (label,), splits[group])
        for (text, label), group in zip(first.values(), groups, strict=True)
    ]


def bank_intent(data: Path) -> list[Example]:
    """Load BANKING77; a tenth of train is validation."""
    archive = data / "labelled/financial-banking77.tar.xz"
    files: list[tuple[str, Split]] = [("*/train.csv", "train"), ("*/test.csv", "test")]
    rows = [(row, split) for pattern, split in files for row in csv_rows(read_member(archive, pattern))]
    examples = [
        Example("bank_intent", squeeze(row["text"]), (label_name(row["category"]),), split)
        for row, split in rows
    ]
    official = [example for example in examples if example.split == "test"]
    return [*official, *hold_out([example for example in unique(examples) if example.split == "train"], 0.1)]


def complaint_issue(data: Path) -> list[Example]:
    """Load complaint narratives with one of the ten most frequent issues."""
    rows = _complaints(data)
    frequent = [name for name, _ in Counter(label_name(issue) for _, issue, _, _ in rows).most_common(10)]
    return [
        Example("complaint_issue", text, (label_name(issue),), split)
        for text, issue, _, split in rows
        if label_name(issue) in frequent
    ]


def complaint_fraud(data: Path) -> list[Example]:
    """Load complaint narratives with whether the consumer chose a fraud-like sub-issue.

    Those are sub-issues (issues, where there is no sub-issue) of identity theft, scam and what was never
    asked for. Where the sub-issue leaves it open the complaint is left out.
    """
    return [
        Example("complaint_fraud", text, ("fraud_reported",) * bool(FRAUD_ISSUE.search(kind)), split)
        for text, _, kind, split in _complaints(data)
        if not UNCLEAR_ISSUE.search(kind)
    ]


def _complaints(data: Path) -> list[tuple[str, str, str, Split]]:
    """Return narrative, issue, sub-issue (else the issue) and split of each complaint once.

    Near-duplicate letters stay in one split.
    """
    files = read_members(data / "labelled/financial-cfpb_complaints.tar.xz", "*.csv")
    by_number: dict[str, tuple[str, str, str]] = {}
    texts: set[str] = set()
    for body in files.values():
        for row in csv_rows(body):
            text, number = squeeze(row.get("Consumer complaint narrative", "")), row.get("Complaint ID", "")
            if number and len(text.split()) >= 8 and number not in by_number and text_key(text) not in texts:
                texts.add(text_key(text))
                sub = row.get("Sub-issue", "").strip()
                by_number[number] = (text, row["Issue"], row["Issue"] if sub in ("", "None") else sub)
    groups = near_duplicate_groups([text for text, _, _ in by_number.values()])
    splits = split_groups(groups, 0.2, 0.1)
    return [(*row, splits[group]) for row, group in zip(by_number.values(), groups, strict=True)]


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


def filing_event(data: Path) -> list[Example]:
    """Load the bodies of 8-K items, over 20 words, without their headings; split by company."""
    current = zipfile.ZipFile(
        io.BytesIO(read_member(data / "labelled/financial-sec_items.tar.xz", "*/8-K.zip"))
    )
    names = [name for name in sorted(current.namelist()) if not name.endswith("/")]
    companies = {name: name.rsplit("/", 1)[-1].split("_")[0] for name in names}
    splits = split_groups(companies.values(), 0.2, 0.12)
    examples = []
    for name in names:
        for item, body in event_items(without_markup(current.read(name).decode("utf-8", errors="replace"))):
            if item in EVENT_ITEMS and len(body.split()) > 20:
                text = " ".join(body.split()[:250])
                examples.append(Example("filing_event", text, (EVENT_ITEMS[item],), splits[companies[name]]))
    return unique(examples)


def event_items(text: str) -> list[tuple[str, str]]:
    r"""Cut a current report into (item number, body), from the cover page to the signature.

    The items' official titles are removed, and so is what the archive says of the report before it.

    >>> event_items("Item 8.01 Other Events.\nA fire occurred.\nSIGNATURES\nBy: A")
    [('8.01', 'A fire occurred.')]
    """
    text = EVENT_END.split(EVENT_COVER.split(text, maxsplit=1)[-1])[0]
    marks = [mark for mark in EVENT_HEADING.finditer(text) if _starts_line(text, mark.start())]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [
        (mark[1], EVENT_TITLE.sub("", squeeze(text[mark.end() : end])))
        for mark, end in zip(marks, ends[: len(marks)], strict=True)
    ]


def _starts_line(text: str, position: int) -> bool:
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()


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
