"""What every command shares: `--json`, an example in `--help`, and exit codes an outer script can rely on.

Exit codes (contract): 0 done, 1 refused or differences found, 2 usage, 3 an engine cannot be reached, 4 still waiting.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, OperationalError, ProgrammingError

from chat.conf import env
from chat.data import StoreId
from chat.exceptions import ChatError, StoreUnavailable

REFUSED = 1
USAGE = 2
UNREACHABLE = 3
WAITING = 4


class ChatCommand(BaseCommand):
    """Write `perform` instead of `handle`, and set `example`. `--help` needs no engine and no database."""

    requires_system_checks: list[str] = []
    example = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault("epilog", f"example:\n  {self.example}")
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_json(parser)

    def perform(self, **options: Any) -> None:
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.perform(**options)
        except StoreUnavailable as error:
            raise CommandError(unreachable(error), returncode=UNREACHABLE) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(no_database(error), returncode=UNREACHABLE) from error
        except (ChatError, Error) as error:
            raise CommandError(str(error), returncode=REFUSED) from error

    def emit(self, data: dict[str, Any], text: str, *, as_json: bool) -> None:
        """One answer in either form."""
        self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) if as_json else text)


def add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document, for scripts")


def unreachable(error: StoreUnavailable) -> str:
    """Which engine, where, and what to do."""
    if error.store == StoreId.DYNAMODB:
        where = env().dynamodb_endpoint_url or f"AWS, region {env().aws_region}"
        setting = "DYNAMODB_ENDPOINT_URL"
    else:
        where = f"{','.join(env().scylla_contact_points)} port {env().scylla_port}"
        setting = "SCYLLA_CONTACT_POINTS and SCYLLA_PORT"
    return (
        f"{error}\n{error.store} cannot be reached at {where} (from {setting}).\n"
        'Start local engines (`python -m devstack up`, `eval "$(python -m devstack env)"`), or correct the setting.'
    )


def no_database(error: Exception) -> str:
    return (
        f"the control database ({_without_password(env().control_database_url)}) does not answer as it should: "
        f"{error}\n"
        "Run `python manage.py migrate`, or correct DATABASE_URL."
    )


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
