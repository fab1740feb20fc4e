"""Bedrock's side of the wire, without I/O: frames, events, the grammar of a stream, and what its errors mean."""
