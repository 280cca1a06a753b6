"""A real HTTP server on this machine, with every bad habit of real ones, to download from in tests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Published:
    """A file on the server and how it is served.

    Attributes:
        breaks: for the first requests, in order, how many bytes of the answer are sent before the line is cut.
        busy: so many first requests are answered with status 503.
        announces: whether the length is stated.
        moved_to: address that requests are sent on to.
        stalls: whether a line that is cut is left open instead, silent.
        extra: further headers.
    """

    content: bytes = b""
    etag: str | None = '"v1"'
    modified: str | None = None
    ranges: bool = True
    announces: bool = True
    status: int = 200
    moved_to: str = ""
    busy: int = 0
    breaks: list[int] = field(default_factory=list)
    wrong_range: bool = False
    stalls: bool = False
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked, and how many bytes of content were sent in answer."""

    method: str
    path: str
    range: str | None
    sent: int


class FileServer:
    """Serves `files` by path until closed; `requests` says what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, Published] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        """The address of a file."""
        return f"{self.address}/{path}"

    def gets(self) -> list[Request]:
        """The requests for content."""
        return [request for request in self.requests if request.method == "GET"]

    def close(self) -> None:
        """Stop serving: connections are refused from now on."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self, body: bool) -> None:
            path = self.path.lstrip("/")
            file = server.files.get(path, Published(status=404))
            asked = self.headers.get("Range")
            status, first = file.status, 0
            if body and file.busy:
                file.busy -= 1
                status = 503
            elif file.moved_to:
                status = 302
            elif file.status == 200 and file.ranges and asked and self._is_current(file):
                first = int(re.fullmatch(r"bytes=(\d+)-", asked).group(1))  # type: ignore[union-attr]
                status = 206 if first < len(file.content) else 416
            content = file.content[first:] if status in (200, 206) else b""
            length = min(file.breaks.pop(0), len(content)) if body and file.breaks and content else len(content)
            server.requests.append(Request(self.command, path, asked, length if body else 0))
            self.send_response(status)
            for name, value in self._headers(file, status, first, content):
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content[:length])
            if file.stalls and length < len(content):
                server.closing.wait(30)
            self.close_connection = self.close_connection or length < len(content)

        def _is_current(self, file: Published) -> bool:
            condition = self.headers.get("If-Range")
            return condition is None or condition in (file.etag, file.modified)

        def _headers(self, file: Published, status: int, first: int, content: bytes) -> list[tuple[str, str]]:
            headers = [("ETag", file.etag), ("Last-Modified", file.modified), ("Location", file.moved_to or None)]
            total = len(file.content)
            if status == 206:
                start = first + 1 if file.wrong_range else first
                headers.append(("Content-Range", f"bytes {start}-{total - 1}/{total}"))
            if file.announces or status not in (200, 206):
                headers.append(("Content-Length", str(len(content))))
            else:
                headers.append(("Connection", "close"))
            return [(name, value) for name, value in headers if value is not None] + list(file.extra.items())

    return Handler
