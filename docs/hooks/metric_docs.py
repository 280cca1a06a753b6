"""What is written about a metric where it is defined: its function, and that function's docstring as Markdown."""

from __future__ import annotations

import html
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import Any

from sepbench.metrics.metric import Metric
from sepbench.metrics.registry import metrics

Function = Callable[..., Any]

DEPTH = 3
"""Steps from a metric's record to its function: a wrapper made by a factory that was given a partial one."""
CODE = re.compile(r"``(.+?)``|`(.+?)`")
SECTION = re.compile(r"^(Args|Returns|Raises|Attributes):$")
ENTRY = re.compile(r"^([\w`.]+): (.*)$")


@cache
def family(name: str) -> ModuleType:
    """The module whose ``METRICS`` holds the metric of that name."""
    metric = metrics()[name]
    loaded = [module for key, module in sorted(sys.modules.items()) if key.startswith("sepbench.metrics.")]
    return next(module for module in loaded if metric in getattr(module, "METRICS", ()))


def recipe(metric: Metric) -> Function | None:
    """The documented function that a metric's record calls, None where there is none.

    The record holds a wrapper, which picks the arguments out of a sample: what the wrapper refers to is looked through.
    A function with the metric's name comes first, then one of its own file that takes an estimate, then any other that
    does (a rating shared by several files), then what makes one value of all items.
    """
    base, module = metric.name.partition("@")[0], family(metric.name).__name__
    reached = [*_reached(metric.measure, DEPTH), *([metric.reduce] if metric.reduce else [])]
    found = [one for one in reached if one.__doc__ and one.__module__.startswith("sepbench.metrics.")]

    def rank(function: Function) -> tuple[bool, ...]:
        own = function.__module__ == module
        hears = "estimate" in inspect.signature(function).parameters
        return function.__name__ != base, not (own and hears), not (own or hears)

    found = [one for one in found if one.__module__ != Metric.__module__]
    return min(found, key=rank, default=None)


def _reached(function: Any, depth: int) -> Iterator[Function]:
    """Public functions that this one is, wraps or calls, the nearest first."""
    if isinstance(function, partial):
        yield from _reached(function.func, depth)
    elif inspect.isfunction(function):
        if not function.__name__.startswith(("_", "<")) and "<locals>" not in function.__qualname__:
            yield function
        elif depth:
            named = inspect.getclosurevars(function)
            for one in (*named.nonlocals.values(), *named.globals.values()):
                yield from _reached(one, depth - 1)


def first_line(documented: Any) -> str:
    """The first paragraph of a docstring, as Markdown on one line."""
    return inline((inspect.getdoc(documented) or "").partition("\n\n")[0])


def markdown(documented: Any) -> str:
    """A docstring as Markdown: arguments and errors as lists, examples as sessions."""
    return "\n\n".join(_blocks((inspect.getdoc(documented) or "").split("\n\n")))


def _blocks(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        lines = paragraph.splitlines()
        heading = SECTION.match(lines[0]) if lines else None
        if heading:
            yield f"**{heading[1]}**"
            yield "\n".join(_entries(inspect.cleandoc("\n" + "\n".join(lines[1:])).splitlines()))
        elif paragraph.startswith(">>>"):
            yield f"```pycon\n{paragraph}\n```"
        else:
            yield inline(paragraph)


def _entries(lines: list[str]) -> Iterator[str]:
    """``name: text`` with deeper lines that go on, as list items; plain text as it is."""
    texts: list[str] = []
    for line in lines:
        if line.startswith(" ") and texts:
            texts[-1] += f" {line.strip()}"
        elif ENTRY.match(line) or not texts:
            texts.append(line)
        else:
            texts[-1] += f" {line}"
    for text in texts:
        entry = ENTRY.match(text)
        yield f"- `{entry[1].strip('`')}`: {inline(entry[2])}" if entry else inline(text)


def inline(text: str) -> str:
    """Running text in which nothing but code spans is Markdown or HTML.

    >>> inline("a = <r, e> * 2 in ``(time,)``")
    'a = &lt;r, e&gt; \\\\* 2 in `(time,)`'
    """
    pieces, end = [], 0
    flat = " ".join(text.split())
    for found in CODE.finditer(flat):
        pieces += [_plain(flat[end : found.start()]), f"`{found[1] or found[2]}`"]
        end = found.end()
    return "".join([*pieces, _plain(flat[end:])])


def _plain(text: str) -> str:
    return re.sub(r"([*_\[\]\\|])", r"\\\1", html.escape(text, quote=False))
