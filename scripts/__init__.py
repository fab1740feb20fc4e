"""Scripts for who maintains Sluice; nothing of them is deployed."""
