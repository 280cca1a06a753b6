"""Which code of ours computes which fixture, and how closely. One line for one fixture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.parity import audiosep, baselines, codecs, eventsep, flowsep, panns, speakers
from tests.parity.comparing import EXACT, Tolerance
from tests.parity.fixture import Array, Fixture

Outputs = Mapping[str, Array]


@dataclass(frozen=True)
class Case:
    """`compute` gives whole outputs by their names in the file; `exceptions` are tolerances by the name's ending."""

    compute: Callable[[Fixture], Outputs]
    tolerance: Tolerance
    exceptions: Mapping[str, Tolerance] = field(default_factory=dict)

    def tolerance_of(self, name: str) -> Tolerance:
        """Of one output."""
        return next((found for ending, found in self.exceptions.items() if name.endswith(ending)), self.tolerance)


LOG_MEL = {"_logmel": Tolerance(absolute=0.1)}
SUMS_OF_MASKS = {"_interp_sum_sumsq": Tolerance(of_peak=2e-6)}

OF_PEAK = Tolerance(of_peak=1e-4)
CODES = {"from_codes": OF_PEAK, **dict.fromkeys(("codes", "codes4", "codes_in", "codes_out"), EXACT)}
MARGINS = {"binary_min_margin": Tolerance(absolute=5e-6)}

CASES = {
    "audiosep_resunet30_32k": Case(audiosep.separate_32k, Tolerance(1e-5)),
    "audiosep_resunet30_32k_chunk": Case(audiosep.separate_32k_by_chunks, Tolerance(1e-5)),
    "audiosep_resunet30_dcase16k": Case(audiosep.separate_16k, Tolerance(1e-5)),
    "panns_cnn14_decisionlevelatt_32k": Case(panns.attention_32k, Tolerance(1e-5), LOG_MEL),
    "panns_cnn14_decisionlevelmax_32k": Case(panns.maximum_32k, Tolerance(1e-5), LOG_MEL),
    "panns_cnn14_audioldm_eval_32k": Case(panns.clip_wise_32k, Tolerance(2e-5), LOG_MEL),
    "panns_cnn14_audioldm_eval_16k": Case(panns.clip_wise_16k, Tolerance(2e-5), LOG_MEL),
    "sdcodec": Case(codecs.sdcodec, OF_PEAK, CODES),
    "codecsep_single": Case(codecs.codecsep_one_text, OF_PEAK),
    "codecsep_three": Case(codecs.codecsep_three_texts, OF_PEAK),
    "codecsep_codestream": Case(codecs.codecsep_codes, OF_PEAK, CODES),
    "codecformer_masker": Case(speakers.codecformer, OF_PEAK),
    "tdanet_4ms": Case(speakers.tdanet_4ms, OF_PEAK),
    "tdanet_best_2ms": Case(speakers.tdanet_best_2ms, OF_PEAK),
    "tdanet_best_4ms": Case(speakers.tdanet_best_4ms, OF_PEAK),
    "lassnet": Case(baselines.lassnet, OF_PEAK),
    "clipsep": Case(baselines.clipsep, OF_PEAK, MARGINS),
    "clipsep_nit": Case(baselines.clipsep_nit, OF_PEAK, MARGINS),
    "bimodalsep": Case(baselines.bimodalsep, OF_PEAK),
    "flowsep_logmel": Case(flowsep.log_mel, Tolerance(1e-2, rms=2e-4), {"_normalised": Tolerance(1e-6)}),
    "flowsep_vae": Case(flowsep.autoencode, Tolerance(3e-5)),
    "flowsep_unet": Case(flowsep.velocities, Tolerance(5e-5)),
    "flowsep_euler": Case(flowsep.flows, Tolerance(5e-5)),
    "flowsep_bigvgan_plain": Case(flowsep.vocode, Tolerance(3e-5)),
    "flowsep_bigvgan_weightnorm": Case(flowsep.vocode_weight_normed, Tolerance(5e-5)),
    "eventsep_masks": Case(eventsep.masks, Tolerance(1e-6), SUMS_OF_MASKS),
    "eventsep_ensembles": Case(eventsep.ensembles, Tolerance(1e-5)),
    "eventsep_labels": Case(eventsep.labels, Tolerance()),
}
