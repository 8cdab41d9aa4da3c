"""Movies of MovieLens found among other films: each rule, and on the real data."""

import pandas as pd
import pytest

from recsys_helpers.datasets import (
    InvalidDataError,
    load_movielens,
    match_films,
)
from recsys_helpers.datasets._matching import RULES
from recsys_helpers.titles import year_of


def movies_of(*titles):
    years = pd.array([year_of(title) for title in titles], dtype="Int16")
    ids = range(1, len(titles) + 1)
    return pd.DataFrame({"movie_id": ids, "title": titles, "year": years})


def films_of(*films, **more):
    frame = pd.DataFrame(films, columns=["title", "year"])
    frame["year"] = frame["year"].astype("Int16")
    return frame.assign(film_id=range(101, 101 + len(frame)), **more)


def pairs(movies, films, **options):
    found = match_films(movies, films, **options).pairs
    return list(found[["movie_id", "film_id"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("movie", "film", "rule"),
    [
        ("Usual Suspects, The (1995)", "The Usual Suspects", "title"),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", "title"),
        ("Amelie (Fabuleux destin d'Amélie, Le) (2001)", "Amélie", "title"),
        (
            "Star Wars: Episode IV - A New Hope (1977)",
            "Star Wars: Episode IV \u2013 A New Hope",
            "title",
        ),
        ("Aeon Flux (2005)", "Æon Flux", "title"),
        ("Alien³ (a.k.a. Alien 3) (1992)", "Alien 3", "title"),
        ("Fast & Furious (2009)", "Fast and Furious", "title"),
        ("Nick Fury (1998)", "Nick Fury (1998 film)", "title"),
        ("Seven (a.k.a. Se7en) (1995)", "Se7en", "other title"),
        ("Hate (Haine, La) (1995)", "La Haine", "other title"),
        ("Kill Bill: Vol. 1 (2003)", "Kill Bill: Volume 1", "spelling"),
        ("Death Wish 2 (1982)", "Death Wish II", "spelling"),
        ("Underneath (1995)", "The Underneath", "spelling"),
        ("Borat: Cultural Learnings of America (2006)", "Borat", "part"),
        ("Dr. Strangelove or: How I Learned to (1964)", "Dr. Strangelove", "part"),
        ("Birdman: Or (The Unexpected Virtue) (2014)", "Birdman", "part"),
        ("Wallace & Gromit: A Close Shave (1995)", "A Close Shave", "part"),
        ("Zathura (2005)", "Zathura: A Space Adventure", "part"),
        ("Jet Li's Fearless (Huo Yuan Jia) (2006)", "Fearless", "part"),
        ("Kid, The (2000)", "Disney's The Kid", "part"),
    ],
)
def test_one_film_is_found_by_the_rule_for_it(movie, film, rule):
    films = films_of(("Quite Another", year_of(movie)), (film, year_of(movie)))
    (pair,) = match_films(movies_of(movie), films).pairs.itertuples()
    assert (pair.film_id, pair.rule, pair.years_apart) == (102, rule, 0)


@pytest.mark.parametrize(
    ("movie", "film"),
    [
        ("Wife, The (1995)", "Jupiter's Wife"),
        ("Matrix, The (1999)", "The Matrix Reloaded"),
        ("Toy Story (1995)", "Toy Story 2"),
        ("Star Trek: Nemesis (2002)", "Star Trek: Generations"),
        ("Girl (1998)", "Interrupted"),
    ],
)
def test_two_films_stay_two(movie, film):
    assert pairs(movies_of(movie), films_of((film, year_of(movie)))) == []


@pytest.mark.parametrize(
    ("movie", "film", "year", "found"),
    [
        ("Heathers (1989)", "Heathers", 1988, True),
        ("Hate (Haine, La) (1995)", "La Haine", 1996, True),
        ("Paranormal Activity (2009)", "Paranormal Activity", 2007, True),
        ("Paranormal Activity (2010)", "Paranormal Activity", 2007, False),
        # One word is many films' title, and so is a title but for its article.
        ("Concussion (2015)", "Concussion", 2013, False),
        ("Secret, The (2006)", "A Secret", 2007, False),
        ("Death Wish 2 (1982)", "Death Wish II", 1981, False),
        ("Zathura (2005)", "Zathura: A Space Adventure", 2006, False),
    ],
)
def test_each_rule_has_its_limit_of_years(movie, film, year, found):
    assert bool(pairs(movies_of(movie), films_of((film, year)))) == found


def test_the_nearest_year_is_taken():
    films = films_of(("Hamlet", 1995), ("Hamlet", 1996), ("Hamlet", 1997))
    assert pairs(movies_of("Hamlet (1996)"), films) == [(1, 102)]


def test_of_equally_near_films_the_more_reviewed_is_taken():
    films = films_of(("Hamlet", 1996), ("Hamlet", 1996), n_reviews=[5, 50])
    assert pairs(movies_of("Hamlet (1996)"), films) == [(1, 102)]


def test_of_equals_the_smaller_ids_are_taken():
    films = films_of(("Hamlet", 1996), ("Hamlet", 1996))
    movies = movies_of("Hamlet (1996)", "Hamlet (1996)", "Hamlet (1996)")
    assert pairs(movies, films) == [(1, 101), (2, 102)]


def test_a_film_goes_to_the_movie_with_the_nearest_year():
    movies = movies_of("Hamlet (1995)", "Hamlet (1996)")
    assert pairs(movies, films_of(("Hamlet", 1996))) == [(2, 101)]


def test_a_stricter_rule_goes_first():
    movies = movies_of("Killer (Hamlet) (1996)", "Hamlet (1996)")
    assert pairs(movies, films_of(("Hamlet", 1996))) == [(2, 101)]


def test_a_part_that_two_films_have_decides_nothing():
    films = films_of(("Batman: Knight", 2005), ("Batman: Day", 2005))
    assert pairs(movies_of("Batman (2005)"), films) == []


def test_order_of_rows_does_not_matter():
    movies = movies_of("Hamlet (1995)", "Hamlet (1996)", "Heat (1995)")
    films = films_of(("Heat", 1995), ("Hamlet", 1996), ("Hamlet", 1995))
    assert pairs(movies[::-1], films[::-1]) == pairs(movies, films)
    assert pairs(movies, films) == [(1, 103), (2, 102), (3, 101)]


# IMDb ids


LINKS = pd.DataFrame({"movie_id": [1, 2], "imdb_id": ["tt0000007", "tt0000009"]})


def test_imdb_ids_decide_where_there_are_some():
    films = films_of(
        ("Heat", 1995), ("Hitze", 1990), imdb_id=["tt0000008", "tt0000007"]
    )
    found = match_films(movies_of("Heat (1995)"), films, links=LINKS).pairs.iloc[0]
    assert (found["film_id"], found["rule"]) == (102, "imdb id")


def test_a_movie_with_an_unknown_imdb_id_is_not_matched_by_title():
    films = films_of(("Heat", 1995), imdb_id=["tt0000008"])
    found = match_films(movies_of("Heat (1995)"), films, links=LINKS)
    assert found.pairs.empty
    assert found.unmatched["why"].tolist() == ["its IMDb id is not among the films"]


def test_a_movie_without_an_imdb_id_is_matched_by_title():
    films = films_of(("Heat", 1995), imdb_id=["tt0000008"])
    assert pairs(movies_of("Heat (1995)"), films, links=LINKS.iloc[1:]) == [(1, 101)]


def test_films_without_imdb_ids_are_matched_by_title():
    films = films_of(("Heat", 1995))
    assert pairs(movies_of("Heat (1995)"), films, links=LINKS) == [(1, 101)]


def test_of_two_films_with_one_imdb_id_the_nearest_year_is_taken():
    films = films_of(("Redux", 2001), ("Now", 1979), imdb_id=["tt0000007"] * 2)
    assert pairs(movies_of("Now (1979)"), films, links=LINKS) == [(1, 102)]


# Films without a year, as on Wikipedia


def test_a_film_without_a_year_is_found_by_a_title_that_is_nobody_elses():
    found = match_films(movies_of("Heat (1995)"), films_of(("Heat (film)", None)))
    assert found.pairs.iloc[0][["film_id", "rule"]].tolist() == [101, "no year"]
    assert pd.isna(found.pairs["years_apart"].iloc[0])


@pytest.mark.parametrize(
    ("movies", "films"),
    [
        (["Heat (1986)", "Heat (1995)"], [("Heat", None)]),
        (["Heat (1995)"], [("Heat", None), ("Heat (film)", None)]),
        (["Heat (1995)"], [("Heat", None), ("Heat", 1986)]),
    ],
)
def test_without_a_year_a_title_of_several_decides_nothing(movies, films):
    assert pairs(movies_of(*movies), films_of(*films)) == []


# What is told


def test_a_report_says_why_movies_have_no_film():
    movies = movies_of(
        "Heat (1995)", "Nobody (1990)", "Duck Soup (1933)", "Sequel (2020)", "No Year"
    )
    found = match_films(movies, films_of(("Heat", 1940), ("Other", 2014)))
    assert found.unmatched.set_index("movie_id")["why"].to_dict() == {
        1: "its title has other years",
        2: "no film has its title",
        3: "older than the films (1940 to 2014)",
        4: "newer than the films (1940 to 2014)",
        5: "it has no year",
    }


def test_a_report_counts_rules_and_shares():
    movies = movies_of("Heat (1995)", "Seven (1995)", "Nobody (1990)")
    ratings = pd.DataFrame({"movie_id": [1, 1, 1, 3]})
    films = films_of(("Heat", 1995), ("The Seven", 1995))
    summary = match_films(movies, films, ratings=ratings).summary
    counted = summary[summary > 0].round(3).to_dict()
    assert counted == {
        "title": 1,
        "spelling": 1,
        "share of movies": 0.667,
        "share of ratings": 0.75,
    }


def test_the_most_rated_movie_without_a_film_comes_first():
    ratings = pd.DataFrame({"movie_id": [2, 2, 1]})
    found = match_films(
        movies_of("A (1990)", "B (1990)", "C (1990)"),
        films_of(("Heat", 1995)),
        ratings=ratings,
    )
    assert found.unmatched["movie_id"].tolist() == [2, 1, 3]
    assert found.unmatched["n_ratings"].tolist() == [2, 1, 0]


def test_ratings_of_movies_whose_ids_are_text_are_not_none():
    ratings = pd.DataFrame({"movie_id": ["1", "1"]})
    with pytest.raises(ValueError, match="movie_id"):
        match_films(movies_of("A (1990)"), films_of(("A", 1990)), ratings=ratings)


def test_without_ratings_their_share_is_not_known():
    summary = match_films(movies_of("Heat (1995)"), films_of(("Heat", 1995))).summary
    assert pd.isna(summary["share of ratings"])
    assert list(summary.index[:-2]) == list(RULES)


@pytest.mark.parametrize("missing", ["movie_id", "title", "year"])
def test_a_missing_column_is_named(missing):
    movies = movies_of("Heat (1995)").drop(columns=missing)
    with pytest.raises(InvalidDataError, match=missing):
        match_films(movies, films_of(("Heat", 1995)))


# The real data


@pytest.fixture(scope="module")
def small_matches(all_films):
    small = load_movielens("small")
    return match_films(small.movies, all_films.films, ratings=small.ratings)


def test_most_of_small_is_found_among_the_credits_and_nothing_twice(small_matches):
    assert small_matches.summary["share of movies"] >= 0.826
    assert small_matches.summary["share of ratings"] >= 0.941
    assert small_matches.pairs["movie_id"].is_unique
    assert small_matches.pairs["film_id"].is_unique
    n_movies = len(small_matches.pairs) + len(small_matches.unmatched)
    assert n_movies == len(load_movielens("small").movies)


def test_well_known_movies_are_the_films_they_are(small_matches):
    films = {
        1: 171_048,  # Toy Story
        50: 132_351,  # Usual Suspects, The
        260: 17_738,  # Star Wars: Episode IV - A New Hope
        1721: 44_578,  # Titanic (1997), of three films of that name
        2571: 83_495,  # Matrix, The
        47: 190_908,  # Seven (a.k.a. Se7en)
        4973: 484_048,  # Amelie (Fabuleux destin d'Amélie Poulain, Le)
        109487: 13_417_189,  # Interstellar
    }
    found = small_matches.pairs.set_index("movie_id")["film_id"]
    assert found[[*films]].to_dict() == films


def test_films_of_one_name_that_are_others_are_not_taken(small_matches):
    # Together, Concussion, Redline, Girl, and The Wife.
    others = {4741, 145839, 98607, 7625, 864}
    assert not others & set(small_matches.pairs["movie_id"])
