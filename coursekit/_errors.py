"""What can go wrong with data."""


class DataError(Exception):
    """Trouble with a data file; the message ends with the next step to take."""


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
