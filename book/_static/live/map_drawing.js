/* How the map is drawn: points, titles of the famous, and a ring around the chosen. */
(function (live) {
  "use strict";

  const N_LABELS = 18;
  const LONGEST = 26;
  const GAP = 10;
  const FAINT = 0.1;
  const FULL = 0.8;
  const RING = 4;

  function colours(canvas) {
    const style = getComputedStyle(canvas);
    return {
      ground: style.getPropertyValue("--fw-map-ground").trim(),
      text: style.getPropertyValue("--fw-map-text").trim(),
      isDark: document.documentElement.dataset.theme === "dark",
    };
  }

  /**
   * Colour of a genre's dots. The cards' grounds are too dark to be told apart when
   * they are so small, and their accents too pale on a white page.
   * @param {{ground: string, accent: string}} style
   * @param {boolean} isDark whether the page is
   * @returns {string}
   */
  live.dotColour = function (style, isDark) {
    return isDark
      ? style.accent
      : `color-mix(in srgb, ${style.ground} 55%, ${style.accent})`;
  };

  /**
   * Make the drawing of a view.
   * @param {HTMLCanvasElement} canvas
   * @param {object} view of `fiveWays.mapView`
   * @param {object} catalogue
   * @returns {Function} draws everything anew
   */
  live.mapDrawing = function (canvas, view, catalogue) {
    const context = canvas.getContext("2d");
    const most = Math.max(1, catalogue.nRatings[0]);
    const radii = Float32Array.from(
      catalogue.nRatings,
      (ratings) => 1.7 + 3.6 * Math.sqrt(ratings / most),
    );

    function isOfGenre(film) {
      return view.genre === "" || catalogue.mainGenreOf(film) === view.genre;
    }

    function radiusOf(film) {
      return radii[film] * Math.min(2, view.zoom ** 0.35);
    }

    function drawPoints({ isDark }) {
      // The famous are drawn last, on top.
      for (let film = catalogue.n - 1; film >= 0; film -= 1) {
        if (view.isInside(film)) {
          const [x, y] = view.at(film);
          const style = catalogue.styleOf(film);
          context.globalAlpha = isOfGenre(film) ? FULL : FAINT;
          context.fillStyle = live.dotColour(style, isDark);
          context.beginPath();
          context.arc(x, y, radiusOf(film), 0, 2 * Math.PI);
          context.fill();
        }
      }
      context.globalAlpha = 1;
    }

    function drawRing(film, { text }) {
      const [x, y] = view.at(film);
      context.strokeStyle = text;
      context.lineWidth = 2.5;
      context.beginPath();
      context.arc(x, y, radiusOf(film) + RING, 0, 2 * Math.PI);
      context.stroke();
    }

    function labelOf(film) {
      const title = catalogue.titles[film];
      const isLong = title.length > LONGEST && film !== view.selected;
      return isLong ? `${title.slice(0, LONGEST - 1).trimEnd()}…` : title;
    }

    function boxOfLabel(film) {
      const [x, y] = view.at(film);
      const width = context.measureText(labelOf(film)).width;
      const aside = radiusOf(film) + (film === view.selected ? RING + 9 : 7);
      const isRight = x + aside + width + 8 < view.size[0];
      const left = isRight ? x + aside : x - aside - width;
      return [left - 4, y - 9, left + width + 4, y + 9];
    }

    function drawLabel(film, [left, top], { ground, text }) {
      context.lineWidth = 4;
      context.strokeStyle = ground;
      context.strokeText(labelOf(film), left + 4, top + 9);
      context.fillStyle = text;
      context.fillText(labelOf(film), left + 4, top + 9);
    }

    // As many titles of famous films as there is room for.
    function drawLabels(found) {
      const taken = [];
      context.font = '600 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif';
      context.textBaseline = "middle";
      context.lineJoin = "round";
      function label(film) {
        const box = boxOfLabel(film);
        const isWithin =
          box[0] > 0 && box[1] > 0 && box[2] < view.size[0] && box[3] < view.size[1];
        const isFree = taken.every(
          ([left, top, right, bottom]) =>
            box[2] < left - GAP ||
            box[0] > right + GAP ||
            box[3] < top - GAP ||
            box[1] > bottom + GAP,
        );
        if (isWithin && isFree) {
          taken.push(box);
          drawLabel(film, box, found);
        }
      }
      if (view.selected !== null && view.isOnMap(view.selected)) {
        label(view.selected);
      }
      for (let film = 0; film < catalogue.n && taken.length < N_LABELS; film += 1) {
        if (view.isOnMap(film) && isOfGenre(film) && film !== view.selected) {
          label(film);
        }
      }
    }

    return function () {
      const found = colours(canvas);
      const density = window.devicePixelRatio || 1;
      context.setTransform(density, 0, 0, density, 0, 0);
      context.clearRect(0, 0, view.size[0], view.size[1]);
      drawPoints(found);
      drawLabels(found);
      for (const film of [view.selected, view.pointed]) {
        if (film !== null && view.isOnMap(film)) {
          drawRing(film, found);
        }
      }
    };
  };
})((window.fiveWays = window.fiveWays || {}));
