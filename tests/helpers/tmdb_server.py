"""A server that plays TMDB on this machine, with a few films and a few troubles."""

import io
import json
from urllib.parse import urlsplit

from http_server import json_answer, whole
from PIL import Image

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
SIZES = ["w92", "w154", "w185", "w342", "w500", "w780", "original"]
TOY_STORY = {
    "id": 862,
    "title": "Toy Story",
    "imdb_id": "tt0114709",
    "poster_path": "/toy.jpg",
}
HEAT = {"id": 949, "title": "Heat", "imdb_id": "tt0113277", "poster_path": "/heat.jpg"}
NO_POSTER = {"id": 7, "title": "Rare", "imdb_id": "tt10872600", "poster_path": None}
FILMS = (TOY_STORY, HEAT, NO_POSTER)


def picture(kind="JPEG", size=(34, 51), colour="navy"):
    """Return the bytes of a small picture, with something in it to decode."""
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    image.paste(colour, (0, 0, size[0] // 3, size[1] // 3))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


POSTER = picture()


def refused(code, message, status_code=7):
    """Answer as TMDB does when it does not like a question."""

    def answer(handler):
        content = {"status_code": status_code, "status_message": message}
        text = json.dumps(content | {"success": False}).encode()
        handler.send_response(code)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


def moved_to(url):
    """Send whoever asks to another address."""

    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class FakeTmdb:
    """An answer for `http_server.serving` that knows some films.

    `troubles` says for a path, without parameters, which answers come first; then, and
    for all other paths, it answers as TMDB does. The paths that were asked for are in
    `paths`.
    """

    def __init__(self, films=FILMS, series=(), poster=POSTER, troubles=None):
        self.films, self.series, self.poster = films, series, poster
        self.troubles = {path: list(a) for path, a in (troubles or {}).items()}
        self.paths = []

    def __call__(self, handler):
        path = urlsplit(handler.path).path
        self.paths.append(path)
        if self.troubles.get(path):
            return self.troubles[path].pop(0)(handler)
        parts = path.strip("/").split("/")
        if parts[:2] == ["t", "p"]:
            return whole(self.poster, content_type="image/jpeg")(handler)
        return self._about(parts[1:], handler.headers["Host"])(handler)

    def _about(self, parts, host):
        match parts:
            case ["configuration"]:
                base = f"http://{host}/t/p/"
                images = {"secure_base_url": base, "poster_sizes": SIZES}
                return json_answer({"images": images})
            case ["find", imdb_id]:
                return json_answer(
                    {
                        "movie_results": _with_id(self.films, imdb_id),
                        "tv_results": _with_id(self.series, imdb_id),
                    }
                )
            case ["movie", tmdb_id, *rest]:
                for film in self.films:
                    if str(film["id"]) == tmdb_id:
                        posters = [{"file_path": film["poster_path"]}]
                        images = {"id": film["id"], "posters": posters}
                        return json_answer(images if rest else film)
        return refused(404, "The resource you requested could not be found.", 34)


def _with_id(films, imdb_id):
    # As in TMDB, what is found does not repeat the IMDb id.
    return [
        {name: value for name, value in film.items() if name != "imdb_id"}
        for film in films
        if film["imdb_id"] == imdb_id
    ]
