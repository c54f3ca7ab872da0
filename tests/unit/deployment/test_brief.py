from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from deployment.config import DeploymentConfig
from deployment.project import CONFIG

LEAST = {"host": "smtp.example.com", "sender": "a@example.com", "recipients": ["b@example.com"]}


def test_the_language_of_the_mail_is_one_of_the_catalogues() -> None:
    settings = yaml.safe_load((CONFIG / "demo.yml").read_text(encoding="utf-8"))
    settings["brief"] = {"mail": {**LEAST, "language": "fr"}}
    with pytest.raises(ValidationError, match=r"brief\.mail\.language: expected one of en, zh"):
        DeploymentConfig.model_validate(settings)
