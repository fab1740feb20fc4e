"""The same system on one machine: emulators of Lambda, its function URL and Bedrock, and moto for the rest."""
