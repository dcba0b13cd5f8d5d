"""Disguise frauds as attackers do, and count how many keep their signs.

    python -m research.benchmarks.disguise [--documents N] [--honest FILE [--flagged N]]

Forty texts with signs of fraud (examples of the shipped rules) are disguised in their words by a technique
that is drawn: code points that are ignored by default, look-alike and styled letters, strokes, soft hyphens,
parts that a style sheet hides. Each becomes a text, a page, a mail or a DOCX, is parsed and goes through all
stages. It keeps its signs where it has every code of the plain text; the two signs of the head on whole mails
count as one, since a disguise makes fraud the likelier of them. `--honest FILE` reads documents as JSONL
(`text`, `language`) and counts those that are taken for disguised. `--flagged N` takes N of them, of all
languages in turn, adds soft hyphens, emoji and joiners as honest writers do, and counts the signs of fraud
that the text as it was written, read without the layer of text as shown, has not.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import random
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, islice, repeat, zip_longest
from pathlib import Path
from typing import Any

import docx

from docassay import domains
from docassay.domains.disguise import is_disguised, shown
from docassay.schemas.rows import Result, Source
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.stages import STAGES

TEXTS = 40
IGNORED = [
    chr(code)
    for first, last in (
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
        (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
        (0xE0000, 0xE0063),
    )
    for code in range(first, last + 1)
]  # fmt: skip
"""The 78 of Unicode's Default_Ignorable_Code_Point outside plane 14, and 100 of that plane."""
LOOKALIKES = {
    "a": "аɑ", "c": "сϲ", "e": "еҽ", "o": "оοօ", "p": "рρ", "x": "х", "y": "уү", "i": "іɩ", "j": "ј",
    "s": "ѕ", "h": "һ", "d": "ԁ", "q": "ԛ", "w": "ԝ", "n": "ո", "g": "ց", "u": "ս", "v": "ν", "l": "ӏ",
    "A": "АΑ", "B": "ВΒ", "E": "ЕΕ", "H": "НΗ", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ",
    "T": "ТΤ", "X": "ХΧ", "I": "ІΙ",
}  # fmt: skip
STYLES = (0x1D400, 0x1D468, 0x1D4D0, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)


def plain_texts() -> list[tuple[str, str, str]]:
    """Draw texts whose rule finds a sign of fraud: domain, media type and text, each rule's first one."""
    found: list[tuple[str, str, str]] = []
    for name in domains.names():
        domain = domains.load(name)
        signs = {rule.id for rule in domain.flags} - {"disguised_letters"}
        for line in (domain.folder / "examples.jsonl").read_text(encoding="utf-8").split("\n"):
            row = json.loads(line) if line else {}
            if row.get("rule") in signs and row.get("expect") and row["text"].isascii():
                signs.remove(row["rule"])
                found.append((name, row.get("media_type", "text/plain"), row["text"]))
    random.Random(1).shuffle(found)
    return found[:TEXTS]


def _inserted(dice: random.Random, word: str) -> str:
    sign, at = dice.choice(IGNORED), dice.randrange(1, len(word))
    return word[:at] + sign + word[at:]


def _soft(dice: random.Random, word: str) -> str:
    at = dice.randrange(1, len(word))
    return word[:at] + "\u00ad" + word[at:]


def _lookalike(dice: random.Random, word: str) -> str:
    places = [at for at, letter in enumerate(word) if letter in LOOKALIKES]
    for at in dice.sample(places, min(len(places), dice.choice((1, 2, 9)))):
        word = word[:at] + dice.choice(LOOKALIKES[word[at]]) + word[at + 1 :]
    return word


def _styled(dice: random.Random, word: str) -> str:
    style = dice.choice(STYLES)
    places = [style + ord(c) - (65 if c.isupper() else 71) if c.isascii() else 0 for c in word]
    return "".join(
        chr(at) if unicodedata.name(chr(at), "") else c for at, c in zip(places, word, strict=True)
    )


def _struck(dice: random.Random, word: str) -> str:
    return "".join(letter + "\u0336" for letter in word)


TECHNIQUES: dict[str, Callable[[random.Random, str], str]] = {
    "ignored by default": _inserted,
    "soft hyphens": _soft,
    "look-alikes": _lookalike,
    "styled letters": _styled,
    "struck through": _struck,
}
HIDDEN = "hidden by a style sheet"


def disguised(dice: random.Random, text: str, technique: str, body: int) -> str:
    """Disguise most words of a text from an offset on; addresses and numbers stay."""
    words = []
    for word in text[body:].split(" "):
        honest = not word.isalpha() or len(word) < 3 or dice.random() < 0.2
        words.append(word if honest else TECHNIQUES[technique](dice, word))
    return text[:body] + " ".join(words)


def _junk(dice: random.Random, text: str) -> str:
    """Write a text as HTML with letters in its words that a class hides."""
    words = []
    for word in text.split(" "):
        at = dice.randrange(1, len(word)) if word.isalpha() and len(word) > 2 else 0
        piece = html.escape(word)
        words.append(f"{word[:at]}<b class=h>{dice.choice('qxz')}</b>{word[at:]}" if at else piece)
    return " ".join(words).replace("\n", "<br>\n")


def as_source(dice: random.Random, media_type: str, text: str, technique: str) -> Source:
    """Write a disguised text as a file of a drawn format."""
    mail = media_type == "message/rfc822"
    head, _, body = text.partition("\n\n") if mail else ("", "", text)
    if technique != HIDDEN:
        body = disguised(dice, body, technique, 0)
    page = _junk(dice, body) if technique == HIDDEN else html.escape(body).replace("\n", "<br>\n")
    style = dice.choice((".h{display:none}", ".h{font-size:0}", "b.h{visibility:hidden}", "p .h{color:#fff}"))
    page = f"<html><head><meta charset=utf-8><style>{style}</style></head><body><p>{page}</p></body></html>"
    if mail:
        kind, content = ("html", page) if technique == HIDDEN or dice.random() < 0.5 else ("plain", body)
        written = f"{head}\nMIME-Version: 1.0\nContent-Type: text/{kind}; charset=utf-8\n"
        return Source("mail.eml", content=f"{written}\n{content}".encode())
    form = "html" if technique == HIDDEN else dice.choice(("txt", "html", "docx"))
    if form == "docx":
        paper, held = docx.Document(), io.BytesIO()
        for line in body.split("\n"):
            paper.add_paragraph(line)
        paper.save(held)
        return Source("text.docx", content=held.getvalue())
    return Source(f"text.{form}", content=(page if form == "html" else body).encode())


def codes(source: Source, context: Context, layer: bool = True) -> set[str]:
    """Parse a file, take it through all stages, and give the codes of its signs of fraud.

    Args:
        source: The file.
        context: What the stages work with.
        layer: Read the text as it is shown; else as it is written.
    """
    read: list[Any] = [one for one in parse(source, Limits()) if isinstance(one, Document)]
    for stage in STAGES:
        if stage.needed(context.options) and (layer or stage.name != "see"):
            read = stage.run_mixed(read, context)
    found = {flag.code for one in read if isinstance(one, Result) for flag in one.flags}
    return {"fraudulent_mail" if code == "unsolicited_lure" else code for code in found}


def attacks(number: int, seed: int) -> Iterator[tuple[str, str, bool]]:
    """Yield technique, domain and whether the signs were kept, of each disguised document."""
    contexts: dict[str, Context] = {}
    plain: dict[str, set[str]] = {}
    texts = plain_texts()
    for at in range(number):
        dice = random.Random(f"{seed} {at}")
        name, media_type, text = texts[at % len(texts)]
        forced = None if media_type == "message/rfc822" else name
        context = contexts.setdefault(str(forced), Context(Options(domain=forced)))
        if text not in plain:
            suffix = "eml" if forced is None else "txt"
            plain[text] = codes(Source(f"text.{suffix}", content=text.encode()), context)
        technique = dice.choice((*TECHNIQUES, HIDDEN))
        found = codes(as_source(dice, media_type, text, technique), context)
        kept = plain[text] <= found
        if not kept:
            print("lost", at, technique, name, sorted(plain[text] - found), file=sys.stderr)
        yield technique, name, kept


def honest(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the language of each honest document, and whether it is taken for disguised."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        row = json.loads(line) if line else {}
        if text := row.get("text"):
            seen = shown(text[:200_000])
            yield row.get("language", ""), seen is not None and is_disguised(seen[1].disguised, seen[0])


EMOJI = (
    "\u2764\ufe0f",
    "\u263a\ufe0f",
    "\U0001f469\u200d\u2695\ufe0f",
    "1\ufe0f\u20e3",
    "\U0001f1eb\U0001f1f7",
)
"""With what makes them coloured, and joiners."""
CHARS = 3_000
"""Characters of an honest text that are read."""


def dressed(dice: random.Random, text: str) -> str:
    """Part long words by soft hyphens, as publishers do, and put emoji at the ends of lines."""
    words = [
        f"{word[: len(word) // 2]}\u00ad{word[len(word) // 2 :]}"
        if len(word) > 11 and word.isalpha() and dice.random() < 0.5
        else word
        for word in text.split(" ")
    ]
    lines = " ".join(words).split("\n")
    return "\n".join(f"{line} {dice.choice(EMOJI)}" if dice.random() < 0.2 else line for line in lines)


def drawn(path: Path, number: int) -> Iterator[tuple[str, str]]:
    """Draw honest texts of all languages in turn: language and text."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").split("\n"):
        row = json.loads(line) if line else {}
        if row.get("text"):
            texts[row.get("language", "")].append(row["text"][:CHARS])
    for several in texts.values():
        random.Random(1).shuffle(several)
    turns = zip_longest(*(zip(repeat(language), several) for language, several in sorted(texts.items())))
    return islice(filter(None, chain.from_iterable(turns)), number)


def new_signs(path: Path, number: int) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield of each honest text its language, its signs as it is written, and those that are new."""
    context = Context(Options())
    for at, (language, text) in enumerate(drawn(path, number)):
        plain = codes(Source("text.txt", content=text.encode()), context, layer=False)
        written = dressed(random.Random(at), text)
        new = codes(Source("text.txt", content=written.encode()), context) - plain
        if new:
            print("new", at, language, sorted(new), file=sys.stderr)
        yield language, plain, new


def main() -> None:
    """Attack, and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.disguise",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=20_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--honest", type=Path, metavar="FILE")
    parser.add_argument("--flagged", type=int, default=0, metavar="N")
    options = parser.parse_args()
    kept: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for technique, _, is_kept in attacks(options.documents, options.seed):
        kept[technique] += is_kept
        of[technique] += 1
    for technique in of:
        print(
            f"{technique:24} {kept[technique]:6} of {of[technique]:6} {kept[technique] / of[technique]:.4f}"
        )
    if of:
        print(f"{'all':24} {kept.total():6} of {of.total():6} {kept.total() / of.total():.4f}")
    if options.honest and options.flagged:
        signs = list(new_signs(options.honest, options.flagged))
        print(
            f"honest texts {len(signs)} in {len({language for language, _, _ in signs})} languages:"
            f" with a sign {sum(bool(plain) for _, plain, _ in signs)},"
            f" with a new one {sum(bool(new) for _, _, new in signs)}"
        )
    elif options.honest:
        taken = [(language, is_taken) for language, is_taken in honest(options.honest)]
        wrong = Counter(language for language, is_taken in taken if is_taken)
        print(f"honest, taken for disguised {wrong.total()} of {len(taken)} {dict(wrong)}")


if __name__ == "__main__":
    main()
