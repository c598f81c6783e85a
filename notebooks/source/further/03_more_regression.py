# %% [markdown]
# # 3. More regression
#
# {{badge}}
#
# {{budget}}
#
# Ten sections that go deeper than the core of lab 3. Each stands alone: run the cells before section 1, then any
# section you like.
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
import math
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy.stats import t as student_t
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import KFold, LeaveOneGroupOut, RepeatedKFold, cross_val_predict, train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from coursekit import check, data, plot, stats, train

torch.set_num_threads(1)  # networks this small train faster on one core
train.seed_everything(SEED)

# %% [markdown]
# Several sections use Boston housing: 506 neighbourhoods of 1970, census tracts, and the median value of their homes
# (MEDV, \$1000; higher values were written down as 50). Five columns describe the people and the air: crime rate
# (CRIM), "lower status" residents in % (LSTAT: the authors' word for people without a high-school education and for
# labourers), pupils per teacher (PTRATIO), nitric oxides (NOX) and B, of which section 7 speaks. Three describe the
# homes: rooms (RM), share built before 1940 in % (AGE), and tax rate in \$ per \$10,000 (TAX). Five the place: land for
# large plots (ZN) and for industry (INDUS) in %, distance to five job centres (DIS), access to highways (RAD), and
# whether the river Charles passes (CHAS, 1 or 0). The split and the five small networks are the core's; each `fit_`
# gives back a function that predicts.
# Several sections look at the same test rows; whoever chose a model by them would need fresh ones.

# %%
housing = data.load_boston_housing(geo=True)
features = list(housing.columns[3:-1])
train_rows, test_rows = train_test_split(housing, test_size=0.3, random_state=123)
X_train, y_train = train_rows[features], train_rows["MEDV"].to_numpy()
X_test, y_test = test_rows[features], test_rows["MEDV"].to_numpy()


# %%
def fit_line(X, y):
    """A function that predicts by the least-squares line."""
    return make_pipeline(StandardScaler(), LinearRegression()).fit(X, y).predict


def fit_trees(X, y):
    """A function that predicts by boosted trees, which section 9 explains."""
    return GradientBoostingRegressor(random_state=0).fit(X, y).predict


def fit_networks(X, y):
    """Five networks that differ in their random start; a function that averages their predictions."""
    networks = []
    for start in range(5):
        network = MLPRegressor(hidden_layer_sizes=32, alpha=1, max_iter=1000, random_state=5 * SEED + start)
        scaled = make_pipeline(StandardScaler(), network)
        networks.append(TransformedTargetRegressor(scaled, transformer=StandardScaler()).fit(X, y))
    return lambda X: np.mean([network.predict(X) for network in networks], axis=0)


# %% [markdown]
# Two sections use an invented table of 40 used cars. With everything else equal, one year costs \$1,300, 1,000 km cost
# \$40, and one more kW adds \$80; chance adds a standard deviation of \$1,000.


# %%
def make_cars(rng, n=40):
    age = rng.uniform(1, 12, size=n)  # years
    km = 15 * age + rng.normal(0, 15, size=n).clip(-14)  # thousands
    power = rng.normal(90, 15, size=n)  # kW
    price = 28 - 1.3 * age - 0.04 * km + 0.08 * (power - 90) + rng.normal(0, 1.0, size=n)  # $1000
    return np.column_stack([age, km, power]), price


cars, price = make_cars(np.random.default_rng(SEED))

# %% [markdown]
# ## 1. Several columns: a used car
#
# What is a used car worth? That depends on its age, on how far it has been driven and on its engine. With several
# independent variables the model is a **multiple regression**: $y = b_0 + b_1 x_1 + b_2 x_2 + b_3 x_3 + e$.

# %%
names = ["age (years)", "driven (1000 km)", "power (kW)"]
print(pd.DataFrame(cars, columns=names).assign(price=price).head(3).round(1).to_string(index=False))

# %% [markdown]
# First fit the kilometres alone, then all three columns. `cars[:, [1]]` is a table with only column 1. We built in
# -\$40 for 1,000 km. Before you run it: will the simple regression find that?

# %%
simple = LinearRegression().fit(cars[:, [1]], price)
multiple = LinearRegression().fit(cars, price)
print(f"kilometres alone: {1000 * simple.coef_[0]:.0f} dollars per 1000 km")
for name, coefficient in zip(names, multiple.coef_, strict=True):
    print(f"all three: {1000 * coefficient:+6.0f} dollars for one more unit of {name}")

# %% [markdown]
# Alone, the kilometres seem to cost three times what they do. Cars with many kilometres are also old, and the simple
# line charges the kilometres for the years: age is a **confounder**. In the multiple regression a coefficient means
# "one unit more, *with the other columns held the same*". It says -\$52. Is that near enough to -\$40? As the truth is
# known, we can make a thousand other tables of 40 cars and see how far both coefficients move.

# %%
rng = np.random.default_rng(SEED)
moved = []
for _ in range(1000):
    columns, prices = make_cars(rng)
    alone = LinearRegression().fit(columns[:, [1]], prices).coef_[0]
    moved.append([alone, LinearRegression().fit(columns, prices).coef_[1]])
for name, values in zip(("kilometres alone", "with age and power"), 1000 * np.transpose(moved), strict=True):
    print(f"{name}: mean {values.mean():.0f}, standard deviation {values.std():.0f} dollars per 1000 km")

# %% [markdown]
# The multiple regression is right on average, and our -\$52 is about one standard deviation off the truth. The simple
# one moves *less*, and always around the wrong number: more cars would make it wrong more precisely. The same
# happens when you compare coffee drinkers with others and forget that more of them smoke. And holding columns the same
# helps only against confounders that are in the table.
#
# ### Your turn 3.6: two questions about kilometres
#
# Ann owns a car of five years and may leave it in the garage: what would 10,000 km less be worth to her? Ben sees an
# offer online that states nothing but the kilometres: what will the car cost? Who should use which of the two
# regressions? With the multiple one, Ben would put in the mean age and the mean power of the 40 cars. Make 300 new
# cars, `make_cars(np.random.default_rng(1), 300)`, and try what Ben's error is either way. Set `use` to "Ann simple,
# Ben multiple", "Ann multiple, Ben simple", "both simple" or "both multiple".

# %% tags=["exercise"]
use = ...

# %% tags=["check"]
# @title Check 3.6
new_cars, new_prices = make_cars(np.random.default_rng(1), 300)
guessed = np.column_stack([np.full(300, cars[:, 0].mean()), new_cars[:, 1], np.full(300, cars[:, 2].mean())])
ben_simple = 1000 * mean_absolute_error(new_prices, simple.predict(new_cars[:, [1]]))
ben_multiple = 1000 * mean_absolute_error(new_prices, multiple.predict(guessed))
ben = (
    f"Ben, who knows the kilometres alone, misses by ${ben_simple:,.0f} with the simple and ${ben_multiple:,.0f} with "
)
ben += "the multiple one: in many kilometres he also reads the age."
ann = (
    f"Ann's car stays five years old. The simple one promises her ${-10000 * simple.coef_[0]:,.0f}; about $400 is true."
)
check.choice(
    "3.6 two questions",
    use,
    "Ann multiple, Ben simple",
    {
        "Ann simple, Ben multiple": f"{ann} {ben}",
        "Ann multiple, Ben simple": f"{ann} {ben} To change one thing is not to predict from one thing.",
        "both simple": f"Ben is served well. {ann}",
        "both multiple": f"Ann is served well. {ben}",
    },
)

# %% tags=["solution"]
# @title Solution 3.6
# Ann changes one thing and keeps the others: multiple. Ben knows one thing, and it tells of the others: simple.
check.solution("3.6 two questions", "Ann multiple, Ben simple")

# %% [markdown]
# ## 2. A line through time: the stock price
#
# A regression can be used where its assumptions fail. A simple model of a stock price is a **random walk**: tomorrow's
# price is today's plus pure chance. There is no trend in it, by construction. We fit a line all the same, to the first
# 125 days of 250, and see what it says of the rest. $R^2$ tells which part of the spread of $y$ the line explains: 0
# is none, 1 is all. The 95 % prediction band says where single values should lie.


# %%
def line_and_band(x, y, x_new):
    """Least-squares line at x_new, and how far the 95 % prediction band reaches to each side of it."""
    slope, intercept = np.polyfit(x, y, 1)
    s = np.sqrt(np.sum((y - intercept - slope * x) ** 2) / (len(x) - 2))
    spread = 1 + 1 / len(x) + (x_new - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)
    return intercept + slope * x_new, student_t.ppf(0.975, len(x) - 2) * s * np.sqrt(spread)


rng = np.random.default_rng(SEED)
walks = 100 + rng.normal(0, 1, size=(1000, 250)).cumsum(axis=1)  # 1000 invented stocks, dollars
days, past, future = np.arange(250), np.arange(125), np.arange(125, 250)


# %% tags=["figure"]
# @title Slider: a line through the first 125 days
def draw_walk(stock=21):
    walk = walks[stock]
    line, half = line_and_band(past, walk[past], days)
    r2 = r2_score(walk[past], line[past])
    inside = np.mean(np.abs(walk[future] - line[future]) < half[future])
    fig, ax = plt.subplots()
    ax.plot(walk, label="price", linewidth=1.2)
    ax.plot(line, label="line fitted to the first 125 days")
    ax.fill_between(days, line - half, line + half, color="C1", alpha=0.2, label="95 % prediction band")
    ax.axvline(125, color="black", linestyle="-", linewidth=1)
    ax.set(xlabel="day", ylabel="price ($)", title=f"invented stock {stock}: R$^2$ {r2:.2f} before the black line")
    ax.legend(fontsize=9)
    return fig, (
        f"A trend line fits days 0-124 with R squared {r2:.2f} and ends at {line[-1]:.0f} dollars, where the price is "
        f"{walk[-1]:.0f}; after day 124 it has {inside:.0%} of the days inside its band."
    )


plot.explore(draw_walk, stock=(0, 49))

# %% [markdown]
# We picked this stock because its line looks so convincing. To be fair, take all thousand, and beside the line the
# simplest of all forecasts: "it stays as it was on day 124".

# %%
r2_past, inside_band, line_error = [], [], []
for walk in walks:
    line, half = line_and_band(past, walk[past], days)
    r2_past.append(r2_score(walk[past], line[past]))
    inside_band.append(np.mean(np.abs(walk[future] - line[future]) < half[future]))
    line_error.append(mean_absolute_error(walk[future], line[future]))
stay_error = np.abs(walks[:, 125:] - walks[:, [124]])
print(f"R2 on the days used for the fit: median {np.median(r2_past):.2f}")
print(f"future days inside the 95 % band: {np.mean(inside_band):.0%}")
print(f"mean absolute error: trend line ${np.mean(line_error):.2f}, 'it stays as it was' ${stay_error.mean():.2f}")

# %% [markdown]
# On the past the line seems to explain almost half of the spread in a typical case. Yet fewer than half of the coming
# days fall inside a band that promised 95 %, and a forecast without any model is better. For a random walk nothing
# beats it on average.
#
# The reason: the band assumes that the errors say nothing about one another. Here today's error is nearly
# yesterday's, so 125 days are not 125 independent observations. The same trap waits wherever one curve over time is
# drawn on: an epidemic, a tumour marker, a waiting list.
#
# ### Your turn 3.7: two waiting lists
#
# Two hospitals give you the length of their waiting lists in weeks 0 to 124 (`list_a`, `list_b`, invented). For which
# of them may the planner use the line's prediction band for the coming weeks? Add a cell and compute for both $R^2$
# and the correlation of each residual with the next one, `np.corrcoef(r[:-1], r[1:])[0, 1]`. Set `usable` to "A", "B",
# "both" or "neither".

# %% tags=["figure"]
# @title The two waiting lists
dice = np.random.default_rng(0)  # the same two lists for everybody
all_a, all_b = 300 + dice.normal(1, 4, 250).cumsum(), 300 + np.arange(250) + dice.normal(0, 12, 250)
list_a, list_b = all_a[:125], all_b[:125]
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), sharex=True, sharey=True)
left.plot(list_a)
right.plot(list_b)
left.set(xlabel="week", ylabel="patients waiting", title="list A")
right.set(xlabel="week", title="list B")
plot.show(fig, alt="Two waiting lists that both grow over 125 weeks; both wobble around their rise.")

# %% tags=["exercise"]
usable = ...

# %% tags=["check"]
# @title Check 3.7
told = {}
for name, whole in (("A", all_a), ("B", all_b)):
    line, half = line_and_band(past, whole[past], days)
    r = whole[past] - line[past]
    told[name] = (
        f"List {name}: R2 {r2_score(whole[past], line[past]):.2f}, residuals go with the next at "
        f"{np.corrcoef(r[:-1], r[1:])[0, 1]:.2f}; {np.mean(np.abs(whole - line)[future] < half[future]):.0%} of the "
        "coming weeks lie in the band."
    )
check.choice(
    "3.7 waiting lists",
    usable,
    "B",
    {
        "A": f"{told['A']} The planner hires for the wrong number of patients. The higher R2 is no help.",
        "B": f"{told['B']} {told['A']} Look at the residuals, not at R2.",
        "both": f"{told['A']} For A the planner hires for the wrong number of patients.",
        "neither": f"{told['B']} A good forecast is thrown away.",
    },
)

# %% tags=["solution"]
# @title Solution 3.7
go_with_next = {}  # a high correlation: not independent, so that the band's promise is void
for name, series in (("A", list_a), ("B", list_b)):
    r = series - line_and_band(past, series, past)[0]
    go_with_next[name] = abs(np.corrcoef(r[:-1], r[1:])[0, 1])
check.solution("3.7 waiting lists", min(go_with_next, key=go_with_next.get))

# %% [markdown]
# ## 3. Two weights: a surface, and three ways down
#
# With an intercept, $H(x) = Wx + b$, the cost is a surface over the plane $(W, b)$. The gradient has two parts, one for
# each direction: $\mathrm{mean}((Wx+b-y)\,x)$ for $W$ and $\mathrm{mean}(Wx+b-y)$ for $b$. Four students studied 2, 4,
# 6 and 8 hours and scored 81, 93, 91 and 97 points; the cost, half the mean squared error, is 4.15 for the best line.
#
# `descend` walks with any number of columns. `X` has one column for each weight, and a column of ones for $b$.
# `X @ weights` multiplies each row of `X` by the weights and adds up; `X.T` is `X` with rows and columns swapped.


# %%
def descend(X, y, eta, steps, start=None):
    """All weights that gradient descent visits, beginning with zeros or with a given start."""
    path = [np.zeros(X.shape[1]) if start is None else start]
    for _ in range(steps):
        errors = X @ path[-1] - y
        path.append(path[-1] - eta * X.T @ errors / len(y))
    return np.array(path)


def with_ones(*columns):
    return np.column_stack([*columns, np.ones(len(columns[0]))])


hours, scores = np.array([2, 4, 6, 8]), np.array([81, 93, 91, 97])
standard_hours = (hours - hours.mean()) / hours.std()
paths = {
    "hours as they are, eta 0.05": (hours, descend(with_ones(hours), scores, 0.05, 2000)),
    "standardised hours, eta 0.5": (standard_hours, descend(with_ones(standard_hours), scores, 0.5, 2000)),
}

# %% [markdown]
# In the picture the rings join points of equal cost. They are spaced by its logarithm, or those near the bottom would
# be too wide to see.

# %% tags=["figure"]
# @title Cost surface and the walk down, before and after standardising
fig = plt.figure(figsize=(9.2, 3.5))
W_axis, b_axis = np.meshgrid(np.linspace(-50, 66, 90), np.linspace(-8, 108, 90))
for place, (name, (x, path)) in enumerate(paths.items()):
    surface = sum((W_axis * one + b_axis - score) ** 2 for one, score in zip(x, scores, strict=True)) / 8
    if place == 0:
        ax = fig.add_subplot(1, 3, 1, projection="3d")
        ax.plot_surface(W_axis, b_axis, np.log10(surface), cmap="viridis", alpha=0.9)
        ax.set(xlabel="W (points per hour)", ylabel="b (points)", zticks=[1, 3], title="log10 of the cost, raw hours")
    ax = fig.add_subplot(1, 3, 2 + place)
    ax.contour(W_axis, b_axis, np.log(surface), levels=12, linewidths=0.8)
    ax.plot(*path.T, color="C1", linestyle="-", marker="o", markersize=3, linewidth=1)
    ax.scatter(*path[0], marker="s", s=45, color="black", zorder=4, label="start")
    ax.scatter(*path[-1], marker="*", s=120, color="black", zorder=4, label="end")
    ax.set(xlabel=("W (points per hour)", "W (points)")[place], ylabel="b (points)", title=name, aspect="equal")
    if place == 0:
        ax.legend(loc="upper right", fontsize=9)
for one in fig.axes:
    one.title.set_fontsize(9.5)
plot.show(
    fig,
    alt="The cost over W and b is a long narrow valley for raw hours, in which the walk creeps along the floor, "
    "and a round bowl for standardised hours, in which it goes straight to the bottom.",
)

# %%
for name, (x, path) in paths.items():
    costs = np.mean((path @ with_ones(x).T - scores) ** 2, axis=1) / 2
    print(f"{name}: {np.argmax(costs < 4.15 + 0.001)} steps until the cost is within 0.001 of the lowest")

# %% [markdown]
# In the narrow valley only a small learning rate is safe, and with it the walk along the floor takes for ever. With
# standardised columns the valley is a round bowl. That is one practical reason why you scale columns before you train.
#
# The best line also has a formula, and with several columns the formula is called the **normal equations**:
# $X^T X\, \beta = X^T y$, where $\beta$ (beta) holds all weights at once, the intercept included. Solve them for the
# 40 cars, and compare with scikit-learn and with gradient descent on standardised columns, whose answer is converted
# back to years, kilometres and kilowatts.

# %%
X = with_ones(*cars.T)  # .T: one row for each column of the table
by_normal_equations = np.linalg.solve(X.T @ X, X.T @ price)
by_sklearn = LinearRegression().fit(cars, price)
by_sklearn = np.array([*by_sklearn.coef_, by_sklearn.intercept_])

mean, std = cars.mean(axis=0), cars.std(axis=0)  # axis=0: one number for each column
standard_cars = (cars - mean) / std
weights = descend(with_ones(*standard_cars.T), price, eta=0.5, steps=3000)[-1]
# one year is 1 / std standard steps; the intercept is moved back from the mean car to the car with zeros
by_descent = np.array([*(weights[:-1] / std), weights[-1] - np.sum(weights[:-1] * mean / std)])
three = {"normal equations": by_normal_equations, "scikit-learn": by_sklearn, "descent": by_descent}
print(pd.DataFrame(three, index=["age", "km", "power", "intercept"]).round(6).to_string())
largest_gap = max(abs(by_sklearn - by_normal_equations).max(), abs(by_descent - by_normal_equations).max())
print("agree to 1e-6:", largest_gap < 1e-6)

# %% [markdown]
# Three ways, the same four numbers. Why then ever walk? The formula exists only for a linear model with squared errors,
# and solving it gets slow with very many columns. Walking needs a gradient and nothing else.
#
# ### Your turn 3.8: the same column twice
#
# Somebody adds the kilometres once more, in miles. Standardised, both columns are the same. Walk 3,000 steps with eta
# 0.2, once from zeros and once from the weights `[0, 10, 0, 0, 0]`. What do the two walks have in common in the end?
# Guess first; then add a cell, and set `common` to "weights and predictions", "predictions only", "weights only" or
# "neither". The table with a column of ones is `doubled`.

# %%
doubled = with_ones(*standard_cars.T, standard_cars[:, 1])  # age, km, power, miles, ones

# %% tags=["exercise"]
common = ...

# %% tags=["check"]
# @title Check 3.8
ends = [descend(doubled, price, 0.2, 3000, np.array(start))[-1] for start in ([0.0] * 5, [0.0, 10.0, 0.0, 0.0, 0.0])]
first_car = [doubled[0] @ end for end in ends]
numbers = (
    f"km {ends[0][1]:+.1f} and miles {ends[0][3]:+.1f} from zeros, {ends[1][1]:+.1f} and {ends[1][3]:+.1f} from the "
)
numbers += f"other start; the first car is priced {first_car[0]:.1f} and {first_car[1]:.1f} ($1000)"
check.choice(
    "3.8 the same column twice",
    common,
    "predictions only",
    {
        "weights and predictions": f"A report would then say by chance that kilometres raise the price: {numbers}.",
        "predictions only": f"{numbers}. Only the sum of the twins counts; how it is shared depends on the start. "
        "The normal equations have no single answer here either. Nearly equal columns are nearly as bad.",
        "weights only": f"The same weights would give the same predictions. Compute: {numbers}.",
        "neither": f"You would throw a good forecast away: {numbers}.",
    },
)

# %% tags=["solution"]
# @title Solution 3.8
ends_solution = [
    descend(doubled, price, 0.2, 3000, np.array(start))[-1] for start in ([0.0] * 5, [0.0, 10.0, 0.0, 0.0, 0.0])
]
same_weights = np.allclose(*ends_solution)
same_predictions = np.allclose(*(doubled @ end for end in ends_solution))
both = {(True, True): "weights and predictions", (False, True): "predictions only", (False, False): "neither"}
check.solution("3.8 the same column twice", both[same_weights, same_predictions])

# %% [markdown]
# ## 4. More than one valley
#
# The cost of a linear regression is **convex**: it has no second valley, so a walk with a learning rate that is small
# enough ends at the lowest cost. The cost of a neural network is not. Here is a curve with two valleys, and its slope.
# Before you move the slider: from which starts do you reach the deeper valley?


# %%
def hills(w):
    return 0.25 * w**4 - 1.5 * w**2 + 0.5 * w


def hills_slope(w):
    return w**3 - 3 * w + 0.5


def walk_hills(start, eta=0.05, steps=200):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - eta * hills_slope(path[-1]))
    return path


# %% tags=["figure"]
# @title Slider: where a walk from each start ends
def draw_hills(start=2.5):
    path = walk_hills(start)
    fig, ax = plt.subplots()
    axis = np.linspace(-3, 3, 200)
    ax.plot(axis, hills(axis), color="grey", linestyle="-", label="cost")
    for a, b in pairwise(path[:25]):
        ax.annotate("", (b, hills(b)), (a, hills(a)), arrowprops={"arrowstyle": "->", "color": "C1", "linewidth": 1.3})
    ax.scatter(path[0], hills(path[0]), s=50, color="black", zorder=3, label="start")
    ax.scatter(path[-1], hills(path[-1]), marker="^", s=90, color="C0", zorder=3, label="end")
    ax.set(xlabel="w", ylabel="cost", title=f"from {start:.1f} to {path[-1]:.2f}, cost {hills(path[-1]):.2f}")
    ax.legend(loc="upper center")
    return fig, (
        f"A curve with a deep valley on the left and a shallow one on the right: the walk from {start:.1f} ends at "
        f"{path[-1]:.2f}, cost {hills(path[-1]):.2f}."
    )


plot.explore(draw_hills, start=(-3.0, 3.0, 0.5))

# %%
for start in (-3.0, 0.0, 0.5, 3.0):
    end = walk_hills(start)[-1]
    print(f"from {start:4.1f} to {end:.2f}, cost {hills(end):.2f}")

# %% [markdown]
# In both valleys the slope is 0 and the walk stops. Only one of them is the lowest point, the **global minimum**; the
# other is a **local minimum**. Gradient descent cannot tell them apart: it feels only the slope under its feet.
#
# What helps is to start more than once. If starts are drawn evenly from -3 to 3, about half of them lead to the deep
# valley, so that five starts all miss it about once in forty times. That is one reason why networks are trained from
# several random starts, and why one reports how much the results differ. (A network has many valleys; most of the
# lower ones are nearly as good as the lowest.)
#
# ### Your turn 3.9: the watershed
#
# A walk from 0 goes to the left valley, one from 0.5 to the right. Somewhere between lies a start from which the walk
# would not move at all. Find that `watershed` to three decimals. There are several ways: try starts and halve the
# distance, or think about what a walk needs in order to stay.

# %% tags=["exercise"]
watershed = ...

# %% tags=["check"]
# @title Check 3.9
check.value(
    "3.9 watershed",
    watershed,
    sorted(np.roots([1, 0, -3, 0.5]).real)[1],
    tol=0.0011,
    hint="A walk stays where hills_slope is 0. That holds at the bottom of both valleys, and at one more place.",
    slips={
        "There the slope is 0, too: that is the bottom of the left valley.": sorted(np.roots([1, 0, -3, 0.5]).real)[0],
        "There the slope is 0, too: that is the bottom of the right valley.": sorted(np.roots([1, 0, -3, 0.5]).real)[2],
        "That is half way between 0 and 0.5. Which way does a walk go from there?": 0.25,
        "Halve once more and walk from there. (If you solved -3 w + 0.5 = 0: w**3 counts as well.)": 0.5 / 3,
    },
)

# %% tags=["solution"]
# @title Solution 3.9
low, high = 0.0, 0.5
for _ in range(20):  # halve: the walk from the middle tells on which side of the watershed it lies
    middle = (low + high) / 2
    low, high = (middle, high) if walk_hills(middle)[-1] < 0 else (low, middle)
# a hilltop: the slope is 0 there, and the smallest push decides
check.solution("3.9 watershed", low)

# %% [markdown]
# ## 5. Look first: columns and a map
#
# Before you fit anything, look. First the shape of each column of Boston housing (the target in orange). We look at
# all 506 rows, a small peek at the test rows; strictly, one splits first.

# %% tags=["figure"]
# @title Histograms of the 14 columns
fig, axes = plt.subplots(3, 5, figsize=(9.2, 5.4), layout="constrained")
for ax, name in zip(axes.flat, [*features, "MEDV"], strict=False):
    ax.hist(housing[name], bins=20, color="C1" if name == "MEDV" else "C0")
    ax.set_title(name, fontsize=10)
    ax.tick_params(labelsize=8.5)
    ax.locator_params(nbins=3)
axes[-1, -1].axis("off")
for ax in axes[:, 0]:
    ax.set_ylabel("tracts", fontsize=9)
plot.show(
    fig,
    alt="Histograms: CRIM, ZN, DIS and LSTAT pile up on the left, AGE and B on the right; MEDV stops at 50.",
)

# %%
city = housing["TOWN"].str.startswith("Boston ")
for name in ("INDUS", "RAD", "TAX", "PTRATIO"):
    (only,) = housing.loc[city, name].unique()  # fails if there are two
    elsewhere = (housing.loc[~city, name] == only).sum()
    print(f"{name}: {only:g} in all {city.sum()} tracts of Boston, and in {elsewhere} others")

# %% [markdown]
# CRIM, ZN, DIS and LSTAT pile up at low values, AGE and B at high ones. INDUS, RAD, TAX and PTRATIO have one high spike
# each: the 132 tracts of the city of Boston all carry the same four values (and eight tracts elsewhere share its
# PTRATIO). Such columns are a fingerprint of the town.
#
# How nearly does each column lie on a line with the price? The **correlation** $r$ says it: +1 is a perfect rising
# line, -1 a perfect falling one, 0 no line at all.

# %%
correlation = housing[features].corrwith(housing["MEDV"]).sort_values()  # of each column with the price
strong = correlation[correlation.abs() > 0.5]
print(strong.round(2).to_string())

# %% [markdown]
# More rooms (RM) go with higher prices; more "lower status" residents (LSTAT) and more pupils per teacher (PTRATIO) go
# with lower ones. "Go with", not "cause": many other things differ between those tracts.
#
# A map is the quickest check of coordinates. The file writes 42 degrees and 22.5 *minutes* as 42.225, as if a degree
# had 100 minutes, and does the same with the longitudes, counted from 71 degrees. As they stand, the tracts of
# Cambridge lie 17 km too far south. So we repair both, and turn degrees into kilometres.

# %%
north = 42 + (housing["LAT"] - 42) * 100 / 60  # degrees
east = -71 + (housing["LON"] + 71) * 100 / 60
cambridge = housing["TOWN"] == "Cambridge"
print(f"Cambridge: {housing.loc[cambridge, 'LAT'].mean():.3f} N in the file, {north[cambridge].mean():.3f} N repaired")
km_east = (east + 71.06) * 111.2 * np.cos(np.radians(42.3))  # from Boston's centre; degrees of longitude are narrower
km_north = (north - 42.36) * 111.2

# %% tags=["figure"]
# @title Map of the 506 tracts
fig, ax = plt.subplots(figsize=(7.6, 6))
dots = ax.scatter(km_east, km_north, c=housing["MEDV"], s=14)
beside = {
    **{"Salem": (28, 26), "Lynn": (27, 15), "Cambridge": (-14, 28), "Boston Roxbury": (26, 0), "Quincy": (26, -8)},
    **{"Wellesley": (-29, -25), "Concord": (-27, 22), "Framingham": (-31, -14), "Boston Back Bay": (27, 6)},
    **{"Brookline": (-12, -26), "Boston East Boston": (27, 11)},
}
for town, label in beside.items():
    inside = housing["TOWN"] == town
    place = km_east[inside].iloc[0], km_north[inside].iloc[0]  # one tract of this town
    arrow = {"arrowstyle": "-", "linewidth": 0.8}
    ax.annotate(town.removeprefix("Boston "), place, label, fontsize=9, ha="center", arrowprops=arrow)
ax.set(xlabel="km east of Boston's centre", ylabel="km north of it", aspect="equal", xlim=(-37, 36))
fig.colorbar(dots, label="median home value ($1000)", shrink=0.8)
plot.show(
    fig,
    alt="Map of the 506 tracts: low values in Roxbury, in Lynn and in East Boston; high values in the western suburbs "
    "and, in the centre, in Back Bay and Brookline.",
)

# %% [markdown]
# Neighbouring tracts have similar colours. How much does a neighbour tell? For each of the 152 test tracts take the
# value of the nearest training tract, and nothing else. `test_places` has the shape (152, 2); `test_places[:, None]`
# has (152, 1, 2), so that subtracting all 354 training places gives every pair: (152, 354, 2). The sum of squares over
# `axis=2`, the two coordinates, leaves one distance for each pair.

# %%
places = np.column_stack([km_east, km_north])
train_places, test_places = places[train_rows.index], places[test_rows.index]
distance = np.sqrt(np.sum((test_places[:, None] - train_places) ** 2, axis=2))
nearest = distance.argmin(axis=1)  # for each test tract the number of a training tract
map_mae = mean_absolute_error(y_test, y_train[nearest])
line_mae = mean_absolute_error(y_test, fit_line(X_train, y_train)(X_test))
print("shape of the distances:", distance.shape)
print(f"the nearest training tract is {np.median(distance.min(axis=1)):.1f} km away (median)")
print(f"MAE of its value {map_mae:.2f}, of the straight line with 13 columns {line_mae:.2f} ($1000)")

# %% [markdown]
# The price next door does as well as a line with thirteen columns. Nearly every test tract has training tracts of its
# own town beside it: a random split lets a model be good by knowing the neighbours.
#
# ### Your turn 3.10: a town nobody has seen
#
# What would the map be worth in a new town? For each test tract take the nearest training tract *of another town*, and
# give the mean absolute error as `new_town_mae` in \$1000. `train_rows["TOWN"].to_numpy()` and the same of `test_rows`
# give the towns; `a[:, None] == b` compares every pair. Add cells, and do not round.

# %% tags=["exercise"]
new_town_mae = ...

# %% tags=["check"]
# @title Check 3.10
same_town = test_rows["TOWN"].to_numpy()[:, None] == train_rows["TOWN"].to_numpy()
other = np.where(same_town, np.inf, distance).argmin(axis=1)
in_degrees = np.column_stack([east, north])
by_degrees = np.sum((in_degrees[test_rows.index][:, None] - in_degrees[train_rows.index]) ** 2, axis=2)
check.value(
    "3.10 a new town",
    new_town_mae,
    mean_absolute_error(y_test, y_train[other]),
    tol=1e-4,
    hint="Make the distances within a town infinite: np.where(same_town, np.inf, distance). Then argmin as above.",
    slips={
        "That is the nearest tract of any town, as above.": map_mae,
        "You took the nearest tract of the same town, where there is one.": mean_absolute_error(
            y_test, y_train[np.where(same_town, distance, 999).argmin(axis=1)]
        ),
        "That is the mean squared error.": mean_squared_error(y_test, y_train[other]),
        "That is the median error; the mean was asked for.": np.median(np.abs(y_test - y_train[other])),
        "These are dollars; give $1000.": 1000 * mean_absolute_error(y_test, y_train[other]),
        "You measured in degrees; a degree of longitude is narrower than one of latitude.": mean_absolute_error(
            y_test, y_train[np.where(same_town, np.inf, by_degrees).argmin(axis=1)]
        ),
    },
)

# %% tags=["solution"]
# @title Solution 3.10
towns_test, towns_train = test_rows["TOWN"].to_numpy(), train_rows["TOWN"].to_numpy()
outside = np.where(towns_test[:, None] == towns_train, np.inf, distance)
solved = mean_absolute_error(y_test, y_train[outside.argmin(axis=1)])
# far worse than the price next door, though still better than guessing the mean
check.solution("3.10 a new town", solved)

# %% [markdown]
# ## 6. What a line misses
#
# If a straight line is the right shape, its residuals, observed minus predicted, are a shapeless cloud around zero. Fit
# the line with all 13 columns of Boston housing to the training tracts. The census wrote 50.0 for "\$50,000 or more".
# Such a value is **censored**: known only to lie beyond a limit, as in "survived more than 5 years".

# %%
line_says = fit_line(X_train, y_train)(X_train)
missed = y_train - line_says
fifths = np.array_split(np.argsort(line_says), 5)  # argsort: row numbers, from the lowest prediction to the highest
for name, rows in zip(("lowest", "second", "middle", "fourth", "highest"), fifths, strict=True):
    print(f"{name} fifth of the predictions: mean residual {missed[rows].mean():+.2f} ($1000)")

# %% tags=["figure"]
# @title Residuals of the training tracts
capped = y_train == 50
fig, ax = plt.subplots()
ax.scatter(line_says[~capped], missed[~capped], s=12, alpha=0.6, label="training tracts")
ax.scatter(line_says[capped], missed[capped], marker="^", color="C1", label="capped at 50")
ax.axhline(0, color="black", linestyle="-", linewidth=1)
ax.set(xlabel="predicted value ($1000)", ylabel="census minus predicted ($1000)")
ax.legend()
plot.show(
    fig,
    alt="Residuals of the line: a U, above zero at both ends and below it in between; capped tracts on a slope.",
)

# %% [markdown]
# They bend like a U. At its right end some capped tracts lie on a falling line, because all of them stand at 50: part
# of that arm may be the cap and not a curve. (The two far above the others are capped as well, and predicted as
# ordinary homes.) At the left end tracts with the lowest *predictions* are worth more than the line says.
#
# ### Your turn 3.11: mend the left arm
#
# Three ways to fit the line again: "drop" leaves out the capped training tracts; "log" keeps all, fits `np.log` of the
# price, as Harrison and Rubinfeld did, and turns predictions back with `np.exp` (which then estimate a median rather
# than a mean); "both" does both. Which brings the mean residual of the lowest fifth of its own predictions nearest to
# zero? Guess, add cells, and set `mend`.

# %% tags=["exercise"]
mend = ...  # "drop", "log" or "both"

# %% tags=["check"]
# @title Check 3.11
arms = {}
for way in ("drop", "log", "both"):
    kept = y_train < 50 if way != "log" else y_train > 0
    goal = y_train[kept] if way == "drop" else np.log(y_train[kept])
    back = fit_line(X_train[kept], goal)(X_train[kept])
    back = back if way == "drop" else np.exp(back)
    order = np.array_split(np.argsort(back), 5)
    arms[way] = [(y_train[kept] - back)[order[place]].mean() for place in (0, 4)]
told = {
    way: f"With '{way}' the lowest fifth is off by {low:+.2f}, the highest by {high:+.2f} ($1000). "
    for way, (low, high) in arms.items()
}
told["drop"] += "The lowest predictions stay too low. Try another way."
told["both"] += "Better than the plain line, and not the best of the three."
told["log"] += "A percentage is now a straight line: that mends the left arm, and not the right one, cap or no cap."
check.choice("3.11 mend the left arm", mend, "log", told)

# %% tags=["solution"]
# @title Solution 3.11
logs_say = np.exp(fit_line(X_train, np.log(y_train))(X_train))
left_arm = (y_train - logs_say)[np.argsort(logs_say)[: len(y_train) // 5]].mean()  # a small part of the plain line's
check.solution("3.11 mend the left arm", "log")

# %% [markdown]
# Means hide single places. Row 1 of the test rows (they count from 0) was chosen before we saw a prediction. It lies in
# Wakefield, north of Boston: 6.6 rooms per home, 6.5 % of lower status, 18.5 pupils per teacher. Guess its value, then
# look.

# %%
line_test, networks_test = fit_line(X_train, y_train)(X_test), fit_networks(X_train, y_train)(X_test)
for row in (1, 5):  # in $1000
    print(f"{test_rows['TOWN'].iloc[row]}: census {y_test[row]:.1f}, line {line_test[row]:.1f}, ", end="")
    print(f"networks {networks_test[row]:.1f}")


# %% tags=["figure"]
# @title Slider: one test tract, two predictions and the census
def draw_tract(row=1):
    tract = test_rows.iloc[row]
    values = {"networks": networks_test[row], "line": line_test[row], "census": tract["MEDV"]}
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.3))
    left.scatter(networks_test, y_test, s=9, color="#8a8a8a", label="all test tracts")
    left.scatter(networks_test[row], y_test[row], marker="s", s=70, color="black", label="this tract")
    left.plot([0, 52], [0, 52], color="black", linestyle=":", linewidth=1, label="prediction = census")
    left.set(xlabel="predicted by the networks ($1000)", ylabel="census ($1000)", xlim=(0, 52), ylim=(0, 54))
    left.legend(fontsize=9, loc="lower right")
    bars = right.barh(list(values), list(values.values()), color=["C0", "C0", "black"])
    right.bar_label(bars, fmt="%.1f", padding=3)
    right.set(xlabel="value ($1000)", xlim=(0, 62))
    right.set_title(f"{tract['TOWN']}: RM {tract['RM']:.1f}, LSTAT {tract['LSTAT']:.1f} %", fontsize=10)
    return fig, f"Test tract {row} in {tract['TOWN']}: " + ", ".join(f"{k} {v:.1f}" for k, v in values.items())


plot.explore(draw_tract, row=(0, 151))

# %% [markdown]
# The networks miss Wakefield by less than \$1,000. Row 5, in Back Bay, they overvalue by almost \$20,000, and the line
# by some \$15,000. A model that is good on average can be far off for the case in front of you, and does not say when.

# %% [markdown]
# ## 7. Column B
#
# Column B is $1000\,(s - 0.63)^2$, where $s$ is the share of Black residents in a tract. The authors *assumed* that a
# rising share lowers prices where few Black people live and raises them in segregated neighbourhoods, and built that
# assumption about prejudice into the column. Medicine had such a column: until 2021 a common formula for kidney
# function (eGFR) multiplied its result by 1.159 for Black patients, who so looked healthier than their blood said, and
# reached the waiting list for a kidney later.
#
# A square forgets the sign, so two shares can give the same B. But where B is 136.9 or less both are at least 26 %: in
# these tracts many Black people certainly live.

# %%
low_b = (housing["B"] <= 1000 * 0.37**2).to_numpy()  # 0.37 = 1 - 0.63: the value at a share of 100 %
print((housing["B"] == 396.9).sum(), "tracts have B = 396.9: a share of 0 %, after rounding")
print(low_b.sum(), "tracts have B of 136.9 or less: a share of at least 26 %")

# %% tags=["figure"]
# @title Column B against the share
share = np.linspace(0, 1, 101)
fig, ax = plt.subplots(figsize=(6.4, 3))
ax.plot(100 * share, 1000 * (share - 0.63) ** 2)
ax.axhline(1000 * 0.37**2, color="C1", linestyle="--", label="136.9: the value at 100 %")
ax.set(xlabel="share of Black residents (%)", ylabel="column B", ylim=(0, 420))
ax.legend()
plot.show(fig, alt="B falls from 396.9 at a share of 0 % to 0 at 63 % and rises again to 136.9 at 100 %.")

# %% [markdown]
# Has race left the data once B is dropped? Let a simple classifier guess from the *other* twelve columns which tracts
# are those 36 with a low B. **Logistic regression** turns a weighted sum of the columns into a probability. The **AUC**
# is the share of pairs, one of the 36 and one other, in which the right tract gets the higher probability: 0.5 would
# be a coin, 1 perfect. Each town is held out once.

# %%
twelve = housing[[name for name in features if name != "B"]]
classifier = make_pipeline(StandardScaler(), LogisticRegression())
split = LeaveOneGroupOut().split(housing, groups=housing["TOWN"])
guess = cross_val_predict(classifier, twelve, low_b, cv=split, method="predict_proba")[:, 1]  # probability of True
print(f"AUC of the twelve columns: {roc_auc_score(low_b, guess):.2f}")
print(f"AUC of the question 'TAX = 666?', the city of Boston, alone: {roc_auc_score(low_b, housing['TAX'] == 666):.2f}")

# %% [markdown]
# In about 79 of 100 pairs the twelve columns pick the right tract: they are **proxies** for the one that was dropped.
# (Knowing only "it is Boston" does better still, because what the twelve learn from other districts misleads inside
# the city.) So a model that never sees B can still err in one direction where Black people live. Does it? Take the
# **signed error**, predicted minus census, of each tract when it is held out (five folds), with B and without.


# %%
def held_out(fit, columns):
    """Prediction of each tract ($1000) by a model that was fitted without its fold."""
    predicted, price_1970 = np.zeros(len(housing)), housing["MEDV"].to_numpy()
    for fitted, left_out in KFold(n_splits=5, shuffle=True, random_state=0).split(housing):
        predicted[left_out] = fit(columns.iloc[fitted], price_1970[fitted])(columns.iloc[left_out])
    return predicted


census = housing["MEDV"].to_numpy()
signed = {
    (model, label): held_out(fit, columns) - census
    for model, fit in {"straight line": fit_line, "five networks": fit_networks}.items()
    for label, columns in {"with B": housing[features], "without B": twelve}.items()
}
for (model, label), error in signed.items():
    print(f"{model} {label}: MAE {np.abs(error).mean():.2f}, mean signed error in the 36 {error[low_b].mean():+.2f}")

# %% [markdown]
# Over all tracts it hardly matters whether B is there. In the 36 both models value homes higher without B. By how much?
# The 36 lie in seven towns only, so we draw whole towns (the **bootstrap**: draw again and again with replacement, and
# see how far the mean moves).

# %%
towns = housing["TOWN"].to_numpy(str)
for model in ("straight line", "five networks"):
    higher = (signed[model, "without B"] - signed[model, "with B"])[low_b]
    low, high = stats.bootstrap_interval(np.mean, higher, groups=towns[low_b])
    print(f"{model}: {higher.mean():+.2f} in the 36 without B, 95 % by town {low:+.2f} to {high:+.2f} ($1000)")

# %% [markdown]
# An average over all tracts had hidden that. But are the 36 treated worse than *other* cheap tracts? Held-out
# predictions lean to the middle, so that cheap homes are valued too high, and dear ones too low, wherever they stand.
#
# ### Your turn 3.12: the tax office
#
# A city wants to tax in proportion to the value that the **networks without B** predict: "Race is not in the data."
# Take the tracts that the census puts at \$17,550 or less, `cheap`, and compare the mean signed error of those among
# the 36 with that of the others. `gap` gives the difference; `stats.bootstrap_interval(gap, error[cheap], low_b[cheap],
# groups=towns[cheap])` its 95 % interval by town. Which sentence do these data support?
#
# - A: among cheap tracts, the 36 are valued higher than the others;
# - B: among cheap tracts, the 36 are valued lower than the others;
# - C: among cheap tracts, all differ by less than \$500 on average;
# - D: among cheap tracts, the direction of a difference stays open.


# %%
def gap(error, in_group):
    if in_group.all() or not in_group.any():
        raise ValueError("a draw without one of the groups")  # the bootstrap then draws again
    return error[in_group].mean() - error[~in_group].mean()


cheap, error = census <= 17.55, signed["five networks", "without B"]

# %% tags=["exercise"]
supported = ...  # a letter

# %% tags=["check"]
# @title Check 3.12
told = {}
for model in ("five networks", "straight line"):
    off = signed[model, "without B"]
    says = off + census
    like = says <= np.quantile(says[low_b], 0.9)
    for way, rows in (("census", census <= 17.55), ("prediction", like)):
        ends = stats.bootstrap_interval(gap, off[rows], low_b[rows], groups=towns[rows])
        told[model, way] = f"{gap(off[rows], low_b[rows]):+.1f} (95 % by town {ends[0]:+.1f} to {ends[1]:+.1f})"
numbers = f"The difference is {told['five networks', 'census']} ($1000). "
check.choice(
    "3.12 tax office",
    supported,
    "D",
    {
        "A": f"{numbers}A court that hears 'too high' will ask whether zero lies inside.",
        "B": f"{numbers}Predicted minus census: which sign is too low? And does zero lie inside?",
        "C": f"{numbers}The interval reaches much further than 0.5 to either side.",
        "D": f"{numbers}That is no acquittal: a gap of $1,000 a home would fit, too. And it is one choice of many. "
        f"Among tracts alike in the *prediction* the networks differ by {told['five networks', 'prediction']}; the "
        f"line by {told['straight line', 'census']} among the cheap, and by {told['straight line', 'prediction']} "
        "among those alike in the prediction. Who audits a model says beforehand which comparison counts.",
    },
)

# %% tags=["solution"]
# @title Solution 3.12
difference = gap(error[cheap], low_b[cheap])
ends_solution = stats.bootstrap_interval(gap, error[cheap], low_b[cheap], groups=towns[cheap])
# zero lies inside: with seven towns even a large difference could not be told from none
check.solution("3.12 tax office", "D")

# %% [markdown]
# So whether a model is fair cannot be read from its list of columns. It is measured, group by group, against a fair
# comparison, and with intervals; seven towns may be too few to tell. And these are tracts, not people: to conclude from
# groups about one household is the **ecological fallacy**.

# %% [markdown]
# ## 8. Inside the network
#
# A network's slopes are not worked out by hand. PyTorch is a library for neural networks, and a **tensor** is its
# array. It records what you calculate with a tensor and works out the gradient from that record: **autograd**. Compare
# three ways for the cost of $H(x) = Wx$ on three patients, where the formula is $\mathrm{mean}((Wx - y)\,x)$.

# %%
tablets = effect = np.array([1.0, 2.0, 3.0])
by_formula = np.mean((2.5 * tablets - effect) * tablets)
near = [np.mean((W * tablets - effect) ** 2) / 2 for W in (2.5 - 1e-5, 2.5 + 1e-5)]

W = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
loss = ((W * torch.tensor(tablets) - torch.tensor(effect)) ** 2).mean() / 2
loss.backward()  # fills W.grad
print(
    f"formula {by_formula:.4f}, tiny steps to both sides {(near[1] - near[0]) / 2e-5:.4f}, autograd {W.grad.item():.4f}"
)

# %% [markdown]
# Now a larger network for Boston housing: 13 inputs, 128 and 64 values in between, one output. Lopsided columns go in
# as **logarithms**, which turn "twice as much" into "one step more", as you know from pH. `nn.Linear` multiplies by a
# table of weights and adds a **bias** for each output. `nn.ReLU` sets negative values to zero: without it two layers
# would be no more than one line. **Dropout** switches off a random tenth of the values in each training step, so that
# the network relies on no single one. `.double()` asks for 64-bit numbers, as in NumPy, because rounding with the usual
# 32 bits makes a long training end differently from processor to processor.


# %%
def unskew(table):
    """Pull in the long tails, by fixed formulas with no fitted numbers."""
    table = table.copy()
    for name in ("CRIM", "DIS", "LSTAT"):
        table[name] = np.log(table[name])
    table["ZN"] = np.log1p(table["ZN"])  # log(1 + ZN), because ZN is often 0
    if "B" in table:
        table["B"] = -np.log(400 - table["B"])  # B piles up just below its highest value of 396.9: turn it round
    return table


# %%
def make_network(n_columns):
    layers = []
    for n_in, n_out in ((n_columns, 128), (128, 64)):
        layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(0.1)]
    return nn.Sequential(*layers, nn.Linear(64, 1)).double()


print(sum(table.numel() for table in make_network(13).parameters()), "weights")  # numel: how many numbers in a table

# %% [markdown]
# Training is gradient descent, with four additions. Each step looks at a random **batch** of 32 tracts; one pass
# through all of them is an **epoch**. **Adam** divides each weight's gradient by how large that gradient usually is, so
# that all weights move by steps of similar size. The W in AdamW stands for **weight decay**: each step also pulls all
# weights a little towards zero. And the learning rate falls to zero along half a wave of a cosine: large steps first,
# fine ones at the end.


# %%
def fit_network(X, y, seed, epochs=150):
    """Train one network; return a function that predicts."""
    torch.manual_seed(seed)
    scaler = StandardScaler().fit(unskew(X))
    inputs = torch.tensor(scaler.transform(unskew(X)))
    targets = torch.tensor((y - y.mean()) / y.std())
    network = make_network(X.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    # the learning rate after each of all steps: epochs times batches
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * math.ceil(len(X) / 32))
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(32):  # row numbers in random order, 32 at a time
            # squeeze(-1) makes of a table with one column a plain list
            loss = ((network(inputs[batch]).squeeze(-1) - targets[batch]) ** 2).mean()
            optimizer.zero_grad()  # forget the last step's gradient
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()  # from now on no dropout

    def predict(X):
        with torch.no_grad():
            return network(torch.tensor(scaler.transform(unskew(X)))).squeeze(-1).numpy() * y.std() + y.mean()

    return predict


# %%
each = np.array([fit_network(X_train, y_train, 5 * SEED + start)(X_test) for start in range(5)])  # 5 networks x 152
together = each.mean(axis=0)
for start, one in enumerate(each):
    mse, mae = mean_squared_error(y_test, one), mean_absolute_error(y_test, one)
    print(f"PyTorch, start {start}: MSE {mse:5.2f}, MAE {mae:.2f}")

# %% [markdown]
# One of these alone misses by \$2,060 to \$2,230 on these test tracts. The core's small networks, without logarithms,
# missed by about \$2,500 together. Which of the changes did it, this one comparison cannot tell.
#
# ### Your turn 3.13: what averaging is worth
#
# Is the average of the five better than they are? Compute the gap: the mean of the five single MSEs minus the MSE of
# `together`. `each` has one row for each network and one column for each tract. Exactly one of these equals the gap, on
# any data; which?
#
# - A: for each tract the variance of the five predictions, divided by 4; its mean over the tracts;
# - B: for each tract the variance of the five predictions, divided by 5; its mean over the tracts;
# - C: for each network the variance of its predictions; its mean over the networks, times 1/5;
# - D: for each tract the standard deviation of the five predictions; its mean over the tracts.
#
# `each.var(axis=0)` takes the variance over the networks (and divides by 5; with `ddof=1`, by 4), `each.var(axis=1)`
# over the tracts, `each.std` the standard deviation.

# %% tags=["exercise"]
gap_is = ...  # a letter

# %% tags=["check"]
# @title Check 3.13
gained = np.mean((each - y_test) ** 2) - mean_squared_error(y_test, together)
candidates = {"A": each.var(axis=0, ddof=1), "B": each.var(axis=0), "C": each.var(axis=1) / 5, "D": each.std(axis=0)}
told = {
    k: f"This is {v.mean():.3f}, and the gap {gained:.3f}. A claim built on it would promise what the average does not "
    "keep."
    for k, v in candidates.items()
}
told["B"] = (
    f"Both are {gained:.3f}: averaging gains exactly as much as the members disagree. Five copies of one network would "
    "gain nothing."
)
check.choice("3.13 what averaging is worth", gap_is, "B", told)

# %% tags=["solution"]
# @title Solution 3.13
gap_solution = np.mean([mean_squared_error(y_test, one) for one in each]) - mean_squared_error(y_test, together)
assert np.isclose(gap_solution, each.var(axis=0).mean())  # true of squared errors on any data
check.solution("3.13 what averaging is worth", "B")

# %% [markdown]
# ## 9. Boosted trees, and folds repeated
#
# **Boosted trees** add up a hundred small decision trees ("RM above 6.9?"), each of which corrects part of the error
# that the ones before it left. They need no scaling and hardly any tuning; we take scikit-learn's default settings. An
# older scikit-learn grows slightly other trees, so your last digit may differ.
#
# Compare them with the line and with the core's five networks on the 354 *training* rows. One 5-fold cross-validation
# hangs on how the rows happened to be cut; **repeated k-fold** cuts them anew.


# %%
def cross_validate(fit, folds):
    """For each fold the MAE ($1000)."""
    maes = []
    for fitted, held_out in folds:
        predict = fit(X_train.iloc[fitted], y_train[fitted])
        maes.append(mean_absolute_error(y_train[held_out], predict(X_train.iloc[held_out])))
    return np.array(maes)


fits = {"straight line": fit_line, "boosted trees": fit_trees, "five networks": fit_networks}
random_folds = list(RepeatedKFold(n_splits=5, n_repeats=2, random_state=0).split(X_train))
by_random = {name: cross_validate(fit, random_folds) for name, fit in fits.items()}
for name, maes in by_random.items():
    print(f"{name}: MAE {maes.mean():.2f}, standard deviation of the {len(maes)} folds {maes.std(ddof=1):.2f} ($1000)")

# %% [markdown]
# Random folds put tracts of one town on both sides. So hold out whole towns: all tracts of a town together.

# %%
train_towns = train_rows["TOWN"].unique()
town_folds = []
for _, held_out in KFold(n_splits=5, shuffle=True, random_state=0).split(train_towns):
    inside = train_rows["TOWN"].isin(train_towns[held_out]).to_numpy()
    town_folds.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
by_town = {name: cross_validate(fit, town_folds) for name, fit in fits.items()}
for name, maes in by_town.items():
    more = maes.mean() - by_random[name].mean()
    print(f"{name}: MAE {maes.mean():.2f} ($1000) when towns are held out, {more:+.2f}")

# %% tags=["figure"]
# @title Error of each fold
fig, ax = plt.subplots(figsize=(7, 3.2))
for height, name in enumerate(fits):
    for shift, marker, colour, label, results in (
        (0.14, "o", "C0", "random folds", by_random),
        (-0.14, "^", "C1", "town folds", by_town),
    ):
        ax.scatter(
            results[name],
            np.full(len(results[name]), height + shift),
            marker=marker,
            color=colour,
            label=label if height == 0 else None,
        )
ax.set(yticks=range(3), yticklabels=list(fits), ylim=(-0.5, 2.9), xlabel="mean absolute error of a fold ($1000)")
ax.legend(loc="upper right", ncols=2)
plot.show(fig, alt="Each fold's error: the line lies near 3.3, trees and networks near 2.2; towns held out give more.")

# %% [markdown]
# When whole towns are held out all three get worse on average, the two models that can bend more than the line, as if
# part of their skill were to know the town. (Five folds of towns: how far those means would move with other folds we
# did not try.) The city of Boston counts as 15 towns here, which have RAD, TAX and more in common, so even these folds
# are too kind.
#
# Now trees and networks on the test rows, with an interval by town: whole towns are drawn again and again with
# replacement (the bootstrap).

# %%
test_towns = test_rows["TOWN"].to_numpy(str)
tested = {name: fits[name](X_train, y_train)(X_test) for name in ("boosted trees", "five networks")}
for name, one in tested.items():
    low, high = stats.bootstrap_interval(np.mean, np.abs(y_test - one), groups=test_towns)
    print(f"{name}: MAE {mean_absolute_error(y_test, one):.2f}, 95 % by town {low:.2f} to {high:.2f} ($1000)")
squared = (y_test - tested["five networks"]) ** 2
worst = np.argsort(squared)[::-1][:6]
print(f"six worst tracts of the networks: {squared[worst].sum() / squared.sum():.0%} of their squared error")
for row in worst[:3]:
    print(f"  {test_towns[row]}: census {y_test[row]:.1f}, networks {tested['five networks'][row]:.1f} ($1000)")

# %% [markdown]
# Six tracts of 152 carry more than half of the networks' squared error. So the MSE of a small test set hangs on
# whether a few such tracts happen to be in it; the MAE is steadier. Beacon Hill is capped at 50: its true median is
# not even known.
#
# ### Your turn 3.14: do the networks win?
#
# A report says: "In repeated cross-validation the networks beat boosted trees." And indeed, the mean of the ten
# differences `by_random["boosted trees"] - by_random["five networks"]` is above zero. With $s$, their standard
# deviation (`ddof=1`), a 95 % interval is the mean plus or minus $2.26\,s\sqrt{1/10}$, *if* the ten are independent.
# They are not: any two training parts share most of their rows. Nadeau and Bengio therefore put $1/10 + 1/4$ under the
# root, where 1/4 is the size of the held-out part relative to the rest. On the test rows, take the difference of the
# absolute errors tract by tract, with an interval by town. Add cells, and set `verdict` to "networks win", "trees
# win", "networks win in cross-validation only" or "not shown".

# %% tags=["exercise"]
verdict = ...

# %% tags=["check"]
# @title Check 3.14
ten = by_random["boosted trees"] - by_random["five networks"]
naive, honest = (2.26 * ten.std(ddof=1) * root**0.5 for root in (1 / 10, 1 / 10 + 1 / 4))
closer = np.abs(y_test - tested["boosted trees"]) - np.abs(y_test - tested["five networks"])
low, high = stats.bootstrap_interval(np.mean, closer, groups=test_towns)
numbers = f"if independent {ten.mean() - naive:.2f} to {ten.mean() + naive:.2f}, honestly {ten.mean() - honest:.2f} to "
numbers += f"{ten.mean() + honest:.2f}, on the test rows {low:.2f} to {high:.2f} ($1000)"
check.choice(
    "3.14 do the networks win",
    verdict,
    "not shown",
    {
        "networks win": f"A referee asks for the intervals and looks for zero in them: {numbers}.",
        "trees win": f"Which sign is it? The networks lead by {ten.mean():.2f}: {numbers}.",
        "networks win in cross-validation only": f"Look for zero in the intervals of the folds, too: {numbers}.",
        "not shown": f"The sign of the mean decides nothing, as zero lies in all three intervals: {numbers}. Choose by "
        "something else, such as time to train, or collect more tracts.",
    },
)

# %% tags=["solution"]
# @title Solution 3.14
lead = by_random["boosted trees"] - by_random["five networks"]
half = 2.26 * lead.std(ddof=1) * np.sqrt(1 / 10 + 1 / 4)  # with shared rows
check.solution("3.14 do the networks win", "not shown")

# %% [markdown]
# Take-home, online: `sklearn.datasets.fetch_california_housing(as_frame=True)` has 20,640 block groups with
# coordinates. Which model wins by random folds, and which if you hold out squares of one degree?

# %% [markdown]
# ## 10. Which columns does a model lean on?
#
# **Permutation importance**: shuffle one column among the test tracts, so that it carries no information any more, and
# see by how much the error rises. It needs no look inside the model, so it works for any kind of model.


# %%
def permutation_importance(predict, columns, repeats=5):
    """Rise of the test MAE ($1000) when these columns are shuffled, all by the same shuffle; mean over the repeats."""
    rng = np.random.default_rng(SEED)
    maes = []
    for _ in range(repeats):
        shuffled = X_test.copy()
        shuffled[columns] = X_test[columns].to_numpy()[rng.permutation(len(X_test))]
        maes.append(mean_absolute_error(y_test, predict(shuffled)))
    return np.mean(maes) - mean_absolute_error(y_test, predict(X_test))


# %%
models = {"straight line": fit_line, "boosted trees": fit_trees, "five networks": fit_networks}
models = {name: fit(X_train, y_train) for name, fit in models.items()}
importance = pd.DataFrame(
    {
        name: {column: permutation_importance(predict, [column]) for column in features}
        for name, predict in models.items()
    }
).sort_values("boosted trees")

# %% tags=["figure"]
# @title Importance of each column for three models
fig, axes = plt.subplots(1, 3, figsize=(9, 3.8), sharex=True, sharey=True)
for ax, name in zip(axes, importance.columns, strict=True):
    ax.barh(importance.index, importance[name])
    ax.set(xlabel="rise of the MAE ($1000)", title=name)
plot.show(
    fig,
    alt="Permutation importance: LSTAT is the most important column for all three models, RM is second for trees and "
    "networks; the line leans on TAX and RAD, the trees hardly.",
)

# %% [markdown]
# (The columns stand in the order of the trees.) All three lean on LSTAT most; trees and networks then use the rooms,
# RM. The networks lean on eight or so columns, the trees on few. So three models of the same data give three answers to
# "what matters?".
#
# Importance says what the *model* uses, not what makes a price: nobody's house becomes dearer because somebody edits a
# table. It is measured on test rows, because on training rows a model also leans on what it has learned by heart. And
# columns that go together mislead: a model may use either of them, or both by halves, and a shuffle of one alone makes
# rows that cannot exist.
#
# ### Your turn 3.15: two columns that go together
#
# For the straight line RAD (access to highways) and TAX are among the important columns, and the two go together:
# their correlation is 0.91. If both are shuffled at once, *by the same shuffle*, so that each pair of values stays
# together: how much does the line's MAE rise? Write down a guess before you compute. Set `rise` to "their sum",
# "the larger of the two", "more than the sum" or "nearly nothing".

# %%
print(f"correlation of RAD and TAX: {housing['RAD'].corr(housing['TAX']):.2f}")

# %% tags=["exercise"]
rise = ...

# %% tags=["check"]
# @title Check 3.15
rad, tax, pair = (
    permutation_importance(models["straight line"], names) for names in (["RAD"], ["TAX"], ["RAD", "TAX"])
)
numbers = f"RAD {rad:.2f}, TAX {tax:.2f}, both together {pair:.2f} ($1000)"
check.choice(
    "3.15 two columns",
    rise,
    "nearly nothing",
    {
        "their sum": f"That would hold if the line used them independently: {numbers}.",
        "the larger of the two": f"That would hold if the line leaned on one of them only: {numbers}.",
        "more than the sum": f"That happens when either can stand in for the other: {numbers}. Here they oppose.",
        "nearly nothing": f"{numbers}. The line adds for RAD, subtracts for TAX; the two cancel if they go together. "
        "Shuffled alone, each makes tracts that cannot exist, and looks important.",
    },
)

# %% tags=["solution"]
# @title Solution 3.15
# shuffled together, the two leave the line nearly as good: it adds for one and subtracts for the other
check.solution("3.15 two columns", "nearly nothing")

# %%
check.summary()

# %% [markdown]
# ## What this notebook has shown

# %% tags=["nbval-check-output"]
alone_km, multiple_km = 1000 * np.mean(moved, axis=0)
claims = [
    -130 < alone_km < -110 and -45 < multiple_km < -35,  # the confounder; the truth is -40
    np.mean(inside_band) < 0.6 and np.mean(line_error) > 1.2 * stay_error.mean(),  # a trend line on a random walk
    largest_gap < 1e-6,  # normal equations, scikit-learn, gradient descent
    np.allclose([walk_hills(-3.0)[-1], walk_hills(3.0)[-1]], [-1.81, 1.64], atol=0.01),
    3.4 < map_mae < 3.6,  # the price next door
    np.isclose(by_formula, W.grad.item()),
    11 < mean_squared_error(y_test, together) < 16 and 1.9 < mean_absolute_error(y_test, together) < 2.3,
    12 < mean_squared_error(y_test, tested["boosted trees"]) < 14,
    all(by_town[name].mean() > by_random[name].mean() for name in fits),  # towns held out are harder
    by_random["straight line"].mean() - by_random["boosted trees"].mean() > 0.6,
    all(importance[name].idxmax() == "LSTAT" for name in importance),
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | multiple regression | 다중회귀 | predicting from several columns at once |
# | confounder | 교란변수 | a third variable that moves both x and y |
# | random walk | 확률보행 | each value is the last one plus chance |
# | normal equations | 정규방정식 | closed form of least squares with several columns |
# | convex | 볼록 | no line between two points of the curve runs below it |
# | local, global minimum | 국소 최솟값, 전역 최솟값 | lower than its neighbourhood; lower than everything |
# | proxy variable | 대리변수 | carries the information of a column that is not there |
# | tensor, autograd | 텐서, 자동 미분 | PyTorch's array; gradients worked out by the computer |
# | epoch, batch | 에포크, 배치 | one pass through all rows; the few rows of one step |
# | dropout | 드롭아웃 | switching off random hidden values in training |
# | weight decay | 가중치 감쇠 | pulling all weights a little towards zero |
# | boosted trees | 부스팅 트리 | a sum of small trees, each of which corrects those before |
# | repeated k-fold | 반복 k겹 교차검증 | cross-validation with several ways to cut the rows |
# | permutation importance | 순열 중요도 | rise of the error when a column is shuffled |
#
# ## References
#
# - Gilley OW, Pace RK. On the Harrison and Rubinfeld data. J Environ Econ Manage 1996;31:403-405.
# - Friedman JH. Greedy function approximation: a gradient boosting machine. Ann Stat 2001;29:1189-1232.
# - Nadeau C, Bengio Y. Inference for the generalization error. Mach Learn 2003;52:239-281.
# - Loshchilov I, Hutter F. Decoupled weight decay regularization. ICLR 2019.
# - Breiman L. Random forests. Mach Learn 2001;45:5-32. (Permutation importance.)
# - Krogh A, Vedelsby J. Neural network ensembles, cross validation, and active learning. NIPS 1994. (Ambiguity.)
