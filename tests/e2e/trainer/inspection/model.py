"""The model: softmax over standardised pixels, as JSON that the model server reads, and how it is trained.

Judging uses the numbers of the file, not the trainer's memory: what is judged is what will serve.
"""

import json
import warnings

import numpy as np

from .datasets import CLASSES, PIXELS, digest_of, share_of
from .problem import DATA, USAGE, Problem

FORMAT = "kaizen.e2e/softmax/v1"
STRENGTH = 0.05  # inverse of the penalty; parameter `strength`
FEWEST_ROWS = 50
HELD_OUT, FOLDS = 0.1, 5
LOWEST_SCALE = 0.5  # of a pixel that is nearly always dark: a smaller one would make noise of it
DECIMALS = 6

# The bounds of the server's buckets, and so of the reference profile. Part of the model, so that both always agree.
HISTOGRAMS = {
    "luminance": [round(0.5 + 0.25 * i, 2) for i in range(55)],
    "contrast": [round(2 + 0.1 * i, 1) for i in range(61)],
    "confidence": [0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 0.99],
}


def arrays(rows):
    """Pixels and labels of the rows that have every pixel."""
    whole = [r for r in rows if None not in r["pixels"]]
    return (whole, np.array([r["pixels"] for r in whole], dtype=float).reshape(-1, PIXELS),
            np.array([r["label"] for r in whole], dtype=int))


def fit(rows, strength):
    from sklearn.linear_model import LogisticRegression
    _, pixels, labels = arrays(rows)
    if len(labels) < FEWEST_ROWS:
        raise Problem(DATA, f"{len(labels)} images with every pixel are too few to train on; wanted {FEWEST_ROWS} or more")
    if len(set(labels)) < CLASSES:
        raise Problem(DATA, f"no image of class {', '.join(str(c) for c in range(CLASSES) if c not in labels)}")
    mean, scale = pixels.mean(axis=0), np.maximum(pixels.std(axis=0), LOWEST_SCALE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # one that did not converge is no model
        try:
            # Far below what is kept of each number: where the search stops must not show.
            found = LogisticRegression(C=strength, max_iter=20000, tol=1e-9).fit((pixels - mean) / scale, labels)
        except Warning as problem:
            raise Problem(DATA, f"training did not converge: {problem}") from problem

    def numbers(values):
        return [round(float(v), DECIMALS) + 0.0 for v in values]  # + 0.0: no minus zero
    return {"format": FORMAT, "classes": [str(c) for c in range(CLASSES)], "mean": numbers(mean), "scale": numbers(scale),
            "weights": [numbers(row) for row in found.coef_], "intercept": numbers(found.intercept_), "histograms": HISTOGRAMS}


def encode(model):
    return (json.dumps(model, sort_keys=True, separators=(",", ":")) + "\n").encode()


def decode(uri, data, wanted_digest):
    """A model from storage; its digest must be the one that was named."""
    digest = digest_of(data)
    if wanted_digest and digest != wanted_digest:
        raise Problem(DATA, f"{uri}: its digest is {digest}, named was {wanted_digest}")
    try:
        model = json.loads(data)
        shapes = (np.shape(model["mean"]), np.shape(model["scale"]), np.shape(model["weights"]), np.shape(model["intercept"]))
        good = model["format"] == FORMAT and shapes == ((PIXELS,), (PIXELS,), (CLASSES, PIXELS), (CLASSES,))
    except (ValueError, TypeError, KeyError):
        good = False
    if not good:
        raise Problem(DATA, f"{uri}: not a model of format {FORMAT}")
    return model


def probabilities(model, pixels):
    """One row per image, one column per class."""
    mean, scale = np.array(model["mean"]), np.array(model["scale"])
    sums = ((pixels - mean) / scale) @ np.array(model["weights"]).T + np.array(model["intercept"])
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def train(rows, seed, strength):
    """The model and its accuracy on the held-out tenth; seed and rows decide every byte."""
    if strength <= 0:
        raise Problem(USAGE, f"parameter strength {strength}: wanted more than 0")
    apart = [r for r in rows if share_of("held-out", seed, r["id"]) < HELD_OUT]
    model = fit([r for r in rows if share_of("held-out", seed, r["id"]) >= HELD_OUT], strength)
    _, pixels, labels = arrays(apart)
    accuracy = float((probabilities(model, pixels).argmax(axis=1) == labels).mean()) if len(labels) else None
    return model, accuracy


def unseen_probabilities(rows, about, seed, strength):
    """For each row of `about`: what a model says that never saw its part. Rows with every pixel, their probabilities."""
    seen, found = [], []
    for fold in range(FOLDS):
        def inside(row, fold=fold):
            return int(share_of("fold", seed, row["id"]) * FOLDS) == fold
        asked, pixels, _ = arrays([r for r in about if inside(r)])
        if asked:
            found.append(probabilities(fit([r for r in rows if not inside(r)], strength), pixels))
            seen += asked
    return seen, np.concatenate(found) if found else np.empty((0, CLASSES))
