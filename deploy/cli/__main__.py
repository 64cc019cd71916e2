"""`python -m deploy.cli` is `salur`, for where the script is not on the path."""

from deploy.cli import main

if __name__ == "__main__":
    main()
