"""Pictures in Dagster's metadata: PNG bytes as Markdown that the UI shows."""

from __future__ import annotations

from base64 import b64encode

import dagster as dg


def as_markdown(png: bytes) -> dg.MarkdownMetadataValue:
    """The picture itself, in the text."""
    return dg.MetadataValue.md(f"![](data:image/png;base64,{b64encode(png).decode()})")
