import os
import signal
import stat
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from portal.embedded import places, postgres, run, servers, valkey
from portal.embedded.processes import Tree


@pytest.fixture
def tree(folder):
    tree = Tree(folder / "processes.json")
    yield tree
    tree.stop()


def start(tree, folder):
    said = []
    return postgres.start(
        tree, folder / "postgres", database="accord", durable=False, say=said.append
    )


def test_postgres_18_keeps_its_data_over_a_stop(tree, folder):
    with psycopg.connect(start(tree, folder)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    tree.stop()

    with psycopg.connect(start(tree, folder)) as connection:
        assert connection.info.server_version // 10_000 == 18
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgres_starts_again_after_it_was_killed(tree, folder):
    """Its pid file then names a process that lives: after a restart of a container, likely."""
    start(tree, folder)
    tree.children[0].popen.send_signal(signal.SIGKILL)
    tree.children[0].popen.wait(10)
    tree.stop()
    pid_file = folder / "postgres/data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]))

    with psycopg.connect(start(tree, folder)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_whose_making_was_interrupted_is_made_anew(tree, folder):
    (folder / "postgres/data.new").mkdir(parents=True)
    (folder / "postgres/data.new/PG_VERSION").write_text("18")

    with psycopg.connect(start(tree, folder)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_of_another_postgres_are_refused_with_the_way_out(tree, folder):
    (folder / "postgres/data").mkdir(parents=True)
    (folder / "postgres/data/PG_VERSION").write_text("17\n")

    with pytest.raises(places.Refused, match="Run `make demo-clean`"):
        start(tree, folder)


def test_the_servers_listen_on_private_sockets_only(tree, folder):
    database = urlsplit(start(tree, folder))
    broker = valkey.start(tree, folder / "valkey")

    sockets = parse_qs(database.query)["host"][0]
    assert stat.S_IMODE(os.stat(sockets).st_mode) == 0o700
    assert database.port is None
    assert stat.S_IMODE(os.stat(urlsplit(broker).path).st_mode) == 0o700
    assert redis.Redis(unix_socket_path=urlsplit(broker).path).config_get("port") == {"port": "0"}


def test_servers_that_the_environment_names_are_used_as_they_are(tree, folder, monkeypatch):
    database = start(tree, folder)
    broker = valkey.start(tree, folder / "valkey")
    running = len(tree.children)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("BROKER_URL", broker)

    assert servers.start_database(tree, folder, durable=True, say=print) == database
    assert servers.start_broker(tree, folder) == broker
    assert len(tree.children) == running


def test_a_named_database_that_does_not_answer_is_refused_with_cures():
    with pytest.raises(places.Refused, match="correct DATABASE_URL, or unset it"):
        servers.check_database("postgresql://nobody@127.0.0.1:1/nothing")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_a_named_broker_that_does_not_answer_is_refused_with_cures(url):
    with pytest.raises(places.Refused, match="correct BROKER_URL, or unset it"):
        servers.check_broker(url)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL as somebody else.")
def test_root_runs_postgres_as_a_system_user_even_where_that_user_may_not_enter(tmp_path, tree):
    tmp_path.chmod(0o700)
    try:
        with psycopg.connect(start(tree, tmp_path)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert os.stat(f"/proc/{tree.children[0].popen.pid}").st_uid != 0
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    finally:
        tree.stop()
        elsewhere = run.remove_data(tmp_path)
    assert [os.path.exists(path) for path in elsewhere] == [False]
