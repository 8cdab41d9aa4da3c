/* Part 1: pick a film, and see what each method takes for near. */
(function (live) {
  "use strict";

  const NONE = 65535;
  const FIRST = "The Matrix";
  const TRY = ["Toy Story", "Amelie", "Alien", "Pulp Fiction", "The Lion King"];
  // A film picked by chance should be one that the reader may know.
  const WELL_KNOWN = 400;

  /**
   * Start the part.
   * @param {HTMLElement} host
   * @param {object} content of "catalogue"
   * @param {object} neighbours content of "neighbours"
   */
  live.startFilm = function (host, content, neighbours) {
    const catalogue = live.catalogue(content);
    const search = live.finder(catalogue);
    const near = live.decode(neighbours.lists, Uint16Array);
    // A row has the nearest films, and then the nearest well-known ones besides.
    const width = 2 * neighbours.n;
    const asked = live.asked();
    const poster = live.element("div", { class: "fw-picked" });
    const box = live.element("div", { class: "fw-search" });
    const said = live.element("p", { class: "fw-summary", role: "status" });
    const columns = live.element("div", {
      class: "fw-columns",
      role: "region",
      tabindex: "0",
      "aria-label": "The five lists, side by side",
    });
    const onlyKnown = live.element("input", { type: "checkbox", checked: true });
    const reason = live.element("p", { class: "fw-quiet", role: "status" });
    const sorry = live.element("p", { class: "fw-none", hidden: true });
    let shown = 0;

    function isListed(film) {
      const isKnown = catalogue.nLikes[film] >= neighbours.fewestLikes;
      return film !== NONE && (isKnown || !onlyKnown.checked);
    }

    function listsOf(film) {
      return neighbours.methods.map(function (method, m) {
        const start = (m * catalogue.n + film) * width;
        const row = near.subarray(start, start + width);
        return {
          name: method.name,
          chapter: method.chapter,
          says: method.says,
          films: Array.from(row).filter(isListed).slice(0, neighbours.n),
          scores: null,
          without: "Nothing is known of this film here, so nothing is near it.",
          isAsked: method.id === asked.method,
        };
      });
    }

    // Why a film can be near another that seems to have nothing to do with it.
    function reasonOf(lists) {
      if (onlyKnown.checked) {
        return (
          `Listed are films that at least ${neighbours.fewestLikes} people like. Take ` +
          "the tick off to see all films, and what few likes do to ALS."
        );
      }
      const likes = (film) => catalogue.nLikes[film];
      const ofAls = lists[neighbours.methods.findIndex(({ id }) => id === "als")].films;
      const [odd] = [...ofAls].sort((a, b) => likes(a) - likes(b));
      return odd === undefined || likes(odd) >= neighbours.fewestLikes
        ? `ALS lists no film here that fewer than ${neighbours.fewestLikes} people like.`
        : `Why does ALS list ${catalogue.name(odd)}? The film has only ` +
            `${live.count(likes(odd), "like")}. With so few, its vector points where ` +
            "those of the few people do who like it. It is short, too, but the cosine " +
            "ignores length.";
    }

    function pick(film) {
      sorry.hidden = true;
      live.keepInAddress(catalogue.movieIds[film]);
      show(film);
    }

    function show(film) {
      const lists = listsOf(film);
      shown = film;
      host.dataset.film = String(film);
      poster.replaceChildren(live.poster(catalogue, film));
      live.drawLists(columns, catalogue, lists, {
        press(other) {
          pick(other);
          input.value = catalogue.titles[other];
          input.focus({ preventScroll: true });
          host.scrollIntoView({
            behavior: live.isCalm() ? "auto" : "smooth",
            block: "start",
          });
        },
        does: "Show what is near it.",
      });
      said.replaceChildren(
        "Nearest to ",
        live.element("strong", { text: catalogue.name(film) }),
        `. ${live.describeSharing(lists.map((list) => list.films))}`,
      );
      reason.textContent = reasonOf(lists);
    }

    const input = live.combobox(box, {
      label: "Pick a film",
      placeholder: "Type a title",
      catalogue,
      search,
      keepsText: true,
      pick,
    });
    input.addEventListener("focus", () => input.select());

    function tried(film) {
      return live.button(
        catalogue.titles[film],
        function () {
          pick(film);
          input.value = catalogue.titles[film];
        },
        { class: "fw-chip" },
      );
    }
    const chips = live.element(
      "div",
      { class: "fw-chips" },
      ...catalogue.called(TRY).map(tried),
      live.button(
        "Any film",
        function () {
          const film = Math.floor(Math.random() * Math.min(WELL_KNOWN, catalogue.n));
          pick(film);
          input.value = catalogue.titles[film];
        },
        { class: "fw-chip fw-other" },
      ),
    );
    onlyKnown.addEventListener("change", () => show(shown));
    box.append(chips, said);
    host.append(
      sorry,
      live.element("div", { class: "fw-choice" }, poster, box),
      live.element("label", { class: "fw-switch" }, onlyKnown, "Well-known films only"),
      reason,
      columns,
    );
    live.markTogether(columns);

    // What the address asks for, as far as it is here.
    const ids = neighbours.methods.map((method) => method.id);
    const found = asked.film === null ? undefined : catalogue.ofMovie(Number(asked.film));
    const first = found ?? catalogue.called([FIRST])[0] ?? 0;
    const missing = [];
    if (asked.film !== null && found === undefined) {
      missing.push(
        `The film that you came for, "${asked.film.slice(0, 12)}", is not on this ` +
          `page. Here is ${catalogue.titles[first]}; pick another one.`,
      );
    }
    if (asked.method !== null && !ids.includes(asked.method)) {
      missing.push(`There is no method "${asked.method.slice(0, 12)}" here.`);
    }
    sorry.textContent = missing.join(" ");
    sorry.hidden = missing.length === 0;
    input.value = catalogue.titles[first];
    show(first);
    const column = columns.querySelector(".fw-asked");
    if (column !== null) {
      columns.scrollLeft = column.offsetLeft - columns.offsetLeft;
    }
    if ((asked.film ?? asked.method) !== null && window.location.hash === "") {
      host.scrollIntoView();
    }
  };
})((window.fiveWays = window.fiveWays || {}));
