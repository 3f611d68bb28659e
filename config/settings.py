"""Every setting, in one file, read top to bottom: from environment variables, one prefix per app. No module reads one
at import time. `manage.py check --deploy` refuses unsafe values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from config.kms import kms_providers
from config.mail import mail_settings

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- The process ---------------------------------------------------------------------------------------------------

STATE_DIR = Path(env("SEALBOOK_STATE", default=str(BASE_DIR / ".sealbook")))
DEBUG = env.bool("SEALBOOK_DEBUG", default=False)
SECRET_KEY = env("SEALBOOK_SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SEALBOOK_SECRET_KEY_FALLBACKS", default=[])
PUBLIC_URL = env("SEALBOOK_PUBLIC_URL", default="http://localhost:8000")
ALLOWED_HOSTS = env.list("SEALBOOK_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.list("SEALBOOK_TRUSTED_PROXIES", default=[])
"""CIDR ranges whose `FORWARDED_HEADER` is believed. Empty: the connection's address counts, headers prove nothing."""
FORWARDED_HEADER = env("SEALBOOK_FORWARDED_HEADER", default="X-Forwarded-For")
"""The header to which listed proxies append addresses. A name without a hyphen cannot be spelt with underscores."""

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_HANDLERS = ["config.uploads.NoUploads"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["guardian.W001", "axes.W002", "security.W002", "security.W003"]
"""guardian stores rights; `governance.rights.effective_rights` alone evaluates them, so its backend is not hooked in.
The others look for middleware by name and do not know the subclasses of `config.middleware`; its tests do.
"""

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "config.apps.AccountsWithoutFlows",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "keyring.apps.KeyringConfig",
    "audit.apps.AuditConfig",
    "governance.apps.GovernanceConfig",
    "userstore.apps.UserstoreConfig",
    "dataflow.apps.DataflowConfig",
    "discovery.apps.DiscoveryConfig",
]

API_PREFIXES = tuple(
    f"/{name}"
    for name in [
        "oidc/",
        ".well-known/",
        "userstore/",
        "tokenizer/",
        "authn/",
        "authz/",
        "seal/",
        "governance/",
        "audit/",
        "dataflow/",
        "healthz",
        "readyz",
    ]
)
"""Paths that use neither sessions nor CSRF tokens: the console's middleware steps aside for them."""

OWN_TRANSACTION_PREFIXES = ("/admin/erasures/", "/admin/dead-letters/")
"""Pages of the console that are not put into one transaction: their action has to commit by itself."""

MIDDLEWARE = [
    "config.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ConsoleStatic",
    "config.middleware.ConsoleSession",
    "config.middleware.ConsoleCommon",
    "config.middleware.ConsoleCsrf",
    "config.middleware.ConsoleAuthentication",
    "config.middleware.ConsoleMessages",
    "config.middleware.ConsoleFrameOptions",
    "config.middleware.ConsoleHtmx",
    "config.middleware.ConsoleCsp",
    "config.middleware.AdminScriptPolicy",
    "governance.console.middleware.ConsoleEnvironment",
    "config.middleware.ConsoleAxes",
]

CSRF_FAILURE_VIEW = "config.problems.csrf_failure"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "governance.console.context.environment",
                "governance.portal.context.active_access",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- Data ----------------------------------------------------------------------------------------------------------


def _database(variable: str) -> dict[str, Any]:
    found: dict[str, Any] = env.db_url(variable, engine="django.db.backends.postgresql")
    found["CONN_MAX_AGE"] = None
    found.setdefault("OPTIONS", {})["prepare_threshold"] = env.int("DATABASE_PREPARE_THRESHOLD", default=0)
    return found


DATABASES: dict[str, dict[str, Any]] = {}
if env("DATABASE_URL", default=""):
    DATABASES["default"] = _database("DATABASE_URL")
if env("DATABASE_MIGRATION_URL", default=""):  # absent in web and worker processes
    DATABASES["owner"] = _database("DATABASE_MIGRATION_URL")
    DATABASES.setdefault("default", dict(DATABASES["owner"]))["TEST"] = {"MIRROR": "owner"}
if env("DATABASE_AUDITOR_URL", default=""):  # pages that show the book read as the auditor
    DATABASES["auditor"] = _database("DATABASE_AUDITOR_URL")
    DATABASES["auditor"]["TEST"] = {"MIRROR": "owner"}
DATABASE_ROUTERS = ["config.routers.OwnerMigrates"]

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env("SEALBOOK_CACHE_PREFIX", default="sealbook"),
        "OPTIONS": {"socket_timeout": 2.0, "socket_connect_timeout": 2.0},  # a limit that hangs is one that fails
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = env("SEALBOOK_QUEUE", default="sealbook")

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "governance.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "governance.operators.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

GUARDIAN_USER_OBJ_PERMS_MODEL = "governance.Right"
GUARDIAN_GROUP_OBJ_PERMS_MODEL = "governance.GroupRight"
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None

AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "governance.observation.address_of"

# --- Transport -----------------------------------------------------------------------------------------------------

_TLS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = _TLS
CSRF_COOKIE_SECURE = _TLS
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = _TLS and env.bool("SEALBOOK_REDIRECT_TO_TLS", default=True)
SECURE_HSTS_SECONDS = env.int("SEALBOOK_HSTS_SECONDS", default=31_536_000 if _TLS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _TLS
SECURE_HSTS_PRELOAD = _TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- keyring -------------------------------------------------------------------------------------------------------

KEYRING_FILE = Path(env("SEALBOOK_KEYRING", default=str(STATE_DIR / "keyring.json")))
KEYRING_PASSPHRASE = env("SEALBOOK_KEYRING_PASSPHRASE", default="")
KMS_PROVIDERS = kms_providers(env, keyring_file=KEYRING_FILE, passphrase=KEYRING_PASSPHRASE)
KEYRING_CACHE_SIZE = env.int("SEALBOOK_KEYRING_CACHE_SIZE", default=8_000)
KEYRING_REMEMBERED_SECONDS = env.float("SEALBOOK_KEYRING_REMEMBERED_SECONDS", default=60.0)
KEYRING_LEASE_SECONDS = env.float("SEALBOOK_KEYRING_LEASE_SECONDS", default=300.0)  # see docs/operations.md

# --- governance ----------------------------------------------------------------------------------------------------

GOVERNANCE_TOKEN_SECONDS = env.int("SEALBOOK_TOKEN_SECONDS", default=3600)
GOVERNANCE_WORKLOAD_TOKEN_SECONDS = env.int("SEALBOOK_WORKLOAD_TOKEN_SECONDS", default=600)
GOVERNANCE_TOKEN_CACHE_SIZE = 10_000
GOVERNANCE_SECRET_OVERLAP_HOURS = 24
GOVERNANCE_FACTOR_MINUTES = 5
"""How long a second factor that was proved lets its operator change factors, their own and others'."""
GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE = 10
GOVERNANCE_SCRIPT_HELPERS = env.int("SEALBOOK_SCRIPT_HELPERS", default=2)
GOVERNANCE_SCRIPT_CPU_MILLISECONDS = 50
GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 250
GOVERNANCE_SCRIPT_MEMORY_BYTES = 16 * 1_048_576
GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS = env.int("SEALBOOK_SCRIPT_NETWORK_MILLISECONDS", default=2_000)
GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK = env.bool("SEALBOOK_SCRIPTS_MAY_CALL_LOOPBACK", default=False)  # development only
GOVERNANCE_SCRIPT_NOTE_DAYS = 30
GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK = env.bool("SEALBOOK_ISSUERS_MAY_BE_LOOPBACK", default=False)  # development only
GOVERNANCE_TICKETS = env.str("SEALBOOK_TICKETS", default="governance.tickets.BuiltInTickets")
GOVERNANCE_TICKETS_URL = env.str("SEALBOOK_TICKETS_URL", default="")  # of governance.tickets.HttpTickets
GOVERNANCE_TICKETS_TOKEN = env.str("SEALBOOK_TICKETS_TOKEN", default="")
globals().update(mail_settings(env, public_url=PUBLIC_URL))  # EMAIL_..., for notices
GOVERNANCE_WEBHOOK_NETWORKS = env.list("SEALBOOK_WEBHOOK_NETWORKS", default=[])  # beside the public internet
GOVERNANCE_DELIVERY_DAYS = 90  # for which it is shown what was sent or given up
GOVERNANCE_TEMPLATES = ("governance.policies.templates.BUILT_IN", "governance.policies.attributes.BUILT_IN")

# --- userstore -----------------------------------------------------------------------------------------------------

USERSTORE_SCAN_BOUND = 50_000
"""Cells one selector may decrypt."""
USERSTORE_PAGE_LIMIT = 1500
USERSTORE_IDEMPOTENCY_HOURS = 24
USERSTORE_BATCH_LIMIT = 1000
"""Calls of one mutator in one batch."""
USERSTORE_IMPORT_BYTES = env.int("SEALBOOK_IMPORT_BYTES", default=2 * 1024**3)  # the largest file that is received
USERSTORE_IMPORT_FAULTS = 1000  # bad records of one import whose places are kept; all of them are counted
USERSTORE_IMPORT_DAYS = 30
"""How long an import is shown after it has ended, and a file waits for whoever began to upload it."""
USERSTORE_UPLOAD_MINUTES = 15  # for which the one-time address of an upload is good
USERSTORE_TOMBSTONES = Path(env("SEALBOOK_TOMBSTONES", default=str(STATE_DIR / "erasures.ledger")))
"""The ledger of erasures: outside the database and its backups, on a disk that all processes share."""
USERSTORE_REGIONS = env.list("SEALBOOK_REGIONS", default=["aws-us-east-1", "aws-us-west-2", "aws-eu-west-1"])

# --- dataflow ------------------------------------------------------------------------------------------------------

DATAFLOW_MOST_WORKERS = env.int("SEALBOOK_FLOW_WORKERS", default=32)  # of all deployed flows of an environment

# --- What is long enough for a file of its own ----------------------------------------------------------------------

from config.book import *  # noqa: E402, F403  who reads the book, who seals it, and what the analysis knows
from config.clock import CELERY_BEAT_SCHEDULE, CELERY_TASK_QUEUES, CELERY_TASK_ROUTES  # noqa: E402, F401  what runs by the clock, and where
from config.console import UNFOLD  # noqa: E402, F401  the console's look is long enough for a file of its own
from config.content import CONTENT_SECURITY_POLICY  # noqa: E402, F401  what pages may load
from config.document import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: E402, F401  how the API answers and is described
from config.factors import *  # noqa: E402, F403  second factors of those who sign in, as allauth is told
from config.logs import LOGGING  # noqa: E402, F401  so are the rules of what logs may carry
from config.passwords import AUTH_PASSWORD_VALIDATORS, USERSTORE_PASSWORD_VALIDATORS  # noqa: E402, F401  and of passwords
