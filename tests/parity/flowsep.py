"""Fixtures of FlowSep's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.parity import name_seeded
from tests.parity.fixture import Array, Fixture
from tests.parity.seeded import array, seed, tensor

if TYPE_CHECKING:
    from sepbench.networks.flowsep_transformer import Text

POST = "conv_post.weight"
POST_PLAIN, POST_NORMED = 0.02, 0.005
"""Of the vocoder's last convolution, whose output would else saturate."""


def log_mel(fixture: Fixture) -> dict[str, Array]:
    """What it hears: normalised waveforms and their spectra."""
    from sepbench.networks.flowsep_logmel import LogMagnitudeMel, prepared

    network, outputs = LogMagnitudeMel(), {}
    for case in fixture.cases():
        waveform = prepared(tensor(fixture.waveform(case, "waveform", dimensions=1))[None])
        spectrum = array(network(waveform)[0])
        outputs[f"{case}normalised"] = array(waveform)
        outputs[f"{case}log_mel"] = spectrum
        frames = len(fixture.arrays[f"{case}log_mel_frames"])
        outputs[f"{case}log_mel_frames"] = spectrum[:: int(fixture[f"{case}log_mel_frames_step"])][:frames]
        outputs[f"{case}log_mel_tail_value"] = spectrum[-1, -1]
    return outputs


def autoencode(fixture: Fixture) -> dict[str, Array]:
    """Both halves of the autoencoder, and one after the other."""
    import torch

    from sepbench.networks.flowsep_vae import Autoencoder

    network, outputs = seed(Autoencoder()), {}
    for case in fixture.cases():
        spectrum, latent = tensor(fixture[f"{case}log_mel"]), tensor(fixture[f"{case}latent"])
        with torch.inference_mode():
            posterior = network.encode(spectrum)
            outputs[f"{case}moments"] = array(network.moments(spectrum))
            outputs[f"{case}mean"] = array(posterior.mean)
            outputs[f"{case}std"] = array(posterior.deviation)
            outputs[f"{case}decoded"] = array(network.decode(latent))
            outputs[f"{case}mode_reconstruction"] = array(network.decode(posterior.mean))
    return outputs


def velocities(fixture: Fixture) -> dict[str, Array]:
    """The flow's velocity at several times."""
    import torch

    network, text = _unet(), _text(fixture)
    state, mixture, outputs = tensor(fixture["x"]), tensor(fixture["mixture_latent"]), {}
    for number, time in enumerate(tensor(fixture["t"])):
        with torch.inference_mode():
            outputs[f"velocity_{number}"] = array(network(state, mixture, time[None], text))
            outputs[f"unet_out_{number}"] = array(network.channels(state, mixture, time[None], text))
    return outputs


def flows(fixture: Fixture) -> dict[str, Array]:
    """Noise to a latent map in several steps."""
    import torch

    from sepbench.networks.flowsep_flow import euler

    network, text = _unet(), _text(fixture)
    mixture, outputs = tensor(fixture["mixture_latent"]), {}

    def velocity(state: torch.Tensor, time: float) -> Any:
        return network(state, mixture, torch.full((len(state),), time), text)

    for found in fixture.named(r"x0_n(\d+)"):
        with torch.inference_mode():
            sample = euler(velocity, tensor(fixture[found[0]]), int(found[1]))
        outputs[f"sample_n{found[1]}"] = array(sample)
    return outputs


def vocode(fixture: Fixture) -> dict[str, Array]:
    """Spectra to waveforms, weight norm resolved in the file."""
    from sepbench.networks.bigvgan import BigVgan

    return _vocode(fixture, seed(BigVgan(), scale={POST: POST_PLAIN}, log_snake=True))


def vocode_weight_normed(fixture: Fixture) -> dict[str, Array]:
    """The same from a file with gains and directions."""
    from sepbench.networks.bigvgan import BigVgan
    from sepbench.networks.state_dict import load_weights
    from sepbench.networks.weight_norm import baked

    network, shapes = BigVgan(), {}
    for key, value in network.state_dict().items():
        shape = tuple(value.shape)
        normed = key.endswith(".weight")
        shapes |= {f"{key}_g": (shape[0], 1, 1), f"{key}_v": shape} if normed else {key: shape}
    weights = name_seeded.weights(shapes, log_snake=True)
    weights[f"{POST}_g"] *= np.float32(POST_NORMED)
    load_weights(network, baked({key: tensor(value) for key, value in weights.items()}))
    return _vocode(fixture, network)


def _vocode(fixture: Fixture, network: Any) -> dict[str, Array]:
    import torch

    outputs = {}
    for case in fixture.cases():
        with torch.inference_mode():
            outputs[f"{case}waveform"] = array(network(tensor(fixture[f"{case}log_mel"])))
    return outputs


def _unet() -> Any:
    from sepbench.networks.flowsep_unet import Unet

    return seed(Unet())


def _text(fixture: Fixture) -> Text:
    from sepbench.networks.flowsep_transformer import Text

    return Text(tensor(fixture["context"]), tensor(fixture["context_mask"]) == 1)
