#!/usr/bin/python3
"""The trainer's programs outside a pod: same input same bytes, documents as RS-10 has them, nothing judged that was trained on.

The rules' numbers stand in the tests of the operator: these only say that the programs keep their side of the contract.
Exit 77: Debian's python3-sklearn or python3-jsonschema is not installed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

try:
    import jsonschema
    import numpy as np
    import sklearn  # noqa: F401
except ImportError as missing:
    print(f"{missing}: hack/setup model installs it")
    sys.exit(77)

from inspection import collect, contract, datasets, fit, judge, model, profile, publish  # noqa: E402
from inspection.problem import CONFIGURATION, DATA, NO_INPUT, USAGE, Problem  # noqa: E402
from inspection.store import Store  # noqa: E402

SCHEMA = json.loads((HERE / "result.schema.json").read_text())
del SCHEMA["$id"]  # relative: the library would look for it on a network
RUN = {"KAIZEN_RUN": "digits-j5fwma4h", "KAIZEN_RUN_UID": "5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6e",
       "KAIZEN_RESULT_NONCE": "0123456789abcdef0123456789abcdef", "KAIZEN_ATTEMPT": "1", "KAIZEN_SEED": "42"}
ONSET, AFTER = "2026-03-10T00:00:00Z", "2026-03-10T01:00:00Z"
STAGES = {"data": collect, "train": fit, "evaluate": judge}


def arguments_of(stage, words):
    parser = argparse.ArgumentParser()
    contract.add_arguments(parser)
    STAGES[stage].describe(parser)
    return parser.parse_args(list(words))


class Factory(unittest.TestCase):
    """A folder with a training set, a pinned set to judge with, and what production stored after the light changed."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = f"file://{cls.folder.name}"
        cls.train = cls.publish("train", "train/v1/", "--as-of", "2026-03-09T03:00:00Z")
        cls.golden = cls.publish("golden", "golden/v1/", "--as-of", "2026-03-09T03:00:00Z")
        cls.publish("production", "production/20260310T010000-0001/", "--as-of", AFTER, "--light", "5")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def publish(cls, part, place, *words):
        options = publish.arguments_of(["--part", part, "--to", f"{cls.root}/{place}", "--version", "v1", *words])
        return publish.publish(options, Store())

    def environment(self, stage, run="one", **more):
        data = {name: {k: m[k] for k in ("uri", "digest", "version")} for name, m in (("train", self.train), ("golden", self.golden))}
        data["train"]["role"], data["golden"]["role"] = "Train", "Evaluation"
        return {**RUN, "KAIZEN_STAGE": stage, "KAIZEN_DATA": json.dumps(data), "KAIZEN_ARTIFACT_URI": f"{self.root}/{run}", **more}

    def stage(self, name, environment, *words):
        """The result document of one stage, checked against RS-10."""
        arguments = arguments_of(name, words)
        job = contract.job_of(name, arguments, environment)
        text = contract.encode(job, STAGES[name].work(job, arguments))
        self.assertLessEqual(len(text), contract.TERMINATION_LIMIT)
        document = json.loads(text)
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
        self.assertEqual((document["run"], document["nonce"], document["stage"]),
                         (RUN["KAIZEN_RUN_UID"], RUN["KAIZEN_RESULT_NONCE"], name))
        return document

    def refused(self, code, words, call, *arguments):
        with self.assertRaises(Problem) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.code, code, caught.exception)
        self.assertIn(words, str(caught.exception))

    def trained(self, run, **more):
        document = self.stage("train", self.environment("train", run, **more))
        return document, document["artifacts"][0]

    def after_drift(self, run):
        """The data stage of a run that drift started, and the environment of the stages behind it (GT-41)."""
        environment = self.environment("data", run, KAIZEN_PARAMS=json.dumps({"kaizen.data.from": ONSET, "kaizen.data.to": AFTER}))
        document = self.stage("data", environment, "--production", f"{self.root}/production")
        data = json.loads(environment["KAIZEN_DATA"])
        data["train"].update({k: document["data"][k] for k in ("uri", "digest", "version")})
        return document, {"KAIZEN_DATA": json.dumps(data)}


class Data(Factory):
    def test_without_an_onset_reports_the_pinned_set_as_it_is(self):
        document = self.stage("data", self.environment("data"))

        self.assertEqual(document["data"], {
            "name": "train", "uri": self.train["uri"], "digest": self.train["digest"], "version": "v1", "rows": self.train["rows"],
            "asOf": "2026-03-09T03:00:00.000Z", "schemaDigest": datasets.SCHEMA_DIGEST, "missing": 0})
        self.assertEqual(document["metrics"]["rows_base"], self.train["rows"])

    def test_what_judges_since_the_onset_shares_no_part_with_what_is_trained_on(self):
        document, _ = self.after_drift("split")

        store = Store()
        trained = datasets.load(store, document["data"]["uri"], document["data"]["digest"])
        judged = datasets.load(store, document["artifacts"][0]["uri"], document["artifacts"][0]["digest"])
        self.assertNotEqual(trained.digest, judged.digest)
        self.assertEqual({r["id"] for r in trained.rows} & {r["id"] for r in judged.rows}, set())
        self.assertEqual(document["artifacts"][0]["name"], "since-onset")
        self.assertEqual(document["metrics"]["rows_judged"], len(judged.rows))
        self.assertEqual(document["data"]["rows"], self.train["rows"] + document["metrics"]["rows_production"])

    def test_the_same_window_gives_the_same_snapshot(self):
        first, _ = self.after_drift("again-1")
        second, _ = self.after_drift("again-2")

        self.assertEqual(first["data"]["digest"], second["data"]["digest"])
        self.assertEqual(first["artifacts"][0]["digest"], second["artifacts"][0]["digest"])
        self.assertNotEqual(first["data"]["uri"], self.train["uri"])

    def test_collects_each_photograph_once_and_only_from_the_window(self):
        with tempfile.TemporaryDirectory() as folder:
            row = {"id": "p", "line": "A", "time": "2026-03-10T00:00:01Z", "pixels": [1] * 64, "label": 3}
            rows = [row, {**row, "time": "2026-03-10T00:00:02Z"}, {**row, "pixels": [2] * 64},
                    {**row, "id": "early", "time": "2026-03-09T23:59:59Z"}, {**row, "id": "late", "time": "2026-03-10T01:00:00Z"}]
            (Path(folder) / "20260310T000003-0001.jsonl").write_bytes(datasets.encode(rows))
            (Path(folder) / "20260309T235959-0001.jsonl").write_text("never read\n")

            found = collect.collect(Store(), f"file://{folder}/", datasets.instant(ONSET), datasets.instant(AFTER))

        self.assertEqual([(r["id"], r["time"][17:19], r["pixels"][0]) for r in found], [("p", "01", 1), ("p", "01", 2)])

    def test_parts_of_a_pinned_judging_set_are_not_trained_on(self):
        job = contract.job_of("data", arguments_of("data", ()), self.environment("data"))
        golden = datasets.load(Store(), self.golden["uri"]).rows[0]

        fresh = collect.without_judged(Store(), job, "train", [golden, {**golden, "id": "new"}])

        self.assertEqual([r["id"] for r in fresh], ["new"])

    def test_nothing_new_since_the_onset_is_an_error_and_not_a_training_on_old_data(self):
        environment = self.environment("data", KAIZEN_PARAMS='{"kaizen.data.from": "2026-04-01T00:00:00Z"}')
        self.refused(NO_INPUT, "nothing to learn from", self.stage, "data", environment, "--production", f"{self.root}/production")
        self.refused(USAGE, "--production", self.stage, "data", environment)

    def test_reports_missing_pixels_of_the_worst_column(self):
        rows = datasets.load(Store(), self.train["uri"]).rows[:10]
        rows[3] = {**rows[3], "pixels": [None] + rows[3]["pixels"][1:]}
        self.assertEqual(datasets.Dataset("", rows=rows).missing, 0.1)
        self.assertEqual(len(model.arrays(rows)[0]), 9)


class Train(Factory):
    def test_the_same_seed_gives_the_same_bytes_in_another_process(self):
        _, artifact = self.trained("here")
        environment = {**os.environ, **self.environment("train", "there", KAIZEN_RESULT_PATH=f"{self.folder.name}/result.json")}
        subprocess.run(["/usr/bin/python3", HERE / "train"], env=environment, check=True)
        there = json.loads((Path(self.folder.name) / "result.json").read_text())

        self.assertEqual(there["artifacts"][0]["digest"], artifact["digest"])
        for name in ("model.json", "profile.json"):
            self.assertEqual((Path(self.folder.name) / "here" / name).read_bytes(),
                             (Path(self.folder.name) / "there" / name).read_bytes())

    def test_another_seed_and_another_strength_give_another_model(self):
        digests = {self.trained(f"s{n}", **more)[1]["digest"] for n, more in enumerate(
            ({}, {"KAIZEN_SEED": "43"}, {"KAIZEN_PARAMS": '{"strength": "0.2"}'}))}
        self.assertEqual(len(digests), 3)

    def test_reports_artifact_model_with_its_digest_and_size(self):
        document, artifact = self.trained("artifact")

        data = (Path(self.folder.name) / "artifact/model.json").read_bytes()
        self.assertEqual(artifact, {"name": "model", "uri": f"{self.root}/artifact/model.json", "digest": datasets.digest_of(data),
                                    "sizeBytes": len(data), "version": RUN["KAIZEN_RUN"]})
        self.assertGreater(document["metrics"]["cross_accuracy"], 0.93)
        self.assertEqual(document["referenceProfile"]["digest"],
                         datasets.digest_of((Path(self.folder.name) / "artifact/profile.json").read_bytes()))

    def test_the_profile_has_the_buckets_of_the_server_and_counts_every_image(self):
        self.trained("profile")
        found = json.loads((Path(self.folder.name) / "profile/profile.json").read_bytes())
        trained = json.loads((Path(self.folder.name) / "profile/model.json").read_bytes())

        self.assertEqual(found["apiVersion"], "kaizen.ml/profile/v1")
        self.assertEqual(found["rows"], self.train["rows"])
        for name, bounds in trained["histograms"].items():
            feature = found["features"][name]
            self.assertEqual(feature["bounds"], bounds)
            self.assertEqual(len(feature["counts"]), len(bounds) + 1)
            self.assertEqual(sum(feature["counts"]), self.train["rows"])
        self.assertEqual(sum(found["features"]["class"]["categories"].values()), self.train["rows"])
        self.assertEqual(found["performance"]["accuracy"]["total"], self.train["rows"])

    def test_a_value_on_a_bound_belongs_below_it_as_with_le(self):
        self.assertEqual(profile.numeric(np.array([1.0, 1.5, 2.0, 9.0]), [1, 2])["counts"], [1, 2, 1])

    def test_after_an_onset_the_profile_describes_only_what_production_sends_now(self):
        data, later = self.after_drift("now")
        self.trained("now", **later)
        found = json.loads((Path(self.folder.name) / "now/profile.json").read_bytes())

        self.assertEqual(found["rows"], data["metrics"]["rows_production"])
        self.assertGreater(found["features"]["luminance"]["min"], 7)

    def test_wrong_bytes_under_a_pinned_digest_are_not_trained_on(self):
        data = json.dumps({"train": {"uri": self.train["uri"], "digest": "sha256:" + "1" * 64}})
        self.refused(DATA, "pinned was", self.stage, "train", self.environment("train", KAIZEN_DATA=data))

    def test_too_few_rows_or_classes_are_named(self):
        rows = datasets.load(Store(), self.train["uri"]).rows
        self.refused(DATA, "49 images", model.fit, rows[:49], 0.05)
        self.refused(DATA, "no image of class 7", model.fit, [r for r in rows if r["label"] != 7], 0.05)


class Evaluate(Factory):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        cls.champion = self.trained("champion")[1]
        cls.data, later = self.after_drift("challenger")
        cls.challenger = self.trained("challenger", **later)[1]
        cls.variables = {**later, "KAIZEN_CHALLENGER_URI": cls.challenger["uri"], "KAIZEN_CHALLENGER_DIGEST": cls.challenger["digest"]}
        cls.both = {**cls.variables, "KAIZEN_CHAMPION_URI": cls.champion["uri"], "KAIZEN_CHAMPION_DIGEST": cls.champion["digest"]}

    def comparisons(self, document):
        return {(c["metric"], c.get("slice", "all")): c for c in document["evaluation"]["comparisons"]}

    def test_names_both_models_and_the_pinned_set_and_pairs_every_slice(self):
        document = self.stage("evaluate", self.environment("evaluate", "challenger", **self.both))

        evaluation = document["evaluation"]
        self.assertEqual((evaluation["dataset"], evaluation["champion"], evaluation["challenger"]),
                         (self.golden["digest"], self.champion["digest"], self.challenger["digest"]))
        found = self.comparisons(document)
        self.assertEqual(sorted(s for m, s in found if m == "accuracy"), ["all", "line=A", "line=B", "line=C", "since-onset"])
        whole = found["accuracy", "all"]
        self.assertEqual(whole["n"], self.golden["rows"])
        self.assertEqual(whole["counts"]["k2"] - whole["counts"]["k1"], whole["paired"]["c"] - whole["paired"]["b"])
        self.assertEqual(sum(found["accuracy", f"line={line}"]["n"] for line in "ABC"), whole["n"])
        self.assertEqual(set(found["log_loss", "all"]["moments"]), {"mean", "var"})

    def test_the_light_costs_ten_points_and_training_on_it_wins_them_back(self):
        document = self.stage("evaluate", self.environment("evaluate", "challenger", **self.both))

        recent = self.comparisons(document)["accuracy", "since-onset"]
        whole = self.comparisons(document)["accuracy", "all"]
        self.assertLess(recent["champion"], whole["champion"] - 0.10)
        self.assertGreater(recent["challenger"], recent["champion"] + 0.10)
        self.assertGreater(whole["challenger"], whole["champion"] - 0.02)
        self.assertEqual(recent["dataset"], self.data["artifacts"][0]["digest"])

    def test_without_a_champion_judges_alone(self):
        document = self.stage("evaluate", self.environment("evaluate", "challenger", **self.variables))

        self.assertIsNone(document["evaluation"]["champion"])
        whole = self.comparisons(document)["accuracy", "all"]
        self.assertEqual(set(whole), {"metric", "slice", "challenger", "n", "counts"})
        self.assertEqual(set(whole["counts"]), {"k2", "n2"})

    def test_without_an_onset_there_is_no_slice_since_onset(self):
        document = self.stage("evaluate", self.environment("evaluate", "champion", **self.both))
        self.assertNotIn(("accuracy", "since-onset"), self.comparisons(document))

    def test_a_set_that_was_trained_on_never_judges(self):
        self.refused(DATA, "trained on", self.stage, "evaluate", self.environment("evaluate", "challenger", **self.both),
                     "--since-onset", self.data["data"]["uri"])

    def test_a_model_with_another_digest_than_named_is_not_judged(self):
        wrong = {**self.both, "KAIZEN_CHAMPION_DIGEST": self.challenger["digest"]}
        self.refused(DATA, "champion", self.stage, "evaluate", self.environment("evaluate", "challenger", **wrong))
        self.refused(CONFIGURATION, "KAIZEN_CHALLENGER_URI", self.stage, "evaluate", self.environment("evaluate"))

    def test_flipped_labels_make_a_model_that_loses_clearly(self):
        flipped = self.publish("train", "train/flipped/", "--flip", "0.6")
        data = json.loads(self.environment("train")["KAIZEN_DATA"])
        data["train"] = {"uri": flipped["uri"], "digest": flipped["digest"]}
        bad = self.trained("flipped", KAIZEN_DATA=json.dumps(data))[1]

        document = self.stage("evaluate", self.environment("evaluate", "flipped", **{
            **self.both, "KAIZEN_CHALLENGER_URI": bad["uri"], "KAIZEN_CHALLENGER_DIGEST": bad["digest"]}))

        whole = self.comparisons(document)["accuracy", "all"]
        self.assertLess(whole["challenger"], 0.6)
        self.assertGreater(whole["paired"]["b"], 100)


class Contract(Factory):
    def job(self, **more):
        return contract.job_of("train", arguments_of("train", ()), self.environment("train", **more))

    def test_run_and_nonce_are_the_environments_and_broken_ones_are_refused(self):
        job = self.job()
        self.assertEqual((job.uid, job.nonce, job.seed, job.attempt), (RUN["KAIZEN_RUN_UID"], RUN["KAIZEN_RESULT_NONCE"], 42, 1))
        self.refused(CONFIGURATION, "RS-2", lambda: self.job(KAIZEN_RESULT_NONCE="short"))
        self.refused(CONFIGURATION, "KAIZEN_STAGE is data", lambda: self.job(KAIZEN_STAGE="data"))

    def test_broken_variables_are_named(self):
        for name, value in (("KAIZEN_DATA", "{"), ("KAIZEN_DATA", "[]"), ("KAIZEN_DATA", '{"train": "s3://x/y"}'),
                            ("KAIZEN_PARAMS", '{"strength": 1}'), ("KAIZEN_SEED", "-1")):
            self.refused(CONFIGURATION, name, lambda n=name, v=value: self.job(**{n: v}))
        self.refused(USAGE, "strength", lambda: self.job(KAIZEN_PARAMS='{"strength": "much"}').number("strength", 1.0))

    def test_arguments_win_over_the_environment(self):
        arguments = arguments_of("train", ["--seed", "7", "--param", "strength=0.1", "--artifacts", "s3://b/other",
                                           "--data", "train=s3://b/t@sha256:" + "2" * 64])
        job = contract.job_of("train", arguments, self.environment("train"))

        self.assertEqual((job.seed, job.params, job.artifacts), (7, {"strength": "0.1"}, "s3://b/other/"))
        self.assertEqual((job.data["train"].uri, job.data["train"].digest), ("s3://b/t/", "sha256:" + "2" * 64))
        self.assertEqual(job.data["golden"].digest, self.golden["digest"])

    def test_more_than_a_termination_message_holds_is_an_error_and_no_cut_document(self):
        job = contract.Job("train", uid="u", nonce="0" * 32, result_path=contract.TERMINATION_LOG)
        self.refused(DATA, "4096", contract.report, job, {"metrics": {f"metric_{n}": 1 for n in range(400)}})

    def test_no_document_with_nan(self):
        job = contract.Job("train", uid="u", nonce="0" * 32)
        self.refused(DATA, "result.metrics.loss is nan", contract.encode, job, {"metrics": {"loss": float("nan")}})

    def test_outside_a_pod_a_program_prints_its_result(self):
        done = subprocess.run(["/usr/bin/python3", HERE / "data", "--data", f"train={self.train['uri']}"], capture_output=True,
                              text=True, check=True, env={"PATH": os.environ["PATH"]})
        self.assertEqual(json.loads(done.stdout)["data"]["digest"], self.train["digest"])

    def test_a_failing_program_says_why_in_its_last_line_and_in_its_status(self):
        done = subprocess.run(["/usr/bin/python3", HERE / "data", "--data", f"train={self.root}/nowhere"], capture_output=True,
                              text=True, check=False, env={"PATH": os.environ["PATH"]})
        self.assertEqual((done.returncode, done.stdout), (NO_INPUT, ""))
        self.assertEqual(done.stderr, f"data: {self.root}/nowhere/: there is no data set\n")


class Files(Factory):
    def test_the_digest_of_a_folder_is_that_of_its_sorted_listing(self):
        self.assertEqual(datasets.listing_digest([("a/b", b"hello\n"), ("c", b"")]), datasets.digest_of(
            b"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  6  a/b\n"
            b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  0  c\n"))

    def test_the_manifest(self):
        self.assertEqual(self.train["schema"], "kaizen.dataset/v1")
        self.assertEqual(set(self.train), {"schema", "version", "uri", "digest", "rows", "createdAt"})

    def test_a_line_that_is_no_image_is_named(self):
        good = datasets.load(Store(), self.train["uri"]).rows[0]
        for change in ({"label": 10}, {"label": True}, {"pixels": [0] * 63}, {"pixels": [17] + [0] * 63}, {"time": "yesterday"},
                       {"time": "2026-03-09T03:00:00"}, {"id": 7}, {"line": ""}, {"pixels": None}):
            self.refused(DATA, "line 2" if "time" not in change else "time", datasets.parse, "rows.jsonl",
                         datasets.encode([good, {**good, **change}]))
        self.refused(DATA, "line 1", datasets.parse, "rows.jsonl", b"{\n")

    def test_no_image_is_in_two_parts_and_each_is_in_one(self):
        parts = [{name for name, *_ in datasets.digits(part)} for part in datasets.PARTS]
        self.assertEqual(sum(map(len, parts)), 1797)
        self.assertEqual(len(set.union(*parts)), 1797)

    def test_uris_of_other_worlds_are_refused(self):
        for uri in ("https://x/y", "s3://bucket", "s3:///key", "file://host/path", "/plain"):
            self.refused(USAGE, uri, Store().get, uri)


if __name__ == "__main__":
    unittest.main()
