"""A process that reads documents: how it imports, and what one beside the first does."""

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
    """Import what lives as long as the process, some millions of objects.

    The garbage collector rests meanwhile and then leaves them out of its sight (`gc.freeze`): walking
    through them costs one second in twenty of a short run. NumPy's BLAS is told to use one core: the
    engine's calls use the others. Whoever sets `OPENBLAS_NUM_THREADS` has decided that already.
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
    """Give back what a group of documents leaves behind: some 80 MB that would pile up over many groups.

    The frames of the validation hold themselves until the collector comes. The C library keeps the pages in
    between that the arrays of the models leave; glibc can be asked for them, others have nothing to ask.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def main(log_format: Format | None = None) -> None:
    """Import what a worker needs, then do what Beam's worker does.

    Args:
        log_format: That of the command that started it, as `pipelines.batch` writes it on the command line.
    """
    with importing():
        from apache_beam.runners.worker import sdk_worker_main

        import docassay.pipelines.graph  # noqa: F401  # what the pipeline's functions are made of
        from docassay.observe.logging import configure_worker
        from docassay.storage.validate import prepare

        prepare()
    configure_worker(log_format)
    sdk_worker_main.main(sys.argv)
