#!/usr/bin/env python3
"""What the generated CRDs must hold whatever the tables say: bounds, texts, size, names. Needs no server."""

import re
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OPEN = "x-kubernetes-preserve-unknown-fields"
STAGE = ".spec.stages.*.template"
# What a revision is made of (MD-1).
HASHED = ("model", "image", "runtime", "template")


def load(plural):
    return yaml.safe_load((ROOT / "crds" / f"kaizen.ml_{plural}.yaml").read_text())


CRDS = {plural: load(plural) for plural in ("modeldeployments", "trainingpipelines", "trainingruns", "driftpolicies")}


def root_schema(plural):
    return CRDS[plural]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def schemas(schema, path=""):
    """(path, schema) of a schema and everything below it."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from schemas(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key], path + mark)


def misfits(value, schema, path):
    """Where a value leaves its schema; CEL rules are the server's (crd_server)."""
    if "x-kubernetes-int-or-string" in schema:
        return
    wanted = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}[schema["type"]]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {schema['type']}"
    elif wanted is dict:
        yield from misfits_of_object(value, schema, path)
    elif wanted is list:
        if not schema.get("minItems", 0) <= len(value) <= schema["maxItems"]:
            yield f"{path}: {len(value)} items"
        for i, item in enumerate(value):
            yield from misfits(item, schema["items"], f"{path}[{i}]")
    elif wanted is str:
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path}: {value!r} is not one of {schema['enum']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{path}: {value!r} does not match {schema['pattern']}"
        if len(value) > schema["maxLength"]:
            yield f"{path}: longer than {schema['maxLength']}"
    elif wanted is int and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is out of bounds"


def misfits_of_object(value, schema, path):
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}.{name}: missing"
    for name, member in value.items():
        if name in schema.get("properties", {}):
            yield from misfits(member, schema["properties"][name], f"{path}.{name}")
        elif "additionalProperties" in schema:
            yield from misfits(member, schema["additionalProperties"], f"{path}.{name}")
        elif OPEN not in schema:
            yield f"{path}.{name}: unknown field"


class CrdBounds(unittest.TestCase):
    def setUp(self):
        self.all = [(plural + p, s) for plural in CRDS for p, s in schemas(root_schema(plural)) if p != ".metadata"]

    def test_SEC46_every_string_list_and_map_has_a_bound(self):
        for path, schema in self.all:
            with self.subTest(path):
                if schema.get("type") == "string" or "x-kubernetes-int-or-string" in schema:
                    self.assertIn("maxLength", schema)
                if schema.get("type") == "array":
                    self.assertIn("maxItems", schema)
                if "additionalProperties" in schema:
                    self.assertIn("maxProperties", schema)

    def test_SEC46_only_templates_are_open(self):
        opened = {p for p, s in self.all if OPEN in s}
        pod = "modeldeployments.spec.template"
        self.assertEqual(opened, {pod, f"{pod}.metadata", f"{pod}.spec", f"{pod}.spec.containers[]",
                                  f"trainingpipelines{STAGE}", f"trainingpipelines{STAGE}.metadata"})
        for path, schema in self.all:
            if schema.get("type") == "object" and path not in opened:
                self.assertTrue("properties" in schema or "additionalProperties" in schema, path)

    def test_MD17_of_the_template_little_is_typed_and_the_crd_stays_small(self):
        template = root_schema("modeldeployments")["properties"]["spec"]["properties"]["template"]
        leaves = {p for p, s in schemas(template) if "properties" not in s and "items" not in s}
        self.assertEqual(leaves, {".metadata.labels", ".metadata.labels.*", ".metadata.annotations",
                                  ".metadata.annotations.*", ".spec.containers[].name", ".spec.containers[].image"})
        self.assertLess((ROOT / "crds" / "kaizen.ml_modeldeployments.yaml").stat().st_size, 60 * 1000)

    def test_A44_templates_are_passed_through_without_their_schema(self):
        template = root_schema("modeldeployments")["properties"]["spec"]["properties"]["template"]
        self.assertIs(template[OPEN], True)
        self.assertNotIn("volumes", template["properties"]["spec"]["properties"])
        stage = root_schema("trainingpipelines")["properties"]["spec"]["properties"]["stages"]["additionalProperties"]
        self.assertIs(stage["properties"]["template"][OPEN], True)
        self.assertEqual(set(stage["properties"]["template"]["properties"]), {"apiVersion", "kind", "metadata"})

    def test_A42_every_object_has_a_description_and_each_crd_at_most_100_KB(self):
        for path, schema in self.all:
            if schema.get("type") in ("object", "array") and not path.endswith("*"):
                with self.subTest(path):
                    self.assertGreater(len(schema.get("description", "")), 5)
        for plural in CRDS:
            self.assertLess((ROOT / "crds" / f"kaizen.ml_{plural}.yaml").stat().st_size, 100 * 1000)

    def test_every_field_has_a_description(self):
        for path, schema in self.all:
            if "." in path and not path.endswith(("[]", "*", ".apiVersion", ".kind")):
                with self.subTest(path):
                    self.assertGreater(len(schema.get("description", "")), 3)

    def test_MD3_what_enters_the_revision_has_no_default(self):
        spec = root_schema("modeldeployments")["properties"]["spec"]["properties"]
        for name in HASHED:
            for path, schema in schemas(spec[name], f".spec.{name}"):
                self.assertNotIn("default", schema, path)

    def test_MD9_replicas_is_the_only_default(self):
        defaults = {p: s["default"] for p, s in self.all if "default" in s}
        self.assertEqual(defaults, {"modeldeployments.spec.replicas": 1})

    def test_MD14_DR11_there_are_no_floats(self):
        for path, schema in self.all:
            self.assertNotEqual(schema.get("type"), "number", path)

    def test_TP10_the_stage_schema_appears_once(self):
        stages = root_schema("trainingpipelines")["properties"]["spec"]["properties"]["stages"]
        self.assertIn("image", stages["additionalProperties"]["properties"])
        self.assertNotIn("properties", stages)

    def test_MD18_subresources(self):
        subresources = {plural: crd["spec"]["versions"][0]["subresources"] for plural, crd in CRDS.items()}
        self.assertEqual(subresources, {
            "modeldeployments": {
                "status": {},
                "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                          "labelSelectorPath": ".status.selector"}},
            "trainingpipelines": {"status": {}}, "trainingruns": {"status": {}}, "driftpolicies": {"status": {}}})

    def columns(self, plural):
        version = CRDS[plural]["spec"]["versions"][0]
        return [(c["name"], c["jsonPath"], c.get("priority", 0)) for c in version["additionalPrinterColumns"]]

    def test_MD19_columns_of_a_model(self):
        self.assertEqual(self.columns("modeldeployments"), [
            ("Phase", ".status.phase", 0), ("Stable", ".status.stable.version", 0),
            ("Candidate", ".status.candidate.version", 0), ("Weight", ".status.weight.applied", 0),
            ("Step", ".status.step.name", 0), ("Verdict", ".status.analysis.verdict", 0),
            ("Ready", '.status.conditions[?(@.type=="Ready")].status', 0), ("Age", ".metadata.creationTimestamp", 0),
            ("Revision", ".status.stable.revision", 1), ("Message", ".status.message", 1)])

    def test_TP8_columns_of_training(self):
        self.assertEqual(self.columns("trainingpipelines"), [
            ("Phase", ".status.phase", 0), ("Last-Run", ".status.lastRun.name", 0),
            ("Last-Result", ".status.lastRun.outcome", 0), ("Next", ".status.triggers.schedule.nextSlot", 0),
            ("Budget", ".status.budget.summary", 0), ("Ready", '.status.conditions[?(@.type=="Ready")].status', 0),
            ("Age", ".metadata.creationTimestamp", 0), ("Hold", ".status.pending.reason", 1),
            ("Champion", ".status.champion.version", 1)])
        self.assertEqual(self.columns("trainingruns"), [
            ("Phase", ".status.phase", 0), ("Pipeline", ".spec.pipeline.name", 0), ("Trigger", ".spec.trigger.type", 0),
            ("Model", ".status.model.version", 0), ("Gate", ".status.gate.result", 0), ("Duration", ".status.duration", 0),
            ("Age", ".metadata.creationTimestamp", 0), ("Stage", ".status.stage", 1), ("Reason", ".status.reason", 1)])

    def test_DR25_columns_of_drift(self):
        self.assertEqual(self.columns("driftpolicies"), [
            ("State", ".status.phase", 0), ("Target", ".spec.targetRef.name", 0), ("Score", ".status.summary.score", 0),
            ("Threshold", ".status.summary.threshold", 0), ("Last-Check", ".status.clocks[0].cursor", 0),
            ("Ready", '.status.conditions[?(@.type=="Ready")].status', 0), ("Age", ".metadata.creationTimestamp", 0),
            ("Detector", ".spec.decision.method", 1), ("Reference", ".status.reference.source", 1),
            ("Message", ".status.summary.message", 1)])

    def test_MD19_TP8_DR25_names_and_dates(self):
        names = {plural: (crd["spec"]["names"]["shortNames"], crd["spec"]["names"]["categories"])
                 for plural, crd in CRDS.items()}
        self.assertEqual(names, {"modeldeployments": (["mdep"], ["kaizen"]), "trainingpipelines": (["tpipe"], ["kaizen"]),
                                 "trainingruns": (["trun"], ["kaizen"]), "driftpolicies": (["drift"], ["kaizen"])})
        dates = {c["jsonPath"] for crd in CRDS.values() for c in crd["spec"]["versions"][0]["additionalPrinterColumns"]
                 if c["type"] == "date"}
        self.assertEqual(dates, {".metadata.creationTimestamp", ".status.clocks[0].cursor"},
                         "a date column may hold past times only")

    def test_TP10_no_field_is_a_boolean_in_YAML_1_1(self):
        words = {"on", "off", "yes", "no", "y", "n", "true", "false"}
        for path, schema in self.all:
            for name in schema.get("properties", {}):
                self.assertNotIn(str(name).lower(), words, path)

    def test_TP9_every_rule_has_a_message(self):
        for path, schema in self.all:
            for rule in schema.get("x-kubernetes-validations", []):
                self.assertGreater(len(rule.get("message", "")), 10, f"{path}: {rule['rule']}")
                self.assertNotIn(".status", path, f"{path}: the status has no rules")

    def test_A40_samples_fit_the_schemas(self):
        kinds = {crd["spec"]["names"]["kind"]: plural for plural, crd in CRDS.items()}
        seen = set()
        for path in sorted((ROOT / "config" / "samples").glob("*.yaml")):
            for document in yaml.safe_load_all(path.read_text()):
                seen.add(document["kind"])
                spec = root_schema(kinds[document["kind"]])["properties"]["spec"]
                name = document["metadata"]["name"]
                self.assertEqual(list(misfits(document["spec"], spec, f"{path.name} {name}: spec")), [])
                self.assertLessEqual(len(name), 35)
        self.assertIn("ModelDeployment", seen)


if __name__ == "__main__":
    unittest.main()
