"""What a real PostgreSQL does to whoever uses it, and what is said of it: who is not let in, what may not be done, what is broken
off, a standby, a failover that loses commits. Whatever is cut off in between, what is committed is whole."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from rtj.base.errors import InputError, OutputError, RtjError, UsageError
from rtj.store.opening import OpenStore, open_store
from tests.servers.cutting import cutting
from tests.servers.pgbouncer import running_pgbouncer
from tests.servers.postgres import Postgres
from tests.store.samples import NOW, batch, holder, leased
from tests.store.test_faults import whole


def ask(postgres: Postgres, *statements: str) -> None:
    """As the owner of the server."""
    import psycopg

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def as_user(postgres: Postgres, user: str, *, database: str = "postgres", password: str = "") -> str:
    return f"postgresql://{user}{f':{password}' if password else ''}@/{database}?host={postgres.data.parent}"


@contextmanager
def guarded(postgres: Postgres) -> Iterator[None]:
    """One user has to know a password."""
    rules = postgres.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all guarded scram-sha-256\n" + before)
    ask(postgres, "SELECT pg_reload_conf()")
    try:
        yield
    finally:
        rules.write_text(before)
        ask(postgres, "SELECT pg_reload_conf()")


def test_who_is_not_let_in_is_told_why(postgres: Postgres) -> None:
    ask(postgres, "CREATE ROLE guarded LOGIN PASSWORD 'right'", "CREATE ROLE poor LOGIN")
    with guarded(postgres):
        for password in ("", "wrong"):
            with pytest.raises(InputError, match=r"does not let us in .*password") as told:
                open_store(as_user(postgres, "guarded", password=password), "words")
            assert "wrong" not in str(told.value)
    with pytest.raises(InputError, match=r'there is no such database .*"nowhere".*createdb'):
        open_store(as_user(postgres, "poor", database="nowhere"), "words")
    with pytest.raises(InputError, match=r"there is no such user .*createuser"):
        open_store(as_user(postgres, "nobody_such"), "words")
    with pytest.raises(
        OutputError, match=r'the user poor may not make the schema: .*CREATE SCHEMA "rtj_words" AUTHORIZATION "poor"'
    ):
        open_store(as_user(postgres, "poor"), "words")
    open_store(postgres.url, "words").close()
    for reading in (True, False):
        with pytest.raises(OutputError, match="the user poor may not use the schema: GRANT USAGE"):
            open_store(as_user(postgres, "poor"), "words", reading=reading)
    ask(postgres, "GRANT USAGE ON SCHEMA rtj_words TO poor")
    with pytest.raises(OutputError, match=r"may not do that .*permission denied"):
        open_store(as_user(postgres, "poor"), "words")
    ask(postgres, "GRANT SELECT ON ALL TABLES IN SCHEMA rtj_words TO poor")
    reader = open_store(as_user(postgres, "poor"), "words", reading=True)
    assert reader.clock() is None
    reader.close()


def test_who_begins_while_the_server_is_away_for_a_moment_waits_for_it(postgres: Postgres) -> None:
    with cutting(postgres.socket) as link:
        link.refuse()
        mending = threading.Timer(0.4, link.mend)
        mending.start()
        with closing(open_store(Postgres.url_by(link.host, link.port), "moment")) as store:
            assert store.commits() == 0
        mending.join()


def test_a_schema_that_was_made_for_somebody_is_enough(postgres: Postgres) -> None:
    ask(postgres, "CREATE ROLE modest LOGIN", "CREATE SCHEMA rtj_given AUTHORIZATION modest")
    store = open_store(as_user(postgres, "modest"), "given")
    epoch = leased(store)
    store.commit(batch(0), epoch)
    whole(store, 0)
    store.close()


def test_what_takes_too_long_is_broken_off_and_may_be_tried_again(postgres: Postgres) -> None:
    import psycopg

    store = open_store(postgres.url, "slow")
    assert isinstance(store, OpenStore)
    epoch = leased(store)
    store.commit(batch(0), epoch)
    with psycopg.connect(postgres.url) as other:
        other.execute("LOCK TABLE rtj_slow.profiles")
        for setting, words in (("statement_timeout", "the server broke it off"), ("lock_timeout", "kept the store busy")):
            store._database.run(f"SET {setting} = 50")
            with pytest.raises(OutputError, match=words):
                store.commit(batch(1), epoch)
            store._database.run(f"SET {setting} = 0")
        other.rollback()
    whole(store, 0)
    store.commit(batch(1), epoch)
    whole(store, 1)
    store.close()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_without_sessions_is_refused(postgres: Postgres, mode: str) -> None:
    open_store(postgres.url, "pooled").close()
    with running_pgbouncer(postgres, mode) as url:
        for reading in (False, True):
            with pytest.raises(UsageError, match=r"no session of its own .*pool_mode=session"):
                open_store(url, "pooled", reading=reading)


def test_a_pooler_with_sessions_is_as_the_server(postgres: Postgres) -> None:
    with running_pgbouncer(postgres, "session") as url:
        store, other = open_store(url, "pooled well"), open_store(url, "pooled beside")
        epoch = leased(store)
        for number in range(5):
            store.commit(batch(number), epoch)
        whole(store, 4)
        assert other.clock() is None
        reader = open_store(url, "pooled well", reading=True)
        assert reader.clock() == 4
        for one in (store, other, reader):
            one.close()


def test_more_than_a_connection_takes_at_once_goes_over(postgres: Postgres) -> None:
    store = open_store(postgres.url, "large")
    epoch = leased(store)
    more = batch(0)
    more.leftovers["large"] = bytes(8_000_000)
    store.commit(more, epoch)
    assert dict(store.leftovers("large")) == {"large": bytes(8_000_000)} and store.clock() == 0
    store.close()


def killing(postgres: Postgres, seed: int, ended: threading.Event, *, apart: float) -> None:
    """End connections of stores again and again."""
    import psycopg

    seeded = random.Random(seed)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        while not ended.is_set():
            time.sleep(seeded.random() * apart)
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rtj'")


def cut_off_at_random(postgres: Postgres, environment: str, commits: int) -> None:
    store = open_store(postgres.url, environment)
    epoch = leased(store)
    ended = threading.Event()
    killer = threading.Thread(target=killing, args=(postgres, 7, ended), kwargs={"apart": 0.05})
    killer.start()
    try:
        for number in range(commits):
            for _ in range(100):
                try:
                    store.commit(batch(number), epoch)
                    break
                except OutputError:  # as whoever runs does
                    continue
            assert set(store.bodies(range(5)).values()) == {b"batch %d" % number}
            with suppress(OutputError):
                store.beat(epoch, NOW + number)
    finally:
        ended.set()
        killer.join()
    whole(store, commits - 1)
    assert store.commits() == commits, "each counts once"
    store.close()


def test_connections_cut_at_random_lose_and_repeat_nothing(postgres: Postgres) -> None:
    cut_off_at_random(postgres, "random cuts", 20)


@pytest.mark.long
def test_the_same_of_more(postgres: Postgres) -> None:
    cut_off_at_random(postgres, "more cuts", 150)


@pytest.mark.long
def test_a_standby_is_read_and_not_written_and_a_failover_that_loses_commits_is_seen(postgres: Postgres) -> None:
    """The standby stops to follow before the last commit: whoever runs must not go on with people whom the new primary does not
    know so, be it that they only read."""
    with postgres.standby() as standby:
        both = f"postgresql://rtj@/postgres?host={standby.data.parent},{postgres.data.parent}"
        run = open_store(both, "failing over")
        epoch = leased(run)
        run.commit(batch(0), epoch)
        until(lambda: answers(standby) == 0)
        with pytest.raises(OutputError, match="this server is a standby, which cannot be written"):
            open_store(standby.url, "failing over")
        ask(standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        until(lambda: not followers(postgres))
        run.commit(batch(1), epoch)
        postgres.stop()
        try:
            standby.control("promote")
            for work in (lambda: run.bodies([1]), lambda: run.commit(batch(2), epoch), lambda: run.beat(epoch, NOW)):
                with pytest.raises(InputError, match=r"1 commits in the place of 2, as after a failover .*start the run anew"):
                    work()
            run.close()
            after = open_store(both, "failing over")
            epoch = after.take_lease(holder("lease-2", beat_ms=NOW + 60_000), 1_000)
            after.commit(batch(1), epoch)
            whole(after, 1)
            after.close()
        finally:
            postgres.start()


def answers(standby: Postgres) -> int | None:
    """The clock of the store, as a standby knows it by now."""
    with suppress(RtjError), closing(open_store(standby.url, "failing over", reading=True)) as reader, reader.still():
        return reader.clock()
    return None


def followers(postgres: Postgres) -> int:
    import psycopg

    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_replication").fetchone()
    return int(row[0]) if row else 0


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another does."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
