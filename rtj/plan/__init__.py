"""Two versions of a project -> what is different, for whom, and what it does to people inside."""
