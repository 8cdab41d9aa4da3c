"""The server as a process, and the container file that starts it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from packaging.utils import canonicalize_name
from served import sample_recommender, server_process

from recsys_helpers.serving import __main__ as command_line
from recsys_helpers.serving import model_file

ROOT = Path(__file__).resolve().parents[2]
SERVE_LOCK = (ROOT / "requirements-serve.lock").read_text(encoding="utf-8")
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.npz"
    model_file.save(sample_recommender(), path)
    return path


@pytest.fixture(scope="module")
def server(model_path):
    with server_process("--model", model_path) as started:
        yield started


# --- the process --------------------------------------------------------------------


def test_the_process_answers_as_the_model_in_its_file(server):
    _, url = server
    with urlopen(f"{url}/health", timeout=20) as answer:
        assert json.load(answer)["model"] == sample_recommender().fingerprint
        assert "server" not in answer.headers
    with urlopen(Request(f"{url}/health", method="HEAD"), timeout=20) as answer:
        assert (answer.status, answer.read()) == (200, b"")
    body = json.dumps({"ratings": [{"movie_id": 1, "rating": 5}]}).encode()
    headers = {"content-type": "application/json"}
    request = Request(f"{url}/recommendations?n=3", body, headers)
    with urlopen(request, timeout=20) as answer:
        found = json.load(answer)["movies"]
    wanted = sample_recommender().recommend_to({1: 5.0}, 3).movies
    assert [movie["movie_id"] for movie in found] == [one.movie_id for one in wanted]


def test_the_process_refuses_a_large_body_and_goes_on(server):
    _, url = server
    request = Request(f"{url}/recommendations", b" " * 70_000)
    # The answer can come while the body is still under way, and cut it off.
    with pytest.raises((HTTPError, OSError)):
        urlopen(request, timeout=20)
    with urlopen(f"{url}/health", timeout=20) as answer:
        assert answer.status == 200


def test_the_process_listens_on_this_machine_only():
    assert command_line.parse_arguments([]).host == "127.0.0.1"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_sigterm_ends_the_process_and_frees_its_port(model_path):
    with server_process("--model", model_path) as (process, url):
        urlopen(f"{url}/health", timeout=20).close()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    # uvicorn finishes, and then ends by the signal that it was sent.
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Finished server process" in log
    assert "Traceback" not in log
    assert "/health" not in log  # no access log: addresses hold users' ids
    port = int(url.rsplit(":", 1)[1])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize("spoil", ["cut short", "missing"])
def test_without_a_whole_model_file_it_does_not_start(model_path, tmp_path, spoil):
    path = tmp_path / "model.npz"
    if spoil == "cut short":
        path.write_bytes(model_path.read_bytes()[:1000])
    with pytest.raises(SystemExit, match=path.name) as refused:
        command_line.main(["--model", str(path)])
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "0"],
        ["--port", "x"],
        ["--port", "65536"],
        ["--model", "a", "--save", "b"],
    ],
)
def test_settings_that_cannot_be_are_refused(arguments):
    with pytest.raises(SystemExit) as refused:
        command_line.parse_arguments(arguments)
    assert refused.value.code == 2


def test_origins_that_are_allowed_reach_the_application(model_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        command_line, "create_app", lambda _, origins: given.extend(origins)
    )
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)
    both = ["--allow-origin", "http://localhost:5500", "--allow-origin", "*"]
    command_line.main(["--model", str(model_path), *both])
    assert given == ["http://localhost:5500", "*"]


def test_without_an_origin_that_can_be_it_does_not_start(model_path):
    with pytest.raises(SystemExit, match="localhost:5500"):
        command_line.main(
            ["--model", str(model_path), "--allow-origin", "localhost:5500"]
        )


def test_an_unknown_edition_is_named():
    with pytest.raises(SystemExit, match="largest"):
        command_line.main(["--edition", "largest"])


def test_a_model_is_trained_and_written(tmp_path, monkeypatch):
    monkeypatch.setattr(command_line, "_trained", lambda _: sample_recommender())
    command_line.main(["--save", str(tmp_path / "new" / "model.npz")])
    loaded = model_file.load(tmp_path / "new" / "model.npz")
    assert loaded.fingerprint == sample_recommender().fingerprint


# --- the container file -------------------------------------------------------------


def instructions():
    """List the steps of the container file: the word, and what stands behind it."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def only(word):
    (rest,) = [rest for name, rest in instructions() if name == word]
    return rest


def test_what_the_container_copies_is_here_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for word, rest in instructions():
        if word in ("COPY", "ADD"):
            *sources, _ = rest.split()
            for source in sources:
                assert (ROOT / source).exists(), source
                assert f"!{source.rstrip('/')}" in ignored


def test_the_container_runs_as_nobody_and_holds_no_model():
    user = only("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert ".npz" not in "".join(
        rest for word, rest in instructions() if word == "COPY"
    )


def test_the_container_installs_pinned_packages_with_their_hashes_only():
    installs = [rest for word, rest in instructions() if word == "RUN"]
    assert len(installs) == 1
    assert "--require-hashes -r requirements-serve.lock" in installs[0]


def test_the_container_names_no_address_but_its_own():
    addresses = re.findall(r"https?://[^\s'\"]+", CONTAINERFILE)
    assert {address.split("/")[2].split(":")[0] for address in addresses} <= {
        "127.0.0.1"
    }
    assert re.fullmatch(r"python:3\.\d+-slim", only("FROM"))


def test_the_command_of_the_container_starts_here(model_path):
    command = json.loads(only("CMD"))
    assert command[:3] == ["python", "-m", "recsys_helpers.serving"]
    asked = command_line.parse_arguments(command[3:])
    assert asked.model.as_posix() == "/model/model.npz"
    assert str(asked.port) == only("EXPOSE")
    assert asked.host == "0.0.0.0"


def test_the_health_check_of_the_container_works_here(server):
    _, url = server
    check = json.loads(only("HEALTHCHECK").split("CMD", 1)[1])
    assert check[:2] == ["python", "-c"]
    for address, code in ((url, 0), ("http://127.0.0.1:1", 1)):
        program = check[2].replace("http://127.0.0.1:8001", address)
        run = subprocess.run([sys.executable, "-c", program], capture_output=True)
        assert run.returncode == code


ONLY_PINNED = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from recsys_helpers.serving import app, model_file
import uvicorn.protocols.http.h11_impl, uvicorn.loops.asyncio
model = model_file.load(sys.argv[1])
api = app.create_app(model)
print(len(api.openapi()["paths"]), len(model.recommend_to({1: 5.0}).movies))
"""


def test_serving_needs_nothing_that_the_container_does_not_install(model_path):
    pins = re.findall(r"^(\S+?)==", SERVE_LOCK, re.MULTILINE)
    pinned = {canonicalize_name(name) for name in [*pins, "recsys-helpers"]}
    others = [
        name
        for name, owners in packages_distributions().items()
        if not pinned & {canonicalize_name(owner) for owner in owners}
    ]
    assert {"implicit", "matplotlib", "tensorflow"} <= set(others)
    run = subprocess.run(
        [sys.executable, "-c", ONLY_PINNED, str(model_path), *others],
        capture_output=True,
        text=True,
    )
    assert (run.stdout, run.returncode) == ("5 10\n", 0), run.stderr


def test_every_pin_of_the_container_is_one_of_the_course():
    def blocks(text):
        return set(re.split(r"\n(?=\S)", text.strip()))

    whole = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert blocks(SERVE_LOCK) <= blocks(whole)
