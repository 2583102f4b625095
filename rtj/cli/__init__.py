"""The command line: argv -> text and an exit code. The only room that prints."""
