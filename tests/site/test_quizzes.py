"""A quiz as its reader meets it: by keyboard, with and without scripts."""

import pytest
from bs4 import BeautifulSoup
from built_site import PAGES, read
from in_browser import asked_elsewhere, barriers, show_theme
from tiny_quiz import HOSTILE, STATIC, build, tiny_quiz

in_a_browser = pytest.mark.site
FIRST = "notebooks/01_the_data_and_its_long_tail.html"
QUIZ_PAGES = [page for page in PAGES if page.startswith("notebooks/0")]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the tiny site once; give the page with the quiz."""
    html = build(tmp_path_factory.mktemp("quiz"), tiny_quiz())
    return html / "notebooks" / "02_second.html"


@pytest.fixture(scope="module")
def soup(built):
    return BeautifulSoup(built.read_text(encoding="utf-8"), "html.parser")


def test_the_quiz_stands_before_the_recap_and_in_the_contents(soup, built):
    headings = [heading.get_text().strip("¶") for heading in soup.find_all("h2")]
    assert headings == ["Text", "Check yourself", "Recap"]
    assert soup.find("section", id="check-yourself")
    contents = (built.parent.parent / "index.html").read_text(encoding="utf-8")
    assert 'href="notebooks/02_second.html#check-yourself"' in contents


def test_a_page_without_a_file_has_no_quiz(built):
    assert "quiz-question" not in (built.parent / "01_first.html").read_text()


def test_every_question_is_a_form_whose_fields_have_names(soup):
    forms = soup.find_all("form", class_="quiz-question")
    assert len(forms) == len(tiny_quiz())
    for form in forms:
        assert form.fieldset.legend.get_text(strip=True)
        assert form.find(id=form.fieldset["aria-describedby"])
        assert form.find(role="status", attrs={"aria-live": "polite"})
        for box in form.find_all("input"):
            assert box.find_parent("label").get_text(strip=True)
    groups = [{box["name"] for box in form.find_all("input")} for form in forms]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == len(forms)


def test_what_is_written_in_a_quiz_stays_text(soup):
    assert not soup.select("form img, form b")
    assert HOSTILE in soup.find("form", class_="quiz-question").parent.get_text()


def test_every_answer_and_its_reason_can_be_read_without_a_script(soup):
    boxes = soup.select("details.quiz-answer")
    assert not any(box.has_attr("hidden") for box in boxes)
    assert "It is not no." in boxes[0].get_text()
    assert "Divide one by two." in boxes[2].get_text()
    assert boxes[4].find("a", href="01_first.html")


def test_the_script_writes_no_html():
    script = (STATIC / "quiz.js").read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
        assert way not in script


def test_a_page_without_a_recap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tiny_quiz.PAGE", "Chapter\n=======\n\nSome.\n")
    with pytest.raises(Exception, match="Recap"):
        build(tmp_path, tiny_quiz())


@pytest.fixture
def page(tab, built):
    """Open the quiz from the disk."""
    tab.goto(built.as_uri())
    return tab


def form(page, place):
    """Find a question."""
    return page.locator("form.quiz-question").nth(place)


def said(page, place):
    """Read what is announced, as one line."""
    return " ".join(form(page, place).get_by_role("status").inner_text().split())


@in_a_browser
def test_a_wrong_answer_is_told_why_and_a_right_one_too(page):
    form(page, 0).get_by_label("no", exact=True).check()
    form(page, 0).get_by_role("button", name="Check").click()
    assert said(page, 0) == "Not yet. It is not no."
    form(page, 0).get_by_label("yes").check()
    form(page, 0).get_by_role("button", name="Check").click()
    assert said(page, 0) == "Right. It is."


@in_a_browser
def test_a_question_can_be_answered_by_keyboard_alone(page):
    form(page, 0).get_by_label("yes").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page, 0) == "Not yet. It is not no."
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert said(page, 0) == ""
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert said(page, 0) == "Right. It is."


@in_a_browser
def test_an_empty_answer_is_asked_for(page):
    form(page, 0).get_by_role("button", name="Check").click()
    assert said(page, 0) == "Choose an answer first."


@in_a_browser
@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        (["two", "four"], "Right."),
        (["two"], "Right so far, and not all."),
        (["two", "three", "four"], "Not yet."),
        (["three"], "Not yet."),
    ],
)
def test_several_answers_are_judged_together(chosen, verdict, page):
    for name in chosen:
        form(page, 1).get_by_label(name).check()
    form(page, 1).get_by_role("button", name="Check").click()
    assert said(page, 1).startswith(verdict)
    assert ("three: Halve it" in said(page, 1)) == ("three" in chosen)


@in_a_browser
@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("0.5", "Right. One of two."),
        (" 1 / 2", "Right. One of two."),
        ("0,5", "Right. One of two."),
        (".505", "Right. One of two."),
        ("50 %", "Right. One of two."),
        ("0.51", "Not yet. Divide one by two."),
        ("-0.5", "Not yet. Divide one by two."),
        ("1/0", "Not yet. Divide one by two."),
        ("2", "Not yet. That is two of one."),
        ("2,000", "Not yet. That is two of one."),
        ("2.000", "Not yet. That is two of one."),
        ("3,000", "Not yet. That is far too much."),
        ("3000", "Not yet. That is far too much."),
        ("", "Type a number, such as 0.25 or 1/4."),
        ("half", "Type a number, such as 0.25 or 1/4."),
        ("1e3", "Type a number, such as 0.25 or 1/4."),
        ("1/2/3", "Type a number, such as 0.25 or 1/4."),
    ],
)
def test_a_number_is_taken_as_people_type_it(typed, reply, page):
    form(page, 2).get_by_label("Your answer").fill(typed)
    page.keyboard.press("Enter")
    assert said(page, 2) == reply


@in_a_browser
def test_trying_again_begins_anew_with_the_answer_closed(page):
    box = form(page, 0).locator("details")
    assert box.is_hidden()
    form(page, 0).get_by_label("no", exact=True).check()
    form(page, 0).get_by_role("button", name="Check").click()
    box.locator("summary").click()
    assert box.get_by_text("It is.").is_visible()
    form(page, 0).get_by_role("button", name="Try again").click()
    assert said(page, 0) == ""
    assert box.is_hidden()
    assert not form(page, 0).get_by_label("no", exact=True).is_checked()


@in_a_browser
def test_an_answer_touches_no_other_question(page):
    form(page, 0).get_by_label("yes").check()
    form(page, 4).get_by_label("no", exact=True).check()
    form(page, 4).get_by_role("button", name="Check").click()
    assert said(page, 0) == ""
    assert form(page, 0).get_by_label("yes").is_checked()


@in_a_browser
def test_hostile_text_is_text_in_the_feedback_too(page):
    form(page, 3).get_by_role("radio").nth(1).check()
    form(page, 3).get_by_role("button", name="Check").click()
    assert f"Not {HOSTILE}." in said(page, 3)
    assert form(page, 3).locator("img").count() == 0
    assert page.title() != "taken"


@in_a_browser
def test_the_script_has_no_error_on_a_page_from_the_disk(page, built):
    form(page, 0).get_by_role("button", name="Check").click()
    # The tiny site has no MathJax; nothing else may be missing.
    assert [text for text in page.problems if "ERR_FILE_NOT_FOUND" not in text] == []
    assert asked_elsewhere(page, "file:") == []


@in_a_browser
def test_without_scripts_the_answers_are_in_boxes_and_no_button_pretends(
    new_tab, built
):
    bare = new_tab(java_script_enabled=False)
    bare.goto(built.as_uri())
    first = bare.locator("form.quiz-question").first
    assert first.get_by_role("button").count() == 0
    first.locator("summary").click()
    assert first.get_by_text("It is not no.").is_visible()
    # The Enter key in a field must not lead anywhere.
    bare.get_by_label("Your answer").press("Enter")
    assert bare.url == built.as_uri()


@in_a_browser
@pytest.mark.parametrize("page_", QUIZ_PAGES)
def test_a_chapter_has_its_quiz_in_its_contents(page_):
    soup = BeautifulSoup(read(page_), "html.parser")
    assert soup.select(
        ".page-toc a[href='#check-yourself'], nav a[href='#check-yourself']"
    )
    assert 5 <= len(soup.select("form.quiz-question")) <= 8


@in_a_browser
def test_an_answered_quiz_has_no_barrier_that_axe_finds(tab, address):
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(f"{address}/{FIRST}")
    for question in tab.locator("form.quiz-question").all():
        for box in question.locator("input[type=radio], input[type=checkbox]").all():
            box.check()
        for box in question.locator("input[type=text]").all():
            box.fill("1")
        question.get_by_role("button", name="Check").click()
        question.locator("summary").click()
    found = {}
    for theme in ("light", "dark"):
        show_theme(tab, theme)
        found[theme] = barriers(tab, "best-practice", context="#check-yourself")
    assert found == {"light": [], "dark": []}
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
