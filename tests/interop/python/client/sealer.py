"""The process that seals and opens (tests/interop/sealer.mjs)."""

import base64
import json
import subprocess


class Sealer:
    def __init__(self, script: str, package: str):
        command = ["node", script, package]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)

    def identity(self) -> tuple[str, str]:
        """A new identity and its recipient."""
        answer = self.ask({"verb": "identity"})
        return answer["identity"], answer["recipient"]

    def seal(self, recipients: list[str], plain: bytes) -> bytes:
        return self.convert(plain, verb="seal", recipients=recipients)

    def open(self, identity: str, sealed: bytes) -> bytes:
        return self.convert(sealed, verb="open", identity=identity)

    def seal_under(self, key: bytes, plain: bytes) -> bytes:
        return self.convert(plain, verb="seal-under", key=base64.b64encode(key).decode())

    def open_under(self, key: bytes, sealed: bytes) -> bytes:
        return self.convert(sealed, verb="open-under", key=base64.b64encode(key).decode())

    def convert(self, raw: bytes, **question) -> bytes:
        answer = self.ask({**question, "bytes": base64.b64encode(raw).decode()})
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return base64.b64decode(answer["bytes"])

    def ask(self, question: dict) -> dict:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
