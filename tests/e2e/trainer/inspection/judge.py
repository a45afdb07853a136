"""Stage evaluate: champion and challenger on the same images, counted in pairs, per slice."""

import json

import numpy as np

from . import collect, contract, datasets, model
from .datasets import digest_of
from .problem import CONFIGURATION, DATA, Problem
from .store import Store

MOST_LOSS = 20.0  # per image: a probability below e^-20 counts as that


def describe(parser):
    """Compares challenger and champion on the pinned data set, per production line, and on the images since the onset when
    the data stage has left some: paired counts (GT-10), counts for floors, and moments of the loss (GT-13)."""
    parser.add_argument("--dataset", default="golden", help="the pinned data set to judge with")
    parser.add_argument("--champion", metavar="URI[@DIGEST]", help="instead of KAIZEN_CHAMPION_URI; none: judged alone")
    parser.add_argument("--challenger", metavar="URI[@DIGEST]", help="instead of KAIZEN_CHALLENGER_URI")
    parser.add_argument("--since-onset", metavar="URI", help="folder, instead of what the data stage left below the artifacts")


def work(job, arguments, store=None):
    store = store or Store()
    challenger = fetch(store, "challenger", model_reference(arguments.challenger, job.challenger))
    if challenger is None:
        raise Problem(CONFIGURATION, "no model to judge: KAIZEN_CHALLENGER_URI is not set; or use --challenger")
    champion = fetch(store, "champion", model_reference(arguments.champion, job.champion))
    pinned = job.dataset(arguments.dataset)
    golden = datasets.load(store, pinned.uri, pinned.digest)
    if not golden.rows:
        raise Problem(DATA, f"{pinned.uri}: no image to judge with")
    comparisons = [compare(golden.rows, champion, challenger, "all"), losses(golden.rows, champion, challenger)]
    for line in sorted({r["line"] for r in golden.rows}):
        comparisons.append(compare([r for r in golden.rows if r["line"] == line], champion, challenger, f"line={line}"))
    recent = since_onset(store, job, arguments)
    if recent is not None:
        comparisons.append({**compare(recent.rows, champion, challenger, "since-onset"), "dataset": recent.digest})
    return {"metrics": {"accuracy": comparisons[0]["challenger"], "model_bytes": challenger[2]},
            "evaluation": {"dataset": golden.digest, "challenger": challenger[1], "champion": champion[1] if champion else None,
                           "comparisons": comparisons}}


def model_reference(argument, from_environment):
    return from_environment if argument is None else contract.Reference(*contract.uri_and_digest(argument))


def fetch(store, who, reference):
    """Model, digest, size; None when there is none."""
    if reference is None:
        return None
    data = store.get(reference.uri)
    return model.decode(f"{who} {reference.uri}", data, reference.digest), digest_of(data), len(data)


def since_onset(store, job, arguments):
    """The images that the data stage kept from training; None when it kept none. Never a set that was trained on."""
    if arguments.since_onset:
        found = datasets.load(store, contract.folder(arguments.since_onset))
    elif not job.artifacts or not store.list(job.artifact(collect.RECENT)):
        return None
    else:
        note = json.loads(store.get(job.artifact("data/since-onset.json")))
        found = datasets.load(store, note["uri"], note["digest"])
    for name, reference in job.data.items():
        if found.digest == reference.digest:
            raise Problem(DATA, f"{found.uri} is data set {name}: what was trained on cannot judge (GT-5)")
    return found


def right(one, rows):
    _, pixels, labels = model.arrays(rows)
    return model.probabilities(one[0], pixels).argmax(axis=1) == labels


def compare(rows, champion, challenger, where):
    """b: only the champion is right; c: only the challenger is."""
    new = right(challenger, rows)
    total = len(new)
    if total == 0:
        raise Problem(DATA, f"slice {where}: no image with every pixel")
    result = {"metric": "accuracy", "slice": where, "challenger": int(new.sum()) / total, "n": total,
              "counts": {"k2": int(new.sum()), "n2": total}}
    if champion:
        old = right(champion, rows)
        result["champion"] = int(old.sum()) / total
        result["paired"] = {"b": int((old & ~new).sum()), "c": int((new & ~old).sum())}
        result["counts"].update({"k1": int(old.sum()), "n1": total})
    return result


def loss(one, rows):
    _, pixels, labels = model.arrays(rows)
    chance = model.probabilities(one[0], pixels)[np.arange(len(labels)), labels]
    return np.minimum(MOST_LOSS, -np.log(np.maximum(chance, 1e-300)))


def losses(rows, champion, challenger):
    """Lower is better; the moments are of challenger minus champion, image by image."""
    new = loss(challenger, rows)
    result = {"metric": "log_loss", "challenger": short(new.mean()), "n": len(new)}
    if champion:
        old = loss(champion, rows)
        result["champion"] = short(old.mean())
        result["moments"] = {"mean": short((new - old).mean()), "var": short((new - old).var(ddof=1)) if len(new) > 1 else 0.0}
    return result


def short(value):
    return round(float(value), 12)
