"""`python -m coursekit`: the doctor. Says of each part of the installation that it is OK, or how to mend it."""

import os
import sys  # everything else is imported where it is used, so that what fails there becomes a finding

IMPORTED_AS = {"ipython": "IPython", "pillow": "PIL", "scikit-image": "skimage", "scikit-learn": "sklearn"}
PIP = (f'"{sys.executable}"' if " " in sys.executable else sys.executable) + " -m pip install"


def python():
    """Yield whether this Python is new enough, and which files of the learner's stand in for modules."""
    fits = sys.version_info >= (3, 11)
    yield fits, f"Python {sys.version.split()[0]}" + ("" if fits else " is too old; install 3.11 or newer")
    modules = {*sys.stdlib_module_names, *IMPORTED_AS.values(), "torch", "torchvision", "numpy", "pandas", "scipy"}
    for name in sorted(os.listdir()):
        if name.endswith(".py") and name[:-3] in modules:
            yield False, f"Python takes {os.path.abspath(name)} for its module of this name; rename it"


def packages():
    """Yield whether each package that the course depends on is there, new enough, and can be imported."""
    from importlib import import_module, metadata

    from packaging.requirements import Requirement

    try:
        needed = [one for one in map(Requirement, metadata.requires("coursekit")) if not one.marker]
    except metadata.PackageNotFoundError:
        yield False, f'the course is not installed in {sys.executable}; in its folder, run: {PIP} -e ".[lab]"'
        return
    for one in needed:
        wanted = f'"{one.name}{one.specifier}"'
        again = "torch torchvision" if one.name in ("torch", "torchvision") else wanted  # each fits one other only
        try:
            version = metadata.version(one.name)
            if not one.specifier.contains(version, prereleases=True):
                yield False, f"{one.name} {version} is too old; run: {PIP} {wanted}"
                continue
            if one.name != "kaggle":  # which asks for a token at once
                import_module(IMPORTED_AS.get(one.name, one.name))
            yield True, f"{one.name} {version}"
        except metadata.PackageNotFoundError:
            yield False, f"{one.name} is not installed; run: {PIP} {wanted}"
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {error}"[:200]
            yield False, f"{one.name} cannot be imported ({why}); run: {PIP} --force-reinstall {again}"


def torch_pair():
    """Yield whether torch and torchvision were built for each other, and the device that training will use."""
    try:
        import torch
        from torchvision import ops

        ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except Exception as error:  # a mismatched build fails in many ways
        why = f"{type(error).__name__}: {error}"[:200]
        yield False, f"torch and torchvision do not match ({why}); run: {PIP} --force-reinstall torch torchvision"
        return
    yield True, "torch and torchvision match"
    from coursekit import train

    try:
        device = train.pick_device().type
        yield True, f"device: {device if device != 'cpu' else 'CPU, enough for every lab'}"
    except ValueError as error:
        yield False, f"{error}; unset it, or set it to cpu"


def data_sets():
    """Yield whether each bundled data set is whole, downloads can be stored, and a Kaggle token is at hand."""
    import tempfile

    from coursekit import data

    for load in (data.load_boston_housing, data.load_pima_diabetes, data.load_mnist_10k, data.load_chest_ct):
        try:
            load()
            yield True, f"{load.__name__}() works"
        except data.DataError as error:
            yield False, f"{load.__name__}: {error}"
    home = data.data_home()
    nearest = next(folder for folder in (home, *home.parents) if os.path.exists(folder))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            yield True, f"data home {home} can be written"
    except OSError as error:
        yield False, f"data home {home} cannot be written ({error.strerror}); set COURSEKIT_DATA to a folder of yours"
    try:
        place = data._token_place()  # the token itself is not shown
        none = "no Kaggle token; only Kaggle downloads need one, no lab's default run does"
        yield True, f"Kaggle token found ({place})" if place else none
    except data.DataError as error:
        yield False, f"Kaggle token: {error}"


def main():
    """Print every finding as it comes; exit with 1 if something needs mending."""
    healthy = True
    for examine in (python, packages, torch_pair, data_sets):
        try:
            for ok, text in examine():
                line = f"{'OK  ' if ok else 'MEND'}  {text}".replace("\n", " ")
                encoding = sys.stdout.encoding or "utf-8"  # which may not have the letters of a folder's name
                print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
                healthy = healthy and ok
        except Exception as error:  # which an earlier finding explains
            print(f"MEND  {examine.__name__} stopped ({type(error).__name__}: {error}); mend the rest, run this again")
            healthy = False
    sys.exit(not healthy)


if __name__ == "__main__":
    main()
