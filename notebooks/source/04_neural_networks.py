# %% [markdown]
# # 4. Neural networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - say what one neuron can decide, and what needs a hidden layer;
# - compute what a small network answers, and what a wrong answer costs;
# - follow a slope backwards through a neuron;
# - write a training loop;
# - choose a threshold for a clinic, and defend it.
#
# **Before you start**: lab 1 (training and test rows, cross-validation, AUC), lab 3 (gradient descent, learning rate),
# the derivative of one variable.
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
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
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
# An artificial **neuron** multiplies each input by a **weight**, adds up, adds a **bias** $b$, and fires, that is
# answers 1, if the sum $w_1 x_1 + w_2 x_2 + b$ is above zero; else 0. The idea comes from the brain's 86 billion nerve
# cells. (A worm's 302, imitated in a program, have driven a small robot.)
#
# Two radiologists read one film; 1 means "I see a nodule". `@` makes the weighted sum of each row.

# %%
cases = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # reader 1, reader 2: a case a row
answers = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}


def neuron(x, w, b):
    return (x @ w + b > 0).astype(int)  # True and False as 1 and 0


# %%
print("bias -1.5:", neuron(cases, np.array([1, 1]), -1.5), "  bias -0.5:", neuron(cases, np.array([1, 1]), -0.5))

# %% [markdown]
# With bias -1.5 it fires if *both* see a nodule (AND), with -0.5 if *at least one* does (OR). Its border is a straight
# line. Can you move it so that XOR comes out right, "exactly one sees it, so a third must read"?


# %% tags=["figure"]
# @title Slider: the border of one neuron
def draw_border(problem="XOR", w1=1.0, w2=1.0, b=-0.5):
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
# For XOR three of four is the most: no line separates the diagonals.
#
# In 1958 Frank Rosenblatt let the neuron, his **perceptron**, learn from mistakes, with the learning rate $\eta$ (eta):
#
# $$w := w + \eta\,(\text{target} - \text{answer})\,x, \qquad b := b + \eta\,(\text{target} - \text{answer})$$
#
# A right answer changes nothing. One pass through all cases is an **epoch**.


# %%
def perceptron(inputs, targets, eta=0.5, epochs=20):
    """Rosenblatt's rule from zero weights; returns weights, bias and the mistakes made in each epoch."""
    w, b, mistakes = np.zeros(inputs.shape[1]), 0.0, []  # a weight for each column
    for _ in range(epochs):
        wrong = 0
        for x, target in zip(inputs, targets, strict=True):
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
# AND and OR are learned, XOR is not. If a line separates the classes, the rule finds one after finitely many mistakes
# (Novikoff 1962); if none does, the mistakes never stop.
#
# "Exactly one" is "at least one, but not both". So let a third neuron look at two others, an OR and an AND. These two
# are a **hidden layer**.

# %%
either = neuron(cases, np.array([1, 1]), -0.5)  # OR
both = neuron(cases, np.array([1, 1]), -1.5)  # AND
hidden = np.column_stack([either, both])  # as two columns
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
# Four radiologists read each film: the chief and a second one at hospital A, two at hospital B. Of four rules for
# recalling a patient, one neuron can follow three. Which needs a hidden layer? Think on paper, then ask
# `perceptron(sixteen, voting["two"])` in a cell of your own. Each row of `sixteen` is one possible vote.

# %%
sixteen = np.array(list(itertools.product([0, 1], repeat=4)))  # columns: chief, second of A, two of B
chief, second, b1, b2 = sixteen.T == 1  # .T swaps rows and columns: four columns of True and False
voting = {
    "two": sixteen.sum(axis=1) >= 2,  # axis=1 adds along each row: at least two of the four see a nodule
    "hospital": (chief & second) | (b1 & b2),  # both of A see it, or both of B; & is "and", | is "or"
    "chief": chief | (second & b1 & b2),  # the chief sees it, or all the others do
    "seconded": chief & (second | b1 | b2),  # the chief sees it, and at least one other does
}

# %% tags=["exercise"]
needs_layer = ...  # "two", "hospital", "chief" or "seconded"

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
        "(0, 1, 0, 1) must not. But each pair adds up to the same: all four weights plus twice the bias. So the best "
        "single neuron has one of the 16 votes wrong, and a patient is recalled, or sent home, against the rule.",
        "chief": "Weights 3, 1, 1, 1 and bias -2.5 get all 16 right. Did you stop after 20 epochs? Rosenblatt's rule "
        "still errs then; it makes its last mistake in epoch 23. Not yet learned is not unlearnable.",
        "seconded": "Weights 3, 1, 1, 1 and bias -3.5 get all 16 right: the chief's 3 alone is not enough, and without "
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
# A hard step has slope zero, so gradient descent has nothing to go by. It needs a softer bend, an **activation
# function**, such as the **sigmoid** $s = 1/(1+e^{-x})$, whose slope is $s(1-s)$, or **ReLU**, $\max(0, x)$.
#
# Neurons that look at the same inputs form a **layer**. With the weights of each in one row of a matrix $W$, it answers
# $\text{sigmoid}(W x + b)$; these are the next layer's inputs. That is the **forward pass**. On paper, the first of six
# neurons for the input $(1, -1)$: $1 \cdot 1 + (-2) \cdot (-1) + 1 = 4$, and sigmoid(4) = 0.98.

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
# Without a bend $W_2 (W_1 x) = (W_2 W_1)\,x$: two layers, or a hundred, would be one.
#
# A network that chooses between classes ends with a **score** $z$ for each. **Softmax** turns scores into probabilities
# that add up to 1. The cost, **cross-entropy**, is minus the natural logarithm of the true class's probability.
#
# $$p_k = \frac{e^{z_k}}{e^{z_1} + e^{z_2} + \dots} \qquad \text{cost} = -\sum_k y_k \ln p_k = -\ln p_\text{true}$$
#
# Here $y$ is **one-hot**: 1 for the true class, 0 for the others. The **total cost**, or **loss**, is the mean over
# patients; both below have bacterial pneumonia.


# %%
def softmax(scores):
    """Probabilities from scores, row by row (axis=-1; keepdims keeps the column, so that each row is divided)."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))  # the same probabilities, and no overflow
    return powers / powers.sum(axis=-1, keepdims=True)


# %%
scores = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.0]])  # columns: bacterial, viral, no pneumonia
one_hot = np.array([[1, 0, 0], [1, 0, 0]])
costs = -np.sum(one_hot * np.log(softmax(scores)), axis=1)  # axis=1: along each row
print(softmax(scores).round(3))
print("costs:", costs.round(3), " total cost:", costs.mean().round(3))

# %% [markdown]
# Being sure and wrong is dear. (PyTorch's `nn.CrossEntropyLoss()` takes *scores*. With two classes one score is enough,
# and sigmoid gives the probability of "yes": `nn.BCEWithLogitsLoss()`.)
#
# ### Your turn 4.2: ten outputs
#
# Lecture notes show a network for ten digits "with softmax" that answers `ten_outputs`. Add them up: what is wrong?
# Suppose that the author put a sigmoid on each score. Go back to the scores (on paper, solve $p = 1/(1+e^{-z})$ for
# $z$) and do it properly: which probability does the digit at index 3 get, to two decimals?

# %%
ten_outputs = np.array([0.1, 0.2, 0.1, 0.9, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1])

# %% tags=["exercise"]
p_three = ...

# %% tags=["check"]
# @title Check 4.2
ten_scores = np.log(ten_outputs / (1 - ten_outputs))
check.value(
    "4.2 ten outputs",
    p_three,
    softmax(ten_scores)[3],
    tol=0.0051,
    hint="First the ten scores (np.log is the natural logarithm), then softmax of all ten at once, then index 3.",
    slips={
        "That is the sigmoid's answer again. It does not look at the nine other digits.": 0.9,
        "You divided by the sum. That is softmax of ln p, but the author's scores were others: p = sigmoid(z).": 0.9
        / ten_outputs.sum(),
        "You did softmax of the outputs. Softmax takes scores: first undo the sigmoid.": softmax(ten_outputs)[3],
        "You took the logarithm to base 10; e and ln belong together.": softmax(ten_scores / np.log(10))[3],
        "That is p / (1 - p), the odds of the digit 3. A logarithm and the other nine digits are still to come.": 9,
        "That is the score of the digit 3. Now the softmax of all ten.": ten_scores[3],
        "As a percentage; asked is a probability between 0 and 1.": 100 * softmax(ten_scores)[3],
        "These are all ten probabilities; asked is the one at index 3.": softmax(ten_scores),
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
# Training needs the slope of the cost for every weight. **Backpropagation** is the chain rule in a tidy order. Cut
# $y = \cos(w^2)$ into steps, $u = w^2$ and $y = \cos u$. Along a path the slopes of the steps are multiplied:
#
# $$\frac{dy}{dw} = \frac{dy}{du} \cdot \frac{du}{dw} = -\sin(w^2) \cdot 2w$$
#
# In $y = \cos(w^2) + \sin(w^2)$ the weight reaches $y$ along two paths; their slopes are added:
# $-2w \sin(w^2) + 2w \cos(w^2)$. We get each by hand, by **finite differences** (move $w$ a tiny bit to both sides),
# and by PyTorch, which remembers the forward pass and walks back by itself (**autograd**).


# %%
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


# %%
at = torch.tensor(1.5, dtype=torch.float64)  # PyTorch's kind of number
first = -2 * at * torch.sin(at**2)
for f, by_hand in ((one_path, first), (two_paths, first + 2 * at * torch.cos(at**2))):
    three = [float(slope) for slope in (by_hand, by_differences(f, at), by_autograd(f, at))]
    print(f"{f.__name__:9s} slope at {at}:", *(f"{slope:.6f}" for slope in three))
    assert np.allclose(three, by_hand, atol=1e-8)


# %% tags=["figure"]
# @title Slider: the computation graph, forwards and backwards
def draw_graph(w=1.2):
    u = w * w
    boxes = {"w": (0, 0, w), "u = w²": (2, 0, u), "cos u": (4, 0.8, np.cos(u)), "sin u": (4, -0.8, np.sin(u))}
    boxes["y = sum"] = (6, 0, np.cos(u) + np.sin(u))
    edges = [("w", "u = w²", 2 * w), ("u = w²", "cos u", -np.sin(u)), ("u = w²", "sin u", np.cos(u))]
    edges += [("cos u", "y = sum", 1), ("sin u", "y = sum", 1)]
    fig, ax = plt.subplots(figsize=(8.6, 3.2))
    for start, end, slope in edges:
        (xa, ya, _), (xb, yb, _) = boxes[start], boxes[end]
        arrow = {"arrowstyle": "->", "color": "grey", "shrinkA": 30, "shrinkB": 30}
        ax.annotate("", (xb, yb), (xa, ya), arrowprops=arrow)
        place = (xa + xb) / 2, (ya + yb) / 2 + 0.12 + 0.24 * (ya != yb)
        ax.text(*place, f"slope {slope:.2f}", color="#b34700", ha="center", fontsize=9)
    for name, (x, y, value) in boxes.items():
        look = {"boxstyle": "round,pad=0.45", "facecolor": "#eaf2f8", "edgecolor": "C0"}
        ax.text(x, y, f"{name}\n{value:.2f}", ha="center", va="center", bbox=look)
    total = 2 * w * (np.cos(u) - np.sin(u))
    product = f"{2 * w:.2f} x ({-np.sin(u):.2f} + {np.cos(u):.2f}) = {total:.2f}"
    ax.set(xlim=(-0.8, 6.8), ylim=(-1.4, 1.5), title=f"boxes: values; arrows: slopes.  dy/dw = {product}")
    ax.axis("off")
    return fig, f"At w = {w:g} y is {np.cos(u) + np.sin(u):.2f}; the slopes along two paths add up to {total:.2f}."


plot.explore(draw_graph, w=(-2.0, 2.0, 0.1))

# %% [markdown]
# Read it forwards for values, backwards for slopes: begin with 1 at $y$, multiply along each arrow, add where paths
# meet. One walk back gives the slopes for *all* weights; finite differences need two forward passes for *each*.
#
# ### Your turn 4.3: through one neuron
#
# A neuron answers `a = sigmoid(w * x)`; its cost is `(a - t) ** 2` for the target `t`. Draw the boxes, then write the
# formula: `slope_of_cost(w, x, t)` returns the slope of the cost for `w`. All three are numbers.


# %% tags=["exercise"]
def slope_of_cost(w, x, t):
    return ...


# %% tags=["check"]
# @title Check 4.3
def with_a(formula):
    return lambda w, x, t: formula(sigmoid(w * x), w, x, t)


check.function(
    "4.3 through one neuron",
    slope_of_cost,
    with_a(lambda a, w, x, t: 2 * (a - t) * a * (1 - a) * x),
    [(0.5, 2.0, 0.0), (1.5, -0.5, 1.0), (-0.3, 3.0, 0.5), (2.0, 0.7, 0.9)],
    hint="Three boxes: s = w * x, a = sigmoid(s), cost = (a - t) ** 2. Each has a slope of its own.",
    slips={
        "The last box on the way back, w * x, has a slope too.": with_a(lambda a, w, x, t: 2 * (a - t) * a * (1 - a)),
        "w * x has two slopes. Which is for w?": with_a(lambda a, w, x, t: 2 * (a - t) * a * (1 - a) * w),
        "You went straight through the sigmoid.": with_a(lambda a, w, x, t: 2 * (a - t) * x),
        "The sigmoid's slope belongs to a, not to t.": with_a(lambda a, w, x, t: 2 * (a - t) * t * (1 - t) * x),
        "The 2 of the square is missing.": with_a(lambda a, w, x, t: (a - t) * a * (1 - a) * x),
        "The sign is turned: a - t or t - a?": with_a(lambda a, w, x, t: 2 * (t - a) * a * (1 - a) * x),
        "A square's slope is 2 times what is squared.": with_a(lambda a, w, x, t: 2 * a * (1 - a) * x),
        "That is the neuron's slope, without the cost.": with_a(lambda a, w, x, t: a * (1 - a) * x),
        "You multiplied by the cost, not by its slope.": with_a(lambda a, w, x, t: (a - t) ** 2 * a * (1 - a) * x),
        "Along one path slopes are multiplied.": with_a(lambda a, w, x, t: 2 * (a - t) + a * (1 - a) + x),
    },
)


# %% tags=["solution"]
# @title Solution 4.3
def slope_of_cost_solution(w, x, t):
    a = sigmoid(w * x)
    return 2 * (a - t) * a * (1 - a) * x


check.solution("4.3 through one neuron", slope_of_cost_solution)

# %% [markdown]
# ## 4. The training loop
#
# Autograd walks back through any chain of steps whose slopes it knows. One thing surprises: `backward()` *adds*.

# %%
weight = torch.tensor(1.5, requires_grad=True)
for _ in range(2):
    (weight**2).backward()
    print("slope of w² at 1.5, found in .grad:", weight.grad.item())

# %% [markdown]
# Each training step takes a **mini-batch**, here 20 rows: all rows make a step dear, a single one (**stochastic**
# gradient descent) makes it noisy. One epoch is every batch once. The data are two interlocking crescents;
# `nn.Linear` is $Wx + b$, `nn.Sequential` chains.

# %%
points, labels = make_moons(300, noise=0.2, random_state=SEED)
points, labels = torch.tensor(points), torch.tensor(labels)
batches = [(points[i : i + 20], labels[i : i + 20]) for i in range(0, 300, 20)]  # 15 pairs of inputs and targets
loss_fn = nn.CrossEntropyLoss()


# %%
def fresh():
    """A new network, and gradient descent on all its weights with learning rate 0.5."""
    torch.manual_seed(SEED)
    network = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)).double()  # double: numbers of 64 bits
    return network, torch.optim.SGD(network.parameters(), lr=0.5)


# %% [markdown]
# ### Your turn 4.4: write the loop
#
# The parts, in alphabetical order:
#
# | Part | What it does |
# |---|---|
# | `loss = loss_fn(network(inputs), targets)` | forward pass, and loss of one batch |
# | `loss.backward()` | finds all slopes, adds each to its weight's `.grad` |
# | `loss.item()` | the loss as a plain number |
# | `optimizer.step()` | moves each weight against its `.grad` |
# | `optimizer.zero_grad()` | sets every `.grad` to zero |
#
# Write `my_fit(network, batches, optimizer, epochs)`: it trains, and returns a list with one number for each epoch, the
# mean of its batches' losses. Try it: `network, optimizer = fresh()`, then 20 epochs. What does the loss do?


# %% tags=["exercise"]
def my_fit(network, batches, optimizer, epochs):
    return ...


# %% tags=["check"]
# @title Check 4.4
def fit_with(clear=1, step=1, give=lambda losses: losses.mean(axis=1)):  # steps and clears every so many batches
    def loop(network, batches, optimizer, epochs):
        losses = []
        for number, (inputs, targets) in enumerate(batches * epochs):
            optimizer.zero_grad() if number % clear == 0 else None
            losses.append(loss_fn(network(inputs), targets))
            losses[-1].backward()
            optimizer.step() if (number + 1) % step == 0 else None
        return give(np.reshape([loss.item() for loss in losses], (epochs, -1)))

    return loop


slips = {"No weight moves: look for what must follow each backward(), and what must not.": fit_with(step=10**9)}
slips["Each step also follows slopes of batches before it."] = fit_with(clear=10**9)
slips["You take one step an epoch."] = fit_with(clear=15, step=15)
slips["These are the batches' losses; asked is one number an epoch."] = fit_with(give=np.ravel)
slips["Not a mean: you give the last batch of each epoch."] = fit_with(give=lambda losses: losses[:, -1])
slips["You give sums, not means."] = fit_with(give=lambda losses: losses.sum(axis=1))
slips["That is one mean of everything; asked is a list with one for each epoch."] = fit_with(give=np.mean)
slips["Do losses start anew each epoch?"] = fit_with(give=lambda x: [x[: i + 1].mean() for i in range(len(x))])
slips["You return before the last epoch is done."] = fit_with(give=lambda losses: losses[:1].mean(axis=1))
trials = [(network, batches, optimizer, 2 + i) for i, (network, optimizer) in enumerate((fresh(), fresh()))]
check.function("4.4 the loop", my_fit, fit_with(), trials, 1e-9, hint="Two loops, one in the other.", slips=slips)


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


check.solution("4.4 the loop", my_fit_solution)
(by_loop, descent), (by_fit, other) = fresh(), fresh()
my_fit_solution(by_loop, batches, descent, 5)
train.fit(by_fit, batches, loss_fn=loss_fn, optimizer=other, epochs=5, device="cpu")
print("weights equal:", [torch.equal(a, b) for a, b in zip(by_loop.parameters(), by_fit.parameters(), strict=True)])

# %% [markdown]
# From here on we use `train.fit`: **the loop you just wrote**, and rows to watch. (Solution 4.4 compares both: their
# weights are equal to the last bit.)
#
# ## 5. The lab: Pima diabetes
#
# 768 women of Pima heritage, 21 or older, near Phoenix, Arizona, were examined while they had no diabetes; the table
# says who developed it within five years (published 1988). Eight columns: pregnancies; glucose and insulin, two hours
# after a glucose drink; diastolic blood pressure; skin fold; body-mass index; a score for diabetes among relatives;
# age. The Pima, or Akimel O'odham, did not consent, in today's sense, to this table's travels round the world.

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
# First a recipe of many tutorials, and of this course in earlier years: leave the zeros in, scale *all* rows before
# the split, train twice 400 hidden neurons for 200 epochs. Predict its accuracy, on 614 training rows and on the rest.

# %%
y = pima["Outcome"].to_numpy()
scaled = StandardScaler().fit_transform(pima.drop(columns="Outcome"))
parts = train_test_split(scaled, y, test_size=0.2, random_state=123)
seen, unseen, seen_y, unseen_y = (torch.tensor(part, dtype=torch.float64) for part in parts)

# %%
train.seed_everything(SEED)
hidden_layers = nn.Linear(8, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU()
large = nn.Sequential(*hidden_layers, nn.Linear(400, 1), nn.Flatten(0)).double()  # Flatten(0): one number a row
print(f"{sum(p.numel() for p in large.parameters()):,} weights and biases")


# %%
def share_right(scores, truth):
    return ((scores > 0) == (truth == 1)).double()  # sigmoid(0) = 0.5, so a score above 0 says "yes"


# %%
by_epoch = train.fit(
    large,
    DataLoader(TensorDataset(seen, seen_y), batch_size=128, shuffle=True),  # batches, shuffled anew in each epoch
    [(unseen, unseen_y)],  # watched after each epoch, never learned from
    loss_fn=nn.BCEWithLogitsLoss(),
    optimizer=torch.optim.Adam(large.parameters()),  # descent with a step length for each weight
    epochs=200,
    metrics={"accuracy": share_right},
    device="cpu",
)
# %%
nine_numbers = LogisticRegression().fit(parts[0], parts[2]).score(parts[1], parts[3])  # score: share of right answers
print(f"network: training accuracy {by_epoch['accuracy'][-1]:.3f}, test accuracy {by_epoch['val_accuracy'][-1]:.3f}")
print(f"logistic regression, eight weights and a bias, same rows: test accuracy {nine_numbers:.3f}")

# %% tags=["figure"]
# @title Training and test cost by epoch
fig, ax = plt.subplots(figsize=(6.4, 3.4))
epochs = np.arange(1, 201)
ax.plot(epochs, by_epoch["loss"], label="614 training rows")
ax.plot(epochs, by_epoch["val_loss"], label="154 test rows")
share = y.mean()
base_cost = -(share * np.log(share) + (1 - share) * np.log(1 - share))
ax.axhline(base_cost, color="black", linewidth=1, linestyle=":", label=f"saying {share:.0%} to all: {base_cost:.2f}")
ax.set(xlabel="epoch", ylabel="loss (cross-entropy)", ylim=(0, None))
ax.legend()
plot.show(
    fig,
    alt=f"The cost on the training rows falls to zero. On the test rows it is lowest in the first epochs, then climbs "
    f"past {base_cost:.2f}, the cost of saying {share:.0%} to every woman, to {by_epoch['val_loss'][-1]:.1f}.",
)

# %% [markdown]
# Every training row right, more than a quarter of the test rows wrong: it has learned the training rows by heart,
# **overfitting**. Its size made that possible, 200 epochs made it happen. (And this is one split: the standard error of
# an accuracy of 0.75 on 154 rows is 0.035.)
#
# ### Twenty times, without a leak
#
# Now honestly. Zeros become `NaN` ("not a number"), three lopsided columns logarithms. Whatever is *fitted* - medians
# for the gaps (**imputation**), scaler, model - is fitted on the training part of each fold only. Five folds, four
# times, **stratified**: each with the same share of women with diabetes. The rivals: logistic regression, **boosted
# trees** (a hundred small trees, each fitted to the errors so far), a network of 321 numbers.

# %%
table = pima.drop(columns="Outcome")
table[could_be_missing] = table[could_be_missing].replace(0, np.nan)
lopsided = ["Insulin", "DiabetesPedigreeFunction", "Age"]
table[lopsided] = np.log(table[lopsided])
X = table.to_numpy()
folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0).split(X, y))


# %%
def prepared(*model):  # a pipeline: fill, scale, model
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), *model)


# %%
def logistic(X_train, y_train, X_test):
    return (
        prepared(LogisticRegression()).fit(X_train, y_train).predict_proba(X_test)[:, 1]
    )  # the probability of class 1


def boosting(X_train, y_train, X_test):
    trees = GradientBoostingClassifier(learning_rate=0.05, max_depth=2, subsample=0.5, random_state=0)
    return prepared(trees).fit(X_train, y_train).predict_proba(X_test)[:, 1]


# %%
def small_network(X_train, y_train, X_test):
    train.seed_everything(SEED)
    prepare = prepared().fit(X_train)
    inputs = torch.tensor(prepare.transform(X_train))
    targets = torch.tensor(y_train, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)  # a gentle pull to zero
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=64, shuffle=True)
    train.fit(model, loader, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")
    return torch.sigmoid(train.predict(model, torch.tensor(prepare.transform(X_test)), device="cpu")).numpy()


# %%
models = {"logistic regression": logistic, "boosted trees": boosting, "network": small_network}
predicted, auc, right = {}, {}, {}
for name, model in models.items():
    predicted[name] = [model(X[fitted], y[fitted], X[held_out]) for fitted, held_out in folds]
    pairs = [(y[held_out], p) for p, (_, held_out) in zip(predicted[name], folds, strict=True)]
    auc[name] = np.array([roc_auc_score(outcome, p) for outcome, p in pairs])
    right[name] = np.array([np.mean((p > 0.5) == outcome) for outcome, p in pairs])
    print(f"{name:20s} mean AUC {auc[name].mean():.3f}, mean accuracy {right[name].mean():.3f}")
print(f"always 'no diabetes'                 accuracy {1 - y.mean():.3f}")

# %% [markdown]
# All three rank women far better than chance, about equally well: **on 768 rows the network does not win by much**.
#
# ### A threshold by its cost
#
# Who is called for a check-up? A **threshold** of 0.5 treats both errors alike. Suppose that missing a woman who will
# fall ill is as bad as five needless check-ups. If her probability $p$ can be trusted, not calling costs $5p$ on
# average, calling $1-p$; so call if $p > 1/6$.

# %%
risk = {name: np.zeros(len(y)) for name in models}  # each woman's probability, predicted while she was held out
for name, answers_of in predicted.items():
    for p, (_, held_out) in zip(answers_of[:5], folds[:5], strict=True):  # the first of the four repeats
        risk[name][held_out] = p


# %%
def mean_cost(truth, probability, threshold, miss=5):
    """Cost per 100 women; a false alarm costs 1."""
    called = probability >= threshold
    missed, in_vain = (truth == 1) & ~called, (truth == 0) & called  # ~ is "not"
    return 100 * np.mean(miss * missed + in_vain)


# %%
p_ill = risk["logistic regression"]
print("logistic regression, at 0.5, at 1/6, all called:", *(f"{mean_cost(y, p_ill, t):.0f}" for t in (0.5, 1 / 6, 0)))
print("three models at 1/6:", *(f"{mean_cost(y, q, 1 / 6):.1f}" for q in risk.values()), "per 100 women")
called = p_ill >= 1 / 6
print(f"called: {called.mean():.0%} of all, {called[y == 1].mean():.0%} of those who fall ill (sensitivity);")
print(f"of those called {y[called].mean():.0%} fall ill; specificity {(~called)[y == 0].mean():.0%}")

# %% tags=["figure"]
# @title Who is called at 1/6
fig, axes = plt.subplots(2, 1, figsize=(7, 4), sharex=True, sharey=True)
for ax, outcome, word in zip(axes, (0, 1), ("without diabetes", "with diabetes"), strict=True):
    ax.hist(p_ill[y == outcome], bins=np.linspace(0, 1, 31), color=f"C{outcome}", hatch="/" if outcome else None)
    ax.axvline(1 / 6, color="black", linewidth=1.5, linestyle="--")
    share = called[y == outcome].mean()
    ax.text(0.98, 0.75, f"{word} five years later: {share:.0%} called", ha="right", transform=ax.transAxes)
    ax.set_ylabel("women")
axes[0].text(1 / 6 + 0.01, axes[0].get_ylim()[1] * 0.9, "called from here on", fontsize=9)
axes[1].set_xlabel("predicted probability of diabetes within five years")
plot.show(
    fig,
    alt="Two histograms of the predicted probability with a line at 1/6. Most women who stay healthy lie below 0.4, "
    "those who fall ill are spread from 0.1 to 1; about half of the first and nine tenths of the second are called.",
)

# %% [markdown]
# At this price **the threshold is worth nearly 40 points per 100 women, the choice among three models about 1**. But
# the 5 was invented, and to call two thirds of all women, half of them in vain, may be more than a clinic can do.
#
# ### Your turn 4.5: two clinics
#
# Both serve these women and use logistic regression, `p_ill`. **North** has check-ups for 55 of 100 women; a miss costs
# 5, a false alarm 1. **South** has 75 places, but its check-up is so unpleasant that a false alarm costs as much as a
# miss, 1. Places may stay empty.
#
# Choose for each a threshold: "A" is 0.10, "B" 1/6, "C" 0.25, "D" 0.50. Add a cell: how many are called, at what cost
# (`mean_cost` takes `miss=`)?

# %% tags=["exercise"]
north = ...  # "A", "B", "C" or "D"
south = ...

# %% tags=["check"]
# @title Check 4.5
choices = {"A": 0.10, "B": 1 / 6, "C": 0.25, "D": 0.50}
places = {letter: 100 * np.mean(p_ill >= t) for letter, t in choices.items()}  # called of 100
found = {letter: 100 * np.mean(p_ill[y == 1] >= t) for letter, t in choices.items()}  # of 100 who fall ill
for_north, for_south = ({c: mean_cost(y, p_ill, t, miss) for c, t in choices.items()} for miss in (5, 1))
crowd = {
    c: f"{places[c]:.0f} of 100 are called for 55 places. If those who come first are seen, "
    f"{found[c] * 55 / places[c]:.0f} of 100 who will fall ill are found. Within the places more can be found."
    for c in "AB"
}
kept = {c: f"{places[c]:.0f} of 100 called, {found[c]:.0f} of 100 who will fall ill are found, cost " for c in "CD"}
north_says = crowd | {c: f"{text}{for_north[c]:.0f} per 100 women." for c, text in kept.items()}
north_says["D"] += " Nearly half of the places stay empty while a miss costs five."
north_says["C"] += " 1/6 would be best without a limit; within it, take the lowest threshold that fits."
south_says = {
    c: f"{places[c]:.0f} of 100 are called, at a cost of {cost:.0f} per 100. " for c, cost in for_south.items()
}
south_says["A"] += "Most who are called are called in vain, and here that costs as much as a miss."
south_says["B"] += "1/6 came from a miss that costs five; what follows if it costs one?"
south_says["C"] += "Of the women between 0.25 and 0.50, did more than half fall ill?"
south_says["D"] += "Not calling costs p, calling 1 - p: call above one half. An empty place costs nothing."
check.choice("4.5 north", north, "C", outcomes=north_says)
check.choice("4.5 south", south, "D", outcomes=south_says)

# %% tags=["solution"]
# @title Solution 4.5
check.solution("4.5 north", "C")
check.solution("4.5 south", "D")
# North: the lowest threshold that keeps within 55 places. South: 1/(1 + 1); the empty places cost nothing.
# Both were counted on the women with whom they were chosen; next year's will differ a little.

# %% [markdown]
# ### What 768 rows can show, and what not
#
# Eight measurements carry information. But these rows cannot show
#
# - which model is best where the AUC differs by less than about 0.01;
# - what insulin adds: nearly half is a guess, and that it was not measured may itself tell something;
# - how the model does elsewhere: no men, no other ancestry, not today;
# - what causes diabetes.
#
# ## Going further
#
# [Training in depth](further/04_training_in_depth.ipynb), each section on its own:
#
# - **Bends, and slopes that vanish**: six activations; ten layers that cannot learn.
# - **A network in NumPy**: the whole backward pass by hand; batches.
# - **The optimisers**: momentum and Adam by hand, a race of ten.
# - **Dropout**: sixteen networks in one.
# - **Batch normalisation**: patients who come in pairs.
# - **Early stopping**: what patience costs.
# - **Two frameworks, and a power cut**: Keras; training that goes on.
# - **Find the leak**: a recipe with an AUC of .94.
# - **Is the difference real?**: intervals, calibration.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "In a network with one hidden layer each bend is replaced by 'multiply by 2'. Which rule can it still learn?",
    [
        "Exactly one of two readers sees a nodule",
        "Exactly two of three readers see a nodule",
        "At least two of three readers see a nodule",
        "None or all of three readers see a nodule",
    ],
    2,
    [
        "That is XOR. Without a bend the layers are one matrix, and the border is a straight line.",
        "It must fire for two and not for one or three: two borders, and without a bend there is one.",
        "One straight border does it: the sum of the three above 1.5.",
        "It must fire at both ends and not between: two borders, and without a bend there is one.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A network with softmax over pneumonia, effusion, neither reads a film that shows both. What can it not answer?",
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
        "It is 1, because the weight has no effect",
        "It is 0.25, the sigmoid's slope at zero",
        "It depends on the target of this patient",
        "It is 0, whatever the other slopes are",
    ],
    3,
    [
        "No effect on the cost means another slope than 1: move the weight, and see what changes.",
        "That is one factor on the path. Which factor comes last on the way back to the weight?",
        "The target decides the first factor. But factors are multiplied; look at the last one.",
        "The last factor on the way back is x itself. This patient teaches that weight nothing.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "Final training and test loss: network A 0.40 and 0.45, network B 0.05 and 0.90. What fits these numbers?",
    [
        "B would have been better with fewer epochs",
        "A would have been better with fewer epochs",
        "B has found more that holds for new patients",
        "A has learned more of its rows by heart",
    ],
    0,
    [
        "Its test loss is 18 times its training loss: sure of rows it knows, wrong on others.",
        "Its two losses are nearly equal: no sign that it has gone too far.",
        "New patients are the test rows, and there A's loss is half of B's.",
        "Learning by heart shows as a gap between the two losses; A's is small.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
last = {problem: perceptron(cases, target)[2][-1] for problem, target in answers.items()}
lecture = {
    (1, -1): [[0.98, 0.12], [0.86, 0.11], [0.62, 0.83]],
    (0, 0): [[0.73, 0.50], [0.72, 0.12], [0.51, 0.85]],
}
at_price = [mean_cost(y, q, 1 / 6) for q in risk.values()]
claims = [
    last["AND"] == 0 and last["OR"] == 0 and last["XOR"] > 0 and np.array_equal(output, answers["XOR"]),
    all(np.allclose(forward_pass(layers, np.array(x)), found, atol=0.005) for x, found in lecture.items()),
    np.isclose(ten_outputs.sum(), 2.3) and np.allclose(softmax(scores).sum(axis=1), 1),
    np.isclose(by_autograd(two_paths, at), first + 2 * at * torch.cos(at**2), atol=1e-8),
    by_epoch["accuracy"][-1] > 0.99 and 0.66 < by_epoch["val_accuracy"][-1] < 0.77 < nine_numbers,
    by_epoch["val_loss"][-1] > 2 * base_cost > 2.4 * min(by_epoch["val_loss"]),  # surer and surer, also where wrong
    all(0.82 < values.mean() < 0.86 and values.min() > 0.7 for values in auc.values()),
    abs(auc["network"].mean() - auc["logistic regression"].mean()) < 0.015,  # the network does not win by much
    all(0.74 < values.mean() < 0.79 for values in right.values()) and 1 - y.mean() < 0.66,
    mean_cost(y, p_ill, 0.5) - mean_cost(y, p_ill, 1 / 6) > 30 > 5 > np.ptp(at_price),
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
# - A large network trained for long learns a small table by heart.
# - On these 768 rows a network, boosted trees and logistic regression ranked about equally well; at five to one the
#   threshold mattered far more than the model.
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
# | one-hot encoding | 원-핫 인코딩 | 1 for the true class, 0 for the others |
# | cross-entropy | 교차 엔트로피 | minus the logarithm of the true class's probability |
# | mini-batch | 미니배치 | the few rows of one step |
# | stochastic gradient descent | 확률적 경사하강법 | descent by slopes of single rows or small batches |
# | overfitting | 과적합 | learning the training rows by heart |
# | weight decay | 가중치 감쇠 | a gentle pull of all weights towards zero |
# | gradient boosting | 그래디언트 부스팅 | small trees, each fitted to the errors so far |
# | missing value, imputation | 결측값, 대체 | not measured; filled in by a rule |
# | stratified folds | 층화 교차검증 | every fold has the same share of cases |
# | threshold | 임곗값 | from which probability on to act |
#
# ## References
#
# - Rosenblatt F. The perceptron: a probabilistic model for information storage and organization in the brain. Psychol
#   Rev 1958;65:386-408.
# - Novikoff AB. On convergence proofs on perceptrons. Symp Math Theory Automata 1962;12:615-622.
# - Minsky M, Papert S. Perceptrons. MIT Press, 1969. (On XOR and its relatives.)
# - Rumelhart DE, Hinton GE, Williams RJ. Learning representations by back-propagating errors. Nature
#   1986;323:533-536.
# - White JG et al. The structure of the nervous system of the nematode Caenorhabditis elegans. Phil Trans R Soc Lond
#   B 1986;314:1-340. (The worm's wiring; the robot: Busbice T, Extending the C. elegans connectome to robotics, 2014.)
# - Azevedo FAC et al. Equal numbers of neuronal and nonneuronal cells make the human brain an isometrically scaled-up
#   primate brain. J Comp Neurol 2009;513:532-541.
# - Smith JW et al. Using the ADAP learning algorithm to forecast the onset of diabetes mellitus. Proc Symp Comput
#   Appl Med Care 1988:261-265.
# - Radin J. "Digital natives": how medical and Indigenous histories matter for big data. Osiris 2017;32:43-64.
