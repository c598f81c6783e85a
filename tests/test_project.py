"""What the project promises to whoever installs it: one list of packages, one test command, no secrets."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import torch
import yaml
from notebook_files import builder
from packaging.requirements import Requirement
from packaging.version import Version
from test_install import COLAB

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {extra: [Requirement(text) for text in texts] for extra, texts in PROJECT["optional-dependencies"].items()}
AUTHOR = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


def command(name):
    """The README's command of this name: the fenced block below its comment."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^<!-- command: {name} -->\n```bash\n(.*?)\n```$", readme, re.DOTALL | re.MULTILINE)
    return block


def test_only_lower_bounds_are_given():
    for requirement in [*REQUIREMENTS, *(one for extra in EXTRAS.values() for one in extra)]:
        bounds = [str(bound) for bound in requirement.specifier if bound.operator != ">="]
        assert sorted(bounds) == (["!=2.6.2", "!=2.6.3"] if requirement.name == "lightning" else []), requirement
        assert len(requirement.specifier) == len(bounds) + 1


def test_no_bound_is_above_what_colab_ships():
    bounds = {requirement.name: requirement.specifier for requirement in REQUIREMENTS}
    assert set(bounds) - set(COLAB) == {"six", "pillow", "scipy", "packaging", "requests", "filelock"}
    for name in set(bounds) & set(COLAB):
        assert bounds[name].contains(Version(COLAB[name])), name


def test_conda_installs_the_same_packages():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert f"python{PROJECT['requires-python']}" in [line.replace(" ", "") for line in conda] == ["python>=3.11", "pip"]
    assert pip == {"pip": ["-e .[lab,test]"]}
    assert {"lab", "test"} <= set(EXTRAS)
    assert set(EXTRAS["ct"]) <= set(EXTRAS["test"])


def test_torch_and_torchvision_fit_together():
    from torchvision import ops

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
    assert ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2]


def test_the_readme_installs_what_the_project_declares():
    for name, extras in (("lab", "lab"), ("test", "lab,test")):
        assert f'pip install -e ".[{extras}]"' in command(name)
    assert command("test").endswith(".venv/bin/pytest -n 2")
    assert "jupyter lab --allow-root notebooks" in command("lab")


def test_the_readmes_other_machine_is_one_that_the_labs_are_built_on():
    given = dict(word.split("=") for word in command("machines").split() if "=" in word)
    assert given == builder().machines.AVX2


@pytest.fixture
def project(tmp_path):
    """A repository with our .ci/run, whose test command writes down where it ran and what is there: (folder, file)."""
    copy, marker = tmp_path / "copy", tmp_path / "ran"
    (copy / ".ci").mkdir(parents=True)
    for name in (".ci/run", ".gitignore"):
        (copy / name).write_bytes((ROOT / name).read_bytes())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, words in (
        ("test", f"printf '%s\\n' \"$PWD\" .[!.]* * > {marker}"),
        ("machines", f"echo last >> {marker}"),
    ):
        readme = readme.replace(command(name), words)
    (copy / "README.md").write_text(readme, encoding="utf-8")
    for arguments in (["init", "-q"], ["add", "."], [*AUTHOR, "commit", "-q", "-m", "copy"]):
        subprocess.run(["git", *arguments], cwd=copy, check=True)
    return copy, marker


def ci(copy, **environment):
    """Run .ci/run of a copy; with a program for a browser, so that none is installed here."""
    environment = {**os.environ, "CHROMIUM": "true", **environment}
    return subprocess.run(["bash", copy / ".ci" / "run"], env=environment, capture_output=True, text=True)


def test_the_ci_runs_the_readme_test_command_in_a_fresh_clone(project):
    copy, marker = project
    (copy / ".env").touch()  # git ignores it
    (copy / "uncommitted.py").touch()
    assert ci(copy).returncode == 0
    folder, *names = marker.read_text().splitlines()
    assert Path(folder) != copy
    assert names == [".ci", ".git", ".gitignore", "README.md", "last"]
    (copy / "README.md").write_text("no command", encoding="utf-8")
    assert ci(copy).returncode == 0, "that is not committed yet"
    subprocess.run(["git", *AUTHOR, "commit", "-q", "-a", "-m", "none"], cwd=copy, check=True)
    assert ci(copy).returncode != 0


@pytest.mark.parametrize(
    ("user", "browser", "answer", "installed"),
    [(0, "", 0, True), (0, "", 1, True), (0, "true", 0, False), (1000, "", 0, False)],
    ids=["root", "root without a network", "has one already", "no root"],
)
def test_the_ci_installs_chromium_where_it_may_and_goes_on_in_any_case(project, user, browser, answer, installed):
    copy, marker = project
    programs, log = copy.parent / "programs", copy.parent / "asked"
    programs.mkdir()
    for name in ("bash", "cat", "dirname", "git", "mktemp", "rm", "sed", "true"):
        (programs / name).symlink_to(shutil.which(name))
    for name, script in (("id", f"echo {user}"), ("apt-get", f"echo $* >> {log}; exit {answer}")):
        (programs / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
        (programs / name).chmod(0o755)
    done = ci(copy, PATH=str(programs), CHROMIUM=browser)
    assert done.returncode == 0, done.stderr
    assert marker.exists()
    asked = log.read_text().splitlines() if log.exists() else []
    assert any(line.startswith("install ") and line.endswith(" chromium") for line in asked) == (
        installed and not answer
    )
    assert bool(asked) == installed
    assert ("Chromium not installed" in done.stderr) == bool(installed and answer)


def test_the_ci_script_can_be_run():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """An empty repository with the project's rules: the course itself may have come without git's folder."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name in (".gitignore", ".gitattributes"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def git(repository, *arguments):
    return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True)


@pytest.mark.parametrize("path", ["kaggle.json", "notebooks/kaggle.json", ".kaggle/kaggle.json", ".env", ".venv/x"])
def test_git_shuts_out(repository, path):
    assert git(repository, "check-ignore", "-q", path).returncode == 0


@pytest.mark.parametrize("path", ["notebooks/01.ipynb", "datasets/chest_ct.npz", "datasets/boston_housing.csv"])
def test_git_takes_in(repository, path):
    assert git(repository, "check-ignore", "-q", path).returncode == 1


@pytest.mark.parametrize("name", ["boston_housing.csv", "pima_diabetes.csv", "mnist_10k.npz", "chest_ct.npz"])
def test_git_leaves_the_bytes_of_data_alone_on_every_system(repository, name):
    assert git(repository, "check-attr", "text", f"datasets/{name}").stdout.endswith(": text: unset\n")


SECRETS = {
    "Kaggle key": r"""["']?\bkey["']?\s*[:=]\s*["'][0-9a-f]{32}\b""",
    "Kaggle key in the environment": r"KAGGLE_KEY\s*=\s*[\"']?[0-9a-f]{32}\b",
    "Kaggle token": r"\bKGAT_[0-9A-Za-z]{8,}",
    "GitHub token": r"\b(?:gh[opsur]_|github_pat_)[0-9A-Za-z_]{20,}",
    "Hugging Face token": r"\bhf_[0-9A-Za-z]{20,}",
    "Amazon key": r"\bAKIA[0-9A-Z]{16}\b",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "password in an address": r"https?://[^/\s:@{}]+:[^/\s:@{}]+@",
}
EXAMPLES = {
    "Kaggle key": '{"username":"somebody","ke' + 'y":"' + "0123456789abcdef" * 2 + '"}',
    "Kaggle key in the environment": "export KAGGLE" + "_KEY=" + "0123456789abcdef" * 2,
    "Kaggle token": "KG" + "AT_" + "0123456789abcdef",
    "GitHub token": "gh" + "p_" + "A1b2" * 9,
    "Hugging Face token": "h" + "f_" + "A1b2" * 8,
    "Amazon key": "AK" + "IA" + "A1B2" * 4,
    "private key": "-----BEGIN RSA PRIV" + "ATE KEY-----",
    "password in an address": "https://" + "user:word@example.org",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_no_file_holds_a_secret(secret):
    assert re.search(SECRETS[secret], EXAMPLES[secret]), "the pattern finds such a secret"
    folders = [ROOT / name for name in ("coursekit", "datasets", "notebooks", "tests", ".ci")]
    paths = [*ROOT.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    assert ROOT / "pyproject.toml" in paths
    for path in filter(Path.is_file, paths):
        if path.parent.name == "__pycache__":  # Python has put the examples together there
            continue
        assert not re.search(SECRETS[secret].encode(), path.read_bytes()), path
