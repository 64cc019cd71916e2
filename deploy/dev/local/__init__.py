"""Starts the programs Salur talks to as plain child processes: no containers, loopback only."""
