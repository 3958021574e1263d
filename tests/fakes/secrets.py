from __future__ import annotations

from passerelle.errors import NotFound


class FakeSecrets:
    """`secrets["/passerelle/tokens/caen"]` is what was put there."""

    def __init__(self, held: dict[str, str] | None = None) -> None:
        self._held = dict(held or {})

    def get(self, name: str) -> str:
        if name not in self._held:
            raise NotFound("secret_missing", name=name)
        return self._held[name]

    def put(self, name: str, value: str) -> None:
        self._held[name] = value

    def delete(self, name: str) -> None:
        self._held.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def __getitem__(self, name: str) -> str:
        return self._held[name]
