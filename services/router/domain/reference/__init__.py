"""The tables that officials keep, read strictly: institutions and categories."""
