"""Build the site: run the notebooks whose code or package changed, then the pages.

    python book/build.py

Jupyter Book caches a notebook's outputs by the notebook's own code. The outputs also
depend on ``recsys_helpers`` and on the dataset edition, so this script remembers a
fingerprint of those and drops the cache when it differs. A warning is an error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
CACHE = BUILD / ".jupyter_cache"
DOCTREES = BUILD / ".doctrees"
FINGERPRINT = BUILD / "fingerprint"


def fingerprint(root: Path, edition: str) -> str:
    """Hash what the outputs of all notebooks depend on besides their own code."""
    digest = hashlib.sha256(edition.encode())
    sources = [root / "requirements.lock", *sorted(root.glob("recsys_helpers/**/*.py"))]
    for path in sources:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def drop_stale_outputs(current: str) -> bool:
    """Remove the cached outputs if they were made by other code; say if they were."""
    if FINGERPRINT.exists() and FINGERPRINT.read_text() == current:
        return False
    shutil.rmtree(CACHE, ignore_errors=True)
    shutil.rmtree(DOCTREES, ignore_errors=True)
    return True


def main() -> int:
    """Build and return the exit status: 0 only if there was no warning."""
    started = time.perf_counter()
    edition = os.environ.setdefault("RECSYS_DATASET", "small")
    current = fingerprint(ROOT, edition)
    if drop_stale_outputs(current):
        print(f"Running every notebook on the edition {edition!r}.", flush=True)
    command = [
        *(str(Path(sys.executable).parent / "jupyter-book"), "build", "."),
        *("--config", "_config.yml", "--toc", "book/_toc.yml"),
        *("--path-output", ".", "-W", "-n", "--keep-going"),
    ]
    # Site-wide noise of the Jupyter stack that no reader of ours can act on.
    environment = os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if status:
        # An incremental build would not repeat the warnings and so would pass.
        shutil.rmtree(DOCTREES, ignore_errors=True)
        FINGERPRINT.unlink(missing_ok=True)
        print("The site has warnings or errors: see above.", file=sys.stderr)
        return status
    FINGERPRINT.write_text(current)
    seconds = time.perf_counter() - started
    page = BUILD / "html" / "index.html"
    print(f"Built in {seconds:.0f} s. Open {page.relative_to(ROOT)}, or `make serve`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
