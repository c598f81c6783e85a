# %% [markdown]
# # 1. Machine-learning basics
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
#
# - learn a rule from data, and say how far luck moves it,
# - find the step that makes a score lie,
# - choose how complex a model may be,
# - set the threshold of a test for given costs,
# - say what a positive result means among your patients.
#
# **Before you start** you need Python's basics (functions, lists, loops), mean and standard deviation. Each *Your
# turn* has a cell with `...` to replace, and a folded check to run below it. Where you read *predict*, do so before you
# scroll. *New words*, at the end, has the Korean terms.
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

from coursekit import check, data, plot, train  # this course's helpers: feedback, data sets, figures

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
# An environment, such as a hospital, gives **data**. From them a **model** is built. A **performance measure** says
# how well it does its task. The program *learns* if the measure improves with the data (Mitchell, 1997).
#
# Five pairs of numbers follow a line $y = a x + b$. From two pairs a person solves $2a + b = 6$ and $3a + b = 8$.
# %%
x = np.array([2, 3, 4, 5, 6])
y = np.array([6, 8, 10, 12, 14])
a, b = np.linalg.solve([[2, 1], [3, 1]], [6, 8])  # for each equation: the numbers before a and b; the right sides
print(f"two equations: y = {a:.2f} x + {b:.2f}")

# %% [markdown]
# A learning program uses *all* pairs: `np.polyfit` with `deg=1` finds the line from which the $y$ differ least (least
# sum of squared differences). The rule came out of the data: **the learned program is the output.**
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
# By what factor does the slope from the first two pairs scatter more than the slope from all five? Guess. Then, in a
# cell of your own, draw new errors 2,000 times, collect both slopes, and divide their standard deviations (`np.std`).
# One decimal is enough.
# %% tags=["exercise"]
scatter_factor = ...

# %% tags=["check"]
# @title Check 1.1
slips = {
    "You divided the variances. The standard deviation is the root of the variance.": 20,
    "That is upside down: the scatter of the two-pair slope goes on top.": np.sqrt(1 / 20),
    "That is the factor of the intercepts b, or of slopes and intercepts together: [0] picks the slope.": 2.72,
    "Without size=5 all y get the same error, so neither slope moves; you divided rounding errors.": 0.82,
    "That is the root of 5/2, for five pairs instead of two. The five also lie further apart: simulate.": np.sqrt(2.5),
    "That is 5/2, for five pairs instead of two. Neither the pairs' number nor their places alone tell: simulate.": 2.5,
    "That is how much further apart the outer pairs lie. Three more lie between them: simulate.": 4,
    "A little too much. A guess? Then draw 2,000 times. If you did: do the errors pile up from draw to draw?": 5,
    "Each slope must get the same errors, but is one list perhaps the copy of the other?": 1,
    "The two-pair slope never changes: make rng once, before the loop, and draw the errors inside it.": 0,
}
check.value(
    "1.1 scatter of two slopes",
    scatter_factor,
    np.sqrt(20),
    tol=0.07,
    hint="In a loop: y plus new errors (each time y itself), then both slopes into two lists. In the end divide np.std "
    "of one list by the other's.",
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
# ## 2. Learning from labels
#
# A **label** is the right answer to a case. In **supervised learning** the inputs come *with* their labels. (Other
# kinds: see *Going further*.)
#
# 768 women of Pima heritage were examined; who developed diabetes within five years? The inputs are called
# **features**. What is predicted is called the **target**.
# %%
pima = data.load_pima_diabetes()
measured = (pima["Glucose"] > 0) & (pima["BMI"] > 0)  # True or False for each woman; & means: and
pima = pima[measured].reset_index(drop=True)  # keep the rows with True (0 stands for "not measured"), number them anew
features, has_diabetes = pima[["Glucose", "BMI", "Age"]], pima["Outcome"]
# the mean of True and False is the share of True; :.0% prints it in percent
print(f"{measured.mean():.0%} of the women keep their row; {has_diabetes.mean():.0%} of these developed diabetes")

# %% [markdown]
# (These women were selected for a study; 35 % is not the risk of all women.)
#
# A **discrete** target (diabetes or not) makes the task **classification**, a **continuous** one (BMI in kg/m²)
# **regression**. **Probability estimation** gives a number from 0 to 1. A model has `.fit(features, target)` and
# `.predict(features)`.
# %%
from sklearn.linear_model import LinearRegression, LogisticRegression

# a learned weight for each feature; their weighted sum becomes a probability (max_iter: enough steps to find them)
classifier = LogisticRegression(max_iter=1000).fit(features, has_diabetes)
regressor = LinearRegression().fit(features[["Glucose", "Age"]], features["BMI"])
woman = pd.DataFrame({"Glucose": [160], "BMI": [36.0], "Age": [50]})  # mg/dl, 2 h after a sugar drink; kg/m2; years
print(f"class: {classifier.predict(woman)[0]} (1 = diabetes within five years)")
print(f"probability: {classifier.predict_proba(woman)[0, 1]:.2f}")  # row 0; column 1 is class 1
print(f"BMI expected from glucose and age: {regressor.predict(woman[['Glucose', 'Age']])[0]:.0f} kg/m2")

# %% [markdown]
# ## 3. Honest splits
#
# A model is not judged on the rows it learned from. On the **training set** it is fitted, on the **validation set**
# we compare models and choose, and the **test set** is used once, for the number that we report.
#
# Why a third part? Predict: a coin decides the outcome of each of 100 patients. 1,000 models guess; we keep the best.
# How good does it look?
# %%
rng = np.random.default_rng(SEED)
outcome, fresh_outcome = rng.integers(2, size=(2, 100))
guesses = rng.integers(2, size=(1000, 100))  # a row for each guesser, a column for each patient
guesser_scores = (guesses == outcome).mean(axis=1)  # axis=1: along each row, so one mean for each guesser
winner = guesses[np.argmax(guesser_scores)]  # argmax: the position of the greatest value, counted from 0
winner_again = (winner == fresh_outcome).mean()
print(f"best of 1000 random guessers: {guesser_scores.max():.0%} right on the 100 patients it was chosen on")
print(f"the same guesser on 100 new patients: {winner_again:.0%}")

# %% [markdown]
# Choosing is a kind of fitting too. When many groups choose their models on one shared test set, the same can happen,
# more slowly: **a fixed test set can get overfitted**.
#
# With few rows the score also depends on who is held out. `.score` gives the **accuracy**, the share of right answers.
# (Who calls every woman healthy is right for 65 %.) Two parts are enough here, where we choose nothing.
# %%
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, train_test_split

split_scores = []
for split in range(30):  # test_size: the share held out; random_state: another number, another split
    train_x, test_x, train_y, test_y = train_test_split(features, has_diabetes, test_size=0.2, random_state=split)
    split_scores.append(LogisticRegression(max_iter=1000).fit(train_x, train_y).score(test_x, test_y))
print(f"30 splits: accuracy from {min(split_scores):.2f} to {max(split_scores):.2f}")

# %% [markdown]
# 0.70 or 0.81: luck of the split. **K-fold cross-validation** cuts the rows into k parts. Each is held out once,
# while the model learns from the others.
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
ax.set(xlabel="the rows, shuffled, in 5 parts")
ax.invert_yaxis()
ax.grid(False)
plot.show(
    fig,
    alt="Five rounds; in each round another fifth of the shuffled rows is held out, the other four train the model.",
)

# %%
five_folds = KFold(n_splits=5, shuffle=True, random_state=SEED)
fold_scores = cross_val_score(LogisticRegression(max_iter=1000), features, has_diabetes, cv=five_folds)
print("accuracy of each fold:", fold_scores.round(2))
spread = fold_scores.std(ddof=1)  # ddof=1: of a sample, so divide by 4, not by 5
print(f"mean {fold_scores.mean():.2f}, standard deviation of the five {spread:.2f}")

# %% [markdown]
# Report mean and spread (the spread of single folds, not the error of the mean). With few rows, cross-validation takes
# the place of the validation set. All rows of one patient belong in one part (`GroupKFold`), or the model may
# recognise the patient instead of the disease.
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
    print(f"150, learned from {name}: standardised {standardised[2]:.2f}, normalised {normalised[2]:.2f}")

# %% [markdown]
# The *training* row 150, normalised, went from 1 to 0.06 because of a *test* row. This is
# **leakage**: knowledge of the test rows flows into training.
#
# A step that looks at the labels can fake a whole result. Predict the accuracy: 60 patients, 5,000 columns of noise,
# a coin for the diagnosis. We keep the 20 columns that fit it best, then cross-validate.
# %%
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

rng = np.random.default_rng(SEED)
noise, coin = rng.normal(size=(60, 5000)), rng.integers(2, size=60)
# fit_transform: learn the selection and apply it, in one go
best_columns = SelectKBest(k=20).fit_transform(noise, coin)  # wrong: the selection has seen every row
noise_leaky = cross_val_score(LogisticRegression(), best_columns, coin, cv=5).mean()  # cv=5: five folds
inside = make_pipeline(SelectKBest(k=20), LogisticRegression())  # right: selected anew within each training part
noise_honest = cross_val_score(inside, noise, coin, cv=5).mean()
print(f"accuracy, selected on all rows {noise_leaky:.2f}; selected inside each fold {noise_honest:.2f}")

# %% [markdown]
# The selection had seen the test patients' answers. A **pipeline** fits all its steps on the training part only. Then
# 0.58 is left. With 60 patients, luck alone can give that.
#
# ### Your turn 1.2: three broken steps
#
# A colleague predicts a complication (yes or no) for 200 patients from three blood samples each, 40 values a sample
# (simulated). The **nearest-neighbour** model repeats, for each sample, the label of the most similar training
# sample. Scaling and selection have seen all rows, and the folds tear a patient's samples apart.
# `accuracy_if("scaling")` mends that step, `accuracy_if("scaling", "folds")` mends two.
#
# By how many points (of 100, one decimal) does the report exceed the accuracy with all three mended? And which *one*
# step, mended alone, takes away more than half of that: `"scaling"`, `"selection"`, `"folds"`, or `"none"`? Bet
# first.
# %%
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(2)  # not SEED: everybody gets the same patients
patient, ill = np.repeat(np.arange(200), 3), rng.integers(2, size=200)  # repeat: 0 0 0 1 1 1 2 2 2 ...
person = rng.normal(size=(200, 40))
person[:, :5] += 0.9 * ill.reshape(200, 1)  # the first five values depend on the complication, a column of 0 or 1
samples = person[patient] + rng.normal(0, 0.3, size=(600, 40))
complication = ill[patient]


# %%
def accuracy_if(*mended):  # with the star, mended holds all names that are given: none, one or more
    # (the check uses this function, so change only a copy of it)
    table, in_pipeline = samples, []
    for name, step in (("scaling", StandardScaler()), ("selection", SelectKBest(k=10))):
        if name in mended:
            in_pipeline.append(step)
        else:
            table = step.fit_transform(table, complication)  # has seen all rows
    cut = KFold(n_splits=5, shuffle=True, random_state=0)
    if "folds" in mended:
        cut = GroupKFold(5).split(table, groups=patient)  # five cuts that keep rows with the same patient together
    model = make_pipeline(*in_pipeline, KNeighborsClassifier(1))  # this star hands over each step of the list
    return cross_val_score(model, table, complication, cv=cut).mean()


print(f"the colleague reports an accuracy of {accuracy_if():.2f}")

# %% tags=["exercise"]
points_of_lie = ...  # one decimal
step_to_mend = ...


# %% tags=["check"]
# @title Check 1.2
def _score(*mended):
    return 100 * accuracy_if(*mended)


_report, _all, _unscaled = _score(), _score("scaling", "selection", "folds"), _score("selection", "folds")
_gone = {step: _report - _score(step) for step in ("scaling", "selection", "folds")}
slips = {
    "A point is one of a hundred.": (_report - _all) / 100,
    "That is with the folds mended only; the selection still sees the test patients' answers.": _gone["folds"] - 0.1,
    "Cut off instead of rounded, or the scaling is still broken. One decimal is asked for.": _report - _unscaled,
    "That is the mended accuracy. How far above it is the report?": _all / 100,
    "That is the mended accuracy in percent. How far above it is the report?": _all,
    "The report is the higher one, so the difference is positive.": _all - _report,
}
hint = "Subtract accuracy_if with all three names from accuracy_if without a name; a hundredth is one point."
check.value("1.2 points of the lie", points_of_lie, _report - _all, tol=0.012, slips=slips, hint=hint)
outcomes = {
    "scaling": f"{_gone['scaling']:.1f} points. With fewer patients or a typing error this leak would matter more.",
    "selection": f"{_gone['selection']:.1f} points. The folds still show other samples of the tested patients.",
    "folds": f"{_gone['folds']:.1f} points. They hid {_score('scaling', 'folds') - _all:.1f} of selection: mend on.",
    "none": f"One step alone takes away {max(_gone.values()) / (_report - _all):.0%} of it. Try each.",
}
check.choice("1.2 the step to mend", step_to_mend, "folds", outcomes)

# %% tags=["solution"]
# @title Solution 1.2
report, honest = accuracy_if(), accuracy_if("scaling", "selection", "folds")
check.solution("1.2 points of the lie", 100 * (report - honest))
taken = {step: report - accuracy_if(step) for step in ("scaling", "selection", "folds")}
largest = max(taken, key=taken.get)
check.solution("1.2 the step to mend", largest if taken[largest] > (report - honest) / 2 else "none")
# The sample is 200 patients, not 600 rows: the mended accuracy has a standard error of about 3 points.

# %% [markdown]
# ## 5. Too simple, too complex
#
# After a tablet the concentration of a drug in the blood rises and falls. We made the true curve, and 20 readings
# with errors (standard deviation 4 ng/ml). We fit polynomials: degree 1 is a line, each further degree allows one
# more bend. The **mean squared error** is the average of (curve - reading)²; on new readings even the true curve has
# about 16. Move the degree.


# %%
def true_concentration(hours):
    return 40 * hours * np.exp(-0.5 * hours)  # ng/ml


rng = np.random.default_rng(20)  # not SEED: everybody gets the same readings
hours, new_hours = np.linspace(0.5, 8, 20), rng.uniform(0.5, 8, size=500)
reading = true_concentration(hours) + rng.normal(0, 4, size=20)
new_reading = true_concentration(new_hours) + rng.normal(0, 4, size=500)


# %% tags=["figure"]
# @title A curve through 20 readings
def draw_fit(degree=2):
    fine = np.linspace(0.5, 8, 300)
    curve = np.polynomial.Polynomial.fit(hours, reading, degree)
    seen, unseen = np.mean((curve(hours) - reading) ** 2), np.mean((curve(new_hours) - new_reading) ** 2)
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.plot(fine, true_concentration(fine), label="truth", color="black", linestyle=":")
    ax.plot(fine, curve(fine), label=f"degree {degree}", linestyle="-")
    ax.scatter(hours, reading, label="20 readings", color="#D55E00", zorder=3, s=26)
    ax.set(xlabel="hours after the tablet", ylabel="concentration (ng/ml)", ylim=(-5, 45))
    ax.set_title(f"mean squared error: seen {seen:.1f}, new {unseen:.1f} (ng/ml)²")
    ax.legend()
    return fig, f"Truth peaks at 2 h; degree {degree} has error {seen:.1f} on seen, {unseen:.1f} on new readings."


plot.explore(draw_fit, degree=(1, 14))

# %%
drug_errors = {}
for degree in (1, 2, 4, 6, 10, 14):
    curve = np.polynomial.Polynomial.fit(hours, reading, degree)
    seen, unseen = np.mean((curve(hours) - reading) ** 2), np.mean((curve(new_hours) - new_reading) ** 2)
    drug_errors[degree] = unseen
    print(f"degree {degree:2}: mean squared error {seen:4.1f} on the 20 seen readings, {unseen:4.1f} on 500 new ones")

# %% [markdown]
# Degree 1 misses the hump: it **underfits**. Degree 14 runs after the noise: it **overfits**. On seen readings the
# error only falls; on new ones, of these six, degree 4 errs least. So what was held out must choose.
#
# ### Your turn 1.3: how many neighbours?
#
# Back to the women. With `KNeighborsClassifier(k)` the k most similar women vote. Predict which k of `"1"`, `"3"`,
# `"9"`, `"27"` overfits most. Then cross-validate your own pipeline of scaler and model with `cv=five_folds`, and
# store the k that errs least on new women.
# %% tags=["exercise"]
neighbours = ...  # the best k, as a text

# %% tags=["check"]
# @title Check 1.3
told, new_errors = {}, {}
for k in (1, 3, 9, 27, 401):
    voters = make_pipeline(StandardScaler(), KNeighborsClassifier(k))
    on_seen = voters.fit(features, has_diabetes).score(features, has_diabetes)
    on_new = cross_val_score(voters, features, has_diabetes, cv=KFold(5, shuffle=True, random_state=0)).mean()
    new_errors[k] = 1000 * (1 - on_new)
    told[str(k)] = f"Of 1,000 women it gets {new_errors[k]:.0f} wrong if they are new, "
    told[str(k)] += f"{1000 * (1 - on_seen):.0f} if it has seen them."
outcomes = {
    "1": f"{told['1']} It repeats each woman's own answer and knows little of the next.",
    "3": f"{told['3']} Does another k do better on new women?",
    "9": f"{told['9']} Does another k do better on new women?",
    "27": f"{told['27']} A small k is the complex end; 401 would be too simple and err for {new_errors[401]:.0f}. "
    "These numbers have a standard error of about 15, and the best of four is a little flattered. The scaler belongs "
    "in the pipeline, where it never sees the part held out.",
}
check.choice("1.3 neighbours", neighbours, "27", outcomes)

# %% tags=["solution"]
# @title Solution 1.3
means = {}
for k in (1, 3, 9, 27):
    voting = make_pipeline(StandardScaler(), KNeighborsClassifier(k))
    means[str(k)] = cross_val_score(voting, features, has_diabetes, cv=five_folds).mean()
check.solution("1.3 neighbours", max(means, key=means.get))

# %% [markdown]
# ## 6. Measures and thresholds
#
# A test says *positive* or *negative*. Call a woman who developed diabetes *sick*, the others *healthy*. That makes
# four counts: **true positives** (TP: sick, found), **false positives** (FP: healthy, alarmed), **false negatives**
# (FN: sick, missed), **true negatives** (TN: healthy, left in peace). We fit on half of the women, count on a quarter
# (validation) and put a quarter away (test).
# %%
# stratify: the same share of sick women in each part; random_state: which split
train_x, rest_x, train_y, rest_y = train_test_split(
    features, has_diabetes, test_size=0.5, random_state=3, stratify=has_diabetes
)
val_x, test_x, val_y, test_y = train_test_split(rest_x, rest_y, test_size=0.5, random_state=3, stratify=rest_y)
model = LogisticRegression(max_iter=1000).fit(train_x, train_y)
probability = model.predict_proba(val_x)[:, 1]  # the colon: of all rows; column 1 is class 1
sick = val_y.to_numpy() == 1  # to_numpy: without the rows' numbers; True for each sick woman

# %%
alarm = probability >= 0.5
tp, fn = (alarm & sick).sum(), (~alarm & sick).sum()  # ~ means not; the sum counts the True
fp, tn = (alarm & ~sick).sum(), (~alarm & ~sick).sum()
print(f"{len(sick)} women: TP {tp}, FP {fp}, FN {fn}, TN {tn}; accuracy {(tp + tn) / len(sick):.2f}")
print(f"sensitivity = recall: {tp / (tp + fn):.2f} of the sick are found")
print(f"specificity: {tn / (tn + fp):.2f} of the healthy are left in peace")
print(f"positive predictive value (PPV) = precision: {tp / (tp + fp):.2f} of the alarms are true")
print(f"negative predictive value (NPV): {tn / (tn + fn):.2f} of the all-clears are true")

# %% [markdown]
# Against the 65 % of "healthy" for all, 0.77 says less than it seems.
#
# We took 0.5 as the **threshold**. Move it. The **ROC curve** draws the sensitivity against the false-positive rate
# (1 - specificity) for *all* thresholds. The **AUC** is the area under it: 1 is perfect, 0.5 a coin.
# %%
from sklearn.metrics import roc_auc_score, roc_curve

false_positive_rate, true_positive_rate, _ = roc_curve(sick, probability)
model_auc = roc_auc_score(sick, probability)


# %% tags=["figure"]
# @title The threshold, and the ROC curve
def rates(threshold):
    return (probability[~sick] >= threshold).mean(), (probability[sick] >= threshold).mean()


def draw_threshold(threshold=0.5):
    false_alarms, sensitivity = rates(threshold)
    fig, ax = plt.subplots(figsize=(5, 4.2))
    ax.plot(false_positive_rate, true_positive_rate, label=f"model, AUC {model_auc:.2f}")
    ax.plot([0, 1], [0, 1], color="grey", linestyle="--", label="coin, AUC 0.50")
    for other in (0.1, 0.3, 0.7):
        name = "other thresholds" if other == 0.1 else None
        ax.scatter(*rates(other), s=36, color="#D55E00", marker="^", zorder=3, label=name)
        ax.annotate(f"{other}", rates(other), xytext=(7, -12), textcoords="offset points", color="#A34700")
    ax.scatter(false_alarms, sensitivity, s=70, color="black", zorder=4, label=f"threshold {threshold:.2f}")
    along = {"arrowstyle": "->", "color": "black", "connectionstyle": "arc3,rad=-0.25"}
    ax.annotate("", (0.3, 0.95), xytext=(0.03, 0.62), arrowprops=along)
    ax.text(0.01, 0.94, "lower threshold:\nmore alarms", fontsize=9)
    ax.set(xlabel="false-positive rate (1 - specificity)", ylabel="sensitivity", ylim=(-0.03, 1.05))
    ax.set_title(f"sensitivity {sensitivity:.2f}, specificity {1 - false_alarms:.2f}")
    ax.legend(loc="lower right", fontsize=9)
    return fig, f"ROC curve; {threshold:.2f} alarms {sensitivity:.0%} of the sick, {false_alarms:.0%} of the healthy."


plot.explore(draw_threshold, threshold=(0.05, 0.95, 0.05))

# %% [markdown]
# The AUC has a plain meaning: of one sick and one healthy woman, how often has the sick one the higher probability?
# %%
pairs_won = np.mean([one > probability[~sick] for one in probability[sick]])  # each sick one against all healthy ones
print(f"the sick one is higher in {pairs_won:.3f} of {sick.sum()} x {(~sick).sum()} pairs; AUC {model_auc:.3f}")

# %% [markdown]
# ### Your turn 1.4: a threshold for these costs
#
# For the insurance a missed woman costs €2,000 (what she suffers is not in it), a false alarm €600 (a course on diet
# that she did not need). Alarm if `probability >= threshold`. Which of the `thresholds` costs least on the validation
# women? And how many euros does it save in all, against the cheaper of two simple policies: alarm nobody, or alarm
# everybody?
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
swapped, fewest, every = (thresholds[np.argmin(euros)] for euros in wrong)
slips = {
    "You swapped the costs: a missed woman is the dear one.": swapped,
    "That makes the fewest errors. But a miss costs more than a false alarm.": fewest,
    "That is the position of the least cost, or the cost. Look up its threshold.": bill.argmin(),
    "You paid €600 for each alarm; only a false one costs.": every,
    "That is 600 / 2,600, right for perfect probabilities. Count with these women.": 0.23,
}
hint = "For each threshold count the sick below it and the healthy at or above it; add up the euros; take the least."
check.value("1.4 cheapest threshold", cheapest, thresholds[bill.argmin()], tol=0.001, hint=hint, slips=slips)
simple = {
    "That is against alarming nobody. Is the other policy cheaper?": nobody - bill.min(),
    "Alarm everybody, and only the healthy are false alarms.": 600 * len(sick) - bill.min(),
    "That is what the best threshold costs. What does it save?": bill.min(),
    "That is against the threshold 0.5.": bill[4] - bill.min(),
    "A policy costs more, so the difference is positive.": bill.min() - everybody,
    "That is for one woman. All are asked for.": (everybody - bill.min()) / len(sick),
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
# A threshold is flattered, on average, by the women it was chosen on. Here it was not: it saves as much on the test
# women. There, once, each woman costs on average:
tested, test_sick = model.predict_proba(test_x)[:, 1], test_y.to_numpy() == 1
for name, threshold in {"best": best, "0.5": 0.5, "everybody": 0, "nobody": 2}.items():
    print(f"{name}: €{euros(tested, test_sick, threshold) / len(tested):.0f}")
# With other splits of the women the best threshold lies between 0.1 and 0.3. Where the probabilities can be trusted (of
# those with 0.3 three in ten fall ill), theory gives 600 / (600 + 2000) = 0.23; else count, as here.

# %% [markdown]
# ## 7. The same test in another population
#
# A test finds 90 % of the sick and clears 90 % of the healthy. In screening 1 % are sick (the **prevalence**), in a
# clinic 30 %. A patient tests positive. How likely is she sick, in each place? Guess.
# %%
ppv_at = {}
for prevalence in (0.01, 0.30):
    true_alarms, false_alarms = 0.9 * 10_000 * prevalence, 0.1 * 10_000 * (1 - prevalence)
    ppv_at[prevalence] = true_alarms / (true_alarms + false_alarms)
    print(f"prevalence {prevalence:.0%}: {true_alarms:.0f} true and {false_alarms:.0f} false alarms", end=", ")
    print(f"PPV {ppv_at[prevalence]:.3f}")

# %% [markdown]
# The same test, 8 % and 79 %: in screening a tenth of the many healthy people is more than nine tenths of the few
# sick. So a positive screening leads to a second, different test, not to a diagnosis. The PPV describes a test *in a
# population*. Move both sliders: in screening a perfect sensitivity adds a ninth to the few true alarms; a perfect
# specificity takes away all the false ones.


# %% tags=["figure"]
# @title PPV and prevalence
def draw_ppv(sensitivity=0.9, specificity=0.9):
    prevalence = np.geomspace(0.001, 0.5, 500)
    true_alarms, false_alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    values = true_alarms / (true_alarms + false_alarms)
    fig, ax = plt.subplots(figsize=(5.6, 3.2))
    ax.plot(prevalence * 100, values)
    at_1, at_30 = np.interp([0.01, 0.3], prevalence, values)
    for percent, value, place in ((1, at_1, "screening"), (30, at_30, "clinic")):
        ax.scatter(percent, value, color="black", zorder=3)
        ax.annotate(f"{place} {value:.2f}", (percent, value), xytext=(-8, 6), textcoords="offset points", ha="right")
    ax.set(xlabel="prevalence (%), each step ten times the last", ylabel="PPV", ylim=(0, 1.05), xscale="log")
    ax.set(xticks=[0.1, 1, 10], xticklabels=["0.1", "1", "10"])
    return fig, f"The PPV rises steeply with the prevalence: {at_1:.2f} at 1 % and {at_30:.2f} at 30 %."


plot.explore(draw_ppv, sensitivity=(0.5, 1.0, 0.05), specificity=(0.5, 0.99, 0.01))

# %% [markdown]
# ### Your turn 1.5: which sentence does the study support?
#
# Of 200 people known to be sick, a test was positive in 170; of 200 known to be healthy, in 10. A town with 2 % sick
# wants to screen everybody. Store the PPV there (two decimals). Then choose what holds in the town.
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
hint = "Sensitivity from the sick, specificity from the healthy. Then count the alarms among 10,000 of the town."
slips = {
    "That is the PPV in the study, where half the people were sick.": 170 / 180,
    "That is the sensitivity: the share of the sick that are found.": 170 / 200,
    "Two ways lead here: dividing by all people, not by all alarms; or alarming 95 % of the healthy, not 5 %.": 0.0175,
    "You compared true with false alarms. Divide by both together.": town["TP"] / town["FP"],
    "That is the NPV: the share of all-clears that are true.": 1 - town_missed,
    "You took the sensitivity for the specificity, and the other way round.": 0.019 / (0.019 + 0.98 * 0.15),
    "That is the share of alarms that are false.": 1 - town_ppv,
    "A share between 0 and 1 is asked for, not percent.": 100 * town_ppv + 0.12,  # also if rounded to 26
    "That is the specificity: the share of the healthy without an alarm.": 0.95,
}
check.value("1.5 PPV in the town", ppv_in_town, town_ppv, tol=0.005, hint=hint, slips=slips)
outcomes = {
    "A": "170 of 180 holds where half are sick. In the town most people whom you tell that they are sick are not.",
    "B": f"30 of 220 holds where half are sick. In the town {1000 * town_missed:.0f} of 1,000 all-clears are false.",
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
# study of people *known* to be sick or healthy leaves out the doubtful cases, so it usually flatters both numbers.

# %% [markdown]
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "A model is fitted again each month, with more and more patients. Accuracy on its training patients: 0.92, 0.88, "
    "0.85. On 5,000 new patients: 0.74, 0.77, 0.79. Does the program learn?",
    [
        "No: on its own patients it gets worse",
        "No: on new patients it is still worse",
        "Yes: the gap gets smaller every month",
        "Yes: on new patients it gets better",
    ],
    3,
    [
        "It falls on patients whose answers the model was given. What counts is another accuracy.",
        "That is so of most models that learn. Does the number improve with the data?",
        "It would also get smaller if both accuracies fell.",
        "The measure improves with the data where it must: on patients whose answers it has not seen.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A colleague prepares the column glucose on all patients, before the split into training and test rows. Which step "
    "leaks?",
    [
        "replacing each value by its logarithm",
        "replacing each value by its rank",
        "replacing each value over 400 by 400",
        "replacing mg/dl by mmol/l throughout",
    ],
    1,
    [
        "A logarithm depends on this value alone. Nothing is learned from other rows.",
        "The rank of a training row depends on the test rows, too. It has to be learned inside the pipeline.",
        "A fixed limit looks at this value alone. (The 99th percentile as a limit would leak.)",
        "The factor is a constant of chemistry, not learned from these rows.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A model errs for 1 % of its training patients and 26 % of new ones; 'healthy' for all errs for 35 %. What is the "
    "most promising thing to buy?",
    [
        "twenty more blood values of each patient",
        "a model with more bends in its border",
        "ten times as many patients for training",
        "ten times as many patients for testing",
    ],
    2,
    [
        "It already finds enough in them to know its patients by heart. Twenty more give chance more room.",
        "It overfits already: hardly an error on what it saw.",
        "The chance in a sample is what it has learned, and in a larger sample chance weighs less.",
        "That would only measure the 26 % more exactly.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A rapid test finds 70 % of the sick and clears 99 % of the healthy. In summer, with 1 % sick, about 3 of 1,000 "
    "people with a negative result are sick. In an epidemic 20 % are sick. And now, of 1,000 with a negative result?",
    ["about 3", "about 60", "about 70", "about 300"],
    2,
    [
        "Sensitivity and specificity stay. The NPV mixes sick and healthy people, in another proportion now.",
        "60 of 1,000 tested are sick and missed. But 148 of the 1,000 are positive: divide by the others.",
        "Of 1,000 people 60 are sick and missed, 792 healthy and cleared: 60 of 852, that is 70 of 1,000.",
        "30 % of the sick are missed; most of those with a negative result are healthy.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## Going further
#
# [More kinds, more measures](further/01_more_kinds_and_measures.ipynb), each section on its own:
#
# - *A few labels, many pictures*: semi-supervised learning.
# - *Learning from reward*: treat and learn.
# - *When more data help*: before you pay.
# - *More than two classes*: which average?
# - *People and machines*: what a trial says.
# - *Groups without labels*: unsupervised learning.
# - *A rule, a line, a wiggly border*: for a bank.
# - *Bias and variance*: more readings, or better ones?
#
# ## What this lab has shown
#
# The main claims, as tests that fail if one is not true.

# %% tags=["nbval-check-output"]
assert np.allclose(np.linalg.solve([[2, 1], [3, 1]], [6, 8]), [2, 2])
assert np.allclose(np.polyfit([2, 3, 4, 5, 6], [6, 8, 10, 12, 14], deg=1), [2, 2])
assert guesser_scores.max() > 0.6 and winner_again < guesser_scores.max() - 0.05
assert min(split_scores) < 0.73 < 0.79 < max(split_scores)
assert noise_leaky > 0.8 and noise_honest < 0.7
assert drug_errors[4] < drug_errors[1] and drug_errors[4] < drug_errors[14]
assert 0.75 < model_auc < 0.9 and np.isclose(pairs_won, model_auc)
assert np.allclose([ppv_at[0.01], ppv_at[0.30]], [90 / 1080, 2700 / 3400])
print("All claims hold.")

# %% [markdown]
# ## Summary
#
# - A learning program builds a model from data so that a performance measure improves.
# - Fit on training rows, choose on validation rows, report on test rows, once. Scaling and selection belong inside the
#   cross-validation, in a pipeline, and all rows of a patient into one part.
# - A model can be too simple or too complex; what was held out finds the balance.
# - Choose a threshold by counting what its misses and false alarms cost; compare with alarming nobody and everybody.
# - Sensitivity and specificity describe the test, at least roughly; PPV and NPV also depend on the prevalence.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | artificial intelligence | 인공지능 | programs that do what we call intelligent in a person |
# | machine learning | 기계 학습 | behaviour that comes from data |
# | deep learning | 딥러닝 (심층 학습) | machine learning with many-layered neural networks |
# | model, performance measure | 모델, 성능 척도 | what is built from data, and how well it does its task |
# | label | 레이블 | the right answer to a case |
# | supervised learning | 지도 학습 | learning from inputs with labels |
# | feature, target | 특성, 목표 변수 | what a model gets, what it predicts |
# | classification | 분류 | predicting a discrete target |
# | regression | 회귀 | predicting a continuous target |
# | probability estimation | 확률 추정 | a number from 0 to 1 for each case |
# | training, validation, test set | 훈련, 검증, 시험 세트 | to fit on, to choose on, to report on |
# | accuracy | 정확도 | share of right answers |
# | cross-validation | 교차 검증 | each part of the data is held out once |
# | standardisation | 표준화 | mean 0, standard deviation 1 |
# | min-max normalisation | 최소-최대 정규화 | least value 0, greatest 1 |
# | leakage | 데이터 누수 | knowledge of the test rows in training |
# | pipeline | 파이프라인 | steps glued together, fitted on training rows only |
# | nearest neighbour | 최근접 이웃 | the label of the most similar training case |
# | mean squared error | 평균 제곱 오차 | average of (prediction - measured value)² |
# | underfitting | 과소적합 | too simple for the pattern |
# | overfitting | 과적합 | fitting the chance in the sample |
# | true, false positive; true, false negative | 진양성, 위양성, 진음성, 위음성 | test right or wrong; what it says |
# | threshold | 임계값 | the probability from which a test says positive |
# | sensitivity, recall | 민감도, 재현율 | share of the sick that are found |
# | specificity | 특이도 | share of the healthy that are left in peace |
# | positive predictive value, precision | 양성 예측도, 정밀도 | share of alarms that are true |
# | negative predictive value | 음성 예측도 | share of all-clears that are true |
# | ROC curve, AUC | ROC 곡선, 곡선 아래 면적 | sensitivity against false alarms, and its area |
# | prevalence | 유병률 | share of the sick in a population |
#
# ## References
#
# - T. Mitchell, *Machine Learning*, McGraw-Hill, 1997.
# - J. W. Smith et al., "Using the ADAP learning algorithm to forecast the onset of diabetes mellitus", *Proc. Annu.
#   Symp. Comput. Appl. Med. Care*, 1988: the Pima data.
# - C. Ambroise, G. McLachlan, "Selection bias in gene extraction on the basis of microarray gene-expression data",
#   *PNAS*, 2002: the leak of section 4.
