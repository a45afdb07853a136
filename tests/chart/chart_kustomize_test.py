#!/usr/bin/env python3
"""`kubectl kustomize config/default` and `helm template` with defaults give the same objects, up to Helm's own labels and
annotations and the namespace, which Helm does not create (UX-22): so neither drifts from the other."""

import subprocess
import unittest

import tools
from tools import ROOT, documents, find, render


def normalise(objects):
    """(kind, name) -> object without what only Helm writes."""
    result = {}
    for item in objects:
        if item["kind"] == "Namespace":
            continue
        for metadata in (item["metadata"], item.get("spec", {}).get("template", {}).get("metadata", {})
                         if item["kind"] == "Deployment" else {}):
            drop(metadata, "labels", "helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version")
            drop(metadata, "annotations", "helm.sh/resource-policy", "checksum/config")
        labels = item["metadata"].get("labels", {})
        for key in ("app.kubernetes.io/name", "app.kubernetes.io/instance"):  # Helm also labels the objects themselves
            labels.pop(key, None)
        drop(item["metadata"], "labels")
        result[item["kind"], item["metadata"]["name"]] = item
    return result


def drop(metadata, key, *names):
    values = metadata.get(key) or {}
    for name in names:
        values.pop(name, None)
    if not values:
        metadata.pop(key, None)


class SameObjects(unittest.TestCase):
    maxDiff = None

    def test_helm_and_kustomize_agree(self):
        done = subprocess.run([find("kubectl"), "kustomize", ROOT / "config" / "default"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        ours, helms = normalise(documents(done.stdout)), normalise(render())
        self.assertEqual(sorted(ours), sorted(helms))
        for key, item in ours.items():
            with self.subTest(key):
                self.assertEqual(item, helms[key])


if __name__ == "__main__":
    tools.require("helm", "kubectl")
    unittest.main()
