"""What can go wrong with data."""

from coursekit.errors import DataError as DataError


class Trouble(Exception):
    """Why a data set could not be made.

    Attributes
    ----------
    reason : str
        What went wrong.
    remedy : str
        What to do before the next attempt: the beginning of a sentence.
    """

    def __init__(self, reason, remedy):
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy
