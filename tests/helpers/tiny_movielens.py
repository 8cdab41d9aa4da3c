"""A MovieLens of four movies and five ratings, a folder or a zip for tests to spoil."""

import io
import zipfile

RATINGS = """\
userId,movieId,rating,timestamp
1,10,4.0,964982703
1,20,0.5,964981247
2,10,5.0,964982224
2,30,3.5,964983815
3,20,2.0,964982931
"""
MOVIES = """\
movieId,title,genres
10,Toy Story (1995),Adventure|Animation
20,"Net, The (1995) ",Thriller
30,Fawlty Towers (1975-1979),Comedy
40,Null,(no genres listed)
"""
LINKS = """\
movieId,imdbId,tmdbId
10,0114709,862
20,113957,1642
30,0072500,
40,12345678,7
"""
N_RATINGS, N_MOVIES = 5, 4


def tiny_files(**spoilt):
    """Return the content of the files; `ratings=None` leaves ratings.csv out."""
    contents = {"ratings": RATINGS, "movies": MOVIES, "links": LINKS} | spoilt
    return {
        f"{name}.csv": content.encode() if isinstance(content, str) else content
        for name, content in contents.items()
        if content is not None
    }


def tiny_folder(folder, **spoilt):
    """Write the files into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tiny_files(**spoilt).items():
        (folder / name).write_bytes(content)
    return folder


def tiny_zip(*more_members, inside="ml-tiny/", **spoilt):
    """Return the bytes of a zip of the files; `more_members` are further names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in tiny_files(**spoilt).items():
            archive.writestr(inside + name, content)
        for name in more_members:
            archive.writestr(name, "x")
    return buffer.getvalue()
