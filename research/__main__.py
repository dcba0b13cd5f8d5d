"""List the commands that train and measure what is shipped: `python -m research`."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent
GUARD = 'if __name__ == "__main__":'


def commands() -> dict[str, str]:
    """Return by the name of each module that can be run what it does: the first line of its docstring.

    Nothing is imported for it, as some of them need PyTorch.
    """
    by_name: dict[str, str] = {}
    for path in sorted(FOLDER.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        parts = path.relative_to(FOLDER).with_suffix("").parts
        if parts[0] in ("__main__", "tests") or GUARD not in source.splitlines():
            continue
        name = ".".join(("research", *parts)).removesuffix(".__main__")
        by_name[name] = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return by_name


def main() -> None:
    """Print a line for each command."""
    by_name = commands()
    width = max(map(len, by_name))
    for name, purpose in by_name.items():
        print(f"python -m {name:<{width}}  {purpose}")


if __name__ == "__main__":
    main()
