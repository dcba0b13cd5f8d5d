"""Runners' options: a slip is one line before any work, never an option that is dropped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    GoogleCloudOptions,
    PortableOptions,
    SparkRunnerOptions,
    StandardOptions,
)

from docassay.commands.batch import RUNNERS as NAMED
from docassay.pipelines.runners.options import (
    RUNNERS,
    check_endpoint,
    check_paths,
    pipeline_options,
    threads,
)
from docassay.pipelines.runners.services import free_port
from docassay.schemas.errors import RunnerError
from tests.pipelines.test_batch import fill
from tests.tables import tables, without_runs

FLINK = ["--job_endpoint=127.0.0.1:8099", "--environment_type=EXTERNAL", "--environment_config=127.0.0.1:1"]
DATAFLOW = [
    "--project=docassay-test",
    "--region=europe-west1",
    "--temp_location=gs://docassay/temp",
    "--sdk_container_image=registry/docassay:1",
]


@pytest.mark.parametrize(
    ("runner", "given", "message"),
    [
        (
            "flink",
            [*FLINK, "--paralelism=2"],
            "flink has no option --paralelism; did you mean --parallelism?",
        ),
        ("flink", [*FLINK, "--parallelism=many"], "--parallelism: invalid int value: 'many'"),
        ("flink", [*FLINK, "--checkpoint_interval=3"], "did you mean --checkpointing_interval?"),
        ("flink", [*FLINK, "--machine_type"], "--machine_type: expected one argument"),
        ("flink", [*FLINK, "more.txt"], "'more.txt' is not an option; inputs come before the --"),
        ("flink", [], "flink needs a cluster"),
        ("flink", ["--flink_master=127.0.0.1:8081"], "flink needs its workers named"),
        (
            "spark",
            [*FLINK, "--bundle_sice=2"],
            "spark has no option --bundle_sice; did you mean --bundle_size?",
        ),
        ("spark", [*FLINK, "--bundle_size=many"], "--bundle_size: invalid int value: 'many'"),
        ("spark", [*FLINK, "--parallelism=2"], "spark has no option --parallelism"),
        ("spark", [], "spark needs a cluster, after --: --job_endpoint=HOST:8099"),
        ("spark", ["--spark_master_url=spark://127.0.0.1:7077"], "spark needs its workers named"),
        ("dataflow", [*DATAFLOW, "--parallelism=2"], "dataflow has no option --parallelism"),
        ("dataflow", [*DATAFLOW, "--streaming"], "--streaming is set by docassay; use `docassay stream`"),
        ("dataflow", [*DATAFLOW, "--runner=FlinkRunner"], "--runner is set by docassay"),
        ("dataflow", DATAFLOW[:-1], "dataflow's workers need an image that holds docassay"),
        ("dataflow", DATAFLOW[1:], "dataflow needs --project"),
        ("dataflow", [*DATAFLOW[:2], DATAFLOW[3]], "dataflow needs --temp_location"),
        ("dataflow", [*DATAFLOW, "--save_main_session"], "there is no main session"),
        ("local", ["--project=x", "--prism_location=x"], "local has no option --prism_location"),
        ("prism", ["--prism_location"], "--prism_location: expected one argument"),
    ],
)
def test_wrong_option_is_one_line(runner: str, given: list[str], message: str) -> None:
    with pytest.raises(RunnerError) as raised:
        pipeline_options(runner, given)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("runner", ["prism", "flink", "spark"])
def test_a_job_may_last_for_years(runner: str) -> None:
    """Beam's client gave up after five minutes; a given time-out of a request must not bring that back."""
    given = ["--prism_location=x"] if runner == "prism" else FLINK
    for runner_args in ([], ["--job_server_timeout=60"]):
        options = pipeline_options(runner, [*given, *runner_args])
        assert options.view_as(PortableOptions).job_server_timeout > 5 * 365 * 86_400


def test_a_job_server_that_does_not_listen_is_one_line() -> None:
    for endpoint in (f"127.0.0.1:{free_port()}", "127.0.0.1:many", "127.0.0.1:99999"):
        with pytest.raises(RunnerError, match=f"no job server can be reached at --job_endpoint={endpoint}"):
            check_endpoint(endpoint)
    check_endpoint(None)


def test_options_reach_beam() -> None:
    options = pipeline_options("flink", [*FLINK, "--parallelism", "3", "--checkpointing_interval=3000"])
    assert options.view_as(FlinkRunnerOptions).parallelism == 3
    assert options.view_as(StandardOptions).runner == "PortableRunner"
    on_spark = pipeline_options("spark", [*FLINK, "--bundle_size=3"])
    assert on_spark.view_as(StandardOptions).runner == "PortableRunner"
    alone = pipeline_options("spark", ["--spark_master_url=local[2]"])
    assert alone.view_as(StandardOptions).runner == "SparkRunner"
    assert alone.view_as(SparkRunnerOptions).spark_master_url == "local[2]"
    on_dataflow = pipeline_options("dataflow", [*DATAFLOW, "--number_of_worker_harness_threads=4"])
    assert on_dataflow.view_as(StandardOptions).runner == "DataflowRunner"
    assert threads(on_dataflow) == 4
    assert threads(options) == 1
    written = pipeline_options("dataflow", [*DATAFLOW, "--template_location=gs://docassay/t"])
    assert written.view_as(GoogleCloudOptions).template_location == "gs://docassay/t"


def test_workers_in_a_cloud_cannot_read_this_machine() -> None:
    with pytest.raises(RunnerError, match="is on this machine"):
        check_paths("dataflow", ["gs://in/**", "/data"])
    check_paths("flink", ["/data"])


def test_spark_runs_no_streams() -> None:
    with pytest.raises(RunnerError, match=r"spark runs batches only.*use flink"):
        pipeline_options("spark", FLINK, streaming=True)


@pytest.mark.parametrize("runner", ["flink", "spark"])
@pytest.mark.parametrize("path", ["tables", "./in/*.txt", "@names.txt", "../in"])
def test_a_relative_path_on_a_cluster_is_refused_with_the_one_to_write(runner: str, path: str) -> None:
    with pytest.raises(RunnerError, match=f"{re.escape(path)} is relative, and {runner}'s workers") as raised:
        check_paths(runner, [path])
    written = str(raised.value).rpartition(" ")[2]
    assert written == ("@" if path[0] == "@" else "") + os.path.abspath(path.removeprefix("@"))
    check_paths(runner, [written, "s3://in/**", "@gs://lists/names"])
    check_paths("local", [path])


@pytest.mark.prism
def test_batch_on_prism_gives_the_rows_of_a_local_batch(tmp_path: Path) -> None:
    documents = fill(tmp_path / "docs")
    (tmp_path / "names").write_text(f"{documents}/*.txt\n{documents}/*.[ehj]*\n{documents}/none.pdf\n")
    command = [str(Path(sys.executable).parent / "docassay"), "batch", f"@{tmp_path}/names", "--out"]
    for out, runner_args in (("local", []), ("prism", ["--runner=prism"])):
        subprocess.run([*command, str(tmp_path / out), *runner_args], check=True, timeout=300)
    found = without_runs(tables(tmp_path / "prism"))
    assert found == without_runs(tables(tmp_path / "local"))
    assert len(found["documents"]) == 6
    assert f"{documents}/none.pdf" in {row["uri"] for row in found["rejects"]}


def test_command_offers_every_runner(tmp_path: Path) -> None:
    assert NAMED == RUNNERS, "the command names them itself, so that its help needs no Beam"
