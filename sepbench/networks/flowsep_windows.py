"""FlowSep for audio of any length: windows of 10.24 s, at the same places every time.

Where windows overlap they share their noise, place for place, so that what one makes there resembles what the other
does; over the overlap's middle one gives way to the other. Every window is brought to a peak of one half as the network
wants it, and its estimate back by as much: estimates keep the proportions of the mixture's windows.
"""

from __future__ import annotations

import numpy as np
import torch

from sepbench.audio import Audio
from sepbench.networks.flowsep import FlowSep, Noise
from sepbench.networks.flowsep_logmel import SAMPLES, peak_gain
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add

GRID = SAMPLES // 16
OVERLAP = Overlap(window=SAMPLES, margin=GRID, fade=GRID)
"""0.64 s are thrown away and 0.64 s faded at each cut; all lengths are whole frames of the latent map."""


def separate_clip(network: FlowSep, mixture: Audio, text: Text, *, seed: int, steps: int) -> Audio:
    """One estimate of a clip.

    Args:
        network: on any device.
        mixture: ``(time,)`` at 16 kHz, of any length.
        text: what to extract, on the network's device.
        seed: of all its noise, 0 to 2^63 - 1.
        steps: of the flow, 1 or more.

    Returns:
        ``(time,)``, float32, at the level that the mixture has once its peak is one half, as the original leaves it.
    """
    device, starts = network.scale_factor.device, OVERLAP.starts(len(mixture))
    frames = starts[-1] // network.latent_hop + network.latent_frames
    noise = Noise.drawn(torch.Generator().manual_seed(seed), network.size.vae, frames)
    places = iter(starts)

    def separate(windows: Windows) -> Windows:
        heard = torch.from_numpy(np.ascontiguousarray(windows)).to(device)
        part = noise.window(next(places) // network.latent_hop, network.latent_frames, device)
        with torch.inference_mode():
            estimate: Windows = (network(heard, text, part, steps) / peak_gain(heard)).cpu().numpy()
        return estimate

    whole = overlap_add(separate, mixture, OVERLAP)
    return np.asarray(whole * peak_gain(torch.from_numpy(mixture)).numpy(), np.float32)
