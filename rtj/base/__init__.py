"""What every room may use: spans, diagnostics, errors, time, canonical form. Imports nothing of rtj."""
