"""The image: its steps carried out without a daemon, its health check, and what its Dockerfile promises."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.health import address, fault

ROOT = Path(__file__).resolve().parents[2]
LINES = re.sub(r"\\\n\s*", " ", (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")).splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]


def stage(name: str) -> list[list[str]]:
    """Give the steps of a stage, instruction and argument; of the last one by an empty name."""
    starts = [n for n, (instruction, _) in enumerate(STEPS) if instruction == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(STEPS)], strict=True):
        if STEPS[start][1].partition(" AS ")[2] == name:
            return STEPS[start + 1 : end]
    raise AssertionError(name)


def test_each_folder_of_code_is_copied() -> None:
    copied = {argument.split()[0] for instruction, argument in stage("install") if instruction == "COPY"}
    links = {path.name for path in (ROOT / "docassay").iterdir() if path.is_symlink()}
    assert copied - {"requirements/build.lock", "pyproject.toml"} == links | {"docassay"}


def test_libraries_are_locked_and_the_bases_can_be_pinned() -> None:
    for instruction, argument in STEPS:
        if instruction == "RUN" and "pip install" in argument:
            assert "--require-hashes" in argument or "--no-deps" in argument
        if instruction == "FROM":
            assert re.match(r"\$\{(PYTHON|GO)_IMAGE\}", argument)


def test_it_ends_as_a_user_without_rights_with_a_health_check() -> None:
    last = dict(stage(""))
    assert int(last["USER"]) > 0 and last["ENTRYPOINT"] == '["docassay"]'
    assert "/opt/docassay/health.py" in last["HEALTHCHECK"]


def test_prism_is_of_the_version_that_make_builds() -> None:
    ((_, built),) = stage("prism")
    (module,) = re.findall(r"github\S+", built)
    assert module in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_steps_install_what_reads_a_folder(tmp_path: Path) -> None:
    """Paths of the image are folders of this test; its base is the Python that runs it."""
    places = {"/src": tmp_path / "src", "/opt/docassay": tmp_path / "opt"}

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=places["/src"], capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    for instruction, argument in stage("install"):
        text = argument.replace("${LOCK}", "run")
        for place, folder in places.items():
            text = text.replace(place, str(folder))
        if instruction == "WORKDIR":
            Path(text).mkdir()
        elif instruction == "COPY":
            *names, target = text.split()
            for name in names:
                to = places["/src"] / target
                if (ROOT / name).is_dir():
                    shutil.copytree(
                        ROOT / name, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
                    )
                else:
                    to.mkdir(exist_ok=True)
                    shutil.copy(ROOT / name, to)
        elif instruction == "RUN":
            run(*text.replace("python -m", f"{sys.executable} -m").split())
    docassay = str(places["/opt/docassay"] / "bin" / "docassay")
    run(docassay, "samples", str(tmp_path / "samples"))
    said = run(docassay, "batch", str(tmp_path / "samples" / "financial"), "--out", str(tmp_path / "tables"))
    assert "documents" in said
    assert list((tmp_path / "tables" / "flags").glob("*.parquet"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("docassay stream /in --out /out --metrics-port 9464", "http://127.0.0.1:9464/healthz"),
        (
            "/sbin/docker-init -- python docassay stream /in --metrics-port=9464",
            "http://127.0.0.1:9464/healthz",
        ),
        ("docassay review /out --port 8765", "http://127.0.0.1:8765/"),
        ("docassay review /out --port 0", None),
        ("docassay stream /in --out /out", None),
        ("docassay batch /in --out /out", None),
    ],
)
def test_what_is_asked_for_its_health(words: str, expected: str | None) -> None:
    assert address(words.split()) == expected


def test_the_documented_stream_serves_its_metrics_beyond_the_container() -> None:
    text = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"(?m)^docker run .* docassay stream .*", text)
    options = shlex.split(line)
    port = options[options.index("--metrics-port") + 1]
    assert options[options.index("-p") + 1].split(":")[-1] == port
    assert options[options.index("--metrics-host") + 1] == "0.0.0.0"


@contextmanager
def answering(code: int) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/healthz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("code", "is_healthy"), [(200, True), (403, True), (503, False)])
def test_an_answer_is_healthy_unless_it_is_a_fault(code: int, is_healthy: bool) -> None:
    with answering(code) as url:
        assert (fault(url) == "") is is_healthy


def test_nothing_that_answers_is_a_fault() -> None:
    with answering(200) as url:
        pass
    assert "refused" in fault(url)
