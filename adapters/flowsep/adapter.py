"""FlowSep: a text read once; an estimate made from noise that the item's name seeds; its level as the settings say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from sepbench.audio import Audio
from sepbench.networks.flowsep import TINY, FlowSep, Noise, untrained
from sepbench.networks.flowsep_checkpoint import WITHIN, load_checkpoint
from sepbench.networks.flowsep_logmel import FRAMING, SAMPLES
from sepbench.networks.flowsep_text import Tokens, byte_tokens, official_tokens
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.flowsep_windows import OVERLAP, separate_clip
from sepbench.networks.state_dict import read_tensors
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.levels import restored
from sepbench.separators.seeds import seed_of
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
TOKENIZER = "flan-t5-large/tokenizer.json"
KEPT_PROMPTS = 4096
COUNTED_TOKENS = 16
"""Of a prompt whose cost is told: a sentence of about ten words."""

SEED_BITS = 63
"""As many as torch's generators take."""


class Adapter:
    """Reads the checkpoint, or draws one, when loaded; makes one estimate at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network and put it on the device."""
        network, self._tokens = trained(config["checkpoint"]) if config["checkpoint"] else tiny()
        self._network = network.eval().to(device)
        self._network.text.requires_grad_(False)  # frozen in training, and counted as such
        self._steps, self._seed, self._level = config["steps"], config["seed"], config["level"]
        self._read = lru_cache(KEPT_PROMPTS)(self._read_anew)

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._network = (FlowSep() if config["checkpoint"] else FlowSep(TINY)).eval()
        self._network.text.requires_grad_(False)
        self._steps = config["steps"]

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        return [Estimate(request.item, self._made(request), FRAMING.sample_rate) for request in requests]

    def cost(self, seconds: float) -> Cost:
        """All steps of the flow, what comes before and after them, and the text encoder for one prompt."""
        windows = len(OVERLAP.starts(round(seconds * FRAMING.sample_rate)))
        network, meta = weightless(self._network), torch.device("meta")
        drawn = Noise.drawn(torch.Generator(), network.size.vae, network.latent_frames)
        noise = drawn.window(0, network.latent_frames, meta)
        tokens = torch.ones((1, COUNTED_TOKENS), dtype=torch.long, device=meta)

        def run() -> None:
            # One text has no padding to mask, and transformers would look at a mask's values, of which there are none.
            heard = Text(network.text.model(input_ids=tokens).last_hidden_state, tokens.bool())
            for _ in range(windows):
                network(torch.zeros(1, SAMPLES, device=meta), heard, noise, self._steps)

        encoder = torch.nn.ModuleList([network.vae.encoder, network.vae.quant_conv])
        decoder = torch.nn.ModuleList([network.vae.decoder, network.vae.post_quant_conv])
        parts = {
            "UNet": NetworkPart(network.unet),
            "spectrum": NetworkPart(network.logmel, ("pipeline",)),
            "encoder": NetworkPart(encoder, ("pipeline",)),
            "decoder": NetworkPart(decoder, ("pipeline",)),
            "vocoder": NetworkPart(network.vocoder, ("pipeline",)),
            "text encoder": NetworkPart(network.text, ("pipeline",), per_query=True),
        }
        return cost_of(seconds, run, parts)

    def _made(self, request: Request) -> Audio:
        seed = seed_of(f"{self._seed}\n{request.item}", bits=SEED_BITS)
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            estimate = separate_clip(
                self._network, request.mixture, self._read(request.query), seed=seed, steps=self._steps
            )
        return restored(estimate, request.mixture, how=self._level)

    def _read_anew(self, text: str) -> Text:
        return self._network.text.read(text, self._tokens)


def trained(checkpoint: str) -> tuple[FlowSep, Tokens]:
    """The published network, out of the file that ``sepbench weights convert`` wrote."""
    tensors, tokens = read_tensors(path_of(FOLDER, checkpoint), within=WITHIN), path_of(FOLDER, TOKENIZER)
    network = FlowSep()
    load_checkpoint(network, tensors)
    return network, official_tokens(tokens)


def tiny() -> tuple[FlowSep, Tokens]:
    """Random weights, the same ones each time; texts are read byte by byte."""
    return untrained(TINY, seed=0), byte_tokens
