"""One layout for journeys in both spellings, and the way from one spelling to the other."""
