"""The examples of a nightly batch, judged by the validators of systemd and Kubernetes and by docassay."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

from docassay.cli import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / "nightly.yaml").read_text(encoding="utf-8")))


@pytest.mark.slow  # not on a bare machine: it needs systemd
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """The program is not there, which systemd would say; another stands in for it."""
    service = (DEPLOY / "systemd" / "docassay.service").read_text(encoding="utf-8")
    (tmp_path / "docassay.service").write_text(service.replace("/opt/docassay/bin/docassay", "/bin/true"))
    (tmp_path / "docassay.timer").write_bytes((DEPLOY / "systemd" / "docassay.timer").read_bytes())
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr

    (tmp_path / "docassay.timer").write_text("[Timer]\nOnCalendar=at night\n")
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert done.returncode or done.stderr, "it does find faults"


def test_kubernetes_accepts_the_manifests() -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    job = manifests()[1]
    job["spec"]["schedule_"] = job["spec"].pop("schedule")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)


def test_the_files_of_options_are_what_docassay_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    unit = (DEPLOY / "systemd" / "docassay.toml").read_text(encoding="utf-8")
    for content in (unit, manifests()[0]["data"]["docassay.toml"]):
        here = re.sub(r'"/[^"]*/', f'"{tmp_path}/', content)  # as on the machine that has these folders
        Path("n.toml").write_text(here)
        done = CliRunner().invoke(app, ["--config", "n.toml", "config", "show", "batch"])
        assert done.exit_code == 0, done.output
        from_file = [line for line in done.stdout.splitlines() if line.rstrip().endswith(" n.toml")]
        given = tomllib.loads(content)["batch"]
        assert len(from_file) - 1 == len(given) > 4, "and the line that names the file"


def test_the_job_gives_up_where_trying_again_cannot_help() -> None:
    (rule,) = manifests()[1]["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob" and rule["onExitCodes"]["values"] == [2, 4]
