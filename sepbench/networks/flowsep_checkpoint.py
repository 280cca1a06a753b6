"""FlowSep's published checkpoint into our network: one file with all parts, and much that only training used.

The UNet's weights are the moving averages (``model_ema.``), as the original separates with them; their names there have
lost their dots. Nothing of the file is left out silently but what is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from sepbench.networks.flowsep import FlowSep
from sepbench.networks.state_dict import load_weights
from sepbench.networks.weight_norm import baked

WITHIN = "state_dict"
AVERAGES = "model_ema."
PARTS = {
    "first_stage_model.vocoder.": "vocoder.",
    "first_stage_model.": "vae.",
    "cond_stage_models.0.": "text.",
}
"""Beginnings of official names and of ours, the longer ones first."""

UNUSED_PARTS = ("model.diffusion_model.", "first_stage_model.loss.")
"""The weights that the averages are of, and the discriminator that the autoencoder was trained with."""

UNUSED = frozenset(
    {"logvar", f"{AVERAGES}decay", f"{AVERAGES}num_updates", "betas", "alphas_cumprod", "alphas_cumprod_prev"}
    | {f"sqrt_{name}" for name in ("alphas_cumprod", "one_minus_alphas_cumprod")}
    | {f"sqrt_{name}_alphas_cumprod" for name in ("recip", "recipm1")}
    | {"log_one_minus_alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped"}
    | {"posterior_mean_coef1", "posterior_mean_coef2"}
)
"""Tables of the diffusion that the flow took the place of."""

COUNTS = ".position_ids"
SHARED, EMBEDDED = "text.model.shared.weight", "text.model.encoder.embed_tokens.weight"
"""Two names of T5's one table of words."""


def load_checkpoint(network: FlowSep, tensors: Mapping[str, Tensor]) -> None:
    """Fill the network with the tensors of an official file.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape; named as here, or as in the file where they begin
            like no part of it.
    """
    fixed = {f"vocoder.{key}": shape for key, shape in network.vocoder.fixed.items()}
    load_weights(network, renamed(network, tensors), fixed=fixed)


def renamed(network: FlowSep, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under our names, without those that only training used; unknown names stay as they are."""
    averaged = {
        AVERAGES + f"diffusion_model.{key}".replace(".", ""): f"unet.{key}" for key in network.unet.state_dict()
    }
    found = {
        averaged.get(key) or _ours(key): tensor
        for key, tensor in tensors.items()
        if key not in UNUSED and not key.startswith(UNUSED_PARTS) and not key.endswith(COUNTS)
    }
    for one, other in ((SHARED, EMBEDDED), (EMBEDDED, SHARED)):
        if one in found:
            found.setdefault(other, found[one])
    return baked(found)


def _ours(key: str) -> str:
    for official, ours in PARTS.items():
        if key.startswith(official):
            return ours + key.removeprefix(official)
    return key
