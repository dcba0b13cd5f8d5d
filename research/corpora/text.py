"""Cleaning, keys for comparing texts, near-duplicate groups and group-wise splits."""

import random
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from html import unescape

from docassay.train.score import Split
from docassay.train.splits import near_duplicate_groups
from research.corpora.example import Example


def squeeze(text: str) -> str:
    r"""Make every run of white space one blank.

    >>> squeeze(" a\n\tb ")
    'a b'
    """
    return " ".join(text.split())


def label_name(name: str) -> str:
    """Turn a corpus's label into a lower-case identifier.

    >>> label_name("Rofr/Rofo/Rofn"), label_name("Non-Compete")
    ('rofr_rofo_rofn', 'non_compete')
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def text_key(text: str) -> str:
    """Reduce a text to lower-case letters and digits, one blank between words: equal keys are the same text.

    >>> text_key("It's  DUE!")
    'it s due'
    """
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def folded_key(text: str) -> str:
    """Like `text_key`, with every number made 0.

    Messages that differ only in an amount or a phone number so compare equal.

    >>> folded_key("Call 0800-123, win £50")
    'call 0 0 win 0'
    """
    return re.sub(r"\d+", "0", text_key(text))


def without_markup(html: str) -> str:
    """Strip tags and entities; block ends become line breaks.

    For filings and old web pages, not for arbitrary HTML.
    """
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", " ", html)
    text = re.sub(r"(?i)<(br|/p|/div|/tr|/li|/h\d|hr)\b[^>]*>", "\n", text)
    return unescape(re.sub(r"<[^>]{1,2000}>", " ", text)).replace("\xa0", " ")


def alike(texts: Sequence[str]) -> list[int]:
    """Return a group number per text; texts of which half of the word sequences are shared have one group.

    Digits are folded.
    """
    return near_duplicate_groups([folded_key(text) for text in texts], 0.5)


def split_groups(
    groups: Iterable[Hashable], test: float, validation: float, seed: int = 0
) -> dict[Hashable, Split]:
    """Assign whole groups to splits.

    The sorted distinct groups are shuffled and cut: first test, then validation, then train.

    >>> sorted(split_groups("abcdefghij", 0.1, 0.1).values())[-2:]
    ['train', 'validation']
    """
    ordered = sorted(set(groups), key=str)
    random.Random(seed).shuffle(ordered)
    tests, validations = round(len(ordered) * test), round(len(ordered) * validation)
    return {
        group: "test" if rank < tests else "validation" if rank < tests + validations else "train"
        for rank, group in enumerate(ordered)
    }


def unique(examples: Iterable[Example]) -> list[Example]:
    """Keep the first of each text, and keep test and validation texts out of train.

    What is in test is dropped from train and validation, what is in validation from train.
    """
    examples = list(examples)
    seen: dict[Split, set[str]] = {"test": set(), "validation": set(), "train": set()}
    distinct: list[Example] = []
    for split in ("test", "validation", "train"):
        others = [keys for name, keys in seen.items() if name != split]
        for example in examples:
            key = text_key(example.text)
            if (
                example.split == split
                and key
                and key not in seen[split]
                and not any(key in keys for keys in others)
            ):
                seen[split].add(key)
                distinct.append(example)
    return distinct


def hold_out(examples: Sequence[Example], share: float, seed: int = 0) -> list[Example]:
    """Move a share of the train examples to validation.

    They are chosen by their text, so that the choice does not hang on their order.
    """
    assigned = split_groups(
        (text_key(example.text) for example in examples if example.split == "train"), 0.0, share, seed
    )
    return [
        replace(example, split=assigned[text_key(example.text)]) if example.split == "train" else example
        for example in examples
    ]


def sentences(block: str) -> list[str]:
    """Cut a block into sentences, coarsely, as the labels of drugs need it.

    A cut is after `.`, `!` or `?` followed by a blank and a capital, bracket or bullet.

    >>> sentences("It may occur. See (5.1).")
    ['It may occur.', 'See (5.1).']
    """
    return [squeeze(piece) for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z*\[(])", block) if piece.strip()]


def paragraphs(text: str, fewest_words: int, most_words: int) -> list[str]:
    """Cut at blank lines, squeeze, and keep what has a number of words within the bounds (inclusive)."""
    blocks = (squeeze(block) for block in re.split(r"\n\s*\n", text))
    return [block for block in blocks if fewest_words <= len(block.split()) <= most_words]
