"""The synthesised classes: their form, their determinism, and physical facts measured from the samples."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from sepbench.corpora.synthesis import machines
from sepbench.corpora.synthesis.bells_and_clocks import clock_tick, tick_interval
from sepbench.corpora.synthesis.catalogue import CLASSES
from sepbench.corpora.synthesis.render import synthesise
from sepbench.corpora.synthesis.resonators import decaying_partials, resonances
from sepbench.corpora.synthesis.strings import struck
from sepbench.corpora.synthesis.water import bubble
from sepbench.errors import SepbenchError

RATE = 32000
VARIATIONS = range(4)
LABELS = [sound.label for sound in CLASSES]
Samples = NDArray[np.float64]


@cache
def clip(label: str, variation: int) -> Samples:
    return synthesise(label, variation).astype(np.float64)


def rms(signal: Samples) -> float:
    return float(np.sqrt(np.mean(signal * signal)))


def spectrum(signal: Samples, length: int | None = None) -> tuple[Samples, Samples]:
    """Frequencies in Hz and magnitudes, Hann window."""
    size = length or len(signal)
    magnitude: Samples = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), size))
    return np.arange(size // 2 + 1, dtype=np.float64) * (RATE / size), magnitude


def energy_share(signal: Samples, low: float, high: float) -> float:
    frequency, magnitude = spectrum(signal)
    power = magnitude**2
    return float(power[(frequency >= low) & (frequency < high)].sum() / power.sum())


def envelope(signal: Samples, step: int) -> Samples:
    """RMS over frames of `step` samples."""
    frames = signal[: len(signal) // step * step].reshape(-1, step)
    curve: Samples = np.sqrt(np.mean(frames**2, axis=1))
    return curve


def periodicity(curve: Samples, per_second: float, slowest: float, fastest: float) -> tuple[float, float]:
    """Rate in Hz and height of the highest autocorrelation peak for rates between `slowest` and `fastest`."""
    centred = curve - curve.mean()
    correlation = np.correlate(centred, centred, "full")[len(centred) - 1 :]
    correlation /= correlation[0] * np.arange(len(centred), 0, -1) / len(centred)  # fewer terms at longer lags
    lags = np.arange(int(per_second / fastest), int(per_second / slowest) + 1)
    best = int(lags[np.argmax(correlation[lags])])
    return per_second / best, float(correlation[best])


def fundamental(frame: Samples, low: float, high: float) -> float:
    """Pitch whose harmonics stand out most from the places half-way between them."""
    frequency, magnitude = spectrum(frame, 16384)
    levels = np.log(magnitude + 1e-9 * magnitude.max() + 1e-12)
    candidates = np.geomspace(low, high, 600)
    order = np.arange(1, 6)[:, None]
    on, between = (np.interp(candidates * k, frequency, levels).mean(axis=0) for k in (order, order - 0.5))
    return float(candidates[np.argmax(on - between)])


def loud_frames(signal: Samples, size: int) -> Samples:
    frames = signal[: len(signal) // size * size].reshape(-1, size)
    level = np.sqrt(np.mean(frames**2, axis=1))
    loud: Samples = frames[level > 0.4 * level.max()]
    return loud


# Form


def test_catalogue_is_sorted_and_complete() -> None:
    assert len(LABELS) >= 28
    assert sorted(set(LABELS)) == LABELS
    for sound in CLASSES:
        texts = [sound.caption, *sound.paraphrases]
        assert all(text.strip() == text and len(text) >= 6 for text in texts), sound.label
        assert len({text.lower() for text in [*texts, sound.label]}) == 5, sound.label
        assert sound.label == sound.label.lower()
        assert sound.parents and sound.label not in sound.parents


def test_captions_belong_to_one_class_each() -> None:
    texts = [text.lower() for sound in CLASSES for text in (sound.caption, *sound.paraphrases)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("label", LABELS)
def test_clip_is_sound(label: str) -> None:
    for variation in VARIATIONS:
        audio = synthesise(label, variation)
        signal = audio.astype(np.float64)
        assert audio.dtype == np.float32
        assert audio.shape == (5 * RATE,)
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() <= 0.95
        assert abs(signal.mean()) < 1e-5
        assert -30.0 <= 20 * np.log10(rms(signal)) <= -18.0
        assert max(abs(audio[0]), abs(audio[-1])) < 1e-4
        level = envelope(signal, RATE // 20)
        audible = np.mean((level > 1e-3) & (level > 0.01 * level.max()))
        assert audible >= (0.1 if label == "clock tick" else 0.2), f"variation {variation}: {audible}"
        assert rms(signal[: 4 * RATE]) > 10 ** (-36 / 20)
        assert level[:16].max() > 0.1 * level.max(), "nothing to hear in the first 0.8 s"


@pytest.mark.parametrize("label", LABELS)
def test_variations_differ(label: str) -> None:
    def third_octaves(signal: Samples) -> Samples:
        frequency, magnitude = spectrum(signal)
        edges = np.searchsorted(frequency, np.geomspace(60, 14000, 25))
        return 10 * np.log10(np.array([np.mean(magnitude[a:b] ** 2) for a, b in itertools.pairwise(edges)]) + 1e-9)

    for first, second in itertools.combinations(VARIATIONS, 2):
        one, two = clip(label, first), clip(label, second)
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.3
        spectral = third_octaves(one / rms(one)) - third_octaves(two / rms(two))
        temporal = envelope(one / rms(one), RATE // 20) - envelope(two / rms(two), RATE // 20)
        # Two stretches of one stationary noise differ by 0.4 dB on average, by chance alone.
        assert np.abs(spectral).mean() > 1.0 or np.abs(temporal).mean() > 0.25


def test_same_bytes_again_and_in_another_process() -> None:
    chosen = ["church bell", "piano", "rain", "speech", "stream"]
    again = [hashlib.sha256(synthesise(label, 11).tobytes()).hexdigest() for label in chosen]
    assert again == [hashlib.sha256(synthesise(label, 11).tobytes()).hexdigest() for label in chosen]
    program = (
        "import hashlib; from sepbench.corpora.synthesis.render import synthesise;"
        f"print(*[hashlib.sha256(synthesise(x, 11).tobytes()).hexdigest() for x in {chosen[::-1]!r}])"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.split()[::-1] == again


def test_import_is_light_and_global_generator_is_left_alone() -> None:
    program = (
        "import sys, numpy as np; before = str(np.random.get_state());"
        "from sepbench.corpora.synthesis import catalogue, render; assert 'scipy' not in sys.modules;"
        "render.synthesise('rain', 0); assert str(np.random.get_state()) == before; print('fine')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.stdout.strip(), result.stderr) == ("fine", "")


@pytest.mark.parametrize(("rate", "seconds"), [(16000, 2.0), (44100, 3.3), (48000, 1.0)])
def test_other_rates_and_lengths(rate: int, seconds: float) -> None:
    for label in LABELS:
        audio = synthesise(label, 1, sample_rate=rate, seconds=seconds)
        assert audio.shape == (round(rate * seconds),)
        assert np.isfinite(audio).all()
        assert 0.01 < np.abs(audio).max() <= 0.95


def test_errors_say_what_to_do() -> None:
    with pytest.raises(SepbenchError, match="unknown sound class: given dog barc") as caught:
        synthesise("dog barc", 0)
    assert "did you mean dog bark" in caught.value.remedy
    with pytest.raises(SepbenchError, match="variation out of range"):
        synthesise("rain", -1)
    with pytest.raises(SepbenchError, match="sample rate out of range"):
        synthesise("rain", 0, sample_rate=8000)
    with pytest.raises(SepbenchError, match="length in seconds out of range"):
        synthesise("rain", 0, seconds=0.1)


# Building blocks against closed forms


def test_decaying_partial_is_the_formula() -> None:
    time = np.arange(3000) / RATE
    expected = 0.7 * np.exp(-np.log(1000) / 0.3 * time) * np.sin(2 * np.pi * 441.5 * time)
    assert np.abs(decaying_partials(3000, RATE, [441.5], [0.3], [0.7]) - expected).max() < 1e-9


def test_resonance_has_its_centre_and_bandwidth() -> None:
    impulse = np.zeros(RATE)
    impulse[0] = 1.0
    answer = np.abs(np.fft.rfft(resonances(impulse, RATE, [300.0, 2000.0], [50.0, 100.0], [0.0, 1.0])))
    above = np.flatnonzero(answer > answer.max() / np.sqrt(2))
    assert np.argmax(answer) == pytest.approx(2000, abs=2)
    assert above[-1] - above[0] == pytest.approx(100, abs=3)
    assert answer.max() == pytest.approx(1.0, rel=0.01)


def test_resonances_that_could_move_but_do_not_equal_those_that_stand() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE // 2)
    still = resonances(noise, RATE, [700.0, 1800.0], [120.0, 150.0], [1.0, 0.5])
    moving = resonances(noise, RATE, [[700.0, 1800.0]] * 3, [120.0, 150.0], [1.0, 0.5])
    assert rms(still - moving) < 0.01 * rms(still)


def test_bubble_rings_at_minnaert_frequency() -> None:
    for radius in (0.001, 0.002, 0.004):
        frequency, magnitude = spectrum(bubble(RATE, radius, 0.0), 1 << 16)
        assert frequency[np.argmax(magnitude)] == pytest.approx(3.0 / radius, rel=0.03)


# Physics of the classes, measured from clips


def bell_primes(signal: Samples) -> list[float]:
    """Frequencies p such that hum, prime, tierce, quint and nominal (0.5 : 1 : 1.2 : 1.5 : 2) are all peaks."""
    frequency, magnitude = spectrum(signal)
    local = (magnitude[1:-1] > magnitude[:-2]) & (magnitude[1:-1] >= magnitude[2:])
    tall = np.flatnonzero(local & (magnitude[1:-1] > 0.01 * magnitude.max())) + 1
    peaks = frequency[tall]
    ratios = (0.5, 1.2, 1.5, 2.0)
    return [p for p in peaks if 200 < p < 800 and all(np.abs(peaks / (p * r) - 1).min() < 0.006 for r in ratios)]


def test_church_bell_has_the_partials_of_a_minor_third_bell() -> None:
    assert all(bell_primes(clip("church bell", variation)) for variation in range(6))
    assert not any(bell_primes(clip("flute", variation)) for variation in range(6))


def test_church_bell_hum_outlasts_the_upper_partials() -> None:
    for variation in VARIATIONS:
        signal = clip("church bell", variation)
        onset = int(np.argmax(envelope(signal, 320)[:380])) * 320
        early, late = signal[onset : onset + 4800], signal[onset + 16000 : onset + 20800]
        assert energy_share(late, 3000, 16000) < 0.6 * energy_share(early, 3000, 16000)


def test_alarm_clock_beeps_at_one_pitch_with_odd_harmonics() -> None:
    for variation in range(6):
        signal = clip("alarm clock", variation)
        frequency, magnitude = spectrum(signal)
        pitch = frequency[np.argmax(magnitude)]
        assert 900 < pitch < 3300
        near = {k: magnitude[np.abs(frequency - k * pitch) < 30].max() for k in (1, 1.5, 2.5, 3)}
        assert 0.15 < near[3] / near[1] < 0.6
        assert max(near[1.5], near[2.5]) < 0.02 * near[1]
        gate = envelope(signal, RATE // 100) > 0.3 * envelope(signal, RATE // 100).max()
        assert np.count_nonzero(np.diff(gate.astype(int)) == 1) >= 4


def test_helicopter_is_chopped_at_blade_rate() -> None:
    for variation in range(6):
        rate, height = periodicity(envelope(clip("helicopter", variation), 160), 200.0, 8.0, 30.0)
        assert 9 < rate < 23
        assert height > 0.15


def test_siren_sweeps_its_range() -> None:
    for variation in range(6):
        frames = clip("siren", variation)[1600:158400].reshape(-1, 1600)
        pitch = np.array([fundamental(frame, 380, 1900) for frame in frames])
        low, high = np.percentile(pitch, [5, 95])
        assert 400 < low < 800
        assert 520 < high < 1900
        assert 1.2 < high / low < 3.2


def test_clock_ticks_at_its_period() -> None:
    for seed in range(8):
        expected = tick_interval(np.random.default_rng(seed))
        signal = clock_tick(np.random.default_rng(seed), 5 * RATE, RATE)
        level = np.minimum(envelope(signal, 64), 0.2 * envelope(signal, 64).max())
        rate, height = periodicity(level, 500.0, 0.97 / expected, 1.03 / expected)
        assert rate * expected == pytest.approx(1.0, abs=0.03)
        assert height > 0.5
        half = periodicity(level, 500.0, 1.4 / expected, 1.6 / expected)[1]
        assert half < 0.5 * height


def test_engine_lines_are_multiples_of_the_firing_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "engine_revolutions", lambda rng, samples, rate: np.full(samples, 1800.0))
    rates = set()
    for seed in range(6):
        frequency, magnitude = spectrum(machines.car_engine(np.random.default_rng(seed), 5 * RATE, RATE))

        def level(hertz: float, at: Samples = frequency, height: Samples = magnitude) -> float:
            return float(height[np.abs(at - hertz) < 0.6].max())

        # 1800 rpm are 30 revolutions a second: 45, 60 or 90 firings with 3, 4 or 6 cylinders.
        contrast = {
            firing: np.mean([level(k * firing) for k in (1, 2, 3)])
            / np.mean([level((k + 0.43) * firing) for k in (1, 2, 3)])
            for firing in (45.0, 60.0, 90.0)
        }
        best = max(contrast, key=lambda firing: contrast[firing])
        assert contrast[best] > 8
        rates.add(best)
    assert len(rates) >= 2


@pytest.mark.parametrize("number", [40, 52, 60, 69, 76, 84])
def test_piano_is_in_tune(number: int) -> None:
    expected = 440.0 * 2 ** ((number - 69) / 12)
    frequency, magnitude = spectrum(struck(np.random.default_rng(0), number, 2.0, RATE, 0.8), 1 << 20)
    around = np.abs(frequency / expected - 1) < 0.03
    measured = frequency[around][np.argmax(magnitude[around])]
    assert abs(1200 * np.log2(measured / expected)) < 10


def test_footsteps_come_at_walking_pace() -> None:
    for variation in range(6):
        level = np.sqrt(envelope(clip("footsteps", variation), 320))
        rate, height = periodicity(level, 100.0, 1.0, 3.0)
        assert 1.0 <= rate <= 3.0
        assert height > 0.3


def test_rain_is_flat_and_flute_is_harmonic() -> None:
    def flatness(signal: Samples) -> float:
        frequency, magnitude = spectrum(signal)
        power = magnitude[(frequency > 300) & (frequency < 9000)] ** 2
        smooth = power[: len(power) // 50 * 50].reshape(-1, 50).mean(axis=1)
        return float(np.exp(np.mean(np.log(smooth))) / np.mean(smooth))

    for variation in VARIATIONS:
        assert flatness(clip("rain", variation)) > 0.5
        assert flatness(clip("flute", variation)) < 0.02
        shares = []
        for frame in loud_frames(clip("flute", variation), 1600):
            pitch = fundamental(frame, 300, 1800)
            frequency, magnitude = spectrum(frame, 16384)
            near = np.abs(frequency / pitch - np.round(frequency / pitch)) * pitch < 50
            shares.append(np.sum(magnitude[near] ** 2) / np.sum(magnitude**2))
        assert np.median(shares) > 0.95


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("baby cry", 250, 800),
        ("cat meow", 280, 1050),
        ("cow moo", 65, 300),
        ("rooster crow", 300, 1250),
        ("speech", 70, 380),
    ],
)
def test_voices_have_the_pitch_of_their_kind(label: str, low: float, high: float) -> None:
    for variation in VARIATIONS:
        pitch = [fundamental(frame, 50, 1600) for frame in loud_frames(clip(label, variation), 1600)]
        assert low < np.median(pitch) < high


@pytest.mark.parametrize(
    ("label", "low", "high", "share"),
    [
        ("applause", 400, 6000, 0.8),
        ("bird song", 1700, 10000, 0.95),
        ("crickets", 3000, 9000, 0.9),
        ("thunder", 20, 800, 0.8),
        ("telephone ring", 700, 12000, 0.95),
        ("wind", 20, 2500, 0.95),
    ],
)
def test_energy_lies_where_the_kind_has_it(label: str, low: float, high: float, share: float) -> None:
    for variation in VARIATIONS:
        assert energy_share(clip(label, variation), low, high) > share


def test_speech_has_syllables() -> None:
    for variation in VARIATIONS:
        level = np.sqrt(envelope(clip("speech", variation), 320))
        strength = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2
        rate = np.fft.rfftfreq(len(level), 0.01)
        # The modulation of running speech peaks near 4 Hz (Houtgast and Steeneken, JASA 1985).
        assert strength[(rate >= 1.5) & (rate < 8)].sum() > 3 * strength[(rate >= 8) & (rate < 20)].sum()


def test_classes_can_be_told_apart_by_a_mask() -> None:
    def cells(signal: Samples) -> NDArray[np.complex64]:
        frames = np.lib.stride_tricks.sliding_window_view(signal / rms(signal), 1024)[::512]
        return np.fft.rfft(frames * np.hanning(1024)).astype(np.complex64)

    # The best mask on the cells' powers leaves the smaller of the two powers in every cell as error; two noises of one
    # spectrum reach 3 dB.
    powers = [np.abs(cells(clip(label, 0))) ** 2 for label in LABELS]
    gains = {
        (LABELS[one], LABELS[two]): 10 * np.log10(powers[one].sum() / np.minimum(powers[one], powers[two]).sum())
        for one, two in itertools.combinations(range(len(LABELS)), 2)
    }
    assert min(gains.values()) > 3.5, min(gains, key=lambda pair: gains[pair])
    assert np.percentile(list(gains.values()), 5) > 6.0
