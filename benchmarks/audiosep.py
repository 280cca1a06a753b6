"""AudioSep of full size, weights drawn: our adapter against a line-by-line port, in turn and in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import machine
from benchmarks.audiosep_port import Port
from benchmarks.memory import peak_memory
from sepbench.audio import Audio
from sepbench.networks.clap_text import MAX_TOKENS
from sepbench.profiling.counting import count
from sepbench.separators.discovery import find_models
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Request

LENGTHS, ROUNDS, THREADS, RATE = (1.0, 10.0), 5, 2, 32000
LEAST_GAIN, TOLERANCE = 1.5, 1e-4
GIGA, MEBI = 1e9, 2**20
WAYS = ("ours, a new text", "ours, a text heard before", "port")


def adapter(device: str) -> Any:
    """Ours, with networks of the official sizes."""
    official, tiny = find_models(["audiosep", "audiosep:tiny-random"])
    ours = load_separator(tiny)
    ours.load({**tiny.config, **{name: official.config[name] for name in ("widths", "text")}}, device)
    return ours


def port_of(ours: Any, device: str) -> Port:
    """The port, with the same weights."""
    return Port(ours._separator, ours._text, ours._tokenizer, device)


def mixture(seconds: float) -> Audio:
    """Noise with syllables over a tone."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(t)) * (1.05 + np.sin(2 * np.pi * 3 * t))
    return (0.05 * noise + 0.1 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)


def separated(ours: Any, heard: Audio, text: str) -> Audio:
    """One estimate of the adapter."""
    (estimate,) = ours.separate([Request("one", heard, RATE, text, "extract")])
    return estimate.audio


def timed(work: Callable[[], object], device: str) -> float:
    """Seconds until the work is done, on the device too."""
    began = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def times(ours: Any, port: Port, seconds: float, device: str) -> tuple[dict[str, float], float]:
    """Seconds of each way, the fastest of its rounds, and how far the outputs are apart, relative to the peak.

    What else runs on the machine only ever adds to a time.
    """
    heard = mixture(seconds)
    one, other = separated(ours, heard, "a dog"), port.separate(heard, "a dog")
    apart = float(np.abs(one - other).max() / np.abs(other).max())
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(ROUNDS):
        fresh = f"sound {turn:02d} of a dog, {seconds:g} s"
        work = {
            WAYS[0]: lambda fresh=fresh: separated(ours, heard, fresh),
            WAYS[1]: lambda: separated(ours, heard, "a dog"),
            WAYS[2]: lambda fresh=fresh: port.separate(heard, fresh),
        }
        for way in WAYS if turn % 2 else reversed(WAYS):
            taken[way].append(timed(work[way], device))
    return {way: min(found) for way, found in taken.items()}, apart


def one_peak(way: str, seconds: float) -> None:
    """Separate once in this process and print its peak in bytes."""
    torch.set_num_threads(THREADS)
    heard, ours = mixture(seconds), adapter("cpu")
    if way == WAYS[2]:
        port = port_of(ours, "cpu")
        del ours
        port.separate(heard, "a dog")
    else:
        separated(ours, heard, "a dog")
    print(json.dumps(peak_memory()))


def peak(way: str, seconds: float) -> float:
    """MiB of a fresh process, networks and libraries included."""
    words = [sys.executable, "-m", "benchmarks.audiosep", way, str(seconds)]
    found: int = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found / MEBI


def macs(ours: Any, seconds: float) -> dict[str, tuple[float, float, float]]:
    """GMAC of separator, DFT as convolutions and text encoder, of each way."""
    parts, text = ours.cost(seconds).parts, ours._text
    tokens = torch.ones((2, MAX_TOKENS), dtype=torch.long, device=next(text.parameters()).device)
    padded = count(lambda: text(tokens, torch.ones_like(tokens)), {"text": text}).work["text"].macs
    separator, dft = parts["separator"].macs / GIGA, parts["DFT of the original"].macs / GIGA
    return {
        WAYS[0]: (separator, 0.0, parts["text encoder"].macs / GIGA),
        WAYS[1]: (separator, 0.0, 0.0),
        WAYS[2]: (separator, dft, padded / GIGA),
    }


def rows(device: str) -> list[list[str]]:
    """One row per length and way."""
    ours, found = adapter(device), []
    port = port_of(ours, device)
    for seconds in LENGTHS:
        taken, apart = times(ours, port, seconds, device)
        work = macs(ours, seconds)
        gain = taken[WAYS[2]] / taken[WAYS[0]]
        assert apart < TOLERANCE, f"outputs {apart:.1e} apart"
        assert gain > LEAST_GAIN, f"only {gain:.2f} times faster at {seconds:g} s"
        for way in WAYS:
            memory = f"{peak(way, seconds):.0f}" if device == "cpu" else ""
            cells = [f"{seconds:g} s", device, way, f"{taken[way]:.2f}", f"{taken[WAYS[2]] / taken[way]:.1f}", memory]
            found.append([*cells, *(f"{part:.2f}" for part in work[way]), f"{apart:.0e}"])
    return found


def main() -> None:
    """Measure and write the page."""
    torch.set_num_threads(THREADS)
    found = rows("cpu")
    if torch.cuda.is_available():
        found += rows("cuda:0")
    machine.write(
        "audiosep",
        "AudioSep, end to end",
        f"One clip and one text to one estimate, official sizes, weights drawn, float32, {THREADS} threads; the "
        f"fastest of {ROUNDS} rounds, all ways in turn in one run. The port follows the published program: DFTs as "
        f"convolutions, every text padded to {MAX_TOKENS} tokens in a batch of two, for every item. Memory is the "
        f"peak of a fresh process with networks and libraries. Wanted: {LEAST_GAIN:g} times faster with a new text, "
        f"and the same samples to {TOLERANCE:g} of the peak.",
        [
            "clip",
            "device",
            "way",
            "seconds",
            "times faster",
            "peak MiB",
            "GMAC separator",
            "GMAC DFT",
            "GMAC text",
            "furthest apart",
        ],
        found,
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one_peak(sys.argv[1], float(sys.argv[2]))
    else:
        main()
