"""Dataflow: what would be submitted, written to a storage emulator as the Flex Template's launcher does it.

No job runs here: Dataflow takes over where this ends, at the staged graph.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apache_beam.portability.api import beam_runner_api_pb2

from deploy.dataflow.main import command
from docassay.pipelines.runners.services import free_port, starting

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "dataflow"
EMULATOR = ROOT / "build" / "bin" / "fake-gcs-server"
IMAGE = "europe-west1-docker.pkg.dev/project/docassay/docassay:1"
BUCKET = "docassay-test"

BATCH = {"inputs": f"gs://{BUCKET}/in/**,gs://{BUCKET}/list.jsonl", "out": f"gs://{BUCKET}/tables"}
STREAM = {
    "source": "pubsub://docassay-test/mail",
    "out": f"gs://{BUCKET}/tables",
    "window": "10s",
    "lateness": "1h",
    "shards": "4",
}

PORTABLE = {"flatten", "group_by_key", "impulse", "pardo", "window_into"}
"""Transforms that every portable runner has (Beam's beam_runner_api.proto, StandardPTransforms)."""

NATIVE = {"pubsub_read"}
"""What Dataflow has of its own, and a stream needs there."""


def metadata(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / f"{name}.metadata.json").read_text())
    return found


@pytest.mark.parametrize("name", ["batch", "stream"])
def test_every_option_is_described_and_validated(name: str) -> None:
    parameters = metadata(name)["parameters"]
    assert len({parameter["name"] for parameter in parameters}) == len(parameters)
    for parameter in parameters:
        assert len(parameter["helpText"]) > 30 and parameter["helpText"].endswith(".")
        (pattern,) = parameter["regexes"]
        assert pattern.startswith("^") and pattern.endswith("$")
        if "defaultValue" in parameter:
            assert re.match(pattern, parameter["defaultValue"])


@pytest.mark.parametrize(
    ("name", "parameter", "good", "bad"),
    [
        ("batch", "inputs", BATCH["inputs"], "/data/in"),
        ("batch", "inputs", "@gs://bucket/names", "gs://bucket"),
        ("batch", "out", BATCH["out"], "gs://bucket/tables/"),
        ("batch", "out", "gs://bucket/a/b", "gs://bucket/*"),
        ("batch", "new_only", "true", "yes"),
        ("batch", "sdk_container_image", IMAGE, "docassay"),
        ("batch", "sdk_container_image", "gcr.io/p/docassay@sha256:" + "0" * 64, "gcr.io/p/docassay"),
        ("batch", "text_column", "body", "--body"),
        ("stream", "source", STREAM["source"], "kafka://broker:9092/mail"),
        ("stream", "window", "10s", "0s"),
        ("stream", "lateness", "1.5h", "late"),
        ("stream", "shards", "1024", "1025"),
        ("stream", "allow_uri", "gs://a/,gs://b/", "gs"),
    ],
)
def test_pattern_takes_the_right_and_refuses_the_wrong(
    name: str, parameter: str, good: str, bad: str
) -> None:
    patterns = {entry["name"]: entry["regexes"][0] for entry in metadata(name)["parameters"]}
    assert re.fullmatch(patterns[parameter], good)
    assert not re.fullmatch(patterns[parameter], bad)


@pytest.mark.parametrize("name", ["batch", "stream"])
def test_described_parameters_are_the_ones_that_the_launcher_takes(name: str) -> None:
    parameters = {entry["name"] for entry in metadata(name)["parameters"]}
    own = {"sdk_container_image", "number_of_worker_harness_threads", "experiments"}
    examples = {
        "new_only": "true",
        "ocr": "true",
        "domain": "legal",
        "text_column": "body",
        "allow_uri": "gs://a",
    }
    given = {**examples, **(BATCH if name == "batch" else STREAM)}
    assert parameters - own <= set(given)
    words = command([f"--{key}={given[key]}" for key in sorted(parameters - own)])
    assert words[-2:] == ["--runner=dataflow", "--"], "all of them became options of docassay"


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    if not EMULATOR.exists():
        pytest.fail(f"{EMULATOR} is missing: run `make storage-emulator`")
    port = free_port()
    place = f"127.0.0.1:{port}"
    words = [str(EMULATOR), "-scheme=http", "-host=127.0.0.1", f"-port={port}", "-backend=memory"]
    with starting("storage emulator", [*words, f"-public-host={place}"], port) as ready:
        ready()
        post(f"http://{place}/storage/v1/b?project=docassay-test", json.dumps({"name": BUCKET}).encode())
        for name in ("in/a.txt", "list.jsonl"):
            query = urllib.parse.urlencode({"uploadType": "media", "name": name})
            post(f"http://{place}/upload/storage/v1/b/{BUCKET}/o?{query}", b'{"text": "one"}\n')
        yield f"http://{place}"


def post(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def launch(storage: str, name: str, parameters: dict[str, str]) -> dict[str, bytes]:
    """Run the launcher's command and return what it staged, by the last part of its name."""
    launched = {
        **parameters,
        "sdk_container_image": IMAGE,
        "runner": "DataflowRunner",
        "project": "docassay-test",
        "region": "europe-west1",
        "job_name": f"docassay-{name}",
        "temp_location": f"gs://{BUCKET}/{name}/temp",
        "staging_location": f"gs://{BUCKET}/{name}/staging",
        "template_location": f"gs://{BUCKET}/{name}/template",
    }
    words = [f"--{key}={value}" for key, value in launched.items()]
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "main.py"), *words, "--no_auth"],
        cwd=ROOT / "build",
        env={**os.environ, "STORAGE_EMULATOR_HOST": storage},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with urllib.request.urlopen(f"{storage}/storage/v1/b/{BUCKET}/o?prefix={name}/", timeout=10) as answer:
        items = json.load(answer)["items"]
    staged = {}
    for item in items:
        url = f"{storage}/storage/v1/b/{BUCKET}/o/{urllib.parse.quote(item['name'], safe='')}?alt=media"
        with urllib.request.urlopen(url, timeout=10) as answer:
            staged[item["name"].rsplit("/", 1)[1]] = answer.read()
    return staged


@pytest.mark.dataflow
@pytest.mark.parametrize(("name", "parameters"), [("batch", BATCH), ("stream", STREAM)])
def test_staged_graph_is_ours_portable_and_keeps_its_names(
    storage: str, name: str, parameters: dict[str, str]
) -> None:
    staged = launch(storage, name, parameters)
    assert set(staged) == {"pipeline.pb", "submission_environment_dependencies.txt", "template"}, (
        "no main session, no package of ours: the image has it"
    )
    components = beam_runner_api_pb2.Pipeline.FromString(staged["pipeline.pb"]).components
    assert b"pickled_main_session" not in staged["pipeline.pb"]
    environments = {
        (found.urn, beam_runner_api_pb2.DockerPayload.FromString(found.payload).container_image)
        for found in components.environments.values()
    }
    assert environments == {("beam:env:docker:v1", IMAGE)}
    leaves = [
        found for found in components.transforms.values() if not found.subtransforms and found.unique_name
    ]
    kinds = {found.spec.urn.removeprefix("beam:transform:").removesuffix(":v1") for found in leaves}
    assert kinds <= (PORTABLE if name == "batch" else PORTABLE | NATIVE)
    for found in leaves:
        assert not found.environment_id or found.environment_id in components.environments
    names = sorted(found.unique_name for found in components.transforms.values() if found.unique_name)
    lock = DEPLOY / f"{name}.stages"
    (ROOT / "build" / lock.name).write_text("\n".join(names) + "\n")
    assert names == lock.read_text().splitlines(), (
        "a running job can be updated only where stages keep their names; where the change is meant,"
        f" cp build/{lock.name} deploy/dataflow/ and say in the changelog that jobs must be drained"
    )
