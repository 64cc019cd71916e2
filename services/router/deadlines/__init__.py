"""Has deadlines of open cases fire: when each is next due, and the scheduler that says so."""
