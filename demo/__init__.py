"""The demo company: three systems that do not know each other, and the truth behind them."""

from demo.generator import GenerationReport, generate

__all__ = ["GenerationReport", "generate"]
