"""The exact mode: every value of every item, to the last bit, and its sound where both sides kept it."""

from __future__ import annotations

from sepbench.gate.verdict import Check, Moved
from sepbench.results.answers import Answers

EXACT = "exact"
AUDIO = "audio"
MOST_SHOWN = 10


def check_exact(before: Answers, after: Answers, model: str, *, whole: bool) -> Check:
    """Hold a deterministic model to its baseline: any change of any item fails, a change to the better as well.

    Args:
        whole: whether every item and metric of the baseline must be in the run.
    """
    items = sorted(name for name, item in before.items.items() if model in item.values)
    common = [name for name in items if name in after.items and model in after.items[name].values]
    metrics = [one.name for one in before.metrics if _same(after, one.name, one.signature)]
    if not common or not metrics:
        why = "no item in common" if not common else "no metric in common of the same recipe"
        return Check(model, EXACT, "not comparable", why)
    moved = [change for name in common for change in _changes(before, after, model, name, metrics)]
    changed = len({change.item for change in moved})
    if changed:
        which = ", ".join(dict.fromkeys(change.metric for change in moved))
        why = f"{changed} of {len(common)} items changed, in {which}"
        return Check(model, EXACT, "failed", why, items=len(common), moved=tuple(moved[:MOST_SHOWN]))
    others = [one.name for one in before.metrics if one.name not in metrics]
    if whole and (others or len(common) < len(items)):
        gone = [f"{len(items) - len(common)} items"] if len(common) < len(items) else []
        gone += [f"metric {name}" for name in others]
        why = f"not in the run, or of another recipe: {', '.join(gone)}"
        return Check(model, EXACT, "not comparable", why, items=len(common))
    sounds = sum(model in before.items[name].sounds and model in after.items[name].sounds for name in common)
    why = f"{len(common)} items equal in {len(metrics)} metrics, {sounds} of them in their audio"
    return Check(model, EXACT, "passed", why, items=len(common))


def _same(after: Answers, name: str, signature: str) -> bool:
    found = after.metric(name)
    return found is not None and found.signature == signature


def _changes(before: Answers, after: Answers, model: str, item: str, metrics: list[str]) -> list[Moved]:
    old, new = before.items[item], after.items[item]
    olds = dict(zip((one.name for one in before.metrics), old.values[model], strict=True))
    news = dict(zip((one.name for one in after.metrics), new.values[model], strict=True))
    found = [Moved(item, name, olds[name], news[name]) for name in metrics if olds[name] != news[name]]
    if model in old.sounds and model in new.sounds and old.sounds[model] != new.sounds[model]:
        found.append(Moved(item, AUDIO, old.sounds[model], new.sounds[model]))
    return found
