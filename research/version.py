"""The version of a model that is trained again."""

from pathlib import Path

from docassay.models import modelfile


def following(folder: Path) -> str:
    """Return the version after the one in a folder: "1" where there is none yet.

    Raises:
        ValueError: The one there is no number.
    """
    return str(int(modelfile.read(folder)["version"]) + 1) if (folder / "model.toml").is_file() else "1"
