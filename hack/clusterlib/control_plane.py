"""etcd, kube-apiserver, kube-controller-manager, kube-scheduler and their certificates."""

import shutil
import subprocess
import time

from .programs import Failure, path_of

ADDRESS = "10.98.0.1"  # inside the cluster's own network namespace: every cluster has the same one
PORT = 6443
TOKEN = "admin-token"
ETCD = "http://127.0.0.1:2379"


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False, input=stdin)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]}: {done.stderr.strip()}")


def make_certificates(pki):
    if (pki / "apiserver.crt").exists():
        return
    pki.mkdir(parents=True, exist_ok=True)
    openssl("genrsa", "-out", f"{pki}/sa.key", "2048")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=kaizen-test-ca", "-keyout",
             f"{pki}/ca.key", "-out", f"{pki}/ca.crt", "-addext", "basicConstraints=critical,CA:TRUE")
    names = f"subjectAltName=IP:127.0.0.1,IP:{ADDRESS},IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc"
    (pki / "names.cnf").write_text(names)
    for name, subject, extra in (("apiserver", "/CN=kube-apiserver", ["-extfile", f"{pki}/names.cnf"]),
                                 ("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client", [])):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{pki}/{name}.key", "-out",
                 f"{pki}/{name}.csr")
        openssl("x509", "-req", "-days", "30", "-in", f"{pki}/{name}.csr", "-CA", f"{pki}/ca.crt", "-CAkey",
                 f"{pki}/ca.key", "-CAcreateserial", "-out", f"{pki}/{name}.crt", *extra)
    (pki / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')


def write_kubeconfig(path, pki):
    path.write_text(f"""\
apiVersion: v1
kind: Config
clusters: [{{name: kaizen, cluster: {{server: "https://{ADDRESS}:{PORT}", certificate-authority: "{pki}/ca.crt"}}}}]
users: [{{name: admin, user: {{token: {TOKEN}}}}}]
contexts: [{{name: kaizen, context: {{cluster: kaizen, user: admin}}}}]
current-context: kaizen
""")


def start_etcd(processes, etcd):
    """`etcd`: "debian" is Debian's 3.4, which lacks the watch-list protocol; "3.6" is the pinned one."""
    if etcd == "debian":
        binary = shutil.which("etcd")
        if binary is None:
            raise Failure("etcd is not installed: hack/setup cluster")
    else:
        binary = path_of("etcd")
    peer = "http://127.0.0.1:2380"
    processes.start("etcd", [binary, "--data-dir", processes.state / f"etcd-{etcd}", "--listen-client-urls", ETCD,
                             "--advertise-client-urls", ETCD, "--listen-peer-urls", peer, "--initial-advertise-peer-urls",
                             peer, "--initial-cluster", f"default={peer}", "--unsafe-no-fsync", "--quota-backend-bytes",
                             "4294967296"])


def start_apiserver(processes, extra=()):
    pki = processes.state / "pki"
    processes.start("kube-apiserver", [
        path_of("kube-apiserver"), "--etcd-servers", ETCD, "--bind-address", ADDRESS, "--advertise-address", ADDRESS,
        "--secure-port", str(PORT), "--tls-cert-file", pki / "apiserver.crt", "--tls-private-key-file",
        pki / "apiserver.key", "--cert-dir", pki, "--service-account-key-file", pki / "sa.key",
        "--service-account-signing-key-file", pki / "sa.key", "--service-account-issuer",
        "https://kubernetes.default.svc", "--token-auth-file", pki / "tokens.csv", "--client-ca-file", pki / "ca.crt",
        "--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged=true",
        "--kubelet-client-certificate", pki / "kubelet-client.crt", "--kubelet-client-key", pki / "kubelet-client.key",
        "--kubelet-preferred-address-types", "InternalIP", *extra])


def start_controllers(processes):
    kubeconfig, pki = processes.state / "kubeconfig", processes.state / "pki"
    processes.start("kube-controller-manager", [
        path_of("kube-controller-manager"), "--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1",
        "--service-account-private-key-file", pki / "sa.key", "--root-ca-file", pki / "ca.crt", "--cert-dir", pki,
        "--use-service-account-credentials=true", "--leader-elect=false",
        "--controllers=*,-nodeipam,-route,-cloud-node-lifecycle"])
    processes.start("kube-scheduler", [path_of("kube-scheduler"), "--kubeconfig", kubeconfig, "--bind-address",
                                       "127.0.0.1", "--leader-elect=false", "--cert-dir", pki])


def wait_ready(processes, seconds=60):
    """The API server answers /readyz. Asked from inside: the address exists only there."""
    pki, deadline = processes.state / "pki", time.monotonic() + seconds
    ask = ["curl", "-sf", "--cacert", pki / "ca.crt", "-H", f"Authorization: Bearer {TOKEN}",
           f"https://{ADDRESS}:{PORT}/readyz"]
    while time.monotonic() < deadline:
        if processes.run(ask, check=False).returncode == 0:
            return
        for name in ("etcd", "kube-apiserver"):
            if not processes.alive(name):
                raise Failure(f"{name} ended:\n{processes.tail(name)}")
        time.sleep(0.2)
    raise Failure(f"the API server is not ready after {seconds} s:\n{processes.tail('kube-apiserver')}")
