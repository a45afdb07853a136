"""Image inspection for the end-to-end tests: real training on scikit-learn's digits, spoken to through kaizen's contract."""

import os

# One thread, so that sums are added in one order and the same input gives the same bytes. Before anything imports numpy.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
