"""The gateway function: one request, from a function URL event to a stream of bytes."""
