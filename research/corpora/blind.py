r"""Make the documents on which kinds and rules were measured blind, from public repositories.

    python -m research.corpora.blind --mirror FOLDER --out FOLDER [--list blind_second]

A list has a line for each: repository, commit, path, what is taken of the file, genre, language, domain,
licence, and the SHA-256 of the text. They were drawn and labelled by somebody who had not seen what docassay
says of them. ``FOLDER/OWNER+NAME/repo`` are git directories; what is missing or has another digest is listed,
and left out of `documents.jsonl`.

`blind.tsv` was measured once, then read; `blind_second.tsv`, of other repositories, seven times in totals,
then read. Neither trains. The rule of the second: files whose path names what they are (a bank statement,
by-laws, a prescription), of repositories with such a path; of none, every so many files of manuals,
proposals, guides and the like; only of repositories whose name has an even CRC-32, as the others may train;
at most 15 of a repository and 3 papers of one company or club; of two texts that begin alike, one. Labels are
by path, checked on the opening. Left out: what looked like a private person's own paper, is a listing or a
prompt, or is of a domain in a language that is not read.

`blind_third.tsv` has other repositories again, found by the exact path of a file (`bank_statement.pdf`,
`agb.md`), by name and for texts of none by what they are about; at most 15 of a repository. Labels are by
path, title and opening, set before docassay read any. A text of a domain in a language that is not read is
of none, its genre begins with ``unread_``.

`blind_fourth.tsv` has other repositories again, found and labelled like those of the third, whose name has an
even CRC-32; the others that were found train. At most 15 of a repository; left out is what repeats a text of
training or of another list, and private persons' papers.

`blind_fifth.tsv` has other repositories again; each document has the `type` that a language model gave it
before docassay read it, and `also` whatever else would be right: ``domain.type``, ``domain.`` or ``none``.
The lists up to the ninth are of other repositories again, labelled like it.

`typed.tsv` is not blind: 529 documents of 245 repositories in no list up to the fifth, labelled like those of
the fifth, whose errors were read; `LEAST_LEFT` was set on them, and they may train.

What is taken: nothing said, the whole file; ``json:KEY``; ``slice:START:CHARS``; ``cut:HEADING``, what stands
before it; ``sec:PATTERN:N``, the section N of those that begin so; ``fence:N``, a block of code;
``from:PATTERN>>>PATTERN``, what stands between both.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from research.corpora.gathered.text import decode, docx, markdown, markup, pdf, tidy

LISTS = (
    "blind",
    "blind_second",
    "blind_third",
    "blind_fourth",
    "blind_fifth",
    "blind_sixth",
    "blind_seventh",
    "blind_eighth",
    "blind_ninth",
)
READ = ("typed",)
"""Lists in the same form that are not blind."""

MOST = 60_000
"""Characters; a longer text ends with a line before that."""
_NOT_REAL = re.compile(r"(?m)^\*?(This is|Dies ist) (a|an|ein|eine) synthe\w+ .{0,60}\*?\s*$")
_PATIENT_TEXT = re.compile(r'(?s)text\.div = """(.*?)"""')


def whole(path: str, content: bytes) -> str:
    """Turn a file into the text that a person would see."""
    match path.rsplit(".", 1)[-1].lower():
        case "pdf":
            text = pdf(content)
        case "docx":
            text = docx(content)
        case "jsp":
            text = markup(re.sub(r"(?s)<%.*?%>", "", decode(content)))
        case "fsh":
            text = "\n".join(markup(part) for part in _PATIENT_TEXT.findall(decode(content)))
        case "html" | "htm" | "xml":
            text = markup(decode(content))
        case "md" | "markdown" | "mdx":
            text = markdown(decode(content))
        case _:
            text = decode(content)
    return tidy(text)


def taken(path: str, content: bytes, take: str) -> str:
    """Give what is taken of a file, as it is measured.

    Raises:
        LookupError: The file has no such part.
    """
    how, _, what = take.partition(":")
    match how:
        case "json":
            text = tidy(json.loads(content)[what])
        case "slice":
            text, (start, length) = whole(path, content), map(int, what.split(":"))
            line = text.find("\n", start)
            start = start if line < 0 or line > start + 600 else line
            text = text[start : start + length]
            text = text[: text.rfind(".") + 1].strip()
        case "cut":
            text = re.split(rf"\n#+ *{what}", whole(path, content))[0]
            text = re.sub(r"(?m)^```\w*$|^# Report [Tt]ext$", "", text).strip()
        case "sec":
            pattern, number = what.rsplit(":", 1)
            parts = re.split(rf"(?m)(?=^{pattern})", whole(path, content))
            parts = [part for part in parts if re.match(pattern, part)]
            text = parts[int(number)].strip().rstrip("-").strip()
        case "fence":
            text = re.findall(r"(?s)```\w*\n(.*?)\n```", decode(content))[int(what)]
            text = re.sub(r"(?s)^\s*#{10,}.*?#{10,}\s*", "", text)
        case "from":
            text, (first, _, last) = tidy(decode(content)), what.partition(">>>")
            begun = re.search(first, text)
            if begun is None:
                raise LookupError(f"{path}: no {first}")
            text = text[begun.start() :]
            text = tidy(markdown(re.split(last, text)[0] if last else text))
        case _:
            text = whole(path, content)
    text = tidy(_NOT_REAL.sub("", re.sub(r"(?m)^```\w*[ \t]*$", "", text))).rstrip("-").rstrip()
    if len(text) > MOST:
        text = text[: MOST - 500]
        text = text[: max(text.rfind("\n"), 50_000)].rstrip()
    return text


def lines(name: str) -> list[dict[str, str]]:
    """Read a list."""
    with Path(__file__).with_name(f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def committed(mirror: Path, repository: str, commit: str, path: str) -> bytes:
    """Read a file of a repository's clone as it was at a commit; empty where it is missing."""
    folder = mirror / repository.replace("/", "+") / "repo"
    folder = folder / ".git" if (folder / ".git").is_dir() else folder
    shown = ["git", f"--git-dir={folder}", "show", f"{commit}:{path}"]
    return subprocess.run(shown, capture_output=True, check=False).stdout


def documents(mirror: Path, name: str) -> Iterator[tuple[Mapping[str, str], str]]:
    """Give each line of a list with its text; ``""`` where the file is missing or has changed."""
    for line in lines(name):
        content = committed(mirror, line["repository"], line["commit"], line["path"])
        yield line, unchanged(line, content)


def unchanged(line: Mapping[str, str], content: bytes) -> str:
    """Give what is taken of a file for a line of a list; ``""`` where it is missing or has changed."""
    try:
        text = taken(line["path"], content, line["take"]) if content else ""
    except (LookupError, ValueError, OSError):
        return ""
    return text if hashlib.sha256(text.encode()).hexdigest() == line["sha256"] else ""


def main() -> None:
    """Write the documents, and say what is missing."""
    parser = argparse.ArgumentParser(prog="python -m research.corpora.blind", description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--list", choices=(*LISTS, *READ), default=LISTS[0])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    missing = 0
    with (options.out / "documents.jsonl").open("w", encoding="utf-8") as file:
        for line, text in documents(options.mirror, options.list):
            if not text:
                missing += 1
                print(f"missing or changed: {line['repository']} {line['path']}")
                continue
            row = {key: value for key, value in line.items() if key not in ("take", "sha256")}
            row |= {"id": line["sha256"][:16], "text": text, "split": "apart"}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(lines(options.list)) - missing} documents, {missing} missing")


if __name__ == "__main__":
    main()
