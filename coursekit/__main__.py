"""`python -m coursekit`: the doctor. Each function yields findings: whether a part is OK; what it is, or its mend."""

import os
import sys  # everything else is imported where it is used, so that what fails there becomes a finding

IMPORTED_AS = {"ipython": "IPython", "pillow": "PIL", "scikit-image": "skimage", "scikit-learn": "sklearn"}
PIP = (f'"{sys.executable}"' if " " in sys.executable else sys.executable) + " -m pip install"
TORCH = "--force-reinstall torch torchvision"  # a build of one fits one build of the other only


def packages():
    """Yield whether Python and each package that the course depends on is there, new enough, and can be imported."""
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (the course needs 3.11 or newer)"
    from importlib import import_module, metadata

    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in metadata.requires("coursekit")]
    for one in (one for one in needed if not one.marker):  # extras have one
        wanted = f'"{one.name}{one.specifier}"'
        again = TORCH if one.name in ("torch", "torchvision") else f"--force-reinstall {wanted}"
        try:
            version = metadata.version(one.name)
            fits = one.specifier.contains(version, prereleases=True)
            if fits and one.name != "kaggle":  # which asks for a token at once
                import_module(IMPORTED_AS.get(one.name, one.name))
            yield fits, f"{one.name} {version}" + ("" if fits else f" is too old; run: {PIP} {wanted}")
        except metadata.PackageNotFoundError:
            yield False, f"{one.name} is not installed; run: {PIP} {wanted}"
        except (Exception, SystemExit) as error:
            yield False, f"{one.name} cannot be imported ({error!r:.200}); run: {PIP} {again}"


def torch_pair():
    """Yield whether torch and torchvision were built for each other, and the device that training will use."""
    try:
        import torch
        from torchvision import ops

        from coursekit import train

        ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
        yield True, "torch and torchvision match"
        yield True, f"device: {train.pick_device().type} (the CPU is enough for every lab)"
    except ValueError as error:  # of pick_device
        yield False, f"{error}; unset it, or set it to cpu"
    except Exception as error:  # a mismatched build fails in many ways
        yield False, f"torch and torchvision do not match ({error!r:.200}); run: {PIP} {TORCH}"


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
        place = data.kaggle_token_place()
        yield True, f"Kaggle token found ({place})" if place else "no Kaggle token; only downloads from Kaggle need one"
    except data.DataError as error:
        yield False, str(error)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # it may lack the letters of a folder's name
    healthy = True
    for examine in (packages, torch_pair, data_sets):
        try:
            for ok, text in examine():
                print(f"{'OK  ' if ok else 'MEND'}  {text}".replace("\n", " "), flush=True)
                healthy = healthy and ok
        except Exception as error:  # the course is not installed, or an earlier finding explains it
            print(f'MEND  {examine.__name__} stopped ({error!r}); mend the rest; in a clone, run: {PIP} -e ".[lab]"')
            healthy = False
    sys.exit(not healthy)
