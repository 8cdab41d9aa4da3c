"""What a recommender meets once people use it (chapter 12).

- `drift`: the world goes on, and a model learns from its own recommendations;
- `ab_test`: two recommenders compared on people, and how to fool yourself doing it;
- `people`: who is served badly, and who can be found again.
"""
