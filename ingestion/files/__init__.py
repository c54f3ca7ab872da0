"""Files from a folder or an object store: listing, fingerprints and the load of each new file.

The parsing of one file does not belong here (`ingestion/files/formats/`).
"""
