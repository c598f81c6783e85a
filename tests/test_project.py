"""What the project promises to whoever installs it: one list of packages, one test command, no secrets."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from notebook_files import builder
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
REQUIREMENTS = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {extra: [Requirement(text) for text in texts] for extra, texts in PROJECT["optional-dependencies"].items()}
AUTHOR = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
IMPORTED_AS = {"scikit-learn": "sklearn", "scikit-image": "skimage", "pillow": "PIL", "ipython": "IPython"}
STARTED_OR_NEEDED = {"kaggle", "six"}  # its command line in a child process, and what it imports undeclared


README = (ROOT / "README.md").read_text(encoding="utf-8")


def command(name):
    """The README's command of this name: the fenced block below its comment."""
    (block,) = re.findall(rf"^<!-- command: {name} -->\n```bash\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    return block


def test_only_lower_bounds_are_given_none_above_what_colab_ships():
    for requirement in [*REQUIREMENTS, *(one for extra in EXTRAS.values() for one in extra)]:
        assert {bound.operator for bound in requirement.specifier} - {"!="} == {">="}, requirement
    lines = (ROOT / "tests" / "colab_versions.txt").read_text(encoding="utf-8").splitlines()
    colab = dict(line.split("==") for line in lines if "==" in line)
    checked = [requirement for requirement in REQUIREMENTS if requirement.name in colab]
    assert len(checked) > 8
    assert [r for r in checked if not r.specifier.contains(Version(colab[r.name]))] == []


def test_each_package_is_used_by_the_course_and_has_its_reason_beside_it():
    folders = (ROOT / "coursekit", ROOT / "notebooks" / "source")
    code = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    for requirement in REQUIREMENTS:
        module = IMPORTED_AS.get(requirement.name, requirement.name)
        used = re.search(rf"^\s*(import|from) {module}\b", code, re.MULTILINE)
        assert used or requirement.name in STARTED_OR_NEEDED, requirement.name
    block = PYPROJECT.partition("\ndependencies = [\n")[2].partition("\n]")[0]
    assert [line for line in block.splitlines() if " # " not in line] == []


def test_conda_and_the_readme_install_what_the_project_declares():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert f"python{PROJECT['requires-python']}" in [line.replace(" ", "") for line in conda] == ["python>=3.11", "pip"]
    assert pip == {"pip": ["-e .[lab,test]"]}
    assert {"lab", "test"} <= set(EXTRAS)
    assert {requirement.name for requirement in EXTRAS["ct"]} <= {requirement.name for requirement in EXTRAS["test"]}
    for name, extras in (("lab", "lab"), ("test", "lab,test")):
        assert f'pip install -e ".[{extras}]"' in command(name)
    assert command("test").endswith(".venv/bin/pytest -n 2")
    assert "jupyter lab --allow-root notebooks" in command("lab")
    given = dict(word.split("=") for word in command("machines").split() if "=" in word)
    assert given == builder().machines.AVX2, "one that the labs are built on"


@pytest.fixture
def project(tmp_path):
    """A repository with our .ci/run, whose test command writes down where it ran and what is there: (folder, file)."""
    copy, marker = tmp_path / "copy", tmp_path / "ran"
    (copy / ".ci").mkdir(parents=True)
    for name in (".ci/run", ".gitignore"):
        shutil.copy(ROOT / name, copy / name)
    readme = README.replace(command("test"), f"printf '%s\\n' \"$PWD\" .[!.]* * > {marker}")
    readme = readme.replace(command("machines"), f"echo last >> {marker}")
    (copy / "README.md").write_text(readme, encoding="utf-8")
    for arguments in (["init", "-q"], ["add", "."], [*AUTHOR, "commit", "-q", "-m", "copy"]):
        subprocess.run(["git", *arguments], cwd=copy, check=True)
    return copy, marker


def ci(copy, **environment):
    """Run .ci/run of a copy as a program; with another one for a browser, so that none is installed here."""
    environment = {**os.environ, "CHROMIUM": "true", **environment}
    return subprocess.run([copy / ".ci" / "run"], env=environment, capture_output=True, text=True)


def test_the_ci_runs_the_readme_test_command_in_a_fresh_clone(project):
    copy, marker = project
    (copy / ".env").touch()  # git ignores it
    (copy / "uncommitted.py").touch()
    assert ci(copy).returncode == 0
    folder, *names = marker.read_text().splitlines()
    assert Path(folder) != copy
    assert names == [".ci", ".git", ".gitignore", "README.md", "last"]
    (copy / "README.md").write_text("no command", encoding="utf-8")
    subprocess.run(["git", *AUTHOR, "commit", "-q", "-a", "-m", "none"], cwd=copy, check=True)
    assert ci(copy).returncode != 0


@pytest.mark.parametrize(("user", "answer"), [(0, 0), (0, 1), (1000, 0)], ids=["root", "no network", "no root"])
def test_the_ci_installs_chromium_where_it_may_and_goes_on_in_any_case(project, user, answer):
    copy, marker = project
    programs, log = copy.parent / "programs", copy.parent / "asked"
    programs.mkdir()
    log.touch()
    for name in ("bash", "cat", "dirname", "env", "git", "mktemp", "rm", "sed", "true"):
        (programs / name).symlink_to(shutil.which(name))
    for name, script in (("id", f"echo {user}"), ("apt-get", f"echo $* >> {log}; exit {answer}")):
        (programs / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
        (programs / name).chmod(0o755)
    done = ci(copy, PATH=str(programs), CHROMIUM="")
    assert done.returncode == 0, done.stderr
    assert marker.exists()
    assert (" chromium\n" in log.read_text()) == (user == answer == 0)
    assert ("Chromium not installed" in done.stderr) == bool(answer)


def test_git_shuts_out_secrets_takes_in_data_and_leaves_its_bytes_alone(tmp_path):
    """In an empty repository with the project's rules: the course itself may have come without git's folder."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name in (".gitignore", ".gitattributes"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()

    shut_out = ["kaggle.json", "notebooks/kaggle.json", ".kaggle/kaggle.json", ".env", ".venv/x"]
    data = [f"datasets/{name}" for name in ("boston_housing.csv", "pima_diabetes.csv", "mnist_10k.npz", "chest_ct.npz")]
    assert git("check-ignore", *shut_out, "notebooks/01.ipynb", *data) == shut_out
    assert git("check-attr", "text", *data) == [f"{name}: text: unset" for name in data]


HEX, WORD = "0123456789abcdef" * 2, "A1b2" * 9
SECRETS = {  # pattern, and an example in two parts, so that this file holds none
    "Kaggle key": (r"""["']?\bkey["']?\s*[:=]\s*["'][0-9a-f]{32}\b""", '{"username":"somebody","ke', f'y":"{HEX}"'),
    "Kaggle key in the environment": (r"KAGGLE_KEY\s*=\s*[\"']?[0-9a-f]{32}\b", "export KAGGLE", f"_KEY={HEX}"),
    "Kaggle token": (r"\bKGAT_[0-9A-Za-z]{8,}", "KG", f"AT_{HEX}"),
    "GitHub token": (r"\b(?:gh[opsur]_|github_pat_)[0-9A-Za-z_]{20,}", "gh", f"p_{WORD}"),
    "Hugging Face token": (r"\bhf_[0-9A-Za-z]{20,}", "h", f"f_{WORD}"),
    "Amazon key": (r"\bAKIA[0-9A-Z]{16}\b", "AK", f"IA{WORD[:16].upper()}"),
    "private key": (r"-----BEGIN [A-Z ]*PRIVATE KEY", "-----BEGIN RSA PRIV", "ATE KEY-----"),
    "password in an address": (r"https?://[^/\s:@{}]+:[^/\s:@{}]+@", "https://", "user:word@example.org"),
}


def secrets(text):
    return [kind for kind, (pattern, *_) in SECRETS.items() if re.search(pattern.encode(), text)]


def test_no_file_holds_a_secret():
    assert [kind for kind, (_, *parts) in SECRETS.items() if kind not in secrets("".join(parts).encode())] == []
    folders = [ROOT / name for name in ("coursekit", "datasets", "notebooks", "tests", ".ci")]
    paths = [*ROOT.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    assert ROOT / "pyproject.toml" in paths
    for path in paths:
        if path.is_file() and path.parent.name != "__pycache__":  # Python has put the examples together there
            assert secrets(path.read_bytes()) == [], path
