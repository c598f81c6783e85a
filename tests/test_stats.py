"""The bootstrap: right widths, whole groups, undefined resamples drawn again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from sklearn.metrics import roc_auc_score

from coursekit.stats import bootstrap_interval

rng = np.random.default_rng(1)
SAMPLE = rng.normal(10, 2, size=200)
TRUTH = rng.integers(0, 2, size=120)
SCORE = TRUTH + rng.normal(0, 1, size=120)


def test_the_interval_of_a_mean_is_that_of_scipy_and_of_the_formula():
    low, high = bootstrap_interval(np.mean, SAMPLE, n=4000)
    half = 1.96 * SAMPLE.std(ddof=1) / math.sqrt(len(SAMPLE))
    assert (low, high) == pytest.approx((SAMPLE.mean() - half, SAMPLE.mean() + half), abs=0.03)
    theirs = scipy_stats.bootstrap((SAMPLE,), np.mean, n_resamples=4000, method="percentile", rng=0).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_arrays_are_drawn_in_step():
    low, high = bootstrap_interval(lambda a, b: np.abs(a - b).max(), SAMPLE, SAMPLE)
    assert (low, high) == (0, 0)
    low, high = bootstrap_interval(roc_auc_score, TRUTH, SCORE)
    assert 0 < low < roc_auc_score(TRUTH, SCORE) < high < 1


def test_a_higher_level_gives_a_wider_interval():
    widths = [np.ptp(bootstrap_interval(np.mean, SAMPLE, level=level)) for level in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert widths[-1] > 3 * widths[0]


def test_the_seed_decides_and_the_global_generator_does_not():
    np.random.seed(0)
    first = bootstrap_interval(np.mean, SAMPLE, seed=3)
    np.random.seed(1)
    assert bootstrap_interval(np.mean, SAMPLE, seed=3) == first
    assert bootstrap_interval(np.mean, SAMPLE, seed=4) != first
    assert bootstrap_interval(np.mean, SAMPLE) == bootstrap_interval(np.mean, SAMPLE, seed=0)


def test_whole_groups_are_drawn():
    groups = np.array([7, 3, 9, 9, 3, 7, 9, 3, 9])  # neither sorted nor counted from 0
    seen = []

    def remember(rows):
        counts = np.bincount(rows, minlength=len(groups))
        times = {group: set(counts[groups == group].tolist()) for group in (7, 3, 9)}
        assert all(len(each) == 1 for each in times.values()), "a group that is drawn brings each of its rows once"
        drawn = tuple(each.pop() for each in times.values())
        assert sum(drawn) == 3
        seen.append(drawn)
        return 1.0

    bootstrap_interval(remember, np.arange(len(groups)), groups=groups, n=200)
    assert len(set(seen)) == 10  # 3 groups drawn from 3 with replacement: 10 combinations, all of them


def test_rows_alike_within_groups_make_the_grouped_interval_wider():
    values = np.repeat(rng.normal(size=30), 20)
    groups = np.repeat([f"patient {i}" for i in range(30)], 20)
    by_row = np.ptp(bootstrap_interval(np.mean, values))
    by_group = np.ptp(bootstrap_interval(np.mean, values, groups=groups))
    assert by_group / by_row == pytest.approx(math.sqrt(20), rel=0.15)


def test_undefined_resamples_are_drawn_again():
    truth, score = np.array([0] * 18 + [1] * 2), np.arange(20.0)
    calls = []

    def auc(t, s):
        calls.append(len(set(t)))
        if len(set(t)) < 2:
            raise ValueError("one class only")
        return roc_auc_score(t, s)

    assert bootstrap_interval(auc, truth, score, n=300) == (1, 1)
    assert calls.count(2) == 1 + 300  # once on the whole data
    assert calls.count(1) > 10
    assert bootstrap_interval(lambda v: np.nan if v.max() < 19 else 1.0, score, n=50) == (1, 1)


def test_a_metric_that_is_undefined_on_resamples_says_so():
    with pytest.raises(ValueError, match="metric: undefined on nearly every resample"):
        bootstrap_interval(lambda v: 1.0 if np.array_equal(v, SAMPLE) else np.nan, SAMPLE, n=20)


def test_an_error_of_the_metric_itself_is_not_hidden():
    with pytest.raises(ValueError, match="matmul"):
        bootstrap_interval(lambda v: np.ones(3) @ np.ones(4), SAMPLE)
    with pytest.raises(ZeroDivisionError):
        bootstrap_interval(lambda v: 1 / 0, SAMPLE)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0.01, 0.99), st.integers(1, 50))
def test_the_interval_lies_in_the_range_of_the_values(values, level, n):
    low, high = bootstrap_interval(np.median, values, n=n, level=level)
    assert type(low) is type(high) is float
    assert min(values) <= low <= high <= max(values)
