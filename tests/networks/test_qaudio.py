"""Q-Audio: what the query hears, what texts share with it, the three tasks' heads, and who may look ahead."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.flowsep_transformer import Text  # noqa: E402
from sepbench.networks.qaudio import QAudio, QAudioHeads, QAudioSize  # noqa: E402
from tests.networks.hsm_tss_small import noise  # noqa: E402

SIZE = QAudioSize(width=32, heads=2, feed_forward=64, embedding=12)
PATCHES, TEXT, VOCABULARY = 16, 24, 40


@pytest.fixture(scope="module")
def network() -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return QAudio(SIZE, patches=PATCHES, text=TEXT).eval()


@pytest.fixture(scope="module")
def heads() -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return QAudioHeads(SIZE, text=TEXT).eval()


def patches(count: int = 2, seed: int = 0) -> Any:
    return noise(count, 8, PATCHES, seed=seed)


def text(*lengths: int) -> Any:
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return Text(noise(len(lengths), max(lengths), TEXT), mask)


def test_one_feature_of_audio_whatever_the_patches_order(network: Any) -> None:
    heard = patches()
    feature = network.audio(heard)
    assert feature.shape == (2, 32)
    assert (network.audio(heard[:, [3, 1, 0, 2, 7, 6, 5, 4]]) - feature).abs().max() < 1e-5
    assert (network.audio(patches(seed=1)) - feature).abs().max() > 1e-2


def test_parameters_of_the_paper() -> None:
    """Per layer two attentions, two feed-forward steps, and the four norms before them."""
    width, inner = 768, 3072
    layer = 8 * (width * width + width) + 2 * (2 * width * inner + inner + width) + 4 * 2 * width
    others = 2 * width + (width * width + width) + 2 * 2 * width  # two tokens, the reading of T5's states, two norms
    with torch.device("meta"):
        found = QAudio(QAudioSize(), patches=768, text=768)
    assert sum(parameter.numel() for parameter in found.parameters()) == 2 * layer + others


def test_self_attention_is_the_branches_own_and_the_same(network: Any) -> None:
    """Silencing it changes both branches, silencing a branch's own feed-forward step that branch alone."""
    changed = QAudio(SIZE, patches=PATCHES, text=TEXT).eval()

    def differences(part: str) -> tuple[bool, bool]:
        changed.load_state_dict(network.state_dict())
        for name, parameter in changed.named_parameters():
            if name.startswith("layers") and part in name:
                parameter.data.zero_()
        audio = (changed.audio(patches()) - network.audio(patches())).abs().max() > 1e-3
        texts = (changed.caption(text(5)).whole - network.caption(text(5)).whole).abs().max() > 1e-3
        return bool(audio), bool(texts)

    assert differences("attending") == (True, True)
    assert differences("audio_feed_forward") == differences("hearing") == (True, False)
    assert differences("text_feed_forward") == (False, True)


def test_padding_changes_no_caption(network: Any) -> None:
    padded = text(3, 6)
    alone = network.caption(Text(padded.states[:1, :3], padded.mask[:1, :3]))
    together = network.caption(padded)
    assert together.tokens.states.shape == (2, 6, 32) and torch.equal(together.tokens.mask, padded.mask)
    assert (together.whole[0] - alone.whole[0]).abs().max() < 1e-5
    assert (together.tokens.states[0, :3] - alone.tokens.states[0]).abs().max() < 1e-5


def test_similarities_are_cosines_over_a_temperature(network: Any, heads: Any) -> None:
    audio, read = patches(3), text(4, 2, 5)
    found = heads.similarities(network, audio, read)
    assert found.shape == (3, 3) and found.abs().max() <= 1 / 0.07 + 1e-4
    order = torch.tensor([2, 0, 1])
    mixed = heads.similarities(network, audio[order], Text(read.states[order], read.mask[order]))
    assert (mixed - found[order][:, order]).abs().max() < 1e-4


def test_a_match_depends_on_both_and_on_no_padding(network: Any, heads: Any) -> None:
    audio, read = patches(), text(3, 6)
    found = heads.matching(network, audio, read)
    assert found.shape == (2, 2)
    assert (heads.matching(network, audio.flip(0), read) - found).abs().max() > 1e-3
    assert (heads.matching(network, audio, text(6, 6)) - found)[0].abs().max() > 1e-3
    alone = heads.matching(network, audio[:1], Text(read.states[:1, :3], read.mask[:1, :3]))
    assert (alone - found[:1]).abs().max() < 1e-5


def test_words_are_told_from_the_audio_and_the_words_before(network: Any, heads: Any) -> None:
    table, tokens = noise(VOCABULARY, TEXT), torch.tensor([[5, 9, 3, 7, 1]])
    found = heads.generation(network, patches(1), tokens, table)
    assert found.shape == (1, 5, VOCABULARY)
    later = heads.generation(network, patches(1), torch.tensor([[5, 9, 30, 31, 32]]), table)
    changed = (later - found).abs().amax(dim=2)[0]
    assert changed[:3].max() < 1e-5 and changed[3:].min() > 1e-3
    other = heads.generation(network, patches(1, seed=1), tokens, table)
    assert (other - found).abs().amax(dim=2).min() > 1e-4
