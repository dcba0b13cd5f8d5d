"""Worker: the imports of a process that reads documents, and the main of a worker process."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from docassay.storage.tables.file_systems import is_local
from docassay.transforms.lazy_imports import without

if TYPE_CHECKING:
    from docassay.observe.log import Format


OPTIONAL = (
    "apache_beam.io.gcp.bigquery",
    "apitools",
    "azure",
    "boto3",
    "bson",
    "google.api_core",
    "google.auth",
    "google.cloud",
    "hdfs",
    "oauth2client",
    "pandas",
    "pymongo",
)
"""What Beam imports where it is installed, in more than a second, and no run on local files needs."""


def all_local(paths: Iterable[str]) -> bool:
    """Tell whether inputs or outputs are on this machine; a list (`@LIST`) may name files elsewhere.

    >>> all_local(["contracts/", "tables"]), all_local(["@names.txt"]), all_local(["gs://bucket/*"])
    (True, False, False)
    """
    return all(is_local(path) and not path.startswith("@") for path in paths)


@contextmanager
def importing(local: bool = False) -> Iterator[None]:
    """A context for imports that live as long as the process, some millions of objects.

    The garbage collector is off meanwhile and ignores these objects afterwards (`gc.freeze`): walking
    through them takes one second in twenty of a short run. NumPy's BLAS is limited to one core, since the
    engine's calls use the others, unless `OPENBLAS_NUM_THREADS` is set.

    Args:
        local: Import Beam without what it can do with other machines (`OPTIONAL`).
    """
    gc.disable()
    try:
        with without("pandas"):
            import pyarrow

            pyarrow.array([])  # with its first array it imports pandas, which it needs for frames alone
        with _beam_alone() if local else contextlib.nullcontext():
            yield
        if "OPENBLAS_NUM_THREADS" not in os.environ:
            import threadpoolctl

            threadpoolctl.threadpool_limits(1, user_api="blas")
        gc.freeze()
    finally:
        gc.enable()


def provision(arguments: Sequence[str]) -> Any:
    """Make what Beam's local runner hands to its worker processes: the options that the user gave it."""
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.portability.api import beam_provision_api_pb2
    from apache_beam.runners.job.utils import dict_to_struct
    from apache_beam.runners.portability.fn_api_runner.fn_runner import ExtendedProvisionInfo

    given = PipelineOptions([*arguments]).get_all_options(drop_default=True)
    options = dict_to_struct({f"beam:option:{name}:v1": value for name, value in given.items()})
    return ExtendedProvisionInfo(beam_provision_api_pb2.ProvisionInfo(pipeline_options=options))


@contextmanager
def _beam_alone() -> Iterator[None]:
    log = logging.getLogger("apache_beam.io.mongodbio")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns that bson is not there
    try:
        with without(*OPTIONAL):
            yield
    finally:
        log.setLevel(level)


def main(log_format: Format | None = None, local: bool = False) -> None:
    """Import what a worker needs, then run Beam's worker.

    Args:
        log_format: The log format of the command that started it, which `pipelines.batch` passes on.
        local: All files of the run are on this machine.
    """
    with importing(local):
        from apache_beam.runners.worker import sdk_worker_main

        import docassay.pipelines.graph  # noqa: F401  # the modules of the stages
        from docassay.observe.log import configure_worker
    configure_worker(log_format)
    sdk_worker_main.main(sys.argv)
