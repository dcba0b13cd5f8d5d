"""Provenance: what a run's files say that their rows were made with, and whether a worker has the same."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from docassay import domains
from docassay.pipelines.graph import used
from docassay.pipelines.stages import Options
from docassay.schemas.errors import RunError
from docassay.storage.runs import joined


def provenance(options: Options, run_id: str) -> dict[str, str]:
    """Give the metadata of every file of a run: its name, the version of docassay, models and rules.

    Raises:
        ModelError: A model is missing, or not what its card says.
        DomainError: A domain's folder is wrong.
    """
    return {"run_id": run_id, **_made_with(options)}


def check_here(metadata: Mapping[str, str], options: Options) -> None:
    """Make sure that this process has what the files will say that they were made with.

    Raises:
        RunError: Version, models or rules are others than those of the process that began the run.
    """
    for what, found in _made_with(options).items():
        if found != metadata[what]:
            raise RunError(
                f"a worker has the {what} {found}, the command that started it {metadata[what]};"
                " install the same docassay, models and domains on both"
            )


def _made_with(options: Options) -> dict[str, str]:
    return {
        "version": version("docassay"),
        "models": joined(f"{card.id} {card.digest}" for card in used(options)),
        "rules": joined(f"{name} {domains.digest(name)}" for name in domains.names()),
    }
