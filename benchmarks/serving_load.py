"""What a request to the server costs: requests a second, latency, CPU and memory.

    python benchmarks/serving_load.py [--seed 0] [--quick] [--recalls] [--output FILE]

It trains the served model on the edition small (with `--quick`, sample), starts the
server as its users do, on loopback, and lets locust ask: 1, 8 and 32 users who wait for
an answer and ask again at once, each endpoint apart, three rounds in turn. The values
are medians of the rounds, `low` and `high` the least and the greatest; a round's first
second is not counted. Users and movies are drawn alike; a new user has ten ratings.

Server and load tool share the machine's cores, so each takes from the other: requests
a second are what both can do together, and CPU milliseconds a request, told apart for
the two, are what to compare. "in process" is the recommender asked without HTTP, on one
thread, for the same draws; the ratio is the server's CPU a request with one user to it.

And how much of EASE's ten best retrieval finds, by the number of candidates: a mean
over all users. With `--recalls` only this is measured, which needs no quiet machine,
and the file keeps its loads. All of it takes about five minutes. locust and psutil are
in the extra `bench`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from urllib.request import urlopen

import numpy as np

from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.results import read_results, versions, write_results
from recsys_helpers.serving import model_file
from recsys_helpers.serving.ranking import recall_of
from recsys_helpers.serving.recommender import Recommender
from recsys_helpers.serving.training import train_recommender

RESULTS = Path(__file__).parent / "results" / "serving_load.json"
ENDPOINTS = ("health", "similar", "recommend", "fold in")
USERS = (1, 8, 32)
CANDIDATES = (10, 30, 100, 300, 1000)
RECALL = "recall of EASE's ten"
N_RATINGS = 10
WARM_SECONDS = 1.0
# What a round measures, and how many decimals of it mean something.
DIGITS = {
    "requests/s": 1,
    "p50 ms": 2,
    "p95 ms": 2,
    "p99 ms": 2,
    "errors": 0,
    "server CPU ms": 3,
    "tool CPU ms": 3,
}


def main() -> None:
    arguments = parse_arguments()
    if arguments.task:
        print(json.dumps(TASKS[arguments.task[0]](*arguments.task[1:])))
        return
    edition = "sample" if arguments.quick else "small"
    asked = ("health", "fold in") if arguments.quick else ENDPOINTS
    users = USERS[:1] if arguments.quick else USERS
    rounds, seconds = (1, 0.5) if arguments.quick else (3, 4.0)
    common = {
        "edition": edition,
        "seed": arguments.seed,
        "versions": versions("numpy", "fastapi", "uvicorn", "locust"),
    }
    data = load_movielens(edition)
    model = train_recommender(data)
    records = list(recalls(model, Ease(**CHOSEN_EASE).fit(data.ratings)))
    if arguments.recalls:
        found = read_results(arguments.output)
        loads = found[found["metric"] != RECALL].to_dict("records")
        measured_now = [{**common, **record} for record in records]
        write_results(measured_now + loads, arguments.output)
        return
    with tempfile.TemporaryDirectory(prefix="serving_load_") as folder:
        path = str(Path(folder, "model.npz"))
        model_file.save(model, path)
        inside = child("inside", path, 50 if arguments.quick else 400, arguments.seed)
        records += measured(path, asked, users, rounds, seconds, arguments.seed, inside)
    write_results([{**common, **record} for record in records], arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="seconds, on sample")
    parser.add_argument("--recalls", action="store_true", help="and keep the loads")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def child(*task: object) -> dict:
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout.splitlines()[-1])


def recalls(model: Recommender, ease: Ease) -> Iterator[dict]:
    users = model.users.ids.tolist()
    wanted = [ease.recommend(user, 10)["movie_id"].to_numpy() for user in users]
    for n in CANDIDATES:
        found = [
            recall_of(model.candidates(user, n), best)
            for user, best in zip(users, wanted, strict=True)
        ]
        yield {
            "method": f"{n} candidates",
            "metric": RECALL,
            "value": round(float(np.mean(found)), 4),
            "n": len(users),
        }


def measured(
    path: str,
    endpoints: tuple[str, ...],
    concurrencies: tuple[int, ...],
    rounds: int,
    seconds: float,
    seed: int,
    inside: dict[str, float],
) -> Iterator[dict]:
    import psutil

    server, url = started(path)
    try:
        found: dict[tuple[str, int], list[dict]] = {}
        for number in range(rounds):
            for endpoint in endpoints:
                for users in concurrencies:
                    task = (url, server.pid, endpoint, users, seconds, path)
                    figures = child("load", *task, seed + number)
                    found.setdefault((endpoint, users), []).append(figures)
                    print(
                        f"{endpoint:10} {users:3} at a time:", figures, file=sys.stderr
                    )
        held = psutil.Process(server.pid).memory_info().rss / 2**20
    finally:
        server.terminate()
        server.wait(timeout=20)
    for (endpoint, users), figures in found.items():
        yield from load_records(endpoint, users, figures)
    yield from inside_records(found, inside)
    yield {"method": "server", "metric": "resident MiB", "value": round(held)}


def load_records(endpoint: str, users: int, figures: list[dict]) -> Iterator[dict]:
    for metric, digits in DIGITS.items():
        values = [one[metric] for one in figures]
        yield {
            "method": endpoint,
            "metric": metric,
            "value": round(median(values), digits),
            "low": round(min(values), digits),
            "high": round(max(values), digits),
            "split": f"{users} at a time",
            "n": sum(one["n"] for one in figures),
        }


def inside_records(
    found: dict[tuple[str, int], list[dict]], inside: dict[str, float]
) -> Iterator[dict]:
    for endpoint, cost in inside.items():
        if (endpoint, 1) not in found:
            continue
        served = median(one["server CPU ms"] for one in found[endpoint, 1])
        for metric, value in {
            "recommender CPU ms": cost,
            "server / recommender": served / cost,
        }.items():
            yield {
                "method": endpoint,
                "metric": metric,
                "value": round(value, 3),
                "split": "in process",
            }


def started(path: str) -> tuple[subprocess.Popen, str]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "recsys_helpers.serving", "--model", path]
    server = subprocess.Popen([*command, "--port", port], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urlopen(f"{url}/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server, url
    server.kill()
    raise TimeoutError("The server does not answer.")


def draws(model: Recommender, seed: int) -> dict[str, Callable[[], dict]]:
    """Give for each endpoint a function that draws what to ask it next."""
    rng = Random(seed)
    users, movies = model.users.ids.tolist(), model.movies.ids.tolist()

    def new_user() -> dict:
        rated = rng.sample(movies, N_RATINGS)
        return {movie: rng.randint(1, 10) / 2 for movie in rated}

    return {
        "health": dict,
        "similar": lambda: {"movie_id": rng.choice(movies)},
        "recommend": lambda: {"user_id": rng.choice(users)},
        "fold in": lambda: {"ratings": new_user()},
    }


def inside(path: str, n: int, seed: int) -> dict[str, float]:
    """CPU milliseconds a call of the recommender itself."""
    model = model_file.load(path)
    calls = {
        "similar": model.similar,
        "recommend": model.recommend,
        "fold in": model.recommend_to,
    }
    costs = {}
    for endpoint, call in calls.items():
        draw = draws(model, seed)[endpoint]
        asked = [draw() for _ in range(n)]
        call(**asked[0])
        start = time.process_time()
        for one in asked:
            call(**one)
        costs[endpoint] = (time.process_time() - start) / n * 1000
    return costs


def load(
    url: str,
    server_pid: int,
    endpoint: str,
    users: int,
    seconds: float,
    path: str,
    seed: int,
) -> dict[str, float]:
    """Let locust's users ask one endpoint for some seconds."""
    # It replaces the sockets of the process it is imported in, so it has its own.
    import gevent
    import psutil
    from locust import FastHttpUser, constant, task
    from locust.env import Environment

    draw = draws(model_file.load(path), seed)[endpoint]
    milliseconds, errors = [], []

    def note(response_time: float, exception: object, **_: object) -> None:
        if exception:
            errors.append(exception)
        else:
            milliseconds.append(response_time)

    class Asker(FastHttpUser):
        host = url
        wait_time = constant(0)

        @task
        def ask(self) -> None:
            send(self.client, endpoint, draw())

    def cpu_seconds() -> tuple[float, float]:
        times = psutil.Process(server_pid).cpu_times()
        return times.user + times.system, time.process_time()

    environment = Environment(user_classes=[Asker])
    environment.events.request.add_listener(note)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(min(WARM_SECONDS, seconds))
    milliseconds.clear()
    start, (server, tool) = time.perf_counter(), cpu_seconds()
    gevent.sleep(seconds)
    took, (server_end, tool_end) = time.perf_counter() - start, cpu_seconds()
    n = len(milliseconds)
    runner.quit()
    if errors and not n:
        raise RuntimeError(f"All requests to {endpoint} failed: {errors[0]}")
    quantiles = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return {
        "requests/s": n / took,
        **dict(zip(["p50 ms", "p95 ms", "p99 ms"], quantiles, strict=True)),
        "errors": len(errors),
        "server CPU ms": (server_end - server) / n * 1000,
        "tool CPU ms": (tool_end - tool) / n * 1000,
        "n": n,
    }


def send(client: object, endpoint: str, asked: dict) -> None:
    if endpoint == "health":
        client.get("/health")
    elif endpoint == "similar":
        client.get(f"/movies/{asked['movie_id']}/similar", name="similar")
    elif endpoint == "recommend":
        path = f"/users/{asked['user_id']}/recommendations"
        client.get(path, name="recommend")
    else:
        rated = asked["ratings"].items()
        ratings = [{"movie_id": movie, "rating": stars} for movie, stars in rated]
        client.post("/recommendations", json={"ratings": ratings}, name="fold in")


TASKS = {"inside": inside, "load": load}


if __name__ == "__main__":
    main()
