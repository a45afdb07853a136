"""People who use the model: real HTTP clients that send held-out cases through the real gateway, at a steady bounded rate."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What the clients saw between two looks."""
    requests: int = 0
    failed: int = 0
    by_revision: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)  # (seconds since start, what), the first 50

    def __str__(self):
        share = ", ".join(f"{revision or 'no answer'} {count}" for revision, count in sorted(self.by_revision.items()))
        return f"{self.requests} requests, {self.failed} failed ({share})"


class Traffic:
    MOST_SECONDS = 3600  # stops by itself, whatever happens to the story

    def __init__(self, address, port, host, samples, per_second=150, clients=6):
        self.address, self.port, self.host = address, port, host
        self.samples = itertools.cycle(samples)
        self.pause = clients / per_second
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.started, self.seen, self.total = time.monotonic(), Seen(), Seen()
        self.threads = [threading.Thread(target=self._client, args=(i / per_second,), daemon=True) for i in range(clients)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(timeout=15)

    def take(self):
        """What was seen since the last take."""
        with self.lock:
            seen, self.seen = self.seen, Seen()
        return seen

    def look(self):
        with self.lock:
            return Seen(self.seen.requests, self.seen.failed, Counter(self.seen.by_revision), list(self.seen.failures))

    def question(self, sample):
        """What is asked about a sample; called by one client at a time."""
        return {"features": sample["features"]}

    def answered(self, sample, question, answer):
        """After each answer of the model; called by several clients at a time."""

    def _client(self, offset):
        connection, due = None, time.monotonic() + offset
        while not self.stopping.is_set() and time.monotonic() - self.started < self.MOST_SECONDS:
            due = max(due + self.pause, time.monotonic() - 1)  # never more than a second to catch up
            time.sleep(max(0.0, due - time.monotonic()))
            with self.lock:
                sample = next(self.samples)
                question = self.question(sample)
            connection, answer, problem = self._ask(connection, json.dumps(question).encode())
            self._record(answer.get("revision", ""), problem)
            if not problem:
                self.answered(sample, question, answer)
        if connection is not None:
            connection.close()

    def _ask(self, connection, body):
        if connection is None:
            connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        try:
            connection.request("POST", "/predict", body, {"Host": self.host, "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.will_close:
                connection.close()
                connection = None
            if answer.status != 200:
                return connection, {}, f"{answer.status} {text[:80]!r}"
            document = json.loads(text)
            return connection, document, "" if document["revision"] else "an answer of no revision"
        except (OSError, http.client.HTTPException, ValueError, KeyError) as problem:
            connection.close()
            return None, {}, repr(problem)

    def _record(self, revision, problem):
        with self.lock:
            for seen in (self.seen, self.total):
                seen.requests += 1
                seen.by_revision[revision] += 1
                if problem:
                    seen.failed += 1
                    if len(seen.failures) < 50:
                        seen.failures.append((round(time.monotonic() - self.started, 1), problem))
