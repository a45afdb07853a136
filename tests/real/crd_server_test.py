#!/usr/bin/env python3
"""The CRDs in a real API server: samples are accepted, every broken manifest is refused with a message that helps.

Uses the cluster that `hack/cluster up` (or `up --control-plane`) started; without one it is not run (status 77).
What is accepted and refused of each kind stands in crd_kinds/.
"""

import copy
import json
import os
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crd_kinds import drift_policy, model_deployment, training_pipeline, training_run  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
KINDS = (model_deployment, training_pipeline, training_run, drift_policy)
SAMPLES = sorted((ROOT / "config" / "samples").glob("*.yaml"))
# Another kubectl with its kubeconfig may be named, as one command line.
KUBECTL = shlex.split(os.environ.get("KAIZEN_KUBECTL", "")) or [str(ROOT / "hack" / "cluster"), "kubectl"]
NAMESPACE = "kaizen-crd-test"
NOT_RUN = 77


def crd_path(kind):
    return ROOT / "crds" / f"kaizen.ml_{kind.PLURAL}.yaml"


def kubectl(*arguments, stdin=None):
    return subprocess.run([*KUBECTL, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=120)


def manifest(kind, spec, name=""):
    return {"apiVersion": "kaizen.ml/v1alpha1", "kind": kind.KIND,
            "metadata": {"name": name or kind.NAME, "namespace": NAMESPACE}, "spec": spec}


def changed(kind, case):
    return {k: v for k, v in {**copy.deepcopy(kind.GOOD), **case.change}.items() if v is not None}


def rule_messages(kind):
    def walk(schema):
        yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", []))
        children = list(schema.get("properties", {}).values())
        children += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
        for child in children:
            yield from walk(child)
    version = yaml.safe_load(crd_path(kind).read_text())["spec"]["versions"][0]
    return set(walk(version["schema"]["openAPIV3Schema"]))


class CrdServer(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        for kind in KINDS:
            for arguments in (("apply", "--server-side", "--force-conflicts", "-f", str(crd_path(kind))),
                              ("wait", "--for=condition=Established", f"crd/{kind.PLURAL}.kaizen.ml", "--timeout=60s")):
                done = kubectl(*arguments)
                assert done.returncode == 0, done.stderr
        kubectl("create", "namespace", NAMESPACE)

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")

    def write(self, verb, document, *options):
        return kubectl(verb, "--validate=strict", "-o", "json", "-f", "-", *options, stdin=json.dumps(document))

    def refused(self, case, done):
        self.assertNotEqual(done.returncode, 0, f"{case.what} was accepted")
        for word in case.says:
            self.assertIn(word, done.stderr, case.what)

    def all_refused(self, list_name):
        for kind in KINDS:
            for case in getattr(kind, list_name):
                with self.subTest(f"{kind.KIND}: {case.what}"):
                    self.refused(case, self.write("create", manifest(kind, changed(kind, case), case.name), "--dry-run=server"))

    def test_A40_every_sample_is_accepted_under_strict_validation(self):
        self.assertGreaterEqual(len(SAMPLES), 5)
        for path in SAMPLES:
            with self.subTest(path.name):
                done = kubectl("create", "--validate=strict", "--dry-run=server", "-n", NAMESPACE, "-f", str(path))
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_TP9_DR12_every_rule_refuses_and_says_what_to_do(self):
        self.all_refused("RULES")

    def test_TP11_DR12_an_update_that_changes_what_is_immutable_is_refused(self):
        for kind in (training_run, drift_policy):
            created = self.write("create", manifest(kind, kind.GOOD))
            self.assertEqual(created.returncode, 0, created.stderr)
            again = self.write("replace", manifest(kind, kind.GOOD))
            self.assertEqual(again.returncode, 0, again.stderr)
            for case in kind.UPDATES:
                with self.subTest(f"{kind.KIND}: {case.what}"):
                    self.refused(case, self.write("replace", manifest(kind, changed(kind, case)), "--dry-run=server"))
            kubectl("delete", kind.PLURAL, kind.NAME, "-n", NAMESPACE)

    def test_the_tables_hold_every_rule_of_the_crds(self):
        for kind in KINDS:
            said = {word for case in kind.RULES + getattr(kind, "UPDATES", []) for word in case.says}
            untested = {m for m in rule_messages(kind) if not any(m == word or m.endswith(word) for word in said)}
            self.assertEqual(untested, set(), kind.KIND)

    def test_SEC46_MD14_DR11_every_kind_of_bound_refuses_and_names_the_field(self):
        self.all_refused("CONSTRAINTS")

    def test_MD3_MD9_nothing_is_defaulted_but_replicas(self):
        spec = {"model": {"uri": "s3://m"}, "image": "i", "runtime": {}, "template": {}}
        done = self.write("create", manifest(model_deployment, spec), "--dry-run=server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["spec"], {**spec, "replicas": 1})
        for kind in (training_pipeline, training_run, drift_policy):
            done = self.write("create", manifest(kind, kind.GOOD), "--dry-run=server")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["spec"], kind.GOOD)

    def test_MD17_A44_a_template_is_stored_as_it_is(self):
        template = {"metadata": {"labels": {"a": "b"}, "finalizers": ["x"]},
                    "spec": {"volumes": [{"name": "v", "emptyDir": {}}], "anything": {"deep": [1, {"x": []}]},
                             "containers": [{"name": "m", "image": "i", "resources": {"limits": {"cpu": 1}}}]}}
        done = self.write("create", manifest(model_deployment, {"template": template}), "--dry-run=server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["spec"]["template"], template)
        job = {"metadata": {"labels": {"a": "b"}}, "spec": {"parallelism": 2, "template": {"spec": {"containers": [{"name": "main"}]}}}}
        done = self.write("create", manifest(training_pipeline, {"stages": {"train": {"template": job}}}), "--dry-run=server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["spec"]["stages"]["train"]["template"], job)

    def test_quantities_may_be_numbers(self):
        resources = {"requests": {"cpu": 2, "memory": "1.5Gi"}, "limits": {"nvidia.com/gpu": 1, "memory": "2e9"}}
        spec = {**model_deployment.GOOD, "runtime": {"resources": resources}}
        done = self.write("create", manifest(model_deployment, spec), "--dry-run=server")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["spec"]["runtime"]["resources"], resources)

    def test_MD19_TP8_DR25_every_member_of_the_status_is_kept_and_shown(self):
        for kind in KINDS:
            with self.subTest(kind.KIND):
                created = self.write("create", manifest(kind, kind.GOOD, "accepted"))
                self.assertEqual(created.returncode, 0, created.stderr)
                written = kubectl("patch", kind.PLURAL, "accepted", "-n", NAMESPACE, "--subresource=status", "--type=merge",
                                  "-o", "json", "-p", json.dumps({"status": kind.STATUS}))
                self.assertEqual(written.returncode, 0, written.stderr)
                self.assertEqual(json.loads(written.stdout)["status"], kind.STATUS, "a member is not in the schema")
                rows = kubectl("get", kind.PLURAL, "accepted", "-n", NAMESPACE, "-o", "wide").stdout.splitlines()
                self.assertEqual(rows[0].split(), kind.HEADER)
                self.assertEqual(rows[1].split()[:len(kind.ROW)], kind.ROW)
                self.assertNotIn("<invalid>", rows[1])
        everything = kubectl("get", "kaizen", "-n", NAMESPACE, "-o", "name").stdout.split()
        self.assertEqual({f"{kind.KIND.lower()}.kaizen.ml/accepted" for kind in KINDS} - set(everything), set())

    def test_MD18_the_scale_subresource(self):
        created = self.write("create", manifest(model_deployment, model_deployment.GOOD, "scaled"))
        self.assertEqual(created.returncode, 0, created.stderr)
        kubectl("patch", "mdep", "scaled", "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p",
                json.dumps({"status": {"replicas": 5, "selector": "kaizen.ml/deployment=scaled"}}))
        scaled = kubectl("scale", "mdep/scaled", "-n", NAMESPACE, "--replicas=4")
        self.assertEqual(scaled.returncode, 0, scaled.stderr)
        path = f"/apis/kaizen.ml/v1alpha1/namespaces/{NAMESPACE}/modeldeployments/scaled/scale"
        scale = json.loads(kubectl("get", "--raw", path).stdout)
        self.assertEqual((scale["spec"], scale["status"]),
                         ({"replicas": 4}, {"replicas": 5, "selector": "kaizen.ml/deployment=scaled"}))


def main():
    probe = kubectl("get", "--raw", "/readyz")
    if probe.returncode != 0:
        print(f"no cluster to ask: {' '.join((probe.stderr or probe.stdout).split())[:200]}")
        return NOT_RUN
    return 0 if unittest.main(exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
