"""The command line `salur`: thin commands over what `deploy` can do, one module per group."""

from deploy.cli.app import app


def main() -> None:
    """Run the command that the arguments name; the process ends with its exit code."""
    app()
