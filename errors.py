"""What can go wrong, drawn as a tree.

SnellenError
├── InputError        the user can fix it: one line, exit code 2
│   └── ModelRefused  the provider will never answer: wrong key, unknown model
├── RequestsFailed    requests failed for good, and no score can be given without them
└── StoreError        what is kept cannot be trusted or written: corrupt journal, full disk
"""


class SnellenError(Exception):
    """The base of every error that the command line shows as one line, without a traceback."""


class InputError(SnellenError):
    """Bad input. The message says what, where, and how to fix it, in one line."""


class ModelRefused(InputError):
    """No request to this model can succeed: the key is wrong, or the model does not exist."""


class RequestsFailed(SnellenError):
    """Requests failed for good, and no score can be given without them; the rest is kept."""


class StoreError(SnellenError):
    """The run directory cannot be read or written: a corrupt journal, a full disk."""
