"""Regions: where a caller says that a user belongs. All of them are kept here; the name is noted with the user."""

from __future__ import annotations

from django.conf import settings

from userstore.errors import Invalid


def known_regions() -> list[str]:
    """List the regions that may be noted, the one that is noted by itself first."""
    return list(settings.USERSTORE_REGIONS)


def region_asked(name: str) -> str:
    """Return the region that a call names, "" where it names none.

    Raises:
        Invalid: there is no such region.
    """
    return region_named(name) if name else ""


def region_named(name: str) -> str:
    """Return a region by its name; the first one there is where the name is empty.

    Raises:
        Invalid: there is no such region.
    """
    regions = known_regions()
    if not name:
        return regions[0] if regions else ""
    if name not in regions:
        raise Invalid(
            "There is no such region.", field="region", remedy="GET /userstore/config/regions lists the regions."
        )
    return name
