"""A manifest as JSON, for its place in S3 and for `passerelle mbz inspect --json`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from passerelle.domain.backups.manifest import (
    Activity,
    Container,
    Files,
    Group,
    Inspection,
    Manifest,
    OldLink,
    Origin,
    PersonalTrace,
    Reason,
    Section,
    Why,
)


def manifest_to_dict(manifest: Manifest) -> dict[str, Any]:
    data = asdict(manifest)
    data["container"] = manifest.container.value
    data["backup_date"] = manifest.backup_date.isoformat()
    for key in ("startdate", "enddate"):
        date: datetime | None = data["origin"][key]
        data["origin"][key] = None if date is None else date.isoformat()
    data["files"]["largest"] = [{"name": name, "bytes": size} for name, size in manifest.files.largest]
    data["files"]["by_mimetype"] = {
        kind: {"count": count, "bytes": size} for kind, (count, size) in manifest.files.by_mimetype.items()
    }
    return data


def manifest_from_dict(data: dict[str, Any]) -> Manifest:
    """Raises KeyError, TypeError or ValueError where `data` is not what `manifest_to_dict` gave."""
    origin = dict(data["origin"])
    for key in ("startdate", "enddate"):
        origin[key] = None if origin[key] is None else datetime.fromisoformat(origin[key])
    files = data["files"]
    return Manifest(
        **{
            **data,
            "container": Container(data["container"]),
            "backup_date": datetime.fromisoformat(data["backup_date"]),
            "origin": Origin(**origin),
            "settings": dict(data["settings"]),
            "sections": tuple(Section(**row) for row in data["sections"]),
            "activities": tuple(Activity(**row) for row in data["activities"]),
            "plugins": tuple(data["plugins"]),
            "groups": tuple(Group(**row) for row in data["groups"]),
            "files": Files(
                files["count"],
                files["total_bytes"],
                tuple((row["name"], row["bytes"]) for row in files["largest"]),
                {kind: (row["count"], row["bytes"]) for kind, row in files["by_mimetype"].items()},
            ),
            "people_evidence": tuple(data["people_evidence"]),
            "traces": tuple(PersonalTrace(**row) for row in data["traces"]),
            "old_links": tuple(OldLink(**row) for row in data["old_links"]),
        }
    )


def inspection_to_dict(inspection: Inspection) -> dict[str, Any]:
    return {
        "accepted": inspection.accepted,
        "reasons": [
            {"code": reason.code.value, "message": reason.message, "member": reason.member}
            for reason in inspection.reasons
        ],
        "manifest": None if inspection.manifest is None else manifest_to_dict(inspection.manifest),
    }


def inspection_from_dict(data: dict[str, Any]) -> Inspection:
    return Inspection(
        accepted=bool(data["accepted"]),
        reasons=tuple(Reason(Why(row["code"]), row["message"], row["member"]) for row in data["reasons"]),
        manifest=None if data["manifest"] is None else manifest_from_dict(data["manifest"]),
    )
