"""The league of institutions: counted on demand, shown as a page, JSON and CSV."""
