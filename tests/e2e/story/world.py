"""The story's view of the cluster: the object under test, the operator's process, Prometheus, and a readable timeline."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import api as k8s
from . import manifests
from .api import until

OPERATOR_NAMESPACE = "kaizen-system"


class World:
    def __init__(self, api, traffic, kubectl):
        self.api, self.traffic, self.kubectl_words = api, traffic, kubectl
        self.started = time.monotonic()
        self.milestones = 0

    # ---- the timeline ----

    def say(self, text):
        seconds = int(time.monotonic() - self.started)
        print(f"  {seconds // 60:02d}:{seconds % 60:02d}  {text}", flush=True)

    def milestone(self, text):
        self.milestones += 1
        self.say(f"✓ {text}")

    def heading(self, text):
        print(f"\n{text}", flush=True)

    # ---- the object ----

    def object(self, name=manifests.NAME):
        return self.api.get(k8s.MODEL_DEPLOYMENT, manifests.NAMESPACE, name)

    def status(self, name=manifests.NAME):
        return (self.object(name) or {}).get("status", {})

    def condition(self, kind, name=manifests.NAME):
        return next((c for c in self.status(name).get("conditions", []) if c["type"] == kind), {})

    def apply(self, manifest):
        return self.api.apply(manifest)

    def request(self, verb, target="", name=manifests.NAME, **more):
        """A request as the CLI, Argo CD and kubectl annotate make it (UX-41). Returns its id."""
        identity = f"{verb}-{int(time.time() * 1000)}"
        values = {"id": identity, "verb": verb, "by": "ada@example.com", "target": target or None, "reason": "story",
                  "parameters": None, **more}
        self.api.merge(k8s.MODEL_DEPLOYMENT, manifests.NAMESPACE, name,
                       {"metadata": {"annotations": {f"request.kaizen.ml/{k}": v for k, v in values.items()}}})
        return identity

    def answered(self, identity, seconds=20, name=manifests.NAME):
        """The operator's answer to a request."""
        return until(f"an answer to {identity}", lambda: (
            lambda last: last if last.get("id") == identity and last.get("outcome") != "Accepted" else None)(
                self.status(name).get("lastRequest", {})), seconds, otherwise=lambda: self.brief(name))

    def phase(self, wanted, seconds, name=manifests.NAME):
        wanted = (wanted,) if isinstance(wanted, str) else wanted
        return until(f"phase {' or '.join(wanted)}", lambda: (
            lambda s: s if s.get("phase") in wanted else None)(self.status(name)), seconds,
            otherwise=lambda: self.brief(name))

    def stable(self, version, seconds, name=manifests.NAME):
        """That version serves and nothing is going on."""
        return until(f"{version} stable and Idle", lambda: (
            lambda s: s if s.get("phase") == "Idle" and s.get("stable", {}).get("version") == version else None)(
                self.status(name)), seconds, otherwise=lambda: self.brief(name))

    def weight(self, percent, seconds, name=manifests.NAME):
        return until(f"weight {percent} in force", lambda: (
            lambda s: s if s.get("weight", {}).get("applied") == percent else None)(self.status(name)), seconds,
            otherwise=lambda: self.brief(name))

    def brief(self, name=manifests.NAME):
        """Where it stands, in a line: what a failed wait says."""
        status = self.status(name)
        status = {k: v for k, v in status.items() if k not in ("steps", "selector")}
        if "analysis" in status:
            status["analysis"] = {k: v for k, v in status["analysis"].items() if k != "state"}
        return "It says: " + json.dumps(status, indent=None)[:6000]

    def events(self, reason, name=manifests.NAME):
        return [e for e in self.api.list(k8s.EVENT, manifests.NAMESPACE)
                if e["regarding"].get("name") == name and e["reason"] == reason]

    def event(self, reason, seconds=20, name=manifests.NAME):
        return until(f"event {reason}", lambda: self.events(reason, name), seconds)[-1]

    def route_weights(self, name=manifests.NAME):
        route = self.api.get(k8s.HTTP_ROUTE, manifests.NAMESPACE, name)
        return {b["name"]: b.get("weight", 1) for b in route["spec"]["rules"][0]["backendRefs"]}

    # ---- what people type ----

    def kubectl(self, *arguments):
        done = subprocess.run([*self.kubectl_words, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    # ---- the operator ----

    def operator_pod(self):
        pods = [p for p in self.api.list(k8s.POD, OPERATOR_NAMESPACE, "app.kubernetes.io/name=kaizen")
                if "deletionTimestamp" not in p["metadata"] and p["status"].get("phase") == "Running"]
        return pods[0] if pods else None

    def operator_ready(self, not_uid="", seconds=60):
        def ready():
            pod = self.operator_pod()
            if pod is None or pod["metadata"]["uid"] == not_uid:
                return None
            states = {c["type"]: c["status"] for c in pod["status"].get("conditions", [])}
            return pod if states.get("Ready") == "True" else None
        return until("a ready operator", ready, seconds, otherwise=self.operator_log)

    def operator_log(self):
        done = subprocess.run([*self.kubectl_words, "-n", OPERATOR_NAMESPACE, "logs", "deployment/kaizen", "--tail=20"],
                              capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def kill_operator(self):
        """SIGKILL to the process itself; its pod is then taken away so that no restart backoff lengthens the story."""
        pod = until("a running operator to kill", self.operator_pod, 60)
        uid = pod["metadata"]["uid"]
        for pid in until("its process", lambda: _processes_of(uid, "/kaizen"), 20):
            os.kill(pid, signal.SIGKILL)
        self.api.delete(k8s.POD, OPERATOR_NAMESPACE, pod["metadata"]["name"], gracePeriodSeconds=0)
        return uid

    # ---- Prometheus ----

    def prometheus(self, running):
        self.api.merge(k8s.DEPLOYMENT, "monitoring", "prometheus", {"spec": {"replicas": 1 if running else 0}})
        if running:
            until("Prometheus to be back", lambda: self.api.get(k8s.DEPLOYMENT, "monitoring", "prometheus")["status"].get(
                "readyReplicas"), 60)
        else:
            until("Prometheus to be gone", lambda: not self.api.list(k8s.POD, "monitoring", "app=prometheus"), 60)

    def model_pods(self, revision, name=manifests.NAME):
        return self.api.list(k8s.POD, manifests.NAMESPACE, f"kaizen.ml/deployment={name},kaizen.ml/revision={revision}")


def _processes_of(pod_uid, program):
    """Processes of the pod's containers, found through their control groups."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            groups = (folder / "cgroup").read_text().replace("_", "-")
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if pod_uid in groups and words[0].decode(errors="replace") == program:
            found.append(int(folder.name))
    return found


def fail(text):
    print(f"\nFAILED: {text}", file=sys.stderr, flush=True)


def numbers_in(text):
    return re.findall(r"\d+(?:\.\d+)?", text)
