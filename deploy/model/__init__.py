"""The category model: from labelled or made-up texts to one file that the router reads."""
