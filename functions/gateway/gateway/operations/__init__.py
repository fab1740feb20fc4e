"""What a route does: ask Bedrock, and turn its answer into the client's."""
