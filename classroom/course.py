"""How our scripts talk to nbgrader: its settings, its surroundings and its log."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.log import get_logger

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks" / "assignments"
BUILT = ROOT / "_build" / "assignments"

# nbgrader calls the program alembic, which lies beside this Python.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
)

# How nbgrader adds a submission; nothing that anybody here could mend.
warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)


def course_config(root: Path, assignment: str) -> Config:
    """Say to nbgrader where a course lies and what stands in a solution's place."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = assignment
    stub = "# Your code here\nraise NotImplementedError"
    config.ClearSolutions.code_stub = {"python": stub}
    config.ClearSolutions.text_stub = "Your answer here."
    return config


class _Collected(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def nbgrader_errors() -> Iterator[None]:
    """Raise what nbgrader logs beside its exception, which says nothing by itself.

    Raises
    ------
    RuntimeError
        With nbgrader's messages, if it raises anything.
    """
    log, collected = get_logger(), _Collected()
    log.addHandler(collected)
    try:
        yield
    except Exception as error:
        raise RuntimeError("\n".join(collected.messages) or repr(error)) from error
    finally:
        log.removeHandler(collected)
