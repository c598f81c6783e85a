"""Archives from Kaggle, through its own client, and the token that it needs: that is never shown or kept."""

import io
import json
import os
import threading
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from coursekit import _progress
from coursekit._errors import Trouble

TOKEN_PAGE = "https://www.kaggle.com/settings/api"
SECRETS = (("KAGGLE_API_TOKEN",), ("KAGGLE_USERNAME", "KAGGLE_KEY"))  # either, in the environment or in Colab
SECONDS = (10, 60)  # to connect, and between two pieces: the client states none for most requests, and would wait on
ONE = threading.Lock()  # stdout, the environment and requests belong to the whole process


def token_place():
    """Say where a Kaggle token is, in the environment or in a file; its value is not read.

    Returns
    -------
    str or None
        Names of the environment variables, or path of the file, that the Kaggle client will use.
    """
    for names in SECRETS:
        if all(os.environ.get(name) for name in names):
            return " and ".join(names)
    return next((str(path) for path in _token_files() if os.path.exists(path)), None)


def _token_files():
    """Where the Kaggle client looks for a token."""
    user = Path(os.path.expanduser("~"))  # Path.home() raises where nobody knows it, Path.exists() where it is closed
    home = user / ".kaggle"
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or user / ".config") / "kaggle"
    chosen = Path(os.environ.get("KAGGLE_CONFIG_DIR") or (home if os.path.exists(home) else settings))
    return chosen / "kaggle.json", *(home / name for name in ("access_token", "access_token.txt", "credentials.json"))


def download(slug, folder):
    """Download the archive of a data set, or what is missing of it.

    Parameters
    ----------
    slug : str
        Owner and name, as in the address of its page.
    folder : pathlib.Path
        Where the archive is stored; what an earlier call left there is taken up.

    Returns
    -------
    pathlib.Path
        The archive; the client has compared its size with the announced one, nothing more.

    Raises
    ------
    Trouble
        If there is no token, or Kaggle does not send the archive.
    OSError
        If it cannot be stored.
    """
    archive = folder / f"{slug.rpartition('/')[2]}.zip"
    client = trouble = None
    with ONE, _token(), _watched() as refused, redirect_stdout(io.StringIO()):
        try:
            client = _client()
            client.dataset_download_files(slug, folder, quiet=_progress.hidden())
        except (Exception, SystemExit) as error:
            trouble = _of_download(error, slug, refused) if client else _of_start(error, slug)
            if client and type(error) is ValueError:  # of another size than announced: no beginning to go on from
                archive.unlink(missing_ok=True)
    client = None
    if trouble:
        raise trouble  # here, where nothing leads to the client and its errors, which hold the token
    return archive


def _client():
    """A client that has just looked for the token: the one that the package makes may be older."""
    from kaggle.api.kaggle_api_extended import KaggleApi  # without a token some versions end the process

    client = KaggleApi()
    client.authenticate()
    return client


@contextmanager
def _watched():
    """Let no request of the client wait for ever; gives the addresses' answers that refused the rest of a file."""
    import requests

    send, refused = requests.Session.send, []

    def watched(self, request, **options):
        response = send(self, request, **options | {"timeout": options.get("timeout") or SECONDS})
        if response.status_code == 403 and "Range" in request.headers:
            refused.append(403)
        return response

    requests.Session.send = watched
    try:
        yield refused
    finally:
        requests.Session.send = send


@contextmanager
def _token():
    """See to it that the client finds a token; one from Colab's secrets is in the environment only meanwhile."""
    secret = {} if token_place() else _colab_secret()
    if not secret and not token_place():
        raise Trouble(
            "Kaggle gives it only to those who have a token",
            f"Make a token at {TOKEN_PAGE} and put it into the environment variable KAGGLE_API_TOKEN, or in Colab "
            "into a secret of this name that the notebook may read",
        )
    before = {name: os.environ.get(name) for name in secret}
    os.environ.update(secret)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _colab_secret():
    """The token among the secrets of Google Colab by variable, or nothing."""
    try:
        from google.colab import userdata
    except ImportError:
        return {}
    for names in SECRETS:
        try:
            return {name: userdata.get(name) for name in names}
        except (userdata.SecretNotFoundError, userdata.NotebookAccessError, userdata.TimeoutException):
            continue
    return {}


def _of_start(error, slug):
    """What it means that the client does not start."""
    if isinstance(error, ImportError):
        return Trouble(f"the Kaggle client cannot be imported ({error.name})", "Run: %pip install --upgrade kaggle six")
    if isinstance(error, OSError) and error.filename:
        return Trouble(
            f"the Kaggle client cannot use its folder {error.filename} ({error.strerror})",
            "Set KAGGLE_CONFIG_DIR to a folder of yours",
        )
    if isinstance(error, OSError):  # requests' errors are of this kind
        return _of_download(error, slug)
    damaged = next(filter(_holds_no_object, _token_files()), None)
    if damaged:  # for which each version of the client fails in another way
        return Trouble(
            f"the token file {damaged} is damaged",
            f"Delete it and, unless you have another token, make a new one at {TOKEN_PAGE}",
        )
    if isinstance(error, SystemExit | NameError):  # it calls exit(), which IPython hides
        return _of_status(401, slug)
    if isinstance(error, ValueError):
        return _of_token()
    return _of_download(error, slug)


def _holds_no_object(path):
    """Whether a file is valid JSON, but not of the kind that a token is stored in."""
    try:
        return path.suffix == ".json" and not isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _of_token():
    """What it means that the token fits into no request; the error's own text would show it."""
    return Trouble(
        "the Kaggle token has a line end or another character that no token has", f"Copy it again from {TOKEN_PAGE}"
    )


def _of_download(error, slug, refused=()):
    """What an error of the client means; nothing of its text, which may hold signed addresses."""
    import requests

    if refused:  # some versions of the client report this, others take the answer for the rest of the archive
        return Trouble("the link to the archive ran out before all of it had arrived", "Wait a moment")
    response = getattr(error, "response", None)
    if response is not None:
        return _of_status(response.status_code, slug)
    if isinstance(error, requests.RequestException):
        return Trouble("the connection to Kaggle failed", "Check the connection")
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror)
    if isinstance(error, UnicodeError):
        return _of_token()
    if type(error) is ValueError:
        return Trouble("what Kaggle sent was not of the announced size", "Wait a few minutes")
    return Trouble(f"the Kaggle client failed ({type(error).__name__})", "Run: %pip install --upgrade kaggle")


def _of_status(status, slug):
    page = f"https://www.kaggle.com/datasets/{slug}"
    reason, remedy = {
        401: ("Kaggle does not accept the token", f"Make a new token at {TOKEN_PAGE}"),
        403: (
            "Kaggle refuses it to this account",
            f"Open {page}, sign in to the account of the token and accept the terms",
        ),
        404: ("Kaggle does not have it any more", f"Look for it at {page} and update the course"),
        429: ("Kaggle was asked too often", "Wait an hour"),
    }.get(status, ("Kaggle is out of order", "Wait an hour"))
    return Trouble(f"{reason} (status {status})", remedy)
