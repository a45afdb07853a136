"""7. The operator is killed in every phase: the outcome is the same, no second rollout, no lost request."""

import threading

from . import api as k8s
from . import manifests
from .api import until
from .manifests import NAMESPACE, model_deployment

NAME = "triage"
PHASES = ["Initializing", "Preparing", "Progressing", "Paused", "AwaitingApproval", "Promoting", "Baking", "Held",
          "Aborting", "RollingBack", "Deleting"]


class Killer:
    """Kills the operator the moment a phase is seen, once per phase."""

    def __init__(self, w):
        self.w, self.killed, self.seen = w, {}, []
        self.changed = threading.Condition()
        self.ended = threading.Event()
        self.problem = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()

    def _run(self):
        try:
            while not self.ended.is_set():
                for _, document in self.w.api.watch(k8s.MODEL_DEPLOYMENT, NAMESPACE, NAME, 300):
                    self._look(document.get("status", {}).get("phase"))
                    if self.ended.is_set():
                        return
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem  # reported by the story's thread

    def _look(self, phase):
        if phase is None or (self.seen and self.seen[-1] == phase):
            return
        self.seen.append(phase)
        if phase in PHASES and phase not in self.killed:
            uid = self.w.kill_operator()
            with self.changed:
                self.killed[phase] = uid
                self.changed.notify_all()

    def wait(self, phase, seconds=120):
        """Until the operator was killed in that phase and a new one is ready."""
        with self.changed:
            done = self.changed.wait_for(lambda: phase in self.killed or self.problem, seconds)
        if self.problem:
            raise self.problem
        if not done:
            raise AssertionError(f"phase {phase} was not seen within {seconds} s, only {self.seen}. {self.w.brief(NAME)}")
        self.w.operator_ready(not_uid=self.killed[phase])
        self.w.milestone(f"killed in {phase}; a new operator is ready")


def steps(*steps):
    return {"strategy": {"type": "Canary", "canary": {"scaleDownDelay": "5s", "steps": list(steps)}}}


def revisions(w):
    return sorted(r["metadata"]["name"] for r in w.api.list(k8s.REVISION, NAMESPACE, f"kaizen.ml/deployment={NAME}"))


def request(w, verb, target=""):
    identity = w.request(verb, target, name=NAME)
    return identity


def step_7(w):
    """7. The operator is killed (SIGKILL) in every phase: same outcome, no second rollout, no lost request."""
    w.apply(manifests.route(NAME, "triage.clinic.example"))
    with Killer(w) as killer:
        w.apply(model_deployment("v1", NAME))
        killer.wait("Initializing")
        first = w.stable("v1", 90, NAME)["stable"]["revision"]
        second = promote_through_every_phase(w, killer)
        hold_and_abort(w, killer, second)
        roll_back(w, killer, first)
        delete(w, killer)
    assert sorted(killer.killed) == sorted(PHASES), killer.killed
    w.milestone(f"{len(PHASES)} kills, one in each phase")


def promote_through_every_phase(w, killer):
    spec = steps({"name": "small", "weight": 10, "hold": "15s"}, {"name": "signoff", "weight": 50, "hold": "5s", "approval": {}})
    w.apply(model_deployment("v2", NAME, analysis={"interval": "5s", "settle": "5s", "minSamples": 1}, **spec))
    killer.wait("Preparing")
    killer.wait("Progressing")
    candidate = w.status(NAME)["candidate"]["revision"]
    paused = request(w, "pause")
    killer.wait("Paused")
    assert w.answered(paused, 30, NAME)["outcome"] == "Done", w.brief(NAME)
    resumed = request(w, "resume")
    assert w.answered(resumed, 30, NAME)["outcome"] == "Done", w.brief(NAME)
    promote_when_held(w, candidate)
    killer.wait("AwaitingApproval")
    approved = request(w, "approve", candidate)
    assert w.answered(approved, 30, NAME)["outcome"] == "Done", w.brief(NAME)
    killer.wait("Promoting")
    killer.wait("Baking")
    status = w.stable("v2", 120, NAME)
    outcomes = [(h["version"], h["outcome"]) for h in status["history"]]
    assert outcomes.count(("v2", "Promoted")) == 1 and status["stable"]["revision"] == candidate, outcomes
    assert len(revisions(w)) == 2, revisions(w)
    w.milestone("v2 was promoted once, with one revision, pause, resume and approve answered")
    return candidate


def promote_when_held(w, candidate):
    """This object has no traffic of its own, so its steps end by a person's word."""
    deadline_phases = ("Held", "AwaitingApproval")
    status = w.phase(deadline_phases, 60, NAME)
    if status["phase"] == "Held":
        identity = request(w, "promote", candidate)
        assert w.answered(identity, 30, NAME)["outcome"] == "Done", w.brief(NAME)


def hold_and_abort(w, killer, second):
    spec = steps({"name": "small", "weight": 10, "hold": "1s", "require": "Evidence"})
    w.apply(model_deployment("v3", NAME, analysis={"interval": "5s", "settle": "1s", "noData": {"after": "10s"}}, **spec))
    until("v3 to be held", lambda: (lambda s: s.get("phase") == "Held" and s.get("candidate", {}).get("version") == "v3")(
        w.status(NAME)), 90, otherwise=lambda: w.brief(NAME))
    killer.wait("Held")  # here, or already when v2 was held at the end of its first step
    identity = request(w, "abort")
    killer.wait("Aborting")
    status = w.stable("v2", 90, NAME)
    assert w.answered(identity, 30, NAME)["outcome"] == "Done", w.brief(NAME)
    assert status["stable"]["revision"] == second and status["history"][0]["outcome"] == "Aborted", status["history"][0]
    assert [h["version"] for h in status["history"]].count("v3") == 1, status["history"]


def roll_back(w, killer, first):
    identity = request(w, "rollback", first)
    killer.wait("RollingBack")
    status = until("v1 back", lambda: (lambda s: s if s.get("phase") == "Idle" and s["stable"]["version"] == "v1" else None)(
        w.status(NAME)), 120, otherwise=lambda: w.brief(NAME))
    assert w.answered(identity, 30, NAME)["outcome"] == "Done", w.brief(NAME)
    assert status["stable"]["revision"] == first, w.brief(NAME)
    w.milestone("rollback runs the stored revision of v1")


def delete(w, killer):
    w.apply(model_deployment("v4", NAME, **steps({"name": "small", "weight": 10, "hold": "10m"})))
    w.weight(10, 60, NAME)
    w.api.delete(k8s.MODEL_DEPLOYMENT, NAMESPACE, NAME)
    killer.wait("Deleting")
    until("the object to be gone", lambda: w.object(NAME) is None, 90, otherwise=lambda: w.brief(NAME))
    w.api.delete(k8s.HTTP_ROUTE, NAMESPACE, NAME)
    w.milestone("deleted, although the operator died on the way")
