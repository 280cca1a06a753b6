"""Running stages: what was killed goes on as if it had never stopped, and a strange folder is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from recipes.training.schedule import Schedule  # noqa: E402
from recipes.training.stages import LOG, STATE, Keeping, run_stages  # noqa: E402
from sepbench.errors import SepbenchError  # noqa: E402


@dataclass(frozen=True)
class Line:
    """A line through points of a noisy one; `frozen` is never moved."""

    name: str
    schedule: Schedule
    line: torch.nn.Linear
    frozen: torch.nn.Linear

    def learning(self) -> Sequence[torch.nn.Module]:
        return (self.line,)

    def loss(self, rng: np.random.Generator) -> torch.Tensor:
        x = torch.tensor(rng.standard_normal((8, 1)), dtype=torch.float32)
        wanted = 3 * x + 1 + torch.tensor(0.01 * rng.standard_normal((8, 1)), dtype=torch.float32)
        return (self.line(self.frozen(x)) - wanted).square().mean()


def run(
    folder: Path, stop_after: int | None = None, names: tuple[str, ...] = ("one", "two"), log_every: int = 5
) -> bool:
    torch.manual_seed(0)
    line, frozen = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    schedule = Schedule(steps=60, batch=8, learning_rate=0.1, warmup=5)
    stages = [Line(name, schedule, line, frozen) for name in names]
    before = frozen.weight.clone()
    done = run_stages(stages, {"line": line, "frozen": frozen}, Keeping(folder, log_every, 10, stop_after), seed=1)
    assert torch.equal(frozen.weight, before)
    return done


def weights(folder: Path) -> list[float]:
    held = torch.load(folder / STATE, weights_only=True)
    return [float(value) for part in held["parts"].values() for value in part.values()]


@pytest.mark.parametrize("cuts", [(7,), (60,), (33, 20, 25), (119,)])
def test_what_was_killed_ends_as_the_unbroken_run(cuts: tuple[int, ...], tmp_path: Path) -> None:
    assert run(tmp_path / "unbroken")
    for cut in cuts:
        assert not run(tmp_path / "broken", cut)
    assert run(tmp_path / "broken")
    assert weights(tmp_path / "broken") == weights(tmp_path / "unbroken")
    assert (tmp_path / "broken" / LOG).read_bytes() == (tmp_path / "unbroken" / LOG).read_bytes()


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    assert run(tmp_path)
    before = (tmp_path / STATE).read_bytes(), (tmp_path / LOG).read_bytes()
    assert run(tmp_path)
    assert ((tmp_path / STATE).read_bytes(), (tmp_path / LOG).read_bytes()) == before


def test_the_loss_falls_and_the_log_has_a_line_for_every_few_steps(tmp_path: Path) -> None:
    run(tmp_path)
    lines = (tmp_path / LOG).read_text().splitlines()
    losses = [float(line.split('"loss":')[1].split(",")[0]) for line in lines]
    assert len(lines) == 24 and losses[11] < losses[0] / 2


def test_the_state_of_another_recipe_is_refused(tmp_path: Path) -> None:
    run(tmp_path, 20)
    with pytest.raises(SepbenchError, match="the state of another recipe"):
        run(tmp_path, names=("three",))


def test_saves_between_lines_of_the_log_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SepbenchError, match="no line of the log ends at"):
        run(tmp_path, log_every=4)
