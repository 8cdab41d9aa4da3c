/* Make elements. Text goes in as text, so a title can never become markup. */
(function (live) {
  "use strict";

  /**
   * Make an element.
   * @param {string} tag
   * @param {object} [attributes] `text` becomes its text; true sets an empty attribute
   * @param {...(Node|string)} children
   * @returns {HTMLElement}
   */
  live.element = function (tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") {
        made.textContent = value;
      } else if (value === true) {
        made.setAttribute(name, "");
      } else if (value !== undefined && value !== null && value !== false) {
        made.setAttribute(name, value);
      }
    }
    made.append(...children);
    return made;
  };

  /**
   * Make a button.
   * @param {string} text
   * @param {Function} press
   * @param {object} [attributes]
   * @returns {HTMLButtonElement}
   */
  live.button = function (text, press, attributes) {
    const made = live.element("button", { type: "button", text, ...attributes });
    made.addEventListener("click", press);
    return made;
  };

  /** Text that only screen readers tell. */
  live.hiddenText = function (text) {
    return live.element("span", { class: "fw-unseen", text });
  };

  /** "1 film", "2 films". */
  live.count = function (number, noun) {
    return `${number} ${noun}${number === 1 ? "" : "s"}`;
  };

  /** Whether the reader has asked for less motion. */
  live.isCalm = function () {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  };
})((window.fiveWays = window.fiveWays || {}));
