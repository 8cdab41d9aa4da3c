/* What is known of the films. "Film i" is the i-th most rated, in every file. */
(function (live) {
  "use strict";

  const NO_GENRE = 255;
  let made = null;

  /**
   * Decode the catalogue, once.
   * @param {object} content of the part "catalogue"
   * @returns {object} n, titles, years, movieIds, genreBits, nRatings, nLikes; and name(i),
   *   genresOf(i), styleOf(i), ofMovie(movieId)
   */
  live.catalogue = function (content) {
    if (made !== null) {
      return made;
    }
    const movieIds = live.decode(content.movieIds, Int32Array);
    const years = live.decode(content.years, Uint16Array);
    const genreBits = live.decode(content.genres, Uint32Array);
    const mainGenre = live.decode(content.mainGenre, Uint8Array);
    const films = new Map();
    movieIds.forEach((movieId, film) => films.set(movieId, film));

    function mainGenreOf(film) {
      const genre = mainGenre[film];
      return genre === NO_GENRE ? "" : content.genreNames[genre];
    }

    made = {
      n: movieIds.length,
      movieIds,
      years,
      genreBits,
      genreNames: content.genreNames,
      styles: content.styles,
      titles: content.titles,
      searched: content.searched,
      nRatings: live.decode(content.nRatings, Uint16Array),
      nLikes: live.decode(content.nLikes, Uint16Array),
      mainGenreOf,

      /** Title and year, as one says it. */
      name(film) {
        const year = years[film];
        return year ? `${content.titles[film]} (${year})` : content.titles[film];
      },

      genresOf(film) {
        return content.genreNames.filter((_, bit) => (genreBits[film] >>> bit) & 1);
      },

      styleOf(film) {
        return content.styles[mainGenreOf(film)] || content.styles[""];
      },

      /** Film of a MovieLens id; undefined if it is not in the catalogue. */
      ofMovie(movieId) {
        return films.get(movieId);
      },

      /** Films of some titles, those that the catalogue has. */
      called(titles) {
        return titles
          .map((title) => content.titles.indexOf(title))
          .filter((film) => film >= 0);
      },
    };
    return made;
  };
})((window.fiveWays = window.fiveWays || {}));
