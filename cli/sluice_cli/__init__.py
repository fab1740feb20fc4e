"""The operator's command, `sluice`: who may do what, what it cost, and which models there are."""
