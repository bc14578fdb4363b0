"""What goes wrong in a way the operator can mend."""


class DevstackError(Exception):
    """A refusal or failure; the text says what happened and what to type next."""
