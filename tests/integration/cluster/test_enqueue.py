"""Plan and jobs are one transaction."""

from __future__ import annotations

from digest.storage.postgres.database import open_postgres
from tests.support.clustered import cluster
from tests.support.newsroom import counting_server

#: More jobs than go to the server in one statement.
READERS = 620


def test_a_plan_whose_jobs_cannot_be_made_is_no_plan(tmp_path):
    """Neither rows nor jobs nor a frozen edition; the next run plans all of it."""
    with counting_server() as server, cluster(tmp_path, server, READERS) as it:
        it.planner.configure(delivery={"batch_size": 1})
        open_postgres(it.url, create=True, state=it.planner.state).close()
        it.ask(
            "ALTER TABLE procrastinate_jobs ADD CONSTRAINT few"
            " CHECK ((args ->> 'batch')::int < %s)" % (READERS - 10)
        )
        done = it.planner.run("run", "--enqueue")
        assert (done.code, len(done.lines)) == (1, 1)
        # The week's edition, which is due on some days, has no readers here.
        planned = (
            "SELECT (SELECT count(*) FROM campaign WHERE strpos(edition, 'W') = 0),"
            " (SELECT count(*) FROM delivery)"
        )
        assert it.ask(planned) == [(0, 0)]
        assert it.jobs() == {}
        it.ask("ALTER TABLE procrastinate_jobs DROP CONSTRAINT few")
        it.plan()
        assert it.ask(planned) == [(1, READERS)]
        assert it.jobs() == dict.fromkeys(range(1, READERS + 1), "todo")
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL"
        assert it.ask(waiting) == 0, "what is due waits for no clock, which may be set back"
