"""Argument types of commands; each names the bad value, and what would be a good one."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from math import inf, nan
from typing import Any

from migration.people.actors import shell_actor
from migration.people.roles import Actor

LONGEST_NAME = 150
"""Characters of a person's name, as Django's own users have."""


def percent(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 100:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to 100")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not 0 <= value < inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def words(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("say why: the audit keeps it")
    return text


def number(text: str) -> int:
    """Of a row."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ArgumentTypeError(f"{text!r} is not the number of a transition: `manage.py route status` shows them")
    return int(text)


def epoch(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ArgumentTypeError(f"{text!r} is not an epoch: the refusal of a process names it")
    return int(text)


def person(text: str) -> str:
    if len(text.strip()) > LONGEST_NAME:
        raise ArgumentTypeError(f"a name of {len(text.strip())} characters is longer than {LONGEST_NAME}")
    return text.strip()


def add_reason(parser: ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--reason", type=words, required=required, help="kept in the audit")
    parser.add_argument("--actor", type=person, default="", help="who asks (default: the login name)")


def add_wait(parser: ArgumentParser) -> None:
    parser.add_argument("--wait", type=seconds, metavar="SECONDS", help="how long to wait for every process to confirm")


def actor_of(options: dict[str, Any]) -> Actor:
    return shell_actor(options["actor"].strip() or getpass.getuser())
