# %% [markdown]
# # 1. Machine-learning basics
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
#
# - learn a rule from data, and say how much the luck of one sample moves it,
# - split data so that a score is honest, and find the step that makes it lie,
# - choose how complex a model may be, by cross-validation,
# - set the threshold of a test for given costs,
# - say what a positive result means among your patients.
#
# **Before you start** you need Python's basics (functions, lists, loops), the mean and the standard deviation. Each
# *Your turn* has a cell with `...` to replace; the folded check below it says what comes of your answer. *New words*,
# at the end, gives each term in Korean too.
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

from coursekit import check, data, plot, stats, train  # this course's helpers: feedback, data sets, figures

train.seed_everything(SEED)  # the same random numbers for everybody

# %% [markdown]
# ## 1. What it means to learn from data
#
# **Artificial intelligence** is any program that does what we would call intelligent in a person. In **machine
# learning** its behaviour comes from data, not from written rules. **Deep learning** does that with neural networks
# of many layers.

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
# An environment, such as a hospital, gives **data** D. From D a **model** M is built. A **performance measure** P
# says how well M does its task. The program *learns* if P improves with the data (Mitchell, 1997).
#
# Five pairs of numbers follow a line $y = a x + b$. From two pairs a person solves $2a + b = 6$ and $3a + b = 8$.

# %%
x = np.array([2, 3, 4, 5, 6])
y = np.array([6, 8, 10, 12, 14])
a, b = np.linalg.solve([[2, 1], [3, 1]], y[:2])  # what stands before a and b; the first two y
print(f"two equations: y = {a:.2f} x + {b:.2f}")

# %% [markdown]
# A learning program uses *all* pairs: `np.polyfit` finds the closest line (`deg=1`). The rule $y = 2x + 2$ came out
# of the data. **The learned program is the output.**

# %%
slope, intercept = np.polyfit(x, y, deg=1)
print(f"fitted to all: y = {slope:.2f} x + {intercept:.2f}")

# %% [markdown]
# Now each $y$ gets a random error with a standard deviation of 0.5, from `rng`, a source of random numbers.

# %%
rng = np.random.default_rng(SEED)
noisy_y = y + rng.normal(0, 0.5, size=5)
print(f"two equations: slope {np.linalg.solve([[2, 1], [3, 1]], noisy_y[:2])[0]:.2f}")
print(f"fitted to all: slope {np.polyfit(x, noisy_y, deg=1)[0]:.2f}")

# %% [markdown]
# Here 1.95 is nearer to 2 than 1.87. But one draw proves nothing.
#
# ### Your turn 1.1: what three more pairs are worth
#
# With new errors each time: by what factor does the slope from the first two pairs scatter more than the slope fitted
# to all five? Write down a guess. Then draw 2,000 times in a cell of your own, collect both slopes, and divide their
# standard deviations (`np.std`). One decimal is enough.

# %% tags=["exercise"]
scatter_factor = ...

# %% tags=["check"]
# @title Check 1.1
slips = {
    "You divided the variances. The standard deviation is the root of the variance.": 20,
    "That is upside down: the scatter of the two-pair slope goes on top.": np.sqrt(1 / 20),
    "That is the factor of the intercepts b, or of errors drawn without size=5: each y needs its own error.": 2.69,
    "That is the root of 5/2, for five pairs instead of two. The five also lie further apart: simulate.": np.sqrt(2.5),
    "That is how much further apart the outer pairs lie. Three more lie between them: simulate.": 4,
    "A good guess, and a little too much. Draw 2,000 times.": 5,
    "The two-pair slope never changes: make rng once, before the loop, and draw the errors inside it.": 0,
}
check.value(
    "1.1 scatter of two slopes",
    scatter_factor,
    np.sqrt(20),
    tol=0.07,
    hint="In a loop: new errors, then both slopes into two lists. In the end divide np.std of one list by the other's.",
    slips=slips,
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
# ## 2. Kinds of learning
#
# They differ in what the learner is given. A **label** is the right answer to a case.
#
# - **Supervised**: inputs *and* their labels, such as X-rays with the diagnosis.
# - **Unsupervised**: inputs only; find groups of similar patients.
# - **Semi-supervised**: a few labels, and many inputs without.
# - **Reinforcement**: a reward after each action, as when a trial gives the better drug more often.
#
# This lab is about supervised learning. 768 women of Pima heritage without diabetes were examined; who developed it
# within five years? That is a *prognosis*. `pima` has a row for each woman. `pima["BMI"] > 0` gives True or False for
# each row, `&` means *and*, and square brackets keep the rows with True. So we drop the few women in whom a zero
# stands for *not measured*. Inputs are called **features**, what is predicted the **target**. Glucose is in mg/dl,
# two hours after a sugar drink (from 200 on, it would itself mean diabetes).

# %%
pima = data.load_pima_diabetes()
measured = (pima["Glucose"] > 0) & (pima["BMI"] > 0)
pima = pima[measured].reset_index(drop=True)  # number the rows anew
features, has_diabetes = pima[["Glucose", "BMI", "Age"]], pima["Outcome"]
# the mean of True and False is the share of True; :.0% prints it in percent
print(f"{measured.mean():.0%} of the women keep their row; {has_diabetes.mean():.0%} of these developed diabetes")

# %% [markdown]
# A **discrete** target (diabetes or not) makes the task **classification**, a **continuous** one (BMI in kg/m²)
# **regression**. **Probability estimation** gives a number from 0 to 1. In scikit-learn a model has `.fit(features,
# target)` and `.predict(features)`. `LogisticRegression` is a classifier: it multiplies each feature by a learned
# weight, adds up, and turns the sum into a probability.

# %%
from sklearn.linear_model import LinearRegression, LogisticRegression

classifier = LogisticRegression(max_iter=1000).fit(features, has_diabetes)
regressor = LinearRegression().fit(features[["Glucose", "Age"]], features["BMI"])
woman = pd.DataFrame({"Glucose": [160], "BMI": [36.0], "Age": [50]})
print(f"class: {classifier.predict(woman)[0]} (1 = diabetes within five years)")
print(f"probability: {classifier.predict_proba(woman)[0, 1]:.2f}")  # row 0; column 1 is class 1
print(f"BMI expected from glucose and age: {regressor.predict(woman[['Glucose', 'Age']])[0]:.0f} kg/m2")

# %% [markdown]
# ## 3. Honest splits
#
# We never judge a model on the rows it learned from. On the **training set** it is fitted. On the **validation set**
# we compare models and choose. The **test set** is used once, for the number that we report.
#
# Why a third part? Predict: 100 patients, a coin decides the outcome of each. 1,000 models guess; we keep the best.
# How good does it look on these 100?

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
# Choosing is a kind of fitting too. If a whole field tries its models on one test set, the same happens slowly: **a
# fixed test set gets overfitted**.
#
# With few rows the score also depends on who is held out. `.score` gives the **accuracy**, the share of right
# answers. ("Healthy" for all would be right for 65 %.)

# %%
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, train_test_split

scores = []
for split in range(30):
    train_x, test_x, train_y, test_y = train_test_split(features, has_diabetes, test_size=0.2, random_state=split)
    scores.append(LogisticRegression(max_iter=1000).fit(train_x, train_y).score(test_x, test_y))
print(f"accuracy from {min(scores):.2f} to {max(scores):.2f}, depending on the split alone")

# %% [markdown]
# 0.70 or 0.81, by luck. **K-fold cross-validation** cuts the rows into k parts. Each is held out once, while the
# model learns from the others. So every row is tested by a model that has not seen it.

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
print(f"mean {fold_scores.mean():.2f}, standard deviation of the five {fold_scores.std(ddof=1):.2f}")

# %% [markdown]
# Report the mean and the spread (no confidence interval: the folds share training rows). With few rows,
# cross-validation takes the place of the validation set. If a patient has several rows, all belong into one part, or
# the model may recognise the patient instead of the disease: `GroupKFold`, with `groups=patient`.
#
# ## 4. What leaks
#
# **Standardisation**, $(x - \text{mean}) / \text{standard deviation}$, and **min-max normalisation**, $(x - \min) /
# (\max - \min)$, bring columns to one scale. Their numbers are *learned from data*. What if a test row, 1100 by a
# typing error, is among them?

# %%
train_glucose, test_glucose = np.array([90, 120, 150]), np.array([110, 1100])
seen = {"training rows only": train_glucose, "all rows": np.append(train_glucose, test_glucose)}
for name, rows in seen.items():
    standardised = (train_glucose - rows.mean()) / rows.std()
    normalised = (train_glucose - rows.min()) / (rows.max() - rows.min())
    print(f"learned from {name}: standardised {standardised.round(2)}, normalised {normalised.round(2)}")

# %% [markdown]
# The *training* row 150 went from 1 to 0.06 because of a *test* row. This is **leakage**: knowledge of the test rows
# flows into training.
#
# A step that looks at the labels can fake a whole result. Predict: 60 patients, 5,000 columns of noise, a coin for
# the diagnosis. We keep the 20 columns that fit the diagnosis best, then cross-validate. What shall we see?

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

rng = np.random.default_rng(SEED)
noise, coin = rng.normal(size=(60, 5000)), rng.integers(2, size=60)
best_columns = SelectKBest(k=20).fit_transform(noise, coin)  # wrong: the selection has seen every row
leaky_score = cross_val_score(LogisticRegression(), best_columns, coin, cv=5).mean()  # cv=5: five folds
inside = make_pipeline(SelectKBest(k=20), LogisticRegression())  # right: selected anew within each training part
honest_score = cross_val_score(inside, noise, coin, cv=5).mean()
print(f"selected on all rows: accuracy {leaky_score:.2f}")
print(f"selected inside each fold: {honest_score:.2f}; by chance 0.50, give or take {np.sqrt(0.25 / 60):.2f}")

# %% [markdown]
# The selection had seen the answers of the test rows. A **pipeline** glues the steps together, so that all are fitted
# on the training part only. Then 0.58 is left: one half, as far as 60 patients can tell.
#
# ### Your turn 1.2: three broken steps
#
# A colleague has 200 patients, three blood samples of each, 40 values a sample (simulated), and a
# **nearest-neighbour** model: it gives each sample the answer of the most similar known one. All three marked steps
# break a rule of this lab.
#
# In a cell of your own, mend all three (`cv=GroupKFold(5), groups=patient`) and store the accuracy (two decimals).
# Then, from the mended way, break *one* step at a time. Which raises the score most: `"scaling"`, `"selection"`,
# `"folds"`, or `"none"`, because they lie only together?

# %%
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(2)  # not SEED: everybody gets the same patients
patient, ill = np.repeat(np.arange(200), 3), rng.integers(2, size=200)  # repeat: 0 0 0 1 1 1 2 2 2 ...
person = rng.normal(size=(200, 40))
person[:, :5] += 0.9 * ill.reshape(200, 1)  # the first five values depend on a complication, a column of 0 or 1
samples = person[patient] + rng.normal(0, 0.3, size=(600, 40))
complication = ill[patient]

scaled = StandardScaler().fit_transform(samples)  # scaling
best_values = SelectKBest(k=10).fit_transform(scaled, complication)  # selection
shuffled = KFold(n_splits=5, shuffle=True, random_state=0)  # folds
reported = cross_val_score(KNeighborsClassifier(1), best_values, complication, cv=shuffled).mean()
print(f"the colleague reports an accuracy of {reported:.2f}")

# %% tags=["exercise"]
mended_accuracy = ...
worst_step = ...


# %% tags=["check"]
# @title Check 1.2
def accuracy_with(*steps, x=samples, **cut):
    cut = cut or {"cv": GroupKFold(5), "groups": patient}
    return cross_val_score(make_pipeline(*steps, KNeighborsClassifier(1)), x, complication, **cut).mean()


mended, mixed = (accuracy_with(StandardScaler(), SelectKBest(k=10), **cut) for cut in ({}, {"cv": shuffled}))
broken = {"scaling": accuracy_with(SelectKBest(k=10), x=scaled), "folds": mixed}
broken["selection"] = accuracy_with(StandardScaler(), x=SelectKBest(k=10).fit_transform(samples, complication))
said = {step: f"Broken alone, it moves the score by {100 * (a - mended):.1f} points." for step, a in broken.items()}
hint = "A pipeline of StandardScaler, SelectKBest and the neighbour; GroupKFold(5) with groups=patient."
slips = {
    "One patient's samples still lie on both sides of a split: this is with shuffled folds.": broken["folds"],
    "You mended the folds only; the selection still sees the test patients' answers.": broken["selection"],
    "The scaler still sees the test patients.": broken["scaling"],
}
check.value("1.2 mended accuracy", mended_accuracy, mended, tol=0.004, hint=hint, slips=slips)
outcomes = {
    "scaling": f"{said['scaling']} A leak all the same: it would matter with fewer patients or a typing error.",
    "selection": f"{said['selection']} That is a real lie: it promises a test that does not exist. Not the greatest.",
    "folds": f"{said['folds']} The model had seen other samples of the same patient; in the ward it never has.",
    "none": f"Each moves the score alone too, one of them by {100 * (max(broken.values()) - mended):.1f} points.",
}
check.choice("1.2 the worst step", worst_step, "folds", outcomes)

# %% tags=["solution"]
# @title Solution 1.2
pipeline = make_pipeline(StandardScaler(), SelectKBest(k=10), KNeighborsClassifier(1))
honest = cross_val_score(pipeline, samples, complication, cv=GroupKFold(5), groups=patient).mean()
check.solution("1.2 mended accuracy", honest)
check.solution("1.2 the worst step", "folds")
# The sample is 200 patients, not 600 rows: give or take about 6 points, so 0.6 to 0.75 would be no surprise.
# Two steps lie here, and one hides the other: with the folds broken, mending the selection changes nothing.

# %% [markdown]
# ## 5. Too simple, too complex
#
# After a tablet the concentration of a drug in the blood rises and then falls. We made the true curve. Each of 20
# readings has an error with a standard deviation of 4 ng/ml. We fit polynomials: degree 1 is a line, each further
# degree allows one more bend. The **mean squared error** is the average of (curve - reading)². Move the degree.


# %%
def true_concentration(hours):
    return 40 * hours * np.exp(-0.5 * hours)  # ng/ml


rng = np.random.default_rng(SEED + 5)
hours, new_hours = np.linspace(0.5, 8, 20), rng.uniform(0.5, 8, size=500)
reading = true_concentration(hours) + rng.normal(0, 4, size=20)
new_reading = true_concentration(new_hours) + rng.normal(0, 4, size=500)


# %% tags=["figure"]
# @title A curve through 20 readings
def draw_fit(degree=14):
    fine = np.linspace(0.5, 8, 300)
    curve = np.polynomial.Polynomial.fit(hours, reading, degree)
    seen, unseen = np.mean((curve(hours) - reading) ** 2), np.mean((curve(new_hours) - new_reading) ** 2)
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.plot(fine, true_concentration(fine), label="truth", color="black", linestyle=":")
    ax.plot(fine, curve(fine), label=f"degree {degree}", linestyle="-")
    ax.scatter(hours, reading, label="20 readings", color="#D55E00", zorder=3, s=26)
    ax.set(xlabel="hours after the tablet", ylabel="concentration (ng/ml)", ylim=(-5, 55))
    ax.set_title(f"mean squared error: seen {seen:.1f}, new {unseen:.1f} (ng/ml)²")
    ax.legend()
    return fig, f"Truth peaks at 2 h; degree {degree} has error {seen:.1f} on seen, {unseen:.1f} on new readings."


plot.explore(draw_fit, degree=(1, 14))

# %%
for degree in (1, 2, 4, 6, 10, 14):
    curve = np.polynomial.Polynomial.fit(hours, reading, degree)
    seen, unseen = np.mean((curve(hours) - reading) ** 2), np.mean((curve(new_hours) - new_reading) ** 2)
    print(f"degree {degree:2}: mean squared error {seen:5.1f} on the 20 seen readings, {unseen:5.1f} on 500 new ones")

# %% [markdown]
# Degree 1 misses the hump: it **underfits**. Degree 14 runs after the noise: it **overfits**. On seen readings the
# error only falls; on new ones it falls and rises again. So what was held out must choose.
#
# ### Your turn 1.3: how many neighbours?
#
# Back to the women. With `KNeighborsClassifier(k)` the k most similar women vote. Is that more complex with a small k
# or a large one? Choose `"1"`, `"5"`, `"25"` or `"451"` by cross-validation with `folds`. Distances need columns of
# one scale: where does the scaler belong?

# %% tags=["exercise"]
neighbours = ...

# %% tags=["check"]
# @title Check 1.3
told = {}
for k in (1, 5, 25, 451):
    voters = make_pipeline(StandardScaler(), KNeighborsClassifier(k))
    on_seen = voters.fit(features, has_diabetes).score(features, has_diabetes)
    on_new = cross_val_score(voters, features, has_diabetes, cv=KFold(5, shuffle=True, random_state=0)).mean()
    told[str(k)] = f"Of 1,000 women it gets {1000 * (1 - on_new):.0f} wrong if they are new, "
    told[str(k)] += f"{1000 * (1 - on_seen):.0f} if it has seen them."
outcomes = {
    "1": f"{told['1']} It repeats each woman's own answer and knows little of the next: it overfits.",
    "5": f"{told['5']} The wide gap says that five voters still follow chance.",
    "25": f"{told['25']} A few values of k nearby do as well; which one wins among them is luck. And because it was "
    "chosen as the best of four, its score is a little flattered: a test set tells.",
    "451": f"{told['451']} So many voters outvote every woman at risk: it says 'healthy' to all, and underfits.",
}
check.choice("1.3 neighbours", neighbours, "25", outcomes)

# %% tags=["solution"]
# @title Solution 1.3
means = {}
for k in (1, 5, 25, 451):  # the fewer voters, the more complex
    voting = make_pipeline(StandardScaler(), KNeighborsClassifier(k))
    means[str(k)] = cross_val_score(voting, features, has_diabetes, cv=folds).mean()
check.solution("1.3 neighbours", max(means, key=means.get))

# %% [markdown]
# ## 6. Measures and thresholds
#
# A test says *positive* or *negative*. Call a woman *sick* if she developed diabetes, else *healthy*. That makes four
# counts: **true positives** (TP: sick, found), **false positives** (FP: healthy, alarmed), **false negatives** (FN:
# sick, missed), **true negatives** (TN: healthy, left in peace). We fit on half of the women, count on a quarter
# (validation) and put a quarter away (test).

# %%
halves = {"random_state": 3, "test_size": 0.5}  # stratify: the same share of sick in each half
train_x, rest_x, train_y, rest_y = train_test_split(features, has_diabetes, stratify=has_diabetes, **halves)
val_x, test_x, val_y, test_y = train_test_split(rest_x, rest_y, stratify=rest_y, **halves)
model = LogisticRegression(max_iter=1000).fit(train_x, train_y)
probability, sick = model.predict_proba(val_x)[:, 1], val_y.to_numpy() == 1  # [:, 1]: all rows, column 1
says = probability >= 0.5
tp, fp, fn, tn = (says & sick).sum(), (says & ~sick).sum(), (~says & sick).sum(), (~says & ~sick).sum()  # ~: not
print(f"of {len(sick)} women, {(~sick).mean():.0%} of them healthy: TP {tp}, FP {fp}, FN {fn}, TN {tn}")

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
print(f"the bootstrap's 95 % interval of the sensitivity, from {sick.sum()} sick women: {low:.2f} to {high:.2f}")

# %% [markdown]
# Against the 65 % of "healthy" for all, an accuracy of 0.77 says less than it seems. The interval comes from drawing
# the sick women anew, with replacement (the *bootstrap*): how far the sensitivity would move with other women, for
# this one fitted model.
#
# We took 0.5 as the **threshold**. Move it. The **ROC curve** draws sensitivity against the false-positive rate (1 -
# specificity) for *all* thresholds. The **AUC** is the area under it: 1 is perfect, 0.5 is a coin.

# %%
from sklearn.metrics import roc_auc_score, roc_curve

false_positive_rate, true_positive_rate, _ = roc_curve(sick, probability)
auc = roc_auc_score(sick, probability)


# %% tags=["figure"]
# @title The threshold, and the ROC curve
def rates(threshold):
    return (probability[~sick] >= threshold).mean(), (probability[sick] >= threshold).mean()


def draw_threshold(threshold=0.5):
    false_alarms, sensitivity = rates(threshold)
    fig, ax = plt.subplots(figsize=(5, 4.2))
    ax.plot(false_positive_rate, true_positive_rate, label=f"model, AUC {auc:.2f}")
    ax.plot([0, 1], [0, 1], label="coin, AUC 0.50")
    for other in (0.1, 0.3, 0.7):
        ax.scatter(*rates(other), s=36, color="#D55E00", marker="^", zorder=3)
        ax.annotate(f"{other}", rates(other), xytext=(7, -12), textcoords="offset points", color="#A34700")
    ax.scatter(false_alarms, sensitivity, s=70, color="black", zorder=4, label=f"threshold {threshold:.2f}")
    ax.annotate("", (0.68, 0.62), xytext=(0.42, 0.36), arrowprops={"arrowstyle": "->", "color": "black"})
    ax.text(0.6, 0.44, "lower threshold:\nmore alarms", fontsize=9)
    ax.set(xlabel="false-positive rate (1 - specificity)", ylabel="sensitivity", ylim=(-0.03, 1.05))
    ax.set_title(f"sensitivity {sensitivity:.2f}, specificity {1 - false_alarms:.2f}")
    ax.legend(loc="lower right", fontsize=9)
    return fig, f"ROC curve; {threshold:.2f} alarms {sensitivity:.0%} of the sick, {false_alarms:.0%} of the healthy."


plot.explore(draw_threshold, threshold=(0.05, 0.95, 0.05))

# %% [markdown]
# The AUC has a plain meaning: of one sick and one healthy woman, how often does the sick one get the higher
# probability?

# %%
# [:, None] stands a list upright, as a column: then NumPy compares each sick woman with each healthy one
higher = probability[sick][:, None] > probability[~sick]
print(f"the sick one is higher in {higher.mean():.3f} of {higher.shape[0]} x {higher.shape[1]} pairs; AUC {auc:.3f}")

# %% [markdown]
# ### Your turn 1.4: a threshold for these costs
#
# By the health insurance's count a missed woman costs €2,000 (what she suffers is not in it), a false alarm €600.
# Alarm if `probability >= threshold`. Which of the `thresholds` costs least on the validation women? And what does it
# save against the cheaper of two simple policies, alarm nobody or alarm everybody?

# %%
thresholds = np.linspace(0.1, 0.9, 9).round(1)

# %% tags=["exercise"]
cheapest = ...
euros_saved = ...

# %% tags=["check"]
# @title Check 1.4
misses = np.array([(sick & (probability < t)).sum() for t in thresholds])
alarms = np.array([(~sick & (probability >= t)).sum() for t in thresholds])
bill, nobody, everybody = 2000 * misses + 600 * alarms, 2000 * sick.sum(), 600 * (~sick).sum()
wrong = [600 * misses + 2000 * alarms, misses + alarms, bill + 600 * (sick.sum() - misses)]
wrong += [2000 * misses / sick.sum() + 600 * alarms / (~sick).sum()]
swapped, fewest, every, rated = (thresholds[np.argmin(euros)] for euros in wrong)
slips = {
    "You swapped the costs: a missed woman is the dear one.": swapped,
    "That makes the fewest errors. But a miss costs more than a false alarm.": fewest,
    "That is the position of the least cost, or the cost. Look up its threshold.": bill.argmin(),
    "You paid €600 for each alarm; only a false one costs.": every,
    "You added rates. There are more healthy women than sick: add counts.": rated,
    "That is 600 / 2,600, right for perfect probabilities. Count with these women.": 0.23,
}
hint = "For each threshold count the sick below it and the healthy at or above it; add up the euros; take the least."
check.value("1.4 cheapest threshold", cheapest, thresholds[bill.argmin()], tol=0.001, hint=hint, slips=slips)
simple = {
    "That is against alarming nobody. Is the other policy cheaper?": nobody - bill.min(),
    "Alarm everybody, and only the healthy are false alarms.": 600 * len(sick) - bill.min(),
    "That is what the best threshold costs. What does it save?": bill.min(),
}
hint = "Nobody alarmed: every sick woman is missed. Everybody alarmed: every healthy woman is a false alarm."
check.value("1.4 euros saved", euros_saved, everybody - bill.min(), tol=0.001, hint=hint, slips=simple)


# %% tags=["solution"]
# @title Solution 1.4
def euros(probability, sick, threshold):
    return 2000 * (sick & (probability < threshold)).sum() + 600 * (~sick & (probability >= threshold)).sum()


totals = [euros(probability, sick, threshold) for threshold in thresholds]
best = thresholds[np.argmin(totals)]
check.solution("1.4 cheapest threshold", best)
check.solution("1.4 euros saved", 600 * (~sick).sum() - min(totals))
# Chosen on these women, the saving is flattered. Once, on the test women, a woman on average:
tested, test_sick = model.predict_proba(test_x)[:, 1], test_y.to_numpy() == 1
for name, threshold in {"best": best, "0.5": 0.5, "everybody": 0, "nobody": 2}.items():
    print(f"{name}: €{euros(tested, test_sick, threshold) / len(tested):.0f}")
# With other splits of the women the best threshold lies between 0.1 and 0.3. If the probabilities can be trusted (if
# of those with 0.3 three in ten fall ill: *calibration*), theory gives 600 / (600 + 2000) = 0.23.

# %% [markdown]
# ## 7. The same test in another population
#
# A test finds 90 % of the sick and clears 90 % of the healthy. In screening 1 % are sick (the **prevalence**), in a
# clinic 30 %. Your patient tests positive. How likely is she sick, in each place? Guess; then count 10,000 people.

# %%
ppv = {}
for prevalence in (0.01, 0.30):
    true_alarms, false_alarms = 0.9 * 10_000 * prevalence, 0.1 * 10_000 * (1 - prevalence)
    ppv[prevalence] = true_alarms / (true_alarms + false_alarms)
    print(f"prevalence {prevalence:.0%}: {true_alarms:.0f} true and {false_alarms:.0f} false alarms", end=", ")
    print(f"PPV {ppv[prevalence]:.3f}")

# %% [markdown]
# The same test, 8 % and 79 %: in screening a tenth of so many healthy people outnumbers the sick. So a positive
# screening leads to a second, different test, not to a diagnosis. Sensitivity and specificity describe the test, at
# least roughly; the PPV describes the test *in a population*.


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
        ax.annotate(f"{place} {value:.2f}", (percent, value), xytext=(14, -3), textcoords="offset points")
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
# A town with 2 % sick wants to screen everybody. Store the PPV there (two decimals). Then choose what holds in the
# town.
#
# - A: Of 100 people with a positive result, about 94 are sick.
# - B: Of 100 people with a negative result, about 14 are sick.
# - C: The test is right more often than "healthy" for all.
# - D: Of 100 healthy people, about 5 get a false alarm.

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
    "Those are the true alarms among all people, or an alarm rate of 95 % instead of 5 %.": 0.0175,
    "You compared true with false alarms. Divide by both together.": town["TP"] / town["FP"],
    "That is the NPV: the share of all-clears that are true.": 1 - town_missed,
    "You took the sensitivity for the specificity, and the other way round.": 0.019 / (0.019 + 0.98 * 0.15),
    "That is the share of alarms that are false.": 1 - town_ppv,
    "A share between 0 and 1 is asked for, not percent.": 100 * town_ppv,
}
check.value("1.5 PPV in the town", ppv_in_town, town_ppv, tol=0.005, hint=hint, slips=slips)
outcomes = {
    "A": "170 of 180 holds where half are sick. In the town most people whom you tell that they are sick are not.",
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
# within the sick or within the healthy can be carried to another place - and only if the people there are alike. A
# study of people *known* to be sick or healthy leaves out the doubtful cases, so it flatters both numbers.

# %% [markdown]
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "A model is fitted again with twice the patients. Accuracy on its training patients: 0.86, then 0.91. "
    "On 5,000 new patients: 0.80, then 0.80. Has it learned from the second half?",
    [
        "Yes, its accuracy rose with the data that it saw",
        "Yes, with more patients chance plays a smaller part",
        "Not by this measure, as on new patients it is no better",
        "That cannot be said before the threshold is tuned",
    ],
    2,
    [
        "It rose on patients whose answers the model was given.",
        "That could make it better; the new patients show that it did not.",
        "P must improve where the model has not seen the answers. Another measure might tell more.",
        "A threshold is part of the model; with it the accuracy is what it is.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A contest: 300 teams, one hidden test set of 100 patients, half of them sick. The best model has 64 % right. Why "
    "is that poor evidence?",
    [
        "Accuracy misleads where half of the patients are sick.",
        "64 of 100 is too near to 50 even for a single team.",
        "The winner may have tuned its threshold for sensitivity.",
        "The best of 300 guessers would often reach as much.",
    ],
    3,
    [
        "It misleads when one class is rare; here saying one class to all gives 50 %.",
        "One guesser reaches 64 or more about once in 300 times: for a single team it would be good evidence.",
        "That would cost it accuracy, not lend it any.",
        "In about six of ten such contests. The best of 1,000 looked even better in section 3.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A model errs for 24 % of its training patients and 25 % of new ones; 'healthy' for all errs for 35 %. What is the "
    "most promising thing to buy?",
    ["another blood value of these patients", "ten times as many patients", "a simpler model", "a larger test set"],
    0,
    [
        "Seen and new agree, so it does not overfit: it lacks knowledge, and a new feature may bring it.",
        "More rows help against overfitting, and seen and new already agree.",
        "A simpler model helps against overfitting; this one has hardly any.",
        "It would only measure the 25 % more exactly.",
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
# ## Going further
#
# [More kinds, more measures](further/01_more_kinds_and_measures.ipynb): any section, on its own.
#
# - *A few labels, many pictures*: when unlabelled pictures help.
# - *Learning from reward*: find the best treatment while treating.
# - *When more data help*: before you pay for more patients.
# - *More than two classes*: micro, macro and weighted averages.
# - *People and machines*: what a trial says of an AI.
# - *Groups without labels*: what do they mean?
# - *A rule, a line, a wiggly border*: for a bank.
# - *Bias and variance*: more readings, or better ones?
#
# ## What this lab has shown
#
# The main claims of the text, as tests that fail if a claim is not true.

# %% tags=["nbval-check-output"]
assert np.allclose([a, b], [2, 2]) and np.allclose([slope, intercept], [2, 2])
assert accuracy.max() > 0.6 and fresh_accuracy < accuracy.max() - 0.05
assert min(scores) < 0.73 < 0.79 < max(scores)
assert leaky_score > 0.8 and honest_score < 0.7
assert reported > 0.95 and mended < 0.75 and broken["folds"] > broken["selection"] + 0.1
squared = {}
for degree in (1, 4, 14):
    curve = np.polynomial.Polynomial.fit(hours, reading, degree)
    squared[degree] = np.mean((curve(new_hours) - new_reading) ** 2)
assert squared[4] < squared[1] and squared[4] < squared[14]
assert 0.75 < auc < 0.9 and np.isclose(higher.mean(), auc)
assert everybody < nobody and 1.1 * bill.min() < everybody
assert np.allclose([ppv[0.01], ppv[0.30]], [90 / 1080, 2700 / 3400])
print("All claims hold.")

# %% [markdown]
# ## Summary
#
# - A learning program builds a model from data so that a performance measure improves.
# - Fit on training rows, choose on validation rows, report on test rows, once. Scaling and selection belong inside the
#   cross-validation, in a pipeline, and all rows of a patient into one part.
# - A model can be too simple or too complex; what was held out finds the balance.
# - A threshold follows from what a miss and a false alarm cost; compare with alarming nobody and everybody.
# - Sensitivity and specificity describe the test, at least roughly; PPV and NPV also depend on the prevalence.
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
# | feature, target | 특성, 목표 변수 | what a model gets, what it predicts |
# | classification | 분류 | predicting a discrete target |
# | regression | 회귀 | predicting a continuous target |
# | cross-validation | 교차 검증 | each part of the data is the test set once |
# | standardisation | 표준화 | mean 0, standard deviation 1 |
# | leakage | 데이터 누수 | knowledge of the test rows in training |
# | underfitting | 과소적합 | too simple for the pattern |
# | overfitting | 과적합 | fitting the chance in the sample |
# | accuracy | 정확도 | share of right answers |
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
# - C. Ambroise, G. McLachlan, "Selection bias in gene extraction on the basis of microarray gene-expression data",
#   *PNAS*, 2002: the leak of section 4.
