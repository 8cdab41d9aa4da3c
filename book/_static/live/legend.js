/* The map's legend: the colours of the genres. A genre that is pressed stands out. */
(function (live) {
  "use strict";

  /**
   * Make the legend.
   * @param {object} catalogue
   * @param {Function} choose is given the genre that stands out; "": none does
   * @returns {HTMLElement}
   */
  live.genreLegend = function (catalogue, choose) {
    const counts = new Map();
    for (let film = 0; film < catalogue.n; film += 1) {
      const genre = catalogue.mainGenreOf(film);
      counts.set(genre, (counts.get(genre) || 0) + 1);
    }
    counts.delete("");
    const buttons = [...counts.keys()].sort().map(function (genre) {
      const button = live.button(genre, () => press(button), {
        class: "fw-chip fw-key",
        "aria-pressed": "false",
        title: live.count(counts.get(genre), "film"),
      });
      const style = catalogue.styles[genre];
      button.style.setProperty("--fw-light", live.dotColour(style, false));
      button.style.setProperty("--fw-dark", live.dotColour(style, true));
      return button;
    });

    function press(button) {
      const isOn = button.getAttribute("aria-pressed") === "false";
      for (const other of buttons) {
        other.setAttribute("aria-pressed", String(isOn && other === button));
      }
      choose(isOn ? button.textContent : "");
    }

    return live.element(
      "div",
      { class: "fw-chips fw-legend", role: "group", "aria-label": "Show one genre" },
      ...buttons,
    );
  };
})((window.fiveWays = window.fiveWays || {}));
