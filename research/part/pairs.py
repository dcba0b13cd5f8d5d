"""Pairs of pages to learn from: of packets of the half that is not held back, and of single files of it.

Each document is printed and read once, in a form of its own and in one of a few that it shares with others; a
packet is then its pages behind those of others, with what `research/benchmarks/packets/joining.py` does to
them: empty pages, stamps, bookmarks, the look of a scan.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from docassay.transforms.formats import Limits, Unusable, pdf
from docassay.transforms.formats.media_types import PDF
from docassay.transforms.parts.pairs import Surroundings, features, strings
from docassay.transforms.parts.sides import Side, sides
from research.benchmarks.packets.halves import INVENTED
from research.benchmarks.packets.joining import FEWEST, MOST, as_pdf, chosen_of, recipes, scanned
from research.benchmarks.packets.printing import forms
from research.benchmarks.packets.sources import MOST_PAGES, PacketDocument, documents
from research.part.sources import further_documents

FOLDS = 4
FOLD_OF = {
    **dict.fromkeys(("fcc", "aci", "letter_german", "policy", "nli"), 0),
    **dict.fromkeys(("ota", "invoice_pdf", "primock", "assembled", "assassin"), 1),
    **dict.fromkeys(("legal-cuad_pdf_txt", "sroie", "medical-fda_crl", "agb", "oig"), 2),
    **dict.fromkeys(
        ("template", "financial-sec_pdf", "financial-fomc", "legal-court", "terms", "meddocan", "8k", "spl"),
        3,
    ),
}
"""The sets of a fold, where sorts of documents are read that were not learnt: each has several domains."""
SHARED_FORMS = 3
MOST_REAL = 0.75
"""Share of packets without our own forms, which are of more kinds than all else."""
MOST_PAGES_ALONE = 150
_LIMITS = Limits(pages=1_000)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of pages.

    Attributes:
        fold: The documents of a packet are all of one fold, so that models can be tested on others.
        begins: The second page is the first of a document.
        file: The packet or file that it is of.
    """

    fold: int
    begins: bool
    file: str
    numbers: tuple[float, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A document's pages, each time as they are read.

    Attributes:
        own: Printed in a form of its own, or as they are in a PDF.
        shared: In a form that it shares with others; those of a PDF are the same.
        scanned: As a scan of its own form gives them; none of a long document.
        form: Which form it shares.
    """

    document: PacketDocument
    own: tuple[Side, ...]
    shared: tuple[Side, ...]
    scanned: tuple[Side, ...]
    form: int


def fold_of(document: PacketDocument, by_set: bool) -> int:
    """Deal a document to a fold, with those that resemble it, or with all of its set.

    What we invented is of many kinds, and dealt to all folds.
    """
    fold = FOLD_OF.get(document.group.partition(" ")[0]) if by_set else None
    return zlib.crc32(document.group.encode()) % FOLDS if fold is None else fold


def printed_documents(data: Path, workers: int) -> dict[str, Printed]:
    """Print and read the documents that are learnt from, by their names."""
    count = len(_learnt(data))
    with ProcessPoolExecutor(workers, initializer=_read, initargs=(data,)) as pool:
        every = pool.map(_printed, range(count), chunksize=8)
        return {one.document.name: one for one in every if one is not None}


def pairs(found: dict[str, Printed], packets: int, by_set: bool = False) -> Iterator[Pair]:
    """Give the pairs of as many packets, and those of the documents alone: as they are, and scanned."""
    folds: list[list[PacketDocument]] = [[] for _ in range(FOLDS)]
    for one in found.values():
        folds[fold_of(one.document, by_set)].append(one.document)
    for seed in range(packets):
        yield from _of_packet(seed, folds[seed % FOLDS], found)
    for one in found.values():
        made = "single" if one.document.pdf is not None else "printed"
        for name, pages in ((made, one.own), ("scanned", one.scanned)):
            for pair in labelled(pages, {0}):
                yield replace(pair, fold=fold_of(one.document, by_set), file=f"{name} {one.document.name}")


_mine: list[PacketDocument] = []


def _read(data: Path) -> None:
    _mine[:] = _learnt(data)


def _learnt(data: Path) -> list[PacketDocument]:
    """List what is not held back: every PDF, a third of the texts; and what is in no packet measured on."""
    mine = [one for one in documents(data) if not one.held_back]
    texts = [one for one in mine if one.pdf is None]
    return [*(one for one in mine if one.pdf is not None), *texts[::3], *further_documents(data)]


def _printed(number: int) -> Printed | None:
    document = _mine[number]
    chance = random.Random(f"form {number}")
    every = forms(False)
    shared = number % SHARED_FORMS
    content = document.pdf or as_pdf(document, chance.choice(every))
    own = _sides(content)
    if not content or not own:
        return None
    both = own
    if document.pdf is None:
        both = _sides(as_pdf(document, every[shared * len(every) // SHARED_FORMS]))
    scan = _sides(scanned(content, chance)) if len(own) <= MOST_PAGES else ()
    bare = replace(document, pages=(), pdf=b"" if document.pdf is not None else None)
    return Printed(bare, own, both, scan, shared)


def _sides(content: bytes | None) -> tuple[Side, ...]:
    try:
        read = pdf.read(content, _LIMITS, PDF) if content else None
    except Unusable:
        return ()
    if read is None or read.pages is None:
        return ()
    return tuple(sides(read.text, read.pages, read.looks)[:MOST_PAGES_ALONE])


def _of_packet(seed: int, usable: Sequence[PacketDocument], found: dict[str, Printed]) -> Iterator[Pair]:
    """Put a packet together from pages."""
    chance = random.Random(f"pages {seed}")
    composition, look = chance.choice(recipes(False))
    fold = seed % FOLDS
    if look == "one_printer":
        form = chance.randrange(SHARED_FORMS)
        usable = [one for one in usable if found[one.name].form == form]
    usable = [one for one in usable if len(found[one.name].own) <= MOST_PAGES]
    if chance.random() < MOST_REAL:
        usable = [one for one in usable if not one.group.startswith(INVENTED)]
    if max(Counter(one.kind for one in usable).values(), default=0) < MOST:
        return
    pages: list[Side] = []
    begins: set[int] = set()
    for document in chosen_of(chance, composition, chance.randint(FEWEST, MOST), usable):
        one = found[document.name]
        inner = one.shared if look == "one_printer" else one.own
        inner = one.scanned if look.startswith("scanned") else inner
        if not inner or not inner[0].lines or not inner[-1].lines:
            continue
        begins.add(len(pages))
        pages += inner
        if look in ("blank_pages", "scanned_blank") and chance.random() < 0.5:
            pages.append(Side("", inner[0].paper))
    if look == "stamped":
        first = chance.randrange(1, 9_000)
        pages = [
            Side(f"{page.whole}\nPKT{first + n:06d}", page.paper, page.look) for n, page in enumerate(pages)
        ]
    elif look == "bookmarked":
        pages = [
            Side(page.whole, page.paper, replace(page.look, bookmark=n in begins))
            for n, page in enumerate(pages)
        ]
    for pair in labelled(pages, begins):
        yield replace(pair, fold=fold, file=f"packet {composition} {look} {seed}")


def labelled(shown: Sequence[Side], begins: set[int]) -> Iterator[Pair]:
    """Give the pairs of a file whose documents begin at known pages, from 0."""
    written = [at for at, side in enumerate(shown) if side.lines and not side.unread]
    most_lines = max((len(shown[at].lines) for at in written), default=0)
    any_bookmark = any(side.look.bookmark for side in shown)
    first = written[0] if written else 0
    for before, after, then in zip(written, written[1:], [*written[2:], None], strict=False):
        around = Surroundings(
            len(shown),
            most_lines,
            any_bookmark,
            shown[first],
            after - first,
            after - before - 1,
            None if then is None else shown[then],
        )
        is_first = any(at in begins for at in range(before + 1, after + 1))
        numbers = features(shown[before], shown[after], around)
        yield Pair(0, is_first, "", tuple(numbers), tuple(strings(shown[before], shown[after])))
        if is_first:
            first = after
