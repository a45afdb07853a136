"""Stage train: the model and its reference profile, from one data set, one seed and one parameter."""

from . import cluster, datasets, model, profile
from .datasets import digest_of
from .store import Store


def describe(parser):
    """Trains on one data set and writes model.json and profile.json below the run's artifacts. The same data, seed and
    parameter `strength` give the same bytes."""
    parser.add_argument("--dataset", default="train", help="the data set to train on")
    parser.add_argument("--profile-config-map", action="store_true",
                        help="also publish the profile as ConfigMap <run>-profile (DR-50), with the pod's service account")


def work(job, arguments, store=None):
    store = store or Store()
    pinned = job.dataset(arguments.dataset)
    rows = datasets.load(store, pinned.uri, pinned.digest).rows
    strength = job.number("strength", model.STRENGTH)
    trained, accuracy = model.train(rows, job.seed, strength)
    described = profile.make(rows, trained, job.seed, strength)
    model_bytes, profile_bytes = model.encode(trained), profile.encode(described)
    store.put(job.artifact("model.json"), model_bytes)
    store.put(job.artifact("profile.json"), profile_bytes)
    if arguments.profile_config_map:
        cluster.create_config_map(f"{job.run}-profile", {"profile.json": profile_bytes.decode()}, job)
    judged = described["performance"]["accuracy"]
    metrics = {"rows": len(rows), "rows_profile": described["rows"], "cross_accuracy": 1 - judged["bad"] / judged["total"]}
    if accuracy is not None:
        metrics["validation_accuracy"] = accuracy
    artifact = {"name": "model", "uri": job.artifact("model.json"), "digest": digest_of(model_bytes), "sizeBytes": len(model_bytes)}
    if job.run:
        artifact["version"] = job.run
    return {"metrics": metrics, "artifacts": [artifact],
            "referenceProfile": {"uri": job.artifact("profile.json"), "digest": digest_of(profile_bytes), "sizeBytes": len(profile_bytes)}}
