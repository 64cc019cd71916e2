"""The oracle: what became of every acknowledged complaint, by what can be seen from outside.

It imports nothing of `services/` or `shared/`: it knows topics, JSON, HTTP and collections by
their names, as they are written down for institutions and operators.
"""
