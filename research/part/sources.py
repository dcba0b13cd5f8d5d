"""What is learnt from beside the packets' own documents: sorts of which those have few or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from research.benchmarks.packets.sources import MOST_CHARS, PacketDocument
from research.corpora.archives import read_members
from research.documents import financial, legal, medical
from research.documents.text import Text, read_file

FEWEST_CHARS = 300


def further_documents(data: Path) -> Iterator[PacketDocument]:
    """Read agreements, terms, filings, mails, notes, labels and notices that are in no packet measured on.

    Agreements that were filed with the SEC are left out: some are among those that are measured on.
    """
    agreements = (text for text in legal.ndas(data) if not text.group.endswith(".htm"))
    yield from _documents("nli", "en", agreements, 100)
    yield from _documents("agb", "de", legal.german_terms(data), 50)
    yield from _documents("8k", "en", financial.filings(data), 50, lambda text: text.corpus == "sec_8k")
    yield from _documents("oig", "en", medical.enforcement(data), 40)
    yield from _documents("assembled", "en", medical.sections(data), 60)
    yield from _documents("spl", "en", medical.labels(data), 30)
    yield from _documents("assassin", "en", _mails(data), 80)


def _mails(data: Path) -> Iterator[Text]:
    members = read_members(data / "more/mail-spamassassin.tar.xz", "*ham-*/*.txt")
    for name, body in list(members.items())[::20]:
        yield from read_file("mail.mail", f"assassin {name}", "assassin", name.replace(".txt", ".eml"), body)


def _documents(
    family: str,
    language: str,
    texts: Iterable[Text],
    most: int,
    is_wanted: Callable[[Text], bool] = lambda text: True,
) -> Iterator[PacketDocument]:
    """Take as many, spread over all that are neither a line nor a book."""
    wanted = [text for text in texts if is_wanted(text) and FEWEST_CHARS <= len(text.text) <= MOST_CHARS]
    for number, text in enumerate(islice(wanted[:: max(1, len(wanted) // most)], most)):
        domain, _, kind = text.kind.partition(".")
        yield PacketDocument(
            f"{family} {number}", f"{family} {text.group}", kind, domain, language, pages=(text.text,)
        )
