#!/usr/bin/env python3
"""Trains the two classifiers of the demo on scikit-learn's breast cancer data (in Debian's python3-sklearn; 569 cases).

    tests/e2e/model_server/train.py FOLDER

Writes FOLDER/v1.json (the ten mean features), v2.json (all thirty: the better model), v3.json and v4.json (v2 trained with
another penalty), and samples.json, the held-out cases that the demo's clients send. The same input gives the same bytes.
"""

import json
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

VERSIONS = {"v1": (10, 1.0), "v2": (30, 1.0), "v3": (30, 0.1), "v4": (30, 0.3)}


def train(features, penalty, data):
    x_train, x_test, y_train, y_test = data
    scaler = StandardScaler().fit(x_train[:, :features])
    model = LogisticRegression(C=penalty, max_iter=1000).fit(scaler.transform(x_train[:, :features]), y_train)
    accuracy = model.score(scaler.transform(x_test[:, :features]), y_test)
    rounded = [[round(float(v), 9) for v in row] for row in (scaler.mean_, scaler.scale_, model.coef_[0])]
    return {"mean": rounded[0], "scale": rounded[1], "weights": rounded[2], "intercept": round(float(model.intercept_[0]), 9),
            "accuracy": round(float(accuracy), 4)}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_breast_cancer(return_X_y=True)
    data = train_test_split(x, y, test_size=0.25, random_state=7, stratify=y)
    for version, (features, penalty) in VERSIONS.items():
        model = train(features, penalty, data)
        (folder / f"{version}.json").write_text(json.dumps(model, sort_keys=True) + "\n")
        print(f"{version}: {features} features, accuracy {model['accuracy']} on {len(data[3])} held-out cases")
    samples = [{"features": [float(v) for v in row], "label": int(label)} for row, label in zip(data[1], data[3])]
    (folder / "samples.json").write_text(json.dumps(samples) + "\n")


if __name__ == "__main__":
    main()
