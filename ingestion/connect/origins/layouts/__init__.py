"""Layout of a file's table: delimiter and encoding of a CSV file, sheet and header of a workbook.

Reading the rows does not belong here (`ingestion/files/formats/`).
"""
