"""A checkpoint that is damaged, foreign or cannot be written is named, and what was there before stays."""

import os
import pickle
import random
import resource
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler
from training import At, accuracy, batches, fit, in_new_process, nothing_changed, same, seeded, weights

from coursekit import train

DAMAGED = r"is damaged or no checkpoint of fit \(\w+\); delete it, or begin anew with resume=False$"
ANOTHER = r"; give another file, or resume=False to begin anew$"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The content of a checkpoint after two epochs with validation, and the weights in it."""
    path, model = tmp_path_factory.mktemp("whole") / "run.ckpt", seeded()
    resume(path, model)
    return path.read_bytes(), weights(model)


def resume(path, model, val=None, loader=None, **options):
    """That run, which is at its end where its checkpoint can be read."""
    options = {"epochs": 2, "metrics": {"accuracy": accuracy}} | options
    loader = batches() if loader is None else loader
    return fit(model, loader, batches() if val is None else val, checkpoint=path, resume=True, **options)


def assert_refused(path, words, call=resume, model=None):
    """Nothing may change: the weights and random numbers here are others than those in the file."""
    model = seeded() if model is None else model
    train.seed_everything(7)
    content = path.read_bytes()
    with nothing_changed(model), pytest.raises(ValueError, match=rf"^checkpoint: {path} .*{words}"):
        call(path, model)
    assert path.read_bytes() == content


@pytest.mark.parametrize("eighths", range(8))
def test_a_file_that_is_cut_is_damaged(whole, tmp_path, eighths):
    (tmp_path / "run.ckpt").write_bytes(whole[0][: len(whole[0]) * eighths // 8])
    assert_refused(tmp_path / "run.ckpt", DAMAGED)


def test_a_flipped_bit_is_found_or_without_meaning(whole, tmp_path):
    content, trained = whole
    path, places, refused = tmp_path / "run.ckpt", random.Random(0), 0
    for _ in range(50):
        changed = bytearray(content)
        changed[places.randrange(len(changed))] ^= 1 << places.randrange(8)
        path.write_bytes(changed)
        model = seeded()
        untrained, complaint = weights(model), ""
        try:
            resume(path, model)
        except ValueError as error:
            complaint = str(error)
        assert same(weights(model), untrained if complaint else trained)
        assert not complaint or complaint.startswith("checkpoint: ")
        refused += bool(complaint)
    assert refused > 40  # the other bits lie between the parts of the file


class Malice:
    """Unpickled, it makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("malice",)


@pytest.mark.parametrize("save", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_code_in_the_file_is_not_run(tmp_path, monkeypatch, save):
    monkeypatch.chdir(tmp_path)
    with open("run.ckpt", "wb") as file:
        save({"format": 1, "model": Malice()}, file)
    assert_refused(tmp_path / "run.ckpt", DAMAGED)
    assert os.listdir() == ["run.ckpt"]
    pickle.loads(pickle.dumps(Malice()))  # it would have worked
    assert sorted(os.listdir()) == ["malice", "run.ckpt"]


def test_text_a_bare_state_dict_and_another_format_are_no_checkpoint(whole, tmp_path):
    path = tmp_path / "run.ckpt"
    path.write_text("epoch,loss\n1,0.5\n")
    assert_refused(path, DAMAGED)
    torch.save(seeded().state_dict(), path)
    assert_refused(path, DAMAGED)
    path.write_bytes(whole[0])
    torch.save(torch.load(path) | {"format": 2}, path)
    assert_refused(path, DAMAGED)


def other_optimizer(path, model):
    resume(path, model, optimizer=torch.optim.Adam(model.parameters()))


def other_groups(path, model):
    groups = [{"params": model[0].parameters()}, {"params": model[4].parameters()}]
    resume(path, model, optimizer=torch.optim.SGD(groups, lr=0.1))


def added_scheduler(path, model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    resume(path, model, optimizer=optimizer, scheduler=lr_scheduler.StepLR(optimizer, 1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (other_optimizer, "'optimizer': 'SGD'.*not.*'optimizer': 'Adam'"),
        (other_groups, r"'groups': \[6\].*not.*'groups': \[2, 2\]"),
        (added_scheduler, "'scheduler': None.*not.*'scheduler': 'StepLR'"),
        (lambda *a: resume(*a, loader=batches(generator=torch.Generator())), "'generators': 0.*not.*'generators': 1"),
        (lambda *a: resume(*a, metrics={"right": accuracy}), r"columns \['epoch', 'loss', 'accuracy'.*'right'"),
        (lambda *a: resume(*a, metrics=None), r"columns \['epoch', 'loss', 'accuracy'.*\['epoch', 'loss', 'val_loss'"),
        (
            lambda path, model: fit(model, batches(), checkpoint=path, resume=True),
            r"'val_loss'.*\['epoch', 'loss', 'lr'",
        ),
    ],
    ids=["optimiser", "groups", "scheduler", "generator", "other metric", "no metric", "no val"],
)
def test_a_checkpoint_of_another_run_says_what_differs(whole, tmp_path, call, words):
    (tmp_path / "run.ckpt").write_bytes(whole[0])
    assert_refused(tmp_path / "run.ckpt", f"{words}.*{ANOTHER}", call)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda model: nn.Sequential(*model[:4], nn.Linear(8, 3)),
            r"4.weight has shape \(2, 8\) there, .* \(3, 8\) here",
        ),
        (lambda model: model.append(nn.Linear(2, 2)), r"5.weight is missing there, has shape \(2, 2\) here"),
        (lambda model: nn.Sequential(*model[:2]), r"4.weight has shape \(2, 8\) there, is missing here"),
    ],
    ids=["shape", "longer", "shorter"],
)
def test_a_checkpoint_of_another_model_names_the_first_parameter(whole, tmp_path, change, words):
    (tmp_path / "run.ckpt").write_bytes(whole[0])
    assert_refused(tmp_path / "run.ckpt", f"is of another model: {words}{ANOTHER}", model=change(seeded()))


@pytest.fixture(params=[0o555, 0], ids=["read-only", "locked"])
def closed_folder(request):
    """A folder where an ordinary user, who is at work meanwhile, cannot write."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(request.param)
        if not user:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(user)
            Path(name).chmod(0o755)


def assert_cannot_write(path, reason):
    model = seeded()
    with nothing_changed(model), pytest.raises(ValueError, match=rf"^checkpoint: .*{reason}.*; give .* file in "):
        fit(model, batches(), checkpoint=path)


def test_a_path_that_cannot_be_written_is_named_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("")
    assert_cannot_write(tmp_path / "missing" / "run.ckpt", "No such file or directory")
    assert_cannot_write(tmp_path / "file" / "run.ckpt", "Not a directory")
    assert_cannot_write(tmp_path / ("x" * 300), "File name too long")
    assert_cannot_write(f"{tmp_path}/a\0b", "null byte")
    with pytest.raises(ValueError, match=r"^checkpoint: .* is a folder; give the name of a file in it$"):
        fit(seeded(), batches(), checkpoint=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_closed_folder_is_named_before_the_first_step(closed_folder):
    assert_cannot_write(closed_folder / "run.ckpt", "Permission denied")


def test_the_trial_leaves_nothing_behind_and_an_old_checkpoint_alone(tmp_path):
    old = tmp_path / "run.ckpt"
    old.write_text("old")
    with pytest.raises(ZeroDivisionError):
        fit(seeded(), batches(), checkpoint=old, loss_fn=At(2, lambda: 1 / 0))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("run.ckpt", "old")]


def fail_in_the_second_epoch(path, action, reason):
    """After the rehearsal's call of the loss and the first epoch's four."""
    with pytest.raises(OSError, match=rf"^checkpoint: .* could not be written \({reason}\).*resume=True.$"):
        fit(seeded(), batches(), loss_fn=At(1 + 4 + 1, action), epochs=9, checkpoint=path)


def assert_the_first_epoch_is_kept(path):
    assert os.listdir(path.parent) == [path.name]
    expected = seeded()
    fit(expected, batches(), epochs=1)
    model = seeded()
    assert len(fit(model, batches(), epochs=1, checkpoint=path, resume=True)) == 1
    assert same(weights(model), weights(expected))


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path):
    path = tmp_path / "run.ckpt"
    full = lambda: (tmp_path / "run.ckpt.half-written").symlink_to("/dev/full")  # noqa: E731
    fail_in_the_second_epoch(path, full, "No space left on device")
    assert_the_first_epoch_is_kept(path)


def run_out_of_space(path):
    """The limit lets half of the file be written."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2,) * 2)  # noqa: E731
    fail_in_the_second_epoch(path, limit, "File too large")


def test_a_file_that_gets_too_large_half_way_leaves_the_checkpoint_before(tmp_path):
    assert in_new_process(run_out_of_space, tmp_path / "run.ckpt") == 0
    assert_the_first_epoch_is_kept(tmp_path / "run.ckpt")


def test_a_folder_that_vanishes_is_named(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    fail_in_the_second_epoch(folder / "run.ckpt", lambda: shutil.rmtree(folder), "No such file or directory")


def test_ctrl_c_while_a_checkpoint_is_written_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    assert fit(seeded(), batches(), epochs=9, checkpoint=tmp_path / "run.ckpt").stopped == "by hand"
    assert list(tmp_path.iterdir()) == []
