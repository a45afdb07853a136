#!/usr/bin/env python3
"""The operator's role keeps SEC-1 and SEC-2, and the policy itself refuses what they forbid."""

import unittest
from pathlib import Path

import yaml

from rbac_policy import violations

ROOT = Path(__file__).resolve().parents[2]


def a_role(groups=("apps",), resources=("deployments",), verbs=("get",), **more):
    rule = {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs), **more}
    return {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule]}


class OperatorsRole(unittest.TestCase):
    role = yaml.safe_load((ROOT / "config" / "rbac" / "role.yaml").read_text())

    def test_SEC1_and_SEC2_hold(self):
        self.assertEqual(list(violations(self.role)), [])
        self.assertGreater(len(self.role["rules"]), 5)

    def test_SEC1_every_rule_is_explicit(self):
        for rule in self.role["rules"]:
            self.assertEqual(sorted(rule), ["apiGroups", "resources", "verbs"])
            self.assertTrue(all(rule.values()), rule)


class Policy(unittest.TestCase):
    def test_accepts_a_plain_rule(self):
        self.assertEqual(list(violations(a_role(verbs=("get", "list", "watch", "create", "patch", "delete")))), [])

    def test_SEC1_refuses(self):
        cases = {
            "any verb": a_role(verbs=("*",)),
            "any resource": a_role(resources=("*",)),
            "any subresource": a_role(resources=("deployments/*",)),
            "any group": a_role(groups=("*",)),
            "escalate": a_role(("rbac.authorization.k8s.io",), ("clusterroles",), ("escalate",)),
            "bind": a_role(("rbac.authorization.k8s.io",), ("clusterroles",), ("bind",)),
            "impersonate": a_role(("",), ("users",), ("impersonate",)),
            "tokens": a_role(("",), ("serviceaccounts/token",), ("create",)),
            "exec": a_role(("",), ("pods/exec",), ("create",)),
            "attach": a_role(("",), ("pods/attach",), ("create",)),
            "node proxy": a_role(("",), ("nodes/proxy",), ("get",)),
            "writes roles": a_role(("rbac.authorization.k8s.io",), ("roles",), ("create",)),
            "writes CRDs": a_role(("apiextensions.k8s.io",), ("customresourcedefinitions",), ("patch",)),
            "writes webhooks": a_role(("admissionregistration.k8s.io",), ("validatingwebhookconfigurations",), ("update",)),
            "writes namespaces": a_role(("",), ("namespaces",), ("delete",)),
            "non-resource URLs": {"metadata": {"name": "r"}, "rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]},
            "aggregation": {"metadata": {"name": "r"}, "aggregationRule": {"clusterRoleSelectors": []}, "rules": []},
        }
        for name, role in cases.items():
            with self.subTest(name):
                self.assertTrue(any("SEC-1" in v for v in violations(role)), name)

    def test_SEC2_refuses_any_access_to_secrets(self):
        for verb in ("get", "list", "watch", "create", "patch", "delete"):
            with self.subTest(verb):
                self.assertTrue(any("SEC-2" in v for v in violations(a_role(("",), ("secrets",), (verb,)))))


if __name__ == "__main__":
    unittest.main()
