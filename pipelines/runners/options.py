"""Runner options: the options of each runner, checked before any work.

Beam drops options that it does not know, so a typo costs a run. Here the options are those of Beam's own
classes for the runner that is named, and anything else is a `RunnerError` of one line: an option that the
runner does not have, a wrong value, or an option that is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from apache_beam.options import pipeline_options as beam_options
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from docassay.pipelines import LOCAL as LOCAL
from docassay.pipelines import RUNNERS as RUNNERS
from docassay.pipelines.runners.jobs import check_pool
from docassay.pipelines.runners.services import find_prism, prism
from docassay.schemas.errors import MissingError, RunnerError, did_you_mean

_ANYWHERE = (
    beam_options.TypeOptions,
    beam_options.CrossLanguageOptions,
    beam_options.AzureOptions,
    beam_options.HadoopFileSystemOptions,
    beam_options.S3Options,
    GoogleCloudOptions,
)
_PORTABLE = (
    *_ANYWHERE,
    beam_options.DebugOptions,
    beam_options.ProfilingOptions,
    beam_options.SetupOptions,
    beam_options.WorkerOptions,
    beam_options.PortableOptions,
    beam_options.JobServerOptions,
)
_CLASSES = {
    LOCAL: _ANYWHERE,
    "prism": (*_PORTABLE, beam_options.PrismRunnerOptions),
    "flink": (*_PORTABLE, beam_options.FlinkRunnerOptions),
    "spark": (*_PORTABLE, beam_options.SparkRunnerOptions),
    "dataflow": (
        *_ANYWHERE,
        beam_options.DebugOptions,
        beam_options.ProfilingOptions,
        beam_options.SetupOptions,
        beam_options.WorkerOptions,
        beam_options.StreamingOptions,
    ),
}

JOB_SERVERS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("job_servers.toml").read_text(encoding="utf-8")
)
"""Options of job servers that Beam's Python classes lack: by runner and name what each takes."""

_TAKES: dict[str, dict[str, Any]] = {
    "switch": {"action": "store_true"},
    "list": {"action": "append"},
    "number": {"type": int},
    "text": {"type": str},
}

CLUSTERS = frozenset(JOB_SERVERS)
"""Runners whose workers are on other machines, or in other folders of this one, with files of their own."""

_RESERVED = {
    "runner": "--runner of docassay, before the --",
    "streaming": "`docassay stream`",
    "save_main_session": "nothing: there is no main session to save",
    "no_save_main_session": "nothing: it is never saved",
}
"""Options that docassay sets itself, and what to use in their place."""

JOB_SERVER_TIMEOUT = f"--job_server_timeout={10 * 365 * 86_400}"
"""After so many seconds Beam's job client ends the call that follows a job's state, and the job with it; its
default is five minutes. Here it is ten years, and `check_endpoint` first tests that a job server listens."""

NO_MASTER = "[auto]"
"""The value of an option that names a cluster's master, where it is not given."""

NO_PROXY = "no_grpc_proxy"
"""gRPC takes the variable `http_proxy` for every address, this machine's too, unless this one, or else
`no_proxy`, names it."""

_HOSTS = ("localhost", "127.0.0.1", "::1")

ANSWER_SECONDS = 30.0
"""Timeout of the connection to a job server."""


def pipeline_options(
    runner: str, runner_args: Sequence[str] = (), log_level: str = "CRITICAL", streaming: bool = False
) -> PipelineOptions:
    """Check the runner's options, given after ``--``, and make Beam's options of them.

    Args:
        runner: One of `RUNNERS`.
        runner_args: The runner's own options, as on a command line.
        log_level: The log level of the workers, by Python's names.
        streaming: Whether the pipeline has an unbounded source.

    Raises:
        RunnerError: An option is unknown, wrong or missing.
        MissingError: Prism, or the extra of Dataflow, is not installed.
    """
    if streaming and runner == "spark":
        raise RunnerError(
            "spark runs batches only, since Beam's Spark runner keeps no stream position; use flink"
        )
    parser = _parser(runner)
    parsed, unknown = parser.parse_known_args(list(runner_args))
    unknown += [word for word in runner_args if word.split("=", 1)[0].removeprefix("--") in _RESERVED]
    if unknown:
        raise RunnerError(_unknown(runner, unknown[0], parser))
    # A job server reads the level by Java's names, which have no CRITICAL.
    level = "ERROR" if log_level == "CRITICAL" and runner != LOCAL else log_level
    flags = [
        *runner_args,
        f"--default_sdk_harness_log_level={level}",
        *(["--streaming"] if streaming else []),
    ]
    if runner != LOCAL:
        # With cloudpickle Beam saves the main session by default; docassay's is empty.
        flags.append("--no_save_main_session")
    if runner == "prism":
        flags += [*_prism(parsed), JOB_SERVER_TIMEOUT]
    elif runner in CLUSTERS:
        flags += [*_cluster(runner, parsed), JOB_SERVER_TIMEOUT]
    elif runner == "dataflow":
        flags += _dataflow(parsed)
    return PipelineOptions(flags)


@contextmanager
def without_proxy() -> Iterator[None]:
    """Let gRPC ask no proxy for this machine; workers that are started meanwhile inherit that."""
    before = os.environ.get(NO_PROXY)
    named = before if before is not None else os.environ.get("no_proxy", "")
    os.environ[NO_PROXY] = ",".join(dict.fromkeys([*filter(None, named.split(",")), *_HOSTS]))
    try:
        yield
    finally:
        if before is None:
            del os.environ[NO_PROXY]
        else:
            os.environ[NO_PROXY] = before


@contextmanager
def served(runner: str, options: PipelineOptions) -> Iterator[None]:
    """Start the service that the runner needs on this machine: Prism, unless a job server is named.

    Meanwhile no proxy is asked for this machine.

    Raises:
        RunnerError: The job server does not listen, or its workers do not start.
    """
    portable = options.view_as(beam_options.PortableOptions)
    with ExitStack() as stack:
        stack.enter_context(without_proxy())
        if runner == "prism" and not portable.job_endpoint:
            location = options.view_as(beam_options.PrismRunnerOptions).prism_location
            portable.job_endpoint = stack.enter_context(prism(location))
        elif runner != LOCAL:
            check_endpoint(portable.job_endpoint)
            check_pool(options)
        yield


def check_paths(runner: str, paths: Sequence[str]) -> None:
    """Refuse paths that the runner's workers cannot reach, or would take for other ones.

    Raises:
        RunnerError: A path of this machine for workers in a cloud, or a relative one for those of a cluster.
    """
    for path in paths:
        if "://" in path and not path.startswith("iceberg:///"):
            continue
        if runner == "dataflow":
            raise RunnerError(
                f"{path} is on this machine, where dataflow's workers cannot see it; name gs://"
            )
        mark, name = ("@", path[1:]) if path.startswith("@") else ("", path)
        if runner in CLUSTERS and "://" not in path and not os.path.isabs(name):
            raise RunnerError(
                f"{path} is relative, and {runner}'s workers have a working folder of their own; name a path"
                f" that they have, too: {mark}{os.path.abspath(name)}"
            )


def check_endpoint(endpoint: str | None) -> None:
    """Check that a job server listens at the endpoint, where one is named.

    Raises:
        RunnerError: It cannot be reached.
    """
    if endpoint is None:
        return
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host or "localhost", int(port)), ANSWER_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise RunnerError(f"no job server can be reached at --job_endpoint={endpoint}: {error}") from None


def threads(options: PipelineOptions) -> int:
    """Give the number of documents that a remote worker process reads at a time, with one model."""
    return int(options.view_as(beam_options.DebugOptions).number_of_worker_harness_threads or 1)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RunnerError(f"after --: {message.removeprefix('argument ')}")


def _parser(runner: str) -> _Parser:
    """Make a parser of the options of Beam's classes, by the hook that Beam itself uses."""
    parser = _Parser(allow_abbrev=False, add_help=False, conflict_handler="resolve")
    for options in _CLASSES[runner]:
        options._add_argparse_args(parser)
    for name, kind in JOB_SERVERS.get(runner, {}).items():
        parser.add_argument(f"--{name}", **_TAKES[kind])
    parser.set_defaults(spark_master_url=NO_MASTER)  # Beam's is a Spark of its own on this machine
    return parser


def _unknown(runner: str, word: str, parser: argparse.ArgumentParser) -> str:
    if not word.startswith("--"):
        return f"after --: {word!r} is not an option; inputs come before the --"
    name = word.split("=", 1)[0]
    if name.removeprefix("--") in _RESERVED:
        return f"after --: {name} is set by docassay; use {_RESERVED[name.removeprefix('--')]}"
    options = [option for action in parser._actions for option in action.option_strings]
    meant = did_you_mean(name, options)
    return f"after --: {runner} has no option {name}{meant and f'; {meant}'}"


def _prism(parsed: argparse.Namespace) -> list[str]:
    flags = ["--runner=PrismRunner"]
    if not parsed.job_endpoint and not parsed.prism_location:
        flags.append(f"--prism_location={find_prism()}")
    return flags


def _cluster(runner: str, parsed: argparse.Namespace) -> list[str]:
    """Check that the job server, or the cluster to start one for, and its workers are named."""
    if runner == "flink":
        name, master, example = "flink_master", parsed.flink_master, "HOST:8081"
    else:
        name, master, example = "spark_master_url", parsed.spark_master_url, "spark://HOST:7077"
    if not parsed.job_endpoint and master == NO_MASTER:
        raise RunnerError(
            f"{runner} needs a cluster, after --: --job_endpoint=HOST:8099 for a job server that runs,"
            f" or --{name}={example}"
        )
    on_this_machine = master.strip("[").startswith("local")
    if not parsed.environment_type and (parsed.job_endpoint or not on_this_machine):
        raise RunnerError(
            f"{runner} needs its workers named, after --: --environment_type=EXTERNAL"
            " --environment_config=HOST:50000 for a worker pool, or --environment_type=DOCKER"
            f" --environment_config=IMAGE (deploy/{runner}/README.md)"
        )
    return [f"--runner={'PortableRunner' if parsed.job_endpoint else f'{runner.capitalize()}Runner'}"]


def _dataflow(parsed: argparse.Namespace) -> list[str]:
    if importlib.util.find_spec("apitools") is None:
        raise MissingError("dataflow needs the extra `gcp`: pip install '.[gcp]'")
    if not parsed.sdk_container_image:
        raise RunnerError(
            "dataflow's workers need an image that holds docassay, after --: --sdk_container_image=IMAGE"
            " (deploy/dataflow/README.md builds it)"
        )
    # Without the last one Beam would create a bucket, in whatever project is at hand.
    for name in ("project", "region", "temp_location"):
        if not getattr(parsed, name):
            raise RunnerError(f"dataflow needs --{name}=..., after --")
    return [
        "--runner=DataflowRunner",
        *([] if parsed.sdk_location != "default" else ["--sdk_location=container"]),
    ]
