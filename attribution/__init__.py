"""What an attribution is: pure reading, naming, asking and deciding. No IO, no clock, no Slack, no SQL."""
