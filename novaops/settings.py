"""Settings of every NovaOps process; what differs between installations comes from the environment."""

import os
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE

from novaops import celery as celery  # every process that sends a task has to know the broker
from novaops import environment

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = environment.required("DJANGO_SECRET_KEY", "it signs sessions; any long random text")
NOVAOPS_SECRET_KEYS = environment.words("NOVAOPS_SECRET_KEYS")
DEBUG = environment.flag("NOVAOPS_DEBUG")
ALLOWED_HOSTS = environment.words("NOVAOPS_ALLOWED_HOSTS", "127.0.0.1,localhost")
# The longest that an API token may live; one that nobody gave a time lives the shorter of it and 90 days.
TOKEN_DAYS_MAX = int(os.environ.get("NOVAOPS_TOKEN_DAYS_MAX", "365"))
CSRF_TRUSTED_ORIGINS = environment.words("NOVAOPS_TRUSTED_ORIGINS")

# Plain HTTP is for a loopback sandbox only, and has to be asked for.
INSECURE_COOKIES = environment.flag("NOVAOPS_INSECURE_COOKIES")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_COOKIES
SECURE_SSL_REDIRECT = not INSECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("NOVAOPS_BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 0 if INSECURE_COOKIES else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

SHARED_APPS = [
    # Its migrate_schemas comes before that of django_tenants.
    "novaops.fleets",
    "django_tenants",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "novaops.ui",
    "novaops.live",
]
TENANT_APPS = [
    "novaops.inventory",
    "novaops.audit",
    "novaops.operations",
    "novaops.hooks",
    "metrics",
    "shards",
    "caching",
    "novaops.api",
]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS

TENANT_MODEL = "fleets.Fleet"
# The search path is set when it changes, not before every statement.
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES = {
    "default": environment.database(
        "NOVAOPS_DATABASE_URL",
        environment.required("NOVAOPS_DATABASE_URL", "the control database, postgresql://user:password@host/name"),
        pool=int(os.environ.get("NOVAOPS_POOL", "0")),
    )
}
# The login that owns the tables: for migrations and new fleets alone.
OWNER_DATABASE = environment.owner("NOVAOPS_OWNER_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "fleets.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "novaops.fleets.lockout.locked"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "novaops.api.middleware.ApiMiddleware",
    "novaops.fleets.middleware.FleetMiddleware",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # Plotly and meters set style attributes; scripts never come inline.
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "manifest-src": [SELF],
    }
}

ROOT_URLCONF = "novaops.urls"
ASGI_APPLICATION = "novaops.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "novaops.fleets.context.fleet",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# WhiteNoise serves the checkout's own files; nothing has to be collected.
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

BROKER_URL = os.environ.get("NOVAOPS_BROKER_URL", "redis://127.0.0.1:6379/0")
# How long an operation waits for a worker that went silent before another one carries it on.
OPERATION_LEASE_SECONDS = float(os.environ.get("NOVAOPS_LEASE_SECONDS", "30"))
# Under which address people reach the console, for links in what hooks tell; such as https://console.example.
PUBLIC_URL = os.environ.get("NOVAOPS_PUBLIC_URL", "").rstrip("/")
# Webhooks go to the internet alone, and to the networks that are named here, such as 10.20.0.0/16.
HOOKS_PRIVATE_NETWORKS = environment.networks("NOVAOPS_HOOKS_PRIVATE_NETWORKS")
# How long a hook waits for a deliverer that went silent before another one carries on.
HOOKS_LEASE_SECONDS = float(os.environ.get("NOVAOPS_HOOKS_LEASE_SECONDS", "30"))

# Mail goes out through one server, in the name of one address; without both, no e-mail hook can be made.
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = environment.mail_server(
    "NOVAOPS_EMAIL_URL"
)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("NOVAOPS_EMAIL_FROM", "")
EMAIL_CONFIGURED = bool(EMAIL_HOST and DEFAULT_FROM_EMAIL)

# Checkpoints of the change log: the key outside the database that signs them, the places outside that get each of them,
# and how old, or how many, records without one may grow.
CHECKPOINT_KEY_FILE = os.environ.get("NOVAOPS_CHECKPOINT_KEY_FILE", "")
CHECKPOINT_SINKS = environment.words("NOVAOPS_CHECKPOINT_SINKS")
CHECKPOINT_MINUTES = float(os.environ.get("NOVAOPS_CHECKPOINT_MINUTES", "5"))
CHECKPOINT_RECORDS = int(os.environ.get("NOVAOPS_CHECKPOINT_RECORDS", "1000"))
# How often the whole change log is verified by itself.
VERIFY_MINUTES = float(os.environ.get("NOVAOPS_VERIFY_MINUTES", "60"))
# The console's own cache is its process; it never needs the fleet's caches in order to answer.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Wrong API tokens, by address. Counted by each process.
    "guesses": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "guesses",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("NOVAOPS_LOG_LEVEL", "INFO")},
    # One line about itself at the start of every command.
    "loggers": {"axes.apps": {"level": "WARNING"}},
}

SILENCED_SYSTEM_CHECKS: list[str] = []
