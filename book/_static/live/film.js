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
    const poster = live.element("div", { class: "fw-picked" });
    const box = live.element("div", { class: "fw-search" });
    const said = live.element("p", { class: "fw-summary", role: "status" });
    const columns = live.element("div", {
      class: "fw-columns",
      role: "region",
      tabindex: "0",
      "aria-label": "The five lists, side by side",
    });

    function listsOf(film) {
      return neighbours.methods.map(function (method, m) {
        const start = (m * catalogue.n + film) * neighbours.n;
        const row = near.subarray(start, start + neighbours.n);
        return {
          name: method.name,
          chapter: method.chapter,
          says: method.says,
          films: Array.from(row).filter((other) => other !== NONE),
          scores: null,
          without: "Nothing is known of this film here, so nothing is near it.",
        };
      });
    }

    function show(film) {
      const lists = listsOf(film);
      host.dataset.film = String(film);
      poster.replaceChildren(live.poster(catalogue, film));
      live.drawLists(columns, catalogue, lists, {
        press(other) {
          show(other);
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
    }

    const input = live.combobox(box, {
      label: "Pick a film",
      placeholder: "Type a title",
      catalogue,
      search,
      keepsText: true,
      pick: show,
    });
    input.addEventListener("focus", () => input.select());

    function tried(film) {
      return live.button(
        catalogue.titles[film],
        function () {
          show(film);
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
          show(film);
          input.value = catalogue.titles[film];
        },
        { class: "fw-chip fw-other" },
      ),
    );
    box.append(chips, said);
    host.append(live.element("div", { class: "fw-choice" }, poster, box), columns);
    live.markTogether(columns);

    const first = catalogue.called([FIRST])[0] || 0;
    input.value = catalogue.titles[first];
    show(first);
  };
})((window.fiveWays = window.fiveWays || {}));
