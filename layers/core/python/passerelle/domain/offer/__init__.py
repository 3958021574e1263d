"""The night's rules: what the sources say becomes what Moodle should hold (infra/docs/extracts.md)."""
