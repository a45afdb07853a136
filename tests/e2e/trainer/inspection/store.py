"""Objects by URI: s3:// through boto3, file:// for programs outside a pod. A folder's URI ends in a slash."""

import os
from pathlib import Path
from urllib.parse import urlparse

from .problem import CONFIGURATION, NO_INPUT, TRY_AGAIN, USAGE, Problem


class Store:
    """Endpoint and key come from AWS_ENDPOINT_URL, AWS_REGION, AWS_CA_BUNDLE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY."""

    def __init__(self):
        self._s3 = None

    def get(self, uri):
        place = _parse(uri)
        if place.scheme == "s3":
            return self._call(uri, "get_object", Bucket=place.netloc, Key=place.path[1:])["Body"].read()
        try:
            return Path(place.path).read_bytes()
        except OSError as problem:
            raise Problem(NO_INPUT, f"{uri}: {problem.strerror}") from problem

    def put(self, uri, data):
        """Whole or not at all, in both worlds."""
        place = _parse(uri)
        if place.scheme == "s3":
            self._call(uri, "put_object", Bucket=place.netloc, Key=place.path[1:], Body=data)
            return
        path = Path(place.path)
        new = path.with_name(f".{path.name}.new-{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(data)
            os.replace(new, path)
        except OSError as problem:
            raise Problem(CONFIGURATION, f"{uri}: {problem.strerror}") from problem

    def list(self, folder, after=""):
        """The paths below a folder, relative to it and sorted bytewise, from the first one behind `after`."""
        place = _parse(folder)
        if not folder.endswith("/"):
            raise Problem(USAGE, f"{folder}: the URI of a folder ends in a slash")
        if place.scheme == "s3":
            names = self._list_s3(folder, place, after)
        else:
            root = Path(place.path)
            names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and not p.name.startswith(".")]
        return sorted((n for n in names if n > after), key=str.encode)

    def _list_s3(self, folder, place, after):
        prefix, more, names = place.path[1:], {}, []
        while True:
            answer = self._call(folder, "list_objects_v2", Bucket=place.netloc, Prefix=prefix, StartAfter=prefix + after, **more)
            names += [o["Key"][len(prefix):] for o in answer.get("Contents", []) if not o["Key"].endswith("/")]
            if not answer.get("IsTruncated"):
                return names
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _call(self, uri, name, **arguments):
        try:
            import botocore.exceptions as failures
        except ImportError as problem:
            raise Problem(CONFIGURATION, f"{uri}: s3 needs boto3 (Debian's python3-boto3)") from problem
        try:
            if self._s3 is None:
                self._s3 = _client()
            return getattr(self._s3, name)(**arguments)
        except failures.ClientError as problem:
            error = problem.response.get("Error", {})
            status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            absent = error.get("Code") in ("NoSuchKey", "NoSuchBucket", "404")
            code = NO_INPUT if absent else TRY_AGAIN if status >= 500 or status == 429 else CONFIGURATION
            raise Problem(code, f"{uri}: {status} {error.get('Code')}: {error.get('Message')}") from problem
        except failures.NoCredentialsError as problem:
            raise Problem(CONFIGURATION, f"{uri}: no key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") from problem
        except (failures.BotoCoreError, OSError) as problem:
            raise Problem(TRY_AGAIN, f"{uri}: {problem}") from problem


def _client():
    import boto3
    from botocore.config import Config
    settings = Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30,
                      retries={"max_attempts": 4, "mode": "standard"})
    return boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None, config=settings,
                        region_name=os.environ.get("AWS_REGION") or "us-east-1")


def _parse(uri):
    place = urlparse(uri)
    if place.scheme not in ("s3", "file") or len(place.path) < 2 or (place.scheme == "s3") != bool(place.netloc):
        raise Problem(USAGE, f"{uri}: wanted s3://BUCKET/KEY or file:///PATH")
    return place
