"""Halves a float32 WAV with the standard library alone, and fails when told to by its text."""

from __future__ import annotations

import argparse
import struct
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("--in", "--text", "--mode", "--kind", "--out"):
    parser.add_argument(name, required=True)
options = vars(parser.parse_args())
if options["text"] == "fail":
    sys.exit("told to fail")
if options["text"] != "nothing":
    content = Path(options["in"]).read_bytes()
    start = content.index(b"data") + 8
    samples = struct.unpack(f"<{(len(content) - start) // 4}f", content[start:])
    halved = struct.pack(f"<{len(samples)}f", *(sample / 2 for sample in samples))
    Path(options["out"]).write_bytes(content[:start] + halved)
