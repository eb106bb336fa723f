"""From an HTTP answer of a server of OpenAI's protocol to a reply in our words."""

from __future__ import annotations

import time

from ..dispatch.provider import Retryable, WrongProtocol
from ..meaning import waits
from ..meaning.body import CutShort, glimpse, read_body, unwrapped
from ..meaning.complaint import Complaint, is_error, read, read_json
from ..meaning.said import Teller, settle
from ..meaning.verdict import Asked, instead_of_json, is_known
from ..protocol import Reply, Request
from .client import Answer
from .stream import is_chunked, put_together
from .wire import Endpoint, Json


class Reader:
    """Reads what one server answers, and says once what is odd about it.

    Attributes:
        resume_at: the monotonic time before which its headers ask for silence; 0 if never.
    """

    def __init__(self, asked: Asked) -> None:
        self.resume_at = 0.0
        self._asked = asked
        self._teller = Teller(asked)
        self._answered = False  # in this protocol

    def reply(self, answer: Answer, endpoint: Endpoint, request: Request) -> Reply | Complaint:
        """The reply in an answer with a status below 400, or the error that it holds.

        Raises:
            Empty: there is no text, and no reason for its absence.
            WrongProtocol: it is not an answer of this protocol.
            Retryable: it is cut short, or the server broke off.
        """
        if wait := waits.rest_s(answer.headers):
            self.resume_at = time.monotonic() + wait
        body = self.json(answer)
        if complaint := self.complaint(body):
            return complaint
        oddities: list[str] = []
        try:
            said = endpoint.parse(body, oddities)
        except LookupError as error:
            # An answer of this protocol with nothing in it is a fault like any other.
            if is_known(instead := read_json(body, None)):
                return instead
            what = f"the server's answer has {error}: {glimpse(answer.content)}"
            if self._answered or {"id", "object", "usage"} & body.keys():
                raise Retryable(what) from None
            raise WrongProtocol(
                f"{what}; is {self._asked.base_url} {self._asked.protocol}?"
            ) from None
        self._answered = True
        self._teller.odd_fields(oddities)
        if said.error:
            return read_json({"error": said.error}, None)
        return settle(said, request, self._teller)

    def json(self, answer: Answer) -> Json:
        """The JSON object of an answer, put together where it was streamed.

        Raises:
            WrongProtocol: it is a web page.
            Retryable: it is not JSON, or cut short.
        """
        content_type = answer.headers.get("content-type", "")
        try:
            found = read_body(answer.content, content_type)
            body = put_together(found) if is_chunked(found) else found.chunks
        except CutShort as error:
            raise Retryable(f"the server's answer is cut short: {error}") from None
        except ValueError:
            if "html" in content_type or answer.content.lstrip()[:1] == b"<":
                words = read(answer.content, None).text.removeprefix("a web page: ")[:120]
                raise WrongProtocol(
                    f"{self._asked.base_url} answers with a web page: {words}; not such a server"
                ) from None
            return instead_of_json(answer.content)
        if isinstance(body, list) and (len(body) == 1 or body is found.values):
            body = body[0]  # alone, or with something behind it
        body = unwrapped(body, ("choices", "output"))
        if isinstance(body, (str, list)):
            return {"error": body}
        return body if isinstance(body, dict) else {}

    @staticmethod
    def complaint(body: Json) -> Complaint | None:
        """The error that a body with status 200 holds, if it does."""
        return read_json(body, None) if is_error(body) else None
