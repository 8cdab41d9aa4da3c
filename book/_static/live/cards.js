/* Films as drawn cards: the colour and the sign of the main genre, and text. */
(function (live) {
  "use strict";

  const signs = new Map();

  // The signs are the course's own markup, and the only markup in the data.
  function signOf(style) {
    if (!signs.has(style.sign)) {
      const text =
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 110">' +
        `${style.sign}</svg>`;
      const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
      const sign = document.importNode(parsed.documentElement, true);
      sign.setAttribute("aria-hidden", "true");
      sign.setAttribute("focusable", "false");
      sign.setAttribute("fill", style.accent);
      signs.set(style.sign, sign);
    }
    return signs.get(style.sign).cloneNode(true);
  }

  function sizeOf(title) {
    return title.length > 36 ? "long" : title.length > 18 ? "middle" : "short";
  }

  /**
   * A large card, as a poster on the wall.
   * @param {object} catalogue
   * @param {number} film
   * @returns {HTMLElement}
   */
  live.poster = function (catalogue, film) {
    const style = catalogue.styleOf(film);
    const title = catalogue.titles[film];
    const year = catalogue.years[film] || "";
    const card = live.element(
      "div",
      { class: "fw-poster" },
      signOf(style),
      live.element(
        "div",
        { class: "fw-text" },
        live.element("p", { class: `fw-title fw-${sizeOf(title)}`, text: title }),
        live.element("p", { text: String(year) }),
        live.element("p", { text: catalogue.genresOf(film).join(" · ") }),
      ),
    );
    card.style.setProperty("--fw-ground", style.ground);
    return card;
  };

  /**
   * A card in a list: a button, in an item of the list.
   * @param {object} catalogue
   * @param {number} film
   * @param {object} options rank; score, a number or null; inLists, in how many lists
   *   the film is, of nLists; press(film); does: what a press does, for screen readers
   * @returns {HTMLLIElement}
   */
  live.card = function (catalogue, film, options) {
    const style = catalogue.styleOf(film);
    const title = catalogue.titles[film];
    const hasScore = typeof options.score === "number";
    const score = hasScore ? options.score.toFixed(3).replace("-", "−") : "";
    const meta = live.element(
      "span",
      { class: "fw-meta" },
      live.element("span", { text: String(catalogue.years[film] || "") }),
    );
    if (options.inLists > 1) {
      const text =
        options.inLists === options.nLists
          ? `in all ${options.nLists}`
          : `in ${options.inLists} lists`;
      meta.append(" ", live.element("span", { class: "fw-badge", text }));
    }
    const button = live.element(
      "button",
      { type: "button", class: options.inLists > 1 ? "fw-card fw-shared" : "fw-card" },
      live.element(
        "span",
        { class: "fw-band" },
        live.element("span", { class: "fw-rank", text: String(options.rank) }),
        " ",
        live.element("span", { class: "fw-score", text: score }),
        signOf(style),
      ),
      " ",
      live.element("span", {
        class: title.length > 24 ? "fw-title fw-long" : "fw-title",
        text: title,
      }),
      " ",
      meta,
    );
    button.append(live.hiddenText(` ${options.does}`));
    button.dataset.film = String(film);
    button.style.setProperty("--fw-ground", style.ground);
    button.style.setProperty("--fw-accent", style.accent);
    button.addEventListener("click", () => options.press(film));
    return live.element("li", {}, button);
  };

  /**
   * Mark a film wherever it is in a host, as long as one of its cards is pointed at.
   * @param {HTMLElement} host
   */
  live.markTogether = function (host) {
    function mark(event) {
      const card = event.target.closest(".fw-card");
      const starts = event.type === "mouseover" || event.type === "focusin";
      for (const other of host.querySelectorAll(".fw-card")) {
        const isSame = card !== null && other.dataset.film === card.dataset.film;
        other.classList.toggle("fw-same", starts && isSame);
      }
    }
    for (const type of ["mouseover", "mouseout", "focusin", "focusout"]) {
      host.addEventListener(type, mark);
    }
  };
})((window.fiveWays = window.fiveWays || {}));
