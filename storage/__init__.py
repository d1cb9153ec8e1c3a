"""The database: plain functions whose first argument is the connection."""
