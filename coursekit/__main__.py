"""`python -m coursekit`: the doctor. Says of each part of the installation that it is OK, or how to mend it."""

import os
import sys  # everything else is imported where it is used, so that what fails there becomes a finding

HERE = sys.path[0]  # the folder in which Python was started, where it looks for modules first
IMPORTED_AS = {"ipython": "IPython", "pillow": "PIL", "scikit-image": "skimage", "scikit-learn": "sklearn"}
PAIR = ("torch", "torchvision")  # each version of the one fits only one version of the other
BOTH_AGAIN = f"--force-reinstall {' '.join(PAIR)}"
UNUSABLE = set()  # packages, by the name in `import`, of which it has been said that they cannot be imported
AS_ABOVE = "mend what is named above, then run this again"


def pip_install(arguments):
    """The command that installs something for the Python that runs this."""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"run: {python} -m pip install {arguments}"


def install(requirement):
    """The command that installs a package that the course depends on."""
    return pip_install(f'"{requirement.name}{requirement.specifier}"')


def reinstall(requirement):
    """The command that installs a package again, torch and torchvision together."""
    again = f'--force-reinstall "{requirement.name}{requirement.specifier}"'
    return pip_install(BOTH_AGAIN if requirement.name in PAIR else again)


def needed():
    """Requirement of each package that the course depends on, by its name in `import`."""
    from importlib import metadata

    texts = metadata.requires("coursekit") or []  # the first to fail if the course is not installed
    from packaging.requirements import Requirement

    return {
        IMPORTED_AS.get(one.name, one.name): one
        for one in map(Requirement, texts)
        if not one.marker or one.marker.evaluate({"extra": ""})
    }


def involved(error):
    """Yield the module and the file of each step that led to an error, and to those that caused it."""
    while error:
        step = error.__traceback__
        while step:
            yield step.tb_frame.f_globals.get("__name__", ""), step.tb_frame.f_code.co_filename
            step = step.tb_next
        if isinstance(error, ModuleNotFoundError | SyntaxError):
            yield getattr(error, "name", None) or "", getattr(error, "filename", None) or ""
        error = error.__cause__ or error.__context__


def failure(what, error, mend):
    """A finding for an error: the file or package that it comes from is to be mended, if that can be told."""
    steps = list(involved(error))
    files = {file for _, file in steps} | {
        vars(module).get("__file__") for module in list(sys.modules.values()) if hasattr(module, "__dict__")
    }
    own = sorted(
        file for file in files if isinstance(file, str) and os.path.dirname(file) == HERE != os.path.dirname(__file__)
    )
    try:
        packages = needed()
    except Exception:  # which is a finding of its own
        packages = {}
    causes = [packages[name.partition(".")[0]] for name, _ in steps if name.partition(".")[0] in packages]
    if own:
        mend = f"rename {own[0]}, which Python took for the module of this name, then run this again"
    elif causes:
        mend = reinstall(causes[-1])
    reason = " ".join(str(error).split())
    return False, f"{what} ({type(error).__name__}{': ' * bool(reason)}{reason[:200]}); {mend}"


def packages():
    """Yield a finding for each package that the course depends on."""
    from importlib import metadata

    try:
        requirements = needed()
    except metadata.PackageNotFoundError:
        requirements = {}
    except ImportError as error:
        yield failure("packaging cannot be imported", error, pip_install("--force-reinstall packaging"))
        return
    if not requirements:
        mend = pip_install('-e ".[lab]"')
        yield False, f"the course is not installed in {sys.executable}; in its folder, {mend}"
    installed = {}
    for module, requirement in requirements.items():  # before anything is imported, which may need what is missing
        try:
            installed[module] = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError:
            yield False, f"{requirement.name} is not installed; {install(requirement)}"
    for module, distribution in installed.items():
        yield package(module, requirements[module], distribution)


def package(module, requirement, distribution):
    """A finding for a package of which at least a part is installed."""
    from importlib import import_module

    from packaging.version import InvalidVersion, Version

    name = requirement.name
    try:
        version = distribution.version
    except Exception:  # of which kind depends on Python, and some versions of it give None
        version = None
    if not version:
        folders = f"{name.replace('-', '_')}-*.dist-info in {distribution.locate_file('')}"
        return False, f"{name} is installed only in part; delete {folders}, then {reinstall(requirement)}"
    try:
        too_old = not requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:  # of a build of one's own: nothing to compare
        too_old = False
    if too_old:
        return False, f"{name} {version} is too old; {install(requirement)}"
    if name == "torchvision" and "torch" in UNUSABLE:  # which cannot be tried twice
        return False, f"torchvision cannot be imported without torch; {AS_ABOVE}"
    try:
        if name != "kaggle":  # which asks for a token at once
            import_module(module)
    except (Exception, SystemExit) as error:
        UNUSABLE.add(module)
        return failure(f"{name} cannot be imported", error, reinstall(requirement))
    return True, f"{name} {version}"


def torch_pair():
    """Yield whether torch and torchvision were built for each other, and the device that training will use."""
    if UNUSABLE.intersection(PAIR):
        return
    try:
        import torch
        from torchvision import ops

        ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except Exception as error:  # a mismatched build fails in many ways
        yield failure("torch and torchvision do not match", error, pip_install(BOTH_AGAIN))
        return
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
        except data.DataError as error:
            yield False, f"{load.__name__}: {error}"
        except Exception as error:
            yield failure(f"{load.__name__}() fails", error, AS_ABOVE)
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
    for nearest in (home, *home.parents):
        try:
            nearest.stat()
            break
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield False, f"data home {home} cannot be used ({error.strerror}); set COURSEKIT_DATA to another folder"
            return
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
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


def python():
    """Yield whether this Python is new enough."""
    fits = sys.version_info >= (3, 11)
    yield fits, f"Python {sys.version.split()[0]}" + ("" if fits else " is too old; install 3.11 or newer")


def findings_of(examine):
    """Yield what one of the functions above finds; where it fails, say so instead of failing."""
    try:
        yield from examine()
    except (Exception, SystemExit) as error:
        yield failure(f"{examine.__name__.replace('_', ' ')}: this cannot be examined", error, AS_ABOVE)


def main():
    """Print every finding as it comes; exit with 1 if something needs mending."""
    healthy = True
    for examine in (python, packages, torch_pair, bundled_data, data_home, kaggle_token):
        for ok, text in findings_of(examine):
            line = f"{'OK  ' if ok else 'MEND'}  {text}".replace("\n", " ")
            encoding = sys.stdout.encoding or "utf-8"  # which may not have the letters of a folder's name
            print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
            healthy = healthy and ok
    sys.exit(not healthy)


if __name__ == "__main__":
    main()
