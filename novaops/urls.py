"""Every address of the console. A fleet's pages live under /fleets/<slug>/ (see FleetMiddleware)."""

from django.urls import URLPattern, URLResolver, include, path

from novaops.api.api import api
from novaops.api.views import docs, nothing_there
from novaops.fleets import views as fleets

in_a_fleet: list[URLPattern | URLResolver] = [
    path("", include("metrics.urls")),
    path("live", include("novaops.live.urls")),
    path("operations/", include("novaops.operations.urls")),
    path("", include("novaops.operations.rules_urls")),
    path("changes/", include("novaops.audit.urls")),
    path("hooks/", include("novaops.hooks.urls")),
    path("people/", include("novaops.fleets.fleet_urls")),
    path("tokens/", include("novaops.api.urls")),
    path("api/docs", docs, name="api-docs"),
    path("api/", api.urls),
    path("api/<path:rest>", nothing_there),
    path("", include("shards.urls")),
    path("caches/", include("caching.urls")),
    path("change-stream/", include("caching.stream.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", fleets.home, name="home"),
    path("healthz", fleets.healthz, name="healthz"),
    path("", include("novaops.fleets.urls")),
    path("styleguide", include("novaops.ui.urls")),
    path("fleets/<slug:fleet>/", include(in_a_fleet)),
]
