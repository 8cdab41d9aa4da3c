"""Write the data of the live page, in files that a page can load from anywhere.

::

    python -m recsys_helpers.live.export --edition small --out FOLDER [--films 3000]

A page that was opened from a folder may load scripts and nothing else. So each file is
a script, which hands one object to the page: ``fiveWays.receive(part, object)``.
Its name holds a hash of its content: a browser can keep it for ever, and a new version
has a new name. Numbers are base64 of little-endian arrays.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
from pathlib import Path

from recsys_helpers._files import write_whole
from recsys_helpers.datasets import EDITIONS, DatasetError, load_movielens
from recsys_helpers.live.catalogue import catalogue_part, neighbours_part, static_table
from recsys_helpers.live.maps import map_part
from recsys_helpers.live.methods import LiveMethods, fit_live_methods
from recsys_helpers.live.tastes import tastes_part
from recsys_helpers.results import commit

PARTS = {
    "catalogue": catalogue_part,
    "neighbours": neighbours_part,
    "tastes": tastes_part,
    "map": map_part,
}
FOLDER = Path("static", "live-data")
TABLE = Path("without_javascript.html")
_HASHED = re.compile(rf"({'|'.join(PARTS)})\.[0-9a-f]{{12}}\.js")


def export_live(methods: LiveMethods, out: str | Path) -> dict[str, Path]:
    """Write all files of the live page.

    ``<out>/static/live-data`` gets a file for each of `PARTS`, then ``manifest.js``,
    which names them; ``<out>/without_javascript.html`` is a table for a page without.
    Files of earlier versions are removed at the end: at each moment there is a
    manifest whose files are there.

    Returns the paths of the parts, and of "manifest" and "table". Raises `OSError` if
    a file cannot be written there.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out} is a file; the export needs a folder.")
    written, names = {}, {}
    for part, make in PARTS.items():
        content = script_of(part, make(methods))
        names[part] = f"{part}.{hashlib.sha256(content).hexdigest()[:12]}.js"
        written[part] = out / FOLDER / names[part]
        write_whole(written[part], content)
    manifest = {
        "edition": methods.data.edition,
        "n": len(methods.movie_ids),
        "commit": commit(),
        "files": names,
    }
    written["table"] = out / TABLE
    write_whole(written["table"], static_table(methods).encode("utf-8", "replace"))
    written["manifest"] = out / FOLDER / "manifest.js"
    write_whole(written["manifest"], script_of("manifest", manifest))
    for file in (out / FOLDER).iterdir():
        if _HASHED.fullmatch(file.name) and file.name not in names.values():
            file.unlink()
    return written


def script_of(part: str, content: dict) -> bytes:
    r"""Write a script that hands an object to the page.

    No ``<`` is left in it, so that it can neither end a script nor begin a comment,
    wherever it is put, and no character that older browsers take for the end of a line.

    Examples
    --------
    >>> script_of("catalogue", {"titles": ["</script>"]}).decode()
    'fiveWays.receive("catalogue", {"titles":["\\u003c/script>"]});\n'
    """
    text = json.dumps(
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    for character in "<\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Half of a pair of surrogates has no UTF-8; JSON writes it as an escape.
    script = f'fiveWays.receive("{part}", {text});\n'
    return script.encode("utf-8", "backslashreplace")


def main(arguments: list[str] | None = None) -> int:
    """Export an edition, and print how large the files are; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edition", choices=EDITIONS, help="default: RECSYS_DATASET")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--films", type=int, default=3000)
    options = parser.parse_args(arguments)
    try:
        data = load_movielens(options.edition)
        written = export_live(fit_live_methods(data, options.films), options.out)
    except (DatasetError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for file in written.values():
        size, packed = _sizes(file)
        print(f"{file.name:32} {size:9,} bytes, {packed:9,} as gzip")
    return 0


def _sizes(file: Path) -> tuple[int, int]:
    content = file.read_bytes()
    return len(content), len(gzip.compress(content, 9))


if __name__ == "__main__":
    sys.exit(main())
