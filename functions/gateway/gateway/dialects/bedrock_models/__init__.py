"""Bedrock's own lists of foundation models and inference profiles, from the catalog.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
"""
