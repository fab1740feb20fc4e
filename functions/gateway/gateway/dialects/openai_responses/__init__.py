"""OpenAI Responses: requests to Converse, Converse's replies to items and events. It keeps no state."""
