# %% [markdown]
# # 4. Neural networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - say what needs a hidden layer;
# - compute what a small network answers, and what it costs;
# - follow a slope backwards through a neuron;
# - write a training loop;
# - choose a threshold for a clinic.
#
# **Before you start**: lab 1 (training and test rows, cross-validation, AUC), lab 3 (gradient descent), the
# derivative of one variable, a matrix times a vector.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_moons
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import check, data, plot, train

# %%
torch.set_num_threads(1)  # networks this small run faster on one core
train.seed_everything(SEED)

# %% [markdown]
# ## 1. A neuron
#
# An artificial **neuron** multiplies each input by a **weight**, adds up, adds a **bias** $b$, and fires (answers 1,
# else 0) if $w_1 x_1 + w_2 x_2 + b > 0$. The idea comes from the brain's 86 billion nerve cells.
#
# Two radiologists read a film; 1 means "I see a nodule". `x @ w` is the weighted sum of each row of `x`.

# %%
cases = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # reader 1, reader 2: a case a row
answers = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}


def neuron(x, w, b):
    return (x @ w + b > 0).astype(int)  # True and False as 1 and 0


# %%
print("bias -1.5:", neuron(cases, np.array([1, 1]), -1.5), "  bias -0.5:", neuron(cases, np.array([1, 1]), -0.5))

# %% [markdown]
# It fires if *both* see a nodule (AND), or if *at least one* does (OR). Its border is a straight line. Can you move it
# so that XOR, "exactly one sees it", comes out right?


# %% tags=["figure"]
# @title Slider: the border of one neuron
def draw_border(problem="XOR", w1=1.0, w2=1.0, b=-1.5):
    w, target = np.array([w1, w2]), answers[problem]
    fig, ax = plt.subplots(figsize=(4.8, 3.4))
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 1.6, 150), np.linspace(-0.6, 1.6, 150)), axis=-1)
    ax.contourf(*np.moveaxis(grid, -1, 0), neuron(grid, w, b), levels=[-1, 0.5, 2], colors=["white", "#d9d9d9"])
    for value in (0, 1):
        ax.scatter(*cases[target == value].T, marker=plot.MARKERS[value], s=90, label=f"should be {value}")
    right = int(np.sum(neuron(cases, w, b) == target))
    ax.set(xlabel="reader 1", ylabel="reader 2", xticks=[0, 1], yticks=[0, 1])
    ax.set_title(f"{problem}: {right} of 4 right (grey: it fires)")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    rule = f"{w1:g} x1 + {w2:g} x2 + ({b:g})"
    return fig, f"{problem}: the neuron {rule} > 0 gets {right} of four cases right; its border is one straight line."


plot.explore(draw_border, problem=list(answers), w1=(-2.0, 2.0, 0.5), w2=(-2.0, 2.0, 0.5), b=(-2.0, 2.0, 0.5))

# %% [markdown]
# Three of four is the most. In 1958 Frank Rosenblatt let the neuron, his **perceptron**, learn from mistakes, with the
# learning rate $\eta$ (eta):
#
# $$w := w + \eta\,(\text{target}-\text{answer})\,x, \qquad b := b + \eta\,(\text{target}-\text{answer})$$
#
# One pass through all cases is an **epoch**.


# %% tags=["figure"]
# @title Rosenblatt's rule as a function (run it; the formulas say it all)
def perceptron(inputs, targets, eta=0.5, epochs=20):
    """Rosenblatt's rule from zero weights; returns weights, bias and the mistakes made in each epoch."""
    w, b, mistakes = np.zeros(inputs.shape[1]), 0.0, []  # a weight for each column
    for _ in range(epochs):
        wrong = 0
        for x, target in zip(inputs, targets, strict=True):  # row by row; strict: as many of both
            error = target - neuron(x, w, b)
            w, b = w + eta * error * x, b + eta * error
            wrong += abs(int(error))
        mistakes.append(wrong)
    return w, b, mistakes


# %%
for problem, target in answers.items():
    w, b, mistakes = perceptron(cases, target)
    print(f"{problem:3s} mistakes in epochs 1 to 9: {mistakes[:9]}")

# %% [markdown]
# If a line separates the classes, the rule finds one after finitely many mistakes (Novikoff 1962); if none does, they
# never stop.
#
# "Exactly one" is "at least one, but not both". So let a neuron look at two others, an OR and an AND, a **hidden
# layer**:

# %%
either = neuron(cases, np.array([1, 1]), -0.5)  # OR
both = neuron(cases, np.array([1, 1]), -1.5)  # AND
hidden = np.array([either, both]).T  # .T swaps rows and columns: a case a row again
output = neuron(hidden, np.array([1, -1]), -0.5)  # OR speaks for it, AND against it
print("XOR of the four cases:", output)

# %% tags=["figure"]
# @title What the hidden layer does to the four cases
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for ax, places, title in zip(axes, (cases, hidden), ("the inputs", "the hidden layer's answers"), strict=True):
    for value in (0, 1):
        ax.scatter(*places[output == value].T, marker=plot.MARKERS[value], s=110, zorder=3, label=f"XOR = {value}")
    ax.set(title=title, xlim=(-0.4, 1.9), ylim=(-0.4, 2.3), xticks=[0, 1], yticks=[0, 1])
line = np.array([-0.4, 1.9])
axes[0].plot(line, 0.5 - line, color="C2", label="border of OR")
axes[0].plot(line, 1.5 - line, color="C3", label="border of AND")
axes[0].set(xlabel="reader 1", ylabel="reader 2")
axes[1].plot(line, line - 0.5, color="C4", label="border of the output")
axes[1].text(1.1, 0, "(0, 1) and\n(1, 0), both", va="center", fontsize=9)
axes[1].set(xlabel="OR neuron", ylabel="AND neuron")
for ax in axes:
    ax.legend(fontsize=9, loc="upper left", ncols=2)
plot.show(
    fig,
    alt="Left: no single line separates the XOR classes, two lines enclose one. Right: in the plane of the two hidden "
    "answers both XOR = 1 cases fall on (1, 0), and one line separates them from the others.",
)

# %% [markdown]
# The hidden layer has moved the points so that one line is enough.
#
# ### Your turn 4.1: which rule needs a hidden layer?
#
# Four radiologists read each film: the chief and a second one at hospital A, two at hospital B. One neuron can follow
# three of these rules. Which needs a hidden layer? Think on paper, then ask
# `perceptron(sixteen, voting["two"], epochs=20)` in a cell of your own.

# %%
sixteen = np.array(
    list(itertools.product([0, 1], repeat=4))
)  # a possible vote a row; columns: chief, second of A, two of B
chief, second, b1, b2 = sixteen.T == 1  # four columns of True and False
voting = {
    "two": sixteen.sum(axis=1) >= 2,  # axis=1 adds along each row: at least two of the four see a nodule
    "hospital": (chief & second) | (b1 & b2),  # both of A see it, or both of B; & is "and", | is "or"
    "chief": chief | (second & b1 & b2),  # the chief sees it, or all the others do
    "backed": chief & (second | b1 | b2),  # the chief sees it, and at least one other does
}

# %% tags=["exercise"]
needs_layer = ...  # "two", "hospital", "chief" or "backed"

# %% tags=["check"]
# @title Check 4.1
check.choice(
    "4.1 a hidden layer",
    needs_layer,
    "hospital",
    outcomes={
        "two": "One neuron does it: weights 1, 1, 1, 1 and bias -1.5 get all 16 votes right. You would buy a network "
        "of three neurons where one counter is enough.",
        "hospital": "The sums of (1, 1, 0, 0) and (0, 0, 1, 1) must both be above zero, those of (1, 0, 1, 0) and "
        "(0, 1, 0, 1) must not. But each pair adds up to the same: all four weights plus twice the bias. So every "
        "single neuron has at least one of 16 votes wrong: a patient is recalled, or sent home, against the rule.",
        "chief": "Weights 3, 1, 1, 1 and bias -2.5 get all 16 right. Did you stop after 20 epochs? Rosenblatt's rule "
        "still errs then; it makes its last mistake in epoch 23. Not yet learned is not unlearnable.",
        "backed": "Weights 3, 1, 1, 1 and bias -3.5 get all 16 right: the chief's 3 alone is not enough, and without "
        "the chief the other three are not either.",
    },
)

# %% tags=["solution"]
# @title Solution 4.1
check.solution("4.1 a hidden layer", "hospital")
# perceptron(sixteen, ..., epochs=200) makes its last mistake in epoch 6, 23 and 16 for the other three rules.

# %% [markdown]
# ## 2. From layers to a cost
#
# A hard step has slope zero. Gradient descent needs a bend with slopes, an **activation function**: the **sigmoid**
# $s = 1/(1+e^{-x})$ with slope $s(1-s)$, say, or **ReLU**, $\max(0, x)$.
#
# Neurons that look at the same inputs form a **layer**. With each one's weights in a row of a matrix $W$, it answers
# $\text{sigmoid}(Wx+b)$ for one patient $x$: the next layer's inputs. That is the **forward pass**. Below, the first
# neuron has weights 1 and -2, bias 1. To $(1, -1)$ it says sigmoid($1\cdot1+(-2)\cdot(-1)+1$) = sigmoid(4) = 0.98.

# %%
layers = [  # W and b of each
    (np.array([[1, -2], [-1, 1]]), np.array([1, 0])),
    (np.array([[2, -1], [-2, -1]]), np.array([0, 0])),
    (np.array([[3, -1], [-1, 4]]), np.array([-2, 2])),
]


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward_pass(layers, x):
    """The answers of every layer to the input x."""
    found = []
    for W, b in layers:
        x = sigmoid(W @ x + b)
        found.append(x)
    return found


# %%
for x in ((1, -1), (0, 0)):
    print(x, "->", " -> ".join(f"{a:.2f} {b:.2f}" for a, b in forward_pass(layers, np.array(x))))

# %% [markdown]
# Without a bend $W_2(W_1x)=(W_2W_1)x$ (biases left out): two layers, or a hundred, would be one.
#
# A network that chooses between classes ends with a **score** $z$ for each. **Softmax** makes probabilities of them,
# which add up to 1. A patient's cost, **cross-entropy**, is minus the natural logarithm of the probability of the true
# class.
#
# $$p_k = \frac{e^{z_k}}{e^{z_1}+e^{z_2}+\dots} \qquad \text{cost}=-\sum_k y_k \ln p_k=-\ln p_\text{true}$$
#
# Here $y$ is **one-hot**: 1 for the true class, 0 for the others. The **loss** (in lectures also *total cost*) is the
# mean over patients. Both below have bacterial pneumonia.


# %%
def softmax(scores):
    """Probabilities from scores, row by row (axis=-1; with keepdims each row is divided by its own sum)."""
    # taking the largest score off divides all powers of a row by the same number, and none becomes too large
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# %%
scores = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.0]])  # columns: bacterial, viral, no pneumonia
one_hot = np.array([[1, 0, 0], [1, 0, 0]])
costs = -np.sum(one_hot * np.log(softmax(scores)), axis=1)  # axis=1: along each row
print(softmax(scores).round(3))
print("costs:", costs.round(3), " loss:", costs.mean().round(3))

# %% [markdown]
# Of the second patient the network was sure, and wrong: that costs most.
#
# ### Your turn 4.2: ten outputs
#
# Lecture notes call the ten numbers below a softmax's answers for the digits 0 to 9. But they add up to over 2. Suppose
# that each is the sigmoid of a score $z$. Find the ten scores (solve $p=1/(1+e^{-z})$ for $z$), then give them to
# `softmax`. Which probability has the digit 3, at index 3, now? Two decimals.

# %%
ten_outputs = np.array([0.1, 0.2, 0.1, 0.9, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1])

# %% tags=["exercise"]
p_three = ...

# %% tags=["check"]
# @title Check 4.2
ten_scores = np.log(ten_outputs / (1 - ten_outputs))
of_odds, by_sum = softmax(ten_outputs / (1 - ten_outputs))[3], 0.9 / ten_outputs.sum()
check.value(
    "4.2 ten outputs",
    p_three,
    softmax(ten_scores)[3],
    tol=0.0051,
    hint="First the ten scores (np.log is the natural logarithm), then softmax of all ten at once, then index 3.",
    slips={
        "That is the sigmoid's answer. It does not look at the nine other digits.": 0.9,
        "You divided by the sum. That is softmax of ln p, but the author's scores were others: p = sigmoid(z).": by_sum,
        "You did softmax of the outputs. Softmax takes scores: first undo the sigmoid.": softmax(ten_outputs)[3],
        "You took the logarithm to base 10; e and ln belong together.": softmax(ten_scores / np.log(10))[3],
        "That is p / (1 - p), the odds of the digit 3. A logarithm and the other nine digits are still to come.": 9,
        "That is the score of the digit 3. Now the softmax of all ten.": ten_scores[3],
        "You did softmax of the odds, p / (1 - p). The score is their logarithm.": of_odds,
        "You did the sigmoid once more; it must be undone.": softmax(sigmoid(ten_outputs))[3],
        "As a percentage; asked is a probability between 0 and 1.": 100 * softmax(ten_scores)[3],
        "These are all ten probabilities; asked is the one at index 3.": softmax(ten_scores),
        "That is the digit at another index; Python counts from 0.": softmax(ten_scores)[2],
        "That is its cost, minus the logarithm; asked is the probability.": -np.log(softmax(ten_scores)[3]),
        "Mind the sign: with z = ln((1 - p) / p) a sure answer gets a low score.": softmax(-ten_scores)[3],
    },
)

# %% tags=["solution"]
# @title Solution 4.2
digit_scores = np.log(ten_outputs / (1 - ten_outputs))  # the sigmoid backwards
check.solution("4.2 ten outputs", softmax(digit_scores)[3])
# Ten sigmoids answer ten separate questions; their sum, 2.3, need not be 1. Softmax is for one answer out of ten.

# %% [markdown]
# ## 3. Backpropagation
#
# Training needs the slope of the loss for every weight. **Backpropagation** is the chain rule in a tidy order. Cut
# $y = \cos(w^2)$ into $u = w^2$ and $y = \cos u$; along a path slopes are multiplied:
#
# $$\frac{dy}{dw}=\frac{dy}{du}\cdot\frac{du}{dw}=-\sin(w^2)\cdot 2w$$
#
# In $y=\cos(w^2)+\sin(w^2)$ the weight reaches $y$ along two paths; their slopes are added:
# $-2w\sin(w^2)+2w\cos(w^2)$. The next cell checks by **finite differences** (move $w$ a tiny bit both ways) and by
# PyTorch's **autograd**, which remembers the forward pass and walks back by itself.


# %% tags=["figure"]
# @title The slope by hand, by differences, by autograd (run it)
def by_differences(f, w, tiny=1e-5):
    return (f(w + tiny) - f(w - tiny)) / (2 * tiny)


def by_autograd(f, w):
    w = w.clone().requires_grad_()  # a copy for which a slope is wanted
    f(w).backward()  # the walk back
    return w.grad  # where it has left the slope


def one_path(w):
    return torch.cos(w**2)


def two_paths(w):
    return torch.cos(w**2) + torch.sin(w**2)


at = torch.tensor(1.5, dtype=torch.float64)  # PyTorch's kind of number
first = -2 * at * torch.sin(at**2)
for f, by_hand in ((one_path, first), (two_paths, first + 2 * at * torch.cos(at**2))):
    three = [float(slope) for slope in (by_hand, by_differences(f, at), by_autograd(f, at))]
    print(f"{f.__name__:9s} slope at {at}:", *(f"{slope:.6f}" for slope in three))
    assert np.allclose(three, by_hand, atol=1e-8)


# %% tags=["figure"]
# @title Slider: the computation graph, forwards and backwards
def draw_graph(w=1.3):
    u = w * w
    back = np.cos(u) - np.sin(u)  # slope of y for u
    boxes = {"w": (0, 0, w, 2 * w * back), "u": (2.2, 0, u, back), "cos u": (4.4, 0.8, np.cos(u), 1)}
    boxes |= {"sin u": (4.4, -0.8, np.sin(u), 1), "y": (6.6, 0, np.cos(u) + np.sin(u), 1)}
    slopes = {("w", "u"): 2 * w, ("u", "cos u"): -np.sin(u), ("u", "sin u"): np.cos(u)}
    slopes |= {("cos u", "y"): 1, ("sin u", "y"): 1}
    fig, ax = plt.subplots(figsize=(8.8, 3.4))
    for (start, end), slope in slopes.items():
        (xa, ya, *_), (xb, yb, *_) = boxes[start], boxes[end]
        ax.annotate("", (xb, yb), (xa, ya), arrowprops={"arrowstyle": "->", "shrinkA": 36, "shrinkB": 36})
        away = (0.14 + 0.3 * (ya != yb)) * (1 if ya + yb >= 0 else -1)  # above the upper arrows, below the lower ones
        place = (xa + xb) / 2, (ya + yb) / 2 + away
        ax.text(*place, f"slope {slope:.2f}", color="#b34700", ha="center", va="center", fontsize=9)
    for name, (x, y, value, slope) in boxes.items():
        look = {"boxstyle": "round,pad=0.45", "facecolor": "#eaf2f8", "edgecolor": "C0"}
        ax.text(x, y, f"{name} = {value:.2f}\nback: {slope:.2f}", ha="center", va="center", bbox=look, fontsize=9)
    ax.set(xlim=(-0.8, 7.4), ylim=(-1.5, 1.5), title="forwards: values; backwards: slope of y for each box")
    ax.axis("off")
    return fig, f"At w = {w:g} y is {np.cos(u) + np.sin(u):.2f}; slope {back:.2f} at u and {2 * w * back:.2f} at w."


plot.explore(draw_graph, w=(-2.0, 2.0, 0.1))

# %% [markdown]
# To go back, begin with 1 at $y$, walk against the arrows, multiply by each arrow's slope, and add where two walks
# meet, here at $u$. One walk gives the slopes for *all* weights.
#
# ### Your turn 4.3: through one neuron
#
# A neuron answers `a = sigmoid(w * x)`; its cost is, for a short formula, `(a - t) ** 2` with the target `t`. Draw the
# boxes, find the formula: `slope_of_cost(w, x, t)` returns the slope of the cost for `w`, a number.


# %% tags=["exercise"]
def slope_of_cost(w, x, t):
    return ...


# %% tags=["check"]
# @title Check 4.3
formulas = {
    "right": lambda a, w, x, t: 2 * (a - t) * a * (1 - a) * x,
    "The last box on the way back, w * x, has a slope too.": lambda a, w, x, t: 2 * (a - t) * a * (1 - a),
    "w * x has two slopes. Which is for w?": lambda a, w, x, t: 2 * (a - t) * a * (1 - a) * w,
    "The slope of w * x for w is not w * x itself.": lambda a, w, x, t: 2 * (a - t) * a * (1 - a) * w * x,
    "In s(1 - s), s is what the sigmoid answers.": lambda a, w, x, t: 2 * (a - t) * w * x * (1 - w * x) * x,
    "Where is the target?": lambda a, w, x, t: 2 * a * a * (1 - a) * x,
    "You went straight through the sigmoid.": lambda a, w, x, t: 2 * (a - t) * x,
    "The 2 of the square is missing.": lambda a, w, x, t: (a - t) * a * (1 - a) * x,
    "The sign is turned: a - t or t - a?": lambda a, w, x, t: 2 * (t - a) * a * (1 - a) * x,
    "That is the neuron's slope, without the cost.": lambda a, w, x, t: a * (1 - a) * x,
    "You multiplied by the cost, not by its slope.": lambda a, w, x, t: (a - t) ** 2 * a * (1 - a) * x,
    "Along one path slopes are multiplied.": lambda a, w, x, t: 2 * (a - t) + a * (1 - a) + x,
    "That is the slope of the last box alone.": lambda a, w, x, t: 2 * (a - t),
    "The square and the sigmoid: neither's slope is whole here.": lambda a, w, x, t: (a - t) * x,
    "That is the cost itself.": lambda a, w, x, t: (a - t) ** 2,
    "A bracket is missing around a - t.": lambda a, w, x, t: 2 * a - t * a * (1 - a) * x,
    "Look at the sign in the sigmoid's slope.": lambda a, w, x, t: 2 * (a - t) * a * (1 + a) * x,
    "a is a sigmoid already.": lambda a, w, x, t: 2 * (a - t) * sigmoid(a) * (1 - sigmoid(a)) * x,
}
slips = {text: lambda w, x, t, f=f: f(sigmoid(w * x), w, x, t) for text, f in formulas.items()}
right, trials = slips.pop("right"), [(0.5, 2.0, 0.0), (1.5, -0.5, 1.0), (-0.3, 3.0, 0.5), (2.0, 0.7, 0.9)]
hint = "Three boxes: s = w * x, a = sigmoid(s), cost = (a - t) ** 2. Each has a slope of its own."
check.function("4.3 through one neuron", slope_of_cost, right, trials, 1e-6, hint=hint, slips=slips)


# %% tags=["solution"]
# @title Solution 4.3
def slope_of_cost_solution(w, x, t):
    a = sigmoid(w * x)
    return 2 * (a - t) * a * (1 - a) * x


check.solution("4.3 through one neuron", slope_of_cost_solution)

# %% [markdown]
# ## 4. The training loop
#
# One thing surprises: autograd *adds*.

# %%
weight = torch.tensor(1.5, requires_grad=True)  # PyTorch's kind of number, of which a slope is wanted
for _ in range(2):
    (weight**2).backward()  # the walk back; it leaves the slope in .grad
    print("slope of w² at 1.5, found in .grad:", weight.grad.item())

# %% [markdown]
# Each training step takes a **mini-batch**, here 20 rows: all rows make a step slow, a single one (**stochastic**
# gradient descent) makes it noisy. One epoch is every batch once. The data: two interlocking crescents.

# %%
points, labels = make_moons(300, noise=0.2, random_state=SEED)
points, labels = torch.tensor(points), torch.tensor(labels)
batches = [(points[i : i + 20], labels[i : i + 20]) for i in range(0, 300, 20)]  # 15 pairs of inputs and targets
loss_fn = nn.CrossEntropyLoss()  # takes scores, and class numbers (0, 1) where we had one-hot rows


# %%
def fresh(seed=SEED):
    """A new network, and gradient descent on all its weights with learning rate 0.5."""
    torch.manual_seed(seed)
    # nn.Linear is Wx + b, nn.Sequential a chain, double() makes numbers of 64 bits
    network = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)).double()
    return network, torch.optim.SGD(network.parameters(), lr=0.5)


# %% tags=["figure"]
# @title For check 4.4: it tries your loop
def with_network(fit):
    def trained(epochs, seed):  # losses by a network and batches of its own, what it has learned, why it has not moved
        network, optimizer = fresh(seed)
        before, walks = loss_fn(network(points), labels).item(), []
        network[0].bias.register_hook(lambda slope: walks.append(slope))  # called by each backward()
        losses = fit(network, [(inputs / seed, targets) for inputs, targets in batches[seed:]], optimizer, epochs)
        if isinstance(losses, list) and any(map(torch.is_tensor, losses)):
            raise TypeError("a tensor in the list keeps its whole graph; one of the parts makes it a number")
        learned = loss_fn(network(points), labels).item()
        left = network[0].bias.grad is not None and bool(network[0].bias.grad.any())
        still = 0 if learned != before else 1 if not walks else 2 if not left else 3
        return losses if losses is None or losses is ... else (losses, learned, still)

    return trained


# %% tags=["figure"]
# @title For check 4.4: loops, right and wrong (holds a solution)
def loop(give=lambda rows: rows.mean(axis=1), each="zfbsk", end="", rows=lambda handed: handed, only=None, anew=False):
    def fit(network, handed, optimizer, epochs):  # what is done for each batch, and at the end of each epoch
        network, optimizer = fresh() if anew else (network, optimizer)
        losses, loss = [], None
        for _ in range(only or epochs):
            for batch in rows(handed):
                for act in each:
                    loss = loss_fn(network(batch[0]), batch[1]) if act == "f" else loss
                    optimizer.zero_grad() if act == "z" else loss.backward() if act == "b" else None
                    optimizer.step() if act == "s" else losses.append(loss.item()) if act == "k" else None
            optimizer.step() if "s" in end else None
            optimizer.zero_grad() if "z" in end else None
        return give(np.reshape(losses, (only or epochs, -1)))

    return with_network(fit)


# %% tags=["figure"]
# @title For check 4.4: likely slips in the list
loop_slips = {
    "These are the batches' losses; asked is one number an epoch.": loop(np.ravel),
    "These are lists in a list; asked is one number an epoch.": loop(lambda rows: rows),
    "Not a mean: you give the last batch of each epoch.": loop(lambda rows: rows[:, -1]),
    "You give sums, not means.": loop(lambda rows: rows.sum(axis=1)),
    "Divide by the number of batches handed over; it need not be 15.": loop(lambda rows: rows.sum(axis=1) / 15),
    "Divide by the number of batches, not by the rows in one.": loop(lambda rows: rows.sum(axis=1) / 20),
    "Each loss is a mean over its rows already: divide by the batches.": loop(lambda rows: rows.sum(axis=1) / 300),
    "That is one mean of everything; asked is a list, one for each epoch.": loop(np.mean),
    "That is the last epoch's mean; asked is a list, one for each epoch.": loop(lambda rows: rows[-1].mean()),
    "The list holds the last epoch only. Is it made anew in each?": loop(lambda rows: [rows[-1].mean()]),
    "The sum goes on over epochs.": loop(lambda rows: np.cumsum(rows.sum(axis=1)) / rows.shape[1]),
    "Losses of earlier epochs are still in.": loop(lambda rows: [rows[: i + 1].mean() for i in range(len(rows))]),
}

# %% [markdown]
# ### Your turn 4.4: write the loop
#
# The parts, shuffled:
#
# - `loss.item()`: the loss as a plain number
# - `optimizer.step()`: moves each weight against its `.grad`
# - `loss.backward()`: finds all slopes, adds each to its weight's `.grad`
# - `loss = loss_fn(network(inputs), targets)`: forward pass, loss of one batch
# - `optimizer.zero_grad()`: sets every `.grad` to zero
#
# Write `my_fit(network, batches, optimizer, epochs)`: it trains what it is given, and returns a list: for each epoch
# the mean of its batches' losses. Try it: after `network, optimizer = fresh()` they should fall.


# %% tags=["exercise"]
def my_fit(network, batches, optimizer, epochs):
    return ...


# %% tags=["check"]
# @title Check 4.4
slips = loop_slips | {
    "No slope was found: which part finds them?": loop(each="zfsk"),
    "No weight moves: each .grad is empty again when the step comes.": loop(each="fbzsk"),
    "No weight moves: is a part missing, or does it come before there are slopes?": loop(each="zfbk"),
    "Each step also follows slopes of batches before it.": loop(each="fbsk"),
    "You set .grad to zero once an epoch; each batch needs it.": loop(each="fbsk", end="z"),
    "You take one step an epoch.": loop(each="fbk", end="sz"),
    "You take one step an epoch, and it knows the last batch only.": loop(each="zfbk", end="s"),
    "Take each batch's loss from before its step.": loop(each="zfbsfk"),
    "Only one epoch was trained. Is `return` too far to the right, or a loop over epochs missing?": loop(only=1),
    "`epochs` is handed over; do not write a number of your own.": loop(only=5),
    "Only the first batch of each epoch was used.": loop(rows=lambda handed: handed[:1]),
    "Each step takes one batch, not all `points`.": loop(rows=lambda handed: [(points, labels)] * len(handed)),
    "You train another network; the one that is handed over learns nothing.": loop(anew=True),
    "You train on the notebook's `batches`, not on those that are handed over.": loop(rows=lambda handed: batches),
}
hint = "What happens once a batch, and what once an epoch? "
hint += "(Arguments here: epochs, a seed; results: your list, the loss after training, and 0 if the weights moved.)"
check.function("4.4 the loop", with_network(my_fit), loop(), [(2, 1), (3, 2)], 1e-9, hint=hint, slips=slips)


# %% tags=["solution"]
# @title Solution 4.4
def my_fit_solution(network, batches, optimizer, epochs):
    means = []
    for _ in range(epochs):
        losses = []
        for inputs, targets in batches:
            optimizer.zero_grad()
            loss = loss_fn(network(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        means.append(np.mean(losses))
    return means


check.solution("4.4 the loop", with_network(my_fit_solution))
(by_loop, descent), (by_fit, other) = fresh(), fresh()
my_fit_solution(by_loop, batches, descent, 5)
train.fit(by_fit, batches, loss_fn=loss_fn, optimizer=other, epochs=5, device="cpu")
print("weights equal:", [torch.equal(a, b) for a, b in zip(by_loop.parameters(), by_fit.parameters(), strict=True)])

# %% [markdown]
# From here on we use `train.fit`: **the loop you just wrote**.
#
# ## 5. The lab: Pima diabetes
#
# 768 women of Pima heritage near Phoenix, Arizona, had no diabetes; the table says who developed it within five years
# (published 1988). Eight columns, such as glucose two hours after a drink of it, body-mass index, age. The Pima, or
# Akimel O'odham, did not consent, in today's sense, to this table's travels.

# %%
pima = data.load_pima_diabetes()
could_be_missing = ["Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]
print(len(pima), "women,", pima["Outcome"].sum(), "developed diabetes; zeros in these columns:")
print((pima[could_be_missing] == 0).sum().to_dict())

# %% [markdown]
# A blood pressure of 0? These zeros are **missing values** in disguise.
#
# ### 160,000 numbers against nine
#
# A recipe of many tutorials: leave the zeros in, scale *all* rows before the split, train twice 400 hidden neurons for
# 200 epochs. (For two classes one score is enough: its sigmoid is the probability of diabetes.) Predict the accuracy,
# on 614 training rows and on the other 154.

# %%
train.seed_everything(SEED)
large = nn.Sequential(nn.Linear(8, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 1)).double()
print(f"{sum(p.numel() for p in large.parameters()):,} weights and biases")

# %% tags=["figure"]
# @title Train it, and logistic regression (run it; it is the loop of 4.4)
y = pima["Outcome"].to_numpy()
scaled = StandardScaler().fit_transform(pima.drop(columns="Outcome"))
parts = train_test_split(scaled, y, test_size=0.2, random_state=123)
seen, unseen, seen_y, unseen_y = (torch.tensor(part, dtype=torch.float64) for part in parts)


def share_right(scores, truth):
    return ((scores > 0) == (truth == 1)).double()  # sigmoid(0) = 0.5, so a score above 0 says "yes"


by_epoch = train.fit(
    nn.Sequential(large, nn.Flatten(0)),  # one number a row instead of a column
    DataLoader(TensorDataset(seen, seen_y), batch_size=128, shuffle=True),  # batches, shuffled anew in each epoch
    [(unseen, unseen_y)],  # watched after each epoch, never learned from
    loss_fn=nn.BCEWithLogitsLoss(),  # cross-entropy of two classes, from one score ("logit")
    optimizer=torch.optim.Adam(large.parameters()),  # descent in which each weight has its own step length
    epochs=200,
    metrics={"accuracy": share_right},
    device="cpu",
)
nine_numbers = LogisticRegression().fit(parts[0], parts[2]).score(parts[1], parts[3])  # score: share of right answers

# %%
print(f"network: training accuracy {by_epoch['accuracy'][-1]:.3f}, test accuracy {by_epoch['val_accuracy'][-1]:.3f}")
print(f"logistic regression, eight weights and a bias, same rows: test accuracy {nine_numbers:.3f}")

# %% tags=["figure"]
# @title Training and test loss by epoch
fig, ax = plt.subplots(figsize=(6.4, 3.4))
epochs = np.arange(1, 201)
ax.plot(epochs, by_epoch["loss"], label="614 training rows")
ax.plot(epochs, by_epoch["val_loss"], linestyle="--", label="154 test rows")
lowest = int(np.argmin(by_epoch["val_loss"]))
ax.plot(lowest + 1, by_epoch["val_loss"][lowest], "o", color="black", label=f"lowest on test rows, epoch {lowest + 1}")
same_for_all = -(y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean()))
label = f"{y.mean():.0%} for every woman: {same_for_all:.2f}"
ax.axhline(same_for_all, color="black", linewidth=1, linestyle=":", label=label)
ax.set(xlabel="epoch", ylabel="loss (cross-entropy)", ylim=(0, None))
ax.legend()
plot.show(
    fig,
    alt=f"The loss on the training rows falls to zero. On the test rows it is lowest in the first epochs, then climbs "
    f"past {same_for_all:.2f}, the loss of saying {y.mean():.0%} to every woman, to {by_epoch['val_loss'][-1]:.1f}.",
)

# %% [markdown]
# It has learned the training rows by heart: **overfitting**. Its test loss ends worse than for telling every woman 35%
# (dotted). After a few epochs this same network did better: size alone is not the fault. (One split: the standard error
# of an accuracy of 0.75 on 154 rows is 0.035.)
#
# ### Five folds, without a leak
#
# Now zeros are gaps. Whatever is *fitted* - medians for the gaps (**imputation**), scaler, model - is fitted on each
# fold's training part. The folds are **stratified**: the same share with diabetes in each. The rivals: logistic
# regression; **boosted trees**, a hundred small decision trees, each fitted to the errors so far; a network of 321
# numbers. (Its epochs and weight decay were not chosen inside the folds, which may flatter it.)

# %% tags=["figure"]
# @title The table and the folds (run it)
table = pima.drop(columns="Outcome")
table[could_be_missing] = table[could_be_missing].replace(0, np.nan)
long_tail = ["Insulin", "DiabetesPedigreeFunction", "Age"]
table[long_tail] = np.log(table[long_tail])  # their logarithms have no long tail
X = table.to_numpy()
folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))  # pairs: training rows, held-out rows


def prepare(X_train, X_test):
    """Both parts with gaps filled and columns scaled, as the training part says."""
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(X_train)  # two steps in a row
    return steps.transform(X_train), steps.transform(X_test)


# %% tags=["figure"]
# @title The three models (run it)
def logistic(X_train, y_train, X_test):
    return LogisticRegression().fit(X_train, y_train).predict_proba(X_test)[:, 1]  # column 1: probability of "yes"


def boosting(X_train, y_train, X_test):
    trees = GradientBoostingClassifier(learning_rate=0.05, max_depth=2, subsample=0.5, random_state=0)
    return trees.fit(X_train, y_train).predict_proba(X_test)[:, 1]


def small_network(X_train, y_train, X_test):
    train.seed_everything(SEED)
    inputs = torch.tensor(X_train)
    targets = torch.tensor(y_train, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
    # weight decay pulls all weights a little towards zero, against learning by heart
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=64, shuffle=True)
    train.fit(model, loader, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")
    return torch.sigmoid(train.predict(model, torch.tensor(X_test), device="cpu")).numpy()


# %% tags=["figure"]
# @title Each woman predicted while she is held out (run it)
models, risk, auc = {"logistic regression": logistic, "boosted trees": boosting, "network": small_network}, {}, {}
for name, model in models.items():
    p = np.zeros(len(y))  # each woman's probability, predicted while she is held out
    for fitted, held_out in folds:
        ready, ready_test = prepare(X[fitted], X[held_out])
        p[held_out] = model(ready, y[fitted], ready_test)
    risk[name], auc[name] = p, np.array([roc_auc_score(y[held_out], p[held_out]) for _, held_out in folds])
    print(f"{name:20s} AUC {auc[name].mean():.3f}, accuracy {np.mean((p > 0.5) == y):.3f}")
print(f"always 'no diabetes'            accuracy {1 - y.mean():.3f}")
print("AUC, network minus logistic regression, by fold:", (auc["network"] - auc["logistic regression"]).round(3))

# %% [markdown]
# A hard fold is hard for all, so compare within folds: the gains are small and vary. **On 768 rows the network does not
# win by much.** Nor do they tell what insulin adds (half is guessed), how men would fare, what causes diabetes.
#
# ### A threshold by its cost
#
# Who is called for a yearly glucose test? Say that missing a woman who will fall ill is as bad as five needless calls.
# If her probability $p$ can be trusted (not checked here), not calling her costs $5p$ on average, calling her $1-p$.
# So call if $5p > 1-p$, that is $6p > 1$: above the **threshold** 1/6.


# %%
def mean_cost(truth, probability, threshold, miss=5):
    """Cost per 100 women; a false alarm costs 1."""
    called = probability >= threshold
    missed, in_vain = (truth == 1) & ~called, (truth == 0) & called  # ~ is "not"
    return 100 * np.mean(miss * missed + in_vain)


# %%
p_ill = risk["logistic regression"]
for threshold in (0.5, 1 / 6, 0):  # 0: all are called
    cost, healthy = mean_cost(y, p_ill, threshold), 100 * np.mean(p_ill[y == 0] >= threshold)
    print(f"from {threshold:.2f} on: cost {cost:.0f}, called of 100 healthy {healthy:.0f}")

# %% [markdown]
# At 0.5 the model costs more than calling everybody without a model; at 1/6 it costs less. But the 5 was invented, and
# half of the healthy are called.
#
# ### Your turn 4.5: two clinics
#
# Both serve these women and use `p_ill`, logistic regression. **North** has places for 55 of 100 women; a miss costs
# 5, a false alarm 1. **South** has 75 places; its test is unpleasant: a miss costs only 1.5, a false alarm 1. Places
# may stay empty.
#
# Choose for each: "A" is 0.10, "B" 1/6, "C" 0.25, "D" 0.40, "E" 0.50. Add a cell: how many are called, at what cost
# (`mean_cost` takes `miss=`)?

# %% tags=["exercise"]
north = ...  # "A", "B", "C", "D" or "E"
south = ...

# %% tags=["check"]
# @title Check 4.5
choices = {"A": 0.10, "B": 1 / 6, "C": 0.25, "D": 0.40, "E": 0.50}
places = {letter: 100 * np.mean(p_ill >= t) for letter, t in choices.items()}  # called of 100
found = {letter: 100 * np.mean(p_ill[y == 1] >= t) for letter, t in choices.items()}  # of 100 who fall ill
for_north, for_south = ({c: mean_cost(y, p_ill, t, miss) for c, t in choices.items()} for miss in (5, 1.5))
crowd = {
    c: f"{places[c]:.0f} of 100 are called for 55 places. If those who come first are seen, "
    f"{found[c] * 55 / places[c]:.0f} of 100 who will fall ill are found. Within the places more can be found."
    for c in "AB"
}
kept = {c: f"{places[c]:.0f} of 100 called, {found[c]:.0f} of 100 who will fall ill are found, cost " for c in "CDE"}
north_says = crowd | {c: f"{text}{for_north[c]:.0f} per 100 women." for c, text in kept.items()}
north_says |= {c: north_says[c] + " Many places stay empty while a miss costs five." for c in "DE"}
north_says["C"] += " More calls would pay, but there are no places: take the lowest of these that fits."
south_says = {c: f"{places[c]:.0f} of 100 called, cost {cost:.1f} per 100. " for c, cost in for_south.items()}
south_says["A"] += "Most are called in vain, and here that costs nearly as much as a miss."
south_says["B"] += "1/6 came from a miss that costs five. What follows if it costs 1.5?"
south_says["C"] += "Filling the places is no aim. Of the women just above 0.25, how many fall ill?"
south_says["D"] += "Not calling costs 1.5 p, calling 1 - p: call above 1/2.5. An empty place costs nothing."
south_says["E"] += "One half is right when both errors cost the same. Here a miss costs more."
check.choice("4.5 north", north, "C", outcomes=north_says)
check.choice("4.5 south", south, "D", outcomes=south_says)

# %% tags=["solution"]
# @title Solution 4.5
check.solution("4.5 north", "C")
check.solution("4.5 south", "D")
# North: the lowest of these thresholds that keeps within 55 places. South: 1/(1 + 1.5); empty places cost nothing.
# Without the limit North's 0.10 and 1/6 cost about the same. South's C and E come close to D: on next year's women the
# costs will differ by a few units, and only the rule keeps. A real clinic could also call from the highest p downwards
# until the places are full.

# %% [markdown]
# ## Going further
#
# [Training in depth](further/04_training_in_depth.ipynb), each section alone:
#
# - **Bends, and slopes that vanish**: ten layers that cannot learn
# - **A network in NumPy**: backwards by hand
# - **The optimisers**: momentum, Adam, a race
# - **Dropout**: sixteen networks in one
# - **Batch normalisation**: patients in pairs
# - **Early stopping**: patience
# - **Two frameworks, and a power cut**: Keras
# - **Find the leak**: an AUC of .94
# - **Is the difference real?**: intervals, calibration
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "In the hidden layer of a network each bend is replaced by 'multiply by 2'. Which rule can it still learn?",
    [
        "Reader 1 sees a nodule or reader 2 does, not both",
        "Both readers see a nodule, or neither of them does",
        "Reader 1 sees a nodule, and reader 2 sees none",
        "Two of three readers see a nodule, not all three",
    ],
    2,
    [
        "That is XOR. Without a bend the layers are one matrix, and the border is a straight line.",
        "That is XOR turned round: the same two diagonals, and no line between them.",
        "One straight border does it: answer 1 minus answer 2, above 0.5.",
        "It must fire for two and not for one or three: two borders, and without a bend there is one.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A softmax over pneumonia, effusion, neither reads a film that shows both. What, rounded, can it not answer?",
    [
        "0.9, 0.9, 0.0",
        "0.5, 0.5, 0.0",
        "0.9, 0.1, 0.0",
        "0.3, 0.3, 0.4",
    ],
    0,
    [
        "The sum is 1.8. Softmax makes classes compete; two findings at once ask for two sigmoids.",
        "It adds up to 1, so it can. It reads as 'one of the two', which is not what the film shows.",
        "It adds up to 1, so it can; the effusion is then as good as denied.",
        "It adds up to 1, so it can, unhelpful as it is.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "For one patient the input x to a sigmoid neuron is 0. What is the slope of the cost for the weight on x?",
    [
        "It is 0.25",
        "It is 0",
        "It is 1",
        "The target decides",
    ],
    1,
    [
        "That is the sigmoid's slope at zero, one factor on the path. Which comes last on the way back to the weight?",
        "The last factor on the way back is x itself. This patient teaches that weight nothing.",
        "Move the weight in thought, and see what changes in weight times x.",
        "The target decides the first factor. But factors are multiplied; look at the last one.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "Final training and test loss: network A 0.40 and 0.45, network B 0.05 and 0.90. What fits these numbers?",
    [
        "A knows more of its training rows by heart",
        "A is the worse choice for new patients",
        "B would gain from another hundred epochs",
        "B has probably passed its lowest test loss",
    ],
    3,
    [
        "Learning by heart shows as a gap between the two losses; A's is small.",
        "New patients are the test rows, and there A's loss is half of B's.",
        "Its training loss is nearly zero: more epochs make it surer, also where it is wrong.",
        "Its test loss is 18 times its training loss: sure of rows it knows, wrong on others.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
last = {problem: perceptron(cases, target)[2][-1] for problem, target in answers.items()}
gain = auc["network"] - auc["logistic regression"]
same_anyway = -(y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean()))
at_price = [mean_cost(y, q, 1 / 6) for q in risk.values()]
claims = [
    last["AND"] == 0 and last["OR"] == 0 and last["XOR"] > 0 and np.array_equal(output, answers["XOR"]),
    np.allclose(forward_pass(layers, np.array([1, -1]))[-1], [0.62, 0.83], atol=0.005),
    np.isclose(ten_outputs.sum(), 2.3) and np.allclose(softmax(scores).sum(axis=1), 1),
    np.isclose(by_autograd(two_paths, at), first + 2 * at * torch.cos(at**2), atol=1e-8),
    by_epoch["accuracy"][-1] > 0.99 and 0.66 < by_epoch["val_accuracy"][-1] < 0.77 < nine_numbers,
    by_epoch["val_loss"][-1] > 2 * same_anyway > 2.4 * min(by_epoch["val_loss"]),  # surer and surer, also where wrong
    all(0.82 < np.mean(values) < 0.86 and min(values) > 0.7 for values in auc.values()),
    abs(gain.mean()) < 0.015 and min(gain) < 0.005,  # not by much
    all(0.74 < np.mean((p > 0.5) == y) < 0.79 for p in risk.values()) and 1 - y.mean() < 0.66,
    mean_cost(y, p_ill, 0.5) > mean_cost(y, p_ill, 0) > 10 + max(at_price) and np.ptp(at_price) < 4,
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A neuron is a weighted sum and a bend; layers of them are matrices; a hidden layer makes XOR possible.
# - Backpropagation is the chain rule in a tidy order: multiply along a path, add where paths meet.
# - A training loop is a few lines that repeat; `train.fit` is the one you wrote.
# - A large network trained for long learned a small table by heart.
# - On these 768 rows a network, boosted trees and logistic regression ranked about equally well; the threshold must fit
#   the costs and the places.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | neuron, perceptron | 뉴런, 퍼셉트론 | weighted sum plus bias, then a threshold or a bend |
# | weight, bias | 가중치, 편향 | factor of an input; what is added to the sum |
# | epoch | 에포크 | one pass through all rows |
# | hidden layer | 은닉층 | neurons whose answers only the next layer sees |
# | activation function | 활성화 함수 | the bend after the weighted sum |
# | forward pass | 순전파 | from the inputs to the output |
# | backpropagation | 역전파 | slopes from the cost back to every weight |
# | chain rule | 연쇄 법칙 | slopes along a path are multiplied |
# | computation graph | 계산 그래프 | the steps of a calculation as boxes and arrows |
# | autograd | 자동 미분 | the framework walks back by itself |
# | score (logit) | 로짓 | output before softmax or sigmoid |
# | softmax | 소프트맥스 | scores into probabilities that add up to 1 |
# | loss | 손실 | mean cost of several rows |
# | one-hot encoding | 원-핫 인코딩 | 1 for the true class, 0 for the others |
# | cross-entropy | 교차 엔트로피 | minus the logarithm of the true class's probability |
# | mini-batch | 미니배치 | the few rows of one step |
# | stochastic gradient descent | 확률적 경사하강법 | descent by slopes of single rows or small batches |
# | overfitting | 과적합 | learning the training rows by heart |
# | weight decay | 가중치 감쇠 | a gentle pull of all weights towards zero, against learning by heart |
# | gradient boosting | 그래디언트 부스팅 | small trees, each fitted to the errors so far |
# | missing value, imputation | 결측값, 대체 | not measured; filled in by a rule |
# | stratified folds | 층화 교차검증 | every fold has the same share of cases |
# | threshold | 임곗값 | from which probability on to act |
#
# ## References
#
# - Rosenblatt F. The perceptron: a probabilistic model for information storage and organization in the brain. Psychol
#   Rev 1958;65:386-408.
# - Novikoff ABJ. On convergence proofs on perceptrons. Symp Math Theory Automata 1962;12:615-622.
# - Minsky M, Papert S. Perceptrons. MIT Press, 1969. (On XOR and its relatives.)
# - Rumelhart DE, Hinton GE, Williams RJ. Learning representations by back-propagating errors. Nature
#   1986;323:533-536.
# - Azevedo FAC et al. Equal numbers of neuronal and nonneuronal cells make the human brain an isometrically scaled-up
#   primate brain. J Comp Neurol 2009;513:532-541.
# - Smith JW et al. Using the ADAP learning algorithm to forecast the onset of diabetes mellitus. Proc Symp Comput
#   Appl Med Care 1988:261-265.
# - Radin J. "Digital natives": how medical and Indigenous histories matter for big data. Osiris 2017;32:43-64.
