"""Halves the mixture, and prints by every way there is: Python, the descriptor, a child, C's stdio; reads stdin too."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sepbench.separators.separator import Estimate, Request


class Adapter:
    def load(self, config: Mapping[str, Any], device: str) -> None:
        print('{"type": "ready"}')

    def separate(self, requests: Sequence[Request]) -> Sequence[Estimate]:
        print("progress: 100 %")
        sys.__stdout__.write('{"type": "error"}\n')
        os.write(1, b'{"type": "estimates", "estimates": []}\n\x00\xff' + bytes(range(256)) * 1000)
        subprocess.run(["echo", "from a child"], check=True)
        libc = ctypes.CDLL(None)
        libc.puts(b"from C")
        libc.fflush(None)
        assert sys.stdin.read() == ""
        return [Estimate(r.item, r.mixture * 0.5, r.sample_rate) for r in requests]
