"""A PostgreSQL server of the tests' own: `python -m tests.postgres COMMAND ...` runs a command beside one.

The command finds its address in DATABASE_URL. Nothing the server keeps outlives it.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from devstack.ports import find_free

HOST = "127.0.0.1"
FIRST_PORT = 5433
USER = "postgres"
START_SECONDS = 30.0
MISSING = "There is no PostgreSQL server. Type: apt-get install postgresql"
SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "64MB",
    # A power loss may take everything: it is all made up.
    "fsync": "off",
    "full_page_writes": "off",
}


def find_programs() -> Path:
    """Debian keeps them out of the PATH, a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SystemExit(MISSING)
    return found[-1].parent


@contextmanager
def server() -> Iterator[str]:
    """The URL of its one database."""
    programs, port = find_programs(), find_free(FIRST_PORT)
    # The server refuses to be root, and the user it then is may not be allowed into our folders: only into /tmp.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        user = _prepare(programs, Path(folder))
        words = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", f"{folder}/data", "-p", str(port), "-k", folder, *words]
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, user=user, start_new_session=True, cwd="/")
        try:
            url = f"postgres://{USER}@{HOST}:{port}/postgres"
            _wait(process, url, Path(folder, "log"))
            yield url
        finally:
            # INT is the fast end: sessions are thrown out.
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _prepare(programs: Path, folder: Path) -> str | None:
    """The user the server has to run as; none if it may run as who we are."""
    user = USER if os.getuid() == 0 else None
    if user:
        os.chown(folder, *_ids(user))
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8"]
    made = subprocess.run(
        [*command, "--no-locale", "--no-sync"], user=user, cwd="/", capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SystemExit(f"initdb failed:\n{made.stdout}{made.stderr}")
    return user


def _ids(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.1)
        else:
            return


def main(command: Sequence[str]) -> int:
    # As Ctrl-C: the server is ended on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
