"""Clustering by hand in lab 2 beside scikit-learn.

The functions that learners build, on points in four clouds in the plane, on one thread, in processor seconds. k-means
starts from the same seeds and ends when no point moves; both partitions are the same, or this fails. Ours are for
reading: `kmeans` fills an array of points x centroids x columns in each step and keeps all steps for the slider,
`dbscan` measures all pairs of points and visits neighbours in a Python loop. scikit-learn has compiled loops and asks a
tree for the neighbours.
"""

from functools import partial
from statistics import median

from benchmarks.report import alternate, number, ratios, spread, table
from notebook_functions import functions
from sklearn.cluster import DBSCAN, KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

PACKAGES = ("numpy", "scikit-learn")
SIZES, CENTRES, EPS, MIN_POINTS = (200, 1000, 5000), 4, 0.5, 5
METHODS = "k-means", "DBSCAN"


def measure(rounds=5, sizes=SIZES):
    kmeans, dbscan = functions("02_clustering", "kmeans", "dbscan")
    rows, behind = [], {}
    with threadpool_limits(1):
        for n in sizes:
            points, _ = make_blobs(n, centers=CENTRES, cluster_std=1.5, random_state=0)
            seeds = points[:CENTRES]
            library = KMeans(CENTRES, init=seeds, n_init=1, tol=0), DBSCAN(eps=EPS, min_samples=MIN_POINTS)
            by_hand = (
                lambda points=points, seeds=seeds: kmeans(points, seeds)[0],
                partial(dbscan, points, EPS, MIN_POINTS),
            )
            for name, ours, theirs in zip(METHODS, by_hand, library, strict=True):
                assert adjusted_rand_score(ours(), theirs.fit(points).labels_) == 1, f"{name} finds something else"
                turns = alternate({"ours": ours, "theirs": partial(theirs.fit, points)}, rounds)
                behind[name] = ratios(turns["ours"], turns["theirs"])
                rows.append(
                    [f"{name}, {n:,} points", *(spread(turns[who], 1000) for who in turns), spread(behind[name])]
                )
    said = " and ".join(f"{name} {number(median(behind[name]))} times" for name in METHODS)
    lead = f"By hand, {sizes[-1]:,} points take {said} as long as scikit-learn: NumPy to read against compiled code."
    return lead, table(["", "By hand, ms", "scikit-learn, ms", "By hand / scikit-learn"], rows)
