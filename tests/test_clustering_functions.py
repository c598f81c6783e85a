"""k-means and DBSCAN as the notebook builds them give scikit-learn's partitions on random data."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from notebook_functions import functions
from sklearn.cluster import DBSCAN, KMeans
from sklearn.datasets import make_blobs, make_moons

kmeans, dbscan = functions("02_clustering", "kmeans", "dbscan")


@st.composite
def data_sets(draw):
    """5 to 80 points in two or three dimensions, some of them twice, and a generator for further choices."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, dimensions = draw(st.integers(5, 80)), draw(st.integers(2, 3))
    kind, seed = draw(st.sampled_from(["blobs", "uniform", "moons", "grid"])), int(rng.integers(10**6))
    if kind == "blobs":
        points = make_blobs(n, dimensions, centers=draw(st.integers(1, 5)), center_box=(-5, 5), random_state=seed)[0]
    elif kind == "moons":
        points = make_moons(n, noise=0.08, random_state=seed)[0]
        points = np.c_[points, rng.normal(0, 0.05, size=(n, dimensions - 2))]
    elif kind == "uniform":
        points = rng.uniform(-3, 3, size=(n, dimensions))
    else:
        points = rng.integers(0, 6, size=(n, dimensions)).astype(float)  # many distances are exactly eps
    if draw(st.booleans()):
        points[rng.choice(n, n // 3, replace=False)] = points[rng.choice(n, n // 3)]
    return kind, points, rng


def same_partition(a, b):
    """Whether two labellings group the points alike, whatever the groups are called; -1 (noise) is only itself."""
    pairs = {(int(x), int(y)) for x, y in zip(a, b, strict=True)}
    one_to_one = len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs})
    return one_to_one and all((x == -1) == (y == -1) for x, y in pairs)


def test_partitions_are_compared_by_grouping():
    assert same_partition([0, 0, 1, -1], [1, 1, 0, -1])
    for a, b in (([0, 0, 1], [0, 1, 1]), ([0, 0, 1], [0, 0, 0]), ([-1, 0], [0, -1])):
        assert not same_partition(a, b)


@given(data_sets(), st.integers(1, 6), st.booleans())
def test_kmeans_agrees_with_scikit_learn_also_where_a_cluster_is_empty(data_set, k, empty):
    kind, points, rng = data_set
    if kind == "grid" or empty:
        points = points + rng.normal(0, 0.01, size=points.shape)  # no point as near to one centroid as to another
    distinct = np.unique(points, axis=0)
    start = distinct[rng.choice(len(distinct), min(k, len(distinct)), replace=False)]
    if empty:
        start = np.vstack([points[:2], np.full((1, points.shape[1]), 1e3)])  # nobody is nearest to the last one
    theirs = KMeans(len(start), init=start, n_init=1, tol=0, algorithm="lloyd", max_iter=300).fit(points)
    labels, centroids, history = kmeans(points, start)
    assert same_partition(labels, theirs.labels_)
    assert np.allclose(centroids, theirs.cluster_centers_)
    assert 1 <= len(history) <= 300


def test_kmeans_stops_after_the_given_steps_and_leaves_its_arguments_alone():
    points = make_blobs(80, centers=5, cluster_std=3, random_state=1)[0]
    start, before = points[:5].copy(), points.copy()
    one, two, all_ = (len(kmeans(points, start, max_steps=n)[2]) for n in (1, 2, 300))
    assert (one, two) == (1, 2)
    assert 2 < all_ < 300
    assert np.array_equal(points, before)
    assert np.array_equal(start, before[:5])


SEEN = set()
TWO_LINES = np.array([[0, 0], [0.4, 0], [0.8, 0], [5, 0], [5.4, 0], [5.8, 0]])  # their ends are border points


@settings(max_examples=200)
@given(data_sets(), st.floats(0.05, 2), st.integers(1, 8))
@example(("two lines", TWO_LINES, None), 0.5, 3)
def agree(data_set, eps, min_points):
    kind, points, _ = data_set
    eps = round(eps) or 1 if kind == "grid" else eps
    theirs = DBSCAN(eps=eps, min_samples=min_points).fit(points)
    assert same_partition(dbscan(points, eps, min_points), theirs.labels_)
    clusters, members = len(set(theirs.labels_) - {-1}), np.sum(theirs.labels_ >= 0)
    SEEN.add((min(clusters, 2), bool((theirs.labels_ == -1).any()), members > len(theirs.core_sample_indices_)))


def test_dbscan_agrees_with_scikit_learn():
    agree()
    # Noise, one cluster, several and border points occur among the cases; else agreement would mean little.
    assert {(0, True, False), (1, False, False), (2, True, True), (2, False, True), (1, True, True)} <= SEEN
