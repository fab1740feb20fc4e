"""Anthropic's model list, from the catalog. https://platform.claude.com/docs/en/api/models/list"""
