"""Start the server, or train a model for it: ``python -m recsys_helpers.serving``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys_helpers.datasets import DatasetError
from recsys_helpers.serving import model_file
from recsys_helpers.serving.app import create_app
from recsys_helpers.serving.recommender import Recommender

# So many connections or requests are open at a time; the rest are answered 503 at once.
MOST_AT_A_TIME = 200
SECONDS_TO_END = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl+C."""
    asked = parse_arguments(arguments)
    try:
        if asked.save:
            model_file.save(_trained(asked.edition), asked.save)
            print(f"Written: {asked.save}", file=sys.stderr)
            return
        recommender = (
            model_file.load(asked.model) if asked.model else _trained(asked.edition)
        )
        app = create_app(recommender, asked.allow_origin)
        import uvicorn
    except (DatasetError, ImportError, OSError, ValueError) as error:
        raise SystemExit(f"The server does not start: {error}") from None
    uvicorn.run(
        app,
        host=asked.host,
        port=asked.port,
        # Addresses hold users' ids, which have no business in a log.
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_AT_A_TIME,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m recsys_helpers.serving",
        description="Recommend movies over HTTP. It asks nobody who they are.",
    )
    parser.add_argument(
        "--edition", help="data to train on (default: $RECSYS_DATASET, or small)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: this machine")
    parser.add_argument("--port", type=_port, default=8001)
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let scripts on pages of this origin, such as http://localhost:5500, read "
        "the answers (CORS); may come several times, * means any. By default a browser "
        "lets no page of another origin read them",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--model", type=Path, help="serve this file; nothing is trained")
    what.add_argument("--save", type=Path, help="train, write this file, and end")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 2**16:
        raise ValueError
    return port


def _trained(edition: str | None) -> Recommender:
    # Who serves a file needs neither the data nor what learns from it.
    from recsys_helpers.datasets import load_movielens
    from recsys_helpers.serving.training import train_recommender

    data = load_movielens(edition)
    print(f"Training on {len(data.ratings):,} ratings ...", file=sys.stderr)
    return train_recommender(data)


if __name__ == "__main__":
    main()
