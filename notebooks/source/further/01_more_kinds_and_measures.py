# %% [markdown]
# # 1. More kinds, more measures
#
# {{badge}}
#
# {{budget}}
#
# Eight sections that go deeper than lab 1. Each stands on its own and tests its own claims; read those that you need,
# in any order. Run the cells before section 1 first.
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
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from coursekit import check, data, plot, train

train.seed_everything(SEED)

# %% [markdown]
# ## 1. A few labels, many pictures
#
# Labels cost an expert's time. **Semi-supervised learning** uses a few labelled cases and many without a label.
# Suppose someone has labelled only 10 of 1,000 pictures of the digits 0 to 4, two of each. **Label spreading** lets
# each label flow to similar pictures, and from these on to others. We compare it with a classifier that learns from
# the 10 alone.
#
# First the pictures. Each has 784 pixels. *Principal component analysis* (PCA) describes it with 20 numbers, along
# the 20 directions in which the pictures differ most; both methods get these.
# %%
from sklearn.semi_supervised import LabelSpreading

images, digits = data.load_mnist_10k()


def pictures_of(classes):
    """The first 1,000 pictures of some digits as 20 numbers each, and their digits."""
    chosen = np.flatnonzero(np.isin(digits, classes))[:1000]
    codes = PCA(n_components=20, random_state=SEED).fit_transform(images[chosen].reshape(1000, 784) / 255)
    return codes, digits[chosen].astype(int)


# %% [markdown]
# Now one comparison. Somebody has labelled `each` pictures of every digit; the others carry the mark -1. We score the
# pictures without a label only, and average over several draws of the labelled ones, because with so few the luck of
# the draw is large.


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
        # labels flow to the 20 nearest neighbours; alpha: the share that comes from them in each round
        spreading = LabelSpreading(kernel="knn", n_neighbors=20, alpha=0.9, max_iter=200).fit(codes, labels)
        spread_labels = spreading.transduction_  # what each of the 1,000 pictures is called in the end
        results.append([(guess == truth)[labels == -1].mean() for guess in (alone, spread_labels)])
    return np.array(results)


codes, truth = pictures_of([0, 1, 2, 3, 4])
results = compare(codes, truth, each=2)
alone, spread = results.mean(axis=0)  # axis=0: down the columns, over the draws
better = (results[:, 1] > results[:, 0]).sum()
print("accuracy on the 990 pictures without a label, mean over 10 draws of the 10 labels")
print(f"from 10 labels alone {alone:.2f}; with label spreading {spread:.2f}, better in {better} of 10 draws")
assert spread > alone + 0.05 and better >= 8

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
assert curves[0, 1] - curves[0, 0] > curves[-1, 1] - curves[-1, 0]
plot.show(fig, alt="Both curves rise with the labels; label spreading starts far higher, and the gap narrows.")

# %% [markdown]
# The gain is large while labels are few, and melts as they become many. But it rests on an assumption: that pictures
# which resemble each other are of one class.
#
# ### Your turn 1.6: where spreading harms
#
# The expert labels five pictures of each digit. For one of these four tasks label spreading is *worse*, on average,
# than the labels alone. See the digits in your mind and bet on one; then compute all four with `pictures_of` and
# `compare` (some seconds each; the check takes as long). Choose `"0 1 2 3 4"`, `"3 5 8"`, `"4 9"` or `"0 1"`.
# %% tags=["exercise"]
harmed_task = ...

# %% tags=["check"]
# @title Check 1.6
gains = {}
for task in ("0 1 2 3 4", "3 5 8", "4 9", "0 1"):
    both = compare(*pictures_of([int(digit) for digit in task.split()]), each=5, draws=5)
    gains[task] = f"from {both[:, 0].mean():.2f} with the labels alone to {both[:, 1].mean():.2f} with spreading "
    gains[task] += f"(mean of 5 draws; in {(both[:, 1] < both[:, 0]).sum()} of these it is worse)"
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
# One hundred times 500 patients, so that luck averages out. Move the share of exploring, down to 0 and up to 1.


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
assert 0.8 < late_share < 0.94

# %% [markdown]
# It cannot reach 100 %: a tenth of the patients explore, and two thirds of those get a worse treatment. That leaves
# about 93 in 100, the dotted line; where the curve is above it, that is the luck of 100 runs. Without exploring, many
# a run stays for ever with a treatment that was lucky at first. With nothing but exploring, each treatment is given
# to a third, for ever.
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
        "15": f"On average {told[15]}. Five patients each are too few to tell 50 % from 70 %.",
        "90": f"On average {told[90]}. A longer trial is surer, but more of the 500 get a worse treatment in it. (If a "
        f"million patients come afterwards, it is worth its price.) Epsilon-greedy, above, cured {mean_cured:.0f}: "
        "it needs no trial, but it never stops exploring.",
        "300": f"On average {told[300]}, but 200 patients got a worse treatment in the trial.",
        "498": f"On average {told[498]}, and nobody is left to profit.",
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
# model saw and on new ones. scikit-learn's `learning_curve` does the work: for each size it fits the model on that
# many rows, in each of five folds (every fifth of the rows is held out once).
#
# We take three pairs of model and data: women, of whom we know glucose, body-mass index and age, and whether they
# developed diabetes, with a linear model (`LogisticRegression`, a weight for each feature); the same women with a
# **decision tree**, which asks one yes-no question after another until every training row is explained; and
# handwritten digits with a nearest neighbour, which gives each picture the answer of the most similar known one.
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
line_end, tree_end = ((seen[-1], new[-1]) for seen, new in list(errors.values())[:2])
assert abs(line_end[1] - line_end[0]) < 0.05 and tree_end[0] < 0.01 and tree_end[1] > line_end[1] + 0.03
assert errors["digits, nearest neighbour"][1][-1] < 0.7 * errors["digits, nearest neighbour"][1][1]

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
# *Linear model*: the curves meet, at 0.23. It has learned what it can; more rows would change little. *Tree*: it
# explains every row it saw and errs often on new ones: it has learned the chance in its rows by heart (it
# *overfits*). More data *may* help such a model, but the curve hardly falls any more; here the simpler model is the
# better remedy. *Digits*: a wide gap too, but the error on new rows falls with each doubling: here more data pay.
#
# ### Your turn 1.8: what should the clinic buy?
#
# A clinic knows only the *age* of its patients. Its linear model on `features[["Age"]]` is wrong too often. The
# budget buys one thing: `"rows"`, the same data of ten times as many women; `"model"`, a programmer who replaces the
# linear model by a small tree (`DecisionTreeClassifier(max_depth=3)`); or `"glucose"`, a glucose test for the women
# they have. Draw or print the curves that you need with `errors_by_size`, and decide.
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
# the columns are the truth, called *gold*. For each class, **precision** (with two classes: the positive predictive
# value) asks: of what the system calls urgent, how much is? It divides the diagonal by the sum of the row. **Recall**
# (the sensitivity) asks: of what is urgent, how much is found? It divides by the sum of the column.
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
# The large class, spam, is sorted well and lifts the micro average.
#
# **F1** makes one number of precision a and recall b: their harmonic mean 2ab/(a+b). It stays near the smaller one:
# from 1 and 0.1 it makes 0.18, where the ordinary mean makes 0.55. A third way of averaging is the **weighted**
# average, with the number of true cases of each class as weight. Here it is for F1, on the last ten mails of a small
# surgery.
# %%
from sklearn.metrics import f1_score

gold = ["urgent"] * 3 + ["normal"] * 1 + ["spam"] * 6
says = ["urgent", "urgent", "normal", "normal", "urgent", "normal", "normal", "spam", "spam", "spam"]
f1 = f1_score(gold, says, labels=classes, average=None)
weighted_f1 = np.average(f1, weights=[3, 1, 6])
for name, count, score in zip(classes, [3, 1, 6], f1, strict=True):
    print(f"{name}: {count} of 10 mails, F1 {score:.2f}")
print(f"weighted F1 {weighted_f1:.2f}, macro F1 {f1.mean():.2f}")
print(f"harmonic mean of 1 and 0.1: {2 * 1 * 0.1 / 1.1:.2f}; ordinary mean {(1 + 0.1) / 2:.2f}")

# %% [markdown]
# The one normal mail is sorted right. But three others are called normal too, so the precision of that class is 1/4
# and its F1 0.40; and in the macro average this class of one mail weighs as much as six mails of spam. Which average
# is right depends on what an error costs, and no average knows that.
#
# ### Your turn 1.9: which sorter for the clinic?
#
# Two other makers send their tables for the same 367 mails. B's software prints it *the other way round*: rows are
# gold, columns are what the system says. C calls everything urgent.
#
# Store the macro precision of B (two decimals). Then choose `"A"` (the sorter above), `"B"` or `"C"` for a clinic in
# which an urgent mail that is not called urgent costs 30 minutes, a mail wrongly called urgent 2 minutes, and any
# other error 1 minute.
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
    "A share between 0 and 1 is asked for, not percent.": 100 * precision_of_b,
}
check.value("1.9 macro precision of B", macro_precision_b, precision_of_b, tol=0.0034, hint=hint, slips=slips)
outcomes = {
    "A": f"Its micro and macro precision are the highest, yet it misses {missed['A']} of 16 urgent mails and costs "
    f"{minutes['A']} minutes: 30 for each of these.",
    "B": f"{minutes['B']} minutes; A costs {minutes['A']}, C {minutes['C']}. It misses only {missed['B']} urgent mails."
    " Macro and micro precision prefer A: they do not know what an urgent mail is.",
    "C": f"It misses no urgent mail, but somebody reads all: {minutes['C']} minutes.",
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
# A short reading. **Neighbours.** *Statistics* asks how sure we can be that drug A works better than drug B; *data
# mining*, which diagnoses occur together in a database; *big data*, how to store ten years of monitor signals;
# *business intelligence*, how full the beds were last week. Machine learning asks what the *next* case will be.
#
# **What each does well.** Machines memorise without loss, process large amounts and predict from many weak signs.
# People feel with a patient, communicate, improvise, and generalise from two or three examples.
#
# **Collaboration instead of replacement.** To estimate a child's bone age, a radiologist compares an X-ray of the
# hand with an atlas. Talks on the subject report that a proposal from an AI brings the reading from about 5 minutes
# to about 20 seconds, with better accuracy; we know of no study behind these figures. A randomised trial in several
# hospitals (Eng and others, 2021) compared radiologists with and without the AI's proposal. The median time fell from
# 142 to 102 seconds. The mean absolute difference from a panel's estimate fell from 5.95 to 5.36 months; the
# hospitals differed in this. The physician still decides, and must not follow a proposal blindly: people tend to, and
# this is called **automation bias**.
#
# **Where it fails.** A model knows only what its training data show. On inputs unlike them (another scanner, adults
# instead of children, a disease that was not in the set) it can be wrong and sound sure. And many models give an
# answer without an **explanation**, so an error is hard to notice.
#
# **Where the model runs.** *Inference* is the use of a trained model. In the **cloud** there is much computing power,
# but data leave the hospital, and the answer needs a network. In an **embedded** device, such as a pump or a phone,
# the data stay, and it works without a network, but energy and computing power are short. The choice weighs *latency*
# (the time to the answer), privacy, energy and compute.
#
# ### Your turn 1.10: what the trial supports
#
# Your hospital reads 2,000 such films a year. How many *hours* a year would the proposal save by the trial's times,
# if each reading took the median (a whole number)? Then choose the sentence that the trial supports.
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
    "Those are seconds. Hours are asked for.": 3600 * hours,
    "That is for one film.": hours / films,
    "Those are seconds for one film.": 40,
    "That is the time that remains, not the time saved.": films * seconds["with"] / 3600,
}
check.value("1.10 hours saved", hours_saved, hours, tol=0.0125, hint=hint, slips=slips)
outcomes = {
    "A": f"The other way round: {time} less time, {error} less error.",
    "B": f"20 seconds instead of 5 minutes is the talk's figure. A head of department who plans with it counts on "
    f"{films * 280 / 3600:.0f} hours a year, several times what the trial promises.",
    "C": f"{time} less time, {error} less error, on average over hospitals that differed. Far from the talk's figure; "
    f"and whether {months['without'] - months['with']:.1f} months matter to a child is for its physician to say.",
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
        "its answer comes some seconds sooner",
        "it must also work without a network",
        "sending the values needs more energy",
        "in the pump the model is more accurate",
    ],
    1,
    [
        "It does; with a dose every five minutes seconds hardly matter.",
        "A patient goes where there is none. And the data stay with the patient.",
        "A few numbers are cheap to send. Energy is short in the pump, and the model has to live with that.",
        "Usually the opposite: the device is small, so the model has to be.",
    ],
)

# %% [markdown]
# ## 6. Groups without labels
#
# **Unsupervised learning** gets inputs only. Here are 600 handwritten zeros and ones. Each picture of 28 × 28 pixels
# is a list of 784 numbers, that is a point in a space of 784 dimensions. **Principal component analysis** (PCA) finds
# the two directions along which the points differ most: where many pixels change together, as when a stroke leans
# over, widens or bends to a ring. **K-means** (lab 2) splits the points into two groups, so that each point lies near
# the middle of its own; which group is called 0 is chance. The labels stay hidden; at the end we look how well the
# groups match them.
# %%
from sklearn.cluster import KMeans


def two_groups(first, second):
    """Pixels, hidden labels and groups of 600 pictures of two digits, and their points in the plane of PCA."""
    images, digits = data.load_mnist_10k()
    chosen = np.flatnonzero((digits == first) | (digits == second))[:600]  # the row numbers of the first 600
    pixels, is_second = images[chosen].reshape(600, 784) / 255, digits[chosen] == second
    plane = PCA(n_components=2, random_state=SEED).fit_transform(pixels)
    return pixels, is_second, KMeans(n_clusters=2, n_init=5, random_state=SEED).fit_predict(plane), plane


pixels, is_one, group, plane = two_groups(0, 1)
match = max((group == is_one).mean(), (group != is_one).mean())  # groups have no names: try both
print(f"the groups match the hidden labels for {match:.0%} of the pictures")
assert match > 0.95

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
# *We* asked for two groups, and the pictures happen to form two clouds: a ring or no ring moves more pixels than
# anything else here. The method finds two groups in anything, also where nothing falls into two.
#
# ### Your turn 1.11: two groups of what?
#
# A colleague wants to sort pictures without any labels, into two heaps, for four pairs of digits. For one pair the
# heaps are worthless: little better than a coin. Choose `"1 7"`, `"2 6"`, `"3 8"` or `"5 8"`. For your bet ask of
# each pair: do the two digits differ in more ink than two pictures of the *same* digit by two hands? Then use
# `two_groups` for each.
# %% tags=["exercise"]
worthless_pair = ...

# %% tags=["check"]
# @title Check 1.11
matches = {}
for pair in ("1 7", "2 6", "3 8", "5 8"):
    _, hidden, heap, _ = two_groups(*map(int, pair.split()))
    matches[pair] = max((heap == hidden).mean(), (heap != hidden).mean())
outcomes = {pair: f"The heaps match the digits for {share:.0%} of the pictures." for pair, share in matches.items()}
outcomes["2 6"] += " A 6 has its ring below left where a 2 is empty: many pixels, whoever writes."
outcomes["1 7"] += " They look alike, yet their clouds lie apart: the leaning of the stroke tells them."
outcomes["3 8"] += " Much is in the wrong heap, but it is more than chance."
outcomes["5 8"] += " The strongest differences among these pictures, such as slant, are not those between 5 and 8."
check.choice("1.11 the worthless pair", worthless_pair, "5 8", outcomes)

# %% tags=["solution"]
# @title Solution 1.11
agree = {}
for first, second in ((1, 7), (2, 6), (3, 8), (5, 8)):
    _, truth_hidden, found, _ = two_groups(first, second)
    agree[f"{first} {second}"] = max((found == truth_hidden).mean(), (found != truth_hidden).mean())
check.solution("1.11 the worthless pair", min(agree, key=agree.get))
# A group found in patients is a description of what varies most: scanner, age, sex. It need not be the disease.

# %% [markdown]
# ## 7. A rule, a line, a wiggly border
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
    ax.fill([t1, 101, 101, t1], [t2, t2, 61, 61], color="#cfe3f1", label="low risk, says the rule")
    for paid, name, marker, colour in ((True, "repaid", "o", "#0072B2"), (False, "did not", "^", "#B34A00")):
        some = np.flatnonzero(repaid[:300] == paid)
        ax.scatter(income[some], savings[some], s=18, marker=marker, color=colour, label=name)
    ax.plot([t1, t1, 101], [61, t2, t2], color="black", linestyle="-")
    ax.set(xlabel="income ($1000)", ylabel="savings ($1000)", xlim=(5, 101), ylim=(-2, 61))
    ax.set_title(f"300 of 1,200 customers; the rule is right for {right:.0%} of all")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig, f"Repayers crowd at the upper right; the corner above {t1} and {t2} is right for {right:.0%} of all."


plot.explore(draw_rule, t1=(10, 100, 5), t2=(0, 60, 5))

# %%
corners = [(t1, t2) for t1 in range(10, 101, 5) for t2 in range(0, 61, 5)]
hits = {corner: low_risk(income, savings, *corner) == repaid for corner in corners}  # True where the rule is right
best_corner = max(corners, key=lambda corner: hits[corner][:200].mean())  # chosen on the first 200 customers
rule_new = hits[best_corner][200:].mean()
print(f"best corner for the first 200 customers: {best_corner}; right for {rule_new:.0%} of the other 1000")
assert 0.7 < rule_new < 0.8

# %% [markdown]
# A corner fits badly: much income can make up for little savings. A **linear classifier** (`LogisticRegression`)
# finds a slanted line, with only three numbers to learn. A **nearest-neighbour** classifier gives each new customer
# the answer of the most similar known one, so its border can take any shape. Both learn from the same 200 customers.
# **Error** is the share of wrong answers.
# %%
from sklearn.neighbors import KNeighborsClassifier

models = {
    "linear classifier": LogisticRegression().fit(customers[:200], repaid[:200]),
    "nearest neighbour": KNeighborsClassifier(n_neighbors=1).fit(customers[:200], repaid[:200]),
}
border_errors = {name: model.predict(customers) != repaid for name, model in models.items()}
for name, wrong in border_errors.items():
    print(f"{name}: error {wrong[:200].mean():.2f} on the 200 it saw, {wrong[200:].mean():.2f} on 1000 new")
line_wrong, neighbour_wrong = border_errors.values()
assert neighbour_wrong[:200].sum() == 0 and neighbour_wrong[200:].mean() > line_wrong[200:].mean() + 0.02

# %% tags=["figure"]
# @title The two borders
grid_income, grid_savings = np.meshgrid(np.linspace(10, 100, 150), np.linspace(0, 60, 120))
grid = np.column_stack([grid_income.ravel(), grid_savings.ravel()])
fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    answer = model.predict(grid).reshape(grid_income.shape).astype(float)
    ax.contourf(grid_income, grid_savings, answer, levels=[-0.5, 0.5, 1.5], colors=["#fbe3d3", "#cfe3f1"])
    ax.contour(grid_income, grid_savings, answer, levels=[0.5], colors="black", linewidths=1)
    for paid, marker, colour in ((True, "o", "#0072B2"), (False, "^", "#B34A00")):
        some = np.flatnonzero(repaid[:200] == paid)
        label = "repaid" if paid else "did not"
        ax.scatter(income[some], savings[some], s=24, marker=marker, color=colour, linewidths=0, label=label)
    ax.set(title=name, xlabel="income ($1000)")
    ax.grid(False)
axes[0].set_ylabel("savings ($1000)")
for answer, colour in (("says: will repay", "#cfe3f1"), ("says: will not", "#fbe3d3")):
    axes[0].fill([0, 0], [0, 0], color=colour, label=answer)
axes[0].set(xlim=(10, 100), ylim=(0, 60))
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
plot.show(
    fig,
    alt="The linear border is a slanted line; the nearest-neighbour border is jagged, with islands round points.",
)

# %% [markdown]
# Of the new customers the corner is right for 75 %, the line for 82 %. The nearest neighbour makes no error on
# customers it has seen: each is its own neighbour. On new ones its error is 0.23, the line's 0.18: it has learned the
# noise with the pattern, look at the islands. A simple model has more error on what it saw; a complex one fits more,
# including what will not repeat.
#
# ### Your turn 1.12: what should the bank use?
#
# A loan to someone who does not repay loses 5, in 1000 dollars; a loan that is repaid earns 1; no loan is 0. To whom
# of the 1,000 new customers should the bank lend: to those whom the `"rule"` with `t1=50, t2=20` or the `"neighbour"`
# calls a payer, or whose probability by the linear classifier (`.predict_proba(customers)[:, 1]`) is above `"0.50"`,
# `"0.67"` or `"0.83"`? Decide with the two amounts before you compute. Store the best choice, and what it earns.
# %% tags=["exercise"]
policy = ...
earned = ...

# %% tags=["check"]
# @title Check 1.12
by_line = models["linear classifier"].predict_proba(customers)[:, 1]
lend = {"rule": low_risk(income, savings, 50, 20), "neighbour": models["nearest neighbour"].predict(customers)}
lend |= {"0.50": by_line > 0.50, "0.67": by_line > 0.67, "0.83": by_line > 0.83}
gain = {name: float(np.where(repaid, 1, -5)[200:][given[200:]].sum()) for name, given in lend.items()}
hint = "Among the new customers with a loan: 1 for each who repaid, minus 5 for each who did not."
right, every_one = lend["0.83"][200:], float(np.where(repaid, 1, -5)[lend["0.83"]].sum())
slips = {
    "You counted all 1,200 customers; the model has seen the first 200.": every_one,
    "You forgot the losses.": float((repaid[200:] & right).sum()),
    "A loss is 5, not 1.": float(np.where(repaid, 1, -1)[200:][right].sum()),
}
slips |= {f"That is what '{name}' earns; another choice earns more.": gain[name] for name in gain if name != "0.83"}
check.value("1.12 the earnings", earned, gain["0.83"], tol=0.02, hint=hint, slips=slips)
outcomes = {
    name: f"It lends to {given[200:].sum()} of 1,000; of these loans {1 - repaid[200:][given[200:]].mean():.0%} fail."
    for name, given in lend.items()
}
for name in set(lend) - {"0.83"}:
    outcomes[name] += f" In all it earns {gain[name]:.0f}; one loss eats five gains."
outcomes["0.83"] += " One loss eats five gains: lend where at least five of six should repay (5/6 is 0.83)."
check.choice("1.12 the policy", policy, "0.83", outcomes)

# %% tags=["solution"]
# @title Solution 1.12
careful = models["linear classifier"].predict_proba(customers[200:])[:, 1] > 0.83
check.solution("1.12 the earnings", (careful & repaid[200:]).sum() - 5 * (careful & ~repaid[200:]).sum())
check.solution("1.12 the policy", "0.83")
# That a stricter or a laxer threshold may earn a little more on these 1,000 is luck; 5/6 follows from the amounts.

# %% [markdown]
# ## 8. Bias and variance
#
# **Two measures of a miss.** The **mean absolute error** (MAE) is the average size of a miss, in the unit of the
# target. The **mean squared error** (MSE) squares each miss first, so a large miss counts much more; most training
# makes the MSE small. Here are five stays in hospital. What does one of a month do to each measure?
# %%
predicted = np.array([4, 5, 3, 6, 4])
for name, stay in {"usual": np.array([3, 5, 2, 8, 4]), "a month": np.array([3, 5, 2, 8, 34])}.items():
    print(f"{name:8} MAE {np.abs(stay - predicted).mean():.1f} days, MSE {((stay - predicted) ** 2).mean():.1f} days²")

# %% [markdown]
# The MSE grows far more; the MAE is less sensitive to **outliers**.
#
# **Where an expected error comes from.** The concentration of a drug in the blood rises after a tablet and falls. Let
# 300 laboratories each measure it and fit a polynomial of some degree (a higher degree may bend more often). **Bias**
# is how far their *average* curve lies from the truth: what the model cannot express. **Variance** is how much the
# curves *differ*: what depends on the luck of the sample. The expected squared error on a new reading is bias² +
# variance + noise². The noise, the errors of the readings, has a standard deviation of 4 ng/ml here, so the last is
# $4^2$.


# %%
def bias_and_variance(degree, n=20, noise=4):
    """Bias² and variance, in (ng/ml)², of 300 fitted curves, each from n readings."""
    fine, hours, curves = np.linspace(0, 8, 100), np.linspace(0, 8, n), []
    for seed in range(300):
        readings = 40 * hours * np.exp(-0.5 * hours) + np.random.default_rng(seed).normal(0, noise, size=n)
        curves.append(np.polynomial.Polynomial.fit(hours, readings, degree)(fine))
    off = np.mean(curves, axis=0) - 40 * fine * np.exp(-0.5 * fine)  # axis=0: over the laboratories
    return np.mean(off**2), np.var(curves, axis=0).mean()


degrees = np.arange(1, 11)
bias_squared, variance = np.array([bias_and_variance(degree) for degree in degrees]).T  # .T: a row for each of the two
expected = bias_squared + variance + 16
lowest = degrees[np.argmin(expected)]
print(f"least expected error: degree {lowest}, {expected.min():.1f} (ng/ml)², of which 16 are noise²")
assert bias_squared[0] > 10 * bias_squared[4] and variance[-1] > 5 * variance[0] and 2 < lowest < 8

# %% tags=["figure"]
# @title Bias and variance
fig, ax = plt.subplots(figsize=(6.4, 3.4))
parts = {"expected error": expected, "bias²": bias_squared, "variance": variance, "noise²": np.full(10, 16)}
for (name, values), marker in zip(parts.items(), plot.MARKERS, strict=False):
    ax.plot(degrees, values, marker=marker, label=name)
ax.set(xlabel="degree of the polynomial (complexity)", ylabel="(ng/ml)²", ylim=(0, 65), xticks=degrees)
ax.legend()
plot.show(fig, alt=f"Bias² falls and variance rises with the degree; the expected error is least at degree {lowest}.")

# %% [markdown]
# With real data there is one sample and no known truth, so nobody can compute the bias like this (for the variance
# one can draw the rows anew). But what was held out shows the whole error of the curve that was fitted, and that is
# enough to choose. The variance goes down with the number of readings and up with the *square* of their noise.
#
# ### Your turn 1.13: one budget, four plans
#
# For the next drug, with such a curve, the budget pays 60 readings with today's device or 20 with a better one (the
# errors are standard deviations).
#
# - A: 60 readings with an error of 4 ng/ml, degree 3
# - B: 20 readings with an error of 2 ng/ml, degree 4
# - C: 60 readings with an error of 4 ng/ml, degree 4
# - D: 20 readings with an error of 2 ng/ml, degree 10
#
# Rank them on paper by noise² / readings and by what the degree can express. Then compute: which plan's curve lies
# nearest to the truth, with the least bias² + variance?

# %% tags=["exercise"]
best_plan = ...

# %% tags=["check"]
# @title Check 1.13
plans = {"A": (3, 60, 4), "B": (4, 20, 2), "C": (4, 60, 4), "D": (10, 20, 2)}
parts_of = {plan: bias_and_variance(*setting) for plan, setting in plans.items()}
typical = {
    plan: f"{np.sqrt(sum(both)):.1f} ng/ml off, typically: bias² {both[0]:.1f}, variance {both[1]:.1f}. "
    for plan, both in parts_of.items()
}
outcomes = {
    "A": f"{typical['A']}No number of readings mends what a cubic cannot express.",
    "B": f"{typical['B']}Half the noise is worth four times the readings, and the budget buys but three times as many.",
    "C": f"{typical['C']}The degree fits. But is noise² / readings the least that the budget buys?",
    "D": f"{typical['D']}So high a degree bends after the noise.",
}
check.choice("1.13 the best plan", best_plan, "B", outcomes)

# %% tags=["solution"]
# @title Solution 1.13
sums = {plan: sum(bias_and_variance(*setting)) for plan, setting in plans.items()}  # degree, readings, noise
check.solution("1.13 the best plan", min(sums, key=sums.get))
print("bias² + variance:", ", ".join(f"{plan} {total:.2f}" for plan, total in sums.items()))

# %%
check.summary()

# %% [markdown]
# ## What this notebook has shown
#
# Each section has tested its claims. Here, whichever you have run, are once more the worked numbers of the mail.

# %% tags=["nbval-check-output"]
claimed = np.array([[8, 10, 1], [5, 60, 50], [3, 30, 200]])  # rows: what the system says; columns: gold
by_row, by_column = claimed.diagonal() / claimed.sum(axis=1), claimed.diagonal() / claimed.sum(axis=0)
assert np.allclose(by_row, [8 / 19, 60 / 115, 200 / 233]) and np.allclose(by_row.round(2), [0.42, 0.52, 0.86])
assert np.allclose(by_column, [8 / 16, 60 / 100, 200 / 251]) and np.allclose(by_column.round(2), [0.50, 0.60, 0.80])
assert round(by_row.mean(), 2) == 0.60 and round(claimed.trace() / claimed.sum(), 2) == round(268 / 367, 2) == 0.73
# F1 is also 2 TP / (2 TP + FP + FN), here for the ten mails: urgent, normal, spam
found, wrongly, missed = np.array([2, 1, 3]), np.array([1, 3, 0]), np.array([1, 0, 3])
claimed_f1 = 2 * found / (2 * found + wrongly + missed)
assert np.allclose(claimed_f1.round(2), [0.67, 0.40, 0.67]) and round(claimed_f1 @ [0.3, 0.1, 0.6], 2) == 0.64
print("All claims hold.")

# %% [markdown]
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | semi-supervised learning | 준지도 학습 | few labels, many inputs |
# | label spreading | 레이블 확산 | labels flow to similar cases without a label |
# | reinforcement learning | 강화 학습 | learning from rewards |
# | bandit | 밴딧 문제 | choose among actions, see only the reward |
# | exploration, exploitation | 탐색, 활용 | try what may be better, use what was best |
# | learning curve | 학습 곡선 | error against the amount of training data |
# | decision tree | 결정 트리 | one yes-no question after another |
# | F1 score | F1 점수 | harmonic mean of precision and recall |
# | macro average | 매크로 평균 | each class counts the same |
# | micro average | 마이크로 평균 | each case counts the same |
# | weighted average | 가중 평균 | each class counts by its number of cases |
# | automation bias | 자동화 편향 | following a machine's proposal blindly |
# | inference | 추론 | the use of a trained model |
# | latency | 지연 시간 | the time to the answer |
# | cloud, embedded | 클라우드, 임베디드 | where a model runs: on far computers, inside a device |
# | unsupervised learning | 비지도 학습 | learning from inputs without labels |
# | k-means | k-평균 | groups of points near their own middle |
# | principal component analysis | 주성분 분석 | the directions in which points differ most |
# | bias | 편향 | error of the average model |
# | variance | 분산 | how much the model depends on the sample |
# | mean absolute error | 평균 절대 오차 | average size of a miss |
# | outlier | 이상치 | a case far from the others |
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
