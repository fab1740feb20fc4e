"""Regions that list what a test wants."""

from catalog_refresh.listings import ListingFailure, RegionListing


def listing_of(count, region="us-east-1", failures=()):
    """A region with so many models."""
    summaries = [
        {
            "modelId": f"acme.model-{number}",
            "modelArn": f"arn:aws:bedrock:{region}::foundation-model/acme.model-{number}",
            "modelName": f"Model {number}",
            "providerName": "Acme",
            "outputModalities": ["TEXT"],
            "responseStreamingSupported": True,
            "inferenceTypesSupported": ["ON_DEMAND"],
            "modelLifecycle": {"status": "ACTIVE"},
        }
        for number in range(count)
    ]
    return RegionListing(region, {"ListFoundationModels": summaries, "ListInferenceProfiles": []}, failures)


def lists(count):
    return lambda region: listing_of(count, region)


def denied(operation, reason="denied"):
    return ListingFailure("us-east-1", operation, reason, "no")


def fails(_region):
    raise AssertionError("the connection broke")
