"""The pages about both cache tiers."""

from django.urls import path

from caching.views.family import family
from caching.views.key import key, key_unmasked
from caching.views.keys import keys
from caching.views.node import node
from caching.views.overview import caches
from caching.views.tenants import tenant, tenants
from caching.views.tier import tier

urlpatterns = [
    path("", caches, name="caches"),
    path("tiers/<str:tier>/", tier, name="cache-tier"),
    path("nodes/<str:kind>/<str:name>/", node, name="cache-node"),
    path("families/<str:name>/", family, name="cache-family"),
    path("tenants/", tenants, name="cache-tenants"),
    path("tenants/<path:tenant_id>/", tenant, name="cache-tenant"),
    path("keys/", keys, name="cache-keys"),
    path("keys/entry/", key, name="cache-key"),
    path("keys/entry/unmasked", key_unmasked, name="cache-key-unmasked"),
]
