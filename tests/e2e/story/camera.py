#!/usr/bin/python3
"""The camera of a factory: sends images of parts to the model at a steady rate, under a light that can change, and stores a
share of them with their true class, as inspectors label them: the labelled production data that training learns from.

    hack/cluster run tests/e2e/story/camera.py --host HOST --seconds N [--light OFFSET[@SECOND]]... [--store URI]

Needs Debian's python3-sklearn and, for s3, python3-boto3. A stored file is named by when it was written, so that the data
stage can skip what is older than an onset.
"""

import argparse
import json
import secrets
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "trainer")]

from inspection import datasets  # noqa: E402
from inspection.contract import folder  # noqa: E402
from inspection.problem import Problem  # noqa: E402
from inspection.store import Store  # noqa: E402
from story.traffic import Traffic  # noqa: E402


class Camera(Traffic):
    """`store`: folder URI for labelled images, "" for none; `labelled`: the share of images that is labelled."""

    FLUSH_SECONDS = 2.0
    MOST_WAITING = 20_000  # labelled images, when the store does not answer; then the oldest are lost

    def __init__(self, address, port, host, store="", labelled=0.5, per_second=12, clients=3):
        images = [{"id": name, "line": line, "pixels": pixels, "label": label}
                  for name, line, pixels, label in datasets.digits("production")]
        images.sort(key=lambda image: datasets.share_of("belt", image["id"]))  # mixed, so that each window looks alike
        super().__init__(address, port, host, images, per_second, clients)
        self.light, self.labelled, self.sent = 0, labelled, 0
        self.right, self.asked = Counter(), Counter()  # by revision, since the last accuracy()
        self.folder, self.objects = folder(store), Store()
        self.session, self.files, self.stored, self.lost = secrets.token_hex(3), 0, 0, 0
        self.waiting, self.store_problem = [], ""
        self.keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self):
        if self.folder:
            self.keeper.start()
        return super().start()

    def stop(self):
        """Every labelled image is stored when this returns, or `store_problem` says why not."""
        super().stop()
        if self.folder:
            self.keeper.join(timeout=60)

    def set_light(self, offset):
        """From now on every pixel is this much brighter, clipped as a sensor does."""
        with self.lock:
            self.light = offset

    def accuracy(self):
        """{revision: (right, asked)} since the last look."""
        with self.lock:
            result = {revision: (self.right[revision], count) for revision, count in self.asked.items()}
            self.right.clear()
            self.asked.clear()
        return result

    def question(self, sample):
        self.sent += 1
        question = {"features": datasets.lit(sample["pixels"], self.light)}
        if datasets.share_of("labelled", self.sent) < self.labelled:
            question["label"] = sample["label"]  # the server counts how often it is wrong
            self.waiting.append({**sample, "pixels": question["features"], "time": datasets.text_of(datetime.now(timezone.utc))})
            self.lost += max(0, len(self.waiting) - self.MOST_WAITING)
            del self.waiting[:-self.MOST_WAITING]
        return question

    def answered(self, sample, question, answer):
        with self.lock:
            self.asked[answer["revision"]] += 1
            self.right[answer["revision"]] += answer["class"] == sample["label"]

    def _keep(self):
        while not self.stopping.wait(self.FLUSH_SECONDS):
            self._flush()
        for thread in self.threads:
            thread.join(timeout=15)
        self._flush()

    def _flush(self):
        with self.lock:
            rows, self.waiting = self.waiting, []
        if not rows:
            return
        name = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}-{self.session}-{self.files:06d}.jsonl"
        try:
            self.objects.put(self.folder + name, datasets.encode(rows))
        except Problem as problem:
            self.store_problem = str(problem)
            with self.lock:
                self.waiting[:0] = rows
            return
        self.files += 1
        self.stored += len(rows)
        self.store_problem = ""


def changes(words):
    """[(second, offset)], in order, of words like 5@60."""
    result = []
    for word in words:
        offset, _, second = word.partition("@")
        result.append((float(second or 0), int(offset)))
    return sorted(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="10.98.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--light", action="append", default=[], metavar="OFFSET[@SECOND]")
    parser.add_argument("--store", default="", metavar="URI")
    parser.add_argument("--per-second", type=float, default=12)
    arguments = parser.parse_args()
    lights = changes(arguments.light)
    camera = Camera(arguments.address, arguments.port, arguments.host, arguments.store, per_second=arguments.per_second).start()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < arguments.seconds:
        for second, offset in lights:
            if second <= passed:
                camera.set_light(offset)
        time.sleep(min(10.0, max(0.1, arguments.seconds - passed)))
        print(json.dumps({"second": round(time.monotonic() - began), "light": camera.light, "accuracy": {
            revision: round(right / asked, 3) for revision, (right, asked) in camera.accuracy().items()}}), flush=True)
    camera.stop()
    print(json.dumps({"seen": str(camera.total), "stored": camera.stored, "files": camera.files, "lost": camera.lost,
                      "problem": camera.store_problem}))
    return 1 if camera.total.failed or camera.store_problem else 0


if __name__ == "__main__":
    sys.exit(main())
