"""Jobs: a sign of life from the workers of a cluster, and why a job failed.

A job waits for its Python workers without a word and without end. Their usual fault is that the pool starts
another Python than docassay's: Beam's pool runs ``python`` as the PATH has it. So the pool is asked for a
worker before the job, where this machine reaches it; and in the job the first worker leaves a file.
"""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc, endpoints_pb2

from docassay.schemas.errors import DocassayError, RunError, RunnerError, StoreError, TablesError
from docassay.storage.tables.file_systems import exists, open_file, write_bytes

POOL_SECONDS = 60.0
"""Timeout of a pool's worker; it imports Beam, which takes seconds on a busy machine."""

BEGIN_VARIABLE = "DOCASSAY_BEGIN_SECONDS"
BEGIN_SECONDS = 900.0
"""Timeout of a job's first worker, unless the variable says otherwise: a job may wait for a place first."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_CAUSE = (
    "the usual cause is a pool whose `python` is not that of docassay's environment: start it with that"
    " environment's bin folder first on its PATH"
)

_WHERE = re.compile(r" \[while running '[^']*'\]")
_STATE = re.compile(r"^Pipeline \S+ failed in state \w+: ")
"""What a runner adds to a message, behind and before it."""


class _Control(beam_fn_api_pb2_grpc.BeamFnControlServicer):  # type: ignore[misc]
    """The half of a runner that a worker connects to; it gives no work."""

    def __init__(self) -> None:
        self.connected = threading.Event()
        self.done = threading.Event()

    def Control(self, responses: Any, context: Any) -> Iterator[Any]:  # gRPC's name
        self.connected.set()
        self.done.wait()
        yield from ()


def check_pool(options: PipelineOptions) -> None:
    """Have the worker pool start a worker, where the pool is on this machine, and wait until it connects.

    A pool elsewhere cannot be asked: its workers could not connect to this machine. Nor can one that does
    not answer: an address on the loopback may mean each of the cluster's machines.

    Raises:
        RunnerError: No worker connected in time; the message says the usual cause.
    """
    portable = options.view_as(PortableOptions)
    address = portable.environment_config or ""
    if portable.environment_type != "EXTERNAL" or address.rpartition(":")[0] not in _LOOPBACK:
        return
    control = _Control()
    server = grpc.server(ThreadPoolExecutor(2))
    beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server(control, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    worker = f"probe-{uuid.uuid4().hex}"
    try:
        with grpc.insecure_channel(address) as channel:
            pool = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
            endpoint = endpoints_pb2.ApiServiceDescriptor(url=f"127.0.0.1:{port}")
            request = beam_fn_api_pb2.StartWorkerRequest(worker_id=worker, control_endpoint=endpoint)
            try:
                answer = pool.StartWorker(request, timeout=POOL_SECONDS)
            except grpc.RpcError:
                return
            if answer.error:
                reason = answer.error.strip().splitlines()[-1]
                raise RunnerError(f"the worker pool at {address} starts no worker: {reason}; {_CAUSE}")
            started = control.connected.wait(POOL_SECONDS)
            control.done.set()
            with suppress(grpc.RpcError):
                pool.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id=worker), timeout=POOL_SECONDS)
            if not started:
                raise RunnerError(
                    f"the worker pool at {address} starts no worker that answers within {POOL_SECONDS:g} s;"
                    f" {_CAUSE}"
                )
    finally:
        control.done.set()
        server.stop(0)


def begin(folder: str) -> None:
    """Leave the sign of a worker in the folder of a run."""
    write_bytes(f"{folder}/begun", b"")


def refuse(folder: str, reason: str) -> None:
    """Leave in the folder of a run why a worker cannot take part; Spark's job server would wait for ever."""
    with suppress(Exception):  # each file system has exceptions of its own; the worker fails either way
        write_bytes(f"{folder}/refused", reason.encode())


@contextmanager
def begun(job: Any, folder: str) -> Iterator[None]:
    """Cancel a job whose workers give no sign in time, or refuse, while it is waited for.

    Raises:
        RunError: The job was cancelled; the message says the cause, or the usual one.
    """
    seconds = float(os.environ.get(BEGIN_VARIABLE, BEGIN_SECONDS))
    ended, cancelled = threading.Event(), threading.Event()
    refused: list[str] = []

    def watch() -> None:
        waited, pause, is_begun = 0.0, 1.0, False
        while not ended.wait(pause):
            with suppress(Exception):  # each file system has exceptions of its own
                is_begun = is_begun or exists(f"{folder}/begun")
                if exists(f"{folder}/refused"):
                    with open_file(f"{folder}/refused") as file:
                        refused.append(file.read(10_000).decode("utf-8", "replace"))
            waited += pause
            if refused or (waited >= seconds and not is_begun):
                cancelled.set()
                with suppress(Exception):  # the job server may be gone; the job is lost either way
                    job.cancel()
                return
            pause = 5.0 if is_begun else 1.0

    thread = threading.Thread(target=watch, name="begun", daemon=True)
    thread.start()
    try:
        yield
    except Exception:
        if not cancelled.is_set():
            raise
    finally:
        ended.set()
    if refused:
        raise RunError(refused[0])
    if cancelled.is_set():
        raise RunError(
            f"no worker began within {seconds:g} s, and the job was cancelled; {_CAUSE}. A cluster without a"
            f" free place is another: {BEGIN_VARIABLE} is how many seconds to wait"
        )


def error_of(error: Exception) -> DocassayError:
    """Make the error of a run from what the runner raised; a damaged table is the user's to mend.

    >>> error_of(RuntimeError("docassay.schemas.errors.DamagedError: a is damaged [while running 'Publish']"))
    TablesError('a is damaged')
    """
    message = _WHERE.sub("", cause(error))
    name, _, text = message.partition(": ")
    name = name.rpartition(".")[2]
    if isinstance(error, TablesError):
        return TablesError(message)
    if name in ("TablesError", "DamagedError", "VersionError"):
        return TablesError(text)
    return RunError(text if name in (RunError.__name__, StoreError.__name__) else message)


def cause(error: Exception) -> str:
    """Find the line that tells the cause in the message of a runner's exception."""
    lines = [line.rstrip() for line in _STATE.sub("", str(error)).splitlines() if line.strip()]
    if lines and "Channel closed prematurely" in lines[-1]:
        return "a worker process died; too little memory is the usual cause; use fewer --workers"
    if lines and "Only one SparkContext" in str(error):
        return (
            "the job server is already running a job, and takes one at a time; wait until it ends, or start"
            " another server"
        )
    if lines and (details := [line for line in lines if line.lstrip().startswith("details = ")]):
        return details[0].strip().removeprefix("details = ").strip('"')[:500]  # a job server's answer
    exceptions = [line for line in lines if re.match(r"[A-Za-z_][\w.]*: ", line)]
    return (exceptions or lines or [type(error).__name__])[-1][:500]
