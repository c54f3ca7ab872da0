"""Text models that the tests of this folder share, each trained once."""

from __future__ import annotations

import pytest

from ml.texts.model import TextModel
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.planted_texts import DAY, text_rows, to_learn


@pytest.fixture(scope="session")
def training() -> TextTraining:
    return train_texts(to_learn(text_rows(600)), DAY)


@pytest.fixture(scope="session")
def lexicon() -> TextModel:
    """The model of a company without ratings."""
    return train_texts(to_learn([]), DAY).model
