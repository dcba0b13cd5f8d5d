r"""Gather documents of kinds that docassay does not know and of none, and honest mail, from public sources.

    python -m research.corpora.gathered --mirror FOLDER --out FOLDER

`manifest.tsv` has a line for each set of files: repository, commit, a pattern of their paths, how they are
read, genre or kind, domain, language, licence, split and how many are drawn. A pattern is a regular
expression; its group `lang` is the language, where the language says `each` (then so many are drawn of each);
after `!!` stands a pattern of the members of an archive. `FOLDER/OWNER+NAME/repo` are git directories; those
that are missing are passed over, so that the folder may be filled and emptied bit by bit. Each repository
gets a file `parts/OWNER+NAME.jsonl` in `--out`, and all of them together are `documents.jsonl` and
`mail.jsonl`. A draw depends on names alone.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from research.corpora.gathered.readers import READERS, File
from research.corpora.gathered.text import tidy

MANIFEST = Path(__file__).with_name("manifest.tsv")
LARGEST = 8_000_000
"""Bytes of a file that is read."""
LEAST, MOST, SHORT = 200, 24_000, 20
"""Characters of a document: shorter ones are left out, longer ones cut; fewest of mail and messages."""
SAME = {"tw": "zh", "hk": "zh", "mo": "zh", "br": "pt", "ua": "uk", "gr": "el"}
"""Languages of folders that are named by a country."""
MAIL = ("mail", "chat")
"""Domains that go to `mail.jsonl`."""
BROKEN = (
    ValueError,
    LookupError,
    OSError,
    SyntaxError,
    AttributeError,
    zipfile.BadZipFile,
    yaml.YAMLError,
    subprocess.CalledProcessError,
)
"""What files that are not what their names say raise; they are passed over."""


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the manifest."""

    repository: str
    commit: str
    pattern: str
    reader: str
    genre: str
    domain: str
    language: str
    licence: str
    split: str
    most: int

    @property
    def stem(self) -> str:
        """Name the repository's folder and part."""
        return self.repository.replace("/", "+")


def sources(manifest: Path) -> list[Source]:
    """Read the manifest."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Source(**{**row, "most": int(row["most"])}) for row in rows]  # type: ignore[arg-type]


def git(folder: Path, *command: str) -> bytes:
    """Run git on a bare directory."""
    return subprocess.run(["git", f"--git-dir={folder}", *command], check=True, capture_output=True).stdout


def _files(folder: Path, commit: str) -> dict[str, str]:
    """Return path to blob of a commit's files that are there and small enough to read."""
    found: dict[str, str] = {}
    for line in git(folder, "ls-tree", "-r", "-l", "-z", commit).decode("utf-8", "replace").split("\0"):
        head, _, path = line.partition("\t")
        parts = head.split()
        if len(parts) == 4 and parts[1] == "blob" and parts[3].isdigit() and int(parts[3]) <= LARGEST:
            found[path] = parts[2]
    return found


def _members(path: str, content: bytes, inner: str) -> Iterator[tuple[str, bytes]]:
    """Yield a file, or the members of an archive whose names match."""
    if not inner:
        yield path, content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            if re.search(inner, name) and archive.getinfo(name).file_size <= LARGEST:
                yield f"{path}!{name}", archive.read(name)


def _texts(source: Source, folder: Path, path: str, blob: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield place and text of what a file holds; nothing where it cannot be read."""
    reader, _, option = source.reader.partition(":")
    inner = source.pattern.partition("!!")[2]
    try:
        for name, content in _members(path, git(folder, "cat-file", "blob", blob), inner):
            file = File(name, content, option, source.most, language)
            for place, text in READERS[reader](file):
                yield f"{name}#{place}" if place else name, tidy(text)
    except BROKEN as error:
        print(f"{source.repository} {path}: {type(error).__name__}")


def documents(source: Source, folder: Path, commit: str, files: dict[str, str]) -> Iterator[dict[str, str]]:
    """Draw the documents of one line of the manifest."""
    pattern = source.pattern.partition("!!")[0]
    matched = [(path, found) for path in files if (found := re.search(pattern, path))]
    matched.sort(key=lambda pair: zlib.crc32(pair[0].encode()))
    seen: set[str] = set()
    drawn: Counter[str] = Counter()
    for path, found in matched:
        named = found.groupdict().get("lang") or source.language.replace("each", "en")
        language = SAME.get(named.lower()[:2], named.lower()[:2])
        counted = language if source.language == "each" else ""
        if drawn[counted] >= source.most:
            continue
        for where, text in _texts(source, folder, path, files[path], language):
            key = hashlib.sha256(re.sub(r"\W+", "", text[:4_000]).encode()).hexdigest()[:16]
            if len(text) < (SHORT if source.domain in MAIL else LEAST) or key in seen:
                continue
            if drawn[counted] >= source.most:
                break
            seen.add(key)
            drawn[counted] += 1
            yield {
                "id": hashlib.sha256(f"{source.repository} {where}".encode()).hexdigest()[:16],
                "genre": source.genre,
                "language": language,
                "domain": source.domain,
                "text": text[:MOST],
                "repository": source.repository,
                "commit": commit,
                "path": where,
                "licence": source.licence,
                "split": source.split,
                "key": key,
            }


def gather(mirror: Path, parts: Path, lines: list[Source]) -> None:
    """Write the part of one repository, if it is in the mirror; `lines` are all of its lines."""
    base = mirror / lines[0].stem / "repo"
    folder = base / ".git" if (base / ".git").is_dir() else base
    if not folder.is_dir():
        return
    commit = git(folder, "rev-parse", "HEAD").decode().strip()
    if commit != lines[0].commit:
        print(f"{lines[0].repository}: at {commit}, where the manifest has {lines[0].commit}")
    files = _files(folder, commit)
    rows = [row for line in lines for row in documents(line, folder, commit, files)]
    print(
        lines[0].repository, commit[:10], dict(Counter(f"{row['genre']} {row['language']}" for row in rows))
    )
    with (parts / f"{lines[0].stem}.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def merge(parts: Path, out: Path, stems: set[str]) -> Counter[tuple[str, str]]:
    """Join the parts of repositories; a text that is there twice stays once. Count split and domain."""
    rows = [
        json.loads(line)
        for part in sorted(parts.glob("*.jsonl"))
        if part.stem in stems
        for line in part.read_text("utf-8").split("\n")
        if line
    ]
    rows.sort(key=lambda row: (row["split"] != "train", row["repository"]))
    kept = list({row.pop("key"): row for row in reversed(rows)}.values())[::-1]
    for name, of_mail in (("documents", False), ("mail", True)):
        temporary = out / f".{name}.jsonl"
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(
                json.dumps(row, ensure_ascii=False) + "\n"
                for row in kept
                if (row["domain"] in MAIL) is of_mail
            )
        temporary.replace(out / f"{name}.jsonl")
    return Counter((row["split"], row["domain"]) for row in kept)


def main() -> None:
    """Read what is in the mirror, then join all parts."""
    parser = argparse.ArgumentParser(prog="python -m research.corpora.gathered", description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, default=MANIFEST)
    parser.add_argument("--only", default="", help="a regular expression of the repositories to read")
    options = parser.parse_args()
    parts = options.out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    by_repository: dict[str, list[Source]] = {}
    for source in sources(options.manifest):
        by_repository.setdefault(source.stem, []).append(source)
    for lines in by_repository.values():
        if re.search(options.only, lines[0].repository):
            gather(options.mirror, parts, lines)
    print(dict(merge(parts, options.out, set(by_repository))))


if __name__ == "__main__":
    main()
