"""Makes `layers/common/sluice/model_facts.json`: `make model-facts`."""
