"""Names in legitimate mails, marked by what their headers say, and then replaced by invented ones.

The people of a mail are those of its headers and those who are quoted ("NAME wrote:"). Wherever the mail
repeats their names, it means them. Other words that may be first names are `unknown`. The texts are those of
SpamAssassin's public corpus (PDDL); the names are not kept.
"""

import email
import email.policy
import random
import re
from collections.abc import Iterator
from email.utils import getaddresses
from pathlib import Path

from research.corpora.invented_values import Values
from research.corpora.names import first_names
from research.corpora.personal import NUMERIC, Marked

HEADERS = ("From", "Sender", "Reply-To", "Return-Path", "To", "Cc", "Subject", "Date", "Message-ID")
FOLDERS = ("easy-ham-1", "easy-ham-2", "hard-ham-1")
NAME = r"[^\W\d_][\w.'-]*(?: [^\W\d_][\w.'-]*){1,3}"
_FULL = re.compile(rf"{NAME}|[^\W\d_]{{3,20}}")
_QUOTED = re.compile(
    rf"(?m)^[> ]*(?:On [^\n]{{5,60}}, )?({NAME})(?: <[^>\n]{{3,80}}>)? (?:wrote|writes|said)\s?:"
)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_NOT_PEOPLE = re.compile(
    r"(?i)list|admin|talk|user|team|news|group|support|mail|info|office|member|linux|daily|update|\bthe\b|of\b|inc\b|recipient|customer"
)


def mails(more: Path, most: int, seed: int = 0) -> Iterator[Marked]:
    """Give mails with the names of their people."""
    dice = random.Random(seed)
    paths = [
        path
        for name in FOLDERS
        for path in sorted((more / "mail-spamassassin/mail-spamassassin" / name).iterdir())
    ]
    dice.shuffle(paths)
    known = frozenset(first_names())
    ordinary = frozenset(
        (
            "will",
            "may",
            "mark",
            "bill",
            "grant",
            "drew",
            "art",
            "rose",
            "pat",
            "sue",
            "rob",
            "dean",
            "guy",
            "long",
            "see",
            "an",
            "in",
            "the",
            "van",
            "so",
            "my",
            "thu",
            "mon",
            "sun",
            "april",
            "june",
            "august",
            "christian",
            "mac",
            "media",
        )
    )
    given = 0
    for path in paths:
        if given >= most:
            return
        marked = _marked(path, known - ordinary, Values("en", dice), dice)
        if marked is not None:
            given += 1
            yield marked


def _marked(path: Path, first: frozenset[str], values: Values, dice: random.Random) -> Marked | None:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    part = next((part for part in message.walk() if part.get_content_type() == "text/plain"), None)
    if part is None:
        return None
    payload = part.get_payload(decode=True)
    body = payload.decode("latin-1").replace("\r\n", "\n")[:4000] if isinstance(payload, bytes) else ""
    headers = [f"{name}: {' '.join(str(message[name]).split())}" for name in HEADERS if message[name]]
    if "=?" in "".join(headers) or not body.strip():
        return None
    text = "\n".join(headers) + "\n\n" + body
    people = _people(message, body)
    if not people:
        return None
    masked = _ADDRESS.sub(lambda match: "\0" * len(match[0]), text)
    spans: dict[tuple[int, int], tuple[str, ...]] = {}
    taken = bytearray(len(text))
    for words in sorted(people, key=len, reverse=True):
        full = r"\s+(?:>\s*)?".join(re.escape(word) for word in words)
        short = [re.escape(word) for word in (words[0], words[-1]) if len(word) > 2 and not word.islower()]
        for form in (full, *short):
            for match in re.finditer(rf"(?<![\w-]){form}(?![\w])", masked):
                if not any(taken[match.start() : match.end()]):
                    spans[match.span()] = words
                    taken[match.start() : match.end()] = b"\1" * len(match[0])
        sign = re.compile(rf"(?m)^\s*-{{0,2}}\s*({re.escape(words[0].lower())})[.,]?\s*$")
        for match in sign.finditer(masked):
            if not any(taken[match.start(1) : match.end(1)]):
                spans[match.span(1)] = words
                taken[match.start(1) : match.end(1)] = b"\1" * len(match[1])
    unknown = [
        match.span() for match in re.finditer(r"[A-Z][\w'-]+(?: [A-Z]\.?(?!\w))?(?: [A-Z][\w'-]+)*", masked)
    ]
    unknown = [
        (a, b)
        for a, b in unknown
        if not any(taken[a:b]) and any(word.lower() in first for word in re.findall(r"\w+", text[a:b]))
    ]
    unknown += [match.span() for match in NUMERIC.finditer(text)]
    return _renamed(
        Marked(
            text,
            tuple((*place, "person") for place in sorted(spans)),
            "en",
            f"mail/{path.name}",
            tuple(unknown),
        ),
        spans,
        values,
        dice,
    )


def _people(message: email.message.Message, body: str) -> set[tuple[str, ...]]:
    values = [str(value) for name in ("From", "To", "Cc", "Reply-To") for value in message.get_all(name, [])]
    names = [name for name, _ in getaddresses(values)] + [match[1] for match in _QUOTED.finditer(body)]
    names += re.findall(r"@\S+ \(([^)\n]{3,40})\)", "\n".join(values))
    talks = str(message["Subject"]).lower().startswith("re:") or "\n>" in body
    return {
        tuple(words)
        for name in names
        if _FULL.fullmatch(name.strip("'\" ")) and not _NOT_PEOPLE.search(name)
        for words in [name.strip("'\" ").split()]
        if _is_written_as_name(words, talks)
    }


def _is_written_as_name(words: list[str], talks: bool) -> bool:
    """Tell whether words are written as a name is; one word, or lower case, only where people talk."""
    if len(words) == 1:
        return talks and len(words[0]) > 2 and words[0].istitle()
    written = all(word[0].isupper() or len(word) < 4 for word in words)
    return written or (talks and all(word.islower() for word in words))


def _renamed(
    marked: Marked, people: dict[tuple[int, int], tuple[str, ...]], values: Values, dice: random.Random
) -> Marked:
    """Replace the names, each everywhere by the same one, in the form in which it was written."""
    chosen: dict[str, str] = {}

    def rename(word: str, first: bool) -> str:
        if len(word.strip(".")) < 2:
            return word
        key = word.lower()
        if key not in chosen:
            chosen[key] = (values.first() if first else values.last().replace(" ", "-")).lower()
        new = chosen[key]
        if word.islower():
            return new
        return new.upper() if word.isupper() else "-".join(piece.capitalize() for piece in new.split("-"))

    text, spans, unknown, at = "", [], [], 0
    moves: list[tuple[int, int]] = []
    for start, end, label in marked.spans:
        text += marked.text[at:start]
        given = people[start, end][0].lower().rstrip(".")
        new = ""
        for piece in re.split(r"([^\W\d_][\w'-]*)", marked.text[start:end]):
            new += rename(piece, piece.lower() == given) if piece[:1].isalpha() else piece
        moves.append((end, len(text) + len(new) - end))
        spans.append((len(text), len(text) + len(new), label))
        text += new
        at = end
    text += marked.text[at:]
    for a, b in marked.unknown:
        shift = next((shift for end, shift in reversed(moves) if end <= a), 0)
        unknown.append((a + shift, b + shift))
    return Marked(text, tuple(spans), marked.language, marked.source, tuple(unknown))
