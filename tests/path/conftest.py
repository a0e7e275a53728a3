"""An engine, a base and a registry, as the images' own tests have them."""

from tests.images.conftest import base, engine, registry

__all__ = ["base", "engine", "registry"]
