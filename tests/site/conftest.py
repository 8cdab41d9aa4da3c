"""One browser, and one server of the built site, for all tests of this folder."""

import functools
import http.server
import threading

import in_browser
import pytest
from built_site import SITE


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files as a server on the web does, without a line on stderr for each."""

    protocol_version = "HTTP/1.1"  # keeps connections open

    def end_headers(self):
        """Let the browser keep what it has."""
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="package")
def address():
    """Serve the site on this machine."""
    handler = functools.partial(Handler, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def browser():
    with in_browser.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def reader(browser):
    """A reader who opens one page after another, and has the files of the last ones."""
    return browser.new_context(reduced_motion="reduce", color_scheme="light")


@pytest.fixture
def tab(reader):
    """A new tab of that reader, where no page has stored anything yet."""
    tab = in_browser.new_tab(reader)
    yield tab
    tab.evaluate("() => { try { localStorage.clear(); } catch { /* it had none */ } }")
    tab.close()


@pytest.fixture
def new_tab(browser):
    """Open tabs of new readers, whose browsers are as the options say."""
    readers = []

    def make(**options):
        options = {"reduced_motion": "reduce", "color_scheme": "light"} | options
        readers.append(browser.new_context(**options))
        return in_browser.new_tab(readers[-1])

    yield make
    for reader in readers:
        reader.close()
