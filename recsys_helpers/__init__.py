"""The tested functions that the course's notebooks import.

Load ratings, split them, fit a method, judge it, recommend:

>>> from recsys_helpers.datasets import load_movielens
>>> from recsys_helpers.evaluation import evaluate
>>> from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
>>> from recsys_helpers.results import results_table
>>> from recsys_helpers.splits import user_temporal_split
>>> data = load_movielens("sample")
>>> split = user_temporal_split(data.ratings)
>>> model = Ease(**CHOSEN_EASE).fit(split.train)
>>> judged = evaluate(model, split).summary
>>> results_table(judged, ["ndcg@10", "recall@20"])  # doctest: +NORMALIZE_WHITESPACE
                        ndcg@10                recall@20
method
Ease    0.1572 [0.1267, 0.1901]  0.2992 [0.2516, 0.3494]
>>> best = model.recommend(user_id=4, n=3)
>>> best.merge(data.movies)[["title", "score"]].round(2)
                          title  score
0  2001: A Space Odyssey (1968)   0.09
1   Being John Malkovich (1999)   0.08
2       Sixth Sense, The (1999)   0.08

Importing the package is quick: heavy libraries load when a function first needs them.
"""

__version__ = "1.0.0"
