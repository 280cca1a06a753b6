"""The pages about metrics, as Markdown: one for every name before the ``@``, and the table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from metric_docs import family, first_line, inline, markdown, recipe
from metric_plots import CORNERS, corners, why_unavailable

from sepbench.metrics.metric import Measurement, Metric
from sepbench.metrics.registry import metrics

REFERENCE, NETWORKS = "Beside the reference", "Heard by a network"
ANSWERS, SETS = "Of the answer itself", "Of all items together"
GROUPS = (REFERENCE, NETWORKS, ANSWERS, SETS)
SCOPES = {
    "present": "queries for a sound that is there",
    "absent": "queries for a sound that is not there",
    "any": "all",
}


@cache
def pages() -> Mapping[str, tuple[Metric, ...]]:
    """Every page's metrics, the plain name before its variants."""
    found: dict[str, list[Metric]] = {}
    for metric in metrics().values():
        found.setdefault(metric.name.partition("@")[0], []).append(metric)
    return {base: tuple(variants) for base, variants in found.items()}


def group(metric: Metric) -> str:
    """The heading under which a metric is listed."""
    if metric.reduce is not None:
        return SETS
    if metric.embedder or "query" in metric.needs:
        return NETWORKS
    return REFERENCE if "reference" in metric.needs else ANSWERS


def grouped() -> Mapping[str, list[str]]:
    """Names of pages by heading."""
    return {title: [base for base, found in pages().items() if group(found[0]) == title] for title in GROUPS}


def index() -> str:
    """The table of all metrics."""
    return "\n\n".join(_index())


def _index() -> Iterator[str]:
    yield f"# {len(metrics())} metrics"
    yield (
        "A metric's name is its recipe. What follows an `@` is a paper's or a repository's way of computing it, and has"
        " a column of its own. `sepbench list metrics` prints this table with every signature."
    )
    for title, bases in grouped().items():
        rows = [_row(base, metric) for base in bases for metric in pages()[base]]
        yield f"## {title}"
        yield "\n".join(["| metric | | unit | better |", "|---|---|---|---|", *rows])


def _row(base: str, metric: Metric) -> str:
    return f"| [`{metric.name}`]({base}.md#{metric.name}) | {inline(metric.label)} | {metric.unit} | {metric.better} |"


def page(base: str, mentions: Sequence[tuple[str, str]]) -> str:
    """One page.

    Args:
        base: a name of `pages`.
        mentions: title and address of other pages that speak of it.
    """
    return "\n\n".join(_page(base, pages()[base], mentions))


def _page(base: str, variants: Sequence[Metric], mentions: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"# {base}: {inline(variants[0].label)}"
    yield first_line(recipe(variants[0]) or family(variants[0].name))
    yield from _behaviour(base, variants)
    yield from definitions(variants)
    if mentions:
        yield "## More about it"
        yield "\n".join(f"- [{title}]({address})" for title, address in mentions)


def definitions(variants: Sequence[Metric]) -> Iterator[str]:
    """What is stated of metrics, one after the other, and of the files that they are from."""
    seen: dict[object, str] = {}
    for metric in variants:
        yield f"## `{metric.name}` {{#{metric.name}}}"
        yield _facts(metric)
        documented = recipe(metric)
        if documented in seen:
            yield f"Computed as [`{seen[documented]}`](#{seen[documented]}) with the parameters in its signature."
        elif documented is not None:
            seen[documented] = metric.name
            yield f"`{documented.__module__}.{documented.__name__}`"
            yield markdown(documented)
    for module in dict.fromkeys(family(metric.name) for metric in variants):
        yield f"## `{module.__name__}`"
        yield markdown(module)


def plotted(variants: Sequence[Metric]) -> list[Metric]:
    """Those that can be measured on this machine."""
    return [metric for metric in variants if why_unavailable(metric) is None]


def _behaviour(base: str, variants: Sequence[Metric]) -> Iterator[str]:
    drawn = plotted(variants)
    if drawn:
        yield f"![{base} along what is done to an estimate](plots/{base}.svg)"
        yield (
            "The reference is a synthesised voice of 3 s at 32 kHz, the other sound is rain, as strong as the voice in"
            " the mixture. Where a panel says nothing of rain, 20 dB below the voice is left of it. A line ends where"
            " there is no value."
        )
        yield from _corners({metric.name: corners(metric) for metric in drawn})
    missing: dict[str, list[str]] = {}
    for metric in variants:
        why = why_unavailable(metric)
        if why is not None:
            missing.setdefault(why, []).append(f"`{metric.name}`")
    if missing:
        yield "Without a plot, as the machine that made this page lacks what they listen with:"
        yield "\n".join(f"- {', '.join(names)}: {inline(why)}" for why, names in missing.items())


def _corners(found: Mapping[str, Mapping[str, Measurement]]) -> Iterator[str]:
    if not any(one.value is not None for of_metric in found.values() for one in of_metric.values()):
        return
    lines = [f"| estimate | {' | '.join(CORNERS)} |", "|---" * (len(CORNERS) + 1) + "|"]
    for name, of_metric in found.items():
        cells = [
            f"{one.value + 0.0:.3g}" if one.value is not None else f"_{one.status.replace('_', ' ')}_"
            for one in of_metric.values()
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    yield "\n".join(lines)


def _facts(metric: Metric) -> str:
    direction = "describes, is never ranked" if metric.better == "neither" else f"{metric.better} is better"
    rate = "the suite's rate" if metric.rate is None else f"{metric.rate} Hz"
    rate += ", brought up to it from a lower one" if metric.upsample else ""
    facts = {
        "title": inline(metric.label),
        "unit": f"{metric.unit or 'none'}; {direction}",
        "reads": ", ".join(["the estimate", *(f"the {need}" for need in sorted(metric.needs))]),
        "taken at": rate,
        "items": SCOPES[metric.scope],
        "in tables": _kept(metric),
        "signature": f"`{metric.signature.partition('|embedder:')[0]}`",
        "embedder": f"`{metric.embedder}`; the hash of its files ends the signature" if metric.embedder else "",
        "source": inline(metric.source),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items() if fact)])


def _kept(metric: Metric) -> str:
    if metric.reduce is not None:
        return "one value of all items; none of an item alone" if metric.embedder else "one value of all items"
    return "average over items" + (", and its change over the untouched mixture" if metric.over_mixture else "")
