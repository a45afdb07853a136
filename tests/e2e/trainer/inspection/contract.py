"""What kaizen and a stage's program say to each other: the environment in (TP-24), the result document out (RS-10)."""

import json
import math
import os
import re
import sys
from dataclasses import dataclass, field

from . import cluster
from .problem import CONFIGURATION, DATA, USAGE, Problem

TERMINATION_LOG = "/dev/termination-log"
TERMINATION_LIMIT = 4096  # bytes that the kubelet keeps of a container's message (RS-20)
CONFIG_MAP_LIMIT = 256 << 10  # RS-22
CHILD_CODES = {"data": "d", "train": "t", "evaluate": "e"}  # TP-3
BY_HAND = {"run": "00000000-0000-0000-0000-000000000000", "nonce": "0" * 32}  # no operator, so nobody compares them


@dataclass
class Reference:
    """Something that lies in storage. No digest: it was not pinned."""
    uri: str
    digest: str = ""
    version: str = ""
    role: str = ""


@dataclass
class Job:
    """One attempt of one stage. Made of the environment; a program's arguments win over it."""
    stage: str
    run: str = ""
    uid: str = ""
    nonce: str = ""
    attempt: int = 0
    seed: int = 0
    params: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)  # name -> Reference
    artifacts: str = ""  # folder of this run, ends in a slash
    champion: Reference = None
    challenger: Reference = None
    result_path: str = ""
    result_config_map: bool = False

    def dataset(self, name):
        if name not in self.data:
            raise Problem(CONFIGURATION, f"KAIZEN_DATA has no data set {name}; it has {', '.join(self.data) or 'none'}")
        return self.data[name]

    def artifact(self, path):
        if not self.artifacts:
            raise Problem(CONFIGURATION, "KAIZEN_ARTIFACT_URI is not set, so there is no place for artifacts; or use --artifacts")
        return self.artifacts + path

    def number(self, name, otherwise):
        text = self.params.get(name, "")
        try:
            return float(text) if text else otherwise
        except ValueError as problem:
            raise Problem(USAGE, f"parameter {name}: {text!r} is not a number") from problem


def add_arguments(parser):
    """What every program takes; without them the environment speaks."""
    parser.add_argument("--data", action="append", default=[], metavar="NAME=URI[@DIGEST]", help="instead of KAIZEN_DATA")
    parser.add_argument("--artifacts", metavar="URI", help="folder for what is made, instead of KAIZEN_ARTIFACT_URI")
    parser.add_argument("--seed", type=int, help="instead of KAIZEN_SEED")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="over KAIZEN_PARAMS")
    parser.add_argument("--result", metavar="PATH", help="instead of KAIZEN_RESULT_PATH; - is standard output")
    parser.add_argument("--result-config-map", action="store_true",
                        help="report in ConfigMap <run>-<code><attempt>-result instead (RS-22), with the pod's service account")


def job_of(stage, arguments, environment=None):
    env = os.environ if environment is None else environment
    if env.get("KAIZEN_STAGE", stage) != stage:
        raise Problem(CONFIGURATION, f"this is the program of stage {stage}, KAIZEN_STAGE is {env['KAIZEN_STAGE']}")
    params = _strings("KAIZEN_PARAMS", _json(env, "KAIZEN_PARAMS", "{}"))
    params.update(_pair("--param", p) for p in arguments.param)
    data = {name: _reference(name, value) for name, value in _json(env, "KAIZEN_DATA", "{}").items()}
    data.update((name, Reference(*uri_and_digest(value))) for name, value in (_pair("--data", d) for d in arguments.data))
    seed = arguments.seed if arguments.seed is not None else _integer(env, "KAIZEN_SEED")
    by_hand = "KAIZEN_RESULT_NONCE" not in env and "KAIZEN_RUN_UID" not in env
    job = Job(stage, env.get("KAIZEN_RUN", ""), env.get("KAIZEN_RUN_UID", ""), env.get("KAIZEN_RESULT_NONCE", ""),
              _integer(env, "KAIZEN_ATTEMPT"), seed, params, data, folder(arguments.artifacts or env.get("KAIZEN_ARTIFACT_URI", "")),
              _model(env, "KAIZEN_CHAMPION"), _model(env, "KAIZEN_CHALLENGER"),
              arguments.result or env.get("KAIZEN_RESULT_PATH") or ("-" if by_hand else TERMINATION_LOG),
              arguments.result_config_map)
    if by_hand:
        job.uid, job.nonce = BY_HAND["run"], BY_HAND["nonce"]
    elif not job.uid or not re.fullmatch(r"[0-9a-f]{32}", job.nonce):
        raise Problem(CONFIGURATION, "KAIZEN_RUN_UID and KAIZEN_RESULT_NONCE (32 hex digits) belong together (RS-2)")
    return job


def report(job, sections):
    """Writes the result document where kaizen reads it."""
    text = encode(job, sections)
    if job.result_config_map:
        if len(text) > CONFIG_MAP_LIMIT:
            raise Problem(DATA, f"the result has {len(text)} bytes, a ConfigMap takes {CONFIG_MAP_LIMIT} (RS-22)")
        cluster.create_config_map(f"{job.run}-{CHILD_CODES[job.stage]}{job.attempt}-result", {"result.json": text.decode()}, job)
        return
    if job.result_path == "-":
        print(text.decode())
        return
    if job.result_path == TERMINATION_LOG and len(text) > TERMINATION_LIMIT:
        raise Problem(DATA, f"the result has {len(text)} bytes, a termination message takes {TERMINATION_LIMIT} (RS-20); "
                            "use --result-config-map")
    try:
        with open(job.result_path, "wb") as file:
            file.write(text)
    except OSError as problem:
        raise Problem(CONFIGURATION, f"result path {job.result_path}: {problem.strerror}") from problem


def encode(job, sections):
    document = {"schema": "kaizen.result/v1", "run": job.uid, "nonce": job.nonce, "stage": job.stage, **sections}
    _only_finite("", document)
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def main(stage, describe, work):
    """`work(job, arguments)` returns the sections of the result. The last line on stderr is what kaizen shows on failure."""
    import argparse
    parser = argparse.ArgumentParser(prog=stage, description=describe.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    describe(parser)
    arguments = parser.parse_args()
    try:
        job = job_of(stage, arguments)
        report(job, work(job, arguments))
    except Problem as problem:
        print(f"{stage}: {problem}", file=sys.stderr)
        return problem.code
    return 0


def _json(env, name, otherwise):
    try:
        value = json.loads(env.get(name) or otherwise)
    except ValueError as problem:
        raise Problem(CONFIGURATION, f"{name} is not JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise Problem(CONFIGURATION, f"{name}: wanted an object by name")
    return value


def _strings(name, values):
    for key, value in values.items():
        if not isinstance(value, str):
            raise Problem(CONFIGURATION, f"{name}.{key}: wanted a string, as every engine passes strings")
    return values


def _reference(name, value):
    if not isinstance(value, dict) or not isinstance(value.get("uri"), str):
        raise Problem(CONFIGURATION, f"KAIZEN_DATA.{name}: wanted an object with a uri")
    return Reference(folder(value["uri"]), value.get("digest") or "", value.get("version") or "", value.get("role") or "")


def _model(env, prefix):
    uri = env.get(f"{prefix}_URI", "")
    return Reference(uri, env.get(f"{prefix}_DIGEST", "")) if uri else None


def _integer(env, name):
    text = env.get(name) or "0"
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise Problem(CONFIGURATION, f"{name}: {text!r} is not a whole number")
    return int(text)


def _pair(option, text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise Problem(USAGE, f"{option} {text}: wanted NAME=VALUE")
    return name, value


def uri_and_digest(text):
    uri, _, digest = text.partition("@sha256:")
    return folder(uri), f"sha256:{digest}" if digest else ""


def folder(uri):
    return uri if not uri or uri.endswith("/") else uri + "/"


def _only_finite(path, value):
    if isinstance(value, float) and not math.isfinite(value):
        raise Problem(DATA, f"result{path} is {value}, which no document may hold (RS-40)")
    if isinstance(value, (dict, list)):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            _only_finite(f"{path}.{key}", member)
