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
# - tell the four kinds of learning apart by what the learner is given,
# - split data so that the score you report is honest,
# - explain under- and overfitting with bias and variance,
# - compute and read the usual measures of a prediction, from mean absolute error to positive predictive value.
#
# **Before you start** you need Python's basics (variables, functions, lists) and the mean and standard deviation. Run
# the cells from top to bottom. Under each heading *Your turn* stands a cell with `...` for you to replace. Run it,
# then run the folded check cell below it: it tells you at once whether you are right. You need not open the check.
# The solution is folded too; open it when you want to compare.
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
# learning** is the part of AI in which the program's behaviour comes from data instead of from rules that someone
# wrote. **Deep learning** is the part of machine learning that uses neural networks with many layers.

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
# Machine learning shares methods with four neighbours. They differ in the question they ask.
#
# | Field | Its question | A hospital's example |
# |---|---|---|
# | Statistics | How sure can I be about a population? | Does drug A lower blood pressure more than drug B? |
# | Data mining | What patterns hide in this database? | Which diagnoses occur together? |
# | Big data | How do I store and process very large data? | Ten years of monitor signals of every bed |
# | Business intelligence | What happened, for those who decide? | A weekly report of bed occupancy |
# | Machine learning | What will the next case be? | Will this patient be readmitted? |
#
# ### Data, model, performance
#
# An environment gives **data** D. From D a **model** M is built, for some task. A **performance measure** P says how
# well M does the task. The program *learns* if P improves with the data that it has seen. Tom Mitchell defined it so
# in 1997, with the word *experience* for the data. Data, model and measure are three choices, and you make all three.
#
# Take five pairs of numbers. The rule behind them is a straight line $y = a x + b$, with unknown $a$ and $b$.

# %%
x = np.array([2, 3, 4, 5, 6])
y = np.array([6, 8, 10, 12, 14])

# %% [markdown]
# A person would take two of the pairs and solve two equations: $2a + b = 6$ and $3a + b = 8$. `np.linalg.solve` does
# it: the matrix holds what stands before $a$ and $b$.

# %%
a, b = np.linalg.solve([[2, 1], [3, 1]], [6, 8])
print(f"y = {a:.2f} x + {b:.2f}")

# %% [markdown]
# A learning program uses *all* the pairs. `np.polyfit` with degree 1 finds the line that lies closest to them. People
# wrote the search, which is inside `polyfit`. The rule $y = 2x + 2$ came out of the data: **the learned program is
# the output.**

# %%
slope, intercept = np.polyfit(x, y, deg=1)
print(f"y = {slope:.2f} x + {intercept:.2f}")

# %% [markdown]
# Here both ways agree. Real measurements have errors. Before you run the next cell: which of the two suffers more
# when each $y$ is off by a little?

# %%
rng = np.random.default_rng(SEED)
noisy_y = y + rng.normal(0, 0.5, size=5)
a, b = np.linalg.solve([[2, 1], [3, 1]], noisy_y[:2])
slope, intercept = np.polyfit(x, noisy_y, deg=1)
print(f"two equations: y = {a:.2f} x + {b:.2f}")
print(f"fitted to all: y = {slope:.2f} x + {intercept:.2f}")

# %% [markdown]
# The errors of two points go straight into the solved line. The fitted line averages over five, so it usually stays
# nearer to $2x + 2$. More data, better performance: that is learning in Mitchell's sense.
#
# ### Your turn 1.1: a rule from two points
#
# Write `line_through(x1, y1, x2, y2)`, which returns the pair `(a, b)` of the line $y = a x + b$ through two points.
# The slope $a$ is the rise $y_2 - y_1$ divided by the run $x_2 - x_1$; $b$ is what remains: $y_1 - a x_1$.


# %% tags=["exercise"]
def line_through(x1, y1, x2, y2):
    return ...


# %% tags=["check"]
# @title Check 1.1
check.function(
    "1.1 line through two points",
    line_through,
    lambda x1, y1, x2, y2: tuple(np.linalg.solve([[x1, 1], [x2, 1]], [y1, y2])),
    cases=[(2, 6, 3, 8), (0, 1, 2, -3), (-1, 0.5, 4, 3)],
    hint="First the slope: rise divided by run. Then solve y1 = a * x1 + b for b. Return both, in the order a, b.",
)


# %% tags=["solution"]
# @title Solution 1.1
def line_through_solution(x1, y1, x2, y2):
    a = (y2 - y1) / (x2 - x1)
    return a, y1 - a * x1


check.solution("1.1 line through two points", line_through_solution)

# %% [markdown]
# ## 2. Four kinds of learning
#
# They differ in what the learner is given.
#
# | Kind | The learner gets | Example |
# |---|---|---|
# | Supervised | inputs *and* the right answers (labels) | X-rays with the diagnosis |
# | Unsupervised | inputs only | find groups of similar patients |
# | Semi-supervised | a few labels, many inputs without | 20 slides read by a pathologist, 2,000 unread |
# | Reinforcement | a reward after each action | adapt the warmth of an incubator, see what helps |
#
# ### Supervised learning
#
# 768 women of Pima heritage without diabetes were examined, and it was recorded who developed diabetes within five
# years. Each row is one woman. *Glucose* is the plasma glucose two hours into a glucose tolerance test, in mg/dl. A
# few zeros in Glucose and BMI stand for *not measured*, so these rows are left out here; lab 4 treats them properly.

# %%
pima = data.load_pima_diabetes()
pima = pima[(pima["Glucose"] > 0) & (pima["BMI"] > 0)].reset_index(drop=True)
features, has_diabetes = pima[["Glucose", "BMI", "Age"]], pima["Outcome"]
print(f"{len(pima)} women, {has_diabetes.mean():.1%} of them developed diabetes within five years")

# %% [markdown]
# A supervised task is named after its target. A **discrete** target, such as diabetes yes or no, makes it
# **classification**. A **continuous** target, such as the BMI in kg/m², makes it **regression**. Often the most
# useful answer is a number between 0 and 1: **probability estimation** gives the probability that this woman develops
# diabetes. In scikit-learn every model has `.fit(inputs, targets)` and `.predict(inputs)`.

# %%
from sklearn.linear_model import LinearRegression, LogisticRegression

classifier = LogisticRegression(max_iter=1000).fit(features, has_diabetes)
measured = pima[pima["SkinThickness"] > 0]  # the triceps skin fold was not measured in everyone
regressor = LinearRegression().fit(measured[["Age", "SkinThickness"]], measured["BMI"])
patient = pd.DataFrame({"Glucose": [160], "BMI": [36.0], "Age": [50], "SkinThickness": [35]})
print(f"class: {classifier.predict(patient[features.columns])[0]} (1 = diabetes)")
chances = classifier.predict_proba(patient[features.columns])[0]  # of class 0 and of class 1
print(f"probability of diabetes: {chances[1]:.2f}")
print(f"BMI expected from age and skin fold: {regressor.predict(patient[['Age', 'SkinThickness']])[0]:.1f} kg/m2")

# %% [markdown]
# `LogisticRegression` is a classifier in spite of its name: it adds up the features with weights and turns the sum
# into a probability. Above one half it says class 1.
#
# ### Unsupervised learning
#
# Here are 600 handwritten zeros and ones of 28 × 28 pixels. Each picture is a list of 784 numbers, that is one point
# in a space of 784 dimensions. We hide the labels. **Principal component analysis** (PCA) finds the two directions in
# that space along which the points differ most, and **k-means** (lab 2) splits the points into two groups.

# %%
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

images, digits = data.load_mnist_10k()
chosen = np.flatnonzero(digits <= 1)[:600]
pixels, truth = images[chosen].reshape(600, -1) / 255, digits[chosen]
plane = PCA(n_components=2, random_state=SEED).fit_transform(pixels)
group = KMeans(n_clusters=2, n_init=5, random_state=SEED).fit_predict(plane)

# %%
agreement = max((group == truth).mean(), (group != truth).mean())  # groups have no names, so try both
fig, ax = plt.subplots(figsize=(5.6, 3.4))
for number in (0, 1):
    ax.scatter(*plane[group == number].T, s=14, marker=plot.MARKERS[number], label=f"group {number}")
ax.set(
    xlabel="first principal component", ylabel="second principal component", title="Two groups, found without labels"
)
ax.legend()
plot.show(
    fig,
    alt=f"A broad cloud at the left and a narrow arc at the right; {agreement:.1%} of the points match the labels.",
)
print(f"the groups match the hidden labels for {agreement:.1%} of the pictures")

# %% [markdown]
# Nobody told the program which picture is a zero. *We* asked for two groups; that they match the digits so well is
# because the pictures form two clouds. Which cloud is called 0 is chance: an unsupervised method has no names for its
# groups.
#
# ### Semi-supervised learning
#
# Labels cost an expert's time. Suppose someone has read only 10 of 1000 pictures of the digits 0 to 4, two of each.
# **Label spreading** lets each label flow to similar pictures, and from these on to others. We compare it with a
# classifier that learns from the 10 alone. Pictures without a label carry the mark -1. PCA first reduces each picture
# to 20 numbers, for both. **Accuracy** is the share of right answers.

# %%
from sklearn.semi_supervised import LabelSpreading

chosen = np.flatnonzero(digits <= 4)[:1000]
truth = digits[chosen].astype(int)
codes = PCA(n_components=20, random_state=SEED).fit_transform(images[chosen].reshape(1000, -1) / 255)


def compare(rng):
    """Accuracy on the unread pictures: from ten labels alone, and with the pictures without labels."""
    read = np.concatenate([rng.choice(np.flatnonzero(truth == digit), 2, replace=False) for digit in range(5)])
    labels = np.full(1000, -1)
    labels[read] = truth[read]
    alone = LogisticRegression(max_iter=1000).fit(codes[read], truth[read]).predict(codes)
    spread = LabelSpreading(kernel="knn", n_neighbors=20, alpha=0.9, max_iter=200).fit(codes, labels).transduction_
    return [(guess == truth)[labels == -1].mean() for guess in (alone, spread)]


# %%
results = np.array([compare(np.random.default_rng(seed)) for seed in range(10)])
alone, with_unread = results.mean(axis=0)  # axis=0: down the columns, over the 10 draws
print("accuracy on the 990 unread pictures, mean over 10 draws of the 10 labels")
print(f"from 10 labels alone:          {alone:.2f}")
print(
    f"with 990 pictures without one: {with_unread:.2f}, better in {(results[:, 1] > results[:, 0]).sum()} of 10 draws"
)

# %% [markdown]
# The unlabelled pictures tell where the groups lie; the ten labels tell what they are called. This helps only when
# pictures of one class really resemble each other.
#
# ### Reinforcement learning
#
# Three treatments cure 30 %, 50 % and 70 % of patients, but nobody knows that. After each patient we see only whether
# *this* one recovered. A simple strategy, called **epsilon-greedy**: treat with what has worked best so far, but let
# one patient in ten have a treatment drawn at random, so that a good one is not missed. This simplest case of
# reinforcement learning is called a *bandit*. With real patients it is done only in a trial, with their consent.


# %%
def treat(patients, explore_share, rng):
    """Return which of three treatments each patient got."""
    cure_rate = np.array([0.3, 0.5, 0.7])
    given, cured, choices = np.zeros(3), np.zeros(3), []
    for _ in range(patients):
        success = cured / np.maximum(given, 1)
        best_so_far = rng.choice(np.flatnonzero(success == success.max()))  # one of the best, if several are equal
        arm = rng.integers(3) if rng.random() < explore_share else best_so_far
        given[arm] += 1
        cured[arm] += rng.random() < cure_rate[arm]
        choices.append(arm)
    return np.array(choices)


# %%
rng = np.random.default_rng(SEED)
runs = np.array([treat(500, 0.1, rng) == 2 for _ in range(100)])  # True where the best was given
fig, ax = plt.subplots(figsize=(5.6, 3))
ax.plot(np.arange(1, 501), runs.mean(axis=0), linewidth=1)
ax.axhline(1 - 0.1 * 2 / 3, color="black", linestyle=":")
ax.set(
    xlabel="patient", ylabel="share given the best", ylim=(0, 1), title="Learning from reward alone (mean of 100 runs)"
)
late_share = runs[:, 400:].mean()
plot.show(fig, alt=f"The share given the best treatment rises from a third to {late_share:.0%}, near the dotted 93 %.")
print(f"of the last 100 patients, {late_share:.0%} get the best treatment")

# %% [markdown]
# It cannot reach 100 %: a tenth of the patients are used to explore, and two thirds of those get a worse treatment.
# That leaves 93 %, the dotted line. The curve is a mean over 100 runs; a single run may stay with the second-best
# treatment for long. No one ever told the program the right answer; it saw only rewards.
#
# ## 3. Credit scoring: a rule, a line, a wiggly border
#
# A bank wants to know which customers will repay. We simulate 1,200 customers with a yearly income and savings, in
# 1000 dollars. By construction both raise the probability to repay, but some rich customers fail and some poor ones
# pay: that part is noise.

# %%
rng = np.random.default_rng(SEED + 3)
income = rng.uniform(10, 100, size=1200)
savings = rng.uniform(0, 60, size=1200)
probability_to_repay = 1 / (1 + np.exp(-(0.08 * income + 0.12 * savings - 7.5)))
repaid = rng.random(1200) < probability_to_repay
customers = np.column_stack([income, savings])
print(f"{repaid.mean():.0%} of {len(repaid)} customers repaid")

# %% [markdown]
# The oldest kind of scoring is a rule that a person writes: **low risk IF income > t1 AND savings > t2**. Move the
# two thresholds. What is the best you can reach?


# %%
def draw_rule(t1=50, t2=20):
    says_low_risk = (income > t1) & (savings > t2)
    right = (says_low_risk == repaid).mean()
    fig, ax = plt.subplots(figsize=(5.6, 3.6))
    for paid, name, marker in ((True, "repaid", "o"), (False, "did not", "^")):
        some = np.flatnonzero(repaid[:400] == paid)  # the first 400 are enough to see
        ax.scatter(income[some], savings[some], s=14, marker=marker, label=name)
    ax.plot([t1, t1, 100], [60, t2, t2], color="black", linestyle="-")
    ax.set(
        xlabel="income ($1000)",
        ylabel="savings ($1000)",
        title=f"Rule right for {right:.0%} of all customers",
        xlim=(5, 105),
    )
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return (
        fig,
        f"Repayers crowd at the upper right; the corner above {t1} and {t2} is right for {right:.0%} of customers.",
    )


plot.explore(draw_rule, t1=(10, 100, 5), t2=(0, 60, 5))

# %% [markdown]
# With these steps no rule gets beyond 76 % (thresholds 25 and 25). It cuts out a corner, but much income can make up
# for little savings, so the true border is slanted. A **linear classifier** finds a slanted straight line; it has
# only three numbers to learn. A **1-nearest-neighbour** classifier gives each new customer the answer of the most
# similar known customer, so its border can take any shape. We learn from 200 customers and test on the other 1,000.
# The **error** here is the share of wrong answers.

# %%
from sklearn.neighbors import KNeighborsClassifier

models = {
    "linear classifier": LogisticRegression().fit(customers[:200], repaid[:200]),
    "nearest neighbour": KNeighborsClassifier(n_neighbors=1).fit(customers[:200], repaid[:200]),
}
for name, model in models.items():
    wrong = model.predict(customers) != repaid
    print(f"{name:18} error on the 200 it saw {wrong[:200].mean():.2f}, on 1000 new {wrong[200:].mean():.2f}")
rule_wrong = ((income > 25) & (savings > 25)) != repaid
print(f"{'rule, 25 and 25':18} error on the same 1000 new {rule_wrong[200:].mean():.2f}")

# %% tags=["figure"]
# @title The two borders
grid_income, grid_savings = np.meshgrid(np.linspace(10, 100, 150), np.linspace(0, 60, 120))
grid = np.column_stack([grid_income.ravel(), grid_savings.ravel()])
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    says = model.predict(grid).reshape(grid_income.shape).astype(float)
    ax.contourf(grid_income, grid_savings, says, levels=[-0.5, 0.5, 1.5], colors=["#f6d9c5", "#cfe3f1"])
    for paid, marker, colour in ((True, "o", "#0072B2"), (False, "^", "#D55E00")):
        some = np.flatnonzero(repaid[:200] == paid)
        ax.scatter(income[some], savings[some], s=12, marker=marker, color=colour, linewidths=0)
    ax.set(title=name, xlabel="income ($1000)")
    ax.grid(False)
axes[0].set_ylabel("savings ($1000)")
plot.show(
    fig,
    alt="The linear border is a slanted line; the nearest-neighbour border is jagged, with islands round points.",
)

# %% [markdown]
# Blue is where the model says *will repay*. The nearest neighbour makes no error on customers that it has seen: each
# is its own neighbour. On new ones it errs more often than the line. (The rule's 0.23 is flattered: its thresholds
# were chosen on all 1,200 customers, and it still does not beat the line.) It has learned the noise along with the
# pattern: look at the islands. A simple model has more error on what it saw; a complex one fits more, including noise
# that will not repeat. This trade runs through the whole course.
#
# ### Your turn 1.2: the bank's rule
#
# Write `low_risk(income, savings, t1, t2)` for NumPy arrays `income` and `savings`. It returns an array of True and
# False. In NumPy, `&` means AND between two arrays, and each comparison needs its own parentheses.


# %% tags=["exercise"]
def low_risk(income, savings, t1, t2):
    return ...


# %% tags=["check"]
# @title Check 1.2
check.function(
    "1.2 the bank's rule",
    low_risk,
    lambda income, savings, t1, t2: np.logical_and(income > t1, savings > t2),
    cases=[
        (np.array([40.0, 60.0, 60.0, 40.0]), np.array([30.0, 30.0, 10.0, 10.0]), 50, 20),
        (np.array([25.0, 50.0, 90.0]), np.array([5.0, 40.0, 1.0]), 20, 0),
        (np.array([50.0, 51.0, 60.0]), np.array([21.0, 21.0, 20.0]), 50, 20),
    ],
    hint="Two comparisons, each in parentheses, joined by &. A customer exactly at a threshold is not above it.",
)


# %% tags=["solution"]
# @title Solution 1.2
def low_risk_solution(income, savings, t1, t2):
    return (income > t1) & (savings > t2)


check.solution("1.2 the bank's rule", low_risk_solution)

# %% [markdown]
# ## 4. Honest splits
#
# The nearest neighbour showed why we never judge a model on the rows it learned from. The usual split has three
# parts.
#
# - **Training set**: the model's numbers (weights) are fitted on it.
# - **Validation set**: we compare models and settings on it, and choose.
# - **Test set**: used once, at the end, for the number that we report.
#
# If a patient has several images or visits, all of them go into the same part: a model would recognise the patient
# instead of the disease.
#
# Why a third part? Because choosing is also a kind of fitting. Before you run the next cell: 100 patients, and a coin
# decides the outcome of each, so nothing can be predicted. We try 1,000 models that guess at random and keep the
# best. How good does the best look on these 100?

# %%
rng = np.random.default_rng(SEED)
outcome = rng.integers(2, size=100)
guesses = rng.integers(2, size=(1000, 100))
accuracy = (guesses == outcome).mean(axis=1)  # axis=1: along the rows, one number for each model
fresh_outcome = rng.integers(2, size=100)
winner = guesses[np.argmax(accuracy)]
print(f"best of 1000 random guessers: {accuracy.max():.0%} right on the 100 patients it was chosen on")
print(f"the same guesser on 100 new patients: {(winner == fresh_outcome).mean():.0%}")

# %% [markdown]
# A coin cannot be predicted, yet the winner looks clearly better than 50 %. If a whole field tries its models on one
# fixed test set, the same happens slowly: **a fixed test set gets overfitted** too.
#
# ### One split is a lottery, cross-validation averages
#
# With few rows the score also depends on who happens to be in the test set. Here are 30 different random splits of
# the Pima data, 20 % of the women in the test set each time.

# %%
from sklearn.model_selection import KFold, cross_val_score, train_test_split

scores = []
for split in range(30):
    train_x, test_x, train_y, test_y = train_test_split(features, has_diabetes, test_size=0.2, random_state=split)
    scores.append(LogisticRegression(max_iter=1000).fit(train_x, train_y).score(test_x, test_y))
print(f"accuracy from {min(scores):.2f} to {max(scores):.2f}, depending on the split alone")

# %% [markdown]
# **K-fold cross-validation** cuts the rows into k parts. Each part is held out once, while the model learns from the
# other k - 1. Every row is tested exactly once, and no row is ever tested by a model that has seen it.

# %% tags=["figure"]
# @title Five folds
fig, ax = plt.subplots(figsize=(6.4, 2.4))
for fold in range(5):
    for part in range(5):
        tested = part == fold
        colour, hatch = ("#D55E00", "//") if tested else ("#9cc6e3", "")
        ax.barh(fold, 0.96, left=part, height=0.7, color=colour, hatch=hatch, edgecolor="white")
        ax.text(part + 0.48, fold, "held out" if tested else "train", ha="center", va="center", fontsize=9)
ax.set(
    yticks=range(5), yticklabels=[f"round {fold + 1}" for fold in range(5)], xticks=[], xlabel="the rows, in 5 parts"
)
ax.invert_yaxis()
ax.grid(False)
plot.show(
    fig,
    alt="Five rounds; in each round another fifth of the rows is held out and the other four are for training.",
)

# %%
folds = KFold(n_splits=5, shuffle=True, random_state=SEED)
fold_scores = cross_val_score(LogisticRegression(max_iter=1000), features, has_diabetes, cv=folds)
print("accuracy of each fold:", fold_scores.round(3))
print(f"mean {fold_scores.mean():.3f}, standard deviation over folds {fold_scores.std(ddof=1):.3f}")

# %% [markdown]
# Report the mean *and* the spread. Compare two models fold by fold, on the same folds: if the sign of the difference
# changes from fold to fold, it is no reason to prefer one. Cross-validation takes the place of the validation set
# when data are few. A test set still stays apart.
#
# ### Your turn 1.3: the rows of one fold
#
# Write `test_rows(n, k, fold)`: the row numbers 0 ... n-1 (of rows that are already shuffled) are cut, in order, into
# k parts. Return the row numbers of part number `fold`, counted from 0. `np.arange(n)` makes the row numbers, and
# `np.array_split(rows, k)` cuts them into a list of k parts.


# %% tags=["exercise"]
def test_rows(n, k, fold):
    return ...


# %% tags=["check"]
# @title Check 1.3
check.function(
    "1.3 rows of a fold",
    test_rows,
    lambda n, k, fold: [test for _, test in KFold(n_splits=k).split(np.zeros(n))][fold],
    cases=[(10, 5, 0), (10, 5, 3), (11, 3, 2), (7, 2, 1)],
    hint="Cut np.arange(n) into a list of k parts, then take the element number fold of that list.",
)


# %% tags=["solution"]
# @title Solution 1.3
def test_rows_solution(n, k, fold):
    return np.array_split(np.arange(n), k)[fold]


check.solution("1.3 rows of a fold", test_rows_solution)

# %% [markdown]
# ## 5. Scaling, and what leaks
#
# Glucose spreads over some 150 mg/dl, BMI over some 50 kg/m². Many methods compare distances, and in a distance the
# column with the larger spread dominates. Two remedies are usual:
#
# - **standardisation**: $(x - \text{mean}) / \text{std}$ with the standard deviation std, giving mean 0 and standard
#   deviation 1,
# - **min-max normalisation**: $(x - \min) / (\max - \min)$, giving values from 0 to 1.

# %%
glucose = features["Glucose"].to_numpy()
standardised = (glucose - glucose.mean()) / glucose.std()
normalised = (glucose - glucose.min()) / (glucose.max() - glucose.min())
print(
    f"glucose:      mean {glucose.mean():6.1f}, std {glucose.std():5.1f}, from {glucose.min()} to {glucose.max()} mg/dl"
)
print(f"standardised: mean {abs(standardised.mean()):6.1f}, std {standardised.std():5.1f}, no unit")
print(f"normalised:   from {normalised.min():.1f} to {normalised.max():.1f}, no unit")

# %% [markdown]
# Mean, standard deviation, least and greatest value are *learned from data*, so they belong to the model. They must
# come from the training rows only. If the scaler sees the test rows, knowledge about them flows into training. This
# is called **leakage**. Watch it with one extreme test value, such as a typing error.

# %%
from sklearn.preprocessing import MinMaxScaler

train_glucose = np.array([[90.0], [120.0], [150.0]])
test_glucose = np.array([[110.0], [1100.0]])
honest = MinMaxScaler().fit(train_glucose)
leaky = MinMaxScaler().fit(np.vstack([train_glucose, test_glucose]))
print("training rows, scaler fitted on training rows:", honest.transform(train_glucose).ravel().round(2))
print("training rows, scaler fitted on all rows:     ", leaky.transform(train_glucose).ravel().round(2))

# %% [markdown]
# The *training* rows changed because of a *test* row. In daily use the test row is tomorrow's patient, whom you
# cannot know yet.
#
# How much does it matter? With scaling alone usually little. With a step that looks at the labels it can fake a whole
# result. Before you run the next cell: 60 patients, 5,000 columns of pure noise, a coin for the diagnosis. We keep
# the 20 columns that fit the diagnosis best, then cross-validate. What accuracy is really possible?

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

rng = np.random.default_rng(SEED)
noise, coin = rng.normal(size=(60, 5000)), rng.integers(2, size=60)
best_columns = SelectKBest(k=20).fit_transform(noise, coin)  # wrong: the selection has seen every row
leaky_score = cross_val_score(LogisticRegression(), best_columns, coin, cv=5).mean()
inside = make_pipeline(SelectKBest(k=20), LogisticRegression())  # right: selected anew within each training part
honest_score = cross_val_score(inside, noise, coin, cv=5).mean()
print(f"selected on all rows: accuracy {leaky_score:.2f}; selected inside each fold: {honest_score:.2f}")

# %% [markdown]
# Noise "predicts" a coin, because the selection had already seen the answers of the test rows. A **pipeline** glues
# the steps together, so that cross-validation fits all of them on the training part only. Always use one when a step
# learns from data.
#
# ### Your turn 1.4: standardise without a leak
#
# Write `standardise(train_values, test_values)` for two NumPy arrays. It returns the standardised *test* values, with
# mean and standard deviation (`.mean()`, `.std()`) taken from the *training* values.


# %% tags=["exercise"]
def standardise(train_values, test_values):
    return ...


# %% tags=["check"]
# @title Check 1.4
from sklearn.preprocessing import StandardScaler


def standardise_reference(train_values, test_values):
    return StandardScaler().fit(train_values.reshape(-1, 1)).transform(test_values.reshape(-1, 1)).ravel()


check.function(
    "1.4 standardise without a leak",
    standardise,
    standardise_reference,
    cases=[
        (np.array([90.0, 120.0, 150.0]), np.array([110.0, 200.0])),
        (np.array([1.0, 2.0, 4.0, 9.0]), np.array([3.0])),
        (np.array([-5.0, 5.0]), np.array([0.0, 10.0, -10.0])),
    ],
    hint="Subtract the mean and divide by the standard deviation; both belong to train_values.",
)


# %% tags=["solution"]
# @title Solution 1.4
def standardise_solution(train_values, test_values):
    return (test_values - train_values.mean()) / train_values.std()


check.solution("1.4 standardise without a leak", standardise_solution)

# %% [markdown]
# ## 6. Too simple, too complex
#
# A tablet lowers the blood pressure: its effect rises within two hours and then fades. We know the true curve here,
# because we made it. Each measurement carries noise with a standard deviation of 4 mmHg. We fit polynomials: degree 1
# is a straight line, and each further degree allows one more bend. As for the line in section 1, the fit makes the
# **mean squared error** on the points as small as possible: the average of (curve - point)².


# %%
def true_effect(hours):
    return 40 * hours * np.exp(-0.5 * hours)  # fall of the blood pressure in mmHg


def measure(hours, rng):
    return true_effect(hours) + rng.normal(0, 4, size=len(hours))


hours = np.linspace(0, 8, 20)
rng = np.random.default_rng(SEED + 5)
effect = measure(hours, rng)
new_hours = rng.uniform(0, 8, size=500)
new_effect = measure(new_hours, rng)


# %%
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

# %% [markdown]
# Degree 1 misses the hump: it **underfits**. Degree 14 runs after the noise: it **overfits**. Here are the errors for
# a row of degrees.

# %%
for degree in (1, 2, 3, 4, 6, 10, 14):
    curve = np.polynomial.Polynomial.fit(hours, effect, degree)
    seen, unseen = np.mean((curve(hours) - effect) ** 2), np.mean((curve(new_hours) - new_effect) ** 2)
    print(f"degree {degree:2}: mean squared error {seen:5.1f} mmHg² on seen points, {unseen:5.1f} on new ones")

# %% [markdown]
# On the points it saw the error only ever falls with the degree. On new ones it falls and then rises again.
#
# ### Bias and variance
#
# Let 300 laboratories each measure at the same 20 times and fit the same kind of curve. **Bias** is how far their
# *average* curve lies from the truth: what the model cannot express. **Variance** is how much the curves *differ*
# from laboratory to laboratory: what depends on the luck of the sample. The expected squared error on a new
# measurement is bias² + variance + noise², and noise² is $4^2 = 16$ mmHg² here.


# %%
def bias_and_variance(degree, laboratories=300):
    grid = np.linspace(0, 8, 100)
    fits = [
        np.polynomial.Polynomial.fit(hours, measure(hours, np.random.default_rng(seed)), degree)
        for seed in range(laboratories)
    ]
    curves = np.array([fit(grid) for fit in fits])
    return np.mean((curves.mean(axis=0) - true_effect(grid)) ** 2), curves.var(axis=0).mean()


# %%
degrees = np.arange(1, 11)
bias_squared, variance = np.array([bias_and_variance(degree) for degree in degrees]).T
table = pd.DataFrame({"degree": degrees, "bias²": bias_squared, "variance": variance, "noise²": 16.0})
table["expected error"] = table[["bias²", "variance", "noise²"]].sum(axis=1)
print(table.round(1).to_string(index=False))

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.4))
for column in ("bias²", "variance", "expected error", "noise²"):
    ax.plot(degrees, table[column], marker="o", label=column)
ax.set(xlabel="degree of the polynomial (complexity)", ylabel="mmHg²", ylim=(0, 65))
ax.legend()
lowest = int(table["degree"][table["expected error"].argmin()])
plot.show(fig, alt=f"Bias² falls and variance rises with the degree; the expected error is least at degree {lowest}.")

# %% [markdown]
# Bias falls, variance rises, and their sum is least in between; the noise adds the same to all. With real data nobody
# knows the truth, so the two cannot be separated. But the error on a validation set estimates the sum of all three,
# and that is enough to choose. When several models are about equal, take the simplest.
#
# ### Your turn 1.5: choose the degree
#
# `validation_error` holds the error of degrees 1 to 10 on a validation set. Store the degree with the least error in
# `best_degree`. `np.argmin(array)` gives the *position* of the least value, counted from 0; `degrees` holds the
# degrees.

# %%
rng = np.random.default_rng(SEED + 6)
check_hours = rng.uniform(0, 8, size=100)
check_effect = measure(check_hours, rng)
fits = [np.polynomial.Polynomial.fit(hours, effect, degree) for degree in degrees]
validation_error = np.array([np.mean((fit(check_hours) - check_effect) ** 2) for fit in fits])
print(dict(zip(degrees.tolist(), validation_error.round(1).tolist(), strict=True)))

# %% tags=["exercise"]
best_degree = ...

# %% tags=["check"]
# @title Check 1.5
by_error = sorted(zip(validation_error, degrees, strict=True))
check.value(
    "1.5 best degree",
    best_degree,
    by_error[0][1],
    tol=0,
    hint="np.argmin gives a position; look up the degree at that position in degrees.",
)

# %% tags=["solution"]
# @title Solution 1.5
best_degree_solution = degrees[np.argmin(validation_error)]
check.solution("1.5 best degree", best_degree_solution)

# %% [markdown]
# ### More data
#
# A **learning curve** shows the error against the amount of training data. We take two models for the Pima data: the
# linear one with few numbers to learn, and a decision tree, which asks one yes-no question after another until every
# training row is explained.

# %%
from sklearn.model_selection import learning_curve
from sklearn.tree import DecisionTreeClassifier

curves = {}
for name, model in {
    "logistic": LogisticRegression(max_iter=1000),
    "tree": DecisionTreeClassifier(random_state=SEED),
}.items():
    sizes, on_train, on_test = learning_curve(
        model, features, has_diabetes, train_sizes=[40, 80, 160, 320, 600], cv=folds, shuffle=True, random_state=SEED
    )
    curves[name] = (1 - on_train.mean(axis=1), 1 - on_test.mean(axis=1))

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True)
for ax, (name, (seen, unseen)) in zip(axes, curves.items(), strict=True):
    ax.plot(sizes, seen, marker="o", label="rows it saw")
    ax.plot(sizes, unseen, marker="^", label="new rows")
    ax.set(xlabel="training rows", title=name, ylim=(-0.02, 0.45))
axes[0].set_ylabel("share of errors")
axes[1].legend()
gap = {name: unseen[-1] - seen[-1] for name, (seen, unseen) in curves.items()}
plot.show(
    fig,
    alt="The two logistic curves meet; the tree has no errors on rows it saw and many on new ones, at every size.",
)
print(f"gap at 600 rows: logistic {gap['logistic']:.2f}, tree {gap['tree']:.2f}")

# %% [markdown]
# The logistic curves meet: it has learned what it can, and more rows would change little. The tree explains every row
# it saw and still errs more on new ones: high variance. A wide gap says *more data or a simpler model may help*; here
# the tree's error on new rows hardly falls from 80 rows on, so the simpler model is the better remedy. Two curves
# that meet too high say *better features or a richer model*.
#
# ## 7. Measures
#
# ### Regression: MAE and MSE
#
# The **mean absolute error** (MAE) is the average size of a miss, in the unit of the target: easy to understand, and
# less sensitive to outliers than a squared error. The **mean squared error** (MSE) squares first, so one large miss
# weighs much; it is smooth, which is why training uses it. Here: length of stay in hospital, in days.

# %%
from sklearn.metrics import mean_absolute_error, mean_squared_error

stay = np.array([3.0, 5.0, 2.0, 8.0, 4.0])
predicted = np.array([4.0, 5.0, 3.0, 6.0, 4.0])
with_outlier = np.array([3.0, 5.0, 2.0, 8.0, 34.0])  # the last patient stayed a month
for name, truth in {"no outlier": stay, "one outlier": with_outlier}.items():
    mae, mse = mean_absolute_error(truth, predicted), mean_squared_error(truth, predicted)
    print(f"{name:12}  MAE {mae:.1f} days, MSE {mse:.1f} days²")

# %% [markdown]
# One patient out of five multiplies the MAE by 8.5 and the MSE by about 150. The unit of the MSE is days *squared*;
# its square root (RMSE) is in days again.
#
# ### Your turn 1.6: two errors by hand
#
# Write `errors(truth, predicted)` for two NumPy arrays. Return the pair `(mae, mse)`. `np.abs` gives absolute values,
# `** 2` squares, `.mean()` averages.


# %% tags=["exercise"]
def errors(truth, predicted):
    return ...


# %% tags=["check"]
# @title Check 1.6
check.function(
    "1.6 MAE and MSE",
    errors,
    lambda truth, predicted: (mean_absolute_error(truth, predicted), mean_squared_error(truth, predicted)),
    cases=[
        (np.array([3.0, 5.0]), np.array([4.0, 2.0])),
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 1.0])),
        (np.array([10.0]), np.array([6.0])),
    ],
    hint="First the differences; then the mean of their absolute values and the mean of their squares.",
)


# %% tags=["solution"]
# @title Solution 1.6
def errors_solution(truth, predicted):
    miss = truth - predicted
    return np.abs(miss).mean(), (miss**2).mean()


check.solution("1.6 MAE and MSE", errors_solution)

# %% [markdown]
# ### Classification: four counts
#
# A test says *positive* or *negative*, and the patient is sick or healthy. (Here *sick* is short for: developed
# diabetes within five years.) That makes four counts: **true positives** (TP: sick, found), **false positives** (FP:
# healthy, alarmed), **false negatives** (FN: sick, missed) and **true negatives** (TN: healthy, left in peace). We
# fit on 70 % of the women and count on the other 30 %.

# %%
from sklearn.metrics import confusion_matrix

train_x, test_x, train_y, test_y = train_test_split(
    features, has_diabetes, test_size=0.3, random_state=SEED, stratify=has_diabetes
)
probability = LogisticRegression(max_iter=1000).fit(train_x, train_y).predict_proba(test_x)[:, 1]
tn, fp, fn, tp = confusion_matrix(test_y, probability >= 0.5).ravel().tolist()
print(f"of {len(test_y)} women: TP {tp}, FP {fp}, FN {fn}, TN {tn}")

# %% [markdown]
# `stratify` keeps the share of diabetes the same in both parts. scikit-learn's table has the truth in its rows. From
# the four counts come all the usual measures. Read each as a question. TPR and TNR are the true-positive and the
# true-negative rate. The harmonic mean of two numbers, $2ab/(a+b)$, lies nearer to the smaller one.

# %%
precision, recall = tp / (tp + fp), tp / (tp + fn)
measures = {
    "accuracy: how many answers are right?": (tp + tn) / (tp + fp + fn + tn),
    "sensitivity = recall = TPR: how many of the sick are found?": recall,
    "specificity = TNR: how many of the healthy are left in peace?": tn / (tn + fp),
    "PPV = precision: how many alarms are true?": precision,
    "NPV: how many all-clears are true?": tn / (tn + fn),
    "F1: harmonic mean of precision and recall": 2 * precision * recall / (precision + recall),
}
for question, number in measures.items():
    print(f"{number:.2f}  {question}")
found = (probability >= 0.5)[test_y == 1]  # for each sick woman: was she found?
low, high = stats.bootstrap_interval(np.mean, found, seed=SEED)
print(f"95 % interval of the sensitivity, from {found.size} sick women: {low:.2f} to {high:.2f}")

# %% [markdown]
# Sensitivity and specificity ask *how does the test treat the sick, how the healthy?* The **positive** and the
# **negative predictive value** (PPV, NPV) ask the patient's question: *my test is positive; am I sick?* The accuracy
# hides the difference. Saying "healthy" to all would already be right for about two thirds of these women. The
# interval comes from drawing the sick women again and again with replacement (the *bootstrap*): with so few of them
# the second decimal means nothing.
#
# ### The threshold, and the ROC curve
#
# The model gives a probability; we chose 0.5 as the threshold. Move it and watch what is won and what is lost. (We
# only look. To *choose* a threshold you would use validation data.) The **ROC curve** draws sensitivity against the
# false-positive rate (1 - specificity) for *all* thresholds. The **AUC** is the area under it: 1 is perfect, 0.5 is a
# coin.

# %%
from sklearn.metrics import roc_auc_score, roc_curve

false_positive_rate, true_positive_rate, _ = roc_curve(test_y, probability)
auc = roc_auc_score(test_y, probability)


def draw_threshold(threshold=0.5):
    says = probability >= threshold
    sensitivity, false_alarms = says[test_y == 1].mean(), says[test_y == 0].mean()
    fig, ax = plt.subplots(figsize=(4.4, 3.8))
    ax.plot(false_positive_rate, true_positive_rate, label=f"model, AUC {auc:.2f}")
    ax.plot([0, 1], [0, 1], label="coin, AUC 0.50")
    ax.scatter(false_alarms, sensitivity, s=70, color="black", zorder=3, label=f"threshold {threshold:.2f}")
    ax.set(xlabel="false-positive rate (1 - specificity)", ylabel="sensitivity")
    ax.set_title(f"sensitivity {sensitivity:.2f}, specificity {1 - false_alarms:.2f}")
    ax.legend(loc="lower right")
    return (
        fig,
        f"ROC; threshold {threshold:.2f} alarms {sensitivity:.0%} of the sick, {false_alarms:.0%} of the healthy.",
    )


plot.explore(draw_threshold, threshold=(0.05, 0.95, 0.05))

# %% [markdown]
# The AUC also has a plain meaning. Draw one sick and one healthy woman at random: the AUC is the chance that the
# model gives the sick one the higher probability. We can count all such pairs.

# %%
sick, healthy = probability[test_y == 1], probability[test_y == 0]
# sick[:, None] stands as a column, so each sick woman is compared with every healthy one
higher = (sick[:, None] > healthy).mean() + 0.5 * (sick[:, None] == healthy).mean()
print(f"the sick one is ranked higher in {higher:.3f} of {sick.size * healthy.size} pairs; AUC {auc:.3f}")

# %% [markdown]
# ### More than two classes
#
# A system sorts a clinic's mail into urgent, normal and spam. This time the rows are what the *system* says, and the
# columns are the truth, called *gold*. For each class, precision divides the diagonal by the row sum, recall by the
# column sum.

# %%
classes = ["urgent", "normal", "spam"]
mail = np.array([[8, 10, 1], [5, 60, 50], [3, 30, 200]])
mail_precision = mail.diagonal() / mail.sum(axis=1)
mail_recall = mail.diagonal() / mail.sum(axis=0)
summary = pd.DataFrame(mail, index=classes, columns=[f"gold {name}" for name in classes])
print(summary.assign(precision=mail_precision.round(2)).to_string())
print("recall:", mail_recall.round(2))

# %% [markdown]
# One number for all three? **Macro** averaging takes the mean of the three precisions: each class counts the same.
# **Micro** averaging counts all mails together: each mail counts the same, so the large class decides. With one label
# for each mail this is the accuracy.

# %%
macro = mail_precision.mean()
micro = mail.diagonal().sum() / mail.sum()
print(f"macro precision {macro:.2f}, micro precision {micro:.2f} = {mail.diagonal().sum()}/{mail.sum()}")

# %% [markdown]
# The large class, spam, is sorted well and lifts the micro average. If urgent mail matters most, the macro average is
# the more honest of the two. A third way is the **weighted** average, with the number of true cases of each class as
# weight. Ten cases, classes with F1 of .67 (3 cases), .40 (1 case) and .67 (6 cases):

# %%
weighted_f1 = np.average([0.67, 0.40, 0.67], weights=[3, 1, 6])
print(f"weighted F1 {weighted_f1:.2f}, macro F1 {np.mean([0.67, 0.40, 0.67]):.2f}")

# %% [markdown]
# ### The same test in two populations
#
# A test finds 90 % of the sick and clears 90 % of the healthy. You use it in two places: in general screening, where
# 1 % are sick (this share is called the **prevalence**), and in a clinic, where 30 % are. Before you run the next
# cell: your patient tests positive. How likely is it that she is sick, in each place? We count 10,000 people.

# %%
for prevalence in (0.01, 0.30):
    sick_people, healthy_people = 10_000 * prevalence, 10_000 * (1 - prevalence)
    true_alarms, false_alarms = 0.9 * sick_people, 0.1 * healthy_people
    ppv = true_alarms / (true_alarms + false_alarms)
    print(f"prevalence {prevalence:.0%}: {true_alarms:.0f} true and {false_alarms:.0f} false alarms, PPV {ppv:.3f}")


# %% [markdown]
# The test is the same, yet in screening eleven of twelve alarms are false: the healthy are so many that a tenth of
# them outnumbers the sick. Sensitivity and specificity describe the test, at least roughly: in screening the disease
# is often milder, and then the sensitivity falls too. The PPV describes the test *in a population*.


# %%
def draw_ppv(sensitivity=0.9, specificity=0.9):
    prevalence = np.linspace(0.001, 0.5, 200)
    true_alarms, false_alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    ppv = true_alarms / (true_alarms + false_alarms)
    fig, ax = plt.subplots(figsize=(5.6, 3.2))
    ax.plot(prevalence * 100, ppv)
    for percent in (1, 30):
        ax.scatter(percent, np.interp(percent / 100, prevalence, ppv), color="black", zorder=3)
        ax.annotate(
            f"{np.interp(percent / 100, prevalence, ppv):.2f}",
            (percent, np.interp(percent / 100, prevalence, ppv)),
            xytext=(8, -12),
            textcoords="offset points",
        )
    ax.set(xlabel="prevalence (%)", ylabel="PPV", ylim=(0, 1.05), title="Same test, other population")
    at_1, at_30 = np.interp([0.01, 0.3], prevalence, ppv)
    return fig, f"The PPV rises steeply with the prevalence: {at_1:.2f} at 1 % and {at_30:.2f} at 30 %."


plot.explore(draw_ppv, sensitivity=(0.5, 1.0, 0.05), specificity=(0.5, 0.99, 0.01))

# %% [markdown]
# ### Your turn 1.7: the patient's question
#
# Write `positive_predictive_value(sensitivity, specificity, prevalence)`. The three inputs and the result are shares
# between 0 and 1; do not round. True alarms are sensitivity × prevalence; false alarms are (1 - specificity) × (1 -
# prevalence).


# %% tags=["exercise"]
def positive_predictive_value(sensitivity, specificity, prevalence):
    return ...


# %% tags=["check"]
# @title Check 1.7
def ppv_by_counting(sensitivity, specificity, prevalence):
    sick_people, healthy_people = 1e6 * prevalence, 1e6 - 1e6 * prevalence
    alarms = sick_people * sensitivity + healthy_people - healthy_people * specificity
    return sick_people * sensitivity / alarms


check.function(
    "1.7 positive predictive value",
    positive_predictive_value,
    ppv_by_counting,
    cases=[(0.9, 0.9, 0.01), (0.9, 0.9, 0.3), (0.8, 0.99, 0.05), (0.5, 0.7, 0.5)],
    hint="Of all alarms, true and false together, how large is the share of true ones?",
)


# %% tags=["solution"]
# @title Solution 1.7
def positive_predictive_value_solution(sensitivity, specificity, prevalence):
    true_alarms = sensitivity * prevalence
    false_alarms = (1 - specificity) * (1 - prevalence)
    return true_alarms / (true_alarms + false_alarms)


check.solution("1.7 positive predictive value", positive_predictive_value_solution)

# %% [markdown]
# ## 8. People and machines: a short reading
#
# **What each does well.** Machines memorise without loss, process large amounts and predict from many weak signs, at
# night as by day. People feel with a patient, communicate, improvise in a case that fits no rule, and generalise from
# two or three examples.
#
# **Collaboration instead of replacement.** To estimate a child's bone age, a radiologist compares an X-ray of the
# hand with an atlas. Talks on the subject report that a proposal from an AI brings the reading from about 5 minutes
# to about 20 seconds, with better accuracy; we know of no study behind these figures. A randomised trial in several
# hospitals found a smaller gain: the median time fell from 142 to 102 seconds, the mean error from 5.95 to 5.36
# months (Eng and others, 2021). The physician still decides, and must not follow the proposal blindly: people tend
# to, and this is called *automation bias*.
#
# **Where it fails.** A model knows only what its training data show. On inputs unlike them (another scanner, children
# instead of adults, a disease that was not in the set) it can be wrong and sound sure. And many models give an answer
# without an **explanation**, so an error is hard to notice.
#
# **Where the model runs.** *Inference* is the use of a trained model. In the **cloud** there is much computing power,
# but data leave the hospital, and the answer needs a network. In an **embedded** device, such as a pump or a phone,
# the answer comes at once and the data stay, but energy and computing power are short. So the choice weighs latency
# (the time to the answer), privacy, energy and compute.
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
    "Which step may see the test rows before the final evaluation?",
    ["none of these", "fitting the scaler", "choosing the features", "choosing the threshold"],
    0,
    [
        "Whatever is fitted or chosen on the test rows makes the final score too good.",
        "The mean and standard deviation would carry knowledge of the test rows into training.",
        "Feature choice on all rows found a pattern in pure noise in section 5.",
        "The threshold is a choice, and choices are made on validation data.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A model has 1 % errors on training rows and 30 % on new rows. What does it suffer from?",
    ["high bias", "high variance", "noise in the test set only"],
    1,
    [
        "High bias shows as many errors on the training rows too.",
        "It fits its own sample closely, and another sample would give another model.",
        "Noise alone would not make so wide a gap between the two.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A hospital moves a good test from the specialist clinic to screening of the whole town. What falls most?",
    ["sensitivity", "specificity", "negative predictive value", "positive predictive value"],
    3,
    [
        "It depends on how the test treats the sick, not on how many there are.",
        "It depends on how the test treats the healthy, not on how many there are.",
        "With fewer sick people an all-clear becomes even more reliable.",
        "With few sick people most alarms come from the many healthy ones.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "An insulin pump adjusts the dose every five minutes with a small model. Why is the model embedded in the pump?",
    [
        "because embedded models are always more accurate",
        "because the answer must come in time even without a network, and the data stay with the patient",
        "because the cloud cannot run small models",
    ],
    1,
    [
        "Usually the opposite: the device is small, so the model has to be.",
        "Latency and privacy decide here; the price is little energy and computing power.",
        "It can; the trouble is the way there and back.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown
#
# The main claims of the text, as tests that fail if a claim is not true.

# %% tags=["nbval-check-output"]
assert np.allclose(np.polyfit(x, y, deg=1), [2, 2])
assert agreement > 0.95
assert with_unread > alone + 0.05
assert 0.85 < late_share < 0.935
assert min(scores) < 0.73 < 0.79 < max(scores)
assert accuracy.max() > 0.6 and 0.3 < (winner == fresh_outcome).mean() < 0.6
assert leaky_score > 0.8 and honest_score < 0.65
assert bias_squared[0] > 10 * bias_squared[4] and variance[-1] > 5 * variance[0]
assert 2 < lowest < 8
assert gap["tree"] > 0.2 and abs(gap["logistic"]) < 0.05
assert 0.75 < auc < 0.9 and np.isclose(higher, auc)
assert np.allclose(mail_precision.round(2), [0.42, 0.52, 0.86])
assert np.allclose(mail_recall.round(2), [0.50, 0.60, 0.80])
assert np.allclose([mail_precision[0], mail_precision[1], mail_precision[2]], [8 / 19, 60 / 115, 200 / 233])
assert np.allclose(mail_recall, [8 / 16, 60 / 100, 200 / 251])
assert round(macro, 2) == 0.60 and np.isclose(micro, 268 / 367) and round(micro, 2) == 0.73
assert round(weighted_f1, 2) == 0.64
assert ppv_by_counting(0.9, 0.9, 0.01) < 0.1 < 0.75 < ppv_by_counting(0.9, 0.9, 0.3)
print("All claims hold.")

# %% [markdown]
# ## Summary
#
# - A learning program builds a model from data so that a performance measure improves.
# - Fit on training rows, choose on validation rows, report on test rows, once. Scaling and feature selection belong
#   inside the cross-validation, in a pipeline.
# - The expected squared error on new cases is bias² + variance + noise². A validation set finds the balance.
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
# - D. Jurafsky, J. H. Martin, *Speech and Language Processing*: the three-class mail table.
# - D. K. Eng et al., "Artificial intelligence algorithm improves radiologist performance in skeletal age assessment",
#   *Radiology* 301, 2021.
# - C. Ambroise, G. McLachlan, "Selection bias in gene extraction on the basis of microarray gene-expression data",
#   *PNAS*, 2002: the leak of section 5.
