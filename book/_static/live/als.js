/* ALS, chapter 4: what hidden tastes would best explain what you like? The films'
 * factors are fixed, so your own are the answer to one small system of equations. */
(function (live) {
  "use strict";

  /**
   * Prepare ALS.
   * @param {object} tastes content of the part "tastes"
   * @returns {Function} from ratings, [[film, stars], …], to scores, or to null if
   *   nothing is liked
   */
  live.als = function (tastes) {
    const { nFactors, bits, regularization, weighting, alpha, likeThreshold } =
      tastes.als;
    const scales = live.decode(tastes.als.scales, Float32Array);
    const factors = live.decodeScaled(tastes.als.factors, bits, scales, nFactors);
    const gram = live.decode(tastes.als.gram, Float32Array);

    function confidence(stars) {
      const kinds = { stars, constant: 1 + alpha, linear: 1 + alpha * stars };
      return kinds[weighting];
    }

    // (Y'Y + Y_u' (C_u - I) Y_u + lambda I) x = Y_u' c_u
    function foldIn(liked) {
      const left = Float64Array.from(gram);
      const right = new Float64Array(nFactors);
      for (let k = 0; k < nFactors; k += 1) {
        left[k * nFactors + k] += regularization;
      }
      for (const [film, stars] of liked) {
        const y = factors.subarray(film * nFactors, (film + 1) * nFactors);
        const c = confidence(stars);
        for (let row = 0; row < nFactors; row += 1) {
          right[row] += c * y[row];
          for (let column = 0; column < nFactors; column += 1) {
            left[row * nFactors + column] += (c - 1) * y[row] * y[column];
          }
        }
      }
      return live.solve(left, right);
    }

    return function (ratings) {
      const liked = ratings.filter(
        ([, stars]) => likeThreshold === null || stars >= likeThreshold,
      );
      return liked.length === 0 ? null : live.products(factors, foldIn(liked));
    };
  };
})((window.fiveWays = window.fiveWays || {}));
