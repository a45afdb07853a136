"""The reference profile: how inputs and predictions look when all is well (drift-policy's format, DR-50)."""

import json

import numpy as np

from . import model as models
from .datasets import Dataset, digest_of

FEWEST = 100  # rows of production to describe it; fewer, and the whole training set is the reference


def numeric(values, bounds):
    """`counts` has one entry more than `bounds`: a value belongs to the first bound that is not below it, like `le`."""
    counts = np.bincount(np.searchsorted(bounds, values, side="left"), minlength=len(bounds) + 1)
    return {"kind": "Numeric", "bounds": list(bounds), "counts": [int(c) for c in counts], "min": _short(values.min()),
            "max": _short(values.max()), "mean": _short(values.mean()), "variance": _short(values.var()), "missing": 0}


def make(rows, model, seed, strength):
    """Describes the data that the model will meet: where the training set holds recent production data, only those.

    Confidence, classes and accuracy are those of models that did not see the part they judge: of its own training data a
    model is surer than of anything it meets later, and a policy would call that difference drift.
    """
    recent = [r for r in rows if r.get("source") == "production"]
    about, chances = models.unseen_probabilities(rows, recent if len(recent) >= FEWEST else rows, seed, strength)
    _, pixels, labels = models.arrays(about)
    predicted = chances.argmax(axis=1)
    values = {"luminance": pixels.mean(axis=1), "contrast": pixels.std(axis=1), "confidence": chances.max(axis=1)}
    features = {name: numeric(values[name], bounds) for name, bounds in model["histograms"].items()}
    features["class"] = {"kind": "Categorical", "other": 0, "missing": 0, "categories": {
        name: int((predicted == number).sum()) for number, name in enumerate(model["classes"])}}
    return {"apiVersion": "kaizen.ml/profile/v1", "revision": digest_of(models.encode(model)),
            "createdAt": Dataset("", rows=about).as_of, "rows": len(about), "features": features,
            "performance": {"accuracy": {"bad": int((predicted != labels).sum()), "total": len(labels)}}}


def encode(profile):
    return (json.dumps(profile, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _short(value):
    return round(float(value), 9)
