"""How many cores, disks and replicas a number of complaints takes, from what the bench measured."""
