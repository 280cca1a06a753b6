"""Units of work: which mixtures are asked about together, and that it does not change what is asked."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sepbench.engine.plan import Job, Task, plan_units
from tests.rows import mixture

ROW = mixture()


def job(number: int, *, samples: int, queries: int) -> Job:
    row = replace(ROW, id=f"{number:016x}", samples=samples)
    return Job(row, "a", tuple(Task(model, index, False) for model in ("m", "n") for index in range(queries)))


@given(
    st.lists(st.tuples(st.sampled_from((8000, 16000)), st.integers(1, 3)), min_size=1, max_size=30), st.integers(1, 6)
)
def test_every_job_is_in_one_unit_of_its_own_length_and_no_unit_is_overfull(
    shapes: list[tuple[int, int]], batch: int
) -> None:
    jobs = [job(i, samples=samples, queries=queries) for i, (samples, queries) in enumerate(shapes)]
    units = plan_units(jobs, batch)
    assert sorted(one.mixture.id for unit in units for one in unit) == [one.mixture.id for one in jobs]
    for unit in units:
        assert len({one.mixture.samples for one in unit}) == 1
        before_the_last = sum(len(one.tasks) // 2 for one in unit[:-1])
        assert before_the_last < batch


def test_a_batch_of_one_leaves_every_job_alone() -> None:
    jobs = [job(i, samples=8000, queries=1) for i in range(4)]
    assert plan_units(jobs, 1) == [(one,) for one in jobs]
    assert [len(unit) for unit in plan_units(jobs, 3)] == [3, 1]
