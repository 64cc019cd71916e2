"""Who may do what on Kafka: planned as data, applied to a cluster, or rendered for Strimzi.

Every institution has its own two topics, its own user and its own limits; every service has the
least that its work needs. Nothing is deleted unless a command says so.
"""
