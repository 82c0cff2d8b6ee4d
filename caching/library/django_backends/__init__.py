"""The tiers' stores as Django's caches, for what is not a family of the platform:

    CACHES = {
        "default": {
            "BACKEND": "caching.library.django_backends.redis_cluster.RedisClusterCache",
            "LOCATION": ["10.0.0.1:6379", "10.0.0.2:6379"],
            "OPTIONS": {"username": "app", "password": "..."},
        },
        "pages": {
            "BACKEND": "caching.library.django_backends.memcached.MemcachedCache",
            "LOCATION": ["10.0.0.4:11211", "10.0.0.5:11211"],
        },
    }

A server that does not answer is a miss, and a write to it is lost: nothing here raises because of it. The only part of
the library that knows Django."""
