"""Ticks of the background: due timers, deliveries, expired leases, what may be forgotten.

APScheduler calls them from memory; what is due stands in the tables, so a tick that is missed, or
that two processes run at once, changes nothing but the delay.
"""

from collections.abc import Callable

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from engine.access import sessions
from engine.access.settings import site_settings
from engine.collection import gateways
from engine.collection.readings import packing
from engine.kernel.clock import to_ms
from engine.kernel.errors import RoutecardError
from engine.kernel.log import log
from engine.kernel.store import Store, idempotency
from engine.performance.downtimes import looking
from engine.records import files
from engine.records.folder import Folder
from engine.workflow.work import jobs, messages, timers
from engine.workflow.work.dry_runs import commands as dry_runs
from engine.workflow.work.events import relay
from engine.workflow.work.overview import passages
from engine.workflow.work.recording import drafts
from engine.workflow.work.versions import plans

TIMER_SECONDS = 0.5
RELAY_SECONDS = 0.5
LEASE_SECONDS = 2.0
CLEANING_SECONDS = 60.0
SWEEPING_SECONDS = 3600.0
COUNTING_SECONDS = 30.0
DOWNTIME_SECONDS = 3.0
SILENCE_SECONDS = 2.0
PACKING_SECONDS = 5.0
# All ticks share one thread: packing lets timers pass after so many transactions of 50 ms.
PACKING_SLICES = 4
# Instances counted in one transaction, which others wait for; how long ends are looked at again.
COUNTED_SLICE = 10
COUNTED_AGAIN_MS = 3_600_000
MAX_SLICES = 500


class Background:
    """The ticks of one process."""

    def __init__(
        self, store: Store, folder: Folder | None = None, readings: Store | None = None
    ) -> None:
        self.store, self.folder, self.readings = store, folder, readings or store
        self._counted = 0  # since then ends are looked at; all of them once after a start
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for seconds, tick in (
            (TIMER_SECONDS, self.fire_timers),
            (RELAY_SECONDS, self.relay),
            (LEASE_SECONDS, self.free_leases),
            (CLEANING_SECONDS, self.clean),
            (SWEEPING_SECONDS, self.sweep_files),
            (COUNTING_SECONDS, self.count_passages),
            (DOWNTIME_SECONDS, self.look_for_downtimes),
            (SILENCE_SECONDS, self.notice_silence),
            (PACKING_SECONDS, self.pack_readings),
        ):
            self._scheduler.add_job(self._guarded(tick), "interval", seconds=seconds)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the tick that runs, and tick no more."""
        self._scheduler.shutdown(wait=True)

    def fire_timers(self) -> int:
        """Fire everything that is due; the number fired."""
        return self._in_slices(timers.fire_due, timers.next_due)

    def relay(self) -> int:
        """Deliver what was thrown and not delivered at once; the number of steps taken."""
        return relay.carry_on(self.store)

    def free_leases(self) -> int:
        """Open jobs whose lease ran out; the number met."""
        return self._in_slices(jobs.free_expired, jobs.next_expiry)

    def clean(self) -> int:
        """Forget what is too old or was for something that is over; the number forgotten."""
        forgotten = self._in_slices(idempotency.forget, idempotency.oldest)
        forgotten += self._in_slices(messages.drop_expired, messages.next_expiry)
        forgotten += self._in_slices(sessions.forget, sessions.oldest)
        forgotten += self._in_slices(drafts.drop_stale, drafts.stale)
        return forgotten + self._in_slices(dry_runs.drop_old, dry_runs.old)

    def look_for_downtimes(self) -> int:
        """Open downtimes of units that stand too long, end those that run; the units looked at."""
        return self._in_slices(looking.look, looking.anything)

    def count_passages(self) -> int:
        """Count what passed where, for the flow of work; the number of instances looked at."""
        now, total = to_ms(self.store.clock.now()), 0
        for _ in range(MAX_SLICES):
            behind = plans.read(self.store, passages.behind, since=self._counted)
            if not behind:
                self._counted = now - COUNTED_AGAIN_MS
                break
            for first in range(0, len(behind), COUNTED_SLICE):
                part = behind[first : first + COUNTED_SLICE]
                total += plans.run(self.store, passages.count, instances=part)
        return total

    def notice_silence(self) -> int:
        """Let the units of gateways that say nothing stand as unknown; the number of gateways."""
        return self._in_slices(gateways.notice_silence, gateways.any_silent)

    def pack_readings(self) -> int:
        """Pack the hours that are over, and drop what is too old; the chunks met."""
        total = 0
        for _ in range(PACKING_SLICES):
            if not self.readings.read(packing.any_to_pack):
                break
            total += self.readings.run(packing.pack_hours)
        for site in self.readings.read(packing.sites):
            decided = self.store.read(site_settings, site=site)
            days = packing.Retention(decided.reading_value_days, decided.reading_hour_days)
            total += self.readings.run(packing.forget, site=site, retention=days)
        return total

    def sweep_files(self) -> int:
        """Remove contents on the disk that no file names; the number removed."""
        if self.folder is None:
            return 0
        return self.folder.sweep(lambda digest: self.store.read(files.is_named, digest=digest))

    def _in_slices(self, command: Callable[..., int], anything: Callable[..., bool]) -> int:
        """Run a command as long as a look without the writer says that there is work for it."""
        total = 0
        for _ in range(MAX_SLICES):
            if not self.store.read(anything):
                break
            done = relay.run(self.store, command)
            if not done:
                break
            total += done
        return total

    def _guarded(self, tick: Callable[[], int]) -> Callable[[], None]:
        def run() -> None:
            try:
                tick()
            except RoutecardError as refusal:
                log.warning("tick_refused", tick=tick.__name__, detail=refusal.detail)
            except Exception:  # a tick that fails must not end the ticking
                log.exception("tick_failed", tick=tick.__name__)

        return run
