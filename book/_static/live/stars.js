/* Half-star steps: a slider of the browser's own, laid over drawn stars. */
(function (live) {
  "use strict";

  /** "4½ stars", "½ star". */
  live.starsText = function (stars) {
    const whole = Math.floor(stars);
    const text = `${whole > 0 ? whole : ""}${stars > whole ? "½" : ""}`;
    return `${text} ${stars > 1 ? "stars" : "star"}`;
  };

  /**
   * Make a control for a rating.
   * @param {string} name of the film, for screen readers
   * @param {number} stars to start with
   * @param {Function} change is given the stars
   * @returns {HTMLElement} with the slider as its property `input`
   */
  live.starsControl = function (name, stars, change) {
    const input = live.element("input", {
      type: "range",
      min: "0.5",
      max: "5",
      step: "0.5",
      value: String(stars),
      "aria-label": `Stars for ${name}`,
    });
    const drawn = live.element("span", { class: "fw-stars", "aria-hidden": "true" });
    const text = live.element("span", {
      class: "fw-stars-text",
      "aria-hidden": "true",
    });
    function show() {
      const now = Number(input.value);
      drawn.style.setProperty("--fw-share", `${20 * now}%`);
      text.textContent = live.starsText(now);
      input.setAttribute("aria-valuetext", live.starsText(now));
    }
    input.addEventListener("input", function () {
      show();
      change(Number(input.value));
    });
    show();
    const control = live.element(
      "div",
      { class: "fw-rate" },
      live.element("div", { class: "fw-rate-area" }, input, drawn),
      text,
    );
    control.input = input;
    return control;
  };
})((window.fiveWays = window.fiveWays || {}));
