"""The Kubernetes API as the story's people use it: plain HTTPS with a token, from inside the cluster's network."""

import http.client
import json
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    path: str  # "/apis/apps/v1"
    plural: str

    def url(self, namespace, name=""):
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.path}{scope}/{self.plural}" + (f"/{name}" if name else "")


MODEL_DEPLOYMENT = Kind("/apis/kaizen.ml/v1alpha1", "modeldeployments")
DEPLOYMENT = Kind("/apis/apps/v1", "deployments")
REVISION = Kind("/apis/apps/v1", "controllerrevisions")
POD = Kind("/api/v1", "pods")
SERVICE = Kind("/api/v1", "services")
NAMESPACE = Kind("/api/v1", "namespaces")
CONFIG_MAP = Kind("/api/v1", "configmaps")
EVENT = Kind("/apis/events.k8s.io/v1", "events")
HTTP_ROUTE = Kind("/apis/gateway.networking.k8s.io/v1", "httproutes")
QUOTA = Kind("/api/v1", "resourcequotas")
CLUSTER_ROLE = Kind("/apis/rbac.authorization.k8s.io/v1", "clusterroles")
_KINDS = {("kaizen.ml/v1alpha1", "ModelDeployment"): MODEL_DEPLOYMENT, ("apps/v1", "Deployment"): DEPLOYMENT,
          ("v1", "Service"): SERVICE, ("v1", "Namespace"): NAMESPACE, ("v1", "ConfigMap"): CONFIG_MAP,
          ("v1", "ResourceQuota"): QUOTA, ("gateway.networking.k8s.io/v1", "HTTPRoute"): HTTP_ROUTE}


class Refused(Exception):
    """The API server said no."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        super().__init__(f"{status}: {body.get('message', body)}")


class Api:
    def __init__(self, server, ca_file, token):
        url = urllib.parse.urlparse(server)
        self.host, self.port, self.token = url.hostname, url.port, token
        self.context = ssl.create_default_context(cafile=ca_file)
        self.local = threading.local()

    def _connection(self):
        if getattr(self.local, "connection", None) is None:
            self.local.connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=30)
        return self.local.connection

    def call(self, method, path, body=None, content_type="application/json"):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Accept": "application/json"}
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            connection = self._connection()
            try:
                connection.request(method, path, data, headers)
                answer = connection.getresponse()
                document = json.loads(answer.read() or b"{}")
                break
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.status >= 300:
            raise Refused(answer.status, document)
        return document

    def get(self, kind, namespace, name):
        """None when it is not there."""
        try:
            return self.call("GET", kind.url(namespace, name))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def list(self, kind, namespace, selector=""):
        query = f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
        return self.call("GET", kind.url(namespace) + query)["items"]

    def apply(self, manifest, strict=True):
        """Server-side apply, as kubectl apply --server-side and Argo CD do."""
        kind = _KINDS[(manifest["apiVersion"], manifest["kind"])]
        metadata = manifest["metadata"]
        path = kind.url(metadata.get("namespace", ""), metadata["name"])
        validation = "Strict" if strict else "Ignore"
        return self.call("PATCH", f"{path}?fieldManager=story&force=true&fieldValidation={validation}", manifest,
                         "application/apply-patch+yaml")

    def merge(self, kind, namespace, name, patch):
        return self.call("PATCH", kind.url(namespace, name), patch, "application/merge-patch+json")

    def delete(self, kind, namespace, name, **options):
        try:
            return self.call("DELETE", kind.url(namespace, name), options or None)
        except Refused as refused:
            if refused.status != 404:
                raise
            return None

    def watch(self, kind, namespace, name, seconds):
        """(type, object) from now on, until `seconds` are over; the first one is the object as it is."""
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=seconds + 5)
        path = f"{kind.url(namespace)}?watch=1&timeoutSeconds={seconds}&fieldSelector=metadata.name%3D{name}"
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            connection.close()


def until(what, condition, seconds, pause=0.2, otherwise=lambda: ""):
    """The first true answer of `condition`; an AssertionError that says what was missing otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}. {otherwise()}")
        time.sleep(pause)
