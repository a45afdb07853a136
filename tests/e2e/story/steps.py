"""The eight steps. Each is a function of the world that says what it sees and asserts what must be so."""

import time

from . import api as k8s
from . import manifests
from .api import until
from .manifests import NAME, NAMESPACE, model_deployment


def step_1(w):
    """1. v1 serves."""
    w.apply(manifests.NAMESPACE_OBJECT)
    w.apply(model_deployment("v1"))
    w.apply(manifests.route())
    w.say("applied: ModelDeployment clinic/tumor with model v1, and the user's own HTTPRoute")
    status = w.stable("v1", 90)
    w.milestone(f"v1 is stable: revision {status['stable']['revision']}, {status['stable']['ready']} pods ready")
    until("answers through the gateway", lambda: w.traffic.look().by_revision[status["stable"]["revision"]] > 50, 30,
          otherwise=lambda: str(w.traffic.look()))
    time.sleep(3)
    w.traffic.take()
    time.sleep(3)
    seen = w.traffic.take()
    assert seen.failed == 0, f"clients of a model that only serves saw failures: {seen} {seen.failures}"
    w.milestone(f"clients reach it through the gateway: {seen}")


def watch_rollout(w, version, seconds):
    """Prints every change a person would see, until the rollout of `version` is over. Returns the weights in force, each
    with the moment it was first seen, and the last status."""
    weights, last, deadline = [], None, time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = w.status()
        applied = status.get("weight", {}).get("applied", 0)
        picture = (status.get("phase"), status.get("step", {}).get("name"), applied)
        if picture != last:
            w.say(f"{picture[0]}{f', step {picture[1]}' if picture[1] else ''}, weight {applied} %: "
                  f"{status.get('message', '')}")
            last = picture
        if not weights or applied != weights[-1][0]:
            weights.append((applied, time.monotonic()))
        if status.get("phase") == "Idle" and started(status, version):
            return weights, status
        time.sleep(0.25)
    raise AssertionError(f"the rollout of {version} did not end within {seconds} s. {w.brief()}")


def started(status, version):
    """The newest entry of the history is about `version`, or it serves."""
    newest = (status.get("history") or [{}])[0]
    return newest.get("version") == version


def step_2(w):
    """2. v2, a good model: 10 %, 50 %, promoted on evidence; no client notices."""
    before = w.status()["stable"]["revision"]
    w.traffic.take()
    w.apply(model_deployment("v2"))
    w.say("applied: model v2")
    moves, status = watch_rollout(w, "v2", 240)
    weights, seen = [weight for weight, _ in moves], w.traffic.take()
    assert status["stable"]["version"] == "v2" and status["stable"]["revision"] != before, w.brief()
    assert 10 in weights and 50 in weights and weights.index(10) < weights.index(50), f"weights in force were {weights}"
    assert status["history"][0]["outcome"] == "Promoted" and status["history"][0]["verdict"] == "Pass", status["history"][0]
    assert seen.failed == 0, f"clients saw failures during a good rollout: {seen} {seen.failures}"
    assert seen.by_revision[before] > 0 and seen.by_revision[status["stable"]["revision"]] > 0, str(seen)
    w.milestone(f"promoted on evidence, weights {weights}")
    w.milestone(f"clients saw 0 failed requests: {seen}")
    filters = w.api.get(k8s.HTTP_ROUTE, NAMESPACE, NAME)["spec"]["rules"][0]["filters"]
    assert filters == manifests.route()["spec"]["rules"][0]["filters"], filters
    w.milestone("the rest of the user's route is as it was")


BAD = ("--error-share=0.05",)


def rolled_back(w, version, seconds):
    moves, status = watch_rollout(w, version, seconds)
    assert status["history"][0]["outcome"] == "Aborted", status["history"][0]
    assert status["stable"]["version"] == "v2", w.brief()
    assert 100 not in [weight for weight, _ in moves], moves
    return moves, status


def say_how_long_harm_lasted(w, moves, seen):
    """From the first answer that a client got as an error to weight 0: what a person waits for. Printed, never judged."""
    zero = next(at for weight, at in reversed(moves) if weight == 0)
    first = w.traffic.started + seen.failures[0][0]
    w.say(f"from the first bad answer to weight 0: {zero - first:.1f} s; clients saw {seen.failed} of {seen.requests} requests fail")


def step_3(w):
    """3. v3 fails 5 % of its requests: taken back by itself, and it says why."""
    w.traffic.take()
    w.apply(model_deployment("v3", args=BAD))
    w.say("applied: model v3, which answers 5 % of its requests with an error")
    moves, status = rolled_back(w, "v3", 240)
    say_how_long_harm_lasted(w, moves, w.traffic.take())
    reason = status["aborted"]["reason"]
    assert reason in ("Harm", "HardLimit"), status["aborted"]
    w.milestone(f"taken back: {reason}; v2 serves")
    assert w.route_weights() == {NAME: 100, f"{NAME}-canary": 0}, w.route_weights()
    row = next(m for m in status["analysis"]["metrics"] if m["name"] == "errorRate")
    assert row["canary"]["total"] > 0 and row["canary"]["bad"] > 0 and row["canary"]["rate"], row
    w.milestone(f"status: canary {row['canary']['bad']} of {row['canary']['total']} ({row['canary']['rate']}), stable "
                f"{row['stable']['bad']} of {row['stable']['total']} ({row['stable']['rate']}); wealth "
                f"{status['analysis']['wealth']} against {status['analysis']['limit']}")
    event = w.event("HarmDetected" if reason == "Harm" else "HardLimitExceeded")
    assert row["canary"]["rate"] in event["note"], event["note"]
    w.milestone(f"event: {event['note']}")
    described = w.kubectl("describe", "modeldeployment", NAME, "-n", NAMESPACE)
    stalled = w.condition("Stalled")
    assert stalled.get("reason") == "Aborted" and row["canary"]["rate"] in described, stalled
    w.milestone("kubectl describe shows the same numbers")
    clean_up_after_abort(w, status)


def clean_up_after_abort(w, status):
    gone = status["aborted"]["revision"]
    until("the pods of the aborted revision to go", lambda: not w.model_pods(gone), 60)


def step_4(w):
    """4. v3's manifest again: stays aborted. `retry` runs it again."""
    aborted = w.status()["aborted"]
    w.apply(model_deployment("v3", args=BAD))
    w.api.merge(k8s.MODEL_DEPLOYMENT, NAMESPACE, NAME, {"metadata": {"annotations": {"gitops.example.com/sync": str(time.time())}}})
    time.sleep(6)
    status = w.status()
    assert status["phase"] == "Idle" and not w.model_pods(aborted["revision"]), w.brief()
    assert w.condition("Stalled").get("reason") == "Aborted", w.condition("Stalled")
    w.milestone("the same manifest, applied again, stays aborted")
    before = len(status["history"])
    identity = w.request("retry", aborted["revision"])
    w.phase(("Preparing", "Progressing"), 30)
    answer = w.answered(identity)
    assert answer["outcome"] == "Done", answer
    w.say(f"retry by {answer['by']}: {answer['outcome']}")
    until("a second attempt in the history", lambda: len(w.status().get("history", [])) > before, 240,
          otherwise=w.brief)
    _, status = rolled_back(w, "v3", 60)
    assert status["aborted"]["attempts"] == 2, status["aborted"]
    w.milestone("retry ran it again, and it was taken back again")
    clean_up_after_abort(w, status)


def step_5(w):
    """5. Prometheus stops in mid-canary: held, neither promoted nor taken back; abort acts while it is down."""
    w.apply(model_deployment("v4"))
    w.weight(10, 90)
    w.say("v4 at 10 %; Prometheus is stopped now")
    w.prometheus(running=False)
    try:
        w.phase("Held", 90)
        metrics = until("MetricsAvailable=False", lambda: (lambda c: c if c.get("status") == "False" else None)(
            w.condition("MetricsAvailable")), 60, otherwise=w.brief)
        w.milestone(f"Held; MetricsAvailable=False, {metrics['reason']}: {metrics['message']}")
        until_time = time.monotonic() + 20
        while time.monotonic() < until_time:
            status = w.status()
            assert status["phase"] == "Held" and status["weight"]["applied"] == 10, w.brief()
            time.sleep(1)
        w.milestone("20 s later: still held at 10 %, neither promoted nor taken back")
        started_at = time.monotonic()
        identity = w.request("abort", reason="Prometheus is down")
        until("weight 0", lambda: w.route_weights() == {NAME: 100, f"{NAME}-canary": 0}, 20, otherwise=w.brief)
        w.milestone(f"abort took the traffic back after {time.monotonic() - started_at:.1f} s, without Prometheus")
        status = w.stable("v2", 60)
        assert w.answered(identity)["outcome"] == "Done", w.status()["lastRequest"]
        assert status["history"][0]["outcome"] == "Aborted", status["history"][0]
        clean_up_after_abort(w, status)
    finally:
        w.prometheus(running=True)


def step_6(w):
    """6. v4 turns bad after its promotion: taken back from bake while the old pods are warm."""
    bake = {"duration": "3m", "onFailure": "Rollback"}
    w.apply(model_deployment("v4", bake=bake))
    identity = w.request("retry", w.status()["aborted"]["revision"])
    assert w.answered(identity)["outcome"] == "Done", w.status()["lastRequest"]
    w.phase("Baking", 240)
    status = w.status()
    promoted, old = status["stable"]["revision"], status["previous"]["revision"]
    w.milestone(f"v4 is promoted and baking until {status['bakeUntil']}; the old revision {old} is warm: "
                f"{len(w.model_pods(old))} pods")
    born = {p["metadata"]["uid"] for p in w.model_pods(old)}
    assert len(born) == 2, born
    for pod in w.model_pods(promoted):
        make_bad(w, pod, "0.3")
    w.say("v4 now answers 30 % of its requests with an error")
    status = until("v4 rolled back", lambda: (lambda s: s if s.get("phase") == "Idle" and s["stable"]["version"] == "v2"
                                              else None)(w.status()), 120, otherwise=w.brief)
    assert status["history"][0]["outcome"] == "RolledBack", status["history"][0]
    assert {p["metadata"]["uid"] for p in w.model_pods(old)} == born, "the old pods were not the warm ones"
    w.milestone(f"rolled back from bake to the warm pods: {status['history'][0]['reason']}")
    time.sleep(3)
    w.traffic.take()
    time.sleep(4)
    seen = w.traffic.take()
    assert seen.failed == 0 and set(seen.by_revision) == {old}, f"{seen} {seen.failures}"
    w.milestone(f"clients are with the old revision: {seen}")


def make_bad(w, pod, share):
    import urllib.request
    request = urllib.request.Request(f"http://{pod['status']['podIP']}:8080/faults?error_share={share}", method="POST")
    assert urllib.request.urlopen(request, timeout=5).status == 200


def step_8(w):
    """8. Deleted in mid-rollout: traffic ends on ready pods, nothing is left behind."""
    stable = w.status()["stable"]["revision"]
    other = "v2" if w.status()["stable"]["version"] == "v1" else "v1"
    w.apply(model_deployment(other, strategy={"type": "Canary", "canary": {"steps": [{"weight": 50, "hold": "10m"}]}}))
    w.weight(50, 90)
    w.traffic.take()
    time.sleep(2)
    w.api.delete(k8s.MODEL_DEPLOYMENT, NAMESPACE, NAME)
    last = w.traffic.look()
    until("the object to be gone", lambda: w.object() is None or note(w, last), 90, pause=0.05, otherwise=w.brief)
    seen = w.traffic.take()
    assert seen.failed == 0, f"clients saw failures before the object was gone: {seen} {seen.failures}"
    w.milestone(f"deleted at 50 %: until it was gone clients saw 0 failed requests: {seen}; the rest went to {stable}")
    for kind in (k8s.DEPLOYMENT, k8s.REVISION, k8s.SERVICE, k8s.POD):
        until(f"no {kind.plural}", lambda kind=kind: not w.api.list(kind, NAMESPACE, f"kaizen.ml/deployment={NAME}"), 90)
    route = w.api.get(k8s.HTTP_ROUTE, NAMESPACE, NAME)
    assert [(b["name"], b.get("weight", 1)) for b in route["spec"]["rules"][0]["backendRefs"]] in (
        [(NAME, 100)], [(NAME, 1)]), route["spec"]["rules"]
    w.milestone("nothing is left: no Deployment, Service, ControllerRevision or pod; the route has its own backend only")


def note(w, last):
    """Keeps the last look at the clients current while the object exists."""
    last.__dict__.update(w.traffic.look().__dict__)
    return None
