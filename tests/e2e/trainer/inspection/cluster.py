"""The Kubernetes API as a stage's pod uses it: one ConfigMap, with the token of its own service account."""

import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from .problem import CONFIGURATION, DATA, TRY_AGAIN, Problem

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def create_config_map(name, data, job):
    """Immutable, owned by the run. There with the same content already: an earlier attempt's work, and good."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "immutable": True, "data": data, "metadata": {
        "name": name, "labels": {"kaizen.ml/run": job.run, "kaizen.ml/run-uid": job.uid},
        "ownerReferences": [{"apiVersion": "kaizen.ml/v1alpha1", "kind": "TrainingRun", "name": job.run, "uid": job.uid}]}}
    status, answer = _call("POST", "", manifest)
    if status == 409:
        status, answer = _call("GET", f"/{name}")
        if status == 200 and answer.get("data") != data:
            raise Problem(DATA, f"ConfigMap {name} is there with other content")
    if status >= 300:
        code = TRY_AGAIN if status >= 500 or status == 429 else CONFIGURATION
        raise Problem(code, f"ConfigMap {name}: {status} {answer.get('message', '')}; the service account needs get and create")


def _call(method, path, body=None):
    if not (ACCOUNT / "token").exists():
        raise Problem(CONFIGURATION, "a ConfigMap needs the pod's service account: set automountServiceAccountToken")
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    namespace = (ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(
        f"https://{host}:{port}/api/v1/namespaces/{namespace}/configmaps{path}", method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20, context=ssl.create_default_context(cafile=ACCOUNT / "ca.crt")) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        text = problem.read()
        try:
            return problem.code, json.loads(text)
        except ValueError:
            return problem.code, {"message": text[:200].decode(errors="replace")}
    except OSError as problem:
        raise Problem(TRY_AGAIN, f"the API server at {host}:{port}: {problem}") from problem
