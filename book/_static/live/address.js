/* The film and the method in the page's address: live.html?film=1214&method=als */
(function (live) {
  "use strict";

  /** What the address asks for: texts, or null. */
  live.asked = function () {
    const query = new URLSearchParams(window.location.search);
    return { film: query.get("film"), method: query.get("method") };
  };

  /**
   * Write a film into the address, so that it can be kept and sent to others.
   * @param {number} movieId
   */
  live.keepInAddress = function (movieId) {
    const address = new URL(window.location.href);
    address.searchParams.set("film", String(movieId));
    try {
      window.history.replaceState(window.history.state, "", address);
    } catch {
      // Some browsers keep the address of a page that was opened from the disk.
    }
  };
})((window.fiveWays = window.fiveWays || {}));
