"""Files of this machine are listed, written and deleted as Beam does, without importing it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.io.filesystems import FileSystems

from docassay.storage.tables import file_systems

PATTERNS = [
    "a/*.parquet",
    "a/**",
    "*/*/*.parquet",
    "a/none/*.parquet",
    "nowhere/**",
    "a/x*/**",
    "a/b/c.parquet",
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("a/one.parquet", "a/.two.parquet", "a/b/c.parquet", "a/x1/y/z.json", "a/x.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "a/gone.parquet").symlink_to("/nowhere/at/all")
    (tmp_path / "a/above").symlink_to(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_files_match_as_in_beam(place: Path, pattern: str) -> None:
    ours = {(found.path, found.size) for found in file_systems.match(f"{place}/{pattern}")}
    theirs = FileSystems.match([f"{place}/{pattern}"])[0].metadata_list
    assert ours == {(entry.path, entry.size_in_bytes) for entry in theirs}


def test_a_folder_with_signs_of_a_pattern_in_its_name_is_itself(tmp_path: Path) -> None:
    for name in ("[a]", "a", "a?"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.parquet").write_bytes(b"")
    assert [found.path for found in file_systems.match(f"{tmp_path}/[a]/*.parquet")] == [
        f"{tmp_path}/[a]/x.parquet"
    ]


def test_files_come_with_their_folders_and_go_with_them(tmp_path: Path) -> None:
    path = f"{tmp_path}/new/folder/x"
    with file_systems.create_file(path) as file:
        file.write(b"abc")
    with file_systems.open_file(path) as file:
        assert file.read() == b"abc"
    assert file_systems.exists(path)
    file_systems.delete([f"{tmp_path}/new"])
    assert not file_systems.exists(f"{tmp_path}/new")
    with pytest.raises(OSError, match="No such file"):
        file_systems.delete([path])


def test_a_link_to_a_folder_goes_without_what_is_in_it(place: Path) -> None:
    file_systems.delete([f"{place}/a/above"])
    assert (place / "a/one.parquet").exists() and not (place / "a/above").is_symlink()


def test_an_address_is_not_of_this_machine() -> None:
    assert file_systems.is_local("/data/a") and file_systems.is_local("a b:c/d")
    assert not file_systems.is_local("s3://bucket/a") and not file_systems.is_local(" gs://bucket/a")


def test_tables_are_written_and_read_without_beam(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from docassay.storage.decisions.record import rows_of\n"
        "from docassay.storage.tables.file_systems import matching, write_bytes\n"
        f"write_bytes({str(tmp_path / 'x')!r}, b'abc')\n"
        f"assert len(matching({str(tmp_path)!r} + '/*')) == 1 and not len(rows_of({str(tmp_path)!r}))\n"
        "sys.exit('apache_beam' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
