"""The endpoints: `create_app` makes a FastAPI application of a recommender.

What stands before the endpoints: limits, headers, and a net for what goes wrong.

One plain HTML page from an OpenAPI schema: it needs no network and no script.
"""

import asyncio
import base64
import hashlib
import json
import logging

# Without "from __future__ import annotations": FastAPI reads the annotations, and
# their names are local here, since only a server needs the library.
import re
from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
)
from html import escape
from typing import TYPE_CHECKING, Annotated, Any

import recsys_helpers
from recsys_helpers._checks import as_list
from recsys_helpers.extras import require
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.serving._problems import add_handlers, documented, problem
from recsys_helpers.serving.recommender import Recommender

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = [
    "BODY_SECONDS",
    "MOST_BYTES",
    "PAGE_POLICY",
    "Guard",
    "create_app",
    "docs_page",
]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Five hundred ratings are 20 KB.
MOST_BYTES = 64 * 1024
#: A body that takes longer holds a place that somebody else could have.
BODY_SECONDS = 10.0

POLICY = b"content-security-policy"
HEADERS = {
    b"cache-control": b"no-store",
    POLICY: b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
logger = logging.getLogger("recsys_helpers.serving")


class _RefusedError(Exception):
    pass


class _GoneError(Exception):
    pass


class Guard:
    """ASGI middleware: reads the whole body first, within limits.

    An exception that nobody has handled goes into the log with its traceback, and the
    client learns only that the server has failed.

    Parameters
    ----------
    app : ASGI application
    most_bytes : int
        Of a body.
    body_seconds : float
        In which a body must have come.
    """

    def __init__(
        self,
        app: Callable,
        most_bytes: int = MOST_BYTES,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app, self.most_bytes, self.body_seconds = app, most_bytes, body_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = list(message.get("headers", []))
                names = {name.lower() for name, _ in own}
                more = [pair for pair in HEADERS.items() if pair[0] not in names]
                message = {**message, "headers": [*own, *more]}
            await send(message)

        try:
            async with asyncio.timeout(self.body_seconds):
                body = await self._body(scope, receive)
        except _GoneError:
            return
        except TimeoutError:
            answer = problem(408, f"A body must come within {self.body_seconds:g} s.")
            await answer(scope, receive, send_guarded)
            return
        except _RefusedError:
            detail = (
                f"A body has at most {self.most_bytes:,} bytes. Send fewer ratings."
            )
            await problem(413, detail)(scope, receive, send_guarded)
            return
        try:
            await self.app(scope, _replayed(body, receive), send_guarded)
        except Exception:
            logger.exception("%s %s failed", scope["method"], _route(scope))
            if started:
                raise
            detail = "The reason is in the server's log. Try again later."
            await problem(500, detail)(scope, receive, send_guarded)

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared[:20]) > self.most_bytes:
            raise _RefusedError
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _GoneError
            body += message.get("body", b"")
            if len(body) > self.most_bytes:
                raise _RefusedError
            more = message.get("more_body", False)
        return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _route(scope: Message) -> str:
    """Name the endpoint as it was declared, without anybody's id."""
    return getattr(scope.get("route"), "path", "unknown address")


_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:1rem auto;"
    "padding:0 1rem}code,pre{background:#f2f4f6;color:#111}pre{padding:.5rem;"
    "overflow-x:auto}h2{margin-top:2rem;overflow-wrap:anywhere}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: The page may use its own style and nothing else.
PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"


def docs_page(schema: Mapping[str, Any]) -> str:
    """Write the page of an OpenAPI schema.

    Parameters
    ----------
    schema : mapping
        As FastAPI's ``app.openapi()`` gives it.

    Returns
    -------
    str
        HTML. All that comes from the schema is escaped.

    Examples
    --------
    >>> "<h1>A &lt; B</h1>" in docs_page({"info": {"title": "A < B"}, "paths": {}})
    True
    """
    title = escape(schema["info"]["title"])
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f"<p>{escape(schema['info'].get('description', ''))}</p>",
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>',
    ]
    for path, methods in schema["paths"].items():
        for method, endpoint in methods.items():
            parts += _endpoint(method.upper(), path, endpoint, schema)
    return "\n".join([*parts, "</main></body></html>"])


def _endpoint(
    method: str, path: str, endpoint: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2>{method} <code>{escape(path)}</code></h2>"
    yield f"<p>{escape(endpoint.get('description', endpoint.get('summary', '')))}</p>"
    fields = [_field(one) for one in endpoint.get("parameters", [])]
    if fields:
        yield "<h3>Takes</h3><ul>" + "".join(fields) + "</ul>"
    if "requestBody" in endpoint:
        reference = endpoint["requestBody"]["content"]["application/json"]["schema"]
        body = schema["components"]["schemas"][reference["$ref"].rsplit("/", 1)[1]]
        example = json.dumps(body["examples"][0], indent=2)
        yield f"<h3>Takes a body, for example</h3><pre>{escape(example)}</pre>"
    answers = [
        f"<li><code>{escape(status)}</code> {escape(answer['description'])}</li>"
        for status, answer in endpoint["responses"].items()
    ]
    yield "<h3>Answers</h3><ul>" + "".join(answers) + "</ul>"


def _field(parameter: Mapping[str, Any]) -> str:
    kind = parameter["schema"]
    facts = [kind.get("type", "")]
    if "minimum" in kind:
        facts.append(f"{kind['minimum']} to {kind['maximum']}")
    if "default" in kind:
        facts.append(f"default {json.dumps(kind['default'])}")
    about = escape(parameter.get("description", ""))
    return (
        f"<li><code>{escape(parameter['name'])}</code> "
        f"({escape(', '.join(facts))}) {about}</li>"
    )


_ABOUT = (
    "Similar movies and recommendations from a model of the course Five Ways to "
    "Recommend a Movie. It asks nobody who they are, keeps nothing of what is sent, "
    "and answers every error in one shape."
)
_COMMON = (405, 408, 413, 500)
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def create_app(
    recommender: Recommender, allow_origins: Iterable[str] = ()
) -> "FastAPI":
    """Make an application that answers with this recommender.

    Parameters
    ----------
    recommender : Recommender
    allow_origins : iterable of str
        Where pages come from whose scripts may read the answers in a browser, such as
        ``"http://localhost:5500"``; ``"*"``: from anywhere. By default only pages of
        this server may.

    Returns
    -------
    fastapi.FastAPI
        An ASGI application, for uvicorn or for ``fastapi.testclient.TestClient``.

    Raises
    ------
    ImportError
        If FastAPI is not installed.
    ValueError
        If an origin is none.
    """
    origins = _checked_origins(allow_origins)
    app = require("fastapi", "serve").FastAPI(
        title="Recommend a movie",
        version=recsys_helpers.__version__,
        description=_ABOUT,
        # FastAPI's own pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=documented(*_COMMON),
    )
    add_handlers(app)
    _add_health(app, recommender)
    _add_movies(app, recommender)
    _add_recommendations(app, recommender)
    _add_docs(app)
    _answer_head(app)
    app.add_middleware(Guard)
    if origins:
        from starlette.middleware.cors import CORSMiddleware

        # Around the guard, so that a page can read its refusals too.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["content-type"],
        )
    return app


def _checked_origins(origins: Iterable[str]) -> list[str]:
    listed = as_list(origins)
    for origin in listed:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{origin!r} is no origin: write scheme, host and port as a browser "
                "does, in small letters and without a path, such as "
                '"http://localhost:5500"; or "*" for any.'
            )
    return listed


def _answer_head(app: "FastAPI") -> None:
    """Let HEAD be asked wherever GET is, as HTTP has it: RFC 9110, section 9.1."""
    app.openapi()  # is kept, so that no endpoint is described twice
    for route in app.routes:
        methods = getattr(route, "methods", None) or set()
        if "GET" in methods:
            methods.add("HEAD")


def _add_health(app: "FastAPI", recommender: Recommender) -> None:
    from recsys_helpers.serving.schemas import Health

    counts = recommender.counts
    health = Health(
        status="ok",
        edition=recommender.edition,
        n_users=counts.users,
        n_movies=counts.movies,
        n_ratings=counts.ratings,
        version=recsys_helpers.__version__,
        model=recommender.fingerprint,
    )

    @app.get("/health", summary="What is loaded")
    def tell_health() -> Health:
        """Say which model answers here. For whoever watches over the server."""
        return health


def _add_movies(app: "FastAPI", recommender: Recommender) -> None:
    from fastapi import Path, Query

    from recsys_helpers.serving.schemas import Found, HowMany, Id, Search, Similar

    @app.get("/movies", summary="Search titles", responses=documented(422))
    def search_movies(asked: Annotated[Search, Query()]) -> Found:
        """Find the ids of movies by title: whole titles first, then words and parts."""
        found = recommender.search(asked.query, asked.n)
        movies = [{"movie_id": one, "title": title} for one, title in found]
        # FastAPI makes a Found of it, and of the dicts below what they promise.
        return {"movies": movies}  # type: ignore[return-value]

    @app.get(
        "/movies/{movie_id}/similar",
        summary="Similar movies",
        responses=documented(404, 422),
    )
    def list_similar(
        movie_id: Annotated[Id, Path(examples=[1])],
        asked: Annotated[HowMany, Query()],
    ) -> Similar:
        """List the movies whose vectors point in the same direction."""
        if recommender.unknown_movies([movie_id]):
            return problem(
                404,
                f"Movie {movie_id} is not among those that this model knows. The "
                "nearest ids are in nearest; GET /movies?query= finds ids by title.",
                nearest=recommender.nearest_ids(movie_id),
            )
        movies = _rows(recommender.similar(movie_id, asked.n))
        return {"movies": movies}  # type: ignore[return-value]


def _add_recommendations(app: "FastAPI", recommender: Recommender) -> None:
    from fastapi import Path, Query

    from recsys_helpers.serving.schemas import (
        ForUser,
        HowMany,
        Id,
        NewUser,
        Recommended,
    )

    @app.get(
        "/users/{user_id}/recommendations",
        summary="Recommend to somebody known",
        responses=documented(404, 422),
    )
    def recommend(
        user_id: Annotated[Id, Path(examples=[1])],
        asked: Annotated[ForUser, Query()],
    ) -> Recommended:
        """List movies for a user who had ratings when the model was trained."""
        try:
            found = recommender.recommend(user_id, asked.n, asked.exclude_seen)
        except UnknownIdError:
            # Other users' ids would be the wrong help: they are nobody's business.
            return problem(
                404,
                f"User {user_id} had no ratings when this model was trained. Send "
                "their ratings to POST /recommendations.",
            )
        return _recommended(found)  # type: ignore[return-value]

    @app.post(
        "/recommendations",
        summary="Recommend to somebody new",
        responses=documented(400, 404, 422),
    )
    def recommend_to(
        new_user: NewUser, asked: Annotated[HowMany, Query()]
    ) -> Recommended:
        """List movies for somebody with these ratings. They are not kept."""
        ratings = {one.movie_id: one.rating for one in new_user.ratings}
        unknown = recommender.unknown_movies(list(ratings))
        if unknown:
            return problem(
                404,
                f"This model does not know {len(unknown)} of the movies, the first of "
                f"them {unknown[0]}. Leave them out; the ids nearest to it are in "
                "nearest.",
                nearest=recommender.nearest_ids(unknown[0]),
            )
        found = recommender.recommend_to(ratings, asked.n)
        return _recommended(found)  # type: ignore[return-value]


def _add_docs(app: "FastAPI") -> None:
    from fastapi.openapi.utils import get_openapi
    from starlette.responses import HTMLResponse

    from recsys_helpers.serving.schemas import Problem

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            # Errors have a media type of their own, so FastAPI does not add theirs.
            shape = Problem.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            schemas = schema["components"]["schemas"]
            schemas |= shape.pop("$defs") | {"Problem": shape}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi

    @app.get("/docs", include_in_schema=False)
    def show_docs() -> HTMLResponse:
        policy = {POLICY.decode(): PAGE_POLICY}
        return HTMLResponse(docs_page(app.openapi()), headers=policy)


def _rows(movies: list) -> list[dict[str, Any]]:
    return [movie._asdict() for movie in movies]


def _recommended(found: Any) -> dict[str, Any]:
    return {"movies": _rows(found.movies), "based_on_likes": found.based_on_likes}
