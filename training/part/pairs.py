"""Pairs of pages to learn from: of packets of the half that is not held back, and of single files of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from docassay.benchmarks.packets.joining import packet
from docassay.benchmarks.packets.sources import Document, documents
from docassay.transforms.formats import Limits, Unusable, pdf
from docassay.transforms.formats.media_types import PDF
from docassay.transforms.page_pairs import Side, Surroundings, features, sides, strings

FOLDS = 4
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


def fold_of(document: Document) -> int:
    """Deal a document, and those that resemble it, to a fold."""
    return zlib.crc32(document.group.encode()) % FOLDS


def pairs(data: Path, packets: int, workers: int) -> list[Pair]:
    """Give the pairs of as many packets, and of the single PDFs of the same half."""
    found: list[Pair] = []
    with ProcessPoolExecutor(workers, initializer=_read, initargs=(data,)) as pool:
        for of_packet in pool.map(_of_packet, range(packets), chunksize=8):
            found += of_packet
        count = sum(document.pdf is not None and not document.held_back for document in documents(data))
        for of_file in pool.map(_of_file, range(count), chunksize=4):
            found += of_file
    return found


_folds: list[list[Document]] = []
_files: list[Document] = []


def _read(data: Path) -> None:
    mine = [document for document in documents(data) if not document.held_back]
    _folds[:] = [[one for one in mine if fold_of(one) == fold] for fold in range(FOLDS)]
    _files[:] = [one for one in mine if one.pdf is not None]


def _of_packet(seed: int) -> list[Pair]:
    fold = seed % FOLDS
    joined = packet(seed, False, _folds[fold])
    return list(_pairs(joined.content, fold, f"packet {joined.recipe} {seed}", joined.first_pages))


def _of_file(number: int) -> list[Pair]:
    document = _files[number]
    assert document.pdf is not None
    return list(_pairs(document.pdf, fold_of(document), f"single {document.name}", (1,)))


def _pairs(content: bytes, fold: int, name: str, first_pages: Sequence[int]) -> Iterator[Pair]:
    try:
        read = pdf.read(content, _LIMITS, PDF)
    except Unusable:
        return
    if read.pages is None:
        return
    shown = sides(read.text, read.pages, read.looks)
    begins = {number - 1 for number in first_pages}
    yield from (replace(pair, fold=fold, file=name) for pair in labelled(shown, begins))


def labelled(shown: Sequence[Side], begins: set[int]) -> Iterator[Pair]:
    """Give the pairs of a file whose documents begin at known pages, from 0."""
    written = [at for at, side in enumerate(shown) if side.lines and not side.look.unread]
    most_lines = max((len(shown[at].lines) for at in written), default=0)
    any_bookmark = any(side.look.bookmark for side in shown)
    first = written[0] if written else 0
    for before, after in pairwise(written):
        around = Surroundings(
            len(shown), most_lines, any_bookmark, shown[first], after - first, after - before - 1
        )
        is_first = any(at in begins for at in range(before + 1, after + 1))
        numbers = features(shown[before], shown[after], around)
        yield Pair(0, is_first, "", tuple(numbers), tuple(strings(shown[before], shown[after])))
        if is_first:
            first = after
