"""Time zones as the package tzdata has them: the same on every host, whatever its system knows. The version of the package stands
in the header of a trace, so a trace must come of it and of nothing else."""

from __future__ import annotations

import zoneinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

__all__ = ["ZoneInfo", "ZoneInfoNotFoundError", "available_timezones", "is_zone"]

zoneinfo.reset_tzpath(to=())  # the database of the system comes first else


def is_zone(name: str) -> bool:
    """Is this the name of a zone in the database of time zones?"""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
