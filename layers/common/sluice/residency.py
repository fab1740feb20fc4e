"""Where requests may be worked on: a policy over regions, and over the prefixes of inference profiles.

https://docs.aws.amazon.com/bedrock/latest/userguide/cross-region-inference.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluice.model_ids import PROFILE_PREFIXES

# Beginnings of the regions of a geography, whole words. `global` is none: it is everywhere.
_GEOGRAPHIES: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east", "us-west"),
    "us-gov": ("us-gov",),
    "eu": ("eu",),
    "apac": ("ap",),
    "ap": ("ap",),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "ca": ("ca",),
    "in": ("ap-south-1", "ap-south-2"),
}
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Residency:
    """The geographies (`eu`) and regions (`eu-west-1`) that requests must stay in; none: anywhere."""

    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Residency":
        """Read words separated by commas.

        Raises:
            ValueError: a word is neither a geography nor a region; the message names it.
        """
        words = tuple(word.strip().lower() for word in text.split(",") if word.strip())
        for word in words:
            if word not in _GEOGRAPHIES and not _REGION.fullmatch(word):
                raise ValueError(f"{word!r} is neither a region nor one of {', '.join(_GEOGRAPHIES)}")
        return cls(words)

    def allows(self, region: str) -> bool:
        """Tell whether a request may be worked on in a region; `*` is only allowed where everything is."""
        return not self.words or any(
            region == start or region.startswith(f"{start}-")
            for word in self.words
            for start in _GEOGRAPHIES.get(word, (word,))
        )

    def allows_all(self, regions: Iterable[str]) -> bool:
        """Tell whether a request may be worked on in each of these regions; where there is none, nothing is known."""
        places = tuple(regions)
        return not self.words or (bool(places) and all(map(self.allows, places)))

    def allows_prefix(self, prefix: str) -> bool:
        """Tell whether every profile of this prefix stays inside, of whatever model."""
        return not self.words or (prefix in PROFILE_PREFIXES and prefix in self.words)

    def __str__(self) -> str:
        return ", ".join(self.words)


ANYWHERE = Residency()
