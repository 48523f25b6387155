"""One keyed call and its answer, as long as it is open which answer that will be."""

from dataclasses import dataclass, field
from http import HTTPStatus

from mlflow_ha_server.asgi import Message, Receive, Scope, Send
from mlflow_ha_server.idempotency_claim import Claim, State
from mlflow_ha_server.idempotency_keys import KeyedRequest
from mlflow_ha_server.idempotency_records import LARGEST_BODY, Answer

_NOT_ALLOWED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True)
class Call:
    """What came from the client, kept so that MLflow can be given it twice."""

    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    request: KeyedRequest
    key: str

    def again(self, reply: "Reply") -> tuple[Scope, Receive, Send]:
        """Return what an application is called with; it may be done more than once."""
        rest = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive() -> Message:
            return rest.pop() if rest else await self.receive()

        # Routers write into the scope.
        return dict(self.scope), receive, reply.send


@dataclass
class Reply:
    """Passes an answer on and copies it, or holds it back if another may be due."""

    forward: Send
    claim: Claim
    held: list[Message] = field(default_factory=list)
    _start: Message | None = None
    _body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        """Take one message from the application."""
        if message["type"] == "http.response.start":
            self._start = message
        if self.held or self._is_to_be_held():
            self.held.append(message)
            return
        if len(self._body) <= LARGEST_BODY:
            self._body += message.get("body", b"")
        await self.forward(message)

    def _is_to_be_held(self) -> bool:
        match self.claim.state:
            case State.TAKEN | State.BUSY | State.SECOND:
                return True
            case State.OPEN | State.SENT:
                # What a repetition meets: the name is taken, the version moved on.
                status = self._start["status"] if self._start else HTTPStatus.OK
                return (
                    HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
                    and status not in _NOT_ALLOWED
                )
        return False

    async def release(self) -> None:
        """Pass on what was held."""
        for message in self.held:
            await self.forward(message)

    def answer(self) -> Answer | None:
        """Return a success that is small enough to be kept."""
        if self._start is None or self._start["status"] >= HTTPStatus.MULTIPLE_CHOICES:
            return None
        if len(self._body) > LARGEST_BODY:
            return None
        headers = {k.lower(): v for k, v in self._start.get("headers", ())}
        kind = headers.get(b"content-type", b"application/json").decode("latin-1")
        return Answer(self._start["status"], kind, bytes(self._body))


async def whole(receive: Receive) -> bytes | None:
    """Return the request's body; None if the client has left."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
