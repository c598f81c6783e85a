# %% [markdown]
# # 4. Neural networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - compute by hand what a neuron, a layer and a whole network answer, and check it against PyTorch;
# - follow a gradient backwards through a network, and write a training loop yourself;
# - say what an optimiser, dropout, batch normalisation and early stopping do, from your own measurements;
# - compare a network fairly with simpler models on a small medical table, with an interval for the difference;
# - choose a threshold by its cost, and say for whom the result does not hold.
#
# **Before you start** you need lab 1 (training and test rows, cross-validation, scaler, AUC) and lab 3 (gradient
# descent, learning rate). Of mathematics you need the derivative of one variable.
#
# **Your digits.** Processors round differently, and in a long training such differences grow. The networks of this lab
# compute with 64-bit numbers, twice as many digits as usual, so that yours should be those of the text. An older
# scikit-learn grows slightly other boosted trees: their last digit may differ.
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
import math
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy import stats as distributions
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_moons
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict, train_test_split
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
# An artificial **neuron** adds up its inputs, each multiplied by a **weight**, adds a **bias** (an intercept), and
# fires, that is answers 1, if the sum is above zero:
#
# $$\text{answer} = 1 \text{ if } w_1 x_1 + w_2 x_2 + b > 0, \text{ else } 0$$
#
# A large weight means "this input matters", a negative one "this speaks against it"; the bias says how easily the
# neuron fires. The idea is borrowed from the brain, which has about 86 billion nerve cells, each of which sums the
# signals of thousands of others and fires above a threshold. A worm of one millimetre lives on 302 of them, and a
# program that imitates their wiring has driven a small robot.

# %%
cases = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def neuron(x, w, b):
    """1 if the weighted sum is above zero, else 0; x is one case or one case a row."""
    return (x @ w + b > 0).astype(int)


print("AND:", neuron(cases, np.array([1, 1]), -1.5), " OR:", neuron(cases, np.array([1, 1]), -0.5))

# %% [markdown]
# `x @ w` is the weighted sum $w_1 x_1 + w_2 x_2$ of each row. The four rows are all that two yes-or-no inputs can be.
# Think of two radiologists reading one film: 1 means "I see a nodule". With the bias -1.5 the neuron says *both* see
# it (AND), with -0.5 *at least one* sees it (OR). Only the bias differs.
#
# The border $w_1 x_1 + w_2 x_2 + b = 0$ is a straight line. Before you move the sliders: can you place it so that XOR
# comes out right, "exactly one of the two sees it, so a third must read the film"?


# %%
answers = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}


def draw_border(problem="XOR", w1=1.0, w2=1.0, b=-0.5):
    w, target = np.array([w1, w2]), answers[problem]
    fig, ax = plt.subplots(figsize=(4.8, 3.6))
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 1.6, 150), np.linspace(-0.6, 1.6, 150)), axis=-1)
    ax.contourf(*np.moveaxis(grid, -1, 0), neuron(grid, w, b), levels=[-1, 0.5, 2], colors=["white", "#cfe3f2"])
    for value in (0, 1):
        ax.scatter(*cases[target == value].T, marker=plot.MARKERS[value], s=90, label=f"should be {value}")
    right = int(np.sum(neuron(cases, w, b) == target))
    ax.set(xlabel="reader 1", ylabel="reader 2", xticks=[0, 1], yticks=[0, 1])
    ax.set_title(f"{problem}: {right} of 4 right (blue: the neuron fires)")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    rule = f"{w1:g} x1 + {w2:g} x2 + ({b:g})"
    return (
        fig,
        f"{problem}: the neuron {rule} > 0 gets {right} of the four cases right; its border is one straight line.",
    )


plot.explore(draw_border, problem=list(answers), w1=(-2.0, 2.0, 0.5), w2=(-2.0, 2.0, 0.5), b=(-2.0, 2.0, 0.5))

# %% [markdown]
# AND and OR have solutions, many of them. For XOR three of four is the most you can get: the two cases that should
# fire lie on one diagonal, the two that should not on the other, and no straight line separates diagonals.
#
# ### Rosenblatt's rule: learn from mistakes
#
# In 1958 Frank Rosenblatt let the neuron, which he called **perceptron**, find its own weights. Show it one case
# after the other. If the answer is right, change nothing. If it is wrong, move the weights a little:
#
# $$w := w + \eta\,(\text{target} - \text{answer})\,x, \qquad b := b + \eta\,(\text{target} - \text{answer})$$
#
# A neuron that should have fired gets larger weights on the inputs that were on; one that should have kept quiet gets
# smaller ones. $\eta$ (eta) is the learning rate. One pass through all cases is an **epoch**.


# %%
def perceptron(inputs, targets, eta=0.5, epochs=20):
    """Rosenblatt's rule from zero weights; returns weights, bias and the mistakes made in each epoch."""
    w, b, mistakes = np.zeros(inputs.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x, target in zip(inputs, targets, strict=True):
            error = target - neuron(x, w, b)
            w, b = w + eta * error * x, b + eta * error
            wrong += abs(int(error))
        mistakes.append(wrong)
    return w, b, mistakes


for problem, target in answers.items():
    w, b, mistakes = perceptron(cases, target)
    print(f"{problem:3s} mistakes in epochs 1 to 9: {mistakes[:9]}, weights {w}, bias {b}")

# %% [markdown]
# AND and OR are learned after a few epochs: no mistakes, so no more changes. XOR never is, however long you wait. It
# is provable: if a line separates the classes the rule finds one, and if none does it never stops; with yes-or-no
# inputs it goes round in circles.
#
# ### Your turn 4.1: one correction
#
# Write `correct(w, b, x, target, eta)`: one step of Rosenblatt's rule for one case. `w` and `x` are arrays. Return
# the tuple `(new w, new b)`. You may call `neuron(x, w, b)`. Do not round.


# %% tags=["exercise"]
def correct(w, b, x, target, eta):
    return ...


# %% tags=["check"]
# @title Check 4.1
check.function(
    "4.1 one correction",
    correct,
    lambda w, b, x, target, eta: (
        (w, b)
        if (np.dot(w, x) + b > 0) == bool(target)
        else (w + eta * (2 * target - 1) * x, b + eta * (2 * target - 1))
    ),
    [
        (np.array([0.5, -1.0]), 0.25, np.array([1.0, 1.0]), 1, 0.5),
        (np.array([0.5, 1.0]), 0.0, np.array([2.0, 1.0]), 0, 0.1),
        (np.array([1.0, 1.0]), -0.5, np.array([1.0, 0.0]), 1, 0.5),
        (np.array([1.0, 1.0]), -1.0, np.array([1.0, 0.0]), 1, 0.5),
    ],
    hint="error = target - neuron(x, w, b) is 1, 0 or -1. Both changes are eta times error, for w also times x.",
)


# %% tags=["solution"]
# @title Solution 4.1
def correct_solution(w, b, x, target, eta):
    error = target - neuron(x, w, b)
    return w + eta * error * x, b + eta * error


check.solution("4.1 one correction", correct_solution)

# %% [markdown]
# ### Two layers solve XOR
#
# "Exactly one" is "at least one, but not both": OR and not AND. So let two neurons look at the inputs, one as OR, one
# as AND, and let a third look at *those two*. The two in the middle are a **hidden layer**: nobody outside sees their
# answers.

# %%
hidden = np.column_stack([neuron(cases, np.array([1, 1]), -0.5), neuron(cases, np.array([1, 1]), -1.5)])
output = neuron(hidden, np.array([1, -1]), -0.5)  # OR speaks for it, AND against it
for x, h, answer in zip(cases, hidden, output, strict=True):
    print(f"inputs {x} -> hidden (OR, AND) {h} -> output {answer}")

# %% tags=["figure"]
# @title What the hidden layer does to the four cases
fig, axes = plt.subplots(1, 2, figsize=(8, 3.8))
for ax, places, title in zip(axes, (cases, hidden), ("the inputs", "the hidden layer's answers"), strict=True):
    for value in (0, 1):
        ax.scatter(*places[output == value].T, marker=plot.MARKERS[value], s=110, zorder=3, label=f"XOR = {value}")
    ax.set(title=title, xlim=(-0.4, 1.6), ylim=(-0.4, 2.3), xticks=[0, 1], yticks=[0, 1])
axis = np.array([-0.4, 1.6])
axes[0].plot(axis, 0.5 - axis, color="C2", label="border of OR")
axes[0].plot(axis, 1.5 - axis, color="C3", label="border of AND")
axes[0].set(xlabel="reader 1", ylabel="reader 2")
axes[1].plot(axis, axis - 0.5, color="C4", label="border of the output")
axes[1].annotate("both (0, 1) and (1, 0)\nland here", (1, 0), (-0.3, 0.7), arrowprops={"arrowstyle": "-"}, fontsize=9)
axes[1].set(xlabel="OR neuron", ylabel="AND neuron")
for ax in axes:
    ax.legend(fontsize=9, loc="upper left", ncols=2)
plot.show(
    fig,
    alt="Left: no single line separates the XOR classes, two lines enclose one. Right: in the plane of the two hidden "
    "answers both XOR = 1 cases fall on (1, 0), and one line separates them from the others.",
)

# %% [markdown]
# The hidden layer has moved the points so that one line is enough. That is what all networks do, only with more
# layers and with weights that are learned. How to learn the weights of a *hidden* layer, where no target is known,
# held the field up for years, after Minsky and Papert had shown in 1969 what one layer cannot do; Rumelhart, Hinton
# and Williams made the answer known in 1986. The answer needs slopes.
#
# ## 2. Activations and their slopes
#
# A neuron that answers 0 or 1 has a slope of zero everywhere: change a weight a little and the answer does not move.
# Gradient descent then has nothing to go by. So the hard step is replaced by a softer function of the weighted sum,
# the **activation function**.
#
# | Name | Formula | Slope |
# |---|---|---|
# | sigmoid | $1/(1+e^{-x})$ | $s(1-s)$, where $s$ is the value; at most 0.25 |
# | tanh | $(e^x-e^{-x})/(e^x+e^{-x})$ | $1-t^2$, where $t$ is the value; at most 1 |
# | ReLU | $\max(0, x)$ | 0 or 1 |
# | leaky ReLU | $x$ if $x>0$, else $0.1x$ | 1 or 0.1 |
# | maxout | the largest of several lines, here $\max(-0.5x-1,\; x)$ | the slope of the line on top |
# | ELU | $x$ if $x>0$, else $e^x-1$ | 1 or $e^x$ |
#
# ReLU stands for rectified linear unit. In maxout the lines have weights of their own, which are learned. The 0.1 of
# leaky ReLU is a choice; PyTorch's default is 0.01.


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


activations = {  # name: (value, slope)
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "ReLU": (lambda x: np.maximum(0, x), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky ReLU": (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1.0, 0.1)),
    "maxout": (lambda x: np.maximum(-0.5 * x - 1, x), lambda x: np.where(x > -2 / 3, 1.0, -0.5)),
    "ELU": (lambda x: np.where(x > 0, x, np.exp(x) - 1), lambda x: np.where(x > 0, 1.0, np.exp(x))),
}
for name, (value, slope) in activations.items():
    print(f"{name:10s} at -2: {value(-2.0):6.3f}, slope {slope(-2.0):6.3f};", end="")
    print(f"   at 4: {value(4.0):5.3f}, slope {slope(4.0):5.3f}")


# %% tags=["figure"]
# @title Slider: six activations and their slopes at x
def draw_activations(x=-2.0):
    axis = np.linspace(-5, 5, 201)
    fig, axes = plt.subplots(2, 3, figsize=(9, 4.6), sharex=True)
    for ax, (name, (value, slope)) in zip(axes.flat, activations.items(), strict=True):
        ax.plot(axis, value(axis), label="value")
        ax.plot(axis, slope(axis), linewidth=1.5, label="slope")
        near = np.array([x - 1, x + 1])
        ax.plot(near, value(x) + slope(x) * (near - x), color="black", linestyle="-", linewidth=1)
        ax.plot(x, value(x), "o", color="black", markersize=5)
        ax.set(title=f"{name}: slope {slope(x):.3f}", ylim=(-1.6, 2.6))
    axes[0, 0].legend(fontsize=9, loc="upper left")
    for ax in axes[1]:
        ax.set_xlabel("weighted sum x")
    slopes = ", ".join(f"{name} {slope(x):.3f}" for name, (_, slope) in activations.items())
    return fig, f"Values, slopes and tangents of six activations; the slopes at x = {x:g} are: {slopes}."


plot.explore(draw_activations, x=(-5.0, 5.0, 0.25))

# %% [markdown]
# Move `x` to 4. The sigmoid and tanh are flat there (slopes 0.018 and 0.001): they *saturate*, and a saturated neuron
# hardly learns. ReLU keeps slope 1 on the right but has slope 0 on the left; leaky ReLU repairs that side, ELU
# softens it. At the kink itself the slope is not defined; programs take one of the two sides, for ReLU usually 0.
#
# ### Your turn 4.2: a leak of your own
#
# Write `leaky(x, leak)`: the leaky ReLU with slope `leak` on the left instead of 0.1, and its slope, for an array
# `x`. Return the tuple `(values, slopes)`. `np.where(x > 0, a, b)` takes `a` where x is positive and `b` elsewhere.


# %% tags=["exercise"]
def leaky(x, leak):
    return ...


# %% tags=["check"]
# @title Check 4.2
def leaky_by_torch(x, leak):
    tensor = torch.tensor(x, requires_grad=True)
    values = nn.functional.leaky_relu(tensor, leak)
    values.sum().backward()
    return values.detach().numpy(), tensor.grad.numpy()


check.function(
    "4.2 leaky ReLU",
    leaky,
    leaky_by_torch,
    [(np.array([-3.0, -0.5, 0.25, 4.0]), 0.1), (np.array([2.0, -8.0]), 0.01), (np.array([-1.0, 1.5, -2.5]), 0.3)],
    hint="The values are x or leak * x, the slopes 1.0 or leak; np.where chooses by x > 0.",
)


# %% tags=["solution"]
# @title Solution 4.2
def leaky_solution(x, leak):
    return np.where(x > 0, x, leak * x), np.where(x > 0, 1.0, leak)


check.solution("4.2 leaky ReLU", leaky_solution)

# %% [markdown]
# ## 3. The forward pass: layers are matrices
#
# Several neurons that look at the same inputs form a **layer**. Write the weights of each neuron in one row and you
# have a matrix $W$; the whole layer is then one line, $\text{activation}(W x + b)$. ($W x$: multiply each row of $W$
# with $x$, number by number, and add up; one sum for each neuron.) Its answers are the inputs of the next layer.
# Going from the input to the output is the **forward pass**.
#
# Take three layers of two neurons, with sigmoid everywhere. On paper, for the first neuron and the input $(1, -1)$:
# $1 \cdot 1 + (-2) \cdot (-1) + 1 = 4$, and sigmoid(4) = 0.98.

# %%
layers = [
    (np.array([[1, -2], [-1, 1]]), np.array([1, 0])),
    (np.array([[2, -1], [-2, -1]]), np.array([0, 0])),
    (np.array([[3, -1], [-1, 4]]), np.array([-2, 2])),
]


def forward_pass(layers, x):
    """The answers of every layer to the input x."""
    found = []
    for W, b in layers:
        x = sigmoid(W @ x + b)
        found.append(x)
    return found


for x in ((1, -1), (0, 0)):
    print(x, "->", " -> ".join(f"{a:.2f} {b:.2f}" for a, b in forward_pass(layers, np.array(x))))

# %%
assert np.allclose(forward_pass(layers, np.array([1, -1])), [[0.98, 0.12], [0.86, 0.11], [0.62, 0.83]], atol=0.005)
assert np.allclose(forward_pass(layers, np.array([0, 0])), [[0.73, 0.50], [0.72, 0.12], [0.51, 0.85]], atol=0.005)

# %% [markdown]
# Two inputs, two chains of answers: the network is a function, and its 18 numbers (12 weights and 6 biases) decide
# which. PyTorch has the same thing ready-made: `nn.Linear` is $Wx + b$, `nn.Sequential` chains. We copy our numbers
# into it.

# %%
network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid())
with torch.no_grad():  # copying is no calculation that needs a gradient
    for linear, (W, b) in zip(network[::2], layers, strict=True):
        linear.weight.copy_(torch.tensor(W))
        linear.bias.copy_(torch.tensor(b))
    by_torch = network(torch.tensor([[1.0, -1.0], [0.0, 0.0]])).numpy()
by_hand_pass = np.array([forward_pass(layers, np.array(x))[-1] for x in ((1, -1), (0, 0))])
print("torch.nn:", by_torch.round(4))
print("by hand: ", by_hand_pass.round(4))
assert np.allclose(by_torch, by_hand_pass, atol=1e-6)

# %% [markdown]
# The same to four digits. Why the activation between the layers? Without it, $W_2 (W_1 x) = (W_2 W_1)\,x$: two layers
# are one matrix, and a hundred layers are still one straight-line model.
#
# ### Your turn 4.3: how many numbers?
#
# Write `count_parameters(sizes)`: the number of weights and biases of a network whose layers are all fully connected.
# `sizes` is a list such as `[2, 2, 2, 2]` (input, hidden, hidden, output), for which the answer is 18. Each layer has
# (inputs times outputs) weights and one bias for each output. With `for i in range(len(sizes) - 1)` you visit all
# pairs of neighbours, `sizes[i]` and `sizes[i + 1]`.


# %% tags=["exercise"]
def count_parameters(sizes):
    return ...


# %% tags=["check"]
# @title Check 4.3
check.function(
    "4.3 parameters",
    count_parameters,
    lambda sizes: sum(p.numel() for a, b in itertools.pairwise(sizes) for p in nn.Linear(a, b).parameters()),
    [([2, 2, 2, 2],), ([8, 16, 1],), ([13, 128, 64, 1],), ([5, 3],)],
    hint="Begin with total = 0. For each pair of neighbours a, b add a * b weights and b biases.",
)


# %% tags=["solution"]
# @title Solution 4.3
def count_parameters_solution(sizes):
    total = 0
    for i in range(len(sizes) - 1):
        total += sizes[i] * sizes[i + 1] + sizes[i + 1]
    return total


check.solution("4.3 parameters", count_parameters_solution)

# %% [markdown]
# ## 4. From scores to a cost
#
# A network that chooses between classes ends with one number for each class, a **score** (also called logit). Scores
# can be anything. **Softmax** turns them into probabilities: positive, and adding up to 1.
#
# $$p_k = \frac{e^{z_k}}{e^{z_1} + e^{z_2} + \dots}$$


# %%
def softmax(scores):
    """Probabilities from scores, row by row; subtracting the largest score changes nothing but avoids overflow."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


scores = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.0], [1.0, 1.2, 0.9]])  # three patients
probabilities = softmax(scores)
print("bacterial, viral, no pneumonia")
print(probabilities.round(3))
print("sums of the rows:", probabilities.sum(axis=1).round(3))

# %% [markdown]
# The truth is written in the same form, **one-hot**: 1 for the true class, 0 for the others. How bad is the answer?
# The **cross-entropy** takes minus the logarithm of the probability given to the true class:
#
# $$\text{cost of one patient} = -\sum_k y_k \log p_k = -\log p_\text{true}$$
#
# The **total cost** is its mean over all patients. Before you run it: all three patients are bacterial. Which one
# costs most?

# %%
one_hot = np.eye(3)[[0, 0, 0]]  # rows of the unit matrix: class 0 three times
costs = -np.sum(one_hot * np.log(probabilities), axis=1)
print("cost of each patient:", costs.round(3), " total cost (mean):", costs.mean().round(3))
by_torch = nn.functional.cross_entropy(torch.tensor(scores), torch.tensor([0, 0, 0]))
print(f"torch cross_entropy: {by_torch:.3f}")
print("cost when p_true is .99, .5, .1, .01:", -np.log([0.99, 0.5, 0.1, 0.01]).round(3))

# %% [markdown]
# The second patient costs most: the network gave the truth only 11 % and was sure of the wrong class. Giving the
# truth 0.5 costs 0.693, being sure and wrong (0.01) costs 4.605. PyTorch's `cross_entropy` takes the *scores* and
# does the softmax itself; giving it probabilities is a common slip.
#
# With two classes one score $z$ is enough: $p = \text{sigmoid}(z)$ for "yes" and $1-p$ for "no". That is softmax with
# the scores $z$ and 0. PyTorch's `BCEWithLogitsLoss` (binary cross-entropy) does it in one step.
#
# ### Your turn 4.4: spot the error
#
# Some lecture notes show a network for ten digits "with softmax" whose ten outputs look as reasonable as these: 0.1,
# 0.2, 0.1, 0.9, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1. Something is wrong. The cell below gives you `ten_outputs`, and
# `digit_scores`, the scores from which such outputs arise if the author used a sigmoid for each class. Compute
#
# - `sum_of_ten`: what the ten outputs add up to;
# - `p_three`: the probability of the digit 3 by a proper softmax of `digit_scores` (you may call `softmax`).

# %%
ten_outputs = np.array([0.1, 0.2, 0.1, 0.9, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1])
digit_scores = np.log(ten_outputs / (1 - ten_outputs))  # the sigmoid backwards

# %% tags=["exercise"]
sum_of_ten = ...
p_three = ...

# %% tags=["check"]
# @title Check 4.4
check.value(
    "4.4 spot the error",
    (sum_of_ten, p_three),
    (math.fsum([0.1] * 5 + [0.2] * 3 + [0.3, 0.9]), torch.softmax(torch.tensor(digit_scores), dim=0)[3].item()),
    tol=1e-4,
    hint="np.sum adds up. softmax(digit_scores) gives ten numbers; the digit 3 has index 3.",
)

# %% tags=["solution"]
# @title Solution 4.4
sum_of_ten_solution = np.sum(ten_outputs)  # 2.3: these are no probabilities of ten classes that exclude each other
p_three_solution = softmax(digit_scores)[3]  # 0.84
check.solution("4.4 spot the error", (sum_of_ten_solution, p_three_solution))

# %% [markdown]
# Ten sigmoids answer ten separate questions ("is it a 3? is it an 8?") and need not add up to 1. They are right when
# several answers can be true at once, such as several diagnoses on one film. Softmax is for classes that exclude each
# other.
#
# ## 5. Backpropagation
#
# Training needs the slope of the cost for every weight. **Backpropagation** is the chain rule of calculus, done in a
# tidy order. Start with one weight: $y = \cos(w^2)$. Cut it into steps a child could do: $u = w^2$, then $y = \cos
# u$. Each step knows its own slope, $du/dw = 2w$ and $dy/du = -\sin u$. Along a path the slopes are multiplied:
#
# $$\frac{dy}{dw} = \frac{dy}{du} \cdot \frac{du}{dw} = -\sin(w^2) \cdot 2w$$
#
# Three ways to get this number: by hand, by **finite differences** (move $w$ a tiny bit to both sides), and by
# PyTorch's autograd, which did the work in lab 3.


# %%
def by_differences(f, w, tiny=1e-5):
    return (f(w + tiny) - f(w - tiny)) / (2 * tiny)


def by_autograd(f, w):
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    f(w).backward()
    return w.grad.item()


def compare(f_numpy, f_torch, slope, w):
    three = slope(w), by_differences(f_numpy, w), by_autograd(f_torch, w)
    print(f"w = {w}: by hand {three[0]:.6f}, finite differences {three[1]:.6f}, autograd {three[2]:.6f}")
    assert np.allclose(three, three[0], atol=1e-8)


for w in (0.5, 1.0, 1.5):
    compare(lambda w: np.cos(w**2), lambda w: torch.cos(w**2), lambda w: -2 * w * np.sin(w**2), w)

# %% [markdown]
# Now $y = \cos(w^2) + \sin(w^2)$. The value $u = w^2$ is used twice, so $w$ reaches $y$ along two paths. Slopes of
# different paths are added:
#
# $$\frac{dy}{dw} = -2w \sin(w^2) + 2w \cos(w^2)$$

# %%
for w in (0.5, 1.0, 1.5):
    compare(
        lambda w: np.cos(w**2) + np.sin(w**2),
        lambda w: torch.cos(w**2) + torch.sin(w**2),
        lambda w: -2 * w * np.sin(w**2) + 2 * w * np.cos(w**2),
        w,
    )


# %% tags=["figure"]
# @title Slider: the computation graph, forwards and backwards
def draw_graph(w=1.0):
    u = w * w
    boxes = {"w": (0, 0, w), "u = w²": (2, 0, u), "cos u": (4, 0.8, np.cos(u)), "sin u": (4, -0.8, np.sin(u))}
    boxes["y = sum"] = (6, 0, np.cos(u) + np.sin(u))
    edges = [("w", "u = w²", 2 * w), ("u = w²", "cos u", -np.sin(u)), ("u = w²", "sin u", np.cos(u))]
    edges += [("cos u", "y = sum", 1), ("sin u", "y = sum", 1)]
    fig, ax = plt.subplots(figsize=(8.6, 3.4))
    for start, end, slope in edges:
        (xa, ya, _), (xb, yb, _) = boxes[start], boxes[end]
        arrow = {"arrowstyle": "->", "color": "grey", "shrinkA": 30, "shrinkB": 30}
        ax.annotate("", (xb, yb), (xa, ya), arrowprops=arrow)
        ax.text((xa + xb) / 2, (ya + yb) / 2 + 0.12 + 0.2 * (ya != yb), f"{slope:.3f}", color="#b34700", ha="center")
    for name, (x, y, value) in boxes.items():
        look = {"boxstyle": "round,pad=0.45", "facecolor": "#eaf2f8", "edgecolor": "C0"}
        ax.text(x, y, f"{name}\n{value:.3f}", ha="center", va="center", bbox=look)
    total = 2 * w * (np.cos(u) - np.sin(u))
    ax.set(xlim=(-0.8, 6.8), ylim=(-1.5, 1.6))
    ax.set_title(f"orange: slopes. dy/dw = {2 * w:.3f} x ({-np.sin(u):.3f} + {np.cos(u):.3f}) = {total:.3f}")
    ax.axis("off")
    return fig, f"At w = {w:g} y is {np.cos(u) + np.sin(u):.3f}; the slopes along two paths add up to {total:.3f}."


plot.explore(draw_graph, w=(-2.0, 2.0, 0.1))

# %% [markdown]
# Read it forwards for the values and backwards for the slopes: begin with 1 at $y$, multiply along each arrow, and
# add where two paths come together on the way back, here at $u$. One walk backwards gives the slope for *every*
# weight, at about the cost of one or two forward passes. That is why networks with a billion weights can be trained
# at all; finite differences would need two forward passes for each weight.
#
# ### Your turn 4.5: through one neuron
#
# A neuron with tanh answers `a = tanh(w * x)`; its cost is `(a - t) ** 2` for the target `t`. Write `slope_of_cost(w,
# x, t)`: the slope of the cost with respect to `w`. Three steps to multiply: the square, tanh (its slope is in the
# table above), and `w * x`. `np.tanh(...)` computes tanh. Do not round.


# %% tags=["exercise"]
def slope_of_cost(w, x, t):
    return ...


# %% tags=["check"]
# @title Check 4.5
check.function(
    "4.5 through one neuron",
    slope_of_cost,
    lambda w, x, t: by_autograd(lambda w: (torch.tanh(w * x) - t) ** 2, w),
    [(0.5, 2.0, 0.0), (1.5, -0.5, 1.0), (-0.3, 3.0, 0.5), (2.0, 0.7, 0.9)],
    hint="With a = tanh(w * x) the three slopes are 2 * (a - t), 1 - a ** 2, and x.",
)


# %% tags=["solution"]
# @title Solution 4.5
def slope_of_cost_solution(w, x, t):
    a = np.tanh(w * x)
    return 2 * (a - t) * (1 - a**2) * x


check.solution("4.5 through one neuron", slope_of_cost_solution)

# %% [markdown]
# ## 6. A network of your own, in NumPy
#
# Now the whole thing: two measurements, a hidden layer of 16 neurons with tanh, and two scores for two classes. The
# data are two interlocking crescents: invented, but think of two blood values in which sick and healthy overlap along
# a curve.

# %%
points, labels = make_moons(300, noise=0.2, random_state=SEED)
points = (points - points.mean(axis=0)) / points.std(axis=0)
linear_score = LogisticRegression().fit(points, labels).score(points, labels)
print(f"{len(points)} points; a straight line gets {linear_score:.3f} of them right")

# %% [markdown]
# Forwards, for all rows at once: `inputs @ W.T + b` is $Wx + b$ for each row $x$ (`.T` swaps rows and columns).


# %%
def initial(n_in, n_hidden, n_out, rng):
    """Small random weights, zero biases: (W1, b1, W2, b2)."""
    W1 = rng.normal(0, n_in**-0.5, size=(n_hidden, n_in))
    W2 = rng.normal(0, n_hidden**-0.5, size=(n_out, n_hidden))
    return W1, np.zeros(n_hidden), W2, np.zeros(n_out)


def forward(parameters, inputs):
    """Answers of the hidden layer, and the scores."""
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(inputs @ W1.T + b1)
    return hidden, hidden @ W2.T + b2


def cross_entropy(scores, targets):
    """Mean of minus log p_true; targets are class numbers."""
    return -np.mean(np.log(softmax(scores)[np.arange(len(targets)), targets]))  # in row i the column targets[i]


# %% [markdown]
# Why random weights at the start? If all began equal, all hidden neurons would get the same slope and stay equal for
# ever.
#
# Backwards, step by step from the end to the start. The first step is the pleasant one: for softmax followed by
# cross-entropy the slope of the cost with respect to the scores is *probability minus truth*, divided by the number
# of rows. Then the chain rule: a slope passes backwards through a matrix by multiplying with it, through tanh by
# multiplying with $1 - \text{hidden}^2$; the slope of a weight is (slope behind it) times (value before it), added up
# over the rows.


# %%
def backward(parameters, inputs, targets):
    """Slope of the mean cross-entropy for each of the parameters, in their order."""
    _, _, W2, _ = parameters
    hidden, scores = forward(parameters, inputs)
    truth = np.eye(len(W2))[targets]
    slope_scores = (softmax(scores) - truth) / len(inputs)
    slope_sums = (slope_scores @ W2) * (1 - hidden**2)  # before the tanh
    return slope_sums.T @ inputs, slope_sums.sum(axis=0), slope_scores.T @ hidden, slope_scores.sum(axis=0)


# %% [markdown]
# A backward pass written by hand is nearly always wrong at first. So check it: does autograd, which sees only the
# forward pass, find the same slopes?

# %%
parameters = initial(2, 16, 2, np.random.default_rng(SEED + 1))
tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
W1, b1, W2, b2 = tensors
torch_scores = torch.tanh(torch.tensor(points) @ W1.T + b1) @ W2.T + b2
nn.functional.cross_entropy(torch_scores, torch.tensor(labels)).backward()

for name, mine, tensor in zip(("W1", "b1", "W2", "b2"), backward(parameters, points, labels), tensors, strict=True):
    print(f"{name} shape {mine.shape}: same as autograd {np.allclose(mine, tensor.grad.numpy(), atol=1e-12)}")
    assert np.allclose(mine, tensor.grad.numpy(), atol=1e-12)

# %% [markdown]
# Equal to the twelfth decimal. Now train: gradient descent, as in lab 3, on all four arrays. Each step may use all
# rows or a **batch** of some of them; `train_numpy` can do both and keeps the parameters after every epoch.


# %%
def train_numpy(parameters, inputs, targets, eta, epochs, batch_size, rng):
    """Gradient descent; the list of parameters after 0, 1, 2, ... epochs."""
    kept = [parameters]
    for _ in range(epochs):
        order = rng.permutation(len(inputs))  # every row once an epoch, in a new order
        for start in range(0, len(inputs), batch_size):
            rows = order[start : start + batch_size]
            slopes = backward(parameters, inputs[rows], targets[rows])
            parameters = tuple(p - eta * slope for p, slope in zip(parameters, slopes, strict=True))
        kept.append(parameters)
    return kept


kept = train_numpy(parameters, points, labels, eta=1.0, epochs=1000, batch_size=300, rng=np.random.default_rng(SEED))
for epoch in (0, 10, 100, 1000):
    _, scores = forward(kept[epoch], points)
    right = np.mean(scores.argmax(axis=1) == labels)
    print(f"after {epoch:4d} epochs: cost {cross_entropy(scores, labels):.3f}, share right {right:.3f}")


# %% tags=["figure"]
# @title Slider: the border while the network learns
def draw_learning(epoch=1000):
    axis = np.linspace(-2.5, 2.5, 120)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    probability = softmax(forward(kept[epoch], grid.reshape(-1, 2))[1])[:, 1].reshape(120, 120)
    fig, ax = plt.subplots(figsize=(6.4, 4.2))
    filled = ax.contourf(axis, axis, probability, levels=np.linspace(0, 1, 11), cmap="coolwarm", alpha=0.6)
    ax.contour(axis, axis, probability, levels=[0.5], colors="black")
    for value in (0, 1):
        ax.scatter(*points[labels == value].T, marker=plot.MARKERS[value], s=14, edgecolor="black", linewidth=0.3)
    fig.colorbar(filled, label="probability of class 1")
    right = np.mean(forward(kept[epoch], points)[1].argmax(axis=1) == labels)
    ax.set(xlabel="measurement 1 (standardised)", ylabel="measurement 2 (standardised)")
    ax.set_title(f"after {epoch} epochs: {right:.3f} right")
    return fig, f"Probability of class 1 after {epoch} epochs; the border at 0.5 gets {right:.3f} of the points right."


plot.explore(draw_learning, epoch=[0, 1, 10, 30, 100, 300, 1000])

# %% [markdown]
# At first the border is arbitrary (here, by chance, worse than a coin), after 10 epochs it is nearly straight, and
# then it bends into the crescents. Sixteen neurons, each a soft line, added up: a curve. These are the points it was
# trained on, so the share is a fit, not a test.
#
# ## 7. How to walk downhill
#
# ### All rows, one row, a few rows
#
# - **Batch** gradient descent: all rows for each step. The slope is exact, the step is dear.
# - **Stochastic** gradient descent (SGD): one row for each step. Cheap and noisy.
# - **Mini-batch**: some rows, commonly 16 to 256. What everybody uses, and often also calls SGD.
#
# One **epoch** is every row, that is every batch, once. Before you run it: with 20 epochs each, which comes lowest?

# %%
curves = {}
for batch_size, eta in ((300, 0.5), (20, 0.5), (1, 0.05)):
    run = train_numpy(parameters, points, labels, eta, 20, batch_size, np.random.default_rng(SEED))
    curves[batch_size] = [cross_entropy(forward(p, points)[1], labels) for p in run]
    steps = 20 * math.ceil(300 / batch_size)
    print(f"{batch_size:3d} rows a step, eta {eta:4.2f}: {steps:4d} steps, cost {curves[batch_size][-1]:.3f}")

# %%
fig, ax = plt.subplots()
for (batch_size, costs), marker in zip(curves.items(), plot.MARKERS, strict=False):
    ax.plot(costs, marker=marker, markersize=4, label=f"{batch_size} row{'s' * (batch_size > 1)} a step")
ax.set(xlabel="epoch", ylabel="cost on all rows", xticks=range(0, 21, 5))
ax.legend()
plot.show(
    fig,
    alt="Cost by epoch: with all 300 rows a step it falls slowly, with 20 rows or one row a step much faster.",
)

# %% [markdown]
# After the same 20 passes over the data the small batches have made 15 or 300 times as many steps and are far lower.
# The single-row walk needs a smaller learning rate, because one row is a noisy adviser. On a computer 20 rows at once
# cost little more time than one, which is why mini-batches win in practice.
#
# ### Your turn 4.6: how many steps?
#
# Write `count_steps(rows, batch_size, epochs)`: how many steps a training makes. The last batch of an epoch may be
# smaller, but it counts as a step. `math.ceil(...)` rounds up.


# %% tags=["exercise"]
def count_steps(rows, batch_size, epochs):
    return ...


# %% tags=["check"]
# @title Check 4.6
check.function(
    "4.6 steps",
    count_steps,
    lambda rows, batch_size, epochs: epochs * len(DataLoader(range(rows), batch_size=batch_size)),
    [(300, 20, 20), (614, 32, 60), (768, 1, 2), (10, 64, 3)],
    hint="An epoch has rows / batch_size steps, rounded up. Round before you multiply by the epochs.",
)


# %% tags=["solution"]
# @title Solution 4.6
def count_steps_solution(rows, batch_size, epochs):
    return epochs * math.ceil(rows / batch_size)


check.solution("4.6 steps", count_steps_solution)

# %% [markdown]
# ### Momentum and Adam by hand
#
# In a long narrow valley plain gradient descent zigzags from wall to wall and creeps along the floor. **Momentum**
# lets the walker roll: a velocity $v$ keeps nine tenths of itself and adds the new slope $g$.
#
# $$v := 0.9\,v + g, \qquad w := w - \eta\, v$$
#
# Across the valley the slopes alternate and cancel; along it they add up. **Adam** keeps two running means, of the
# slope ($m$) and of its square ($s$), and divides one by the root of the other, so that each weight gets a step of
# its own size:
#
# $$m := 0.9\,m + 0.1\,g, \quad s := 0.999\,s + 0.001\,g^2, \quad
# w := w - \eta\,\frac{m/(1-0.9^t)}{\sqrt{s/(1-0.999^t)} + 10^{-8}}$$
#
# Both means begin at zero; the divisions by $1-0.9^t$ and $1-0.999^t$ correct for that in step $t$.


# %%
def momentum_step(w, v, slope, eta):
    v = 0.9 * v + slope
    return w - eta * v, v


def adam_step(w, m, s, t, slope, eta):
    m = 0.9 * m + 0.1 * slope
    s = 0.999 * s + 0.001 * slope**2
    return w - eta * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8), m, s


# %% [markdown]
# Our test ground is a valley that bends 50 times as sharply across as along, and lies obliquely to both weights.
# `torch.optim` has the finished optimisers: they read the slopes that `backward()` left and change the weights.


# %%
def valley(w):
    """Cost at w: a valley at an angle of 30 degrees to the first weight's axis."""
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    along, across = c * w[..., 0] + s * w[..., 1], c * w[..., 1] - s * w[..., 0]
    return (along**2 + 50 * across**2) / 2


def walk(make_optimizer, steps):
    """All places that an optimiser visits, from (-4, 0)."""
    w = torch.tensor([-4.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer, path = make_optimizer([w]), [w.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        valley(w).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


# %%
def slope_of_valley(w):
    tensor = torch.tensor(w, requires_grad=True)
    valley(tensor).backward()
    return tensor.grad.numpy()


rolling, v = np.array([-4.0, 0.0]), np.zeros(2)
adapted, m, s = np.array([-4.0, 0.0]), np.zeros(2), np.zeros(2)
for t in range(1, 51):
    rolling, v = momentum_step(rolling, v, slope_of_valley(rolling), eta=0.01)
    adapted, m, s = adam_step(adapted, m, s, t, slope_of_valley(adapted), eta=1.0)
by_sgd = walk(lambda w: torch.optim.SGD(w, lr=0.01, momentum=0.9), 50)[-1]
by_adam = walk(lambda w: torch.optim.Adam(w, lr=1.0), 50)[-1]
print(f"momentum after 50 steps: {rolling.round(4)} by hand, {by_sgd.round(4)} by torch.optim")
print(f"Adam after 50 steps:     {adapted.round(4)} by hand, {by_adam.round(4)} by torch.optim")
assert np.allclose(rolling, by_sgd, atol=1e-10)
assert np.allclose(adapted, by_adam, atol=1e-10)

# %% [markdown]
# ### The family, and a race
#
# | Optimiser | Year | Idea |
# |---|---|---|
# | Momentum | 1964 | velocity (Polyak) |
# | Nesterov | 1983; in deep learning 2013 | looks at the slope where the velocity is about to carry it |
# | AdaGrad | 2011 | divides by the root of the sum of all squared slopes so far |
# | RMSprop | 2012 | a running mean of the squares instead of the sum (Hinton's course) |
# | Adadelta | 2012 | also a running mean of the squared steps: no learning rate needed, in theory |
# | Adam | 2014 | momentum and RMSprop, with correction at the start |
# | AdaMax | 2014 | same paper as Adam, the largest recent slope instead of the mean square |
# | Nadam | 2015 | Adam with Nesterov's look ahead (published 2016) |
# | AMSGrad | 2018 | Adam whose mean of squares never falls |
#
# You need two of these, momentum and Adam; the table is for looking names up. A race needs fair starts. Each
# optimiser gets the learning rate, out of 0.01, 0.03, 0.1, 0.3, 1, 3 and 10, with which it came low without jumping
# about, tried beforehand, separately for the valley and for a network on the crescents.

# %%
optim = torch.optim
family = {  # name: (how to make it, learning rate in the valley, on the crescents)
    "plain": (optim.SGD, {}, 0.03, 3),
    "Momentum": (optim.SGD, {"momentum": 0.9}, 0.01, 3),
    "Nesterov": (optim.SGD, {"momentum": 0.9, "nesterov": True}, 0.01, 3),
    "AdaGrad": (optim.Adagrad, {}, 3, 1),
    "RMSprop": (optim.RMSprop, {}, 0.1, 0.1),
    "Adadelta": (optim.Adadelta, {}, 10, 10),
    "Adam": (optim.Adam, {}, 1, 0.3),
    "AdaMax": (optim.Adamax, {}, 3, 1),
    "Nadam": (optim.NAdam, {}, 0.3, 0.3),
    "AMSGrad": (optim.Adam, {"amsgrad": True}, 1, 0.3),
}


def start_small_network():
    torch.manual_seed(SEED)
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)).double()


# %%
all_points, all_labels = torch.tensor(points), torch.tensor(labels)
paths, race = {}, {}
for name, (kind, options, valley_rate, rate) in family.items():
    paths[name] = walk(lambda w, k=kind, o=options, lr=valley_rate: k(w, lr=lr, **o), 200)
    small = start_small_network()
    optimizer = kind(small.parameters(), lr=rate, **options)
    for _ in range(60):  # 60 steps, each with all rows
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(small(all_points), all_labels)
        loss.backward()
        optimizer.step()
    race[name] = (valley(paths[name])[[50, 100]].tolist(), loss.item())
    (at_50, at_100), on_crescents = race[name]
    print(f"{name:9s} valley: cost {at_50:7.3f} after 50 steps, {at_100:7.3f} after 100;", end="")
    print(f"   crescents: {on_crescents:.3f} after 60")


# %% tags=["figure"]
# @title Slider: each optimiser's path through the valley
def draw_race(optimiser="Adam", steps=40):
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7))
    grid = np.stack(np.meshgrid(np.linspace(-5, 5, 80), np.linspace(-4, 4, 80)), axis=-1)
    left.contour(*np.moveaxis(grid, -1, 0), valley(grid), levels=np.geomspace(0.1, 400, 12), linewidths=0.7)
    left.plot(*paths[optimiser][: steps + 1].T, color="C1", linestyle="-", linewidth=1.2, marker="o", markersize=3)
    left.plot(0, 0, "*", color="black", markersize=12)
    left.set(xlim=(-5, 5), ylim=(-4, 4), xlabel="w1", ylabel="w2", title=f"{optimiser}, {steps} steps")
    for path in paths.values():
        right.semilogy(valley(path), color="grey", linestyle="-", linewidth=0.6)
    right.semilogy(valley(paths[optimiser])[: steps + 1], color="C1", linestyle="-", linewidth=2.5)
    right.set(xlabel="step", ylabel="cost", ylim=(1e-6, 1e3), title=f"{optimiser} among all ten")
    now = valley(paths[optimiser])[steps]
    return fig, f"{optimiser} has brought the cost in the oblique valley from 106 to {now:.3g} after {steps} steps."


plot.explore(draw_race, optimiser=list(family), steps=(1, 200))

# %% [markdown]
# After 100 steps in the valley Nesterov and AdaMax are lowest; on the crescents Adam and AMSGrad are. Plain descent
# trails on the crescents. Adadelta is slow in both: its steps are measured by its earlier steps, and those begin near
# zero. Two problems crown nobody. What one can say: momentum helps in a valley once it has settled, and the adaptive
# methods forgive a badly chosen learning rate. See how wide the range is.

# %%
for rate in (0.03, 0.3, 3):
    for name, kind in (("plain", optim.SGD), ("Adam", optim.Adam)):
        end = valley(walk(lambda w, k=kind, lr=rate: k(w, lr=lr), 60)[-1])
        print(
            f"learning rate {rate:4.2f}, {name:5s} ",
            "thrown out of the valley" if not end <= 106 else f"cost {end:.3f}",
        )

# %% [markdown]
# After 60 steps, plain descent has worked with one of the three learning rates and has been thrown out of the valley
# by the two others. Adam goes down with all three, if slowly with the smallest, and the largest is a hundred times
# the smallest. That, rather than speed, made it the usual first choice (for networks with a learning rate of 0.001 to
# 0.003).
#
# ## 8. Deep networks, and what keeps them healthy
#
# ### Vanishing gradients
#
# Going backwards, the slope is multiplied by the slope of the activation at every layer. The sigmoid's is at most
# 0.25. Before you run it: what is left after ten layers?


# %%
def slopes_by_layer(activation, start_weights, seed, depth=10, width=32):
    """Mean size of the weights' slopes in each layer of an untrained network."""
    generator = torch.Generator().manual_seed(seed)
    layers = [nn.Linear(width, width) for _ in range(depth)]
    for layer in layers:
        start_weights(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
    x = torch.randn(64, width, generator=generator)
    target = torch.randint(0, width, (64,), generator=generator)
    for layer in layers[:-1]:
        x = activation(layer(x))
    nn.functional.cross_entropy(layers[-1](x), target).backward()
    return [layer.weight.grad.abs().mean().item() for layer in layers]


measured = {
    "sigmoid": [slopes_by_layer(torch.sigmoid, nn.init.xavier_normal_, seed) for seed in range(20)],
    "ReLU": [slopes_by_layer(torch.relu, nn.init.kaiming_normal_, seed) for seed in range(20)],
}
for name, slopes in measured.items():
    ratio = np.mean(slopes, axis=0)[-1] / np.mean(slopes, axis=0)[0]
    print(f"{name:7s} slope in the first layer {np.mean(slopes, axis=0)[0]:.2e};", end="")
    print(f" the last layer's is {ratio:.3g} times as large")

# %%
fig, ax = plt.subplots()
depth = np.arange(1, 11)
for (name, slopes), marker in zip(measured.items(), plot.MARKERS, strict=False):
    logs = np.log10(slopes)
    center, sd = logs.mean(axis=0), logs.std(axis=0, ddof=1)
    ax.plot(depth, 10**center, marker=marker, label=name)
    ax.fill_between(depth, 10 ** (center - sd), 10 ** (center + sd), alpha=0.25)
ax.set(yscale="log", xlabel="layer (1 = next to the input)", ylabel="mean size of the slope", xticks=depth)
ax.legend()
plot.show(
    fig,
    alt="Slopes by layer on a log axis, mean and standard deviation of 20 random networks: nearly level for ReLU, "
    "falling by many powers of ten towards the input for sigmoid.",
)

# %% [markdown]
# With the sigmoid, the slope in the first layer is about 360,000 times smaller than in the last: each layer costs a
# factor of four. Such a layer hardly learns. With ReLU first and last layer are about level. The bands are one
# standard deviation of twenty random networks (of the logarithm). The start matters too: the weights were drawn with
# a spread that fits the width of the layer, by the rule of Glorot and Bengio for the sigmoid (`xavier` in the code,
# after Xavier Glorot) and by that of He for ReLU (`kaiming`, after Kaiming He). So the two curves differ in
# activation and start.
#
# ### Dropout: many networks in one
#
# **Dropout** switches each hidden value off with probability $p$, anew for each row in each training step, and
# divides the others by $1-p$, so that the sum stays the same on average. In the test nothing is switched off. A
# network with $M$ such neurons is then $2^M$ thinned networks that share their weights, and the test uses, in one
# pass, an average of all of them. For one linear layer this is exact, and with $M = 4$ we can visit all 16.

# %%
rng = np.random.default_rng(SEED)
hidden, w, b, p = rng.normal(size=4), rng.normal(size=4), 0.5, 0.5

thinned = [w @ (np.array(mask) * hidden / (1 - p)) + b for mask in itertools.product([0, 1], repeat=4)]
print(f"{len(thinned)} thinned networks, outputs from {min(thinned):.3f} to {max(thinned):.3f}")
print(f"their mean {np.mean(thinned):.6f}, the whole network {w @ hidden + b:.6f}")
assert np.isclose(np.mean(thinned), w @ hidden + b, atol=1e-12)

# %% [markdown]
# The mean of the sixteen is the whole network. (With $p = 0.5$ all masks are equally likely, so the plain mean is the
# right one. Behind a bend such as ReLU it is only approximately true.) In PyTorch: `model.train()` switches dropout
# on, `model.eval()` off.

# %%
dropout = nn.Dropout(0.5)
torch.manual_seed(SEED)
dropout.train()
print("train:", [dropout(torch.ones(8)).tolist() for _ in range(2)])
dropout.eval()
print("test: ", dropout(torch.ones(8)).tolist())

# %% [markdown]
# No neuron can rely on one particular other. That makes learning by heart harder; the price is slower training.
# Forgetting `eval()` is a common slip: the same patient then gets another answer each time.
#
# ### Batch normalisation in four formulas
#
# You standardise the inputs; why not the hidden values too? **Batch normalisation** does so within each batch of $n$
# rows, column by column:
#
# $$\mu = \tfrac1n \sum x_i, \quad \sigma^2 = \tfrac1n \sum (x_i-\mu)^2, \quad
# \hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\varepsilon}}, \quad y_i = \gamma\,\hat x_i + \beta$$
#
# $\varepsilon = 10^{-5}$ guards against division by zero. $\gamma$ (gamma) and $\beta$ (beta) are learned, so the
# network can undo the standardising where it does harm. In the test there may be one patient and no batch: then
# running means of $\mu$ and $\sigma^2$, collected in training, are used.


# %%
def batch_norm(x, gamma, beta):
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    standard = (x - mean) / np.sqrt(variance + 1e-5)
    return gamma * standard + beta


x = np.random.default_rng(SEED).normal(5, 3, size=(6, 2)).astype(np.float32)
norm = nn.BatchNorm1d(2)
with torch.no_grad():
    norm.weight.copy_(torch.tensor([2.0, 1.0]))  # gamma
    norm.bias.copy_(torch.tensor([0.0, -1.0]))  # beta
    in_training = norm(torch.tensor(x)).numpy()
print("train mode, largest difference below 1e-5:", np.abs(in_training - batch_norm(x, [2, 1], [0, -1])).max() < 1e-5)
assert np.allclose(in_training, batch_norm(x, [2, 1], [0, -1]), atol=1e-5)

# %% [markdown]
# After one batch the running values have moved a tenth of the way from their start (mean 0, variance 1) to the
# batch's values; for the running variance PyTorch divides by $n-1$.

# %%
running_mean = 0.9 * 0 + 0.1 * x.mean(axis=0)
running_variance = 0.9 * 1 + 0.1 * x.var(axis=0, ddof=1)
norm.eval()
with torch.no_grad():
    in_test = norm(torch.tensor(x)).numpy()
by_hand = [2, 1] * (x - running_mean) / np.sqrt(running_variance + 1e-5) + [0, -1]
print("eval mode, first row:", in_test[0].round(3), "by hand:", by_hand[0].round(3))
assert np.allclose(in_test, by_hand, atol=1e-5)

# %% [markdown]
# ### Early stopping
#
# Train long enough and a large network learns the training rows by heart, noise included. Watch the cost on rows it
# does not learn from, the validation rows, and stop when it no longer falls. Here 40 noisy points are learned by 50
# hidden neurons, and 400 others watch.

# %%
noisy, noisy_labels = make_moons(440, noise=0.35, random_state=SEED + 1)
noisy = (noisy - noisy[:40].mean(axis=0)) / noisy[:40].std(axis=0)
start = initial(2, 50, 2, np.random.default_rng(SEED))
run = train_numpy(start, noisy[:40], noisy_labels[:40], 0.5, 600, 10, np.random.default_rng(SEED))
fit_cost = [cross_entropy(forward(p, noisy[:40])[1], noisy_labels[:40]) for p in run]
watch_cost = [cross_entropy(forward(p, noisy[40:])[1], noisy_labels[40:]) for p in run]
best = int(np.argmin(watch_cost))
print(f"lowest validation cost {watch_cost[best]:.3f}, at the end {watch_cost[-1]:.3f}")
print(f"training cost then {fit_cost[best]:.3f}, at the end {fit_cost[-1]:.3f}")

# %%
fig, ax = plt.subplots()
ax.plot(fit_cost, label="40 training points")
ax.plot(watch_cost, label="400 validation points")
ax.axvline(best, color="black", linewidth=1, linestyle=":")
ax.annotate("stop here", (best, watch_cost[best]), (best + 60, 0.95 * max(watch_cost)), arrowprops={"arrowstyle": "->"})
ax.set(xlabel="epoch", ylabel="cost", ylim=(0, None))
ax.legend()
plot.show(
    fig,
    alt=f"Training cost falls to {fit_cost[-1]:.3f}; validation cost has its lowest point, {watch_cost[best]:.3f}, "
    f"early and climbs to {watch_cost[-1]:.2f}.",
)

# %% [markdown]
# The training cost falls and falls. The validation cost has its lowest point early and then quadruples: the network
# gets ever surer of what it has learned by heart, and being sure and wrong is dear. **Early stopping** keeps the
# weights of the lowest point. The validation rows have then helped to choose; the final judgement needs others.
#
# ### Your turn 4.7: patience
#
# You cannot see the future of the curve, so you wait a little: **patience** is the number of epochs without a new
# lowest cost after which you stop. Write `stop_early(costs, patience)` for a list of validation costs of the epochs
# 1, 2, 3, ... Return the tuple `(epoch in which you stop, epoch with the lowest cost up to then)`. If patience never
# runs out, you stop in the last epoch. Only a strictly lower cost is a new lowest.


# %% tags=["exercise"]
def stop_early(costs, patience):
    return ...


# %% tags=["check"]
# @title Check 4.7
def stop_early_reference(costs, patience):
    for epoch in range(1, len(costs) + 1):
        best = 1 + costs[:epoch].index(min(costs[:epoch]))
        if epoch - best >= patience:
            break
    return epoch, best


check.function(
    "4.7 patience",
    stop_early,
    stop_early_reference,
    [
        ([0.9, 0.7, 0.8, 0.6, 0.65, 0.7, 0.5, 0.4], 2),
        ([0.9, 0.7, 0.8, 0.6, 0.65, 0.7, 0.5, 0.4], 3),
        ([0.5, 0.5, 0.5, 0.4], 2),
        ([0.9, 0.8, 0.85], 5),
        ([0.5, 0.7, 0.6, 0.65, 0.55, 0.4], 2),
    ],
    hint="Go through the epochs with a loop; remember the best epoch; stop when epoch - best epoch reaches patience.",
)


# %% tags=["solution"]
# @title Solution 4.7
def stop_early_solution(costs, patience):
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch, best


check.solution("4.7 patience", stop_early_solution)

# %% [markdown]
# ## 9. Frameworks
#
# You have now written forward, backward and step by hand, for one small network. Change one layer and the backward
# pass has to be worked out again. A **framework** such as PyTorch records the forward pass while it happens and knows
# the slope of every elementary step, so it can walk back through *any* network. It also runs the same lines on a
# graphics card. You write the forward pass; nobody differentiates by hand any more.
#
# The course's old lab was written with Keras, another framework. Its lines, translated once:
#
# | Keras, old lab | PyTorch, this course |
# |---|---|
# | `model = Sequential()` | `model = nn.Sequential(...)`, the layers inside |
# | `model.add(Dense(400, activation="relu", input_dim=8))` | `nn.Linear(8, 400), nn.ReLU(),` |
# | `model.add(Dense(1, activation="sigmoid"))` | `nn.Linear(400, 1)`; the sigmoid is in the loss |
# | `model.compile(loss="binary_crossentropy",` | `loss_fn = nn.BCEWithLogitsLoss()` |
# | `optimizer="adam",` | `optimizer = torch.optim.Adam(model.parameters())` |
# | `metrics=["accuracy"])` | `metrics={"accuracy": accuracy}`, a function you can read |
# | `model.fit(X, y, epochs=200, batch_size=32)` | the loop below, or `train.fit(model, loader, ..., epochs=200)` |
# | `model.evaluate(X, y)` | `train.evaluate(model, loader, loss_fn=loss_fn, metrics=...)` |
# | `model.predict(X)` | `torch.sigmoid(train.predict(model, X))` |
#
# ## 10. The training loop
#
# A `TensorDataset` pairs inputs with targets; a `DataLoader` hands them out in batches, shuffled anew in each epoch.

# %%
crescents = TensorDataset(torch.tensor(points), torch.tensor(labels))
train_loader = DataLoader(crescents, batch_size=20, shuffle=True)


def make_network():
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2)).double()


# %% [markdown]
# Five lines in the middle are the whole of deep learning's daily work: clear the old slopes, forward, cost, backward,
# step.

# %%
train.seed_everything(SEED)
by_hand = make_network()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.01)

for _ in range(10):
    by_hand.train()  # dropout on
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = by_hand(inputs)
        loss = loss_fn(outputs, targets)
        loss.backward()
        optimizer.step()
print(f"loss of the last batch {loss.item():.3f}")

# %% [markdown]
# From here on we use `train.fit`: **the loop you just wrote**, with a table of what happened and a few safety belts.
# "The same loop" is a claim, so test it: same seed, same data; are the weights equal to the last bit?


# %%
def accuracy(outputs, targets):
    return (outputs.argmax(dim=1) == targets).float().mean()


train.seed_everything(SEED)
fitted = make_network()
history = train.fit(
    fitted,
    train_loader,
    loss_fn=loss_fn,
    optimizer=torch.optim.Adam(fitted.parameters(), lr=0.01),
    epochs=10,
    metrics={"accuracy": accuracy},
    device="cpu",  # where your loop ran; without this line fit takes a graphics card if there is one
)
print(history)

# %%
same = [torch.equal(a, b) for a, b in zip(by_hand.parameters(), fitted.parameters(), strict=True)]
print("weights of your loop and of train.fit equal to the last bit:", same)
assert all(same)

# %% [markdown]
# `history` has one row an epoch: the mean loss and accuracy on the training rows (taken batch by batch while it
# trains, with dropout on), and the learning rate; `history["loss"]` is a column, `history.plot()` a picture. With
# validation rows, `patience=20` stops as in your exercise and brings back the weights of the best epoch. With
# `checkpoint="file.pt"` everything is written to a file after each epoch, and after a power cut the same call with
# `resume=True` goes on where it stopped. If there is a graphics card, `train.fit` moves the network and each batch
# there and brings the network back.


# %%
def crescent_run(epochs, **options):
    train.seed_everything(SEED)
    network = make_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    train.fit(network, train_loader, loss_fn=loss_fn, optimizer=optimizer, epochs=epochs, device="cpu", **options)
    return network


with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "crescents.pt"
    crescent_run(4, checkpoint=file)  # "power cut" after four epochs
    resumed = crescent_run(10, checkpoint=file, resume=True)
same_again = [torch.equal(a, b) for a, b in zip(fitted.parameters(), resumed.parameters(), strict=True)]
print("cut after 4 epochs and resumed to 10, equal to the uncut run:", same_again)

# %% [markdown]
# ## 11. The lab: Pima diabetes
#
# 768 women without diabetes were examined, and it was recorded who had developed diabetes within five years. All are
# at least 21 years old, of Pima heritage, and lived near Phoenix, Arizona; the study was published in 1988. So the
# data say nothing about men, children, other peoples or today, and no result below may be carried over to them.
#
# Eight columns describe each woman: number of pregnancies; glucose (mg/dl) and insulin (µU/ml) in the blood, two
# hours after she drank a glucose solution; diastolic blood pressure (mmHg); thickness of the skin fold over the
# triceps (mm); body-mass index (kg/m²); a score for diabetes among her relatives; age in years. Diabetes was later
# defined by the same glucose test (200 mg/dl or more), so that glucose predicts it is little wonder.
#
# The Pima, who call themselves Akimel O'odham, took part in health research for decades. They did not consent, in
# today's sense, to having this table copied into machine-learning courses all over the world. We use it with that in
# mind.

# %%
pima = data.load_pima_diabetes()
print(len(pima), "women,", pima["Outcome"].sum(), "developed diabetes")
could_be_missing = ["Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]
print((pima[could_be_missing] == 0).sum().to_string())

# %% [markdown]
# A living person with a blood pressure or a body-mass index of 0? These zeros are **missing values** in disguise. For
# insulin it is nearly half of the women. We turn them into `NaN` ("not a number"), which no model can mistake for a
# measurement. Three lopsided columns get logarithms, as in lab 3: fixed formulas with nothing fitted.

# %%
table = pima.copy()
table[could_be_missing] = table[could_be_missing].replace(0, np.nan)
for name in ("Insulin", "DiabetesPedigreeFunction", "Age"):
    table[name] = np.log(table[name])
X, y = table.drop(columns="Outcome").to_numpy(), table["Outcome"].to_numpy()
print(f"BMI, zeros counted: mean {pima['BMI'].mean():.2f}; zeros as missing: mean {table['BMI'].mean():.2f} kg/m²")

# %% [markdown]
# ### The old lab, repeated
#
# The course's old lab left the zeros in, scaled *all* rows before splitting (a leak: the test rows help to set the
# scale), and trained 400-400 hidden neurons for 200 epochs, in batches of 32 (we take 128, to be quicker). How many
# parameters are 8-400-400-1? More than 160,000, for 614 rows. Before you run it: what will the accuracy be on the
# training rows?

# %%
unprepared = pima.drop(columns="Outcome")  # zeros left in
scaled_with_leak = StandardScaler().fit_transform(unprepared)  # the leak: it sees the test rows too
parts = train_test_split(scaled_with_leak, y, test_size=0.2, random_state=123)
seen, unseen, seen_y, unseen_y = (torch.tensor(part, dtype=torch.float64) for part in parts)

honest, _ = train_test_split(unprepared, test_size=0.2, random_state=123)
shift = (unprepared.mean() - honest.mean()).abs() / honest.std()
print(f"{len(seen)} training rows, {len(unseen)} test rows")
print(f"the leak moves the column means by at most {shift.max():.3f} standard deviations")

# %%
train.seed_everything(SEED)
hidden_layers = nn.Linear(8, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU()
old = nn.Sequential(*hidden_layers, nn.Linear(400, 1), nn.Flatten(0)).double()  # Flatten(0): one number a row
loader = DataLoader(TensorDataset(seen, seen_y), batch_size=128, shuffle=True)
loss_fn = nn.BCEWithLogitsLoss()
train.fit(old, loader, loss_fn=loss_fn, optimizer=torch.optim.Adam(old.parameters()), epochs=200, device="cpu")


def share_right(scores, targets):
    return ((scores > 0) == (targets == 1)).float()  # a score above 0 is a probability above 0.5


options = {"loss_fn": loss_fn, "metrics": {"accuracy": share_right}, "device": "cpu"}
on_seen = train.evaluate(old, [(seen, seen_y)], **options)
on_unseen = train.evaluate(old, [(unseen, unseen_y)], **options)
simple_test = LogisticRegression().fit(parts[0], parts[2]).score(parts[1], parts[3])
print(f"old lab's network: training accuracy {on_seen['accuracy']:.3f}, cost {on_seen['loss']:.3f}")
print(f"                   test accuracy     {on_unseen['accuracy']:.3f}, cost {on_unseen['loss']:.2f}")
print(f"logistic regression on the same rows: test accuracy {simple_test:.3f}")

# %% [markdown]
# Every training row right, and more than a quarter of the test rows wrong: the network has learned the training rows
# by heart. Logistic regression, with nine numbers, does better. (The old lab reported 0.74 for its own split.) The
# test cost tells more: saying "35 %" to every woman would cost 0.65, and this network costs more than three times as
# much, because it is sure of its errors.
#
# The leak is a mistake of principle, but not what hurts here: it moves no mean by more than 0.04 standard deviations,
# and on ten other splits (`random_state` 0 to 9), the network got 0.72 right with the leak, 0.73 without it, and
# logistic regression 0.78. (Lab 1 showed a leak that makes an accuracy out of nothing.) What hurts is 160,000
# parameters and 200 epochs for 614 rows. And a single split with 154 test rows is a lottery: the standard error of an
# accuracy of 0.75 is $\sqrt{0.75 \cdot 0.25 / 154} = 0.035$.
#
# ### Without the leak, and twenty times
#
# Everything that is *fitted* - the medians that fill the gaps (**imputation**), the means and standard deviations of
# the scaler, the model - is now fitted on the training part of each fold only. Five folds, repeated four times with
# new shuffles, **stratified** (every fold has the same share of women with diabetes): twenty fits for each model.
# Beside logistic regression stands a second yardstick, **boosted trees**: a hundred small decision trees of two
# levels, each fitted to the errors of those before it.

# %%
folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0).split(X, y))
train_rows, test_rows = folds[0]
print(f"{len(folds)} folds; the first has {len(train_rows)} training and {len(test_rows)} test rows")


def with_preparation(model):
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), model)


def logistic(X_train, y_train, X_test):
    return with_preparation(LogisticRegression()).fit(X_train, y_train).predict_proba(X_test)[:, 1]


def boosting(X_train, y_train, X_test):
    trees = GradientBoostingClassifier(learning_rate=0.05, max_depth=2, subsample=0.5, random_state=0)
    return with_preparation(trees).fit(X_train, y_train).predict_proba(X_test)[:, 1]


# %% [markdown]
# Our network is small: 8 inputs, 32 hidden neurons with ReLU, one score: 321 parameters. `weight_decay` pulls all
# weights gently towards zero, another way to prevent learning by heart. It stops after 20 epochs.


# %%
def small_network(X_train, y_train, X_test):
    train.seed_everything(SEED)
    prepare = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(X_train)
    inputs = torch.tensor(prepare.transform(X_train))
    targets = torch.tensor(y_train, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
    train.fit(
        model,
        DataLoader(TensorDataset(inputs, targets), batch_size=64, shuffle=True),
        loss_fn=nn.BCEWithLogitsLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01),
        epochs=20,
        device="cpu",
    )
    scores = train.predict(model, torch.tensor(prepare.transform(X_test)), device="cpu")
    return torch.sigmoid(scores).numpy()


# %%
models = {"logistic regression": logistic, "boosted trees": boosting, "network": small_network}
predicted, auc, right = {}, {}, {}
for name, model in models.items():
    predicted[name] = [model(X[fitted], y[fitted], X[held_out]) for fitted, held_out in folds]
    pairs = [(y[held_out], p) for p, (_, held_out) in zip(predicted[name], folds, strict=True)]
    auc[name] = np.array([roc_auc_score(outcome, p) for outcome, p in pairs])
    right[name] = np.array([np.mean((p > 0.5) == outcome) for outcome, p in pairs])
    print(f"{name:20s} AUC {auc[name].mean():.3f} +-{auc[name].std(ddof=1):.3f}   ", end="")
    print(f"accuracy {right[name].mean():.3f} +-{right[name].std(ddof=1):.3f}")
print(f"always 'no diabetes'                      accuracy {1 - y.mean():.3f}")

# %% [markdown]
# The number after +- is the standard deviation from fold to fold. All three models rank women far better than chance
# (AUC 0.5), all three beat "always no", and among themselves they differ by less than 0.01. The folds differ by six
# times as much.
#
# One caution: these settings were chosen by cross-validation on the same 768 rows, with other shuffles: one of 27 for
# the network, one of 10 for the trees, one of 5 for logistic regression. All three are flattered a little, and the
# one that was tried most is probably flattered most. The intervals below do not know of this.

# %% tags=["figure"]
# @title AUC of the twenty folds
fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 3.3))
jitter = np.random.default_rng(SEED).uniform(-0.12, 0.12, size=20)
for place, values in enumerate(auc.values()):
    left.scatter(place + jitter, values, marker=plot.MARKERS[place], s=22, alpha=0.7)
    left.hlines(values.mean(), place - 0.25, place + 0.25, color="black", linewidth=2)
left.set(xticks=range(3), xticklabels=["logistic", "boosted", "network"], ylabel="AUC", title="one point a fold")
right_ax.scatter(auc["logistic regression"], auc["network"], s=22)
ends = [auc["network"].min() - 0.01, auc["network"].max() + 0.01]
right_ax.plot(ends, ends, color="black", linewidth=1, label="equal")
right_ax.set(xlabel="AUC of logistic regression", ylabel="AUC of the network", title="the same folds, paired")
right_ax.legend()
plot.show(
    fig,
    alt="AUC by fold: three overlapping clouds from about .76 to .91; paired, most folds lie close to the line of "
    "equality, a little above it.",
)

# %% [markdown]
# ### Is the difference real?
#
# Compare on the *same* folds: subtract fold by fold, so that hard and easy folds cancel. A plain t-interval of the
# twenty differences would be too narrow, because the folds share most of their training rows. Nadeau and Bengio's
# **corrected** interval widens it; they derived it for random splits, and for repeated folds it is a good
# approximation. With $J = 20$ folds, standard deviation $s$ of the differences, $n_\text{test} / n_\text{train} =
# 1/4$, and $t_{J-1} = 2.09$ (the 97.5 % point of the t distribution with 19 degrees of freedom, which replaces the
# 1.96 of the normal distribution):
#
# $$\text{mean} \pm t_{J-1}\, s\, \sqrt{\tfrac{1}{J} + \tfrac{n_\text{test}}{n_\text{train}}}$$


# %%
def corrected_interval(differences, test_share, level=0.95):
    """Mean and interval of paired differences from repeated k-fold; test_share is n_test / n_train."""
    n = len(differences)
    t = distributions.t.ppf((1 + level) / 2, df=n - 1)
    half = t * np.std(differences, ddof=1) * np.sqrt(1 / n + test_share)
    return np.mean(differences), np.mean(differences) - half, np.mean(differences) + half


# %%
gains = {}
for other in ("logistic regression", "boosted trees"):
    for measure, values in (("AUC", auc), ("accuracy", right)):
        gains[other, measure] = corrected_interval(values["network"] - values[other], 1 / 4)
        mean, low, high = gains[other, measure]
        print(f"network minus {other:19s} {measure:8s} {mean:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}")
_, low, high = corrected_interval(auc["network"] - auc["logistic regression"], 0)
print(f"without the correction, AUC against logistic regression: {low:+.3f} to {high:+.3f}")

# %% [markdown]
# All four corrected intervals contain zero. **On 768 rows the network does not win by much**: its AUC is higher than
# that of logistic regression by 0.005, and the interval reaches from slightly worse to 0.013 better. The correction
# makes an interval $\sqrt{6} = 2.4$ times as wide; the plain one, in the last line, would have announced a victory.
# For tables with few rows and columns this is a common outcome; networks come into their own with images, sound and
# text.
#
# ### Do the probabilities mean what they say?
#
# A model is **calibrated** if, among the women to whom it gives 30 %, about 30 % develop diabetes. Sort the women by
# predicted probability, cut them into eight equal groups, and compare. The **log loss**, printed below, is the
# cross-entropy again.

# %%
oof = {name: np.zeros(len(y)) for name in models}  # out-of-fold: each woman predicted while held out
for name in models:
    for p, (_, held_out) in zip(predicted[name][:5], folds[:5], strict=True):  # the first of the four repeats
        oof[name][held_out] = p
    print(f"{name:20s} log loss {log_loss(y, oof[name]):.3f}, mean probability {oof[name].mean():.3f}", end="")
    print(f" (share with diabetes {y.mean():.3f})")

# %%
fig, ax = plt.subplots(figsize=(5.2, 4.2))
for (name, p), marker in zip(oof.items(), plot.MARKERS, strict=False):
    observed, mean_predicted = calibration_curve(y, p, n_bins=8, strategy="quantile")
    ax.plot(mean_predicted, observed, marker=marker, label=name)
ax.plot([0, 1], [0, 1], color="grey", linestyle="-", linewidth=1, label="perfect")
ax.set(xlabel="mean predicted probability", ylabel="share with diabetes")
ax.legend()
plot.show(fig, alt="Calibration of three models in eight groups of 96 women: all three stay close to the diagonal.")

# %% [markdown]
# The mean probabilities agree with the share of women with diabetes, and the groups lie near the diagonal. With 96
# women in a group, a share of 0.5 has a standard error of 0.05 (less near 0 and 1), so the zigzag is about what
# chance would do. The log loss is 0.46 to 0.47 here, and 2.25 for the old network on its test rows. Learning by
# heart spoils the probabilities even more than the accuracy.
#
# ### A threshold by its cost
#
# Who is called for a check-up? A threshold of 0.5 treats both errors alike. Suppose (for you to discuss) that missing
# a woman who will develop diabetes is as bad as five needless check-ups: the **cost** is 5 for a miss and 1 for a
# false alarm.
#
# ### Your turn 4.8: the cost of a threshold
#
# Write `cost_per_100(truth, probability, threshold)`: the cost per 100 women, when everybody with `probability >=
# threshold` is called, a miss costs 5 and a false alarm 1. `truth` is an array of 0 and 1. Do not round.


# %% tags=["exercise"]
def cost_per_100(truth, probability, threshold):
    return ...


# %% tags=["check"]
# @title Check 4.8
def cost_reference(truth, probability, threshold):
    (_, false_alarms), (misses, _) = confusion_matrix(truth, probability >= threshold, labels=[0, 1])
    return 100 * (5 * misses + false_alarms) / len(truth)


check.function(
    "4.8 cost of a threshold",
    cost_per_100,
    cost_reference,
    [
        (np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.2, 0.1]), 0.5),
        (np.array([1, 0, 0, 0, 1]), np.array([0.3, 0.3, 0.1, 0.7, 0.05]), 0.3),
        (y, pima["Glucose"].to_numpy() / 200, 0.7),
    ],
    hint="called = probability >= threshold. Misses: (truth == 1) & ~called. np.sum counts; divide by len(truth).",
)


# %% tags=["solution"]
# @title Solution 4.8
def cost_per_100_solution(truth, probability, threshold):
    called = probability >= threshold
    misses = np.sum((truth == 1) & ~called)
    false_alarms = np.sum((truth == 0) & called)
    return 100 * (5 * misses + false_alarms) / len(truth)


check.solution("4.8 cost of a threshold", cost_per_100_solution)

# %% [markdown]
# For calibrated probabilities theory has the answer: call if the expected cost of not calling, $5p$, exceeds that of
# calling in vain, $1-p$, so if $p > 1/6$. We check it with logistic regression, the simplest of the three: in each
# fold the threshold is chosen on the *training* rows (by an inner cross-validation), then used on the test rows.


# %%
def mean_cost(truth, probability, threshold, miss=5):
    """Your cost_per_100, with the cost of a miss as an argument; a false alarm costs 1."""
    called = probability >= threshold
    return 100 * np.mean(np.where(truth == 1, miss * ~called, called))


# %%
grid = np.linspace(0.05, 0.6, 56)
chosen, costs = [], {"0.5": [], "1/6": [], "chosen in training": [], "call all": []}
for (fitted, held_out), p in zip(folds, predicted["logistic regression"], strict=True):
    model = with_preparation(LogisticRegression())
    inner = cross_val_predict(model, X[fitted], y[fitted], cv=5, method="predict_proba")[:, 1]
    chosen.append(grid[np.argmin([mean_cost(y[fitted], inner, threshold) for threshold in grid])])
    for name, threshold in zip(costs, (0.5, 1 / 6, chosen[-1], 0), strict=True):
        costs[name].append(mean_cost(y[held_out], p, threshold))
print(f"mean of the thresholds chosen in the 20 folds: {np.mean(chosen):.3f}")
for name, values in costs.items():
    print(f"logistic regression, {name:18s}: cost {np.mean(values):5.1f} +-{np.std(values, ddof=1):4.1f} per 100 women")

# %%
at_one_sixth = {}
for name, predictions in predicted.items():
    pairs = zip(predictions, folds, strict=True)
    at_one_sixth[name] = np.mean([mean_cost(y[held_out], p, 1 / 6) for p, (_, held_out) in pairs])
    print(f"{name:20s} at 1/6: cost {at_one_sixth[name]:.1f} per 100 women")


# %% tags=["figure"]
# @title Slider: threshold, sensitivity, specificity, cost
def draw_threshold(threshold=0.17, cost_of_a_miss=5):
    p = oof["logistic regression"]
    called = p >= threshold
    sensitivity, specificity = called[y == 1].mean(), (~called)[y == 0].mean()
    now = mean_cost(y, p, threshold, cost_of_a_miss)
    fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.hist([p[y == 0], p[y == 1]], bins=np.linspace(0, 1, 26), stacked=True, label=["no diabetes", "diabetes"])
    left.axvline(threshold, color="black", linewidth=1.5)
    left.set(xlabel="predicted probability", ylabel="women", title=f"{called.sum()} of {len(y)} women are called")
    left.legend()
    text = f"sensitivity {sensitivity:.2f}\nspecificity {specificity:.2f}"
    left.text(0.98, 0.6, text, ha="right", transform=left.transAxes)
    axis = np.linspace(0.02, 0.9, 89)
    right_ax.plot(axis, [mean_cost(y, p, t, cost_of_a_miss) for t in axis])
    right_ax.plot(threshold, now, "o", color="black")
    right_ax.set(xlabel="threshold", ylabel="cost per 100 women", title=f"a miss costs {cost_of_a_miss}: {now:.1f}")
    return fig, f"At the threshold {threshold:.2f}: {text}, cost {now:.1f} per 100 women.".replace("\n", ", ")


plot.explore(draw_threshold, threshold=(0.02, 0.9, 0.01), cost_of_a_miss=(1, 20))

# %% [markdown]
# Calling at 0.5 costs nearly twice as much as calling at 1/6, and more than calling everybody. The threshold chosen
# in training comes near to the theory's and costs about the same; no test row has helped to choose it. The price: at
# 1/6 nearly two women in three are called, almost half of those who stay healthy among them. The threshold is worth
# 40 points per 100 women, the choice among the three models less than 1. But the 5 was invented: move the second
# slider. What a miss costs is no question of statistics; patients, doctors and those who pay must answer it.
#
# ### What 768 rows can show, and what not
#
# They can show that eight measurements carry information (an AUC of 0.84, in every fold far above 0.5), that the old
# recipe learned by heart, and that the network is within about 0.01 (AUC) or 0.03 (accuracy) of the two simpler
# models.
#
# They cannot show
#
# - which model is best, where the AUC differs by less than about 0.01: a fold has only 54 women with diabetes;
# - what holds for groups within the 768, such as the oldest women;
# - what insulin adds: it is missing for half of the women, and a median filled in is a guess, not a measurement;
# - how the model does elsewhere. There are no men, nobody under 21 and nobody of other ancestry in the table, and the
#   women of 1988 lived, ate and were treated differently from those of today. Not for clinical use;
# - what causes diabetes, or what would prevent it.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "Why can no single perceptron compute XOR?",
    [
        "It needs more training epochs",
        "Its learning rate is too large",
        "Its border is one straight line",
        "Its weights cannot be negative",
    ],
    2,
    [
        "Rosenblatt's rule goes round in circles on XOR, however long it runs.",
        "No learning rate helps: there is no solution to find.",
        "The two classes lie on two diagonals, and no line separates diagonals. A hidden layer moves the points.",
        "They can. In our two-layer solution the AND neuron has the weight -1.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A network must name every abnormality on a chest film; several may be present. What belongs at its end?",
    [
        "A sigmoid for each abnormality",
        "Softmax over all abnormalities, because the outputs must be probabilities",
        "ReLU",
        "A perceptron's hard threshold, trained by gradient descent",
    ],
    0,
    [
        "Separate yes-or-no questions: the probabilities need not add up to 1.",
        "Softmax makes the classes compete: two findings could not both be near 1.",
        "ReLU gives any positive number; that is no probability.",
        "A hard threshold has slope zero, so gradient descent has nothing to go by.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "You ask a network about the same patient three times and get three answers. What was probably forgotten?",
    ["optimizer.zero_grad()", "model.eval()", "a smaller batch", "the softmax"],
    1,
    [
        "That spoils training: old slopes would be added to new ones. Predictions would still repeat.",
        "In train mode dropout switches off other neurons each time.",
        "The size of the training batches does not matter when you ask for a prediction.",
        "Without softmax you get scores instead of probabilities, but the same ones each time.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "Training accuracy 1.00, test accuracy .73, and a plain model has .80 on the same test rows. What do you do?",
    [
        "Train longer: the network has not finished learning",
        "Report the training accuracy, because it uses more rows",
        "Move test rows into training until the test accuracy rises",
        "A smaller network, weight decay, fewer epochs, and keep the plain model as the yardstick",
    ],
    3,
    [
        "It has learned the training rows by heart; more epochs make it surer, also where it is wrong.",
        "That number says how well it remembers.",
        "Then the test rows are no test any more.",
        "All three reduce learning by heart, and the plain model tells you whether the effort pays.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "Where may the medians that fill missing values be computed?",
    [
        "On all rows, since they do not use the outcome",
        "On the training rows of each fold",
        "On the test rows of each fold",
        "Anywhere: the median is robust",
    ],
    1,
    [
        "Test rows would still leak into training. Here the harm is small, elsewhere it is not.",
        "Fitted there and applied to the test rows, like every other fitted step.",
        "Then a single new patient could not be predicted: there would be no other rows to take the median of.",
        "Robust to outliers, not to leaks.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
last = {problem: perceptron(cases, target)[2][-1] for problem, target in answers.items()}
claims = [
    last["AND"] == 0 and last["OR"] == 0 and last["XOR"] > 0 and np.array_equal(output, answers["XOR"]),
    np.allclose(by_hand_pass[0], [0.62, 0.83], atol=0.005) and np.allclose(by_hand_pass[1], [0.51, 0.85], atol=0.005),
    np.isclose(ten_outputs.sum(), 2.3) and np.allclose(probabilities.sum(axis=1), 1),
    all(np.allclose(g, t.grad, atol=1e-12) for g, t in zip(backward(parameters, points, labels), tensors, strict=True)),
    curves[20][-1] < 0.7 * curves[300][-1],  # small batches, same number of epochs
    race["Momentum"][0][1] < race["plain"][0][1] and race["Adam"][1] < race["plain"][1],
    np.mean(measured["sigmoid"], axis=0)[0] < 1e-5 * np.mean(measured["sigmoid"], axis=0)[-1],  # vanishing
    0.1 < np.mean(measured["ReLU"], axis=0)[0] / np.mean(measured["ReLU"], axis=0)[-1] < 10,
    watch_cost[-1] > 1.5 * watch_cost[best] and fit_cost[-1] < 0.6 * fit_cost[best],  # why to stop early
    all(same) and all(same_again),  # train.fit is the loop by hand
    on_seen["accuracy"] > 0.99 and 0.68 < on_unseen["accuracy"] < 0.79 and on_unseen["accuracy"] < simple_test,
    all(0.82 < values.mean() < 0.86 for values in auc.values()),
    auc["network"].mean() >= 0.83 and right["network"].mean() > 0.75 > 1 - y.mean(),
    all(low < 0.005 and high < 0.04 for _, low, high in gains.values()),  # the network does not win by much
    np.mean(costs["chosen in training"]) < 0.7 * np.mean(costs["0.5"]),
    np.ptp(list(at_one_sixth.values())) < 3 < 30 < np.mean(costs["0.5"]) - np.mean(costs["1/6"]),
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A neuron is a weighted sum and a bend; layers of them are matrices; a hidden layer makes XOR possible.
# - Backpropagation is the chain rule in a tidy order: multiply along a path, add where paths meet.
# - Mini-batches, momentum and Adam walk faster; ReLU keeps slopes alive; dropout, weight decay and early stopping
#   hinder learning by heart.
# - `train.fit` is the loop you wrote, to the last bit.
# - On 768 rows a network, boosted trees and logistic regression are about equally good; the threshold matters more
#   than the model.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | neuron, perceptron | 뉴런, 퍼셉트론 | weighted sum plus bias, then a threshold or a bend |
# | weight, bias | 가중치, 편향 | factor of an input; what is added to the sum |
# | hidden layer | 은닉층 | neurons whose answers only the next layer sees |
# | activation function | 활성화 함수 | the bend after the weighted sum |
# | forward pass | 순전파 | from the inputs to the output |
# | backpropagation | 역전파 | slopes from the cost back to every weight |
# | chain rule | 연쇄 법칙 | slopes along a path are multiplied |
# | computation graph | 계산 그래프 | the steps of a calculation as boxes and arrows |
# | score (logit) | 로짓 | output before softmax or sigmoid |
# | softmax | 소프트맥스 | scores into probabilities that add up to 1 |
# | one-hot encoding | 원-핫 인코딩 | 1 for the true class, 0 for the others |
# | cross-entropy | 교차 엔트로피 | minus the logarithm of the true class's probability |
# | mini-batch | 미니배치 | the few rows of one step |
# | stochastic gradient descent | 확률적 경사하강법 | descent by slopes of single rows or small batches |
# | momentum | 모멘텀 | a velocity that remembers earlier slopes |
# | optimiser | 옵티마이저(최적화 알고리즘) | the rule that turns slopes into steps |
# | vanishing gradient | 기울기 소실 | slopes that shrink from layer to layer |
# | dropout | 드롭아웃 | random hidden values off, in training only |
# | batch normalisation | 배치 정규화 | standardising hidden values within a batch |
# | early stopping | 조기 종료 | keep the weights of the lowest validation cost |
# | weight decay | 가중치 감쇠 | a gentle pull of all weights towards zero |
# | gradient boosting | 그래디언트 부스팅 | small trees, each fitted to the errors so far |
# | overfitting | 과적합 | learning the training rows by heart |
# | missing value, imputation | 결측값, 대체 | not measured; filled in by a rule |
# | stratified folds | 층화 교차검증 | every fold has the same share of cases |
# | calibration | 보정 | among those told 30 %, 30 % have it |
# | threshold | 임곗값 | from which probability on to act |
#
# ## References
#
# - Rosenblatt F. The perceptron: a probabilistic model for information storage and organization in the brain. Psychol
#   Rev 1958;65:386-408.
# - Minsky M, Papert S. Perceptrons. MIT Press, 1969. (On XOR and its relatives.)
# - Rumelhart DE, Hinton GE, Williams RJ. Learning representations by back-propagating errors. Nature
#   1986;323:533-536.
# - White JG et al. The structure of the nervous system of the nematode Caenorhabditis elegans. Phil Trans R Soc Lond
#   B 1986;314:1-340.
# - Azevedo FAC et al. Equal numbers of neuronal and nonneuronal cells make the human brain an isometrically scaled-up
#   primate brain. J Comp Neurol 2009;513:532-541.
# - Polyak BT. Some methods of speeding up the convergence of iteration methods. USSR Comput Math Math Phys
#   1964;4:1-17.
# - Nesterov YE. A method of solving a convex programming problem with convergence rate O(1/k²). Sov Math Dokl
#   1983;27:372-376.
# - Sutskever I et al. On the importance of initialization and momentum in deep learning. ICML 2013.
# - Duchi J, Hazan E, Singer Y. Adaptive subgradient methods. J Mach Learn Res 2011;12:2121-2159. (AdaGrad.)
# - Zeiler MD. ADADELTA: an adaptive learning rate method. arXiv:1212.5701, 2012.
# - Kingma DP, Ba J. Adam: a method for stochastic optimization. ICLR 2015 (arXiv:1412.6980, 2014).
# - Dozat T. Incorporating Nesterov momentum into Adam. ICLR workshop 2016.
# - Reddi SJ, Kale S, Kumar S. On the convergence of Adam and beyond. ICLR 2018. (AMSGrad.)
# - Glorot X, Bengio Y. Understanding the difficulty of training deep feedforward neural networks. AISTATS
#   2010:249-256.
# - He K et al. Delving deep into rectifiers. ICCV 2015:1026-1034.
# - Srivastava N et al. Dropout: a simple way to prevent neural networks from overfitting. J Mach Learn Res
#   2014;15:1929-1958.
# - Ioffe S, Szegedy C. Batch normalization. ICML 2015:448-456.
# - Smith JW et al. Using the ADAP learning algorithm to forecast the onset of diabetes mellitus. Proc Symp Comput
#   Appl Med Care 1988:261-265.
# - Radin J. "Digital natives": how medical and Indigenous histories matter for big data. Osiris 2017;32:43-64.
# - Bouckaert RR, Frank E. Evaluating the replicability of significance tests for comparing learning algorithms. PAKDD
#   2004:3-12.
# - Nadeau C, Bengio Y. Inference for the generalization error. Mach Learn 2003;52:239-281.
