"""What users like and watch, and how movies stand, beyond what a bias model expects.

`out_of_fold` gives each training rating such features in which it has no part.
"""

from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np
import pandas as pd

from recsys_helpers._checks import check_count
from recsys_helpers.features.content import (
    RatedFeatures,
    check_movies_known,
    genre_flags,
)
from recsys_helpers.methods.baselines import BiasModel

# A liking is pulled towards 0 as if there were so many more ratings without any, and
# what somebody watches towards what all do, as by so many ratings of theirs.
LIKES_SHRINKAGE, WATCHES_SHRINKAGE = 3, 10
# The shortest of the shortened histories keeps this share of the ratings.
SHORTEST_HISTORY = 0.01


def taste_features(
    ratings: pd.DataFrame, movies: pd.DataFrame, histories: pd.DataFrame | None = None
) -> RatedFeatures:
    """How users and movies differ from what a bias model expects of them.

    An average of few ratings says little, and an average by genre says for the most
    part how strict somebody is. So these features start from the biases of
    `BiasModel` on `ratings`, which are shrunk, and look at what is left.

    Parameters
    ----------
    ratings : DataFrame with `user_id`, `movie_id` and `rating`
    movies : DataFrame with `movie_id`, `genres` (a tuple of str) and `year`
    histories : DataFrame with the columns of `ratings`, optional
        By which the users are described, if not by `ratings`.

    Returns
    -------
    RatedFeatures
        users: those of `user_tastes`. movies: `bias` (in stars), `log_n_ratings` and
        `raters_bias`, the mean bias of who rated it, for the movies that have
        ratings.

    Raises
    ------
    UnknownIdError
        If a movie that was rated is not in `movies`.
    """
    model = BiasModel().fit(ratings)
    known = model.interactions_
    user_biases = pd.Series(model.user_biases_, index=known.users.ids)
    of_raters = ratings["user_id"].map(user_biases).groupby(ratings["movie_id"])
    standing = pd.DataFrame(
        {
            "bias": model.movie_biases_,
            "log_n_ratings": np.log1p(of_raters.size()),
            "raters_bias": of_raters.mean(),
        },
        index=pd.Index(known.movies.ids, name="movie_id"),
    )
    if histories is None:
        histories = ratings
    return RatedFeatures(user_tastes(histories, movies, model), standing)


def user_tastes(
    ratings: pd.DataFrame, movies: pd.DataFrame, model: BiasModel
) -> pd.DataFrame:
    """Describe users by their ratings, be they known to the bias model or new.

    Of the fitted model are used its mean, its movies' biases, how many ratings they
    have, and its shrinkage; a movie that it does not know has a bias of 0.

    Returns
    -------
    DataFrame, indexed by user_id
        `bias`, in stars: the user's, as `BiasModel` has it. `log_n_ratings`. Then,
        for each genre and for being ``newer``, ``famous`` and ``acclaimed``:

        - ``likes <it>``: how far the user's ratings rise with it, in stars, after both
          biases; shrunk towards 0. NaN if no movie had any of it.
        - ``watches <it>``: how much of it the movies that they rate have on average;
          shrunk towards the average of all ratings that the model knows.
    """
    check_movies_known(ratings, movies)
    known = model.interactions_
    biases = pd.Series(model.movie_biases_, index=known.movies.ids)
    user_ids, movie_ids = ratings["user_id"], ratings["movie_id"]
    rest = ratings["rating"] - model.mean_ - movie_ids.map(biases).fillna(0)
    n_ratings = user_ids.groupby(user_ids).size()
    bias = rest.groupby(user_ids).sum() / (model.user_shrinkage + n_ratings)
    rest = rest - user_ids.map(bias)

    traits = movie_traits(movies, model)
    of_rows = traits.reindex(movie_ids).set_index(ratings.index)
    squares = (of_rows**2).groupby(user_ids).sum()
    likes = of_rows.mul(rest, axis=0).groupby(user_ids).sum()
    likes /= squares + LIKES_SHRINKAGE
    watches = of_rows.groupby(user_ids).sum()
    watches += WATCHES_SHRINKAGE * usual_traits(traits, model)
    watches = watches.div(n_ratings + WATCHES_SHRINKAGE, axis=0)
    return pd.concat(
        [
            pd.DataFrame({"bias": bias, "log_n_ratings": np.log1p(n_ratings)}),
            likes.where(squares > 0).add_prefix("likes "),
            watches.add_prefix("watches "),
        ],
        axis=1,
    )


def movie_traits(movies: pd.DataFrame, model: BiasModel) -> pd.DataFrame:
    """Tell what users can like of each movie: genres, and three scales.

    A table indexed by movie_id: 1 or 0 in the column of each genre, then ``newer``,
    ``famous`` and ``acclaimed``. These are 0 for a movie of 1990, with twenty ratings,
    and of average standing; what is not known is 0 too, but a movie without ratings is
    not famous.
    """
    known = model.interactions_
    n_ratings = np.bincount(known.matrix.indices, minlength=len(known.movies))
    flags = genre_flags(movies)
    years = pd.Series(movies["year"].array, index=flags.index).astype(np.float64)
    index = known.movies.ids
    return flags.assign(
        newer=((years - 1990) / 10).fillna(0).clip(lower=-4),
        famous=pd.Series(np.log1p(n_ratings), index).reindex(flags.index).fillna(0) - 3,
        acclaimed=2
        * pd.Series(model.movie_biases_, index).reindex(flags.index).fillna(0),
    )


def usual_traits(traits: pd.DataFrame, model: BiasModel) -> pd.Series:
    """Tell how much of each trait a rating's movie has on average, by trait."""
    known = model.interactions_
    counts = known.n_ratings_of_movies
    return traits.reindex(known.movies.ids).mul(counts, axis=0).sum() / counts.sum()


def tastes_from_likes(likes: Mapping[str, float], users: pd.DataFrame) -> pd.DataFrame:
    """Describe somebody who has rated nothing, and says what they like.

    `likes` says of a genre, or of ``newer``, ``famous`` and ``acclaimed``, how much
    they like it, in standard deviations of the `users` (see `user_tastes`). 0: as the
    mean of all; 1: more than most; -2: less than nearly all. It is taken to say both
    how they rate it and how much of it they watch. The row that comes of it has the
    columns of `users`; NaN for all that is unknown.

    Raises
    ------
    ValueError
        If something cannot be liked here, or a number is not finite.
    """
    of_likes = users.filter(like="likes ")
    likeable = of_likes.columns[of_likes.notna().any()].str.removeprefix("likes ")
    described = pd.DataFrame(np.nan, index=[0], columns=users.columns)
    for what, strength in likes.items():
        if what not in likeable:
            known = ", ".join(likeable)
            raise ValueError(
                f"Nothing is known of who likes {what!r}. There are {known}."
            )
        if not (isinstance(strength, Real) and np.isfinite(strength)):
            raise ValueError(
                f"How much {what} is liked is a number of standard deviations, and not "
                f"{strength!r}. Leave out what is unknown."
            )
        for column in (f"likes {what}", f"watches {what}"):
            mean, spread = users[column].mean(), users[column].std(ddof=0)
            described[column] = mean + strength * spread
    return described


def shorten_histories(
    ratings: pd.DataFrame, share: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Take most of their ratings from some users, as if they had just arrived.

    A share of the users, drawn at random, keeps some part of their ratings each, from a
    hundredth to all, with the logarithm of the part uniform: so short histories are as
    frequent as long ones. A user can be left without any.
    """
    user_ids, users = pd.factorize(ratings["user_id"])
    kept = np.exp(rng.uniform(np.log(SHORTEST_HISTORY), 0, len(users)))
    kept = np.where(rng.random(len(users)) < share, kept, 1.0)
    return ratings[rng.random(len(ratings)) < kept[user_ids]]


def out_of_fold(
    ratings: pd.DataFrame,
    movies: pd.DataFrame,
    make: Callable[[pd.DataFrame, pd.DataFrame], RatedFeatures] = taste_features,
    n_folds: int = 10,
    seed: int = 0,
) -> RatedFeatures:
    """Give each rating features that are made of ratings of other folds only.

    The ratings are dealt into folds at random. For the ratings of a fold, the features
    of their users and movies are made of all other folds. Nothing in them tells what
    the ratings of the fold are, and they are like those of a test row: made of
    ratings that the row is not one of. (Also called cross-fitting.)

    Parameters
    ----------
    ratings, movies
        As in `average_features`.
    make : callable
        Makes the features of some ratings: `taste_features`, `average_features`.

    Returns
    -------
    RatedFeatures
        With a row for each row of `ratings`; all NaN where the other folds have no
        rating of the user, or of the movie.

    Raises
    ------
    ValueError
        If there are more folds than ratings, or fewer than 2.
    """
    check_count("n_folds", n_folds, at_least=2)
    if n_folds > len(ratings):
        raise ValueError(
            f"{len(ratings)} ratings cannot be dealt into {n_folds} folds. Take fewer."
        )
    dealt = np.random.default_rng(seed).permutation(len(ratings)) % n_folds
    tables = []
    for fold in range(n_folds):
        users, of_movies = make(ratings[dealt != fold], movies)
        user_ids, movie_ids = (
            ratings.loc[dealt == fold, name] for name in ("user_id", "movie_id")
        )
        tables.append((users.reindex(user_ids), of_movies.reindex(movie_ids)))
    places = np.argsort(np.argsort(dealt, kind="stable"))
    users, of_movies = (
        pd.concat(of_side).iloc[places].set_index(ratings.index)
        for of_side in zip(*tables, strict=True)
    )
    return RatedFeatures(users, of_movies)
