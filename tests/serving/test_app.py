"""The server answers what it promises, and says clearly what it cannot do."""

import asyncio
import importlib
import json
import logging
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from served import sample_recommender

from recsys_helpers.serving import _guard as guard
from recsys_helpers.serving import app as app_module
from recsys_helpers.serving import schemas
from recsys_helpers.serving._guard import PROBLEM_JSON
from recsys_helpers.serving.app import create_app

with warnings.catch_warnings():
    # Starlette would rather have a newer client; this one does.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

JSON = {"content-type": "application/json"}
TOY_STORY = 1
api = create_app(sample_recommender())
schema = schemathesis.openapi.from_asgi("/openapi.json", api)


@pytest.fixture(scope="module")
def client():
    return TestClient(api)


@pytest.fixture(scope="module")
def user():
    return int(sample_recommender().users.ids[0])


def post(client, ratings, **query):
    return client.post("/recommendations", json={"ratings": ratings}, params=query)


def rating(movie_id=TOY_STORY, stars=4.5):
    return {"movie_id": movie_id, "rating": stars}


def problem_of(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM_JSON
    found = response.json()
    assert set(found) == {"title", "status", "detail", "faults", "nearest"}
    assert found["status"] == status
    assert "Traceback" not in response.text
    return found


# --- what it promises ---------------------------------------------------------------


def test_health_says_what_is_loaded(client):
    found = client.get("/health").json()
    model = sample_recommender()
    assert found["status"] == "ok"
    assert (found["edition"], found["model"]) == ("sample", model.fingerprint)
    counted = (found["n_users"], found["n_movies"], found["n_ratings"])
    assert counted == model.counts


def test_similar_movies_are_the_recommenders(client):
    found = client.get(f"/movies/{TOY_STORY}/similar", params={"n": 3}).json()
    wanted = sample_recommender().similar(TOY_STORY, 3)
    assert found["movies"] == [asdict(movie) for movie in wanted]


def test_recommendations_are_the_recommenders(client, user):
    for exclude_seen in (True, False):
        found = client.get(
            f"/users/{user}/recommendations",
            params={"n": 7, "exclude_seen": str(exclude_seen).lower()},
        ).json()
        wanted = sample_recommender().recommend(user, 7, exclude_seen)
        assert found["movies"] == [asdict(movie) for movie in wanted.movies]
        assert found["based_on_likes"] is True


def test_a_new_user_gets_a_list_of_their_own_and_is_not_kept(client):
    before = client.get("/health").json()
    found = post(client, [rating(), rating(50)], n=4).json()
    wanted = sample_recommender().recommend_to({TOY_STORY: 4.5, 50: 4.5}, 4)
    assert found["movies"] == [asdict(movie) for movie in wanted.movies]
    assert client.get("/health").json() == before


def test_without_n_there_are_ten(client, user):
    assert len(client.get(f"/users/{user}/recommendations").json()["movies"]) == 10


def test_titles_are_found(client):
    found = client.get("/movies", params={"query": "toy story", "n": 1}).json()
    assert found == {"movies": [{"movie_id": 1, "title": "Toy Story (1995)"}]}


def test_a_whole_number_may_be_written_with_a_point_in_json(client):
    assert post(client, [rating(1.0)]).json() == post(client, [rating(1)]).json()


def test_as_many_ratings_as_are_allowed_are_accepted(client):
    known = sample_recommender().movies.ids[: schemas.MOST_RATINGS].tolist()
    response = post(client, [rating(one) for one in known])
    assert len(known) == schemas.MOST_RATINGS
    assert response.status_code == 200


def test_answers_do_not_depend_on_how_many_ask_at_once(client):
    users = sample_recommender().users.ids[:24].tolist()

    def ask(user):
        movies = sample_recommender().movies.ids[user % 50 : user % 50 + 9].tolist()
        known = client.get(f"/users/{user}/recommendations").json()
        return known, post(client, [rating(one) for one in movies]).json()

    alone = [ask(user) for user in users]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, users)) == alone


# --- what it refuses ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/movies/1/similar?n=0", "query.n"),
        ("/movies/1/similar?n=101", "query.n"),
        ("/movies/1/similar?n=ten", "query.n"),
        ("/movies/1/similar?n=1_0", "query.n"),
        ("/movies/1/similar?n=%D9%A1", "query.n"),
        ("/movies/1/similar?n=1e1", "query.n"),
        ("/movies/1/similar?n=" + "9" * 5000, "query.n"),
        ("/movies/1/similar?m=5", "query.m"),
        ("/movies/0/similar", "path.movie_id"),
        ("/movies/-1/similar", "path.movie_id"),
        ("/movies/1.0/similar", "path.movie_id"),
        ("/movies/toy%20story/similar", "path.movie_id"),
        ("/movies/2147483648/similar", "path.movie_id"),
        ("/users/x/recommendations", "path.user_id"),
        ("/users/4/recommendations?exclude_seen=maybe", "query.exclude_seen"),
        ("/movies", "query.query"),
        ("/movies?query=", "query.query"),
        ("/movies?query=%20%20", "query.query"),
        ("/movies?query=" + "a" * 101, "query.query"),
    ],
)
def test_a_wrong_address_is_told_where_it_is_wrong(client, path, where):
    found = problem_of(client.get(path), 422)
    assert found["faults"][0]["where"] == where
    assert where in found["detail"]
    assert len(found["detail"]) < 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.ratings"),
        ([], "body"),
        ({"ratings": []}, "body.ratings"),
        ({"ratings": None}, "body.ratings"),
        ({"ratings": {"1": 5}}, "body.ratings"),
        ({"ratings": [rating()] * 2}, "body.ratings"),
        ({"ratings": [rating(one) for one in range(1, 502)]}, "body.ratings"),
        ({"ratings": [rating()], "user": 3}, "body.user"),
        ({"ratings": [rating() | {"title": "x"}]}, "body.ratings.0.title"),
        ({"ratings": [{"movie_id": 1}]}, "body.ratings.0.rating"),
        ({"ratings": [rating("1")]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(True)]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(0)]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(1.5)]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(float("inf"))]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(2**31)]}, "body.ratings.0.movie_id"),
        ({"ratings": [rating(stars=0)]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars=5.5)]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars=4.25)]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars="5")]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars=None)]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars=float("nan"))]}, "body.ratings.0.rating"),
        ({"ratings": [rating(stars=float("inf"))]}, "body.ratings.0.rating"),
    ],
)
def test_a_wrong_body_is_told_where_it_is_wrong(client, body, where):
    content = json.dumps(body).encode()
    response = client.post("/recommendations", content=content, headers=JSON)
    assert problem_of(response, 422)["faults"][0]["where"] == where


def test_a_movie_that_comes_twice_is_named(client):
    found = problem_of(post(client, [rating(50), rating(1), rating(50, 1)]), 422)
    assert "50" in found["detail"]


def test_of_many_faults_the_first_are_listed(client):
    response = post(client, [rating(one, 9) for one in range(1, 101)])
    found = problem_of(response, 422)
    assert len(found["faults"]) == 10
    assert "99" in found["detail"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff{}", 400),
        (b"[" * 60_000, 400),
        (b'{"ratings": [{"movie_id": ' + b"1" * 5000 + b"}]}", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_the_clients_fault(client, content, status):
    response = client.post("/recommendations", content=content, headers=JSON)
    problem_of(response, status)


def test_a_body_that_does_not_say_that_it_is_json_is_refused(client):
    content = json.dumps({"ratings": [rating()]}).encode()
    headers = {"content-type": "text/plain"}
    problem_of(client.post("/recommendations", content=content, headers=headers), 422)


def test_a_large_body_is_refused_whether_it_says_so_or_not(client):
    large = b" " * (guard.MOST_BYTES + 1)
    response = client.post("/recommendations", content=large, headers=JSON)
    assert "65,536 bytes" in problem_of(response, 413)["detail"]
    pieces = (large[i : i + 8192] for i in range(0, len(large), 8192))
    response = client.post("/recommendations", content=pieces, headers=JSON)
    problem_of(response, 413)


def test_a_body_that_comes_too_slowly_is_refused():
    async def never(*_):
        await asyncio.sleep(3600)

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": []}
    asyncio.run(guard.Guard(api, body_seconds=0.01)(scope, never, send))
    assert sent[0]["status"] == 408


def test_who_hangs_up_gets_no_answer():
    async def gone():
        return {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "headers": []}
    asyncio.run(guard.Guard(api)(scope, gone, send))


def test_an_unknown_movie_comes_with_the_nearest(client):
    found = problem_of(client.get("/movies/4/similar"), 404)
    assert found["nearest"][0]["title"]
    assert "Movie 4 " in found["detail"]
    found = problem_of(post(client, [rating(), rating(4)]), 404)
    assert "the first of them 4." in found["detail"]
    assert len(found["nearest"]) == 3


def test_an_unknown_user_learns_what_to_do_and_of_no_other_user(client):
    found = problem_of(client.get("/users/99999/recommendations"), 404)
    assert "POST /recommendations" in found["detail"]
    assert found["nearest"] == []


def test_other_addresses_and_methods_are_refused_in_the_same_shape(client):
    assert "/docs" in problem_of(client.get("/admin"), 404)["detail"]
    problem_of(client.get("/movies/1/similar/"), 404)
    response = client.delete("/health")
    assert "DELETE" in problem_of(response, 405)["detail"]
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


# --- what it keeps to itself --------------------------------------------------------


class Broken:
    """Has counts, and fails as soon as it is asked."""

    edition, fingerprint = "sample", "0"
    counts = sample_recommender().counts

    def recommend(self, *_):
        raise RuntimeError("the password is swordfish")


def test_a_failure_is_logged_and_not_shown(caplog):
    client = TestClient(create_app(Broken()))
    with caplog.at_level(logging.ERROR):
        response = client.get("/users/7/recommendations")
    found = problem_of(response, 500)
    assert "swordfish" not in response.text
    assert "log" in found["detail"]
    assert "swordfish" in caplog.text
    assert "/users/{user_id}/recommendations" in caplog.text
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/docs", "/movies/1/similar"])
def test_every_answer_has_the_headers_of_a_careful_server(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/docs",
        "/openapi.json",
        "/movies?query=toy",
        "/movies/1/similar",
        f"/users/{sample_recommender().users.ids[0]}/recommendations",
        "/movies/4/similar",
        "/nowhere",
    ],
)
def test_head_is_answered_as_get_is(client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.headers) == (get.status_code, get.headers)


def test_head_is_refused_where_there_is_no_get(client):
    assert client.head("/recommendations").status_code == 405


PAGE = "http://localhost:5500"
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}
ALLOWED = "access-control-allow-origin"


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [
        ((), None),
        ([PAGE], PAGE),
        (PAGE, PAGE),
        (["https://example.org", PAGE], PAGE),
        (["*"], "*"),
        (["https://example.org"], None),
    ],
)
def test_a_page_elsewhere_may_read_answers_only_if_its_origin_is_allowed(
    origins, allowed
):
    client = TestClient(create_app(sample_recommender(), origins))
    preflight = client.options("/recommendations", headers=PREFLIGHT)
    assert (preflight.status_code == 200) == (allowed is not None)
    assert preflight.headers.get(ALLOWED) == allowed
    for path in ("/health", "/nowhere"):
        headers = client.get(path, headers={"origin": PAGE}).headers
        assert headers.get(ALLOWED) == allowed
        assert headers["x-content-type-options"] == "nosniff"
    large = b" " * (guard.MOST_BYTES + 1)
    refused = client.post("/recommendations", content=large, headers={"origin": PAGE})
    assert (refused.status_code, refused.headers.get(ALLOWED)) == (413, allowed)


@pytest.mark.parametrize(
    "origin",
    ["localhost:5500", "http://localhost:5500/", "HTTP://A.org", "null", "", "http://"],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ValueError, match="origin"):
        create_app(sample_recommender(), [origin])


def test_the_docs_list_every_endpoint(client):
    page = client.get("/docs").text
    for path, methods in api.openapi()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}: " in page


def test_without_fastapi_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(ImportError, match="fastapi"):
        importlib.reload(app_module).create_app(sample_recommender())


# --- whatever comes, it keeps its own rules -----------------------------------------


@schema.parametrize()
@settings(max_examples=20, derandomize=True, deadline=None, database=None)
def test_the_api_is_as_its_description_says(case):
    response = case.call()
    if repeats_a_movie(case.body):
        # The schema has no words for this rule.
        assert response.status_code >= 400
        case.validate_response(response, excluded_checks=[positive_data_acceptance])
    else:
        case.validate_response(response)


def repeats_a_movie(body):
    try:
        movies = [one["movie_id"] for one in body["ratings"]]
    except (TypeError, KeyError):
        return False
    return len({str(movie) for movie in movies}) < len(movies)
