"""The command line: what its user types, sees and gets back."""

import json
import shutil
from pathlib import Path

import pytest

import agent_worker
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each command works on a store of the test's own, from a folder without an .env."""
    for name in ("store.db", "store.key"):
        shutil.copy(migrated / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "store.key"))
    monkeypatch.setenv("BUSINESS_FILE", str(ROOT / "business.toml"))
    return tmp_path


def run(*arguments: str) -> int:
    return agent_worker.run(list(arguments))


def test_check_lists_where_numbers_lead(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert "+12025550100  kavita        Lotus Clinic" in capsys.readouterr().out


def test_demo_data_is_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo-data", "--seed", "3") == 0
    assert "Demo data made for Lotus Clinic" in capsys.readouterr().out
    assert run("demo-data") == 0
    assert "there already" in capsys.readouterr().out


def test_everything_about_a_caller_is_exported_and_then_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    run("demo-data")
    capsys.readouterr()
    assert run("export", "1001", "--business", "lotus-clinic") == 0
    held = capsys.readouterr().out
    assert "Archit Ojha" in held and json.loads(held)
    assert run("forget", "+1 202 555 0101", "--business", "lotus-clinic") == 0
    assert run("forget", "1001", "--business", "lotus-clinic") == 1
    assert run("export", "1001", "--business", "lotus-clinic") == 1
    assert "Archit" not in capsys.readouterr().out


def test_a_rotated_key_opens_the_store_and_the_old_one_does_not(
    own_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("demo-data")
    old = (own_store / "store.key").read_text()
    assert run("rotate-key") == 0
    assert run("export", "1001", "--business", "lotus-clinic") == 0
    (own_store / "store.key").write_text(old)
    assert run("calls") == 2
    assert "put back the key file" in capsys.readouterr().err


def test_purge_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("purge") == 0
    assert capsys.readouterr().out == "Nothing was old enough to be purged.\n"


def test_calls_are_none_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("calls") == 0
    assert capsys.readouterr().out == "There are no calls yet.\n"


MISTAKES = [
    (("calls", "nosuch"), {}, "There is no call nosuch; `calls` lists them."),
    (("export", "1001"), {}, "--business is needed: one of lotus-clinic, saffron-table"),
    (("forget", "1001", "--business", "x"), {}, "There is no business «x»"),
    (("check",), {"BUSINESS_FILE": "nowhere.toml"}, "nowhere.toml: cannot be read"),
    (("check",), {"DB_DELAY_MS": "soon"}, "DB_DELAY_MS"),
    (("check",), {"WEATHER_URL": "https://weather.example/now"}, "{city}"),
    (("hooks",), {}, "WEBHOOK_SECRET is not set"),
    (("calls",), {"DATABASE_URL": "mysql://x/y"}, "«mysql» is not supported; use sqlite or postgresql."),
    (("calls",), {"DATABASE_URL": "postgresql://h:port/x"}, "DATABASE_URL is not a database address"),
    (("calls",), {"DATABASE_URL": "nonsense"}, "DATABASE_URL is not a database address"),
    (("calls",), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "cannot be opened"),
    (("calls",), {"DATABASE_URL": "sqlite:////proc/none/x.db"}, "cannot be opened"),
]


@pytest.mark.parametrize(("arguments", "changed", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...],
    changed: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.err.count("\n") == 1 and told.out == ""


def test_an_unknown_key_of_the_env_file_is_named(own_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_store / ".env").write_text("HOLD_SECONDS=60\nHOLD_SECOND=60\n")
    assert run("check") == 2
    assert ".env" in (told := capsys.readouterr().err) and "HOLD_SECOND" in told


def test_an_unknown_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run("dance")
    assert left.value.code == 2 and "demo-data" in capsys.readouterr().err
