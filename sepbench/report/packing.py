"""Data inside a page: small ones as JSON, large ones as compressed pages that the browser opens when needed."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Packed:
    """One compressed page: `text` is base64 of the zlib stream of its JSON; `id` names its element."""

    id: str
    text: str


def packed(id: str, content: object) -> Packed:
    """Compress plain data. The same data give the same text.

    >>> page = packed("run1-items", {"a": [1, 2]})
    >>> zlib.decompress(base64.b64decode(page.text))
    b'{"a":[1,2]}'
    """
    compressed = zlib.compress(_json(content).encode(), level=9)
    return Packed(id, base64.b64encode(compressed).decode())


def inline_json(content: object) -> str:
    """JSON that may stand inside a script element, whatever its texts hold.

    >>> inline_json({"name": "</script><img>"})
    '{"name":"\\\\u003c/script>\\\\u003cimg>"}'
    """
    return _json(content).replace("<", "\\u003c")


def _json(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
