"""Provenance: the version, models and rules that a run's files name, and a check that workers have them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from docassay import domains
from docassay.pipelines.graph import check_models
from docassay.schemas.errors import RunError
from docassay.storage.tables.runs import join_values, split_values
from docassay.transforms.context import Options


def provenance(options: Options, run_id: str) -> dict[str, str]:
    """Give the metadata of every file of a run: its id, the version of docassay, models and rules.

    Raises:
        ModelError: A model is missing, or not what its card says.
        DomainError: A domain's folder is wrong.
    """
    return {"run_id": run_id, **_versions(options)}


def check_worker(metadata: Mapping[str, str], options: Options) -> None:
    """Check that this process has the version, models and rules that the metadata names.

    Raises:
        RunError: They differ from those of the process that started the run.
    """
    for key, value in _versions(options).items():
        if value != metadata[key]:
            here, there = {*split_values(value)}, {*split_values(metadata[key])}
            only_here, only_there = join_values(sorted(here - there)), join_values(sorted(there - here))
            raise RunError(
                f"a worker has other {key} than the command that started it; install the same docassay,"
                f" models and domains on both; only the worker has: {only_here or 'none'};"
                f" only the command: {only_there or 'none'}"
            )


def _versions(options: Options) -> dict[str, str]:
    return {
        "version": version("docassay"),
        "models": join_values(f"{card.id} {card.digest}" for card in check_models(options)),
        "rules": join_values(f"{name} {digest}" for name, digest in domains.digests().items()),
    }
