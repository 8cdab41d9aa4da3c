/* Part 4: a map of the films, for each method. */
(function (live) {
  "use strict";

  const N_NEAR = 8;
  const CLOSE = 5;
  let waiting = null;

  /**
   * Show a film on the map, also before the map has been loaded.
   * @param {number} film
   */
  live.showOnMap = function (film) {
    waiting = film;
    const host = document.getElementById("live-map");
    host.scrollIntoView({ behavior: live.isCalm() ? "auto" : "smooth" });
    if (live.selectOnMap) {
      live.selectOnMap(film);
    }
  };

  function chooser(label, choices, change) {
    const select = live.element("select", { id: "fw-map-method" });
    for (const [value, text] of choices) {
      select.append(live.element("option", { value, text }));
    }
    select.addEventListener("change", () => change(select.value));
    const name = live.element("label", { for: select.id, text: label });
    return live.element("div", {}, name, select);
  }

  /**
   * Start the part.
   * @param {HTMLElement} host
   * @param {object} content of "catalogue"
   * @param {object} map content of "map"
   */
  live.startMap = function (host, content, map) {
    const catalogue = live.catalogue(content);
    const xs = live.mapPlaces(map.x, map.methods.length);
    const ys = live.mapPlaces(map.y, map.methods.length);
    const box = live.element("div", { class: "fw-search" });
    const axes = live.element("p", { class: "fw-says" });
    const hint = live.element("p", {
      class: "fw-quiet",
      id: "fw-map-hint",
      text:
        "Drag to move. To zoom, use the buttons, two fingers, or press the map and " +
        "turn the wheel. With the keyboard, arrows go from film to film, + and − " +
        "zoom, Shift and arrows move the map, and 0 shows all of it.",
    });
    const canvas = live.element("canvas", {
      class: "fw-map",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "map",
      "aria-label": "Map of the films",
      "aria-describedby": "fw-map-hint",
    });
    const tip = live.element("div", { class: "fw-tip", hidden: true });
    const said = live.element("p", { class: "fw-summary", role: "status" });
    const near = live.element("ol", { class: "fw-near", role: "list" });
    const view = live.mapView(canvas, catalogue);

    function point(film, place) {
      if (view.pointed !== film) {
        view.pointed = film;
        canvas.classList.toggle("fw-over", film !== null);
        view.draw();
      }
      tip.hidden = film === null;
      if (film !== null) {
        const genres = catalogue.genresOf(film).join(", ");
        tip.replaceChildren(
          live.element("strong", { text: catalogue.name(film) }),
          live.element("span", { text: genres }),
        );
        const [x, y] = place || view.at(film);
        const left = Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4);
        const isLow = y + 18 + tip.offsetHeight > canvas.clientHeight;
        tip.style.left = `${Math.max(4, left)}px`;
        tip.style.top = `${isLow ? y - tip.offsetHeight - 12 : y + 18}px`;
      }
    }

    function nearTo(film) {
      const found = view.nearest(view.at(film), N_NEAR + 1);
      return found.map(([, other]) => other).filter((other) => other !== film);
    }

    function select(film, byKey) {
      view.selected = film;
      point(null);
      view.draw();
      near.replaceChildren();
      host.dataset.film = film === null ? "" : String(film);
      if (film === null) {
        said.textContent = "Press a film, or look for one, to see what is around it.";
      } else if (!view.isOnMap(film)) {
        const name = catalogue.name(film);
        said.textContent = `${name} is not on this map: nothing is known of it.`;
      } else {
        const [x, y] = view.at(film);
        const isOutside =
          x < 20 ||
          y < 20 ||
          x > canvas.clientWidth - 20 ||
          y > canvas.clientHeight - 20;
        if (byKey && isOutside) {
          view.goTo(film, 1);
        }
        said.textContent = `${catalogue.name(film)}. Around it on this map:`;
        const buttons = nearTo(film).map((other) =>
          live.element(
            "li",
            {},
            live.button(catalogue.name(other), () => find(other), { class: "fw-chip" }),
          ),
        );
        near.append(...buttons);
      }
    }

    function find(film) {
      select(film);
      if (view.isOnMap(film)) {
        view.goTo(film, CLOSE);
      }
    }

    function zoomed() {
      // Zoomed out, a finger that goes up or down scrolls the page.
      canvas.style.touchAction = view.zoom > 1 ? "none" : "pan-y";
    }

    function choose(id) {
      const m = map.methods.findIndex((method) => method.id === id);
      view.setPlaces(xs[m], ys[m]);
      axes.textContent = map.methods[m].axes;
      host.dataset.method = id;
      window.clearTimeout(choose.later);
      // What is around a film is known when the films have arrived.
      choose.later = window.setTimeout(
        () => select(view.selected),
        live.isCalm() ? 0 : 500,
      );
    }

    live.combobox(box, {
      label: "Find a film on the map",
      placeholder: "Type a title",
      catalogue,
      search: live.finder(catalogue),
      keepsText: true,
      pick: find,
    });
    const zooms = [
      ["+", "Zoom in", () => view.zoomAt(1.6, view.middle())],
      ["−", "Zoom out", () => view.zoomAt(1 / 1.6, view.middle())],
      ["⤢", "Show the whole map", () => view.home()],
    ].map(function ([text, label, press]) {
      const name = { class: "fw-zoom", "aria-label": label, title: label };
      return live.button(text, press, name);
    });
    zooms.forEach((button) => button.addEventListener("click", zoomed));
    host.append(
      live.element(
        "div",
        { class: "fw-map-tools" },
        box,
        chooser(
          "Map of",
          map.methods.map(({ id, name }) => [id, name]),
          choose,
        ),
      ),
      axes,
      live.element(
        "div",
        { class: "fw-map-frame" },
        canvas,
        tip,
        live.element("div", { class: "fw-zooms" }, ...zooms),
      ),
      live.genreLegend(catalogue, function (genre) {
        view.genre = genre;
        view.draw();
      }),
      said,
      near,
      hint,
    );
    live.listenToMap(canvas, view, { point, select, zoomed });
    canvas.addEventListener("blur", () => point(null));
    new ResizeObserver(view.fit).observe(canvas);
    new MutationObserver(view.draw).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-theme"],
    });
    zoomed();
    choose(map.methods[0].id);
    select(waiting);
    live.selectOnMap = find;
    live.view = view;
  };
})((window.fiveWays = window.fiveWays || {}));
