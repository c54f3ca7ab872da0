from __future__ import annotations

import dagster as dg
import pytest

from orchestration.translator import LayerTranslator, owner_name

MODEL = {
    "resource_type": "model",
    "schema": "marts",
    "name": "dim_customers",
    "fqn": ["holdfast", "marts", "dim_customers"],
    "description": "One row a customer.",
}
STAGING = {**MODEL, "schema": "staging", "fqn": ["holdfast", "staging", "shop", "stg_shop__orders"]}
SEED = {**MODEL, "resource_type": "seed", "schema": "seeds", "fqn": ["holdfast", "catalogue"]}
SOURCE = {**MODEL, "resource_type": "source", "schema": "raw_shop", "name": "orders"}


@pytest.fixture
def translator() -> LayerTranslator:
    return LayerTranslator("data-team@example.com")


def test_a_key_is_schema_and_name_for_models_and_sources(translator: LayerTranslator) -> None:
    assert translator.get_asset_key(MODEL) == dg.AssetKey(["marts", "dim_customers"])
    assert translator.get_asset_key(SOURCE) == dg.AssetKey(["raw_shop", "orders"])


def test_the_group_is_the_first_folder_whatever_folders_are_below_it(
    translator: LayerTranslator,
) -> None:
    assert translator.get_group_name(MODEL) == "marts"
    assert translator.get_group_name(STAGING) == "staging"
    assert translator.get_group_name(SEED) == "seeds"


def test_the_description_is_the_models_own_without_its_sql(translator: LayerTranslator) -> None:
    assert translator.get_description(MODEL) == "One row a customer."


def test_an_owner_without_an_address_is_a_team() -> None:
    assert owner_name("data-team@example.com") == "data-team@example.com"
    assert owner_name("analytics") == "team:analytics"
    assert owner_name("team:analytics") == "team:analytics"
