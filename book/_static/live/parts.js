/* A part of the page starts when it comes near to view, and says so if it cannot. */
(function (live) {
  "use strict";

  function whenNear(host, start) {
    if (!("IntersectionObserver" in window)) {
      start();
      return;
    }
    const observer = new IntersectionObserver(
      function (entries) {
        if (entries.some((entry) => entry.isIntersecting)) {
          observer.disconnect();
          start();
        }
      },
      { rootMargin: "600px 0px" },
    );
    observer.observe(host);
  }

  function showFailure(host, error, again) {
    const retry = live.button("Try again", again, { class: "fw-button" });
    host.replaceChildren(
      live.element(
        "div",
        { class: "fw-failure", role: "alert" },
        live.element("p", {
          text: "The data of this part did not load. Is your computer offline?",
        }),
        live.element("p", { class: "fw-quiet", text: error.message }),
        retry,
      ),
    );
  }

  /**
   * Start a part of the page once its data has come.
   * @param {HTMLElement} host what the part is drawn into
   * @param {string[]} needed names of the data it needs
   * @param {Function} start is given the host, emptied, and the contents in order
   * @param {object} [options] eager: do not wait until the reader comes near
   * @returns {void}
   */
  live.startPart = function (host, needed, start, options) {
    function attempt(isAgain) {
      host.replaceChildren(
        live.element("p", { class: "fw-quiet", role: "status", text: "Loading …" }),
      );
      host.setAttribute("aria-busy", "true");
      Promise.all(needed.map(live.load))
        .then(function (contents) {
          host.replaceChildren();
          start(host, ...contents);
          host.dataset.state = "ready";
          if (isAgain) {
            // The button that had the focus is gone.
            host.tabIndex = -1;
            host.focus();
          }
        })
        .catch(function (error) {
          host.dataset.state = "failed";
          showFailure(host, error, () => attempt(true));
        })
        .finally(() => host.removeAttribute("aria-busy"));
    }
    if (options && options.eager) {
      attempt(false);
    } else {
      whenNear(host, () => attempt(false));
    }
  };
})((window.fiveWays = window.fiveWays || {}));
