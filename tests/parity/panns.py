"""Fixtures of PANNs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.parity.fixture import Array, Fixture
from tests.parity.seeded import array, seed, tensor


def attention_32k(fixture: Fixture) -> dict[str, Array]:
    """Tags of frames, the clip's by attention."""
    from sepbench.networks.cnn14 import DecisionLevelAtt

    return _frame_wise(fixture, seed(DecisionLevelAtt()))


def maximum_32k(fixture: Fixture) -> dict[str, Array]:
    """Tags of frames, the clip's by their maximum."""
    from sepbench.networks.cnn14 import DecisionLevelMax

    return _frame_wise(fixture, seed(DecisionLevelMax()))


def clip_wise_32k(fixture: Fixture) -> dict[str, Array]:
    """Tags, logits and embeddings of clips at 32 kHz."""
    from sepbench.networks.cnn14 import Cnn14
    from sepbench.networks.cnn14_trunk import PANNS_32K

    return _clip_wise(fixture, seed(Cnn14(PANNS_32K)))


def clip_wise_16k(fixture: Fixture) -> dict[str, Array]:
    """The same at 16 kHz."""
    from sepbench.networks.cnn14 import Cnn14
    from sepbench.networks.cnn14_trunk import PANNS_16K

    return _clip_wise(fixture, seed(Cnn14(PANNS_16K)))


def _frame_wise(fixture: Fixture, network: Any) -> dict[str, Array]:
    import torch

    outputs = {}
    for case in fixture.cases():
        waveform = tensor(fixture.waveform(case, "waveform", dimensions=2))
        with torch.inference_mode():
            tags = network(waveform)
            outputs[f"{case}logmel"] = array(network.logmel(waveform)[:, None])
        outputs[f"{case}framewise_output"] = array(tags.frames)
        outputs[f"{case}clipwise_output"] = array(tags.clip)
    return outputs


def _clip_wise(fixture: Fixture, network: Any) -> dict[str, Array]:
    import torch

    outputs = {}
    for case in fixture.cases():
        waveform = tensor(fixture.waveform(case, "waveform", dimensions=2))
        with torch.inference_mode():
            tags = network(waveform)
            outputs[f"{case}logmel"] = array(network.logmel(waveform)[:, None])
        outputs[f"{case}logits"] = array(tags.logits)
        outputs[f"{case}embedding"] = array(tags.embedding)
        outputs[f"{case}clipwise_output"] = array(tags.probabilities)
    given, target = (np.concatenate([outputs[f"{case}_logits"] for case in cases]) for cases in ("ab", "ca"))
    outputs["kl_ab_to_ca_softmax"] = _divergence(_softmax(given), _softmax(target))
    outputs["kl_ab_to_ca_sigmoid"] = _divergence(_sigmoid(given), _sigmoid(target))
    return outputs


def _divergence(given: Array, target: Array) -> Array:
    """audioldm_eval's: only the p log p/q term, its floor on the given side alone, mean over clips."""
    return np.asarray(np.sum(target * (np.log(target) - np.log(given + 1e-6))) / len(given))


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def _sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits.astype(np.float64)))
