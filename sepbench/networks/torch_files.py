"""Torch's files as plain data: nothing in them is ever executed, whatever a trainer put beside the weights."""

from __future__ import annotations

import contextlib
import pickletools
import struct
import zipfile
from pathlib import Path
from pickle import UnpicklingError

import torch

from sepbench.errors import SepbenchError

PICKLES_BEFORE_TENSORS = 4
"""Of files older than torch 1.6: a mark, a version, the system they were made on, and the dictionary."""

DAMAGED = (
    *(UnpicklingError, RuntimeError, EOFError, OSError, struct.error),
    *(ValueError, TypeError, AttributeError, LookupError, AssertionError),
)
"""What torch's reader raises at a file that is cut or altered, the second line at older files."""

OWN = ("torch.", "builtins.", "__builtin__.", "collections.", "_codecs.")
"""What torch allows of these is what it needs itself."""


def read_torch_file(path: Path) -> object:
    """What `torch.save` wrote, in today's form or in that from before torch 1.6; foreign objects in it are lost.

    Raises:
        SepbenchError: it is not a torch file, or a cut or altered one.
    """
    is_zip = zipfile.is_zipfile(path)  # older files are pickles one after the other, and cannot be mapped
    try:
        foreign = torch.serialization.get_unsafe_globals_in_checkpoint(path) if is_zip else _foreign_names(path)
        with torch.serialization.safe_globals([(_Inert, name) for name in foreign]):
            content: object = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except DAMAGED as error:
        raise unreadable(path, _reason(str(error))) from error
    return content


def _foreign_names(path: Path) -> list[str]:
    """What of an older file is neither torch's nor Python's own, as numpy's arrays beside the weights of PANNs."""
    names = set()
    with path.open("rb") as file, contextlib.suppress(ValueError):  # no pickle: torch will say what is wrong with it
        for _ in range(PICKLES_BEFORE_TENSORS):
            for operation, argument, _ in pickletools.genops(file):
                if operation.name == "GLOBAL" and isinstance(argument, str):
                    names.add(argument.replace(" ", "."))
    return sorted(name for name in names if not name.startswith(OWN))


def _reason(said: str) -> str:
    """The sentence of torch's message that tells what is wrong; the next ones tell how to run what is in the file."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("WeightsUnpickler")), lines[0] if lines else "it is empty")
    return told.partition(". ")[0]


def unreadable(path: Path, reason: str) -> SepbenchError:
    """The error for a file of weights that is none."""
    return SepbenchError(
        "not a readable file of weights",
        given=f"{path} ({reason})",
        wanted="safetensors, or a torch file of plain tensors",
        remedy="fetch it again, or write its tensors as safetensors where it was made",
    )


class _Inert:
    """Stands in for every foreign object of a file (a trainer's settings, say): takes anything, does nothing."""

    def __new__(cls, *_: object) -> _Inert:
        return object.__new__(cls)

    def __setstate__(self, _: object) -> None:
        pass
