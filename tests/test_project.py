"""The project itself: dependencies, layout, import direction, and the example of the environment."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

import bootstrap
from settings import Settings

ROOT = Path(__file__).parent.parent

EVERYTHING = {"agents", "bootstrap", "db", "events", "settings", "sip", "speech", "tools", "web"}
MAY_IMPORT: dict[str, set[str]] = {
    "bootstrap": set(),
    "events": set(),
    "settings": set(),
    "db": set(),
    "speech": {"db", "settings"},
    "sip": {"db", "events", "settings", "speech"},
    "tools": {"db", "events", "speech.digits", "speech.sounds", "speech.spelling", "speech.times", "sip.transfer"},
    "agents": {"db", "events", "settings", "speech", "sip", "tools"},
    "web": {"db", "events", "settings", "sip"},
    "agent_worker": EVERYTHING,
    "bench": EVERYTHING - {"bootstrap"} | {"agent_worker", "tests"},
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "constants", "base", "manager"}
FORBIDDEN_NAMES |= {"service", "factory", "core", "src", "misc"}
READ_THE_ENVIRONMENT = {"settings.py", "bootstrap.py"}
READ_BY_OLD_PYTHONS = ("agent_worker.py", "bootstrap.py")
LIGHT_MODULES = [name for name in ("agent_worker", "bootstrap", "events", "settings") if (ROOT / f"{name}.py").exists()]
LONGEST_FUNCTION, LONGEST_FILE = 60, 400


def product_files() -> list[Path]:
    """Every Python file but the tests, relative to the root."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    aside = {"tests", "firmware", "var", "node_modules"}
    return sorted(path for path in found if path.parts[0] not in aside and not any(p[0] == "." for p in path.parts))


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    for path in product_files():
        yield path, ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


# Dependencies


@pytest.mark.parametrize("lock", bootstrap.LOCKS, ids=lambda lock: lock.parent.name)
def test_every_locked_package_is_pinned_and_has_hashes_and_nothing_has_an_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    requirements = text.replace(" \\\n", " ").splitlines()
    assert len(requirements) > 50
    for requirement in requirements:
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^#\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+", requirement), requirement


def test_the_development_lock_holds_the_product_lock() -> None:
    product, development = (set(lock.read_text(encoding="utf-8").splitlines()) for lock in bootstrap.LOCKS)
    assert product < development


def test_direct_dependencies_are_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    loose = [line for lines in lists for line in lines if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+", line)]
    assert loose == []


# Layout and style


def imported(tree: ast.Module, package: tuple[str, ...]) -> set[str]:
    """Dotted names of all that is imported, at the top or within functions; `from a import b` gives a.b."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = [*above, *([node.module] if node.module else [])]
            names |= {".".join([*start, alias.name]) for alias in node.names}
    return names


def breaches(path: Path, tree: ast.Module) -> list[str]:
    ours = path.parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[ours] | {ours}
    known = {*MAY_IMPORT, "tests"}
    return [
        f"{path} imports {name}"
        for name in sorted(imported(tree, path.parts[:-1]))
        if name.partition(".")[0] in known and not any(f"{name}.".startswith(f"{rule}.") for rule in allowed)
    ]


def test_every_product_file_stands_at_a_place_that_has_an_import_rule() -> None:
    assert [str(path) for path in product_files() if path.parts[0].removesuffix(".py") not in MAY_IMPORT] == []


def test_imports_go_in_the_direction_of_the_design() -> None:
    assert [breach for path, tree in parsed() for breach in breaches(path, tree)] == []


@pytest.mark.parametrize(
    ("path", "source", "breach"),
    [
        ("tools/orders.py", "from speech import times", False),
        ("tools/orders.py", "from speech.times import resolve", False),
        ("tools/orders.py", "from . import call", False),
        ("tools/orders.py", "from speech import brain", True),
        ("tools/orders.py", "import sip", True),
        ("tools/orders.py", "def f() -> None:\n    from agents import desk", True),
        ("db/orders.py", "from settings import Settings", True),
        ("events.py", "import db.orders", True),
        ("web/server.py", "import bootstrap", True),
        ("agents/desk.py", "import tests.scripted", True),
    ],
)
def test_the_import_check_tells_right_from_wrong(path: str, source: str, breach: bool) -> None:
    assert bool(breaches(Path(path), ast.parse(source))) is breach


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [path for path in product_files() if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.parts}]
    assert named == []


def reads_environment(tree: ast.Module) -> bool:
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = imported(tree, ())
    return bool(
        {"environ", "environb", "getenv"} & (attributes | {name.removeprefix("os.") for name in imports})
        or any(name.partition(".")[0] == "dotenv" for name in imports)
    )


def test_only_settings_and_bootstrap_read_the_environment() -> None:
    readers = {str(path) for path, tree in parsed() if reads_environment(tree)}
    assert readers <= READ_THE_ENVIRONMENT


def test_no_function_is_longer_than_sixty_lines() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = ((path, node) for path, tree in parsed() for node in ast.walk(tree) if isinstance(node, kinds))
    long = [f"{p}: {n.name}" for p, n in functions if (n.end_lineno or 0) - n.lineno >= LONGEST_FUNCTION]
    assert long == []


def test_no_product_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in product_files()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_importing_loads_neither_the_agents_sdk_nor_the_store(module: str) -> None:
    check = f"import sys, {module}; sys.exit(' '.join({{'livekit.agents', 'sqlmodel'}} & set(sys.modules)) or 0)"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", READ_BY_OLD_PYTHONS)
def test_an_old_python_can_read_far_enough_to_be_told_so(name: str) -> None:
    assert ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8)).body


def as_written(default: object) -> str:
    """A default in the form an environment variable has."""
    match default:
        case None:
            return ""
        case bool():
            return str(default).lower()
        case SecretStr():
            return default.get_secret_value()
        case list() | tuple() | dict():
            return json.dumps(default)
    return str(default)


def test_the_example_of_the_environment_lists_every_setting_with_its_default() -> None:
    fields = Settings.model_fields
    defaults = {
        name.upper(): as_written(field.get_default(call_default_factory=True)) for name, field in fields.items()
    }
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert dict(line.split("=", 1) for line in lines if line and not line.startswith("#")) == defaults


def test_each_variable_of_the_example_is_explained() -> None:
    groups = (ROOT / ".env.example").read_text(encoding="utf-8").strip().split("\n\n")
    assert [group for group in groups if not re.match(r"# \w", group)] == []
