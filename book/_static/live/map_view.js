/* What is seen of the map: where the films are, what is in the middle, how large. */
(function (live) {
  "use strict";

  const NOWHERE = 65535;
  const LARGEST = 65534;
  const ZOOM = { least: 1, most: 40 };
  const MARGIN = 18;
  const GLIDE_MS = 450;

  /**
   * Decode the places of the films.
   * @param {string} text of 16-bit numbers, a row for each method
   * @param {number} nMethods
   * @returns {Float32Array[]} from 0 to 1, NaN where a film is not on the map
   */
  live.mapPlaces = function (text, nMethods) {
    const all = live.decode(text, Uint16Array);
    const n = all.length / nMethods;
    return Array.from({ length: nMethods }, function (_, m) {
      const row = all.subarray(m * n, (m + 1) * n);
      return Float32Array.from(row, (at) => (at === NOWHERE ? NaN : at / LARGEST));
    });
  };

  // Go from here to there in small steps, or at once for who wants no motion.
  function glider(draw) {
    let asked = 0;
    return {
      stop: () => window.cancelAnimationFrame(asked),
      go(step) {
        window.cancelAnimationFrame(asked);
        const start = performance.now();
        function next(now) {
          const share = live.isCalm() ? 1 : Math.min(1, (now - start) / GLIDE_MS);
          step(1 - (1 - Math.max(0, share)) ** 3);
          draw();
          if (share < 1) {
            asked = window.requestAnimationFrame(next);
          }
        }
        next(start);
      },
    };
  }

  /**
   * Make the view.
   * @param {HTMLCanvasElement} canvas
   * @param {object} catalogue
   * @returns {object} set `selected`, `pointed` (films or null) and `genre`, then
   *   `draw()`; move it by `setPlaces`, `zoomAt`, `panBy`, `goTo` and `home`
   */
  live.mapView = function (canvas, catalogue) {
    const view = { selected: null, pointed: null, genre: "", zoom: 1, size: [1, 1] };
    const drawNow = live.mapDrawing(canvas, view, catalogue);
    let centre = [0.5, 0.5];
    let xs = new Float32Array(0);
    let ys = new Float32Array(0);
    let isAsked = false;

    /** Draw soon, once however often it is asked for. */
    view.draw = function () {
      if (!isAsked) {
        isAsked = true;
        window.requestAnimationFrame(function () {
          isAsked = false;
          drawNow();
        });
      }
    };
    const camera = glider(view.draw);
    const films = glider(view.draw);

    function scales() {
      return view.size.map((length) => (length - 2 * MARGIN) * view.zoom);
    }

    /** Place of a film on the canvas, in CSS pixels. */
    view.at = function (film) {
      const [kx, ky] = scales();
      return [
        (xs[film] - centre[0]) * kx + view.size[0] / 2,
        (centre[1] - ys[film]) * ky + view.size[1] / 2,
      ];
    };
    view.isOnMap = (film) => film < xs.length && !Number.isNaN(xs[film]);
    view.isInside = function (film) {
      const [x, y] = view.at(film);
      return x > -9 && y > -9 && x < view.size[0] + 9 && y < view.size[1] + 9;
    };
    view.middle = () => view.size.map((length) => length / 2);

    /** The films nearest to a place: [pixels away, film, x, y], nearest first. */
    view.nearest = function (place, n) {
      const found = [];
      for (let film = 0; film < xs.length; film += 1) {
        if (view.isOnMap(film)) {
          const [x, y] = view.at(film);
          found.push([Math.hypot(x - place[0], y - place[1]), film, x, y]);
        }
      }
      return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, n);
    };

    /** Fit the canvas to its place on the page, and to sharp screens. */
    view.fit = function () {
      const density = window.devicePixelRatio || 1;
      view.size = [canvas.clientWidth || 1, canvas.clientHeight || 1];
      canvas.width = Math.round(view.size[0] * density);
      canvas.height = Math.round(view.size[1] * density);
      drawNow();
    };

    /** Put the films elsewhere. */
    view.setPlaces = function (newXs, newYs) {
      const [oldXs, oldYs] = [xs, ys];
      const isNew = xs.length === 0;
      function between(olds, news, share) {
        return news.map(function (to, film) {
          const from = isNew || Number.isNaN(olds[film]) ? to : olds[film];
          return share === 1 ? to : from + (to - from) * share;
        });
      }
      films.go(function (share) {
        xs = between(oldXs, newXs, share);
        ys = between(oldYs, newYs, share);
      });
    };

    function hold() {
      // Something of the map stays in the middle of the view.
      centre = centre.map((at) => Math.min(1, Math.max(0, at)));
    }

    /** Zoom, and leave what is under a place where it is. */
    view.zoomAt = function (factor, place) {
      camera.stop();
      const before = scales();
      view.zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, view.zoom * factor));
      const after = scales();
      const aside = [place[0] - view.size[0] / 2, view.size[1] / 2 - place[1]];
      centre = centre.map((at, k) => at + aside[k] / before[k] - aside[k] / after[k]);
      hold();
      view.draw();
    };

    view.panBy = function (dx, dy) {
      camera.stop();
      const [kx, ky] = scales();
      centre = [centre[0] - dx / kx, centre[1] + dy / ky];
      hold();
      view.draw();
    };

    function glideTo(place, zoom) {
      const from = centre;
      const oldZoom = view.zoom;
      camera.go(function (share) {
        centre = from.map((at, k) => at + (place[k] - at) * share);
        view.zoom = oldZoom * (zoom / oldZoom) ** share;
      });
    }

    /** Bring a film to the middle, at least as near as `zoom`. */
    view.goTo = function (film, zoom) {
      glideTo([xs[film], ys[film]], Math.max(view.zoom, zoom));
    };
    view.home = () => glideTo([0.5, 0.5], 1);
    return view;
  };
})((window.fiveWays = window.fiveWays || {}));
