"""The speed of what `sam build` makes, against a direct connection and against a floor, in one run: `make bench`."""
