/* Start the page: with this the app takes the place of the static table. */
(function (live) {
  "use strict";

  function part(id) {
    return document.getElementById(id);
  }

  // Everything that is only there without, or only with, JavaScript.
  document.documentElement.classList.add("fw-runs");
  for (const host of document.querySelectorAll("[data-live-part]")) {
    host.hidden = false;
  }
  live.startPart(part("live-film"), ["catalogue", "neighbours"], live.startFilm, {
    eager: true,
  });
  live.startPart(part("live-ratings"), ["catalogue", "tastes"], live.startRatings);
  live.startPart(part("live-sliders"), ["catalogue", "tastes"], live.startSliders);
  live.startPart(part("live-map"), ["catalogue", "map"], live.startMap);
})((window.fiveWays = window.fiveWays || {}));
