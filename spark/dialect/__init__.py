"""Translation of the models' compiled SQL from DuckDB's dialect to Apache Spark's."""

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.translation import to_spark

__all__ = ["UnsupportedConstructError", "to_spark"]
