"""What a recommender meets once people use it (chapter 11)."""
