"""Data sets: a folder of JSON lines, one inspected image each, named by the digest of what it holds (TP-41).

A row: {"id": "digit-0017", "line": "A", "time": "2026-03-09T03:00:00Z", "pixels": [64 numbers, 0..16], "label": 7}
`id` names the part that was photographed: rows with one id are never split between training and judging.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .problem import DATA, NO_INPUT, USAGE, Problem

PIXELS, BRIGHTEST, CLASSES = 64, 16, 10
LINES = "ABC"
MOST_BYTES = 64 << 20
SCHEMA = {"id": "string", "label": f"integer 0..{CLASSES - 1}", "line": "string",
          "pixels": f"{PIXELS} numbers 0..{BRIGHTEST} or null", "time": "RFC 3339, UTC"}


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


SCHEMA_DIGEST = digest_of(json.dumps(SCHEMA, sort_keys=True, separators=(",", ":")).encode())


def share_of(*words):
    """A number in [0, 1) that always is the same for the same words: every split of this package is made of it."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, words)).encode()).digest()[:8], "big") / 2**64


def instant(text):
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError as problem:
        raise Problem(DATA, f"time {text!r}: wanted RFC 3339, like 2026-03-09T03:00:00Z") from problem
    if moment.tzinfo is None:
        raise Problem(DATA, f"time {text!r}: no zone; wanted RFC 3339, like 2026-03-09T03:00:00Z")
    return moment.astimezone(timezone.utc)


def text_of(moment):
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(rows):
    return "".join(json.dumps(r, sort_keys=True, separators=(",", ":")) + "\n" for r in rows).encode()


def parse(name, data):
    """Rows of one file. A row that is not one ends it: training on what is left would be a guess."""
    rows = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            row = json.loads(line)
            _check(row)
        except (ValueError, TypeError, KeyError) as problem:
            raise Problem(DATA, f"{name}, line {number}: not an inspected image: {problem!r}") from problem
        rows.append(row)
    return rows


def _check(row):
    if not isinstance(row["id"], str) or not re.fullmatch(r"[ -~]{1,64}", row["line"]):
        raise ValueError("id or line")
    instant(row["time"])
    if type(row["label"]) is not int or not 0 <= row["label"] < CLASSES:
        raise ValueError("label")
    if len(row["pixels"]) != PIXELS or any(p is not None and not 0 <= p <= BRIGHTEST for p in row["pixels"]):
        raise ValueError("pixels")


@dataclass
class Dataset:
    uri: str
    digest: str = ""
    rows: list = field(default_factory=list)

    @property
    def as_of(self):
        return text_of(max(instant(r["time"]) for r in self.rows)) if self.rows else None

    @property
    def missing(self):
        """Share of rows without a value in the worst column."""
        count = Counter(i for r in self.rows for i, p in enumerate(r["pixels"]) if p is None)
        return max(count.values(), default=0) / max(1, len(self.rows))


def listing_digest(files):
    """TP-41 for a folder: the digest of its listing. `files` are pairs of path and content."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {len(data)}  {path}\n" for path, data in files]
    return digest_of("".join(lines).encode())


def load(store, uri, wanted_digest=""):
    """The whole data set. `wanted_digest`: what was pinned; other bytes are a Problem."""
    names = store.list(uri)
    if not names:
        raise Problem(NO_INPUT, f"{uri}: there is no data set")
    files, size = [], 0
    for name in names:
        files.append((name, store.get(uri + name)))
        size += len(files[-1][1])
        if size > MOST_BYTES:
            raise Problem(DATA, f"{uri}: more than {MOST_BYTES} bytes")
    found = Dataset(uri, listing_digest(files), [row for name, data in files for row in parse(uri + name, data)])
    if wanted_digest and found.digest != wanted_digest:
        raise Problem(DATA, f"{uri}: its digest is {found.digest}, pinned was {wanted_digest}")
    return found


def save(store, uri, rows):
    data = encode(rows)
    store.put(uri + "rows.jsonl", data)
    return Dataset(uri, listing_digest([("rows.jsonl", data)]), rows)


def manifest(dataset, version, created_at):
    """RS-30; written behind the data, so that who reads it finds the data complete."""
    return {"schema": "kaizen.dataset/v1", "version": version, "uri": dataset.uri, "digest": dataset.digest,
            "rows": len(dataset.rows), "createdAt": created_at}


# ---- where the images come from ----

PARTS = {"train": (0.0, 0.45), "golden": (0.45, 0.70), "production": (0.70, 1.0)}


def digits(part):
    """The images of a part as (id, line, pixels, label): no image is in two parts."""
    if part not in PARTS:
        raise Problem(USAGE, f"part {part}: wanted one of {', '.join(PARTS)}")
    from sklearn.datasets import load_digits
    low, high = PARTS[part]
    source, result = load_digits(), []
    for number, (pixels, label) in enumerate(zip(source.data, source.target)):
        name = f"digit-{number:04d}"
        if low <= share_of("part", name) < high:
            result.append((name, LINES[int(share_of("line", name) * len(LINES))], [int(p) for p in pixels], int(label)))
    return result


def lit(pixels, light):
    """The same part under another light: an offset, clipped as a sensor does."""
    return [min(BRIGHTEST, max(0, p + light)) for p in pixels]
