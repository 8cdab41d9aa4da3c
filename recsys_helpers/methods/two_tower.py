"""Two towers: recommending from what is known of users and movies.

`TwoTowers` predicts stars, and has an answer for a movie that nobody has rated and for
a user who has rated nothing. `RetrievalTowers` makes lists. The models are in
`recsys_helpers.tower_models`, the features in `recsys_helpers.taste_features`.
"""

from recsys_helpers.methods.rating_towers import TwoTowers
from recsys_helpers.methods.retrieval_towers import RetrievalTowers

__all__ = ["RetrievalTowers", "TwoTowers"]
