"""Where requests may be worked on: a policy over regions, and over the prefixes of inference profiles.

https://docs.aws.amazon.com/bedrock/latest/userguide/cross-region-inference.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sluice.model_ids import PROFILE_PREFIXES
from sluice.region import is_region

# The regions of AWS in the European Union. London (eu-west-2) and Zurich (eu-central-2) are not in it.
_EUROPEAN_UNION = (
    *("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "eusc-de-east-1",
)
# Beginnings of the regions of a geography, whole words. `global` is none: it is everywhere.
_GEOGRAPHIES: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east", "us-west"),
    "us-gov": ("us-gov",),
    "eu": _EUROPEAN_UNION,
    "apac": ("ap",),
    "ap": ("ap",),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "ca": ("ca",),
    "in": ("ap-south-1", "ap-south-2"),
}
# `eu-` or `us-gov-`: every region whose name begins so.
_BEGINNING = re.compile(r"([a-z]+-)+", re.ASCII)


class Residency(NamedTuple):
    """What requests must stay in: geographies (`eu`), regions (`eu-west-1`), beginnings of regions (`eu-`).

    No words: anywhere. `outer` is another policy that must allow it as well.
    """

    words: tuple[str, ...] = ()
    outer: "Residency | None" = None

    @classmethod
    def parse(cls, text: str) -> "Residency":
        """Read words separated by commas.

        Raises:
            ValueError: a word is none of the three; the message names it.
        """
        words = tuple(word.strip().lower() for word in text.split(",") if word.strip())
        for word in words:
            if word not in _GEOGRAPHIES and not is_region(word) and not _BEGINNING.fullmatch(word):
                known = ", ".join(_GEOGRAPHIES)
                raise ValueError(f"{word!r} is neither a region, nor a beginning like 'eu-', nor one of {known}")
        return cls(words)

    @property
    def restricts(self) -> bool:
        """Whether there is anywhere that it does not allow."""
        return bool(self.words) or (self.outer is not None and self.outer.restricts)

    def inside(self, outer: "Residency") -> "Residency":
        """Return the policy that allows what both allow."""
        if not outer.restricts or outer == self:
            return self
        if not self.restricts:
            return outer
        return Residency(self.words, self.outer.inside(outer) if self.outer else outer)

    def allows(self, region: str) -> bool:
        """Tell whether a request may be worked on in a region; `*` is only allowed where everything is."""
        is_inside = not self.words or any(
            region == start or region.startswith(f"{start}-")
            for word in self.words
            for start in _GEOGRAPHIES.get(word, (word.removesuffix("-"),))
        )
        return is_inside and (self.outer is None or self.outer.allows(region))

    def allows_all(self, regions: Iterable[str]) -> bool:
        """Tell whether a request may be worked on in each of these regions; where there is none, nothing is known."""
        places = tuple(regions)
        return not self.restricts or (bool(places) and all(map(self.allows, places)))

    def allows_prefix(self, prefix: str) -> bool:
        """Tell whether every profile of this prefix stays inside, of whatever model: AWS keeps it in its geography."""
        is_named = prefix in self.words or f"{prefix}-" in self.words
        is_inside = not self.words or (prefix in PROFILE_PREFIXES and is_named)
        return is_inside and (self.outer is None or self.outer.allows_prefix(prefix))

    def __str__(self) -> str:
        return " and ".join(filter(None, (", ".join(self.words), str(self.outer) if self.outer else "")))


ANYWHERE = Residency()
