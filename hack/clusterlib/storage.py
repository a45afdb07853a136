"""The S3 server: a pod (versitygw) with TLS from a small CA of its own, and what pods and people need to reach it."""

import base64
import json
import os
import secrets
from pathlib import Path

from .control_plane import openssl

MANIFEST = Path(__file__).resolve().parent / "manifests" / "s3.yaml"
NAMESPACE = "storage"
ENDPOINT = "https://s3.storage.svc.cluster.local"  # for pods; the certificate also names s3.storage and s3.storage.svc
ADDRESS = "10.96.0.20"  # the same Service for processes of the cluster's network, where no DNS is
REGION = "us-east-1"
BUCKETS = ("data", "models")
USER = 65532


def prepare(state):
    """Certificate, access key and the folder whose folders are the buckets."""
    pki = state / "s3-pki"
    pki.mkdir(parents=True, exist_ok=True)
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-days", "30", "-subj", "/CN=kaizen-s3-ca", "-keyout", f"{pki}/ca.key", "-out", f"{pki}/ca.crt",
            "-addext", "basicConstraints=critical,CA:TRUE")
    names = ",".join(f"DNS:s3.{NAMESPACE}{more}" for more in ("", ".svc", ".svc.cluster.local"))
    (pki / "names.cnf").write_text(f"subjectAltName={names},IP:{ADDRESS}")
    openssl("req", *new, "-subj", "/CN=s3", "-keyout", f"{pki}/tls.key", "-out", f"{pki}/tls.csr")
    openssl("x509", "-req", "-days", "30", "-in", f"{pki}/tls.csr", "-CA", f"{pki}/ca.crt", "-CAkey", f"{pki}/ca.key",
            "-CAcreateserial", "-out", f"{pki}/tls.crt", "-extfile", f"{pki}/names.cnf")
    settings = {"AWS_ACCESS_KEY_ID": secrets.token_hex(10), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
                "AWS_ENDPOINT_URL": ENDPOINT, "AWS_REGION": REGION}
    (state / "s3.json").write_text(json.dumps(settings))
    for bucket in BUCKETS:
        (state / "s3" / bucket).mkdir(parents=True, exist_ok=True)
        os.chown(state / "s3" / bucket, USER, USER)
    os.chown(state / "s3", USER, USER)


def _object(kind, namespace, name, **content):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **content}


def access(state, namespace):
    """Secret s3: all that a namespace needs to use the server, as variables and as files: key, endpoint, region, CA."""
    settings = json.loads((state / "s3.json").read_text())
    return _object("Secret", namespace, "s3", stringData={**settings, "ca.crt": (state / "s3-pki" / "ca.crt").read_text()})


def objects(state):
    """Everything of the server itself but its manifest."""
    def encoded(name):
        return base64.b64encode((state / "s3-pki" / name).read_bytes()).decode()
    tls = _object("Secret", NAMESPACE, "s3-tls", type="kubernetes.io/tls",
                  data={"tls.crt": encoded("tls.crt"), "tls.key": encoded("tls.key")})
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, access(state, NAMESPACE), tls]


def manifest(state):
    return MANIFEST.read_text().replace("FOLDER", str(state / "s3"))


def environment(state):
    """For a process of the cluster's network: the usual variables, with the address instead of the name."""
    if not (state / "s3.json").exists():
        return {}
    settings = json.loads((state / "s3.json").read_text())
    return {**settings, "AWS_ENDPOINT_URL": f"https://{ADDRESS}", "AWS_CA_BUNDLE": str(state / "s3-pki" / "ca.crt")}
