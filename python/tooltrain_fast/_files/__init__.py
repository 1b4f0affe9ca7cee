"""Written files, read back: footers, manifests, rows and recounts."""
