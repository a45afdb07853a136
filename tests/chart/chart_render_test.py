#!/usr/bin/env python3
"""What Helm renders: the security of the pod, exactly the checked-in rules, every value, and refusals that name the key."""

import json
import unittest
from pathlib import Path

import tools
from rbac_policy import violations
from tools import CHART, ROOT, helm, one, render

import yaml

VALUES = Path(__file__).resolve().parent / "values"


def pod(objects):
    return one(objects, "Deployment")["spec"]["template"]["spec"]


class Defaults(unittest.TestCase):
    objects = None

    @classmethod
    def setUpClass(cls):
        cls.objects = render()

    def test_lint_is_clean(self):
        done = helm("lint", "--strict", CHART)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_SEC1_SEC2_rendered_roles_keep_the_policy(self):
        roles = [o for o in self.objects if o["kind"] in ("Role", "ClusterRole")]
        self.assertTrue(roles)
        for role in roles:
            self.assertEqual(list(violations(role)), [])

    def test_rules_are_those_of_config(self):
        source = yaml.safe_load((ROOT / "config" / "rbac" / "role.yaml").read_text())
        self.assertEqual(one(self.objects, "ClusterRole")["rules"], source["rules"])

    def test_binding_points_to_the_pods_account(self):
        subject = one(self.objects, "ClusterRoleBinding")["subjects"]
        self.assertEqual(subject, [{"kind": "ServiceAccount", "name": "kaizen", "namespace": "kaizen-system"}])
        self.assertEqual(pod(self.objects)["serviceAccountName"], "kaizen")

    def test_one_replica_and_never_two(self):
        spec = one(self.objects, "Deployment")["spec"]
        self.assertEqual((spec["replicas"], spec["strategy"]), (1, {"type": "Recreate"}))

    def test_pod_is_restricted(self):
        spec, container = pod(self.objects), pod(self.objects)["containers"][0]
        self.assertTrue(spec["securityContext"]["runAsNonRoot"])
        self.assertEqual(spec["securityContext"]["runAsUser"], 65532)
        self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        security = container["securityContext"]
        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
        self.assertEqual((security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]), (False, True))
        self.assertFalse(any(key in spec for key in ("hostNetwork", "hostPID", "hostIPC")))

    def test_token_is_short_lived_and_the_only_one(self):
        spec = pod(self.objects)
        self.assertIs(spec["automountServiceAccountToken"], False)
        sources = next(v for v in spec["volumes"] if v["name"] == "api")["projected"]["sources"]
        self.assertEqual(sources[0]["serviceAccountToken"]["expirationSeconds"], 3600)
        self.assertIs(one(self.objects, "ServiceAccount")["automountServiceAccountToken"], False)

    def test_numbers_of_the_rulings(self):
        spec, container = pod(self.objects), pod(self.objects)["containers"][0]
        self.assertEqual(spec["terminationGracePeriodSeconds"], 45)
        self.assertEqual(container["resources"]["limits"], {"memory": "256Mi"})
        self.assertEqual({p["name"]: p["containerPort"] for p in container["ports"]}, {"metrics": 8080, "health": 8081})
        self.assertEqual(container["livenessProbe"]["httpGet"], {"path": "/livez", "port": "health"})
        self.assertEqual(container["readinessProbe"]["httpGet"], {"path": "/readyz", "port": "health"})

    def test_selectors_match_the_pod(self):
        labels = one(self.objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
        for selector in (one(self.objects, "Deployment")["spec"]["selector"]["matchLabels"],
                         one(self.objects, "Service")["spec"]["selector"],
                         one(self.objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]):
            self.assertLessEqual(selector.items(), labels.items())

    def test_every_crd_is_there_and_small(self):
        wanted = {p.stem for p in (CHART / "templates" / "crds").glob("*.yaml")}
        crds = [o for o in self.objects if o["kind"] == "CustomResourceDefinition"]
        self.assertEqual(len(crds), len(wanted))
        for crd in crds:
            self.assertLessEqual(len(json.dumps(crd)), 100_000)
            self.assertEqual(crd["metadata"]["annotations"]["helm.sh/resource-policy"], "keep")

    def test_crds_are_the_generated_ones(self):
        for crd in [o for o in self.objects if o["kind"] == "CustomResourceDefinition"]:
            sources = [yaml.safe_load(p.read_text()) for p in (ROOT / "crds").glob("*.yaml")]
            source = next(s for s in sources if s.get("metadata", {}).get("name") == crd["metadata"]["name"])
            self.assertEqual(crd["spec"], source["spec"])


class EveryValue(unittest.TestCase):
    objects = None

    @classmethod
    def setUpClass(cls):
        cls.objects = render("--values", VALUES / "full.yaml", release="other", namespace="ml")

    def test_covers_the_whole_schema(self):
        """A value that this file does not set is a value nobody tries."""
        properties = set(json.loads((CHART / "values.schema.json").read_text())["properties"])
        unset = properties - set(yaml.safe_load((VALUES / "full.yaml").read_text()))
        self.assertEqual(unset, {"global", "nameOverride", "rbac"})  # tried below

    def test_each_value_arrives(self):
        deployment, spec = one(self.objects, "Deployment", "canaries"), pod(self.objects)
        container = spec["containers"][0]
        self.assertEqual(deployment["metadata"]["namespace"], "ml")
        self.assertEqual(deployment["metadata"]["labels"]["team"], "serving")
        self.assertEqual(container["image"], "registry.example.com/kaizen@sha256:" + "0123456789abcdef" * 4)
        self.assertEqual(container["imagePullPolicy"], "Always")
        self.assertEqual(spec["imagePullSecrets"], [{"name": "pull"}])
        self.assertEqual(spec["priorityClassName"], "system-cluster-critical")
        self.assertEqual(spec["nodeSelector"], {"kubernetes.io/os": "linux"})
        self.assertEqual(spec["tolerations"], [{"key": "infra", "operator": "Exists"}])
        self.assertIn("nodeAffinity", spec["affinity"])
        self.assertEqual(container["resources"]["limits"], {"memory": "512Mi"})
        self.assertIn({"name": "sources", "mountPath": "/etc/kaizen-sources", "readOnly": True}, container["volumeMounts"])
        self.assertIn({"name": "sources", "secret": {"secretName": "sources"}}, spec["volumes"])
        labels = deployment["spec"]["template"]["metadata"]
        self.assertEqual((labels["labels"]["tier"], labels["annotations"]["example.com/scrape"]), ("control", "true"))
        account = one(self.objects, "ServiceAccount", "canary-operator")
        self.assertEqual(account["metadata"]["annotations"], {"example.com/role": "reader"})
        self.assertEqual(spec["serviceAccountName"], "canary-operator")
        self.assertIn("from", one(self.objects, "NetworkPolicy")["spec"]["ingress"][0])

    def test_configuration_arrives_as_it_is(self):
        config = yaml.safe_load(one(self.objects, "ConfigMap")["data"]["config.yaml"])
        self.assertEqual(config, yaml.safe_load((VALUES / "full.yaml").read_text())["config"])

    def test_crd_annotations(self):
        for crd in [o for o in self.objects if o["kind"] == "CustomResourceDefinition"]:
            self.assertEqual(crd["metadata"]["annotations"].get("example.com/note"), "1")
            self.assertNotIn("helm.sh/resource-policy", crd["metadata"]["annotations"])

    def test_switches_remove_objects(self):
        kinds = {o["kind"] for o in render("--set", "crds.install=false,rbac.create=false,networkPolicy.enabled=false,"
                                           "serviceAccount.create=false,serviceAccount.name=mine")}
        self.assertEqual(kinds, {"ConfigMap", "Deployment", "Service"})

    def test_name_override(self):
        self.assertEqual(one(render("--set", "nameOverride=k"), "Deployment")["metadata"]["name"], "kaizen")
        self.assertEqual(one(render("--set", "nameOverride=k", release="prod"), "Deployment")["metadata"]["name"], "prod-k")

    def test_a_changed_configuration_restarts_the_pod(self):
        def checksum(*arguments):
            return one(render(*arguments), "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
        self.assertNotEqual(checksum(), checksum("--set", "config.metricSources.default=other"))


class Refusals(unittest.TestCase):
    """UX-1: a wrong key or value fails, and the message names where."""

    def test_each_names_the_key(self):
        cases = {
            "replicas=2": "replicas",
            "image.tga=v1": "tga",
            "image.digest=sha256:12": "digest",
            "image.pullPolicy=Sometimes": "pullPolicy",
            "config.metricSource.default=x": "metricSource",
            "config.metricSources.sources[0].name=main": "url",
            "config.metricSources.sources[0].name=main,config.metricSources.sources[0].url=prometheus:9090": "url",
            "config.metricSources.sources[0].name=main,config.metricSources.sources[0].url=http://u@p:9090": "url",
            "crds.install=maybe": "install",
            "serviceAccount.create=false": "serviceAccount.name",
        }
        for setting, key in cases.items():
            with self.subTest(setting):
                done = helm("template", "kaizen", CHART, "--kube-version", "1.36.3", "--set", setting)
                self.assertNotEqual(done.returncode, 0, setting)
                self.assertIn(key, done.stderr)

    def test_old_clusters_are_refused(self):
        done = helm("template", "kaizen", CHART, "--kube-version", "1.29.0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("1.30", done.stderr)


if __name__ == "__main__":
    tools.require("helm")
    unittest.main()
