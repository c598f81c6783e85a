# %% [markdown]
# # 1. More kinds, more measures
#
# {{badge}}
#
# {{budget}}
#
# Five sections that go deeper than lab 1. Each stands on its own; read those that you need, in any order. Run the cells
# before section 1 first.
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
from sklearn.linear_model import LogisticRegression

from coursekit import check, data, plot, train

train.seed_everything(SEED)

# %% [markdown]
# ## 1. A few labels, many pictures
#
# Labels cost an expert's time. **Semi-supervised learning** uses a few labelled cases and many without a label. Suppose
# someone has labelled only 10 of 1,000 pictures of the digits 0 to 4, two of each. **Label spreading** lets each label
# flow to similar pictures, and from these on to others. We compare it with a classifier that learns from the 10 alone.
#
# First the pictures. Each has 784 pixels; principal component analysis (PCA, lab 1) keeps the 20 directions in which
# they differ most, for both methods.

# %%
from sklearn.decomposition import PCA
from sklearn.semi_supervised import LabelSpreading

images, digits = data.load_mnist_10k()


def pictures_of(classes):
    """The first 1,000 pictures of some digits as 20 numbers each, and their digits."""
    chosen = np.flatnonzero(np.isin(digits, classes))[:1000]
    codes = PCA(n_components=20, random_state=SEED).fit_transform(images[chosen].reshape(1000, 784) / 255)
    return codes, digits[chosen].astype(int)


# %% [markdown]
# Now one comparison. `labelled` holds the positions of the pictures that somebody has labelled, so many `each` digit.
# Pictures without a label carry the mark -1. We score the pictures without a label only, and average over several draws
# of the labelled ones, because with so few the luck of the draw is large.


# %%
def compare(codes, truth, each, draws=10):
    """Accuracy on the unlabelled pictures in each draw: from the labels alone, and with label spreading."""
    results = []
    for seed in range(draws):
        rng, labels = np.random.default_rng(seed), np.full(1000, -1)
        of_each = [rng.choice(np.flatnonzero(truth == digit), each, replace=False) for digit in np.unique(truth)]
        labelled = np.concatenate(of_each)
        labels[labelled] = truth[labelled]
        alone = LogisticRegression(max_iter=1000).fit(codes[labelled], truth[labelled]).predict(codes)
        spreading = LabelSpreading(kernel="knn", n_neighbors=20, alpha=0.9, max_iter=200).fit(codes, labels)
        results.append([(guess == truth)[labels == -1].mean() for guess in (alone, spreading.transduction_)])
    return np.array(results)


codes, truth = pictures_of([0, 1, 2, 3, 4])
results = compare(codes, truth, each=2)
alone, spread = results.mean(axis=0)  # axis=0: down the columns, over the draws
better = (results[:, 1] > results[:, 0]).sum()
print("accuracy on the 990 pictures without a label, mean over 10 draws of the 10 labels")
print(f"from 10 labels alone {alone:.2f}; with label spreading {spread:.2f}, better in {better} of 10 draws")

# %% [markdown]
# From 0.75 to 0.85, for no more labels. The pictures without a label tell where the groups lie; the ten labels tell
# what the groups are called. How does the gain change when the expert goes on labelling?

# %%
counts = [1, 2, 4, 8, 16]
curves = np.array([compare(codes, truth, each, draws=5).mean(axis=0) for each in counts])
fig, ax = plt.subplots(figsize=(5.6, 3.2))
for column, (name, marker) in enumerate((("labels alone", "o"), ("with label spreading", "^"))):
    ax.plot(counts, curves[:, column], marker=marker, label=name)
ax.set_xscale("log", base=2)
ax.set(xlabel="labelled pictures of each digit", ylabel="accuracy on the others", xticks=counts, xticklabels=counts)
ax.legend()
plot.show(fig, alt="Both curves rise with the labels; label spreading starts far higher, and the gap narrows.")

# %% [markdown]
# The gain is large while labels are few, and melts as they become many. But it rests on an assumption: that pictures
# which resemble each other are of one class.
#
# ### Your turn 1.6: where spreading harms
#
# You may give the expert five labels of each digit. For one of these four tasks label spreading is *worse* than the
# labels alone. Look at the digits in your mind and bet on one; then compute all four with `pictures_of` and `compare`.
# Choose `"0 1 2 3 4"`, `"3 5 8"`, `"4 9"` or `"0 1"`.

# %% tags=["exercise"]
harmed_task = ...

# %% tags=["check"]
# @title Check 1.6
gains = {}
for task in ("0 1 2 3 4", "3 5 8", "4 9", "0 1"):
    means = compare(*pictures_of([int(digit) for digit in task.split()]), each=5, draws=5).mean(axis=0)
    gains[task] = f"from {means[0]:.2f} with the labels alone to {means[1]:.2f} with spreading, mean of 5 draws"
check.choice(
    "1.6 the task that is harmed",
    harmed_task,
    "4 9",
    {
        "0 1 2 3 4": f"Spreading helps here: {gains['0 1 2 3 4']}. The five digits form groups of their own.",
        "3 5 8": f"They look alike, yet spreading helps: {gains['3 5 8']}.",
        "4 9": f"It goes {gains['4 9']}. Many a 4 has 9s among its nearest neighbours, so labels cross the border. "
        "In a clinic: two diseases whose pictures differ in one small sign only.",
        "0 1": f"No harm to speak of: {gains['0 1']}. The two are far apart, so either way is good.",
    },
)

# %% tags=["solution"]
# @title Solution 1.6
losses = {}
for task in ("0 1 2 3 4", "3 5 8", "4 9", "0 1"):
    from_labels, from_all = compare(*pictures_of([int(digit) for digit in task.split()]), each=5, draws=5).mean(axis=0)
    losses[task] = from_labels - from_all
check.solution("1.6 the task that is harmed", max(losses, key=losses.get))

# %% [markdown]
# ## 2. Learning from reward
#
# Three treatments cure 30 %, 50 % and 70 % of patients, but nobody knows that. After each patient we see only whether
# *this* one recovered. That is **reinforcement learning** in its simplest form, called a *bandit* (after the one-armed
# bandit, a gambling machine): an action, a reward, and no one who ever tells the right answer.
#
# A simple strategy is **epsilon-greedy**. Give the treatment that has cured the largest share so far: that is to
# *exploit*. But give one patient in ten a treatment drawn at random, so that a good one is not missed: that is to
# *explore*. With real patients this is done only in a trial, with their consent.

# %%
CURE_RATE = [0.3, 0.5, 0.7]


def treat(patients, explore_share, rng):
    """Treat one patient after the other; return for each which treatment was given, and whether it cured."""
    given, cured, record = np.zeros(3), np.zeros(3), []
    for _ in range(patients):
        if given.min() == 0:
            choice = given.argmin()  # at first, each treatment once
        elif rng.random() < explore_share:
            choice = rng.integers(3)
        else:
            choice = (cured / given).argmax()  # the best so far
        success = rng.random() < CURE_RATE[choice]
        given[choice] += 1
        cured[choice] += success
        record.append((choice, success))
    return np.array(record).T


# %% [markdown]
# One hundred times 500 patients, so that luck averages out. Move the share of exploring. What happens at 0, and what at
# 1?


# %%
def draw_learning(explore_share=0.1):
    runs = np.array([treat(500, explore_share, np.random.default_rng(SEED + run)) for run in range(100)])
    got_best = (runs[:, 0] == 2).mean(axis=0)
    ceiling = 1 - explore_share * 2 / 3
    fig, ax = plt.subplots(figsize=(6, 3.2))
    ax.plot(np.arange(4, 501), got_best[3:], linewidth=1.2, label="share given the best treatment")
    ax.axhline(ceiling, color="black", linestyle=":", label=f"the most that is possible, {ceiling:.0%}")
    ax.set(xlabel="patient", ylabel="share of 100 runs", ylim=(0, 1.05))
    ax.set_title(f"{runs[:, 1].sum(axis=1).mean():.0f} of 500 patients cured, on average")
    ax.legend(loc="lower right")
    return fig, f"Of the last 100 patients {got_best[400:].mean():.0%} get the best; {ceiling:.0%} would be possible."


plot.explore(draw_learning, explore_share=(0.0, 1.0, 0.05))

# %%
runs = np.array([treat(500, 0.1, np.random.default_rng(SEED + run)) for run in range(100)])
late_share, mean_cured = (runs[:, 0, 400:] == 2).mean(), runs[:, 1].sum(axis=1).mean()
print(f"of the last 100 patients, {late_share:.0%} get the best treatment; of all 500, {mean_cured:.0f} are cured")

# %% [markdown]
# It cannot reach 100 %: a tenth of the patients explore, and two thirds of those get a worse treatment. That leaves
# about 93 in 100, the dotted line. Without exploring, many a run stays for ever with a treatment that was lucky at
# first.
#
# ### Your turn 1.7: how long should the trial be?
#
# A classical trial works in two phases. The first k patients get the three treatments in turn. All later patients get
# the one that cured most in the trial. You have 500 patients in all. Which k cures the most, on average: `"15"`,
# `"90"`, `"300"` or `"498"`? Guess first. Then write a function for one such trial, and repeat it 1,000 times for each
# k.

# %% tags=["exercise"]
trial_length = ...


# %% tags=["check"]
# @title Check 1.7
def cured_with_trial(k, seed):
    rng, arms = np.random.default_rng(seed), np.arange(k) % 3
    recovered = rng.random(k) < np.array(CURE_RATE)[arms]
    best = np.argmax([recovered[arms == arm].mean() for arm in range(3)])
    return recovered.sum() + (rng.random(500 - k) < CURE_RATE[best]).sum(), best == 2


ends = [(k, np.mean([cured_with_trial(k, seed) for seed in range(1000)], axis=0)) for k in (15, 90, 300, 498)]
told = {k: f"{cured:.0f} of 500 are cured, and {found:.0%} of such trials find the best" for k, (cured, found) in ends}
check.choice(
    "1.7 length of the trial",
    trial_length,
    "90",
    {
        "15": f"On average {told[15]}. Five patients each are too few to tell 50 % from 70 %; with k = 90, {told[90]}.",
        "90": f"On average {told[90]}. A longer trial is surer, but more of the 500 get a worse treatment in it. If a "
        "million patients come afterwards, the sure trial is worth its price.",
        "300": f"On average {told[300]}, but 200 patients got a worse treatment in the trial. With k = 90, {told[90]}.",
        "498": f"On average {told[498]}, and nobody is left to profit. With k = 90, {told[90]}.",
    },
)


# %% tags=["solution"]
# @title Solution 1.7
def one_trial(k, rng):
    in_turn = np.arange(k) % 3  # 0 1 2 0 1 2 ...
    well = np.array([rng.random() < CURE_RATE[arm] for arm in in_turn])
    chosen_one = np.argmax([well[in_turn == arm].mean() for arm in range(3)])
    return well.sum() + rng.binomial(500 - k, CURE_RATE[chosen_one])


rng = np.random.default_rng(SEED)
means = {str(k): np.mean([one_trial(k, rng) for _ in range(1000)]) for k in (15, 90, 300, 498)}
check.solution("1.7 length of the trial", max(means, key=means.get))

# %% [markdown]
# ## 3. When more data help
#
# More patients cost money. A **learning curve** shows the error against the amount of training data, on the rows a
# model saw and on new ones. Whether more would help can be read from the two. scikit-learn's `learning_curve` does the
# work: for each size it fits the model on that many rows, in each of five folds (lab 1, section 4).
#
# We take three pairs of model and data: the women of lab 1 with a linear model, which has few numbers to learn; the
# same women with a decision tree, which asks one yes-no question after another until every training row is explained;
# and handwritten digits with a nearest neighbour.

# %%
from sklearn.model_selection import KFold, learning_curve
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

pima = data.load_pima_diabetes()
pima = pima[(pima["Glucose"] > 0) & (pima["BMI"] > 0)].reset_index(drop=True)  # zeros mean: not measured
features, has_diabetes = pima[["Glucose", "BMI", "Age"]], pima["Outcome"]
pictures, labels = data.load_mnist_10k()
pictures, labels = pictures[:1500].reshape(1500, 784) / 255, labels[:1500]
folds = KFold(n_splits=5, shuffle=True, random_state=SEED)


def errors_by_size(model, inputs, targets, sizes):
    """Share of errors on the rows the model saw and on new rows, for each size of the training data."""
    options = {"train_sizes": sizes, "cv": folds, "shuffle": True, "random_state": SEED}
    _, on_seen, on_new = learning_curve(model, inputs, targets, **options)
    return 1 - on_seen.mean(axis=1), 1 - on_new.mean(axis=1)  # axis=1: along each row, over the folds


# %%
women, people = [40, 80, 160, 320, 600], [75, 150, 300, 600, 1200]
pairs = {
    "women, linear model": (LogisticRegression(max_iter=1000), features, has_diabetes, women),
    "women, tree": (DecisionTreeClassifier(random_state=SEED), features, has_diabetes, women),
    "digits, nearest neighbour": (KNeighborsClassifier(n_neighbors=1), pictures, labels, people),
}
errors = {name: errors_by_size(*pair) for name, pair in pairs.items()}
for name, (seen, new) in errors.items():
    print(f"{name}: error on new rows {new[0]:.2f} at first, {new[-1]:.2f} with all; on seen rows {seen[-1]:.2f}")

# %% tags=["figure"]
# @title Three pairs of learning curves
fig, axes = plt.subplots(1, 3, figsize=(8.6, 3.2), sharey=True)
for ax, (name, (seen, new)) in zip(axes, errors.items(), strict=True):
    ax.plot(pairs[name][3], seen, marker="o", label="rows it saw")
    ax.plot(pairs[name][3], new, marker="^", label="new rows")
    ax.set(xlabel="training rows", title=name, ylim=(-0.02, 0.45))
axes[0].set_ylabel("share of errors")
axes[0].legend()
plot.show(
    fig,
    alt="Linear model: the curves meet. Tree: no errors on seen rows, many on new ones, flat. Digits: new errors fall.",
)

# %% [markdown]
# *Linear model*: the curves meet, at 0.23. It has learned what it can; more rows would change little. Where two curves
# meet too high, only better features or a richer model can help. *Tree*: it explains every row it saw and errs often on
# new ones, so its variance is high. More data *may* help such a model, but the curve hardly falls any more; the simpler
# model is the better remedy. *Digits*: a wide gap too, but the error on new rows falls with each doubling: here more
# data pay.
#
# ### Your turn 1.8: what should the clinic buy?
#
# A clinic knows only the *age* of its patients. Its linear model on `features[["Age"]]` is wrong too often. The budget
# buys one thing: `"rows"`, the same data of ten times as many women; `"model"`, a programmer who replaces the line by a
# small tree (`DecisionTreeClassifier(max_depth=3)`); or `"glucose"`, a glucose test for the women they have. Draw or
# print the curves that you need, and decide.

# %% tags=["exercise"]
purchase = ...

# %% tags=["check"]
# @title Check 1.8
line, small_tree = LogisticRegression(max_iter=1000), DecisionTreeClassifier(max_depth=3, random_state=SEED)
_, with_age = errors_by_size(line, features[["Age"]], has_diabetes, women)
_, with_tree = errors_by_size(small_tree, features[["Age"]], has_diabetes, women)
_, with_glucose = errors_by_size(line, features[["Age", "Glucose"]], has_diabetes, women)
now = f"Today {with_age[-1]:.2f} of the answers are wrong"
check.choice(
    "1.8 what to buy",
    purchase,
    "glucose",
    {
        "rows": f"{now}; with 160 women it was {with_age[2]:.2f}, and seen and new rows already agree. The money is "
        "gone and the error stays: age alone does not tell who falls ill.",
        "model": f"{now}, with the tree {with_tree[-1]:.2f}. No richer model gets out of the age what is not in it.",
        "glucose": f"{now}, with glucose {with_glucose[-1]:.2f}. (Saying 'healthy' to all is wrong for "
        f"{has_diabetes.mean():.2f}: by that measure the age alone is worth nothing.)",
    },
)

# %% tags=["solution"]
# @title Solution 1.8
offers = {
    "model": (DecisionTreeClassifier(max_depth=3, random_state=SEED), features[["Age"]]),
    "glucose": (LogisticRegression(max_iter=1000), features[["Age", "Glucose"]]),
}
seen, new = errors_by_size(LogisticRegression(max_iter=1000), features[["Age"]], has_diabetes, women)
print(f"age, line: {seen[-1]:.2f} on seen rows, {new[-1]:.2f} on new ones: they have met, so more rows do not help")
after = {name: errors_by_size(*offer, has_diabetes, women)[1][-1] for name, offer in offers.items()}
check.solution("1.8 what to buy", min(after, key=after.get))

# %% [markdown]
# ## 4. More than two classes
#
# A system sorts a clinic's mail into urgent, normal and spam. In this table the rows are what the *system* says, and
# the columns are the truth, called *gold*. For each class, **precision** asks: of what the system calls urgent, how
# much is? It divides the diagonal by the sum of the row. **Recall** asks: of what is urgent, how much is found? It
# divides by the sum of the column.

# %%
classes = ["urgent", "normal", "spam"]
mail = np.array([[8, 10, 1], [5, 60, 50], [3, 30, 200]])
precision = mail.diagonal() / mail.sum(axis=1)  # axis=1: along each row
recall = mail.diagonal() / mail.sum(axis=0)  # axis=0: down each column
table = pd.DataFrame(mail, index=classes, columns=[f"gold {name}" for name in classes])
print(table.assign(precision=precision.round(2)).to_string())
print("recall:", recall.round(2))

# %% [markdown]
# One number for all three? **Macro** averaging takes the mean of the three precisions: each class counts the same.
# **Micro** averaging counts all mails together: each mail counts the same, so the large class decides. With one label
# for each mail this is the accuracy.

# %%
macro, micro = precision.mean(), mail.diagonal().sum() / mail.sum()
print(f"macro precision {macro:.2f}, micro precision {micro:.2f} = {mail.diagonal().sum()}/{mail.sum()}")

# %% [markdown]
# The large class, spam, is sorted well and lifts the micro average. A third way is the **weighted** average, with the
# number of true cases of each class as weight. Here it is for F1, the harmonic mean of precision and recall, on the
# last ten mails of a small surgery.

# %%
from sklearn.metrics import f1_score

gold = ["urgent"] * 3 + ["normal"] * 1 + ["spam"] * 6
says = ["urgent", "urgent", "normal", "normal", "urgent", "normal", "normal", "spam", "spam", "spam"]
f1 = f1_score(gold, says, labels=classes, average=None)
weighted_f1 = np.average(f1, weights=[3, 1, 6])
for name, count, score in zip(classes, [3, 1, 6], f1, strict=True):
    print(f"{name}: {count} of 10 mails, F1 {score:.2f}")
print(f"weighted F1 {weighted_f1:.2f}, macro F1 {f1.mean():.2f}")

# %% [markdown]
# The one normal mail pulls the macro average down by as much as six spam mails could. Which average is right depends on
# what an error costs, and no average knows that.
#
# ### Your turn 1.9: which sorter for the clinic?
#
# Two other makers send their tables for the same 367 mails. B's software prints it *the other way round*: rows are
# gold, columns are what the system says. C calls everything urgent.
#
# Store the macro precision of B. Then choose `"A"` (the sorter above), `"B"` or `"C"` for a clinic in which an urgent
# mail that is not called urgent costs 30 minutes, a mail wrongly called urgent 2 minutes, and any other error 1 minute.

# %%
sorter_b = np.array([[13, 2, 1], [30, 55, 15], [16, 40, 195]])  # rows: gold; columns: what the system says
sorter_c = np.array([[16, 100, 251], [0, 0, 0], [0, 0, 0]])  # rows: what the system says; columns: gold

# %% tags=["exercise"]
macro_precision_b = ...
sorter = ...

# %% tags=["check"]
# @title Check 1.9
right_b, says_gold = sorter_b.diagonal(), {"A": mail, "B": sorter_b.T, "C": sorter_c}
minutes = {name: int((np.array([[0, 2, 2], [30, 0, 1], [30, 1, 0]]) * one).sum()) for name, one in says_gold.items()}
missed = {name: int(one[1:, 0].sum()) for name, one in says_gold.items()}
precision_of_b = np.mean(right_b / sorter_b.sum(axis=0))
hint = "Of what the system calls urgent, how much is? In B's table what the system says stands in the columns."
slips = {
    "B's rows are gold: that is the macro recall.": np.mean(right_b / sorter_b.sum(axis=1)),
    "That is the micro average: each mail counts the same.": right_b.sum() / sorter_b.sum(),
    "That is A's macro precision.": macro,
}
check.value("1.9 macro precision of B", macro_precision_b, precision_of_b, tol=0.001, hint=hint, slips=slips)
outcomes = {
    "A": f"Its micro and macro precision are the highest, yet it misses {missed['A']} of 16 urgent mails and costs "
    f"{minutes['A']} minutes; B costs {minutes['B']}.",
    "B": f"{minutes['B']} minutes; A costs {minutes['A']}, C {minutes['C']}. It misses only {missed['B']} urgent mails."
    " Both averages prefer A, because they do not know what an urgent mail is.",
    "C": f"It misses no urgent mail, but somebody reads all: {minutes['C']} minutes; B costs {minutes['B']}.",
}
check.choice("1.9 the sorter", sorter, "B", outcomes)

# %% tags=["solution"]
# @title Solution 1.9
precision_b = sorter_b.diagonal() / sorter_b.sum(axis=0)
check.solution("1.9 macro precision of B", precision_b.mean())
price = np.array([[0, 2, 2], [30, 0, 1], [30, 1, 0]])  # minutes; rows: what the system says, columns: gold
bill = {"A": (price * mail).sum(), "B": (price * sorter_b.T).sum(), "C": (price * sorter_c).sum()}
check.solution("1.9 the sorter", min(bill, key=bill.get))

# %% [markdown]
# ## 5. People and machines
#
# A short reading. **What each does well.** Machines memorise without loss, process large amounts and predict from many
# weak signs, at night as by day. People feel with a patient, communicate, improvise in a case that fits no rule, and
# generalise from two or three examples.
#
# **Collaboration instead of replacement.** To estimate a child's bone age, a radiologist compares an X-ray of the hand
# with an atlas. Talks on the subject report that a proposal from an AI brings the reading from about 5 minutes to about
# 20 seconds, with better accuracy; we know of no study behind these figures. A randomised trial in several hospitals
# (Eng and others, 2021) compared radiologists with and without the AI's proposal. The median time fell from 142 to 102
# seconds. The mean absolute difference from a panel's estimate fell from 5.95 to 5.36 months. The physician still
# decides, and must not follow a proposal blindly: people tend to, and this is called **automation bias**.
#
# **Where it fails.** A model knows only what its training data show. On inputs unlike them (another scanner, adults
# instead of children, a disease that was not in the set) it can be wrong and sound sure. And many models give an answer
# without an **explanation**, so an error is hard to notice.
#
# **Where the model runs.** *Inference* is the use of a trained model. In the **cloud** there is much computing power,
# but data leave the hospital, and the answer needs a network. In an **embedded** device, such as a pump or a phone, the
# answer comes at once and the data stay, but energy and computing power are short. The choice weighs *latency* (the
# time to the answer), privacy, energy and compute.
#
# ### Your turn 1.10: what the trial supports
#
# Your hospital reads 2,000 such films a year. How many *hours* a year would the proposal save by the trial's times, if
# each reading took the median? (And by the talk's?) Then choose the sentence that the trial supports.
#
# - A: With the proposal a reading takes about a tenth less time, and misses by about a quarter less.
# - B: With the proposal a reading takes about a fifteenth of the time, and misses by less.
# - C: With the proposal a reading takes over a quarter less time, and misses by about a tenth less.
# - D: The proposal alone, without a radiologist, misses by about a tenth less than a radiologist.

# %% tags=["exercise"]
hours_saved = ...
trial_says = ...

# %% tags=["check"]
# @title Check 1.10
seconds, months, films = {"without": 142, "with": 102}, {"without": 5.95, "with": 5.36}, 2000
hours = films * (seconds["without"] - seconds["with"]) / 3600
time, error = (f"{1 - pair['with'] / pair['without']:.0%}" for pair in (seconds, months))
hint = "Seconds saved on one film, times the films; an hour has 3,600 seconds."
slips = {
    "Those are the talk's figures, from 5 minutes to 20 seconds.": films * (300 - 20) / 3600,
    "Those are minutes. Hours are asked for.": 60 * hours,
    "That is the time that remains, not the time saved.": films * seconds["with"] / 3600,
}
check.value("1.10 hours saved", hours_saved, hours, tol=0.005, hint=hint, slips=slips)
outcomes = {
    "A": f"The other way round: {time} less time, {error} less error.",
    "B": f"20 seconds instead of 5 minutes is the talk's figure. A head of department who plans with it counts on "
    f"{films * 280 / 3600:.0f} hours a year and gets {hours:.0f}.",
    "C": f"{time} less time, {error} less error. Useful, and far from the talk's figure.",
    "D": "The trial had no group in which the AI decided alone. Both groups were radiologists.",
}
check.choice("1.10 the sentence", trial_says, "C", outcomes)

# %% tags=["solution"]
# @title Solution 1.10
check.solution("1.10 hours saved", 2000 * (142 - 102) / 3600)
check.solution("1.10 the sentence", "C")
print(f"{1 - 102 / 142:.0%} less time, {1 - 5.36 / 5.95:.0%} less error; the talk's hours: {2000 * 280 / 3600:.0f}")

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "An insulin pump adjusts the dose every five minutes with a small model. Why does the model run inside the pump?",
    [
        "embedded models are more accurate",
        "the answer is there without a network",
        "energy is plentiful in a pump",
        "the cloud cannot run small models",
    ],
    1,
    [
        "Usually the opposite: the device is small, so the model has to be.",
        "Latency decides, and the data stay with the patient; the price is little energy and computing power.",
        "It is short: the battery also has to drive the pump.",
        "It can; the trouble is the way there and back.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this notebook has shown
#
# The main claims of the text, as tests that fail if a claim is not true.

# %% tags=["nbval-check-output"]
assert spread > alone + 0.05 and better >= 8
assert curves[0, 1] - curves[0, 0] > curves[-1, 1] - curves[-1, 0]
assert 0.8 < late_share < 0.94
final = {name: (seen[-1], new[-1]) for name, (seen, new) in errors.items()}
assert abs(final["women, linear model"][1] - final["women, linear model"][0]) < 0.05
assert final["women, tree"][0] < 0.01 and final["women, tree"][1] > final["women, linear model"][1] + 0.03
digit_errors = errors["digits, nearest neighbour"][1]
assert digit_errors[-1] < 0.7 * digit_errors[1]
assert np.allclose(precision, [8 / 19, 60 / 115, 200 / 233]) and np.allclose(precision.round(2), [0.42, 0.52, 0.86])
assert np.allclose(recall, [8 / 16, 60 / 100, 200 / 251]) and np.allclose(recall.round(2), [0.50, 0.60, 0.80])
assert round(macro, 2) == 0.60 and np.isclose(micro, 268 / 367) and round(micro, 2) == 0.73
assert np.allclose(f1.round(2), [0.67, 0.40, 0.67]) and round(weighted_f1, 2) == 0.64
print("All claims hold.")

# %% [markdown]
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | label spreading | 레이블 확산 | labels flow to similar cases without a label |
# | bandit | 밴딧 문제 | choose among actions, see only the reward |
# | exploration, exploitation | 탐색, 활용 | try what may be better, use what was best |
# | learning curve | 학습 곡선 | error against the amount of training data |
# | macro average | 매크로 평균 | each class counts the same |
# | micro average | 마이크로 평균 | each case counts the same |
# | automation bias | 자동화 편향 | following a machine's proposal blindly |
# | inference | 추론 | the use of a trained model |
# | latency | 지연 시간 | the time to the answer |
#
# ## References
#
# - D. Zhou et al., "Learning with local and global consistency", *NeurIPS*, 2003: label spreading.
# - R. Sutton, A. Barto, *Reinforcement Learning*, MIT Press, 2018: bandits.
# - J. W. Smith et al., "Using the ADAP learning algorithm to forecast the onset of diabetes mellitus", *Proc. Annu.
#   Symp. Comput. Appl. Med. Care*, 1988: the Pima data.
# - Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*.
# - D. Jurafsky, J. H. Martin, *Speech and Language Processing*: the three-class mail table.
# - D. K. Eng et al., "Artificial intelligence algorithm improves radiologist performance in skeletal age assessment",
#   *Radiology* 301, 2021.
