"""Where docassay runs: Linux whole; on macOS `explain`, `batch`, `show`; on Windows it says that it does not.

macOS is stood in for by Linux without what macOS lacks, in the process and in every one that it starts. That
holds our own code; whether the libraries' wheels for macOS read alike, only macOS can tell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docassay import cli, domains
from docassay.schemas.rows import STATUSES

ROOT = Path(__file__).resolve().parent.parent
MACOS = """
import ctypes, os, resource, sys, sysconfig, types

sysconfig.get_config_vars()  # read from a file named after the platform
sys.modules["_scproxy"] = scproxy = types.ModuleType("_scproxy")  # urllib asks it
scproxy._get_proxies = scproxy._get_proxy_settings = dict
sys.platform = "darwin"
for name in ("sched_getaffinity", "sched_setaffinity", "memfd_create", "copy_file_range", "pidfd_open"):
    if hasattr(os, name):
        delattr(os, name)


class CDLL(ctypes.CDLL):
    def __getattr__(self, name):
        if name in ("renameat2", "malloc_trim", "prctl"):
            raise AttributeError(name)
        return super().__getattr__(name)


ctypes.CDLL = CDLL
stat, setrlimit = os.stat, resource.setrlimit


def without_proc(path, *rest, **more):
    if str(path).startswith("/proc/"):
        raise FileNotFoundError(2, "no /proc", str(path))
    return stat(path, *rest, **more)


def without_address_space(which, limits):
    if which == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    setrlimit(which, limits)


os.stat, resource.setrlimit = without_proc, without_address_space
"""


def docassay(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (here / "sitecustomize.py").write_text(MACOS)
    return subprocess.run(
        [sys.executable, "-m", "docassay", *arguments],
        cwd=here,
        env={**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{ROOT}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_stand_in_lacks_what_macos_lacks(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(MACOS)
    code = (
        "import ctypes, os, sys;"
        " print(sys.platform, hasattr(ctypes.CDLL(None), 'renameat2'), os.path.exists('/proc/cpuinfo'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["darwin", "False", "False"]


@pytest.mark.slow
def test_explain_reads_what_needs_a_process_of_its_own(tmp_path: Path) -> None:
    done = docassay(tmp_path, "explain", str(_sample()), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["document"]["status"] in STATUSES


def _sample() -> Path:
    found = sorted(
        path
        for name in domains.names()
        for path in (ROOT / "domains" / name / "samples").iterdir()
        if path.suffix in (".docx", ".html", ".pdf")
    )
    return found[0]


@pytest.mark.slow
def test_batch_publishes_twice_into_one_folder_and_show_shows_it(tmp_path: Path) -> None:
    """The second run replaces tables, which Linux does by one step of the file system and macOS cannot."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / _sample().name).write_bytes(_sample().read_bytes())
    for _ in range(2):
        done = docassay(tmp_path, "batch", "in", "--out", "tables")
        assert done.returncode == 0, done.stderr
        assert "1 inputs = 1 documents + 0 rejects" in done.stdout
    shown = docassay(tmp_path, "show", "tables")
    assert shown.returncode == 0, shown.stderr
    assert _sample().name in shown.stdout


@pytest.mark.parametrize("platform", ["win32", "cygwin"])
def test_windows_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "argv", ["docassay", "explain", "a.txt"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1
    assert "Windows" in said.err and "WSL" in said.err
