/* A box to type a title into, with the films that match below: ARIA 1.2's combobox
 * with a listbox. The focus stays in the box; the arrows move a mark in the list. */
(function (live) {
  "use strict";

  const SHOWN = 12;
  let made = 0;

  /**
   * Make the box inside of a host.
   * @param {HTMLElement} host
   * @param {object} options label; catalogue; search, of `fiveWays.finder`;
   *   pick(film), called when one is chosen; placeholder; keepsText: whether the
   *   title stays in the box
   * @returns {HTMLInputElement}
   */
  live.combobox = function (host, options) {
    const id = `fw-box-${(made += 1)}`;
    const input = live.element("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      placeholder: options.placeholder,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
    });
    const list = live.element("ul", {
      id: `${id}-list`,
      role: "listbox",
      "aria-label": "Films found",
      hidden: true,
    });
    const status = live.element("div", { class: "fw-unseen", role: "status" });
    let films = [];
    let active = -1;

    function mark(place) {
      active = place;
      [...list.children].forEach(function (row, at) {
        row.setAttribute("aria-selected", String(at === place));
      });
      if (place >= 0) {
        input.setAttribute("aria-activedescendant", list.children[place].id);
        list.children[place].scrollIntoView({ block: "nearest" });
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    }

    function pick(film) {
      input.value = options.keepsText ? options.catalogue.titles[film] : "";
      close();
      status.textContent = `${options.catalogue.name(film)} chosen.`;
      options.pick(film);
    }

    function row(film, at) {
      const made = live.element("li", {
        id: `${id}-${at}`,
        role: "option",
        "aria-selected": "false",
      });
      made.append(options.catalogue.titles[film]);
      if (options.catalogue.years[film]) {
        made.append(
          " ",
          live.element("span", {
            class: "fw-quiet",
            text: String(options.catalogue.years[film]),
          }),
        );
      }
      made.addEventListener("click", () => pick(film));
      return made;
    }

    function open() {
      const answer = options.search(input.value, SHOWN);
      films = answer.films;
      list.replaceChildren(...films.map(row));
      list.hidden = films.length === 0;
      input.setAttribute("aria-expanded", String(films.length > 0));
      mark(films.length > 0 && input.value.trim() !== "" ? 0 : -1);
      const shown = answer.found > SHOWN ? `, the first ${SHOWN} are shown` : "";
      status.textContent = `${live.count(answer.found, "film")} found${shown}.`;
      empty.hidden = answer.found > 0;
    }

    function move(key) {
      if (list.hidden) {
        open();
      }
      const last = films.length - 1;
      const places = {
        ArrowDown: active >= last ? 0 : active + 1,
        ArrowUp: active <= 0 ? last : active - 1,
        Home: 0,
        End: last,
      };
      if (last >= 0) {
        mark(places[key]);
      }
    }

    const empty = live.element("p", {
      class: "fw-none",
      hidden: true,
      text: "No film is called so here. Try fewer letters, or the English title.",
    });

    input.addEventListener("input", open);
    input.addEventListener("click", open);
    input.addEventListener("blur", function () {
      close();
      empty.hidden = true;
    });
    input.addEventListener("keydown", function (event) {
      const isOpen = !list.hidden;
      if (event.isComposing) {
        return; // an accent or a sign is being put together
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key);
      } else if (isOpen && (event.key === "Home" || event.key === "End")) {
        event.preventDefault();
        move(event.key);
      } else if (isOpen && event.key === "Enter" && active >= 0) {
        event.preventDefault();
        pick(films[active]);
      } else if (event.key === "Escape") {
        if (isOpen) {
          close();
        } else {
          input.value = "";
        }
        event.preventDefault();
      }
    });
    // A press on the list must not take the focus out of the box, which closes it.
    list.addEventListener("mousedown", (event) => event.preventDefault());

    host.append(
      live.element("label", { for: id, text: options.label }),
      live.element("div", { class: "fw-combobox" }, input, list, empty),
      status,
    );
    return input;
  };
})((window.fiveWays = window.fiveWays || {}));
