/* EASE, chapter 3: a film that you like speaks for some films and against others. */
(function (live) {
  "use strict";

  /**
   * Prepare EASE.
   * @param {object} tastes content of the part "tastes"
   * @returns {Function} from ratings, [[film, stars], …], to scores, or to null if
   *   nothing is liked
   */
  live.ease = function (tastes) {
    const width = tastes.ease.n;
    const films = live.decode(tastes.ease.films, Uint16Array);
    const scales = live.decode(tastes.ease.scales, Float32Array);
    const weights = live.decodeScaled(tastes.ease.weights, 8, scales, width);
    return function (ratings) {
      const liked = ratings.filter(([, stars]) => stars >= tastes.likeThreshold);
      if (liked.length === 0) {
        return null;
      }
      const scores = new Float64Array(scales.length);
      for (const [film] of liked) {
        for (let at = film * width; at < (film + 1) * width; at += 1) {
          // A row that has fewer weights is filled up with films beyond the last.
          if (films[at] < scores.length) {
            scores[films[at]] += weights[at];
          }
        }
      }
      return scores;
    };
  };
})((window.fiveWays = window.fiveWays || {}));
