"""Deterministic triples of reference, mixture and estimate, named ``case@rate#seed``.

The reference is three vibrating tones under bursts of low noise; the mixture adds a trembling chirp and hiss at 0 dB;
the estimate is the reference after one stated damage. Everything is float32 of five seconds (0.3 s for
``short_300ms``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SECONDS, SHORT_SECONDS = 5.0, 0.3
TONES = ((0.20, 220.0, 5.0), (0.12, 1330.0, 3.0), (0.06, 5210.0, 1.0))  # amplitude, Hz, vibrato in Hz
SMOOTHING = np.full(64, 1 / 64)


@dataclass(frozen=True)
class Triple:
    reference: np.ndarray
    mixture: np.ndarray
    estimate: np.ndarray
    rate: int


def generator(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seeds[0] if len(seeds) == 1 else list(seeds)))


def tones_and_bursts(seconds: float, rate: int, seed: int) -> np.ndarray:
    samples = round(seconds * rate)
    t = np.arange(samples) / rate
    walk = np.cumsum(generator(seed).standard_normal(samples))
    rumble = walk - np.convolve(walk, SMOOTHING, mode="same")
    gate = 0.5 * (1 + np.sign(np.sin(2 * np.pi * 2.5 * t)))
    bursts = 0.1 * rumble / (np.std(rumble) + 1e-9) * gate
    total = 0
    for amplitude, hertz, vibrato in TONES:
        total = total + amplitude * np.sin(2 * np.pi * hertz * t + 3 * np.sin(2 * np.pi * vibrato * t))
    return (total + bursts).astype(np.float32)


def chirp_and_hiss(seconds: float, rate: int, seed: int) -> np.ndarray:
    samples = round(seconds * rate)
    t = np.arange(samples) / rate
    hiss = generator(seed, 1).standard_normal(samples)
    chirp = np.sin(2 * np.pi * (300.0 * t + 0.5 * 2700.0 / seconds * t**2))
    return 0.2 * (0.6 + 0.4 * np.sin(2 * np.pi * 3.0 * t)) * chirp + 0.03 * hiss


def add_at(signal: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    loud = signal.astype(np.float64)
    return loud + np.sqrt(np.mean(loud**2) / (np.mean(noise**2) * 10 ** (snr_db / 10))) * noise


def low_passed(signal: np.ndarray, cutoff: float, rate: int) -> np.ndarray:
    k = np.arange(129) - 64
    kernel = np.sinc(2 * cutoff / rate * k) * np.hamming(129)
    return np.convolve(signal.astype(np.float64), kernel / kernel.sum(), mode="same")


def late(signal: np.ndarray, samples: int) -> np.ndarray:
    return np.concatenate([np.zeros(samples, signal.dtype), signal[:-samples]])


def make(name: str) -> Triple:
    """The triple of that name."""
    case, _, rest = name.partition("@")
    rate, seed = (int(part) for part in rest.split("#"))
    seconds = SHORT_SECONDS if case == "short_300ms" else SECONDS
    reference = tones_and_bursts(seconds, rate, seed)
    if case.startswith("half_silent_ref"):
        reference[len(reference) // 2 :] = 0
    interferer = chirp_and_hiss(seconds, rate, seed)
    noise = generator(seed, 2).standard_normal(len(reference))
    mixture = add_at(reference, interferer, 0.0)
    if case == "silent_ref":
        reference, mixture = np.zeros_like(reference), interferer
    noisy = lambda snr: add_at(reference, noise, snr)  # noqa: E731
    damages: dict[str, Callable[[], np.ndarray]] = {
        "noise_p10": lambda: noisy(10.0),
        "noise_0": lambda: noisy(0.0),
        "noise_m10": lambda: noisy(-10.0),
        "gain_half": lambda: 0.5 * noisy(30.0),
        "polarity": lambda: -noisy(20.0),
        "dc_offset": lambda: noisy(20.0) + 0.05,
        "delay_1": lambda: late(reference, 1),
        "delay_5ms": lambda: late(reference, rate // 200),
        "lowpass_2k": lambda: low_passed(reference, 2000.0, rate),
        "half_silent_ref": lambda: noisy(20.0),
        "half_silent_ref_gated": lambda: np.where(reference == 0, 0.0, noisy(20.0)),
        "silent_est": lambda: np.zeros(len(reference)),
        "silent_ref": lambda: 0.1 * noise,
        "identical": lambda: reference.copy(),
        "mixture_as_est": lambda: mixture.copy(),
        "short_300ms": lambda: noisy(10.0),
        "one_nan": lambda: np.where(np.arange(len(reference)) == len(reference) // 3, np.nan, noisy(10.0)),
        "one_sample_short": lambda: noisy(10.0)[:-1],
    }
    return Triple(reference, mixture.astype(np.float32), damages[case]().astype(np.float32), rate)
