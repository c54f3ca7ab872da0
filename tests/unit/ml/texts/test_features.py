from __future__ import annotations

import numpy as np

from ml.texts.features import MAX_CHARACTERS, ngram_matrix, normalised


def test_a_long_text_is_cut() -> None:
    assert len(normalised("word " * 20_000)) <= MAX_CHARACTERS


def test_addresses_digits_and_stretched_letters_make_no_difference() -> None:
    one = normalised("Sooooo BAD, see https://a.example/1?x=2 or mail me@a.example, order 123")
    other = normalised("sooo bad, see https://b.example/77 or mail you@b.example, order 987")
    assert one == other


def test_the_features_of_a_text_do_not_depend_on_the_texts_beside_it() -> None:
    alone = ngram_matrix(["很差 very bad"]).toarray()
    beside = ngram_matrix(["", "first", "很差 very bad", "last"]).toarray()
    np.testing.assert_array_equal(alone[0], beside[2])
    assert beside[0].sum() == 0


def test_rows_have_length_one_and_a_repeated_word_counts_once() -> None:
    once, twice = ngram_matrix(["a bad bad b", "a bad bad bad b"]).toarray()

    np.testing.assert_allclose(np.linalg.norm([once, twice], axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(once, twice)
