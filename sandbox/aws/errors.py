"""What the services of the cloud refuse."""


class Refused(Exception):
    """An error of a service, which each protocol writes in its own way.

    Attributes:
        code: By the name that the service's API reference has for it.
        message: In the service's words.
        status: Of HTTP, where the service's model does not say it.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
