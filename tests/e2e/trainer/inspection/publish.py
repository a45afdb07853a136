"""Publishes a data set of digits, as the people around the factory would: data first, manifest last (RS-30)."""

import argparse
import json
import sys
from datetime import datetime, timedelta, timezone

from . import datasets
from .contract import folder
from .problem import USAGE, Problem
from .store import Store


def arguments_of(words):
    parser = argparse.ArgumentParser(prog="publish", description=__doc__)
    parser.add_argument("--part", required=True, choices=sorted(datasets.PARTS), help="which images; no image is in two parts")
    parser.add_argument("--to", required=True, metavar="URI", help="folder of the data set")
    parser.add_argument("--version", required=True)
    parser.add_argument("--manifest", metavar="URI", help="where the manifest goes; it is printed in any case")
    parser.add_argument("--rows", type=int, help="only so many of them")
    parser.add_argument("--flip", type=float, default=0, metavar="SHARE", help="share of wrong labels: each one the next class")
    parser.add_argument("--light", type=int, default=0, metavar="OFFSET", help="added to each pixel, clipped to 0..16")
    parser.add_argument("--as-of", metavar="TIME", help="when the newest image was taken; default now")
    return parser.parse_args(words)


def rows_of(options):
    newest = datasets.instant(options.as_of) if options.as_of else datetime.now(timezone.utc)
    images = datasets.digits(options.part)[:options.rows]
    rows = []
    for age, (name, line, pixels, label) in enumerate(images):
        wrong = datasets.share_of("flip", name) < options.flip
        rows.append({"id": name, "line": line, "time": datasets.text_of(newest - timedelta(seconds=age)),
                     "pixels": datasets.lit(pixels, options.light), "label": (label + 1) % datasets.CLASSES if wrong else label})
    return rows


def publish(options, store):
    if not 0 <= options.flip <= 1 or (options.rows is not None and options.rows < 1):
        raise Problem(USAGE, "--flip is a share from 0 to 1, --rows at least 1")
    dataset = datasets.save(store, folder(options.to), rows_of(options))
    manifest = datasets.manifest(dataset, options.version, dataset.as_of)
    if options.manifest:
        store.put(options.manifest, datasets.encode([manifest]))
    return manifest


def main(words=None):
    try:
        print(json.dumps(publish(arguments_of(words), Store()), sort_keys=True))
    except Problem as problem:
        print(f"publish: {problem}", file=sys.stderr)
        return problem.code
    return 0
