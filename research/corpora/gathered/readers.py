"""Readers of files, by the name that the manifest gives: each yields the place and the text of documents."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from research.corpora.gathered import mails
from research.corpora.gathered.text import decode, docx, markdown, markup, message, pdf
from research.corpora.gathered.values import Values

SLICE = 9_000
"""Most characters of a passage from within a long work."""
FORM = 700
"""Fewest characters of a form that is filled in."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository, the option of its reader, and how many documents are drawn."""

    name: str
    content: bytes
    option: str
    most: int
    language: str

    @property
    def text(self) -> str:
        """Decode the file."""
        return decode(self.content)


Documents = Iterator[tuple[str, str]]


def slices(file: File) -> Documents:
    """Cut passages of a long work, as many as the option says, at places by the checksum of its name."""
    text = file.text
    if file.name.endswith((".xml", ".html", ".xhtml", ".htm")):
        text = markup(text)
    elif file.name.endswith(".md"):
        text = markdown(text)
    if len(text) < 2 * SLICE:
        yield "", text
        return
    for number in range(int(file.option)):
        start = 0 if number == 1 else zlib.crc32(f"{file.name} {number}".encode()) % (len(text) - SLICE)
        start = text.find("\n", start, start + 2_000) + 1 or start
        end = start + 2_000 + zlib.crc32(f"{file.name} {number} end".encode()) % (SLICE - 2_000)
        yield str(number), text[start : text.rfind(" ", start, end)]


def _rows(file: File) -> list[Any]:
    if file.name.endswith((".jsonl", ".ndjson")):
        return [json.loads(line) for line in file.text.split("\n") if line.strip()]
    if file.name.endswith((".csv", ".tsv")):
        csv.field_size_limit(10_000_000)
        parted = "\t" if file.name.endswith(".tsv") else ","
        return list(csv.DictReader(io.StringIO(file.text, newline=""), delimiter=parted))
    found = json.loads(file.text)
    return found if isinstance(found, list) else [found]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        said = {key: text for key, one in value.items() if (text := _flat(one))}
        return "\n".join(f"{key}\n{text}" if "\n" in text else f"{key}: {text}" for key, text in said.items())
    if isinstance(value, list):
        return "\n".join(_flat(one) for one in value)
    return "" if value is None else str(value)


def _value(record: Any, key: str) -> str:
    """Follow `a.b` through mappings and lists; `*` is everything."""
    for step in key.split(".") if key != "*" else ():
        if isinstance(record, list):
            record = [one.get(step, "") if isinstance(one, dict) else "" for one in record]
        else:
            record = record.get(step, "") if isinstance(record, dict) else ""
    return _flat(record)


def records(file: File) -> Documents:
    """Yield records of JSON, JSON lines or CSV, the fields `a+b.c` under each other, spread over the file."""
    rows = _rows(file)
    for place in range(0, len(rows), max(1, len(rows) // (file.most * 2))):
        texts = [_value(rows[place], key) for key in file.option.split("+")]
        text = "\n\n".join(one for one in texts if one)
        if re.search(r"<(?:p|br|div|td|li)\b", text):
            text = markup(text.replace("\n", "<br>"))
        yield str(place), text


def record_mails(file: File) -> Documents:
    """Yield mails of records: a subject and a body with placeholders."""
    for place, text in records(file):
        subject, _, body = text.partition("\n\n")
        yield place, mails.written(subject, body, Values(f"{file.name} {place}", file.language))


def split(file: File) -> Documents:
    """Part a file by a pattern; labels before `##` at the beginning of lines go."""
    for place, text in enumerate(re.split(file.option, file.text)):
        yield str(place), re.sub(r"(?m)^[^#\n]*##", "", text)


def tokens(file: File) -> Documents:
    """Join a transcript of `token|speaker|...|punctuation|prepunctuation` lines."""
    said, speaker = [], ""
    for line in file.text.split("\n")[1:]:
        cells = line.split("|")
        if len(cells) > 5:
            said.append(("\n\n" if cells[1] != speaker else " ") + cells[5] + cells[0] + cells[4])
            speaker = cells[1]
    yield "", "".join(said)


def sentences(file: File) -> Documents:
    """Join the sentences of CoNLL-U."""
    lines = [line for line in file.text.split("\n") if line.startswith(("# text = ", "# newpar"))]
    yield "", "\n".join("\n" if line.startswith("# newpar") else line[9:] for line in lines)


def shorthand(file: File) -> Documents:
    """Read titles and narratives of a composition in FHIR Shorthand."""
    found = re.findall(r'(?s)\* title = +"(.*?)"\n|text\.div = """(.*?)"""', file.text)
    yield "", "\n".join(title or markup(div) for title, div in found).replace("unavailable", "")


def compositions(file: File) -> Documents:
    """Read titles and narratives of FHIR's XML."""
    found = re.findall(r'(?s)<title value="([^"]*)"|<div[^>]*>(.*?)</div>\s*</text>', file.text)
    yield "", "\n".join(html.unescape(title) or markup(div) for title, div in found)


def newsletter(file: File) -> Documents:
    """Read an issue in Markdown as a mail of the sender that the option names; targets of links stay."""
    text = file.text
    if found := re.match(r"((?:[A-Z][a-z]+: .*\n)+)\n", text):
        text = "---\n" + found[1].lower() + "---\n" + text[found.end() :]
    text = markdown(re.sub(r"(?<!!)\[([^\]]*)\]\((http[^)\s]*)[^)]*\)", r"\1 (\2)", text))
    title, _, body = text.partition("\n") if text.startswith("# ") else ("", "", text)
    title = title.lstrip("# ") or f"{file.option} " + re.sub(r".*/|\.\w+$|-", " ", file.name).strip()
    yield "", mails.heads(title, body, Values(file.name, file.language, file.option)) + body


def form(file: File) -> Documents:
    """Fill the placeholders of a document, as often as the option says."""
    for number in range(int(file.option)):
        values = Values(f"{file.name} {number}", file.language)
        text = (
            docx(file.content) if file.name.endswith(".docx") else markdown(mails.filled(file.text, values))
        )
        text = re.sub(r"(?m)^(?:©|\*?Copyright).*$", "", mails.filled(text, values))
        if len(text) >= FORM:
            yield str(number), text


def messages(file: File) -> Documents:
    """Fill a template of a message without heads, such as an SMS."""
    for number in range(int(file.option)):
        yield str(number), mails.filled(file.text, Values(f"{file.name} {number}", file.language))


def strings(file: File, headed: bool = True) -> Documents:
    """Fill what translated strings say of mails."""
    how = mails.Strings.read(file.option, headed)
    return mails.mails_of_strings(file.name, file.text, file.language, how)


READERS: dict[str, Callable[[File], Documents]] = {
    "text": lambda file: iter([("", file.text)]),
    "markdown": lambda file: iter([("", markdown(file.text))]),
    "markup": lambda file: iter([("", markup(file.text))]),
    "docx": lambda file: iter([("", docx(file.content))]),
    "pdf": lambda file: iter([("", pdf(file.content))]),
    "eml": lambda file: iter([("", message(file.content))]),
    "any": lambda file: iter([("", pdf(file.content) if file.name.endswith(".pdf") else markup(file.text))]),
    "slices": slices,
    "records": records,
    "recordmail": record_mails,
    "split": split,
    "tokens": tokens,
    "conllu": sentences,
    "fsh": shorthand,
    "fhir": compositions,
    "newsletter": newsletter,
    "form": form,
    "message": messages,
    "mail": lambda file: mails.fill(file.name, file.text, file.language, file.option),
    "strings": strings,
    "sms": lambda file: strings(file, headed=False),
}
