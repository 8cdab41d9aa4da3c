/* The two towers, chapter 6: your ratings, or what you say of yourself, are described
 * by a few numbers; a network turns these into a vector; near films are recommended. */
(function (live) {
  "use strict";

  function describer(towers, catalogue) {
    const biases = live.decode(towers.movieBiases, Float32Array);
    const usual = live.decode(towers.usual, Float32Array);
    const scales = ["newer", "famous", "acclaimed"].map(function (name) {
      return [name, live.decode(towers[name], Float32Array)];
    });
    const scaleOf = new Map(scales);
    const traits = towers.traits.map(function (name) {
      const bit = catalogue.genreNames.indexOf(name);
      return scaleOf.has(name)
        ? (film) => scaleOf.get(name)[film]
        : (film) => (catalogue.genreBits[film] >>> bit) & 1;
    });

    /* As `recsys_helpers.features.taste.user_tastes`: what is left of the stars after
     * the film's bias and the user's is compared with each trait. */
    return function (ratings) {
      const features = new Map();
      const n = ratings.length;
      if (n === 0) {
        return features;
      }
      let rest = ratings.map(([film, stars]) => stars - towers.mean - biases[film]);
      const sum = rest.reduce((total, stars) => total + stars, 0);
      const bias = sum / (towers.userShrinkage + n);
      rest = rest.map((stars) => stars - bias);
      features.set("bias", bias);
      features.set("log_n_ratings", Math.log1p(n));
      towers.traits.forEach(function (name, t) {
        const values = ratings.map(([film]) => traits[t](film));
        let squares = 0;
        let likes = 0;
        let watched = 0;
        values.forEach(function (value, at) {
          squares += value * value;
          likes += value * rest[at];
          watched += value;
        });
        if (squares > 0) {
          features.set(`likes ${name}`, likes / (squares + towers.likesShrinkage));
        }
        const pull = towers.watchesShrinkage;
        features.set(`watches ${name}`, (watched + pull * usual[t]) / (n + pull));
      });
      return features;
    };
  }

  // As `recsys_helpers.features.encoder`: what is unknown is 0, and flagged by 0.
  function encoder(exported) {
    const [means, spreads, lows, highs] = ["means", "spreads", "lows", "highs"].map(
      (name) => live.decode(exported[name], Float32Array),
    );
    const n = exported.columns.length;
    return function (features) {
      const encoded = new Float64Array(2 * n);
      exported.columns.forEach(function (column, at) {
        if (features.has(column)) {
          const low = Math.max(features.get(column), lows[at]);
          encoded[at] = (Math.min(low, highs[at]) - means[at]) / spreads[at];
          encoded[n + at] = 1;
        }
      });
      return encoded;
    };
  }

  function network(exported) {
    const layers = exported.map(function (layer) {
      const weights = live.decode(layer.weights, Float32Array);
      const bias = live.decode(layer.bias, Float32Array);
      return function (input) {
        const output = Float64Array.from(bias);
        for (let i = 0; i < layer.nIn; i += 1) {
          for (let j = 0; j < layer.nOut; j += 1) {
            output[j] += input[i] * weights[i * layer.nOut + j];
          }
        }
        return layer.activation === "relu"
          ? output.map((value) => Math.max(0, value))
          : output;
      };
    });
    return function (input) {
      const output = layers.reduce((values, layer) => layer(values), input);
      const length = Math.hypot(...output);
      return length > 0 ? output.map((value) => value / length) : output;
    };
  }

  /**
   * Prepare the towers.
   * @param {object} tastes content of the part "tastes"
   * @param {object} catalogue
   * @returns {{fromRatings: Function, fromLikes: Function, sliders: object[]}} each
   *   function gives scores: from ratings, [[film, stars], …], and from a Map of what
   *   is liked to how much, in standard deviations of the users
   */
  live.towers = function (tastes, catalogue) {
    const towers = tastes.towers;
    const scales = live.decode(towers.scales, Float32Array);
    const factors = live.decodeScaled(
      towers.factors,
      towers.bits,
      scales,
      towers.nFactors,
    );
    const describe = describer(towers, catalogue);
    const encode = encoder(towers.encoder);
    const tower = network(towers.layers);

    function scoresOf(features) {
      return live.products(factors, tower(encode(features)));
    }

    return {
      sliders: towers.sliders,
      fromRatings: (ratings) => scoresOf(describe(ratings)),
      fromLikes(likes) {
        const features = new Map();
        for (const slider of towers.sliders.filter(({ what }) => likes.has(what))) {
          const strength = likes.get(slider.what);
          features.set(
            `likes ${slider.what}`,
            slider.likesMean + strength * slider.likesSpread,
          );
          features.set(
            `watches ${slider.what}`,
            slider.watchesMean + strength * slider.watchesSpread,
          );
        }
        return scoresOf(features);
      },
    };
  };
})((window.fiveWays = window.fiveWays || {}));
