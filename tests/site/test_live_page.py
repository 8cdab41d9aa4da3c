"""The live page, used as a reader uses it, and checked against Python."""

import gzip
import json
import shutil

import numpy as np
import pytest
from built_site import SITE
from in_browser import asked_elsewhere, barriers, show_theme
from live_data import NOTHING, LiveData, read_script

pytestmark = pytest.mark.site

PAGE = "book/live.html"
DATA = SITE / "_static" / "live-data"
PARTS = ("film", "ratings", "sliders", "map")
LARGEST_BYTES = 1_500_000
TASTES = {
    "one film": {"Toy Story": 5},
    "science fiction, and no romance": {
        "The Matrix": 5,
        "Alien": 4.5,
        "Blade Runner": 4,
        "Titanic": 0.5,
        "Pretty Woman": 1,
    },
    "something of everything": {
        "The Godfather": 4.5,
        "Shrek": 3.5,
        "Casablanca": 5,
        "Pulp Fiction": 2,
        "The Lion King": 4,
    },
    "nothing liked": {"Toy Story": 1, "Speed": 2.5},
}
SLIDERS = {
    "nothing": {},
    "one": {"Horror": 2},
    "average": {"Comedy": 0},
    "several": {"Animation": 1.5, "newer": -1, "acclaimed": 2},
}


@pytest.fixture(scope="module")
def open_tab(reader, address):
    """The page, opened once, for tests that do not mind what others did on it."""
    opened = reader.new_page()
    start(opened, address)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def data():
    return LiveData.read(DATA)


def start(tab, address, *parts, query=""):
    """Open the page, and wait until some of its parts are there."""
    tab.goto(f"{address}/{PAGE}{query}")
    for part in ("film", *parts):
        tab.evaluate(f"document.getElementById('live-{part}').scrollIntoView()")
        tab.wait_for_selector(f"#live-{part}[data-state=ready]")


def box_of(tab, part):
    return tab.locator(f"#live-{part} [role=combobox]")


def options_of(tab, part):
    return tab.locator(f"#live-{part} [role=option]")


def marked_option(tab, part):
    marked = box_of(tab, part).get_attribute("aria-activedescendant")
    return tab.locator(f"#{marked}").inner_text() if marked else None


def stars_of(tab):
    """Find the sliders of the films that are rated."""
    return tab.locator("#live-ratings input[type=range]")


def press_chip(tab, title):
    """Rate a film that the page offers."""
    tab.locator("#live-ratings .fw-chip", has_text=title).click()


def films_shown(tab, part):
    """Films of each list, as the cards have them, by the name of the list."""
    return tab.evaluate(
        """part => Object.fromEntries(
          [...document.querySelectorAll(`#live-${part} .fw-list`)].map(list => [
            list.getAttribute("aria-label"),
            [...list.querySelectorAll(".fw-card")].map(c => Number(c.dataset.film))]))
        """,
        part,
    )


def keep(tab, data, ratings):
    """Lay ratings into the browser before the page opens, as a visit leaves them."""
    stored = [[int(data.movie_ids[f]), stars] for f, stars in ratings.items()]
    tab.add_init_script(
        f"localStorage.setItem('five-ways:ratings', JSON.stringify({stored}))"
    )


def film_of(data, title):
    """Film of a title: the most rated of those that have it."""
    return data.catalogue["titles"].index(title)


def of_titles(data, by_title):
    return {film_of(data, title): stars for title, stars in by_title.items()}


def move_sliders(tab, likes):
    """Move sliders by the keyboard, from unknown over average."""
    for what, strength in likes.items():
        slider = tab.locator(f"#fw-like-{what.lower()}")
        slider.press("Enter")
        for _ in range(int(abs(strength) / 0.5)):
            slider.press("ArrowRight" if strength > 0 else "ArrowLeft")


def assert_best(shown, scores, expected, seen=()):
    """Check that a list is the top ten of some scores, ties in any order."""
    order = np.argsort(-expected, kind="stable")
    best = order[~np.isin(order, list(seen))][:10]
    near = {"rel": 1e-4, "abs": 1e-9}
    assert len(set(shown)) == 10
    assert not set(shown) & set(seen)
    assert scores == pytest.approx(expected[shown], **near)
    assert scores == pytest.approx(expected[best], **near)


# Picking a film


def test_a_film_is_picked_by_the_keyboard_alone(tab, address, data):
    start(tab, address)
    box = box_of(tab, "film")
    box.focus()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("toy sto")
    assert box.get_attribute("aria-expanded") == "true"
    assert marked_option(tab, "film").startswith("Toy Story")
    tab.keyboard.press("ArrowDown")
    second = marked_option(tab, "film")
    assert second == options_of(tab, "film").nth(1).inner_text()
    tab.keyboard.press("End")
    last = options_of(tab, "film").count() - 1
    assert marked_option(tab, "film") == options_of(tab, "film").nth(last).inner_text()
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowUp")
    assert marked_option(tab, "film") == options_of(tab, "film").nth(last).inner_text()
    tab.keyboard.press("Home")
    tab.keyboard.press("Enter")
    assert box.get_attribute("aria-expanded") == "false"
    assert tab.locator("#live-film").get_attribute("data-film") == str(
        film_of(data, "Toy Story")
    )
    assert tab.evaluate("document.activeElement.getAttribute('role')") == "combobox"


def test_escape_closes_the_list_and_then_empties_the_box(tab, address):
    start(tab, address)
    box = box_of(tab, "film")
    box.fill("star")
    assert options_of(tab, "film").count() > 3
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == "star"
    box.press("Escape")
    assert box.input_value() == ""


def test_a_screen_reader_is_told_how_many_films_are_found(tab, address):
    start(tab, address)
    status = tab.locator("#live-film .fw-search > [role=status]").first
    box_of(tab, "film").fill("in")
    assert "films found, the first 12 are shown" in status.inner_text()
    box_of(tab, "film").fill("qqqq")
    assert status.inner_text() == "0 films found."
    assert tab.get_by_text("No film is called so here").first.is_visible()
    assert box_of(tab, "film").get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("amelie", "Amelie"),
        ("Amélie", "Amelie"),
        ("fabuleux destin d'amelie", "Amelie"),
        ("LEON", "Léon: The Professional"),
        ("matrix, the", "The Matrix"),
        ("the matrix 1999", "The Matrix"),
        ("godfather", "The Godfather"),
        ("se7en", "Seven"),
        ("dumb and dumber", "Dumb & Dumber"),
        ("schindlers list", "Schindler's List"),
    ],
)
def test_a_film_is_found_however_it_is_written(typed, title, open_tab):
    box_of(open_tab, "film").fill(typed)
    first = options_of(open_tab, "film").first.inner_text()
    assert first.rpartition(" ")[0] == title


def test_a_film_is_picked_by_a_press(new_tab, address, data):
    tab = new_tab(has_touch=True)
    start(tab, address)
    box_of(tab, "film").fill("alien")
    options_of(tab, "film").first.tap()
    assert tab.locator("#live-film").get_attribute("data-film") == str(
        film_of(data, "Alien")
    )


@pytest.mark.parametrize("title", ["The Matrix", "Toy Story", "Amelie", "Casablanca"])
def test_the_five_lists_are_those_of_the_data(title, open_tab, data):
    box_of(open_tab, "film").fill(title)
    box_of(open_tab, "film").press("Enter")
    only_known = open_tab.get_by_label("Well-known films only")
    for is_on in (False, True):
        only_known.set_checked(is_on)
        shown = films_shown(open_tab, "film")
        assert shown == lists_of(data, film_of(data, title), well_known=is_on)
        assert sum(len(films) == 10 for films in shown.values()) >= 4


def lists_of(data, film, *, well_known):
    """Films that each method lists, by its name, in order."""
    lists = data.neighbour_lists(well_known=well_known)[:, film].tolist()
    return {
        method["name"]: [other for other in of_method if other != NOTHING]
        for method, of_method in zip(data.neighbours["methods"], lists, strict=True)
    }


def test_the_page_begins_with_well_known_films_and_says_why(tab, address, data):
    start(tab, address)
    few, likes = data.neighbours["fewestLikes"], data.likes()
    films = [film for films in films_shown(tab, "film").values() for film in films]
    assert (likes[films] >= few).all()
    reason = tab.locator("#live-film > p[role=status]")
    assert f"at least {few} people" in reason.inner_text()
    of_als = data.neighbour_lists()[0]
    fewest = likes[np.where(of_als == NOTHING, film_of(data, "The Matrix"), of_als)]
    odd = int(np.flatnonzero((fewest.min(axis=1) < few) & (likes >= few))[0])
    tab.get_by_label("Well-known films only").uncheck()
    box_of(tab, "film").fill(data.catalogue["titles"][odd])
    box_of(tab, "film").press("Enter")
    listed = films_shown(tab, "film")["ALS"]
    least = min(listed, key=lambda film: likes[film])
    assert f"list {data.catalogue['titles'][least]}" in reason.inner_text()
    assert f"only {likes[least]} like" in reason.inner_text()


# The address


def test_the_address_chooses_a_film_and_marks_a_method(tab, address, data):
    tab.set_viewport_size({"width": 390, "height": 800})
    film = film_of(data, "Alien")
    start(tab, address, query=f"?film={data.movie_ids[film]}&method=posters")
    assert tab.locator("#live-film").get_attribute("data-film") == str(film)
    assert box_of(tab, "film").input_value() == "Alien"
    marked = tab.locator("#live-film .fw-asked")
    assert marked.get_attribute("aria-label") == "Posters"
    column, screen = marked.bounding_box(), tab.viewport_size["width"]
    assert column["x"] >= 0
    assert column["x"] + column["width"] <= screen


def test_who_comes_for_a_film_need_not_scroll_to_it(tab, address):
    tab.goto(f"{address}/{PAGE}?film=1&method=als")
    tab.wait_for_selector("#live-film[data-state=ready]")
    top = tab.evaluate(
        "document.getElementById('live-film').getBoundingClientRect().top"
    )
    assert 0 <= top < 300


def test_the_film_that_a_reader_picks_is_in_the_address(tab, address, data):
    start(tab, address, query="?method=als")
    assert "film=" not in tab.url
    box_of(tab, "film").fill("toy story")
    box_of(tab, "film").press("Enter")
    assert tab.url.endswith("?method=als&film=1")
    tab.locator("#live-film .fw-card").first.click()
    film = tab.locator("#live-film").get_attribute("data-film")
    assert tab.url.endswith(f"film={data.movie_ids[int(film)]}")
    tab.reload()
    tab.wait_for_selector("#live-film[data-state=ready]")
    assert tab.locator("#live-film").get_attribute("data-film") == film


@pytest.mark.parametrize("film", ["99999999", "-1", "alien", "%3Cb%3E", ""])
def test_a_film_that_is_not_here_is_left_out_kindly(film, tab, address, data):
    start(tab, address, query=f"?film={film}&method=magic")
    sorry = tab.locator("#live-film > .fw-none")
    assert "Here is The Matrix" in sorry.inner_text()
    assert 'no method "magic"' in sorry.inner_text()
    first = str(film_of(data, "The Matrix"))
    assert tab.locator("#live-film").get_attribute("data-film") == first
    assert tab.locator("#live-film .fw-asked").count() == 0
    tab.locator("#live-film .fw-chip").first.click()
    assert sorry.is_hidden()
    assert tab.problems == []


def test_what_the_lists_share_is_marked_in_words_and_by_a_frame(tab, address):
    start(tab, address)
    lists = films_shown(tab, "film").values()
    everywhere = [film for films in lists for film in films]
    cards = tab.locator("#live-film .fw-card").all()
    assert len(cards) == len(everywhere)
    for card, film in zip(cards, everywhere, strict=True):
        n = everywhere.count(film)
        words = "in all 5" if n == 5 else f"in {n} lists"
        assert (words in card.inner_text()) == (n > 1)
        assert ("fw-shared" in card.get_attribute("class").split()) == (n > 1)


def test_a_card_leads_on_to_what_is_near_it(tab, address):
    start(tab, address)
    card = tab.locator("#live-film .fw-card").nth(3)
    film = card.get_attribute("data-film")
    card.press("Enter")
    assert tab.locator("#live-film").get_attribute("data-film") == film


def test_the_links_of_the_app_lead_to_chapters(tab, address):
    start(tab, address, *PARTS[1:])
    links = tab.eval_on_selector_all(".fw a", "links => links.map(a => a.href)")
    assert len(set(links)) == 6
    for link in set(links):
        if "/notebooks/" in link and not (SITE / "notebooks").exists():
            continue
        assert (SITE / link.removeprefix(f"{address}/")).exists(), link


# Rating films


@pytest.mark.parametrize("taste", TASTES)
def test_three_lists_agree_with_numpy(taste, tab, address, data):
    ratings = of_titles(data, TASTES[taste])
    keep(tab, data, ratings)
    start(tab, address, "ratings")
    lists = tab.evaluate(
        "fiveWays.ratingLists.map(({id, films, scores}) => ({id, films, scores}))"
    )
    assert list(films_shown(tab, "ratings").values()) == [x["films"] for x in lists]
    for found in lists:
        if found["scores"] is None:
            assert max(ratings.values()) < data.tastes["likeThreshold"]
            unseen = [film for film in range(data.n) if film not in ratings]
            assert found["films"] == unseen[:10]
        else:
            expected = getattr(data, f"{found['id']}_scores")(ratings)
            assert_best(found["films"], found["scores"], expected, ratings)


def test_ratings_given_by_hand_make_the_lists(tab, address, data):
    start(tab, address, "ratings")
    press_chip(tab, "Toy Story")
    box_of(tab, "ratings").fill("alien")
    box_of(tab, "ratings").press("Enter")
    # The new film's stars have the focus: from four to four and a half.
    tab.keyboard.press("ArrowRight")
    slider = stars_of(tab).nth(1)
    assert slider.get_attribute("aria-valuetext") == "4½ stars"
    assert slider.get_attribute("aria-label") == "Stars for Alien (1979)"
    ratings = {film_of(data, "Toy Story"): 4.0, film_of(data, "Alien"): 4.5}
    for found in tab.evaluate("fiveWays.ratingLists"):
        expected = getattr(data, f"{found['id']}_scores")(ratings)
        assert_best(found["films"], found["scores"], expected, ratings)
    tab.get_by_role("button", name="Remove Alien (1979)").click()
    left = of_titles(data, {"Toy Story": 4.0})
    found = tab.evaluate("fiveWays.ratingLists[1]")
    assert_best(found["films"], found["scores"], data.als_scores(left), left)


@pytest.mark.parametrize(("share", "stars"), [(0.05, 0.5), (0.67, 3.5), (0.97, 5)])
def test_stars_are_where_one_presses(share, stars, tab, address):
    start(tab, address, "ratings")
    press_chip(tab, "Toy Story")
    area = tab.locator("#live-ratings .fw-rate-area").bounding_box()
    place = area["x"] + share * area["width"], area["y"] + area["height"] / 2
    tab.mouse.click(*place)
    slider = stars_of(tab)
    assert float(slider.input_value()) == stars


def test_without_a_like_the_page_says_that_a_list_is_what_is_popular(tab, address):
    start(tab, address, "ratings")
    assert tab.get_by_text("this is what most people rate").count() == 3
    press_chip(tab, "Toy Story")
    assert tab.get_by_text("this is what most people rate").count() == 0


def test_ratings_outlive_a_reload_until_they_are_forgotten(tab, address):
    start(tab, address, "ratings")
    press_chip(tab, "Toy Story")
    tab.keyboard.press("ArrowLeft")
    before = films_shown(tab, "ratings")
    start(tab, address, "ratings")
    assert films_shown(tab, "ratings") == before
    stars = stars_of(tab)
    assert stars.get_attribute("aria-valuetext") == "3½ stars"
    tab.get_by_role("button", name="Forget my ratings").click()
    assert tab.evaluate("localStorage.getItem('five-ways:ratings')") is None
    assert stars.count() == 0
    assert "forgotten" in tab.locator("#live-ratings .fw-summary").inner_text()
    start(tab, address, "ratings")
    assert stars.count() == 0


@pytest.mark.parametrize(
    "stored",
    ["{", "7", '[["<b>", 3], [1, 99], [1], null, [99999999, 4]]', '{"ratings": 1}'],
)
def test_nonsense_in_the_storage_is_left_out(stored, tab, address):
    tab.add_init_script(f"localStorage.setItem('five-ways:ratings', {stored!r})")
    start(tab, address, "ratings")
    assert stars_of(tab).count() == 0
    assert tab.problems == []


def test_a_browser_that_keeps_nothing_can_still_rate(tab, address):
    tab.add_init_script(
        "for (const name of ['getItem', 'setItem', 'removeItem']) {"
        "  const real = Storage.prototype[name];"
        "  Storage.prototype[name] = function (key, ...rest) {"
        "    if (key.startsWith('five-ways')) { throw new DOMException('no'); }"
        "    return real.call(this, key, ...rest); } }"
    )
    start(tab, address, "ratings")
    press_chip(tab, "Toy Story")
    assert tab.get_by_text("Your browser keeps nothing").is_visible()
    tab.get_by_role("button", name="Forget my ratings").click()
    assert stars_of(tab).count() == 0
    assert tab.problems == []


def test_a_rating_updates_all_lists_quickly(tab, address, data):
    keep(tab, data, of_titles(data, TASTES["something of everything"]))
    start(tab, address, "ratings")
    stars = stars_of(tab).first
    taken = []
    for key in ["ArrowLeft", "ArrowRight"] * 5:
        stars.press(key)
        taken.append(tab.evaluate("fiveWays.lastUpdateMs"))
    assert np.median(taken) < 100


# Sliders


@pytest.mark.parametrize("case", SLIDERS)
def test_sliders_agree_with_numpy(case, tab, address, data):
    start(tab, address, "sliders")
    move_sliders(tab, SLIDERS[case])
    found = tab.evaluate("fiveWays.sliderList")
    expected = data.scores_by_likes(SLIDERS[case])
    assert_best(found["films"], found["scores"], expected)
    assert films_shown(tab, "sliders")["Two towers"] == found["films"]


def test_a_slider_tells_unknown_from_average(tab, address):
    start(tab, address, "sliders")
    slider = tab.get_by_role("slider", name="Horror")
    unknown = films_shown(tab, "sliders")
    assert slider.get_attribute("aria-valuetext") == "unknown"
    slider.click()
    assert slider.get_attribute("aria-valuetext") == "0: as much as most people"
    assert films_shown(tab, "sliders") != unknown
    tab.get_by_role("button", name="All unknown again").click()
    assert slider.get_attribute("aria-valuetext") == "unknown"
    assert films_shown(tab, "sliders") == unknown


# The map


def test_the_map_finds_a_film_and_what_is_around_it(tab, address, data):
    start(tab, address, "map")
    box_of(tab, "map").fill("toy story")
    box_of(tab, "map").press("Enter")
    tab.wait_for_function("fiveWays.view.zoom >= 5")
    film = film_of(data, "Toy Story")
    place = tab.evaluate(f"fiveWays.view.at({film})")
    assert place == pytest.approx(tab.evaluate("fiveWays.view.middle()"), abs=1)
    near = tab.locator("#live-map .fw-near button")
    assert near.count() == 8
    name = near.first.inner_text()
    near.first.click()
    said = tab.locator("#live-map .fw-summary").inner_text()
    assert said == f"{name}. Around it on this map:"


def test_the_map_can_be_walked_by_the_keyboard(tab, address):
    start(tab, address, "map")
    canvas = tab.locator("#live-map canvas")
    canvas.focus()
    canvas.press("ArrowRight")
    first = tab.evaluate("fiveWays.view.selected")
    x, _ = tab.evaluate(f"fiveWays.view.at({first})")
    canvas.press("ArrowRight")
    second = tab.evaluate("fiveWays.view.selected")
    assert second != first
    assert tab.evaluate(f"fiveWays.view.at({second})")[0] > x
    canvas.press("+")
    assert tab.evaluate("fiveWays.view.zoom") == pytest.approx(1.5)
    canvas.press("0")
    tab.wait_for_function("fiveWays.view.zoom === 1")
    canvas.press("Escape")
    assert tab.evaluate("fiveWays.view.selected") is None


def test_the_map_shows_what_the_mouse_points_at_and_moves_with_it(tab, address, data):
    start(tab, address, "map")
    canvas = tab.locator("#live-map canvas")
    canvas.scroll_into_view_if_needed()
    film = 0
    corner = canvas.bounding_box()
    x, y = tab.evaluate(f"fiveWays.view.at({film})")
    tab.mouse.move(corner["x"] + x, corner["y"] + y)
    tip = tab.locator("#live-map .fw-tip")
    pointed = tab.evaluate("fiveWays.view.pointed")
    assert data.catalogue["titles"][pointed] in tip.inner_text()
    tab.mouse.down()
    tab.mouse.move(corner["x"] + x + 40, corner["y"] + y + 20, steps=4)
    tab.mouse.up()
    moved = tab.evaluate(f"fiveWays.view.at({film})")
    assert moved == pytest.approx([x + 40, y + 20], abs=8)
    assert tab.evaluate("fiveWays.view.selected") is None
    scroll = tab.evaluate("scrollY")
    tab.mouse.wheel(0, -200)
    tab.wait_for_function("fiveWays.view.zoom > 1")
    assert tab.evaluate("scrollY") == scroll


def test_the_wheel_scrolls_the_page_of_who_only_passes_the_map(tab, address):
    start(tab, address, "map")
    corner = tab.locator("#live-map canvas").bounding_box()
    tab.mouse.move(corner["x"] + 50, corner["y"] + 50)
    before = tab.evaluate("scrollY")
    tab.mouse.wheel(0, -200)
    tab.wait_for_function(f"scrollY < {before}")
    assert tab.evaluate("fiveWays.view.zoom") == 1


def test_every_method_of_the_map_can_be_chosen(tab, address, data):
    start(tab, address, "map")
    for method in data.map["methods"]:
        tab.get_by_label("Map of", exact=True).select_option(method["id"])
        assert tab.evaluate(f"fiveWays.view.isOnMap({film_of(data, 'The Matrix')})")
        assert tab.get_by_text(method["axes"]).is_visible()
    assert tab.problems == []


def test_motion_is_left_out_for_who_asks_for_less(new_tab, address):
    steps = {}
    for motion in ("reduce", "no-preference"):
        tab = new_tab(reduced_motion=motion)
        start(tab, address, "map")
        tab.wait_for_timeout(700)
        tab.evaluate("fiveWays.selectOnMap(0)")
        steps[motion] = tab.evaluate("fiveWays.view.zoom")
    assert steps["reduce"] == 5
    assert steps["no-preference"] < 5


# Safe, from anywhere, for everybody


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory, data):
    """Copy what the page needs, with titles that would like to be markup."""
    copy = tmp_path_factory.mktemp("hostile")
    shutil.copytree(SITE / "_static", copy / "_static")
    (copy / "book").mkdir()
    for file in (PAGE, "searchindex.js"):
        shutil.copy(SITE / file, copy / file)
    name = data.manifest["files"]["catalogue"]
    _, content = read_script(DATA / name)
    titles = content["titles"]
    for film in range(data.n):
        title = titles[film]
        hostile = [
            "<img src=x onerror=window.hacked=1>",
            '"><script>window.hacked=1</script>',
            "</option><svg onload=window.hacked=1>",
        ][film % 3]
        titles[film] = f"{hostile} {title}"
        content["searched"][film] = f"{title}|{hostile}"
    titles[film_of(data, "The Matrix")] = "The Matrix"
    script = f'fiveWays.receive("catalogue", {json.dumps(content)});'
    (copy / "_static" / "live-data" / name).write_text(script, encoding="utf-8")
    return copy


def test_a_title_is_text_and_never_markup(hostile_site, tab):
    start(tab, hostile_site.as_uri(), *PARTS[1:])
    for part in ("film", "ratings", "map"):
        box_of(tab, part).fill("img src")
        assert options_of(tab, part).first.inner_text().startswith("<img src=x onerror")
        box_of(tab, part).press("Enter")
    rated = tab.locator("#live-ratings .fw-name").inner_text()
    assert rated.startswith("<img src=x onerror=window.hacked=1>")
    tab.locator("#live-ratings .fw-card").first.click()
    tab.locator("#live-sliders .fw-chip").first.click()
    tab.locator("#live-map canvas").press("ArrowRight")
    tab.locator("#live-film .fw-card").first.click()
    text = tab.locator("#live-film").inner_text()
    assert "<script>window.hacked=1</script>" in text
    assert "<svg onload=window.hacked=1>" in text
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator(".fw img, .fw script").count() == 0
    assert tab.problems == []


def use_everything(tab):
    """Touch each part, so that all that can be shown is shown."""
    for title in ("Toy Story", "Titanic", "Alien"):
        chip = tab.locator("#live-ratings .fw-chip", has_text=title)
        if chip.count():
            chip.first.click()
    tab.locator("#live-sliders .fw-chip").first.click()
    box_of(tab, "map").fill("toy story")
    box_of(tab, "map").press("Enter")
    box_of(tab, "film").fill("star")


def test_the_page_asks_no_other_server_for_anything(tab, address):
    start(tab, address, *PARTS[1:])
    use_everything(tab)
    assert len(tab.requested) > 20
    assert asked_elsewhere(tab, address) == []
    assert tab.problems == []


def test_the_page_works_from_the_disk(tab):
    start(tab, SITE.as_uri(), *PARTS[1:])
    use_everything(tab)
    assert len(films_shown(tab, "ratings")["ALS"]) == 10
    assert asked_elsewhere(tab, "file:") == []
    assert tab.problems == []


def test_without_javascript_there_is_a_table(new_tab, address):
    tab = new_tab(java_script_enabled=False)
    tab.goto(f"{address}/{PAGE}")
    table = tab.locator("div.fw-static table")
    assert table.is_visible()
    assert table.locator("caption").count() == 1
    assert table.locator("th[scope=col]").count() >= 5
    for part in PARTS:
        assert not tab.locator(f"#live-{part}").is_visible()


def test_with_javascript_the_app_replaces_the_table(tab, address):
    start(tab, address)
    assert not tab.locator("div.fw-static").is_visible()
    assert tab.get_by_text("This part needs JavaScript").first.is_hidden()


@pytest.mark.parametrize("part", ["manifest", "catalogue", "neighbours"])
def test_data_that_does_not_load_can_be_asked_for_again(part, tab, address):
    tab.route(f"**/live-data/{part}*", lambda route: route.abort())
    tab.goto(f"{address}/{PAGE}")
    message = tab.locator("#live-film [role=alert]")
    message.wait_for()
    assert "did not load" in message.inner_text()
    assert tab.locator("div.fw-static table").is_visible()
    tab.unroute(f"**/live-data/{part}*")
    message.get_by_role("button", name="Try again").click()
    tab.wait_for_selector("#live-film[data-state=ready]")
    assert not tab.locator("div.fw-static").is_visible()
    assert len(films_shown(tab, "film")) == 5


def test_one_part_that_fails_leaves_the_others_alone(tab, address):
    tab.route("**/live-data/tastes*", lambda route: route.abort())
    start(tab, address, "map")
    tab.evaluate("document.getElementById('live-ratings').scrollIntoView()")
    tab.wait_for_selector("#live-ratings[data-state=failed]")
    assert tab.locator("#live-ratings").get_by_role("button").count() == 1


def test_a_part_is_not_loaded_before_it_is_near(tab, address):
    start(tab, address)
    loaded = [url for url in tab.requested if "/live-data/" in url]
    assert len(loaded) == 3  # the manifest, the catalogue and the neighbours


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_makes_the_page_scroll_sideways(width, tab, address):
    tab.set_viewport_size({"width": width, "height": 640})
    start(tab, address, *PARTS[1:])
    use_everything(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_pressed_is_large_enough_on_a_phone(tab, address):
    tab.set_viewport_size({"width": 320, "height": 640})
    start(tab, address, *PARTS[1:])
    use_everything(tab)
    small = tab.evaluate(
        """() => [...document.querySelectorAll(
             ".fw button, .fw input, .fw select, .fw [role=option]")]
           .filter(x => x.offsetParent !== null)
           .map(x => [x.outerHTML.slice(0, 90), x.getBoundingClientRect()])
           .filter(([, box]) => box.width < 24 || box.height < 24)
           .map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_in_use_has_no_barrier_that_axe_finds(width, tab, address):
    tab.set_viewport_size({"width": width, "height": 900})
    start(tab, address, *PARTS[1:])
    use_everything(tab)
    assert options_of(tab, "film").first.is_visible()
    found = {}
    for theme in ("light", "dark"):
        show_theme(tab, theme)
        found[theme] = barriers(tab, "wcag22aa")
    assert found == {"light": [], "dark": []}


def test_the_data_is_small_and_holds_many_films(data):
    sizes = {
        file.name: len(gzip.compress(file.read_bytes(), 9))
        for file in DATA.glob("*.js")
    }
    assert len(sizes) == 5
    assert sum(sizes.values()) <= LARGEST_BYTES
    if data.manifest["edition"] != "sample":
        assert data.n >= 3000
