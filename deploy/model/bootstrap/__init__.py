"""The classifier before there is any history: learned from complaints that are made up here."""
