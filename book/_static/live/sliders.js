/* Part 3: say what you like, without rating anything. */
(function (live) {
  "use strict";

  const N = 10;
  const STEP = 0.5;
  const EXAMPLES = {
    "A family evening": { Children: 2, Animation: 1.5, Horror: -2 },
    "Dark and tense": { Thriller: 2, Crime: 1.5, Comedy: -1.5 },
    "Old and admired": { newer: -2, acclaimed: 2 },
    "Off the beaten track": { famous: -2, acclaimed: 1 },
  };

  const NAMES = {
    newer: "Newer films",
    famous: "Famous films",
    acclaimed: "Acclaimed films",
  };

  function strengthText(strength) {
    if (strength === null) {
      return "unknown";
    }
    const sign = strength > 0 ? "+" : strength < 0 ? "−" : "";
    return `${sign}${Math.abs(strength)}`;
  }

  function meaningOf(strength) {
    if (strength === null) {
      return "unknown";
    }
    const words = [
      "much less than",
      "less than",
      "as much as",
      "more than",
      "much more than",
    ];
    return `${strengthText(strength)}: ${words[Math.round(strength) + 2]} most people`;
  }

  /* A native slider. It starts as unknown, which is something else than average. */
  function slider(what, change) {
    const name = NAMES[what] || what;
    const id = `fw-like-${what.toLowerCase().replace(/[^a-z]+/g, "-")}`;
    const input = live.element("input", {
      id,
      type: "range",
      min: "-2",
      max: "2",
      step: String(STEP),
      value: "0",
    });
    const text = live.element("output", { for: id, class: "fw-strength" });
    const made = live.element(
      "div",
      { class: "fw-slider" },
      live.element("label", { for: id, text: name }),
      text,
      input,
    );
    function set(strength) {
      made.classList.toggle("fw-unknown", strength === null);
      input.value = String(strength === null ? 0 : strength);
      // The bar goes from the middle to the thumb.
      const place = 50 + 25 * Number(input.value);
      made.style.setProperty("--fw-from", `${Math.min(50, place)}%`);
      made.style.setProperty("--fw-to", `${Math.max(50, place)}%`);
      text.textContent = strengthText(strength);
      input.setAttribute("aria-valuetext", meaningOf(strength));
    }
    function moved() {
      set(Number(input.value));
      change(what, Number(input.value));
    }
    input.addEventListener("input", moved);
    // From unknown to average: the slider does not move, so it is pressed.
    input.addEventListener("click", function () {
      if (made.classList.contains("fw-unknown")) {
        moved();
      }
    });
    input.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") {
        moved();
        event.preventDefault();
      } else if (event.key === "Delete" || event.key === "Backspace") {
        set(null);
        change(what, null);
      }
    });
    set(null);
    return { made, set };
  }

  /**
   * Start the part.
   * @param {HTMLElement} host
   * @param {object} content of "catalogue"
   * @param {object} tastes content of "tastes"
   */
  live.startSliders = function (host, content, tastes) {
    const catalogue = live.catalogue(content);
    const towers = live.towers(tastes, catalogue);
    const likes = new Map();
    const sliders = new Map();
    const list = live.element("div", { class: "fw-rows" });
    const said = live.element("p", { class: "fw-unseen", role: "status" });

    function update() {
      const found = live.topN(towers.fromLikes(likes), N, new Set());
      live.sliderList = found;
      live.drawLists(
        list,
        catalogue,
        [
          {
            name: "Two towers",
            chapter: 6,
            says:
              likes.size > 0
                ? `For somebody of whom it knows ${live.count(likes.size, "thing")}.`
                : "For a stranger: it knows nothing of you yet.",
            ...found,
          },
        ],
        {
          press: (film) => live.showOnMap && live.showOnMap(film),
          does: "Show it on the map.",
        },
      );
      const first = found.films.slice(0, 3).map((film) => catalogue.titles[film]);
      said.textContent = `First now: ${first.join("; ")}.`;
      reset.disabled = likes.size === 0;
    }

    function change(what, strength) {
      if (strength === null) {
        likes.delete(what);
      } else {
        likes.set(what, strength);
      }
      live.timed(update);
    }

    function setAll(wanted) {
      likes.clear();
      sliders.forEach(function ({ set }, what) {
        const strength = wanted[what];
        set(strength === undefined ? null : strength);
        if (strength !== undefined) {
          likes.set(what, strength);
        }
      });
      live.timed(update);
    }

    for (const { what } of towers.sliders) {
      sliders.set(what, slider(what, change));
    }
    const reset = live.button("All unknown again", () => setAll({}), {
      class: "fw-button",
    });
    const examples = Object.entries(EXAMPLES).map(([name, wanted]) =>
      live.button(name, () => setAll(wanted), { class: "fw-chip" }),
    );
    host.append(
      live.element(
        "div",
        { class: "fw-chips" },
        live.element("span", { text: "For example" }),
        ...examples,
        reset,
      ),
      live.element(
        "div",
        { class: "fw-sliders", role: "group", "aria-label": "What you like" },
        ...[...sliders.values()].map(({ made }) => made),
      ),
      said,
      list,
    );
    live.timed(update);
  };
})((window.fiveWays = window.fiveWays || {}));
