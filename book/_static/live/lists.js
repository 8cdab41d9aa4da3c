/* Several lists of films side by side, with what they share marked. */
(function (live) {
  "use strict";

  const CHAPTERS = {
    3: "03_neighbours",
    4: "04_als",
    5: "05_keras_collaborative_filtering",
    6: "06_two_towers",
    7: "07_entity_embeddings",
    8: "08_posters",
  };

  /** A link to a chapter, by its number. */
  live.chapterLink = function (number) {
    return live.element("a", {
      href: `../notebooks/${CHAPTERS[number]}.html`,
      text: `chapter ${number}`,
    });
  };

  /**
   * Draw lists, each with a heading, into a host, in place of what was there.
   * @param {HTMLElement} host
   * @param {object} catalogue
   * @param {object[]} lists name; chapter; says; films; scores, or null; without: what
   *   to say where there is no film; isAsked: whether the address names it
   * @param {object} options press(film), does, as for `fiveWays.card`
   */
  live.drawLists = function (host, catalogue, lists, options) {
    const inLists = live.sharing(lists.map((list) => list.films));
    const sections = lists.map(function (list) {
      const cards = list.films.map(function (film, at) {
        return live.card(catalogue, film, {
          rank: at + 1,
          score: list.scores ? list.scores[at] : null,
          inLists: inLists.get(film),
          nLists: lists.length,
          ...options,
        });
      });
      const says = live.element("p", { class: "fw-says", text: list.says });
      if (list.chapter) {
        says.append(" (", live.chapterLink(list.chapter), ")");
      }
      return live.element(
        "section",
        {
          class: list.isAsked ? "fw-list fw-asked" : "fw-list",
          "aria-label": list.name,
          "aria-current": list.isAsked ? "true" : null,
        },
        live.element("h3", { text: list.name }),
        says,
        cards.length > 0
          ? live.element("ol", { role: "list", class: "fw-cards" }, ...cards)
          : live.element("p", { class: "fw-none", text: list.without }),
      );
    });
    host.replaceChildren(...sections);
  };

  /**
   * Say how much lists have in common.
   * @param {number[][]} lists
   * @returns {string}
   */
  live.describeSharing = function (lists) {
    const counts = [...live.sharing(lists).values()];
    const most = Math.max(0, ...counts);
    const shared = counts.filter((count) => count > 1).length;
    const total = `Together the lists name ${live.count(counts.length, "film")}. `;
    if (shared === 0) {
      return `${total}No film is in two of them.`;
    }
    const where =
      most === lists.length ? "all of them" : `${most} of the ${lists.length}`;
    return (
      `${total}${shared} ${shared === 1 ? "is" : "are"} in more than one, ` +
      `and the most agreed upon in ${where}.`
    );
  };
})((window.fiveWays = window.fiveWays || {}));
