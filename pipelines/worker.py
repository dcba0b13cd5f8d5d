"""A worker process of a batch on one machine: Beam's own, with all that it needs imported first.

The libraries make some millions of objects that live as long as the process. They are imported with
the garbage collector at rest and are then left out of its sight (`gc.freeze`): walking through them
costs a second at the start, and most of another when the process ends.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Import what a worker needs, then do what Beam's worker does."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a worker for every core
    gc.disable()
    from apache_beam.runners.worker import sdk_worker_main

    import pipelines.graph  # noqa: F401  # what the pipeline's functions are made of
    from pipelines.logs import configure_worker
    from transforms.validate import prepare

    configure_worker()
    prepare()
    gc.freeze()
    gc.enable()
    sdk_worker_main.main(sys.argv)
