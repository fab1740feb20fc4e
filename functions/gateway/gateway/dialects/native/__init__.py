"""Bedrock's own API: bytes pass through, in both directions."""
