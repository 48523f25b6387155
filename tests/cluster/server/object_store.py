"""A stand-in for S3 that keeps objects in files: enough for boto3's transfers, no more."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class ObjectStore:
    """The server; signatures are not checked."""

    def __init__(self, folder: Path) -> None:
        """Listen on a free loopback port."""
        handler = type("Handler", (_Handler,), {"folder": folder})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _file(self) -> Path:
        return self.folder / urlsplit(self.path).path.strip("/").replace("/", "__")

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        part = self._query().get("partNumber", ["0"])[0]
        file = self._file()
        if part != "0":
            file = file.with_name(f"{file.name}.part{int(part):05}")
        left = int(self.headers["Content-Length"])
        with file.open("wb") as f:
            while left:
                chunk = self.rfile.read(min(left, 1 << 20))
                f.write(chunk)
                left -= len(chunk)
        self._reply(ETag='"e"')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "uploads" in self._query():
            body = b"<InitiateMultipartUploadResult><UploadId>u</UploadId>"
            self._reply(body=body + b"</InitiateMultipartUploadResult>")
            return
        with self._file().open("wb") as f:
            for part in sorted(self.folder.glob(self._file().name + ".part*")):
                f.write(part.read_bytes())
                part.unlink()
        self._reply(body=b"<CompleteMultipartUploadResult/>")

    def do_HEAD(self) -> None:
        if not self._file().exists():
            self._reply(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(self._file().stat().st_size))
        self.send_header("ETag", '"e"')
        self.end_headers()

    def do_GET(self) -> None:
        if self._query():
            self._reply(
                body=b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            )
            return
        size = self._file().stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted else 0
        last = min(int(wanted[2]) if wanted and wanted[2] else size - 1, size - 1)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("ETag", '"e"')
        self.end_headers()
        with self._file().open("rb") as f:
            f.seek(first)
            left = last - first + 1
            while left:
                chunk = f.read(min(left, 1 << 20))
                self.wfile.write(chunk)
                left -= len(chunk)
