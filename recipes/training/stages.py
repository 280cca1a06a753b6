"""Running a recipe's stages one after the other, so that what is killed goes on as if it had never stopped.

One file, ``state.pt``, holds every part's weights, the stage, its step and its optimiser; it is replaced whole. The log
``log.jsonl`` has a line per `log_every` steps; going on cuts it back to the state's step. A step's draws depend on
nothing but seed, stage and step, so on one machine the interrupted run and the unbroken one end with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from recipes.training.mixtures import generator
from recipes.training.schedule import Schedule
from sepbench.errors import SepbenchError
from sepbench.networks.state_dict import load_weights
from sepbench.paths import whole, write_whole
from sepbench.records import canonical_json, read_text

STATE, LOG = "state.pt", "log.jsonl"


class Stage(Protocol):
    """One thing to learn."""

    @property
    def name(self) -> str:
        """In the log and in seeds."""

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""

    def learning(self) -> Sequence[nn.Module]:
        """Modules whose weights move; all others stay as they are."""

    def loss(self, rng: np.random.Generator) -> Tensor:
        """What a step lowers: a scalar."""


@dataclass(frozen=True)
class Keeping:
    """Where a run's files are and how often they are written, in steps.

    Attributes:
        stop_after: the steps of this call, all stages together, after which it ends as if killed; None runs to the end.
    """

    folder: Path
    log_every: int
    save_every: int
    stop_after: int | None = None

    def __post_init__(self) -> None:
        if self.log_every < 1 or self.save_every % self.log_every:
            raise SepbenchError(
                "steps between saves that no line of the log ends at",
                given=f"log_every {self.log_every}, save_every {self.save_every}",
                wanted="a multiple",
                remedy="correct the recipe's settings",
            )


def run_stages(stages: Sequence[Stage], parts: Mapping[str, nn.Module], keeping: Keeping, *, seed: int) -> bool:
    """Run what is left of the stages; the parts' weights are then the last ones.

    Args:
        parts: everything that any stage moves, by the names the state has for them.

    Returns:
        Whether all stages are done; False where `stop_after` ended it.

    Raises:
        SepbenchError: the folder's state is of other stages or other sizes.
    """
    keeping.folder.mkdir(parents=True, exist_ok=True)
    state = _restored(stages, parts, keeping.folder)
    left = keeping.stop_after
    for number, stage in enumerate(stages):
        if number < state.stage:
            continue
        first = state.step if number == state.stage else 0
        last = stage.schedule.steps if left is None else min(stage.schedule.steps, first + left)
        if first < last:
            _Learner(stage, parts, keeping, seed, number).run(first, last, state.optimiser if first else None)
        if last < stage.schedule.steps:
            return False
        left = None if left is None else left - (last - first)
    return True


@dataclass(frozen=True)
class _State:
    stage: int
    step: int
    optimiser: Mapping[str, Any] | None


@dataclass(frozen=True)
class _Learner:
    stage: Stage
    parts: Mapping[str, nn.Module]
    keeping: Keeping
    seed: int
    number: int

    def run(self, first: int, last: int, optimiser_state: Mapping[str, Any] | None) -> None:
        """Steps `first` up to `last`, saved every so often and at the stage's end."""
        schedule = self.stage.schedule
        weights = [weight for module in self.stage.learning() for weight in module.parameters()]
        for part in self.parts.values():
            part.requires_grad_(False)
        for weight in weights:
            weight.requires_grad_(True)
        optimiser = torch.optim.AdamW(weights, betas=schedule.betas, weight_decay=schedule.weight_decay)
        if optimiser_state is not None:
            optimiser.load_state_dict(dict(optimiser_state))
        losses: list[float] = []
        for step in range(first, last):
            losses.append(self._step(step, optimiser, weights))
            if (step + 1) % self.keeping.log_every == 0 or step + 1 == schedule.steps:
                self._log(step + 1, losses)
                losses.clear()
            if (step + 1) % self.keeping.save_every == 0 or step + 1 == schedule.steps:
                self._save(step + 1, optimiser)

    def _step(self, step: int, optimiser: torch.optim.Optimizer, weights: Sequence[Tensor]) -> float:
        for group in optimiser.param_groups:
            group["lr"] = self.stage.schedule.rate(step)
        loss = self.stage.loss(generator(self.seed, self.stage.name, step))
        if not bool(torch.isfinite(loss)):
            raise SepbenchError(
                f"the loss of stage {self.stage.name} is no number any more",
                given=f"step {step}",
                remedy="lower learning_rate, delete the folder and start over",
            )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        nn.utils.clip_grad_norm_(weights, self.stage.schedule.clip_norm)
        optimiser.step()
        return float(loss.detach())

    def _log(self, step: int, losses: Sequence[float]) -> None:
        entry = {"stage": self.stage.name, "step": step, "loss": sum(losses) / len(losses)}
        with (self.keeping.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(canonical_json(entry) + "\n")
        print(f"{self.stage.name} {step}/{self.stage.schedule.steps}: loss {entry['loss']:.4f}", flush=True)

    def _save(self, step: int, optimiser: torch.optim.Optimizer) -> None:
        state = {
            "stage": self.number,
            "name": self.stage.name,
            "step": step,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "optimiser": optimiser.state_dict(),
        }
        with whole(self.keeping.folder / STATE) as partial:
            torch.save(state, partial)


def _restored(stages: Sequence[Stage], parts: Mapping[str, nn.Module], folder: Path) -> _State:
    """The last state, its weights put into the parts; the log is cut back to it."""
    if not (folder / STATE).is_file():
        (folder / LOG).unlink(missing_ok=True)
        return _State(0, 0, None)
    held = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    number, step = int(held["stage"]), int(held["step"])
    if held["parts"].keys() != parts.keys() or number >= len(stages) or stages[number].name != held["name"]:
        raise SepbenchError(
            "the folder holds the state of another recipe",
            given=f"{folder / STATE}: stage {held['name']}, parts {', '.join(held['parts'])}",
            wanted=f"stages {', '.join(stage.name for stage in stages)}, parts {', '.join(parts)}",
            remedy="give another --out, or delete the folder",
        )
    for name, part in parts.items():
        load_weights(part, held["parts"][name])
    order = {stage.name: place for place, stage in enumerate(stages)}
    lines = read_text(folder / LOG).splitlines() if (folder / LOG).is_file() else []
    known = [line for line in lines if _place(json.loads(line), order) <= (number, step)]
    write_whole(folder / LOG, "".join(line + "\n" for line in known))
    return _State(number, step, held["optimiser"])


def _place(entry: Mapping[str, Any], order: Mapping[str, int]) -> tuple[int, int]:
    return order[entry["stage"]], int(entry["step"])
