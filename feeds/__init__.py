"""The outside world: feeds and pages, fetched politely and turned into posts."""
