"""Conversion of checkpoints: only what is read is kept, as it was, with the hash of where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import SepbenchError

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from sepbench.networks.conversion import source_of, write_kept  # noqa: E402
from sepbench.networks.state_dict import read_tensors  # noqa: E402


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    shared = torch.arange(6.0)
    tensors = {
        "net.a": shared,
        "net.tied": shared,
        "net.turned": torch.arange(6.0).reshape(2, 3).T,
        "net.dft.x": torch.ones(4),
        "other.b": torch.zeros(3),
    }
    torch.save({"state_dict": tensors, "optimizer_states": [torch.ones(1000)]}, tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


def kept(source: Path, **how: Any) -> dict[str, Any]:
    target = source.parent / "new" / "a.safetensors"
    count = write_kept(source, target, sha256="ab", within="state_dict", **how)
    assert source_of(target) == "ab" and [path.name for path in target.parent.iterdir()] == ["a.safetensors"]
    found = read_tensors(target)
    assert len(found) == count
    return found


def test_names_are_kept_and_dropped_by_their_beginnings(checkpoint: Path) -> None:
    assert kept(checkpoint, keep=("net.",), drop=("net.dft.",)).keys() == {"net.a", "net.tied", "net.turned"}
    assert len(kept(checkpoint)) == 5


def test_values_are_the_same_and_in_their_order(checkpoint: Path) -> None:
    found = kept(checkpoint, keep=("net.",))
    assert found["net.a"].tolist() == found["net.tied"].tolist() == [0, 1, 2, 3, 4, 5]
    assert found["net.turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_file_without_what_is_read_is_refused_and_leaves_nothing(checkpoint: Path) -> None:
    with pytest.raises(SepbenchError, match=r"not the weights that are read.*no names that begin with absent\."):
        kept(checkpoint, keep=("net.", "absent."))
    assert not (checkpoint.parent / "new").exists()


def test_a_converted_file_that_is_damaged_is_named(checkpoint: Path) -> None:
    path = checkpoint.parent / "a.safetensors"
    path.write_bytes(b"{}")
    with pytest.raises(SepbenchError, match=r"not a readable file of weights.*a\.safetensors"):
        source_of(path)
