"""Mutants can be made again, start from every format, and what they give is counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import cast

from docassay.transforms.formats.kinds import READERS, media_type, readers
from research.benchmarks.fuzz.account import MOST_MEMORY, broken
from research.benchmarks.fuzz.guided import READERS as GUIDED
from research.benchmarks.fuzz.mutate import MOST_BYTES, mutant
from research.benchmarks.fuzz.seeds import seeds


def test_mutants_depend_on_seed_and_number_alone() -> None:
    started_from = seeds()
    made = [mutant(started_from, 1, number) for number in range(60)]
    assert made == [mutant(started_from, 1, number) for number in range(60)]
    assert made != [mutant(started_from, 2, number) for number in range(60)]
    assert len({name for name, _ in made}) == 60 and max(len(content) for _, content in made) <= MOST_BYTES
    originals = {content for _, content in started_from}
    assert sum(content in originals for _, content in made) < 6


def test_every_reader_has_a_document_to_start_from() -> None:
    modules = {
        media_type: cast(ModuleType, module).__name__.rsplit(".", 1)[1]
        for module in readers()
        for media_type in module.MEDIA_TYPES
    }
    begun = {modules.get(media_type(content, name, None)) for name, content in seeds()}
    assert begun >= set(READERS)


def test_readers_that_are_guided_are_readers_and_have_documents() -> None:
    assert set(GUIDED) <= set(READERS)
    suffixes = {Path(name).suffix for name, _ in seeds()}
    assert all(suffixes.intersection(wanted) for wanted in GUIDED.values())


def told(*uris: str, paths: list[Path], said: str = "", peak: int = 0) -> list[str]:
    return list(broken(paths, Counter(uris), said, peak))


def test_what_is_lost_doubled_or_of_nothing(tmp_path: Path) -> None:
    note, lines = tmp_path / "note.txt", tmp_path / "lines.jsonl"
    note.write_text("a note")
    lines.write_text('{"text": "a"}\n\n{"text": "b"}\n')
    first, third = f"{lines}#line-1", f"{lines}#line-3"
    paths = [lines, note]
    assert told(str(note), f"{note}#attachment-1", first, third, paths=paths) == []
    assert told(str(note), str(lines), paths=paths) == [], "one reject of a list that cannot be read"
    assert told(str(note), first, paths=paths) == [f"{third}: lost"]
    assert told(first, third, paths=paths) == [f"{note}: lost"]
    assert told(str(note), str(note), first, third, paths=paths) == [f"{note}: 2 times"]
    assert told(str(note), first, third, "/etc/passwd", paths=paths) == ["/etc/passwd: of no input"]
    assert told(
        str(note), first, third, paths=paths, said="Traceback (most recent", peak=MOST_MEMORY + 1
    ) == [
        "a traceback: Traceback (most recent",
        f"its process held {MOST_MEMORY + 1:,} bytes",
    ]
