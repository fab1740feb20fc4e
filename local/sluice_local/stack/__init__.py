"""`make local`: the whole system on one machine, started by one command and stopped by Ctrl-C."""
