"""DriftPolicy: a good spec, what must be refused, a whole status."""

from crd_kinds.case import DIGITS, Refused

KIND, PLURAL, NAME = "DriftPolicy", "driftpolicies", "weld"
GOOD = {"targetRef": {"kind": "ModelDeployment", "name": "weld"}, "discovery": {"metric": "model_feature_value"}}
SHA = "sha256:" + 4 * DIGITS
COUNTS = {"badQuery": "a", "totalQuery": "b"}


def check(**fields):
    row = {"name": "c", "role": "Input", "histogram": {"metric": "m"}, **fields}
    return {"checks": [{k: v for k, v in row.items() if v is not None}]}


def counts(**fields):
    return check(role="Performance", histogram=None, performance={**COUNTS, **fields})


def clock(window, **fields):
    return {"clocks": [{"name": "only", "window": window, **fields}]}


def profile(**fields):
    return {"reference": {"profile": fields}}


def action(**fields):
    return {"actions": [{"when": ["Act"], "type": "Notify", **fields}]}


TRAINING = {"when": ["Act"], "type": "TriggerTraining", "training": {"pipelineRef": {"name": "weld"}}}

# One for every CEL rule of the CRD: the last word of `says` is the rule's message, whole.
RULES = [
    Refused("a name of 45 characters", {}, ("metadata.name has at most 44 characters: the ConfigMaps of its references are called"
            " after it",), name="a" * 45),
    Refused("a name with a dot", {}, ("metadata.name holds lower-case letters, digits and - only: it is part of other names",),
            name="a.b"),
    Refused("nothing to watch (DR-13)", {"discovery": None}, ("spec:", "nothing to watch: add discovery or checks")),
    Refused("no check (DR-13)", {"discovery": None, "checks": []}, ("nothing to watch",)),
    Refused("no source (DR-14)", check(histogram=None), ("spec.checks[0]",
            "a check has exactly one of histogram, category and performance")),
    Refused("two sources (DR-14)", check(category={"metric": "m", "label": "l"}), ("spec.checks[0]", "exactly one")),
    Refused("a window of 30s (DR-17)", clock("30s"), ("spec.clocks[0].window", "a window lies between 1m and 168h (one week)")),
    Refused("a window of 169h (DR-17)", clock("169h"), ("spec.clocks[0].window", "a window lies between")),
    Refused("a window of 7h", clock("7h"), ("spec.clocks[0].window", "a window divides a day or is a whole number of days, for"
            " example 15m, 1h, 8h, 24h, 168h")),
    Refused("a window of 36h", clock("36h"), ("spec.clocks[0].window", "divides a day")),
    Refused("clocks that shrink (DR-17)", {"clocks": [{"name": "a", "window": "24h"}, {"name": "b", "window": "1h"}]},
            ("spec.clocks", "clocks grow: the second window is longer than the first")),
    Refused("clocks of one window (DR-17)", {"clocks": [{"name": "a", "window": "60m"}, {"name": "b", "window": "1h"}]},
            ("clocks grow",)),
    Refused("warnings rarer than acts (DR-18)", {"falseActionEvery": "720h", "falseWarningEvery": "721h"}, ("spec:",
            "falseWarningEvery is longer than falseActionEvery (8760h by default): acts are rarer than warnings")),
    Refused("warnings rarer than default acts (DR-18)", {"falseWarningEvery": "8761h"}, ("acts are rarer than warnings",)),
    Refused("a false act each day (DR-18)", {"falseActionEvery": "24h"}, ("spec.falseActionEvery",
            "falseActionEvery lies between 168h (a week) and 87600h (ten years)")),
    Refused("a false warning each minute", {"falseWarningEvery": "1m"}, ("spec.falseWarningEvery",
            "falseWarningEvery lies between 1h and 87600h (ten years)")),
    Refused("Stable without a label (DR-19)", {"metrics": {"revisionLabel": ""}}, ("spec:",
            "traffic Stable needs metrics.revisionLabel: name the label, or set traffic: All")),
    Refused("a profile over http (DR-20)", profile(uri="http://h/p.json", sha256=4 * DIGITS), ("spec.reference.profile.uri",
            "profile.uri begins with https://; for other places write the profile into a ConfigMap and name it in configMapRef")),
    Refused("a remote profile without digest (DR-20)", profile(uri="https://h/p.json"), ("spec.reference.profile",
            "a profile from a uri needs its digest: add sha256")),
    Refused("a digest that is none", profile(uri="https://h/p.json", sha256="abc"), ("spec.reference.profile.sha256",
            "profile.sha256 is 64 lower-case hex digits")),
    Refused("two profiles", profile(uri="https://h/p", sha256=4 * DIGITS, configMapRef={"name": "p"}), ("spec.reference.profile",
            "profile has configMapRef or uri, not both: remove one of them")),
    Refused("no profile", profile(fromTrainingRun=False), ("spec.reference.profile",
            "profile names no source: leave fromTrainingRun out, or add configMapRef or uri")),
    Refused("a reference of seconds", {"reference": {"learn": {"duration": "10s"}}}, ("spec.reference.learn.duration",
            "learn.duration lies between 1m and 2160h (90 days)")),
    Refused("two trainings (DR-21)", {"actions": [TRAINING, TRAINING]}, ("spec.actions",
            "one action of type TriggerTraining: two would start two trainings for one drift; remove one")),
    Refused("a training that is not asked for (DR-21)", action(training={"pipelineRef": {"name": "p"}}), ("spec.actions[0]",
            "training goes with type TriggerTraining: add training.pipelineRef, or remove training")),
    Refused("no training (DR-21)", action(type="TriggerTraining"), ("spec.actions[0]", "training goes with")),
    Refused("training on a warning (DR-129)", {"actions": [{**TRAINING, "when": ["Warn", "Act"]}]}, ("spec.actions[0]",
            "TriggerTraining happens on Act alone: set when: [Act]")),
    Refused("KS of categories (DR-61)", check(histogram=None, category={"metric": "m", "label": "l"},
                                              detectors=["Evidence", "KS"]), ("spec.checks[0]",
            "categories have no order: KS, Wasserstein and MeanShift go with histogram; remove them")),
    Refused("PSI of counts (DR-61)", {"checks": [{"name": "c", "role": "Performance", "performance": COUNTS,
                                                  "detectors": ["Evidence", "PSI"]}]}, ("spec.checks[0]",
            "performance counts have no distribution: remove all detectors but Evidence")),
    Refused("another detector decides (DR-97)", check(detectors=["PSI", "Evidence"]), ("spec.checks[0].detectors",
            "the first detector decides and must be Evidence; the others are shown")),
    Refused("performance of a histogram", check(role="Performance"), ("spec.checks[0]",
            "role Performance and role Skew need performance (counts of bad and all events)")),
    Refused("a delay of arrivals", counts(labelDelay="24h"), ("spec.checks[0].performance",
            "labelDelay goes with timeAxis: Cohort; set it or remove labelDelay")),
    Refused("a delay of a year", counts(labelDelay="8760h", timeAxis="Cohort"), ("spec.checks[0].performance.labelDelay",
            "labelDelay is at most 4320h (180 days)")),
    Refused("a baseline of 1", counts(baseline="1"), ("spec.checks[0].performance.baseline", "baseline is FromProfile or the"
            ' expected share of bad events below 1, for example "0.02"')),
    Refused("a baseline that is no number", counts(baseline="Profile"), ("spec.checks[0].performance.baseline", "FromProfile or")),
    Refused("a coverage of 2", counts(minLabelCoverage="2"), ("spec.checks[0].performance.minLabelCoverage",
            'this share lies between 0 and 1, for example "0.6"')),
    Refused("a tolerance of 0", check(tolerance="0"), ("spec.checks[0].tolerance", "a tolerance, eta or effect lies above 0 and is"
            ' at most 0.5, for example "0.05"')),
    Refused("a tolerance of 0.6", clock("1h", tolerance="0.6"), ("spec.clocks[0].tolerance", "at most 0.5")),
    Refused("a quality of 0", {"quality": {"maxMissingRate": "0"}}, ("spec.quality.maxMissingRate",
            'a share of bad values lies above 0 and is at most 1; "1" never alarms')),
    Refused("half an observation", {"decision": {"designEffect": "0.5"}}, ("spec.decision.designEffect",
            "designEffect lies between 1 and 1000: how many observations count as one")),
    Refused("matchers in braces", {"metrics": {"matchers": '{model="weld"}'}}, ("spec.metrics.matchers",
            'matchers stand without braces, for example namespace="vision",model="weld"')),
    Refused("a query of an hour", {"metrics": {"timeout": "1h"}}, ("spec.metrics.timeout",
            "metrics.timeout lies between 1s and 60s")),
    Refused("a lookback of nothing", {"actions": [{**TRAINING, "training": {"pipelineRef": {"name": "p"}, "lookback": "0s"}}]},
            ("spec.actions[0].training.lookback", "lookback lies between 1m and 8760h (one year)")),
    Refused("a window read two days late", {"settle": "48h"}, ("spec.settle", "settle is at most 24h")),
    Refused("a cooldown of two years", {"decision": {"cooldown": "17520h"}}, ("spec.decision.cooldown",
            "a duration is at most 8760h (one year)")),
]
# What an update of GOOD must not do.
UPDATES = [
    Refused("another target (DR-12)", {"targetRef": {"kind": "ModelDeployment", "name": "other"}}, ("spec.targetRef",
            "targetRef is immutable: create another policy for another target")),
]

# One for every kind of constraint, and the fields of later releases (strict validation).
CONSTRAINTS = [
    Refused("scores of others", check(histogram=None, score={"query": "q"}), ('unknown field "spec.checks[0].score"',)),
    Refused("native histograms", check(histogram={"metric": "m", "type": "Native"}), ("spec.checks[0].histogram.type", "unknown")),
    Refused("fairness", {"fairness": []}, ('unknown field "spec.fairness"',)),
    Refused("slots", {"reference": {"slots": "HourOfDay"}}, ('unknown field "spec.reference.slots"',)),
    Refused("a seasonal reference", {"reference": {"source": "Seasonal"}}, ("spec.reference.source", '"Profile", "Production"')),
    Refused("Persistence", {"decision": {"method": "Persistence"}}, ("spec.decision.method", '"Evidence"')),
    Refused("an online detector", check(detectors=["Evidence", "ADWIN"]), ("spec.checks[0].detectors[1]", '"MeanShift"')),
    Refused("an action of a later release", action(type="PauseRollout"), ("spec.actions[0].type", '"TriggerTraining"')),
    Refused("a channel", action(channel="x"), ('unknown field "spec.actions[0].channel"',)),
    Refused("a level between (R2-52)", {"autonomy": {"level": "ActWithApproval"}}, ("spec.autonomy.level", '"Recommend"')),
    Refused("a budget of trainings (R2-50)", {"autonomy": {"trainings": {"max": 2}}}, ('unknown field "spec.autonomy.trainings"',)),
    Refused("no target", {"targetRef": None}, ("spec.targetRef", "Required value")),
    Refused("a target of another kind", {"targetRef": {"kind": "Service", "name": "a"}}, ("spec.targetRef.kind",
            '"ModelDeployment"')),
    Refused("three clocks (R2-51)", {"clocks": [{"name": f"c{i}", "window": f"{i}h"} for i in (1, 2, 3)]}, ("spec.clocks", "2")),
    Refused("no clock", {"clocks": []}, ("spec.clocks", "at least 1")),
    Refused("65 checks (DR-10)", {"checks": [{"name": f"c{i}", "role": "Input", "histogram": {"metric": "m"}} for i in range(65)]},
            ("spec.checks", "64")),
    Refused("two checks of one name", {"checks": check()["checks"] * 2}, ("spec.checks[1]", "Duplicate value")),
    Refused("a check without a role", check(role=None), ("spec.checks[0].role", "Required value")),
    Refused("a check's name of 49 characters", check(name="a" * 49), ("spec.checks[0].name", "48")),
    Refused("one detector twice", check(detectors=["Evidence", "Evidence"]), ("spec.checks[0].detectors[1]", "Duplicate")),
    Refused("a decimal with an exponent (DR-11)", check(tolerance="5e-2"), ("spec.checks[0].tolerance", "should match")),
    Refused("a decimal with a percent sign (DR-11)", check(tolerance="5%"), ("spec.checks[0].tolerance", "should match")),
    Refused("a decimal as a number (DR-11)", check(tolerance=0.05), ("spec.checks[0].tolerance", "string")),
    Refused("ten digits after the point (DR-11)", check(tolerance="0.0123456789"), ("spec.checks[0].tolerance", "match")),
    Refused("a leading zero (DR-11)", {"decision": {"designEffect": "01"}}, ("spec.decision.designEffect", "match")),
    Refused("a metric that is none", {"discovery": {"metric": "a-b"}}, ("spec.discovery.metric", "should match")),
    Refused("65 features", {"discovery": {"metric": "m", "maxFeatures": 65}}, ("spec.discovery.maxFeatures", "equal to 64")),
    Refused("an action on nothing", action(when=[]), ("spec.actions[0].when", "at least 1")),
    Refused("an action on another thing", action(when=["Ok"]), ("spec.actions[0].when[0]", '"Recovered"')),
    Refused("eleven actions", {"actions": action()["actions"] * 11}, ("spec.actions", "10")),
    Refused("a zone that is none", {"timeZone": "Asia Tokyo"}, ("spec.timeZone", "match")),
]

AT = "2026-11-23T07:00:00Z"
REFERENCE = {"revision": "4be2a9905d", "model": SHA, "source": "Profile", "digest": SHA, "configMap": "weld-reference-01234567",
             "count": 50000, "since": AT}
STATUS = {
    "observedGeneration": 4, "phase": "Drifted",
    "summary": {"score": "1.42", "threshold": "1", "worstCheck": "luminance", "message": "m"},
    "reference": REFERENCE, "previousReference": {**REFERENCE, "source": "Production"},
    "learning": {"since": AT, "until": AT, "count": 12},
    "clocks": [{"name": "fast", "cursor": AT, "ratio": "0.2", "noData": 1}, {"name": "slow", "cursor": AT, "ratio": "1.42"}],
    "checks": [{"name": "luminance", "verdict": "Act", "clock": "slow", "evidence": "1.42", "effect": "0.187",
                "detectors": {"PSI": "0.118"}, "count": 23871, "onset": AT, "reason": "DataDrift"}],
    "checksTotal": 9, "state": "v1:" + "A" * 6900, "onsets": "A" * 700, "evidenceKey": DIGITS,
    "episode": {"id": "weld-7", "key": "3f9c21aa", "severity": "Act", "clock": "slow", "openedAt": AT, "onset": AT,
                "checks": ["luminance"], "confirmed": 1, "reason": "DataDrift", "quiet": 0, "fired": ["Act/0"],
                "remedy": {"run": "weld-j5fwma4h", "attempt": 1, "state": "Training"}},
    "episodeSeq": 7, "cooldownUntil": AT,
    "history": [{"id": "weld-6", "severity": "Warn", "openedAt": AT, "closedAt": AT, "outcome": "Cleared",
                 "reason": "DataDrift", "checks": ["luminance"]}] * 10,
    "requests": [{"id": "weld-7-TriggerTraining-1", "type": "TriggerTraining", "target": "weld", "severity": "Act", "from": AT,
                  "to": AT, "expiresAt": AT}],
    "notices": [{"id": "weld-7-Act-DataDrift", "when": "Act", "at": AT}],
    "lastRequest": {"id": "r-9", "verb": "acknowledge", "by": "anna", "outcome": "Refused", "message": "m", "time": AT},
    "handledRequests": ["r-9"] * 16, "nextAt": AT,
    "conditions": [{"type": "DriftDetected", "status": "True", "reason": "DataDrift", "message": "m", "observedGeneration": 4,
                    "lastTransitionTime": AT}],
}
HEADER = ["NAME", "STATE", "TARGET", "SCORE", "THRESHOLD", "LAST-CHECK", "READY", "AGE", "DETECTOR", "REFERENCE", "MESSAGE"]
ROW = ["accepted", "Drifted", "weld", "1.42", "1"]
