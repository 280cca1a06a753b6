"""A Hugging Face hub on this machine: repositories served under the addresses and headers that the real one uses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.corpora.fetching.server import FileServer, Published

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL = (".json", ".txt")
"""Files that git itself holds; the others are sent on to a store of large files, which is named by their hash."""


def publish(server: FileServer, repository: str, folder: Path, *, revision: str = "main") -> None:
    """Every file of the folder, as the named revision of the repository; `COMMIT` is the commit behind it."""
    names = sorted(path.name for path in folder.iterdir())
    facts = {"id": repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
    about = Published(json.dumps(facts).encode(), extra={"Content-Type": "application/json"})
    server.files[f"api/models/{repository}/revision/{revision}"] = about
    for name in names:
        content = (folder / name).read_bytes()
        server.files[f"{repository}/resolve/{revision}/{name}"] = _resolved(server, name, content)


def stored(content: bytes) -> str:
    """The path, on the server, of a large file."""
    return f"store/{hashlib.sha256(content).hexdigest()}"


def _resolved(server: FileServer, name: str, content: bytes) -> Published:
    if name.endswith(SMALL):
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return Published(content, etag=f'"{blob}"', extra={"X-Repo-Commit": COMMIT})
    path = stored(content)
    sha256 = path.rpartition("/")[2]
    server.files[path] = Published(content, etag=f'"{sha256}"')
    stated = {"X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
    elsewhere = server.url(path).replace("127.0.0.1", "localhost")  # as on the real hub, another host keeps them
    return Published(moved_to=elsewhere, etag=f'"{sha256}"', extra=stated)
