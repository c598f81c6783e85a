# %% [markdown]
# # 2. Clustering: groups without labels
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - run k-means and DBSCAN by hand, and say when each of them stops,
# - choose the number of clusters, or `eps` and `MinPts`, from a curve and defend the choice,
# - name four families of clustering methods and pick the one that suits the shape of the data,
# - cluster census tracts, a CT slice and short texts,
# - say what a clustering does *not* prove.
#
# **Before you start** you should know NumPy arrays, a scatter plot, and standardisation (lab 1).
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
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from coursekit import check, data, plot, train

train.seed_everything(SEED)

# %% tags=["figure"]
# @title Drawing helper: one colour and one marker for each cluster, grey crosses for noise
COLOURS = plt.rcParams["axes.prop_cycle"].by_key()["color"]


def draw_clusters(ax, points, labels, size=20):
    for label in np.unique(labels):
        x, y = points[labels == label, :2].T
        if label == -1:
            ax.scatter(x, y, s=size, color="0.55", marker="x", linewidths=1)
        else:
            style = {"color": COLOURS[label % 7], "marker": plot.MARKERS[label % 7]}
            ax.scatter(x, y, s=size, alpha=0.75, linewidths=0, **style)


# %% [markdown]
# ## Groups without labels
#
# In most of lab 1 each row had a label, and a classifier learned to predict it. In **clustering** there is no label.
# You have only the rows, and you ask: do they fall into groups? A **cluster** is a group of rows that are alike; each
# family of methods below has its own idea of "alike". Nearly all of them measure it by a distance, so your choice of
# distance decides what a group is.
#
# Our first rows are 120 simulated patients with two values from a blood count: **haemoglobin** (Hb, in g/dl) and the
# **mean corpuscular volume** of the red cells (MCV, in femtolitres, fl). Before you run the next cell: guess how many
# groups you will see.

# %%
rng = np.random.default_rng(SEED)
diagnosis = np.repeat([0, 1, 2], 40)  # hidden from every method below
means = np.array([[14.2, 90], [9.5, 70], [9.0, 112]])
spreads = np.array([[1.0, 4], [1.2, 5], [1.3, 6]])
patients = rng.normal(means[diagnosis], spreads[diagnosis]).round(1)
print(f"{len(patients)} patients, Hb {patients[:, 0].min()} to {patients[:, 0].max()} g/dl, ", end="")
print(f"MCV {patients[:, 1].min()} to {patients[:, 1].max()} fl")
fig, ax = plt.subplots()
ax.scatter(*patients.T, s=20, color="0.3")
ax.set(xlabel="haemoglobin (g/dl)", ylabel="mean corpuscular volume (fl)", title="Do you see groups?")
plot.show(fig, alt="120 grey points in three clouds: one at high Hb, two at low Hb with small or with large cells.")

# %% [markdown]
# You see three clouds. A physician can name them: normal blood, anaemia with small cells (as in iron deficiency) and
# anaemia with large cells (as in vitamin B12 deficiency). The clouds come from the data; the *names* come from you.
#
# ### Distance needs a common scale
#
# Patient B has 6 g/dl less haemoglobin than patient A: a severe anaemia. Patient C has 6 fl more than A: nothing.
# Before you run the next cell: which of the two is farther from A, if you use the raw numbers?

# %%
a, b, c = np.array([14, 90]), np.array([8, 90]), np.array([14, 96])
print(f"raw:          A to B {np.linalg.norm(a - b):.2f}, A to C {np.linalg.norm(a - c):.2f}")
spread = patients.std(axis=0)
print(f"standardised: A to B {np.linalg.norm((a - b) / spread):.2f}, A to C {np.linalg.norm((a - c) / spread):.2f} SD")

scaled = (patients - patients.mean(axis=0)) / spread

# %% [markdown]
# The raw numbers call both differences equal, because they ignore units. Divided by the standard deviation (SD) of
# each column, the loss of 6 g/dl is more than six times as large. So we standardise: in `scaled` each column has mean
# 0 and SD 1. (These clouds lie so far apart that k-means would find nearly the same groups in the raw numbers. With
# most data it would not.)
#
# ### Four families
#
# | Family | A cluster is ... | Methods in this lab | You choose |
# |---|---|---|---|
# | centroid-based | everything near one centre | k-means, k-medoids (PAM), CLARA | number of clusters k |
# | density-based | a crowded region, cut off by emptier space | DBSCAN, OPTICS | how crowded is crowded |
# | hierarchical | a branch of a tree of merges | agglomerative clustering | where to cut the tree |
# | distribution-based | rows drawn from one bell-shaped cloud | Gaussian mixture | number of clouds, their shape |
#
# One line of scikit-learn each gives a first look; `n_init=10` means ten starts, of which the best is kept.

# %%
first_look = {
    "k-means": KMeans(3, n_init=10, random_state=SEED).fit_predict(scaled),
    "DBSCAN": DBSCAN(eps=0.45, min_samples=5).fit_predict(scaled),
    "hierarchical": AgglomerativeClustering(3).fit_predict(scaled),
    "Gaussian mixture": GaussianMixture(3, n_init=5, random_state=SEED).fit_predict(scaled),
}
for name, labels in first_look.items():
    sizes = sorted(np.unique(labels[labels >= 0], return_counts=True)[1].tolist())
    print(f"{name:17} cluster sizes {sizes}, in no cluster: {np.sum(labels == -1)}")

# %% [markdown]
# On three clear clouds all four families agree. Only DBSCAN has left some patients out: it calls them **noise**.
#
# ## k-means by hand
#
# **k-means** needs the number of clusters k. It works in four steps:
#
# 1. **Seed**: pick k rows as first centres. A centre is called a **centroid**.
# 2. **Assign**: put each row into the cluster of its nearest centroid.
# 3. **Move**: shift each centroid to the mean of its cluster.
# 4. Repeat 2 and 3, and **stop** when no row changes its cluster.
#
# To make it hard, we take all three seeds from one cloud.
#
# **Assign.** `points[:, None] - centroids` subtracts every centroid from every point. `norm` turns the differences
# into distances: one row for each patient, one column for each centroid. `argmin` finds the column of the smallest.

# %%
seeds = scaled[[25, 6, 27]]
print("seeds (Hb g/dl, MCV fl):", patients[[25, 6, 27]].tolist())
distances = np.linalg.norm(scaled[:, None] - seeds, axis=2)
first_labels = distances.argmin(axis=1)
print("distances of patient 0 (SD):", distances[0].round(2), "-> cluster", first_labels[0])
print("cluster sizes:", np.bincount(first_labels))

# %% [markdown]
# **Move.** `scaled[first_labels == 0]` are the rows of cluster 0, and their mean is its new centroid.

# %%
moved = scaled[first_labels == 0].mean(axis=0)
print(f"centroid 0 moves from {seeds[0].round(2)} to {moved.round(2)}: {np.linalg.norm(moved - seeds[0]):.2f} SD")

# %% [markdown]
# ### Your turn 2.1: move the centroids
#
# Write `move(points, labels, k)`. It returns an array with k rows: row 0 is the mean of the points with label 0, row
# 1 the mean of those with label 1, and so on. Every label occurs at least once. `np.array([... for cluster in
# range(k)])` makes an array from k rows.


# %% tags=["exercise"]
def move(points, labels, k):
    return ...


# %% tags=["check"]
# @title Check 2.1
check.function(
    "2.1 move",
    move,
    lambda points, labels, k: pd.DataFrame(points).groupby(labels).mean().to_numpy(),
    [
        (np.array([[0.0, 0], [2, 4], [10, 10]]), np.array([0, 0, 1]), 2),
        (scaled, first_labels, 3),
        (scaled[::7], diagnosis[::7], 3),
    ],
    hint="Take the points whose label is the cluster's number, then .mean(axis=0).",
)


# %% tags=["solution"]
# @title Solution 2.1
def move_solution(points, labels, k):
    return np.array([points[labels == cluster].mean(axis=0) for cluster in range(k)])


check.solution("2.1 move", move_solution)

# %% [markdown]
# ### The whole method
#
# Now all four steps together. `history` keeps the labels and the moved centroids of each step. A cluster that loses
# all its rows takes the row farthest from its own centroid, as in scikit-learn.


# %%
def kmeans(points, centroids, max_steps=300):
    """Assign and move until no point changes its cluster."""
    history, labels = [], None
    for _ in range(max_steps):
        distances = np.linalg.norm(points[:, None] - centroids, axis=2)
        previous, labels = labels, distances.argmin(axis=1)  # assign
        if np.array_equal(labels, previous):
            break  # stop
        members, nearest = labels.copy(), distances.min(axis=1)
        for empty in np.setdiff1d(np.arange(len(centroids)), labels):  # rare
            farthest = nearest.argmax()
            members[farthest], nearest[farthest] = empty, 0
        means = [points[members == c].mean(axis=0) if c in members else old for c, old in enumerate(centroids)]
        centroids = np.array(means)  # move
        history.append((labels, centroids))
    return labels, centroids, history


# %%
kmeans_labels, centroids, history = kmeans(scaled, seeds)
print(f"{len(history)} steps, cluster sizes {np.bincount(kmeans_labels)}")
for hb, mcv in centroids * patients.std(axis=0) + patients.mean(axis=0):
    print(f"centroid: Hb {hb:.1f} g/dl, MCV {mcv:.1f} fl")

# %% [markdown]
# Although all seeds lay in the normal cloud, the centroids ended in the middle of the three clouds. Move the slider
# to see how: each point has the colour of the centroid it was assigned to, each cross is a centroid *before* its
# move, and the arrow shows where it goes.


# %%
def draw_step(step=1):
    old = seeds if step == 1 else history[step - 2][1]
    labels, new = history[step - 1]
    fig, ax = plt.subplots(figsize=(5.6, 4))
    draw_clusters(ax, scaled, labels)
    for start, end in zip(old, new, strict=True):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 2})
    ax.plot(*old.T, "k+", ms=11, mew=2)
    ax.set(xlabel="haemoglobin (SD)", ylabel="MCV (SD)", title=f"Step {step} of {len(history)}: assign, then move")
    way = np.linalg.norm(new - old, axis=1).max()
    return (
        fig,
        f"Step {step}: clusters of {np.bincount(labels)} points; the longest arrow of a centroid is {way:.2f} SD.",
    )


plot.explore(draw_step, step=(1, len(history)))

# %% tags=["figure"]
# @title All steps side by side
fig, axes = plt.subplots(2, 3, figsize=(9, 5.4), sharex=True, sharey=True)
for step, ax in enumerate(axes.flat[: len(history)], start=1):
    step_labels, step_centroids = history[step - 1]
    draw_clusters(ax, scaled, step_labels, size=9)
    ax.plot(*step_centroids.T, "k+", ms=11, mew=2)
    moved_points = len(scaled) if step == 1 else np.sum(step_labels != history[step - 2][0])
    ax.set_title(f"step {step}: {moved_points} changed")
fig.supxlabel("haemoglobin (SD)")
fig.supylabel("MCV (SD)")
alt = "From step 4 on one centroid (cross) runs down to the small cells, another up to the large; the third stays."
plot.show(fig, alt=alt)

# %% [markdown]
# Here the crosses are the centroids *after* the move. The number above each picture counts the points that changed
# their cluster; in step 1 all 120 get their first one. After the last picture nothing changes, and k-means stops. It
# always stops: no step raises the total squared distance, and there are only finitely many ways to divide the points.
#
# A division of all points into groups is a **partition**. Is ours the one that scikit-learn finds? The **adjusted
# Rand index** compares two partitions: 1 means the same groups (whatever their numbers), about 0 agreement by chance.

# %%
kmeans_agreement = []
for _ in range(30):
    points = rng.normal(size=(100, 3))
    start = points[rng.choice(100, 4, replace=False)]
    theirs = KMeans(4, init=start, n_init=1, tol=0).fit(points).labels_
    kmeans_agreement.append(adjusted_rand_score(kmeans(points, start)[0], theirs))
print(f"lowest adjusted Rand index in {len(kmeans_agreement)} data sets: {min(kmeans_agreement):.2f}")

# %% [markdown]
# ## How good is it, and how many clusters?
#
# k-means tries to make one number small: the **inertia**, the sum of the squared distances of all points to their own
# centroid.

# %%
inertias = [np.sum((scaled - step_centroids[step_labels]) ** 2) for step_labels, step_centroids in history]
print("inertia after each step:", " ".join(f"{value:.1f}" for value in inertias))

# %% [markdown]
# `step_centroids[step_labels]` looks up, for each point, the centroid of its cluster. The inertia falls at every
# step. Its unit here is SD². It serves to compare solutions with the *same* k.
#
# ### Your turn 2.2: inertia in numbers
#
# Four values on a line, 1, 2, 9 and 12, are divided into {1, 2} and {9, 12}. Work out the two centroids and then the
# inertia with pencil and paper, and put it into `inertia_by_hand`.

# %% tags=["exercise"]
inertia_by_hand = ...

# %% tags=["check"]
# @title Check 2.2
check.value(
    "2.2 inertia",
    inertia_by_hand,
    KMeans(2, init=[[1.0], [9.0]], n_init=1).fit([[1.0], [2], [9], [12]]).inertia_,
    hint="The centroids are 1.5 and 10.5. Square each distance, then add the four squares.",
)

# %% tags=["solution"]
# @title Solution 2.2
inertia_solution = (1 - 1.5) ** 2 + (2 - 1.5) ** 2 + (9 - 10.5) ** 2 + (12 - 10.5) ** 2
check.solution("2.2 inertia", inertia_solution)

# %% [markdown]
# ### The elbow
#
# Before you run the next cell: does the inertia rise or fall when you allow more clusters? Where is it zero?

# %%
ks = range(1, 9)
partitions = {k: KMeans(k, n_init=100, random_state=SEED).fit(scaled) for k in ks}  # the best of 100 starts
elbow = [partitions[k].inertia_ for k in ks]
for k, value in zip(ks, elbow, strict=True):
    print(f"k = {k}: inertia {value:6.1f} SD²")

# %% [markdown]
# It always falls, down to zero when each point is its own cluster, so the smallest inertia cannot choose k. Look for
# the **elbow** instead: from 1 to 3 clusters it falls steeply, from 3 on slowly. The bend is at k = 3.
#
# ### The silhouette
#
# The **silhouette** asks of each point: is my own cluster really nearer than the next one? With a = mean distance to
# the other points of its own cluster, and b = mean distance to the points of the nearest other cluster, it is (b - a)
# / max(a, b). Near 1: well inside. Near 0: on the border. Below 0: probably misplaced. The mean over all points is a
# score for the whole partition that may go up *or* down with k. The slider draws the partition for each k; the curves
# beside it carry a mark at that k.

# %%
silhouettes = {k: silhouette_score(scaled, partitions[k].labels_) for k in ks if k > 1}
best_k = max(silhouettes, key=silhouettes.get)
print(f"highest mean silhouette: {silhouettes[best_k]:.2f} at k = {best_k}")


def draw_k(k=3):
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3))
    draw_clusters(left, scaled, partitions[k].labels_, size=12)
    left.set(xlabel="haemoglobin (SD)", ylabel="MCV (SD)", title=f"k = {k}")
    middle.plot(ks, elbow, "-o", ms=4)
    middle.plot(k, elbow[k - 1], "s", ms=10, color=COLOURS[1])
    middle.set(xlabel="k", ylabel="inertia (SD²)", title="elbow")
    right.plot(list(silhouettes), list(silhouettes.values()), "-o", ms=4)
    right.plot(k, silhouettes[k], "s", ms=10, color=COLOURS[1])
    right.set(xlabel="k", ylabel="mean silhouette", title="silhouette", ylim=(0, 1))
    sizes = ", ".join(str(size) for size in np.bincount(partitions[k].labels_))
    return fig, f"k = {k}: clusters of {sizes} points. The elbow bends at 3, the silhouette is highest at {best_k}."


plot.explore(draw_k, k=(2, 8))

# %% [markdown]
# Elbow and silhouette both say 3. With k = 2 two clouds are merged, and with k = 4 one cloud is cut in two.
#
# ### k-means always answers
#
# Before you run the next cell: what will k-means do with 300 points spread evenly, with no groups at all?

# %%
uniform = rng.uniform(size=(300, 2))
uniform_labels = kmeans(uniform, np.array([[0.2, 0.2], [0.2, 0.8], [0.8, 0.2], [0.8, 0.8]]))[0]
print(f"4 clusters of {sorted(np.bincount(uniform_labels).tolist())} points, ", end="")
print(f"mean silhouette {silhouette_score(uniform, uniform_labels):.2f} (three clouds: {silhouettes[3]:.2f})")
fig, ax = plt.subplots(figsize=(4.2, 3.6))
draw_clusters(ax, uniform, uniform_labels)
ax.set(xlabel="first value", ylabel="second value", title="Four clusters where there are none")
plot.show(fig, alt="Evenly spread points, cut by k-means into four quarters of about the same size.")

# %% [markdown]
# You get four tidy clusters in data without any. A clustering answers "which groups fit best?", never "are there
# groups?". A low silhouette is a warning: remember 0.40 for no groups at all. A finding should also hold in new
# patients.
#
# ## Bad seeds and k-means++
#
# k-means only walks downhill from its seeds. It can end in a **local minimum**: no single step improves it, yet a far
# better partition exists. Here are two starts, each with all three seeds in the cloud of normal blood.

# %%
for rows in ([25, 6, 27], [9, 23, 38]):
    end_labels, end_centroids, steps = kmeans(scaled, scaled[rows])
    inertia = np.sum((scaled - end_centroids[end_labels]) ** 2)
    print(f"seeds {rows}: {len(steps)} steps, sizes {np.bincount(end_labels)}, inertia {inertia:.1f} SD²")

# %% [markdown]
# The second start ends with an inertia more than four times as high: it cut one cloud in two and merged two others.
# Two remedies: start several times and keep the lowest inertia (`n_init`), and choose better seeds.
#
# **k-means++** spreads the seeds. The first is a random row. Each next seed is drawn at random too, but a row's
# chance is proportional to its *squared distance to the nearest seed so far*.


# %%
def kmeans_plus_plus(points, k, rng):
    """Draw k seeds, each likely to be far from those before it."""
    seeds = points[[rng.integers(len(points))]]
    while len(seeds) < k:
        nearest = np.linalg.norm(points[:, None] - seeds, axis=2).min(axis=1)
        chance = nearest**2 / np.sum(nearest**2)
        seeds = np.vstack([seeds, points[rng.choice(len(points), p=chance)]])
    return seeds


# %% [markdown]
# To see the difference we need more clusters: five clouds of 40 points, one of them apart. The slider chooses the
# random numbers; the crosses are the seeds, the colours the end of k-means.

# %% tags=["figure"]
# @title Five clouds, and a slider for the seeds
five_means = np.array([[0, 0], [4, 0], [0, 4], [4, 4], [9, 2]])
five = rng.normal(np.repeat(five_means, 40, axis=0), 0.5)


def draw_seeds(random_number=9, rule="random rows"):
    dice = np.random.default_rng(random_number)
    start = kmeans_plus_plus(five, 5, dice) if rule == "k-means++" else five[dice.choice(len(five), 5, replace=False)]
    end_labels, end_centroids, _ = kmeans(five, start)
    inertia = np.sum((five - end_centroids[end_labels]) ** 2)
    fig, ax = plt.subplots(figsize=(5.6, 3.2))
    draw_clusters(ax, five, end_labels, size=14)
    ax.plot(*start.T, "X", ms=11, mew=1.2, color="k", mec="white")
    ax.set(xlabel="first value", ylabel="second value", title=f"{rule}: inertia {inertia:.0f}")
    return fig, f"Seeds by {rule}, random number {random_number}: k-means ends with an inertia of {inertia:.0f}."


plot.explore(draw_seeds, random_number=(0, 30), rule=["random rows", "k-means++"])

# %% [markdown]
# Two of the five seeds fell into one cloud, and another cloud got none: in the end one cloud has two centroids, and
# two clouds share one. Switch the rule to k-means++, and try other numbers with both rules. Then count: how many of
# 200 starts reach the best partition?

# %%
inertias = {"random rows": [], "k-means++": []}
for start in range(200):
    dice = np.random.default_rng(start)
    chosen = five[dice.choice(len(five), 5, replace=False)]
    for rule, first in (("random rows", chosen), ("k-means++", kmeans_plus_plus(five, 5, dice))):
        end_labels, end_centroids, _ = kmeans(five, first)
        inertias[rule].append(np.sum((five - end_centroids[end_labels]) ** 2))
best_inertia = min(min(values) for values in inertias.values())
success = {rule: np.mean(np.array(values) < 1.01 * best_inertia) for rule, values in inertias.items()}
for rule, share in success.items():
    print(f"{rule:11}: {share:.0%} of 200 starts reach the best inertia ({best_inertia:.0f})")

# %% [markdown]
# k-means++ finds the best partition far more often, but not always. So do both: scikit-learn seeds with k-means++ by
# default; ask for several starts yourself (`n_init=10`).
#
# ### Your turn 2.3: the chance of the next seed
#
# Four points lie on a line at 0, 1, 3 and 10. The first seed is the point at 0. By the rule of k-means++, what is the
# probability (between 0 and 1) that the point at 10 becomes the second seed? Put it into `chance_of_10`, exact to
# three decimals.

# %% tags=["exercise"]
chance_of_10 = ...

# %% tags=["check"]
# @title Check 2.3
squares = np.array([0, 1, 3, 10]) ** 2
check.value(
    "2.3 k-means++",
    chance_of_10,
    squares[3] / squares.sum(),
    tol=0.001,
    hint="Square each distance to the seed. The chance is the square of 10, divided by the sum of all squares.",
)

# %% tags=["solution"]
# @title Solution 2.3
chance_solution = 10**2 / (0**2 + 1**2 + 3**2 + 10**2)
check.solution("2.3 k-means++", chance_solution)

# %% [markdown]
# ## Medoids: k-medoids, PAM and CLARA
#
# A mean follows outliers, because it comes from squared distances. In **k-medoids** the centre of a cluster must be
# one of its own rows, the **medoid**: the row with the smallest sum of (not squared) distances to the others. A
# medoid is a real patient, and any distance will do, even between texts.
#
# The best-known way to find medoids is called **PAM**; its name is three English words. It first builds a choice,
# medoid by medoid: each next one is the row that lowers the total distance most. Then it swaps: it tries every
# exchange of a medoid for another row, makes the best one, and stops when no exchange lowers the total.


# %% tags=["figure"]
# @title PAM, build and swap
def pam(distances, k):
    """Find k medoids from a table of distances between all rows."""
    rows = range(len(distances))
    medoids = []
    for _ in range(k):  # build
        totals = [distances[[*medoids, row]].min(axis=0).sum() for row in rows]
        medoids.append(int(np.argmin(totals)))
    best = min(totals)
    while True:  # swap
        trials = [[*medoids[:slot], row, *medoids[slot + 1 :]] for slot in range(k) for row in rows]
        totals = [distances[trial].min(axis=0).sum() for trial in trials]
        if min(totals) >= best:
            return distances[medoids].argmin(axis=0), medoids
        best, medoids = min(totals), trials[int(np.argmin(totals))]


# %% [markdown]
# Now a data-entry error: in two normal patients somebody typed an Hb of 41 instead of 14 g/dl. Before you run the
# next cell: what will k-means with k = 3 do with these two?

# %%
typed = patients.copy()
typed[[5, 6], 0] = 41
typed_scaled = (typed - typed.mean(axis=0)) / typed.std(axis=0)
typed_distances = np.linalg.norm(typed_scaled[:, None] - typed_scaled, axis=2)  # 120 x 120
pam_labels, medoids = pam(typed_distances, 3)
typed_kmeans = KMeans(3, n_init=10, random_state=SEED).fit(typed_scaled)
print("k-means sizes:", sorted(np.bincount(typed_kmeans.labels_).tolist()))
print("PAM sizes:    ", sorted(np.bincount(pam_labels).tolist()))
print("medoids (Hb g/dl, MCV fl):", typed[medoids].tolist())

# %% [markdown]
# k-means spends a whole cluster on two typing errors and merges two diagnoses. PAM keeps the three groups, and its
# medoids are three typical patients.
#
# PAM tries k × n swaps in each round and needs the distances between all n rows: too much for a million patients.
# **CLARA** (Clustering LARge Applications) runs PAM on a few random samples and keeps the medoids that serve *all*
# rows best.


# %% tags=["figure"]
# @title CLARA: PAM on small samples
def clara(points, k, rng, samples=5):
    """Run PAM on small samples; keep the medoids with the lowest total distance over all points."""
    best = np.inf
    for _ in range(samples):
        sample = rng.choice(len(points), min(len(points), 40 + 2 * k), replace=False)
        table = np.linalg.norm(points[sample][:, None] - points[sample], axis=2)
        chosen = sample[pam(table, k)[1]]
        distances = np.linalg.norm(points[:, None] - points[chosen], axis=2)
        if distances.min(axis=1).sum() < best:
            best, labels, medoids = distances.min(axis=1).sum(), distances.argmin(axis=1), chosen
    return labels, medoids


# %%
big_group = rng.integers(3, size=20_000)
big = rng.normal(means[big_group], spreads[big_group])
big_labels, big_medoids = clara(big / patients.std(axis=0), 3, rng)
print(f"{len(big)} patients; PAM never saw more than 46 at once")
print("medoids (Hb g/dl, MCV fl):", sorted(big[big_medoids].round().tolist()))
clara_agreement = adjusted_rand_score(big_group, big_labels)
print(f"adjusted Rand index with the true groups: {clara_agreement:.2f}")

# %% [markdown]
# From samples of 46 patients CLARA groups 20,000 patients almost as they were simulated.
#
# ### Your turn 2.4: spot the error
#
# A student's notes say: *"Centroid-based methods: k-means, k-medoids (RAM), CLARA."* One abbreviation is wrong. Put
# into `right_name` what the right abbreviation stands for: three English words. The first is the -ing form of what
# you do when you make a partition, the second is *Around*, the third is what the centres are called (in the plural).

# %% tags=["exercise"]
right_name = ...

# %% tags=["check"]
# @title Check 2.4
check.value(
    "2.4 spot the error",
    right_name,
    "Partitioning Around Medoids",
    hint="It is PAM, not RAM. To divide data into groups is to partition them; write the -ing form.",
)

# %% tags=["solution"]
# @title Solution 2.4
right_name_solution = "Partitioning Around Medoids"
check.solution("2.4 spot the error", right_name_solution)

# %% [markdown]
# ## DBSCAN by hand
#
# k-means draws round clusters, gives every point a cluster and needs k. Many things in medicine are not round:
# vessels, folds, nerve fibres. **DBSCAN** (density-based spatial clustering of applications with noise) asks instead:
# where is it crowded? It has two settings:
#
# - **eps**: a radius. Points within this distance are neighbours.
# - **MinPts**: how many points within eps (the point itself included) make a place crowded.
#
# Every point is then one of three kinds:
#
# - a **core point** has at least MinPts points within eps,
# - a **border point** has fewer, but has a core point within eps,
# - everything else is **noise**.
#
# Twelve points are enough to do it by eye, with eps = 1 cm and MinPts = 3.

# %%
dots = np.array(
    [
        *([1, 1], [1.7, 1.3], [1.3, 2], [2.2, 0.8], [2.25, 2.0], [3.2, 1.9]),
        *([6, 3], [6.6, 2.4], [6.9, 3.1], [7.7, 3.5], [4.6, 3.6], [8.3, 1.2]),
    ]
)
dot_table = np.linalg.norm(dots[:, None] - dots, axis=2)  # cm
close = dot_table <= 1
core = close.sum(axis=1) >= 3
border = ~core & close[:, core].any(axis=1)
print(f"{core.sum()} core points, {border.sum()} border points, {np.sum(~core & ~border)} noise points")

# %% [markdown]
# `close` is a table of True and False: which points are neighbours? The sum of a row counts a point's neighbours,
# with itself. `close[:, core]` keeps the columns of the core points; `any` asks whether there is one.

# %% tags=["figure"]
# @title The three kinds of points
fig, ax = plt.subplots(figsize=(7, 3.8))
for point, is_core in zip(dots, core, strict=True):
    ax.add_patch(plt.Circle(point, 1, fill=False, color="0.6", lw=1, ls="-" if is_core else ":"))
for i, j in np.argwhere(np.triu(close, 1)):
    if core[i] or core[j]:
        ax.plot(*dots[[i, j]].T, color=COLOURS[0], lw=2.5 if core[i] and core[j] else 1.2, ls="-", zorder=1)
kinds = (("core", core, "o"), ("border", border, "^"), ("noise", ~core & ~border, "x"))
for (name, chosen, marker), colour in zip(kinds, (COLOURS[0], COLOURS[1], "0.4"), strict=True):
    ax.scatter(*dots[chosen].T, s=60, color=colour, marker=marker, label=name, zorder=2)
ax.set(xlabel="x (cm)", ylabel="y (cm)", aspect="equal", xlim=(-0.2, 9.5), ylim=(-0.5, 4.8))
ax.legend(loc="lower center", ncols=3, frameon=True)
plot.show(fig, alt="Twelve points with circles of radius eps: two groups of joined core points, two points stay alone.")

# %% [markdown]
# Each circle has the radius eps: solid around a core point, dotted around the others. Thick lines join core points
# that are neighbours. They form a **graph**: points joined by lines. A cluster is all that you can **reach** from one
# core point along these lines, plus the border points at their ends (thin lines). A border point is a dead end: you
# can arrive there but not go on. Noise is never reached.
#
# DBSCAN walks: start at a core point without a cluster, visit every neighbour, go on from those that are core points,
# until nothing is left to visit. Then start the next cluster. A border point that two clusters can reach belongs to
# the first.


# %%
def dbscan(points, eps, min_points):
    """Grow one cluster after the other from core points; the label -1 means noise."""
    neighbours = [np.flatnonzero(np.linalg.norm(points - point, axis=1) <= eps) for point in points]
    is_core = np.array([len(found) >= min_points for found in neighbours])
    labels = np.full(len(points), -1)
    cluster = 0
    for start in np.flatnonzero(is_core):
        if labels[start] != -1:
            continue  # reached before
        labels[start] = cluster
        to_visit = [start]
        while to_visit:
            for other in neighbours[to_visit.pop()]:
                if labels[other] == -1:
                    labels[other] = cluster
                    if is_core[other]:  # a border point is a dead end
                        to_visit.append(other)
        cluster += 1
    return labels


# %%
print("labels of the twelve points:", dbscan(dots, eps=1, min_points=3))

# %% [markdown]
# Two clusters, and two points with the label -1: noise. Again we compare with scikit-learn. (The index counts the
# noise points as one more group.)

# %%
dbscan_agreement = []
for _ in range(30):
    points = rng.normal(size=(150, 2))
    eps, min_points = rng.uniform(0.1, 0.6), int(rng.integers(2, 8))
    theirs = DBSCAN(eps=eps, min_samples=min_points).fit_predict(points)
    dbscan_agreement.append(adjusted_rand_score(dbscan(points, eps, min_points), theirs))
print(f"lowest adjusted Rand index in {len(dbscan_agreement)} data sets: {min(dbscan_agreement):.2f}")

# %% [markdown]
# ### Your turn 2.5: count the kinds
#
# Write `count_kinds(points, eps, min_points)`. It returns three numbers in this order: how many core points, how many
# border points, how many noise points. The cell under "Twelve points are enough" has all you need; there eps was 1
# and MinPts was 3.


# %% tags=["exercise"]
def count_kinds(points, eps, min_points):
    return ..., ..., ...


# %% tags=["check"]
# @title Check 2.5
def count_kinds_reference(points, eps, min_points):
    fitted = DBSCAN(eps=eps, min_samples=min_points).fit(points)
    n_core, n_noise = len(fitted.core_sample_indices_), int(np.sum(fitted.labels_ == -1))
    return n_core, len(points) - n_core - n_noise, n_noise


check.function(
    "2.5 kinds of points",
    count_kinds,
    count_kinds_reference,
    [(dots, 1, 3), (dots, 1, 4), (scaled, 0.3, 5), (scaled, 0.2, 3), (np.array([[0.0, 0], [1, 0], [2, 0]]), 1, 3)],
    hint="A core point has at least min_points points within eps, itself included. Border: not core, but near a core.",
)


# %% tags=["solution"]
# @title Solution 2.5
def count_kinds_solution(points, eps, min_points):
    close = np.linalg.norm(points[:, None] - points, axis=2) <= eps
    core = close.sum(axis=1) >= min_points
    border = ~core & close[:, core].any(axis=1)
    return core.sum(), border.sum(), np.sum(~core & ~border)


check.solution("2.5 kinds of points", count_kinds_solution)

# %% [markdown]
# ## DBSCAN where k-means fails
#
# Now 225 simulated cell nuclei on a microscope slide: 200 lie along two bent folds of tissue, 25 are scattered.
# Before you run the next two cells: how will k-means with k = 2 divide the two folds?

# %%
from sklearn.datasets import make_moons

folds, fold = make_moons(200, noise=0.055, random_state=0)  # mm
scattered = np.random.default_rng(0).uniform([-1.6, -1.1], [2.6, 1.6], size=(25, 2))
nuclei = np.vstack([folds, scattered])
truth = np.append(fold, np.full(25, -1))  # -1: belongs to no fold
nuclei_kmeans = KMeans(2, n_init=10, random_state=SEED).fit_predict(nuclei)
nuclei_dbscan = dbscan(nuclei, eps=0.2, min_points=5)
for name, labels in (("k-means", nuclei_kmeans), ("DBSCAN", nuclei_dbscan)):
    print(f"{name:7}: adjusted Rand index with the true folds {adjusted_rand_score(truth, labels):.2f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
for ax, labels, name in zip(axes, (nuclei_kmeans, nuclei_dbscan), ("k-means, k = 2", "DBSCAN"), strict=True):
    draw_clusters(ax, nuclei, labels, size=14)
    ax.set(xlabel="x (mm)", title=name)
axes[0].set_ylabel("y (mm)")
plot.show(fig, alt="k-means cuts both bent folds with a straight line; DBSCAN follows each fold, the rest is noise.")

# %% [markdown]
# k-means cuts straight through both folds, because it only knows "near a centre". DBSCAN follows each fold to its end
# and marks scattered nuclei as noise (grey crosses), except the few that lie close to a fold.
#
# ### What can be reached
#
# The next slider follows the walk. We start at one core point and count **hops**: after one hop you have visited its
# neighbours, after two hops their neighbours, and so on. Only core points pass you on.

# %% tags=["figure"]
# @title Who is a neighbour of whom, and how many hops away
from matplotlib.collections import LineCollection
from scipy.sparse.csgraph import connected_components, dijkstra

nuclei_close = np.linalg.norm(nuclei[:, None] - nuclei, axis=2) <= 0.2
nuclei_core = nuclei_close.sum(axis=1) >= 5
graph = nuclei_close & nuclei_core[:, None]  # only core points pass on
hops = dijkstra(graph, indices=int(np.flatnonzero(nuclei_core)[0]), unweighted=True)
n_parts = connected_components(graph[np.ix_(nuclei_core, nuclei_core)], directed=False)[0]
print(f"{nuclei_core.sum()} core points; their graph has {n_parts} separate parts")
farthest = hops[np.isfinite(hops)].max()
print(f"reached from the first one: {np.isfinite(hops).sum()} nuclei, the last after {farthest:.0f} hops")


# %%
def draw_hops(n_hops=6):
    reached = hops <= n_hops
    fig, ax = plt.subplots(figsize=(6, 3.2))
    ax.add_collection(LineCollection(nuclei[np.argwhere(graph)], color="0.65", lw=0.7, zorder=0))
    ax.scatter(*nuclei[~reached].T, s=14, facecolors="white", edgecolors="0.4", linewidths=0.8)
    ax.scatter(*nuclei[reached].T, s=16, color=COLOURS[1], marker="^")
    ax.plot(*nuclei[hops == 0].T, "k*", ms=14)
    ax.set(xlabel="x (mm)", ylabel="y (mm)", title=f"{reached.sum()} nuclei reached after {n_hops} hops")
    return fig, f"After {n_hops} hops from the star {reached.sum()} of 225 nuclei are reached, all in the same fold."


plot.explore(draw_hops, n_hops=(0, 17))

# %% [markdown]
# Triangles are reached, hollow dots are not. However far you hop, you never leave the fold: no core point of one fold
# is within 0.2 mm of a core point of the other. The separate parts of the graph of core points *are* the clusters.
#
# ### Choosing eps from the k-distance curve
#
# With MinPts = 5 a nucleus is a core point if its *fourth* nearest other nucleus is within eps (the nucleus itself is
# the fifth). So we compute this distance for all nuclei and sort it: the **k-distance curve**, here with k = 4. (90 %
# of the nuclei have a distance below the **90th percentile**.)

# %%
fourth = np.sort(np.linalg.norm(nuclei[:, None] - nuclei, axis=2), axis=1)[:, 4]  # column 0 is the nucleus itself
curve = np.sort(fourth)
print(f"median {np.median(curve):.2f} mm, 90th percentile {np.quantile(curve, 0.9):.2f} mm, largest {curve[-1]:.2f} mm")
fig, ax = plt.subplots()
ax.plot(np.arange(1, 226), curve)
ax.axhline(0.2, color=COLOURS[1], ls="--", label="eps = 0.2 mm")
ax.set(xlabel="nuclei, sorted", ylabel="distance to 4th neighbour (mm)", title="k-distance curve: look for the bend")
ax.legend(loc="upper left")
plot.show(fig, alt=f"The curve is under 0.2 mm for {np.sum(curve <= 0.2)} of 225 nuclei, then it bends upwards.")

# %% [markdown]
# The curve bends where the nuclei of the folds end and the scattered ones begin, between about 0.15 and 0.2 mm, so we
# take eps there. All nuclei under the dashed line are core points.
#
# Before you move the sliders: what happens with a very small eps, and with a very large one?


# %%
def draw_dbscan(eps=0.2, min_points=5):
    labels = dbscan(nuclei, eps, min_points)
    fig, ax = plt.subplots(figsize=(6, 3.2))
    draw_clusters(ax, nuclei, labels, size=16)
    n_clusters, n_noise = labels.max() + 1, np.sum(labels == -1)
    ax.set(xlabel="x (mm)", ylabel="y (mm)", title=f"eps {eps:.2f} mm, MinPts {min_points}, clusters: {n_clusters}")
    sizes = np.sort(np.bincount(labels[labels >= 0], minlength=1))[::-1][:2].tolist()
    return fig, f"eps {eps:.2f} mm, MinPts {min_points}: {n_clusters} clusters, the largest {sizes}; noise {n_noise}."


plot.explore(draw_dbscan, eps=(0.06, 0.4, 0.02), min_points=(2, 12))

# %% [markdown]
# Too small (0.10 mm): the folds fall into crumbs and much is noise. Too large (0.30 mm): both folds are one cluster.
# From 0.16 to 0.22 mm you get two clusters each time; such a stable range is a good sign. A larger MinPts gives more
# noise. Common first choices are 4 or 5 for points in a plane, more for noisy data.
#
# ## OPTICS: when one eps is not enough
#
# Here are two dense spots of nuclei side by side and one loose spot (60 nuclei each). For the dense ones you need a
# small eps, for the loose one a large eps. With MinPts = 10:

# %%
spot = np.repeat([0, 1, 2], 60)
spot_rng = np.random.default_rng(0)
spots = spot_rng.normal(np.array([[0, 0], [0.9, 0], [4.5, 1]])[spot], np.array([0.15, 0.15, 0.9])[spot][:, None])
for eps in (0.2, 0.4, 0.6):
    labels = dbscan(spots, eps, 10)
    sizes = sorted(np.bincount(labels[labels >= 0]).tolist(), reverse=True)
    print(f"eps {eps} mm: cluster sizes {sizes}, noise {np.sum(labels == -1)}")

# %% [markdown]
# With 0.2 mm the whole loose spot is noise. At 0.4 and 0.6 mm the two dense spots have become one, and part of the
# loose one is still noise.
#
# **OPTICS** (ordering points to identify the clustering structure) does not fix eps (you still choose MinPts). It
# walks from point to point, always to the one that is easiest to reach next, and writes down the eps that this took:
# the **reachability distance**. Drawn in the order of the walk, each cluster is a valley: deep if dense, shallow if
# loose. The setting `xi` says how steep the wall of a valley must be: here the distance must change by 10 %.

# %%
from sklearn.cluster import OPTICS, cluster_optics_dbscan

optics = OPTICS(min_samples=10, xi=0.1).fit(spots)  # MinPts 10
print("cluster sizes:", sorted(np.bincount(optics.labels_[optics.labels_ >= 0]).tolist()), end=", ")
print("noise:", np.sum(optics.labels_ == -1))


# %%
def draw_optics(eps=0.2):
    labels = cluster_optics_dbscan(
        reachability=optics.reachability_, core_distances=optics.core_distances_, ordering=optics.ordering_, eps=eps
    )
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
    order = optics.ordering_
    height = optics.reachability_[order]
    draw_clusters(left, np.column_stack([np.arange(180), height])[1:], optics.labels_[order][1:], size=10)
    left.axhline(eps, color="k", ls="--")
    left.set(xlabel="order of the walk", ylabel="reachability (mm)", title="valleys are clusters")
    draw_clusters(right, spots, labels, size=12)
    right.set(xlabel="x (mm)", ylabel="y (mm)", title=f"cut at eps = {eps:.2f} mm")
    found = f"{labels.max() + 1} clusters and {np.sum(labels == -1)} noise points"
    return fig, f"Two deep valleys and a shallow one. A cut at {eps:.2f} mm gives {found}."


plot.explore(draw_optics, eps=(0.1, 1.5, 0.1))

# %% [markdown]
# On the left each valley has the colour that OPTICS gave it: it finds all three spots, dense or loose. The dashed
# line is nearly what DBSCAN would do with one eps: it cuts all valleys at the same height (right). Move it and watch.
#
# ## Hierarchical clustering
#
# **Agglomerative** clustering starts with each row as its own cluster and keeps merging the two nearest clusters
# until one is left. The list of merges is a tree, drawn as a **dendrogram**: the height of each arch is the distance
# at which two branches merged. You choose afterwards where to cut.
#
# "Distance between clusters" can mean several things (**linkage**). *Single*: between their two nearest rows.
# *Complete*: between their two farthest rows. *Average*: the mean of all pairs. *Ward*: how much the inertia would
# rise.
#
# Here are 18 patients, six of each diagnosis: N normal, S small cells, L large cells.

# %%
from scipy.cluster.hierarchy import dendrogram, fcluster, linkage

some = np.r_[0:6, 40:46, 80:86]
names = [f"{'NSL'[diagnosis[row]]}{row}" for row in some]
tree = linkage(scaled[some], method="ward")
print(f"{len(tree)} merges; the first joins {names[int(tree[0, 0])]} and {names[int(tree[0, 1])]}", end=" ")
print(f"at {tree[0, 2]:.2f} SD, the last three happen at {tree[-3, 2]:.2f}, {tree[-2, 2]:.2f} and {tree[-1, 2]:.2f}")


# %%
def draw_tree(cut=3.0, method="ward"):
    tree = linkage(scaled[some], method=method)
    n_clusters = fcluster(tree, cut, criterion="distance").max()
    fig, ax = plt.subplots(figsize=(7, 3.4))
    dendrogram(tree, labels=names, ax=ax, color_threshold=0, above_threshold_color=COLOURS[0], leaf_rotation=90)
    ax.axhline(cut, color=COLOURS[1], ls="--")
    ax.set(ylabel="distance at the merge (SD)", title=f"{method} linkage, cut at {cut:.1f} SD, clusters: {n_clusters}")
    ax.grid(axis="x", visible=False)
    return fig, f"The dendrogram with {method} linkage; number of clusters if cut at {cut:.1f} SD: {n_clusters}."


plot.explore(draw_tree, cut=(0.2, 6.0, 0.2), method=["ward", "single", "complete", "average"])

# %% [markdown]
# Count the vertical lines that the dashed line crosses: three, and each branch holds one diagnosis. The tree is long
# and empty between the merge that makes three clusters and the next one; that gap is the reason to cut there.
#
# ## Gaussian mixture: how likely is each group?
#
# The last family assumes that the rows were drawn from a mixture of bell-shaped clouds (**Gaussians**), each with its
# own centre, shape and share. The method searches for the clouds under which the data are most likely. It repeats two
# steps, like k-means: compute how probable each cloud is for each row, then refit the clouds with these probabilities
# as weights (**expectation-maximisation**, EM).
#
# The data: simulated blood pressures. In both groups the systolic and the diastolic pressure rise together, but in
# the second group stiff large arteries raise the systolic pressure alone by 26 mmHg (simplified). Both columns are in
# mmHg, so we keep the units instead of standardising.

# %%
stiff = np.repeat([0, 1], 100)
pressure_rng = np.random.default_rng(0)
diastolic = pressure_rng.normal(80, 11, 200)
systolic = diastolic + 40 + 26 * stiff + pressure_rng.normal(0, 4.5, 200)
pressure = np.column_stack([systolic, diastolic])  # mmHg
pressure_kmeans = KMeans(2, n_init=10, random_state=SEED).fit_predict(pressure)
mixture = GaussianMixture(2, n_init=5, random_state=SEED).fit(pressure)
print(f"adjusted Rand index: k-means {adjusted_rand_score(stiff, pressure_kmeans):.2f}", end=", ")
print(f"Gaussian mixture {adjusted_rand_score(stiff, mixture.predict(pressure)):.2f}")


# %% tags=["figure"]
# @title A slider for the number and the shape of the clouds
def draw_ellipse(ax, mean, covariance):
    """The ellipse that holds about 95 % of a Gaussian cloud."""
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = np.vstack([np.cos(angle), np.sin(angle)]) * np.sqrt(5.99)
    ax.plot(*(np.linalg.cholesky(covariance) @ circle + mean[:, None]), color="k", lw=1.2, ls="-")


def draw_mixture(clouds=2, shape="full"):
    model = GaussianMixture(clouds, covariance_type=shape, random_state=SEED).fit(pressure)
    fig, ax = plt.subplots(figsize=(5.6, 3.8))
    draw_clusters(ax, pressure, model.predict(pressure), size=14)
    for mean, covariance in zip(model.means_, model.covariances_, strict=True):
        draw_ellipse(ax, mean, covariance if shape == "full" else covariance * np.eye(2))
    score = model.bic(pressure)
    ax.set(xlabel="systolic (mmHg)", ylabel="diastolic (mmHg)", title=f"{clouds} {shape} clouds: BIC {score:.0f}")
    share = ", ".join(f"{100 * weight:.0f} %" for weight in model.weights_)
    return fig, f"{clouds} {shape} clouds, drawn as ellipses side by side, hold {share} of the rows; BIC {score:.0f}."


plot.explore(draw_mixture, clouds=(1, 5), shape=["full", "spherical"])

# %% [markdown]
# Each ellipse holds about 95 % of its cloud; "full" allows any tilt and width. The two long ellipses lie side by
# side, and the mixture finds the groups. Choose "spherical" and the clouds must be round: it then divides as badly as
# k-means. The **BIC** (Bayesian information criterion) rates fit against the number of parameters; lower is better.
# It is lowest for two full clouds.
#
# A mixture gives more than a label: a probability.

# %%
three = np.array([[120.0, 80], [133, 80], [150, 82]])
first = int(np.argmin(mixture.means_[:, 0]))  # the cloud with the lower systolic mean
for row, probability in zip(three, mixture.predict_proba(three)[:, first], strict=True):
    print(f"{row[0]:.0f}/{row[1]:.0f} mmHg: probability of the first group {probability:.2f}")

# %% [markdown]
# The patient with 133/80 mmHg lies between the two clouds, and the mixture says so instead of forcing a decision. The
# probability is right only as far as the model is.
#
# ## Four data sets, four families
#
# Now each method on each data set. The number is the adjusted Rand index with the true groups, noise counted as one
# more group. The methods had help: k is the true number of groups, and we chose eps for each data set. The columns
# keep their mm or mmHg; only the blood counts are standardised.

# %% tags=["figure"]
# @title Each method on each data set; the number is the adjusted Rand index with the true groups
settings = (("blood count", scaled, diagnosis, 3, 0.45), ("folds", nuclei, truth, 2, 0.2))
settings += (("spots", spots, spot, 3, 0.6), ("pressure", pressure, stiff, 2, 5))
scores = {}
fig, axes = plt.subplots(4, 4, figsize=(9, 8))
for row, (name, points, true_groups, k, eps) in zip(axes, settings, strict=True):
    methods = {
        "k-means": KMeans(k, n_init=10, random_state=SEED),
        "Ward tree": AgglomerativeClustering(k),
        "DBSCAN": DBSCAN(eps=eps, min_samples=5),
        "mixture": GaussianMixture(k, n_init=5, random_state=SEED),
    }
    for ax, (method, model) in zip(row, methods.items(), strict=True):
        labels = model.fit_predict(points)
        scores[name, method] = adjusted_rand_score(true_groups, labels)
        draw_clusters(ax, points, labels, size=9)
        ax.set(xticks=[], yticks=[], title=f"{method}: {scores[name, method]:.2f}")
    row[0].set_ylabel(name)
folds_text = ", ".join(f"{method} {scores['folds', method]:.2f}" for method in methods)
plot.show(fig, alt=f"No method is best on all four data sets. Adjusted Rand index on the folds: {folds_text}.")

# %% [markdown]
# Each family is right where its idea of a cluster fits the data. k-means and Ward suit round groups of similar size,
# DBSCAN suits any shape with emptiness around it but only one density, the mixture suits ellipses of any size. With
# real data there is no true grouping to compare with. Then try several, trust most what they share, and check it in
# new data.

# %% [markdown]
# ## Application 1: a census survey
#
# Each row is one **census tract** (a few thousand people) in and around Boston, from the census of 1970. We cluster
# census columns and then look where the clusters lie on the map.
#
# First a look at the data. In this file the minutes of the coordinates stand as hundredths of a degree: the tracts of
# Cambridge have LAT 42.22, but Cambridge lies at 42° 22', and that is 42.37°. So we divide the part beyond the full
# degree by 0.6.

# %%
tracts = data.load_boston_housing(geo=True)
tracts["north"] = 42 + (tracts.LAT - 42) / 0.6  # degrees
tracts["east"] = -71 + (tracts.LON + 71) / 0.6
cambridge = tracts[tracts.TOWN == "Cambridge"]
print(f"{len(tracts)} tracts in {tracts.TOWN.nunique()} towns and city districts")
print(f"Cambridge: {cambridge.north.mean():.2f}° north, {-cambridge.east.mean():.2f}° west")

# %% [markdown]
# ### Which columns, and which not
#
# Choosing columns is choosing what "similar" means: here also an ethical choice.
#
# - **B** is computed from the share of Black residents, as 1000 (share - 0.63)². We leave it out: we do not want to
#   sort neighbourhoods by race, and the square even gives two different shares the same number. Leaving it out does
#   *not* remove race from the data. Boston was segregated, so other columns carry part of it.
# - **MEDV**, the median house value, stays out too. We use it afterwards, to describe.
# - **LSTAT** is what the authors of 1978 called "lower status": adults without a high-school education and men in
#   labouring jobs.
# - **CRIM**, the crime rate, is very skewed (a few values are huge), so we take its logarithm. The source calls it
#   "per capita", which cannot be right for values up to 89; so we compare tracts and name no unit.
# - **CHAS** (is the tract on the Charles River?) is yes or no, which fits badly with distances. We leave it out.
#
# Also used: ZN (% of land zoned for large lots), INDUS (% of land for industry), NOX (nitrogen oxides in the air),
# RAD (index of access to radial highways), PTRATIO (pupils per teacher), and RM, AGE, DIS, TAX, explained below.

# %%
columns = ["CRIM", "ZN", "INDUS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "LSTAT"]
census = tracts[columns].assign(CRIM=np.log10(tracts.CRIM))
census = ((census - census.mean()) / census.std()).to_numpy()


def census_clusters(k, table):
    labels = KMeans(k, n_init=30, random_state=SEED).fit_predict(table)
    order = np.argsort(-np.bincount(labels))  # number the largest cluster 0
    return np.argsort(order)[labels]


census_labels = {k: census_clusters(k, census) for k in range(2, 8)}
for k, labels in census_labels.items():
    print(f"k = {k}: mean silhouette {silhouette_score(census, labels):.2f}")

# %% [markdown]
# All values are modest: evenly spread points in a plane had 0.40, and k = 4 has 0.34. There are no sharp gaps. We
# look at k = 4, which describes more than k = 2; this is our choice, not a finding. The clusters are numbered by
# size: 0 is the largest.

# %%
tracts["cluster"] = census_labels[4]
shown = ["CRIM", "RM", "AGE", "DIS", "TAX", "LSTAT"]
print("tracts in each cluster:", np.bincount(tracts.cluster))
print(tracts.groupby("cluster")[shown].median().round(2).to_string())

# %% [markdown]
# Each row is one cluster, each number the median of its tracts: crime rate (CRIM), rooms per dwelling (RM), % of
# owner-occupied homes built before 1940 (AGE), weighted distance to centres of employment (DIS), property tax in
# dollars per 10,000 dollars (TAX), and LSTAT in %. Cluster 0 lies between the others in most columns. Cluster 1 has
# the highest crime rate and tax. Cluster 2 has newer homes, far from the jobs. Cluster 3 has old homes near the jobs
# and less crime than cluster 1.


# %%
def draw_map(k=4):
    labels = census_labels[k]
    fig, ax = plt.subplots(figsize=(6, 4.6))
    for label in range(k):
        style = {"color": COLOURS[label], "marker": plot.MARKERS[label]}
        ax.scatter(*tracts.loc[labels == label, ["east", "north"]].to_numpy().T, s=16, label=f"{label}", **style)
    ax.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)", aspect=1 / np.cos(np.radians(42.35)))
    ax.set_title(f"{k} clusters of census tracts around Boston")
    ax.legend(title="cluster", loc="center left", bbox_to_anchor=(1, 0.5))
    return (
        fig,
        f"{k} clusters of {np.bincount(labels).tolist()} tracts: compact patches in the middle, wide areas around.",
    )


plot.explore(draw_map, k=(2, 7))

# %% [markdown]
# The map was not part of the clustering. Is the pattern a discovery? Before you run the next cell: look at cluster 1.
# Which town might that be?

# %%
in_boston = tracts.TOWN.str.startswith("Boston")
print(pd.crosstab(in_boston, tracts.cluster, rownames=["tract is in Boston"]).to_string())
per_town = tracts.groupby("TOWN")[columns].nunique()
print("one value for a whole town:", [column for column in columns if (per_town[column] == 1).all()])

# %% [markdown]
# Cluster 1 is the City of Boston: all 132 tracts and no other. The last line of the output says why. Five of our
# eleven columns, such as tax and pupils per teacher, are known only for a whole town and repeated for each of its
# tracts. A large part of this "finding" is how the table was made.
#
# How much depends on our choice of columns? We repeat it with the columns that differ within towns, and also with B.

# %%
within = ["CRIM", "NOX", "RM", "AGE", "DIS", "LSTAT"]
census_within = census[:, [columns.index(name) for name in within]]
census_b = np.column_stack([census, (tracts.B - tracts.B.mean()) / tracts.B.std()])
census_agreement = {}
for name, table in (("without the town-wide columns", census_within), ("with B", census_b)):
    census_agreement[name] = adjusted_rand_score(tracts.cluster, census_clusters(4, table))
    print(f"{name}: adjusted Rand index with our clusters {census_agreement[name]:.2f}")
print("lower quartile of B in clusters 0 to 3:", tracts.groupby("cluster").B.quantile(0.25).round().tolist())

# %% [markdown]
# Without the five town-wide columns most of the grouping changes (1 would be the same partition, 0 chance): the four
# clusters belong to our choice of columns as much as to the city. Adding one column of twelve, B, changes little. But
# look at B in clusters made *without* it: its lower quartile (a quarter of the tracts lie below it) is 167 in cluster
# 1 and at least 342 elsewhere. By the formula, 167 means a share of about 22 %, and a B near 390 a share near 0.
# Leaving a sensitive column out does not make a clustering fair. Before you *use* clusters, for example to plan
# clinics, look at who is in them.
#
# So describe such clusters carefully: "tracts that are similar in these columns, in 1970". They say nothing about one
# person in a tract, and they explain nothing.
#
# ### Your turn 2.6: describe the clusters
#
# Compute the **median** house value (column `MEDV`, in 1000 dollars) of each of the four clusters in
# `tracts["cluster"]`, in the order of the cluster numbers 0, 1, 2, 3. Put the four numbers into `house_values`. (The
# table stops at 50: dearer tracts are entered as 50.)

# %% tags=["exercise"]
house_values = ...

# %% tags=["check"]
# @title Check 2.6
check.value(
    "2.6 house values",
    house_values,
    [np.median(tracts.MEDV[census_labels[4] == label]) for label in range(4)],
    tol=0.005,
    hint='tracts.groupby("cluster")["MEDV"].median() has one number for each cluster.',
)

# %% tags=["solution"]
# @title Solution 2.6
house_values_solution = tracts.groupby("cluster")["MEDV"].median()
check.solution("2.6 house values", house_values_solution)
print("median house value (1000 dollars):", house_values_solution.tolist())

# %% [markdown]
# ## Application 2: a biomedical image
#
# A CT image stores a number for each pixel, in **Hounsfield units** (HU): air is -1000, water is 0, and denser tissue
# is higher. Textbooks give: lung about -900 to -600, fat -120 to -50, soft tissue (muscle, organs, blood) 20 to 80,
# bone from about 150 (spongy) to over 1000 (compact).
#
# Can k-means find them in one slice? Each of the 65,536 pixels is a point with *one* value. We take a slice of
# patient 1 at the height of the large vessels, and seed with rough guesses. The front of the body is at the top of
# the image, and the patient's right side is on your left.

# %%
volume = data.load_chest_ct()[0]
hu = volume.hu[22]
pixels = hu.reshape(-1, 1).astype(float)
first_guess = np.array([[-1000.0], [-700], [-100], [50], [500]])
pixel_labels, tissue_means, steps = kmeans(pixels, first_guess)
print(f"{len(pixels)} pixels of {volume.spacing_mm[1]:.2f} x {volume.spacing_mm[2]:.2f} mm, {len(steps)} steps")
tissues = ["air", "lung", "fat", "soft tissue", "bone"]
for tissue, mean, count in zip(tissues, tissue_means[:, 0], np.bincount(pixel_labels), strict=True):
    inside = pixels[pixel_labels == tissues.index(tissue), 0]
    print(f"{tissue:11} mean {mean:7.0f} HU, from {inside.min():5.0f} to {inside.max():4.0f} HU, {count:5} pixels")

# %% [markdown]
# The five means fit the textbook ranges; the borders do not. Muscle ends near 80 HU and spongy bone begins near 150,
# but the border of "bone" is at 251 HU. The *names* are ours again: k-means only knows numbers. The slider shows
# other values of k.

# %% tags=["figure"]
# @title A slider for the number of tissues: other k from every 9th pixel, which is enough here
tissue_models = {5: tissue_means[:, 0]}
for k in (3, 4, 6, 7):
    tissue_models[k] = kmeans(pixels[::9], np.linspace(-1000, 500, k)[:, None])[1][:, 0]


def draw_tissues(k=5):
    centres = np.sort(tissue_models[k])
    borders = (centres[1:] + centres[:-1]) / 2
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.2), width_ratios=[1, 1.3, 1])
    left.imshow(np.clip(hu, -1000, 500), cmap="gray")
    drawn = middle.imshow(np.digitize(hu, borders), cmap=plt.get_cmap("cividis", k), vmin=-0.5, vmax=k - 0.5)
    names = tissues if k == 5 else [f"{centre:.0f} HU" for centre in centres]
    fig.colorbar(drawn, ax=middle, shrink=0.7, ticks=range(k)).ax.set_yticklabels(names, fontsize=8)
    right.stairs(*np.histogram(pixels, bins=np.arange(-1025, 1000, 25)), fill=True)
    right.vlines(borders, 1, 2e4, color=COLOURS[1], ls="--", lw=1)
    right.set(yscale="log", xlabel="HU", ylabel="pixels (log scale)", title="dashed: borders")
    for ax, title in ((left, "one CT slice"), (middle, f"{k} clusters of HU")):
        ax.set_title(title)
        ax.axis("off")
    return fig, f"The lung is speckled, the body in layers: borders at {', '.join(f'{b:.0f}' for b in borders)} HU."


plot.explore(draw_tissues, k=(3, 7))

# %% [markdown]
# In one dimension the border between two clusters lies exactly halfway between their means (dashed). So k-means on HU
# is nothing more than a set of thresholds, chosen from the data. Three things it cannot do:
#
# 1. **It does not see position.** Before you run the next cell: we shuffle all pixels, so that no body is left. What
#    will the five means be?
# 2. **It mistakes mixtures for tissue.** A pixel on the edge of the lung holds half lung and half muscle: about -400
#    HU, the **partial volume effect**. No healthy tissue has such a value (diseased lung can), but each pixel must
#    get a cluster.
# 3. **It puts the border where its means want it**, not where anatomy is. The darkest lung is as dark as air.

# %%
shuffled_means = kmeans(rng.permutation(pixels), first_guess)[1]
print(f"largest change of a mean after shuffling: {np.abs(shuffled_means - tissue_means).max():.1f} HU")
fat = pixels[pixel_labels == 2, 0]
print(f"{np.mean(fat < -200):.0%} of the pixels called fat lie below -200 HU, where there is no fat")
patch = np.zeros(hu.shape, dtype=bool)
patch[150:190, 60:90] = True  # a rectangle inside the right lung
called = pixel_labels.reshape(hu.shape)[patch]
print(f"piece of the right lung: median {np.median(hu[patch]):.0f} HU, {np.mean(called == 0):.0%} of it called air")

# %% [markdown]
# The shuffled image has the same means. Two thirds of this piece of lung are called air, because the border at -898
# HU runs through its range. With a median of -913 HU it is darker than the textbook's lung; a deep breath in or
# emphysema does that, and the image alone does not tell which. A volume of "lung" from these labels would be wrong.
#
# ### Objects in a mask: DBSCAN
#
# The bright pixels, called "bone", are many things. Now we use what k-means ignored: position. A **mask** is an image
# of True and False. Each True pixel becomes a point with its place in mm, and DBSCAN groups the points into objects.

# %%
bone = (pixel_labels == 4).reshape(hu.shape)
places = np.argwhere(bone) * volume.spacing_mm[1:]  # mm from the top, mm from the left
objects = dbscan(places, eps=2.5, min_points=5)
print(f"{len(places)} pixels above {hu[bone].min() - 1} HU form {objects.max() + 1} objects; ", end="")
print(f"{np.sum(objects == -1)} pixels are noise")


# %%
def draw_objects(eps=2.5, min_points=5):
    labels = dbscan(places, eps, min_points)
    picture = np.full(hu.shape, np.nan)
    picture[bone] = np.where(labels == -1, np.nan, labels)  # noise stays white
    height, width = hu.shape * np.array(volume.spacing_mm[1:])
    fig, ax = plt.subplots(figsize=(7, 4.8))
    ax.imshow(np.clip(hu, -1000, 500), cmap="gray", extent=(0, width, height, 0))
    ax.imshow(picture % 10, cmap="tab10", vmin=0, vmax=9, extent=(0, width, height, 0))
    for label in np.flatnonzero(np.bincount(labels + 1)[1:] > 20):
        row, column = places[labels == label].mean(axis=0)
        box = {"facecolor": "black", "pad": 0.8, "linewidth": 0}
        ax.text(column + 6, row - 4, str(label), color="white", fontsize=8, bbox=box)
    ax.set(xlabel="mm from the left of the image", ylabel="mm from the top", ylim=(height, 110), xlim=(0, width))
    ax.set_title(f"eps {eps:.1f} mm, MinPts {min_points}: {labels.max() + 1} objects (numbers: more than 20 pixels)")
    ax.grid(visible=False)
    return (
        fig,
        f"{labels.max() + 1} objects: a ring of ribs and shoulder blades, the vertebra, arcs in the vessel wall.",
    )


plot.explore(draw_objects, eps=(1.2, 8.0, 0.1), min_points=(1, 10))

# %% [markdown]
# Now ribs, shoulder blades and vertebra are separate objects (ten colours repeat; the numbers tell objects apart),
# and the breastbone is in two pieces. Two pixels that touch are 1.14 mm apart, or 1.61 mm across a corner. With eps =
# 2.5 mm the walk jumps over a gap of one pixel. Bones with a wider gap break into pieces; a larger eps joins them,
# but sooner or later also neighbours such as rib and shoulder blade (17 and 18, from 3.3 mm on).
#
# Let us look at the five largest objects.

# %% tags=["figure"]
# @title The five largest objects
pixel_area = volume.spacing_mm[1] * volume.spacing_mm[2]  # mm²
sizes = np.bincount(objects[objects >= 0])
for label in np.argsort(-sizes)[:5]:
    row, column = places[objects == label].mean(axis=0)
    area, mean = sizes[label] * pixel_area / 100, hu[bone][objects == label].mean()
    print(f"{label:2}: {area:.1f} cm², {row:.0f} mm from the top, {column:.0f} mm from the left, mean {mean:.0f} HU")

# %% [markdown]
# Object 15 is the vertebra, and it looks hollow: its spongy inside (about 160 HU) fell into "soft tissue". So 6.1 cm²
# is its dense part, not its size. Object 9 is no bone: it lies in front of the windpipe and to its left (right in the
# image), on the back wall of the ascending aorta. It is **calcification**, calcium in the vessel wall, and so are 7
# on the front wall and 19 (the small arc at 172 mm from the left, 240 mm from the top) on the descending aorta. 13,
# close to the descending aorta, may be vessel wall or a calcified lymph node. With a mean of 638 HU object 9 is
# brighter than the vertebra's 421, but both lie above 251 HU: brightness put them into one cluster. The place raises
# the question, and a radiologist answers it. The other three of the list are one shoulder blade (16) and two ribs.
#
# ### Your turn 2.7: from pixels to cm²
#
# Write `area_cm2(mask, row_mm, column_mm)`: the area of all True pixels of a mask in cm², if each pixel is `row_mm`
# high and `column_mm` wide. `mask.sum()` counts the True pixels; 1 cm² is 100 mm².


# %% tags=["exercise"]
def area_cm2(mask, row_mm, column_mm):
    return ...


# %% tags=["check"]
# @title Check 2.7
check.function(
    "2.7 area",
    area_cm2,
    lambda mask, row_mm, column_mm: np.count_nonzero(mask) * (row_mm / 10) * (column_mm / 10),
    [(bone, 1.140625, 1.140625), (hu > 0, 0.5, 2.0), (np.eye(4, dtype=bool), 10, 5)],
    hint="Count the pixels, multiply by the area of one pixel in mm², divide by 100.",
)


# %% tags=["solution"]
# @title Solution 2.7
def area_cm2_solution(mask, row_mm, column_mm):
    return mask.sum() * row_mm * column_mm / 100


check.solution("2.7 area", area_cm2_solution)

# %% [markdown]
# ## Application 3: sorting the literature
#
# You have found 20 papers and want to see the topics before you read. Our 20 sentences are made up, each like the
# main line of an abstract.

# %%
abstracts = """\
Fasting glucose and insulin were measured in adults with type 2 diabetes.
A low-carbohydrate diet lowered glucose in patients with diabetes.
Insulin resistance predicts diabetes in overweight adolescents.
Continuous glucose monitoring reduced the insulin dose in type 1 diabetes.
High glucose during pregnancy raises the later risk of diabetes.
A neural network detects pneumonia on chest radiographs of children.
Chest radiographs showed a consolidation in bacterial pneumonia.
Radiologists and a neural network read the same chest radiographs.
Viral pneumonia causes diffuse opacities in the lung on chest CT.
Lung opacities on chest CT faded after pneumonia had been treated.
Treatment of hypertension lowers blood pressure and prevents stroke.
Salt intake raises blood pressure and the risk of stroke.
Hypertension doubles the risk of stroke in older adults.
Home measurement of blood pressure improves the control of hypertension.
Exercise lowers systolic blood pressure in hypertension.
Low bone density predicts hip fracture in older women.
Osteoporosis treatment reduced vertebral fracture and hip fracture.
Vitamin D and calcium were given for bone density in osteoporosis.
Falls are the main cause of hip fracture in older adults.
Bone density falls after menopause, and osteoporosis follows.""".splitlines()
print(f"{len(abstracts)} sentences, {sum(len(text.split()) for text in abstracts)} words")

# %% [markdown]
# **TF-IDF** turns each text into a row: one column for each word of the whole collection. A number is large if the
# word occurs often in this text (TF, term frequency) and in few other texts (IDF, inverse document frequency). Words
# such as "the" and "of" (**stop words**) are left out. Then each row is scaled to length 1.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer

vectorizer = TfidfVectorizer(stop_words="english")
rows = vectorizer.fit_transform(abstracts).toarray()
words = vectorizer.get_feature_names_out()
print(f"{rows.shape[0]} rows, {rows.shape[1]} words, {np.mean(rows == 0):.0%} of all numbers are 0")


def top_words(weights, n=5):
    return [word for _, word in sorted(zip(-weights.round(3), words, strict=True))[:n]]


print("largest numbers of sentence 18:", ", ".join(top_words(rows[18])))

# %% [markdown]
# Sentence 18 (counted from 0) is "Falls are the main cause of hip fracture in older adults". "cause" and "main" weigh
# most, because no other sentence has them.
#
# The product of two such rows is the **cosine similarity**: 1 for the same words in the same proportions, 0 for none
# shared.

# %%
topics = KMeans(4, n_init=20, random_state=SEED).fit(rows)
for label in dict.fromkeys(topics.labels_.tolist()):  # in the order of the sentences
    top = ", ".join(top_words(topics.cluster_centers_[label]))
    print(f"{np.sum(topics.labels_ == label)} sentences: {top}")

# %% [markdown]
# From a centroid's largest numbers, its **top words**, you can guess the topic: diabetes, pneumonia, hypertension,
# osteoporosis. Does a tree find the same?

# %%
text_tree = linkage(rows, method="average", metric="cosine")
tree_labels = fcluster(text_tree, 4, criterion="maxclust")
text_agreement = adjusted_rand_score(topics.labels_, tree_labels)
print(f"adjusted Rand index between k-means and the tree: {text_agreement:.2f}")

# %% tags=["figure"]
# @title The tree of sentences and the table of similarities
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4), width_ratios=[1.4, 1])
short = [text if len(text) < 37 else text[:34] + "..." for text in abstracts]
dendrogram(text_tree, labels=short, orientation="left", ax=left, color_threshold=0, above_threshold_color=COLOURS[0])
left.axvline(0.9, color=COLOURS[1], ls="--")
left.set(xlabel="cosine distance at the merge")
left.tick_params(axis="y", labelsize=7)
left.grid(visible=False)
image = right.imshow(rows @ rows.T, vmin=0, vmax=0.6)
right.set(title="cosine similarity", xlabel="sentence", ylabel="sentence")
right.grid(visible=False)
fig.colorbar(image, shrink=0.7, extend="max")
plot.show(fig, alt="A tree with four branches of five sentences, and a table with four bright blocks on its diagonal.")

# %% [markdown]
# A cut at 0.9 (dashed) leaves four branches, and the four bright blocks are the same topics. (The colours end at 0.6;
# the diagonal is 1, each sentence with itself.) It works this well because we wrote the sentences with shared words.
# Real abstracts use synonyms ("high blood pressure", "hypertension"), which share no word at all.
#
# Before you run the next cell: to which cluster does each of two new sentences go?

# %%
new = ["Pneumonia after a hip fracture in older women.", "Quantum dots emit green light."]
new_rows = vectorizer.transform(new).toarray()
for text, row, label in zip(new, new_rows, topics.predict(new_rows), strict=True):
    top = ", ".join(top_words(topics.cluster_centers_[label], 3))
    print(f"{text} -> {top} ({np.sum(row > 0)} known words)")

# %% [markdown]
# The first sentence belongs to two topics, but k-means allows only one. The second has no known word: its row is all
# zeros, and k-means still gives it a cluster.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "When does k-means stop?",
    [
        "When the inertia is zero",
        "When no point changes its cluster any more",
        "When the silhouette is highest",
        "When it has found the best of all partitions",
    ],
    1,
    [
        "The inertia is zero only if every point lies on its centroid.",
        "Then the means stay where they are, and nothing would change in any later step.",
        "k-means does not compute the silhouette; you use it afterwards to compare values of k.",
        "It may have stopped in a local minimum. That is why one starts several times.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "With eps = 1 cm and MinPts = 4, a point has three points within 1 cm, itself included. One of the others is a "
    "core point. What is it?",
    ["A core point", "Noise", "A border point", "The seed of a new cluster"],
    2,
    [
        "A core point needs at least four points within eps, itself included.",
        "Noise has no core point within eps.",
        "Too few neighbours to be core, but within reach of a core point.",
        "Only core points start a cluster.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "You want to group separate curved nerve fibres in a microscope image: long, of unknown number, with specks of "
    "noise. What do you try first?",
    ["DBSCAN", "k-means with the elbow", "PAM, because it resists outliers", "A Gaussian mixture with two clouds"],
    0,
    [
        "Any shape, no number of clusters needed, and specks become noise.",
        "k-means cuts long curved objects into round parts, whatever k is.",
        "Medoids resist outliers, but each cluster is still 'everything near one centre'.",
        "An ellipse does not follow a curved fibre, and the number is unknown.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A paper says: 'k-means proves that there are four types of this disease, because it found four clusters.' "
    "What is wrong?",
    [
        "Nothing, if k-means++ was used",
        "They should have used five clusters",
        "k-means works only on two columns",
        "k-means returns as many clusters as it is told, even in data without groups",
    ],
    3,
    [
        "Better seeds find a better partition, but no proof that groups exist.",
        "Another number would be just as little proof.",
        "It works on any number of columns.",
        "You saw it on evenly spread points. New patients and other methods must show the same groups.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "In the CT slice, bone and calcified vessel wall were one cluster for k-means, but separate objects for DBSCAN. "
    "Why?",
    [
        "DBSCAN is the more accurate method in general",
        "k-means was given only HU, DBSCAN the places in mm",
        "k-means had a bad seed",
        "Calcium and bone lie on opposite sides of the border at 251 HU",
    ],
    1,
    [
        "No method is best in general; it depends on the data and on what it is given.",
        "Clusters can only differ in what the columns contain: brightness for one, position for the other.",
        "Other seeds cannot help: k-means sees only brightness.",
        "Both lie above 251 HU, the highest border.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
agreement_of = adjusted_rand_score
stuck = kmeans(scaled, scaled[[9, 23, 38]])
claims = {
    "both methods by hand agree with scikit-learn": min(kmeans_agreement + dbscan_agreement) == 1,
    "three simulated diagnoses are found from bad seeds": agreement_of(kmeans(scaled, seeds)[0], diagnosis) == 1,
    "other seeds end in a local minimum": np.sum((scaled - stuck[1][stuck[0]]) ** 2) > 4 * elbow[2],
    "elbow and silhouette agree on three clusters": best_k == 3,
    "k-means++ starts better than random rows": success["k-means++"] > success["random rows"] + 0.1,
    "PAM keeps the groups when k-means follows two errors": agreement_of(pam_labels, diagnosis) == 1
    and min(np.bincount(typed_kmeans.labels_)) == 2,
    "DBSCAN follows the folds": agreement_of(nuclei_dbscan, truth) > 0.85,
    "k-means does not": agreement_of(nuclei_kmeans, truth) < 0.4,
    "OPTICS finds spots of different density": agreement_of(optics.labels_, spot) > 0.9,
    "the mixture beats k-means on long clouds": scores["pressure", "mixture"] > scores["pressure", "k-means"] + 0.4,
    "one census cluster is the City of Boston": np.all((tracts.cluster == 1) == in_boston),
    "five HU clusters fit the textbook": np.all(np.abs(tissue_means[:, 0] - [-1000, -800, -100, 50, 450]) < 40),
    "k-means on HU ignores position": np.allclose(shuffled_means, tissue_means),
    "texts fall into the four topics": agreement_of(topics.labels_, np.repeat(range(4), 5)) == 1,
}
for claim, holds in claims.items():
    assert holds, claim
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - Clustering groups rows without labels. You choose scale, columns and distance.
# - k-means: seed, assign, move, until no row changes its cluster. Use k-means++ and several starts.
# - Medoids resist outliers; DBSCAN finds any shape and marks noise; OPTICS copes with different densities; a tree
#   shows all numbers of clusters at once; a Gaussian mixture gives probabilities.
# - k-means always answers, even where there is nothing to find. Names, causes and uses are for people to judge.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | clustering | 군집화 (군집 분석) | grouping rows without labels |
# | centroid | 중심점 | the mean of a cluster |
# | k-means | k-평균 | assign to the nearest centroid, move to the mean, repeat |
# | inertia | 관성 (군집 내 제곱합) | sum of squared distances to the own centroid |
# | elbow method | 엘보 방법 | choose k at the bend of the inertia curve |
# | silhouette | 실루엣 계수 | how much nearer the own cluster is than the next one |
# | local minimum | 지역 최솟값 | no small step improves it, yet it is not the best |
# | medoid | 메도이드 | the row of a cluster with the smallest total distance to the others |
# | outlier | 이상치 | a value far from all others |
# | density-based clustering | 밀도 기반 군집화 | clusters are crowded regions |
# | core point | 핵심점 | has at least MinPts points within eps |
# | border point | 경계점 | not core, but within eps of a core point |
# | noise point | 잡음점 | not within eps of any core point |
# | hierarchical clustering | 계층적 군집화 | a tree of merges |
# | dendrogram | 덴드로그램 (수형도) | the drawing of that tree |
# | Gaussian mixture model | 가우시안 혼합 모형 | rows drawn from several bell-shaped clouds |
# | linkage | 연결법 | what "distance between clusters" means in a tree |
# | reachability distance | 도달 거리 | the eps that it takes to reach the next point |
# | expectation-maximisation (EM) | 기댓값 최대화 | probabilities, then refit, in turns |
# | Bayesian information criterion (BIC) | 베이즈 정보 기준 | fit against number of parameters; lower is better |
# | partition | 분할 | a division of all points into groups |
# | adjusted Rand index | 조정 랜드 지수 | agreement of two partitions: 1 the same, 0 chance |
# | Hounsfield unit (HU) | 하운스필드 단위 | scale of X-ray attenuation on CT: air -1000, water 0 |
# | partial volume effect | 부분용적효과 | one pixel that holds two tissues |
# | mask | 마스크 | an image of True and False |
# | calcification | 석회화 | calcium in tissue, bright on CT |
# | stop word | 불용어 | a word such as "the", left out |
# | TF-IDF | 단어 빈도-역문서 빈도 | weight of a word: often here, seldom elsewhere |
# | cosine similarity | 코사인 유사도 | 1 for texts with the same words in the same proportions |
#
# ## References
#
# - MacQueen J. Some methods for classification and analysis of multivariate observations. 5th Berkeley Symposium,
#   1967.
# - Lloyd S. Least squares quantization in PCM. IEEE Trans. Inf. Theory 28, 1982.
# - Arthur D, Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
# - Kaufman L, Rousseeuw PJ. Finding Groups in Data (PAM, CLARA). Wiley, 1990.
# - Ester M, Kriegel HP, Sander J, Xu X. A density-based algorithm for discovering clusters. KDD, 1996.
# - Ankerst M, Breunig MM, Kriegel HP, Sander J. OPTICS. SIGMOD, 1999.
# - Ward JH. Hierarchical grouping to optimize an objective function. J. Am. Stat. Assoc. 58, 1963.
# - Dempster AP, Laird NM, Rubin DB. Maximum likelihood from incomplete data via the EM algorithm. J. R. Stat. Soc. B
#   39, 1977.
# - Schwarz G. Estimating the dimension of a model (BIC). Annals of Statistics 6, 1978.
# - Rousseeuw PJ. Silhouettes. J. Comput. Appl. Math. 20, 1987.
# - Hubert L, Arabie P. Comparing partitions. Journal of Classification 2, 1985.
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J. Environ. Econ. Manage. 5, 1978.
# - CT: test data of pyradiomics 3.0.1 (BSD-3-Clause). van Griethuysen JJM and others. Computational radiomics system
#   to decode the radiographic phenotype. Cancer Research 77, 2017.
