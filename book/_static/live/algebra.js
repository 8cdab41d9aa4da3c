/* The little algebra that the methods need. Matrices are flat arrays, row after row. */
(function (live) {
  "use strict";

  /**
   * Solve A x = b, where A is symmetric and positive definite, by Cholesky.
   * @param {Float64Array} matrix A, n times n; it is overwritten
   * @param {Float64Array} right b; it is overwritten
   * @returns {Float64Array} x
   */
  live.solve = function (matrix, right) {
    const n = right.length;
    // A = L L', with L where the lower half of A was.
    for (let row = 0; row < n; row += 1) {
      for (let column = 0; column <= row; column += 1) {
        let rest = matrix[row * n + column];
        for (let k = 0; k < column; k += 1) {
          rest -= matrix[row * n + k] * matrix[column * n + k];
        }
        if (row !== column) {
          matrix[row * n + column] = rest / matrix[column * n + column];
        } else if (rest > 0) {
          matrix[row * n + row] = Math.sqrt(rest);
        } else {
          throw new RangeError("The matrix is not positive definite.");
        }
      }
    }
    // L z = b, from the top; then L' x = z, from the bottom.
    for (let row = 0; row < n; row += 1) {
      for (let k = 0; k < row; k += 1) {
        right[row] -= matrix[row * n + k] * right[k];
      }
      right[row] /= matrix[row * n + row];
    }
    for (let row = n - 1; row >= 0; row -= 1) {
      for (let k = row + 1; k < n; k += 1) {
        right[row] -= matrix[k * n + row] * right[k];
      }
      right[row] /= matrix[row * n + row];
    }
    return right;
  };

  /**
   * Multiply each row of a matrix with a vector.
   * @param {Float32Array} matrix
   * @param {Float64Array} vector
   * @returns {Float64Array} one product a row
   */
  live.products = function (matrix, vector) {
    const width = vector.length;
    const found = new Float64Array(matrix.length / width);
    for (let row = 0; row < found.length; row += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1) {
        sum += matrix[row * width + k] * vector[k];
      }
      found[row] = sum;
    }
    return found;
  };
})((window.fiveWays = window.fiveWays || {}));
