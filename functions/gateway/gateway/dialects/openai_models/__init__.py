"""OpenAI's model list, from the catalog. https://platform.openai.com/docs/api-reference/models"""
