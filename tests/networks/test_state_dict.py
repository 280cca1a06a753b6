"""Weight files: wrapped, prefixed, hostile and broken ones."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepbench.errors import MissingData, SepbenchError

torch = pytest.importorskip("torch")

from sepbench.networks.state_dict import load_weights, read_tensors, unwrapped, without_prefix  # noqa: E402


class Settings:
    """Stands for a trainer's class that the reader does not have."""

    def __init__(self) -> None:
        self.rate = 3


class Hostile:
    """Runs a command where it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (self.command,)


def weights() -> dict[str, Any]:
    return {"net.weight": torch.arange(6.0).reshape(2, 3), "net.bias": torch.ones(2)}


@pytest.mark.parametrize("legacy", [False, True])
def test_a_wrapped_torch_file_is_read(tmp_path: Path, legacy: bool) -> None:
    content = {"state_dict": weights(), "epoch": 3, "hyper_parameters": {"lr": 1e-3}}
    torch.save(content, tmp_path / "a.ckpt", _use_new_zipfile_serialization=not legacy)
    found = read_tensors(tmp_path / "a.ckpt", within="state_dict")
    assert found.keys() == weights().keys()
    assert torch.equal(found["net.weight"], weights()["net.weight"])


def test_safetensors_are_read(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file(weights(), tmp_path / "a.safetensors")
    assert torch.equal(read_tensors(tmp_path / "a.safetensors")["net.bias"], torch.ones(2))


@pytest.mark.parametrize("legacy", [False, True])
def test_foreign_objects_beside_the_weights_do_no_harm(tmp_path: Path, legacy: bool) -> None:
    """PANNs' older files hold the numbers of the clips that were drawn last, in arrays of numpy."""
    content = {"model": weights(), "settings": Settings(), "sampler": {"indexes": np.arange(5), "pointer": 3}}
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)
    found = read_tensors(tmp_path / "a.pth", within="model")
    assert {key: tensor.tolist() for key, tensor in found.items()} == {
        "net.weight": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
        "net.bias": [1.0, 1.0],
    }


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = {"state_dict": weights(), "callbacks": Hostile(f"open({str(trace)!r}, 'w')")}
    torch.save(content, tmp_path / "a.ckpt")
    assert len(read_tensors(tmp_path / "a.ckpt", within="state_dict")) == 2
    assert not trace.exists()
    torch.save(content, tmp_path / "b.ckpt", _use_new_zipfile_serialization=False)
    with pytest.raises(
        SepbenchError, match=r"not a readable file of weights: .*GLOBAL eval was not an allowed global by default\)"
    ):
        read_tensors(tmp_path / "b.ckpt", within="state_dict")
    assert not trace.exists()


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", pickle.dumps([1, 2], protocol=2)])
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SepbenchError, match=r"not a readable file of weights|no weights where they should be"):
        read_tensors(tmp_path / name)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_cut_file_is_refused(tmp_path: Path, legacy: bool) -> None:
    torch.save(weights(), tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    content = (tmp_path / "a.pt").read_bytes()
    for kept in range(0, len(content), len(content) // 40):
        (tmp_path / "a.pt").write_bytes(content[:kept])
        with pytest.raises(SepbenchError, match="not a readable file of weights"):
            read_tensors(tmp_path / "a.pt")


def test_an_absent_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="weights file not found"):
        read_tensors(tmp_path / "a.pt")


def test_a_wrong_entry_names_the_ones_there_are(tmp_path: Path) -> None:
    torch.save({"model": weights()}, tmp_path / "a.pt")
    with pytest.raises(SepbenchError, match="entries model; wanted a dictionary of tensors under 'state_dict'"):
        read_tensors(tmp_path / "a.pt", within="state_dict")
    with pytest.raises(SepbenchError, match=r"entries among the weights that are no tensors: given a\.pt: model"):
        read_tensors(tmp_path / "a.pt")


def test_unknown_missing_and_misshapen_keys_are_named() -> None:
    network = torch.nn.Linear(3, 2)
    with pytest.raises(SepbenchError, match="the weights do not fit Linear: given unknown scale; missing bias"):
        load_weights(network, {"weight": torch.zeros(2, 3), "scale": torch.zeros(1)})
    with pytest.raises(SepbenchError, match=r"of another shape weight \(3, 2\) for \(2, 3\)"):
        load_weights(network, {"weight": torch.zeros(3, 2), "bias": torch.zeros(2)})


def test_fixed_tensors_may_be_there_in_their_shape_only() -> None:
    network, fixed = torch.nn.Linear(3, 2), {"window": (8,)}
    state = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}
    load_weights(network, {**state, "window": torch.zeros(8)}, fixed=fixed)
    assert (network.weight == 1).all()
    load_weights(network, state, fixed=fixed)
    with pytest.raises(SepbenchError, match=r"of another shape window \(4,\) for \(8,\)"):
        load_weights(network, {**state, "window": torch.zeros(4)}, fixed=fixed)


def test_names_are_the_same_from_one_device_and_from_several() -> None:
    wrapped = {f"module.{key}": tensor for key, tensor in weights().items()}
    assert unwrapped(wrapped).keys() == unwrapped(weights()).keys() == weights().keys()
    with pytest.raises(SepbenchError, match=r"there twice: given net\.bias; wanted each with module\. before"):
        unwrapped({**wrapped, "net.bias": torch.zeros(2)})


def test_a_part_that_is_not_there_says_so() -> None:
    assert without_prefix(weights(), "net.").keys() == {"weight", "bias"}
    with pytest.raises(SepbenchError, match=r"given net.bias, net.weight; wanted keys that start with ss_model\."):
        without_prefix(weights(), "ss_model.")
