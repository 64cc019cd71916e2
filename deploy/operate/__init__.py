"""What operators do to a running installation: no command line in here."""
