#!/usr/bin/env python3
"""What the generated CRD must hold whatever the tables say: bounds, texts, size, names. Needs no server."""

import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "crds" / "kaizen.ml_modeldeployments.yaml"
OPEN = "x-kubernetes-preserve-unknown-fields"
# What a revision is made of (MD-1).
HASHED = ("model", "image", "runtime", "template")


def load():
    return yaml.safe_load(PATH.read_text())


def schemas(schema, path=""):
    """(path, schema) of a schema and everything below it."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from schemas(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key], path + mark)


class CrdBounds(unittest.TestCase):
    def setUp(self):
        self.crd = load()
        self.version = self.crd["spec"]["versions"][0]
        self.root = self.version["schema"]["openAPIV3Schema"]
        self.all = [(p, s) for p, s in schemas(self.root) if p != ".metadata"]

    def test_SEC46_every_string_list_and_map_has_a_bound(self):
        for path, schema in self.all:
            with self.subTest(path):
                if schema.get("type") == "string" or "x-kubernetes-int-or-string" in schema:
                    self.assertIn("maxLength", schema)
                if schema.get("type") == "array":
                    self.assertIn("maxItems", schema)
                if "additionalProperties" in schema:
                    self.assertIn("maxProperties", schema)

    def test_SEC46_only_the_pod_template_is_open(self):
        opened = {p for p, s in self.all if OPEN in s}
        self.assertEqual(opened, {".spec.template", ".spec.template.metadata", ".spec.template.spec",
                                  ".spec.template.spec.containers[]"})
        for path, schema in self.all:
            if schema.get("type") == "object" and path not in opened:
                self.assertTrue("properties" in schema or "additionalProperties" in schema, path)

    def test_MD17_of_the_template_little_is_typed_and_the_crd_stays_small(self):
        template = self.root["properties"]["spec"]["properties"]["template"]
        leaves = {p for p, s in schemas(template) if "properties" not in s and "items" not in s}
        self.assertEqual(leaves, {".metadata.labels", ".metadata.labels.*", ".metadata.annotations",
                                  ".metadata.annotations.*", ".spec.containers[].name", ".spec.containers[].image"} )
        self.assertLess(PATH.stat().st_size, 60 * 1000)

    def test_A44_the_template_is_passed_through_without_its_schema(self):
        template = self.root["properties"]["spec"]["properties"]["template"]
        self.assertIs(template[OPEN], True)
        self.assertNotIn("volumes", template["properties"]["spec"]["properties"])

    def test_A42_every_object_has_a_description_and_the_crd_at_most_100_KB(self):
        for path, schema in self.all:
            if schema.get("type") in ("object", "array") and not path.endswith("*"):
                with self.subTest(path):
                    self.assertGreater(len(schema.get("description", "")), 5)
        self.assertLess(PATH.stat().st_size, 100 * 1000)

    def test_every_field_has_a_description(self):
        for path, schema in self.all:
            if path and not path.endswith(("[]", "*")) and path not in (".apiVersion", ".kind"):
                with self.subTest(path):
                    self.assertGreater(len(schema.get("description", "")), 3)

    def test_MD3_what_enters_the_revision_has_no_default(self):
        spec = self.root["properties"]["spec"]["properties"]
        for name in HASHED:
            for path, schema in schemas(spec[name], f".spec.{name}"):
                self.assertNotIn("default", schema, path)

    def test_MD9_replicas_is_the_only_default(self):
        defaults = {p: s["default"] for p, s in self.all if "default" in s}
        self.assertEqual(defaults, {".spec.replicas": 1})

    def test_MD14_there_are_no_floats(self):
        for path, schema in self.all:
            self.assertNotEqual(schema.get("type"), "number", path)

    def test_MD18_subresources(self):
        self.assertEqual(self.version["subresources"], {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                      "labelSelectorPath": ".status.selector"}})

    def test_MD19_columns_and_names(self):
        columns = [(c["name"], c["jsonPath"], c.get("priority", 0)) for c in self.version["additionalPrinterColumns"]]
        self.assertEqual(columns, [
            ("Phase", ".status.phase", 0), ("Stable", ".status.stable.version", 0),
            ("Candidate", ".status.candidate.version", 0), ("Weight", ".status.weight.applied", 0),
            ("Step", ".status.step.name", 0), ("Verdict", ".status.analysis.verdict", 0),
            ("Ready", '.status.conditions[?(@.type=="Ready")].status', 0), ("Age", ".metadata.creationTimestamp", 0),
            ("Revision", ".status.stable.revision", 1), ("Message", ".status.message", 1)])
        names = self.crd["spec"]["names"]
        self.assertEqual((names["shortNames"], names["categories"]), (["mdep"], ["kaizen"]))
        self.assertEqual([c["jsonPath"] for c in self.version["additionalPrinterColumns"] if c["type"] == "date"],
                         [".metadata.creationTimestamp"], "a date column may hold past times only")

    def test_no_field_is_a_boolean_in_YAML_1_1(self):
        words = {"on", "off", "yes", "no", "y", "n", "true", "false"}
        for path, schema in self.all:
            for name in schema.get("properties", {}):
                self.assertNotIn(str(name).lower(), words, path)

    def test_every_rule_has_a_message(self):
        for path, schema in self.all:
            for rule in schema.get("x-kubernetes-validations", []):
                self.assertGreater(len(rule.get("message", "")), 10, f"{path}: {rule['rule']}")
                self.assertFalse(path.startswith(".status"), f"{path}: the status has no rules")


if __name__ == "__main__":
    unittest.main()
