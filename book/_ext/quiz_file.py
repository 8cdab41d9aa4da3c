"""Read the questions of a chapter from ``book/quizzes/NN_name.yml``, and check them.

A file holds a list of questions. Each has an ``id``, an ``ask``, and is of one kind:

- ``kind: one`` or ``kind: many``, with ``choices``. Each choice has a ``text``, a
  ``say`` (what a reader who takes it is told), and, if it is right, ``right: true``.
- ``kind: number``, with an ``answer``, a ``tolerance``, what to ``say`` when it is
  right, a ``hint`` when it is not, and, where a wrong number tells how somebody came to
  it, ``mistakes``: a list of ``value`` and ``say``.

``look_back: 02_is_it_any_good`` marks a question about an earlier chapter. Texts may
hold ``*emphasis*``, ```code``` and ``$maths$``, and nothing else is markup.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from pathlib import Path
from typing import Any

import yaml

FEWEST, MOST = 5, 8
KINDS = {
    "one": {"id", "kind", "ask", "choices"},
    "many": {"id", "kind", "ask", "choices"},
    "number": {"id", "kind", "ask", "answer", "tolerance", "say", "hint"},
}
OPTIONAL = {"one": {"look_back"}, "many": {"look_back"}}
OPTIONAL["number"] = {"look_back", "mistakes"}


class QuizError(ValueError):
    """Says which question of which file is wrong, and why."""


@dataclass(frozen=True)
class Reply:
    """Something a reader may answer, and what they are told then.

    Parameters
    ----------
    given : str or float
        The text of the choice, or the number.
    say : str
        The feedback.
    right : bool
        Whether it is (one of) the right answer(s).
    """

    given: str | float
    say: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question. For a number, the first reply is the right one."""

    id: str
    kind: str
    ask: str
    replies: tuple[Reply, ...]
    tolerance: float = 0.0
    hint: str = ""
    look_back: str = ""


def load_quiz(path: Path) -> list[Question]:
    """Read a quiz; raise `QuizError` if a reader could not be served by it."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, list) or not FEWEST <= len(raw) <= MOST:
        raise QuizError(
            f"{path.name}: wanted is a list of {FEWEST} to {MOST} questions"
        )
    questions = [
        _question(one, f"{path.name}, question {n}")
        for n, one in enumerate(raw, start=1)
    ]
    ids = [question.id for question in questions]
    if len(set(ids)) < len(ids):
        raise QuizError(f"{path.name}: an id comes twice: {', '.join(sorted(ids))}")
    number = path.stem[:2]
    for question in questions:
        if question.look_back and not question.look_back[:2] < number:
            raise QuizError(
                f"{path.name}, {question.id}: looks back to no earlier page"
            )
    if number > "01" and not any(question.look_back for question in questions):
        raise QuizError(f"{path.name}: no question looks back to an earlier chapter")
    return questions


def _question(raw: Any, where: str) -> Question:
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS:
        raise QuizError(f"{where}: its kind is none of {', '.join(KINDS)}")
    kind = raw["kind"]
    where = f"{where} ({raw.get('id')})"
    _check_keys(raw, KINDS[kind], OPTIONAL[kind], where)
    _check_text(raw, ["id", "ask"], where)
    if not raw["id"].replace("-", "").isalnum() or raw["id"] != raw["id"].lower():
        raise QuizError(f"{where}: an id has lower-case letters, digits and hyphens")
    shared = {"id": raw["id"], "kind": kind, "ask": raw["ask"]}
    shared["look_back"] = raw.get("look_back", "")
    if kind == "number":
        return Question(**shared, **_number(raw, where))
    return Question(**shared, replies=_choices(raw, where))


def _choices(raw: dict, where: str) -> tuple[Reply, ...]:
    choices = raw["choices"]
    if not isinstance(choices, list) or len(choices) < 2:
        raise QuizError(f"{where}: wanted are two choices or more")
    for choice in choices:
        _check_keys(choice, {"text", "say"}, {"right"}, where)
        _check_text(choice, ["text", "say"], where)
        if not isinstance(choice.get("right", False), bool):
            raise QuizError(f"{where}: `right` is true or false")
    replies = tuple(
        Reply(choice["text"], choice["say"], choice.get("right", False))
        for choice in choices
    )
    if len({reply.given for reply in replies}) < len(replies):
        raise QuizError(f"{where}: two choices are the same")
    n_right = sum(reply.right for reply in replies)
    if raw["kind"] == "one" and n_right != 1:
        raise QuizError(f"{where}: {n_right} choices are right, wanted is one")
    if raw["kind"] == "many" and not 1 <= n_right < len(replies):
        raise QuizError(f"{where}: one choice or more is right, and one is wrong")
    return replies


def _number(raw: dict, where: str) -> dict:
    _check_text(raw, ["say", "hint"], where)
    mistakes = raw.get("mistakes", [])
    for mistake in mistakes:
        _check_keys(mistake, {"value", "say"}, set(), where)
        _check_text(mistake, ["say"], where)
    numbers = [raw["answer"], raw["tolerance"], *(m["value"] for m in mistakes)]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, Real):
            raise QuizError(f"{where}: {number!r} is no number")
        if not math.isfinite(number):
            raise QuizError(f"{where}: {number!r} cannot be typed")
    answer, tolerance, *wrong = map(float, numbers)
    if tolerance <= 0:
        raise QuizError(f"{where}: the tolerance is above zero")
    # Else somebody who is wrong would be told that they are right, or two mistakes
    # would be taken for one another.
    values = sorted([answer, *wrong])
    if any(b - a <= 2 * tolerance for a, b in pairwise(values)):
        raise QuizError(f"{where}: two numbers are closer than twice the tolerance")
    replies = [Reply(answer, raw["say"], right=True)]
    replies += [Reply(float(m["value"]), m["say"]) for m in mistakes]
    return {"replies": tuple(replies), "tolerance": tolerance, "hint": raw["hint"]}


def _check_keys(raw: Any, wanted: set, optional: set, where: str) -> None:
    if not isinstance(raw, dict):
        raise QuizError(f"{where}: {raw!r} has no keys")
    if missing := sorted(wanted - raw.keys()):
        raise QuizError(f"{where}: missing are {', '.join(missing)}")
    if unknown := sorted(map(str, raw.keys() - wanted - optional)):
        raise QuizError(f"{where}: nobody reads {', '.join(unknown)}")


def _check_text(raw: dict, keys: list[str], where: str) -> None:
    for key in keys:
        if not isinstance(raw[key], str) or not raw[key].strip():
            raise QuizError(f"{where}: `{key}` is no text: {raw[key]!r}")
