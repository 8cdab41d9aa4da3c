"""A web server on this machine that misbehaves as it is told to, for tests."""

import json
import os
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock
from urllib.parse import parse_qsl, urlsplit


@contextmanager
def serving(*answers, certificate=None):
    """Serve on 127.0.0.1: the n-th request gets the n-th answer, or the last one.

    An answer is a function of the request handler. Gives the server, with its `url`,
    the headers of the requests that came, in `requests`, and the parameters in their
    addresses or bodies, in `asked`.
    """
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answers, server.requests, server.asked = answers, [], []
    server.stopping = threading.Event()
    scheme = "http"
    if certificate is not None:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with mock.patch.dict(os.environ, NO_PROXY="127.0.0.1"):
            yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def whole(content, content_type="application/zip", cut_at=None):
    """Send the file from its start, whatever is asked; stop at byte `cut_at`."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:cut_at])

    return answer


def from_where_asked(content, cut_at=None):
    """Send the part of the file that is asked for; stop at byte `cut_at`."""

    def answer(handler):
        asked = handler.headers.get("Range")
        if asked is None:
            return whole(content, cut_at=cut_at)(handler)
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            return not_satisfiable(f"bytes */{len(content)}")(handler)
        end = len(content) - 1
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{end}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        handler.wfile.write(content[start:cut_at])

    return answer


def not_satisfiable(content_range=None):
    """Answer 416, as to a range beyond the end of the file."""

    def answer(handler):
        handler.send_response(416)
        if content_range:
            handler.send_header("Content-Range", content_range)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def status(code, **headers):
    """Answer with a status and a short page; `retry_after` becomes Retry-After."""

    def answer(handler):
        page = b"<html>Something is wrong.</html>"
        handler.send_response(code)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(page)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(page)

    return answer


def json_answer(content, cut_at=None, **headers):
    """Answer with JSON, or with a text as it is; stop at byte `cut_at`."""

    def answer(handler):
        text = content if isinstance(content, str) else json.dumps(content)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(text.encode())))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode()[:cut_at])

    return answer


def asked_of(handler):
    """Return the parameters in the address that a request asks for, or in its body."""
    parameters = handler.body or urlsplit(handler.path).query
    return dict(parse_qsl(parameters, keep_blank_values=True))


def silent(handler):
    """Say nothing until the server stops, or for ten seconds."""
    handler.server.stopping.wait(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Stay quiet about clients that hang up, as the tests make them do."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length).decode()
        n = len(self.server.requests)
        self.server.requests.append(dict(self.headers))
        self.server.asked.append(asked_of(self))
        self.server.answers[min(n, len(self.server.answers) - 1)](self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format, *arguments):
        pass
