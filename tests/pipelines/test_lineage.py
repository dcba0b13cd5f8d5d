"""Lineage: what a run tells of itself is OpenLineage, goes where it was told to, and never costs the run."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attr
import pytest
from jsonschema import Draft202012Validator
from openlineage.client.serde import Serde
from referencing import Registry, Resource
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.observe import lineage
from docassay.pipelines import batch as batches
from docassay.pipelines import lineage as runs
from docassay.pipelines import lineage_events as events
from docassay.pipelines.lineage import Lineage, public
from docassay.pipelines.lineage_events import Added, Begun, Ended
from docassay.schemas.arrow import schema
from docassay.schemas.errors import OutputError, RunError, TablesError, UsageError
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Run
from docassay.storage.tables import manifest
from docassay.storage.tables.write import OF_RUNS
from tests.families import quick_first
from tests.tables import tables

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STANDARD = json.loads((HERE / "openlineage" / "schemas.json").read_text())
"""OpenLineage's schemas (https://github.com/OpenLineage/OpenLineage, spec/, 8f02abf), without their prose."""
OURS = json.loads((ROOT / "schemas" / "lineage" / "1-0-0" / "DocassayRunFacet.json").read_text())
SCHEMAS = {document["$id"]: document for document in [*STANDARD, OURS]}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(document)) for name, document in SCHEMAS.items()]
)
OPENLINEAGE = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
TEXT = "Each party shall keep secret what the other discloses, and this Agreement is governed by Irish law."
SECRET = "Bartholomew owes 4711 guilders"
KEY = "key-0815"
BEGUN = Begun(
    "batch",
    {
        "run_id": "20260102T030405-0a1b2c3d",
        "version": "0.1.0",
        "models": "m@1 aa; n@2 bb",
        "rules": "legal cc",
    },
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    ("/in",),
    "/out",
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")


class Endpoint:
    """A server that keeps what is posted to it, and answers as it is told."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None] | int = 201) -> None:
        self.posted: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.posted.append(json.loads(body))
                endpoint.paths.append(self.path)
                endpoint.keys.append(self.headers["Authorization"])
                if isinstance(answer, int):
                    self.send_response(answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    answer(self)

            def do_GET(self) -> None:
                endpoint.paths.append(f"GET {self.path}")
                self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None] | int = 201) -> Iterator[Endpoint]:
    endpoint = Endpoint(answer)
    try:
        yield endpoint
    finally:
        endpoint.stop()


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def settings() -> dict[str, str]:
    """Give the environment's settings of OpenLineage and of proxies; libraries set others of their own."""
    return {name: value for name, value in os.environ.items() if re.search("openlineage|proxy", name, re.I)}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def as_json(event: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Serde.to_json(event))
    return document


def facets_of(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in [event["run"], event["job"], *event["inputs"], *event["outputs"]]:
        for place in ("facets", "inputFacets", "outputFacets"):
            yield from holder.get(place, {}).values()


def properties(document: Mapping[str, Any]) -> set[str]:
    """List the properties that a definition names, those of what it extends included."""
    found = set(document.get("properties", {}))
    for part in document.get("allOf", []):
        found |= properties(part)
    if reference := document.get("$ref"):
        base, _, pointer = reference.partition("#/$defs/")
        found |= properties(SCHEMAS[base or OPENLINEAGE]["$defs"][pointer])
    return found


def check(event: Mapping[str, Any]) -> None:
    """Validate an event and each of its facets against the schema that it names."""
    Draft202012Validator({"$ref": f"{OPENLINEAGE}#/$defs/RunEvent"}, registry=REGISTRY).validate(event)
    assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
    uuid.UUID(event["run"]["runId"])
    for facet in facets_of(event):
        file, _, name = facet["_schemaURL"].partition("#/$defs/")
        file = next(known for known in SCHEMAS if known.rpartition("/")[2] == file.rpartition("/")[2])
        Draft202012Validator({"$ref": f"{file}#/$defs/{name}"}, registry=REGISTRY).validate(facet)
        assert set(facet) <= properties(SCHEMAS[file]["$defs"][name]), name


@pytest.fixture(scope="module")
def batched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Endpoint]:
    """Read three files into tables, with lineage to an endpoint and a key; one of them is a reject."""
    place = tmp_path_factory.mktemp("lineage")
    (place / "in").mkdir()
    (place / "in" / "a.txt").write_text(TEXT)
    (place / "in" / "b.txt").write_text("The tenant shall pay the rent of 900 euros on the first day.")
    (place / "in" / "empty.txt").write_bytes(b"")
    with serving() as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENLINEAGE_API_KEY", KEY)
        patch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/prod/nightly.read/{uuid.UUID(int=7)}")
        done = call("batch", place / "in", "--out", place / "out", "--lineage", endpoint.url)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    return place, endpoint


def test_a_batch_sends_its_start_and_its_end_which_are_openlineage(batched: tuple[Path, Endpoint]) -> None:
    _, endpoint = batched
    assert [event["eventType"] for event in endpoint.posted] == ["START", "COMPLETE"]
    assert endpoint.paths == ["/api/v1/lineage"] * 2
    assert endpoint.keys == [f"Bearer {KEY}"] * 2
    for event in endpoint.posted:
        check(event)
        assert KEY not in json.dumps(event)
        assert TEXT not in json.dumps(event)


def test_inputs_and_tables_have_the_names_that_other_producers_give_them(
    batched: tuple[Path, Endpoint],
) -> None:
    place, endpoint = batched
    for event in endpoint.posted:
        (given,) = event["inputs"]
        assert (given["namespace"], given["name"]) == ("file", str(place / "in"))
        named = [(output["namespace"], output["name"]) for output in event["outputs"]]
        assert named == [("file", f"{place}/out/{table}") for table in OF_RUNS]


def test_the_end_counts_what_lies_in_the_tables(batched: tuple[Path, Endpoint]) -> None:
    place, endpoint = batched
    found = tables(place / "out")
    for table, output in zip(OF_RUNS, endpoint.posted[1]["outputs"], strict=True):
        statistics = output["outputFacets"]["outputStatistics"]
        files = list((place / "out" / table).glob("*.parquet"))
        assert statistics["rowCount"] == len(found[table])
        assert statistics["fileCount"] == len(files)
        assert statistics["size"] == sum(file.stat().st_size for file in files)
        assert [f["name"] for f in output["facets"]["schema"]["fields"]] == schema(table).names
        assert output["facets"]["version"]["datasetVersion"] == str(manifest.at(str(place / "out"), 1).number)
    assert not any(output["outputFacets"] for output in endpoint.posted[0]["outputs"])


def test_the_run_of_the_events_is_that_of_the_row_of_runs(batched: tuple[Path, Endpoint]) -> None:
    place, endpoint = batched
    (row,) = tables(place / "out")["runs"]
    for event in endpoint.posted:
        assert event["run"]["runId"] == events.run_uuid(row["run_id"], row["started"])
        facet = event["run"]["facets"]["docassay_run"]
        assert facet["docassayRunId"] == row["run_id"]
        assert facet["models"] == list(row["models"])
        assert facet["rules"] == list(row["rules"])
        parent = event["run"]["facets"]["parent"]
        assert (parent["job"]["namespace"], parent["job"]["name"]) == ("airflow/prod", "nightly.read")
        assert parent["run"]["runId"] == str(uuid.UUID(int=7))
    start, end = (event["run"]["facets"]["docassay_run"] for event in endpoint.posted)
    assert (end["inputs"], end["documents"], end["rejects"], end["skipped"]) == (3, 2, 1, 0)
    assert end["rejectReasons"] == {"read.empty": 1}
    assert "inputs" not in start


def test_what_great_expectations_checked_is_told_by_table_and_column(batched: tuple[Path, Endpoint]) -> None:
    _, endpoint = batched
    outputs = dict(zip(OF_RUNS, endpoint.posted[1]["outputs"], strict=True))
    assertions = outputs["findings"]["facets"]["dataQualityAssertions"]["assertions"]
    assert all(one["success"] for one in assertions)
    assert {one["column"] for one in assertions if "column" in one} <= set(schema("findings").names)
    assert "expect_column_values_to_be_in_set" in {one["assertion"] for one in assertions}
    assert all("dataQualityAssertions" not in outputs[table]["facets"] for table in ("rejects", "runs"))


def test_retry_and_compact_append_to_a_file(batched: tuple[Path, Endpoint], tmp_path: Path) -> None:
    place, _ = batched
    file = tmp_path / "lineage.jsonl"
    (place / "in" / "empty.txt").write_text("The landlord repairs the roof.")
    assert call("retry", place / "out", "--lineage", file).exit_code == 0
    assert call("compact", place / "out", "--lineage", file).exit_code == 0
    told = lines(file)
    assert [(e["job"]["name"].partition(":")[0], e["eventType"]) for e in told] == [
        ("retry", "START"),
        ("retry", "COMPLETE"),
        ("compact", "START"),
        ("compact", "COMPLETE"),
    ]
    for event in told:
        check(event)
    assert [given["name"] for given in told[1]["inputs"]] == [str(place / "in" / "empty.txt")]
    found = tables(place / "out")
    merged = dict(zip(TABLES, told[3]["outputs"], strict=True))
    assert merged["documents"]["outputFacets"]["outputStatistics"]["rowCount"] == len(found["documents"]) == 3
    assert "dataQualityAssertions" not in merged["documents"]["facets"]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(batches, "write", fail)


@pytest.mark.parametrize(
    ("error", "state", "message"),
    quick_first(
        2,
        [
            (ValueError(f"no number: {SECRET}"), "FAIL", "ValueError"),
            (RunError("the disk is full"), "FAIL", "the disk is full"),
            (OSError(28, "No space left on device"), "FAIL", "OSError: No space left on device"),
            (KeyboardInterrupt(), "ABORT", None),
        ],
    ),
)
def test_a_run_that_fails_or_is_interrupted_says_so_without_a_word_of_a_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, state: str, message: str | None
) -> None:
    (tmp_path / "a.txt").write_text(SECRET)
    failing(monkeypatch, error)
    done = call("batch", tmp_path / "a.txt", "--out", tmp_path / "out", "--lineage", tmp_path / "l")
    assert done.exit_code == (130 if state == "ABORT" else 3), done.output
    start, end = lines(tmp_path / "l")
    assert (start["eventType"], end["eventType"]) == ("START", state)
    check(end)
    assert end["run"]["facets"].get("errorMessage", {}).get("message") == message
    assert SECRET not in (tmp_path / "l").read_text()
    assert not any(output["outputFacets"] for output in end["outputs"])


def caused(error: RunError, origin: Exception) -> RunError:
    error.__cause__ = origin
    return error


@pytest.mark.parametrize(
    ("error", "told", "why"),
    [
        (UsageError("in: no such folder"), "in: no such folder", "docassay's own words"),
        (RunError("the disk is full"), "the disk is full", "docassay's own words"),
        (RuntimeError(SECRET), "RuntimeError", "a bug of docassay's"),
        (caused(RunError(f"ValueError: {SECRET}"), RuntimeError("x")), "ValueError", "of a worker"),
        (
            caused(RunError(f"pa.lib.ArrowInvalid: {SECRET}"), RuntimeError("x")),
            "ArrowInvalid",
            "a library's",
        ),
        (caused(RunError(SECRET), RuntimeError("x")), "RuntimeError", "of a job server"),
        (caused(RunError(f"Bartholomew: {SECRET}"), ValueError("x")), "ValueError", "a name, not a class"),
        (
            caused(RunError("x is full"), RuntimeError("docassay.schemas.errors.RunError: x is full")),
            "x is full",
            "docassay's words, by way of a worker",
        ),
        (caused(TablesError("a is damaged"), RuntimeError("y")), "a is damaged", "a table that is damaged"),
        (caused(RunError("out: full; nothing"), OSError(28, "full")), "out: full; nothing", "docassay's"),
    ],
)
def test_a_message_is_told_where_docassay_wrote_it(error: Exception, told: str, why: str) -> None:
    assert public(error) == told, why


@pytest.mark.parametrize("setting", quick_first(1, ["OPENLINEAGE_URL", "openlineage.yml"]))
def test_other_settings_of_openlineage_send_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT)
    with serving() as elsewhere, serving() as endpoint:
        if setting == "OPENLINEAGE_URL":
            monkeypatch.setenv("OPENLINEAGE_URL", elsewhere.url)
            monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "http")
            monkeypatch.setenv("OPENLINEAGE__TRANSPORT__URL", elsewhere.url)
            monkeypatch.setenv("http_proxy", elsewhere.url)
        else:
            (tmp_path / setting).write_text(
                f"transport: {{type: http, url: '{elsewhere.url}'}}\n"
                "facets: {environment_variables: [HOME]}\n"
            )
        before = settings()
        ran = call("batch", "a.txt", "--out", "out")
        assert ran.exit_code == 0, ran.output
        assert elsewhere.paths == []
        ran = call("compact", "out", "--lineage", endpoint.url)
        assert ran.exit_code == 0, ran.output
        assert elsewhere.paths == []
        assert len(endpoint.posted) == 2
        assert "environmentVariables" not in json.dumps(endpoint.posted)
        assert settings() == before


@pytest.mark.slow
def test_without_the_option_the_client_is_not_even_imported() -> None:
    code = (
        "import sys, docassay.cli, docassay.pipelines.batch, docassay.pipelines.stream_run;"
        "sys.exit(any(name.startswith('openlineage') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=300)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Answer well, with a body that goes on until nobody reads it."""
    handler.send_response(201)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        pass


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01 nonsense\r\n\r\n")


def redirect(code: int, to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def emitted(target: lineage.Target) -> str | None:
    target.emit(events.event("START", BEGUN))
    target.emit(events.event("COMPLETE", BEGUN))
    return target.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (500, "it answered 500"),
        (401, "it answered 401"),
        (404, "it answered 404"),
        (503, "it answered 502, 503 or 504"),
        (garbage, "it cannot be reached"),
    ],
)
def test_an_endpoint_that_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, answer: Any, says: str
) -> None:
    monkeypatch.setenv("OPENLINEAGE_API_KEY", KEY)
    with serving(answer) as endpoint:
        problem = emitted(lineage.target(f"{endpoint.url}/path?token={KEY}"))
    assert problem == f"{endpoint.url}/path did not take 2 of 2 lineage events of this run: {says}"


def test_an_endpoint_that_is_down_is_one_line() -> None:
    with serving() as endpoint:
        url = endpoint.url
    problem = emitted(lineage.target(url))
    assert problem and "2 of 2" in problem and "cannot be reached" in problem


def test_one_that_fails_for_a_moment_gets_the_event_again() -> None:
    answers = iter([503])

    def once(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(next(answers, 201))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(once) as endpoint:
        assert emitted(lineage.target(endpoint.url)) is None
    assert [event["eventType"] for event in endpoint.posted] == ["START", "START", "COMPLETE"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setenv("OPENLINEAGE_API_KEY", KEY)
    with serving() as elsewhere, serving(redirect(code, elsewhere.url)) as endpoint:
        problem = emitted(lineage.target(endpoint.url))
    assert problem and "it redirects" in problem
    assert elsewhere.paths == []


def test_a_run_does_not_wait_for_an_endpoint_that_never_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lineage, "WAIT_SECONDS", 0.2)
    held = threading.Event()
    (tmp_path / "a.txt").write_text(TEXT)
    with serving(lambda _: held.wait() and None) as endpoint:
        done = call("batch", tmp_path / "a.txt", "--out", tmp_path / "out", "--lineage", endpoint.url)
        held.set()
    assert done.exit_code == 0
    assert len(tables(tmp_path / "out")["documents"]) == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"docassay: warning: {endpoint.url}/api/v1/lineage did not take")


def test_an_answer_without_an_end_is_not_read() -> None:
    with serving(endless) as endpoint:
        assert emitted(lineage.target(endpoint.url)) is None


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "REQUEST_SECONDS", 0.2)
    held = threading.Event()
    with serving(lambda _: held.wait() and None) as endpoint:
        problem = emitted(lineage.target(endpoint.url))
        held.set()
    assert problem and "2 of 2" in problem and "no answer" in problem


def test_a_warning_is_json_where_the_log_is(tmp_path: Path, batched: tuple[Path, Endpoint]) -> None:
    with serving(500) as endpoint:
        done = call(
            "batch", tmp_path, "--out", tmp_path / "out", "--lineage", endpoint.url, "--log-format", "json"
        )
    assert done.exit_code == 0
    messages = [json.loads(line)["message"] for line in done.stderr.splitlines()]
    assert sum("did not take 2 of 2" in message for message in messages) == 1


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("HERE", "cannot be written to: Is a directory"),
        ("HERE/none/l", "cannot be written to: No such file or directory"),
        ("HERE/pipe", "cannot be written to"),
        ("OUT/l", "is among the tables"),
        ("OUT", "is among the tables"),
        ("s3://bucket/l", "takes http://, https:// or the path of a file, not s3://"),
        ("marquez:5000", "write http://marquez:5000, or ./marquez:5000 for a file"),
        ("http://", "is not an address"),
        ("http://host:port", "is not an address"),
        ("http://host name", "is not an address"),
        (f"http://me:{KEY}@host", "put a key in OPENLINEAGE_API_KEY instead"),
    ],
)
def test_a_target_that_cannot_be_is_one_line_before_any_work(tmp_path: Path, value: str, says: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text(TEXT)
    value = value.replace("HERE", str(tmp_path)).replace("OUT", str(tmp_path / "out"))
    done = call("batch", tmp_path / "a.txt", "--out", tmp_path / "out", "--lineage", value)
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.splitlines()
    assert says in line
    assert KEY not in line
    assert not (tmp_path / "out").exists()


def test_a_key_that_no_header_takes_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_API_KEY", f"{KEY}\nX-Other: 1")
    with pytest.raises(UsageError, match="OPENLINEAGE_API_KEY") as caught:
        lineage.target("http://localhost:1")
    assert KEY not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l").touch(stat.S_IRUSR)
    with pytest.raises(OutputError, match="Permission denied"):
        lineage.target(str(tmp_path / "l"))


def test_a_file_that_fills_the_disk_is_told_at_the_end() -> None:
    problem = emitted(lineage.target("/dev/full"))
    assert problem == "/dev/full does not have all lineage of this run: No space left on device"


def test_a_stream_by_another_runner_refuses_it(tmp_path: Path) -> None:
    done = call("stream", tmp_path, "--out", tmp_path / "o", "--runner", "flink", "--lineage", tmp_path / "l")
    assert done.exit_code == 2
    assert "is for --runner prism" in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())


@pytest.mark.parametrize(
    ("place", "namespace", "name"),
    [
        ("/data/in", "file", "/data/in"),
        ("/data/in/../mail/", "file", "/data/mail"),
        ("/data/2026-*/mail/*.eml", "file", "/data"),
        ("/*.eml", "file", "/"),
        ("file:///data/50%25.txt", "file", "/data/50%.txt"),
        ("file://nas/data/a.txt", "file://nas", "/data/a.txt"),
        ("gs://bucket/mail/**", "gs://bucket", "mail"),
        ("gs://bucket", "gs://bucket", "/"),
        ("gs://bucket/*.pdf", "gs://bucket", "/"),
        ("s3://bucket/a/b.parquet", "s3://bucket", "a/b.parquet"),
        ("kafka://b1:9092,b2:9092/mail", "kafka://b1:9092", "mail"),
        ("kafka://me:secret@b1:9092/mail", "kafka://b1:9092", "mail"),
        ("pubsub://acme/mail", "pubsub", "subscription:acme:mail"),
    ],
)
def test_a_dataset_is_named_as_the_specification_names_it(place: str, namespace: str, name: str) -> None:
    assert events.dataset(place) == (namespace, name)


def test_a_relative_path_is_named_from_the_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert events.dataset("*.txt") == ("file", str(tmp_path))
    assert events.dataset("in") == ("file", str(tmp_path / "in"))


def test_a_file_name_that_looks_like_a_pattern_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").touch()
    assert events.dataset(f"{tmp_path}/a[1].txt").name == f"{tmp_path}/a[1].txt"
    assert events.dataset(f"{tmp_path}/a[2].txt").name == str(tmp_path)


def test_a_name_of_other_bytes_than_utf_8_is_still_json() -> None:
    event = as_json(events.event("START", replace(BEGUN, inputs=(os.fsdecode(b"/in/\xff.txt"),))))
    assert event["inputs"][0]["name"] == "/in/�.txt"
    json.dumps(event, ensure_ascii=False).encode("utf-8")


def test_inputs_are_bounded_in_number_and_the_whole_number_is_told() -> None:
    few = tuple(f"/in/{n}/a.txt" for n in range(events.MOST_INPUTS))
    named = as_json(events.event("START", replace(BEGUN, inputs=few)))["inputs"]
    assert [one["name"] for one in named] == list(few)
    many = tuple(f"/in/{n % 7}/{n}.txt" for n in range(100_000))
    event = as_json(events.event("START", replace(BEGUN, inputs=many)))
    assert [one["name"] for one in event["inputs"]] == [f"/in/{n}" for n in range(7)]
    assert event["run"]["facets"]["docassay_run"]["arguments"] == 100_000
    scattered = tuple(f"/in/{n}/a.txt" for n in range(events.MOST_INPUTS + 1))
    assert len(events.event("START", replace(BEGUN, inputs=scattered)).inputs or []) == events.MOST_INPUTS


def test_a_list_is_its_file_and_results_are_an_output() -> None:
    begun = replace(BEGUN, command="stream", inputs=("@/in/names.txt",), results="kafka://b:9092/flags")
    event = as_json(events.event("START", begun))
    check(event)
    assert event["inputs"][0]["name"] == "/in/names.txt"
    assert (event["outputs"][-1]["namespace"], event["outputs"][-1]["name"]) == ("kafka://b:9092", "flags")
    assert event["job"]["facets"]["jobType"]["processingType"] == "STREAMING"


def test_tables_of_a_catalog_are_named_by_it() -> None:
    event = as_json(events.event("START", replace(BEGUN, out="iceberg://prod/legal")))
    check(event)
    assert (event["outputs"][0]["namespace"], event["outputs"][0]["name"]) == (
        "iceberg://prod",
        "legal.documents",
    )


def test_a_namespace_of_jobs_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert events.event("START", BEGUN).job.namespace == "docassay"
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "prod")
    job = events.event("START", BEGUN).job
    assert (job.namespace, job.name) == ("prod", "batch:/out")


def test_an_expectation_that_rows_broke_has_failed_in_its_table_and_column_alone() -> None:
    run = Run(
        **{f: "" for f in ("version", "options", "seconds", "table_rows")},
        counts='{"validate.refused.flags.severity.expect_column_values_to_be_in_set": 2}',
        run_id=BEGUN.metadata["run_id"],
        started=BEGUN.started,
        finished=BEGUN.started,
        models=(),
        rules=(),
        inputs=1,
        documents=1,
        rejects=0,
        skipped=0,
        reasons='{"validate expect_column_values_to_be_in_set": 2}',
    )
    added = {table: Added(rowCount=5, size=10, fileCount=1) for table in TABLES}
    event = as_json(events.event("COMPLETE", BEGUN, Ended(run, added, 7)))
    check(event)
    failed = [
        (table, one["assertion"], one["column"])
        for table, output in zip(OF_RUNS, event["outputs"], strict=True)
        for one in output["facets"].get("dataQualityAssertions", {}).get("assertions", [])
        if not one["success"]
    ]
    assert failed == [("flags", "expect_column_values_to_be_in_set", "severity")]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"OPENLINEAGE_PARENT_ID": "a/b"}, "OPENLINEAGE_PARENT_ID"),
        ({"OPENLINEAGE_PARENT_ID": "a/b/not-a-uuid"}, "OPENLINEAGE_PARENT_ID"),
        (
            {"OPENLINEAGE_PARENT_ID": f"a/b/{uuid.UUID(int=1)}", "OPENLINEAGE_ROOT_PARENT_ID": "x"},
            "OPENLINEAGE_ROOT_PARENT_ID",
        ),
        ({"OPENLINEAGE_ROOT_PARENT_ID": f"a/b/{uuid.UUID(int=1)}"}, None),
        ({}, None),
    ],
)
def test_a_parent_that_cannot_be_read_is_none_and_is_told(
    variables: dict[str, str], problem: str | None
) -> None:
    facet, told = events.parent(variables)
    assert facet is None
    assert told is None if problem is None else told and told.startswith(f"{problem} is not")


def test_a_parent_has_a_root() -> None:
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    facet, told = events.parent(
        {"OPENLINEAGE_PARENT_ID": f"ns/dag.task/{one}", "OPENLINEAGE_ROOT_PARENT_ID": f"ns/dag/{two}"}
    )
    event = as_json(events.event("START", BEGUN, above=facet))
    check(event)
    assert told is None
    parent = event["run"]["facets"]["parent"]
    assert (parent["job"]["name"], parent["root"]["job"]["name"]) == ("dag.task", "dag")
    assert (parent["run"]["runId"], parent["root"]["run"]["runId"]) == (str(one), str(two))


def test_a_fault_in_lineage_does_not_reach_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError(SECRET)

    monkeypatch.setattr(runs, "_state", broken)
    monkeypatch.setattr(events, "event", broken)
    told = Lineage(str(tmp_path / "l"), str(tmp_path / "out"))
    with told.following(BEGUN.command, BEGUN.metadata, BEGUN.started, BEGUN.inputs, BEGUN.out) as done:
        done(None)
    assert told.close() == "lineage of this run is incomplete: TypeError"


def test_the_schema_of_our_facet_is_that_of_its_class() -> None:
    defined = OURS["$defs"]["DocassayRunFacet"]
    fields = {field.name: field for field in attr.fields(events.DocassayRunFacet)}
    assert set(defined["properties"]) == {name for name in fields if not name.startswith("_")}
    assert set(defined["required"]) == {
        name for name, field in fields.items() if field.default is attr.NOTHING
    }
    assert f"{OURS['$id']}#/$defs/DocassayRunFacet" == events.SCHEMA_URL


@pytest.mark.prism
@pytest.mark.slow
def test_a_stream_tells_of_its_start_and_of_its_end(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXT)
    arguments = ["in", "--out", "out", "--until-idle", "3s", "--lineage", "l.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "docassay", "stream", *arguments]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=400, capture_output=True)
    start, end = lines(tmp_path / "l.jsonl")
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    for event in (start, end):
        check(event)
        assert event["job"]["name"] == f"stream:{tmp_path}/out"
        assert event["job"]["facets"]["jobType"]["processingType"] == "STREAMING"
    assert end["run"]["facets"]["docassay_run"]["documents"] == 1
    (documents,) = [output for output in end["outputs"] if output["name"] == f"{tmp_path}/out/documents"]
    assert documents["outputFacets"]["outputStatistics"]["rowCount"] == 1
