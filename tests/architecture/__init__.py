"""Rules that hold for the whole code base; each walks a registry, so that nothing can forget."""
