"""Find out whether bytes are a picture, without trusting them."""

from __future__ import annotations

import io
import warnings

__all__ = ["ENDINGS", "NotAPictureError", "picture_ending"]

_ENDING_OF = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
ENDINGS = tuple(_ENDING_OF.values())
# The largest posters of TMDB have 4,000 x 6,000 pixels.
_MOST_PIXELS = 25_000_000


class NotAPictureError(ValueError):
    """Bytes that are no picture, or one that is damaged or much too large."""


def picture_ending(content: bytes) -> str:
    """Return the ending that the name of a picture's file should have.

    All of the picture is decoded: Pillow's ``verify`` does not notice that a JPEG was
    cut off in the middle. How many pixels it would have is looked at before, because
    a small file can hold billions.

    Parameters
    ----------
    content : bytes
        All of a JPEG, PNG or WebP.

    Returns
    -------
    str
        ``".jpg"``, ``".png"`` or ``".webp"``, by the content.

    Raises
    ------
    NotAPictureError
        For anything else, and for more than 25 million pixels.
    """
    from PIL import Image

    problem = ""
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb, and goes on.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_ENDING_OF)) as picture:
                width, height = picture.size
                if width * height > _MOST_PIXELS:
                    problem = f"{width} x {height} pixels are too many for a poster"
                else:
                    picture.load()
                    # A JPEG with a second picture behind it is of Pillow's format MPO.
                    return _ENDING_OF.get(picture.format, ".jpg")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        problem = "it has too many pixels for a poster"
    except Exception as error:  # bad bytes make decoders raise almost anything
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, Image.UnidentifiedImageError):
            problem = f"it starts with {content[:12]!r}" if content else "it is empty"
    raise NotAPictureError(f"What came is not a good picture: {problem}.")
