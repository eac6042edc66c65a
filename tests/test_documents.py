"""The documents: what they tell is so, their examples work, and their links lead somewhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from agents import DESKS
from db import business
from db.business import BusinessFileError, Part
from db.business_file import JSON_KEYS, load
from db.migrate import revisions
from tests.calling import BUSINESS_OF

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], key=str)
EVERY_DESK = {*DESKS, *BUSINESS_OF}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """What stands under each heading but the first, up to the next."""
    parts = re.split(r"^##+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fences(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column has that title."""
    found = re.search(rf"^\| {first} \|.*\n\|[- |]+\|\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert found, f"no table of «{first}»"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()]


def code(cell: str) -> str | None:
    """What stands between the backticks of a cell, if nothing else is in it."""
    found = re.fullmatch("`(.*)`", cell)
    return found[1] if found else None


# The owner's file

OWNERS_FILE = read("docs/business.md")
TABLES: dict[str, type[Part]] = {
    "The whole file": business.Switchboard,
    "Which number leads where: `[numbers]`": business.Route,
    "One business: `[[business]]`": business.Business,
    "Opening hours: `[business.hours]`": business.Week,
    "Holidays: `[business.holidays]`": business.Holidays,
    "A day of your own: `closed`": business.OwnHoliday,
    "How long things are kept: `[business.retention]`": business.Retention,
    "Staff and rooms: `[[business.staff]]` and `[[business.rooms]]`": business.Bookable,
    "Days away: `time_off`": business.TimeOff,
    "Services: `[[business.services]]`": business.Offered,
    "Menu: `[[business.menu]]`": business.Dish,
}
FILLED_IN_BY_THE_READER = {"notices", "kind"}
EMPTY: tuple[Any, ...] = (None, "", (), {}, business.Holidays())
SCALARS = {
    "key": '"example"',
    "name": '"Example"',
    "phone": '"+12025550100"',
    "zone": '"America/New_York"',
    "languages": '["en", "hi"]',
}
REQUIRED_TABLES = {"hours": 'monday = "9:00-18:00"', "retention": "transcripts_days = 30\ncalls_days = 365"}


def keys_of(part: type[Part]) -> dict[str, FieldInfo]:
    """The keys as they are written in the file."""
    fields = part.model_fields.items()
    return {field.alias or name: field for name, field in fields if name not in FILLED_IN_BY_THE_READER}


def read_by(field: FieldInfo, written: str) -> Any:
    """What the field makes of a value as it is written in TOML."""
    return TypeAdapter(field.rebuild_annotation()).validate_python(tomllib.loads(f"value = {written}")["value"])


def limit(field: FieldInfo, end: str) -> int | None:
    """The least (ge) or the most (le) that may be written."""
    return next((getattr(rule, end) for rule in field.metadata if hasattr(rule, end)), None)


def complete(fragment: str) -> str:
    """A fragment of the owner's file, with just so much around it that it can be read."""
    raw = tomllib.loads(fragment)
    if "[[business]]" in fragment:
        return fragment
    if "numbers" in raw:
        named = sorted({route["business"] for route in raw["numbers"].values()})
        return "\n".join([fragment, *(complete(f'key = "{key}"\n') for key in named)])
    there = {*raw, *raw.get("business", {})}
    head = "".join(f"{key} = {value}\n" for key, value in SCALARS.items() if key not in there)
    tail = "".join(f"[business.{key}]\n{lines}\n" for key, lines in REQUIRED_TABLES.items() if key not in there)
    return f"[[business]]\n{head}{fragment}\n{tail}"


def load_text(folder: Path, text: str, name: str = "business.toml") -> business.Switchboard:
    (folder / name).write_text(text, encoding="utf-8")
    return load(folder / name, EVERY_DESK)


def test_every_table_of_the_owners_file_is_explained() -> None:
    assert set(TABLES.values()) == set(Part.__subclasses__())


@pytest.mark.parametrize("heading", TABLES)
def test_just_the_keys_that_are_read_are_explained(heading: str) -> None:
    rows = table(sections(OWNERS_FILE)[heading], "Key")
    assert [code(row[0]) for row in rows] == list(keys_of(TABLES[heading]))


@pytest.mark.parametrize("heading", TABLES)
def test_the_defaults_are_those_of_the_code(heading: str) -> None:
    fields = keys_of(TABLES[heading])
    for key, _, told, *_ in table(sections(OWNERS_FILE)[heading], "Key"):
        field = fields[key.strip("`")]
        written = code(told)
        if told == "required" or field.is_required():
            assert (told, field.is_required()) == ("required", True), key
        else:
            assert (told == "none" and field.default in EMPTY) or (
                written and read_by(field, written) == field.default
            ), key


@pytest.mark.parametrize("heading", TABLES)
def test_each_example_of_a_key_is_read_and_its_limits_are_told(heading: str) -> None:
    fields = keys_of(TABLES[heading])
    for key, kind, _, example, _ in table(sections(OWNERS_FILE)[heading], "Key"):
        field = fields[key.strip("`")]
        if written := code(example):
            read_by(field, written)
        if field.annotation is int and (most := limit(field, "le")) is not None:
            assert f", {limit(field, 'ge')} to {most}" in kind, key


def test_every_desk_is_explained() -> None:
    rows = table(OWNERS_FILE, "Desk")
    assert {code(row[0]) for row in rows} == EVERY_DESK


@pytest.mark.parametrize("example", fences(OWNERS_FILE, "toml"))
def test_each_example_of_the_owners_file_is_read(example: str, tmp_path: Path) -> None:
    assert load_text(tmp_path, complete(example)).businesses


@pytest.mark.parametrize("row", table(OWNERS_FILE, "You write"), ids=lambda row: row[0].strip("`"))
def test_each_mistake_is_told_as_the_document_says(row: Sequence[str], tmp_path: Path) -> None:
    fragment, sentence = (code(cell) or "" for cell in row)
    with pytest.raises(BusinessFileError) as mistake:
        load_text(tmp_path, complete(fragment + "\n"))
    assert str(mistake.value).removeprefix(f"{tmp_path}/") == sentence


def test_the_json_form_is_read_and_what_is_assumed_is_told(tmp_path: Path) -> None:
    section = sections(OWNERS_FILE)["A `business_data.json` instead"]
    (example,) = fences(section, "json")
    board = load_text(tmp_path, example, "business_data.json")
    assert "\n".join(board.notices) == fences(section, "text")[0].strip()
    assert all(f'"{key}"' in example for key in JSON_KEYS)
    assert {"key", "numbers", "zone", "retention", "orders"} <= {code(row[0]) for row in table(section, "What")}


# The worked examples

CONTRIBUTING = read("CONTRIBUTING.md")


@dataclass(frozen=True)
class Block:
    """One block of code, and what its heading line says is done with it."""

    path: str
    how: str
    text: str


def blocks(section: str) -> list[Block]:
    found = re.findall(
        r"^`([\w./-]+)`, (new|appended|changed):\n\n```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL
    )
    return [Block(*one) for one in found]


def carry_out(tree: Path, block: Block) -> None:
    path = tree / block.path
    if block.how == "new":
        assert not path.exists(), f"{block.path} is there already"
        path.write_text(block.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if block.how == "appended":
        text += block.text
    for hunk in block.text.split("@@\n") if block.how == "changed" else []:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        assert text.count(before) == 1, f"{block.path} does not hold these lines once:\n{before}"
        text = text.replace(before, "".join(line[1:] for line in lines if line[0] != "-"))
    path.write_text(text, encoding="utf-8")


def run(tree: Path, *command: str) -> str:
    """Runs a Python module in the copy; what it wrote, once it ended well."""
    result = subprocess.run([sys.executable, "-m", *command], cwd=tree, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project, to be changed."""
    aside = shutil.ignore_patterns(".*", "__pycache__", "var", "node_modules", "firmware", "docs", "bench")
    return shutil.copytree(ROOT, tmp_path / "tree", ignore=aside)


def work_through(tree: Path, *headings: str) -> None:
    """Does what these sections say; the code must then be as tidy as the product's own."""
    todo = [block for heading in headings for block in blocks(sections(CONTRIBUTING)[heading])]
    for block in todo:
        carry_out(tree, block)
    python = sorted({block.path for block in todo if block.path.endswith(".py")})
    run(tree, "ruff", "check", *python)
    run(tree, "ruff", "format", "--check", *python)


def test_every_block_of_code_says_where_it_goes() -> None:
    assert len(blocks(CONTRIBUTING)) == len(fences(CONTRIBUTING, "(?:python|diff|markdown|toml)"))


@pytest.mark.parametrize(
    ("headings", "conversation"),
    [
        (["Add a tool"], "tests/test_call_back.py"),
        (["Add a tool", "Add a desk"], "tests/test_night.py"),
    ],
)
def test_a_worked_example_holds_its_conversation(tree: Path, headings: list[str], conversation: str) -> None:
    work_through(tree, *headings)
    told = run(tree, "pytest", "-q", conversation)
    assert re.search(r"\b\d+ passed in", told) and "skipped" not in told


def test_the_worked_example_of_a_migration_survives_with_data(tree: Path) -> None:
    newest = revisions()[-1]
    example, before = re.findall(r'revision = "(\d{4})"', sections(CONTRIBUTING)["Add a migration"])
    for block in blocks(sections(CONTRIBUTING)["Add a migration"]):
        path, text = (
            part.replace(example, f"{int(newest) + 1:04}").replace(before, newest) for part in (block.path, block.text)
        )
        carry_out(tree, Block(path, block.how, text))
    told = run(tree, "pytest", "-q", "tests/test_migrations.py", "-k", "sqlite")
    assert re.search(r"\b\d+ passed,", told) and "skipped" not in told


def test_every_part_in_the_picture_of_the_layout_exists() -> None:
    (picture,) = fences(sections(CONTRIBUTING)["The layout"], "text")
    named = re.findall(r"^(?:[├└]── )?([\w.]+/?) ", picture, re.MULTILINE)
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []


# All documents


def prose(document: Path) -> str:
    """Without blocks of code."""
    return re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", prose(document)):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.is_relative_to(ROOT) and target.exists(), link
        assert not anchor or anchor in anchors(target), link


OUTSIDE = re.compile(r"(?<![\w.:/>])(?:~/|/(?:bin|etc|home|lib|mnt|opt|root|run|srv|tmp|usr|var|work)\b)[\w./-]*")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_place_outside_the_project(document: Path) -> None:
    assert OUTSIDE.findall(document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("see ~/notes", True),
        ("`/tmp/x`", True),
        ("(/home/me/a.md)", True),
        ("db/var/x", False),
        ("https://example.com/home/x", False),
        ("and/or", False),
    ],
)
def test_the_check_of_places_tells_right_from_wrong(text: str, outside: bool) -> None:
    assert bool(OUTSIDE.search(text)) is outside
