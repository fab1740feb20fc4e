"""The operator's command, `sluice`: keys of a deployed stack, or of the one on this machine."""
