"""Commands on the category model: train, evaluate, classify, bootstrap, export decisions."""
