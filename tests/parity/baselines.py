"""Fixtures of earlier separators that a text leads: LASS-Net, CLIPSep and BiModalSep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.parity.fixture import Array, Fixture
from tests.parity.listed import official
from tests.parity.seeded import array, tensor

if TYPE_CHECKING:
    import torch

    from sepbench.networks.bimodalsep import BiModalSep
    from sepbench.networks.clipsep import ClipSep

LASSNET_SCALE = {r"^UNet\.after_conv2\.weight$": 0.5}
CLIPSEP_SCALE = {r"^synth_net\.scale$": 0.3}
BIMODALSEP_SCALE = {r"^net_synthesizer\.scale$": 0.25}
EMBEDDING, HIDDEN = 512, 768


def lassnet(fixture: Fixture) -> dict[str, Array]:
    """Magnitudes, a text's vector, the mask and the waveform."""
    import torch

    from sepbench.networks.lassnet import LassNet, load_lassnet

    network, outputs = LassNet(), {}
    load_lassnet(network, official("lassnet", scale=LASSNET_SCALE))
    for case in fixture.cases():
        mixture = tensor(fixture[f"{case}audio"])[None]
        with torch.inference_mode():
            magnitude = network.spectra(mixture).abs().transpose(1, 2)
            condition = network.text_embedder(tensor(fixture[f"{case}token_ids"]))
            logit = network.UNet(magnitude, condition)
            outputs |= {
                f"{case}magnitude": array(magnitude[0]),
                f"{case}text_condition": array(condition[0]),
                f"{case}mask_logit": array(logit[0]),
                f"{case}mask": array(torch.sigmoid(logit)[0]),
                f"{case}wave": array(network(mixture, condition)[0]),
            }
    return outputs


def clipsep(fixture: Fixture) -> dict[str, Array]:
    """Warped magnitudes, features, masks and both waveforms."""
    from sepbench.networks.clipsep import ClipSep

    network, outputs = _seeded_clipsep(ClipSep(), fixture), {}
    for case in fixture.cases():
        outputs |= _clipsep_case(network, fixture, case).outputs
    return outputs


def clipsep_nit(fixture: Fixture) -> dict[str, Array]:
    """The same and the masks of noise."""
    import torch

    from sepbench.networks.clipsep import ClipSepNit

    network, outputs = _seeded_clipsep(ClipSepNit(), fixture), {}
    for case in fixture.cases():
        heard = _clipsep_case(network, fixture, case)
        with torch.inference_mode():
            masks = array(network.noise_masks(heard.features, tensor(fixture[f"{case}clip_embedding"])[None])[0])
        outputs |= heard.outputs | {f"{case}pit{number}": mask for number, mask in enumerate(masks, 1)}
    return outputs


@dataclass(frozen=True)
class ClipSepCase:
    """What one case gives, and the features that further masks need."""

    outputs: dict[str, Array]
    features: torch.Tensor


def _seeded_clipsep(network: Any, fixture: Fixture) -> Any:
    from sepbench.networks.state_dict import load_weights

    load_weights(network, official(fixture.name, scale=CLIPSEP_SCALE))
    return network


def _clipsep_case(network: ClipSep, fixture: Fixture, case: str) -> ClipSepCase:
    import torch

    from sepbench.networks.clipsep import (
        CLIPSEP_16K,
        THRESHOLD,
        clipsep_spectra,
        kept_whole,
        log_magnitudes,
        sound_of,
        spectrum_of,
    )
    from sepbench.networks.log_frequency import to_linear_frequency

    spectra, embedding = clipsep_spectra(), tensor(fixture[f"{case}clip_embedding"])[None]
    with torch.inference_mode():
        spectrum = spectrum_of(spectra, tensor(_heard(fixture, case))[None])
        magnitude = spectrum.abs().float()
        features = network.features(magnitude)
        log_mask = network.log_mask(features, embedding)
        mask = to_linear_frequency(log_mask, spectrum.shape[1])
        samples = (spectrum.shape[2] - 1) * CLIPSEP_16K.hop
        soft, binary = (sound_of(spectra, spectrum * one, samples) for one in (mask, kept_whole(mask)))
    outputs = {
        f"{case}log_mag_warped": array(log_magnitudes(magnitude)[0]),
        f"{case}unet_features": array(features[0]),
        f"{case}mask": array(log_mask[0]),
        f"{case}mask_linear": array(mask[0]),
        f"{case}binary_min_margin": np.abs(array(mask) - THRESHOLD).min(),
        f"{case}wave_soft": array(soft[0]),
        f"{case}wave_binary": array(binary[0]),
    }
    return ClipSepCase(outputs, features)


def _heard(fixture: Fixture, case: str) -> Array:
    """The clip again and again, then silence, as long as the file says."""
    how = json.loads(str(fixture["meta"]))["cases"][case.rstrip("_")]
    repeated = np.resize(fixture[f"{case}audio"], how["tiled_to"])
    return np.pad(repeated, (0, how.get("zero_padded_to", len(repeated)) - len(repeated)))


def bimodalsep(fixture: Fixture) -> dict[str, Array]:
    """The text's gate, maps after each attention, features, mask and waveform."""
    import torch

    from sepbench.networks.bimodalsep import BiModalSep, TextVectors, load_bimodalsep

    network, outputs = BiModalSep(), {}
    load_bimodalsep(network, official("bimodalsep", scale=BIMODALSEP_SCALE))
    maps = _maps(network)
    for case in fixture.cases():
        maps.clear()
        hidden = _hidden_states(fixture, case)
        text = TextVectors(tensor(fixture[f"{case}text_embedding"])[None], tensor(hidden)[None])
        mixture = tensor(_heard(fixture, case))[None]
        with torch.inference_mode():
            wave, gate = network(mixture, text), network.gate(text.embedding)
            mask = torch.sigmoid(network.net_synthesizer(gate, maps["unet_features"]))
            log_magnitude = torch.log1p(network.spectra(mixture).abs())
        outputs |= {f"{case}{name}": array(found[0]) for name, found in maps.items()} | {
            f"{case}hidden_states_check": hidden,
            f"{case}text_gate": array(gate[0]),
            f"{case}log_mag": array(log_magnitude[0]),
            f"{case}mask": array(mask[0]),
            f"{case}wave": array(wave[0]),
        }
    return outputs


def _maps(network: BiModalSep) -> dict[str, torch.Tensor]:
    """Filled whenever the network runs: what comes out of its U-Net, and out of the attention at each depth."""
    from sepbench.networks.bimodalsep_blocks import ConditionedBlock

    maps: dict[str, torch.Tensor] = {}
    watched = {
        f"attn{1 + name.count('submodule')}": module
        for name, module in network.named_modules()
        if isinstance(module, ConditionedBlock)
    }
    for name, module in {**watched, "unet_features": network.net_sound}.items():
        module.register_forward_hook(lambda _, __, found, name=name: maps.update({name: found}))
    return maps


def _hidden_states(fixture: Fixture, case: str) -> Array:
    """``(tokens, 768)``: as stored, or the normal numbers that follow the embedding's."""
    generator = np.random.Generator(np.random.PCG64(int(fixture[f"{case}embedding_seed"])))
    if f"{case}hidden_states" in fixture.arrays:
        return fixture[f"{case}hidden_states"]
    tokens = json.loads(str(fixture["meta"]))["cases"][case.rstrip("_")]["text_tokens"]
    generator.standard_normal(EMBEDDING)
    return generator.standard_normal((tokens, HIDDEN)).astype(np.float32)
