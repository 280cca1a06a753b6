"""Fixtures of the separators of speakers: CodecFormer's masker and TDANet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.parity.fixture import Array, Fixture
from tests.parity.listed import official
from tests.parity.seeded import array, tensor

if TYPE_CHECKING:
    from sepbench.networks.tdanet import TdaNet

TDANET_SCALE = {r"concat_block\.0\.weight$": 0.3}
TABLE = "sm.unet.globalatt.attn.pos_enc.pe"


def codecformer(fixture: Fixture) -> dict[str, Array]:
    """Masks and what the transformer gives."""
    import torch

    from sepbench.networks.codecformer import CodecFormerMasker, load_codecformer

    network, outputs = CodecFormerMasker(), {}
    load_codecformer(network, {**official("codecformer_masker"), "block.pos_enc.pe": network.block.pos_enc.pe})
    for case in fixture.cases():
        latent = tensor(fixture[f"{case}latent"])[None]
        with torch.inference_mode():
            masks = network(latent)[0]
            outputs |= {
                f"{case}block": array(network.sequence(latent)),
                f"{case}mask": array(masks),
                f"{case}masked": array(masks * latent),
            }
    return outputs


def tdanet_4ms(fixture: Fixture) -> dict[str, Array]:
    """The paper's variant."""
    from sepbench.networks.tdanet import TDANET_4MS, tdanet

    return _tdanet(fixture, tdanet(TDANET_4MS))


def tdanet_best_2ms(fixture: Fixture) -> dict[str, Array]:
    """The public variant, short windows."""
    from sepbench.networks.tdanet import TDANET_2MS, tdanet_best

    return _tdanet(fixture, tdanet_best(TDANET_2MS))


def tdanet_best_4ms(fixture: Fixture) -> dict[str, Array]:
    """The public variant, long windows."""
    from sepbench.networks.tdanet import TDANET_4MS, tdanet_best

    return _tdanet(fixture, tdanet_best(TDANET_4MS))


def _tdanet(fixture: Fixture, network: TdaNet) -> dict[str, Array]:
    import torch

    from sepbench.networks.state_dict import load_weights

    load_weights(network, {**official(fixture.name, scale=TDANET_SCALE), TABLE: network.state_dict()[TABLE]})
    passes: list[torch.Tensor] = []
    network.sm.unet.register_forward_hook(lambda _, __, output: passes.append(output))
    outputs = {}
    for case in fixture.cases():
        passes.clear()
        with torch.inference_mode():
            outputs[f"{case}wave"] = array(network(tensor(fixture[f"{case}audio"])))
        outputs |= {f"{case}unet_iter{number}": array(passes[number - 1]) for number in (1, 16)}
    return outputs
