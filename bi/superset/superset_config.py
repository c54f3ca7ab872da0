"""Superset's own settings; SUPERSET_CONFIG_PATH names this file, and HOLDFAST_HOME the home.

Superset's metadata are in SQLite, its key is a file. Dashboards and charts do not belong here
(`dashboards/`), nor the connection to the published file (`bundle/databases/`).
"""

import os
from pathlib import Path

_FOLDER = Path(os.environ["HOLDFAST_HOME"], "superset").absolute()

SECRET_KEY = (_FOLDER / "secret_key").read_text(encoding="utf-8").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_FOLDER / 'superset.db'}"
# Queries are not cached: the next query after a publication reads the new day.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
APP_NAME = "Holdfast"
# A name of another site that resolves to the loopback address is refused (DNS rebinding).
TRUSTED_HOSTS = ["127.0.0.1", "localhost"]
# One process without a shared store: its own memory counts the attempts to log in.
RATELIMIT_STORAGE_URI = "memory://"
# Superset's page embeds a counting picture of another host. The browser may load from this host
# only.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
