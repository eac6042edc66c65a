"""Switchboard's command line, and the one place that chooses and connects the parts.

    python3 agent_worker.py --help

Commands that need no voice load none of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Awaitable, Callable, NamedTuple  # noqa: UP035 (read by an old Python first)

if TYPE_CHECKING:
    from agents.console import Mind
    from db.business import Business, Switchboard
    from db.engine import Store
    from settings import Settings

MISTAKE = 2
"""Exit code for a mistake in the settings, the owner's file, the key file or the command."""
NOTHING_FOUND = 1


class Parts(NamedTuple):
    """What a command works with."""

    settings: Settings
    board: Switchboard
    store: Store


class Mistake(Exception):
    """Something the person at the keyboard can mend; the message is for them."""


Command = Callable[[Parts, argparse.Namespace], Awaitable[int]]


async def with_parts(command: Command, options: argparse.Namespace) -> int:
    """Opens the store for one command and closes it after."""
    from db.catalogue import write_catalogue
    from db.engine import open_store

    settings, board = read_files()
    settings = as_asked(settings, options)
    set_up_logs(settings)
    store = await open_store(settings.database_url, settings.key_file, delay_ms=settings.db_delay_ms)
    try:
        await write_catalogue(store, board)
        return await command(Parts(settings, board, store), options)
    finally:
        await store.close()


def as_asked(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings, with what the command line says in their place."""
    changed = {}
    if getattr(options, "db", None) is not None:
        changed["database_url"] = options.db
    if options.command == "console" and "log_level" not in settings.model_fields_set:
        changed["log_level"] = "ERROR"  # the screen is the conversation's
    return settings.model_copy(update=changed)


def set_up_logs(settings: Settings) -> None:
    """Readable lines on standard error, without what libraries would tell of people."""
    import logging

    from db.log_privacy import keep_private

    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    keep_private()


def read_files() -> tuple[Settings, Switchboard]:
    """The settings and the owner's file, checked; what was assumed in it is said."""
    from agents import DESKS
    from db.business_file import load
    from settings import load_settings

    settings = load_settings()
    board = load(settings.business_file, DESKS)
    for notice in board.notices:
        tell(notice, to=sys.stderr)
    return settings, board


async def check(_options: argparse.Namespace) -> int:
    settings, board = read_files()
    if settings.weather_url is not None:
        check_weather(settings)
    for number, route in sorted(board.numbers.items()):
        tell(f"{number}  {route.desk:<13} {board.business(route.business).name}")
    tell(f"{settings.business_file} and the settings are in order.")
    return 0


def check_weather(settings: Settings) -> None:
    from tools.weather import WeatherError, WebWeather

    key = settings.weather_key
    try:
        WebWeather(settings.weather_url or "", None if key is None else key.get_secret_value())
    except WeatherError as error:
        raise Mistake(str(error)) from error


async def demo_data(parts: Parts, options: argparse.Namespace) -> int:
    from db.demo.making import make_demo, who_to_try

    made = await make_demo(
        parts.store, parts.board, utc_now(), seed=options.seed, customers=parts.settings.demo_customers
    )
    tell(f"Demo data made for {', '.join(made)}." if made else "The demo data is there already; nothing was changed.")
    tell("\n".join(["", *who_to_try(parts.board)]))
    return 0


async def calls(parts: Parts, options: argparse.Namespace) -> int:
    from agents.call_report import call_lines, list_lines
    from db.call_log import list_calls, read_call

    if options.id is None:
        lines = list_lines(await list_calls(parts.store, limit=options.limit, show=options.show))
    else:
        one = await read_call(parts.store, options.id, show=options.show)
        if one is None:
            raise Mistake(f"There is no call {options.id}; `calls` lists them.")
        lines = call_lines(one)
    tell("\n".join(lines))
    return 0


async def purge(parts: Parts, _options: argparse.Namespace) -> int:
    from db.forgetting import purge as purge_store

    counts = await purge_store(parts.store, parts.board, utc_now())
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    tell(f"Purged: {told}." if told else "Nothing was old enough to be purged.")
    return 0


async def forget(parts: Parts, options: argparse.Namespace) -> int:
    from db.forgetting import forget as forget_caller

    business = chosen_business(parts.board, options.business)
    if await forget_caller(parts.store, business, options.caller, utc_now()):
        tell("Everything held about this caller was erased.")
        return 0
    tell("Nothing is held about this caller.")
    return NOTHING_FOUND


async def export(parts: Parts, options: argparse.Namespace) -> int:
    from db.forgetting import export as export_caller

    held = await export_caller(parts.store, chosen_business(parts.board, options.business), options.caller)
    if not held:
        tell("Nothing is held about this caller.", to=sys.stderr)
        return NOTHING_FOUND
    tell(json.dumps(held, ensure_ascii=False, indent=2, default=str))
    return 0


def chosen_business(board: Switchboard, key: str | None) -> Business:
    """The business that was named, or the only one."""
    keys = [one.key for one in board.businesses]
    if key is None and len(keys) > 1:
        raise Mistake(f"--business is needed: one of {', '.join(keys)}.")
    if key is not None and key not in keys:
        raise Mistake(f"There is no business «{key}»; there are {', '.join(keys)}.")
    return board.business(key or keys[0])


async def hooks(parts: Parts, _options: argparse.Namespace) -> int:
    """Goes on until it is stopped."""
    import random

    from web.hooks import Sender

    if parts.settings.webhook_secret is None:
        raise Mistake("WEBHOOK_SECRET is not set: web-hooks are signed with it.")
    tell("Sending the web-hooks that are owed; stop with Ctrl-C.")
    await Sender(parts.store, parts.board, parts.settings.webhook_secret, utc_now, random.Random()).run()
    return 0


async def rotate_key(parts: Parts, _options: argparse.Namespace) -> int:
    from db.rekey import rotate

    count = await rotate(parts.store, parts.settings.key_file, utc_now())
    tell(f"A new key seals the store now; {count} values were sealed again. Keep a copy of {parts.settings.key_file}.")
    return 0


async def console(options: argparse.Namespace) -> int:
    if not options.text:
        raise Mistake("The spoken console is not here yet: use `console --text` and type.")
    import gc
    from importlib import import_module

    # imports make many objects and no garbage: looking for it would take a quarter of the start
    gc.disable()
    for name in ("agents.console", "speech.brain", "speech.model"):
        import_module(name)
    gc.freeze()
    gc.enable()
    return await with_parts(typed_console, options)


async def typed_console(parts: Parts, options: argparse.Namespace) -> int:
    from agents.console import Wish, typed_call
    from agents.incoming import NotPossible

    mind = choose_mind(parts.settings)
    wish = Wish(options.desk or parts.settings.agent_name, options.caller, options.now, options.json)
    try:
        await typed_call(*parts, wish, mind, utc_now)
    except NotPossible as error:
        raise Mistake(str(error)) from error
    finally:
        await mind.model.aclose()
    return 0


def choose_mind(settings: Settings) -> Mind:
    """The model that was set, with the embedded engine behind it. Only a real model writes summaries."""
    from agents import DIALOGUES
    from agents.console import Mind
    from speech.brain import Brain
    from speech.brain.dialogue import read_dialogues
    from speech.model import configured_model, describe_model, make_model

    model = make_model(settings, Brain(read_dialogues(DIALOGUES)))
    return Mind(describe_model(settings), model, settings.max_tool_rounds, configured_model(settings))


async def understand(options: argparse.Namespace) -> int:
    from speech.understand import BadOption, run

    try:
        return run(options.now, options.zone, options.open, options.locale, options.language)
    except BadOption as error:
        raise Mistake(str(error)) from error


def utc_now() -> datetime:
    """The clock: everything else is given one."""
    return datetime.now(timezone.utc)  # noqa: UP017 (an old Python reads this file first)


def tell(text: str, to: Any = None) -> None:
    (to or sys.stdout).write(text + "\n")


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="agent_worker.py", description="Voice agents that answer phones and browsers.")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=lambda options: with_parts(run, options))
        return made

    only_files = commands.add_parser("check", help="read the settings and the owner's file, and say what is wrong")
    only_files.set_defaults(run=check)
    talk = commands.add_parser("console", help="talk to a desk by typing, at a terminal or from a pipe")
    talk.set_defaults(run=console)
    talk.add_argument("--text", action="store_true", help="by typing")
    talk.add_argument("--desk", help="kavita, receptionist, airline, care or storyteller (default: AGENT_NAME)")
    talk.add_argument("--db", metavar="URL", help="another store than DATABASE_URL; a new one is filled with the demo")
    talk.add_argument("--now", metavar="ISO", help="the clock stands still at this time, and chance repeats itself")
    talk.add_argument("--caller", metavar="NUMBER", help="the number you call from, such as +12025550101")
    talk.add_argument("--json", action="store_true", help="print the events of the call, one JSON line each")
    add("demo-data", demo_data, "fill the store with the demo's people, orders and flights").add_argument(
        "--seed", type=int, default=1, help="the same number makes the same data (default 1)"
    )
    reads = commands.add_parser("understand", help="read one utterance a line, print the date and time in it as JSON")
    reads.set_defaults(run=understand)
    reads.add_argument("--now", required=True, metavar="ISO", help="the moment of speaking, such as 2026-03-02T09:00")
    reads.add_argument("--zone", help="its time zone, such as Asia/Kolkata")
    reads.add_argument("--open", metavar="HH:MM-HH:MM", help="the opening hours, by which «at three» is settled")
    reads.add_argument("--locale", default="en-US", help="for numeric dates: en-US (default), en-GB, en-IN, hi-IN")
    reads.add_argument("--language", default="en", help="en (default) or hi; Hindi may have English in it")
    listed = add("calls", calls, "list the calls, or show one with its turns and tools; personal data is masked")
    listed.add_argument("id", nargs="?", help="the call to show")
    listed.add_argument("--show", action="store_true", help="with personal data")
    listed.add_argument("--limit", type=int, default=20, help="how many to list (default 20)")
    add("purge", purge, "delete what is older than the owner's file allows")
    for name, run, about in (
        ("forget", forget, "erase everything held about a caller"),
        ("export", export, "print everything held about a caller, as JSON"),
    ):
        one = add(name, run, about)
        one.add_argument("caller", help="a phone number, or a customer's id")
        one.add_argument("--business", help="the business's key, where there are several")
    add("hooks", hooks, "send the web-hooks that are owed, until it is stopped")
    add("rotate-key", rotate_key, "seal everything with a new key; stop the workers first")
    return main


def run(arguments: list[str]) -> int:
    """Runs one command; what its user can mend is one sentence and exit code 2."""
    from db.business import BusinessFileError
    from db.errors import StartError, StoreError
    from settings import SettingsError

    options = parser().parse_args(arguments)
    try:
        code: int = asyncio.run(options.run(options))
        return code
    except (Mistake, SettingsError, BusinessFileError, StartError) as mistake:
        tell(str(mistake), to=sys.stderr)
    except StoreError as error:
        tell(error.sentence, to=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return MISTAKE


if __name__ == "__main__":
    import bootstrap

    bootstrap.ensure(sys.argv)
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.exit(run(sys.argv[1:]))
