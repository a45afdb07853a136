"""What the story's users write: the model deployment, its route, and the variations of each step."""

import copy

NAMESPACE, NAME, HOST = "clinic", "tumor", "tumor.clinic.example"

NAMESPACE_OBJECT = {"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": NAMESPACE, "labels": {"kaizen.ml/enabled": "true"}}}


def route(name=NAME, host=HOST):
    """The user's own HTTPRoute: kaizen moves the weights of its backends and nothing else."""
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"parentRefs": [{"name": "public", "namespace": "default"}], "hostnames": [host],
                     "rules": [{"name": "predict",
                                "filters": [{"type": "ResponseHeaderModifier",
                                             "responseHeaderModifier": {"set": [{"name": "x-served-by", "value": "clinic"}]}}],
                                "backendRefs": [{"name": name, "port": 80}]}]}}


def model_deployment(version, name=NAME, args=(), **spec):
    """One version of the model. Steps and waits are short, so that the story fits into minutes; the rules are the same."""
    document = {
        "apiVersion": "kaizen.ml/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "owner": {"team": "radiology-ml", "contacts": ["radiology-ml@example.com"]},
            "model": {"uri": f"s3://models/tumor/{version}", "format": "sklearn", "version": version},
            "image": "localhost/model-server:dev",
            "runtime": {"args": list(args), "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}},
            "template": {
                "metadata": {"annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}},
                "spec": {"containers": [{
                    "name": "model", "imagePullPolicy": "Never",
                    "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}}]}},
            "replicas": 2,
            "progressDeadline": "2m",
            "strategy": {"type": "Canary", "canary": {
                "scaleDownDelay": "10s",
                "steps": [{"name": "small", "weight": 10, "hold": "10s"},
                          {"name": "half", "weight": 50, "hold": "10s", "require": "Evidence"}]}},
            "bake": {"duration": "15s"},
            "analysis": {"interval": "5s", "settle": "5s", "minSamples": 50, "noData": {"after": "15s"},
                         "errorRate": {"tolerance": "2%"}},
            "traffic": {"router": "GatewayAPI", "gatewayAPI": {"httpRoute": {"name": name, "ruleName": "predict"}}}}}
    if not args:
        del document["spec"]["runtime"]["args"]
    document["spec"].update(copy.deepcopy(spec))
    return document
