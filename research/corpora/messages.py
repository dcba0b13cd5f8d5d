"""Make the two sets of messages of a telephone on which the signs of fraud are measured; they train nothing.

    python -m research.corpora.messages --fraud phishing_knowledge.py --honest smsCorpus_en_xml.zip

Fraud is what `phishing_knowledge.py` of github.com/AwkParadox/RAGTriad lists (reports of 2022 to 2024). The
honest are of the NUS SMS Corpus, github.com/kite1988/nus-sms-corpus. It is a source of the messages that the
head is trained on, too (by way of the UCI SMS Spam Collection), so what is found there is left out. Files
other than those two are refused.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path
from xml.etree import ElementTree

from research.documents.mail import trained_messages

FRAUD = "4cd4e06116b575cf6a1e3a533781912378dfce0de87e27e0afa021b9a5e71468"
HONEST = "bf73d77fce35c703dab21826cd2c1698205358c2c25b2d43da1f08671b825bdc"
"""SHA-256 of the two files."""

LEAST, MOST = 25, 6_000
"""Fewest characters of an honest message, and how many messages are taken."""


def fraud(source: str) -> list[str]:
    """Give the messages that a Python file holds as literals, sorted, each once."""
    (value,) = [node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return sorted({row["example"] for row in ast.literal_eval(value)})


def honest(messages: Iterable[str], trained: Collection[str]) -> list[str]:
    """Draw honest messages that trained nothing, by the checksum of their words.

    >>> honest(["We meet at the station, OK?", "See you there at 7 tonight"], {"see you there at 7 tonight"})
    ['We meet at the station, OK?']
    """
    found = {message.strip() for message in messages if len(message.strip()) >= LEAST}
    new = [message for message in found if folded(message) not in trained]
    return sorted(new, key=lambda message: (zlib.crc32(message.encode()), message))[:MOST]


def folded(message: str) -> str:
    """Give the letters and figures of a message, in lower case."""
    return " ".join("".join(c if c.isalnum() else " " for c in message.lower()).split())


def main() -> None:
    """Write `fraud.json` and `honest.json`."""
    parser = argparse.ArgumentParser(prog="python -m research.corpora.messages", description=__doc__)
    parser.add_argument("--fraud", type=Path, required=True)
    parser.add_argument("--honest", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    contents = [path.read_bytes() for path in (options.fraud, options.honest)]
    for path, content, digest in zip((options.fraud, options.honest), contents, (FRAUD, HONEST), strict=True):
        if hashlib.sha256(content).hexdigest() != digest:
            raise SystemExit(f"{path} is not the file that was measured: its SHA-256 differs")
    with zipfile.ZipFile(io.BytesIO(contents[1])) as archive:
        corpus = ElementTree.fromstring(archive.read(archive.namelist()[0]))
    messages = (one.findtext("text") or "" for one in corpus.iter("message"))
    trained = {folded(text) for text in trained_messages(options.data)}
    for name, found in (("fraud", fraud(contents[0].decode())), ("honest", honest(messages, trained))):
        (options.out / f"{name}.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        print(name, len(found))


if __name__ == "__main__":
    main()
