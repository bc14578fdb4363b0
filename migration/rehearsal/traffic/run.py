"""One run of the generator: start the threads, wait for the end, let the pollers catch up, close the log."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from .client import Client
from .ending import Crew, Interrupt, reason_to_end
from .log import FsyncedLog
from .options import Options
from .pace import Pace, PaceUnreadable, read_rate
from .questions import Everything, LatestPage, Question, legacy_poll, overlap_poll
from .readers import Reader
from .tally import Tally
from .writers import Writer

TICK = 0.1  # seconds between two looks at the stop file, the pace file and the clock


@dataclass(frozen=True, slots=True)
class Ended:
    """Why the run ended, what it counted, and the errors that broke it (none in a good run)."""

    reason: str
    counts: dict[str, int]
    failures: list[BaseException]


class Run:
    """Holds the parts of one run; `to_the_end` is called once. Raises OSError if the log cannot be made."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.run_id = os.urandom(4).hex()
        self.log = FsyncedLog(options.log)
        self.tally = Tally()
        self.pace = Pace(rate=options.rate, most=options.posts)
        self.writers = Crew(size=options.writers)
        self.readers = Crew(size=2 * options.readers + 2)

    def to_the_end(self, interrupt: Interrupt) -> Ended:
        """Blocks until the run is over and its log on disk. Raises `LogFailed` if the disk refused."""
        self.log.commit(self._first_record())
        self._start_readers()
        self._start_writers()
        reason, failures = self._wait(interrupt)
        self._stop()
        counts = self.tally.as_dict()
        self.log.commit({"kind": "end", "reason": reason, **counts, "at": time.time()})
        self.log.close()
        failures = [*failures, *self.writers.failures(), *self.readers.failures()]
        return Ended(reason=reason, counts=counts, failures=failures)

    def _first_record(self) -> dict[str, object]:
        options = self.options
        return {
            "kind": "start",
            "run_id": self.run_id,
            "writers": options.writers,
            "readers": options.readers,
            "rate": options.rate,
            "seconds": options.seconds,
            "at": time.time(),
        }

    def _start_readers(self) -> None:
        options = self.options
        for number in range(options.readers):
            self._start_reader(f"legacy-{number}", legacy_poll(), every=options.poll_every)
            self._start_reader(f"v1-{number}", overlap_poll(), every=options.poll_every)
        self._start_reader("latest-0", LatestPage(), every=options.poll_every)
        self._start_reader("all-0", Everything(), every=options.all_every)

    def _start_reader(self, id: str, question: Question, *, every: float) -> None:
        client = self._client()
        reader = Reader(id=id, question=question, every=every, client=client, log=self.log, tally=self.tally)
        self.readers.start(reader.run)

    def _start_writers(self) -> None:
        for number in range(self.options.writers):
            writer = Writer(
                number=number,
                run_id=self.run_id,
                client=self._client(),
                log=self.log,
                pace=self.pace,
                tally=self.tally,
            )
            self.writers.start(writer.run)

    def _client(self) -> Client:
        return Client(address=self.options.address, timeout=self.options.timeout)

    def _wait(self, interrupt: Interrupt) -> tuple[str, list[BaseException]]:
        """Why the run is to end, and what broke it in this thread."""
        deadline = time.monotonic() + self.options.seconds
        while True:
            reason = reason_to_end(
                writers=self.writers,
                readers=self.readers,
                interrupt=interrupt,
                deadline=deadline,
                stop_file=self.options.stop_file,
            )
            if reason is not None:
                return reason, []
            try:
                self._follow_pace_file()
            except PaceUnreadable as error:
                return "the pace file is unreadable", [error]
            time.sleep(TICK)

    def _follow_pace_file(self) -> None:
        rate = read_rate(self.options.pace_file) if self.options.pace_file else None
        if rate is not None:
            self.pace.set_rate(rate)

    def _stop(self) -> None:
        self.writers.stop()
        # A comment acknowledged last must still have its chance to be shown, or nobody could have missed it.
        if not self.readers.failures():
            time.sleep(self.options.linger)
        self.readers.stop()
