"""What no role of the operator may contain (SEC-1, SEC-2)."""

FORBIDDEN_VERBS = {"escalate", "bind", "impersonate"}
READ = {"get", "list", "watch"}
# (group, resource): how one becomes somebody else, or runs code in a foreign pod.
FORBIDDEN_RESOURCES = {("", "serviceaccounts/token"), ("", "pods/exec"), ("", "pods/attach"), ("", "pods/portforward"),
                       ("", "pods/ephemeralcontainers"), ("", "nodes/proxy"), ("", "services/proxy"), ("", "pods/proxy")}
READ_ONLY_GROUPS = {"rbac.authorization.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io",
                    "certificates.k8s.io", "authentication.k8s.io"}
READ_ONLY_RESOURCES = {("", "namespaces"), ("", "nodes"), ("", "serviceaccounts"), ("", "pods")}


def violations(role):
    """One line per rule of SEC-1 or SEC-2 that the Role or ClusterRole breaks."""
    name = role["metadata"]["name"]
    if role.get("aggregationRule"):
        yield f"{name}: aggregates other roles: its rules are not explicit (SEC-1)"
    for rule in role.get("rules") or []:
        if rule.get("nonResourceURLs"):
            yield f"{name}: nonResourceURLs {rule['nonResourceURLs']} (SEC-1)"
        verbs = set(rule.get("verbs", []))
        for key in ("apiGroups", "resources", "verbs"):
            if any("*" in value for value in rule.get(key, [])):
                yield f"{name}: `*` in {key} (SEC-1)"
        for verb in sorted(verbs & FORBIDDEN_VERBS):
            yield f"{name}: verb {verb} (SEC-1)"
        for group in rule.get("apiGroups", []):
            for resource in rule.get("resources", []):
                yield from of_resource(name, group, resource, verbs)


def of_resource(name, group, resource, verbs):
    shown = f"{group}/{resource}" if group else resource
    if group == "" and resource.split("/")[0] == "secrets":
        yield f"{name}: {shown}: Secrets are mounted, never read through the API (SEC-2)"
    if (group, resource) in FORBIDDEN_RESOURCES:
        yield f"{name}: {shown} (SEC-1)"
    base = (group, resource.split("/")[0])
    if verbs - READ and (group in READ_ONLY_GROUPS or base in READ_ONLY_RESOURCES):
        yield f"{name}: writes {shown}: {sorted(verbs - READ)} (SEC-1)"
