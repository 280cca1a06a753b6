"""A baseline: a run's values item by item in one small file, which later runs are held against.

JSON with a line for every item, so that a version control's difference shows which items moved. Values keep their full
precision: the exact mode of a gate compares them to the last bit.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sepbench.errors import InvalidRecord, MissingData, SepbenchError
from sepbench.manifest import SCHEMA
from sepbench.paths import write_whole
from sepbench.records import parse_json, read_text
from sepbench.results.answers import Answers, answers_of, with_sounds
from sepbench.results.run_folder import load_run
from sepbench.search_path import closest


def read_baseline(path: Path) -> Answers:
    """A baseline's file, or a run folder in its place.

    Raises:
        MissingData: there is none.
        InvalidRecord: damaged, or of another schema; file and field are named.
    """
    if path.is_dir():
        return with_sounds(answers_of(load_run(path)), path)
    text = read_text(path)
    answers = parse_json(Answers, text, place=str(path))
    if answers.schema != SCHEMA:
        raise InvalidRecord(f"{path}: schema", given=str(answers.schema), wanted=str(SCHEMA), remedy="update sepbench")
    for name, item in answers.items.items():
        _check_item(answers, name, item.values, item.sounds, place=str(path))
    return answers


def _check_item(
    answers: Answers, item: str, values: Mapping[str, tuple[object, ...]], sounds: Iterable[str], *, place: str
) -> None:
    strangers = sorted({*values, *sounds} - answers.models.keys())
    short = [model for model, given in values.items() if len(given) != len(answers.metrics)]
    if strangers or short:
        raise InvalidRecord(
            f"{place}: item {item}",
            given=f"model {strangers[0]}" if strangers else f"{len(values[short[0]])} values of {short[0]}",
            wanted="a model of the baseline" if strangers else f"{len(answers.metrics)}, one per metric",
            remedy="write it again: sepbench baseline update",
        )


def only_models(answers: Answers, names: Sequence[str]) -> Answers:
    """Only the named models' answers; none named: all.

    Raises:
        MissingData: one is not among them.
    """
    chosen = tuple(names) or tuple(answers.models)
    if strangers := [name for name in chosen if name not in answers.models]:
        raise MissingData(
            "the run has no such model", given=strangers[0], remedy=closest(strangers[0], list(answers.models))
        )
    items = {
        name: dataclasses.replace(
            item, values={model: given for model, given in item.values.items() if model in chosen}
        )
        for name, item in answers.items.items()
    }
    models = {name: facts for name, facts in answers.models.items() if name in chosen}
    return dataclasses.replace(answers, models=models, items=items)


def write_baseline(path: Path, answers: Answers) -> None:
    """Write it; the file appears whole or not at all.

    Raises:
        SepbenchError: it cannot be written there.
    """
    try:
        write_whole(path, baseline_text(answers))
    except OSError as error:
        raise SepbenchError(
            "the baseline cannot be written", given=f"{path}: {error.strerror}", remedy="choose another --baseline"
        ) from error


def baseline_text(answers: Answers) -> str:
    """The file's content: the same answers give the same bytes."""
    facts = {"schema": answers.schema, "suite": dataclasses.asdict(answers.suite)}
    head = [f"{_json(name)}: {_json(value)}" for name, value in facts.items()]
    metrics = [_json(dataclasses.asdict(metric)) for metric in answers.metrics]
    models = [f"{_json(name)}: {_json(dataclasses.asdict(one))}" for name, one in sorted(answers.models.items())]
    items = [f"{_json(name)}: {_json(dataclasses.asdict(one))}" for name, one in sorted(answers.items.items())]
    parts = [*head, _block("metrics", "[]", metrics), _block("models", "{}", models), _block("items", "{}", items)]
    return "{" + ",\n".join(parts) + "}\n"


def _block(name: str, brackets: str, lines: list[str]) -> str:
    return f"{_json(name)}: {brackets[0]}\n" + ",\n".join(lines) + brackets[1]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
