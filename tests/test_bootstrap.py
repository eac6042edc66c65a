"""The start on a machine that has only Python: the environment is made, kept up to date and never harmed."""

import hashlib
import os
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).parent.parent


@dataclass
class Tree:
    """A small project with our bootstrap.py: one dependency, one tool, a program that needs the first."""

    root: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        # -S: without the packages that this machine's own Python may hold
        return [bootstrap.outer_python(), "-S", *(arguments or ("program.py",))]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command, env = self.command(*arguments), {**self.environment, **environment}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False, timeout=60)

    def made(self) -> str:
        """Makes the environment; what was written on the way."""
        result = self.run()
        if "could not be fetched" in result.stderr or "error sending request" in result.stderr:
            pytest.skip(f"neither cache nor registry has uv and a small package: {result.stderr}")
        assert (result.returncode, result.stdout) == (0, str(self.root / ".venv")), result.stderr
        return result.stderr

    @property
    def stamp(self) -> Path:
        return self.root / ".venv" / "switchboard-stamp"

    def packages(self) -> set[str]:
        return {path.name.partition("-")[0] for path in (self.root / ".venv").rglob("*.dist-info")}


def locked(name: str) -> str:
    """The lines of one package in the real lock file."""
    text = bootstrap.LOCKS[1].read_text(encoding="utf-8")
    found = re.search(rf"^{name}==.*\n(    --hash.*\n)+", text, re.MULTILINE)
    assert found
    return found[0]


def pyproject(dependencies: list[str], tools: list[str]) -> str:
    real = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    def listed(names: list[str]) -> str:
        return "".join(f'    "{locked(name).split()[0]}",\n' for name in names)

    return (
        '[project]\nname = "small"\nversion = "1"\nrequires-python = ">=3.11"\n'
        f"dependencies = [\n{listed(dependencies)}]\n\n[dependency-groups]\ndev = [\n{listed(tools)}]\n\n"
        f'[tool.uv]\npackage = false\nexclude-newer = "{real["tool"]["uv"]["exclude-newer"]}"\n'
    )


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    (root / "tests").mkdir(parents=True)
    (root / "bootstrap.py").write_bytes((ROOT / "bootstrap.py").read_bytes())
    (root / "pyproject.toml").write_text(pyproject(["iniconfig"], ["pluggy"]))
    (root / "requirements.lock").write_text(locked("iniconfig"))
    (root / "tests" / "requirements.lock").write_text(locked("iniconfig") + locked("pluggy"))
    (root / "program.py").write_text(
        "import sys, bootstrap\nbootstrap.ensure(sys.argv)\n"
        "from iniconfig import IniConfig\nsys.stdout.write(sys.prefix)\n"
    )
    try:
        uv = bootstrap.uv()
    except SystemExit:
        pytest.skip("there is no uv, and none could be fetched")
    kept = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SWITCHBOARD_") and k != "VIRTUAL_ENV"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "UV_CACHE_DIR": kept}
    return Tree(root, environment | {"PATH": f"{Path(uv).parent}{os.pathsep}{environment['PATH']}"})


def test_the_first_start_makes_the_environment_and_runs_in_it(tree: Tree) -> None:
    assert tree.made() == "switchboard: making the environment in .venv (once, about a minute)…\n"
    lock = hashlib.sha256((tree.root / "requirements.lock").read_bytes()).hexdigest()
    assert tree.stamp.read_text() == f"run {lock}"
    assert tree.packages() == {"iniconfig"}


def test_the_second_start_changes_nothing_says_nothing_and_needs_no_uv(tree: Tree, tmp_path: Path) -> None:
    tree.made()
    before = tree.stamp.stat().st_mtime_ns
    result = tree.run(PATH=str(tmp_path), PIP_NO_INDEX="1")
    assert (result.returncode, result.stdout, result.stderr) == (0, str(tree.root / ".venv"), "")
    assert tree.stamp.stat().st_mtime_ns == before


def test_a_changed_lock_file_brings_the_environment_up_to_date(tree: Tree) -> None:
    tree.made()
    (tree.root / "requirements.lock").write_text(locked("iniconfig") + locked("six"))
    assert tree.made() == "switchboard: bringing the environment in .venv up to date…\n"
    assert tree.packages() == {"iniconfig", "six"}


def test_an_interrupted_installation_is_begun_anew(tree: Tree) -> None:
    tree.made()
    tree.stamp.write_text("unfinished")
    (broken,) = (tree.root / ".venv").rglob("iniconfig/__init__.py")
    broken.unlink()
    assert "making the environment" in tree.made()


def test_an_environment_whose_python_is_gone_is_made_anew(tree: Tree) -> None:
    tree.made()
    (tree.root / ".venv/bin/python").unlink()
    assert "making the environment" in tree.made()


def test_tools_run_in_the_development_environment_which_serves_the_product_too(tree: Tree) -> None:
    result = tree.run("bootstrap.py", "python", "-c", "import iniconfig, pluggy, sys; sys.stdout.write(sys.prefix)")
    assert (result.returncode, result.stdout) == (0, str(tree.root / ".venv")), result.stderr
    assert tree.made() == ""
    missing = tree.run("bootstrap.py", "no-such-tool")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)


def test_three_at_once_make_one_environment(tree: Tree) -> None:
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(tree.command(), cwd=tree.root, env=tree.environment, stdout=pipe, stderr=pipe, text=True)
        for _ in range(3)
    ]
    told = [process.communicate() for process in processes]
    assert [out for out, _ in told] == [str(tree.root / ".venv")] * 3, told
    assert "".join(err for _, err in told).count("making the environment in") == 1


def test_an_environment_of_ones_own_that_holds_the_dependencies_is_used_as_it_is(tree: Tree) -> None:
    tree.made()
    (tree.root / ".venv").rename(tree.root / "own")
    command, settings = [str(tree.root / "own/bin/python"), "program.py"], tree.environment
    result = subprocess.run(command, cwd=tree.root, env=settings, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, str(tree.root / "own"), "")
    assert not (tree.root / ".venv").exists()


def test_a_folder_that_is_no_environment_is_not_touched(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear-grandmother.txt").write_text("…")
    result = tree.run(SWITCHBOARD_VENV=str(tmp_path / "letters"))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear-grandmother.txt"]


def test_a_python_that_ignores_its_environment_is_told_instead_of_started_for_ever(tree: Tree) -> None:
    tree.made()
    python = tree.root / ".venv/bin/python"
    python.unlink()
    python.write_text(f'#!/bin/sh\nexec {bootstrap.outer_python()} -S "$@"\n')
    python.chmod(0o755)
    result = tree.run()
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "does not use what is installed there" in result.stderr


def test_a_missing_uv_is_fetched_with_pip(tree: Tree, tmp_path: Path) -> None:
    if subprocess.run([bootstrap.outer_python(), "-m", "pip", "--version"], capture_output=True).returncode:
        pytest.skip(f"{bootstrap.outer_python()} has no pip")
    version = bootstrap.UV_PIN
    wheel = f"uv-{version}"
    with zipfile.ZipFile(tmp_path / f"{wheel}-py3-none-any.whl", "w") as archive:
        script = zipfile.ZipInfo(f"{wheel}.data/scripts/uv")
        script.external_attr = 0o100755 << 16
        archive.writestr(script, f'#!/bin/sh\nPATH="{tree.environment["PATH"]}" exec uv "$@"\n')
        archive.writestr(f"{wheel}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: uv\nVersion: {version}\n")
        archive.writestr(f"{wheel}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{wheel}.dist-info/RECORD", "")
    tree.environment |= {"PATH": str(tmp_path / "empty"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    assert tree.made().splitlines()[1:] == ["switchboard: fetching uv (once, about 20 MB)…"]
    assert (tmp_path / "cache/switchboard/uv/bin/uv").exists()


def test_whether_all_is_there_is_known_within_ten_milliseconds() -> None:
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        bootstrap.is_ready(dev=True)
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.010


def test_bootstrap_reads_the_same_direct_dependencies_as_a_toml_parser() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    product, tools = project["project"]["dependencies"], project["dependency-groups"]["dev"]

    def pins(lines: list[str]) -> set[str]:
        return {re.sub(r"\[.*\]", "", line).replace("==", "-") for line in lines}

    assert bootstrap.direct_pins(dev=False) == pins(product)
    assert bootstrap.direct_pins(dev=True) == pins(product + tools)


# The lock files


def lock_check(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / "bootstrap.py"), "lock", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    unreachable = "error sending request|dns error|client error|timed out|could not be fetched"
    if result.returncode == 2 and (reason := re.search(unreachable, result.stderr)):
        pytest.skip(f"resolving needs uv and the package registry: {reason[0]}")
    return result


def test_the_lock_files_are_not_stale() -> None:
    result = lock_check(ROOT)
    assert result.returncode == 0, result.stderr


def test_a_lock_file_that_lags_behind_is_named_in_one_sentence(tree: Tree) -> None:
    assert lock_check(tree.root, UV_CACHE_DIR=tree.environment["UV_CACHE_DIR"]).returncode == 0
    (tree.root / "pyproject.toml").write_text(pyproject(["iniconfig"], ["pluggy", "six"]))
    result = lock_check(tree.root, UV_CACHE_DIR=tree.environment["UV_CACHE_DIR"])
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "stale against pyproject.toml: tests/requirements.lock;" in result.stderr
