"""Makes the services' images: what goes in (``inputs``), with which engine, how, how large."""
