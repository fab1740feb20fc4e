"""Writes the seed: the well-known models that are listed until something was discovered."""
