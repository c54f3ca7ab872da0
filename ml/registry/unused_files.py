"""Files of models that no day uses any more; registry, metrics and model card stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from ml.registry.version_index import MODEL_FOLDER, Version, VersionIndex


def unused_folders(index: VersionIndex, artifacts: Path, first: date) -> list[Path]:
    """Folders of the models that no day from `first` on uses, of all registered models.

    Args:
        index: the versions.
        artifacts: the folder of all models' artefacts.
        first: the first day whose rows are kept.
    """
    return [
        folder
        for model in index.models("")
        for version in unused(index.versions(model), first)
        for folder in _folders(artifacts.resolve() / version.files)
        if folder.is_dir()
    ]


def unused(versions: Sequence[Version], first: date) -> list[Version]:
    """The versions of a model that no day from `first` on uses, nor a rollback on that day.

    A day uses the latest version or the latest promoted one up to it, and a rollback restores the
    promoted version before. A version that is not judged yet stays.

    Args:
        versions: of one registered model, in the order of their dates.
        first: the first day whose rows are kept.
    """
    until_first = [each for each in versions if date.fromisoformat(each.as_of) <= first]
    promoted = [each for each in until_first if each.is_promoted]
    needed = {*until_first[-1:], *promoted[-2:]}
    return [each for each in until_first if each.is_judged and each not in needed]


def _folders(files: Path) -> Iterator[Path]:
    """The folder `model` of the version's run, with everything that MLflow stored of the model."""
    yield from (parent for parent in (files, *files.parents) if parent.name == MODEL_FOLDER)
