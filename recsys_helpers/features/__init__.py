"""What is known of users and of movies, in columns."""
