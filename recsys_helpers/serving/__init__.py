"""A recommender that answers over HTTP, one small module for each of its parts.

- `ranking`: pure functions, from a vector to a few candidates to a short list;
- `recommender`: what is held in memory while requests come;
- `training`: makes it from ratings;
- `model_file`: keeps it in a file that is safe to read;
- `app`: the endpoints, and `schemas`: what may come in and goes out.

To start it, with the extra ``serve`` installed::

    python -m recsys_helpers.serving --edition small --port 8001

It asks nobody who they are. So it listens on this machine only, unless ``--host`` says
otherwise; what is reached from elsewhere belongs behind something that does ask.
"""
