"""`salur doctor`: looks at a running installation, names what is wrong, and says what to do.

It changes nothing. What it cannot see with the rights it has, it says too.
"""
