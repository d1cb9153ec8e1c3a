"""The addresses that the bot listens at, under its own site."""

SLACK = "/slack/events"  # commands, buttons and events come to one address
INSTALL = "/slack/install"
INSTALLED = "/slack/oauth_redirect"
ALIVE = "/healthz"
READY = "/readyz"
METRICS = "/metrics"
