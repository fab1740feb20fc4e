"""What the gateway remembers of the two tables, so that a warm request reads neither."""
