from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passerelle.store.documents import from_document, read_json, to_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class FakePapers:
    """Documents pass through JSON, as they do on the way to S3: tuples come back as lists."""

    def __init__(self, documents: Mapping[str, Mapping[str, object]] | None = None) -> None:
        self._kept: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        for key, document in (documents or {}).items():
            self.put(key, document)

    def keep(self, key: str, document: Any) -> None:
        self.put(key, to_document(document))

    def load(self, kind: type[Any], key: str) -> Any:
        found = self.get(key)
        return None if found is None else from_document(kind, found, key)

    def put(self, key: str, document: Mapping[str, object]) -> None:
        self.put_json(key, json.dumps(document))

    def put_json(self, key: str, text: str) -> None:
        self._kept[key] = text

    def put_text(self, key: str, text: str, kind: str) -> None:
        """`papers.texts[key]` is the text."""
        self.texts[key] = text

    def get(self, key: str) -> Mapping[str, object] | None:
        return self[key] if key in self._kept else None

    def get_text(self, key: str) -> str | None:
        return self.texts.get(key)

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __getitem__(self, key: str) -> Mapping[str, object]:
        return read_json(self._kept[key], key)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._kept))

    def __len__(self) -> int:
        return len(self._kept)
