"""A trained recommender to serve in tests, and a server as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from urllib.error import URLError
from urllib.request import urlopen

from recsys_helpers.datasets import load_movielens
from recsys_helpers.serving.training import train_recommender

SOON = 60


@cache
def sample_recommender():
    """Train on the edition sample, once in a process."""
    return train_recommender(load_movielens("sample"))


def free_port():
    """Name a port of this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server_process(*arguments):
    """Start the server as its users do; gives the process and its address."""
    port = free_port()
    command = [sys.executable, "-m", "recsys_helpers.serving", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RECSYS_DATASET": "sample"},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(process, url)
        yield process, url
    finally:
        process.kill()
        process.communicate()


def _wait_for(process, url):
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {process.stderr.read()}")
        try:
            with urlopen(f"{url}/health", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"Nothing answers at {url}.")
