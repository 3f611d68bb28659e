"""How long what is kept: durations, the schedule of an environment, holds, and what becomes of what ends."""
