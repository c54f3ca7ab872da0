"""Demo company: generated exports of three systems without common ids, and the planted truth.

Knows nothing of the pipeline and does not read its configuration.
"""

from demo.generator import GenerationReport, generate

__all__ = ["GenerationReport", "generate"]
