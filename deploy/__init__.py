"""Every way to run Salur: the command line, the local stack, charts, rules and dashboards."""
