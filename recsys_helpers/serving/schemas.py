"""What may come in and what goes out, with its limits. Needs pydantic (extra serve)."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from recsys_helpers.datasets.ratings_files import LARGEST_ID
from recsys_helpers.serving.recommender import Movie, ScoredMovie

MOST_MOVIES, MOST_RATINGS, MOST_LETTERS = 100, 500, 100


def _plain_number(value: Any) -> Any:
    """Refuse text such as "1_0", " 7" and "7.0", which Python would read as numbers."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("write a whole number in plain digits, such as 10")
    return value


def _whole_number(value: Any) -> Any:
    """Read 7.0 as 7: to JSON they are the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain_truth(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("write true or false")
    return value


def _schema_up_to(largest: int) -> WithJsonSchema:
    """Say the limits: behind a validator pydantic would leave them out."""
    return WithJsonSchema({"type": "integer", "minimum": 1, "maximum": largest})


Id = Annotated[
    int,
    Field(ge=1, le=LARGEST_ID),
    BeforeValidator(_plain_number),
    _schema_up_to(LARGEST_ID),
]
Number = Annotated[
    int,
    Field(ge=1, le=MOST_MOVIES),
    BeforeValidator(_plain_number),
    _schema_up_to(MOST_MOVIES),
]
IdInBody = Annotated[
    int,
    Field(ge=1, le=LARGEST_ID),
    BeforeValidator(_whole_number),
    _schema_up_to(LARGEST_ID),
]


class _Asked(BaseModel):
    """A misspelt name is an error, and not silently the default."""

    model_config = ConfigDict(extra="forbid")


class HowMany(_Asked):
    """What can stand behind the question mark of an address."""

    n: Number = Field(10, description="How many movies you want.", examples=[5])


class ForUser(HowMany):
    """The same for a user who is known."""

    exclude_seen: Annotated[bool, BeforeValidator(_plain_truth)] = Field(
        True, description="Leave out what the user has rated."
    )


class Search(HowMany):
    """The same for a search."""

    query: str = Field(
        min_length=1,
        max_length=MOST_LETTERS,
        pattern=r"\S",
        description="A title or some of its words, however accents and signs are "
        "written; a year may follow.",
        examples=["toy story"],
    )


class Rating(BaseModel):
    """One movie that somebody has rated."""

    model_config = ConfigDict(extra="forbid", strict=True)

    movie_id: IdInBody = Field(examples=[1])
    rating: float = Field(
        ge=0.5,
        le=5,
        multiple_of=0.5,
        allow_inf_nan=False,
        description="Stars, in half steps.",
        examples=[4.5],
    )


def _each_movie_once(ratings: list[Rating]) -> list[Rating]:
    seen: set[int] = set()
    for one in ratings:
        if one.movie_id in seen:
            raise ValueError(f"movie {one.movie_id} comes twice; keep one of the two")
        seen.add(one.movie_id)
    return ratings


class NewUser(BaseModel):
    """The ratings of somebody who was not there in training."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ratings": [
                        {"movie_id": 1, "rating": 5.0},
                        {"movie_id": 50, "rating": 4.5},
                    ]
                }
            ]
        },
    )

    ratings: Annotated[list[Rating], AfterValidator(_each_movie_once)] = Field(
        min_length=1,
        max_length=MOST_RATINGS,
        description="Each movie once.",
        json_schema_extra={"uniqueItems": True},
    )


class Found(BaseModel):
    """What a search has found."""

    movies: list[Movie]


class Similar(BaseModel):
    """Most similar first; empty where nobody liked the movie."""

    movies: list[ScoredMovie]


class Recommended(BaseModel):
    """Best first."""

    movies: list[ScoredMovie]
    based_on_likes: bool = Field(
        description="False: there are no likes to go by, and these are popular."
    )


class Health(BaseModel):
    """What is loaded."""

    status: str = Field(examples=["ok"])
    edition: str
    n_users: int
    n_movies: int
    n_ratings: int
    version: str = Field(description="Of the code.")
    model: str = Field(description="Fingerprint of the trained numbers.")


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(examples=["query.n"])
    message: str


class Problem(BaseModel):
    """The one shape of an error: RFC 9457, "Problem Details for HTTP APIs"."""

    title: str
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    faults: list[Fault] = []
    nearest: list[Movie] = []
