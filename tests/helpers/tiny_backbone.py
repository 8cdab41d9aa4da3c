"""A network of no layers and images of one colour, for tests of other things."""

import numpy as np
from PIL import Image

from recsys_helpers.images.backbones import SIDE, Backbone

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def plain(colour, size=(20, 30)):
    """Make an image of one colour."""
    return Image.new("RGB", size, colour)


class QuarterMeans:
    """What a model of Keras is asked for; it gives the mean of each quarter."""

    output_shape = (None, 2, 2, 3)

    def __init__(self, weight=1.0):
        self.weight = np.float32(weight)
        self.batch_sizes = []

    def get_weights(self):
        return [self.weight]

    def predict_on_batch(self, x):
        self.batch_sizes.append(len(x))
        half = SIDE // 2
        quarters = x.reshape(len(x), 2, half, 2, half, 3)
        means = quarters.mean(axis=(2, 4), dtype=np.float64)
        return self.weight * means.astype(np.float32)


def tiny_backbone(weight=1.0):
    return Backbone("tiny", "none", "quarters", QuarterMeans(weight))
