"""Worker: the imports and the memory of a process that reads documents, and the main of a worker process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docassay.observe.logging import Format


@contextmanager
def importing() -> Iterator[None]:
    """A context for imports that live as long as the process, some millions of objects.

    The garbage collector is off meanwhile and ignores these objects afterwards (`gc.freeze`): walking
    through them takes one second in twenty of a short run. NumPy's BLAS is limited to one core, since the
    engine's calls use the others, unless `OPENBLAS_NUM_THREADS` is set.
    """
    gc.disable()
    try:
        yield
        if "OPENBLAS_NUM_THREADS" not in os.environ:
            import threadpoolctl

            threadpoolctl.threadpool_limits(1, user_api="blas")
        gc.freeze()
    finally:
        gc.enable()


def release() -> None:
    """Release the memory of a group of documents: some 80 MB, which would pile up over many groups.

    What is left in reference cycles is freed by the collector alone. The C library
    keeps free pages between the arrays of the models; only glibc can be asked to return them.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def main(log_format: Format | None = None) -> None:
    """Import what a worker needs, then run Beam's worker.

    Args:
        log_format: The log format of the command that started it, which `pipelines.batch` passes on.
    """
    with importing():
        from apache_beam.runners.worker import sdk_worker_main

        import docassay.pipelines.graph  # noqa: F401  # the modules of the stages
        from docassay.observe.logging import configure_worker
    configure_worker(log_format)
    sdk_worker_main.main(sys.argv)
