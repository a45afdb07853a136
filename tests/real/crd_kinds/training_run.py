"""TrainingRun: a good spec, what must be refused, a whole status."""

from crd_kinds.case import DIGITS, Refused

KIND, PLURAL, NAME = "TrainingRun", "trainingruns", "nightly-j5fwma4h"
SHA = "sha256:" + 4 * DIGITS
UID = "0b5c7f0e-2f60-4f0e-9a53-3d1d8f1f0a11"
AT = "2026-03-09T03:00:07Z"
GOOD = {
    "pipeline": {"name": "nightly", "uid": UID, "generation": 7},
    "trigger": {"type": "Schedule", "slot": "2026-03-09T03:00:00Z", "reason": "cron 0 3 * * MON", "at": AT},
    "parameters": [{"name": "lr", "value": "0.001"}],
    "seed": 42,
    "datasets": [{"name": "golden", "role": "Evaluation", "uri": "s3://m/golden/v7/", "version": "v7", "rows": 12000,
                  "pinning": "Strong", "digest": SHA}],
    "resolved": '{"stages":{"train":{}}}',
    "configHash": SHA,
}
IMMUTABLE = ("spec of a TrainingRun never changes: request `retry` or `reproduce` on its TrainingPipeline for another run")
MADE = "a TrainingRun is made and named by its TrainingPipeline: request `retrain` there instead of creating one"

RULES = [
    Refused("a name of 34 characters", {}, (MADE,), name="a" * 34),
    Refused("a name with a dot", {}, (MADE,), name="a.b"),
]
# What an update of GOOD must not do.
UPDATES = [
    Refused("another seed", {"seed": 43}, ("spec:", IMMUTABLE)),
    Refused("one byte of resolved (TP-11)", {"resolved": '{"stages":{"train":{ }}}'}, (IMMUTABLE,)),
    Refused("a member more", {"source": {"name": "nightly-aaaaaaaa", "uid": UID}}, (IMMUTABLE,)),
]
CONSTRAINTS = [
    Refused("images", {"images": []}, ('unknown field "spec.images"',)),
    Refused("a trigger of a later release", {"trigger": {"type": "Upstream", "slot": "x"}}, ("spec.trigger.type", '"Reproduce"')),
    Refused("no pipeline", {"pipeline": None}, ("spec.pipeline", "Required value")),
    Refused("no slot", {"trigger": {"type": "Age"}}, ("spec.trigger.slot", "Required value")),
    Refused("no seed", {"seed": None}, ("spec.seed", "Required value")),
    Refused("a seed below 0", {"seed": -1}, ("spec.seed", "greater than or equal to 0")),
    Refused("too much resolved", {"resolved": "a" * 262145}, ("spec.resolved", "262144")),
    Refused("two datasets of one name", {"datasets": [{"name": "a"}] * 2}, ("spec.datasets[1]", "Duplicate value")),
    Refused("a pinning that is none", {"datasets": [{"name": "a", "pinning": "Maybe"}]}, ("pinning", '"Strong", "Weak"')),
]

STATUS = {
    "observedGeneration": 1, "phase": "Deploying", "stage": "evaluate", "reason": "RolloutInProgress", "message": "m",
    "startedAt": AT, "finishedAt": AT, "duration": "2h40m",
    "stages": [{
        "name": "train", "phase": "Succeeded", "attempt": 1, "disruptions": 2, "disruptedPods": ["0b5c7f0e"] * 50,
        "child": {"apiVersion": "batch/v1", "kind": "Job", "name": "nightly-j5fwma4h-t1", "uid": UID}, "startedAt": AT,
        "finishedAt": AT, "waitingSince": AT, "runningSince": AT, "retryAt": AT, "runningSeconds": 6300, "gpuSeconds": 12600,
        "cost": "9.1", "exitCode": 0, "resultDigest": SHA, "images": ["main=registry.example.com/train@" + SHA],
        "reason": "Reused", "message": "m",
        "attempts": [{"number": 0, "child": "nightly-j5fwma4h-t0", "reason": "OutOfMemory", "message": "m", "exitCode": 137,
                      "startedAt": AT, "finishedAt": AT}]}],
    "metrics": [{"name": "recall", "value": "0.9724", "stage": "evaluate"}] * 64,
    "data": {"verdict": "Accepted", "name": "train", "uri": "s3://m/train/v117/", "digest": SHA, "version": "v117",
             "rows": 51200, "message": ""},
    "model": {"uri": "s3://m/m42", "digest": SHA, "version": "42", "sizeBytes": 102400000, "revision": "7c20aa1100"},
    "champion": {"uri": "s3://m/m41", "digest": SHA, "version": "41", "revision": "4be2a9905d",
                 "trainingRun": "weld-inspection-k3f9c21a", "promotedAt": AT},
    "referenceProfile": {"configMap": "nightly-j5fwma4h-profile", "key": "profile.json", "digest": SHA},
    "artifacts": [{"name": "model", "uri": "s3://m/m42", "digest": SHA, "sizeBytes": 102400000}],
    "registry": {"name": "defect", "version": "42", "uri": "https://registry.example.com/defect/42"},
    "gate": {"result": "RequiresApproval", "reason": "EvaluationUnpinned", "message": "m", "evaluatedAt": AT,
             "evaluationDigest": SHA, "evidenceDigest": SHA, "evidenceConfigMap": "nightly-j5fwma4h-evidence",
             "evidence": [{"check": "primary", "metric": "recall", "slice": "all", "method": "PairedCounts",
                           "champion": "0.9701", "challenger": "0.972", "delta": "0.001916", "lower": "0.000261",
                           "upper": "0.003572", "threshold": "-0.002", "samples": 12000, "verdict": "Pass"}] * 40},
    "approval": {"requestedAt": AT, "expiresAt": AT, "state": "Approved", "by": "alice", "at": AT},
    "lastRequest": {"id": "r-81", "verb": "approve", "by": "alice", "outcome": "Done", "message": "", "time": AT},
    "handledRequests": ["r-81"] * 16, "deploy": {"state": "Observed", "revision": "7c20aa1100", "at": AT},
    "reproduction": {"modelDigestEqual": True, "maxMetricDifference": "0"}, "nextAt": AT,
    "conditions": [{"type": "Complete", "status": "True", "reason": "Promoted", "message": "", "observedGeneration": 1,
                    "lastTransitionTime": AT}],
}
HEADER = ["NAME", "PHASE", "PIPELINE", "TRIGGER", "MODEL", "GATE", "DURATION", "AGE", "STAGE", "REASON"]
ROW = ["accepted", "Deploying", "nightly", "Schedule", "42", "RequiresApproval", "2h40m"]
