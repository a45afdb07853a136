"""ModelDeployment: a good spec, what must be refused, a whole status."""

from crd_kinds.case import DIGITS, Refused

KIND, PLURAL, NAME = "ModelDeployment", "modeldeployments", "fraud"
GOOD = {"image": "registry.example.com/model:1"}


def steps(*all_steps):
    return {"strategy": {"canary": {"steps": list(all_steps)}}}


def analysis(**fields):
    return {"analysis": fields}


def metric(**fields):
    row = {"name": "refused", "numerator": "a", "denominator": "b", **fields}
    return analysis(metrics=[{k: v for k, v in row.items() if v is not None}])


def gateway(**fields):
    return {"traffic": {"router": "GatewayAPI", "gatewayAPI": fields}}


# One for every CEL rule of the CRD: the last word of `says` is the rule's message, whole.
RULES = [
    Refused("a name of 36 characters", {}, ("35 characters: names of pods and labels are made from it",), name="a" * 36),
    Refused("a name with a dot", {}, ("lower-case letters, digits and - only: Services are called like it",), name="a.b"),
    Refused("a name that begins with a digit", {}, ("metadata.name begins with a letter",), name="4square"),
    Refused("no image at all", {"image": None}, ("spec:", "set image, or the image of a container in template.spec.containers: no"
            " other runtime than your own image exists yet")),
    Refused("a template whose containers have no image", {"image": None, "template": {"spec": {"containers": [{"name": "m"}]}}},
            ("set image, or the image of a container",)),
    Refused("a URI without a scheme", {"model": {"uri": "models/fraud"}},
            ("spec.model.uri", "uri begins with s3://, gs://, http://, https://, oci://, pvc:// or hf://")),
    Refused("a digest cut short", {"model": {"digest": "sha256:9f2c"}},
            ("spec.model.digest", "digest is sha256: and 64 lower-case hex digits; remove it if it is not known")),
    Refused("a digest in capitals", {"model": {"digest": "sha256:" + 4 * DIGITS.upper()}}, ("spec.model.digest",)),
    Refused("a digest beside from", {"model": {"from": {"pipeline": "p"}, "digest": "sha256:" + 4 * DIGITS}}, ("spec.model",
            "from excludes digest: the pipeline gives it; remove digest, or write the model without from")),
    Refused("a model from a pipeline", {"model": {"from": {"pipeline": "fraud"}}},
            ("spec.model", "from is not built yet: remove it, and write uri, version and digest")),
    Refused("a loader", {"model": {"loader": {"type": "InitContainer"}}},
            ("spec.model", "loader is not built yet: remove it; the image brings its model")),
    Refused("a mount path that climbs", {"model": {"loader": {"mountPath": "/mnt/../etc"}}}, ("spec.model.loader.mountPath",
            "mountPath is an absolute path below /, without .., for example /mnt/models")),
    Refused("a relative mount path", {"model": {"loader": {"mountPath": "models"}}}, ("spec.model.loader.mountPath", "absolute")),
    Refused("an availability of 100%", {"slo": {"availability": "100%"}}, ("spec.slo.availability", "this share lies above 0% and"
            ' below 100%, for example "99.5%" or "0.995"')),
    Refused("a quantile of 0", {"slo": {"latency": {"quantile": "0"}}}, ("spec.slo.latency.quantile", "above 0%")),
    Refused("a quantile of 99", {"slo": {"latency": {"quantile": "99"}}}, ("spec.slo.latency.quantile", "below 100%")),
    Refused("a step without weight and approval", steps({"name": "wait", "hold": "5m"}), ("spec.strategy.canary.steps[0]",
            "a step has weight or approval: add `weight: 0..100` or `approval: {}`")),
    Refused("a hold of 31 days", steps({"weight": 1, "hold": "744h"}), ("spec.strategy.canary.steps[0].hold",
            "hold is at most 720h (30 days); use a shorter one")),
    Refused("a step called promotion", steps({"weight": 1, "name": "promotion"}), ("spec.strategy.canary.steps[0].name",
            "a step is not called promotion or first: approvals use these names; choose another one")),
    Refused("two steps of one name", steps({"weight": 1, "name": "a"}, {"weight": 2}, {"weight": 3, "name": "a"}),
            ("spec.strategy.canary", "two steps have the same name; approvals need names that differ")),
    Refused("a duration of two years", {"progressDeadline": "17520h"},
            ("spec.progressDeadline", "a duration is at most 8760h (one year)")),
    Refused("a duration that overflows", {"bake": {"duration": "99999999999999999999h"}}, ("spec.bake.duration",)),
    Refused("an interval of 1s", analysis(interval="1s"), ("spec.analysis.interval",
            "interval lies between 5s and 1h, for example 30s")),
    Refused("an interval of 2h", analysis(interval="2h"), ("spec.analysis.interval", "between 5s and 1h")),
    Refused("an alpha of 0", analysis(test={"alpha": "0"}), ("spec.analysis.test.alpha",
            'an error bound lies above 0 and is at most 0.5, for example "0.05"')),
    Refused("an alpha of 60%", analysis(test={"alpha": "60%"}), ("spec.analysis.test.alpha", "at most 0.5")),
    Refused("a beta of 0.51", analysis(test={"beta": "0.51"}), ("spec.analysis.test.beta", "at most 0.5")),
    Refused("a tolerance of 101%", analysis(errorRate={"tolerance": "101%"}), ("spec.analysis.errorRate.tolerance",
            "a share is at most 100% (or 1.0)")),
    Refused("a hard limit of 5 (not 5%)", analysis(errorRate={"hardLimit": "5"}), ("spec.analysis.errorRate.hardLimit",
            "at most 100%")),
    Refused("a latency tolerance of 2", analysis(latency={"tolerance": "2"}), ("spec.analysis.latency.tolerance",)),
    Refused("a metric called latency", metric(name="latency"), ("spec.analysis.metrics[0].name", "errorRate and latency are built"
            " in: set analysis.errorRate or analysis.latency, or choose another name")),
    Refused("a Ratio without a denominator", metric(type="Ratio", denominator=None), ("spec.analysis.metrics[0]",
            "a metric of type Ratio needs numerator and denominator: PromQL of two counters")),
    Refused("a relative tolerance in both directions", metric(relative="10%", direction="Both"), ("spec.analysis.metrics[0]",
            "relative does not go with direction Both: use tolerance alone or one direction")),
    Refused("a rule by name and by index", gateway(httpRoute={"name": "r", "ruleName": "a", "rule": 0}),
            ("spec.traffic.gatewayAPI.httpRoute", "httpRoute has ruleName or rule, not both: remove one of them")),
    Refused("a path without a slash", gateway(create={"parentRefs": [{"name": "g"}], "pathPrefix": "v1"}),
            ("spec.traffic.gatewayAPI.create.pathPrefix", "pathPrefix begins with /")),
    Refused("neither an existing nor an own route", gateway(), ("spec.traffic.gatewayAPI",
            "gatewayAPI has either httpRoute (an existing route) or create (a route of its own)")),
    Refused("an existing and an own route", gateway(httpRoute={"name": "r"}, create={"parentRefs": [{"name": "g"}]}),
            ("spec.traffic.gatewayAPI", "either httpRoute")),
    Refused("router GatewayAPI without gatewayAPI", {"traffic": {"router": "GatewayAPI"}}, ("spec.traffic",
            "router GatewayAPI needs gatewayAPI: add gatewayAPI.httpRoute or gatewayAPI.create")),
    Refused("gatewayAPI without router", {"traffic": {"gatewayAPI": {"httpRoute": {"name": "r"}}}}, ("spec.traffic",
            "gatewayAPI needs router: GatewayAPI; set it or remove gatewayAPI")),
]

# One for every kind of constraint.
CONSTRAINTS = [
    Refused("an unknown field", {"replica": 2}, ('unknown field "spec.replica"',)),
    Refused("an unknown field deep inside", steps({"weight": 1, "holdFor": "5m"}),
            ('unknown field "spec.strategy.canary.steps[0].holdFor"',)),
    Refused("a field of a later release", {"pinnedRevision": "9f2c4e1ab7"}, ('unknown field "spec.pinnedRevision"',)),
    Refused("a loader of a later release", {"model": {"loader": {"type": "ImageVolume"}}}, ("spec.model.loader.type", '"None"')),
    Refused("credentials without a Secret", {"model": {"loader": {"credentials": {}}}},
            ("spec.model.loader.credentials.secretName", "Required value")),
    Refused("from without a pipeline", {"model": {"from": {}}}, ("spec.model.from.pipeline", "Required value")),
    Refused("a number as text", {"replicas": "two"}, ("spec.replicas", "integer")),
    Refused("a float in a rate (MD-14)", analysis(test={"alpha": 0.05}), ("spec.analysis.test.alpha", "string")),
    Refused("a duration as a number", {"progressDeadline": 30}, ("spec.progressDeadline", "string")),
    Refused("a duration with a blank", {"progressDeadline": "30 m"}, ("spec.progressDeadline", "should match")),
    Refused("a negative duration", {"bake": {"duration": "-5m"}}, ("spec.bake.duration", "should match")),
    Refused("a duration in days", {"bake": {"duration": "1d"}}, ("spec.bake.duration", "should match")),
    Refused("a share with an exponent", analysis(errorRate={"relative": "1e-3"}),
            ("spec.analysis.errorRate.relative", "should match")),
    Refused("a negative share", analysis(errorRate={"relative": "-1%"}), ("spec.analysis.errorRate.relative", "should match")),
    Refused("a weight over 100", steps({"weight": 101}), ("spec.strategy.canary.steps[0].weight", "less than or equal to 100")),
    Refused("a weight below 0", steps({"weight": -1}), ("spec.strategy.canary.steps[0].weight", "greater than or equal to 0")),
    Refused("negative replicas", {"replicas": -1}, ("spec.replicas", "greater than or equal to 0")),
    Refused("a port of 0", {"traffic": {"port": 0}}, ("spec.traffic.port", "greater than or equal to 1")),
    Refused("a rule index of 16", gateway(httpRoute={"name": "r", "rule": 16}), ("spec.traffic.gatewayAPI.httpRoute.rule",)),
    Refused("an unknown strategy", {"strategy": {"type": "BlueGreen"}}, ("spec.strategy.type", 'supported values: "Canary"')),
    Refused("an unknown format", {"model": {"format": "onx"}}, ("spec.model.format", '"onnx"')),
    Refused("a router of a later release", {"traffic": {"router": "Istio"}}, ("spec.traffic.router", '"GatewayAPI"')),
    Refused("a metric of a later type", metric(type="Gauge"), ("spec.analysis.metrics[0].type", '"Ratio"')),
    Refused("a source without a name", analysis(prometheus={}), ("spec.analysis.prometheus.source", "Required value")),
    Refused("a metric without a name", metric(name=None), ("spec.analysis.metrics[0].name", "Required value")),
    Refused("a route without a Gateway", gateway(create={"parentRefs": []}),
            ("spec.traffic.gatewayAPI.create.parentRefs", "at least 1")),
    Refused("an image that is too long", {"image": "a" * 513}, ("spec.image", "512")),
    Refused("21 steps", steps(*[{"weight": i} for i in range(21)]), ("spec.strategy.canary.steps", "20")),
    Refused("too many kinds of resources",
            {"runtime": {"resources": {"limits": {f"example.com/r{i}": 1 for i in range(17)}}}},
            ("spec.runtime.resources.limits", "16")),
    Refused("no quantity", {"runtime": {"resources": {"limits": {"cpu": "much"}}}},
            ("spec.runtime.resources.limits.cpu", "should match")),
    Refused("two variables of one name", {"runtime": {"env": [{"name": "A"}, {"name": "A"}]}},
            ("spec.runtime.env[1]", "Duplicate value")),
    Refused("two metrics of one name", analysis(metrics=[{"name": "a", "numerator": "x", "denominator": "y"}] * 2),
            ("spec.analysis.metrics[1]", "Duplicate value")),
    Refused("two containers of one name", {"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}},
            ("spec.template.spec.containers[1]", "Duplicate value")),
    Refused("a template that is a list", {"template": []}, ("spec.template", "object")),
]

# Every member of the status, as decide() writes it.
STATUS = {
    "observedGeneration": 1, "phase": "Progressing", "message": "step 1 of 2",
    "stable": {"revision": "4be2a9905d", "version": "41", "digest": "sha256:" + 4 * DIGITS, "uri": "s3://m/41",
               "trainingRun": "fraud-j5fwma4h", "replicas": 3, "ready": 3, "promotedAt": "2026-07-01T03:10:00Z"},
    "candidate": {"revision": "9f2c4e1ab7", "version": "42", "replicas": 2, "ready": 2},
    "published": {"pipeline": "fraud", "uri": "s3://m/42", "digest": "sha256:" + 4 * DIGITS, "version": "42",
                  "run": "fraud-j5fwma4h", "since": "2026-07-14T03:00:00Z"},
    "previous": {"revision": "4be2a9905d", "trainingRun": "fraud-aaaaaaaa", "keepUntil": "2026-07-14T04:00:00Z"},
    "aborted": {"revision": "0123456789", "reason": "Harm", "at": "2026-07-13T00:00:00Z", "attempts": 1},
    "abort": {"reason": "Harm", "message": "m", "mark": True, "since": "2026-07-13T00:00:00Z", "zeroAt": "2026-07-13T00:00:01Z"},
    "rollbackTarget": {"revision": "4be2a9905d", "requestId": "r-1"},
    "steps": [{"name": "small", "weight": 0, "hold": "0s"}, {"weight": 50, "hold": "1m30s", "require": "Evidence"}],
    "step": {"index": 0, "name": "small", "startedAt": "2026-07-14T03:21:00Z", "holdUntil": "2026-07-14T03:41:00.5Z"},
    "weight": {"intended": 0, "applied": 0, "writtenAt": "2026-07-14T03:21:00Z", "samplesFrom": "2026-07-14T03:21:00.123456Z"},
    "routeEdits": {"at": ["2026-07-14T03:21:00Z"]}, "capacity": "Surge",
    "approvals": [{"step": "signoff", "revision": "9f2c4e1ab7", "by": "anna@example.com", "at": "2026-07-14T03:21:00Z",
                   "deadline": "2026-07-17T03:41:00Z"}],
    "progress": {"ready": 1, "since": "2026-07-14T03:21:00Z"},
    "analysis": {"verdict": "NoHarm", "wealth": "0.31", "limit": "20", "falseRollbackBound": "10.5%",
                 "source": {"prometheus": "main", "preset": "http", "side": "Server", "frozenAt": "2026-07-14T03:00:12Z"},
                 "metrics": [{"name": "errorRate", "verdict": "Inconclusive", "canary": {"total": 0, "bad": 0, "rate": "0%"},
                              "interval": ["-0.31%", "0.24%"], "remaining": {"requests": 2100, "time": "4m"}}],
                 "lastTick": "2026-07-14T03:28:30Z", "state": "A" * 16384},
    "startedAt": "2026-07-14T03:00:00Z", "samplingSince": "2026-07-14T03:00:00Z", "bakeUntil": "2026-07-14T03:00:00Z",
    "heldReason": "NoData",
    "history": [{"revision": "4be2a9905d", "outcome": "Promoted", "verdict": "Pass", "reason": "Evidence",
                 "digest": "sha256:" + 4 * DIGITS, "trainingRun": "fraud-aaaaaaaa"}] * 20,
    "lastRequest": {"id": "r-1", "verb": "retry", "by": "anna", "outcome": "Done", "message": "m", "time": "2026-07-14T03:00:00Z"},
    "handledRequests": ["r-1"] * 16, "pausedBy": {"id": "r-1", "by": "anna", "at": "2026-07-14T03:00:00Z"},
    "nextAt": "2026-07-14T03:28:30Z", "replicas": 5, "selector": "kaizen.ml/deployment=accepted", "collisionCount": 1,
    "conditions": [{"type": "Ready", "status": "True", "reason": "StableServing", "message": "3/3 ready",
                    "observedGeneration": 1, "lastTransitionTime": "2026-07-01T03:10:00Z"}],
}
# What `kubectl get -o wide` shows, and the beginning of the row for STATUS.
HEADER = ["NAME", "PHASE", "STABLE", "CANDIDATE", "WEIGHT", "STEP", "VERDICT", "READY", "AGE", "REVISION", "MESSAGE"]
ROW = ["accepted", "Progressing", "41", "42", "0", "small", "NoHarm", "True"]
