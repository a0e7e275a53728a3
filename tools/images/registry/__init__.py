"""What a registry is asked over HTTP: names, manifests, labels. Layers are sent by the engine."""
