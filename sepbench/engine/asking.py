"""Asking a separator: the requests of one mixture, in batches, each answer checked and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sepbench.audio import Audio, resample
from sepbench.corpora.texts import query_text
from sepbench.engine.isolation import around_item
from sepbench.errors import NotApplicable
from sepbench.manifest import Mixture, Query, QueryKind
from sepbench.mixing import Rendered, reference
from sepbench.results.rows import Failure
from sepbench.separators.runner import Runner, checked
from sepbench.separators.separator import Estimate, Request
from sepbench.separators.spec import Model


@dataclass(frozen=True)
class Separated:
    """What a separator gave for one request, and its share of the time of the call that asked for it, in seconds: of
    the model's own code where it has a process, else of the whole call."""

    estimate: Estimate | Failure
    seconds: float | None


class Heard:
    """A rendered mixture at the rates that models work at, each made once."""

    def __init__(self, rendered: Rendered) -> None:
        self._rendered = rendered
        self._at: dict[int, Audio] = {}

    def at(self, sample_rate: int) -> Audio:
        """The mixture at that rate."""
        if sample_rate not in self._at:
            self._at[sample_rate] = resample(self._rendered.mixture, self._rendered.sample_rate, sample_rate)
        return self._at[sample_rate]


def make_request(model: Model, mixture: Mixture, rendered: Rendered, heard: Heard, query_index: int) -> Request:
    """One query as the model hears it: at its own rate, and as an extraction where it cannot remove."""
    query = mixture.queries[query_index]
    rate = model.file.sample_rate or mixture.sample_rate
    asked = query if query.mode in model.file.modes else extraction_of(query)
    needs = model.file.needs
    references: tuple[Audio, ...] = ()
    if "references" in needs:
        wanted = reference(rendered, asked)
        parts = (wanted, rendered.mixture - wanted)
        references = tuple(resample(part, mixture.sample_rate, rate) for part in parts)
    prompts = tuple(query_text(other) for other in mixture.queries) if "all_prompts" in needs else ()
    item = mixture.item(query_index)
    text, kind = _asked_text(model, mixture, query)
    return Request(item, heard.at(rate), rate, text, asked.mode, prompts, references, kind)


def _asked_text(model: Model, mixture: Mixture, query: Query) -> tuple[str, QueryKind]:
    """The query's words; for a model of fixed stems the label that all its sources have.

    Raises:
        NotApplicable: there is no such stem.
    """
    known = model.file.prompts
    if isinstance(known, str):
        return query_text(query), query.kind
    labels = [set(mixture.sources[index].labels) for index in query.sources]
    stems = [stem for stem in known if labels and all(stem in one for one in labels)]
    if len(stems) != 1:
        raise NotApplicable(
            f"{model.name} knows no stem of this query",
            given=", ".join(sorted(set().union(*labels))) or "no source",
            wanted=f"one of {', '.join(known)}",
        )
    return stems[0], "label"


def extraction_of(query: Query) -> Query:
    """The same words and sources, to be extracted: the harness subtracts the answer from the mixture."""
    return replace(query, mode="extract")


def ask(
    runner: Runner, requests: Sequence[Request], batch: int, after: Callable[[], Sequence[Request]] = tuple
) -> list[Separated]:
    """One answer per request; a batch that fails is asked again one by one, so that only the guilty item fails.

    Args:
        after: what this runner will be asked once these are done, as far as that is known by then.
    """
    answers: list[Separated] = []
    for start in range(0, len(requests), batch):
        part = requests[start : start + batch]
        following = requests[start + batch : start + 2 * batch] or after()[:batch]
        together = _ask_once(runner, part, following)
        if len(part) > 1 and isinstance(together[0].estimate, Failure):
            together = [_ask_once(runner, [request], ())[0] for request in part]
        answers += together
    return answers


def _ask_once(runner: Runner, requests: Sequence[Request], following: Sequence[Request]) -> list[Separated]:
    began = time.perf_counter()
    estimates = around_item(lambda: checked(requests, runner.separate(requests, following)))
    if isinstance(estimates, Failure):
        return [Separated(estimates, None) for _ in requests]
    whole = time.perf_counter() - began if runner.seconds is None else runner.seconds
    return [Separated(estimate, whole / len(requests)) for estimate in estimates]
