/* Part 2's lists: three methods that make a list of ratings, and how long it takes. */
(function (live) {
  "use strict";

  const N = 10;

  /**
   * Prepare the three methods.
   * @param {object} tastes content of "tastes"
   * @param {object} catalogue
   * @returns {Function} from ratings, [[film, stars], …], to lists for
   *   `fiveWays.drawLists`, with the `id` of each method
   */
  live.methodsForRatings = function (tastes, catalogue) {
    const threshold = tastes.likeThreshold;
    const towers = live.towers(tastes, catalogue);
    const methods = [
      {
        id: "ease",
        name: "EASE",
        chapter: 3,
        scoresOf: live.ease(tastes),
        says: `Each film that you gave ${threshold} stars or more votes for others.`,
      },
      {
        id: "als",
        name: "ALS",
        chapter: 4,
        scoresOf: live.als(tastes),
        says: "Finds the hidden tastes that best explain what you like.",
      },
      {
        id: "towers",
        name: "Two towers",
        chapter: 6,
        scoresOf: (ratings) =>
          ratings.length > 0 ? towers.fromRatings(ratings) : null,
        says: "A network looks at all your stars, genre by genre, low ones too.",
      },
    ];
    return function (ratings) {
      const seen = new Set(ratings.map(([film]) => film));
      return methods.map(function (method) {
        const scores = method.scoresOf(ratings);
        const isLost = scores === null;
        return {
          ...method,
          isPopular: isLost,
          says: isLost
            ? "It knows of nothing that you like yet, so this is what most people rate."
            : method.says,
          without: "You have rated every film that there is here.",
          ...(isLost ? live.popular(catalogue.n, N, seen) : live.topN(scores, N, seen)),
        };
      });
    };
  };

  /**
   * Run an update, and measure it: `fiveWays.lastUpdateMs`.
   * @param {Function} update
   */
  live.timed = function (update) {
    performance.mark("five-ways:update");
    update();
    const { duration } = performance.measure("five-ways:updated", "five-ways:update");
    performance.clearMarks("five-ways:update");
    performance.clearMeasures("five-ways:updated");
    live.lastUpdateMs = duration;
    live.nUpdates = (live.nUpdates || 0) + 1;
  };
})((window.fiveWays = window.fiveWays || {}));
