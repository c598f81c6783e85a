"""Training on CUDA, where there is one: the model comes back, the losses' weights go along, float16 learns too."""

import pytest
import torch
from torch import nn
from training import CROSS_ENTROPY, INPUTS, TARGETS, accuracy, batches, fit, seeded, weights

from coursekit import train

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA")


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=0.01)


def device_of(model):
    (device,) = {tensor.device.type for tensor in model.state_dict().values()}
    return device


def test_the_three_functions_agree_with_the_cpu_and_the_model_comes_back():
    results = {}
    for device in ("cpu", DEVICE):
        model = seeded()
        model[3] = nn.Identity()  # dropout draws other numbers there
        seen = []
        model.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].device.type))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        options = {"metrics": {"accuracy": accuracy}, "device": device}
        history = fit(model, batches(), batches(), optimizer=optimizer, epochs=3, clip_norm=1.0, patience=3, **options)
        scores = train.evaluate(model, batches(), loss_fn=CROSS_ENTROPY, **options)
        outputs = train.predict(model, INPUTS, device=device)
        assert set(seen) == {device}
        assert (device_of(model), outputs.device.type) == ("cpu", "cpu")
        moments = [tensor.device.type for state in optimizer.state.values() for tensor in state.values()]
        assert set(moments) == {"cpu"}  # so that the optimiser can go on with the model
        results[device] = [*history["val_loss"], *scores.values(), *outputs.flatten().tolist()]
    assert results[DEVICE] == pytest.approx(results["cpu"], rel=1e-3, abs=1e-4)  # TF32 may round to 10 bits


def test_a_model_that_is_there_stays_there():
    model = seeded().to(DEVICE)
    fit(model, batches(), optimizer=adam(model), device=DEVICE)
    assert device_of(model) == DEVICE
    fit(model, batches(), optimizer=adam(model), device="cpu")
    assert device_of(model) == DEVICE


@pytest.mark.parametrize("use", [train.fit, train.evaluate, train.predict], ids=lambda use: use.__name__)
def test_the_model_comes_back_after_an_error(use):
    model = seeded()
    options = {"loss_fn": CROSS_ENTROPY, "optimizer": adam(model), "epochs": 1} if use is train.fit else {}
    options |= {"loss_fn": CROSS_ENTROPY} if use is train.evaluate else {}
    wrong = INPUTS[:, :3]
    with pytest.raises((ValueError, RuntimeError), match=r"shape|size"):
        use(model, wrong if use is train.predict else [(wrong, TARGETS)], device=DEVICE, **options)
    assert device_of(model) == "cpu"


def test_the_class_weights_of_a_loss_go_along_and_come_back():
    loss_fn, model = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0])), seeded()
    history = fit(model, batches(), loss_fn=loss_fn, optimizer=adam(model), epochs=3, device=DEVICE)
    assert history["loss"][-1] < history["loss"][0]
    assert loss_fn.weight.device.type == "cpu"
    on_cpu = train.evaluate(model, batches(), loss_fn=loss_fn, device="cpu")
    assert train.evaluate(model, batches(), loss_fn=loss_fn, device=DEVICE) == pytest.approx(on_cpu, rel=1e-3)


def test_mixed_precision_computes_in_float16_and_learns():
    model, types = seeded(), []
    model[0].register_forward_hook(lambda module, inputs, output: types.append(output.dtype))
    options = {"epochs": 10, "clip_norm": 1.0, "device": DEVICE}
    history = fit(model, batches(), optimizer=adam(model), mixed_precision=True, **options)
    assert (torch.float16 in types) == (DEVICE == "cuda")
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert {tensor.dtype for name, tensor in model.named_parameters()} == {torch.float32}


@pytest.mark.parametrize("mixed", [False, True])
def test_a_checkpoint_goes_on_there_and_on_the_cpu(tmp_path, mixed):
    options = {"checkpoint": tmp_path / "run.ckpt", "resume": True, "mixed_precision": mixed, "patience": 9}
    model = seeded()
    first = fit(model, batches(), batches(), optimizer=adam(model), epochs=2, device=DEVICE, **options)
    for epochs, device in ((3, DEVICE), (5, "cpu"), (6, DEVICE)):
        other = seeded()
        history = fit(other, batches(), batches(), optimizer=adam(other), epochs=epochs, device=device, **options)
        assert history.rows[:2] == first.rows
        assert len(history) == epochs
        assert history["val_loss"][-1] < history["val_loss"][0]
        assert device_of(other) == "cpu"
    assert torch.isfinite(torch.cat([tensor.flatten().float() for tensor in weights(other).values()])).all()
