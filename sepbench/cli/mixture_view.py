"""Showing one mixture: its text, its audio files, its spectrograms."""

from __future__ import annotations

from pathlib import Path

from sepbench import audio
from sepbench.audio import Audio
from sepbench.cli.output import print_table
from sepbench.errors import MissingData
from sepbench.manifest import Manifest, Mixture, Query, Source
from sepbench.mixing import Rendered
from sepbench.search_path import closest

DYNAMIC_RANGE_DB = 80


def find_mixture(manifest: Manifest, name: str) -> Mixture:
    """The mixture of that id, id's beginning, or line number counted from 1.

    Raises:
        MissingData: none, or more than one.
    """
    if name.isascii() and name.isdigit() and 1 <= int(name) <= len(manifest.mixtures):
        return manifest.mixtures[int(name) - 1]
    found = [mixture for mixture in manifest.mixtures if mixture.id.startswith(name)]
    if len(found) != 1:
        ids = [mixture.id for mixture in found or manifest.mixtures]
        raise MissingData(
            f"{len(found)} mixtures of {manifest.path} begin with this id",
            given=name,
            remedy=closest(name, ids[:5]) if found else f"ids look like {ids[0]}; line numbers go to {len(ids)}",
        )
    return found[0]


def print_mixture(mixture: Mixture) -> None:
    """Sources and queries as two tables."""
    snr = "none" if mixture.snr_db is None else f"{mixture.snr_db:.2f} dB ({mixture.snr_mode})"
    length = "as long as its file" if mixture.samples is None else f"{mixture.samples / mixture.sample_rate:g} s"
    print(f"mixture {mixture.id}: {length} at {mixture.sample_rate} Hz, SNR {snr}")
    sources = [
        [
            str(index),
            source.role,
            f"{source.corpus}/{source.clip}",
            ", ".join(source.labels),
            "solved" if source.gain_db is None else f"{source.gain_db:.2f} dB",
        ]
        for index, source in enumerate(mixture.sources)
    ]
    print_table("sources", ["index", "role", "clip", "labels", "gain"], sources)
    queries = [
        [
            mixture.item(i),
            query.mode,
            query.kind,
            ", ".join(map(str, query.sources)) or "absent",
            query.text or _pointer(query),
        ]
        for i, query in enumerate(mixture.queries)
    ]
    print_table("queries", ["item", "mode", "kind", "sources", "text"], queries)


def _pointer(query: Query) -> str:
    """Where the words of a query stand that the list does not hold."""
    reference = query.text_from
    return f"({reference.field} of {reference.corpus}/{reference.clip})" if reference else ""


def parts(mixture: Mixture, rendered: Rendered) -> list[tuple[str, Audio]]:
    """(name, audio) of the mixture and every stem."""
    named = [("mixture", rendered.mixture)]
    for index, stem in enumerate(rendered.stems):
        label = _name(mixture.sources[index]) if index < len(mixture.sources) else "remainder"
        named.append((f"{index}-{label.replace(' ', '_').replace('/', '_')}", stem))
    return named


def _name(source: Source) -> str:
    return source.labels[0] if source.labels else source.role


def write_wavs(mixture: Mixture, rendered: Rendered, folder: Path) -> list[Path]:
    """Write mixture and stems as float WAVs; returns the files."""
    paths = []
    for name, signal in parts(mixture, rendered):
        path = folder / f"{mixture.id}.{name}.wav"
        audio.write(path, signal, rendered.sample_rate)
        paths.append(path)
    return paths


def draw_spectrograms(mixture: Mixture, rendered: Rendered, path: Path) -> Path:
    """One PNG with a spectrogram each of mixture and stems, on one level scale."""
    import numpy as np
    from matplotlib.figure import Figure
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    named = parts(mixture, rendered)
    transform = ShortTimeFFT(hann(1024, sym=False), hop=256, fs=rendered.sample_rate)
    levels = [20 * np.log10(np.maximum(np.abs(transform.stft(signal.astype(float))), 1e-9)) for _, signal in named]
    top = max(level.max() for level in levels)
    figure = Figure(figsize=(9, 2.2 * len(named)), layout="constrained")
    axes = figure.subplots(len(named), 1, sharex=True, squeeze=False)[:, 0]
    seconds = len(rendered.mixture) / rendered.sample_rate
    for axis, (name, _), level in zip(axes, named, levels, strict=True):
        axis.imshow(
            level,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, rendered.sample_rate / 2000),
            vmin=top - DYNAMIC_RANGE_DB,
            vmax=top,
            cmap="magma",
        )
        axis.set(title=name, ylabel="kHz")
    axes[-1].set_xlabel("seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=100)
    return path
