"""Listening for a server's answer to a logon."""

from __future__ import annotations

from dataclasses import dataclass

from decoders import pipes, smb1, smb2
from decoders.carrier import Answer, Listen
from decoders.limits import CONTEXT_BYTES
from decoders.messages import Found


@dataclass(slots=True)
class Hearing:
    """An answer that is to come in one direction of a stream."""

    carrier: str
    listen: Listen
    start: int
    "Stream offset (bytes) from which on the answer may come."
    needed: int = 1
    is_beyond: bool = False
    "Whether it was given up for its length."

    @property
    def in_pipe(self) -> bool:
        """Whether it comes in SMB messages, a fragment of the pipe's in each."""
        return self.carrier in (smb1.NAME, smb2.NAME)

    def hear_pipe(self, data: bytes) -> list[Found]:
        """Judge the SMB messages of one frame, or the front of one."""
        answer = pipes.answer(data, self.listen)
        return [self._found(answer)] if answer else []

    def hear(self, data: bytes, final: bool) -> tuple[list[Found], bool]:
        """Judge what was said since; tell also whether that was all to be heard."""
        if len(data) < min(self.needed, CONTEXT_BYTES + 1) and not final:
            return [], False
        heard = data[:CONTEXT_BYTES]  # however much comes at once
        answer = self.listen(heard, final and heard == data)
        if isinstance(answer, Answer):
            return [self._found(answer)], True
        if answer is None:
            return [], True
        self.needed = answer.size
        self.is_beyond = len(data) > CONTEXT_BYTES
        return [], self.is_beyond

    def _found(self, answer: Answer) -> Found:
        return Found(
            carrier=self.carrier,
            message=answer,
            start=self.start,
            length=0,
            matched=b"",
            sample=b"",
            from_client=False,
            confidence="header",
        )
