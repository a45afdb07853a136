#!/usr/bin/env python3
"""Plays steps of the story against a cluster that hack/demo prepared. Runs inside the cluster's network.

    tests/e2e/story/play.py --steps 1,2,3 --samples FILE [--kubectl PATH]      KUBECONFIG names the cluster
"""

import argparse
import json
import os
import re
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from story import bad_input, kills, manifests, steps, world  # noqa: E402
from story.api import Api  # noqa: E402
from story.traffic import Traffic  # noqa: E402

STEPS = {"1": steps.step_1, "2": steps.step_2, "3": steps.step_3, "4": steps.step_4, "5": steps.step_5, "6": steps.step_6,
         "7": kills.step_7, "8": steps.step_8, "bad-input": bad_input.play}
GATEWAY = ("10.98.0.1", 8000)


def api_of(kubeconfig):
    text = Path(kubeconfig).read_text()

    def value(name):
        return re.search(rf'{name}: "?([^"}},\n]+)', text).group(1)
    return Api(value("server"), value("certificate-authority"), value("token"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--kubectl", default="kubectl")
    arguments = parser.parse_args()
    wanted = arguments.steps.split(",")
    traffic = Traffic(*GATEWAY, manifests.HOST, json.loads(Path(arguments.samples).read_text()))
    w = world.World(api_of(os.environ["KUBECONFIG"]), traffic, [arguments.kubectl])
    traffic.start()
    done, minutes = [], []
    try:
        for name in wanted:
            began = time.monotonic()
            w.heading(STEPS[name].__doc__)
            STEPS[name](w)
            done.append(name)
            minutes.append(f"step {name}: {(time.monotonic() - began) / 60:.1f} min")
    except Exception as problem:  # pylint: disable=broad-except
        traceback.print_exc()
        world.fail(f"step {wanted[len(done)]}: {problem}")
        print("\nthe operator's last words:\n" + w.operator_log())
    finally:
        traffic.stop()
    print(f"\nclients sent {traffic.total}")
    print("; ".join(minutes))
    failed = len(wanted) - len(done)
    print(f"{len(done)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
