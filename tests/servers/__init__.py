"""Real servers that tests start themselves, and skip with a reason when they cannot be had."""
