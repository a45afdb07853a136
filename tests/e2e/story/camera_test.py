#!/usr/bin/python3
"""The camera against a model server that answers by rule: what it asks, what it stores, what it knows about accuracy.

Exit 77: Debian's python3-sklearn is not installed.
"""

import json
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import sklearn  # noqa: F401
except ImportError as missing:
    print(f"{missing}: hack/setup model installs it")
    sys.exit(77)

from story import camera as cameras  # noqa: E402
from story.camera import Camera, datasets  # noqa: E402


class Answers(BaseHTTPRequestHandler):
    """Class 3 for every image; keeps the questions."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):  # noqa: N802, the library's name
        self.server.questions.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        text = b'{"class": 3, "probability": 0.9, "revision": "r1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class CameraTest(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.questions = []
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def take(self, count, store, light=0, per_second=400):
        camera = Camera("127.0.0.1", self.server.server_port, "any", store, per_second=per_second)
        camera.set_light(light)
        camera.start()
        deadline = time.monotonic() + 30
        while camera.look().requests < count and time.monotonic() < deadline:
            time.sleep(0.01)
        camera.stop()
        return camera

    def stored(self):
        files = sorted(Path(self.folder.name).glob("production/*.jsonl"))
        return files, [row for f in files for row in datasets.parse(f.name, f.read_bytes())]

    def test_stores_every_labelled_image_as_it_was_seen_with_its_true_class(self):
        camera = self.take(200, f"file://{self.folder.name}/production", light=5)

        files, rows = self.stored()
        truth = {name: (pixels, label) for name, _, pixels, label in datasets.digits("production")}
        self.assertEqual(camera.total.failed, 0, camera.total.failures)
        self.assertEqual((len(rows), len(files)), (camera.stored, camera.files))
        self.assertEqual(len(rows), sum("label" in q for q in self.server.questions))
        self.assertGreater(len(rows), 60)
        for row in rows:
            pixels, label = truth[row["id"]]
            self.assertEqual((row["pixels"], row["label"]), (datasets.lit(pixels, 5), label))
        newest = max(datasets.instant(r["time"]) for r in rows)
        self.assertGreaterEqual(files[-1].name[:15], newest.strftime("%Y%m%dT%H%M%S"))

    def test_knows_how_often_each_revision_was_right(self):
        camera = self.take(100, "")

        right, asked = camera.accuracy()["r1"]
        self.assertEqual(asked, camera.total.requests)
        self.assertTrue(0 < right < asked, (right, asked))
        self.assertEqual(camera.accuracy(), {})

    def test_an_unreachable_store_loses_nothing_and_is_named(self):
        blocked = Path(self.folder.name) / "production"
        blocked.write_text("a file where a folder is wanted")

        camera = self.take(50, f"file://{blocked}")

        self.assertIn(str(blocked), camera.store_problem)
        self.assertEqual((camera.stored, camera.lost), (0, 0))
        self.assertEqual(len(camera.waiting), sum("label" in q for q in self.server.questions))

    def test_changes_of_the_light_are_read_in_order(self):
        self.assertEqual(cameras.changes(["0@90", "5@30", "2"]), [(0.0, 2), (30.0, 5), (90.0, 0)])


if __name__ == "__main__":
    unittest.main()
