"""What holds for all tests."""

from hypothesis import settings

# A deadline would judge the machine, which other work may keep busy.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
