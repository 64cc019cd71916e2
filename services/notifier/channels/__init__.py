"""The ways out: webhook, e-mail and SMS; whatever goes wrong comes back as a reply."""
