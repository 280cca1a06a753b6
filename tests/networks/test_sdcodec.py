"""SDCodec: the official keys, stems that hear the same latent, cost, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from sepbench.networks.dac import SDCODEC_16K  # noqa: E402
from sepbench.networks.sdcodec import TRACKS, SdCodec, TrackQuantisers, load_sdcodec  # noqa: E402
from tests.parity.listed import resolved_shapes  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

TINY = replace(SDCODEC_16K, encoder_width=2, decoder_width=32, stages=2)


@pytest.fixture(scope="module")
def tiny() -> Any:
    return seed(SdCodec(TINY))


def test_the_official_keys() -> None:
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in SdCodec().state_dict().items()}
    shapes = zip(TRACKS, ((3,), (5,), (3,)), strict=True)
    jitter = {f"quantizer.jitter_dict.{track}.prob": shape for track, shape in shapes}
    assert {**ours, **jitter} == resolved_shapes("sdcodec")


def test_operations_of_a_second_of_codes() -> None:
    with torch.device("meta"):
        chain = TrackQuantisers(SDCODEC_16K).of("music")
        with FlopCounterMode(display=False) as counter:
            chain(torch.empty(1, 1024, 50))
    assert counter.get_total_flops() / 2 == 50 * 12 * 3 * 1024 * 8  # in, all code words, out


def test_a_stem_has_the_shape_of_the_mixture(tiny: Any) -> None:
    assert tiny(torch.zeros(2, 1, 1003), "sfx").shape == (2, 1, 1003)


def test_stems_differ_by_their_code_books_alone(tiny: Any) -> None:
    network, mixture = SdCodec(TINY), 0.1 * torch.sin(torch.arange(960.0) / 7)[None, None]
    network.load_state_dict(tiny.state_dict())
    speech, music, sfx = (network(mixture, track) for track in TRACKS)
    assert not torch.equal(speech, music)
    assert not torch.equal(speech, sfx)
    network.quantizer.of("music").load_state_dict(network.quantizer.of("speech").state_dict())
    assert torch.equal(network(mixture, "music"), speech)


def test_an_unknown_stem_is_refused(tiny: Any) -> None:
    with pytest.raises(SepbenchError, match="no such stem of SDCodec: given drums; wanted speech, music, sfx"):
        tiny(torch.zeros(1, 1, 320), "drums")


def test_jitter_is_left_and_other_keys_are_named(tiny: Any) -> None:
    tensors = {**tiny.state_dict(), "quantizer.jitter_dict.music.prob": torch.zeros(5)}
    load_sdcodec(SdCodec(TINY), tensors)
    del tensors["encoder.block.0.bias"]
    with pytest.raises(SepbenchError, match=r"SdCodec: given unknown drums; missing encoder\.block\.0\.bias"):
        load_sdcodec(SdCodec(TINY), {**tensors, "drums": torch.zeros(1)})
