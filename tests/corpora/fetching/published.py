"""Corpora's own facts, with their files replaced by small ones of the same layout on a server of this machine."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping

from sepbench.corpora.about import About
from tests.corpora.fetching.server import FileServer, Published


def served(about: About, server: FileServer, contents: Mapping[str, bytes]) -> About:
    """The corpus with those of its remote files that have a content here; checksums only where it has some."""
    remote = []
    for file in about.remote:
        if file.file in contents:
            content = contents[file.file]
            server.files[file.file] = Published(content)
            checksum = "md5:" + hashlib.md5(content).hexdigest() if file.checksum else None
            remote.append(dataclasses.replace(file, url=server.url(file.file), checksum=checksum))
    return dataclasses.replace(about, remote=tuple(remote))


def esc50_zip() -> bytes:
    """What GitHub serves: all below one folder."""
    from tests.corpora.fetching.archives import zip_bytes

    index = "filename,fold,target,category,esc10,src_file,take\n1-100-A-0.wav,1,0,dog,True,100,A\n"
    return zip_bytes(
        {
            "ESC-50-master/": b"",
            "ESC-50-master/meta/esc50.csv": index.encode(),
            "ESC-50-master/audio/1-100-A-0.wav": wav(),
        }
    )


def wav(samples: int = 400) -> bytes:
    """A readable recording."""
    import io

    import numpy as np
    from scipy.io import wavfile

    stream = io.BytesIO()
    wavfile.write(stream, 44100, np.arange(samples, dtype=np.int16))
    return stream.getvalue()
