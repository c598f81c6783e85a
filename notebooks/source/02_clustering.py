# %% [markdown]
# # 2. Clustering: groups without labels
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - run k-means and DBSCAN by hand, and say when each of them stops,
# - compare a clustering with tables that have no groups,
# - choose `eps` from a curve, and say what the choice costs,
# - find out what a clustering rests on.
#
# **Before you start**: rows, columns, labels, and how a column is standardised (lab 1).
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import silhouette_samples, silhouette_score

from coursekit import check, data, plot, train

train.seed_everything(SEED)

# %% tags=["figure"]
# @title Helpers: draw one colour and marker for each cluster, grey crosses for noise; compare two groupings
COLOURS = [colour for colour in plt.rcParams["axes.prop_cycle"].by_key()["color"] if colour != "#000000"]


def draw_clusters(ax, points, labels, size=20):
    for label in np.unique(labels):
        x, y = points[labels == label, :2].T
        if label == -1:
            ax.scatter(x, y, s=size, color="0.45", marker="x", linewidths=1)
        else:
            style = {"color": COLOURS[label % 6], "marker": plot.MARKERS[label % 6]}
            ax.scatter(x, y, s=size, alpha=0.75, linewidths=0, **style)


def same_groups(one, other):
    pairs = {*zip(one.tolist(), other.tolist(), strict=True)}
    return len(pairs) == len({*one.tolist()}) == len({*other.tolist()})


# %% [markdown]
# ## Groups without labels
#
# **Clustering** looks for groups of rows that are alike, **clusters**, without any labels. Here are 120 simulated
# patients with two values of a blood count: **haemoglobin** (Hb, in g/dl) and the **mean corpuscular volume** of the
# red cells (MCV, in femtolitres, fl). How many groups do you see?

# %% tags=["figure"]
# @title 120 patients, in `patients` (one row each: Hb, MCV)
rng = np.random.default_rng(SEED)
diagnosis = np.repeat(["normal", "small cells", "large cells"], 40)  # hidden from every method below
means, spreads = np.array([[14.2, 90], [9.5, 70], [9.0, 112]]), np.array([[1.0, 4], [1.2, 5], [1.3, 6]])
patients = rng.normal(np.repeat(means, 40, axis=0), np.repeat(spreads, 40, axis=0)).round(1)
fig, ax = plt.subplots()
ax.scatter(*patients.T, s=20, color="0.3")
ax.set(xlabel="haemoglobin (g/dl)", ylabel="mean corpuscular volume (fl)", title="Do you see groups?")
plot.show(fig, alt="120 grey points in three clouds: one at high Hb, two at low Hb with small or with large cells.")

# %% [markdown]
# A physician names three clouds: mostly normal blood, anaemia with small cells (as in iron deficiency), and with large
# cells (as in vitamin B12 deficiency).
#
# Patient B has 7 g/dl less haemoglobin than patient A: a severe anaemia. Patient C has 7 fl more than A: still
# normal. Which is farther from A in the raw numbers?

# %%
a, b, c = np.array([14, 90]), np.array([7, 90]), np.array([14, 97])
spread = patients.std(axis=0)  # axis=0: down the rows, so one number for each column
print(f"raw:          A to B {np.linalg.norm(a - b):.2f}, A to C {np.linalg.norm(a - c):.2f}")  # norm: the length
print(f"standardised: A to B {np.linalg.norm((a - b) / spread):.2f}, A to C {np.linalg.norm((a - c) / spread):.2f} SD")

# %%
scaled = (patients - patients.mean(axis=0)) / spread  # each column has mean 0 and SD 1

# %% [markdown]
# Raw, both are 7.00. Divided by the standard deviation (SD) of its column, the loss of haemoglobin is 2.53 SD, the gain
# of volume 0.39. So what "alike" means is *your* choice.
#
# ## k-means by hand
#
# **k-means** needs the number of clusters, k. A centre is called a **centroid**.
#
# 1. **Seed**: pick k rows as first centroids.
# 2. **Assign**: put each row into the cluster of its nearest centroid.
# 3. **Move**: shift each centroid to the mean of its cluster.
# 4. Repeat 2 and 3, together one **round**, and **stop** when no row changes its cluster.
#
# To make it hard, we take all three seeds from one cloud.

# %%
seeds = scaled[[25, 6, 27]]  # three rows, picked by their numbers
distances = cdist(scaled, seeds)  # a table of distances: one row a patient, one column a seed
first_labels = distances.argmin(axis=1)  # axis=1: along each row; argmin: where is the smallest?
print("patient 0:", distances[0].round(2), "SD from the three seeds -> cluster", first_labels[0])

# %%
members = scaled[first_labels == 0]  # == gives True or False for each patient; this keeps the rows with True
print(f"cluster 0: {len(members)} patients; its centroid moves to {members.mean(axis=0).round(2)}")

# %% tags=["figure"]
# @title Helper: two numbers as a text, to tell an answer back


def as_text(numbers):
    try:
        return " and ".join(f"{float(number):g}" for number in numbers)
    except (TypeError, ValueError):
        parts = numbers if isinstance(numbers, list | tuple) else [numbers]
        return numbers if any(part is ... for part in parts) else "no two numbers"


# %% [markdown]
# The first cell was "assign", the second "move".
#
# ### Your turn 2.1: k-means with a pencil
#
# Five patients stayed 1, 5, 6, 9 and 18 days in hospital. Run k-means with k = 2 on paper, from the seeds 1 and 5
# days. Where are the two centroids when k-means stops? Do not round.

# %% tags=["exercise"]
final_centroids = ...  # a list of two numbers, the smaller one first

# %% tags=["check"]
# @title Check 2.1
days = np.array([[1.0], [5], [6], [9], [18]])
stopped_at = KMeans(2, init=days[:2], n_init=1, tol=0).fit(days).cluster_centers_[:, 0]
slips = {
    "These are the centroids after the first move. Assign again: does a patient change?": "1 and 9.5",
    "Nearly: you stopped one move early. Which centroid is now nearer to the patient with 6 days?": "3 and 11",
    "A better division, but k-means does not get there from these seeds. Follow the steps.": "5.25 and 18",
    "You took medians. A centroid of k-means is the mean of its cluster.": "5 and 13.5",
    "Both numbers are right. Put the smaller one first.": "13.5 and 4",
    "One of them is rounded. A mean need not be a whole number.": "4 and 14",
    "The second one is cut to a whole number. A mean need not be whole.": "4 and 13",
    "Two numbers are asked for, the means of the two clusters: [first, second].": "no two numbers",
}
check.value(
    "2.1 pencil",
    as_text(final_centroids),
    as_text(stopped_at),
    hint="First border: 3 days, halfway between 1 and 5. So the first clusters are {1} and {5, 6, 9, 18}. Go on.",
    slips=slips,
)

# %% tags=["solution"]
# @title Solution 2.1
# {1} {5 6 9 18} -> 1, 9.5; {1 5} {6 9 18} -> 3, 11; {1 5 6} {9 18} -> 4, 13.5; nobody changes: stop.
pencil_solution = [(1 + 5 + 6) / 3, (9 + 18) / 2]
check.solution("2.1 pencil", as_text(pencil_solution))
# The squared distances add to 54.5. With {1 5 6 9} and {18} they would add to 32.75.

# %% tags=["figure"]
# @title The rare case that a cluster has lost all its rows: it takes the row farthest from its own centroid


def fill_empty(labels, distances):
    members, nearest = labels.copy(), distances.min(axis=1)
    for empty in np.setdiff1d(np.arange(distances.shape[1]), labels):
        farthest = nearest.argmax()
        members[farthest], nearest[farthest] = empty, 0
    return members


# %% [markdown]
# ### The whole method
#
# The four steps as a program; `history` keeps each round.


# %%
def kmeans(points, centroids, max_steps=300):
    """Assign and move until no point changes its cluster."""
    history, labels = [], None
    for _ in range(max_steps):
        distances = cdist(points, centroids)
        previous, labels = labels, distances.argmin(axis=1)  # assign
        if np.array_equal(labels, previous):
            break  # stop
        members = fill_empty(labels, distances)  # folded above: should a cluster have lost all its rows
        centroids = np.array([points[members == c].mean(axis=0) for c in range(len(centroids))])  # move
        history.append((labels, centroids))
    return labels, centroids, history


# %%
kmeans_labels, centroids, history = kmeans(scaled, seeds)
print(pd.crosstab(diagnosis, kmeans_labels, rownames=["diagnosis"], colnames=["cluster"]))  # counts each pair

# %% tags=["figure"]
# @title A slider for the rounds


def draw_round(done=1):
    old = seeds if done == 1 else history[done - 2][1]
    labels, new = history[done - 1]
    fig, ax = plt.subplots(figsize=(5.6, 4))
    draw_clusters(ax, scaled, labels)
    for start, end in zip(old, new, strict=True):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 2, "shrinkA": 0, "shrinkB": 0})
    ax.plot(*old.T, "kP", ms=9, mec="white", mew=0.8, zorder=5)
    ax.set(xlabel="haemoglobin (SD)", ylabel="MCV (SD)", title=f"Round {done} of {len(history)}: assign, then move")
    way, sizes = np.linalg.norm(new - old, axis=1).max(), np.bincount(labels)
    return fig, f"Round {done}: clusters of {sizes} points; the longest arrow of a centroid is {way:.2f} SD."


plot.explore(draw_round, done=(1, len(history)))

# %% [markdown]
# Crosses are the centroids before the move. Move the slider: three seeds in one cloud still find the three groups here.
#
# The **inertia** is the sum of the squared distances of all rows to their own centroid. Each round that changes a
# cluster lowers it, so no division of the rows comes twice. There are finitely many: k-means stops. But it may stop in
# a **local minimum**: nothing changes, yet another division has a lower inertia (in 2.1: {1, 5, 6, 9} and {18}). So
# scikit-learn's `KMeans` can start `n_init` times and keep the lowest inertia.
#
# ## How many clusters, and are there any?
#
# Does the lowest inertia rise or fall with more clusters? Decide, then run.

# %%
ks = range(1, 9)
fitted = {k: KMeans(k, n_init=20, random_state=SEED).fit(scaled) for k in ks}  # the best of 20 starts
elbow = [fitted[k].inertia_ for k in ks]
print("inertia for k = 1 to 8:", " ".join(f"{value:.0f}" for value in elbow), "SD²")

# %% [markdown]
# It falls, to zero when each row is its own cluster. Look for the **elbow**, where a steep fall becomes slow: here 3.
#
# The **silhouette** compares, for each row, a = the mean distance to the other rows of its own cluster with b = the
# mean distance to the rows of the nearest other cluster: (b - a) / max(a, b). Near 1: well inside; near 0: on a border;
# below 0: the other cluster is nearer. Its mean over all rows may go up *or* down with k.

# %% tags=["figure"]
# @title Helper: colours that stay the same
from scipy.optimize import linear_sum_assignment


def coloured_as_before(labels):  # each cluster in the colour of the earlier one with which it shares most
    clusters, before = linear_sum_assignment(-pd.crosstab(labels, kmeans_labels).to_numpy())
    new = dict(zip(clusters, before, strict=True))
    free = [colour for colour in range(6) if colour not in before]
    new |= dict(zip([label for label in range(labels.max() + 1) if label not in new], [*free, 6, 7], strict=False))
    return np.array([new[label] for label in labels])


# %% tags=["figure"]
# @title A slider for k
silhouettes = {k: silhouette_score(scaled, fitted[k].labels_) for k in ks if k > 1}
best_k = max(silhouettes, key=silhouettes.get)


def draw_k(k=4):
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9.8, 3.6), width_ratios=[1.4, 1, 1])
    labels = fitted[k].labels_
    near_border = silhouette_samples(scaled, labels) < 0.3
    draw_clusters(left, scaled, coloured_as_before(labels))
    left.plot(*scaled[near_border].T, "o", ms=9, mfc="none", mec="black", mew=1)
    left.set(xlabel="haemoglobin (SD)", ylabel="MCV (SD)", title="rings: silhouette < 0.3")
    middle.plot(ks, elbow, "-o", ms=4)
    middle.plot(k, elbow[k - 1], "s", ms=10, color=COLOURS[1])
    middle.set(xlabel="k", ylabel="inertia (SD²)", title="elbow")
    right.plot(list(silhouettes), list(silhouettes.values()), "-o", ms=4)
    right.plot(k, silhouettes[k], "s", ms=10, color=COLOURS[1])
    right.set(xlabel="k", ylabel="mean silhouette", title=f"silhouette {silhouettes[k]:.2f}", ylim=(0, 1))
    sizes = ", ".join(str(size) for size in np.bincount(labels))
    words = f"k = {k}: clusters of {sizes} points, {near_border.sum()} of all points with a silhouette below 0.3. "
    return fig, words + f"The mean silhouette is highest at {best_k}."


plot.explore(draw_k, k=(2, 8))

# %% [markdown]
# Here both say 3. With k = 4 one cloud is cut in two, and low silhouettes (rings) appear there.
#
# ### k-means always answers
#
# What will k-means do with 300 random points in a square?

# %%
uniform = np.random.default_rng(0).uniform(size=(300, 2))
uniform_labels = KMeans(4, n_init=10, random_state=0).fit_predict(uniform)  # fit, and give the labels
uniform_score = silhouette_score(uniform, uniform_labels)
print(f"4 clusters of {sorted(np.bincount(uniform_labels).tolist())} points, mean silhouette {uniform_score:.2f}")

# %% tags=["figure"]
# @title The 300 points
fig, ax = plt.subplots(figsize=(4.2, 3.6))
draw_clusters(ax, uniform, uniform_labels)
ax.set(xlabel="first value", ylabel="second value", title="Four clusters where there are none")
plot.show(fig, alt="Random points in a square, cut by k-means into four quarters of about the same size.")

# %% [markdown]
# Four tidy clusters in nothing, with a mean silhouette of 0.40. k-means never says whether there *are* groups. So
# compare with **single clouds**: tables of the same size, means and correlations, drawn from one bell-shaped cloud
# without groups. Two papers each report "four types of patient" among 300:

# %% tags=["figure"]
# @title The tables of the two papers, `paper_a` and `paper_b` (simulated)
dice = np.random.default_rng(5)
paper_a = dice.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300)
paper_b = (dice.normal(size=(4, 10)) * 0.95)[np.arange(300) % 4] + dice.normal(size=(300, 10))


# %% tags=["figure"]
# @title Helpers: `score_of_four(table)`, and `cloud_scores(table)` for 20 single clouds like the table
from threadpoolctl import threadpool_limits


def score_of_four(table):
    return silhouette_score(table, KMeans(4, n_init=10, random_state=0).fit_predict(table))


def cloud_scores(table):
    dice, means, covariance = np.random.default_rng(1), table.mean(axis=0), np.cov(table, rowvar=False)
    clouds = [dice.multivariate_normal(means, covariance, len(table)) for _ in range(20)]
    with threadpool_limits(1):  # many small tasks: one thread is fastest
        return np.sort([score_of_four(cloud) for cloud in clouds]).round(3)


# %%
for name, table in (("A", paper_a), ("B", paper_b)):
    print(f"paper {name}: {table.shape[1]} columns, mean silhouette of four types {score_of_four(table):.2f}")

# %% [markdown]
# ### Your turn 2.2: two papers, four types each
#
# Which paper's value is more than single clouds give? Add a cell: `cloud_scores(paper_a)` scores 20 clouds like paper
# A. Where does each paper lie among its own?

# %% tags=["exercise"]
more_than_a_cloud = ...  # "A", "B", "both" or "neither"

# %% tags=["check"]
# @title Check 2.2
of_a, of_b = cloud_scores(paper_a), cloud_scores(paper_b)
outcomes = {
    "A": f"Its value is the higher one, but even single clouds like A score up to {max(of_a):.2f}: patients would be "
    "sorted by pieces of a cloud. Compare each paper with its own 20.",
    "B": f"B lies above all its clouds ({min(of_b):.2f} to {max(of_b):.2f}), A among its own ({min(of_a):.2f} to "
    f"{max(of_a):.2f}). No silhouette is good by itself: A's clouds without groups score higher than paper B.",
    "both": "In one of the papers patients would be sorted by pieces of a cloud: some of its clouds score higher than "
    "the paper.",
    "neither": "You give up a finding: one of the values lies above all its 20 clouds. Compare each paper with its own "
    "clouds, made from its own table.",
}
check.choice("2.2 two papers", more_than_a_cloud, "B", outcomes)

# %% tags=["solution"]
# @title Solution 2.2
check.solution("2.2 two papers", "B")
assert min(of_a) < score_of_four(paper_a) < max(of_a) and score_of_four(paper_b) > 1.3 * max(of_b)

# %% tags=["figure"]
# @title The flat square, compared in the same way
of_square = cloud_scores(uniform)
print(f"the flat square: {uniform_score:.2f}; 20 single clouds like it: {min(of_square):.2f} to {max(of_square):.2f}")

# %% [markdown]
# Careful: the flat square beats its 20 clouds too, and has no groups. So a paper that beats them is hardly one
# *bell-shaped* cloud (by chance a cloud beats 20 others once in 21 times); that is not yet "four types".
#
# ## DBSCAN by hand
#
# k-means gives every row a cluster and needs k. **DBSCAN** (density-based spatial clustering of applications with
# noise) asks where it is crowded. **eps** is a radius: points within it are neighbours. **MinPts** is how many points
# within eps, the point itself included, make a crowd. Every point is one of three kinds:
#
# - a **core point** has at least MinPts points within eps,
# - a **border point** has fewer, but has a core point within eps,
# - everything else is **noise**: points in no cluster.
#
# Twelve dots, numbered from 0, with eps = 1 cm and MinPts = 3:

# %%
x = [1, 1.7, 1.3, 2.2, 2.25, 3.2, 4.65, 5.25, 5.55, 6.35, 3.6, 7.2]
y = [1, 1.3, 2, 0.8, 2, 1.9, 2.65, 2.05, 2.75, 3.15, 4.1, 0.9]
dots = np.column_stack([x, y])  # cm, one row a dot
close = cdist(dots, dots) <= 1  # a table of True and False: who is a neighbour of whom
print("points within 1 cm of each dot:", close.sum(axis=1))  # True counts as 1; each dot counts itself
core = close.sum(axis=1) >= 3

# %% tags=["figure"]
# @title The three kinds of points
border = ~core & close[:, core].any(axis=1)
fig, ax = plt.subplots(figsize=(7.4, 4.6))
for point, is_core in zip(dots, core, strict=True):
    ax.add_patch(plt.Circle(point, 1, fill=False, color="0.6", lw=1, ls="-" if is_core else ":"))
for i, j in np.argwhere(np.triu(close, 1)):
    if core[i] or core[j]:
        ax.plot(*dots[[i, j]].T, color=COLOURS[0], lw=2.5 if core[i] and core[j] else 1.2, ls="-", zorder=1)
kinds = (("core", core, "o"), ("border", border, "^"), ("noise", ~core & ~border, "x"))
for (name, chosen, marker), colour in zip(kinds, (COLOURS[0], COLOURS[1], "0.4"), strict=True):
    ax.scatter(*dots[chosen].T, s=60, color=colour, marker=marker, label=name, zorder=2)
for number, point in enumerate(dots):
    ax.annotate(number, point, (6, 5), textcoords="offset points", zorder=3)
ax.set(xlabel="x (cm)", ylabel="y (cm)", aspect="equal", xlim=(-0.4, 8.4), ylim=(-0.4, 5.2), xticks=range(9))
ax.set_xticks(np.arange(0, 8.5, 0.5), minor=True)
ax.set_yticks(np.arange(0, 5.5, 0.5), minor=True)
ax.grid(which="minor", alpha=0.3)
ax.legend(loc="upper left", frameon=True)
plot.show(fig, alt="Twelve dots with circles of radius eps: two groups of joined core points, two dots stay alone.")

# %% [markdown]
# Circles have the radius eps (solid: around core points). Thick lines join core points that are neighbours: a
# **graph**. A cluster is all that you can **reach** from one core point: walk along thick lines, and take in border
# points beside the way (thin lines), but never walk on from those. From dot 1 you walk to 2 and 4, and take in 0, 3 and
# 5. Then start at a core point without a cluster; **stop** when none is left. (A border point beside two clusters goes
# to the first that reaches it.)

# %% tags=["figure"]
# @title Helper `dbscan(points, eps, min_points)`: such a walk from each core point that has no cluster yet


def dbscan(points, eps, min_points):
    """Grow one cluster after the other from core points; the label -1 means noise."""
    neighbours = [np.flatnonzero(row <= eps) for row in cdist(points, points)]
    is_core = [len(found) >= min_points for found in neighbours]
    labels = np.full(len(points), -1)  # noise, until reached
    cluster = 0
    for start in range(len(points)):
        if not is_core[start] or labels[start] != -1:
            continue
        labels[start] = cluster
        to_visit = [start]
        while to_visit:
            for other in neighbours[to_visit.pop()]:
                if labels[other] == -1:  # so a border point stays with the first cluster that reaches it
                    labels[other] = cluster
                    if is_core[other]:
                        to_visit.append(other)
        cluster += 1
    return labels


# %%
print("labels of the twelve dots:", dbscan(dots, eps=1, min_points=3))  # -1: noise

# %% [markdown]
# ### Your turn 2.3: one dot too many
#
# One more dot can join the two clusters. Find a place for it on the picture, eps and MinPts as before.

# %% tags=["exercise"]
new_dot = ...  # [x, y] in cm

# %% tags=["check"]
# @title Check 2.3


def clusters_with(new):
    try:
        thirteen = np.vstack([dots, np.array(new, dtype=float)])
        labelled = DBSCAN(eps=1, min_samples=3).fit(thirteen)
    except (TypeError, ValueError):
        return new if new is ... else "no place"
    if np.abs(thirteen[-1] - [4, 2.4]).max() > 4.6:
        return "outside the picture"
    kind = "noise" if labelled.labels_[-1] == -1 else "core" if 12 in labelled.core_sample_indices_ else "border"
    return "one cluster" if labelled.labels_.max() == 0 else f"two clusters, your dot {kind}"


again = "Your dot also counts for its neighbours: count again for each of them."
slips = {
    "Nobody within 1 cm of your dot is a core point. Go nearer to a cluster.": "two clusters, your dot noise",
    f"Too few dots are within 1 cm of yours, so it is a dead end. {again}": "two clusters, your dot border",
    f"It only makes one cluster larger: where do the thick lines end? {again}": "two clusters, your dot core",
    "That is outside the picture. Read x and y from the axes, in cm.": "outside the picture",
    "A position is a list of two numbers, x and y.": "no place",
}
hint = "There must be a way of thick lines from one cluster to the other. Count again for all dots near yours."
check.value("2.3 one dot", clusters_with(new_dot), "one cluster", hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.3
# Core points of the two clusters are more than 2 cm apart, so no dot reaches both. But a dot near the border point at
# (3.2, 1.9) gives that one its third neighbour: it becomes a core point, and a way through.
check.solution("2.3 one dot", clusters_with([3.9, 2.2]))

# %% [markdown]
# ## Where k-means fails, and how to choose eps
#
# Now 225 simulated cell nuclei on a slide: 200 lie along two bent folds of tissue, 25 are scattered at random.

# %%
from sklearn.datasets import make_moons

folds, fold = make_moons(200, noise=0.055, random_state=0)  # mm
scattered = np.random.default_rng(0).uniform([-1.6, -1.1], [2.6, 1.6], size=(25, 2))
nuclei = np.vstack([folds, scattered])  # one under the other

# %% tags=["figure"]
# @title The nuclei
fig, ax = plt.subplots(figsize=(5.2, 3.3))
ax.scatter(*nuclei.T, s=14, color="0.3")
ax.set(xlabel="x (mm)", ylabel="y (mm)", title="225 nuclei")
plot.show(fig, alt="Grey points along two bent folds that reach into each other, and others scattered around.")

# %% [markdown]
# Which eps does DBSCAN need? With MinPts = 5 a nucleus is a core point if its fifth nearest nucleus, itself included,
# is within eps. Compute that distance for each nucleus and sort: the **k-distance curve** (this k is MinPts).


# %%
def fifth_distances(points):
    nearest_first = np.sort(cdist(points, points), axis=1)  # each row sorted; column 0 is the point itself
    return np.sort(nearest_first[:, 4])  # column 4 of all rows: the fifth


curve = fifth_distances(nuclei)

# %% tags=["figure"]
# @title The curve
fig, ax = plt.subplots(figsize=(6, 3.4))
ax.plot(np.arange(1, 226), curve)
ax.axhline(0.2, color=COLOURS[1], ls="--", label="0.2 mm")
ax.set(
    xlabel="nuclei, sorted", ylabel="distance to the fifth nearest (mm)", title="k-distance curve: look for the bend"
)
ax.legend(loc="upper left")
plot.show(fig, alt=f"The curve is under 0.2 mm for {np.sum(curve <= 0.2)} of 225 nuclei, then it bends upwards.")

# %% [markdown]
# The curve bends where the scattered nuclei begin. We take eps = 0.2 mm there: all nuclei under the dashed line are
# core points.

# %%
by_kmeans = KMeans(2, n_init=10, random_state=SEED).fit_predict(nuclei)
by_dbscan = dbscan(nuclei, eps=0.2, min_points=5)

# %% tags=["figure"]
# @title k-means, and DBSCAN with a slider for eps


def draw_both(eps=0.2):
    labels = dbscan(nuclei, eps, 5)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True)
    draw_clusters(left, nuclei, by_kmeans, size=14)
    draw_clusters(right, nuclei, labels, size=14)
    left.set(xlabel="x (mm)", ylabel="y (mm)", title="k-means, k = 2")
    right.set(xlabel="x (mm)", title=f"DBSCAN, eps {eps:.2f} mm: {labels.max() + 1} clusters")
    sizes = np.sort(np.bincount(labels[labels >= 0], minlength=1))[::-1][:2].tolist()
    alt = "k-means cuts both bent folds with a straight line. "
    alt += f"DBSCAN with eps {eps:.2f} mm: {labels.max() + 1} clusters, the largest {sizes}"
    return fig, f"{alt}; {np.sum(labels == -1)} of 225 are noise, {np.sum(labels[200:] == -1)} of them scattered ones."


plot.explore(draw_both, eps=(0.1, 0.4, 0.02))

# %% [markdown]
# k-means cuts through both folds: it only knows "near a centre". DBSCAN follows each fold to its end; grey crosses
# are noise. Move the slider: too small an eps breaks the folds into pieces, too large an eps makes them one.
#
# ### Your turn 2.4: choose eps for a mammogram
#
# Below are 76 simulated specks of calcium on a mammogram. Radiologists call five or more within 1 cm of each other
# *grouped*; scattered ones are mostly harmless. (Shapes matter too; here only places count.) DBSCAN with MinPts = 5
# shall find the groups; in this exercise each gets one biopsy needle.
# Which eps: `"a"` 1.5 mm, `"b"` 3 mm, `"c"` 7 mm or `"d"` 10 mm? Add a cell with `plt.plot(fifth_distances(calcium))`,
# or draw the clusters: `draw_clusters(plt.gca(), calcium, dbscan(calcium, eps, 5))` with your eps.

# %% tags=["figure"]
# @title The 76 specks, in `calcium`, one row each (mm)
place = np.random.default_rng(5715)
along = place.uniform(0, 14, 40)
first_part = np.column_stack([8 + 0.9 * along, 10 + 0.5 * along]) + place.normal(0, 0.9, (2, 40)).T
second_part = place.normal([29, 20], 1.6, (14, 2))
calcium = np.vstack([first_part, second_part, place.uniform([0, 0], [60, 45], (22, 2))])
fig, ax = plt.subplots(figsize=(6.4, 5))
ax.scatter(*calcium.T, s=12, color="0.2")
ax.set(xlabel="x (mm)", ylabel="y (mm)", aspect="equal", xlim=(-1, 61), ylim=(-1, 46))
ax.set_title("Simulated microcalcifications")
plot.show(
    fig, alt="Dark specks on a field of 60 by 45 mm: many in a long band, some in a spot beside it, others anywhere."
)

# %% tags=["exercise"]
chosen_eps = ...  # "a", "b", "c" or "d"

# %% tags=["check"]
# @title Check 2.4
sizes = {eps: np.bincount(dbscan(calcium, eps, 5) + 1)[1:].tolist() for eps in (1.5, 3, 7, 10)}  # without noise
large = dbscan(calcium, 7, 5)
sparse = calcium[large == large[54:].max()]  # the cluster of scattered specks
pieces = np.sum(np.sort(cdist(calcium, calcium))[:54, 4] > 1.5)  # specks of the two lesions
outcomes = {
    "a": f"{len(sizes[1.5])} needles. {pieces} of the 54 specks in the two lesions have their fifth nearest speck "
    "farther away than that, so the larger one is in pieces, and each piece gets a needle.",
    "b": f"{len(sizes[3])} needles, for lesions of {sizes[3][0]} and {sizes[3][1]} specks. The others are noise.",
    "c": f"{len(sizes[7])} needles. One goes into {len(sparse)} specks up to {cdist(sparse, sparse).max():.0f} mm "
    "apart, and no five of them lie within 1 cm of each other: a needle for nothing.",
    "d": f"{len(sizes[10])} needle for {sizes[10][0]} specks, most of the scattered ones with them. eps is a radius: "
    "a circle of 10 mm is 2 cm wide, and five specks in it may be far from each other.",
}
check.choice("2.4 choose eps", chosen_eps, "b", outcomes)

# %% tags=["solution"]
# @title Solution 2.4
check.solution("2.4 choose eps", "b")
# fifth_distances(calcium) rises slowly to 3 mm (52 of 76 specks), then steeply: there the scattered ones begin.

# %% [markdown]
# ## What does a clustering rest on?
#
# Each row is one **census tract** (a few thousand people) in and around Boston, 1970. k-means with k = 4 gets eleven
# standardised columns in four sets, and no map. ("Low status" is the authors' term.)

# %% tags=["figure"]
# @title The table `census`, its columns in `SETS`, and `census_clusters(table)`: k-means, the largest cluster is 0
SETS = {
    "homes": ["rooms", "old homes", "low status"],
    "streets": ["nitrogen oxides", "way to work", "crime"],
    "land": ["large lots", "industry"],
    "services": ["highways", "tax", "pupils a teacher"],
}
columns = ["RM", "AGE", "LSTAT", "NOX", "DIS", "CRIM", "ZN", "INDUS", "RAD", "TAX", "PTRATIO"]  # in the file
tracts = data.load_boston_housing(geo=True)
census = tracts[columns].assign(CRIM=np.log10(tracts.CRIM))  # crime is skewed: take its logarithm
census.columns = [name for names in SETS.values() for name in names]
census = (census - census.mean()) / census.std()


def census_clusters(table):
    with threadpool_limits(1):
        found = KMeans(4, n_init=30, random_state=SEED).fit_predict(table)
    return np.argsort(np.argsort(-np.bincount(found)))[found]  # the rank of each cluster by its size


for name, names in SETS.items():
    print(f"{name}: {', '.join(names)}")

# %%
tracts["cluster"] = census_clusters(census)

# %% tags=["figure"]
# @title The clusters on the map (the file writes minutes as hundredths of a degree: we divide by 0.6)
north, east = 42 + (tracts.LAT - 42) / 0.6, -71 + (tracts.LON + 71) / 0.6
fig, ax = plt.subplots(figsize=(8, 6))
for label in range(4):
    chosen = tracts.cluster == label
    style = {"color": COLOURS[label], "marker": plot.MARKERS[label], "ls": "none"}
    ax.plot(east[chosen], north[chosen], ms=3.4, label=f"{label}: {chosen.sum()} tracts", **style)
beside = {"Boston": (-70.85, 42.34), "Quincy": (-70.8, 42.27), "Lynn": (-70.78, 42.47), "Cambridge": (-71.42, 42.42)}
for town, at in {**beside, "Newton": (-71.42, 42.385)}.items():
    here = tracts.TOWN.str.startswith(town)
    line = {"arrowstyle": "-", "color": "0.2", "lw": 1}
    ax.annotate(town, (east[here].mean(), north[here].mean()), at, va="center", ha="center", arrowprops=line)
ax.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)", aspect=1 / np.cos(np.radians(42.35)))
ax.set_title("Four clusters of census tracts, each drawn at its middle")
ax.legend(title="cluster", loc="upper left")
plot.show(fig, alt="One cluster fills the city of Boston, one lies beside it, one around both, one in the outer towns.")

# %% [markdown]
# Compact areas are no surprise: neighbours are alike in many ways. But count the cluster at the name Boston:

# %%
in_boston = tracts.TOWN.str.startswith("Boston").rename("in Boston")  # 15 districts, such as Boston Back Bay
print(pd.crosstab(in_boston, tracts.cluster).to_string())

# %% [markdown]
# One cluster *is* the city: all its 132 tracts, and no other.
#
# ### Your turn 2.5: what holds Boston together?
#
# A newspaper writes: "A computer that knew no map has found Boston: its tracts are alike in every way." Test it.
# Without which set do most tracts leave Boston's cluster or come into it? Add a cell, leave out one set after the other
# (clusters are numbered anew each time):
#
# `print(pd.crosstab(in_boston, census_clusters(census.drop(columns=SETS["homes"]))))`
#
# Why that set? `census[in_boston].nunique()` counts the different values of each column within Boston.

# %% tags=["exercise"]
what_holds = ...  # "homes", "streets", "land" or "services"

# %% tags=["check"]
# @title Check 2.5
outcomes = {}
for name, left_out in SETS.items():
    again = census_clusters(census.drop(columns=left_out))
    inside, outside = (np.bincount(again[chosen], minlength=4) for chosen in (in_boston, ~in_boston))
    at = inside.argmax()
    outcomes[name] = f"Without {', '.join(left_out)} one cluster has {inside[at]} of the 132 tracts of Boston, and "
    outcomes[name] += f"{outside[at]} of other towns."
    outcomes[name] += " Another set changes more." if name != "services" else ""
again = census_clusters(census.drop(columns=SETS["land"] + SETS["services"]))
inside, outside = (np.bincount(again[chosen], minlength=4) for chosen in (in_boston, ~in_boston))
outcomes["services"] += (
    " These columns, and the two of land, have one value for the whole city, copied to each of its tracts: in five of "
    "eleven columns Boston is one point. The sharp border comes from how the table was made. Without all five one "
    f"cluster has {inside.max()} of its tracts and {outside[inside.argmax()]} others: that likeness is a finding, and "
    "a smaller one."
)
check.choice("2.5 Boston", what_holds, "services", outcomes)

# %% tags=["solution"]
# @title Solution 2.5
check.solution("2.5 Boston", "services")
# census[in_boston].nunique() counts different values: 1 in each of the five, 18 to 131 in the others.
# It is not the number of columns left out: homes and streets have three as well.
assert (census[in_boston][SETS["land"] + SETS["services"]].nunique() == 1).all()

# %% [markdown]
# ## Going further
#
# [2. More ways to cluster](further/02_more_clusterings.ipynb): *k-means++*, *Medoids*, *A tree of merges*,
# *Gaussian mixtures*, *OPTICS*, *Four families*, *Sorting the literature*, *Who is in the clusters?*,
# *Bone on a CT slice*, *Emphysema on a CT slice*.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "Your best run of k-means with k = 3 has an inertia of 31. You run it once with k = 4: at 33 no row changes its "
    "cluster any more. What has happened?",
    [
        "Four groups suit these rows less well than three",
        "The run with k = 4 has ended in a local minimum",
        "The run with k = 4 has stopped before its last step",
        "The elbow of the inertia curve lies at k = 3",
    ],
    1,
    [
        "With one more centroid the lowest inertia can never be higher: keep the three, put the fourth anywhere.",
        "With the three centroids and a fourth one it could reach 31 or less. Start it again from other seeds.",
        "No row changes its cluster: that was the last step. Such an end need not be the best one.",
        "An elbow is a bend of a falling curve. The lowest inertias never rise with k.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "Four patients stayed 0, 2, 5 and 7 days; the clusters are {0, 2} and {5, 7}. What is the silhouette of the "
    "patient with 2 days?",
    ["0.50", "0.33", "0.75", "2.00"],
    0,
    [
        "a = 2, b = (3 + 5) / 2 = 4, and (4 - 2) / 4.",
        "That is (3 - 2) / 3, with the distance to the nearest other patient. b is a mean over the whole cluster.",
        "That is (4 - 1) / 4: you counted the patient itself in a.",
        "That is b - a. Divide it by the larger of the two: a silhouette is never above 1.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "You make eps larger and leave MinPts as it is. What can NOT happen?",
    [
        "A noise point becomes a core point",
        "Two clusters become one cluster",
        "A core point becomes a border point",
        "A new cluster appears among the noise",
    ],
    2,
    [
        "It can: a larger circle may hold enough points.",
        "It can: core points of both may become neighbours.",
        "A larger circle never holds fewer points: whoever is core stays core.",
        "It can: that is how scattered specks became a cluster in exercise 2.4.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "Four patients: 30 years and 1.60 m, 34 years and 1.95 m, 60 years and 1.61 m, 66 years and 1.94 m. k-means with "
    "k = 2 on the raw numbers finds the lowest inertia. Then the heights are typed in millimetres. What happens to the "
    "two clusters?",
    [
        "They stay: by age, before and after",
        "They stay: by height, before and after",
        "They change: first by height, then by age",
        "They change: first by age, then by height",
    ],
    3,
    [
        "In millimetres heights differ by up to 350, ages by up to 36: now the heights weigh more.",
        "In metres heights differ by up to 0.35, ages by up to 36: at first the ages weigh more.",
        "The other way round: compare the size of the differences in metres and in millimetres.",
        "The column with the larger differences decides, and its unit sets them: so columns are standardised.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
without_noise = by_dbscan[:200] != -1
of_first_fold = [np.mean(fold[by_kmeans[:200] == cluster]) for cluster in (0, 1)]
boston_alone = tracts.cluster == tracts.cluster[in_boston].iloc[0]
claims = {
    "raw numbers call both differences equal": np.isclose(np.linalg.norm(a - b), np.linalg.norm(a - c)),
    "k-means by hand agrees with scikit-learn": same_groups(
        kmeans_labels, KMeans(3, init=seeds, n_init=1, tol=0).fit_predict(scaled)
    ),
    "DBSCAN by hand does too": same_groups(by_dbscan, DBSCAN(eps=0.2, min_samples=5).fit_predict(nuclei)),
    "three seeds in one cloud still find the groups": pd.crosstab(diagnosis, kmeans_labels).max(axis=1).sum() > 110,
    "elbow and silhouette say three": elbow[1] > 2.5 * elbow[2] and elbow[2] < 1.6 * elbow[3] and best_k == 3,
    "k-means finds four tidy clusters in nothing": np.bincount(uniform_labels).min() > 60 and uniform_score > 0.35,
    "a flat square beats 20 bell-shaped clouds": uniform_score > max(of_square) + 0.02,
    "DBSCAN follows the folds": same_groups(by_dbscan[:200][without_noise], fold[without_noise]),
    "k-means cuts through them": all(0.1 < share < 0.9 for share in of_first_fold),
    "one census cluster is the City of Boston": np.all(boston_alone == in_boston),
}
for claim, holds in claims.items():
    assert holds, claim
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - Clustering groups rows without labels. You choose columns, scale and distance, and so what "alike" means.
# - k-means: seed, assign, move, until no row changes its cluster. Start several times, keep the lowest inertia.
# - k-means always answers. Compare with tables that have no groups, of more than one kind: a silhouette alone tells
#   little.
# - DBSCAN: core, border and noise; a cluster is what core points reach. Choose eps at the bend of the k-distance
#   curve, and ask what each side of it costs.
# - A cluster rests on its columns, and on how the table was made. Names, causes and uses are for people to judge.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | clustering | 군집화 (군집 분석) | grouping rows without labels |
# | centroid | 중심점 | the mean of a cluster |
# | k-means | k-평균 | assign to the nearest centroid, move to the mean, repeat |
# | inertia | 관성 (군집 내 제곱합) | sum of squared distances to the own centroid |
# | local minimum | 지역 최솟값 | another round changes nothing, yet it is not the best |
# | elbow method | 엘보 방법 | choose k at the bend of the inertia curve |
# | silhouette | 실루엣 계수 | how much nearer the own cluster is than the next one |
# | density-based clustering | 밀도 기반 군집화 | clusters are crowded regions |
# | core point | 핵심점 | has at least MinPts points within eps |
# | border point | 경계점 | not core, but within eps of a core point |
# | noise point | 잡음점 | not within eps of any core point |
# | k-distance curve | k-거리 곡선 | distances to the k-th nearest point, sorted; its bend suggests eps |
# | census tract | 인구 조사 구역 (센서스 트랙트) | an area of a few thousand people, the unit of a census table |
#
# ## References
#
# - MacQueen J. Some methods for classification and analysis of multivariate observations. 5th Berkeley Symposium,
#   1967.
# - Lloyd S. Least squares quantization in PCM. IEEE Trans. Inf. Theory 28, 1982.
# - Ester M, Kriegel HP, Sander J, Xu X. A density-based algorithm for discovering clusters. KDD, 1996.
# - Rousseeuw PJ. Silhouettes. J. Comput. Appl. Math. 20, 1987.
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J. Environ. Econ. Manage. 5, 1978.
# - Gilley OW, Pace RK. On the Harrison and Rubinfeld data (corrections and coordinates). J. Environ. Econ. Manage. 31,
#   1996.
# - WHO. Haemoglobin concentrations for the diagnosis of anaemia and assessment of severity. 2011.
# - D'Orsi CJ and others. ACR BI-RADS Atlas, 5th edition. American College of Radiology, 2013.
