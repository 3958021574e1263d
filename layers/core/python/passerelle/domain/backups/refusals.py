"""Why an archive is refused, one by one. `passerelle.words.archives` says each in French and English."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.backups.manifest import Why

REFUSALS: Mapping[str, Why] = {
    # --- no backup of a course ---
    "not_an_archive": Why.NOT_A_BACKUP,
    "no_tar_inside": Why.NOT_A_BACKUP,
    "foreign_tar": Why.NOT_A_BACKUP,
    "no_moodle_backup": Why.NOT_A_BACKUP,
    "moodle_1_backup": Why.NOT_A_BACKUP,
    "common_cartridge": Why.NOT_A_BACKUP,
    "packed_in_a_folder": Why.NOT_A_BACKUP,
    "archive_in_archive": Why.NOT_A_BACKUP,
    "other_format": Why.NOT_A_BACKUP,
    "part_of_a_course": Why.NOT_A_COURSE,
    # --- people ---
    "users_inside": Why.PEOPLE_INSIDE,
    "activity_writes_people": Why.PEOPLE_INSIDE,
    # --- not whole ---
    "cut": Why.TRUNCATED,
    "cut_before_contents": Why.TRUNCATED,
    "promised_by_index": Why.TRUNCATED,
    "part_missing": Why.TRUNCATED,
    "activity_part_missing": Why.TRUNCATED,
    "files_off": Why.FILES_LEFT_OUT,
    "content_not_inside": Why.CONTENT_MISSING,
    "content_without_hash": Why.CONTENT_ALTERED,
    "content_of_other_size": Why.CONTENT_ALTERED,
    "content_of_other_hash": Why.CONTENT_ALTERED,
    "content_misnamed": Why.CONTENT_ALTERED,
    # --- damage ---
    "checksum": Why.DAMAGED,
    "bytes_outside": Why.DAMAGED,
    "header_damaged": Why.DAMAGED,
    "index_lies": Why.DAMAGED,
    "contents_damaged": Why.DAMAGED,
    "sizes_differ": Why.DAMAGED,
    "other_than_contents_say": Why.DAMAGED,
    # --- read otherwise by Moodle than by a first look ---
    "name_absolute": Why.UNSAFE_MEMBER,
    "name_absurd": Why.UNSAFE_MEMBER,
    "name_leaves_folder": Why.UNSAFE_MEMBER,
    "name_cleaned": Why.UNSAFE_MEMBER,
    "name_not_utf8": Why.UNSAFE_MEMBER,
    "name_after_nul": Why.UNSAFE_MEMBER,
    "name_hidden_in_fields": Why.UNSAFE_MEMBER,
    "name_in_unicode_field": Why.UNSAFE_MEMBER,
    "names_differ": Why.UNSAFE_MEMBER,
    "after_the_end": Why.UNSAFE_MEMBER,
    "extended_header": Why.UNSAFE_MEMBER,
    "size_unreadable": Why.UNSAFE_MEMBER,
    "link_or_device": Why.UNSAFE_MEMBER,
    "kind_unknown": Why.UNSAFE_MEMBER,
    "folder_with_content": Why.UNSAFE_MEMBER,
    "encrypted": Why.UNSAFE_MEMBER,
    "method_unknown": Why.UNSAFE_MEMBER,
    "zip64_uncalled_for": Why.UNSAFE_MEMBER,
    "zip_comment": Why.UNSAFE_MEMBER,
    "two_tables_of_contents": Why.UNSAFE_MEMBER,
    "module_disagrees": Why.UNSAFE_MEMBER,
    "twice": Why.DUPLICATE_MEMBER,
    "twice_but_for_writing": Why.DUPLICATE_MEMBER,
    # --- asking too much ---
    "too_large": Why.TOO_LARGE,
    "unpacks_too_far": Why.OUT_OF_PROPORTION,
    "too_many_members": Why.OUT_OF_PROPORTION,
    "too_many_gzip_members": Why.OUT_OF_PROPORTION,
    "too_many_things": Why.OUT_OF_PROPORTION,
    "index_too_large": Why.OUT_OF_PROPORTION,
    "xml_too_large": Why.OUT_OF_PROPORTION,
    "value_too_large": Why.OUT_OF_PROPORTION,
    "members_overlap": Why.OUT_OF_PROPORTION,
    # --- XML ---
    "xml_broken": Why.BAD_XML,
    "xml_unreadable": Why.BAD_XML,
    "xml_encoding": Why.BAD_XML,
    "xml_not_scrubbable": Why.BAD_XML,
    "xml_entities": Why.UNSAFE_XML,
    "xml_too_deep": Why.UNSAFE_XML,
    # --- the target ---
    "newer_release": Why.NEWER_RELEASE,
}
