"""Where the Kaggle token may be: environment, file, Colab's secrets; it works from each and is left in none."""

import json
import os
import sys
import tempfile
import traceback
import types
from pathlib import Path
from unittest.mock import Mock

import pytest
from disks import closed, may_mount, read_only_disk
from kaggle_server import KEY, TOKEN, USER, ask_here, kaggle
from small_sets import TREE, data_home, names, tree
from training import in_new_process

from coursekit import data
from coursekit.__main__ import kaggle_token
from coursekit._download import kaggle_bridge


@pytest.fixture
def user(tmp_path, monkeypatch):
    """The home folder of somebody who has no token yet."""
    data_home(tmp_path, monkeypatch)
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


def write(path, content="{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return str(path)


def test_without_a_token_the_advice_is_to_make_one(user, tmp_path):
    with kaggle() as server, pytest.raises(data.DataError) as caught:
        data.fetch_ct_slices()
    assert str(caught.value) == (
        f"The set of CT slices could not be downloaded to {tmp_path / 'home'} (Kaggle gives it only to those who have "
        "a token). Make a token at https://www.kaggle.com/settings/api and put it into the environment variable "
        "KAGGLE_API_TOKEN, or in Colab into a secret of this name that the notebook may read, then call "
        "fetch_ct_slices again; or use load_chest_ct, which needs no network."
    )
    assert names(tmp_path / "home") == []
    assert server.asked == []


def test_it_is_found_in_the_environment(user, monkeypatch):
    assert kaggle_bridge.token_place() is None
    assert next(kaggle_token()) == (
        True,
        "no Kaggle token; only Kaggle downloads need one, no lab's default run does",
    )
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    assert kaggle_bridge.token_place() is None
    monkeypatch.setenv("KAGGLE_USERNAME", USER)
    assert kaggle_bridge.token_place() == "KAGGLE_USERNAME and KAGGLE_KEY"
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    assert kaggle_bridge.token_place() == "KAGGLE_API_TOKEN"
    assert next(kaggle_token()) == (True, "Kaggle token found (KAGGLE_API_TOKEN)")


@pytest.mark.parametrize("name", ["kaggle.json", "access_token", "access_token.txt", "credentials.json"])
def test_it_is_found_in_a_file(user, name):
    path = write(user / ".kaggle" / name)
    assert kaggle_bridge.token_place() == path
    assert next(kaggle_token()) == (True, f"Kaggle token found ({path})")


def test_kaggle_json_is_found_where_the_client_looks(user, tmp_path, monkeypatch):
    default = write(user / ".config" / "kaggle" / "kaggle.json")
    assert kaggle_bridge.token_place() == default
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert kaggle_bridge.token_place() is None
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(user / ".config" / "kaggle"))
    assert kaggle_bridge.token_place() == default


def test_a_closed_folder_holds_no_token(monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        home = data_home(Path(name), monkeypatch)
        home.mkdir()
        home.chmod(0o777)
        folder = Path(name) / "user" / ".kaggle"
        write(folder / "kaggle.json")
        with closed(folder):
            assert kaggle_bridge.token_place() is None
            with pytest.raises(data.DataError, match=r"Make a token at"):
                data.fetch_chest_xray()


def test_a_user_whom_nobody_knows_has_no_token(user, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=KeyError))
    with pytest.raises(RuntimeError):
        Path.home()
    assert kaggle_bridge.token_place() is None
    assert next(kaggle_token())[0]


def with_a_damaged_file(address, path):
    ask_here(address)
    with pytest.raises(data.DataError, match=rf"\(the token file {path} is damaged\)\. Delete it and, ") as caught:
        data.fetch_chest_xray()
    assert ", make a new one at https://www.kaggle.com/settings/api, then call" in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("content", [5, [KEY]], ids=["number", "list"])
@pytest.mark.parametrize("name", ["kaggle.json", "credentials.json"])
def test_a_file_that_is_no_object_is_named_with_its_mend(user, name, content):
    path = write(user / ".kaggle" / name, json.dumps(content))
    with kaggle() as server:
        assert in_new_process(with_a_damaged_file, server.address, path) == 0


def with_a_token_elsewhere(address, path):
    """Some versions of the client read the damaged file all the same, and fail; others need it no more."""
    ask_here(address)
    try:
        found = tree(data.fetch_chest_xray())
    except data.DataError as error:
        found = str(error)
    assert found == TREE or f"(the token file {path} is damaged). Delete it and, unless you have another" in found


def test_such_a_file_is_named_if_it_matters_where_the_token_is_elsewhere(user, monkeypatch):
    path = write(user / ".kaggle" / "kaggle.json", "[1]")
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with kaggle() as server:
        assert in_new_process(with_a_token_elsewhere, server.address, path) == 0


def fetch(address):
    """In a new process, where the client has not been imported yet."""
    ask_here(address)
    assert "kaggle" not in sys.modules
    assert tree(data.fetch_chest_xray()) == TREE


@pytest.mark.parametrize("folder", [".kaggle", ".config/kaggle"])
def test_the_client_finds_kaggle_json_there_too(user, folder):
    write(user / folder / "kaggle.json", json.dumps({"username": USER, "key": KEY}))
    with kaggle() as server:
        assert in_new_process(fetch, server.address) == 0


def test_the_client_finds_the_new_token_in_its_file_too(user):
    write(user / ".kaggle" / "access_token", TOKEN)
    with kaggle() as server:
        assert in_new_process(fetch, server.address) == 0


class Secrets(types.ModuleType):
    """Colab's module of this name: each secret is given, denied to this notebook, unknown, or no answer comes."""

    SecretNotFoundError, NotebookAccessError, TimeoutException = (
        type(name, (Exception,), {}) for name in ("SecretNotFoundError", "NotebookAccessError", "TimeoutException")
    )

    def __init__(self, **secrets):
        super().__init__("userdata")
        self.secrets = secrets

    def get(self, name):
        found = self.secrets.get(name, self.SecretNotFoundError)
        if isinstance(found, str):
            return found
        raise found(name)


def in_colab(monkeypatch, secrets):
    colab = types.ModuleType("google.colab")
    colab.userdata = secrets
    monkeypatch.setitem(sys.modules, "google.colab", colab)


@pytest.mark.parametrize(
    "secrets",
    [
        Secrets(KAGGLE_API_TOKEN=TOKEN),
        Secrets(KAGGLE_USERNAME=USER, KAGGLE_KEY=KEY),
        Secrets(KAGGLE_API_TOKEN=Secrets.NotebookAccessError, KAGGLE_USERNAME=USER, KAGGLE_KEY=KEY),
    ],
    ids=["new", "old", "new denied"],
)
def test_a_secret_of_colab_is_in_the_environment_only_while_it_is_needed(user, monkeypatch, capfd, secrets):
    in_colab(monkeypatch, secrets)
    monkeypatch.setenv("KAGGLE_KEY", "half a token")
    before = dict(os.environ)
    with kaggle() as server:
        ask_here(server.address, monkeypatch.setitem, monkeypatch.setattr)
        assert tree(data.fetch_chest_xray()) == TREE
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")


def test_a_secret_of_colab_that_kaggle_refuses_leaves_the_environment_too(user, monkeypatch):
    in_colab(monkeypatch, Secrets(KAGGLE_API_TOKEN="nonsense"))
    before = dict(os.environ)
    with kaggle() as server:
        ask_here(server.address, monkeypatch.setitem, monkeypatch.setattr)
        with pytest.raises(data.DataError, match="does not accept the token"):
            data.fetch_chest_xray()
    assert dict(os.environ) == before


@pytest.mark.parametrize("trouble", ["SecretNotFoundError", "NotebookAccessError", "TimeoutException"])
def test_a_secret_that_colab_does_not_give_is_no_token(user, monkeypatch, trouble):
    in_colab(monkeypatch, Secrets(KAGGLE_API_TOKEN=getattr(Secrets, trouble)))
    with pytest.raises(data.DataError, match="in Colab into a secret of this name that the notebook may read"):
        data.fetch_chest_xray()


def without_a_place_for_settings(address, user):
    read_only_disk(user)
    ask_here(address)
    with pytest.raises(
        data.DataError, match=r"cannot use its folder \S+user\S+ \(.*\. Set KAGGLE_CONFIG_DIR to a folder"
    ):
        data.fetch_chest_xray()


@pytest.mark.skipif(not may_mount(), reason="no disk may be mounted here")
def test_a_home_folder_that_the_client_cannot_write_is_named(user, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with kaggle() as server:
        assert in_new_process(without_a_place_for_settings, server.address, user) == 0


def test_a_client_that_cannot_be_imported_is_named(user, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    monkeypatch.setitem(sys.modules, "kaggle.api.kaggle_api_extended", None)
    with pytest.raises(
        data.DataError, match=r"cannot be imported .*\. Run: %pip install --upgrade kaggle six, then call"
    ):
        data.fetch_chest_xray()
