"""The wire formats clients speak: one package each, with the same modules (request, reply, stream), without I/O."""
