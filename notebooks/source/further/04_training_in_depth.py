# %% [markdown]
# # 4. Training in depth
#
# {{badge}}
#
# {{budget}}
#
# What the core of lab 4 left out: what keeps slopes alive, how to walk, when to stop, and whether it was worth it. Each
# section stands on its own.
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
import copy
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
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import check, data, plot, train

# %%
torch.set_num_threads(1)  # networks this small run faster on one core
train.seed_everything(SEED)


# %% [markdown]
# ## 1. Slopes that vanish
#
# On its way back through a network a slope is multiplied, at every layer, by the slope of the activation. The
# sigmoid's is at most 0.25, ReLU's is 1 or 0. Two further bends were invented to keep slopes alive on both sides of
# zero:
#
# | Name | Formula | Slope |
# |---|---|---|
# | maxout | the largest of several lines, here $\max(-0.5x-1,\; x)$ | the slope of the line on top |
# | ELU (exponential linear unit) | $x$ if $x>0$, else $e^x-1$ | 1 or $e^x$ |
#
# In maxout the lines have weights of their own, which are learned. ELU is the one that is smooth at zero.

# %%
more_bends = {  # name: (value, slope)
    "maxout": (lambda x: np.maximum(-0.5 * x - 1, x), lambda x: np.where(x > -2 / 3, 1.0, -0.5)),
    "ELU": (lambda x: np.where(x > 0, x, np.exp(x) - 1), lambda x: np.where(x > 0, 1.0, np.exp(x))),
}
for name, (value, slope) in more_bends.items():
    print(f"{name:6s} at -2: {value(-2.0):6.3f}, slope {slope(-2.0):6.3f};   at 4: {value(4.0):.3f}", end="")
    print(f", slope {slope(4.0):.3f}")

# %% tags=["figure"]
# @title Maxout and ELU with their slopes
fig, axes = plt.subplots(1, 2, figsize=(7.6, 2.9), sharey=True)
line = np.linspace(-4, 4, 401)
for ax, (name, (value, slope)) in zip(axes, more_bends.items(), strict=True):
    ax.plot(line, value(line), label="value")
    ax.plot(line, slope(line), linewidth=1.5, label="slope")
    ax.set(title=name, xlabel="weighted sum x", ylim=(-1.6, 2.6))
axes[0].legend(fontsize=9, loc="upper left")
plot.show(
    fig,
    alt="Maxout is two straight lines that meet at x = -2/3, where its slope jumps from -0.5 to 1. ELU bends smoothly "
    "towards -1 on the left, and its slope falls from 1 to nearly 0 there.",
)

# %% [markdown]
# Now measure it. Ten layers of 32 neurons, not trained: how large are the slopes of the weights in each layer? The
# start matters too. Weights that are drawn too small or too large shrink or blow up what passes through, so their
# spread must fit the width: by the rule of Glorot and Bengio for the sigmoid (`xavier` in the code), by that of He for
# ReLU (`kaiming`). Before you run it: by what factor do first and last layer differ, with sigmoid?


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


# %%
measured = {
    "sigmoid": [slopes_by_layer(torch.sigmoid, nn.init.xavier_normal_, seed) for seed in range(20)],
    "ReLU": [slopes_by_layer(torch.relu, nn.init.kaiming_normal_, seed) for seed in range(20)],
}
for name, slopes in measured.items():
    first, last = np.mean(slopes, axis=0)[[0, -1]]  # mean of 20 networks, first and last layer
    print(f"{name:7s} slope in the first layer {first:.2e}; the last layer's is {last / first:.3g} times as large")

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
# With the sigmoid the slope in the first layer is about 360,000 times smaller than in the last: each layer costs a
# factor of four. With ReLU first and last layer are about level. The bands are one standard deviation of twenty random
# networks (of the logarithm).
#
# ### Your turn 4.6: wake it up
#
# `train_deep` trains ten layers on two interlocking crescents. With sigmoid the cost stays at 0.693, the natural
# logarithm of 2: a coin. A colleague proposes four remedies, one at a time: a learning rate a hundred times as large
# (`rate=10`), five times as many steps (`steps=1500`), Adam (`kind=torch.optim.Adam, rate=0.01`), or ReLU with its
# start (`bend=nn.ReLU, start=nn.init.kaiming_normal_`). Write down in which order they will come. Then add a cell, and
# answer `remedy`: the one that reaches the lowest cost, `"rate"`, `"steps"`, `"Adam"` or `"ReLU"`.


# %%
def train_deep(bend=nn.Sigmoid, start=nn.init.xavier_normal_, kind=torch.optim.SGD, rate=0.1, steps=300):
    """Cost on 300 points after training ten layers with all points in each step."""
    points, labels = make_moons(300, noise=0.2, random_state=SEED)
    points, labels = torch.tensor((points - points.mean(axis=0)) / points.std(axis=0)), torch.tensor(labels)
    torch.manual_seed(SEED)
    network = nn.Sequential(nn.Linear(2, 32), *[nn.Sequential(bend(), nn.Linear(32, 32)) for _ in range(8)])
    network = nn.Sequential(network, bend(), nn.Linear(32, 2)).double()
    for layer in (module for module in network.modules() if isinstance(module, nn.Linear)):
        start(layer.weight)
        nn.init.zeros_(layer.bias)
    optimizer = kind(network.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        cost = nn.functional.cross_entropy(network(points), labels)
        cost.backward()
        optimizer.step()
    return cost.item()


# %%
print(f"ten layers with sigmoid: cost {train_deep():.3f}")

# %% tags=["exercise"]
remedy = ...

# %% tags=["check"]
# @title Check 4.6
with_relu = train_deep(bend=nn.ReLU, start=nn.init.kaiming_normal_)
with_adam = train_deep(kind=torch.optim.Adam, rate=0.01)
check.choice(
    "4.6 wake it up",
    remedy,
    "ReLU",
    outcomes={
        "rate": f"The cost is {train_deep(rate=10):.1f} now, worse than a coin's. A larger rate multiplies all steps "
        "alike: the last layers, whose slopes are not small, are thrown about, and the first ones still hardly move.",
        "steps": f"Five times as long, and the cost is {train_deep(steps=1500):.3f}. At a hundred-thousandth of the "
        "speed the first layers would need days on your computer, for 300 points.",
        "Adam": f"A good thought: Adam divides by the size of each weight's slopes, so small ones count. The cost "
        f"falls to {with_adam:.2f}. But it repairs the step, not the slope; ReLU gets {with_relu:.2f}.",
        "ReLU": f"The cost is {with_relu:.2f}. The slopes arrive, so plain descent is enough. Adam alone, which "
        f"enlarges small slopes, comes second with {with_adam:.2f}; the rate and more steps do not help at all.",
    },
)

# %% tags=["solution"]
# @title Solution 4.6
check.solution("4.6 wake it up", "ReLU")

# %% [markdown]
# ## 2. The optimisers
#
# In a long narrow valley plain gradient descent zigzags from wall to wall and creeps along the floor. **Momentum** lets
# the walker roll: a velocity $v$ keeps nine tenths of itself and adds the new slope $g$. Across the valley the slopes
# alternate and cancel; along it they add up.
#
# $$v := 0.9\,v + g, \qquad w := w - \eta\, v$$
#
# **Adam** keeps two running means, of the slope ($m$) and of its square ($s$), and divides one by the root of the
# other, so that each weight gets a step of its own size. Both means begin at zero; the divisions by $1-0.9^t$ and
# $1-0.999^t$ correct for that in step $t$.
#
# $$m := 0.9\,m + 0.1\,g, \quad s := 0.999\,s + 0.001\,g^2, \quad
# w := w - \eta\,\frac{m/(1-0.9^t)}{\sqrt{s/(1-0.999^t)} + 10^{-8}}$$


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
# `torch.optim` has the finished optimisers: they read the slopes that `backward()` left and change the weights. Do
# yours take the same steps?


# %%
def valley(w):
    """Cost at w: a valley at an angle of 30 degrees to the first weight's axis."""
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    along, across = c * w[..., 0] + s * w[..., 1], c * w[..., 1] - s * w[..., 0]
    return (along**2 + 50 * across**2) / 2


# %%
def walk(kind, steps, **options):
    """All places that an optimiser of this kind visits in the valley, from (-4, 0)."""
    w = torch.tensor([-4.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer, path = kind([w], **options), [w.detach().numpy().copy()]
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


# %%
rolling, v = np.array([-4.0, 0.0]), np.zeros(2)
adapted, m, s = np.array([-4.0, 0.0]), np.zeros(2), np.zeros(2)
for t in range(1, 51):
    rolling, v = momentum_step(rolling, v, slope_of_valley(rolling), eta=0.01)
    adapted, m, s = adam_step(adapted, m, s, t, slope_of_valley(adapted), eta=1.0)
# %%
by_momentum = walk(torch.optim.SGD, 50, lr=0.01, momentum=0.9)[-1]
by_adam = walk(torch.optim.Adam, 50, lr=1.0)[-1]
print(f"momentum after 50 steps: {rolling.round(4)} by hand, {by_momentum.round(4)} by torch.optim")
print(f"Adam after 50 steps:     {adapted.round(4)} by hand, {by_adam.round(4)} by torch.optim")
assert np.allclose(rolling, by_momentum, atol=1e-10) and np.allclose(adapted, by_adam, atol=1e-10)

# %% [markdown]
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
# You need two of these, momentum and Adam; the table is for looking names up. A race needs fair starts: each optimiser
# gets the learning rate, out of 0.01, 0.03, 0.1, 0.3, 1, 3 and 10, with which it came low without jumping about, tried
# beforehand, separately for the valley and for a network on two interlocking crescents.

# %%
optim = torch.optim
family = {  # name: (kind, options, learning rate in the valley, on the crescents)
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


# %%
points, labels = make_moons(300, noise=0.2, random_state=SEED)
points, labels = torch.tensor((points - points.mean(axis=0)) / points.std(axis=0)), torch.tensor(labels)


# %%
def cost_on_crescents(kind, steps=60, **options):
    torch.manual_seed(SEED)
    network = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)).double()
    optimizer = kind(network.parameters(), **options)
    for _ in range(steps):  # each with all rows
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(points), labels)
        loss.backward()
        optimizer.step()
    return loss.item()


# %%
paths, on_crescents = {}, {}
for name, (kind, options, valley_rate, rate) in family.items():
    paths[name] = walk(kind, 200, lr=valley_rate, **options)
    on_crescents[name] = cost_on_crescents(kind, lr=rate, **options)
# %%
worst = {name: [valley(path)[end - 10 : end].max() for end in (51, 101)] for name, path in paths.items()}
for name in family:
    at_50, at_100 = worst[name]
    print(f"{name:9s} valley, highest cost of ten steps up to step 50: {at_50:7.3f}, 100: {at_100:7.4f};", end="")
    print(f"   crescents, step 60: {on_crescents[name]:.3f}")

# %% tags=["figure"]
# @title The race: where each optimiser has come
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
rows = np.arange(len(family))[::-1]
ends = np.array([worst[name] for name in family])
left.hlines(rows, ends.min(axis=1), ends.max(axis=1), color="grey", linewidth=1, linestyle="-")
left.scatter(ends[:, 0], rows, marker="o", s=45, facecolor="white", edgecolor="C0", zorder=3, label="step 50")
left.scatter(ends[:, 1], rows, marker="o", s=45, color="C0", zorder=3, label="step 100")
left.set(xscale="log", xlabel="cost (highest of ten steps, log axis)", title="in the valley", xlim=(3e-5, 80))
left.set_yticks(rows, labels=list(family))
left.legend(loc="lower left", fontsize=9)
right.scatter(list(on_crescents.values()), rows, marker="^", s=55, color="C1", zorder=3)
right.axvline(on_crescents["plain"], color="black", linewidth=1, linestyle=":")
right.text(on_crescents["plain"] + 0.002, 5, "plain", fontsize=9)
right.set(xlabel="cost after 60 steps", title="a network on two crescents", xlim=(0, 0.18))
plot.show(
    fig,
    alt="Ten optimisers, a row each. In the valley Nesterov is by far the lowest after 100 steps, and Adadelta is far "
    "behind. On the crescents Adam and AMSGrad are lowest; plain descent and Adadelta come last.",
)


# %% tags=["figure"]
# @title Slider: an optimiser's path through the valley, beside plain descent
def draw_race(optimiser="Momentum", steps=100):
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7))
    grid = np.stack(np.meshgrid(np.linspace(-5, 5, 80), np.linspace(-4, 4, 80)), axis=-1)
    levels = np.geomspace(0.1, 400, 9)
    left.contour(*np.moveaxis(grid, -1, 0), valley(grid), levels=levels, linewidths=0.7, colors="#767676")
    for name, color, mark in (("plain", "C0", "o"), (optimiser, "C1", "^")):
        left.plot(*paths[name][: steps + 1].T, color=color, linestyle="-", linewidth=1.2, marker=mark, markersize=4)
        right.semilogy(valley(paths[name])[: steps + 1], color=color, marker=mark, markersize=3, label=name)
    left.plot(0, 0, "*", color="black", markersize=12)
    left.set(xlim=(-5, 5), ylim=(-4, 4), xlabel="w1", ylabel="w2", title=f"{steps} steps; the star is the bottom")
    right.set(xlabel="step", ylabel="cost (log axis)", ylim=(1e-5, 300), xlim=(0, 200), title=f"{optimiser} and plain")
    right.legend()
    now = valley(paths[optimiser])[steps]
    return fig, f"{optimiser} has brought the cost in the oblique valley from 106 to {now:.3g} after {steps} steps."


plot.explore(draw_race, optimiser=list(family)[1:], steps=(1, 200))

# %% [markdown]
# In the valley momentum is still worse than plain descent after 50 steps: it rolls past the bottom and swings. After
# 100 steps the swings have died down, and it is ahead; Nesterov, which looks where the velocity carries it, brakes
# earlier and swings less. On the crescents Adam and AMSGrad come lowest, practically one. Adadelta is slow in both; its
# steps are measured by its earlier steps, and those begin near zero. Two problems crown nobody.
#
# ### Your turn 4.7: one run
#
# You can afford one training run, and nobody can tell you the learning rate: it may be 0.01, 0.03, 0.1, 0.3, 1 or 3.
# Take the valley as the test, 100 steps, and choose the optimiser whose *worst* cost over these six rates, at the last
# step, is lowest: `"plain"`, `"AdaGrad"`, `"RMSprop"` or `"Adam"`. Guess first. Then add a cell with `walk` and
# `valley(...)[-1]`, and answer `safest`. (`walk(torch.optim.Adam, 100, lr=0.01)` is one of the 24 walks.)

# %% tags=["exercise"]
safest = ...

# %% tags=["check"]
# @title Check 4.7
rates = (0.01, 0.03, 0.1, 0.3, 1, 3)
kinds = {name: family[name][0] for name in ("AdaGrad", "RMSprop", "Adam")}
ends_at = {name: [valley(walk(kind, 100, lr=rate))[-1] for rate in rates] for name, kind in kinds.items()}
check.choice(
    "4.7 one run",
    safest,
    "RMSprop",
    outcomes={
        "plain": f"With 0.01 and 0.03 it is fine ({valley(walk(torch.optim.SGD, 100, lr=0.03))[-1]:.3f}). With "
        "larger rates each step overshoots by more than the last, and it is thrown out of the valley: your one run "
        "ends in infinities.",
        "AdaGrad": f"It divides by the sum of all squares so far, so its steps only shrink: with 0.01 the cost is "
        f"still {ends_at['AdaGrad'][0]:.0f} of 106 at the end. The run is over before it has begun to walk.",
        "RMSprop": f"Its worst cost is {max(ends_at['RMSprop']):.1f}; Adam's is {max(ends_at['Adam']):.0f}. Its mean "
        "of squares begins at zero and is not corrected, so its first steps are up to ten times as long as the rate: "
        "here that saves the small rates. Where the rate can be tuned, others come lower.",
        "Adam": f"The usual first choice, and never thrown out. But a step of Adam is about as long as the rate: a "
        f"hundred steps of 0.01 go one unit of four. The cost is {max(ends_at['Adam']):.0f}; the safest one's worst is "
        f"{max(ends_at['RMSprop']):.1f}.",
    },
)

# %% tags=["solution"]
# @title Solution 4.7
check.solution("4.7 one run", "RMSprop")
for name, costs in ends_at.items():
    print(f"{name:8s}", "  ".join(f"{cost:7.3f}" for cost in costs))

# %% [markdown]
# The adaptive methods forgive a badly chosen learning rate. That, rather than speed, made Adam the usual first choice,
# for networks with a rate of 0.001 to 0.003.


# %% [markdown]
# ## 3. Dropout
#
# **Dropout** switches each hidden value off with probability $p$, anew for each row in each training step, and divides
# the others by $1-p$, so that the sum stays the same on average. In the test nothing is switched off. No neuron can
# rely on one particular other, which makes learning by heart harder; the price is slower training.
#
# A network with $M$ such neurons is then $2^M$ thinned networks that share their weights, and the test uses, in one
# pass, an average of all of them. For one linear layer this is exact, and with $M = 4$ we can visit all 16. A **mask**
# says which neurons stay: 1 or 0 for each.

# %%
rng = np.random.default_rng(SEED)
hidden, w, b, p = rng.normal(size=4), rng.normal(size=4), 0.5, 0.5
masks = np.array(list(itertools.product([0, 1], repeat=4)))  # a row each
thinned = (masks * hidden / (1 - p)) @ w + b
print(f"{len(thinned)} thinned networks, outputs from {thinned.min():.3f} to {thinned.max():.3f}")
print(f"their mean {thinned.mean():.6f}, the whole network {w @ hidden + b:.6f}")

# %% tags=["figure"]
# @title The sixteen networks
fig, ax = plt.subplots(figsize=(8, 3))
order = np.argsort(thinned)
ax.bar(range(16), thinned[order], color="#cfe3f2", edgecolor="C0")
ax.axhline(w @ hidden + b, color="black", linewidth=1.5, linestyle="--")
ax.text(-0.6, w @ hidden + b + 0.06, "the whole network = their mean", fontsize=10)
ax.set_xticks(range(16), labels=["".join(map(str, masks[i])) for i in order], rotation=90, fontsize=9)
ax.set(xlabel="mask: which of the four neurons stay", ylabel="output")
plot.show(
    fig,
    alt=f"Sixteen bars, one for each mask of four neurons, from {thinned.min():.2f} to {thinned.max():.2f}; a dashed "
    f"line at {thinned.mean():.2f} is both their mean and the answer of the whole network.",
)

# %% [markdown]
# The mean of the sixteen is the whole network. (With $p = 0.5$ all masks are equally likely, so the plain mean is the
# right one. Behind a bend such as ReLU it is only approximately true.) In PyTorch `model.train()` switches dropout on,
# `model.eval()` off; `train.fit` and `train.predict` do it for you.

# %%
dropout = nn.Dropout(0.5)
torch.manual_seed(SEED)
dropout.train()
print("train:", [dropout(torch.ones(8)).tolist() for _ in range(2)])
dropout.eval()
print("test: ", dropout(torch.ones(8)).tolist())

# %% [markdown]
# Forgetting `eval()` is a common slip: the same patient gets another answer each time. You notice if you ask twice.
#
# ### Your turn 4.8: unequal masks
#
# In practice $p$ is often 0.2. Then the masks are not equally likely, and the plain mean of the sixteen is *not* the
# whole network. Write `mean_of_thinned(hidden, w, b, p)`: the mean over all masks, each weighted with its probability,
# for any number of neurons. (A neuron stays with probability $1-p$, independently of the others.) Visit the masks,
# even if you know what must come out. `np.prod` multiplies.


# %% tags=["exercise"]
def mean_of_thinned(hidden, w, b, p):
    return ...


# %% tags=["check"]
# @title Check 4.8
def over_masks(hidden, w, b, stay, scale):
    total = 0
    for mask in itertools.product([0, 1], repeat=len(hidden)):
        chance = np.prod([stay if kept else 1 - stay for kept in mask])
        total += chance * (np.sum(np.array(mask) * hidden * w) * scale + b)
    return total


check.function(
    "4.8 unequal masks",
    mean_of_thinned,
    lambda hidden, w, b, p: w @ hidden + b,
    [(np.array([0.5, -1.0]), np.array([2.0, 1.5]), 0.25, 0.2), (np.array([1.0, 2.0, -0.5]), np.ones(3), -1.0, 0.3)],
    hint="For each mask: its probability, times its output (mask * hidden / (1 - p)) @ w + b; add up over the masks.",
    slips={
        "That is the plain mean, but with p = 0.2 the mask 1, 1 is 16 times as likely as 0, 0.": (
            lambda hidden, w, b, p: over_masks(hidden, w, b, 0.5, 1 / (1 - p))
        ),
        "p and 1 - p are exchanged: p is the probability to go.": (
            lambda hidden, w, b, p: over_masks(hidden, w, b, p, 1 / (1 - p))
        ),
        "The division by 1 - p is missing.": lambda hidden, w, b, p: over_masks(hidden, w, b, 1 - p, 1),
    },
)


# %% tags=["solution"]
# @title Solution 4.8
def mean_of_thinned_solution(hidden, w, b, p):
    total = 0
    for mask in itertools.product([0, 1], repeat=len(hidden)):
        probability = np.prod([1 - p if stays else p for stays in mask])
        total += probability * ((np.array(mask) * hidden / (1 - p)) @ w + b)
    return total  # it is w @ hidden + b, for every p: that is why eval() may use the whole network


check.solution("4.8 unequal masks", mean_of_thinned_solution)

# %% [markdown]
# ## 4. Batch normalisation
#
# You standardise the inputs; why not the hidden values too? **Batch normalisation** does so within each batch of $n$
# rows, column by column:
#
# $$\mu = \tfrac1n \sum x_i, \quad \sigma^2 = \tfrac1n \sum (x_i-\mu)^2, \quad
# \hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\varepsilon}}, \quad y_i = \gamma\,\hat x_i + \beta$$
#
# $\varepsilon = 10^{-5}$ guards against division by zero. $\gamma$ (gamma) and $\beta$ (beta) are learned, so the
# network can undo the standardising where it does harm.


# %%
def batch_norm(x, gamma, beta):
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    standard = (x - mean) / np.sqrt(variance + 1e-5)
    return gamma * standard + beta


# %%
x = np.random.default_rng(SEED).normal(5, 3, size=(6, 2)).astype(np.float32)
norm = nn.BatchNorm1d(2)
with torch.no_grad():
    norm.weight.copy_(torch.tensor([2.0, 1.0]))  # gamma
    norm.bias.copy_(torch.tensor([0.0, -1.0]))  # beta
    in_training = norm(torch.tensor(x)).numpy()
print("train mode, same as by hand:", np.allclose(in_training, batch_norm(x, [2, 1], [0, -1]), atol=1e-5))

# %% [markdown]
# In the test there may be one patient and no batch. So the layer keeps a **running mean** and a running variance while
# it trains, and uses those after `eval()`. After one batch they have moved a tenth of the way from their start (mean
# 0, variance 1) to the batch's values; for the running variance PyTorch divides by $n-1$.

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
# Now a network that has it: the Pima table in short (zeros filled with medians, every fifth woman kept for the test),
# and 32 hidden values that are normalised before their ReLU.

# %%
pima = data.load_pima_diabetes()
columns, outcome = pima.drop(columns="Outcome"), torch.tensor(pima["Outcome"].to_numpy())
test = torch.arange(len(pima)) % 5 == 0
prepare = make_pipeline(SimpleImputer(missing_values=0, strategy="median"), StandardScaler())
inputs = torch.tensor(prepare.fit(columns[~test.numpy()]).transform(columns))
pairs = inputs[test].reshape(77, 2, 8)  # 77 pairs of 2 women with 8 measurements
pair_outcome = outcome[test].reshape(77, 2)

# %%
train.seed_everything(SEED)
with_norm = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
batches = DataLoader(TensorDataset(inputs[~test], outcome[~test].double()), 64, shuffle=True, drop_last=True)
optimizer = torch.optim.Adam(with_norm.parameters(), lr=0.01, weight_decay=0.01)
train.fit(with_norm, batches, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")


# %%
def ask(network, rows):
    with torch.no_grad():
        return torch.sigmoid(network(rows)).numpy()


# %%
with_norm.eval()
answers = np.array([ask(with_norm, pair) for pair in pairs])
print(f"AUC {roc_auc_score(pair_outcome.ravel(), answers.ravel()):.2f}")
both_ill = pair_outcome.numpy().sum(axis=1) == 2
called = (answers > 0.5).sum(axis=1)
print(f"in {both_ill.sum()} pairs both women fall ill; both are called in {np.sum(called[both_ill] == 2)} of these")

# %% [markdown]
# ### Your turn 4.9: patients who come in pairs
#
# A hospital's server asks this network about two patients at a time, as the cell above does, but somebody forgot
# `eval()`. Of the pairs in which both women fall ill: will both be called at 0.5 in `"none"` of them, in `"fewer"` than
# above but some, in `"as many"`, or in `"more"`? Think of the four formulas with $n = 2$, write down a guess, then add
# a cell. (Use `copy.deepcopy(with_norm).train()`: a forward pass in train mode also moves the running means, a second
# harm.) Answer `in_train_mode`.

# %% tags=["exercise"]
in_train_mode = ...

# %% tags=["check"]
# @title Check 4.9
forgotten = copy.deepcopy(with_norm).train()
told = np.array([ask(forgotten, pair) for pair in pairs])
both, one = ((told > 0.5).sum(axis=1) == 2).sum(), ((told > 0.5).sum(axis=1) == 1).sum()
auc_told = roc_auc_score(pair_outcome.ravel(), told.ravel())
story = f"Both are called in {both} of all 77 pairs, one of the two in {one}, and the AUC is {auc_told:.2f}. "
check.choice(
    "4.9 pairs",
    in_train_mode,
    "none",
    outcomes={
        "none": story + "With two rows every hidden value becomes about +1 for one woman and -1 for the other: the "
        "network sees who of the two has more, not how much. Whether you are called depends on who sits beside you.",
        "fewer": story + "Not even some: after standardising two rows, one woman's rise is the other's fall, so two "
        "high answers cannot come out together.",
        "as many": story + "The learned weights are the same, but what they are multiplied with is not: the mean and "
        "spread of two women stand in for those of 614.",
        "more": story + "The mean of a pair of ill women is high, and it is subtracted: two ill women make each other "
        "look average.",
    },
)

# %% tags=["solution"]
# @title Solution 4.9
check.solution("4.9 pairs", "none")

# %% [markdown]
# ## 5. Early stopping
#
# Train long enough, and a large network learns the training rows by heart, noise included. Watch the cost on rows it
# does not learn from, the **validation rows**, and keep the weights of the lowest point. Here 50 hidden neurons learn
# 40 noisy points, 400 others watch, and 1,000 more are kept for the judgement at the end.

# %%
noisy, noisy_labels = make_moons(1440, noise=0.35, random_state=SEED + 1)
noisy = torch.tensor((noisy - noisy[:40].mean(axis=0)) / noisy[:40].std(axis=0))
noisy_labels = torch.tensor(noisy_labels)
watching = [(noisy[40:440], noisy_labels[40:440])]
loss_fn = nn.CrossEntropyLoss()


# %%
def run(**options):
    train.seed_everything(SEED)
    network = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2)).double()
    batches = DataLoader(TensorDataset(noisy[:40], noisy_labels[:40]), batch_size=10, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.03)
    options |= {"loss_fn": loss_fn, "optimizer": optimizer, "device": "cpu"}
    return network, train.fit(network, batches, watching, epochs=600, **options)


# %%
to_the_end, history = run()
watched, fitted = np.array(history["val_loss"]), np.array(history["loss"])
lowest = int(watched.argmin())
print(f"validation cost: lowest {watched[lowest]:.3f}, in epoch {lowest + 1}; at the end {watched[-1]:.2f}")
print(f"training cost:   then {fitted[lowest]:.3f}, at the end {fitted[-1]:.3f}")


# %% tags=["figure"]
# @title Slider: where patience stops
def draw_patience(patience=20):
    best, stop = 0, len(watched) - 1
    for epoch, cost in enumerate(watched):
        best = epoch if cost < watched[best] else best
        if epoch - best == patience:
            stop = epoch
            break
    fig, ax = plt.subplots(figsize=(7.6, 3.4))
    ax.plot(np.arange(1, 601), fitted, label="40 training points")
    ax.plot(np.arange(1, 601), watched, label="400 validation points")
    ax.axvspan(stop + 1, 600, color="#eeeeee", label="not trained any more")
    ax.plot(best + 1, watched[best], marker="o", color="black", linestyle="none", label="weights that are kept")
    ax.set(xlabel="epoch", ylabel="cost", ylim=(0, None), xlim=(0, 600), title=f"patience {patience}")
    ax.legend(loc="upper left", fontsize=9)
    words = f"Training cost falls to {fitted[-1]:.3f}, validation cost climbs to {watched[-1]:.2f}. "
    return fig, words + f"With patience {patience} training stops in epoch {stop + 1} and keeps epoch {best + 1}."


plot.explore(draw_patience, patience=[1, 2, 5, 10, 20, 50, 100])

# %% [markdown]
# The training cost falls and falls. The validation cost has its lowest point early and then more than doubles: the
# network gets ever surer of what it has learned by heart, and being sure and wrong is dear.
#
# You cannot see the future of the curve, so you wait a little. **Patience** is the number of epochs without a new
# lowest cost after which you stop: `train.fit(..., patience=20)`. The validation rows have then helped to choose, so
# the lowest point flatters; the judgement needs others.

# %%
stopped, short_history = run(patience=20)
fresh, fresh_labels = noisy[440:], noisy_labels[440:]
for name, network in (("600 epochs", to_the_end), ("patience 20", stopped)):
    with torch.no_grad():
        print(f"{name:11s}: cost on 1,000 fresh points {loss_fn(network(fresh), fresh_labels):.2f}")
print(f"trained for {len(short_history.rows)} epochs instead of 600")

# %% [markdown]
# ### Your turn 4.10: patience
#
# Write `stop_early(costs, patience)` for a list of validation costs of the epochs 1, 2, 3, ... Return the tuple
# `(epoch in which you stop, epoch with the lowest cost up to then)`. If patience never runs out, you stop in the last
# epoch. Only a strictly lower cost is a new lowest.


# %% tags=["exercise"]
def stop_early(costs, patience):
    return ...


# %% tags=["check"]
# @title Check 4.10
def stopping(costs, patience, is_new=lambda cost, best: cost < best, late=0, whole=False):
    best = 1
    for epoch in range(1, len(costs) + 1):
        best = epoch if epoch > 1 and is_new(costs[epoch - 1], costs[best - 1]) else best
        if epoch - best >= patience + late:
            break
    return epoch, 1 + costs.index(min(costs)) if whole else best


up_down = [0.9, 0.7, 0.8, 0.6, 0.65, 0.7, 0.5, 0.4]
check.function(
    "4.10 patience",
    stop_early,
    stopping,
    [(up_down, 2), (up_down, 3), ([0.5, 0.5, 0.5, 0.4], 2), ([0.9, 0.8, 0.85], 5), ([0.5, 0.7, 0.6, 0.65, 0.4], 2)],
    hint="Go through the epochs with a loop; remember the best epoch; stop when epoch - best epoch reaches patience.",
    slips={
        "An equal cost is not a new lowest.": lambda c, n: stopping(c, n, lambda cost, best: cost <= best),
        "One epoch too late: stop as soon as patience epochs have passed.": lambda c, n: stopping(c, n, late=1),
        "You looked into the future: the lowest cost of the whole list is not known yet.": (
            lambda c, n: stopping(c, n, whole=True)
        ),
    },
)


# %% tags=["solution"]
# @title Solution 4.10
def stop_early_solution(costs, patience):
    best = 1
    for epoch, cost in enumerate(costs, start=1):
        if cost < costs[best - 1]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch, best


check.solution("4.10 patience", stop_early_solution)

# %% [markdown]
# ## 6. Two frameworks, and a power cut
#
# Many medical projects are written with **Keras**, another framework, as this course once was. The same network, side
# by side:
#
# | Keras | PyTorch, this course |
# |---|---|
# | `model = Sequential()` | `model = nn.Sequential(...)`, the layers inside |
# | `model.add(Dense(400, activation="relu", input_dim=8))` | `nn.Linear(8, 400), nn.ReLU(),` |
# | `model.add(Dense(1, activation="sigmoid"))` | `nn.Linear(400, 1)`; the sigmoid is in the loss |
# | `model.compile(loss="binary_crossentropy",` | `loss_fn = nn.BCEWithLogitsLoss()` |
# | `optimizer="adam",` | `optimizer = torch.optim.Adam(model.parameters())` |
# | `metrics=["accuracy"])` | `metrics={"accuracy": accuracy}`, a function you can read |
# | `model.fit(X, y, epochs=200, batch_size=32)` | the loop by hand, or `train.fit(model, loader, ..., epochs=200)` |
# | `model.evaluate(X, y)` | `train.evaluate(model, loader, loss_fn=loss_fn, metrics=...)` |
# | `model.predict(X)` | `torch.sigmoid(train.predict(model, X))` |
#
# A long training can be cut off: a power cut, a closed laptop, Colab's limit. With `checkpoint="file.pt"` `train.fit`
# writes all it needs to a file after each epoch, and the same call with `resume=True` goes on where it stopped. Are
# the weights the same as without the cut?

# %%
crescents, sides = make_moons(300, noise=0.2, random_state=SEED)
crescent_set = TensorDataset(torch.tensor(crescents), torch.tensor(sides))


# %%
def crescent_run(epochs, **options):
    train.seed_everything(SEED)
    network = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2)).double()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    batches = DataLoader(crescent_set, batch_size=20, shuffle=True)
    options |= {"loss_fn": nn.CrossEntropyLoss(), "optimizer": optimizer, "device": "cpu"}
    train.fit(network, batches, epochs=epochs, **options)
    return network


# %%
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "crescents.pt"
    crescent_run(4, checkpoint=file)  # "power cut" after four epochs
    resumed = crescent_run(10, checkpoint=file, resume=True)
# %%
same_again = [torch.equal(a, b) for a, b in zip(crescent_run(10).parameters(), resumed.parameters(), strict=True)]
print("cut after 4 epochs and resumed to 10, equal to the uncut run:", same_again)

# %% [markdown]
# Equal to the last bit. That takes more than the weights: the file also holds the optimiser's running means, and the
# state of the random numbers that shuffle the rows and switch neurons off.
#
# ### Your turn 4.11: lost in translation
#
# Somebody translates the Keras lines one by one and keeps the sigmoid: `..., nn.Linear(32, 1), nn.Sigmoid()`, with
# `BCEWithLogitsLoss`, which does a sigmoid itself. Nothing stops. Patients are told `torch.sigmoid(train.predict(...))`
# as in the table. `translated(keep_sigmoid)` trains on the Pima table and returns what 154 test women are told, and
# their outcomes.
#
# Write down what the slip will do, then add a cell: look at the AUC, at the range of what is said, and at who is
# called at 1/6. Answer `damage`: `"none"`, `"ranking"` (the order of the women is spoiled), `"probabilities"` (order
# kept, the numbers false), or `"training"` (it learns nothing, an AUC near 0.5).


# %%
def translated(keep_sigmoid):
    pima = data.load_pima_diabetes()
    columns, outcome = pima.drop(columns="Outcome"), torch.tensor(pima["Outcome"].to_numpy()).double()
    test = torch.arange(len(pima)) % 5 == 0
    inputs = torch.tensor(StandardScaler().fit(columns[~test.numpy()]).transform(columns))
    train.seed_everything(SEED)
    end = [nn.Sigmoid()] if keep_sigmoid else []
    network = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), *end, nn.Flatten(0)).double()
    batches = DataLoader(TensorDataset(inputs[~test], outcome[~test]), batch_size=64, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    train.fit(network, batches, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")
    return torch.sigmoid(train.predict(network, inputs[test], device="cpu")).numpy(), outcome[test].numpy()


# %% tags=["exercise"]
damage = ...

# %% tags=["check"]
# @title Check 4.11
(told_right, truth), (told_twice, _) = translated(False), translated(True)
auc_right, auc_twice = roc_auc_score(truth, told_right), roc_auc_score(truth, told_twice)
low, high, calls = told_twice.min(), told_twice.max(), np.mean(told_twice >= 1 / 6)
facts = f"AUC {auc_twice:.2f} (without the slip {auc_right:.2f}); told: {low:.2f} to {high:.2f}; called: {calls:.0%}. "
check.choice(
    "4.11 lost in translation",
    damage,
    "probabilities",
    outcomes={
        "none": facts + "Nobody is told less than one half, not even a healthy woman of 21. Every woman is called, and "
        "the clinic drowns.",
        "ranking": facts + "A sigmoid only rises, so two of them keep the order. What is false is the height: every "
        "woman is called.",
        "probabilities": facts
        + "A sigmoid of a number between 0 and 1 lies between 0.50 and 0.73. No AUC can show it, "
        "because it looks at the order only; a calibration curve, or one look at the range, shows it at once.",
        "training": facts + "It learns, a little slower, because the slope passes one more sigmoid. That is what makes "
        "the slip hard to find: the AUC is as good as ever.",
    },
)

# %% tags=["solution"]
# @title Solution 4.11
check.solution("4.11 lost in translation", "probabilities")

# %% [markdown]
# ## 7. Is the difference real?
#
# The core compared models on the Pima table in twenty folds, and the mean AUCs differed by thousandths. Is such a
# difference real? Compare on the *same* folds: subtract fold by fold, so that hard and easy folds cancel.

# %%
pima = data.load_pima_diabetes()
table, y = pima.drop(columns="Outcome"), pima["Outcome"].to_numpy()
could_be_missing = ["Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]
table[could_be_missing] = table[could_be_missing].replace(0, np.nan)
lopsided = ["Insulin", "DiabetesPedigreeFunction", "Age"]
table[lopsided] = np.log(table[lopsided])
X = table.to_numpy()
folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0).split(X, y))


# %%
def prepared(*model):
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), *model)


# %%
def small_network(X_train, y_train, X_test):
    train.seed_everything(SEED)
    prepare = prepared().fit(X_train)
    rows = TensorDataset(torch.tensor(prepare.transform(X_train)), torch.tensor(y_train, dtype=torch.float64))
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)
    loader = DataLoader(rows, batch_size=64, shuffle=True)
    train.fit(model, loader, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")
    return torch.sigmoid(train.predict(model, torch.tensor(prepare.transform(X_test)), device="cpu")).numpy()


# %%
trees = GradientBoostingClassifier(learning_rate=0.05, max_depth=2, subsample=0.5, random_state=0)
predicted = {"network": [small_network(X[fit], y[fit], X[held_out]) for fit, held_out in folds]}
for name, model in (("logistic", prepared(LogisticRegression())), ("boosted", prepared(trees))):
    predicted[name] = [model.fit(X[fit], y[fit]).predict_proba(X[held_out])[:, 1] for fit, held_out in folds]

# %%
auc, right = {}, {}
for name, answers in predicted.items():
    pairs = [(y[held_out], p) for p, (_, held_out) in zip(answers, folds, strict=True)]
    auc[name] = np.array([roc_auc_score(truth, p) for truth, p in pairs])
    right[name] = np.array([np.mean((p > 0.5) == truth) for truth, p in pairs])

# %% [markdown]
# A plain t-interval of the twenty differences would be too narrow, because the folds share most of their training
# rows. Nadeau and Bengio's **corrected interval** widens it; they derived it for random splits, and for repeated folds
# it is a good approximation. With $J = 20$ folds, standard deviation $s$ of the differences, $n_\text{test} /
# n_\text{train} = 1/4$, and $t_{J-1} = 2.09$ (the 97.5 % point of the t distribution with 19 degrees of freedom, which
# replaces the 1.96 of the normal distribution):
#
# $$\text{mean} \pm t_{J-1}\, s\, \sqrt{\tfrac{1}{J} + \tfrac{n_\text{test}}{n_\text{train}}}$$


# %%
def corrected_interval(differences, test_share, level=0.95):
    """Mean and interval of paired differences from repeated k-fold; test_share is n_test / n_train, 0 a plain one."""
    n = len(differences)
    t = distributions.t.ppf((1 + level) / 2, df=n - 1)
    half = t * np.std(differences, ddof=1) * np.sqrt(1 / n + test_share)
    return np.mean(differences), np.mean(differences) - half, np.mean(differences) + half


# %%
for measure, values in (("AUC", auc), ("accuracy", right)):
    for kind, share in (("plain", 0), ("corrected", 1 / 4)):
        mean, low, high = corrected_interval(values["network"] - values["boosted"], share)
        print(f"network minus boosted trees, {measure:8s} {mean:+.3f}, {kind:9s} {low:+.3f} to {high:+.3f}")

# %% [markdown]
# The correction makes an interval $\sqrt{6} = 2.4$ times as wide. Against boosted trees both corrected intervals
# contain zero. The settings of all three models were chosen by cross-validation on the same 768 rows, with other
# shuffles: one of 27 for the network, one of 10 for the trees, one of 5 for logistic regression. All are flattered a
# little, probably most the one that was tried most, and the intervals do not know of it.
#
# ### Do the probabilities mean what they say?
#
# A model is **calibrated** if, among the women to whom it gives 30 %, about 30 % develop diabetes. Sort the women by
# predicted probability, cut them into eight equal groups, and compare.

# %%
oof = {name: np.zeros(len(y)) for name in predicted}  # out-of-fold: each woman predicted while held out
for name, answers in predicted.items():
    for p, (_, held_out) in zip(answers[:5], folds[:5], strict=True):  # the first of the four repeats
        oof[name][held_out] = p
    print(f"{name:8s} log loss {log_loss(y, oof[name]):.3f}, mean probability {oof[name].mean():.3f}", end="")
    print(f" (share with diabetes {y.mean():.3f})")

# %% tags=["figure"]
# @title Calibration in eight groups
fig, ax = plt.subplots(figsize=(5.2, 4.2))
for (name, p), marker in zip(oof.items(), plot.MARKERS, strict=False):
    observed, mean_predicted = calibration_curve(y, p, n_bins=8, strategy="quantile")
    ax.plot(mean_predicted, observed, marker=marker, label=name)
ax.plot([0, 1], [0, 1], color="grey", linestyle="-", linewidth=1, label="perfect")
ax.set(xlabel="mean predicted probability", ylabel="share with diabetes")
ax.legend()
plot.show(fig, alt="Calibration of three models in eight groups of 96 women: all three stay close to the diagonal.")

# %% [markdown]
# The **log loss** is the cross-entropy again, 0.46 to 0.47 for all three. The mean probabilities agree with the share
# of women with diabetes, and the groups lie near the diagonal. With 96 women in a group, a share of 0.5 has a standard
# error of 0.05 (less near 0 and 1), so the zigzag is about what chance would do.
#
# Calibrated probabilities allow the threshold of theory: if a miss costs 5 and a false alarm 1, call from 1/6 on. Does
# a threshold that is chosen on the *training* rows of each fold, by an inner cross-validation, do better?


# %%
def mean_cost(truth, probability, threshold):
    """Cost per 100 women; a miss costs 5, a false alarm 1."""
    called = probability >= threshold
    return 100 * np.mean(np.where(truth == 1, 5 * ~called, called))


# %%
grid, chosen, costs = np.linspace(0.05, 0.6, 56), [], {"1/6": [], "chosen in training": []}
for (fit, held_out), p in zip(folds, predicted["logistic"], strict=True):
    inner = cross_val_predict(prepared(LogisticRegression()), X[fit], y[fit], cv=5, method="predict_proba")[:, 1]
    chosen.append(grid[np.argmin([mean_cost(y[fit], inner, threshold) for threshold in grid])])
    for name, threshold in zip(costs, (1 / 6, chosen[-1]), strict=True):
        costs[name].append(mean_cost(y[held_out], p, threshold))
# %%
print(f"logistic regression, mean of the thresholds chosen in the 20 folds: {np.mean(chosen):.2f}")
for name, values in costs.items():
    print(f"{name:18s}: cost {np.mean(values):5.1f} +-{np.std(values, ddof=1):4.1f} per 100 women")

# %% [markdown]
# No: it comes near to the theory's and costs about the same. Where probabilities are not calibrated, choosing in
# training is the way.
#
# ### Your turn 4.12: a sentence for the paper
#
# You write the abstract. Which sentence do these data support about the AUC of the network and of logistic regression?
# `auc["network"]` and `auc["logistic"]` hold the twenty folds. Decide with a cell of your own. Answer `sentence`:
#
# - `"better"`: the network ranks women better than logistic regression (95 % interval above zero);
# - `"not shown"`: a difference was not shown; it may be slightly negative or up to about one hundredth;
# - `"no difference"`: the two models rank women equally well;
# - `"worse"`: logistic regression ranks women better, and has fewer parameters.

# %% tags=["exercise"]
sentence = ...

# %% tags=["check"]
# @title Check 4.12
gain = auc["network"] - auc["logistic"]
mean, low, high = corrected_interval(gain, 1 / 4)
_, plain_low, plain_high = corrected_interval(gain, 0)
check.choice(
    "4.12 a sentence",
    sentence,
    "not shown",
    outcomes={
        "better": f"The plain interval, {plain_low:+.3f} to {plain_high:+.3f}, says so, and {np.sum(gain > 0)} of 20 "
        f"folds. But the folds share their rows; corrected, it is {low:+.3f} to {high:+.3f}. A referee who knows this "
        "sends the paper back, and a hospital that believed it would have paid for nothing.",
        "not shown": f"Mean {mean:+.3f}, corrected interval {low:+.3f} to {high:+.3f}. The plain one, {plain_low:+.3f} "
        f"to {plain_high:+.3f}, would have announced a victory.",
        "no difference": f"Absence of evidence: the interval, {low:+.3f} to {high:+.3f}, also holds a gain of a "
        "hundredth. To claim equality you need a margin that you called unimportant *before* you looked.",
        "worse": f"The mean difference is {mean:+.3f}, in favour of the network. Fewer parameters are a good reason to "
        "prefer logistic regression, but no evidence that it ranks better.",
    },
)

# %% tags=["solution"]
# @title Solution 4.12
check.solution("4.12 a sentence", "not shown")

# %%
check.summary()

# %% [markdown]
# ## What this notebook has shown

# %% tags=["nbval-check-output"]
first_layer = {name: np.mean(slopes, axis=0)[0] for name, slopes in measured.items()}
last_layer = {name: np.mean(slopes, axis=0)[-1] for name, slopes in measured.items()}
claims = [
    first_layer["sigmoid"] < 1e-5 * last_layer["sigmoid"],  # vanishing
    0.1 < first_layer["ReLU"] / last_layer["ReLU"] < 10,
    worst["Momentum"][1] < worst["plain"][1] and worst["Momentum"][0] > worst["plain"][0],  # worse at 50, better at 100
    on_crescents["Adam"] < on_crescents["plain"] < on_crescents["Adadelta"],
    np.isclose(thinned.mean(), w @ hidden + b, atol=1e-12),  # sixteen networks in one
    np.allclose(in_training, batch_norm(x, [2, 1], [0, -1]), atol=1e-5) and np.allclose(in_test, by_hand, atol=1e-5),
    watched[-1] > 1.5 * watched[lowest] and fitted[-1] < 0.6 * fitted[lowest],  # why to stop early
    len(short_history.rows) < 300,
    all(same_again),
    all(abs(np.mean(auc["network"] - auc[name])) < 0.015 for name in auc),  # the network does not win by much
    all(abs(p.mean() - y.mean()) < 0.03 for p in oof.values()),  # calibrated on average
    abs(np.mean(costs["1/6"]) - np.mean(costs["chosen in training"])) < 4,
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | optimiser | 옵티마이저(최적화 알고리즘) | the rule that turns slopes into steps |
# | momentum | 모멘텀 | a velocity that remembers earlier slopes |
# | dropout | 드롭아웃 | random hidden values off, in training only |
# | batch normalisation | 배치 정규화 | standardising hidden values within a batch |
# | running mean | 이동 평균 | a mean that moves a little with each batch |
# | validation rows | 검증 데이터 | watched in training, never learned from |
# | patience | 인내(조기 종료까지 기다리는 에포크 수) | epochs to wait for a new lowest cost |
# | checkpoint | 체크포인트 | a file from which a cut training goes on |
# | calibration | 보정 | among those told 30 %, 30 % have it |
# | corrected interval | 보정 신뢰구간 | wider, because folds share their rows |
#
# ## References
#
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
# - Goodfellow IJ et al. Maxout networks. ICML 2013.
# - Clevert DA, Unterthiner T, Hochreiter S. Fast and accurate deep network learning by exponential linear units. ICLR
#   2016.
# - Srivastava N et al. Dropout: a simple way to prevent neural networks from overfitting. J Mach Learn Res
#   2014;15:1929-1958.
# - Ioffe S, Szegedy C. Batch normalization. ICML 2015:448-456.
# - Bouckaert RR, Frank E. Evaluating the replicability of significance tests for comparing learning algorithms. PAKDD
#   2004:3-12.
# - Nadeau C, Bengio Y. Inference for the generalization error. Mach Learn 2003;52:239-281.
