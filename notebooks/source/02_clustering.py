# %% [markdown]
# # 2. Clustering: groups without labels
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - run k-means and DBSCAN by hand, and say when each of them stops,
# - tell groups that are in the data from groups that the method makes,
# - choose k or `eps` from a curve, and say what the choice costs,
# - find out what a clustering rests on, and what it cannot see.
#
# **Before you start** you should know from lab 1 what rows, columns and labels are, and how a column is standardised.
# What NumPy and pandas do with whole tables is explained where you first need it.
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
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from coursekit import check, data, plot, train

train.seed_everything(SEED)

# %% tags=["figure"]
# @title Drawing helper: one colour and one marker for each cluster, grey crosses for noise
COLOURS = [colour for colour in plt.rcParams["axes.prop_cycle"].by_key()["color"] if colour != "#000000"]


def draw_clusters(ax, points, labels, size=20):
    for label in np.unique(labels):
        x, y = points[labels == label, :2].T
        if label == -1:
            ax.scatter(x, y, s=size, color="0.45", marker="x", linewidths=1)
        else:
            style = {"color": COLOURS[label % 6], "marker": plot.MARKERS[label % 6]}
            ax.scatter(x, y, s=size, alpha=0.75, linewidths=0, **style)


# %% [markdown]
# ## Groups without labels
#
# In lab 1 most rows had a label, and a classifier learned to predict it. In **clustering** there is no label. You
# have only the rows, and you ask: do they fall into groups? A **cluster** is a group of rows that are alike.
#
# Our first rows are 120 simulated patients with two values of a blood count: **haemoglobin** (Hb, in g/dl) and the
# **mean corpuscular volume** of the red cells (MCV, in femtolitres, fl). Before you run the next cell: guess how many
# groups you will see.

# %%
rng = np.random.default_rng(SEED)
diagnosis = np.repeat([0, 1, 2], 40)  # hidden from every method below
means = np.array([[14.2, 90], [9.5, 70], [9.0, 112]])
spreads = np.array([[1.0, 4], [1.2, 5], [1.3, 6]])
patients = rng.normal(means[diagnosis], spreads[diagnosis]).round(1)  # means[diagnosis]: one row a patient

# %%
fig, ax = plt.subplots()
ax.scatter(*patients.T, s=20, color="0.3")
ax.set(xlabel="haemoglobin (g/dl)", ylabel="mean corpuscular volume (fl)", title="Do you see groups?")
plot.show(fig, alt="120 grey points in three clouds: one at high Hb, two at low Hb with small or with large cells.")

# %% [markdown]
# You see three clouds. A physician can name them: normal blood, anaemia with small cells (as in iron deficiency) and
# anaemia with large cells (as in vitamin B12 deficiency). The clouds come from the data; the *names* come from you.
#
# Patient B has 7 g/dl less haemoglobin than patient A: a severe anaemia. Patient C has 7 fl more than A: still
# normal. Before you run the next cell: which of the two is farther from A, if you use the raw numbers?

# %%
a, b, c = np.array([14, 90]), np.array([7, 90]), np.array([14, 97])
spread = patients.std(axis=0)  # axis=0: down the rows, so one number for each column
print(f"raw:          A to B {np.linalg.norm(a - b):.2f}, A to C {np.linalg.norm(a - c):.2f}")
print(f"standardised: A to B {np.linalg.norm((a - b) / spread):.2f}, A to C {np.linalg.norm((a - c) / spread):.2f} SD")

# %%
scaled = (patients - patients.mean(axis=0)) / spread

# %% [markdown]
# The raw numbers call both differences equal, because they ignore units. Divided by the standard deviation (SD) of
# its column, the loss of haemoglobin is 2.53 SD, the gain of volume 0.39. In `scaled` each column has mean 0 and SD
# 1.
#
# So "alike" is your choice. Each family of methods makes its own (those with * are in the further notebook):
#
# | Family | A cluster is ... | Methods |
# |---|---|---|
# | centroid-based | everything near one centre | k-means, k-medoids* (PAM, CLARA) |
# | density-based | a crowded region | DBSCAN, OPTICS* |
# | hierarchical | a branch of a tree | agglomerative* |
# | distribution-based | one bell-shaped cloud | Gaussian mixture* |
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

# %%
seeds = scaled[[25, 6, 27]]  # three rows, picked by their numbers
differences = scaled[:, None] - seeds  # each patient minus each seed
distances = np.linalg.norm(differences, axis=2)
first_labels = distances.argmin(axis=1)
print("shapes:", differences.shape, distances.shape, first_labels.shape)
print("patient 0:", distances[0].round(2), "SD from the seeds -> cluster", first_labels[0])

# %% tags=["figure"]
# @title Three shapes: differences, distances, labels
fig, ax = plt.subplots(figsize=(8.6, 3))
parts = [(0, 3, 2, "differences\n(120, 3, 2)"), (5.4, 3, 1, "distances\n(120, 3)"), (9.6, 1, 1, "labels\n(120,)")]
for left, columns, layers, name in parts:
    for layer in reversed(range(layers)):
        corner = (left + 0.45 * layer, 0.35 * layer)
        for column in range(columns):
            box = (corner[0] + 0.8 * column, corner[1])
            ax.add_patch(plt.Rectangle(box, 0.8, 3, facecolor=("#d9e8f3", "#f6dccb")[layer], edgecolor="0.3"))
    ax.text(left + 0.4 * columns + 0.2 * (layers - 1), -0.2, name, ha="center", va="top")
for x, words in ((3.1, "norm\naxis=2"), (8.0, "argmin\naxis=1")):
    ax.annotate("", (x + 2.0 if x < 5 else 9.4, 1.5), (x + 0.3, 1.5), arrowprops={"arrowstyle": "->", "lw": 1.5})
    ax.text(x + 1.0 if x < 5 else 8.8, 1.7, words, ha="center", va="bottom", fontsize=9)
ax.text(-0.2, 1.5, "120 patients", rotation=90, va="center", ha="right")
ax.text(1.65, 3.85, "3 seeds; front layer Hb, back layer MCV", ha="center", fontsize=9)
ax.set(xlim=(-0.9, 11), ylim=(-1.3, 4.3))
ax.axis("off")
plot.show(
    fig, alt="A block of 120 x 3 x 2 differences becomes a table of 120 x 3 distances, then a column of 120 labels."
)

# %% [markdown]
# `[:, None]` puts a new axis between the two of `scaled`, so that each patient meets each seed: 120 patients x 3
# seeds x 2 columns. `norm` along axis 2 makes one distance of the two differences (front and back layer); `argmin`
# along axis 1 says which of the three distances is the smallest. That was "assign". Now "move":

# %%
in_first = first_labels == 0  # True or False for each patient
members = scaled[in_first]  # the rows with True
moved = members.mean(axis=0)
print(f"{len(members)} patients; centroid 0 moves {np.linalg.norm(moved - seeds[0]):.2f} SD")

# %% [markdown]
# ### Your turn 2.1: k-means with a pencil
#
# Five patients stayed 1, 5, 6, 9 and 18 days in hospital. Run k-means with k = 2 on paper; the seeds are the patients
# with 1 and 5 days. Where are the two centroids when k-means stops? Put both numbers into a list, the smaller one
# first.

# %% tags=["exercise"]
final_centroids = ...

# %% tags=["check"]
# @title Check 2.1
days = np.array([[1.0], [5], [6], [9], [18]])
slips = {
    "These are the centroids after the first move. Assign again: does a patient change?": [1, 9.5],
    "Nearly: you stopped one move early. Which centroid is now nearer to the patient with 6 days?": [3, 11],
    "A better division, but k-means does not get there from these seeds. Follow the steps.": [5.25, 18],
    "You took medians. A centroid of k-means is the mean of its cluster.": [5, 13.5],
}
check.value(
    "2.1 pencil",
    final_centroids,
    KMeans(2, init=days[:2], n_init=1, tol=0).fit(days).cluster_centers_[:, 0],
    hint="First border: 3 days, halfway between 1 and 5. So the first clusters are {1} and {5, 6, 9, 18}. Go on.",
    slips=slips,
)

# %% tags=["solution"]
# @title Solution 2.1
# {1} {5 6 9 18} -> 1, 9.5; {1 5} {6 9 18} -> 3, 11; {1 5 6} {9 18} -> 4, 13.5; nobody changes: stop.
pencil_solution = [(1 + 5 + 6) / 3, (9 + 18) / 2]
check.solution("2.1 pencil", pencil_solution)
# The squared distances add to 54.5. With {1 5 6 9} and {18} they would add to 32.75.
# So k-means stopped although a better division exists. More of that under "Bad seeds".

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
# Now the four steps as a program. (`fill_empty`, in the fold above, matters only when a cluster has lost all its
# rows.) `history` keeps labels and centroids of each step.


# %%
def kmeans(points, centroids, max_steps=300):
    """Assign and move until no point changes its cluster."""
    history, labels = [], None
    for _ in range(max_steps):
        distances = np.linalg.norm(points[:, None] - centroids, axis=2)
        previous, labels = labels, distances.argmin(axis=1)  # assign
        if np.array_equal(labels, previous):
            break  # stop
        members = fill_empty(labels, distances)
        centroids = np.array([points[members == c].mean(axis=0) for c in range(len(centroids))])  # move
        history.append((labels, centroids))
    return labels, centroids, history


# %%
kmeans_labels, centroids, history = kmeans(scaled, seeds)
print(f"{len(history)} steps, cluster sizes {np.bincount(kmeans_labels)}")
for hb, mcv in centroids * spread + patients.mean(axis=0):
    print(f"centroid: Hb {hb:.1f} g/dl, MCV {mcv:.1f} fl")

# %% tags=["figure"]
# @title A slider for the steps


def draw_step(step=1):
    old = seeds if step == 1 else history[step - 2][1]
    labels, new = history[step - 1]
    fig, ax = plt.subplots(figsize=(5.6, 4))
    draw_clusters(ax, scaled, labels)
    for start, end in zip(old, new, strict=True):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 2})
    ax.plot(*old.T, "k+", ms=11, mew=2)
    ax.set(xlabel="haemoglobin (SD)", ylabel="MCV (SD)", title=f"Step {step} of {len(history)}: assign, then move")
    way, sizes = np.linalg.norm(new - old, axis=1).max(), np.bincount(labels)
    return fig, f"Step {step}: clusters of {sizes} points; the longest arrow of a centroid is {way:.2f} SD."


plot.explore(draw_step, step=(1, len(history)))

# %% tags=["figure"]
# @title All steps side by side
n_rows = -(-len(history) // 3)
fig, axes = plt.subplots(n_rows, 3, figsize=(9, 2.7 * n_rows), sharex=True, sharey=True)
for step, ax in enumerate(axes.flat[: len(history)], start=1):
    step_labels, step_centroids = history[step - 1]
    draw_clusters(ax, scaled, step_labels, size=9)
    ax.plot(*step_centroids.T, "k+", ms=11, mew=2)
    changed = len(scaled) if step == 1 else np.sum(step_labels != history[step - 2][0])
    ax.set_title(f"step {step}: {changed} changed")
fig.supxlabel("haemoglobin (SD)")
fig.supylabel("MCV (SD)")
alt = "From step 4 on one centroid (cross) runs down to the small cells, another up to the large; the third stays."
plot.show(fig, alt=alt)

# %% [markdown]
# In the slider's picture the crosses are the centroids *before* the move and the arrows show where they go; side by
# side you see them *after* the move. The number counts the patients that changed their cluster; in step 1 all 120 get
# their first one. After the last picture nothing changes, and k-means stops. It always stops: no step raises the sum
# of the squared distances, and there are only finitely many ways to divide the rows.
#
# A division of all rows into groups is a **partition**. The **adjusted Rand index** compares two of them: 1 means the
# same groups, whatever their numbers; about 0 means agreement by chance. Does scikit-learn find ours? (The course's
# tests ask it of many random data sets.)

# %%
theirs = KMeans(3, init=seeds, n_init=1, tol=0).fit(scaled)
agreement = adjusted_rand_score(kmeans_labels, theirs.labels_)
print(f"adjusted Rand index: {agreement:.2f} with scikit-learn, ", end="")
print(f"{adjusted_rand_score(kmeans_labels, diagnosis):.2f} with the hidden diagnoses")

# %% [markdown]
# ## How many clusters, and are there any?
#
# k-means makes one number small: the **inertia**, the sum of the squared distances of all rows to their own centroid.
# (`centroids[labels]` looks up, for each row, the centroid of its cluster.) Before you run the next cell: does it
# rise or fall when you allow more clusters?


# %%
def inertia(points, labels, centroids):
    return np.sum((points - centroids[labels]) ** 2)


# %%
ks = range(1, 9)
partitions = {k: KMeans(k, n_init=100, random_state=SEED).fit(scaled) for k in ks}  # the best of 100 starts
elbow = [inertia(scaled, partitions[k].labels_, partitions[k].cluster_centers_) for k in ks]
print("inertia for k = 1 to 8:", " ".join(f"{value:.0f}" for value in elbow), "SD²")

# %% [markdown]
# It always falls, to zero when each row is its own cluster. So the smallest inertia cannot choose k. Look for the
# **elbow**: up to 3 clusters it falls steeply, from then on slowly.
#
# The **silhouette** asks of each row: is my own cluster nearer than the next one? With a = mean distance to the other
# rows of its own cluster, and b = mean distance to the rows of the nearest other cluster, it is (b - a) / max(a, b).
# Near 1: well inside. Near 0: on the border. Below 0: perhaps misplaced. The mean over all rows may go up *or* down
# with k.

# %%
silhouettes = {k: silhouette_score(scaled, partitions[k].labels_) for k in ks if k > 1}
best_k = max(silhouettes, key=silhouettes.get)
print(f"highest mean silhouette: {silhouettes[best_k]:.2f} at k = {best_k}")

# %% tags=["figure"]
# @title A slider for k


def draw_k(k=3):
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3))
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
# Both say 3, the silhouette with 0.70. With k = 2 two clouds are merged; with k = 4 one is cut in two.
#
# ### k-means always answers
#
# Before you run the next cell: what will k-means do with 300 points spread evenly, with no groups at all?

# %%
uniform = np.random.default_rng(0).uniform(size=(300, 2))
uniform_labels = kmeans(uniform, np.array([[0.2, 0.2], [0.2, 0.8], [0.8, 0.2], [0.8, 0.8]]))[0]
uniform_score = silhouette_score(uniform, uniform_labels)
print(f"4 clusters of {sorted(np.bincount(uniform_labels).tolist())} points, mean silhouette {uniform_score:.2f}")

# %%
fig, ax = plt.subplots(figsize=(4.2, 3.6))
draw_clusters(ax, uniform, uniform_labels)
ax.set(xlabel="first value", ylabel="second value", title="Four clusters where there are none")
plot.show(fig, alt="Evenly spread points, cut by k-means into four quarters of about the same size.")

# %% [markdown]
# You get four tidy clusters in nothing, with a mean silhouette of 0.40. A clustering answers "which groups fit
# best?", never "are there groups?".
#
# Now two papers report "four types of patient", each found by k-means with k = 4 in 300 patients. In both, every
# column differs between the types with p < 0.001.

# %% tags=["figure"]
# @title The tables of the two papers (simulated)
dice = np.random.default_rng(0)
paper_a = dice.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300)
paper_b = (dice.normal(size=(4, 10)) * 0.95)[np.arange(300) % 4] + dice.normal(size=(300, 10))
paper_score = {}
for name, table in (("A", paper_a), ("B", paper_b)):
    labels = KMeans(4, n_init=20, random_state=0).fit_predict(table)
    paper_score[name] = silhouette_score(table, labels)
    print(f"paper {name}: {table.shape[1]} columns, mean silhouette of its four types {paper_score[name]:.2f}")

# %% [markdown]
# ### Your turn 2.2: two papers, four types each
#
# What would a table *without* groups give? A fair comparison has as many rows and columns, and the same means and
# correlations: `rng.multivariate_normal(table.mean(axis=0), np.cov(table.T), len(table))` draws one such table, a
# single cloud. Add a cell: draw some for `paper_a` and for `paper_b`, and cluster them in the same way. Which paper
# has found more than a single cloud gives: `"A"`, `"B"`, `"both"` or `"neither"`?

# %% tags=["exercise"]
more_than_a_cloud = ...

# %% tags=["check"]
# @title Check 2.2
from scipy.optimize import linear_sum_assignment


def changed_type(table):  # two halves of the patients are clustered: who gets another type from the other half?
    halves, shares = np.random.default_rng(0), []
    for _ in range(10):
        parts = np.array_split(halves.permutation(300), 2)
        one, two = (KMeans(4, n_init=10, random_state=0).fit(table[part]).predict(table) for part in parts)
        counts = pd.crosstab(one, two).to_numpy()
        shares.append(1 - counts[linear_sum_assignment(-counts)].sum() / 300)
    return f"{100 * np.mean(shares):.0f} of 100 patients"


in_a, in_b = changed_type(paper_a), changed_type(paper_b)
repeated = f"If the study is repeated with other patients of the same kind, {in_a} of A get another type"
outcomes = {
    "A": f"A's value is the higher one, but with two columns a single cloud gives about as much. {repeated}.",
    "B": f"Single clouds of ten columns stay far below B's value. In a repeated study only {in_b} of B change type.",
    "both": f"The p-values say nothing: the types were made from these columns. {repeated}, and another treatment.",
    "neither": f"A low value may be true: in a repeated study only {in_b} of B change type. You give up a finding.",
}
check.choice("2.2 two papers", more_than_a_cloud, "B", outcomes)

# %% tags=["solution"]
# @title Solution 2.2
check.solution("2.2 two papers", "B")
times = {}
for name, table in (("A", paper_a), ("B", paper_b)):
    clouds = [dice.multivariate_normal(table.mean(axis=0), np.cov(table.T), 300) for _ in range(10)]
    scores = [silhouette_score(cloud, KMeans(4, n_init=10, random_state=0).fit_predict(cloud)) for cloud in clouds]
    times[name] = paper_score[name] / max(scores)
assert times["A"] < 1.2 and times["B"] > 1.5
# Ten single clouds of two columns give 0.37 to 0.40, paper A 0.40. Of ten columns: 0.12 to 0.14, paper B 0.24.
# So there is no number from which on a silhouette is good. (A skewed column needs a skewed cloud to compare with.)
# B was made of four groups, and k-means found them but for a few patients; A was made as a single cloud.

# %% [markdown]
# ## Bad seeds and k-means++
#
# k-means only walks downhill from its seeds. It can end in a **local minimum**: no step improves it, yet a better
# partition exists. Two remedies: start several times and keep the lowest inertia (`n_init`), and choose better seeds.
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


# %% tags=["figure"]
# @title Five clouds, and a slider for the seeds
five_means = np.array([[0, 0], [4, 0], [0, 4], [4, 4], [9, 2]])
five = np.random.default_rng(0).normal(np.repeat(five_means, 40, axis=0), 0.5)


def draw_seeds(random_number=9, rule="random rows"):
    dice = np.random.default_rng(random_number)
    start = kmeans_plus_plus(five, 5, dice) if rule == "k-means++" else five[dice.choice(len(five), 5, replace=False)]
    end_labels, end_centroids, _ = kmeans(five, start)
    reached = inertia(five, end_labels, end_centroids)
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    draw_clusters(ax, five, end_labels, size=14)
    ax.plot(*start.T, "X", ms=12, mew=1.5, color="black", mec="white", ls="none", label="seeds")
    ax.set(xlabel="first value", ylabel="second value", title=f"{rule}: inertia {reached:.0f}")
    ax.legend(loc="upper right")
    return fig, f"Seeds by {rule}, random number {random_number}: k-means ends with an inertia of {reached:.0f}."


plot.explore(draw_seeds, random_number=(0, 30), rule=["random rows", "k-means++"])

# %% [markdown]
# Each cloud has 40 points, and the colours show where k-means ended. Two seeds fell into one cloud and another cloud
# got none, so in the end one cloud has two centroids, and two clouds share one. Switch the rule, and try other
# numbers with both rules. Then count: how many of 200 starts reach the best partition?

# %%
reached = {"random rows": [], "k-means++": []}
for start in range(200):
    dice = np.random.default_rng([SEED, start])
    random_rows = five[dice.choice(len(five), 5, replace=False)]
    for rule, first in (("random rows", random_rows), ("k-means++", kmeans_plus_plus(five, 5, dice))):
        reached[rule].append(inertia(five, *kmeans(five, first)[:2]))
best_inertia = min(min(values) for values in reached.values())
success = {rule: np.mean(np.array(values) < 1.01 * best_inertia) for rule, values in reached.items()}
for rule, share in success.items():
    print(f"{rule:11}: {share:.0%} of 200 starts reach the best inertia ({best_inertia:.0f})")

# %% [markdown]
# k-means++ reaches the best partition far more often, but not always. So do both: scikit-learn seeds with k-means++
# by default; ask for several starts yourself (`n_init=10`).
#
# ## DBSCAN by hand
#
# k-means makes round clusters, gives every row a cluster and needs k. Many things in medicine are not round: vessels,
# folds, nerve fibres. **DBSCAN** (density-based spatial clustering of applications with noise) asks: where is it
# crowded? It has two settings. **eps** is a radius: points within it are neighbours. **MinPts** is how many points
# within eps, the point itself included, make a crowd. Every point is then one of three kinds:
#
# - a **core point** has at least MinPts points within eps,
# - a **border point** has fewer, but has a core point within eps,
# - everything else is **noise**, here the name of a group: points in no cluster.
#
# Twelve dots are enough to do it by eye, with eps = 1 cm and MinPts = 3.

# %%
dots = np.array(
    [
        *([1, 1], [1.7, 1.3], [1.3, 2], [2.2, 0.8], [2.25, 2.0], [3.2, 1.9]),
        *([4.65, 2.65], [5.25, 2.05], [5.55, 2.75], [6.35, 3.15], [3.6, 4.1], [7.2, 0.9]),
    ]
)  # cm
close = np.linalg.norm(dots[:, None] - dots, axis=2) <= 1  # a table: who is a neighbour of whom
core = close.sum(axis=1) >= 3  # the sum of a row counts its neighbours, itself included
border = ~core & close[:, core].any(axis=1)  # not core, but some core point is close
print(f"{core.sum()} core points, {border.sum()} border points, {np.sum(~core & ~border)} noise points")

# %% tags=["figure"]
# @title The three kinds of points
fig, ax = plt.subplots(figsize=(7.4, 4.6))
for point, is_core in zip(dots, core, strict=True):
    ax.add_patch(plt.Circle(point, 1, fill=False, color="0.6", lw=1, ls="-" if is_core else ":"))
for i, j in np.argwhere(np.triu(close, 1)):
    if core[i] or core[j]:
        ax.plot(*dots[[i, j]].T, color=COLOURS[0], lw=2.5 if core[i] and core[j] else 1.2, ls="-", zorder=1)
kinds = (("core", core, "o"), ("border", border, "^"), ("noise", ~core & ~border, "x"))
for (name, chosen, marker), colour in zip(kinds, (COLOURS[0], COLOURS[1], "0.4"), strict=True):
    ax.scatter(*dots[chosen].T, s=60, color=colour, marker=marker, label=name, zorder=2)
ax.set(xlabel="x (cm)", ylabel="y (cm)", aspect="equal", xlim=(-0.4, 8.4), ylim=(-0.4, 5.2), xticks=range(9))
ax.legend(loc="upper left", frameon=True)
plot.show(fig, alt="Twelve dots with circles of radius eps: two groups of joined core points, two dots stay alone.")

# %% [markdown]
# Each circle has the radius eps: solid around a core point, dotted around the others. Thick lines join core points
# that are neighbours. They form a **graph**: points joined by lines. A cluster is all that you can **reach** from one
# core point along these lines, and the border points at their ends (thin lines). A border point is a dead end: you
# can arrive there but not go on. Noise is never reached.
#
# The program walks: start at a core point without a cluster, visit every neighbour, go on from those that are core
# points, until nothing is left to visit. Then start the next cluster. (A border point that two clusters can reach
# belongs to the first.)


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
print("labels of the twelve dots:", dbscan(dots, eps=1, min_points=3))
same = adjusted_rand_score(dbscan(scaled, 0.45, 5), DBSCAN(eps=0.45, min_samples=5).fit_predict(scaled))
print(f"blood counts, ours and scikit-learn's: adjusted Rand index {same:.2f}")

# %% [markdown]
# ### Your turn 2.3: one dot too many
#
# A thirteenth dot can join the two clusters: a slip of the hand, and two lesions are counted as one. Find a place for
# it, eps and MinPts as before, and put its position into `new_dot`, as `[x, y]` in cm. There is more than one; work
# it out on the picture before you try.

# %% tags=["exercise"]
new_dot = ...

# %% tags=["check"]
# @title Check 2.3


def clusters_with(new):
    try:
        thirteen = np.vstack([dots, np.array(new, dtype=float)])
        fitted = DBSCAN(eps=1, min_samples=3).fit(thirteen)
    except (TypeError, ValueError):
        return new if new is ... else "no place"
    kind = "noise" if fitted.labels_[-1] == -1 else "core" if 12 in fitted.core_sample_indices_ else "border"
    return (
        "one cluster" if fitted.labels_.max() == 0 else f"{fitted.labels_.max() + 1} clusters, and your dot is {kind}"
    )


slips = {
    "Nobody within 1 cm of your dot is a core point. Go nearer to a cluster.": "2 clusters, and your dot is noise",
    "Your dot is a dead end: too few dots within 1 cm of it, itself included.": "2 clusters, and your dot is border",
    "It only enlarges one cluster. It must reach a core point of each.": "2 clusters, and your dot is core",
    "The position is a list of two numbers, x and y.": "no place",
}
hint = "Your dot must become a core point, and be within 1 cm of core points on both sides."
check.value("2.3 one dot", clusters_with(new_dot), "one cluster", hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.3
# Core points of the two clusters are more than 2 cm apart, so no dot reaches both. But a dot near the border point at
# (3.2, 1.9) gives that one its third neighbour: it becomes a core point, and a way through.
check.solution("2.3 one dot", clusters_with([3.9, 2.2]))

# %% [markdown]
# ## DBSCAN where k-means fails
#
# Now 225 simulated cell nuclei on a microscope slide: 200 lie along two bent folds of tissue, 25 are scattered at
# random. Before you run on: how will k-means with k = 2 divide the two folds?

# %%
from sklearn.datasets import make_moons

folds, fold = make_moons(200, noise=0.055, random_state=0)  # mm
scattered = np.random.default_rng(0).uniform([-1.6, -1.1], [2.6, 1.6], size=(25, 2))
nuclei, truth = np.vstack([folds, scattered]), np.append(fold, np.full(25, -1))  # -1: belongs to no fold

# %%
nuclei_labels = {"k-means, k = 2": KMeans(2, n_init=10, random_state=SEED).fit_predict(nuclei)}
nuclei_labels["DBSCAN"] = dbscan(nuclei, eps=0.2, min_points=5)
for name, labels in nuclei_labels.items():
    print(f"{name:14}: adjusted Rand index with the true folds {adjusted_rand_score(truth, labels):.2f}")
print(f"{np.sum(nuclei_labels['DBSCAN'][200:] != -1)} of 25 scattered nuclei lie within reach of a fold")

# %% tags=["figure"]
# @title Two methods on two folds
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
for ax, (name, labels) in zip(axes, nuclei_labels.items(), strict=True):
    draw_clusters(ax, nuclei, labels, size=14)
    ax.set(xlabel="x (mm)", title=name)
axes[0].set_ylabel("y (mm)")
plot.show(fig, alt="k-means cuts both bent folds with a straight line; DBSCAN follows each fold, the rest is noise.")

# %% [markdown]
# k-means cuts straight through both folds (0.20), because it only knows "near a centre". DBSCAN (0.92) follows each
# fold to its end and marks most scattered nuclei as noise (grey crosses). We count noise as one more group of the
# partition.
#
# ### Choosing eps from a curve
#
# With MinPts = 5 a nucleus is a core point if its *fourth* nearest other nucleus is within eps; it is itself the
# fifth. So compute that distance for all nuclei and sort: the **k-distance curve**, where k is MinPts - 1, here 4.


# %%
def k_distances(points, k):
    table = np.linalg.norm(points[:, None] - points, axis=2)
    return np.sort(np.sort(table, axis=1)[:, k])  # column 0 is the point itself


# %%
curve = k_distances(nuclei, 4)
fig, ax = plt.subplots()
ax.plot(np.arange(1, 226), curve)
ax.axhline(0.2, color=COLOURS[1], ls="--", label="eps = 0.2 mm")
ax.set(xlabel="nuclei, sorted", ylabel="distance to 4th neighbour (mm)", title="k-distance curve: look for the bend")
ax.legend(loc="upper left")
plot.show(fig, alt=f"The curve is under 0.2 mm for {np.sum(curve <= 0.2)} of 225 nuclei, then it bends upwards.")

# %% [markdown]
# The curve bends where the nuclei of the folds end and the scattered ones begin. All nuclei under the dashed line are
# core points. What happens with a much smaller eps, and with a much larger one? Decide, then move the slider.

# %% tags=["figure"]
# @title A slider for eps and MinPts


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
# Too small, and the folds fall into crumbs; too large, and both are one. In between the two clusters stay the same
# for a while; such a stable range is a good sign.
#
# ### Your turn 2.4: choose eps for a mammogram
#
# The next cell draws the places of 72 simulated specks of calcium (microcalcifications) on a mammogram. Scattered ones
# are mostly harmless; a group of five or more is suspicious, so MinPts is 5. Every cluster that DBSCAN reports will
# be sampled once with a needle. The atlas of radiologists calls calcifications *grouped* when five lie within 1 cm.
# Which eps do you choose: `"1.5 mm"`, `"3 mm"`, `"6 mm"` or `"10 mm"`? Add a cell and draw what you need.

# %% tags=["figure"]
# @title The 72 specks, in `calcium`, one row each (mm)
place = np.random.default_rng(3)
along = place.uniform(0, 14, 40)
long_lesion = np.column_stack([8 + 0.9 * along, 10 + 0.5 * along]) + place.normal(0, 0.9, (2, 40)).T
round_lesion = place.normal([29, 20], 1.6, (14, 2))
calcium = np.vstack([long_lesion, round_lesion, place.uniform([0, 0], [50, 40], (18, 2))])
fig, ax = plt.subplots(figsize=(6.4, 4.6))
ax.scatter(*calcium.T, s=12, color="0.2")
ax.set(xlabel="x (mm)", ylabel="y (mm)", aspect="equal", title="Simulated microcalcifications")
plot.show(
    fig, alt="Dark specks on a field of 50 by 40 mm: many in a long band, some in a spot beside it, others anywhere."
)

# %% tags=["exercise"]
chosen_eps = ...

# %% tags=["check"]
# @title Check 2.4
said = {}
for eps in (1.5, 3, 6, 10):
    labels = dbscan(calcium, eps, 5)
    said[eps] = f"Found: {labels.max() + 1}, of {', '.join(map(str, np.bincount(labels[labels >= 0])))} specks"
bare = np.sum(dbscan(calcium, 1.5, 5)[40:54] == -1)
far = np.sum(k_distances(calcium, 4) > 1.5)
outcomes = {
    "1.5 mm": f"{said[1.5]}. The long lesion is in crumbs, each with its needle, and {bare} of 14 specks of the round "
    f"one are called noise. {far} of all 72 have their fourth neighbour farther away than that.",
    "3 mm": f"{said[3]}. Two lesions, two needles; the scattered specks are noise. From 2 to 4 mm hardly one changes.",
    "6 mm": f"{said[6]}. The last one is made of scattered specks. One needle is for nothing.",
    "10 mm": f"{said[10]}. One needle for two lesions, so one of them is never sampled. The 1 cm of the atlas is the "
    "size of a group; eps is the step from one speck to the next.",
}
check.choice("2.4 choose eps", chosen_eps, "3 mm", outcomes)

# %% tags=["solution"]
# @title Solution 2.4
check.solution("2.4 choose eps", "3 mm")
# k_distances(calcium, 4) rises slowly to 3 mm (54 of 72 specks), then steeply: there the scattered ones begin.

# %% [markdown]
# ## A census: what is a cluster made of?
#
# Each row is one **census tract** (a few thousand people) in and around Boston, from the census of 1970. We cluster
# eleven columns and look where the clusters lie on the map; the map is not part of the clustering.
#
# | Set | Columns |
# |---|---|
# | homes | RM rooms a dwelling, AGE % of owners' homes from before 1940, LSTAT % "lower status" (the authors' term) |
# | air | NOX nitrogen oxides, DIS distance to five centres of employment |
# | crime | CRIM crime rate; a few values are huge, so we take its logarithm |
# | land | ZN % zoned for large lots, INDUS % industry, RAD highway index, TAX property tax, PTRATIO pupils a teacher |

# %%
tracts = data.load_boston_housing(geo=True)
columns = ["RM", "AGE", "LSTAT", "NOX", "DIS", "CRIM", "ZN", "INDUS", "RAD", "TAX", "PTRATIO"]
census = tracts[columns].assign(CRIM=np.log10(tracts.CRIM))
census = (census - census.mean()) / census.std()  # pandas works column by column


# %%
def census_clusters(table, k=4):
    labels = KMeans(k, n_init=30, random_state=SEED).fit_predict(table)
    order = np.argsort(-np.bincount(labels))  # number the largest cluster 0
    return np.argsort(order)[labels]


# %%
tracts["cluster"] = census_clusters(census)
print("tracts in each cluster:", np.bincount(tracts.cluster))

# %% tags=["figure"]
# @title The clusters on the map (the file writes minutes as hundredths of a degree: we divide by 0.6)
north, east = 42 + (tracts.LAT - 42) / 0.6, -71 + (tracts.LON + 71) / 0.6
fig, ax = plt.subplots(figsize=(8, 6))
for label in range(4):
    chosen = tracts.cluster == label
    style = {"color": COLOURS[label], "marker": plot.MARKERS[label], "ls": "none", "label": f"{label}"}
    ax.plot(east[chosen], north[chosen], ms=4.5, **style)
beside = {"Boston": (-70.85, 42.34), "Quincy": (-70.8, 42.27), "Lynn": (-70.78, 42.47), "Cambridge": (-71.42, 42.42)}
for town, at in {**beside, "Newton": (-71.42, 42.385)}.items():
    here = tracts.TOWN.str.startswith(town)
    line = {"arrowstyle": "-", "color": "0.2", "lw": 1}
    ax.annotate(town, (east[here].mean(), north[here].mean()), at, va="center", ha="center", arrowprops=line)
ax.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)", aspect=1 / np.cos(np.radians(42.35)))
ax.set_title("Four clusters of census tracts")
ax.legend(title="cluster", loc="upper left")
plot.show(fig, alt="One cluster fills the city of Boston, one lies beside it, one around both, one in the outer towns.")

# %% [markdown]
# That looks like a discovery: compact areas, from eleven columns that hold no place. Look at cluster 1. (`crosstab`
# counts each pair of values.)

# %%
in_boston = tracts.TOWN.str.startswith("Boston")
print(pd.crosstab(in_boston, tracts.cluster, rownames=["tract is in Boston"]).to_string())

# %% [markdown]
# Cluster 1 *is* the City of Boston: all 132 tracts, and no other.
#
# ### Your turn 2.5: what holds Boston together?
#
# A newspaper writes: "A computer that knew no map has found Boston: its tracts are alike in every way." Test it. Add
# a cell: leave out one set of columns (`census.drop(columns=[...])`), cluster again, and count with `crosstab` where
# the tracts of Boston go. Without which set do they no longer stay together: `"homes"`, `"air"`, `"crime"` or
# `"land"`? Then look at the columns of that set within Boston. Why do they hold it together?

# %% tags=["exercise"]
what_holds = ...

# %% tags=["check"]
# @title Check 2.5
without = {"homes": ["RM", "AGE", "LSTAT"], "air": ["NOX", "DIS"], "crime": ["CRIM"]}
without["land"] = ["ZN", "INDUS", "RAD", "TAX", "PTRATIO"]
outcomes = {}
for name, left_out in without.items():
    again = census_clusters(census.drop(columns=left_out))
    inside, outside = (np.bincount(again[chosen], minlength=4) for chosen in (in_boston, ~in_boston))
    at = inside.argmax()
    outcomes[name] = f"Without {', '.join(left_out)} one cluster still has {inside[at]} of the 132 tracts of Boston"
    outcomes[name] += f", with {outside[at]} of other towns. The city still stays together; look further."
outcomes["land"] = (
    f"Without these {inside[at]} of 132 stay together, with {outside[at]} others. All five have one value for a whole "
    "town, copied to each of its tracts: in five columns of eleven Boston is one point. The exact border comes from "
    "how the table was made; the likeness that remains is a finding, and a smaller one."
)
check.choice("2.5 Boston", what_holds, "land", outcomes)

# %% tags=["solution"]
# @title Solution 2.5
check.solution("2.5 Boston", "land")
# census[in_boston].nunique() counts different values: 1 in each of the five, 18 to 131 in the others.
assert (census[in_boston][without["land"]].nunique() == 1).all()

# %% [markdown]
# ### Who is in the clusters?
#
# The table has one more column that we left out: **B**, computed from the share of Black residents, as 1000 (share -
# 0.63)². Does leaving it out keep race out? A **quartile** helps: a quarter of the tracts lie below the lower one.

# %%
print("lower quartile of B in clusters 0 to 3:", tracts.groupby("cluster").B.quantile(0.25).round().tolist())

# %% [markdown]
# A B near 390 means a share near 0; 167 in cluster 1 means about 22 %. Boston was segregated, so other columns carry
# what one column was not allowed to say. Before you *use* clusters, for example to place clinics, look at who is in
# them. And describe them carefully: "tracts alike in these columns, in 1970". They say nothing about one person in a
# tract, and they explain nothing.
#
# ## A CT slice: brightness and place
#
# A CT image stores a number for each pixel, in **Hounsfield units** (HU): air is -1000, water is 0. Textbooks give
# lung about -900 to -600, fat -120 to -50, soft tissue 20 to 80, bone from about 150 (spongy) to over 1000 (compact).
#
# Can k-means find them? Each of the 65,536 pixels is a point with *one* value. The slice lies at the height of the
# large vessels; the patient's right side is on your left. We seed with rough guesses.

# %%
volume = data.load_chest_ct()[0]
hu = volume.hu[22]
pixels = hu.reshape(-1, 1).astype(float)

# %%
first_guess = np.array([[-1000.0], [-700], [-100], [50], [500]])
pixel_labels, tissue_means, steps = kmeans(pixels, first_guess)

# %%
tissues = ["air", "lung", "fat", "soft tissue", "bone"]
for number, tissue in enumerate(tissues):
    inside = pixels[pixel_labels == number]
    print(f"{tissue:11} mean {inside.mean():6.0f} HU, from {inside.min():5.0f} to {inside.max():4.0f} HU")

# %% tags=["figure"]
# @title The slice and its five clusters
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
left.imshow(np.clip(hu, -1000, 500), cmap="gray")
colours = plt.matplotlib.colors.ListedColormap(["#000000", "#56B4E9", "#E69F00", "#D55E00", "#ffffff"])
drawn = right.imshow(pixel_labels.reshape(hu.shape), cmap=colours, vmin=-0.5, vmax=4.5)
fig.colorbar(drawn, ax=right, shrink=0.8, ticks=range(5)).ax.set_yticklabels(tissues)
for ax, title in ((left, "one CT slice"), (right, "five clusters of HU")):
    ax.set(title=title, ylim=(252, 92), xticks=[], yticks=[])
    ax.grid(visible=False)
plot.show(
    fig,
    alt="Beside the grey slice its five clusters: lung speckled with air; bones and parts of a vessel are white.",
)

# %% [markdown]
# The five means fit the textbook; the borders do not, and much of the lung is called air. In one dimension the border
# between two clusters lies halfway between their means: k-means on HU is no more than a set of thresholds. It sees no
# place: shuffle all pixels, so that no body is left, and the five means are the same.
#
# So now use the place. The pixels called "bone" are a **mask**, an image of True and False. Each True pixel becomes a
# point with its place in mm, and DBSCAN groups the points into objects. Neighbouring pixels are 1.14 mm apart, so eps
# = 2.5 mm lets the walk jump over a gap of one pixel.

# %%
bone = (pixel_labels == 4).reshape(hu.shape)
places = np.argwhere(bone) * volume.spacing_mm[1:]  # mm from the top, mm from the left
objects = dbscan(places, eps=2.5, min_points=5)
print(f"{len(places)} pixels of {volume.spacing_mm[1]:.2f} mm form {objects.max() + 1} objects")

# %% tags=["figure"]
# @title Drawing helper: the objects in colours, and a number with a line for each
BRIGHT = plt.matplotlib.colors.to_rgba_array(["#56B4E9", "#F0E442", "#E69F00", "#CC79A7", "#6fe0b8"])
MIDDLE = np.array([205.0, 148])  # mm: the numbers stand on the side away from here


def draw_on_ct(ax, labels, corner, height, width):
    """A part of the slice with the objects in it, those of 8 or more pixels with their number."""
    picture = np.zeros((*hu.shape, 4))
    picture[bone] = np.where((labels >= 0)[:, None], BRIGHT[labels % 5], 0)
    bottom, right = hu.shape * np.array(volume.spacing_mm[1:])
    for image, style in ((np.clip(hu, -1000, 700), {"cmap": "gray"}), (picture, {})):
        ax.imshow(image, extent=(0, right, bottom, 0), **style)
    for label in np.flatnonzero(np.bincount(labels[labels >= 0]) >= 8):
        row, column = middle = places[labels == label].mean(axis=0)
        y, x = middle + 0.12 * height * (middle - MIDDLE) / np.linalg.norm(middle - MIDDLE)
        if corner[0] < y < corner[0] + height and corner[1] < x < corner[1] + width:
            box = {"facecolor": "black", "pad": 1.2, "linewidth": 0}
            line = {"arrowstyle": "-", "color": "white", "lw": 0.9}
            text = {"color": "white", "fontsize": 9, "ha": "center", "va": "center", "bbox": box}
            ax.annotate(str(label), (column, row), (x, y), arrowprops=line, **text)
    ax.set(xlim=(corner[1], corner[1] + width), ylim=(corner[0] + height, corner[0]), xlabel="mm from the left")
    ax.grid(visible=False)


# %% tags=["figure"]
# @title A slider for eps: the objects, and the large vessels enlarged


def draw_objects(eps=2.5):
    labels = dbscan(places, eps, 5)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.9, 4.3), width_ratios=[1.72, 1])
    draw_on_ct(left, labels, (118, 0), 174, 292)
    draw_on_ct(right, labels, (137, 114), 122, 122)
    left.set(ylabel="mm from the top", title=f"eps {eps:.1f} mm: {labels.max() + 1} objects")
    right.set(title="the large vessels")
    largest = np.sort(np.bincount(labels[labels >= 0]))[::-1][:3].tolist()
    alt = "Ribs and shoulder blades around, the vertebra behind, arcs in the wall of the large vessels in the middle: "
    return fig, alt + f"with eps {eps:.1f} mm {labels.max() + 1} objects, the largest of {largest} pixels."


plot.explore(draw_objects, eps=(1.2, 8.0, 0.1))

# %%
for label in (9, 15):
    print(f"object {label:2}: mean {hu[bone][objects == label].mean():.0f} HU, {np.sum(objects == label)} pixels")
print(f"inside of the vertebra: median {np.median(hu[203:212, 127:136]):.0f} HU")

# %% [markdown]
# Ribs, shoulder blades and vertebra are separate objects now, and the breastbone is in two pieces. But 7 and 9 are no
# bones. They lie in the wall of the ascending aorta: **calcification**, calcium in a diseased vessel. (The thick end
# of 9 may be a calcified lymph node beside it, and so may 13; 19 lies on the descending aorta.) Object 9 is brighter
# than the vertebra, 15, whose spongy inside fell into "soft tissue". By brightness alone the aorta was "in bone", and
# an amount of bone measured in this way would have counted it. The place raises the question; a radiologist answers
# it.
#
# ## Going further
#
# The notebook [2. More ways to cluster](further/02_more_clusterings.ipynb) has eight sections, each on its own:
#
# - *Medoids: centres that are real patients*: when a typing error steals a whole cluster,
# - *A tree of merges*: all numbers of clusters at once,
# - *Gaussian mixtures: how likely is each group?*: long clouds, and a probability instead of a label,
# - *OPTICS: when one eps is not enough*: dense and loose groups side by side,
# - *Four families on four data sets*: which method for which shape,
# - *Sorting the literature*: twenty abstracts by their words,
# - *The census: what the columns decide*: other columns, other clusters,
# - *The CT slice: whose threshold?*: emphysema by k-means and by the clinic.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "When does k-means stop?",
    [
        "When the inertia is zero",
        "When no row changes its cluster any more",
        "When the mean silhouette is at its highest",
        "When it has found the best of all partitions",
    ],
    1,
    [
        "The inertia is zero only if every row lies on its centroid.",
        "Then the means stay where they are, and nothing would change in any later step.",
        "k-means does not compute the silhouette; you use it afterwards to compare values of k.",
        "It may have stopped in a local minimum. That is why one starts several times.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "Four points lie on a line at 0, 1, 3 and 10. The first seed is the point at 0. With what probability does "
    "k-means++ take the point at 10 as the second seed?",
    ["0.33", "0.71", "1.00", "0.91"],
    3,
    [
        "That is one of three with equal chances: random rows. k-means++ weighs them.",
        "That is 10 / (1 + 3 + 10): by the distance. k-means++ weighs by its square.",
        "The farthest point is the likeliest, but the draw is random: an outlier is not always taken.",
        "100 / (1 + 9 + 100): by the squared distance to the nearest seed.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "In the CT slice, calcified aorta and bone were one cluster for k-means, but separate objects for DBSCAN. Why?",
    [
        "k-means was given only HU, DBSCAN the places in mm",
        "k-means makes round clusters, DBSCAN those of any shape",
        "k-means started from guesses, DBSCAN needs no seeds",
        "k was too small: with k = 6 the two would have been apart",
    ],
    0,
    [
        "Clusters can differ only in what the columns hold: brightness for one, position for the other.",
        "True of points in a plane. In one column, HU, there is no shape: only thresholds.",
        "Other seeds cannot help: k-means sees only brightness.",
        "One more threshold cuts by brightness again, and both have pixels from 252 to 780 HU.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
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
        "It can: core points of both may become neighbours, as between rib and shoulder blade.",
        "A larger circle never holds fewer points: whoever is core stays core.",
        "It can: that is how scattered specks became a third group in exercise 2.4.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
folds_found = {name: adjusted_rand_score(truth, labels) for name, labels in nuclei_labels.items()}
quartiles = tracts.groupby("cluster").B.quantile(0.25)
shuffled_means = kmeans(rng.permutation(pixels), first_guess)[1]
claims = {
    "both methods by hand agree with scikit-learn": min(agreement, same) == 1,
    "three seeds in one cloud still find the diagnoses": adjusted_rand_score(kmeans_labels, diagnosis) > 0.9,
    "elbow and silhouette say three": elbow[1] > 2.5 * elbow[2] and elbow[2] < 1.6 * elbow[3] and best_k == 3,
    "k-means finds four tidy clusters in nothing": np.bincount(uniform_labels).min() > 60 and uniform_score > 0.35,
    "k-means++ starts better than random rows": success["k-means++"] > success["random rows"] + 0.15,
    "DBSCAN follows the folds": folds_found["DBSCAN"] > 0.85,
    "k-means cuts through them": folds_found["k-means, k = 2"] < 0.4,
    "one census cluster is the City of Boston": np.all((tracts.cluster == 1) == in_boston),
    "leaving B out does not keep race out": quartiles[1] < 200 and quartiles.drop(1).min() > 300,
    "five HU clusters fit the textbook": np.all(np.abs(tissue_means[:, 0] - [-1000, -800, -100, 50, 450]) < 40),
    "k-means on HU ignores the place": np.allclose(shuffled_means, tissue_means),
    "calcium in the aorta is brighter than the vertebra": hu[bone][objects == 9].mean() > 500,
}
for claim, holds in claims.items():
    assert holds, claim
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - Clustering groups rows without labels. You choose columns, scale and distance, and so what "alike" means.
# - k-means: seed, assign, move, until no row changes its cluster. Use k-means++ and several starts.
# - k-means always answers. Compare with what a single cloud of the same shape gives; a silhouette alone tells little.
# - DBSCAN: core, border and noise; a cluster is what core points reach. Choose eps at the bend of the k-distance curve,
#   and ask what each side of it costs.
# - A cluster shows only what its columns hold, and how the table was made. Names, causes and uses are for people to
#   judge.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | clustering | 군집화 (군집 분석) | grouping rows without labels |
# | centroid | 중심점 | the mean of a cluster |
# | k-means | k-평균 | assign to the nearest centroid, move to the mean, repeat |
# | partition | 분할 | a division of all rows into groups |
# | adjusted Rand index | 조정 랜드 지수 | agreement of two partitions: 1 the same, 0 chance |
# | inertia | 관성 (군집 내 제곱합) | sum of squared distances to the own centroid |
# | elbow method | 엘보 방법 | choose k at the bend of the inertia curve |
# | silhouette | 실루엣 계수 | how much nearer the own cluster is than the next one |
# | local minimum | 지역 최솟값 | no small step improves it, yet it is not the best |
# | density-based clustering | 밀도 기반 군집화 | clusters are crowded regions |
# | core point | 핵심점 | has at least MinPts points within eps |
# | border point | 경계점 | not core, but within eps of a core point |
# | noise point | 잡음점 | not within eps of any core point |
# | k-distance curve | k-거리 곡선 | distances to the k-th neighbour, sorted; its bend suggests eps |
# | quartile | 사분위수 | a quarter of the values lie below the lower one |
# | Hounsfield unit (HU) | 하운스필드 단위 | scale of X-ray attenuation on CT: air -1000, water 0 |
# | mask | 마스크 | an image of True and False |
# | calcification | 석회화 | calcium in tissue, bright on CT |
#
# ## References
#
# - MacQueen J. Some methods for classification and analysis of multivariate observations. 5th Berkeley Symposium,
#   1967.
# - Lloyd S. Least squares quantization in PCM. IEEE Trans. Inf. Theory 28, 1982.
# - Arthur D, Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
# - Ester M, Kriegel HP, Sander J, Xu X. A density-based algorithm for discovering clusters. KDD, 1996.
# - Rousseeuw PJ. Silhouettes. J. Comput. Appl. Math. 20, 1987.
# - Hubert L, Arabie P. Comparing partitions. Journal of Classification 2, 1985.
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J. Environ. Econ. Manage. 5, 1978.
# - WHO. Haemoglobin concentrations for the diagnosis of anaemia and assessment of severity. 2011.
# - D'Orsi CJ and others. ACR BI-RADS Atlas, 5th edition. American College of Radiology, 2013.
# - CT: test data of pyradiomics 3.0.1 (BSD-3-Clause). van Griethuysen JJM and others. Computational radiomics system
#   to decode the radiographic phenotype. Cancer Research 77, 2017.
