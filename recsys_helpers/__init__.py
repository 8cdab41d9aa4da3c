"""The tested functions that the course's notebooks import.

Load ratings, split them, judge a method beside a baseline, fit it, recommend:

>>> import pandas as pd
>>> from recsys_helpers.datasets import load_movielens
>>> from recsys_helpers.evaluation import evaluate
>>> from recsys_helpers.methods.baselines import Popularity
>>> from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
>>> from recsys_helpers.results import results_table
>>> from recsys_helpers.splits import user_temporal_split
>>> data = load_movielens("sample")
>>> split = user_temporal_split(data.ratings)
>>> models = [Popularity(), Ease(**CHOSEN_EASE)]
>>> judged = pd.concat(evaluate(model, split).summary for model in models)
>>> results_table(judged, ["ndcg@10", "recall@20"])  # doctest: +NORMALIZE_WHITESPACE
                            ndcg@10                recall@20
method
Popularity  0.0923 [0.0706, 0.1174]  0.1660 [0.1330, 0.2013]
Ease        0.1563 [0.1273, 0.1898]  0.2837 [0.2393, 0.3290]
>>> ease = models[1].fit(split.train)
>>> best = ease.recommend(user_id=4, n=3)
>>> best.merge(data.movies)[["title", "score"]].round(2)
                             title  score
0  The Silence of the Lambs (1991)   0.39
1                     Fargo (1996)   0.34
2     2001: A Space Odyssey (1968)   0.34

Importing the package is quick: heavy libraries load when a function first needs them.
"""

__version__ = "1.0.0"
