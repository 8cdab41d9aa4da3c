"""The endpoints: `create_app` makes a FastAPI application of a recommender.

A film or user that the model does not know is answered with 404, in the shape of
`schemas.Problem`; for a film, with the ids nearest to it.
"""

# Without "from __future__ import annotations": FastAPI reads the annotations, and
# their names are local here, since only a server needs the library.
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import recsys_helpers
from recsys_helpers._checks import as_list
from recsys_helpers.extras import require
from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.serving._guard import Guard, ProblemError, add_handlers, documented
from recsys_helpers.serving.recommender import Recommender

if TYPE_CHECKING:
    from fastapi import FastAPI

_ABOUT = (
    "Similar movies and recommendations from a model of the course Five Ways to "
    "Recommend a Movie. It asks nobody who they are, keeps nothing of what is sent, "
    "and answers every error in one shape."
)
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
        responses=documented(405, 408, 413, 500),
    )
    add_handlers(app)
    _add_health(app, recommender)
    _add_movies(app, recommender)
    _add_recommendations(app, recommender)
    _add_docs(app)
    for route in app.routes:
        # HEAD can be asked wherever GET can: RFC 9110, section 9.1.
        methods = getattr(route, "methods", None) or set()
        if "GET" in methods:
            methods.add("HEAD")
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
        return Found(movies=recommender.search(asked.query, asked.n))

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
            raise ProblemError(
                404,
                f"Movie {movie_id} is not among those that this model knows. The "
                "nearest ids are in nearest; GET /movies?query= finds ids by title.",
                nearest=recommender.nearest_ids(movie_id),
            )
        return Similar(movies=recommender.similar(movie_id, asked.n))


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
        except UnknownIdError as error:
            # Other users' ids would be the wrong help: they are nobody's business.
            raise ProblemError(
                404,
                f"User {user_id} had no ratings when this model was trained. Send "
                "their ratings to POST /recommendations.",
            ) from error
        return Recommended(**found._asdict())

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
            raise ProblemError(
                404,
                f"This model does not know {len(unknown)} of the movies, the first of "
                f"them {unknown[0]}. Leave them out; the ids nearest to it are in "
                "nearest.",
                nearest=recommender.nearest_ids(unknown[0]),
            )
        found = recommender.recommend_to(ratings, asked.n)
        return Recommended(**found._asdict())


def _add_docs(app: "FastAPI") -> None:
    """List the endpoints as text, a line each, and complete ``/openapi.json``."""
    from starlette.responses import PlainTextResponse

    from recsys_helpers.serving.schemas import Problem

    @app.get("/docs", include_in_schema=False)
    def list_endpoints() -> PlainTextResponse:
        endpoints = [
            f"{method.upper()} {path}: {endpoint['summary']}"
            for path, methods in app.openapi()["paths"].items()
            for method, endpoint in methods.items()
        ]
        more = "What they take and answer, for people and programs: /openapi.json"
        return PlainTextResponse("\n".join([_ABOUT, "", *endpoints, "", more, ""]))

    # Errors have a media type of their own, so FastAPI does not add their shape. The
    # description is made once, here, and kept.
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    described = app.openapi()["components"]["schemas"]
    described.update(shape.pop("$defs"), Problem=shape)
