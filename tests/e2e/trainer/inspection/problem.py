"""Problem: something outside went wrong. The exit code tells kaizen whether another attempt may help (TP-26)."""

USAGE = 64  # wrong arguments
DATA = 65  # the input was read and is not what was promised
NO_INPUT = 66  # the input is not there
TRY_AGAIN = 75  # a service did not answer; the only one that is retried
CONFIGURATION = 78  # the pod's environment is not as the contract says


class Problem(Exception):
    def __init__(self, code, text):
        self.code = code
        super().__init__(text)
