#!/usr/bin/python3
"""Makes the vectors of this folder: what the bounds and verdicts of the quality gate must be (GT-8 to GT-18).

    tests/vectors/gate/reference.py [--check]

By hand, with Debian's python3-scipy and python3-statsmodels (hack/setup vectors). Nothing here follows the C++: intervals come
from statsmodels, from samples that have the wanted moments, or from a delta method that differentiates by complex steps;
quantiles invert scipy's distribution functions. What the libraries leave unsaid is checked by simulation and by roots of the
score equation before anything is written. --check writes nothing and exits 1 when a file would change.
"""

import itertools
import json
import math
import sys
from pathlib import Path

import numpy
import scipy
import scipy.optimize
import scipy.special
import scipy.stats
import statsmodels
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

HERE = Path(__file__).resolve().parent
LIBRARIES = f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, numpy {numpy.__version__}"
random = numpy.random.default_rng(20260309)


class TooSmall(Exception):
    """Argument: the field to name."""


class Malformed(Exception):
    """Argument: the field to name."""


# ---- quantiles ----

def z_of(alpha):
    return float(scipy.stats.norm.isf(alpha))


def t_of(alpha, degrees):
    """scipy's own t.isf is good to 1e-8 only, so the tail probability (an incomplete beta function) is inverted."""
    if degrees > 1e12:
        return z_of(alpha)  # they differ by less than 1e-11
    def tail_error(t):
        return scipy.special.betainc(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2 / alpha - 1
    near = float(scipy.stats.t.isf(alpha, degrees))
    root = scipy.optimize.brentq(tail_error, near * (1 - 1e-5), near * (1 + 1e-5), xtol=1e-15 * near, rtol=1e-14)
    assert abs(root / near - 1) < 1e-7
    return root


# ---- bounds: challenger - champion as (estimate, lower, upper) ----

def need_count(name, value):
    if value < 0 or value > 2**53 - 1:
        raise Malformed(name)


def paired(n, b, c, alpha):
    for name, value in (("n", n), ("b", b), ("c", c)):
        need_count(name, value)
    if b + c > n:
        raise Malformed("b + c")
    if n == 0:
        raise TooSmall("n")
    # Half an example more in each of the four cells; then the mean of the per-example differences.
    sample = DescrStatsW([-1.0, 0.0, 1.0], weights=[b + 0.5, n - b - c + 1.0, c + 0.5])
    half = z_of(alpha) * sample.std / math.sqrt(sample.sum_weights)
    return sample.mean, sample.mean - half, sample.mean + half


def unpaired(k1, n1, k2, n2, alpha):
    for k, n, name in ((k1, n1, "1"), (k2, n2, "2")):
        need_count("k" + name, k)
        need_count("n" + name, n)
        if k > n:
            raise Malformed("k" + name)
    for n, name in ((n1, "n1"), (n2, "n2")):
        if n == 0:
            raise TooSmall(name)
    low, high = confint_proportions_2indep(k2, n2, k1, n1, method="newcomb", compare="diff", alpha=2 * alpha)
    return k2 / n2 - k1 / n1, low, high


def wilson(k, n, alpha):
    need_count("k2", k)
    need_count("n2", n)
    if k > n:
        raise Malformed("k2")
    if n == 0:
        raise TooSmall("n2")
    low, high = proportion_confint(k, n, alpha=2 * alpha, method="wilson")
    check_score_roots(k, n, alpha, low, high)
    return k / n, low if k > 0 else 0.0, high if k < n else 1.0  # exact, where the library rounds


def check_score_roots(k, n, alpha, low, high):
    """Wilson's ends are the rates that the score test just does not reject."""
    for end in (low, high):
        if 1e-12 < end < 1 - 1e-12:
            score = (k / n - end) / math.sqrt(end * (1 - end) / n)
            assert abs(abs(score) - z_of(alpha)) < 1e-6, (k, n, alpha, end)


def moments(n, mean, var, alpha):
    need_count("n", n)
    for name, value in (("mean", mean), ("var", var)):
        if not math.isfinite(value):
            raise Malformed(name)
    if var < 0:
        raise Malformed("var")
    if n < 30:
        raise TooSmall("n")
    half = t_of(alpha, n - 1) * math.sqrt(var / n)
    if 0 < var and n <= 20000:  # a sample that has these moments, given to a t-test
        sample = numpy.arange(n) - (n - 1) / 2
        sample = mean + sample * math.sqrt(var / numpy.var(sample, ddof=1))
        interval = scipy.stats.ttest_1samp(sample, 0.0).confidence_interval(1 - 2 * alpha)
        scale = max(abs(mean), half)
        assert abs(interval.low - (mean - half)) < 1e-7 * scale and abs(interval.high - (mean + half)) < 1e-7 * scale
    return mean, mean - half, mean + half


def check_blocks(rows):
    for i, row in enumerate(rows):
        for name, value in zip(("numA", "denA", "numB", "denB"), row):
            if not math.isfinite(value) or (name.startswith("den") and value < 0):
                raise Malformed(f"blocks[{i}].{name}")
    if len(rows) < 20:
        raise TooSmall("blocks")


def delta_method(rows, function, alpha):
    """Mean of the columns, their covariance, and the gradient of `function` by complex steps."""
    rows = numpy.array(rows)
    k, columns = rows.shape
    mean = rows.mean(axis=0)
    step = 1e-20
    gradient = []
    for j in range(columns):
        point = mean.astype(complex)
        point[j] += 1j * step
        gradient.append(function(point).imag / step)
    error = math.sqrt(max(0.0, float(gradient @ numpy.cov(rows, rowvar=False, ddof=1) @ gradient)) / k)
    half = t_of(alpha, k - 1) * error
    estimate = float(function(mean))
    return estimate, estimate - half, estimate + half


def blocks(rows, alpha):
    check_blocks(rows)
    for column, name in ((1, "denA"), (3, "denB")):
        if sum(row[column] for row in rows) == 0:
            raise TooSmall(name)
    return delta_method(rows, lambda m: m[2] / m[3] - m[0] / m[1], alpha)


def blocks_level(rows, alpha):
    check_blocks(rows)
    if sum(row[3] for row in rows) == 0:
        raise TooSmall("denB")
    return delta_method([row[2:] for row in rows], lambda m: m[0] / m[1], alpha)


# ---- verdicts ----

def comparison_verdict(low, high, require, margin):
    tau = {"NonInferior": -margin, "Superior": margin}[require]
    if high < tau:
        return "Fail"
    return "Pass" if low > tau or (low == tau and require == "NonInferior") else "Inconclusive"


def compared(bounds, direction, require, margin):
    estimate, low, high = bounds
    if direction == "Lower":
        estimate, low, high = -estimate, -high, -low
    return {"estimate": estimate, "lower": low, "upper": high, "verdict": comparison_verdict(low, high, require, margin)}


def outcome(compute):
    try:
        return compute()
    except TooSmall as trouble:
        return {"tooSmall": str(trouble)}
    except Malformed as trouble:
        return {"malformed": str(trouble)}


def comparison_case(name, method, data, alpha=0.05, direction="Higher", require="NonInferior", margin=0.0):
    terms = {"alpha": alpha, "direction": direction, "require": require, "margin": margin}
    expect = outcome(lambda: compared(method(**data, alpha=alpha), direction, require, margin))
    if method is blocks:
        data = columns(data["rows"])
    return {"name": name, "input": {**data, **terms}, "expect": expect}


def columns(rows):
    return {name: [row[i] for row in rows] for i, name in enumerate(("numA", "denA", "numB", "denB"))}


# ---- the files ----

def quantile_cases():
    cases = [{"name": f"z-{alpha}", "input": {"alpha": alpha}, "expect": {"z": z_of(alpha)}}
             for alpha in (0.5, 0.4, 0.2, 0.1, 0.075, 0.0749, 0.05, 0.025, 0.01, 0.005, 0.001, 1e-4, 1e-6, 1e-9, 1e-12, 1e-40)]
    for alpha, degrees in itertools.product((0.1, 0.05, 0.01, 0.0005, 0.0001, 1e-6), (19, 20, 29, 99, 999, 1e15)):
        cases.append({"name": f"t-{alpha}-{degrees:g}", "input": {"alpha": alpha, "degrees": degrees},
                      "expect": {"t": t_of(alpha, degrees)}})
    return cases


def paired_cases():
    def case(name, n, b, c, **terms):
        return comparison_case(name, paired, {"n": n, "b": b, "c": c}, **terms)
    cases = [
        case("design", 12000, 61, 84, margin=0.002),
        case("design-superior", 12000, 61, 84, require="Superior"),
        case("design-superior-margin", 12000, 61, 84, require="Superior", margin=0.001),
        case("design-lower", 12000, 84, 61, direction="Lower", margin=0.002),
        case("design-slice", 4100, 22, 31, margin=0.01),
        case("no-discordance", 1000, 0, 0),
        case("no-discordance-margin", 1000, 0, 0, margin=0.01),
        case("all-champion", 500, 500, 0, margin=0.1),
        case("all-challenger", 500, 0, 500, require="Superior", margin=0.5),
        case("all-discordant-even", 500, 250, 250, margin=0.1),
        case("only-losses", 2000, 31, 0, margin=0.005),
        case("only-gains", 2000, 0, 31, require="Superior"),
        case("one-example", 1, 0, 1),
        case("one-example-lost", 1, 1, 0),
        case("largest", 2**53 - 1, 2**40, 2**41, margin=1e-6),
        case("largest-all-discordant", 2**53 - 1, 0, 2**53 - 1),
        case("no-example", 0, 0, 0),
        case("more-than-all", 200, 150, 51),
        case("exactly-all", 200, 150, 50),
        case("negative-b", 200, -1, 5),
        case("negative-c", 200, 1, -5),
        case("negative-n", -1, 0, 0),
        case("beyond-2-53", 2**53, 0, 0),
    ]
    for i in range(20):
        n = int(random.integers(50, 50000))
        b, c = (int(x) for x in random.binomial(n, random.uniform(0.001, 0.06, 2)))
        cases.append(case(f"random-{i}", n, b, c, alpha=float(random.choice([0.1, 0.05, 0.01, 0.001])),
                          direction=str(random.choice(["Higher", "Lower"])),
                          require=str(random.choice(["NonInferior", "Superior"])),
                          margin=float(random.choice([0.0, 0.001, 0.005, 0.02]))))
    return cases


def ratio_rows(k, sizes=(20, 60), rates=(0.9, 0.92), spread=0.05):
    """Clusters that are easy or hard for both models: counts of right ones over counts."""
    rows = []
    for _ in range(k):
        den = int(random.integers(*sizes))
        shift = random.normal(0, spread)
        hits = [int(random.binomial(den, min(1.0, max(0.0, rate + shift)))) for rate in rates]
        rows.append([float(hits[0]), float(den), float(hits[1]), float(den)])
    return rows


def f1_rows(k):
    rows = []
    for _ in range(k):
        tp, fp, fn = (random.poisson(mean, 2) for mean in (30, 4, 3))
        rows.append([float(2 * tp[0]), float(2 * tp[0] + fp[0] + fn[0]), float(2 * tp[1]), float(2 * tp[1] + fp[1] + fn[1])])
    return rows


def with_cell(rows, row, column, value):
    rows = [list(r) for r in rows]
    rows[row][column] = value
    return rows


def blocks_cases():
    def case(name, rows, **terms):
        return comparison_case(name, blocks, {"rows": rows}, **terms)
    plain = ratio_rows(40)
    cases = [case(f"share-{k}", ratio_rows(k), margin=0.02) for k in (20, 21, 35, 100, 400)]
    cases += [case(f"f1-{k}", f1_rows(k), alpha=0.01, require="Superior") for k in (20, 50, 200)]
    cases += [case(f"better-{k}", ratio_rows(k, rates=(0.8, 0.95)), require="Superior", margin=0.05) for k in (25, 60)]
    cases += [case(f"worse-{k}", ratio_rows(k, rates=(0.95, 0.8)), margin=0.02) for k in (25, 60)]
    means = [[float(random.normal(5, 2)), 1.0, float(random.normal(4.5, 2)), 1.0] for _ in range(64)]
    mixed = [[a, float(random.integers(1, 9)), b, float(random.integers(1, 9))] for a, _, b, _ in means]
    cases += [
        case("means-lower", means, direction="Lower", require="Superior"),
        case("negative-numerators", [[-a, d, -b, e] for a, d, b, e in mixed], margin=0.3),
        case("different-denominators", mixed, direction="Lower", margin=0.3),
        case("slice-level", plain, alpha=0.05 / 512, margin=0.02),
        case("equal", [[9.0, 10.0, 9.0, 10.0]] * 30),
        case("constant-gain", [[8.0, 10.0, 9.0, 10.0]] * 30, require="Superior", margin=0.05),
        case("some-empty", plain[:30] + [[0.0, 0.0, 0.0, 0.0]] * 10, margin=0.02),
        case("large", [[1e150 * x for x in row] for row in plain], margin=0.02),
        case("nineteen", plain[:19]),
        case("none", []),
        case("no-champion-denominator", [[0.0, 0.0, 3.0, 4.0]] * 25),
        case("no-challenger-denominator", [[3.0, 4.0, 0.0, 0.0]] * 25),
        case("nan", with_cell(plain, 3, 0, math.nan)),
        case("infinite", with_cell(plain, 39, 2, math.inf)),
        case("negative-infinite", with_cell(plain, 0, 3, -math.inf)),
        case("negative-denominator", with_cell(plain, 7, 1, -1.0)),
        case("negative-zero-denominator", with_cell(plain, 7, 1, -0.0), margin=0.5),
        case("malformed-before-too-few", with_cell(plain[:3], 2, 3, -4.0)),
    ]
    return cases


def moments_cases():
    def case(name, n, mean, var, **terms):
        return comparison_case(name, moments, {"n": n, "mean": mean, "var": var}, **terms)
    cases = [
        case("thirty", 30, 0.1, 0.04),
        case("twenty-nine", 29, 0.1, 0.04),
        case("none", 0, 0.0, 0.0),
        case("constant", 100, 0.02, 0.0, require="Superior", margin=0.01),
        case("constant-at-threshold", 100, 0.02, 0.0, require="Superior", margin=0.02),
        case("constant-non-inferior-at-threshold", 100, -0.02, 0.0, margin=0.02),
        case("constant-zero", 100, 0.0, 0.0),
        case("much", 10**9, 1e-5, 0.01, require="Superior"),
        case("much-worse", 5000, -0.2, 0.3, margin=0.01),
        case("loss-falls", 5000, -0.2, 0.3, direction="Lower", require="Superior"),
        case("loss-rises", 5000, 0.2, 0.3, direction="Lower", margin=0.05),
        case("nan-mean", 100, math.nan, 1.0),
        case("nan-variance", 100, 0.0, math.nan),
        case("infinite-mean", 100, -math.inf, 1.0),
        case("infinite-variance", 100, 0.0, math.inf),
        case("negative-variance", 100, 0.0, -1e-9),
        case("negative-n", -5, 0.0, 1.0),
        case("beyond-2-53", 2**53, 0.0, 1.0),
    ]
    for i in range(14):
        cases.append(case(f"random-{i}", int(random.integers(30, 20000)), float(random.normal(0, 0.02)),
                          float(random.exponential(0.2)), alpha=float(random.choice([0.1, 0.05, 0.01, 0.0005])),
                          direction=str(random.choice(["Higher", "Lower"])),
                          require=str(random.choice(["NonInferior", "Superior"])), margin=float(random.choice([0.0, 0.01]))))
    return cases


def unpaired_cases():
    def case(name, k1, n1, k2, n2, **terms):
        return comparison_case(name, unpaired, {"k1": k1, "n1": n1, "k2": k2, "n2": n2}, **terms)
    cases = [
        case("design", 940, 1000, 955, 1000, margin=0.002),
        case("design-superior", 940, 1000, 955, 1000, require="Superior"),
        case("newcombe-1998-a", 48, 80, 56, 70, alpha=0.025),
        case("newcombe-1998-b", 0, 20, 9, 10, alpha=0.025),
        case("newcombe-1998-c", 0, 10, 10, 10, alpha=0.025),
        case("equal", 500, 1000, 500, 1000, margin=0.05),
        case("no-hit", 0, 100, 0, 80, margin=0.05),
        case("all-hits", 100, 100, 80, 80, margin=0.05),
        case("one-each", 0, 1, 1, 1),
        case("error-rate", 60, 1000, 20, 1000, direction="Lower", require="Superior", margin=0.01),
        case("error-rate-worse", 20, 1000, 60, 1000, direction="Lower", margin=0.01),
        case("sizes-differ", 95, 100, 94000, 100000, margin=0.05),
        case("no-champion", 0, 0, 3, 4),
        case("no-challenger", 3, 4, 0, 0),
        case("champion-more-than-all", 5, 4, 0, 0),
        case("challenger-more-than-all", 4, 4, 12, 11),
        case("negative", -1, 4, 1, 4),
        case("negative-n", 0, -4, 1, 4),
        case("beyond-2-53", 1, 4, 1, 2**53),
    ]
    for i in range(12):
        n1, n2 = (int(x) for x in random.integers(20, 5000, 2))
        k1, k2 = int(random.binomial(n1, random.uniform(0.5, 1))), int(random.binomial(n2, random.uniform(0.5, 1)))
        cases.append(case(f"random-{i}", k1, n1, k2, n2, alpha=float(random.choice([0.1, 0.05, 0.01, 0.0005])), margin=0.02))
    return cases


def slice_outcome(part, alpha, direction, margin, mode, min_samples):
    if part["samples"] < min_samples:
        return {"verdict": "Inconclusive", "tooSmall": "n"}
    data = {key: value for key, value in part.items() if key != "samples"}
    method = paired if "b" in data else unpaired if "k1" in data else moments if "mean" in data else None
    if method is None:
        return {"verdict": "Inconclusive", "tooSmall": "evidence"}
    try:
        judged = compared(method(**data, alpha=alpha), direction, "NonInferior", margin)
    except TooSmall as trouble:
        return {"verdict": "Inconclusive", "tooSmall": str(trouble)}
    if mode == "NoEvidenceOfHarm":
        judged["verdict"] = "Fail" if judged["upper"] < -margin else "Pass"
    del judged["estimate"]
    return judged


def slices_case(name, parts, mode="NoEvidenceOfHarm", direction="Higher", margin=0.01, min_samples=200, alpha=0.05):
    judged_parts = [part for part in parts if part["samples"] >= min_samples]
    level = alpha / max(1, len(judged_parts)) if mode == "NoEvidenceOfHarm" else alpha
    return {"name": name,
            "input": {"slices": parts, "mode": mode, "direction": direction, "margin": margin, "minSamples": min_samples,
                      "alpha": alpha},
            "expect": {"compared": len(judged_parts), "level": level,
                       "slices": [slice_outcome(p, level, direction, margin, mode, min_samples) for p in parts]}}


def pairs_slice(n, b, c):
    return {"samples": n, "n": n, "b": b, "c": c}


def slices_cases():
    # Just lost at alpha, not at alpha / 10: the correction decides.
    edge = pairs_slice(2000, 60, 22)
    fine = pairs_slice(2000, 20, 25)
    lost = pairs_slice(2000, 200, 20)
    cases = [
        slices_case("design", [pairs_slice(4100, 22, 31)]),
        slices_case("none", []),
        slices_case("alone-at-the-edge", [edge]),
        slices_case("ten-at-the-edge", [edge] + [fine] * 9),
        slices_case("ten-of-which-nine-are-small", [edge] + [pairs_slice(199, 2, 2)] * 9),
        slices_case("one-lost-of-many", [fine] * 39 + [lost]),
        slices_case("non-inferior", [edge, fine, lost], mode="NonInferior"),
        slices_case("non-inferior-edge-of-size", [pairs_slice(200, 0, 1), pairs_slice(199, 0, 1)], mode="NonInferior"),
        slices_case("small-without-floor", [pairs_slice(5, 1, 1)], min_samples=0),
        slices_case("no-example", [pairs_slice(0, 0, 0)], min_samples=0),
        slices_case("only-numbers", [{"samples": 1000}]),
        slices_case("lower-is-better", [lost, pairs_slice(2000, 20, 200)], direction="Lower"),
        slices_case("unpaired", [{"samples": 1000, "k1": 940, "n1": 1000, "k2": 955, "n2": 1000},
                                 {"samples": 1000, "k1": 940, "n1": 1000, "k2": 855, "n2": 1000}]),
        slices_case("moments", [{"samples": 900, "n": 900, "mean": -0.2, "var": 0.3},
                                {"samples": 900, "n": 900, "mean": 0.2, "var": 0.3}], direction="Lower"),
        slices_case("few-moments", [{"samples": 29, "n": 29, "mean": -0.2, "var": 0.3}], min_samples=10),
        slices_case("no-margin", [fine, edge, lost], margin=0.0),
        slices_case("512", [pairs_slice(300 + i, 3 + i % 40, 6) for i in range(512)]),
    ]
    for i in range(8):
        parts = []
        for _ in range(int(random.integers(2, 30))):
            n = int(random.integers(50, 3000))
            b, c = (int(x) for x in random.binomial(n, random.uniform(0.005, 0.06, 2)))
            parts.append(pairs_slice(n, b, c))
        cases.append(slices_case(f"random-{i}", parts, mode=str(random.choice(["NoEvidenceOfHarm", "NonInferior"])),
                                 alpha=float(random.choice([0.1, 0.05, 0.01]))))
    return cases


def group_trouble(groups):
    if len(groups) < 2:
        return {"tooSmall": "groups", "verdict": "Inconclusive"}
    for i, (k, n) in enumerate(groups):
        if n < 0 <= k:
            return {"malformed": f"groups[{i}].n", "verdict": "Inconclusive"}
        if k < 0 or k > n:
            return {"malformed": f"groups[{i}].k", "verdict": "Inconclusive"}
    return None


def judged_groups(groups, alpha, limit, interval, unusable):
    """More is worse. `interval(first, second, alpha)`; of all ordered pairs the extreme one is shown."""
    trouble = group_trouble(groups)
    if trouble:
        return trouble
    order = list(itertools.permutations(range(len(groups)), 2))
    missing = [unusable(pair) for pair in order if unusable(pair) is not None]
    pairs = []
    for a, b in order:
        if unusable((a, b)) is None:
            estimate, _, high = interval(groups[a], groups[b], alpha)
            low = interval(groups[a], groups[b], alpha / len(order))[1]
            pairs.append({"pair": [a, b], "estimate": estimate, "lower": low, "upper": high})
    expect = {"verdict": "Inconclusive"}
    if missing:
        expect["tooSmall"] = f"groups[{missing[0]}]"
    if not pairs:
        return expect
    if max(p["lower"] for p in pairs) > limit:
        return {**expect, **max(pairs, key=lambda p: p["lower"]), "verdict": "Fail"}
    if not missing and max(p["upper"] for p in pairs) <= limit:
        expect["verdict"] = "Pass"
    return {**expect, **max(pairs, key=lambda p: p["upper"])}


def newcombe_pair(first, second, alpha):
    return unpaired(*second, *first, alpha)


def log_ratio_pair(first, second, alpha):
    low, high = confint_proportions_2indep(*first, *second, method="log", compare="ratio", alpha=2 * alpha)
    return math.log(first[0] * second[1] / (first[1] * second[0])), math.log(low), math.log(high)


def gap_case(name, groups, limit, alpha=0.05):
    def unusable(pair):
        empty = [g for g in (pair[1], pair[0]) if groups[g][1] == 0]
        return empty[0] if empty else None
    expect = judged_groups(groups, alpha, limit, newcombe_pair, unusable)
    return {"name": name, "input": {**group_columns(groups), "maxGap": limit, "alpha": alpha}, "expect": expect}


def ratio_case(name, groups, limit, alpha=0.05):
    def unusable(pair):
        a, b = pair
        for test in (lambda k, n: n == 0, lambda k, n: k == 0):
            for g in (b, a):
                if test(*groups[g]):
                    return g
        return a if all(groups[g][0] == groups[g][1] for g in pair) else None
    expect = judged_groups(groups, alpha, -math.log(limit), log_ratio_pair, unusable)
    if "pair" in expect:  # the ratio itself, of the other order
        expect.update({"pair": expect["pair"][::-1], "estimate": math.exp(-expect["estimate"]),
                       "lower": math.exp(-expect["upper"]), "upper": math.exp(-expect["lower"])})
    return {"name": name, "input": {**group_columns(groups), "minRatio": limit, "alpha": alpha}, "expect": expect}


def group_columns(groups):
    return {"k": [k for k, _ in groups], "n": [n for _, n in groups]}


def random_groups(i):
    count = int(random.integers(2, 7))
    sizes = random.integers(100, 20000, count)
    rates = random.uniform(0.6, 0.65 + 0.03 * (i % 8), count)
    return [(int(random.binomial(n, p)), int(n)) for n, p in zip(sizes, rates)]


def gap_cases():
    cases = [
        gap_case("fair", [(900, 1000), (905, 1000)], 0.05),
        gap_case("unfair", [(900, 1000), (700, 1000)], 0.05),
        gap_case("unsure", [(90, 100), (85, 100)], 0.05),
        gap_case("a-small-group-decides", [(9000, 10000), (9000, 10000), (18, 20)], 0.05),
        gap_case("equal", [(50, 100)] * 3, 0.2),
        gap_case("no-gap-allowed", [(50, 100)] * 3, 0.0),
        gap_case("no-hit", [(0, 500), (0, 400)], 0.05),
        gap_case("all-hits", [(500, 500), (400, 400)], 0.05),
        gap_case("opposite", [(500, 500), (0, 400)], 0.9),
        gap_case("empty-group", [(90, 100), (0, 0)], 0.05),
        gap_case("empty-first-group", [(0, 0), (90, 100), (20, 100)], 0.05),
        gap_case("one-group", [(90, 100)], 0.05),
        gap_case("no-group", [], 0.05),
        gap_case("more-than-all", [(90, 100), (7, 6)], 0.05),
        gap_case("negative", [(-1, 100), (7, 7)], 0.05),
    ]
    return cases + [gap_case(f"random-{i}", random_groups(i), 0.08, float(random.choice([0.1, 0.05, 0.01]))) for i in range(12)]


def ratio_cases():
    cases = [
        ratio_case("four-fifths", [(900, 1000), (880, 1000)], 0.8),
        ratio_case("unfair", [(900, 1000), (500, 1000)], 0.8),
        ratio_case("unsure", [(90, 100), (75, 100)], 0.8),
        ratio_case("rare", [(30, 10000), (9, 10000)], 0.8),
        ratio_case("equal", [(5000, 10000)] * 3, 0.8),
        ratio_case("parity-asked", [(5000, 10000)] * 3, 1.0),
        ratio_case("no-hit", [(90, 100), (0, 100)], 0.8),
        ratio_case("no-hit-but-unfair", [(900, 1000), (300, 1000), (0, 5)], 0.8),
        ratio_case("all-hits", [(100, 100), (50, 50)], 0.8),
        ratio_case("all-hits-once", [(100, 100), (45, 50)], 0.8),
        ratio_case("empty-group", [(90, 100), (0, 0)], 0.8),
        ratio_case("one-group", [(90, 100)], 0.8),
        ratio_case("more-than-all", [(190, 100), (7, 7)], 0.8),
        ratio_case("negative-n", [(0, 10), (0, -7)], 0.8),
    ]
    return cases + [ratio_case(f"random-{i}", random_groups(i), 0.85, float(random.choice([0.1, 0.05, 0.01]))) for i in range(12)]


def floor_verdict(low, high, minimum, maximum):
    if minimum is not None:
        return "Pass" if low >= minimum else "Fail" if high < minimum else "Inconclusive"
    return "Pass" if high <= maximum else "Fail" if low > maximum else "Inconclusive"


def floor_case(name, method, data, minimum=None, maximum=None, alpha=0.05):
    limit = {"min": minimum} if minimum is not None else {"max": maximum}
    def compute():
        estimate, low, high = method(**data, alpha=alpha)
        return {"estimate": estimate, "lower": low, "upper": high, "verdict": floor_verdict(low, high, minimum, maximum)}
    expect = outcome(compute)
    shown = columns(data["rows"]) if method is blocks_level else data
    return {"name": name, "input": {**shown, **limit, "alpha": alpha}, "expect": expect}


def point_case(name, value, minimum=None, maximum=None):
    limit = {"min": minimum} if minimum is not None else {"max": maximum}
    passes = value >= minimum if minimum is not None else value <= maximum
    return {"name": name, "input": {"value": value, **limit}, "expect": {"verdict": "Pass" if passes else "Fail"}}


def floor_cases():
    def counts(name, k, n, **limits):
        return floor_case(f"wilson-{name}", wilson, {"k": k, "n": n}, **limits)
    def mean(name, n, mean, var, **limits):
        return floor_case(f"mean-{name}", moments, {"n": n, "mean": mean, "var": var}, **limits)
    def clusters(name, rows, **limits):
        return floor_case(f"blocks-{name}", blocks_level, {"rows": rows}, **limits)
    plain = ratio_rows(40)
    cases = [
        counts("design", 970, 1000, minimum=0.95),
        counts("design-unsure", 970, 1000, minimum=0.965),
        counts("design-fails", 970, 1000, minimum=0.98),
        counts("ceiling", 30, 1000, maximum=0.05),
        counts("ceiling-fails", 90, 1000, maximum=0.05),
        counts("ceiling-unsure", 50, 1000, maximum=0.05),
        counts("no-hit", 0, 200, minimum=0.0),
        counts("no-hit-ceiling", 0, 200, maximum=0.01),
        counts("all-hits", 200, 200, minimum=0.99),
        counts("all-hits-ceiling", 200, 200, maximum=1.0),
        counts("one", 1, 1, minimum=0.2),
        counts("slice-level", 970, 1000, minimum=0.95, alpha=0.0001),
        counts("half", 500, 1000, minimum=0.5, alpha=0.5),
        counts("no-example", 0, 0, minimum=0.5),
        counts("more-than-all", 11, 10, minimum=0.5),
        counts("negative", -1, 10, minimum=0.5),
        mean("passes", 500, 0.83, 0.02, minimum=0.8),
        mean("fails", 500, 0.73, 0.02, minimum=0.8),
        mean("unsure", 500, 0.803, 0.02, minimum=0.8),
        mean("constant", 500, 0.8, 0.0, minimum=0.8),
        mean("ceiling", 500, 31.5, 9.0, maximum=32.0),
        mean("few", 29, 0.83, 0.02, minimum=0.8),
        mean("nan", 100, math.nan, 0.02, minimum=0.8),
        clusters("passes", plain, minimum=0.85),
        clusters("fails", plain, minimum=0.99),
        clusters("unsure", plain, minimum=sum(r[2] for r in plain) / sum(r[3] for r in plain)),
        clusters("ceiling", plain, maximum=0.99),
        clusters("f1", f1_rows(80), minimum=0.85),
        clusters("few", plain[:19], minimum=0.85),
        clusters("no-denominator", [[1.0, 2.0, 0.0, 0.0]] * 20, minimum=0.85),
        clusters("infinite", with_cell(plain, 1, 3, math.inf), minimum=0.85),
        point_case("point-passes", 0.9, minimum=0.9),
        point_case("point-fails", 0.8999999, minimum=0.9),
        point_case("point-ceiling", 40.0, maximum=40.0),
        point_case("point-ceiling-fails", 40.0001, maximum=40.0),
    ]
    return cases


def limit_case(name, value, champion=None, maximum=None, increase=None):
    given = {"value": value, "champion": champion, "max": maximum, "maxIncrease": increase}
    expect = {"verdict": "Pass"}
    if maximum is not None and value > maximum:
        expect["verdict"] = "Fail"
    if increase is not None and champion:
        expect["increase"] = value / abs(champion) - champion / abs(champion)
        if expect["increase"] > increase:
            expect["verdict"] = "Fail"
    return {"name": name, "input": {k: v for k, v in given.items() if v is not None}, "expect": expect}


def limit_cases():
    return [
        limit_case("design", 31.5, None, 40.0, 0.1),
        limit_case("at-the-maximum", 40.0, None, 40.0),
        limit_case("above-the-maximum", 40.1, None, 40.0),
        limit_case("rises-too-much", 34.0, 30.0, 40.0, 0.1),
        limit_case("rises-a-little", 32.0, 30.0, 40.0, 0.1),
        limit_case("falls", 20.0, 30.0, None, 0.1),
        limit_case("rises-and-too-large", 45.0, 30.0, 40.0, 0.1),
        limit_case("champion-of-zero", 5.0, 0.0, None, 0.1),
        limit_case("champion-of-zero-above", 5.0, 0.0, 4.0, 0.1),
        limit_case("no-champion", 5.0, None, None, 0.1),
        limit_case("negative-champion", -8.0, -10.0, None, 0.25),
        limit_case("negative-champion-fails", -7.0, -10.0, None, 0.25),
        limit_case("no-increase-allowed", 30.5, 30.0, None, 0.0),
        limit_case("equal", 30.0, 30.0, None, 0.0),
        limit_case("must-fall", 29.0, 30.0, None, -0.1),
    ]


# ---- what no library says ----

def check_coverage():
    """The lower end of Agresti and Min holds about as often as it says (GT-10's simulation, smaller)."""
    held, rounds = 0, 20000
    n, p_b, p_c = 2000, 0.01, 0.01
    table = random.multinomial(n, [p_b, p_c, 1 - p_b - p_c], rounds)
    for b, c, _ in table[:2000]:
        held += paired(n, int(b), int(c), 0.05)[1] <= p_c - p_b
    assert 0.935 < held / 2000 < 0.97, held


def check_bootstrap():
    """The error of a ratio of sums by linearisation and by resampling the clusters."""
    for rows in (ratio_rows(60), f1_rows(60)):
        data = numpy.array(rows)
        estimate, low, _ = blocks(rows, 0.05)
        error = (estimate - low) / t_of(0.05, len(rows) - 1)
        sums = numpy.array([data[random.integers(0, len(rows), len(rows))].sum(axis=0) for _ in range(4000)])
        resampled = numpy.std(sums[:, 2] / sums[:, 3] - sums[:, 0] / sums[:, 1], ddof=1)
        assert 0.9 < error / resampled < 1.12, (error, resampled)


def check_design():
    """The worked numbers of the rules."""
    def near(values, wanted, tolerance=6e-9):
        assert all(abs(v - w) < tolerance for v, w in zip(values, wanted)), (values, wanted)
    near(paired(12000, 61, 84, 0.05), (0.00191635, 0.00026064, 0.00357206))
    near(unpaired(940, 1000, 955, 1000, 0.05)[1:], (-0.00146682, 0.03163690))
    near(wilson(970, 1000, 0.05)[1:], (0.95978045, 0.97768320))


FILES = {
    "quantile": (["GT-7", "GT-11"], quantile_cases),
    "paired": (["GT-8", "GT-10", "GT-20"], paired_cases),
    "blocks": (["GT-8", "GT-11", "GT-20"], blocks_cases),
    "moments": (["GT-8", "GT-13", "GT-20"], moments_cases),
    "unpaired": (["GT-8", "GT-13", "GT-20"], unpaired_cases),
    "slices": (["GT-15"], slices_cases),
    "gap": (["GT-16"], gap_cases),
    "ratio": (["GT-16"], ratio_cases),
    "floor": (["GT-17", "GT-13", "GT-20"], floor_cases),
    "limit": (["GT-18"], limit_cases),
}


def plain(value):
    """JSON's own types; names for the numbers it lacks."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, numpy.floating)) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if isinstance(value, numpy.generic):
        return value.item()
    return value


def text_of(method, rules, cases):
    head = {"method": method, "rules": rules, "source": LIBRARIES, "tolerance": {"abs": 1e-12, "rel": 1e-8}}
    lines = ",\n".join(json.dumps(plain(case), separators=(",", ":"), allow_nan=False) for case in cases)
    return json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n"


def main():
    check_design()
    check_coverage()
    check_bootstrap()
    changed = []
    for method, (rules, make) in FILES.items():
        text = text_of(method, rules, make())
        path = HERE / f"{method}.json"
        if not path.exists() or path.read_text() != text:
            changed.append(path.name)
            if "--check" not in sys.argv[1:]:
                path.write_text(text)
    print("changed: " + (", ".join(changed) or "nothing"))
    return 1 if changed and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
