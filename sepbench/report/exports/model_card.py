"""The front matter of a model card on Hugging Face: results in the form ``model-index``.

Source of the form: https://github.com/huggingface/hub-docs/blob/main/modelcard.md. Texts are written as JSON strings,
which YAML reads as they are meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sepbench.errors import MissingData, NothingComparable, on_one_line
from sepbench.report.exports.entries import Entry, entries
from sepbench.report.exports.gathered import UNTRAINED, Gathered
from sepbench.search_path import closest

TASK = {"type": "audio-to-audio", "name": "text-queried sound separation"}


def model_card(runs: Sequence[Gathered], model: str, *, source: str = "") -> str:
    """One result per run that has the model.

    Args:
        source: the address of a page with these results; the form allows no source without one.

    Raises:
        MissingData: no run has such a model.
        NothingComparable: its weights are random, or it has no value at all.
    """
    known = sorted({name for found in runs for name in found.summary["models"]})
    if model not in known:
        raise MissingData("no run has such a model", given=model or "none", remedy=closest(model, known))
    results = [_result(found, of_model, source) for found in runs if (of_model := _of(found, model))]
    if not results:
        raise NothingComparable("the model has no value", given=model, remedy="choose other metrics, or run it again")
    index = {"model-index": [{"name": model, "results": results}]}
    return "---\n" + "\n".join(_yaml(index)) + "\n---\n"


def _of(found: Gathered, model: str) -> list[Entry]:
    chosen = [one for one in entries([found]) if one.model == model and one.value is not None]
    if any(one.group == UNTRAINED for one in chosen):
        raise NothingComparable(
            "a card says what a model can do", given=f"{model}, whose weights are random", remedy="run trained weights"
        )
    return chosen


def _result(found: Gathered, chosen: Sequence[Entry], source: str) -> dict[str, Any]:
    suite = found.suite
    dataset = {
        "type": f"sepbench/{suite['name']}",
        "name": suite["title"] + (" (PARTIAL RUN)" if suite["partial"] else ""),
        "config": suite["name"],
        "revision": suite["hash"],
        "args": {
            "items": suite["items"],
            "scored_items": chosen[0].scored_items,
            "partial": suite["partial"],
            "model_revision": chosen[0].revision,
            "marks": chosen[0].marks,
        },
    }
    result = {"task": TASK, "dataset": dataset, "metrics": [_metric(one) for one in chosen]}
    if source:
        result["source"] = {"name": f"sepbench {found.run['sepbench']}", "url": source}
    return result


def _metric(one: Entry) -> dict[str, Any]:
    unit = f" ({one.unit})" if one.unit else ""
    args = {"signature": one.signature, "items": one.n, "undefined_items": one.n_undefined, "better": one.better}
    if one.ci95_low is not None:
        args |= {"ci95_low": one.ci95_low, "ci95_high": one.ci95_high}
    return {"type": one.metric, "name": one.label + unit, "value": one.value, "args": args}


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Nested mappings and lists of them in YAML's block style; neither may be empty. Names are our own, and plain.

    >>> print("\\n".join(_yaml({"a": [{"b": 1, "c": "x: #"}], "d": True})))
    a:
    - b: 1
      c: "x: #"
    d: true
    """
    for name, one in value.items():
        key = f"{indent}{name}:"
        if isinstance(one, dict):
            yield key
            yield from _yaml(one, indent + "  ")
        elif isinstance(one, list):
            yield key
            for each in one:
                lines = list(_yaml(each, indent + "  "))
                yield f"{indent}- {lines[0].lstrip()}"
                yield from lines[1:]
        else:
            yield f"{key} {_scalar(one)}"


def _scalar(value: Any) -> str:
    return json.dumps(on_one_line(value) if isinstance(value, str) else value, ensure_ascii=False, allow_nan=False)
