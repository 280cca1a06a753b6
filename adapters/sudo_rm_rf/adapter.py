"""Sudo rm -rf out of a checkout of etzinis/sudo_rm_rf: one output per stem, in the order of its training.

Needs an interpreter with torch and safetensors; of the repository only networks and mixture consistency are imported.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from sepbench.separators.separator import Estimate, Request

NETWORKS = {
    "relu": ("improved_sudormrf", "SuDORMRF"),
    "groupcomm_v2": ("groupcomm_sudormrf_v2", "GroupCommSudoRmRf"),
}
"""Module and class of what the repository's programs call ``--model_type``."""
PARALLEL = "module."
"""What its programs save is wrapped for several GPUs, and every name begins so."""
EPSILON = 1e-9


class Adapter:
    """Asks the network for all stems, as the repository's program for FUSS does, and answers with one."""

    def load(self, config: Mapping[str, Any], device: str) -> None:
        """Build the network of the checkout, and read the checkpoint."""
        sys.path.insert(0, config["repo"])
        from safetensors.torch import load_file
        from sudo_rm_rf.dnn.experiments.utils import mixture_consistency

        network = built(config["model_type"], config["size"], len(config["stems"]))
        tensors = load_file(config["weights"][config["checkpoint"]])
        network.load_state_dict({without_prefix(name): tensor for name, tensor in tensors.items()})
        self._network, self._device = network.eval().to(device), device
        self._stems, self._step = config["stems"], step(config["size"])
        self._consistent = mixture_consistency.apply if config["mixture_consistency"] else unchanged

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        """One estimate per request, whose query is a stem's name; each is asked alone."""
        return [Estimate(request.item, self._heard(request), request.sample_rate) for request in requests]

    def _heard(self, request: Request) -> Any:
        """The network hears mean 0 and deviation 1; the mixture's own are given back to its output."""
        import torch

        mixture = torch.from_numpy(request.mixture)[None, None].to(self._device)
        mean, deviation = mixture.mean(), mixture.std()
        heard = (mixture - mean) / (deviation + EPSILON)
        samples = heard.shape[-1]
        filled = torch.nn.functional.pad(heard, (0, -samples % self._step))
        with torch.inference_mode():
            stems = self._consistent(self._network(filled)[..., :samples], heard) * deviation + mean
        return stems[0, self._stems.index(request.query)].float().cpu().numpy()


def built(model_type: str, size: Mapping[str, int], stems: int) -> Any:
    """The repository's network, with the weights that torch draws."""
    if model_type not in NETWORKS:
        raise RuntimeError(f"setting model_type is {model_type!r}; this adapter knows {' and '.join(NETWORKS)}")
    module, name = NETWORKS[model_type]
    return getattr(import_module(f"sudo_rm_rf.dnn.models.{module}"), name)(**size, num_sources=stems)


def step(size: Mapping[str, int]) -> int:
    """A mixture of a multiple of so many samples can be halved by every level of a block.

    The network fills up by itself, but not enough for every kernel: at 41 and five levels half of all lengths fail.
    """
    hop: int = size["enc_kernel_size"] // 2
    return hop * 2 ** (size["upsampling_depth"] - 1)


def without_prefix(name: str) -> str:
    """The name of a tensor in the network itself."""
    return name[len(PARALLEL) :] if name.startswith(PARALLEL) else name


def unchanged(stems: Any, mixture: Any) -> Any:
    """In the place of mixture consistency, for a network trained without it."""
    return stems
