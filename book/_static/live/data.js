/* Load the page's data, a part at a time, and turn it into arrays of numbers.
 *
 * A part comes by a script tag, because a page that was opened from the disk may not
 * fetch files. The file calls `fiveWays.receive` with its name and its content. */
(function (live) {
  "use strict";

  // Known only while this file runs: where the data lies, seen from the site's root.
  const folder = new URL("../live-data/", document.currentScript.src);
  const received = new Map();
  const loading = new Map();

  /** Called by each data file. */
  live.receive = function (part, content) {
    received.set(part, content);
  };

  function addScript(part, file) {
    return new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = new URL(file, folder).href;
      script.addEventListener("load", function () {
        if (received.has(part)) {
          resolve(received.get(part));
        } else {
          reject(new Error(`The file ${file} is damaged.`));
        }
      });
      script.addEventListener("error", function () {
        script.remove();
        reject(new Error(`The file ${file} did not load.`));
      });
      document.head.append(script);
    });
  }

  /**
   * Load a part once, however often it is asked for. After a failure it can be asked
   * for again.
   * @param {string} part "manifest", or a name in the manifest's `files`
   * @returns {Promise<object>} its content, as it was exported
   */
  live.load = function (part) {
    if (!loading.has(part)) {
      const file =
        part === "manifest"
          ? Promise.resolve("manifest.js")
          : live.load("manifest").then((manifest) => manifest.files[part]);
      const coming = file.then((name) => addScript(part, name));
      coming.catch(() => loading.delete(part));
      loading.set(part, coming);
    }
    return loading.get(part);
  };

  /**
   * Decode numbers: base64 of a little-endian typed array, as all browsers have it.
   * @param {string} text
   * @param {Function} type for example Float32Array
   * @returns {object} an array of that type
   */
  live.decode = function (text, type) {
    const bytes = window.atob(text);
    const array = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at += 1) {
      array[at] = bytes.charCodeAt(at);
    }
    return new type(array.buffer);
  };

  /**
   * Decode a matrix whose rows were each divided by a scale and rounded.
   * @param {string} text of whole numbers
   * @param {number} bits of a whole number, 8 or 16
   * @param {Float32Array} scales one a row
   * @param {number} width numbers in a row
   * @returns {Float32Array} row after row
   */
  live.decodeScaled = function (text, bits, scales, width) {
    const whole = live.decode(text, bits === 8 ? Int8Array : Int16Array);
    if (whole.length !== scales.length * width) {
      throw new RangeError("The page's data is not as the page expects it.");
    }
    const numbers = new Float32Array(whole.length);
    for (let at = 0; at < whole.length; at += 1) {
      numbers[at] = whole[at] * scales[Math.floor(at / width)];
    }
    return numbers;
  };
})((window.fiveWays = window.fiveWays || {}));
