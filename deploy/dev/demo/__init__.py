"""The demonstration: a generated feed through a whole local stack, judged from outside."""
