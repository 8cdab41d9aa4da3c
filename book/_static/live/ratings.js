/* Part 2: rate a few films, and three methods recommend others at once. */
(function (live) {
  "use strict";

  const FIRST_STARS = 4;
  const N_SUGGESTED = 8;
  const SUGGESTED = [
    "The Matrix",
    "Titanic",
    "Toy Story",
    "The Silence of the Lambs",
    "Forrest Gump",
    "Alien",
    "Pretty Woman",
    "Monty Python and the Holy Grail",
    "The Shining",
    "Amelie",
    "The Godfather",
    "Mrs. Doubtfire",
    "Casablanca",
    "Shrek",
    "Die Hard",
    "Spirited Away",
  ];

  /**
   * Start the part.
   * @param {HTMLElement} host
   * @param {object} content of "catalogue"
   * @param {object} tastes content of "tastes"
   */
  live.startRatings = function (host, content, tastes) {
    const catalogue = live.catalogue(content);
    const listsOf = live.methodsForRatings(tastes, catalogue);
    // Of films that are not in this edition's catalogue nothing can be computed.
    const ratings = new Map(
      live.storage
        .read()
        .map(([movieId, stars]) => [catalogue.ofMovie(movieId), stars])
        .filter(([film]) => film !== undefined),
    );
    const box = live.element("div", { class: "fw-search" });
    const chips = live.element("div", { class: "fw-chips" });
    const rows = live.element("ul", { class: "fw-rated", role: "list" });
    const kept = live.element("span", { class: "fw-quiet" });
    const lists = live.element("div", { class: "fw-rows" });
    const said = live.element("p", { class: "fw-summary", role: "status" });

    function keep() {
      const byMovie = [...ratings].map(([film, stars]) => [
        catalogue.movieIds[film],
        stars,
      ]);
      const isKept = live.storage.write(byMovie);
      kept.textContent = isKept
        ? "Kept in this browser only."
        : "Your browser keeps nothing for this page: they are gone when you leave.";
    }

    function update() {
      const found = listsOf([...ratings]);
      live.drawLists(lists, catalogue, found, {
        press: (film) => rate(film, FIRST_STARS),
        does: "I have seen it: rate it.",
      });
      live.ratingLists = found;
      const heads = found
        .filter((list) => list.films.length > 0 && !list.isPopular)
        .map((list) => `${list.name}: ${catalogue.titles[list.films[0]]}`);
      said.textContent =
        heads.length > 0
          ? `First in each list. ${heads.join("; ")}.`
          : "Nothing is rated yet, so all three show what most people rate.";
    }

    function changed() {
      live.timed(update);
      keep();
    }

    function row(film, stars) {
      const name = catalogue.name(film);
      const control = live.starsControl(name, stars, function (now) {
        ratings.set(film, now);
        changed();
      });
      const remove = live.button("×", () => take(film), {
        class: "fw-remove",
        "aria-label": `Remove ${name}`,
        title: "Remove",
      });
      const made = live.element(
        "li",
        {},
        live.element("span", { class: "fw-swatch", "aria-hidden": "true" }),
        live.element("span", { class: "fw-name", text: name }),
        control,
        remove,
      );
      made.dataset.film = String(film);
      made.firstChild.style.background = catalogue.styleOf(film).ground;
      made.input = control.input;
      return made;
    }

    function rowOf(film) {
      return [...rows.children].find((made) => Number(made.dataset.film) === film);
    }

    function drawChips() {
      const open = catalogue.called(SUGGESTED).filter((film) => !ratings.has(film));
      const made = open.slice(0, N_SUGGESTED).map((film) =>
        live.button(`+ ${catalogue.titles[film]}`, () => rate(film, FIRST_STARS), {
          class: "fw-chip",
          "aria-label": `Rate ${catalogue.name(film)}`,
        }),
      );
      chips.replaceChildren(
        live.element("span", { text: "Seen one of these?" }),
        ...made,
      );
      forget.disabled = ratings.size === 0;
      foot.hidden = ratings.size === 0;
    }

    function rate(film, stars) {
      if (!ratings.has(film)) {
        ratings.set(film, stars);
        rows.append(row(film, stars));
        changed();
        drawChips();
      }
      const { input: slider } = rowOf(film);
      slider.focus({ preventScroll: false });
    }

    function take(film) {
      const gone = rowOf(film);
      const next = gone.nextElementSibling || gone.previousElementSibling;
      ratings.delete(film);
      gone.remove();
      changed();
      drawChips();
      // The focus goes where a reader without a mouse expects it.
      (next ? next.querySelector(".fw-remove") : input).focus();
    }

    function forgetAll() {
      ratings.clear();
      rows.replaceChildren();
      live.storage.forget();
      live.timed(update);
      drawChips();
      kept.textContent = "";
      said.textContent = "Your ratings are forgotten. This browser keeps none of them.";
      input.focus();
    }

    const input = live.combobox(box, {
      label: "Add a film that you have seen",
      placeholder: "Type a title",
      catalogue,
      search: live.finder(catalogue),
      pick: (film) => rate(film, FIRST_STARS),
    });
    const forget = live.button("Forget my ratings", forgetAll, { class: "fw-button" });
    const foot = live.element("div", { class: "fw-foot" }, forget, kept);
    box.append(chips);
    host.append(box, rows, foot, said, lists);
    live.markTogether(lists);
    ratings.forEach((stars, film) => rows.append(row(film, stars)));
    drawChips();
    live.timed(update);
    if (ratings.size > 0) {
      keep();
    }
  };
})((window.fiveWays = window.fiveWays || {}));
