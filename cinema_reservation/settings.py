"""Everything that an operator can set, read from the environment (or a `.env` file).

`.env.example` explains each name. With nothing set at all the system runs on one
laptop: loopback only, SQLite, the Stripe sandbox, mail in files. A combination that
would be unsafe elsewhere stops the start with a sentence that says what to do: see
`guards.py`.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from cinema_reservation import guards
from cinema_reservation.money import LEAST_CHARGES

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def number(name: str, default: int, *, least: int) -> int:
    return guards.whole_number(name, env.str(name, default=str(default)), least=least)


# All that a laptop keeps: database, mail, posters, its secret key.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Where it is reached ------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
PORT = number("PORT", 8000, least=1)
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SERVES_LOOPBACK_ONLY = all(map(guards.is_loopback, [PUBLIC_HOST, *ALLOWED_HOSTS]))

# What the web server listens on: this machine's own address unless told otherwise.
BIND = env.str("BIND", default=f"127.0.0.1:{PORT}")
WEB_CONCURRENCY = number("WEB_CONCURRENCY", os.cpu_count() or 1, least=1)
# Requests of one process: answered at once, waiting for their turn, and still sending their
# body. More are refused. Those that may have to wait for Stripe wait among themselves, and so
# do Stripe's own, and what is larger than DATA_UPLOAD_MAX_MEMORY_SIZE: posters.
LANES: dict[str, dict[str, Any]] = {
    "uploads": {"at_once": 1, "waiting": 2, "arriving": 0, "paths": ()},
    # A show that is cancelled brings Stripe's news of a hundred refunds at once.
    "webhook": {"at_once": 2, "waiting": 100, "arriving": 100, "paths": ("/api/webhook/",)},
    "payments": {
        "at_once": 4,
        "waiting": 8,
        "arriving": 100,
        "paths": ("/api/create-checkout-session/", "/api/payment"),
    },
    # Staff at the door are let in whatever crowd is at the counter.
    "desk": {"at_once": 2, "waiting": 20, "arriving": 20, "paths": ("/admin/",)},
    # Who only reads waits for nobody's lock, and must not wait behind those who do.
    "reads": {
        "at_once": number("WEB_AT_ONCE", 4, least=1),
        "waiting": number("WEB_WAITING", 28, least=0),
        "arriving": 20,
        "paths": ("/",),
        "methods": ("GET", "HEAD", "OPTIONS"),
    },
    "all else": {
        "at_once": number("WEB_AT_ONCE", 4, least=1),
        "waiting": number("WEB_WAITING", 28, least=0),
        "arriving": number("WEB_ARRIVING", 200, least=1),
        "paths": ("/",),
    },
}
WEB_PATIENCE_SECONDS = guards.seconds(
    "WEB_PATIENCE_SECONDS", env.str("WEB_PATIENCE_SECONDS", default="3")
)
# Where a body may be larger than DATA_UPLOAD_MAX_MEMORY_SIZE.
UPLOADS_AT = ("/api/movies/", "/admin/")
# What asks nothing of others is always answered.
ALWAYS_ANSWERED = ("/health/",)
# A request's head has to arrive within this time, the next one of a kept-alive connection too.
WEB_IDLE_SECONDS = number("WEB_IDLE_SECONDS", 30, least=1)
# A few more threads than lanes hold: they say no at once, and how the process is. A thread is
# made when it is first needed.
WEB_SPARE_THREADS = 4
WEB_THREADS = WEB_SPARE_THREADS + sum(
    lane["at_once"] + lane["waiting"] + lane["arriving"] for lane in LANES.values()
)
WEB_DATABASE_CONNECTIONS = 2 + sum(lane["at_once"] for lane in LANES.values())
ACCESS_LOG = env.str("ACCESS_LOG", default="")

SECRET_KEY = env.str("SECRET_KEY", default="")
guards.check_exposure(
    debug=DEBUG,
    secret_key=SECRET_KEY,
    public_url=PUBLIC_URL,
    loopback_only=SERVES_LOOPBACK_ONLY,
    bind=BIND,
)
if not SECRET_KEY:
    SECRET_KEY = guards.laptop_secret_key(VAR_DIR / "secret_key")

# How many reverse proxies of ours stand in front; their X-Forwarded-For is believed.
NUM_PROXIES = number("NUM_PROXIES", 0, least=0)

SERVES_HTTPS = PUBLIC_URL.startswith("https://")
if SERVES_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVES_HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- The house ----------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "post_office",
    "users",
    "reservation",
    "payments",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cinema_reservation.api.overload.OverloadMiddleware",
    "cinema_reservation.api.middleware.DatabaseOutageMiddleware",
    "cinema_reservation.api.middleware.ConditionalGetMiddleware",
    "cinema_reservation.api.middleware.ApiMiddleware",
    "cinema_reservation.api.hot.HotAnswersMiddleware",
    "cinema_reservation.api.bypass.SessionMiddleware",
    "cinema_reservation.api.middleware.CommonMiddleware",
    "cinema_reservation.api.bypass.CsrfViewMiddleware",
    "cinema_reservation.api.bypass.AuthenticationMiddleware",
    "cinema_reservation.api.bypass.MessageMiddleware",
]

ROOT_URLCONF = "cinema_reservation.urls"
WSGI_APPLICATION = "cinema_reservation.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "cinema_reservation" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Database -----------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR}/cinema.sqlite3"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = number("CONN_MAX_AGE", 60, least=0)
# How long a request waits for somebody else's lock before it is answered 503.
LOCK_SECONDS = number("LOCK_SECONDS", 5, least=1)
# Connections that the threads of a web server's process share, set by deploy/web.py.
DATABASE_POOL = number("DATABASE_POOL", 0, least=0)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes SQLite's one write lock when a transaction begins, so what is read
    # inside it stays true until it commits; that is what stands in for row locks there.
    # FULL keeps an acknowledged booking through a power cut.
    _database["ENGINE"] = "cinema_reservation.sqlite"
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": LOCK_SECONDS,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # A file, not memory: the race tests need the locks that only a file has.
    _database["TEST"] = {"NAME": env.str("TEST_SQLITE_NAME", str(VAR_DIR / "test.sqlite3"))}
else:
    # Asking each connection first costs each request a round trip. Without, the first request
    # on a lost connection is answered 503, and the next one has a new connection.
    _database["CONN_HEALTH_CHECKS"] = env.bool("CONN_HEALTH_CHECKS", default=False)
    _database["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("PGBOUNCER", default=False)
    # A host that vanished hangs up on nobody: notice within half a minute.
    _silence = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    _silence |= {"tcp_user_timeout": 15_000, "connect_timeout": 5}
    _database["OPTIONS"] = _silence | _database.get("OPTIONS", {})
    if not _database["DISABLE_SERVER_SIDE_CURSORS"]:
        # PgBouncer refuses start-up options; without one, no request waits for ever.
        _database["OPTIONS"].setdefault(
            "options", f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout=30s"
        )
        # What a connection is asked for the fourth time it plans no more. Behind PgBouncer the
        # next question may meet another connection, which knows no plan of ours.
        _database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 3}
    if DATABASE_POOL:
        _database["OPTIONS"]["pool"] = {
            "min_size": 0,
            "max_size": DATABASE_POOL,
            "max_idle": float(_database["CONN_MAX_AGE"]) or 1.0,
            # While the database is away: say so soon, and look again at the next request.
            "timeout": 2.0,
            "reconnect_timeout": 1.0,
        }
        _database["CONN_MAX_AGE"] = 0

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_SECONDS = 0.25
CACHE_URL = env.str("CACHE_URL", default="") or "locmemcache://cinema"
CACHES = {"default": env.cache_url_config(CACHE_URL), "counters": env.cache_url_config(CACHE_URL)}
if "locmem" in CACHE_URL:
    # Counters have a place of their own, which no number of kept answers can push them out of.
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 1000}
    CACHES["counters"] |= {"LOCATION": "counters", "OPTIONS": {"MAX_ENTRIES": 200_000}}
if "redis" in CACHES["default"]["BACKEND"].lower():
    # A cache that does not answer must not be waited for: what it keeps can be made anew.
    for _cache in CACHES.values():
        _cache.setdefault("OPTIONS", {}).update(
            socket_connect_timeout=CACHE_SECONDS, socket_timeout=CACHE_SECONDS
        )

# --- Files --------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS: list[Path] = []
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Pages look right with and without `collectstatic`.
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True

POSTER_MAX_BYTES = 5 * 1024 * 1024
POSTER_MAX_PIXELS = 25_000_000
# One JSON body. Nothing that a client asks of us comes near it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Mail ---------------------------------------------------------------------------

EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Cinema <tickets@localhost>")
# Who is told of trouble with money; all superusers where nobody is named.
ALERT_EMAILS = guards.addresses("ALERT_EMAILS", env.list("ALERT_EMAILS", default=[]))
# Mail is a row in the database, written with what it tells of; the worker sends it.
EMAIL_BACKEND = "post_office.EmailBackend"
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    _smtp = env.email_url("EMAIL_URL")
    vars().update({key: value for key, value in _smtp.items() if key != "EMAIL_BACKEND"})
    EMAIL_TIMEOUT = 10
POST_OFFICE = {
    "BACKENDS": {
        "default": _smtp["EMAIL_BACKEND"]
        if EMAIL_URL
        else "cinema_reservation.mail.DevelopmentBackend"
    },
    # Less than `mail.LEASE`.
    "BATCH_DELIVERY_TIMEOUT": 50,
    "MAX_RETRIES": 8,
    "RETRY_INTERVAL": timedelta(minutes=2),
    "MESSAGE_ID_ENABLED": True,
    "MESSAGE_ID_FQDN": PUBLIC_HOST or "localhost",
}

# --- People -------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["users.backends.UsernameOrEmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
OTP_LIFETIME = timedelta(minutes=10)
OTP_MAX_ATTEMPTS = 5
PASSWORD_RESET_TIMEOUT = 15 * 60
# An address that never proved itself loses its claim to its username and e-mail.
UNVERIFIED_ACCOUNT_LIFETIME = timedelta(days=1)

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=number("ACCESS_TOKEN_MINUTES", 15, least=1)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=number("REFRESH_TOKEN_DAYS", 14, least=1)),
    "AUTH_HEADER_TYPES": ("Bearer", "bearer", "BEARER"),
    # Seconds by which the clocks of two nodes may differ.
    "LEEWAY": 10,
}

# How long a process believes what it last read of a login. Every request of a customer would
# ask for it otherwise.
LOGIN_TRUSTED_SECONDS = guards.seconds(
    "LOGIN_TRUSTED_SECONDS", env.str("LOGIN_TRUSTED_SECONDS", default="2"), least=0
)

# --- API ----------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["users.authentication.LoginAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["cinema_reservation.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "cinema_reservation.api.filters.SearchFilter",
        "cinema_reservation.api.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "cinema_reservation.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "cinema_reservation.api.schema.OperationSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "NUM_PROXIES": NUM_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "cinema_reservation.api.errors.ErrorHandler",
    "EXCEPTION_FORMATTER_CLASS": "cinema_reservation.api.errors.ErrorFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
    "ALLOWED_ERROR_STATUS_CODES": [
        "400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429", "503",
    ],
}  # fmt: skip

SPECTACULAR_SETTINGS = {
    "TITLE": "Cinema Reservation",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ShowStateEnum": "reservation.models.ShowState",
        "ReservationStateEnum": "reservation.models.ReservationState",
    },
    "DESCRIPTION": "Browse films and shows, hold seats, pay, get tickets, cancel. "
    "Log in with `POST /api/token/` and send `Authorization: Bearer <access token>`. "
    "Amounts are integers in the currency's minor unit; times are ISO 8601 with an offset. "
    "Every error has the same shape; its `code` is stable.",
    # In the order in which a visitor meets them.
    "TAGS": [
        {"name": "Accounts", "description": "Register, prove an e-mail address, one's profile."},
        {"name": "Logins", "description": "Log in, stay in, log out."},
        {"name": "Films", "description": "What is shown."},
        {"name": "Programme", "description": "When, and for how much."},
        {"name": "Venue", "description": "Where: cinemas, halls, seats."},
        {"name": "Booking", "description": "Hold seats, look, cancel."},
        {"name": "Payment", "description": "Pay through Stripe, and see how the money stands."},
    ],
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "displayRequestDuration": True},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# (how many, in how many seconds). Holds are counted in the cache, all else in the database.
# Addresses get more than accounts: a whole office, or a whole telephone network, shares one.
ADDRESS_LIMITS_FACTOR = number("ADDRESS_LIMITS_FACTOR", 1, least=1)
RATE_LIMITS = {
    "register": (200 * ADDRESS_LIMITS_FACTOR, 3600),
    "login_address": (300 * ADDRESS_LIMITS_FACTOR, 600),
    "login_account": (10, 600),
    "otp_address": (200 * ADDRESS_LIMITS_FACTOR, 3600),
    "otp_account": (5, 3600),
    "verify_address": (300 * ADDRESS_LIMITS_FACTOR, 600),
    "verify_account": (20, 3600),
    "hold_address": (3000 * ADDRESS_LIMITS_FACTOR, 60),
    "hold_account": (30, 60),
    # Of promo codes that were refused: whoever has the right one is not counted.
    "promo_address": (300 * ADDRESS_LIMITS_FACTOR, 600),
    "promo_account": (20, 600),
    # Counted apart from holds: who asks for prices must not lose the right to buy.
    "quote_address": (3000 * ADDRESS_LIMITS_FACTOR, 60),
}

# --- Booking ------------------------------------------------------------------------

CURRENCY = guards.currency(env.str("CURRENCY", default="usd"))
# What is not free costs so much at least, in minor units: less, nobody could pay.
MINIMUM_CHARGE = number("MINIMUM_CHARGE", LEAST_CHARGES.get(CURRENCY, 0), least=0)
HOLD_MINUTES = number("HOLD_MINUTES", 10, least=1)
# How long whoever was first in line for a sold-out show has the seats that came back.
WAITING_OFFER_MINUTES = number("WAITING_OFFER_MINUTES", 30, least=1)
MAX_SEATS_PER_RESERVATION = number("MAX_SEATS_PER_RESERVATION", 10, least=1)
MAX_HOLDS_PER_SHOW = number("MAX_HOLDS_PER_SHOW", 2, least=1)
# Of one customer: held and paid for together.
MAX_SEATS_PER_SHOW = number("MAX_SEATS_PER_SHOW", 20, least=1)
# What new shows begin with; each has its own switch.
FORBID_LONELY_SEATS = env.bool("FORBID_LONELY_SEATS", default=True)
# How long before a show its accessible places are sold to everyone; None: never.
_release = env.str("ACCESSIBLE_RELEASE_MINUTES", default="30")
ACCESSIBLE_RELEASE_MINUTES = (
    None
    if _release.lower() == "never"
    else guards.whole_number("ACCESSIBLE_RELEASE_MINUTES", _release, least=0)
)
TRAILER_MINUTES = number("TRAILER_MINUTES", 15, least=0)
CLEANING_MINUTES = number("CLEANING_MINUTES", 15, least=0)
# What a customer who cancels gets back: (at least so many hours before the show, percent).
CANCELLATION_POLICY = [{"hours_before": 2, "refund_percent": 100}]

# --- Money --------------------------------------------------------------------------

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
SANDBOX_PORT = number("SANDBOX_PORT", 8421, least=1)
if not STRIPE_SECRET_KEY and SERVES_LOOPBACK_ONLY:
    # No account at Stripe, and nobody but this machine can ask: the sandbox stands in.
    STRIPE_SECRET_KEY = "sk_test_sandbox"  # noqa: S105
    STRIPE_WEBHOOK_SECRETS = STRIPE_WEBHOOK_SECRETS or ["whsec_sandbox"]
    STRIPE_API_BASE = STRIPE_API_BASE or f"http://127.0.0.1:{SANDBOX_PORT}"
guards.check_stripe(
    key=STRIPE_SECRET_KEY, api_base=STRIPE_API_BASE, webhook_secrets=STRIPE_WEBHOOK_SECRETS
)
# Opening the payment page prolongs a hold, once, by both of these. Stripe's shortest page lives
# for 30 minutes; ours some longer, so that a retry after an outage still asks for enough.
CHECKOUT_MINUTES = number("CHECKOUT_MINUTES", 35, least=31)
# The hold outlasts its payment page, so that a late payer, or a second page, finds the seats.
CHECKOUT_GRACE_MINUTES = number("CHECKOUT_GRACE_MINUTES", 10, least=1)

# --- Worker -------------------------------------------------------------------------

WORKER_ROUND_SECONDS = guards.seconds(
    "WORKER_ROUND_SECONDS", env.str("WORKER_ROUND_SECONDS", default="2")
)

# --- Staff's desk -------------------------------------------------------------------

# Nobody else logs in with a session.
LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = {
    "SITE_TITLE": "Cinema Reservation",
    "SITE_HEADER": "Cinema Reservation",
    "SITE_SYMBOL": "theaters",
    "LOGIN": {"form": "users.staff_login.StaffLoginForm"},
    "SIDEBAR": {"navigation": "cinema_reservation.sidebar.navigation"},
}

# --- Logging ------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # A crowd that is told to come back later is no error, and would fill the log.
    "filters": {
        "no_503": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", None) != 503,
        }
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Refusals (4xx) are the clients' business, not the operator's.
        "django.request": {"level": "ERROR", "filters": ["no_503"]},
        # Whoever sends a wrong Host is answered; a traceback for each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "stripe": {"level": "WARNING"},
        "post_office": {"level": "WARNING", "handlers": []},
    },
}
