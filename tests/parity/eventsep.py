"""Fixtures of EventSep's parts without networks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from sepbench.separators.eventsep import evaluator
from sepbench.separators.eventsep.audioset_classes import class_names
from sepbench.separators.eventsep.ensembles import Ensemble, merge
from sepbench.separators.eventsep.frame_masks import frame_mask, stretch
from sepbench.separators.eventsep.label_mapping import ClassMatch, map_prompt
from tests.parity import name_seeded
from tests.parity.fixture import Array, Fixture
from tests.parity.seeded import array, tensor

STRIDE = 97
BLEND_RATE = 0.1
CUTOFFS_HZ = {"blend_other": 4000.0, "blend_other_2500": 2500.0}


def masks(fixture: Fixture) -> dict[str, Array]:
    """Scores, masks and masks at every sample."""
    outputs: dict[str, Array] = {}
    for found in fixture.named(r"(?!flat)(\w+)_probability"):
        for activation in ("double", "single"):
            outputs |= _masks_of(fixture, found[1], activation)
        for number, threshold in enumerate(fixture["evaluator_thresholds"]):
            outputs[f"{found[1]}_evaluator_soft_{number}"] = evaluator.soft_mask(
                _scores(fixture, found[1], "double"),
                threshold=float(threshold),
                samples=int(fixture["target_length"]),
            )
    for found in fixture.named(r"flat_(hard|soft|softrel)(?:_tau([\d.]+))?_(single|double)_mask"):
        mode = found[1].replace("softrel", "soft-rel")
        outputs[found[0]] = frame_mask(_scores(fixture, "flat", found[3]), mode=mode, threshold=float(found[2] or 0.5))
    for found in fixture.named(r"interp_(\d+)_to_(\d+)"):
        outputs[found[0]] = stretch(fixture[f"interp_{found[1]}_input"], int(found[2]))
    return outputs


def _scores(fixture: Fixture, case: str, activation: str) -> Array:
    from sepbench.networks.cnn14 import event_scores

    return array(event_scores(tensor(fixture[f"{case}_probability"]), activation=activation))


def _masks_of(fixture: Fixture, case: str, activation: str) -> dict[str, Array]:
    scores = _scores(fixture, case, activation)
    found = np.array(
        [
            [frame_mask(scores, mode=str(mode), threshold=float(threshold)) for threshold in fixture["thresholds"]]
            for mode in fixture["modes"]
        ]
    )
    stretched = np.array([[stretch(mask, int(fixture["target_length"])) for mask in row] for row in found])
    whole = stretched.astype(np.float64)
    return {
        f"{case}_{activation}_score": scores,
        f"{case}_{activation}_mask": found,
        f"{case}_{activation}_interp_stride{STRIDE}": stretched[:, ::2, ::STRIDE],
        f"{case}_{activation}_interp_sum_sumsq": np.stack([whole.sum(axis=2), (whole**2).sum(axis=2)], axis=2),
    }


def ensembles(fixture: Fixture) -> dict[str, Array]:
    """All five at several settings, and what the evaluation scripts do instead."""
    settings = {
        str(number): (float(rate), float(cutoff))
        for number, (rate, cutoff) in enumerate(zip(fixture["ensemble_rate"], fixture["cutoff_hz"], strict=True))
    }
    outputs = {}
    for found in fixture.named(r"([A-E])_(\d+|late|(?:rate|cut)[\d.]+)"):
        rate, cutoff = settings.get(found[2], settings["0"])
        if edge := re.fullmatch(r"(rate|cut)([\d.]+)", found[2]):
            rate, cutoff = (float(edge[2]), cutoff) if edge[1] == "rate" else (rate, float(edge[2]))
        outputs[found[0]] = merge(
            fixture["audiosep_32k"],
            fixture["flowsep_16k"],
            start=int(fixture["late_start_16k" if found[2] == "late" else "start_16k"]),
            ensemble=Ensemble(found[1], rate=rate, cutoff_hz=cutoff, rms_match="a-only"),
        )
    return outputs | _blends(fixture)


def _blends(fixture: Fixture) -> dict[str, Array]:
    first = fixture["audiosep_32k"]
    signal = name_seeded.signal(len(first), evaluator.SAMPLE_RATE, int(fixture["blend_b_seed"]))
    second = np.float32(0.5) * signal[::-1]
    outputs = {"blend_ensemble_a": evaluator.blend(first, second, rate=BLEND_RATE)}
    return outputs | {
        name: evaluator.split(first, second, cutoff_hz=cutoff_hz) for name, cutoff_hz in CUTOFFS_HZ.items()
    }


def labels(fixture: Fixture) -> dict[str, Array]:
    """Prompts to classes; those that only an embedding can decide must ask for one."""
    matches = [_map(str(prompt)) for prompt in fixture["prompt"]]
    asked = [str(prompt) for prompt in fixture["embedding_prompt"]]
    return {
        "label_index": np.array([match.index for match in matches]),
        "label": np.array([match.label for match in matches]),
        "route": np.array([match.route for match in matches]),
        "embedding_prompt": np.array([prompt for prompt in asked if _map(prompt) == UNDECIDED]),
        "evaluator_target": np.array([_evaluated(str(prompt)) for prompt in fixture["evaluator_prompt"]]),
    }


UNDECIDED = ClassMatch(-1, "", "embedding")


class _Asked(Exception):
    """The embedding model was called."""


def _refuse(texts: Sequence[str]) -> Array:
    raise _Asked(texts[0])


def _map(prompt: str) -> ClassMatch:
    try:
        return map_prompt(prompt, class_names(), label_map="paper", embed=_refuse)
    except _Asked:
        return UNDECIDED


def _evaluated(prompt: str) -> str:
    try:
        return "|".join(map(str, evaluator.targets(prompt, class_names(), embed=_refuse)))
    except _Asked:
        return UNDECIDED.route
