"""How training ends: after all epochs, by its patience, or by Ctrl-C."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.utils.data import Dataset
from training import CROSS_ENTROPY, INPUTS, TARGETS, At, batches, by_hand, fit, same, seeded, weights

# What the loss gives without gradient: first when the validation batch is tried, then in each epoch.
SCRIPT = [9.0, 5.0, 3.0, 4.0, 3.0, 6.0]
EPOCH = 5  # calls of the loss: four batches for training, one batch for validation
WHOLE = [(INPUTS, TARGETS)]


def scripted(values):
    """A loss whose values in validation are given."""
    remaining = iter(values)

    def loss_fn(outputs, targets):
        return CROSS_ENTROPY(outputs, targets) if torch.is_grad_enabled() else torch.tensor(next(remaining))

    return loss_fn


def weights_after(epochs):
    model = seeded()
    return weights(by_hand(model, batches(), optimizer=torch.optim.SGD(model.parameters(), lr=0.1), epochs=epochs))


def interrupt():
    raise KeyboardInterrupt


def test_patience_stops_after_epochs_without_a_lower_validation_loss_and_restores_the_best_weights():
    model = seeded()
    history = fit(model, batches(), WHOLE, loss_fn=scripted(SCRIPT), epochs=9, patience=3)
    assert history["val_loss"] == [5, 3, 4, 3, 6]  # an equal loss is not lower
    assert (history.best_epoch, history.stopped) == (2, "no improvement")
    assert same(weights(model), weights_after(2))
    assert not same(weights(model), weights_after(5))


def test_patience_that_is_not_used_up_also_restores_the_best_weights():
    model = seeded()
    history = fit(model, batches(), WHOLE, loss_fn=scripted(SCRIPT), epochs=4, patience=3)
    assert (len(history), history.best_epoch, history.stopped) == (4, 2, "finished")
    assert same(weights(model), weights_after(2))


def test_without_patience_the_last_weights_stay():
    model = seeded()
    history = fit(model, batches(), WHOLE, loss_fn=scripted(SCRIPT), epochs=5)
    assert (len(history), history.best_epoch, history.stopped) == (5, 2, "finished")
    assert same(weights(model), weights_after(5))


# 2 calls are the rehearsal's; then the third epoch's second batch, its last one, its validation.
@pytest.mark.parametrize("call", [2 + 2 * EPOCH + batch for batch in (2, 4, 5)])
@pytest.mark.parametrize("patience", [None, 9])
def test_ctrl_c_returns_the_complete_epochs_and_the_best_weights(call, patience):
    model = seeded()
    history = fit(model, batches(), WHOLE, loss_fn=At(call, interrupt), epochs=9, patience=patience)
    assert (len(history), history.stopped) == (2, "by hand")
    assert history["val_loss"][1] < history["val_loss"][0]
    assert same(weights(model), weights_after(2))
    assert not model.training


def test_ctrl_c_without_validation_keeps_the_weights_of_the_moment():
    model = seeded()
    history = fit(model, batches(), loss_fn=At(1 + 4 + 1, interrupt), epochs=9)
    assert (len(history), history.stopped) == (1, "by hand")
    updated = {name: tensor for name, tensor in weights(model).items() if name[0] == "4"}  # no gradient since
    assert same(updated, {name: tensor for name, tensor in weights_after(1).items() if name[0] == "4"})


def test_ctrl_c_in_the_first_epoch_returns_an_empty_history():
    history = fit(seeded(), batches(), WHOLE, loss_fn=At(3, interrupt), epochs=9)
    assert (len(history), history.stopped, repr(history)) == (0, "by hand", "no epoch yet")


def test_ctrl_c_while_data_is_read_is_the_same():
    class Cut(Dataset):
        reads = 0

        def __len__(self):
            return 50

        def __getitem__(self, row):
            Cut.reads += 1
            if Cut.reads == 16 + 50 + 20:  # the rehearsal's batch, an epoch, 20 rows
                raise KeyboardInterrupt
            return INPUTS[row], TARGETS[row]

    model = seeded()
    history = fit(model, torch.utils.data.DataLoader(Cut(), 16), WHOLE, epochs=9)
    assert (len(history), history.stopped) == (1, "by hand")
    assert same(weights(model), weights_after(1))


def test_ctrl_c_while_the_best_weights_are_copied_cannot_part_them_from_their_history():
    model, copies = seeded(), []

    def cut(*arguments):
        copies.append(1)
        if len(copies) == 3:  # one copy an epoch, since each epoch is the best so far
            raise KeyboardInterrupt

    model.register_state_dict_pre_hook(cut)
    history = fit(model, batches(), WHOLE, epochs=9)
    assert (len(history), history.best_epoch) == (2, 2)
    assert same(weights(model), weights_after(2))


def test_ctrl_c_while_gradients_come_back_does_not_leave_them_off(monkeypatch):
    model, come_back = seeded(), torch.no_grad.__exit__
    before = weights(model)

    def cut(context, *error):
        if not model.training and not same(weights(model), before):  # after the validation of the first epoch
            raise KeyboardInterrupt
        come_back(context, *error)

    monkeypatch.setattr(torch.no_grad, "__exit__", cut)
    try:
        assert fit(model, batches(), WHOLE, epochs=9).stopped == "by hand"
        assert torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)


def test_ctrl_c_before_the_first_step_is_not_hidden():
    with pytest.raises(KeyboardInterrupt):
        fit(seeded(), batches(), WHOLE, loss_fn=At(2, interrupt))


ENDLESS = """
import json, sys
from training import CROSS_ENTROPY, batches, evaluate, fit, seeded
model = seeded()
history = fit(model, batches(), batches(), epochs=10**6, patience=10**6, checkpoint=sys.argv[1])
scores = evaluate(model, batches(), loss_fn=CROSS_ENTROPY)
print(json.dumps([len(history), history.stopped, min(history["val_loss"]), scores["loss"]]))
"""


def test_a_real_interrupt_signal_ends_training_and_nothing_else_is_written(tmp_path):
    checkpoint = tmp_path / "run.ckpt"
    command = [sys.executable, "-c", ENDLESS, str(checkpoint)]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        limit = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < limit:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")  # with TQDM_DISABLE=1 not even a progress bar
    epochs, stopped, lowest, loss = json.loads(out)
    assert (epochs >= 1, stopped) == (True, "by hand")
    assert loss == lowest  # the best epoch's weights, wherever the signal came
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]
