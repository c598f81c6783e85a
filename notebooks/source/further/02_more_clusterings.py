# %% [markdown]
# # 2. More ways to cluster
#
# {{badge}}
#
# {{budget}}
#
# The core of lab 2 has k-means and DBSCAN; here are the other families and more data. Each section stands on its own.
# Needed from the core: standardised columns, k-means, DBSCAN. One measure is used in many sections: the **adjusted Rand
# index** compares two **partitions** (divisions of all rows into groups). It is 1 for the same groups, whichever
# group is called 0, 1 or 2; for groups that have nothing to do with each other it is about 0.
#
# {{sections}}
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
from scipy.cluster.hierarchy import dendrogram, fcluster, linkage
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, OPTICS, AgglomerativeClustering, KMeans, cluster_optics_dbscan
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

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


# %%
MEANS = np.array([[14.2, 90], [9.5, 70], [9.0, 112]])  # haemoglobin (g/dl), cell volume (fl)
SPREADS = np.array([[1.0, 4], [1.2, 5], [1.3, 6]])
DIAGNOSIS = np.repeat([0, 1, 2], 40)  # normal, anaemia with small cells, anaemia with large cells
PATIENTS = np.random.default_rng(0).normal(MEANS[DIAGNOSIS], SPREADS[DIAGNOSIS]).round(1)


def standardised(table):
    return (table - table.mean(axis=0)) / table.std(axis=0)


# %% [markdown]
# ## 1. k-means++
#
# k-means only walks downhill from its seeds, and can end in a local minimum: another round changes nothing, yet a
# better division of the rows exists. Two remedies: start several times and keep the lowest inertia (the sum of the
# squared distances of all rows to their own centroid), and choose better seeds.
#
# **k-means++** spreads the seeds. The first is a random row. Each next seed is drawn at random too, but a row's
# chance is proportional to its *squared distance to the nearest seed so far*.


# %%
def kmeans_plus_plus(points, k, rng):
    """Draw k seeds, each likely to be far from those before it."""
    seeds = points[[rng.integers(len(points))]]
    while len(seeds) < k:
        nearest = cdist(points, seeds).min(axis=1)  # each row's distance to its nearest seed
        chance = nearest**2 / np.sum(nearest**2)
        seeds = np.vstack([seeds, points[rng.choice(len(points), p=chance)]])  # p: the chance of each row
    return seeds


def random_rows(points, k, rng):
    return points[rng.choice(len(points), k, replace=False)]


def run_from(seeds, points):
    return KMeans(len(seeds), init=seeds, n_init=1).fit(points)  # one start, from these seeds


# %% tags=["figure"]
# @title Five clouds, and a slider for the seeds
five_means = np.array([[0, 0], [4, 0], [0, 4], [4, 4], [9, 2]])
five = np.random.default_rng(0).normal(np.repeat(five_means, 40, axis=0), 0.5)


def draw_seeds(random_number=9, rule="random rows"):
    choose = kmeans_plus_plus if rule == "k-means++" else random_rows
    start = choose(five, 5, np.random.default_rng(random_number))
    end = run_from(start, five)
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    draw_clusters(ax, five, end.labels_, size=14)
    ax.plot(*start.T, "X", ms=12, mew=1.5, color="black", mec="white", ls="none", label="seeds")
    ax.set(xlabel="first value", ylabel="second value", title=f"{rule}: inertia {end.inertia_:.0f}")
    ax.legend(loc="upper right")
    return fig, f"Seeds by {rule}, random number {random_number}: k-means ends with an inertia of {end.inertia_:.0f}."


plot.explore(draw_seeds, random_number=(0, 30), rule=["random rows", "k-means++"])

# %% [markdown]
# Each cloud has 40 points, and the colours show where k-means ended. Two seeds fell into one cloud and another cloud
# got none, so in the end one cloud has two centroids, and two clouds share one. Switch the rule, and try other
# numbers with both rules. Then count.

# %%
ends = {"random rows": [], "k-means++": []}
for start in range(200):
    for rule, choose in (("random rows", random_rows), ("k-means++", kmeans_plus_plus)):
        ends[rule].append(run_from(choose(five, 5, np.random.default_rng([SEED, start])), five).inertia_)
best_inertia = min(min(values) for values in ends.values())
success = {rule: float(np.mean(np.array(values) < 1.01 * best_inertia)) for rule, values in ends.items()}
for rule, share in success.items():
    print(f"{rule:11}: {share:.1%} of 200 starts reach the best inertia ({best_inertia:.0f})")

# %% [markdown]
# On these five clouds k-means++ reaches the best division far more often, but not always. So do both: scikit-learn
# seeds with k-means++ by default; ask for several starts yourself (`n_init=10`).
#
# ### Your turn 2.6: how many starts?
#
# You want at least one start to reach the best division with a probability of 0.99. Take the printed share as the
# chance of each start. How many starts do you need with random rows, and how many with k-means++?

# %% tags=["exercise"]
starts_needed = ...  # a list of two whole numbers: random rows, k-means++

# %% tags=["check"]
# @title Check 2.6
exact = np.log(0.01) / np.log(1 - np.array([success["random rows"], success["k-means++"]]))
divided = 0.99 / np.array([success["random rows"], success["k-means++"]])
other_way = np.log(0.01) / np.log([success["random rows"], success["k-means++"]])
slips = {
    "You divided 0.99 by the chance. But two starts can both fail, or both reach it.": tuple(np.ceil(divided)),
    "Round up: with the whole number below, the probability is still under 0.99.": tuple(np.floor(exact)),
    "A number of starts is whole. Round up: then the probability is at least 0.99.": tuple(exact),
    "A number of starts is whole. Round up, not to decimals.": tuple(exact.round(2)),
    "A number of starts is whole. Round up, not to one decimal.": tuple(exact.round(1)),
    "The other way round: random rows first.": tuple(np.ceil(exact[::-1])),
    "You took the chance of reaching it for the chance of failing.": tuple(np.ceil(other_way)),
}
hint = "All n starts fail with the probability (1 - chance) to the power n. When is that below 0.01?"
check.value("2.6 starts", starts_needed, tuple(np.ceil(exact)), hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.6
starts_solution = [1, 1]
for place, chance in enumerate((success["random rows"], success["k-means++"])):
    while (1 - chance) ** starts_solution[place] > 0.01:
        starts_solution[place] += 1
check.solution("2.6 starts", starts_solution)
# With more clusters both numbers grow: 40 random rows seldom hit 40 clouds once each.

# %% [markdown]
# ## 2. Medoids
#
# A mean follows outliers, because it comes from squared distances. In **k-medoids** the centre of a cluster must be
# one of its own rows, the **medoid**: the row with the smallest sum of (not squared) distances to the others. A
# medoid is a real patient, and any distance will do, even one between texts.
#
# The usual way to find medoids, **PAM**, has two parts. *Build* takes one medoid after the other: each next one is
# the row that lowers the total distance most. *Swap* tries every exchange of a medoid for a row that is none, makes
# the best one, and stops when no exchange lowers the total.


# %%
def total(distances, medoids):
    return distances[medoids].min(axis=0).sum()  # each row's distance to its nearest medoid, added up


def build(distances, k):
    medoids = []
    for _ in range(k):
        medoids.append(int(np.argmin([total(distances, [*medoids, row]) for row in range(len(distances))])))
    return medoids


def swap(distances, medoids):
    while True:
        others = [row for row in range(len(distances)) if row not in medoids]
        # put each other row into each slot of the list of medoids
        trials = [[*medoids[:slot], row, *medoids[slot + 1 :]] for slot in range(len(medoids)) for row in others]
        best = min(trials, key=lambda trial: total(distances, trial))
        if total(distances, best) >= total(distances, medoids):
            return medoids
        medoids = best


# %% [markdown]
# Now 120 simulated patients with haemoglobin (Hb) and the volume of their red cells (MCV): normal, anaemia with small
# cells, anaemia with large cells. And a data-entry error: in two normal patients somebody typed an Hb of 41 instead
# of 14 g/dl. Before you run the next cell: what will k-means with k = 3 do with these two?

# %%
typed = PATIENTS.copy()
typed[[5, 6], 0] = 41
typed_scaled = standardised(typed)
typed_distances = np.linalg.norm(typed_scaled[:, None] - typed_scaled, axis=2)  # 120 x 120

# %%
typed_kmeans = KMeans(3, n_init=10, random_state=SEED).fit_predict(typed_scaled)
medoids = swap(typed_distances, build(typed_distances, 3))
pam_labels = typed_distances[medoids].argmin(axis=0)

# %%
for name, labels in (("k-means", typed_kmeans), ("PAM", pam_labels)):
    print(f"{name:7} sizes {sorted(np.bincount(labels).tolist())}")
print("medoids (Hb g/dl, MCV fl):", typed[medoids].tolist())

# %% tags=["figure"]
# @title k-means and PAM with two typing errors
from scipy.optimize import linear_sum_assignment

fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for ax, labels, name in zip(axes, (typed_kmeans, pam_labels), ("k-means", "PAM (rings: medoids)"), strict=True):
    shared = pd.crosstab(labels, DIAGNOSIS).to_numpy().astype(float)
    shared[shared.sum(axis=1) < 5] = 0  # the cluster of two takes the colour that is left
    draw_clusters(ax, typed, linear_sum_assignment(-shared)[1][labels])
    ax.set(xlabel="haemoglobin (g/dl)", title=name)
axes[1].plot(*typed[medoids].T, "o", ms=12, mfc="none", mec="black", mew=1.5)
axes[0].set_ylabel("MCV (fl)")
plot.show(
    fig, alt="k-means gives a cluster to two points far to the right and joins two clouds; PAM keeps the three clouds."
)

# %% [markdown]
# k-means spends a whole cluster on two typing errors and merges two diagnoses. PAM keeps the three groups, and its
# medoids are three typical patients.
#
# But PAM needs the distances between all rows: too much for a million patients. **CLARA** (Clustering LARge
# Applications) runs PAM on a few small random samples and keeps the medoids that serve *all* rows best. Its authors
# took five samples of 40 + 2k rows, here 46.

# %%
lottery = np.random.default_rng(SEED)
big_group = lottery.integers(3, size=20_000)
big = lottery.normal(MEANS[big_group], SPREADS[big_group])

# %%
big_scaled, best = standardised(big), np.inf
for _ in range(5):
    sample = big_scaled[lottery.choice(len(big), 46, replace=False)]
    table = np.linalg.norm(sample[:, None] - sample, axis=2)
    to_medoids = np.linalg.norm(big_scaled[:, None] - sample[swap(table, build(table, 3))], axis=2)
    if to_medoids.min(axis=1).sum() < best:
        best, clara_labels = to_medoids.min(axis=1).sum(), to_medoids.argmin(axis=1)

# %%
clara_agreement = adjusted_rand_score(big_group, clara_labels)
print(f"adjusted Rand index with the groups of {len(big)} simulated patients: {clara_agreement:.2f}")

# %% [markdown]
# PAM never saw more than 46 patients at once, and the 20,000 are grouped almost as they were simulated.
#
# ### Your turn 2.7: a student's notes
#
# Three of these four sentences are wrong. Which one is right: `"a"`, `"b"`, `"c"` or `"d"`?
#
# - a: *Centroid-based methods are k-means, CLARA, and k-medoids, whose usual algorithm is RAM.*
# - b: *The medoid of the values 1, 2, 4, 5 and 28 is 8.*
# - c: *With 3 medoids among 120 patients, one round of swaps tries 351 exchanges.*
# - d: *CLARA saves work because it looks for fewer medoids than PAM does.*

# %% tags=["exercise"]
right_sentence = ...

# %% tags=["check"]
# @title Check 2.7
to_others = {value: sum(abs(value - other) for other in (1, 2, 4, 5, 28)) for value in (1, 2, 4, 5, 28)}
outcomes = {
    "a": "The method is PAM: Partitioning Around Medoids. Who searches for 'RAM' finds computer memory.",
    "b": f"8 is the mean, and no patient has it. The medoid is {min(to_others, key=to_others.get)}: the sums of its "
    f"distances are {to_others}.",
    "c": f"Each of 3 medoids can be exchanged for {120 - 3} rows that are none: {3 * (120 - 3)}.",
    "d": "It finds as many medoids, but among few rows: 46 have 1,035 distances, 20,000 have 200 million.",
}
check.choice("2.7 notes", right_sentence, "c", outcomes)

# %% tags=["solution"]
# @title Solution 2.7
check.solution("2.7 notes", "c")

# %% [markdown]
# ## 3. A tree of merges
#
# **Agglomerative** clustering, the usual kind of **hierarchical clustering**, starts with each row as its own cluster
# and keeps merging the two nearest clusters until one is left. The list of merges is a tree, drawn as a
# **dendrogram**: the height of each arch is the distance at which two branches merged. You choose afterwards where to
# cut, so one tree holds all numbers of clusters.
#
# "Distance between two clusters" can mean several things; the choice is called **linkage**. *Single*: between their
# two nearest rows. *Complete*: between their two farthest rows. *Average*: over all pairs of a row here and a row
# there. *Ward*: it grows with how much the sum of squared distances to the means would rise.
#
# Here are 18 simulated patients with two values of a blood count, six of each diagnosis: N normal, S anaemia with
# small cells, L with large cells.

# %%
some = np.r_[0:6, 40:46, 80:86]
some_rows = standardised(PATIENTS)[some]
names = [f"{'NSL'[DIAGNOSIS[row]]}{row}" for row in some]
tree = linkage(some_rows, method="ward")  # one row a merge: which two, at what distance
print(f"{len(tree)} merges; the first joins {names[int(tree[0, 0])]} and {names[int(tree[0, 1])]}", end=" ")
print(f"at {tree[0, 2]:.2f} SD, the last three happen at {tree[-3, 2]:.2f}, {tree[-2, 2]:.2f} and {tree[-1, 2]:.2f}")


# %%
def draw_tree(cut=3.0, method="ward"):
    drawn = linkage(some_rows, method=method)
    n_clusters = fcluster(drawn, cut, criterion="distance").max()
    fig, ax = plt.subplots(figsize=(7, 3.4))
    dendrogram(drawn, labels=names, ax=ax, color_threshold=0, above_threshold_color=COLOURS[0], leaf_rotation=90)
    ax.axhline(cut, color=COLOURS[1], ls="--")
    ax.set(ylabel="distance at the merge (SD)", title=f"{method} linkage, cut at {cut:.1f} SD, clusters: {n_clusters}")
    ax.grid(axis="x", visible=False)
    return fig, f"The dendrogram with {method} linkage; number of clusters if cut at {cut:.1f} SD: {n_clusters}."


plot.explore(draw_tree, cut=(0.2, 6.0, 0.2), method=["ward", "single", "complete", "average"])

# %% [markdown]
# Count the vertical lines that the dashed line crosses: three, and each branch holds one diagnosis. The tree is long
# and empty between the merge that makes three clusters and the next one; that gap is the reason to cut there. Change
# the linkage, and look for the gap before you move the cut: each linkage measures in its own way, so the heights
# differ. On these 18 patients all four have such a gap; for "single" and "average" it holds the cut at 1 SD, and cut
# into three, all four give the diagnoses.
#
# ### Your turn 2.8: a distance between clusters
#
# Write `average_linkage(a, b)`: the average linkage between two clusters, given as arrays with one row a patient.
# They may have different numbers of rows.


# %% tags=["exercise"]
def average_linkage(a, b):
    return ...


# %% tags=["check"]
# @title Check 2.8
slips = {
    "That is the distance of the two nearest rows: single linkage.": lambda a, b: cdist(a, b).min(),
    "That is the distance of the two farthest rows: complete linkage.": lambda a, b: cdist(a, b).max(),
    "That is the sum. Divide by the number of pairs.": lambda a, b: cdist(a, b).sum(),
    "You averaged the squared distances.": lambda a, b: np.mean(cdist(a, b) ** 2),
    "You averaged the rows first. First all distances, then their mean.": lambda a, b: np.linalg.norm(
        a.mean(axis=0) - b.mean(axis=0)
    ),
    "You left out the pairs of rows with different numbers.": lambda a, b: np.mean(
        [np.linalg.norm(x - y) for x, y in zip(a, b, strict=False)]
    ),
}
cases = [
    (np.array([[0.0, 0], [0, 6]]), np.array([[4.0, 0], [8, 6], [4, 3]])),
    (some_rows[:6], some_rows[6:12]),
    (some_rows[:2], some_rows[9:]),
]
hint = "a[:, None] - b has the differences of all pairs; take the norm along the last axis, then the mean."
check.function("2.8 average", average_linkage, lambda a, b: cdist(a, b).mean(), cases, hint=hint, slips=slips)


# %% tags=["solution"]
# @title Solution 2.8
def average_linkage_solution(a, b):
    return np.linalg.norm(a[:, None] - b, axis=2).mean()


check.solution("2.8 average", average_linkage_solution)
for linkage_name in ("ward", "single", "complete", "average"):
    cut_in_three = fcluster(linkage(some_rows, method=linkage_name), 3, criterion="maxclust")
    assert adjusted_rand_score(cut_in_three, DIAGNOSIS[some]) == 1

# %% [markdown]
# ## 4. Gaussian mixtures
#
# This family assumes that the rows were drawn from a mixture of bell-shaped clouds (**Gaussians**), each with its own
# centre, shape and share. The method searches for the clouds under which the data are most likely. It repeats two
# steps, much as k-means does: compute how probable each cloud is for each row, then refit the clouds with these
# probabilities as weights (**expectation-maximisation**, EM).
#
# The data: simulated blood pressures of 200 people. In both groups the systolic and the diastolic pressure rise
# together, but in the second group stiff large arteries raise the systolic pressure alone by 26 mmHg (simplified).
# Both columns are in mmHg, so we keep the units instead of standardising.

# %%
stiff = np.repeat([0, 1], 100)
pressure_rng = np.random.default_rng(0)
diastolic = pressure_rng.normal(80, 11, 200)
systolic = diastolic + 40 + 26 * stiff + pressure_rng.normal(0, 4.5, 200)
pressure = np.column_stack([systolic, diastolic])  # mmHg

# %%
pressure_kmeans = KMeans(2, n_init=10, random_state=SEED).fit_predict(pressure)
mixture = GaussianMixture(2, n_init=5, random_state=SEED).fit(pressure)
mixture_agreement = adjusted_rand_score(stiff, mixture.predict(pressure))
print(f"adjusted Rand index: k-means {adjusted_rand_score(stiff, pressure_kmeans):.2f}", end=", ")
print(f"Gaussian mixture {mixture_agreement:.2f}")


# %% tags=["figure"]
# @title A slider for the number and the shape of the clouds
def draw_ellipse(ax, mean, covariance):
    """The ellipse that holds about 95 % of a Gaussian cloud."""
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = np.vstack([np.cos(angle), np.sin(angle)]) * np.sqrt(5.99)
    ax.plot(*(np.linalg.cholesky(covariance) @ circle + mean[:, None]), color="k", lw=1.2, ls="-")


def draw_mixture(clouds=2, shape="full"):
    model = GaussianMixture(clouds, covariance_type=shape, n_init=5, random_state=SEED).fit(pressure)
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
# k-means. The **BIC** (Bayesian information criterion) weighs fit against the number of parameters; lower is better.

# %%
bic = {
    shape: [
        GaussianMixture(k, covariance_type=shape, n_init=5, random_state=SEED).fit(pressure).bic(pressure)
        for k in range(1, 6)
    ]
    for shape in ("full", "spherical")
}
print(pd.DataFrame(bic, index=pd.Index(range(1, 6), name="clouds")).round().astype(int).to_string())

# %% [markdown]
# Two full clouds have the lowest BIC. A mixture gives more than a label: a probability.

# %%
first = int(np.argmin(mixture.means_[:, 0]))  # the cloud with the lower systolic mean
for systole in (120, 131, 133, 135, 150):
    probability = mixture.predict_proba([[systole, 80]])[0, first]
    true = 1 / (1 + np.exp(((systole - 120) ** 2 - (systole - 146) ** 2) / (2 * 4.5**2)))  # as we made the data
    print(f"{systole}/80 mmHg: probability of the first group {probability:.2f}, by construction {true:.2f}")
for group in (0, 1):
    pulse = (systolic - diastolic)[stiff == group]
    print(f"group {group}: systolic minus diastolic {pulse.mean():.1f}, SD {pulse.std():.1f} mmHg")

# %% [markdown]
# By construction 133/80 lies half way between the groups. The model says 0.78: in these 200 people the first group
# happened to spread more, and near the border 2 mmHg decide. So the probabilities are estimates themselves: read 0.78
# as "undecided".
#
# Many laboratory values are skewed: most people have low ones, a few have very high ones. A bell does not fit such a
# tail; often it fits the *logarithms* (`np.log`) of the values well.
#
# ### Your turn 2.9: several types of people?
#
# A paper measured triglycerides (mg/dl) and the liver enzyme ALT (U/l) in 400 people (here simulated). For each value
# alone its authors fitted one to five Gaussian clouds and took the number with the lowest BIC: "several types, for
# triglycerides and for ALT". Add a cell: fit the logarithms in the same way. For which value do you still report more
# than one type: `"triglycerides"`, `"ALT"`, `"both"` or `"neither"`? (Compare BICs of the same numbers only: those of
# logarithms are of another scale.)

# %% tags=["figure"]
# @title The values, in `triglycerides` and `alt`
triglycerides = np.exp(np.random.default_rng(2).normal(np.log(110), 0.45, 400)).round()
enzyme_rng = np.random.default_rng(3)
alt = np.exp(np.append(enzyme_rng.normal(np.log(22), 0.35, 300), enzyme_rng.normal(np.log(130), 0.35, 100))).round()

# %%
for name, measured in (("triglycerides (mg/dl)", triglycerides), ("ALT (U/l)", alt)):
    column = measured[:, None]  # a table with one column
    raw_bic = [GaussianMixture(k, n_init=5, random_state=0).fit(column).bic(column) for k in range(1, 6)]
    print(f"{name:21} BIC for 1 to 5 clouds:", np.round(raw_bic).astype(int))

# %% tags=["exercise"]
types_reported = ...  # one of the four names

# %% tags=["check"]
# @title Check 2.9
log_bic = {}
for name, measured in (("triglycerides", triglycerides), ("ALT", alt)):
    logs = np.log(measured)[:, None]
    log_bic[name] = [GaussianMixture(k, n_init=5, random_state=0).fit(logs).bic(logs) for k in range(1, 6)]
one_type = f"the logarithms of triglycerides have a BIC of {log_bic['triglycerides'][0]:.0f} with one cloud, of "
one_type += f"{log_bic['triglycerides'][1]:.0f} with two"
outcomes = {
    "triglycerides": f"But {one_type}. People at the end of one long tail would be treated as a type of their own.",
    "ALT": f"Two clouds of logarithms have a BIC of {log_bic['ALT'][1]:.0f}, one has {log_bic['ALT'][0]:.0f}. And "
    f"{one_type}: several bells had only imitated one long tail.",
    "both": "For one of the two the lowest BIC of the logarithms is that of one cloud: people at the end of one tail "
    "would be treated as a type of their own. Fit both.",
    "neither": "For one of the two more than one cloud is best for the logarithms too: a group of patients would be "
    "overlooked. Fit both.",
}
check.choice("2.9 types", types_reported, "ALT", outcomes)

# %% tags=["solution"]
# @title Solution 2.9
check.solution("2.9 types", "ALT")
assert np.argmin(log_bic["triglycerides"]) == 0 and np.argmin(log_bic["ALT"]) == 1
# BIC compares mixtures of bells with each other; it cannot say that bells are right. Draw the histograms too.

# %% [markdown]
# ## 5. OPTICS
#
# DBSCAN has one eps for all. Here are two dense spots of cell nuclei side by side and one loose spot, 60 nuclei each.
# For the dense ones you need a small eps, for the loose one a large eps. With MinPts = 10:

# %%
spot = np.repeat([0, 1, 2], 60)
spread = np.array([0.15, 0.15, 0.9])[spot][:, None]  # mm
spots = np.random.default_rng(0).normal(np.array([[0, 0], [0.9, 0], [4.5, 1]])[spot], spread)

# %%
for eps in (0.2, 0.4, 0.6):
    labels = DBSCAN(eps=eps, min_samples=10).fit_predict(spots)
    sizes = sorted(np.bincount(labels[labels >= 0]).tolist(), reverse=True)
    print(f"eps {eps} mm: cluster sizes {sizes}, noise {np.sum(labels == -1)}")

# %% [markdown]
# With 0.2 mm the whole loose spot is noise. At 0.4 and 0.6 mm the two dense spots have become one, and part of the
# loose one is still noise.
#
# **OPTICS** (ordering points to identify the clustering structure) does not fix eps; you still choose MinPts. A
# point's **core distance** is the eps that would just make it a core point: the distance to the point that is the
# MinPts-th, itself counted as the first. OPTICS walks, always to the point that is easiest to reach next. To reach a
# new point *from* a visited one costs the distance between the two, but at least the core distance of the visited
# one. The cheapest such way is the new point's **reachability distance**.
#
# An example: points at 0 and 4 mm are visited, their core distances are 3 and 2 mm. A new point lies at 5 mm. From 0
# it costs max(5, 3) = 5, from 4 it costs max(1, 2) = 2. So its reachability distance is 2 mm.
#
# In the order of the walk each cluster is a valley: deep if dense, shallow if loose. `xi` says how steep the wall of a
# valley must be; 0.05 is scikit-learn's default.

# %%
for xi in (0.05, 0.1, 0.2):
    optics = OPTICS(min_samples=10, xi=xi).fit(spots)  # 0.1: the distance changes by 10 %
    sizes = sorted(np.bincount(optics.labels_[optics.labels_ >= 0]).tolist())
    print(f"xi {xi}: cluster sizes {sizes}, noise {np.sum(optics.labels_ == -1)}")
optics = OPTICS(min_samples=10, xi=0.1).fit(spots)
optics_agreement = adjusted_rand_score(optics.labels_, spot)


# %%
def draw_optics(eps=0.2):
    order, reach = optics.ordering_, optics.reachability_
    labels = cluster_optics_dbscan(reachability=reach, core_distances=optics.core_distances_, ordering=order, eps=eps)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    colours = [COLOURS[k] if k >= 0 else "black" for k in optics.labels_[order]]
    left.bar(np.arange(1, 180), reach[order][1:], width=1, color=colours[1:])  # the first one was not reached from any
    left.axhline(eps, color="k", ls="--")
    left.set(
        xlabel="order of the walk",
        ylabel="reachability (mm)",
        title="colours: clusters of OPTICS, xi = 0.1",
        ylim=(0, 2),
    )
    draw_clusters(right, spots, labels, size=14)
    right.set(xlabel="x (mm)", ylabel="y (mm)", title=f"colours: the cut at {eps:.2f} mm")
    found = f"{labels.max() + 1} clusters and {np.sum(labels == -1)} noise points"
    return fig, f"Two deep valleys and a shallow one. A cut at {eps:.2f} mm gives {found}."


plot.explore(draw_optics, eps=(0.1, 1.5, 0.1))

# %% [markdown]
# On the left each valley has the colour of a cluster of OPTICS (black: noise); the bars stand in the order of the
# walk. With xi = 0.1 or 0.2 it finds all three spots, dense or loose; with the default most points are noise. So one
# setting has gone and another has come. The dashed line is nearly what DBSCAN does with one eps: it cuts all valleys
# at the same height (right, in colours of its own). Move it and watch.
#
# ### Your turn 2.10: walk by hand
#
# Six nuclei lie on a line at 0, 2, 3, 8, 9 and 10.5 mm. MinPts is 3, and the walk starts at 0. Work out the
# reachability distances of the other five, in the order of the walk; if two points are equally easy to reach, the one
# with the smaller position comes first. Put the five numbers into a list.

# %% tags=["exercise"]
reachabilities = ...

# %% tags=["check"]
# @title Check 2.10
on_a_line = OPTICS(min_samples=3).fit(np.array([[0.0], [2], [3], [8], [9], [10.5]]))
slips = {
    "These are the gaps. Coming from a point costs at least its core distance, to the third of three.": [
        2,
        1,
        5,
        1,
        1.5,
    ],
    "These are core distances alone; the way may be longer than that.": [2, 3, 2.5, 1.5, 2.5],
    "You counted only from the start. Each visited point may offer a cheaper way.": [3, 3, 8, 9, 10.5],
    "Nearly. For the last one: the nucleus at 9 offers it a cheaper way than the one at 8.": [3, 2, 5, 2.5, 2.5],
    "The nucleus at 0, where the walk starts, has no number here. Give the other five.": [0, 3, 2, 5, 2.5, 1.5],
    "Nearly. The second point of the walk offers the third one a cheaper way.": [3, 3, 5, 2.5, 1.5],
}
check.value(
    "2.10 walk",
    reachabilities,
    on_a_line.reachability_[on_a_line.ordering_][1:],
    hint="Write down the core distance of each nucleus first; that of the one at 0 is 3. Look again after each step.",
    slips=slips,
)

# %% tags=["solution"]
# @title Solution 2.10
# 0 -> 2: max(3, 2) = 3. 2 -> 3: max(2, 1) = 2. 3 -> 8: max(3, 5) = 5. 8 -> 9: max(2.5, 1) = 2.5. 9 -> 10.5: 1.5.
check.solution("2.10 walk", [3, 2, 5, 2.5, 1.5])

# %% [markdown]
# ## 6. Four families
#
# Each family of methods has its own idea of a cluster:
#
# | Family | A cluster is ... | Methods |
# |---|---|---|
# | centroid-based | everything near one centre | k-means, k-medoids (PAM, CLARA) |
# | density-based | a crowded region | DBSCAN, OPTICS |
# | hierarchical | a branch of a tree of merges | agglomerative |
# | distribution-based | one bell-shaped cloud, of any width and tilt | Gaussian mixture |
#
# The tree here is Ward's: it merges again and again the two clusters that add least to the sum of squared distances.
# Here is one method of each on four simulated data sets whose true groups we know: blood counts (three round clouds),
# nuclei along two bent folds with others scattered, three spots of unequal density, and blood pressures in two long
# clouds side by side. The methods had help: k is the true number of groups, and we chose eps for each data set (MinPts
# is 5). Before you run the next cells: which method do you expect to win where?

# %%
from sklearn.datasets import make_moons

folds, fold = make_moons(200, noise=0.055, random_state=0)
scattered = np.random.default_rng(0).uniform([-1.6, -1.1], [2.6, 1.6], size=(25, 2))
sets = {"blood count": (standardised(PATIENTS), DIAGNOSIS, 3, 0.45)}
sets["folds"] = (np.vstack([folds, scattered]), np.append(fold, np.full(25, -1)), 2, 0.2)
spot_of = np.repeat([0, 1, 2], 60)
centres, widths = np.array([[0, 0], [0.9, 0], [4.5, 1]]), np.array([0.15, 0.15, 0.9])
sets["spots"] = (np.random.default_rng(0).normal(centres[spot_of], widths[spot_of][:, None]), spot_of, 3, 0.2)

# %%
maker, arteries = np.random.default_rng(0), np.repeat([0, 1], 100)
lower = maker.normal(80, 11, 200)
upper = lower + 40 + 26 * arteries + maker.normal(0, 4.5, 200)
sets["pressure"] = (np.column_stack([upper, lower]), arteries, 2, 5)


# %%
def four_methods(k, eps):
    return {
        "k-means": KMeans(k, n_init=10, random_state=SEED),
        "Ward tree": AgglomerativeClustering(k),
        "DBSCAN": DBSCAN(eps=eps, min_samples=5),
        "mixture": GaussianMixture(k, n_init=5, random_state=SEED),
    }


found = {
    (name, method): model.fit_predict(points)
    for name, (points, _, k, eps) in sets.items()
    for method, model in four_methods(k, eps).items()
}
scores = {key: adjusted_rand_score(sets[key[0]][1], labels) for key, labels in found.items()}
print(pd.Series(scores).unstack()[[*four_methods(2, 1)]].round(2).to_string())
shared_error = adjusted_rand_score(found["spots", "k-means"], found["spots", "Ward tree"])
print(f"spots: k-means and Ward, compared with each other {shared_error:.2f}")
print("spots: DBSCAN", np.bincount(found["spots", "DBSCAN"] + 1).tolist(), "(first number: noise)")

# %% tags=["figure"]
# @title Each method on each data set, a group in the same colour along its row
from scipy.optimize import linear_sum_assignment


def recoloured(labels, groups):
    """Give each cluster the number of the group that it shares most rows with."""
    counts = pd.crosstab(labels[labels >= 0], groups[labels >= 0])
    counts = counts.drop(columns=-1, errors="ignore")
    clusters, chosen = linear_sum_assignment(-counts.to_numpy())
    new = {counts.index[i]: counts.columns[j] for i, j in zip(clusters, chosen, strict=True)}
    free = iter(range(counts.shape[1], 100))
    return np.array(
        [-1 if label == -1 else new[label] if label in new else new.setdefault(label, next(free)) for label in labels]
    )


fig, axes = plt.subplots(4, 4, figsize=(9.6, 8.4))
for (name, method), ax in zip(found, axes.flat, strict=True):
    points, groups, _, _ = sets[name]
    draw_clusters(ax, points, recoloured(found[name, method], groups), size=9)
    ax.set(xticks=[], yticks=[], title=f"{method}: {scores[name, method]:.2f}")
    ax.set_ylabel(name if method == "k-means" else "")
of_folds = ", ".join(f"{method} {scores['folds', method]:.2f}" for method in four_methods(2, 1))
plot.show(fig, alt=f"No method is best on all four data sets. Adjusted Rand index on the folds: {of_folds}.")

# %% [markdown]
# The numbers are the adjusted Rand index with the true groups, noise counted as one more group. Each family is right
# where its idea of a cluster fits: k-means and Ward suit round groups of similar size, DBSCAN any shape with emptiness
# around it. Beware of one high number: of the spots DBSCAN finds the two dense ones and calls the loose one noise, and
# the index counts that as a group. With an eps for the loose spot the dense ones become one.
#
# With real data there is no true grouping to compare with. Trying several methods helps, but agreement is no proof: on
# the spots k-means and Ward make nearly the same cut (0.97), and it is wrong (0.43). Check a grouping in new patients,
# and by what happens to them, before anybody is treated by it.
#
# ### Your turn 2.11: which method for two crossing bundles?
#
# The next cell has 250 simulated points along two bundles of nerve fibres that cross. You want one cluster for each
# bundle. Which method: `"k-means"`, `"Ward tree"`, `"DBSCAN"` or `"mixture"`? Add a cell and draw the points; decide
# from their shape, then try.

# %%
bundle_rng, bundle = np.random.default_rng(1), np.repeat([0, 1], [150, 100])
way = bundle_rng.uniform(-3, 3, 250)  # mm
along = np.where(bundle == 0, [way, 0.5 * way], [0.5 * way, -0.9 * way])
fibres = along.T + bundle_rng.normal(0, 0.15, (250, 2))

# %% tags=["exercise"]
method_for_fibres = ...

# %% tags=["check"]
# @title Check 2.11
reached = {m: adjusted_rand_score(bundle, f.fit_predict(fibres)) for m, f in four_methods(2, 0.4).items()}
best_eps = max(
    adjusted_rand_score(bundle, DBSCAN(eps=eps, min_samples=5).fit_predict(fibres)) for eps in np.arange(0.1, 1, 0.05)
)
outcomes = {
    "k-means": f"Adjusted Rand index {abs(reached['k-means']):.2f}: it cuts the cross into two halves, each with "
    "one arm of both bundles. A surgeon would follow the wrong arm.",
    "Ward tree": f"Adjusted Rand index {reached['Ward tree']:.2f}: compact halves again, since Ward keeps the sum of "
    "squares small.",
    "DBSCAN": f"Where the bundles cross there is no emptiness between them: one cluster. With the best of 18 eps the "
    f"adjusted Rand index is {best_eps:.2f}.",
    "mixture": f"Adjusted Rand index {reached['mixture']:.2f}: two long tilted ellipses may cross. Only in the middle, "
    "where the bundles overlap, it must guess.",
}
check.choice("2.11 bundles", method_for_fibres, "mixture", outcomes)

# %% tags=["solution"]
# @title Solution 2.11
check.solution("2.11 bundles", "mixture")

# %% [markdown]
# ## 7. Sorting the literature
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
# Texts are compared by the angle between their rows. Its cosine, the **cosine similarity**, is 1 for the same words
# in the same proportions and 0 for no word in common. Between two rows of length 1 the squared straight distance is
# 2 - 2 x cosine, so both call the same texts near. (k-means measures from rows to centroids, and a mean of rows is
# shorter than 1; so for k-means it is only nearly the same.)
#
# Beside k-means we build a **tree** by cosine distance: it merges the two nearest texts or groups of texts again and
# again. The distance of two groups is the mean over their pairs of texts (average linkage).

# %%
topics = KMeans(4, n_init=20, random_state=SEED).fit(rows)
for label in dict.fromkeys(topics.labels_.tolist()):  # in the order of the sentences
    top = ", ".join(top_words(topics.cluster_centers_[label]))
    print(f"{np.sum(topics.labels_ == label)} sentences: {top}")
text_tree = linkage(rows, method="average", metric="cosine")
tree_labels = fcluster(text_tree, 4, criterion="maxclust")
text_agreement = adjusted_rand_score(topics.labels_, tree_labels)
print(f"adjusted Rand index between k-means and the tree, cut into four: {text_agreement:.2f}")

# %% tags=["figure"]
# @title The tree of sentences
fig, ax = plt.subplots(figsize=(9.6, 6))
dendrogram(
    text_tree,
    labels=[f"{text} [{number}]" for number, text in enumerate(abstracts)],
    orientation="left",
    ax=ax,
    color_threshold=0,
    above_threshold_color=COLOURS[0],
    leaf_font_size=9,
)
ax.axvline(0.9, color=COLOURS[1], ls="--")
ax.set(xlabel="cosine distance (1 - similarity) at the merge")
ax.grid(visible=False)
plot.show(fig, alt="A tree with four branches of five sentences: osteoporosis, hypertension, diabetes and pneumonia.")

# %% [markdown]
# From a centroid's largest numbers, its **top words**, you can guess the topic. In the drawing (a dendrogram) two
# branches join at the distance of their merge; cut at 0.9 (dashed) it leaves the same four branches. It works this
# well because we wrote the sentences with shared words. Real abstracts use synonyms ("high blood pressure",
# "hypertension"), which share no word at all.
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
# zeros, and k-means still gives it a cluster: the one whose centroid is shortest.
#
# ### Your turn 2.12: a similarity that can say "none"
#
# Write `cosine(a, b)` for two rows of word counts: the sum of the products, divided by both lengths (the length of a
# row is the root of its sum of squares). A text without any known word is similar to nothing: return 0 for it.


# %% tags=["exercise"]
def cosine(a, b):
    return ...


# %% tags=["check"]
# @title Check 2.12
def cosine_reference(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def lengths_by_sum(a, b):
    return float(a @ b / max(a.sum() * b.sum(), 1))


slips = {
    "That is the sum of the products. A text that is twice as long would be twice as similar.": lambda a, b: float(
        a @ b
    ),
    "You divided by the numbers of words. The length of a row is the root of its sum of squares.": lengths_by_sum,
    "You divided by the squared lengths: take the roots.": lambda a, b: float(a @ b / max((a @ a) * (b @ b), 1)),
}
cases = [([2, 1, 0], [1, 0, 2]), ([3, 3, 0], [1, 1, 0]), ([0, 2, 5], [1, 2, 1])]
cases += [([0, 0, 0], [1, 2, 0]), ([1, 2, 0], [0, 0, 0]), ([0, 0, 0], [0, 0, 0])]
cases = [tuple(np.array(row, dtype=float) for row in case) for case in cases]
hint = "np.sum(a * b), then divide by np.sqrt(np.sum(a ** 2)) and the same of b - unless either of them is 0."
check.function("2.12 cosine", cosine, cosine_reference, cases, hint=hint, slips=slips)


# %% tags=["solution"]
# @title Solution 2.12
def cosine_solution(a, b):
    lengths = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return np.sum(a * b) / lengths if lengths > 0 else 0.0


check.solution("2.12 cosine", cosine_solution)

# %% [markdown]
# ## 8. Who is in the clusters?
#
# Each row of this table is one **census tract** (a few thousand people) in and around Boston in 1970. The core
# clustered eleven of its columns and asked what the clusters rest on. Here we ask who lives in them. Choosing columns
# is also an ethical choice:
#
# - **B** is computed from the share of Black residents, as 1000 (share - 0.63)². So a *high* B means few Black
#   residents: about 397 for none. We do not want to sort neighbourhoods by race, so B stays out.
# - **MEDV**, the median house value (in 1000 dollars), stays out too; it serves to describe the clusters afterwards.
# - **LSTAT** is what the authors of 1978 called "lower status": in percent, adults without a high-school education and
#   men in labouring jobs.
# - **CRIM**, the crime rate, is called "per capita" by the source, which cannot be right for values up to 89; so we
#   compare tracts and name no unit.
# - **CHAS** (is the tract on the Charles River?) is yes or no, which fits badly with distances. It stays out.

# %%
tracts = data.load_boston_housing(geo=True)
columns = ["CRIM", "ZN", "INDUS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "LSTAT"]
census = tracts[columns].assign(CRIM=np.log10(tracts.CRIM))
census = (census - census.mean()) / census.std()


def by_size(table):
    labels = pd.Series(KMeans(4, n_init=30, random_state=SEED).fit_predict(table))
    place = {label: number for number, label in enumerate(labels.value_counts().index)}  # 0: the largest cluster
    return labels.map(place).to_numpy()


# %%
tracts["cluster"] = by_size(census)
limit = 1000 * (0.22 - 0.63) ** 2  # a B below this limit: a share of more than 22 %
tracts["many"] = 100 * tracts.B.lt(limit)  # lt: less than
print(tracts.groupby("cluster")[["LSTAT", "MEDV"]].median().round(1).assign(tracts=tracts.cluster.value_counts()))
print("tracts with more than 22 % Black residents, in percent of the cluster:")
print(tracts.groupby("cluster").many.mean().round().astype(int).to_dict())

# %%
with_b = by_size(census.assign(B=(tracts.B - tracts.B.mean()) / tracts.B.std()))
b_agreement = adjusted_rand_score(tracts.cluster, with_b)
print(f"B as a twelfth column: adjusted Rand index with the clusters above {b_agreement:.2f}")

# %% tags=["figure"]
# @title LSTAT and B of each tract, cluster by cluster
fig, axes = plt.subplots(1, 2, figsize=(9.2, 3.6))
sideways = tracts.cluster + np.random.default_rng(0).uniform(-0.3, 0.3, len(tracts))  # so that points do not cover
for ax, column, unit in zip(axes, ("LSTAT", "B"), ("LSTAT (%)", "B (high: few Black residents)"), strict=True):
    draw_clusters(ax, np.column_stack([sideways, tracts[column]]), tracts.cluster.to_numpy(), size=10)
    ax.set(xlabel="cluster", ylabel=unit, xticks=range(4))
axes[1].axhline(limit, color="0.3", ls="--")
axes[1].set_title("below the line: more than 22 %")
axes[0].set_title("the clusters overlap")
plot.show(
    fig, alt="LSTAT is highest in cluster 1 but overlaps with others; low values of B are nearly all in cluster 1."
)

# %% [markdown]
# Cluster 1 (numbered by size here) is the City of Boston, as the core found. A quarter of its tracts have more than
# 22 % Black residents, almost none elsewhere, although B had no part in making the clusters; with B as a column they
# hardly change. Boston was segregated, so other columns carry what one column was not allowed to say. Leaving a column
# out does not make a grouping blind to it. Before you *use* clusters, for example to place clinics, look at who is in
# them. They say nothing about one person in a tract, and they explain nothing.
#
# ### Your turn 2.13: two plans for mobile clinics
#
# A health office of 1970 can send mobile clinics to 132 tracts and wants those with the highest LSTAT. Plan A takes
# the 132 tracts of cluster 1, whose median LSTAT is the highest. Plan B sorts all tracts by LSTAT and takes the first
# 132. How many tracts of plan B does plan A miss? (`tracts.LSTAT.nlargest(132).index` has their row numbers.)

# %% tags=["exercise"]
missed_tracts = ...

# %% tags=["check"]
# @title Check 2.13
neediest = tracts.cluster[tracts.LSTAT.nlargest(132).index]
slips = {
    "That is how many plan A reaches.": int(np.sum(neediest == 1)),
    "That is a share. How many tracts is it?": np.mean(neediest != 1),
    "Those are the tracts of cluster 1 below the median LSTAT of all: a waste too, but another number.": int(
        np.sum(tracts.LSTAT[tracts.cluster == 1] < tracts.LSTAT.median())
    ),
}
hint = "Take the clusters of plan B's rows, and count those that are not 1."
check.value("2.13 clinics", missed_tracts, int(np.sum(neediest != 1)), hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.13
plan_b = tracts.LSTAT.nlargest(132).index
check.solution("2.13 clinics", np.sum(tracts.cluster[plan_b] != 1))
# A cluster is alike on average, in eleven columns. To find need, measure need: a median says little about one tract.
# Of plan B's tracts 80 are in cluster 1, and 26 each in clusters 0 and 3.

# %% [markdown]
# ## 9. Bone on a CT slice
#
# A CT image stores a number for each pixel, in **Hounsfield units** (HU): air is -1000, water is 0. Textbooks give
# lung about -900 to -600, fat -120 to -50, soft tissue 20 to 80, bone from about 150 (spongy) to over 1000 (compact).
#
# Can k-means find them? Each of the 65,536 pixels is a row with *one* value. The slice lies at the height of the large
# vessels; the patient's right side is on your left. We seed with rough guesses.

# %%
chest = data.load_chest_ct()[0]
slice_hu = chest.hu[22]
pixels = slice_hu.reshape(-1, 1).astype(float)  # one pixel a row
five_guesses = np.array([[-1000.0], [-700], [-100], [50], [500]])
by_hu = KMeans(5, init=five_guesses, n_init=1, tol=0).fit(pixels)

# %%
tissues = ["air", "lung", "fat", "soft tissue", "bone"]
for number, tissue in enumerate(tissues):
    inside = pixels[by_hu.labels_ == number]
    print(f"{tissue:11} mean {inside.mean():6.0f} HU, from {inside.min():5.0f} to {inside.max():4.0f} HU")

# %% tags=["figure"]
# @title The slice and its five clusters
WIDE = (0, slice_hu.shape[1] * chest.spacing_mm[2], slice_hu.shape[0] * chest.spacing_mm[1], 0)  # mm
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.5), sharey=True)
left.imshow(np.clip(slice_hu, -1000, 500), cmap="gray", extent=WIDE)
five_colours = plt.matplotlib.colors.ListedColormap(["#000000", "#56B4E9", "#F0E442", "#B04A00", "#ffffff"])
drawn = right.imshow(by_hu.labels_.reshape(slice_hu.shape), cmap=five_colours, vmin=-0.5, vmax=4.5, extent=WIDE)
fig.colorbar(drawn, ax=right, shrink=0.9, ticks=range(5)).ax.set_yticklabels(tissues)
for ax, title in ((left, "one CT slice"), (right, "five clusters of HU")):
    ax.set(title=title, ylim=(288, 105), xlabel="mm")
    ax.grid(visible=False)
left.set_ylabel("mm")
plot.show(
    fig, alt="Beside the grey slice its five clusters: lung speckled with air; bones and parts of a vessel are white."
)

# %% [markdown]
# The five means fit the textbook; the borders do not. Much of the lung is called air: that may be how the border
# fell, or a disease of the lung (section 10). In one dimension the border between two clusters lies halfway between
# their means: k-means on HU is no more than a set of thresholds, and it sees no place.

# %%
shuffled = np.random.default_rng(SEED).permutation(pixels)  # all pixels in random places: no body is left
of_shuffled = KMeans(5, init=five_guesses, n_init=1, tol=0).fit(shuffled)
print("means of the shuffled image:", of_shuffled.cluster_centers_[:, 0].round().astype(int).tolist())

# %% [markdown]
# So now use the place. The pixels called "bone" are a **mask**, an image of True and False. Each True pixel becomes a
# row with its place in mm, and DBSCAN groups these rows into objects. Neighbouring pixels are 1.14 mm apart, so eps =
# 2.5 mm lets the walk jump over a gap of one pixel.

# %%
bone = (by_hu.labels_ == 4).reshape(slice_hu.shape)
places = np.argwhere(bone) * chest.spacing_mm[1:]  # argwhere: row and column of each True; then mm
objects = DBSCAN(eps=2.5, min_samples=5).fit_predict(places)
print(f"{len(places)} pixels of {chest.spacing_mm[1]:.2f} mm form {objects.max() + 1} objects", end="; ")
print(f"{np.sum(objects == -1)} pixels are noise")

# %% tags=["figure"]
# @title Colours: objects that are near to each other get different ones
BRIGHT = plt.matplotlib.colors.to_rgba_array(["#56B4E9", "#F0E442", "#E69F00", "#CC79A7", "#6fe0b8", "#ff7f6e"])
colour_of = {}
for label in range(objects.max() + 1):
    near = {other for other in colour_of if cdist(places[objects == label], places[objects == other]).min() < 45}
    taken = {colour_of[other] for other in near}
    colour_of[label] = min(range(6), key=lambda colour: (colour in taken, list(colour_of.values()).count(colour)))
picture = np.zeros((*slice_hu.shape, 4))
picture[bone] = [BRIGHT[colour_of[label]] if label >= 0 else (0, 0, 0, 0) for label in objects]

# %% tags=["figure"]
# @title The objects, and the large vessels enlarged
fig, (left, right) = plt.subplots(1, 2, figsize=(9.9, 4.3), width_ratios=[1.72, 1])
for ax in (left, right):
    ax.imshow(np.clip(slice_hu, -1000, 700), cmap="gray", extent=WIDE)
    ax.imshow(picture, extent=WIDE)
    ax.grid(visible=False)
    ax.set_xlabel("mm from the left")
for label in (7, 9, 13, 15, 19):
    row, column = middle = places[objects == label].mean(axis=0)
    away = middle - [195, 165]
    y, x = middle + (15 * away / np.linalg.norm(away) if label != 15 else 0)
    box = {"facecolor": "black", "pad": 1.2, "linewidth": 0}
    line = {"arrowstyle": "-", "color": "white", "lw": 0.9}
    text = {"color": "white", "fontsize": 10, "ha": "center", "va": "center", "bbox": box}
    right.annotate(str(label), (column, row), (x, y), arrowprops=line, **text)
for name, (x, y), at in (("ascending\naorta", (172, 166), (218, 152)), ("descending\naorta", (176, 229), (219, 247))):
    right.annotate(name, (x, y), at, arrowprops=line, **text)
left.set(xlim=(0, 292), ylim=(292, 118), ylabel="mm from the top", title=f"{objects.max() + 1} objects")
right.set(xlim=(114, 236), ylim=(259, 137), title="the large vessels")
alt = "Pieces of ribs and shoulder blades around, the vertebra behind, arcs in the wall of the large vessels in the "
plot.show(fig, alt=alt + f"middle: {objects.max() + 1} objects, five with their numbers.")

# %%
for label in (7, 9, 13, 19, 15):
    values = slice_hu[bone][objects == label]
    print(f"object {label:2}: mean {values.mean():.0f} HU")
print(f"inside of the vertebra, bone or not: median {np.median(slice_hu[203:212, 127:136]):.0f} HU")

# %% [markdown]
# An object is not a bone: ribs and shoulder blades come in several pieces, since a slice cuts them obliquely and thin
# parts stay below the border. And some objects are no bone at all. 7 and 9 lie in the wall of the ascending aorta, 19
# on the descending aorta: **calcification**, calcium in a diseased vessel. (The thick end of 9 may be a calcified
# lymph node beside it, and so may 13.) By brightness they were "bone". Some are brighter, some about as bright as what
# was left of the vertebra, 15, whose spongy inside fell into "soft tissue". The place raises the question; a
# radiologist answers it.
#
# ### Your turn 2.14: how much of the bone is none?
#
# A study takes the number of "bone" pixels as its measure of bone. Suppose that a radiologist calls 7, 9, 13 and 19
# calcium, not bone. By how many percent was the bone overestimated in this slice: the pixels of the four as a share
# of those that *are* bone? (Leave the noise pixels in. One decimal is enough.)

# %% tags=["exercise"]
overestimated_percent = ...

# %% tags=["check"]
# @title Check 2.14
calcium_pixels = int(np.isin(objects, [7, 9, 13, 19]).sum())
all_pixels = len(places)
slips = {
    "That is their share of all pixels called bone. Divide by those that are bone.": 100 * calcium_pixels / all_pixels,
    "That is a share. Give it in percent.": calcium_pixels / (all_pixels - calcium_pixels),
    "You left out the noise pixels.": 100 * calcium_pixels / (np.sum(objects >= 0) - calcium_pixels),
    "That is a share of the objects. Count pixels.": 100 * 4 / (objects.max() + 1 - 4),
    "That is the number of pixels.": calcium_pixels,
}
hint = "np.isin(objects, [7, 9, 13, 19]) is True for the pixels of the four objects."
overestimate = 100 * calcium_pixels / (all_pixels - calcium_pixels)
check.value("2.14 overestimated", overestimated_percent, overestimate, tol=0.05 / overestimate, hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.14
no_bone = np.isin(objects, [7, 9, 13, 19])
check.solution("2.14 overestimated", 100 * no_bone.sum() / (~no_bone).sum())
# A sixth too much, in this slice. And older patients often have more calcium in their vessels and less bone.

# %% [markdown]
# ## 10. Emphysema on a CT slice
#
# A CT image stores Hounsfield units (HU): air is -1000, water 0, lung about -900 to -600. k-means of these numbers is a
# set of thresholds: a border lies halfway between two means. The border between "air" and "lung" often lies within the
# lung. Here is what hangs on it, in two patients.
#
# In **emphysema** walls between air spaces are destroyed, and the lung becomes darker. Radiologists measure the share
# of lung pixels below a fixed value; -950 HU was chosen by comparing CT with the pathologist's specimen, on slices of
# 1 mm taken after a deep breath. Ours are 5 mm thick, so our shares cannot be read as theirs. Could one use the border
# between k-means' "air" and "lung" instead?

# %%
from scipy import ndimage


def lung_mask(hu):
    """Dark regions of more than 300 pixels that do not touch the edge of the image."""
    regions, _ = ndimage.label(hu < -500)
    sizes = np.bincount(regions.ravel())
    at_edge = np.unique([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.isin(regions, np.setdiff1d(np.flatnonzero(sizes > 300), [0, *at_edge]))


def tissue_means(hu):
    guess = np.array([[-1000.0], [-700], [-100], [50], [500]])
    return np.sort(KMeans(5, init=guess, n_init=1).fit(hu.reshape(-1, 1).astype(float)).cluster_centers_[:, 0])


# %%
volumes = data.load_chest_ct()
table = []
for patient, slices in ((0, (14, 24, 34, 44)), (1, (9, 14, 24, 34))):
    for number in slices:
        hu = volumes[patient].hu[number]
        air, lung = tissue_means(hu)[:2]
        inside = hu[lung_mask(hu)]
        share = 100 * np.mean(inside < (air + lung) / 2)
        table.append(
            [patient + 1, number, round((air + lung) / 2), round(share), round(100 * np.mean(inside < -950), 1)]
        )
ct = pd.DataFrame(table, columns=["patient", "slice", "k-means border (HU)", "% below it", "% below -950"])
print(ct.to_string(index=False))

# %% tags=["figure"]
# @title A slider for the border, in a slice of each patient


def draw_borders(border=-950):
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    shares = []
    for ax, volume, number in zip(axes, data.load_chest_ct(), (24, 24), strict=False):
        hu = volume.hu[number]
        lung = lung_mask(hu)
        shares.append(100 * np.mean(hu[lung] < border))
        ax.imshow(np.clip(hu, -1000, 300), cmap="gray")
        painted = np.zeros((*hu.shape, 4))
        painted[lung & (hu < border)] = plt.matplotlib.colors.to_rgba("#F0E442")
        ax.imshow(painted)
        (top, left), (bottom, right) = np.argwhere(lung).min(axis=0) - 12, np.argwhere(lung).max(axis=0) + 12
        ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        ax.set_title(f"patient {volume.patient}: {shares[-1]:.0f} % below {border} HU")
        ax.grid(visible=False)
    axes[1].add_patch(plt.Circle((115, 139), 11, fill=False, color="#56B4E9", lw=1.5))  # a main bronchus
    share = f"{shares[0]:.0f} and {shares[1]:.0f} %"
    return fig, f"A slice of each patient; painted is the lung below {border} HU: {share} of all lung."


plot.explore(draw_borders, border=(-1000, -800, 10))

# %% [markdown]
# The border of k-means moves from slice to slice, because it depends on everything else in the image: how much air is
# around the body, how much fat. In patient 2, three quarters of the lung would be destroyed in slice 9, and a tenth in
# slice 14, 25 mm away. The fixed border gives 0.1 % and 0.0 %. (The slider has slice 24 of both. What it paints there
# in patient 2 at -950 HU is mostly a main bronchus, circled, which our simple mask lets in.)
#
# And some pixels are neither. On the edge of the lung a pixel holds half lung and half muscle, the **partial volume
# effect**: about -400 HU, without being a tissue of its own. k-means calls it lung or fat, since each pixel must get
# a cluster.
#
# A fixed border has a weakness too: it trusts the scanner.
#
# ### Your turn 2.15: another scanner
#
# Suppose that patient 1 comes back and nothing has changed, but the new scanner reads every value 20 HU too low. In
# slice 24, by how many percentage points does the share of lung below -950 HU seem to grow? Take the same lung pixels
# as before: `hu = volumes[0].hu[24]`, then `hu[lung_mask(hu)]`. (One decimal is enough.)

# %% tags=["exercise"]
seeming_growth = ...  # percentage points

# %% tags=["check"]
# @title Check 2.15
hu = volumes[0].hu[24]
of_lung = hu[lung_mask(hu)].astype(float)
below = {at: 100 * np.mean(of_lung < at) for at in (-970, -950, -930)}
everywhere = 100 * (np.mean(hu < -930.0) - np.mean(hu < -950.0))
slips = {
    "That is the new share. By how much does it grow?": below[-930],
    "You let the scanner read 20 HU too high: then the share shrinks.": below[-970] - below[-950],
    "You let the scanner read 20 HU too high, and took the loss for a growth.": round(below[-950] - below[-970], 1),
    "That is a share of all pixels of the image. Take the lung's.": everywhere,
    "That is a growth in percent of the old share. The difference of two shares is asked for.": 100
    * (below[-930] / below[-950] - 1),
    "That is a share. Give it in percentage points.": (below[-930] - below[-950]) / 100,
}
growth = below[-930] - below[-950]
hint = "Subtract 20 from the lung pixels; then count again how many lie below -950."
check.value("2.15 scanner", seeming_growth, growth, tol=0.051 / growth, hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 2.15
lung_hu = volumes[0].hu[24][lung_mask(volumes[0].hu[24])].astype(float)
check.solution("2.15 scanner", 100 * (np.mean(lung_hu - 20 < -950) - np.mean(lung_hu < -950)))
# The emphysema seems to be three times as large. So check first what both scanners read in the air around the patient.

# %%
check.summary()

# %% [markdown]
# ## What this notebook has shown

# %% tags=["nbval-check-output"]
two_of_patient_2 = ct["% below it"][ct.patient == 2]
five_means_hu = by_hu.cluster_centers_[:, 0]
claims = {
    "k-means++ starts better than random rows": success["k-means++"] > success["random rows"] + 0.15,
    "PAM keeps the groups": adjusted_rand_score(pam_labels, DIAGNOSIS) > 0.95,
    "k-means spends a cluster on two errors": min(np.bincount(typed_kmeans)) == 2,
    "CLARA groups 20,000 patients": clara_agreement > 0.9,
    "a tree of 18 patients has three long branches": tree[-2, 2] > 2 * tree[-3, 2],
    "the mixture beats k-means on long clouds": mixture_agreement > adjusted_rand_score(stiff, pressure_kmeans) + 0.4,
    "BIC is lowest for two full clouds": min(map(min, bic.values())) == bic["full"][1],
    "OPTICS finds spots of different density": optics_agreement > 0.9,
    "no family wins everywhere": scores["folds", "DBSCAN"] > 0.85 and scores["spots", "k-means"] < 0.6,
    "texts fall into the four topics": adjusted_rand_score(topics.labels_, np.repeat(range(4), 5)) == 1,
    "B as a column changes little": b_agreement > 0.8,
    "Black residents live mostly in one cluster": tracts.groupby("cluster").many.mean().nlargest(2).iloc[1] < 6,
    "five HU clusters fit the textbook": np.all(np.abs(five_means_hu - [-1000, -800, -100, 50, 450]) < 40),
    "k-means on HU ignores the place": np.allclose(of_shuffled.cluster_centers_[:, 0], five_means_hu, atol=1),
    "calcium in the aorta is brighter": slice_hu[bone][objects == 9].mean() > 500,
    "two methods may share an error": shared_error > 0.9,
    "the border of k-means depends on the slice": two_of_patient_2.max() > 3 * two_of_patient_2.min(),
}
for claim, holds in claims.items():
    assert holds, claim
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | adjusted Rand index | 조정 랜드 지수 | agreement of two partitions: 1 the same, about 0 by chance |
# | partition | 분할 | a division of all rows into groups |
# | k-means++ | k-평균++ | seeds drawn far from each other |
# | medoid | 메도이드 | the row of a cluster with the smallest total distance to the others |
# | outlier | 이상치 | a value far from all others |
# | hierarchical clustering | 계층적 군집화 | a tree of merges |
# | dendrogram | 덴드로그램 (수형도) | the drawing of that tree |
# | linkage | 연결법 | what "distance between clusters" means in a tree |
# | Gaussian mixture model | 가우시안 혼합 모형 | rows drawn from several bell-shaped clouds |
# | expectation-maximisation (EM) | 기댓값 최대화 | probabilities, then refit, in turns |
# | Bayesian information criterion (BIC) | 베이즈 정보 기준 | fit against number of parameters; lower is better |
# | core distance | 핵심 거리 | the eps that would just make a point a core point |
# | reachability distance | 도달 거리 | the eps that it takes to reach the next point |
# | stop word | 불용어 | a word such as "the", left out |
# | TF-IDF | 단어 빈도-역문서 빈도 | weight of a word: often here, seldom elsewhere |
# | cosine similarity | 코사인 유사도 | 1 for texts with the same words in the same proportions |
# | Hounsfield unit (HU) | 하운스필드 단위 | scale of X-ray attenuation on CT: air -1000, water 0 |
# | mask | 마스크 | an image of True and False |
# | calcification | 석회화 | calcium in tissue, bright on CT |
# | emphysema | 폐기종 | lung whose walls between air spaces are destroyed |
# | partial volume effect | 부분용적효과 | one pixel that holds two tissues |
#
# ## References
#
# - Arthur D, Vassilvitskii S. k-means++: the advantages of careful seeding. SODA, 2007.
# - Hubert L, Arabie P. Comparing partitions. Journal of Classification 2, 1985.
# - Kaufman L, Rousseeuw PJ. Finding Groups in Data (PAM, CLARA). Wiley, 1990.
# - Ward JH. Hierarchical grouping to optimize an objective function. J. Am. Stat. Assoc. 58, 1963.
# - Dempster AP, Laird NM, Rubin DB. Maximum likelihood from incomplete data via the EM algorithm. J. R. Stat. Soc. B
#   39, 1977.
# - Schwarz G. Estimating the dimension of a model (BIC). Annals of Statistics 6, 1978.
# - Ankerst M, Breunig MM, Kriegel HP, Sander J. OPTICS. SIGMOD, 1999.
# - Salton G, Buckley C. Term-weighting approaches in automatic text retrieval. Inf. Process. Manag. 24, 1988.
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J. Environ. Econ. Manage. 5, 1978.
# - Gilley OW, Pace RK. On the Harrison and Rubinfeld data (corrections and coordinates). J. Environ. Econ. Manage. 31,
#   1996.
# - Gevenois PA and others. Comparison of computed density and macroscopic morphometry in pulmonary emphysema. Am. J.
#   Respir. Crit. Care Med. 152, 1995.
# - CT: test data of pyradiomics 3.0.1 (BSD-3-Clause). van Griethuysen JJM and others. Computational radiomics system
#   to decode the radiographic phenotype. Cancer Research 77, 2017.
