"""Makes the environment Switchboard runs in, and runs in it, on a machine that has only Python and pip.

`ensure` is the first thing agent_worker.py calls; `python3 bootstrap.py COMMAND …` does the same for a tool such as
pytest. What is missing is installed into .venv by uv, at the versions and hashes of the lock files; uv itself is
fetched with pip when there is none. An environment of your own that holds what pyproject.toml lists is left alone.

Only the standard library, and only syntax that Python 3.8 can read, so that an old Python is told in a sentence.
This file runs before Settings can exist; it is the one exception to «only settings.py reads the environment»:
  SWITCHBOARD_VENV   the environment's folder, .venv beside this file unless set
  XDG_CACHE_HOME     a fetched uv is kept in its switchboard/uv, ~/.cache unless set

The stamp, a file in the environment's folder, says what is in there: «run HASH», «dev HASH», or «unfinished» from the
first moment of an installation to its last, so that an interrupted one is begun anew. It is also the lock that a
second process waits for, and the proof that the folder is ours to change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Iterator, NoReturn, Sequence  # noqa: UP035 (Python 3.8 knows them here only)

PYTHONS = ((3, 11), (3, 15))  # from the first to before the second: livekit-blingfire has no wheel for 3.15 yet
UV = (0, 13, 9)
UV_PIN = ".".join(map(str, UV))
ROOT = Path(__file__).resolve().parent
LOCKS = (ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock")  # the second holds the first and the tools
EXECUTED = "SWITCHBOARD_EXECUTED"  # the id of the process that has already been replaced once; os.execv keeps the id
USAGE = """python3 bootstrap.py TOOL [ARGUMENT …]   run pytest, ruff, mypy, python … in the development environment
python3 bootstrap.py lock                write requirements.lock and tests/requirements.lock from pyproject.toml
python3 bootstrap.py lock --check        exit with 1 when one of them is stale
"""


def ensure(argv: Sequence[str], *, dev: bool = False) -> None:
    """Returns when this interpreter holds what is needed; else replaces the process by one that does, running argv."""
    try:
        if is_ready(dev):
            os.environ.pop(EXECUTED, None)
            return
        if os.environ.get(EXECUTED) == str(os.getpid()):
            fail(f"the Python in {venv()} does not use what is installed there; remove that folder and start again")
        if not is_fresh(dev):
            make(dev)
        os.environ[EXECUTED] = str(os.getpid())
        sys.stderr.flush()
        os.execv(venv_python(), [str(venv_python()), *argv])
    except OSError as error:
        fail(f"{error}; the variable SWITCHBOARD_VENV moves the environment to another folder")


def is_ready(dev: bool) -> bool:
    if Path(sys.prefix).resolve() == venv().resolve() and stamp().exists():
        return is_fresh(dev)
    return sys.version_info >= PYTHONS[0] and direct_pins(dev) <= installed()


def is_fresh(dev: bool) -> bool:
    """Whether the folder holds what the lock files say now; the development environment serves both purposes."""
    if not (stamp().exists() and os.access(venv_python(), os.X_OK)):
        return False
    text = stamp().read_text()
    return text == wanted_stamp(dev) or (not dev and text.startswith("dev ") and text == wanted_stamp(dev=True))


def wanted_stamp(dev: bool) -> str:
    locks = b"".join(lock.read_bytes() for lock in (LOCKS if dev else LOCKS[:1]))
    return ("dev " if dev else "run ") + hashlib.sha256(locks).hexdigest()


def direct_pins(dev: bool) -> set[str]:
    """«name-version» of each direct dependency; by pattern, because tomllib came with Python 3.11."""
    product, _, groups = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("\n[dependency-groups]")
    pin = r'^ *"([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!]+)",?$'
    found = re.findall(pin, product + (groups if dev else ""), re.MULTILINE)
    return {f"{normal(name)}-{version}" for name, version in found}


def installed() -> set[str]:
    """Read off folder names: importlib.metadata would take ten times as long."""
    entries = [entry for folder in sys.path if os.path.isdir(folder) for entry in os.listdir(folder)]
    stems = [entry[: -len(".dist-info")].rpartition("-") for entry in entries if entry.endswith(".dist-info")]
    return {f"{normal(name)}-{version}" for name, _, version in stems}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def venv() -> Path:
    return Path(os.environ.get("SWITCHBOARD_VENV") or ROOT / ".venv").expanduser().absolute()


def venv_python() -> Path:
    return venv() / "bin" / "python"


def stamp() -> Path:
    return venv() / "switchboard-stamp"


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "switchboard"


def make(dev: bool) -> None:
    venv().mkdir(parents=True, exist_ok=True)
    if any(venv().iterdir()) and not (stamp().exists() or (venv() / "pyvenv.cfg").exists()):
        fail(f"{venv()} holds something else than an environment; nothing in it was touched")
    with locked(stamp()):
        if is_fresh(dev):
            return  # another process made it while this one waited
        before = stamp().read_text()
        stamp().write_text("unfinished")
        shown = venv().relative_to(ROOT) if ROOT in venv().parents else venv()
        if before == "unfinished" or not os.access(venv_python(), os.X_OK):
            say(f"making the environment in {shown} (once, about a minute)…")
            clear()
            create()
        else:
            say(f"bringing the environment in {shown} up to date…")
        fill(dev or before.startswith("dev "))


def clear() -> None:
    for entry in venv().iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != stamp():
            entry.unlink()


def create() -> None:
    python, otherwise = outer_python(), f"no environment could be made with {outer_python()}"
    if not PYTHONS[0] <= sys.version_info < PYTHONS[1]:
        python = ">=3.11,<3.15"
        otherwise = "Switchboard needs Python 3.11 to 3.14; this is {}.{}.{}, and uv found no other"
        otherwise = otherwise.format(*sys.version_info)
    run([uv(), "venv", "--quiet", "--allow-existing", "--python", python, str(venv())], otherwise)


def fill(dev: bool) -> None:
    sync = [uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", str(venv_python()), str(LOCKS[dev])]
    # Started elsewhere, or uv would obey pyproject's exclude-newer, and refuse every mirror that tells no upload dates.
    run(sync, "the packages could not be installed", cwd="/")
    stamp().write_text(wanted_stamp(dev))


def outer_python() -> str:
    """The interpreter that this one's environment, if it is in one, was made from: clearing must not remove it."""
    return str(getattr(sys, "_base_executable", sys.executable))


def uv(exact: bool = False) -> str:
    """A uv that is new enough; exactly ours for resolving, so that everybody's lock files come out the same."""
    ours = cache() / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(ours)):
        if candidate and serves(candidate, exact):
            return candidate
    cache().mkdir(parents=True, exist_ok=True)
    with locked(cache() / "uv-fetch.lock"):
        if not serves(str(ours), exact):
            fetch_uv()
    return str(ours)


def serves(candidate: str, exact: bool) -> bool:
    import subprocess

    try:
        told = subprocess.run([candidate, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    version = tuple(map(int, re.findall(rb"\d+", told.stdout)[:3]))
    return told.returncode == 0 and (version == UV if exact else version >= UV)


def fetch_uv() -> None:
    """pip's --target is the one way that an externally managed Python (Debian's, say) allows."""
    say("fetching uv (once, about 20 MB)…")
    partial = cache() / "uv.partial"
    shutil.rmtree(partial, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--target", str(partial)]
    otherwise = "uv could not be fetched; this needs the network and pip (on Debian: apt install python3-pip)"
    settings = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    run([outer_python(), "-m", "pip", "install", *options, f"uv=={UV_PIN}"], otherwise, env={**os.environ, **settings})
    shutil.rmtree(cache() / "uv", ignore_errors=True)
    partial.rename(cache() / "uv")


def run(command: Sequence[str], otherwise: str, cwd: str | None = None, env: dict[str, str] | None = None) -> None:
    import subprocess

    try:
        if subprocess.run(command, stdout=2, cwd=cwd, env=env, close_fds=False, check=False).returncode != 0:
            fail(otherwise)
    except KeyboardInterrupt:
        fail("interrupted; the next start begins anew")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    import fcntl

    with open(path, "a") as file:
        os.set_inheritable(file.fileno(), True)  # when this process is killed, the uv it started holds the lock on
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that is making the environment…")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock(check: bool) -> int:
    """Resolved in a folder of its own, because uv.lock names registry hosts and must not stay in the tree."""
    import tempfile

    export = ["export", "--quiet", "--frozen", "--format", "requirements-txt", "--all-extras"]
    export += ["--no-header", "--no-annotate", "--no-emit-project", "--output-file", "exported"]
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(str(ROOT / "pyproject.toml"), folder)
        run([uv(exact=True), "lock", "--quiet"], "the dependencies could not be resolved", cwd=folder)
        for path, groups in zip(LOCKS, ("--no-dev", "--all-groups")):  # noqa: B905 (Python 3.8 has no strict)
            run([uv(exact=True), *export, groups], "the lock file could not be exported", cwd=folder)
            text = Path(folder, "exported").read_bytes()
            if not check:
                path.write_bytes(text)
            elif not path.exists() or path.read_bytes() != text:
                stale.append(str(path.relative_to(ROOT)))
    if stale:
        say(f"stale against pyproject.toml: {' and '.join(stale)}; python3 bootstrap.py lock writes them anew")
    return 1 if stale else 0


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stderr.write(USAGE)
        return 0 if arguments else 2
    if list(arguments) in (["lock"], ["lock", "--check"]):
        return lock(check="--check" in arguments)
    ensure([str(ROOT / "bootstrap.py"), *arguments], dev=True)
    folder = Path(sys.executable).parent
    tool = shutil.which(arguments[0], path=str(folder))
    if tool is None:
        fail(f"there is no {arguments[0]} in {folder}")
    os.execv(tool, [tool, *arguments[1:]])


def say(sentence: str) -> None:
    sys.stderr.write(f"switchboard: {sentence}\n")
    sys.stderr.flush()


def fail(sentence: str) -> NoReturn:
    say(sentence)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
