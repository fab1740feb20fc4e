"""OpenAI's embeddings through InvokeModel. https://platform.openai.com/docs/api-reference/embeddings"""
