"""Translation of the models' compiled SQL from DuckDB's dialect to Apache Spark's.

It works on syntax trees and types. It does not run Spark and needs no function registered in it.
"""

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.translation import to_spark

__all__ = ["UnsupportedConstructError", "to_spark"]
