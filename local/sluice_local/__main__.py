"""`python -m sluice_local`: the whole system on this machine."""

import signal
import sys

if __name__ == "__main__":
    # While the program is imported, which takes a second, Ctrl-C has nothing to end in order and ends it at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from sluice_local.stack.program import main

    sys.exit(main(sys.argv[1:]))
