"""The scheduler: when, never what.

``cadence`` answers, from a last time and an interval, whether something is due; pure functions over aware UTC
datetimes. ``ticker`` calls one function again and again until it is told to stop; it keeps nothing on disk, so a missed
night makes the next one longer and nothing else. The only door to APScheduler, and it knows nothing of the archive.
"""
