"""Who did what with what is kept of persons, in chains that show every change."""
