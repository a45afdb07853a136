"""Bad input: every mistake becomes a condition that names what and the next step; the running model is untouched."""

import copy
from dataclasses import dataclass, field

from . import api as k8s
from . import manifests
from .api import Refused, until
from .manifests import NAMESPACE, model_deployment

NAME = "steady"


@dataclass
class Mistake:
    what: str
    change: dict = field(default_factory=dict)  # merged into spec
    kind: str = "Stalled"
    status: str = "True"
    reason: str = ""
    says: tuple = ()  # words that the message must hold


MISTAKES = [
    Mistake("a template that Kubernetes refuses", {"template": {"spec": {"containers": [
        {"name": "model", "imagePullPolicy": "Sometimes"}]}}}, reason="InvalidTemplate", says=("imagePullPolicy",)),
    Mistake("a typing error in the template", {"template": {"spec": {"containers": [
        {"name": "model", "imagePullPolice": "Never"}]}}}, reason="InvalidTemplate", says=("imagePullPolice",)),
    Mistake("an HTTPRoute that does not exist", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"}, "traffic": {
        "router": "GatewayAPI", "gatewayAPI": {"httpRoute": {"name": "nowhere", "ruleName": "predict"}}}},
            reason="RouteNotFound", says=("nowhere",)),
    Mistake("a rule that the route does not have", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"}, "traffic": {
        "router": "GatewayAPI", "gatewayAPI": {"httpRoute": {"name": NAME, "ruleName": "predictions"}}}},
            reason="RouteNotFound", says=("predictions",)),
    Mistake("a route that another object steers", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"}, "traffic": {
        "router": "GatewayAPI", "gatewayAPI": {"httpRoute": {"name": manifests.NAME, "ruleName": "predict"}}}},
            reason="RouteConflict", says=(manifests.NAME,)),
    Mistake("a metric source that is not configured", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"},
                                                      "analysis": {"prometheus": {"source": "nobody"}}},
            kind="MetricsAvailable", status="False", reason="NotConfigured", says=("nobody",)),
    Mistake("a metric source that cannot be reached", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"},
                                                      "analysis": {"prometheus": {"source": "absent"}}},
            kind="MetricsAvailable", status="False", reason="QueryFailed", says=(
                "metric source absent", "errorRate", "no answer", "resolve prometheus.nowhere", "check that the operator reaches")),
    Mistake("a metric source whose url leads elsewhere", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"},
                                                      "analysis": {"prometheus": {"source": "lying"}}},
            kind="MetricsAvailable", status="False", reason="QueryFailed", says=(
                "metric source lying", "errorRate", "answers HTTP 404", "correct the source's url")),
    Mistake("a placeholder that does not exist", {"model": {"uri": "s3://models/tumor/v2", "version": "v2"}, "analysis": {
        "metrics": [{"name": "odd", "type": "Ratio", "numerator": "bad_total{pod=~\"${podz}\"}",
                     "denominator": "all_total{pod=~\"${pods}\"}"}]}}, reason="InvalidQuery", says=("podz",)),
]

REFUSED = [
    ("an unknown field", {"replica": 2}, "replica"),
    ("a wrong type", {"replicas": "two"}, "replicas"),
    ("a weight over 100", {"strategy": {"type": "Canary", "canary": {"steps": [{"weight": 120}]}}}, "weight"),
    ("a CEL rule broken", {"traffic": {"router": "GatewayAPI"}}, "gatewayAPI"),
]


def merged(base, change):
    result = copy.deepcopy(base)
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict) and key not in ("template", "traffic", "analysis"):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def play(w):
    """Bad input: a condition that names it and the next step; the running model is untouched."""
    good = model_deployment("v1", NAME, strategy={"type": "Canary", "canary": {"steps": [{"weight": 10, "hold": "10m"}]}})
    w.apply(manifests.route(NAME, "steady.clinic.example"))
    w.apply(good)
    serving = w.stable("v1", 90, NAME)["stable"]["revision"]
    pods = {p["metadata"]["uid"] for p in w.model_pods(serving, NAME)}
    for what, change, word in REFUSED:
        refused(w, good, what, change, word)
    for mistake in MISTAKES:
        manifest = copy.deepcopy(good)
        manifest["spec"] = merged(good["spec"], mistake.change)
        w.apply(manifest)
        condition = until(f"{mistake.kind}={mistake.status}, {mistake.reason} for {mistake.what}", lambda m=mistake: (
            lambda c: c if c.get("status") == m.status and c.get("reason") == m.reason else None)(
                w.condition(m.kind, NAME)), 60, otherwise=lambda: w.brief(NAME))
        for word in mistake.says:
            assert word in condition["message"], condition
        now = {p["metadata"]["uid"] for p in w.model_pods(serving, NAME)}
        assert now == pods, f"{mistake.what}: the pods of the running model changed"
        w.milestone(f"{mistake.what}: {mistake.kind}={mistake.status}, {mistake.reason}: {condition['message']}")
        w.apply(good)
        until(f"quiet again after {mistake.what}", lambda: not w.condition("Stalled", NAME) and
              w.status(NAME)["phase"] == "Idle", 90, otherwise=lambda: w.brief(NAME))
    assert w.status(NAME)["stable"]["revision"] == serving, w.brief(NAME)
    w.api.delete(k8s.MODEL_DEPLOYMENT, NAMESPACE, NAME)
    until("the object to be gone", lambda: w.object(NAME) is None, 60, otherwise=lambda: w.brief(NAME))
    w.api.delete(k8s.HTTP_ROUTE, NAMESPACE, NAME)


def refused(w, good, what, change, word):
    manifest = copy.deepcopy(good)
    manifest["spec"] = merged(good["spec"], change)
    try:
        w.apply(manifest)
    except Refused as refusal:
        assert word in str(refusal), str(refusal)
        w.milestone(f"{what} is refused: {str(refusal)[:160]}")
        return
    raise AssertionError(f"{what} was accepted")
