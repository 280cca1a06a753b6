"""The Ray engine: the same units of work on a cluster that exists already (``ray start --head``).

One actor per worker, each with its own separators; a unit whose node is lost goes to another actor, and since rows are
written by this process alone, none is written twice. Rows are those of the local engine, byte for byte. Adapters,
corpora and, where estimates or statistics of a set are kept, the run folder must be readable at the same paths on every
node.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from sepbench.engine.pipeline import DEPTH, Pipeline
from sepbench.engine.session import Session, Unit
from sepbench.engine.setup import Setup
from sepbench.engine.stopping import StopRequest
from sepbench.errors import MissingExtra, RunFolderError
from sepbench.results.rows import Row
from sepbench.worker_process import THREAD_VARIABLES

PASSED_ON = ("SEPBENCH_", "HF_HOME", "HF_ENDPOINT")
"""Environment variables whose names begin so are set on the nodes: where corpora and weights are."""
PATIENCE_SECONDS = 10.0
LOSSES_ALLOWED = 3
"""How often a unit may be lost with its node before the run stops: more is the unit's fault, or the cluster's."""


class Actor:
    """A session on some node; its stages overlap as in a local worker process."""

    def __init__(self, setup: Setup) -> None:
        self._session = Session(setup)
        self._pipeline = Pipeline(self._session)

    def ready(self) -> None:
        """Return once the actor is there."""

    def work(self, unit: Unit) -> list[Row]:
        """The unit's rows; called by several threads at once."""
        return self._pipeline.submit(unit).result()

    def close(self) -> None:
        """Stop the separators."""
        self._pipeline.close()
        self._session.close()


def run_ray(
    units: Sequence[Unit], setup: Setup, workers: int, stop: StopRequest, *, address: str
) -> Generator[list[Row]]:
    """Do the units on a cluster; yields each one's rows when it is done, in any order.

    Args:
        workers: actors to start. On a ``cuda`` device each takes a GPU of its own, else a processor.
        address: of the cluster, or ``auto`` for the one this machine belongs to.

    Raises:
        MissingExtra: ray is not installed.
        RunFolderError: no such cluster, or units were lost again and again; what was yielded before stands.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("ray is not installed", remedy='pip install "sepbench[ray]"') from error
    _connect(ray, address)
    try:
        yield from _work(ray, units, setup, workers, stop)
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    threads = dict.fromkeys(THREAD_VARIABLES, "1")
    passed = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    try:
        if address != "auto":
            _knock(address)  # ray itself would wait for minutes
        ray.init(address=address, runtime_env={"env_vars": passed | threads}, log_to_driver=False)
    except (OSError, ValueError) as error:
        raise RunFolderError(
            "no Ray cluster answers",
            given=f"--ray-address {address}",
            wanted="auto, or host:port of a cluster's head",
            remedy="start one with ray start --head, or name its address; --engine local needs none",
        ) from error


def _knock(address: str) -> None:
    """Raises OSError where nobody listens, ValueError where the address is none."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS).close()


def _work(ray: Any, units: Sequence[Unit], setup: Setup, workers: int, stop: StopRequest) -> Generator[list[Row]]:
    crew = _Crew(ray, setup)
    for _ in range(min(workers, len(units))):
        crew.hire()
    waiting = [_Lot(unit) for unit in reversed(units)]
    while crew.busy or (waiting and not stop):
        lot, error = crew.next_done()
        if lot is not None and error is not None:
            waiting.append(lot.lost(error))
        elif lot is not None:
            yield crew.rows
        while waiting and not stop and (actor := crew.least_busy()) is not None:
            crew.hand_over(actor, waiting.pop())
    crew.dismiss()


@dataclass(frozen=True)
class _Lot:
    """A unit, and how often it was lost."""

    unit: Unit
    losses: int = 0

    def lost(self, error: Exception) -> _Lot:
        """The unit to be tried again."""
        if self.losses >= LOSSES_ALLOWED:
            raise RunFolderError(
                "a unit of work was lost with its node again and again",
                given=f"mixture {self.unit[0].mixture.id}, {self.losses + 1} times",
                remedy="run the same command again when the cluster is well; finished items are kept",
            ) from error
        return _Lot(self.unit, self.losses + 1)


class _Crew:
    """The actors, and what each has under way.

    An actor that is lost is never asked again; another is hired in its place, which gets work once it says that it is
    ready: until the cluster has room for it, the others do the work.
    """

    def __init__(self, ray: Any, setup: Setup) -> None:
        self._ray = ray
        self._setup = setup
        on_gpu = setup.device.startswith("cuda")
        options = {"num_cpus": 1, "num_gpus": 1 if on_gpu else 0, "max_concurrency": DEPTH}
        self._actor = ray.remote(Actor).options(**options)
        self._under_way: dict[Any, tuple[Any, _Lot | None]] = {}
        self._ready: list[Any] = []
        self._hired_in_vain = 0
        self.rows: list[Row] = []

    @property
    def busy(self) -> bool:
        """Whether any unit is under way."""
        return any(lot is not None for _, lot in self._under_way.values())

    def hire(self) -> None:
        """Ask the cluster for one more actor."""
        actor = self._actor.remote(self._setup)
        self._under_way[actor.ready.remote()] = (actor, None)

    def least_busy(self) -> Any | None:
        """The ready actor with the fewest units; None where all have as many as keep them busy."""
        units = [sum(of is actor for of, _ in self._under_way.values()) for actor in self._ready]
        return self._ready[units.index(min(units))] if units and min(units) < DEPTH else None

    def hand_over(self, actor: Any, lot: _Lot) -> None:
        """Give the actor a unit."""
        self._under_way[actor.work.remote(lot.unit)] = (actor, lot)

    def next_done(self) -> tuple[_Lot | None, Exception | None]:
        """Wait for something to end: an actor's getting ready (no lot), or a lot, whose rows are then in `rows`."""
        (done,), _ = self._ray.wait(list(self._under_way), num_returns=1)
        actor, lot = self._under_way.pop(done)
        try:
            found = self._ray.get(done)
        except self._ray.exceptions.RayActorError as error:
            self._replace(actor, lot, error)
            return lot, error
        if lot is None:
            self._ready.append(actor)
            self._hired_in_vain = 0
        else:
            self.rows = found
        return lot, None

    def _replace(self, actor: Any, lot: _Lot | None, error: Exception) -> None:
        """Hire another in the place of a lost actor, once for all that was lost with it."""
        if lot is None:
            self._hired_in_vain += 1
            if self._hired_in_vain > LOSSES_ALLOWED:
                raise RunFolderError(
                    "the cluster starts no worker",
                    given=str(error).splitlines()[0],
                    wanted="nodes with sepbench, the adapters and the corpora at the same paths",
                    remedy="mend the nodes, then run the same command again; finished items are kept",
                ) from error
            self.hire()
        elif actor in self._ready:
            self._ready.remove(actor)
            self.hire()

    def dismiss(self) -> None:
        """Let the actors stop their separators; one that was lost meanwhile needs none."""
        for closing in [actor.close.remote() for actor in self._ready]:
            with contextlib.suppress(self._ray.exceptions.RayActorError):
                self._ray.get(closing)
