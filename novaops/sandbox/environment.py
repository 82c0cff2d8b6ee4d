"""The environment of Django processes: of those that serve, and of commands by people and tests."""

from novaops.sandbox import passwords
from novaops.sandbox.layout import HOST
from novaops.sandbox.servers import control_postgres
from novaops.sandbox.servers.redis import BROKER_SECRET
from novaops.sandbox.site import Site

OWNER = "NOVAOPS_OWNER_DATABASE_URL"


def variables(site: Site) -> dict[str, str]:
    """What differs between installations; see novaops/settings.py."""
    layout = site.layout
    return {
        "NOVAOPS_DATABASE_URL": control_postgres.url(site),
        OWNER: "",  # Also where whoever starts the sandbox has it in the environment.
        "NOVAOPS_BROKER_URL": f"redis://:{site.secret(BROKER_SECRET)}@{HOST}:{layout.broker}/0",
        "NOVAOPS_SECRET_KEYS": passwords.fernet_key(layout.secrets, "fernet"),
        "DJANGO_SECRET_KEY": site.secret("django") + site.secret("django-more"),
        "NOVAOPS_CHECKPOINT_KEY_FILE": str(passwords.signing_key(layout.secrets, "checkpoint-key.pem")),
        "NOVAOPS_CHECKPOINT_SINKS": f"file:{layout.checkpoints}",
        "DJANGO_SETTINGS_MODULE": "novaops.settings",
        "NOVAOPS_ALLOWED_HOSTS": "127.0.0.1,localhost",
        # Plain HTTP, and only because the sandbox listens on loopback alone.
        "NOVAOPS_INSECURE_COOKIES": "1",
        "NOVAOPS_PUBLIC_URL": f"http://{HOST}:{layout.console}",
        "NOVAOPS_HOOKS_PRIVATE_NETWORKS": "127.0.0.0/8",
        "NOVAOPS_STATE": str(layout.state),
    }


def owner_variables(site: Site) -> dict[str, str]:
    """The same for commands that make tables: with the owner's address too."""
    return variables(site) | {OWNER: control_postgres.owner_url(site)}


def write(site: Site) -> dict[str, str]:
    """Write <state>/env (readable by its owner only), for people and tests, and return the same."""
    found = owner_variables(site)
    passwords.write_private(site.layout.env_file, "".join(f"{name}={value}\n" for name, value in found.items()))
    return found
