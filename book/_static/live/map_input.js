/* Mouse, fingers and keys on the map. */
(function (live) {
  "use strict";

  const REACH = 14;
  const STILL = 6;
  const STEP = 60;
  const ARROWS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };

  function placeOf(canvas, event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function filmAt(view, place) {
    const [nearest] = view.nearest(place, 1);
    return nearest && nearest[0] <= REACH ? nearest[1] : null;
  }

  /** The next film in a direction: near, and not far off the line. */
  live.filmTowards = function (view, from, [dx, dy]) {
    let best = null;
    let least = Infinity;
    for (const [distance, film, x, y] of view.nearest(from, Infinity)) {
      const along = (x - from[0]) * dx + (y - from[1]) * dy;
      const far = distance * (distance / along) ** 2;
      if (distance > REACH && along > 0.5 * distance && far < least) {
        [best, least] = [film, far];
      }
    }
    return best;
  };

  function listenToPointers(canvas, view, actions) {
    const fingers = new Map();
    let moved = 0;

    canvas.addEventListener("pointerdown", function (event) {
      if (event.button === 0) {
        canvas.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, placeOf(canvas, event));
        moved = fingers.size === 1 ? 0 : Infinity;
      }
    });
    canvas.addEventListener("pointermove", function (event) {
      const place = placeOf(canvas, event);
      const last = fingers.get(event.pointerId);
      if (last === undefined) {
        actions.point(filmAt(view, place), place);
        return;
      }
      const [dx, dy] = [place[0] - last[0], place[1] - last[1]];
      moved += Math.hypot(dx, dy);
      if (fingers.size === 2) {
        const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
        const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
        const after = Math.hypot(place[0] - other[0], place[1] - other[1]);
        const middle = [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2];
        view.panBy(dx / 2, dy / 2);
        view.zoomAt(after / Math.max(1, before), middle);
      } else if (moved > STILL) {
        actions.point(null);
        view.panBy(dx, dy);
      }
      fingers.set(event.pointerId, place);
      actions.zoomed();
    });
    function lift(event) {
      const isPress = event.type === "pointerup" && fingers.has(event.pointerId);
      fingers.delete(event.pointerId);
      if (isPress && fingers.size === 0 && moved <= STILL) {
        actions.select(filmAt(view, placeOf(canvas, event)));
      }
    }
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("pointerleave", () => actions.point(null));
    canvas.addEventListener(
      "wheel",
      function (event) {
        // Who only passes by scrolls the page: the map must have been pressed first.
        if (document.activeElement === canvas || event.ctrlKey || event.metaKey) {
          event.preventDefault();
          view.zoomAt(1.0018 ** -event.deltaY, placeOf(canvas, event));
          actions.zoomed();
        }
      },
      { passive: false },
    );
  }

  function listenToKeys(canvas, view, actions) {
    canvas.addEventListener("keydown", function (event) {
      const arrow = ARROWS[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (arrow && event.shiftKey) {
        view.panBy(-STEP * arrow[0], -STEP * arrow[1]);
      } else if (arrow) {
        const hasFilm = view.selected !== null && view.isOnMap(view.selected);
        const from = hasFilm ? view.at(view.selected) : view.middle();
        const next = hasFilm
          ? live.filmTowards(view, from, arrow)
          : (view.nearest(from, 1)[0] || [])[1];
        if (next !== null && next !== undefined) {
          actions.select(next, true);
        }
      } else if (event.key === "+" || event.key === "=") {
        view.zoomAt(1.5, view.middle());
      } else if (event.key === "-") {
        view.zoomAt(1 / 1.5, view.middle());
      } else if (event.key === "0") {
        view.home();
      } else if (event.key === "Escape") {
        actions.select(null);
      } else {
        return;
      }
      event.preventDefault();
      actions.zoomed();
    });
  }

  /**
   * Listen to the reader.
   * @param {HTMLCanvasElement} canvas
   * @param {object} view of `fiveWays.mapView`
   * @param {object} actions point(film, place), select(film, byKey), zoomed()
   */
  live.listenToMap = function (canvas, view, actions) {
    listenToPointers(canvas, view, actions);
    listenToKeys(canvas, view, actions);
  };
})((window.fiveWays = window.fiveWays || {}));
