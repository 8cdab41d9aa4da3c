/* Find films by what somebody types: without accents, case, articles or signs. */
(function (live) {
  "use strict";

  // Letters that are no letter with an accent, so that taking accents off leaves them.
  const LETTERS = { æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ß: "ss" };
  const ARTICLE = /^(?:the|an?|les?|la|il|lo|el|los|las|der|die|das|eine?) (?=.)/;

  /**
   * Bring text to the form in which it is compared.
   * @param {string} text
   * @returns {string} "Amélie & Léon" becomes "amelie and leon"
   */
  live.fold = function (text) {
    return text
      .toLowerCase()
      .replace(/[æœøłđß]/g, (letter) => LETTERS[letter])
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/&/g, " and ")
      .replace(/['’]/g, "")
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
  };

  /** Folded text without the article in front. */
  live.withoutArticle = function (folded) {
    return folded.replace(ARTICLE, "");
  };

  // 0 is the best; Infinity: it does not match.
  function distance(names, query) {
    let best = Infinity;
    for (const name of names) {
      const at = ` ${name} `.indexOf(query);
      if (name === query) {
        return 0;
      } else if (at === 1) {
        best = Math.min(best, 1);
      } else if (` ${name}`.includes(` ${query}`)) {
        best = Math.min(best, 2);
      } else if (at > 0) {
        best = Math.min(best, 3);
      }
    }
    return best;
  }

  /**
   * Prepare all titles for searching.
   * @param {object} catalogue
   * @returns {Function} search(text, limit) gives {films, found}: the best films, and
   *   how many there are; the whole title first, then its start, the start of a word,
   *   and any part; the more famous first. For no text: the most famous.
   */
  live.finder = function (catalogue) {
    const names = catalogue.titles.map(function (title, film) {
      const all = [title, ...(catalogue.searched[film] || "").split("|")];
      const folded = all.map(live.fold).filter((name) => name !== "");
      const bare = folded.map(live.withoutArticle);
      return [...new Set([...folded, ...bare])];
    });
    return function (text, limit) {
      const query = live.fold(text);
      const year = /^(.*\S) ((?:18|19|20)\d\d)$/.exec(query);
      const matches = [];
      for (let film = 0; film < names.length; film += 1) {
        let far = distance(names[film], query);
        if (far === Infinity && year !== null) {
          // "heat 1995": the last word may be the year, and not of the title.
          if (Number(year[2]) === catalogue.years[film]) {
            far = distance(names[film], year[1]);
          }
        }
        if (far < Infinity) {
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
