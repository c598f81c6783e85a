"""`python -m coursekit`: the doctor. Says of each part of the installation that it is OK, or how to mend it."""

import os
import platform
import re
import sys
from importlib import metadata


def packages():
    """Yield a finding for each package that the course depends on."""
    try:
        needed = metadata.requires("coursekit") or []
    except metadata.PackageNotFoundError:
        yield False, f'the course is not installed in {sys.executable}; in its folder, run: pip install -e ".[lab]"'
        return
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield False, "packaging is not installed; run: pip install packaging"
        return
    for text in needed:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        mend = f'run: pip install "{requirement.name}{requirement.specifier}"'
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield False, f"{requirement.name} is not installed; {mend}"
        else:
            fits = requirement.specifier.contains(version, prereleases=True)
            yield fits, f"{requirement.name} {version}" + ("" if fits else f" is too old; {mend}")


def torch_pair():
    """Yield whether torch and torchvision were built for each other, and the device that training will use."""
    try:
        import torch
        from torchvision import ops

        ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except Exception as error:  # a mismatched build fails in many ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield False, f"torch and torchvision do not match ({reason}); run: pip install --upgrade torch torchvision"
    else:
        from coursekit import train

        yield True, "torch and torchvision match"
        try:
            device = train.pick_device().type
        except ValueError as error:
            yield False, f"{error}; unset it, or set it to cpu"
        else:
            yield True, f"device: {device if device != 'cpu' else 'CPU, enough for every lab'}"


def bundled_data():
    """Yield a finding for each data set that travels with the course."""
    from coursekit import data

    for load in (data.load_boston_housing, data.load_pima_diabetes, data.load_mnist_10k, data.load_chest_ct):
        try:
            load()
        except (data.DataError, ImportError) as error:
            yield False, f"{load.__name__}: {error}"
        else:
            yield True, f"{load.__name__}() works"


def data_home():
    """Yield whether downloads can be stored."""
    from coursekit import data

    try:
        home = data.data_home()
    except data.DataError as error:
        yield False, str(error)
        return
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        yield True, f"data home {home} can be written"
    else:
        yield False, f"data home {home} cannot be written; set COURSEKIT_DATA to a folder of yours"


def kaggle_token():
    """Yield whether a Kaggle token is at hand; its value is never read."""
    from coursekit._download import kaggle_bridge

    place = kaggle_bridge.token_place()
    yield (
        True,
        f"Kaggle token found ({place})"
        if place
        else "no Kaggle token; only Kaggle downloads need one, no lab's default run does",
    )


def findings_of(examine):
    """Yield what one of the functions above finds; where it cannot even be started, say so instead of failing."""
    try:
        yield from examine()
    except ImportError as error:
        yield False, f"{examine.__name__.replace('_', ' ')}: {error}; mend what is named above, then run this again"


def main():
    """Print every finding; exit with 1 if something needs mending."""
    fits = sys.version_info >= (3, 11)
    findings = [(fits, f"Python {platform.python_version()}" + ("" if fits else " is too old; install 3.11 or newer"))]
    for examine in (packages, torch_pair, bundled_data, data_home, kaggle_token):
        findings += findings_of(examine)
    for ok, text in findings:
        line = f"{'OK  ' if ok else 'MEND'}  {re.sub(chr(10), ' ', text)}"
        encoding = sys.stdout.encoding or "utf-8"  # which may not have the letters of a folder's name
        print(line.encode(encoding, "backslashreplace").decode(encoding))
    sys.exit(not all(ok for ok, _ in findings))


if __name__ == "__main__":
    main()
