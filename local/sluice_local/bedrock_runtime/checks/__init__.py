"""What is refused before any model is asked: by the service model, by Converse, by one family of models."""
