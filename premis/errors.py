"""The one exception of this package for documents; a caller's mistake is a plain ValueError."""


class PremisError(ValueError):
    """A document cannot be read as the PREMIS 3.0 or METS it should be.

    ``line`` is the line in the document, counted from 1, or None where no line is known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        """Say what is wrong and, when known, on which line."""
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line
