"""Posters of films: real ones from TMDB."""
