"""What a monitoring team installs: the metrics' contract, rules, alerts, dashboards, examples."""
