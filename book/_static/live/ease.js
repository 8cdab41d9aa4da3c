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
    const starts = live.decode(tastes.ease.starts, Uint32Array);
    const films = live.decode(tastes.ease.films, Uint16Array);
    const weights = live.decode(tastes.ease.weights, Int8Array);
    const scales = live.decode(tastes.ease.scales, Float32Array);
    if (starts.length !== scales.length + 1 || weights.length !== films.length) {
      throw new RangeError("The page's data is not as the page expects it.");
    }
    return function (ratings) {
      const liked = ratings.filter(([, stars]) => stars >= tastes.likeThreshold);
      if (liked.length === 0) {
        return null;
      }
      const scores = new Float64Array(scales.length);
      for (const [film] of liked) {
        // A film has as many weights as matter, which for some is none.
        for (let at = starts[film]; at < starts[film + 1]; at += 1) {
          scores[films[at]] += weights[at] * scales[film];
        }
      }
      return scores;
    };
  };
})((window.fiveWays = window.fiveWays || {}));
