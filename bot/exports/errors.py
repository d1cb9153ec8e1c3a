"""What can go wrong in an export, and what to do about it."""


class ExportError(Exception):
    """The claims cannot be written so; `str(error)` says why and what to do."""
