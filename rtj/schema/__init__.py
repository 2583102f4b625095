"""What may be written in each kind of file, as JSON Schemas for editors."""
