"""The data files that travel with the course: each is checked before it is read."""

import hashlib
from pathlib import Path

from coursekit._errors import DataError

SHA256 = {
    "boston_housing.csv": "b306152a35f738c5da5472e940048ee7a71dcdf4378026e05606fe2fcfef1adf",
    "pima_diabetes.csv": "c980e5e01dc1c554a358102b773f34b29599d0051ec5cf5b56ad1c6fcb3a23b0",
    "mnist_10k.npz": "e6440fa48fd70b8dfd03dd81081b36f7954afa6b4800b4ea9954f6f1743f4bb2",
    "chest_ct.npz": "b5a012bbbfd05cb9abc2e8cad88bad83dc434a10e83f7560450c961a48340611",
}


def verified(name):
    """Path of a bundled file whose sha256 is right: beside this module in a wheel, in datasets/ in a checkout."""
    package = Path(__file__).parent
    mend = f"Get it back: in a clone run `git checkout -- datasets/{name}`, else reinstall coursekit."
    for path in (package / "datasets" / name, package.parent / "datasets" / name):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DataError(f"The data file {path} cannot be read ({error.strerror}). {mend}") from error
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise DataError(f"The data file {path} is damaged. {mend}")
        return path
    raise DataError(f"The data file {name} is missing. {mend}")
