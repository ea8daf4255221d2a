"""The user that PostgreSQL runs as when root starts it, because it refuses root."""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from portal.embedded.places import Refused

NAME = "accord-postgres"


def ensure(say: Callable[[str], None]) -> pwd.struct_passwd | None:
    """Return PostgreSQL's user if we are root, creating it when it is missing."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    useradd = shutil.which("useradd")
    if useradd is None:
        raise Refused(
            "PostgreSQL refuses to run as root, and this machine has no `useradd` to create a "
            "user for it. Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL."
        )
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    subprocess.run([useradd, *options, NAME], check=True, capture_output=True)
    say(f"You are root and PostgreSQL refuses root: created the system user {NAME} for it.")
    return pwd.getpwnam(NAME)


def remove() -> bool:
    """Remove the user if we are root, it exists and nothing runs as it."""
    userdel = shutil.which("userdel")
    if os.geteuid() != 0 or userdel is None:
        return False
    return subprocess.run([userdel, NAME], check=False, capture_output=True).returncode == 0


def can_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    """Tell whether the user may pass through every folder on the way to `folder`."""
    result = subprocess.run(
        ["/bin/sh", "-c", 'cd "$0"', str(folder)],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
        capture_output=True,
    )
    return result.returncode == 0


def home_outside(checkout: Path) -> Path:
    """Return where the files go if the user cannot enter the checkout, say under /root."""
    name = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]
    return Path("/var/lib") / f"accord-{name}"


def give(user: pwd.struct_passwd, folder: Path) -> None:
    """Make the user the owner of everything in `folder`."""
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != user.pw_uid:
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
