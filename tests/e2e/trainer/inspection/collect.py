"""Stage data: checks the training set, and after an onset adds what production has seen since."""

from collections import Counter

from . import contract, datasets
from .datasets import instant, share_of, text_of
from .problem import DATA, NO_INPUT, USAGE, Problem
from .store import Store

JUDGED = 0.35  # share of the parts seen in production that are kept for judging
FROM, TO = "kaizen.data.from", "kaizen.data.to"  # parameters of a run that drift started (TG-21)
RECENT = "data/since-onset/"  # below the run's artifacts; evaluate finds it there


def describe(parser):
    """Checks the training set and reports it (GT-40). With --from (or parameter kaizen.data.from) it becomes a snapshot with
    the labelled production images since then (GT-41); a share of the parts is left out of it, as slice since-onset."""
    parser.add_argument("--dataset", default="train", help="the data set that is trained on")
    parser.add_argument("--production", metavar="URI", help="folder of labelled production images; needed with --from")
    parser.add_argument("--from", dest="since", metavar="TIME", help=f"instead of parameter {FROM}")
    parser.add_argument("--to", metavar="TIME", help=f"instead of parameter {TO}; not included")


def work(job, arguments, store=None):
    store = store or Store()
    pinned = job.dataset(arguments.dataset)
    base = datasets.load(store, pinned.uri)  # its digest is reported as it is: the operator compares (GT-41)
    since = arguments.since or job.params.get(FROM, "")
    if not since:
        return sections(arguments.dataset, base, pinned.version, {"rows_base": len(base.rows)})
    if not arguments.production:
        raise Problem(USAGE, f"{FROM} is set, so --production must name the folder of production images")
    until = arguments.to or job.params.get(TO, "") or None
    seen = collect(store, contract.folder(arguments.production), instant(since), instant(until) if until else None)
    fresh = without_judged(store, job, arguments.dataset, seen)
    if not fresh:
        raise Problem(NO_INPUT, f"{arguments.production}: {len(seen)} labelled images since {since} until {until or 'now'}, none of "
                                "them new: nothing to learn from")
    to_judge = [r for r in fresh if share_of("judged", r["id"]) < JUDGED]
    to_train = [r for r in fresh if share_of("judged", r["id"]) >= JUDGED]
    return snapshot(store, job, arguments.dataset, base, pinned, to_train, to_judge)


def snapshot(store, job, name, base, pinned, to_train, to_judge):
    """Two folders with different parts, so with different digests, and a manifest for who judges (second set, 21)."""
    trained = datasets.save(store, job.artifact(f"data/{name}/"), base.rows + [{**r, "source": "production"} for r in to_train])
    version = f"{pinned.version or 'unversioned'}+{job.run or 'by-hand'}"
    counts = {"rows_base": len(base.rows), "rows_production": len(to_train), "rows_judged": len(to_judge)}
    result = sections(name, trained, version, counts)
    if to_judge:
        judged = datasets.save(store, job.artifact(RECENT), to_judge)
        result["artifacts"] = [{"name": "since-onset", "uri": judged.uri, "digest": judged.digest}]
        note = datasets.manifest(judged, version, judged.as_of)
        store.put(job.artifact("data/since-onset.json"), datasets.encode([note]))
    return result


def collect(store, folder, since, until):
    """Labelled images taken in [since, until), each photograph once, oldest first. Files are named by when they were
    written, so no file from before `since` holds any of them."""
    rows = []
    for name in store.list(folder, after=since.strftime("%Y%m%dT%H%M%S")):
        for row in datasets.parse(folder + name, store.get(folder + name)):
            if since <= instant(row["time"]) and (until is None or instant(row["time"]) < until):
                rows.append(row)
    rows.sort(key=lambda r: (instant(r["time"]), r["id"]))
    once = {}
    for row in rows:
        once.setdefault((row["id"], tuple(row["pixels"])), row)
    return list(once.values())


def without_judged(store, job, name, rows):
    """Without parts that a pinned data set judges with: training on them would make its verdict worthless."""
    known = set()
    for other, reference in job.data.items():
        if other != name and reference.role != "Train":
            known |= {r["id"] for r in datasets.load(store, reference.uri, reference.digest).rows}
    return [r for r in rows if r["id"] not in known]


def sections(name, dataset, version, counts):
    labels = Counter(r["label"] for r in dataset.rows)
    shares = [labels[c] / max(1, len(dataset.rows)) for c in range(datasets.CLASSES)]
    data = {"name": name, "uri": dataset.uri, "digest": dataset.digest, "version": version, "rows": len(dataset.rows),
            "asOf": dataset.as_of, "schemaDigest": datasets.SCHEMA_DIGEST, "missing": dataset.missing}
    return {"metrics": {**counts, "label_share_min": min(shares), "label_share_max": max(shares)},
            "data": {k: v for k, v in data.items() if v not in ("", None)}}
