"""A small HSM-TSS for tests: every kind of layer, weights that are drawn and not trained."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "audiomae": {
        "frames": 64,
        "bands": 32,
        "width": 16,
        "layers": 2,
        "heads": 2,
        "feed_forward": 32,
        "decoder_width": 8,
        "decoder_layers": 2,
        "decoder_heads": 2,
        "decoder_feed_forward": 16,
        "windows": [2, 0],
        "hidden_share": 0.5,
    },
    "text": {"vocabulary": 259, "width": 24, "layers": 1, "heads": 2, "head_width": 12, "feed_forward": 32},
    "qaudio": {"width": 32, "heads": 2, "feed_forward": 64, "embedding": 12},
    "global_stage": {"layers": 1, "width": 32, "heads": 2, "feed_forward": 64},
    "local_stage": {"layers": 2, "width": 32, "heads": 2, "feed_forward": 64},
    "code_stage": {"width": 32, "layers": 2, "heads": 2, "feed_forward": 64},
    "codec": {"sample_rate": 16000, "strides": [2, 4, 5, 8], "stages": 3, "encoder_width": 2, "decoder_width": 16},
}
"""0.64 s: 4 columns of 2 patches, 32 steps of 3 books."""

PATCHES, STEPS, BOOKS, SAMPLES = 8, 32, 3, 10240


def small(*, reach: int = 64) -> Any:
    """The whole separator, in evaluation; the same weights each time."""
    import torch

    from sepbench.networks.hsm_tss import HsmTss
    from sepbench.networks.hsm_tss_size import size_from

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return HsmTss(size_from({**SETTINGS, "code_stage": {**SETTINGS["code_stage"], "reach": reach}})).eval()


def noise(*shape: int, seed: int = 0) -> Any:
    """Standard normal numbers."""
    import torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
