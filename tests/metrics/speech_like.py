"""A signal as speech is: a voice with formants and a vibrating pitch, in syllables, with pauses between words."""

from __future__ import annotations

import numpy as np

FORMANTS = ((600.0, 200.0), (1500.0, 300.0), (2600.0, 400.0))  # Hz: centre, width


def speech_like(rate: int, seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(seed))
    t = np.arange(round(rate * seconds)) / rate
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = np.zeros(len(t))
    for harmonic in range(1, 60):
        hertz = 120.0 * harmonic
        gain = 0.02 + sum(np.exp(-(((hertz - centre) / width) ** 2)) for centre, width in FORMANTS)
        voice += gain / np.sqrt(harmonic) * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, None) ** 0.5
    words = np.sin(2 * np.pi * 0.45 * t + 0.4) > -0.6
    voice *= syllables * words
    return 0.05 * voice / np.sqrt(np.mean(voice**2)) + 1e-4 * rng.standard_normal(len(t))


def with_noise(signal: np.ndarray, snr_db: float, seed: int = 1) -> np.ndarray:
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(len(signal))
    return signal + noise * np.sqrt(np.mean(signal**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
