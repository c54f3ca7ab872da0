"""Access to a home: files that another account owns, and a folder that can only be read."""

from __future__ import annotations

import errno
import os
import pwd

from deployment.home import Home
from warehouse.health.faults import FaultError


def require_access(home: Home) -> None:
    """Check that this account owns the state of a home and may change it; nothing is written.

    The superuser may write everywhere, but its files would be closed to the account that owns the
    others. A home without state yet is anybody's who may write it.

    Raises:
        FaultError: the state belongs to another account.
        OSError: the home can only be read, or it or a folder above is closed to this account.
    """
    for path in (home.dagster_home, home.mlflow_artifacts.parent, home.warehouse):
        if path.exists() and path.stat().st_uid != os.geteuid():
            owner, own = _name(path.stat().st_uid), _name(os.geteuid())
            raise FaultError(
                f"{path} belongs to the account {owner}, and this command runs as {own}: run it as "
                f"{owner}, or give the home to {own} (chown -R), and run the command again"
            )
    if home.root.exists() and not os.access(home.root, os.R_OK | os.W_OK | os.X_OK):
        number = errno.EROFS if os.statvfs(home.root).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(number, os.strerror(number), str(home.root))


def _name(account: int) -> str:
    try:
        return pwd.getpwuid(account).pw_name
    except KeyError:  # an account of another machine or container
        return str(account)
