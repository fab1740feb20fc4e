"""What the functions, the command line and the local stack share: the tables' rows, API keys, settings."""
