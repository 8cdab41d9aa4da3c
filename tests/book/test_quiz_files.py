"""Every chapter has a quiz; a file that would not serve its readers is refused."""

import pytest
import quiz
import quiz_file
import sync_notebooks
import tiny_site
import yaml
from quiz_file import QuizError, load_quiz
from tiny_quiz import PAGE, one_of_two, tiny_quiz

CHAPTERS = [path.stem for path in sorted(sync_notebooks.NOTEBOOKS.glob("[0-9]*.py"))]
QUIZZES = sorted(quiz.FOLDER.glob("*.yml"))

each_quiz = pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)


def test_every_chapter_has_a_quiz_and_every_quiz_a_chapter():
    assert [path.stem for path in QUIZZES] == CHAPTERS


@each_quiz
def test_a_quiz_has_five_to_eight_questions_of_which_one_looks_back(path):
    questions = load_quiz(path)
    assert quiz_file.FEWEST <= len(questions) <= quiz_file.MOST
    looking_back = [question.look_back for question in questions if question.look_back]
    assert looking_back or path.stem.startswith("01")
    assert set(looking_back) <= set(CHAPTERS)


@each_quiz
def test_a_quiz_has_questions_of_more_than_one_kind(path):
    assert len({question.kind for question in load_quiz(path)}) > 1


@each_quiz
def test_the_right_answer_is_not_always_at_the_same_place(path):
    places = [
        [reply.right for reply in question.replies].index(True)
        for question in load_quiz(path)
        if question.kind == "one"
    ]
    assert len(set(places)) > 1


@each_quiz
def test_no_feedback_is_said_twice(path):
    said = [reply.say for question in load_quiz(path) for reply in question.replies]
    assert len(set(said)) == len(said)


@each_quiz
def test_every_mark_of_markup_is_closed(path):
    for question in load_quiz(path):
        texts = [question.ask, question.hint]
        texts += [reply.say for reply in question.replies]
        texts += [str(reply.given) for reply in question.replies]
        for text in texts:
            left = "".join(
                node.astext()
                for node in quiz.marked_up(text)
                if node.__class__.__name__ == "Text"
            )
            assert not set(left) & set("*`$"), text


def refusal(tmp_path, questions, name="02_second.yml") -> str:
    """Say why a quiz is refused."""
    path = tmp_path / name
    path.write_text(yaml.safe_dump(questions), encoding="utf-8")
    with pytest.raises(QuizError) as refused:
        load_quiz(path)
    return str(refused.value)


def test_the_tiny_quiz_is_in_order(tmp_path):
    path = tmp_path / "02_second.yml"
    path.write_text(yaml.safe_dump(tiny_quiz()), encoding="utf-8")
    assert [question.kind for question in load_quiz(path)] == [
        *("one", "many", "number", "one", "one")
    ]


@pytest.mark.parametrize("n", [0, 4, 9])
def test_too_few_or_too_many_questions_are_refused(n, tmp_path):
    questions = [one_of_two(f"q{i}") for i in range(n)]
    assert "5 to 8" in refusal(tmp_path, questions)


def test_an_id_that_comes_twice_is_refused(tmp_path):
    assert "back" in refusal(tmp_path, [*tiny_quiz(), one_of_two("back")])


def test_a_quiz_that_never_looks_back_is_refused(tmp_path):
    questions = [one for one in tiny_quiz() if "look_back" not in one]
    questions.append(one_of_two("more"))
    assert "look" in refusal(tmp_path, questions)


def test_the_first_chapter_has_nothing_to_look_back_to(tmp_path):
    path = tmp_path / "01_first.yml"
    path.write_text(yaml.safe_dump([one_of_two(f"q{i}") for i in range(5)]))
    assert len(load_quiz(path)) == 5


def test_looking_back_to_the_chapter_itself_is_refused(tmp_path):
    questions = [*tiny_quiz(), one_of_two("more", look_back="02_second")]
    assert "earlier" in refusal(tmp_path, questions)


def changed(place, **change):
    """Change one question of the tiny quiz; None removes a key."""
    questions = tiny_quiz()
    question = questions[place] | change
    questions[place] = {k: v for k, v in question.items() if v is not None}
    return questions


A, B = {"text": "a", "say": "so"}, {"text": "b", "say": "no"}
RIGHT = {"text": "c", "say": "yes", "right": True}


@pytest.mark.parametrize(
    ("place", "change", "why"),
    [
        (0, {"kind": "two"}, "kind"),
        (0, {"ask": " "}, "ask"),
        (0, {"ask": 3}, "ask"),
        (0, {"id": "Not an id"}, "Not an id"),
        (0, {"choices": None}, "choices"),
        (0, {"hint": "unused"}, "hint"),
        (0, {"choices": [RIGHT]}, "choices"),
        (0, {"choices": [A, B]}, "right"),
        (0, {"choices": [A, RIGHT, RIGHT | {"text": "d"}]}, "right"),
        (0, {"choices": [A, A, RIGHT]}, "the same"),
        (0, {"choices": [{"text": "a"}, RIGHT]}, "say"),
        (0, {"choices": [A, RIGHT | {"right": "yes"}]}, "right"),
        (0, {"choices": [A, RIGHT | {"text": True}]}, "text"),
        (1, {"choices": [A, B]}, "right"),
        (1, {"choices": [RIGHT, RIGHT | {"text": "d"}]}, "wrong"),
        (2, {"tolerance": None}, "tolerance"),
        (2, {"tolerance": 0}, "tolerance"),
        (2, {"answer": "0.5"}, "half"),
        (2, {"answer": float("inf")}, "half"),
        (2, {"hint": None}, "hint"),
        (2, {"mistakes": [{"value": 0.505, "say": "near"}]}, "tolerance"),
        (2, {"mistakes": [{"value": 7}]}, "say"),
    ],
)
def test_a_question_that_would_not_serve_is_refused(place, change, why, tmp_path):
    assert why in refusal(tmp_path, changed(place, **change))


def test_a_page_is_built_again_when_its_quiz_comes_changes_or_goes(tmp_path):
    source = tmp_path / "source"
    (source / "notebooks").mkdir(parents=True)
    (source / "index.rst").write_text(".. toctree::\n   :glob:\n\n   notebooks/*\n")
    for name in ("01_first", "02_second"):
        (source / "notebooks" / f"{name}.rst").write_text(PAGE)
    file = tmp_path / "02_second.yml"

    def page() -> str:
        settings = {"quiz_folder": str(tmp_path), "mathjax_path": "none.js"}
        html = tiny_site.build(source, tmp_path, ["quiz"], **settings)
        return (html / "notebooks" / "02_second.html").read_text()

    assert quiz.TITLE not in page()
    for text in ("Which word?", "Which number?"):
        file.write_text(yaml.safe_dump([*tiny_quiz(), one_of_two("new", ask=text)]))
        assert text in page()
    file.unlink()
    assert quiz.TITLE not in page()
