"""The league as a page for people: made here, works without scripts, prints."""
