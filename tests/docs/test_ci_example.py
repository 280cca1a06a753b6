"""The action and the example workflow, carried out step by step as far as a shell can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sepbench.metrics.registry import select
from sepbench.results.baselines import read_baseline
from sepbench.suite import find_suite, load_suite

yaml = pytest.importorskip("yaml")

PROJECT = Path(__file__).parent.parent.parent
EXAMPLE = PROJECT / "examples" / "ci"
ACTION = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((EXAMPLE / ".github" / "workflows" / "separator.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


def step_of_the_action() -> dict[str, Any]:
    (found,) = [step for step in WORKFLOW["jobs"]["gate"]["steps"] if "/sepbench@" in step.get("uses", "")]
    return found


def carried_out(folder: Path, inputs: dict[str, str]) -> list[subprocess.CompletedProcess[str]]:
    """The action's steps with these inputs over its defaults, until one fails, as the runner does it."""
    known = {f"inputs.{name}": inputs.get(name, one.get("default")) for name, one in ACTION["inputs"].items()}
    known["github.action_path"] = str(PROJECT)
    runner = {name: str(folder / name.lower()) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    done = []
    for step in STEPS:
        values = {name: EXPRESSION.sub(lambda found: known[found[1]], text) for name, text in step["env"].items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        environment = os.environ | runner | values | {"PATH": path}
        done.append(subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=300))
        if done[-1].returncode:
            break
    return done


def test_inputs_reach_the_shell_as_variables_only() -> None:
    """An expression inside a script would run whatever a pull request's title says."""
    for step in STEPS:
        assert not EXPRESSION.search(step["run"])
        used = [name for text in step["env"].values() for name in EXPRESSION.findall(text)]
        assert all(name == "github.action_path" or name.removeprefix("inputs.") in ACTION["inputs"] for name in used)


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    given = step_of_the_action()["with"]
    assert given.keys() <= ACTION["inputs"].keys()
    assert {name for name, one in ACTION["inputs"].items() if one.get("required")} <= given.keys()
    assert (EXAMPLE / given["baseline"]).is_file()
    assert (EXAMPLE / "adapters" / given["models"] / "adapter.toml").is_file()


def test_the_examples_baseline_is_of_this_suite_and_these_recipes() -> None:
    given = step_of_the_action()["with"]
    baseline = read_baseline(EXAMPLE / given["baseline"])
    assert baseline.suite.hash == load_suite(find_suite(given["suite"])).hash
    recipes = {metric.name: metric.signature for metric in select(given["metrics"].split(","))}
    assert {metric.name: metric.signature for metric in baseline.metrics} == recipes


@pytest.mark.slow
def test_the_example_passes_and_fails_when_its_model_gets_worse(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    shutil.copytree(EXAMPLE, folder)
    inputs = step_of_the_action()["with"] | {"install": "false"}
    install, run, gate = carried_out(folder, inputs)
    assert install.stdout.startswith("sepbench "), install.stderr
    assert run.returncode == gate.returncode == 0, gate.stdout + gate.stderr
    assert "outcome=0" in (folder / "github_output").read_text()
    assert "## sepbench gate: passed" in (folder / "github_step_summary").read_text()
    adapter = folder / "adapters" / "gentle_gate" / "adapter.toml"
    adapter.write_text(adapter.read_text().replace("quiet_gain = 0.5", "quiet_gain = 0.3"))
    *_, gate = carried_out(folder, inputs)
    assert gate.returncode == 1 and "::error title=demo%3A gentle_gate%2C lsd%3A failed" in gate.stdout
    assert "outcome=1" in (folder / "github_output").read_text()
    assert (folder / "results" / "runs" / "gate" / "junit.xml").is_file()
    *_, gate = carried_out(folder, inputs | {"exact": "true", "tolerance": ""})
    assert gate.returncode == 1 and "86 of 93 items changed" in gate.stdout, (
        "7 ask for what is not there: no metric of these"
    )
    *_, gate = carried_out(folder, inputs | {"tolerance": "macs=0"})
    assert gate.returncode == 2 and "not counted in the baseline" in gate.stdout
