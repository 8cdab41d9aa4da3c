"""What goes wrong with data."""


class DatasetError(RuntimeError):
    """Data that cannot be found, fetched or trusted; the message says what to do."""


class InvalidDataError(DatasetError):
    """Data that breaks a rule of the course; the message names the row and value."""
