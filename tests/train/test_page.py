"""The blocks of docs/training.md, run in their order."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from docassay.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.slow
def test_every_block_does_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for language, content in BLOCKS:
        if language == "python":
            exec(compile(content, str(PAGE), "exec"), {})
        elif language == "toml":
            name = content.splitlines()[0].removeprefix("# ")
            Path(name).write_text(content)
        elif language == "json":
            json.loads(content)
        elif language == "sh":
            for line in content.splitlines():
                monkeypatch.setenv("DOCASSAY_MODELS", "")
                done = CliRunner().invoke(app, shlex.split(line)[1:])
                assert done.exit_code == 0, f"{line}: {done.output}"
        else:
            assert language == "sql"
            rows = duckdb.connect().execute(content).fetchall()
            assert {"rent", "notice"} <= {label for label, *_ in rows}
    assert {language for language, _ in BLOCKS} == {"python", "toml", "sh", "sql", "json"}
    assert "What the tenant pays" in Path("lease-model/model.toml").read_text()
