"""The story and its faces: jobs, commands, terminal and Slack."""
