"""A configuration of OpenClaw with Sluice as its provider. https://docs.openclaw.ai/gateway/configuration"""
