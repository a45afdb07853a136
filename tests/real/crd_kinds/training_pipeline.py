"""TrainingPipeline: a good spec, what must be refused, a whole status."""

from crd_kinds.case import DIGITS, Refused

KIND, PLURAL, NAME = "TrainingPipeline", "trainingpipelines", "nightly"
IMAGE = {"image": "registry.example.com/train:1"}
GOOD = {"stages": {"train": IMAGE}}
SHA = "sha256:" + 4 * DIGITS


def stages(**more):
    return {"stages": {"train": IMAGE, **more}}


def train(**fields):
    """Stage train with these members; None removes one."""
    return {"stages": {"train": {k: v for k, v in {**IMAGE, **fields}.items() if v is not None}}}


def data(*datasets, **checks):
    return {"data": {"datasets": list(datasets), **({"checks": checks} if checks else {})}, **stages(data=IMAGE)}


def gate(**fields):
    primary = {"metric": "recall"} if "primary" not in fields else fields.pop("primary")
    gate = {**({"primary": primary} if primary else {}), **fields}
    return {"gate": gate, **stages(evaluate=IMAGE)}


def budget(**fields):
    return {"limits": {"budget": fields}}


def schedule(cron, **fields):
    return {"triggers": {"schedule": {"cron": cron, **fields}}}


# One for every CEL rule of the CRD: the last word of `says` is the rule's message, whole.
RULES = [
    Refused("a name of 64 characters", {}, ("63 characters",), name="a" * 64),
    Refused("a name of 70 characters", {}, ("metadata.name has at most 63 characters: it is a label of the runs",), name="a" * 70),
    Refused("a name that begins with a digit", {}, ("metadata.name begins with a letter and holds lower-case letters, digits and -"
            " only: Jobs are called after it",), name="4square"),
    Refused("a stage that does not exist", stages(tune=IMAGE), ("spec.stages", "stages are data, prepare, train, evaluate and"
            " register: rename or remove the others (tune does not exist yet)")),
    Refused("no stage train", {"stages": {"data": IMAGE}}, ("spec.stages", "stages.train is missing: it makes the model")),
    Refused("a stage with nothing", train(image=None), ("spec.stages[train]", "a stage has either image (short for a Job) or"
            " template (a whole Job): set one, remove the other")),
    Refused("image and template", train(template={"spec": {}}), ("spec.stages[train]", "either image")),
    Refused("args beside template", train(image=None, template={"spec": {}}, args=["--x"]), ("spec.stages[train]",
            "command, args, env, resources and serviceAccountName go with image: with template, write them into its pod")),
    Refused("a child's name", train(image=None, template={"metadata": {"name": "mine"}}), ("spec.stages[train].template",
            "kaizen names what it makes, one name per attempt: remove template.metadata.name")),
    Refused("a template of another kind", train(image=None, template={"apiVersion": "ray.io/v1", "kind": "RayJob"}),
            ("spec.stages[train].template", "template is a batch/v1 Job, the only engine that exists yet: remove apiVersion and"
             " kind, or write that")),
    Refused("a value from two places", train(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]),
            ("spec.stages[train].env[0]", "a variable has value or valueFrom, not both: remove one of them")),
    Refused("a value from nowhere", train(env=[{"name": "A", "valueFrom": {}}]), ("spec.stages[train].env[0].valueFrom",
            "valueFrom has exactly one of secretKeyRef, configMapKeyRef and fieldRef")),
    Refused("a timeout of nothing", train(timeout="0s"), ("spec.stages[train].timeout",
            "this duration lies between 1s and 8760h (one year)")),
    Refused("a long backoff", train(retry={"backoff": "11m"}), ("spec.stages[train].retry.backoff",
            "backoff is at most 10m; it doubles up to that")),
    Refused("a root that is no URI", {"artifactRoot": "models/defect"}, ("spec.artifactRoot",
            "a URI has a scheme and no blanks, for example s3://bucket/path")),
    Refused("a dataset from nowhere", data({"name": "images"}), ("spec.data.datasets[0]",
            "a dataset has uri, or manifest (manifest: {} for versions that are pushed): add one")),
    Refused("a digest of nothing", data({"name": "images", "manifest": {}, "digest": SHA}), ("spec.data.datasets[0]",
            "digest and version belong to uri: add uri, or remove them; a manifest names its own")),
    Refused("a dataset called from", data({"name": "from", "uri": "s3://b/x"}), ("spec.data.datasets[0].name",
            "a dataset is not called from or to: $(kaizen.data.from) is a time; choose another name")),
    Refused("a digest in capitals", data({"name": "images", "uri": "s3://b/x", "digest": "sha256:" + 4 * DIGITS.upper()}),
            ("spec.data.datasets[0].digest", "digest is sha256: and 64 lower-case hex digits; remove it if it is not known")),
    Refused("a manifest on S3", data({"name": "images", "manifest": {"uri": "s3://b/latest.json"}}),
            ("spec.data.datasets[0].manifest.uri", "manifest.uri begins with https://: the operator itself polls it; for other"
             " places leave uri out (manifest: {}) and write the annotation kaizen.ml/dataset.<name>")),
    Refused("checks without a stage", {"data": {"checks": {"minRows": 1}}}, ("spec:",
            "data.checks needs stages.data: it measures what is checked")),
    Refused("a share over 1", data(maxMissing="1.5"), ("spec.data.checks.maxMissing",
            'this share lies between 0 and 1, for example "0.05"')),
    Refused("a check of nothing", data(metrics=[{"metric": "m"}]), ("spec.data.checks.metrics[0]",
            "a check of a metric has min, max or both: add one")),
    Refused("a zone in cron", schedule("TZ=Asia/Tokyo 0 3 * * *"), ("spec.triggers.schedule.cron",
            "cron holds no time zone: write it into timeZone")),
    Refused("six fields", schedule("0 0 3 * * MON"), ("spec.triggers.schedule.cron", "cron has five fields (minute hour"
            " day-of-month month day-of-week) or is one of @hourly @daily @weekly @monthly @yearly")),
    Refused("a poll each second", {"triggers": {"data": {"dataset": "d", "pollInterval": "1s"}},
                                   **data({"name": "d", "manifest": {}})}, ("spec.triggers.data.pollInterval",
            "pollInterval lies between 10s and 24h; for faster news push the annotation kaizen.ml/dataset.<name>")),
    Refused("a dataset without a manifest", {"triggers": {"data": {"dataset": "d"}}, **data({"name": "d", "uri": "s3://b/x"})},
            ("spec:", "triggers.data.dataset names no dataset with a manifest: add manifest to that dataset of data.datasets")),
    Refused("a dataset that does not exist", {"triggers": {"data": {"dataset": "d"}}}, ("names no dataset with a manifest",)),
    Refused("an age of nobody", {"triggers": {"maxModelAge": "720h"}}, ("spec:",
            "triggers.maxModelAge needs modelDeploymentRef: the age is that of its model")),
    Refused("an age of 0", {"triggers": {"maxModelAge": "0s"}, "modelDeploymentRef": {"name": "m"}}, ("spec.triggers.maxModelAge",
            "this duration lies between 1m and 8760h (one year)")),
    Refused("more automatic runs than runs", budget(maxRuns=2, maxAutomaticRuns=3), ("spec.limits.budget",
            "budget.maxAutomaticRuns exceeds maxRuns (6 by default): lower it or raise maxRuns")),
    Refused("more automatic runs than the default", budget(maxAutomaticRuns=7), ("spec.limits.budget", "exceeds maxRuns")),
    Refused("a cost without prices", budget(maxCost="200"), ("spec.limits.budget",
            'budget.maxCost needs prices: add for example prices: {nvidia.com/gpu: "2.5"} per hour')),
    Refused("a negative limit", budget(maxGpuHours="-1"), ("spec.limits.budget.maxGpuHours", "this number is not negative")),
    Refused("a breaker that never closes", {"limits": {"breaker": {"resetAfter": "169h"}}}, ("spec.limits.breaker.resetAfter",
            "resetAfter lies between 1m and 168h")),
    Refused("deploy without a gate", {"deploy": {}, "modelDeploymentRef": {"name": "m"}}, ("spec:",
            "deploy needs modelDeploymentRef and gate: add them, or set deploy.autonomy to Record")),
    Refused("deploy without a target", {"deploy": {"autonomy": "Auto"}, **gate()}, ("deploy needs modelDeploymentRef",)),
    Refused("a gate without measurements", {"gate": {"primary": {"metric": "recall"}}}, ("spec:",
            "gate needs stages.evaluate: it measures what the gate judges")),
    Refused("a gate of nothing", gate(primary=None), ("spec.gate", "a gate needs primary or floors: add one, or remove gate")),
    Refused("a gate of no floors", gate(primary=None, floors=[]), ("spec.gate", "a gate needs primary or floors")),
    Refused("a confidence of 1", gate(confidence="1"), ("spec.gate.confidence",
            'confidence lies above 0.5 and below 1, for example "0.95"')),
    Refused("a confidence of a coin", gate(confidence="0.5"), ("spec.gate.confidence", "above 0.5")),
    Refused("a floor of nothing", gate(floors=[{"metric": "recall"}]), ("spec.gate.floors[0]",
            "a floor has exactly one of min and max")),
    Refused("a floor and a ceiling", gate(floors=[{"metric": "recall", "min": "0.1", "max": "0.2"}]), ("spec.gate.floors[0]",)),
    Refused("fairness of nothing", gate(fairness=[{"metric": "tpr", "dimension": "sex"}]), ("spec.gate.fairness[0]",
            "a fairness check has exactly one of maxGap and minRatio")),
    Refused("a limit of nothing", gate(limits=[{"metric": "bytes"}]), ("spec.gate.limits[0]",
            "a limit has max, maxIncrease or both: add one")),
    Refused("slices of another metric", gate(slices={"metric": "precision"}), ("spec.gate", "gate.slices is judged in the"
            " direction of primary or of a budget with the same metric: set slices.metric to one of theirs")),
    Refused("slices of nothing", gate(primary=None, floors=[{"metric": "a", "min": "0"}], slices={}), ("gate.slices is judged",)),
    Refused("a negative margin", gate(primary={"metric": "recall", "margin": "-0.01"}), ("spec.gate.primary.margin",)),
    Refused("a cooldown of two years", {"limits": {"cooldown": "17520h"}}, ("spec.limits.cooldown",
            "a duration is at most 8760h (one year)")),
]

# One for every kind of constraint, and the fields of later releases (strict validation).
CONSTRAINTS = [
    Refused("tuning", {"tune": {"mode": "BuiltIn"}}, ('unknown field "spec.tune"',)),
    Refused("Git", {"deploy": {"via": "Git"}}, ('unknown field "spec.deploy.via"',)),
    Refused("a pull request", {"deploy": {"autonomy": "Propose"}}, ("spec.deploy.autonomy", '"Record", "Approve", "Auto"')),
    Refused("upstream pipelines", {"triggers": {"upstream": [{"name": "a"}]}}, ('unknown field "spec.triggers.upstream"',)),
    Refused("Kueue", train(queueName="gpu"), ('unknown field "spec.stages.train.queueName"',)),
    Refused("another engine", train(engine="RayJob"), ("spec.stages.train.engine", 'supported values: "Job"')),
    Refused("an engine of one's own", train(custom={}), ('unknown field "spec.stages.train.custom"',)),
    Refused("a result from a URI", train(result={"from": "URI"}), ("spec.stages.train.result.from", '"TerminationMessage"')),
    Refused("a ledger of losses", gate(cumulativeLoss="0.01"), ('unknown field "spec.gate.cumulativeLoss"',)),
    Refused("credentials of a manifest", data({"name": "d", "manifest": {"credentialsSecretRef": {"name": "s"}}}),
            ('unknown field "spec.data.datasets[0].manifest.credentialsSecretRef"',)),
    Refused("no stages", {"stages": None}, ("spec.stages", "Required value")),
    Refused("nine stages", {"stages": {f"s{i}": IMAGE for i in range(9)}}, ("spec.stages", "must have at most 8 items")),
    Refused("a margin as a number (MD-14)", gate(primary={"metric": "recall", "margin": 0.01}), ("margin", "string")),
    Refused("a percent where a decimal is meant", gate(primary={"metric": "recall", "margin": "1%"}),
            ("spec.gate.primary.margin", "should match")),
    Refused("an exponent", budget(maxGpuHours="1e3"), ("spec.limits.budget.maxGpuHours", "should match")),
    Refused("a price that is none", budget(prices={"cpu": "free"}), ("spec.limits.budget.prices.cpu", "should match")),
    Refused("a parameter with a dot", {"parameters": [{"name": "a.b"}]}, ("spec.parameters[0].name", "should match")),
    Refused("two parameters of one name", {"parameters": [{"name": "a"}] * 2}, ("spec.parameters[1]", "Duplicate value")),
    Refused("two datasets of one name", data(*[{"name": "a", "manifest": {}}] * 2), ("spec.data.datasets[1]", "Duplicate value")),
    Refused("a dataset's name that is too long for an annotation", data({"name": "a" * 56, "manifest": {}}),
            ("spec.data.datasets[0].name", "55")),
    Refused("one policy twice", {"triggers": {"drift": {"policies": ["a", "a"]}}}, ("spec.triggers.drift.policies[1]", "Duplicate")),
    Refused("no policy", {"triggers": {"drift": {"policies": []}}}, ("spec.triggers.drift.policies", "at least 1")),
    Refused("a policy that is no name", {"triggers": {"drift": {"policies": ["A B"]}}}, ("spec.triggers.drift.policies[0]",)),
    Refused("six attempts", train(retry={"maxAttempts": 6}), ("spec.stages.train.retry.maxAttempts", "less than or equal to 5")),
    Refused("one failure twice", train(retry={"when": ["Timeout", "Timeout"]}), ("retry.when[1]", "Duplicate")),
    Refused("a failure that does not exist", train(retry={"when": ["Bug"]}), ("retry.when[0]", '"Application"')),
    Refused("a cron of blanks", schedule("*"), ("spec.triggers.schedule.cron", "at least 6")),
    Refused("a zone that is none", schedule("0 3 * * *", timeZone="Asia Tokyo"), ("spec.triggers.schedule.timeZone", "match")),
    Refused("a negative seed", {"seed": -1}, ("spec.seed", "greater than or equal to 0")),
    Refused("no sample", gate(primary={"metric": "recall", "minSamples": 0}), ("spec.gate.primary.minSamples", "equal to 1")),
    Refused("a gate's metric with a blank", gate(primary={"metric": "my recall"}), ("spec.gate.primary.metric", "match")),
    Refused("17 budgets", gate(budgets=[{"metric": f"m{i}"} for i in range(17)]), ("spec.gate.budgets", "16")),
    Refused("a template that is a list", train(image=None, template=[]), ("template", "object")),
    Refused("101 runs", budget(maxRuns=101), ("spec.limits.budget.maxRuns", "less than or equal to 100")),
    Refused("keep no success", {"retention": {"succeeded": 0}}, ("spec.retention.succeeded", "greater than or equal to 1")),
]

AT = "2026-03-09T03:00:07Z"
UID = "0b5c7f0e-2f60-4f0e-9a53-3d1d8f1f0a11"
CAUSE = {"reason": "request r-80 of alice", "requestId": "r-80", "by": "alice", "parameters": {"lr": "0.0005"},
         "source": {"name": "nightly-aaaaaaaa", "uid": UID}, "policy": "weld", "from": AT, "to": AT}

# Every member of the status, as decide() writes it.
STATUS = {
    "observedGeneration": 7, "phase": "Queued",
    "activeRun": {"name": "nightly-j5fwma4h", "uid": UID, "trigger": "Drift", "slot": f"{UID}/weld-1-TriggerTraining-1",
                  "since": AT, "cause": CAUSE},
    "pending": {"trigger": "Data", "slot": "v118", "since": AT, "reason": "Cooldown", "until": "2026-03-09T12:10:00Z",
                "coalesced": 3, "cause": {"reason": "dataset train has version v118"}},
    "lastRun": {"name": "nightly-aaaaaaaa", "outcome": "Succeeded", "reason": "Promoted", "finishedAt": AT, "rolloutEndedAt": AT},
    "champion": {"uri": "s3://models/defect/m41", "digest": SHA, "version": "41", "sizeBytes": 102400000,
                 "revision": "4be2a9905d", "trainingRun": "nightly-aaaaaaaa", "promotedAt": AT},
    "triggers": {"schedule": {"lastSlot": AT, "nextSlot": "2026-03-15T18:00:00Z", "missed": 1,
                              "expression": "0 3 * * MON Asia/Tokyo", "since": AT},
                 "data": {"lastVersion": "v117", "lastRows": 51200, "seenVersion": "v118", "seenDigest": SHA, "seenAt": AT,
                          "mutated": True},
                 "drift": {"lastRequests": {"weld": "weld-9-TriggerTraining-1"}}, "age": {"lastSlot": f"{SHA}/0"}},
    "budget": {"starts": [{"run": "nightly-j5fwma4h", "at": AT, "automatic": True, "rejectedData": True, "gpuHours": "3.5",
                           "cost": "9.1"}] * 100, "gpuHoursUsed": "3.5", "costUsed": "9.1", "summary": "2/6"},
    "breaker": {"state": "HalfOpen", "failures": 3, "noImprovement": 1, "openings": 2, "openedAt": AT, "openedGeneration": 6,
                "trial": "nightly-j5fwma4h"},
    "published": {"uri": "s3://models/defect/m41", "digest": SHA, "version": "41", "run": "nightly-aaaaaaaa", "at": AT},
    "lastRequest": {"id": "r-80", "verb": "retrain", "by": "alice", "outcome": "Done", "message": "m", "time": AT},
    "handledRequests": ["r-80"] * 16, "nextAt": AT,
    "conditions": [{"type": "Ready", "status": "True", "reason": "Reconciled", "message": "", "observedGeneration": 7,
                    "lastTransitionTime": AT}],
}
HEADER = ["NAME", "PHASE", "LAST-RUN", "LAST-RESULT", "NEXT", "BUDGET", "READY", "AGE", "HOLD", "CHAMPION"]
ROW = ["accepted", "Queued", "nightly-aaaaaaaa", "Succeeded", "2026-03-15T18:00:00Z", "2/6", "True"]
