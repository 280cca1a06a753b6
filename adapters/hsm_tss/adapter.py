"""HSM-TSS: an instruction to a mode and a description, these to a condition, once; a waveform made anew by windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepbench.audio import Audio
from sepbench.networks.flowsep_text import Tokens, byte_tokens, official_tokens
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.hsm_tss import HsmTss, Words, load_hsm_tss, task_words, words_of
from sepbench.networks.hsm_tss_choices import Choose, Drawn, LeastRisk, likeliest
from sepbench.networks.hsm_tss_size import HsmTssSize, size_from
from sepbench.networks.hsm_tss_stages import Condition
from sepbench.networks.overlap_add import Overlap, Windows, overlap_add
from sepbench.networks.state_dict import read_tensors
from sepbench.profiling.counting import count
from sepbench.profiling.network_cost import NetworkPart, cost_of, weightless
from sepbench.separators.instructions import Instruction, parse_instruction
from sepbench.separators.seeds import seed_of
from sepbench.separators.separator import Cost, Estimate, Request
from sepbench.separators.weight_files import path_of

FOLDER = Path(__file__).parent
KEPT_QUERIES = 4096
COUNTED_TOKENS = (16, 1)
"""Of a query whose cost is told: a sentence of about ten words, and the task word."""

EDGES = 16
"""A window of 10.24 s loses a sixteenth at each cut, and fades over another."""


class Adapter:
    """Reads a checkpoint, or draws one, when loaded; answers one request at a time, so that batches change nothing."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network and put it on the device."""
        self._hold(network_of(config), config)
        self._network.eval().to(device)
        self._tokens = tokens_of(config)
        self._condition = lru_cache(KEPT_QUERIES)(self._read)
        choices = {"likeliest": lambda _: likeliest, "least-risk": self._least_risk, "drawn": self._drawn}
        self._choices: Callable[[str], Choose] = choices[config["choice"]]

    def sketch(self, config: Mapping[str, Any]) -> None:
        """Every shape and no weights, for `cost`."""
        with torch.device("meta"):
            self._hold(HsmTss(size_from(config["size"])), config)

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request."""
        rate = self._network.size.audiomae.sample_rate
        return [Estimate(request.item, self._made(request), rate) for request in requests]

    def cost(self, seconds: float) -> Cost:
        """All three stages, what comes before and after them, and the reading of one query."""
        network = weightless(self._network)
        size, samples = network.size, max(1, round(seconds * network.size.audiomae.sample_rate))
        lengths = [min(self._windows.window, samples - start) for start in self._windows.starts(samples)]
        steps = [-(-length // size.codec.hop) for length in lengths]
        caption, task = (torch.ones((1, number), dtype=torch.long, device="meta") for number in COUNTED_TOKENS)

        def run() -> None:
            states = network.text.model(input_ids=caption).last_hidden_state  # given a mask, it looks at values
            read = network.qaudio.caption(Text(states, caption.bool())).tokens
            condition = Condition(read, network.embedded(Words(task, task.bool())))
            for length, frames in zip(lengths, steps, strict=True):
                network.separated(network.features(torch.zeros(1, length, device="meta")), condition)
                network.codec(torch.zeros(1, size.codec.stages, frames, dtype=torch.long, device="meta"))

        parts = {
            "global stage": NetworkPart(network.global_stage),
            "local stage": NetworkPart(network.local_stage),
            "code decoder": NetworkPart(network.code_stage, ("pipeline",)),
            "AudioMAE": NetworkPart(network.audiomae, ("pipeline",)),
            "Q-Audio": NetworkPart(network.qaudio, ("pipeline",)),
            "codec": NetworkPart(network.codec, ("pipeline",)),
            "text encoder": NetworkPart(network.text, ("pipeline",), per_query=True),
        }
        counted, decoder = cost_of(seconds, run, parts), "code decoder"
        told = replace(counted.parts[decoder], macs=code_macs(network, steps), steps=sum(steps))
        return replace(counted, parts={**counted.parts, decoder: told})

    def _hold(self, network: HsmTss, config: Mapping[str, Any]) -> None:
        self._network, self._config = network, config
        for frozen in (network.audiomae, network.text, network.qaudio, network.codec):
            frozen.requires_grad_(False)  # while the three stages are trained
        self._windows = windows_of(network.size)

    def _made(self, request: Request) -> Audio:
        condition, choose = self._condition(understood(request)), self._choices(request.item)
        window = partial(self._window, condition, choose)
        return overlap_add(window, request.mixture, self._windows)

    def _window(self, condition: Condition, choose: Choose, heard: Windows) -> Windows:
        """``(1, time)`` -> the same."""
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            mixture = torch.from_numpy(np.ascontiguousarray(heard)).to(self._device())
            found: Windows = self._network(mixture, condition, choose).cpu().numpy()
        return found

    def _least_risk(self, _: str) -> Choose:
        return LeastRisk(self._network.codec.tables())

    def _drawn(self, item: str) -> Choose:
        """Words by a chance that the item's name seeds."""
        chance = torch.Generator().manual_seed(seed_of(f"{self._config['seed']}\n{item}", bits=63))
        return Drawn(chance, self._config["temperature"], self._config["most"])

    def _read(self, asked: Instruction) -> Condition:
        captions, tasks = words_of([asked.description], self._tokens), task_words([asked.mode], self._tokens)
        with torch.inference_mode():
            condition: Condition = self._network.condition(self._placed(captions), self._placed(tasks))
        return condition

    def _placed(self, words: Words) -> Words:
        return Words(words.tokens.to(self._device()), words.mask.to(self._device()))

    def _device(self) -> torch.device:
        weight: Tensor = self._network.audiomae.embedding.weight
        return weight.device


def code_macs(network: HsmTss, steps: Sequence[int]) -> int:
    """What the code decoder does for windows of so many steps, on the meta device.

    Each step hears one more than the step before it: the sum is a polynomial of degree 2, which three short runs tell.
    """
    features = torch.zeros(1, network.size.audiomae.patches, network.size.audiomae.width, device="meta")
    runs = (partial(network.code_stage.generate, features, number, likeliest) for number in (1, 2, 3))
    one, two, three = (sum(work.macs for work in count(run, {}).work.values()) for run in runs)
    second, change = two - one, three - 2 * two + one
    return sum(one + (each - 1) * second + (each - 1) * (each - 2) // 2 * change for each in steps)


def understood(request: Request) -> Instruction:
    """An instruction as its own words say, which is what the model is tested on; other queries as they stand.

    Words that hold no instruction leave the mode to the request: a parser makes of them what it makes of the paper's
    template around them.
    """
    given = Instruction(request.mode, request.query)
    if request.kind != "instruction":
        return given
    found, bare = parse_instruction(request.query), parse_instruction(f"Extract: {request.query}")
    return given if found == bare else found


def network_of(config: Mapping[str, Any]) -> HsmTss:
    """The network of the adapter's own file or of the user's; random, and always the same, where neither is named."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = HsmTss(size_from(config["size"]))
    if own := config["own"]:
        load_hsm_tss(network, read_tensors(FOLDER / own))
    elif checkpoint := config["checkpoint"]:
        tensors = read_tensors(path_of(FOLDER, checkpoint))
        load_hsm_tss(network, tensors, read_tensors(path_of(FOLDER, config["text"])))
    return network


def tokens_of(config: Mapping[str, Any]) -> Tokens:
    """FLAN-T5's tokens; bytes for networks that were never trained on them."""
    return official_tokens(path_of(FOLDER, config["tokenizer"])) if config["tokenizer"] else byte_tokens


def windows_of(size: HsmTssSize) -> Overlap:
    """How audio beyond one window is cut: between columns of patches, which are whole frames of the codec too."""
    edge = max(1, size.audiomae.columns // EDGES) * size.audiomae.patch * size.audiomae.hop
    return Overlap(window=size.audiomae.samples, margin=edge, fade=edge)
