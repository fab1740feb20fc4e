"""The edges towards AWS: credentials, signatures, connections, and the few calls the gateway makes."""
