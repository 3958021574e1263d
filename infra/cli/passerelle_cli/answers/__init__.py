"""What `--json` prints, a module for each group of commands: the shapes that `passerelle schema` prints.

Days and moments are ISO 8601, amounts whole minor units (cents), sizes bytes; states and codes stay as the
table keeps them, and what is a sentence is in the reader's language. A field may be added, and none changes
its meaning or goes away within a release.
"""
