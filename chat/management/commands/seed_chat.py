"""`manage.py seed_chat`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from chat.codec.timetext import US_PER_SECOND
from chat.conf import env
from chat.management.base import REFUSED, USAGE, ChatCommand
from chat.management.engines import dynamodb_client
from chat.management.progress import Progress
from chat.seeding.awkward import awkward_items
from chat.seeding.comments import Seed
from chat.seeding.sowing import sow
from chat.seeding.writing import is_empty

# The seconds of all comments then have ten digits.
_EARLIEST = datetime(2002, 1, 1, tzinfo=UTC)


class Command(ChatCommand):
    help = "Fill the DynamoDB table with a chat like a real one, the same for the same seed."
    example = "manage.py seed_chat --comments 20000 --rooms 50 --users 200 --seed 1 --awkward"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        numbers = (
            ("--comments", 20_000, "ordinary comments, at least a tenth of them in the room `chat`"),
            ("--rooms", 50, "rooms, at most half as many as comments"),
            ("--users", 200, "names to write under"),
        )
        for option, default, meaning in numbers:
            parser.add_argument(option, type=_positive, default=default, help=f"{meaning} ({default})")
        parser.add_argument("--seed", type=int, default=1, help="the same one makes the same comments (1)")
        parser.add_argument(
            "--until",
            type=_moment,
            help="end of the 30 days the comments lie in, ISO 8601 (the last midnight, UTC)",
        )
        parser.add_argument("--awkward", action="store_true", help="also items as only real tables hold them")
        parser.add_argument("--append", action="store_true", help="also into a table that holds items")

    def perform(self, **options: Any) -> None:
        seed = _seed(options)
        table = env().dynamodb_table
        client = dynamodb_client()
        if not options["append"] and not is_empty(client, table):
            raise CommandError(_not_empty(table), returncode=REFUSED)
        awkward = tuple(awkward_items(seed)) if options["awkward"] else ()
        with Progress(total=seed.comments + len(awkward), what="items", stream=sys.stderr) as progress:
            sown = sow(client, table=table, seed=seed, awkward=awkward, wrote=progress.advance)
        until = datetime.fromtimestamp(seed.until_us // US_PER_SECOND, UTC).isoformat()
        data = {"table": table, "seed": seed.number, "until": until, **asdict(sown)}
        self.emit(data, _report(data), as_json=options["as_json"])


def _seed(options: dict[str, Any]) -> Seed:
    if options["comments"] < 2 * options["rooms"]:
        few = f"--comments {options['comments']} is too few for --rooms {options['rooms']}"
        raise CommandError(f"{few}: give at least {2 * options['rooms']}", returncode=USAGE)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until = options["until"] or midnight
    return Seed(
        number=options["seed"],
        comments=options["comments"],
        rooms=options["rooms"],
        users=options["users"],
        until_us=int(until.timestamp()) * US_PER_SECOND,
    )


def _not_empty(table: str) -> str:
    return (
        f"the table {table} holds items already. Give --append to add to them (items of the same seed, "
        "numbers and --until replace each other), or set DYNAMODB_TABLE to an empty table."
    )


def _report(data: dict[str, Any]) -> str:
    lines = [
        f"{data['written']:,} items written to the DynamoDB table {data['table']}: {data['rooms']} rooms, "
        f"{data['in_chat']:,} comments in room chat, 30 days until {data['until']}, seed {data['seed']}."
    ]
    if data["awkward"]:
        lines += ["Awkward among them:", *(f"  {code:<24} {n:>4}" for code, n in data["awkward"].items())]
    return "\n".join(lines)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _moment(text: str) -> datetime:
    """ISO 8601, UTC unless it says otherwise. Comments in the future would be quarantined."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a moment like 2026-01-31T00:00:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= moment <= datetime.now(UTC):
        raise ArgumentTypeError(f"{text} is not between {_EARLIEST:%Y-%m-%d} and now")
    return moment
