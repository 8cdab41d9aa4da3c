/* Quizzes: check an answer, say what is right or wrong about it, let the reader try again.

   The page brings the questions and, below each, a closed box with every answer and what
   is to be said to it. This script reads from there. It copies nodes and sets text; it
   never writes HTML, so what stands in a quiz stays text. No module, so that it also runs
   in a page opened from the disk. */
(function () {
  "use strict";

  var NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)$/;

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function copyInto(target, source) {
    source.childNodes.forEach(function (node) {
      target.appendChild(node.cloneNode(true));
    });
  }

  /* What people may mean by a number: 0.5, .5, 0,5, 1/2, 50 %. A comma or a point may be
     that of thousands: 6,000 is 6 or 6000. An empty list if it is no number. */
  function readings(typed) {
    var text = typed.replace(/\s/g, "").replace(/\u2212/g, "-");
    var found = [asNumber(text.replace(",", "."))];
    if (/^[-+]?[1-9]\d{0,2}([.,]\d{3})+$/.test(text)) {
      found.push(Number(text.replace(/[.,]/g, "")));
    }
    return found.filter(function (value) { return !Number.isNaN(value); });
  }

  function asNumber(text) {
    var percent = text.endsWith("%");
    var parts = (percent ? text.slice(0, -1) : text).split("/");
    if (parts.length > 2 || !parts.every(function (part) { return NUMBER.test(part); })) {
      return NaN;
    }
    var value = Number(parts[0]) / (parts.length === 2 ? Number(parts[1]) : 1);
    return percent ? value / 100 : value;
  }

  /* What to say to one answer. */
  function sayOne(row) {
    var said = element("p");
    copyInto(said, row.querySelector(".quiz-say"));
    return said;
  }

  /* What to say to each of several choices, by its name. */
  function sayEach(rows) {
    var list = element("ul");
    rows.forEach(function (row) {
      var item = element("li");
      copyInto(item.appendChild(element("strong")), row.querySelector(".quiz-given"));
      item.appendChild(document.createTextNode(" "));
      copyInto(item, row.querySelector(".quiz-say"));
      list.appendChild(item);
    });
    return list;
  }

  function judgeChoices(form, rows) {
    var boxes = Array.from(form.querySelectorAll(".quiz-choice input"));
    var chosen = rows.filter(function (_, i) { return boxes[i].checked; });
    if (chosen.length === 0) return { verdict: "Choose an answer first." };
    var wrong = chosen.filter(function (row) { return row.dataset.right === "no"; });
    var missing = rows.filter(function (row, i) {
      return row.dataset.right === "yes" && !boxes[i].checked;
    });
    var right = wrong.length === 0 && missing.length === 0;
    var verdict = right ? "Right." : "Not yet.";
    if (form.dataset.kind === "many" && missing.length && !wrong.length) {
      verdict = "Right so far, and not all.";
    }
    boxes.forEach(function (box, i) {
      var label = box.parentNode;
      label.classList.toggle("is-right", box.checked && rows[i].dataset.right === "yes");
      label.classList.toggle("is-wrong", box.checked && rows[i].dataset.right === "no");
    });
    return { right: right, verdict: verdict, rows: chosen };
  }

  function judgeNumber(form, rows) {
    var field = form.querySelector(".quiz-value input");
    var values = readings(field.value);
    if (values.length === 0) {
      return { verdict: "Type a number, such as 0.25 or 1/4." };
    }
    var tolerance = Number(form.dataset.tolerance);
    var near = rows.find(function (row) { /* the right answer is the first row */
      return row.dataset.value !== "" && values.some(function (value) {
        return Math.abs(value - Number(row.dataset.value)) <= tolerance * (1 + 1e-9);
      });
    });
    var right = Boolean(near) && near.dataset.right === "yes";
    var said = near || rows[rows.length - 1];
    return { right: right, verdict: right ? "Right." : "Not yet.", rows: [said] };
  }

  function clear(form) {
    var said = form.querySelector(".quiz-said");
    while (said.firstChild) said.removeChild(said.firstChild);
    said.classList.remove("is-right", "is-wrong");
    form.querySelectorAll(".quiz-choice").forEach(function (label) {
      label.classList.remove("is-right", "is-wrong");
    });
    return said;
  }

  function check(form) {
    var box = form.querySelector(".quiz-answer");
    var rows = Array.from(box.querySelectorAll("li"));
    var said = clear(form);
    var judge = form.dataset.kind === "number" ? judgeNumber : judgeChoices;
    var result = judge(form, rows);
    said.appendChild(element("p", "quiz-result", result.verdict));
    if (!result.rows) return;
    said.appendChild(
      form.dataset.kind === "many" ? sayEach(result.rows) : sayOne(result.rows[0])
    );
    said.classList.add(result.right ? "is-right" : "is-wrong");
    box.hidden = false;
  }

  function prepare(form) {
    var box = form.querySelector(".quiz-answer");
    box.hidden = true; /* until there was an attempt */
    form.querySelector(".quiz-buttons").hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      check(form);
    });
    form.addEventListener("reset", function () {
      clear(form);
      box.open = false;
      box.hidden = true;
      form.querySelector("input").focus();
    });
  }

  document.querySelectorAll("form.quiz-question").forEach(prepare);
})();
