"""A worker process for the tests: `python -m tests.operations.worker SLUG OPERATION` carries one operation out."""

import sys

import django

django.setup()

from django_tenants.utils import tenant_context  # noqa: E402

from novaops.fleets.models import Fleet  # noqa: E402
from novaops.operations.runner import execute  # noqa: E402
from tests.operations import kinds  # noqa: E402

if __name__ == "__main__":
    kinds.register()
    with tenant_context(Fleet.objects.get(slug=sys.argv[1])):
        execute(int(sys.argv[2]))
