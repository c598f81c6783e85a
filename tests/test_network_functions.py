"""What labs 4 and 5 build by hand equals PyTorch on random cases: backpropagation, optimisers, convolution, pooling."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_functions import functions
from torch import nn
from torch.nn import functional as F

SEEDS = st.integers(0, 10**6)
softmax, initial, forward, backward, cross_entropy, perceptron = functions(
    "04_neural_networks", "softmax", "initial", "forward", "backward", "cross_entropy", "perceptron"
)
momentum_step, adam_step, batch_norm = functions("04_training_in_depth", "momentum_step", "adam_step", "batch_norm")
convolve2d, pool2d, as_matrix, receptive_field = functions(
    "05_convolutional_networks", "convolve2d", "pool2d", "as_matrix", "receptive_field"
)


@given(SEEDS, st.integers(1, 12), st.integers(1, 5), st.integers(1, 9), st.integers(2, 4))
def test_the_slopes_of_the_numpy_network_are_those_of_autograd(seed, rows, n_in, n_hidden, n_out):
    rng = np.random.default_rng(seed)
    inputs, targets = rng.normal(size=(rows, n_in)), rng.integers(n_out, size=rows)
    parameters = initial(n_in, n_hidden, n_out, rng)
    parameters = tuple(p + rng.normal(0, 0.3, size=p.shape) for p in parameters)  # biases that are not zero
    W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
    scores = torch.tanh(torch.tensor(inputs) @ W1.T + b1) @ W2.T + b2
    cost = F.cross_entropy(scores, torch.tensor(targets))
    cost.backward()
    assert np.allclose(forward(parameters, inputs)[1], scores.detach().numpy(), atol=1e-12)
    assert np.isclose(cross_entropy(forward(parameters, inputs)[1], targets), cost.item(), atol=1e-12)
    for mine, tensor in zip(backward(parameters, inputs, targets), tensors, strict=True):
        assert np.allclose(mine, tensor.grad.numpy(), atol=1e-12)


@given(SEEDS, st.integers(1, 5), st.integers(2, 6), st.sampled_from([1, 30, 800]))
def test_softmax_is_torchs_also_for_large_scores(seed, rows, classes, size):
    scores = np.random.default_rng(seed).normal(0, size, size=(rows, classes))
    assert np.allclose(softmax(scores), torch.softmax(torch.tensor(scores), dim=1).numpy(), atol=1e-12)


@settings(max_examples=5)
@given(SEEDS)
def test_momentum_and_adam_take_the_steps_of_torch_optim(seed):
    rng = np.random.default_rng(seed)
    start, slopes = rng.normal(size=3), rng.normal(size=(20, 3))
    rolling, v = start, np.zeros(3)
    adapted, m, s = start, np.zeros(3), np.zeros(3)
    tensors = [torch.tensor(start, requires_grad=True) for _ in range(2)]
    optimizers = [torch.optim.SGD(tensors[:1], lr=0.05, momentum=0.9), torch.optim.Adam(tensors[1:], lr=0.05)]
    for t, slope in enumerate(slopes, start=1):
        rolling, v = momentum_step(rolling, v, slope, 0.05)
        adapted, m, s = adam_step(adapted, m, s, t, slope, 0.05)
        for tensor, optimizer in zip(tensors, optimizers, strict=True):
            tensor.grad = torch.tensor(slope)
            optimizer.step()
    assert np.allclose(rolling, tensors[0].detach(), atol=1e-12)
    assert np.allclose(adapted, tensors[1].detach(), atol=1e-12)


@given(SEEDS, st.integers(2, 20), st.integers(1, 4))
def test_batch_normalisation_by_its_formulas_is_the_layer(seed, rows, columns):
    rng = np.random.default_rng(seed)
    x, gamma, beta = rng.normal(3, 2, size=(rows, columns)), rng.normal(size=columns), rng.normal(size=columns)
    layer = nn.BatchNorm1d(columns).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    assert np.allclose(batch_norm(x, gamma, beta), layer(torch.tensor(x)).detach().numpy(), atol=1e-9)


@settings(max_examples=15)
@given(SEEDS)
def test_the_perceptron_separates_what_a_line_can_separate(seed):
    rng = np.random.default_rng(seed)
    points, line = rng.normal(size=(30, 2)), rng.normal(size=2)
    margin = points @ line / np.linalg.norm(line)
    points, targets = points[np.abs(margin) > 0.3], (margin > 0)[np.abs(margin) > 0.3].astype(int)
    w, b, mistakes = perceptron(points, targets, epochs=500)
    assert mistakes[-1] == 0
    assert np.array_equal((points @ w + b > 0).astype(int), targets)


@given(SEEDS, st.integers(4, 9), st.integers(4, 9), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))
def test_the_convolution_by_hand_is_torchs_and_so_is_its_matrix(seed, rows, columns, side, stride, padding):
    rng = np.random.default_rng(seed)
    image, kernel = rng.normal(size=(rows, columns)), rng.normal(size=(side, max(1, side - 1)))
    expected = F.conv2d(torch.tensor(image)[None, None], torch.tensor(kernel)[None, None], None, stride, padding)
    assert np.allclose(convolve2d(image, kernel, stride, padding), expected[0, 0].numpy(), atol=1e-12)
    image, kernel = image[: min(rows, columns), : min(rows, columns)], rng.normal(size=(min(side, 3),) * 2)
    assert np.allclose(as_matrix(kernel, len(image)) @ image.ravel(), convolve2d(image, kernel).ravel(), atol=1e-12)


@given(SEEDS, st.integers(2, 9), st.integers(2, 9), st.integers(1, 2))
def test_pooling_by_hand_is_torchs(seed, rows, columns, size):
    table = np.random.default_rng(seed).normal(size=(rows, columns))
    tensor = torch.tensor(table)[None]
    assert np.allclose(pool2d(table, size), F.max_pool2d(tensor, size)[0].numpy())
    assert np.allclose(pool2d(table, size, np.mean), F.avg_pool2d(tensor, size)[0].numpy(), atol=1e-12)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), min_size=1, max_size=4))
def test_the_receptive_field_is_what_reaches_one_number(layers):
    image = torch.zeros(1, 1, 70, 70, requires_grad=True)
    x = image
    for side, stride in layers:
        x = F.conv2d(x, torch.ones(1, 1, side, side), stride=stride)
    x[0, 0, 0, 0].backward()
    touched = image.grad[0, 0].nonzero()
    spread = (touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist()
    assert spread == [receptive_field(layers)] * 2
