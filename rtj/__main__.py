"""`python -m rtj`."""

from rtj.cli.main import main

if __name__ == "__main__":
    main()
