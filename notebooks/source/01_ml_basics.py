# %% [markdown]
# # 1. Machine-learning basics
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
#
# - say what a program learns, from what, and how you can tell that it has learned,
# - split data so that the score you report is honest, and find the step that makes a score lie,
# - decide between a simpler model, more measurements and better ones, by bias and variance,
# - set the threshold of a test for given costs,
# - say what a positive result means in your patients, and what a study's table supports.
#
# **Before you start** you need Python's basics (functions, lists, dictionaries, loops), the mean and the standard
# deviation. NumPy and pandas are explained on first use. Run the cells from top to bottom. Each *Your turn* has a cell
# with `...` to replace; the folded check below it says whether you are right, and what would come of your choice. The
# solution is folded too.
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

from coursekit import check, data, plot, stats, train

train.seed_everything(SEED)

# %% [markdown]
# ## 1. What it means to learn from data
#
# **Artificial intelligence** (AI) is any program that does what we would call intelligent in a person. **Machine
# learning** is the part of it in which behaviour comes from data instead of from rules that someone wrote. **Deep
# learning** is the part of machine learning that uses neural networks with many layers.

# %% tags=["figure"]
# @title Three nested sets
fig, ax = plt.subplots(figsize=(6.4, 3.2))
rings = [("Artificial intelligence", "an expert system of hand-written rules", 0.0, 3.0, "#d9e8f3")]
rings += [("Machine learning", "logistic regression, k-means, trees", -0.45, 2.1, "#9cc6e3")]
rings += [("Deep learning", "networks with many layers", -0.85, 1.2, "#4f9bcb")]
for title, example, centre, radius, colour in rings:
    ax.add_patch(plt.matplotlib.patches.Ellipse((0, centre), radius * 2.6, radius * 1.1, color=colour))
    ax.text(0, centre + radius * 0.55 - 0.36, title, ha="center", weight="bold", fontsize=10)
    ax.text(0, centre + radius * 0.55 - 0.62, example, ha="center", fontsize=8.5)
ax.set(xlim=(-4.2, 4.2), ylim=(-1.75, 1.75))
ax.axis("off")
plot.show(
    fig, alt="Three nested ellipses: deep learning lies inside machine learning, which lies in artificial intelligence."
)

# %% [markdown]
# Four neighbours use many of the same methods and ask other questions. For a hospital:
#
# - **Statistics**: how sure can I be about a population? Does drug A work better than drug B?
# - **Data mining**: what patterns hide in this database? Which diagnoses occur together?
# - **Big data**: how do I store and process so much? Ten years of monitor signals.
# - **Business intelligence**: what happened? A weekly report of bed occupancy.
#
# Machine learning itself asks: what will the *next* case be? Will this patient be readmitted?
#
# An environment, such as a hospital, gives **data** D. From D a **model** M is built for some task. A **performance
# measure** P says how well M does it. The program *learns* if P improves with the data it has seen (Mitchell, 1997).
# Data, model and measure are three choices, and you make all three.
#
# Take five pairs of numbers. The rule behind them is a line $y = a x + b$. A person would take two pairs and solve two
# equations, $2a + b = 6$ and $3a + b = 8$. In `np.linalg.solve` the matrix holds what stands before $a$ and $b$.

# %%
x = np.array([2, 3, 4, 5, 6])
y = np.array([6, 8, 10, 12, 14])
a, b = np.linalg.solve([[2, 1], [3, 1]], y[:2])
print(f"two equations: y = {a:.2f} x + {b:.2f}")

# %% [markdown]
# A learning program uses *all* pairs. `np.polyfit` with degree 1 finds the line that lies closest to them. People wrote
# the search; the rule $y = 2x + 2$ came out of the data. **The learned program is the output.**

# %%
slope, intercept = np.polyfit(x, y, deg=1)
print(f"fitted to all: y = {slope:.2f} x + {intercept:.2f}")

# %% [markdown]
# Both agree because these pairs are exact. Now each $y$ gets a random error with a standard deviation of 0.5. `rng` is
# a source of random numbers; from the same `SEED` come the same numbers.

# %%
rng = np.random.default_rng(SEED)
noisy_y = y + rng.normal(0, 0.5, size=5)
print(f"two equations: slope {np.linalg.solve([[2, 1], [3, 1]], noisy_y[:2])[0]:.2f}")
print(f"fitted to all: slope {np.polyfit(x, noisy_y, deg=1)[0]:.2f}")

# %% [markdown]
# Here 1.95 is nearer to 2 than 1.87. One draw proves nothing: luck may favour either way.
#
# ### Your turn 1.1: what three more pairs are worth
#
# Measure again and again, with new errors each time. By what factor does the slope from the first two pairs scatter
# more than the slope fitted to all five? Write down a guess. Then add a cell that draws errors 2,000 times, collects
# both slopes in lists, and divides their standard deviations (`np.std`).

# %% tags=["exercise"]
scatter_factor = ...

# %% tags=["check"]
# @title Check 1.1
check.value(
    "1.1 scatter of two slopes",
    scatter_factor,
    np.sqrt(2) / np.sqrt(1 / 10),
    tol=0.1,
    hint="In a loop: new errors, then both slopes into two lists. In the end divide np.std of one list by the other's.",
    slips={
        "You divided the variances. The standard deviation is the root of the variance.": 20,
        "That is upside down: the scatter of the two-pair slope goes on top.": np.sqrt(1 / 20),
        "That is the factor of the intercepts b. The slope a is asked for.": np.sqrt(13 / 1.8),
    },
)

# %% tags=["solution"]
# @title Solution 1.1
pairs = []
for _ in range(2000):
    drawn = y + rng.normal(0, 0.5, size=5)
    pairs.append((drawn[1] - drawn[0], np.polyfit(x, drawn, deg=1)[0]))
from_two, from_all = np.std(pairs, axis=0)
check.solution("1.1 scatter of two slopes", from_two / from_all)
# Theory gives the root of 20, about 4.5. More pairs alone would give the root of 5/2; the five also lie further apart.
# The two outer pairs, x = 2 and x = 6, would scatter only 1.1 times as much as all five: plan where to measure.

# %% [markdown]
# ## 2. Four kinds of learning
#
# They differ in what the learner is given. A **label** is the right answer to a case.
#
# - **Supervised**: inputs *and* their labels, such as X-rays with the diagnosis.
# - **Unsupervised**: inputs only; find groups of similar patients.
# - **Semi-supervised**: a few labels, many inputs without; of 2,020 slides 20 are labelled.
# - **Reinforcement**: a reward after each action; adapt an incubator's warmth, see what helps.
#
# **Supervised learning.** 768 women of Pima heritage without diabetes were examined; who developed it within five
# years? `pima` is a pandas table, a row for each woman. A comparison such as `pima["BMI"] > 0` gives True or False for
# each row; `&` means *and*. In square brackets such a list keeps the rows with True; its mean is the share of True.
# Here we drop rows in which a zero stands for *not measured*. Glucose is in mg/dl, two hours after a sugar drink.

# %%
pima = data.load_pima_diabetes()
measured = (pima["Glucose"] > 0) & (pima["BMI"] > 0)
pima = pima[measured].reset_index(drop=True)
features, has_diabetes = pima[["Glucose", "BMI", "Age"]], pima["Outcome"]
print(f"{measured.mean():.0%} of the women keep their row; {has_diabetes.mean():.0%} of these developed diabetes")

# %% [markdown]
# A **discrete** target, such as diabetes yes or no, makes the task **classification**. A **continuous** one, such as
# the BMI in kg/m², makes it **regression**. **Probability estimation** gives a number from 0 to 1. A supervised model
# in scikit-learn has `.fit(inputs, targets)` and `.predict(inputs)`.

# %%
from sklearn.linear_model import LinearRegression, LogisticRegression

classifier = LogisticRegression(max_iter=1000).fit(features, has_diabetes)
regressor = LinearRegression().fit(features[["Glucose", "Age"]], features["BMI"])
woman = pd.DataFrame({"Glucose": [160], "BMI": [36.0], "Age": [50]})
print(f"class: {classifier.predict(woman)[0]} (1 = diabetes)")
print(f"probability of diabetes: {classifier.predict_proba(woman)[0, 1]:.2f}")
print(f"BMI expected from glucose and age: {regressor.predict(woman[['Glucose', 'Age']])[0]:.0f} kg/m2")

# %% [markdown]
# `LogisticRegression` is a classifier in spite of its name: it adds up the features with weights and turns the sum into
# a probability. 0.79 is above one half, so it says class 1.
#
# **Unsupervised learning.** Here are 600 handwritten zeros and ones. Each picture of 28 × 28 pixels is a list of 784
# numbers, that is a point in a space of 784 dimensions. **Principal component analysis** (PCA) finds the two directions
# along which the points differ most; **k-means** (lab 2) splits the points into two groups. Both get inputs only: the
# labels stay hidden.

# %%
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

images, digits = data.load_mnist_10k()
chosen = np.flatnonzero(digits <= 1)[:600]  # the row numbers of the first 600 zeros and ones
pixels, hidden_label = images[chosen].reshape(600, 784) / 255, digits[chosen]
plane = PCA(n_components=2, random_state=SEED).fit_transform(pixels)
group = KMeans(n_clusters=2, n_init=5, random_state=SEED).fit_predict(plane)
agreement = max((group == hidden_label).mean(), (group != hidden_label).mean())  # groups have no names: try both
print(f"the groups match the hidden labels for {agreement:.0%} of the pictures")

# %% tags=["figure"]
# @title Two groups, found without labels
fig, axes = plt.subplot_mosaic("AAAbc;AAAde", figsize=(7.6, 3.2))
for number in (0, 1):
    axes["A"].scatter(*plane[group == number].T, s=14, marker=plot.MARKERS[number], label=f"group {number}")
    for place, one in zip(("bc", "de")[number], np.flatnonzero(group == number)[:2], strict=True):
        axes[place].imshow(pixels[one].reshape(28, 28), cmap="gray_r")
        axes[place].set_title(f"from group {number}", fontsize=9)
        axes[place].axis("off")
axes["A"].set(xlabel="first principal component", ylabel="second principal component")
axes["A"].legend()
plot.show(
    fig,
    alt="A broad cloud and a narrow arc, one group each; beside them two pictures from each group: zeros or ones.",
)

# %% [markdown]
# *We* asked for two groups, and the pictures happen to form two clouds. Which cloud is called 0 is chance.
#
# ## 3. A rule, a line, a wiggly border
#
# A bank wants to know who will repay. We simulate 1,200 customers with income and savings, in 1000 dollars. Both raise
# the probability to repay, but some rich customers fail and some poor ones pay: that part is noise.

# %%
rng = np.random.default_rng(SEED + 3)
income, savings = rng.uniform(10, 100, size=1200), rng.uniform(0, 60, size=1200)
probability_to_repay = 1 / (1 + np.exp(-(0.08 * income + 0.12 * savings - 7.5)))
repaid = rng.random(1200) < probability_to_repay
customers = np.column_stack([income, savings])  # two columns, a row for each customer


def low_risk(income, savings, t1, t2):
    return (income > t1) & (savings > t2)


# %% [markdown]
# The oldest kind of credit scoring is a rule that a person writes: **low risk IF income > t1 AND savings > t2**. Move
# the two thresholds. What is the best you can reach?


# %% tags=["figure"]
# @title The bank's rule
def draw_rule(t1=50, t2=20):
    right = (low_risk(income, savings, t1, t2) == repaid).mean()
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    for paid, name, marker in ((True, "repaid", "o"), (False, "did not", "^")):
        some = np.flatnonzero(repaid[:300] == paid)
        ax.scatter(income[some], savings[some], s=16, marker=marker, label=name)
    ax.plot([t1, t1, 101], [61, t2, t2], color="black", linestyle="-", label="the rule's corner")
    ax.set(xlabel="income ($1000)", ylabel="savings ($1000)", xlim=(5, 101), ylim=(-2, 61))
    ax.set_title(f"300 of 1,200 customers; the rule is right for {right:.0%} of all")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig, f"Repayers crowd at the upper right; the corner above {t1} and {t2} is right for {right:.0%} of all."


plot.explore(draw_rule, t1=(10, 100, 5), t2=(0, 60, 5))

# %% [markdown]
# A corner fits badly: much income can make up for little savings. A **linear classifier** finds a slanted line, with
# only three numbers to learn. A **nearest-neighbour** classifier gives each new customer the answer of the most similar
# known one, so its border can take any shape. Both learn from 200 customers; the other 1,000 are new. **Error** is the
# share of wrong answers.

# %%
from sklearn.neighbors import KNeighborsClassifier

models = {
    "linear classifier": LogisticRegression().fit(customers[:200], repaid[:200]),
    "nearest neighbour": KNeighborsClassifier(n_neighbors=1).fit(customers[:200], repaid[:200]),
}
errors = {name: model.predict(customers) != repaid for name, model in models.items()}
for name, wrong in errors.items():
    print(f"{name}: error {wrong[:200].mean():.2f} on the 200 it saw, {wrong[200:].mean():.2f} on 1000 new")

# %% tags=["figure"]
# @title The two borders
grid_income, grid_savings = np.meshgrid(np.linspace(10, 100, 150), np.linspace(0, 60, 120))
grid = np.column_stack([grid_income.ravel(), grid_savings.ravel()])
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    says = model.predict(grid).reshape(grid_income.shape).astype(float)
    ax.contourf(grid_income, grid_savings, says, levels=[-0.5, 0.5, 1.5], colors=["#f6d9c5", "#cfe3f1"])
    for paid, marker, colour in ((True, "o", "#0072B2"), (False, "^", "#D55E00")):
        some = np.flatnonzero(repaid[:200] == paid)
        label = "repaid" if paid else "did not"
        ax.scatter(income[some], savings[some], s=13, marker=marker, color=colour, linewidths=0, label=label)
    for spot, words in ((83, 54), "says: will repay"), ((27, 5), "says: will not"):
        ax.text(*spot, words, ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "black"})
    ax.set(title=name, xlabel="income ($1000)")
    ax.grid(False)
axes[0].set_ylabel("savings ($1000)")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plot.show(
    fig,
    alt="The linear border is a slanted line; the nearest-neighbour border is jagged, with islands round points.",
)

# %% [markdown]
# The nearest neighbour makes no error on customers it has seen: each is its own neighbour. On new ones its error is
# 0.23, the line's 0.18: it has learned the noise with the pattern, look at the islands. A simple model has more error
# on what it saw; a complex one fits more, including what will not repeat.
#
# ## 4. Honest splits
#
# So we never judge a model on the rows it learned from. The usual split has three parts. On the **training set** the
# model is fitted. On the **validation set** we compare models and settings, and choose. The **test set** is used once,
# at the end, for the number that we report.
#
# Why a third part? Because choosing is a kind of fitting too. A prediction first: 100 patients, and a coin decides the
# outcome of each. 1,000 models guess at random, and we keep the best. How good does it look on these 100?

# %%
rng = np.random.default_rng(SEED)
outcome, fresh_outcome = rng.integers(2, size=(2, 100))
guesses = rng.integers(2, size=(1000, 100))  # a row for each guesser, a column for each patient
accuracy = (guesses == outcome).mean(axis=1)  # axis=1: along each row, so one mean for each guesser
winner = guesses[np.argmax(accuracy)]  # argmax: the position of the greatest value, counted from 0
fresh_accuracy = (winner == fresh_outcome).mean()
print(f"best of 1000 random guessers: {accuracy.max():.0%} right on the 100 patients it was chosen on")
print(f"the same guesser on 100 new patients: {fresh_accuracy:.0%}")

# %% [markdown]
# A coin cannot be predicted, yet the winner looks clearly better than one half. If a whole field tries its models on
# one fixed test set, the same happens slowly: **a fixed test set gets overfitted** too.
#
# With few rows the score also depends on who happens to be in the test set. Here are 30 random splits of the women, a
# fifth of them held out each time. (**Accuracy** is the share of right answers.)

# %%
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, train_test_split

scores = []
for split in range(30):
    train_x, test_x, train_y, test_y = train_test_split(features, has_diabetes, test_size=0.2, random_state=split)
    scores.append(LogisticRegression(max_iter=1000).fit(train_x, train_y).score(test_x, test_y))
print(f"accuracy from {min(scores):.2f} to {max(scores):.2f}, depending on the split alone")

# %% [markdown]
# 0.70 or 0.81: a poor model or a good one, by luck. **K-fold cross-validation** makes more of few data. It cuts the
# rows into k parts. Each part is held out once, while the model learns from the others. So every row is tested once, by
# a model that has not seen it.

# %% tags=["figure"]
# @title Five folds
fig, ax = plt.subplots(figsize=(6.4, 2.4))
for fold in range(5):
    for part in range(5):
        tested = part == fold
        colours = {"color": "#fbe3d3", "edgecolor": "#D55E00"} if tested else {"color": "#cfe3f1"}
        ax.barh(fold, 0.94, left=part, height=0.7, linewidth=2, **colours)
        weight = "bold" if tested else "normal"
        ax.text(part + 0.47, fold, "held out" if tested else "train", ha="center", va="center", weight=weight)
ax.set(yticks=range(5), yticklabels=[f"round {fold + 1}" for fold in range(5)], xticks=[])
ax.set(xlabel="the rows, in 5 parts")
ax.invert_yaxis()
ax.grid(False)
plot.show(
    fig,
    alt="Five rounds; in each round another fifth of the rows is held out and the other four are for training.",
)

# %%
folds = KFold(n_splits=5, shuffle=True, random_state=SEED)
fold_scores = cross_val_score(LogisticRegression(max_iter=1000), features, has_diabetes, cv=folds)
print("accuracy of each fold:", fold_scores.round(2))
print(f"mean {fold_scores.mean():.2f}, standard deviation over folds {fold_scores.std(ddof=1):.2f}")

# %% [markdown]
# Report the mean *and* the spread: 0.77, give or take 0.03 from fold to fold. Compare two models on the same folds: if
# now one, now the other is better, take the simpler. Cross-validation takes the place of the validation set; a test set
# still stays apart. And if a patient has several rows, all of them belong into one part, or the model may recognise the
# patient instead of the disease. `GroupKFold` does that, with `groups=patient` in `cross_val_score`.
#
# ## 5. What leaks
#
# Glucose spreads over some 150 mg/dl, BMI over some 50 kg/m². In a distance the wider column would decide.
# **Standardisation**, $(x - \text{mean}) / \text{standard deviation}$, gives mean 0 and standard deviation 1. **Min-max
# normalisation**, $(x - \min) / (\max - \min)$, gives 0 to 1. These numbers are *learned from data*, so they belong to
# the model. What if a test row, 1100 by a typing error, is there while they are learned?

# %%
train_glucose, test_glucose = np.array([90, 120, 150]), np.array([110, 1100])
seen = {"training rows only": train_glucose, "all rows": np.append(train_glucose, test_glucose)}
for name, rows in seen.items():
    standardised = (train_glucose - rows.mean()) / rows.std()
    normalised = (train_glucose - rows.min()) / (rows.max() - rows.min())
    print(f"learned from {name}: standardised {standardised.round(2)}, normalised {normalised.round(2)}")

# %% [markdown]
# The *training* row 150 went from 1 to 0.06 because of a *test* row. This is **leakage**: knowledge of the test rows
# flows into training. In daily use the test row is tomorrow's patient, whom you cannot know yet.
#
# Scaling alone usually leaks little. A step that looks at the labels can fake a whole result. Predict: 60 patients,
# 5,000 columns of noise, a coin for the diagnosis. We keep the 20 columns that fit the diagnosis best, then
# cross-validate. Which accuracy is really possible, and which will we see?

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

rng = np.random.default_rng(SEED)
noise, coin = rng.normal(size=(60, 5000)), rng.integers(2, size=60)
best_columns = SelectKBest(k=20).fit_transform(noise, coin)  # wrong: the selection has seen every row
leaky_score = cross_val_score(LogisticRegression(), best_columns, coin, cv=5).mean()
inside = make_pipeline(SelectKBest(k=20), LogisticRegression())  # right: selected anew within each training part
honest_score = cross_val_score(inside, noise, coin, cv=5).mean()
print(f"selected on all rows: accuracy {leaky_score:.2f}")
print(f"selected inside each fold: {honest_score:.2f}; by chance 0.50, give or take {np.sqrt(0.25 / 60):.2f}")

# %% [markdown]
# Noise "predicts" a coin with 0.98, because the selection had seen the answers of the test rows. A **pipeline** glues
# the steps together, so that cross-validation fits all of them on the training part only. Then the score is 0.58: one
# half, as far as 60 patients can tell.
#
# ### Your turn 1.2: three broken steps, one lie
#
# A colleague shows you the next cell: 200 patients, three blood samples of each, 40 values a sample (simulated). Who
# had a complication? All three marked steps break a rule of this lab. Which one makes the score lie? Add a cell; mend
# one step at a time, then all three. Choose `"scaling"`, `"selection"`, `"folds"`, or `"equal"` if all count alike.
# Then store by how many percentage points the reported score lies above the score with all three mended.

# %%
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(2)  # not SEED: everybody gets the same patients
patient, ill = np.repeat(np.arange(200), 3), rng.integers(2, size=200)  # repeat: 0 0 0 1 1 1 2 2 2 ...
person = rng.normal(size=(200, 40))
person[:, :5] += 0.9 * ill[:, None]  # five values do depend on the complication; [:, None] makes ill a column
samples = person[patient] + rng.normal(0, 0.3, size=(600, 40))
complication = ill[patient]

scaled = StandardScaler().fit_transform(samples)  # scaling
best_values = SelectKBest(k=10).fit_transform(scaled, complication)  # selection
shuffled = KFold(n_splits=5, shuffle=True, random_state=0)  # folds
reported = cross_val_score(KNeighborsClassifier(1), best_values, complication, cv=shuffled).mean()
print(f"the colleague reports an accuracy of {reported:.2f}")

# %% tags=["exercise"]
lying_step = ...
points_too_high = ...


# %% tags=["check"]
# @title Check 1.2
def accuracy_with(*steps, columns=samples, cut=shuffled, **by):
    return cross_val_score(make_pipeline(*steps, KNeighborsClassifier(1)), columns, complication, cv=cut, **by).mean()


by_patient = {"cut": GroupKFold(5), "groups": patient}
scaling = accuracy_with(StandardScaler(), columns=SelectKBest(k=10).fit_transform(samples, complication))
selection = accuracy_with(SelectKBest(k=10), columns=scaled)
folds_only = accuracy_with(columns=best_values, **by_patient)
points = 100 * (reported - accuracy_with(StandardScaler(), SelectKBest(k=10), **by_patient))
falls = f"With the folds mended alone it falls to {folds_only:.2f}."
outcomes = {
    "scaling": f"A leak, but worth nothing here: mended alone, the score is still {scaling:.2f}. {falls}",
    "selection": f"It faked all in 5,000 columns; 10 of 40 is mild: mended alone, still {selection:.2f}. {falls}",
    "folds": f"{falls} For each sample that was held out, the model knew others of the same patient.",
    "equal": f"Mended alone, scaling leaves {scaling:.2f}, selection {selection:.2f}. {falls}",
}
check.choice("1.2 the step that lies", lying_step, "folds", outcomes)
hint = "A pipeline of StandardScaler, SelectKBest and the neighbour; GroupKFold(5) with groups=patient."
slips = {
    "That is the honest score itself, in percent. By how much is the report above it?": 100 * reported - points,
    "That is a share. In percentage points it is 100 times as much.": points / 100,
    "You mended the folds only; the selection still sees the test patients.": 100 * (reported - folds_only),
}
check.value("1.2 percentage points", points_too_high, points, tol=0.14, hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 1.2
mended = make_pipeline(StandardScaler(), SelectKBest(k=10), KNeighborsClassifier(1))
honest = cross_val_score(mended, samples, complication, cv=GroupKFold(5), groups=patient).mean()
check.solution("1.2 the step that lies", "folds")
check.solution("1.2 percentage points", 100 * (reported - honest))
print(f"honest: {honest:.2f}. With the folds mended, the selection was still worth {folds_only - honest:.2f}.")

# %% [markdown]
# ## 6. Too simple, too complex
#
# A tablet lowers the blood pressure: the effect rises within two hours and then fades. We know the true curve here,
# because we made it. Each reading has an error with a standard deviation of 4 mmHg. We fit polynomials: degree 1 is a
# line, and each further degree allows one more bend. As in section 1, the fit makes the **mean squared error** on the
# points as small as possible: the average of (curve - point)².


# %%
def true_effect(hours):
    return 40 * hours * np.exp(-0.5 * hours)  # fall of the blood pressure in mmHg


def measure(hours, noise, rng):
    return true_effect(hours) + rng.normal(0, noise, size=len(hours))


hours, rng = np.linspace(0, 8, 20), np.random.default_rng(SEED + 5)
effect = measure(hours, 4, rng)
new_hours = rng.uniform(0, 8, size=500)
new_effect = measure(new_hours, 4, rng)


# %% tags=["figure"]
# @title A curve through 20 measurements
def draw_fit(degree=3):
    curve = np.polynomial.Polynomial.fit(hours, effect, degree)
    seen = np.mean((curve(hours) - effect) ** 2)
    unseen = np.mean((curve(new_hours) - new_effect) ** 2)
    grid = np.linspace(0, 8, 200)
    fig, ax = plt.subplots()
    ax.plot(grid, true_effect(grid), label="truth", color="black", linestyle=":")
    ax.plot(grid, curve(grid), label=f"degree {degree}", linestyle="-")
    ax.scatter(hours, effect, label="20 measurements", color="#D55E00", zorder=3, s=22)
    ax.set(xlabel="hours after the tablet", ylabel="effect (mmHg)", ylim=(-15, 50))
    ax.set_title(f"mean squared error: seen {seen:.1f}, new {unseen:.1f} mmHg²")
    ax.legend()
    return fig, f"Truth peaks at 2 h; degree {degree} has error {seen:.1f} mmHg² on seen, {unseen:.1f} on new points."


plot.explore(draw_fit, degree=(1, 14))

# %%
for degree in (1, 2, 4, 6, 10, 14):
    curve = np.polynomial.Polynomial.fit(hours, effect, degree)
    seen, unseen = np.mean((curve(hours) - effect) ** 2), np.mean((curve(new_hours) - new_effect) ** 2)
    print(f"degree {degree:2}: mean squared error {seen:5.1f} mmHg² on seen points, {unseen:5.1f} on new ones")

# %% [markdown]
# Degree 1 misses the hump: it **underfits**. Degree 14 runs after the noise: it **overfits**, with 0.6 on seen points
# and 66.2 on new ones. On seen points the error only falls; on new ones it falls and rises again. (Low degrees do worse
# on the seen points because one of these 20 lies at hour 0, where a stiff curve is furthest off.)
#
# Let 300 laboratories measure and fit alike. **Bias** is how far their *average* curve lies from the truth: what the
# model cannot express. **Variance** is how much the curves *differ*: what depends on the luck of the sample. The
# expected squared error on a new reading is bias² + variance + noise², here with noise² = $4^2$.


# %%
def bias_and_variance(degree, n=20, noise=4):
    """Bias² and variance (mmHg²) of 300 fitted curves, each from n readings."""
    grid, hours, curves = np.linspace(0, 8, 100), np.linspace(0, 8, n), []
    for seed in range(300):
        measured = measure(hours, noise, np.random.default_rng(seed))
        curves.append(np.polynomial.Polynomial.fit(hours, measured, degree)(grid))
    off = np.mean(curves, axis=0) - true_effect(grid)  # axis=0: down the columns, over the laboratories
    return np.mean(off**2), np.var(curves, axis=0).mean()


degrees = np.arange(1, 11)
bias_squared, variance = np.array([bias_and_variance(degree) for degree in degrees]).T
expected = bias_squared + variance + 16
lowest = degrees[np.argmin(expected)]
print(f"least expected error: degree {lowest}, {expected.min():.1f} mmHg², of which 16 are noise²")

# %% tags=["figure"]
# @title Bias and variance
fig, ax = plt.subplots(figsize=(6.4, 3.4))
parts = {"expected error": expected, "bias²": bias_squared, "variance": variance, "noise²": np.full(10, 16)}
for (name, values), marker in zip(parts.items(), plot.MARKERS, strict=False):
    ax.plot(degrees, values, marker=marker, label=name)
ax.set(xlabel="degree of the polynomial (complexity)", ylabel="mmHg²", ylim=(0, 65), xticks=degrees)
ax.legend()
plot.show(fig, alt=f"Bias² falls and variance rises with the degree; the expected error is least at degree {lowest}.")

# %% [markdown]
# With real data nobody knows the truth, so bias and variance cannot be told apart. But the error on a validation set
# estimates the whole sum, and that is enough to choose.
#
# ### Your turn 1.3: one budget, four plans
#
# For the next tablet, with such a curve, the budget pays 60 readings with today's device or 20 with a better one.
#
# - A: 60 readings with an error of 4 mmHg, degree 3
# - B: 20 readings with an error of 2 mmHg, degree 4
# - C: 60 readings with an error of 4 mmHg, degree 4
# - D: 20 readings with an error of 2 mmHg, degree 10
#
# Rank them in your head. Then compute in a cell of your own: which plan's curve lies nearest to the truth, with the
# least bias² + variance?

# %% tags=["exercise"]
best_plan = ...

# %% tags=["check"]
# @title Check 1.3
plans = {"A": (3, 60, 4), "B": (4, 20, 2), "C": (4, 60, 4), "D": (10, 20, 2)}
parts_of = {plan: bias_and_variance(*setting) for plan, setting in plans.items()}
typical = {plan: f"{np.sqrt(sum(both)):.1f} mmHg off" for plan, both in parts_of.items()}
check.choice(
    "1.3 the best plan",
    best_plan,
    "B",
    {
        "A": f"{typical['A']}, typically: bias² {parts_of['A'][0]:.1f} of {sum(parts_of['A']):.1f} mmHg². No number of "
        f"readings mends what a cubic cannot express. Plan B: {typical['B']}.",
        "B": f"{typical['B']}, typically; C: {typical['C']}. The variance goes with noise² / readings: half the noise "
        "is worth four times the readings, and the budget buys only three times as many.",
        "C": f"{typical['C']}, typically; plan B: {typical['B']}. The variance goes with noise² / readings: three "
        "times the readings are worth less than half the noise.",
        "D": f"{typical['D']}, typically: degree 10 bends after the noise, variance {parts_of['D'][1]:.1f} mmHg². "
        f"Plan B, the same readings: {typical['B']}.",
    },
)

# %% tags=["solution"]
# @title Solution 1.3
sums = {plan: sum(bias_and_variance(*setting)) for plan, setting in plans.items()}  # degree, readings, noise
check.solution("1.3 the best plan", min(sums, key=sums.get))
print("bias² + variance, mmHg²:", ", ".join(f"{plan} {total:.2f}" for plan, total in sums.items()))

# %% [markdown]
# ## 7. Measures
#
# **Regression.** The **mean absolute error** (MAE) is the average size of a miss, in the unit of the target. The mean
# squared error (MSE) squares first; it is smooth, which is why training uses it. Here are five stays in hospital. What
# does one of a month do to each measure?

# %%
predicted = np.array([4, 5, 3, 6, 4])
for name, stay in {"usual": np.array([3, 5, 2, 8, 4]), "a month": np.array([3, 5, 2, 8, 34])}.items():
    print(f"{name:8} MAE {np.abs(stay - predicted).mean():.1f} days, MSE {((stay - predicted) ** 2).mean():.1f} days²")

# %% [markdown]
# The MSE grows far more; the MAE is less sensitive to **outliers**.
#
# **Classification.** A test says *positive* or *negative*, and a patient is sick or healthy. (*Sick* is short for:
# developed diabetes.) That makes four counts: **true positives** (TP: sick, found), **false positives** (FP: healthy,
# alarmed), **false negatives** (FN: sick, missed), **true negatives** (TN: healthy, left in peace). We fit on half of
# the women, count on a quarter (validation), and put a quarter away (test). `stratify` keeps the share of sick alike.

# %%
train_x, rest_x, train_y, rest_y = train_test_split(
    features, has_diabetes, test_size=0.5, random_state=3, stratify=has_diabetes
)
val_x, test_x, val_y, test_y = train_test_split(rest_x, rest_y, test_size=0.5, random_state=3, stratify=rest_y)
model = LogisticRegression(max_iter=1000).fit(train_x, train_y)
probability, sick = model.predict_proba(val_x)[:, 1], val_y.to_numpy() == 1
says = probability >= 0.5
tp, fp, fn, tn = (says & sick).sum(), (says & ~sick).sum(), (~says & sick).sum(), (~says & ~sick).sum()  # ~ is not
print(f"of {len(sick)} women, {(~sick).mean():.0%} of them healthy: TP {tp}, FP {fp}, FN {fn}, TN {tn}")

# %% [markdown]
# Read each measure as a question.

# %%
precision, recall = tp / (tp + fp), tp / (tp + fn)
measures = {
    "accuracy: how many answers are right?": (tp + tn) / (tp + fp + fn + tn),
    "sensitivity = recall = true-positive rate: how many of the sick are found?": recall,
    "specificity = true-negative rate: how many of the healthy are left in peace?": tn / (tn + fp),
    "positive predictive value (PPV) = precision: how many alarms are true?": precision,
    "negative predictive value (NPV): how many all-clears are true?": tn / (tn + fn),
    "F1: harmonic mean 2ab/(a+b) of precision and recall, nearer to the smaller": 2 / (1 / precision + 1 / recall),
}
for question, number in measures.items():
    print(f"{number:.2f}  {question}")
low, high = stats.bootstrap_interval(np.mean, says[sick], seed=SEED)
print(f"95 % interval of the sensitivity, from {sick.sum()} sick women: {low:.2f} to {high:.2f}")

# %% [markdown]
# "Healthy" for all would be right for 65 %: an accuracy of 0.77 says little. The interval comes from drawing the sick
# women again and again with replacement (the *bootstrap*): a sensitivity of 0.58 may as well be 0.45 or 0.70.
#
# We took 0.5 as the **threshold**. Move it. The **ROC curve** draws sensitivity against the false-positive rate (1 -
# specificity) for *all* thresholds. The **AUC** is the area under it: 1 is perfect, 0.5 is a coin.

# %%
from sklearn.metrics import roc_auc_score, roc_curve

false_positive_rate, true_positive_rate, _ = roc_curve(sick, probability)
auc = roc_auc_score(sick, probability)


# %% tags=["figure"]
# @title The threshold, and the ROC curve
def draw_threshold(threshold=0.5):
    sensitivity, false_alarms = (probability[sick] >= threshold).mean(), (probability[~sick] >= threshold).mean()
    fig, ax = plt.subplots(figsize=(4.4, 3.8))
    ax.plot(false_positive_rate, true_positive_rate, label=f"model, AUC {auc:.2f}")
    ax.plot([0, 1], [0, 1], label="coin, AUC 0.50")
    ax.scatter(false_alarms, sensitivity, s=70, color="black", zorder=3, label=f"threshold {threshold:.2f}")
    ax.set(xlabel="false-positive rate (1 - specificity)", ylabel="sensitivity")
    ax.set_title(f"sensitivity {sensitivity:.2f}, specificity {1 - false_alarms:.2f}")
    ax.legend(loc="lower right")
    return fig, f"ROC curve; {threshold:.2f} alarms {sensitivity:.0%} of the sick, {false_alarms:.0%} of the healthy."


plot.explore(draw_threshold, threshold=(0.05, 0.95, 0.05))

# %% [markdown]
# The AUC has a plain meaning. Draw one sick and one healthy woman: it is the chance that the sick one gets the higher
# probability. NumPy compares all pairs at once if one list stands upright, as a column; `[:, None]` does that.

# %%
higher = probability[sick][:, None] > probability[~sick]  # a row for each sick woman, a column for each healthy one
print(f"the sick one is higher in {higher.mean():.3f} of {higher.shape[0]} x {higher.shape[1]} pairs; AUC {auc:.3f}")

# %% [markdown]
# ### Your turn 1.4: a threshold for these costs
#
# A missed woman costs €2,000 in later care, a false alarm €400. A woman is alarmed if `probability >= threshold`. Which
# of the `thresholds` is the cheapest on the validation women? First say where it would lie, were both costs equal.

# %%
thresholds = np.linspace(0.05, 0.95, 19).round(2)

# %% tags=["exercise"]
cheapest = ...


# %% tags=["check"]
# @title Check 1.4
def costs(missed, alarm):
    alarmed = probability >= thresholds[:, None]
    return missed * (~alarmed & sick).sum(axis=1) + alarm * (alarmed & ~sick).sum(axis=1)


check.value(
    "1.4 cheapest threshold",
    cheapest,
    thresholds[costs(2000, 400).argmin()],
    tol=0.001,
    hint="For each threshold count the sick below it and the healthy at or above it; add up the euros; take the least.",
    slips={
        "You swapped the costs: a missed woman is the dear one.": thresholds[costs(400, 2000).argmin()],
        "That makes the fewest errors. But a miss costs five times a false alarm.": thresholds[costs(1, 1).argmin()],
        "That is the position of the least cost. Look up the threshold there.": costs(2000, 400).argmin(),
    },
)

# %% tags=["solution"]
# @title Solution 1.4
totals = []
for threshold in thresholds:
    alarmed = probability >= threshold
    totals.append(2000 * (~alarmed & sick).sum() + 400 * (alarmed & ~sick).sum())
best = thresholds[np.argmin(totals)]
check.solution("1.4 cheapest threshold", best)
# Once, on the test women. If the probabilities can be trusted, the best threshold is near 400 / (400 + 2000) = 0.17.
tested, test_sick = model.predict_proba(test_x)[:, 1], test_y.to_numpy() == 1
for threshold in (best, 0.5):
    alarmed = tested >= threshold
    euros = 2000 * (~alarmed & test_sick).sum() + 400 * (alarmed & ~test_sick).sum()
    found = alarmed[test_sick].mean()
    print(f"threshold {threshold}: finds {found:.0%} of the sick, costs €{euros / len(tested):.0f} a woman")

# %% [markdown]
# ## 8. The same test in another population
#
# A test finds 90 % of the sick and clears 90 % of the healthy. You use it in screening, where 1 % are sick (this share
# is the **prevalence**), and in a clinic, where 30 % are. Your patient tests positive. How likely is she sick, in each
# place? Write down two numbers; then count 10,000 people.

# %%
ppv = {}
for prevalence in (0.01, 0.30):
    true_alarms, false_alarms = 0.9 * 10_000 * prevalence, 0.1 * 10_000 * (1 - prevalence)
    ppv[prevalence] = true_alarms / (true_alarms + false_alarms)
    print(f"prevalence {prevalence:.0%}: {true_alarms:.0f} true and {false_alarms:.0f} false alarms", end=", ")
    print(f"PPV {ppv[prevalence]:.3f}")

# %% [markdown]
# The same test, 8 % and 79 %. In screening eleven of twelve alarms are false, because a tenth of so many healthy people
# outnumbers the sick. Sensitivity and specificity describe the test, at least roughly: in screening the disease is
# often milder, and then the sensitivity falls too. The PPV describes the test *in a population*.


# %% tags=["figure"]
# @title PPV and prevalence
def draw_ppv(sensitivity=0.9, specificity=0.9):
    prevalence = np.linspace(0.001, 0.5, 500)
    true_alarms, false_alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    values = true_alarms / (true_alarms + false_alarms)
    fig, ax = plt.subplots(figsize=(5.6, 3.2))
    ax.plot(prevalence * 100, values)
    at_1, at_30 = np.interp([0.01, 0.3], prevalence, values)
    for percent, value, place in ((1, at_1, "screening"), (30, at_30, "clinic")):
        ax.scatter(percent, value, color="black", zorder=3)
        ax.annotate(f"{place} {value:.2f}", (percent, value), xytext=(8, -12), textcoords="offset points")
    ax.set(xlabel="prevalence (%)", ylabel="PPV", ylim=(0, 1.05))
    return fig, f"The PPV rises steeply with the prevalence: {at_1:.2f} at 1 % and {at_30:.2f} at 30 %."


plot.explore(draw_ppv, sensitivity=(0.5, 1.0, 0.05), specificity=(0.5, 0.99, 0.01))

# %% [markdown]
# ### Your turn 1.5: which sentence does the table support?
#
# A study tested 200 people known to be sick and 200 known to be healthy:
#
# | | sick | healthy |
# |---|---|---|
# | test positive | 170 | 10 |
# | test negative | 30 | 190 |
#
# A town, where 2 % are sick, wants to screen everybody. Store the PPV that the test would have there. Then choose the
# sentence that the table supports.
#
# - A: In the town, about 94 of 100 people with a positive result will be sick.
# - B: In the town, about 14 of 100 people with a negative result will be sick.
# - C: In the town, the test will be right more often than saying "healthy" to all.
# - D: In the town, about 5 of 100 healthy people will get a false alarm.

# %% tags=["exercise"]
ppv_in_town = ...
supported = ...

# %% tags=["check"]
# @title Check 1.5
town = {"TP": 0.02 * 0.85, "FN": 0.02 * 0.15, "FP": 0.98 * 0.05, "TN": 0.98 * 0.95}
town_ppv, town_missed = town["TP"] / (town["TP"] + town["FP"]), town["FN"] / (town["FN"] + town["TN"])
hint = "Sensitivity and specificity from the columns of the table. Then count the alarms among 10,000 of the town."
slips = {
    "That is the PPV in the study, where half the people were sick.": 170 / 180,
    "That is the sensitivity: the share of the sick that are found.": 170 / 200,
    "You divided by all people. Divide the true alarms by all alarms.": town["TP"],
    "You compared true with false alarms. Divide by both together.": town["TP"] / town["FP"],
}
check.value("1.5 PPV in the town", ppv_in_town, town_ppv, tol=0.002, hint=hint, slips=slips)
outcomes = {
    "A": f"170 of 180 is the PPV where half are sick. In the town about {100 * town_ppv:.0f} of 100 are: most people "
    "whom you tell that they are sick are not.",
    "B": f"30 of 220 holds where half are sick. In the town {1000 * town_missed:.0f} of 1,000 people with an all-clear "
    "are sick; you would frighten the others for nothing.",
    "C": f"It is right for {town['TP'] + town['TN']:.1%} of the town, and 'healthy' for all is right for 98 %. (And "
    "yet it may be of use: it finds sick people. Accuracy cannot see that.)",
    "D": "10 of 200, counted among the healthy only, so the prevalence does not matter. With only 200, 2 to 9 of 100 "
    "are possible, and more if the town's healthy have other diseases than the study's.",
}
check.choice("1.5 the sentence", supported, "D", outcomes)

# %% tags=["solution"]
# @title Solution 1.5
sensitivity, specificity = 170 / 200, 190 / 200
true_alarms, false_alarms = sensitivity * 0.02, (1 - specificity) * 0.98
check.solution("1.5 PPV in the town", true_alarms / (true_alarms + false_alarms))
check.solution("1.5 the sentence", "D")
# PPV, NPV and accuracy mix sick and healthy people, in the proportion that the authors chose. Only what is counted
# within the sick or within the healthy can be carried to another place, and only if the people there are alike.

# %% [markdown]
# ## Going further
#
# [More kinds, more measures](further/01_more_kinds_and_measures.ipynb) has five sections; read any on its own.
#
# - *A few labels, many pictures*: when pictures without a label help a classifier, and when they harm it.
# - *Learning from reward*: three treatments, nobody knows which is best; learn while treating.
# - *When more data help*: learning curves, before you pay for more patients.
# - *More than two classes*: a table of three classes; micro, macro and weighted averages.
# - *People and machines*: what a trial says of reading with an AI, and where a model should run.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "A laboratory has 5,000 blood smears, of which an expert has labelled 50. Which kind of learning uses all of them?",
    ["supervised", "reinforcement", "semi-supervised", "unsupervised"],
    2,
    [
        "Supervised learning uses only the 50 with labels.",
        "There is no action and no reward here.",
        "It uses the labels of the few and the structure of the many.",
        "Unsupervised learning would ignore the 50 labels.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A contest: 300 teams, one hidden test set of 100 patients, half of them sick. The best model has 64 % right.",
    [
        "The best model has found something, if only a little.",
        "Guessers would do about as well; a new test set must tell.",
        "The test set is too hard, so the contest should be repeated with another.",
        "The 300 models should be averaged, and the average tested on these patients.",
    ],
    1,
    [
        "The best of 1,000 coin guessers looked even better in section 4.",
        "The best of 300 coins reaches 64 of 100 in about six of ten such contests.",
        "No score of a winner says how hard a test set is.",
        "That chooses again on the same patients, and the score stays flattered.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A model has 1 % errors on training rows and 30 % on new rows. Which remedy fits least?",
    ["more training rows", "a simpler model", "a more flexible model", "fewer features"],
    2,
    [
        "It suffers from variance, and more rows make the sample's luck matter less.",
        "It suffers from variance, and a simpler model depends less on its sample.",
        "That cures bias, which would show as many errors on the training rows too.",
        "Fewer features make the model simpler, and so less dependent on its sample.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A hospital moves a good test from the specialist clinic to screening of the whole town. What falls most?",
    ["positive predictive value", "negative predictive value", "sensitivity", "specificity"],
    0,
    [
        "With few sick people most alarms come from the many healthy ones.",
        "With fewer sick people an all-clear becomes even more reliable.",
        "It depends on how the test treats the sick; it falls only as far as their disease is milder.",
        "It depends on how the test treats the healthy, not on how many there are.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown
#
# The main claims of the text, as tests that fail if a claim is not true.

# %% tags=["nbval-check-output"]
assert np.allclose([a, b], [2, 2]) and np.allclose([slope, intercept], [2, 2])
assert agreement > 0.95
assert errors["nearest neighbour"][:200].sum() == 0
assert errors["nearest neighbour"][200:].mean() > errors["linear classifier"][200:].mean() + 0.02
assert accuracy.max() > 0.6 and 0.3 < fresh_accuracy < 0.65
assert min(scores) < 0.73 < 0.79 < max(scores)
assert leaky_score > 0.8 and honest_score < 0.7
assert bias_squared[0] > 10 * bias_squared[4] and variance[-1] > 5 * variance[0]
assert 2 < lowest < 8
assert 0.75 < auc < 0.9 and np.isclose(higher.mean(), auc)
assert np.allclose([ppv[0.01], ppv[0.30]], [90 / 1080, 2700 / 3400])
print("All claims hold.")

# %% [markdown]
# ## Summary
#
# - A learning program builds a model from data so that a performance measure improves.
# - Fit on training rows, choose on validation rows, report on test rows, once. Scaling and selection belong inside the
#   cross-validation, in a pipeline, and all rows of a patient into one part.
# - The expected squared error on new cases is bias² + variance + noise². A validation set finds the balance.
# - A threshold follows from what a miss and a false alarm cost.
# - Sensitivity and specificity describe the test; PPV and NPV also depend on the prevalence.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | machine learning | 기계 학습 | behaviour that comes from data |
# | deep learning | 딥러닝 (심층 학습) | machine learning with many-layered neural networks |
# | supervised learning | 지도 학습 | learning from inputs with labels |
# | unsupervised learning | 비지도 학습 | learning from inputs without labels |
# | semi-supervised learning | 준지도 학습 | few labels, many inputs |
# | reinforcement learning | 강화 학습 | learning from rewards |
# | classification | 분류 | predicting a discrete target |
# | regression | 회귀 | predicting a continuous target |
# | cross-validation | 교차 검증 | each part of the data is the test set once |
# | standardisation | 표준화 | mean 0, standard deviation 1 |
# | leakage | 데이터 누수 | knowledge of the test rows in training |
# | overfitting | 과적합 | fitting the chance in the sample |
# | bias | 편향 | error of the average model |
# | variance | 분산 | how much the model depends on the sample |
# | threshold | 임계값 | the probability from which a test says positive |
# | sensitivity, recall | 민감도, 재현율 | share of the sick that are found |
# | specificity | 특이도 | share of the healthy that are cleared |
# | positive predictive value, precision | 양성 예측도, 정밀도 | share of alarms that are true |
# | prevalence | 유병률 | share of the sick in a population |
#
# ## References
#
# - T. Mitchell, *Machine Learning*, McGraw-Hill, 1997.
# - J. W. Smith et al., "Using the ADAP learning algorithm to forecast the onset of diabetes mellitus", *Proc. Annu.
#   Symp. Comput. Appl. Med. Care*, 1988: the Pima data.
# - Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*.
# - C. Ambroise, G. McLachlan, "Selection bias in gene extraction on the basis of microarray gene-expression data",
#   *PNAS*, 2002: the leak of section 5.
