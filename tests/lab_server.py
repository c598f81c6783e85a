"""A real JupyterLab on a loopback port, over copies of the notebooks, which sees nothing of this user's settings."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time

from notebook_files import NOTEBOOKS

PLACES = {
    "HOME": "home",
    "COURSEKIT_DATA": "data",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "share",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "XDG_CACHE_HOME": "cache",
}
NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}  # nothing is asked of the network


@contextlib.contextmanager
def jupyterlab(folder):
    """Serve copies of the notebooks in an empty folder; gives a function from a path on the server to its address."""
    (folder / "notebooks").mkdir()
    for path in NOTEBOOKS:
        shutil.copy(path, folder / "notebooks")
    token = secrets.token_hex(16)
    options = {"ip": "127.0.0.1", "port": 0, "open_browser": False, "allow_root": True, "root_dir": "notebooks"}
    command = [sys.executable, "-m", "jupyterlab", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=learner(folder), stdout=log, stderr=log)
        try:
            address = listening(server, folder)
            yield lambda path: f"{address}{path}?token={token}&reset"  # JupyterLab forgets what was open before
        finally:
            server.terminate()  # it ends its kernels, then itself
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def learner(folder):
    """Environment of somebody whose settings, caches and downloads are empty."""
    for place in PLACES.values():
        (folder / place).mkdir()
    settings = folder / PLACES["JUPYTERLAB_SETTINGS_DIR"] / NOTIFICATIONS
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(NO_NEWS))
    own = {name: str(folder / place) for name, place in PLACES.items()}
    own |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "0"}  # learners see progress bars
    return {**os.environ, **own}


def listening(server, folder, limit_s=180):
    """The server's address, once it has written where it listens."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(FileNotFoundError, ValueError):  # not there yet, or half written
            return json.loads((folder / "runtime" / f"jpserver-{server.pid}.json").read_text())["url"]
        time.sleep(0.1)
    raise RuntimeError("JupyterLab does not start:\n" + (folder / "server.log").read_text()[-2000:])
