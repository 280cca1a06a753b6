"""What the shipped separators cost, by part: writes ``docs/gmacs.md``. Needs no weights and times nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from sepbench.profiling.totals import totals
from sepbench.separators.inline import load_separator
from sepbench.separators.separator import Cost
from sepbench.separators.spec import load_model

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gmacs.md"
SECONDS = (1.0, 10.0)
SYSTEMS = (
    "codecsep",
    "audiosep",
    "lass_net",
    "clipsep",
    "bimodalsep",
    "hsm_tss",
    "sdcodec",
    "codecformer",
    "tdanet",
    "flowsep",
)
COMPOSED = "eventsep"
"""Of others, and a detector of its own."""

CLAIMED, WHOLE_RATIO, NETWORK_RATIO = 1.35, 54, 25
COUNTERS = (
    ("thop", "0.557", "0.572", "33.88"),
    ("ptflops, by layers", "0.811", "0.827", "30.56"),
    ("ptflops, by operations", "0.788", "", ""),
    ("calflops", "0.766", "", "30.45"),
    ("torchinfo", "1.167", "1.281 to 1.396", "33.73"),
    ("torch's counter, encoder fast path on", "0.556", "", ""),
    ("torch's counter, exact", "0.786", "0.806", "30.45"),
)


def costs(name: str) -> list[Cost]:
    """One for each length."""
    model = load_model(ROOT / "adapters" / name)
    adapter: Any = load_separator(model)
    adapter.sketch(model.config)
    return [adapter.cost(seconds) for seconds in SECONDS]


def composed(found: dict[str, list[Cost]]) -> list[Cost]:
    """The composed system's: its own parts and those of its bases."""
    bases = load_model(ROOT / "adapters" / COMPOSED).config["bases"]
    every = costs(COMPOSED)
    for index, own in enumerate(every):
        parts = {f"{base}, {name}": part for base in bases for name, part in found[base][index].parts.items()}
        every[index] = replace(own, parts={**own.parts, **parts})
    return every


def giga(macs: float) -> str:
    """Thousand million, as tables show them."""
    return f"{macs / 1e9:.3f}" if macs else "0"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, ("---",) * len(header), *rows))


def parts_of(name: str, found: list[Cost]) -> list[tuple[str, ...]]:
    """A row per part that has parameters or multiplies."""
    return [
        (
            name,
            part + (" (once per query)" if one.per_query else ""),
            *(giga(cost.parts[part].macs) for cost in found),
            f"{(one.trainable + one.frozen) / 1e6:.2f}",
            ", ".join(one.scopes) or "none",
        )
        for part, one in found[0].parts.items()
        if one.macs or one.trainable or one.frozen
    ]


def sums_of(name: str, found: list[Cost]) -> list[tuple[str, ...]]:
    """A row per scope."""
    every = [totals(cost) for cost in found]
    return [
        (name, scope, *(cell for one in every for cell in (giga(one[scope].macs), giga(one[scope].query_macs))))
        for scope in every[0]
    ]


def ratios(found: dict[str, list[Cost]]) -> list[tuple[str, ...]]:
    """AudioSep over CodecSep for 1 s, by what is set against what."""
    codec, audio = found["codecsep"][0], found["audiosep"][0]
    ours, theirs = totals(codec), totals(audio)
    network = ours["separator_only"].macs + ours["separator_only"].query_macs
    stream = ours["code_stream"].macs + ours["code_stream"].query_macs
    unet = theirs["separator_only"].macs
    dft = unet + audio.parts["DFT of the original"].macs
    around = dft + codec.parts["encoder"].macs + codec.parts["decoder"].macs
    wave = ours["pipeline"].macs + codec.parts["FiLM"].macs
    pairs = (
        ("separator against masker and FiLM", unet, network),
        ("the same, its DFTs as convolutions", dft, network),
        ("decode, separator with DFTs, encode against codes to codes", around, stream),
        ("waveform to waveform, no text", unet, wave),
        ("separator with DFTs against the published 1.35", dft, CLAIMED * 1e9),
        ("decode, separator with DFTs, encode against the published 1.35", around, CLAIMED * 1e9),
    )
    return [(name, giga(above), giga(below), f"{above / below:.1f}") for name, above, below in pairs]


def page(found: dict[str, list[Cost]]) -> str:
    """The whole page."""
    rows = [row for name, cost in found.items() for row in parts_of(name, cost)]
    sums = [row for name, cost in found.items() for row in sums_of(name, cost)]
    unet = found["flowsep"][0].parts["UNet"]
    steps = f"{unet.steps} steps of {giga(unet.macs / unet.steps)}"
    clipsep, bimodalsep = (found[name][1].parts["separator"].steps for name in ("clipsep", "bimodalsep"))
    codes = found["hsm_tss"][1].parts["code decoder"].steps
    return f"""# Multiply-accumulates of the separators

Written by `python -m benchmarks.gmacs`; `sepbench profile MODEL` shows the same. One mixture, one prompt, float32; GMAC
are thousand million multiply-accumulates, counted as docs/profiling.md says; no weights are needed. Published programs
hold two tensors for each weight under weight norm, which are one here: parameters differ by less than 0.1 %.

## By part

{table(("system", "part", "GMAC, 1 s", "10 s", "parameters M", "in"), rows)}

CodecSep's text has 77 tokens, as the original pads it; AudioSep's 16. At the 512 that AudioSep's program pads to, its
text encoder costs 48.32 GMAC; the often counted 43.49 leave out attention. FlowSep makes 10.24 s whatever it is given:
its UNet's {giga(unet.macs)} are {steps}. EventSep is the sum of its parts: a detector and both
systems that it asks; its sentence encoder, which reads a prompt where no label fits, is not counted.

Others work on windows of one length and fill shorter mixtures up: LASS-Net on 10 s, CLIPSep-NIT (`clipsep`) on 4.1 s,
{clipsep} of which overlap in 10 s, BiModalSep on 8.19 s, {bimodalsep} in 10 s. HSM-TSS hears 10.24 s, but makes only
the codes that the mixture needs, in {codes} steps for 10 s; its global and local stage separate, the rest is around
them. Prompts have 12 tokens in LASS-Net and CLIPSep, 16 in HSM-TSS and 77 in BiModalSep. Systems that run out of their
own repositories (docs/adapters.md) are not counted.

## By scope

{table(("system", "scope", "GMAC, 1 s", "once per query", "GMAC, 10 s", "once per query"), sums)}

A mixture is three streams of codes in SDCodec's scheme, all of which are dequantised. With a single one, codes to
codes, FiLM included, come to 0.806 GMAC.

## CodecSep's published figures

The paper (arXiv 2509.11717) gives {CLAIMED} GMACs between code streams, about {WHOLE_RATIO} times less than AudioSep
"in the same pipeline" and {NETWORK_RATIO} times less for the separators alone. By which counter is not known here. What
seven of them give for one second of the released configuration (of the original programs, November 2026):

{table(("counter", "masker and FiLM", "codes to codes", "AudioSep's separator"), list(COUNTERS))}

None gives {CLAIMED}: torchinfo's 1.281 to 1.396 for codes to codes lie around it, but count no sequence's work.

{table(("AudioSep against CodecSep, 1 s", "GMAC", "GMAC", "ratio"), ratios(found))}

Two readings of the published ratios fit as numbers; neither is confirmed. AudioSep's separator (30.45) with its
text encoder at 512 tokens as counted without attention (43.49) is 54.8 times {CLAIMED}, but the separator alone
22.6 times. As thop or torchinfo count the separator (33.73 to 33.88), it is 25.0 to 25.1 times {CLAIMED}, and with
the codec's decoder before it and its encoder behind it 54.7 to 54.8 times: this fits both. Counted exactly
throughout, the ratios are those of the first and third row above; waveform to waveform the codec costs more than
AudioSep does.
"""


def main() -> None:
    """Count and write."""
    with torch.no_grad():
        found = {name: costs(name) for name in SYSTEMS}
        found[COMPOSED] = composed(found)
    PAGE.write_text(page(found), encoding="utf-8")
    print(f"{PAGE} written")


if __name__ == "__main__":
    main()
