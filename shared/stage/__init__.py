"""The stage: how every service works through its topics."""
