/* Find films by what somebody types. The rule is that of `match_titles` in
 * recsys_helpers/titles.py, and tests/serving/test_ranking.py asks both the same. */
(function (live) {
  "use strict";

  // Letters that are no letter with an accent, so that taking accents off leaves them.
  const LETTERS = { æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ß: "ss", ς: "σ" };
  const ARTICLE =
    /^(?:(?:the|an?|les?|la|il|lo|el|los|las|der|die|das|eine?) |l['’] ?)(?=.)/i;
  // "Matrix, The" is how MovieLens files it; `natural_title` says more.
  const FILED =
    /(^\s*|\((?:a\.?k\.?a\.? )?)([^()]+?(?: \([^()]*\))?), (?:(the|an?|les?|la|il|lo|el|los|las|der|die|das|eine?|una?|den|det|de|en|o)|(l['’]))(?=\s*(?:[()]|$))/gi;
  const NO_MATCH = 8;
  const YEAR_ONLY = 7;

  /**
   * Bring text to the form in which it is compared.
   * @param {string} text
   * @returns {string} "Amélie & Léon" becomes "amelie and leon"
   */
  live.fold = function (text) {
    const folded = text
      .replace(/['`´‘’ʻʼ′]/g, "")
      .toLowerCase()
      .replace(/[æœøłđßς]/g, (letter) => LETTERS[letter])
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/&/g, " and ")
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
    // A title of signs has nothing else to be found by.
    return folded || text.trim().replace(/\s+/g, " ");
  };

  function withoutArticle(title) {
    return title.normalize("NFD").replace(/\p{M}/gu, "").replace(ARTICLE, "");
  }

  function articlesInFront(title) {
    return title.replace(
      FILED,
      (_, before, name, article, elided) => before + (elided || `${article} `) + name,
    );
  }

  // From 0, the whole name, to 6, a part of it: as in Python, which says more.
  function distance(name, wanted) {
    const words = name.split(" ");
    const letters = words.join("");
    const lettersWanted = wanted.replaceAll(" ", "");
    if (letters === lettersWanted) {
      return 0;
    }
    const edges = new Set([0]);
    let at = 0;
    for (const word of words) {
      edges.add((at += word.length));
    }
    const starts = [...edges].filter((edge) => letters.startsWith(lettersWanted, edge));
    const whole = starts.filter((edge) => edges.has(edge + lettersWanted.length));
    if (whole.length > 0) {
      return whole.includes(0) ? 1 : 2;
    }
    const spaced = ` ${name}`;
    const parts = wanted.split(" ");
    if (spaced.includes(` ${wanted}`)) {
      return name.startsWith(wanted) ? 3 : 4;
    }
    if (starts.length > 0 || parts.every((part) => spaced.includes(` ${part}`))) {
      return 5;
    }
    return name.includes(wanted) ? 6 : NO_MATCH;
  }

  function nearest(film, wanted) {
    const letters = wanted.replaceAll(" ", "");
    const mayHold =
      film.letters.includes(letters) ||
      wanted.split(" ").every((part) => film.words.includes(part));
    // A look at all names takes much longer.
    return mayHold
      ? Math.min(...film.names.map((name) => distance(name, wanted)))
      : NO_MATCH;
  }

  /**
   * Prepare all titles for searching.
   * @param {object} catalogue
   * @returns {Function} search(text, limit) gives {films, found}: the best films, and
   *   how many there are; the whole title first, then whole words, starts of words,
   *   and parts; the more famous first. For no text: the most famous.
   */
  live.finder = function (catalogue) {
    const films = catalogue.titles.map(function (title, film) {
      const all = [title, ...(catalogue.searched[film] || "").split("|")];
      const folded = [...all, ...all.map(withoutArticle)].map(live.fold);
      const names = [...new Set(folded)].filter((name) => name !== "");
      const words = names.join("\n");
      return { names, words, letters: words.replaceAll(" ", "") };
    });
    return function (text, limit) {
      const query = live.fold(articlesInFront(text));
      const year = /^(?:(.+) )?((?:18|19|20)[0-9]{2})$/.exec(query);
      const matches = [];
      for (let film = 0; film < films.length; film += 1) {
        let far = query === "" ? 0 : nearest(films[film], query);
        if (far === NO_MATCH && year && Number(year[2]) === catalogue.years[film]) {
          // "heat 1995": the last word may be the year, and not of the title.
          far = year[1] ? nearest(films[film], year[1]) : YEAR_ONLY;
        }
        if (far < NO_MATCH) {
          matches.push([far, film]);
        }
      }
      matches.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      return {
        films: matches.slice(0, limit).map((match) => match[1]),
        found: matches.length,
      };
    };
  };
})((window.fiveWays = window.fiveWays || {}));
