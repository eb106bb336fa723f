"""Scripts of the pages: they stand in the page, and the page's own policy allows no other."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import NamedTuple

from markupsafe import Markup


class Script(NamedTuple):
    """A script and the policy that lets it run.

    Attributes:
        text: the script, to stand between the tags as it is.
        policy: a content security policy under which nothing is fetched, and no other script
            runs, whatever a model answered.
    """

    text: Markup
    policy: Markup


def script(name: str) -> Script:
    """A script of ours, by the name of its file in ``templates/``."""
    text = (files(__package__) / "templates" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return Script(Markup(text), Markup(policy))
