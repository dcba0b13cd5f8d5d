"""What is missing is one line that says the command that brings it: each extra, program, jar and model."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.runners import services

ROOT = Path(__file__).resolve().parents[2]
DATAFLOW = "--runner dataflow -- --project=p --region=r --temp_location=gs://b/t"
GCP, AWS, TRAIN = (f"pip install '.[{extra}]'" for extra in ("gcp", "aws", "train"))
LINEAGE = "pip install '.[lineage]'"
KAFKA = "stream kafka://localhost:1/t"
CASES = [
    ("kafka", ["kafka"], f"{KAFKA} --expansion-service localhost:1", "pip install '.[kafka]'"),
    ("gcp, of Pub/Sub", ["google.cloud.pubsub_v1"], "stream pubsub://p/s", GCP),
    ("gcp, of inputs", ["google.cloud.storage"], "batch gs://b/in", GCP),
    ("gcp, of tables", ["google.cloud.storage"], "batch IN --out gs://b/out", GCP),
    ("gcp, of Dataflow", ["apitools"], f"batch IN --out OUT {DATAFLOW}", GCP),
    ("aws, of inputs", ["boto3"], "batch s3://b/in", AWS),
    ("aws, of tables", ["boto3"], "batch IN --out s3://b/out", AWS),
    ("iceberg", ["pyiceberg"], "batch IN --out iceberg://lake/a", "pip install '.[iceberg]'"),
    ("lineage", ["openlineage.client.event_v2"], "batch IN --out OUT --lineage http://h", LINEAGE),
    ("ocr, of explain", ["rapidocr"], "explain IN/a.txt --ocr", "pip install '.[ocr]'"),
    ("ocr, of batch", ["rapidocr"], "batch IN --out OUT --ocr", "pip install '.[ocr]'"),
    ("ocr, of stream", ["rapidocr"], "stream IN --ocr", "pip install '.[ocr]'"),
    ("train, of training", ["torch"], "train CSV --domain legal --task a --out MODEL --full", TRAIN),
    ("train, of a translator", ["torch"], "models add IN --translates it-en", TRAIN),
    ("train, of a generator", ["gguf"], "models add IN --as generator", TRAIN),
    ("Prism", [], "stream IN", "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v"),
    ("Java", [], KAFKA, "apt-get install openjdk-17-jre-headless"),
    ("jars of Kafka's connector", ["+java"], KAFKA, "make kafka-expansion"),
]
"""What is missing; the modules that are hidden (``+`` a program that is there); the command; what it says."""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH, and in a folder one document and one table of labels."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The tenant pays the rent.")
    (tmp_path / "a.csv").write_text("text,label\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("COLUMNS", "500")
    monkeypatch.delenv("DOCASSAY_PRISM", raising=False)
    monkeypatch.setattr(services, "PRISM", tmp_path / "no" / "prism")
    monkeypatch.setenv("HOME", str(tmp_path))  # below which the jars are looked for
    return tmp_path


@pytest.mark.parametrize(("hidden", "command", "brings"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_missing_is_one_line_with_the_command_that_brings_it(
    bare: Path, monkeypatch: pytest.MonkeyPatch, hidden: list[str], command: str, brings: str
) -> None:
    for name in hidden:
        if name.startswith("+"):
            _program(bare / "bin" / name[1:])
        else:
            package, _, last = name.rpartition(".")
            monkeypatch.setitem(sys.modules, name, None)
            monkeypatch.delattr(sys.modules.get(package), last, raising=False)
    for name in ("pipelines.lineage", "pipelines.lineage_events"):  # other tests may have imported them
        monkeypatch.delitem(sys.modules, f"docassay.{name}", raising=False)
    if "expansion-service" in command or "pubsub" in command:
        _program(bare / "bin" / "prism")
    places = {"IN": bare / "in", "OUT": bare / "out", "CSV": bare / "a.csv", "MODEL": bare / "model"}
    words = command.split()
    for n, word in enumerate(words):
        head, slash, rest = word.partition("/")
        words[n] = f"{places[head]}{slash}{rest}" if head in places else word
    if words[0] in ("batch", "stream") and "--out" not in words:
        words += ["--out", str(bare / "out")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.output.splitlines() if brings in line]
    assert brings in line
    assert done.stderr.count("\n") == 1
    assert not (bare / "out" / "documents").exists()


def _program(path: Path) -> None:
    path.write_text("#!/bin/sh\nexit 9\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("target", "brings"),
    [
        ("prism", "https://go.dev/dl"),
        ("storage-emulator", "https://go.dev/dl"),
        ("kafka-expansion", "apt-get install maven"),
    ],
)
def test_make_says_what_it_builds_with(tmp_path: Path, target: str, brings: str) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("sh", "rm", "mkdir", "make"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        ["make", "--silent", "--always-make", f"HOME={tmp_path}", f"CURDIR={tmp_path}", target],
        cwd=ROOT,
        env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert brings in done.stderr.splitlines()[0]
