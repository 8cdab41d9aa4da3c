/* The reader's ratings, kept in their browser and nowhere else. */
(function (live) {
  "use strict";

  const KEY = "five-ways:ratings";

  function isRating(entry) {
    return (
      Array.isArray(entry) &&
      Number.isInteger(entry[0]) &&
      Number.isInteger(2 * entry[1]) &&
      entry[1] >= 0.5 &&
      entry[1] <= 5
    );
  }

  live.storage = {
    /**
     * Read the ratings; anything that is none is left out.
     * @returns {Array<[number, number]>} MovieLens id and stars, in order
     */
    read() {
      try {
        const kept = JSON.parse(window.localStorage.getItem(KEY));
        return Array.isArray(kept) ? kept.filter(isRating) : [];
      } catch {
        // It is switched off, or somebody else has written there.
        return [];
      }
    },

    /**
     * Keep the ratings.
     * @returns {boolean} whether the browser keeps them
     */
    write(ratings) {
      try {
        window.localStorage.setItem(KEY, JSON.stringify(ratings));
        return true;
      } catch {
        return false;
      }
    },

    /** Leave no trace. */
    forget() {
      try {
        window.localStorage.removeItem(KEY);
      } catch {
        // Where nothing can be kept, nothing is to be forgotten.
      }
    },
  };
})((window.fiveWays = window.fiveWays || {}));
