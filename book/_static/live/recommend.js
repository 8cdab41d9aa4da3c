/* From scores to lists. */
(function (live) {
  "use strict";

  /**
   * The films with the highest scores, best first; of equal ones the more famous.
   * @param {Float64Array} scores one a film
   * @param {number} n
   * @param {Set<number>} seen films that are left out
   * @returns {{films: number[], scores: number[]}}
   */
  live.topN = function (scores, n, seen) {
    const films = [];
    for (let film = 0; film < scores.length; film += 1) {
      const isFull = films.length === n;
      if (seen.has(film) || (isFull && scores[film] <= scores[films[n - 1]])) {
        continue;
      }
      let place = films.length;
      while (place > 0 && scores[films[place - 1]] < scores[film]) {
        place -= 1;
      }
      films.splice(place, 0, film);
      if (isFull) {
        films.pop();
      }
    }
    return { films, scores: films.map((film) => scores[film]) };
  };

  /**
   * The most rated films, for somebody of whom a method knows no like.
   * @returns {{films: number[], scores: null}}
   */
  live.popular = function (nFilms, n, seen) {
    const films = [];
    for (let film = 0; film < nFilms && films.length < n; film += 1) {
      if (!seen.has(film)) {
        films.push(film);
      }
    }
    return { films, scores: null };
  };

  /**
   * In how many lists each film is.
   * @param {number[][]} lists
   * @returns {Map<number, number>}
   */
  live.sharing = function (lists) {
    const counts = new Map();
    for (const film of lists.flat()) {
      counts.set(film, (counts.get(film) || 0) + 1);
    }
    return counts;
  };
})((window.fiveWays = window.fiveWays || {}));
