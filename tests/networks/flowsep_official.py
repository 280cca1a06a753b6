"""A checkpoint as FlowSep's authors saved theirs, made from a network of ours."""

from __future__ import annotations

from typing import Any

SCHEDULE = ("betas", "alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_mean_coef2")


def official(network: Any) -> dict[str, Any]:
    """Its tensors under the official names, beside what only training used.

    The UNet's own weights are not numbers there, so that nobody can take them for their moving averages.
    """
    import torch

    found: dict[str, Any] = {"scale_factor": network.scale_factor.clone(), "logvar": torch.zeros(1000)}
    for key, value in network.unet.state_dict().items():
        found[f"model.diffusion_model.{key}"] = torch.full_like(value, torch.nan)
        found["model_ema.diffusion_model" + key.replace(".", "")] = value
    for key, value in network.vae.state_dict().items():
        found[f"first_stage_model.{key}"] = value
    for key, value in network.vocoder.state_dict().items():
        found[f"first_stage_model.vocoder.{key}"] = value
    for key, shape in network.vocoder.fixed.items():
        found[f"first_stage_model.vocoder.{key}"] = torch.zeros(shape)
    for key, value in network.text.state_dict().items():
        found[f"cond_stage_models.0.{key}"] = value
    found |= {name: torch.zeros(1000) for name in SCHEDULE}
    found |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(3)}
    found["first_stage_model.loss.discriminator.main.0.weight"] = torch.zeros(4, 1, 4, 4)
    found["cond_stage_models.0.model.embeddings.position_ids"] = torch.arange(4)
    return found
