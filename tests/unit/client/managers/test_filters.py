"""Searches end with the last page, and a value is searched for as it is."""

from typing import Any

import pytest
from mlflow_ha.managers.filters import alike, all_pages, equals


class Page(list[int]):
    def __init__(self, found: list[int], token: str | None) -> None:
        super().__init__(found)
        self.token = token


def test_every_page_is_asked_for_once_with_the_token_of_the_one_before() -> None:
    pages = {None: Page([1, 2], "a"), "a": Page([], "b"), "b": Page([3], "")}
    asked: list[Any] = []

    def search(token: str | None) -> Page:
        asked.append(token)
        return pages[token]

    assert list(all_pages(search)) == [1, 2, 3]
    assert asked == [None, "a", "b"]


def test_a_value_is_quoted_with_what_it_does_not_hold() -> None:
    assert equals("name", "plain") == "name = 'plain'"
    assert equals("name", "it's") == 'name = "it\'s"'
    assert alike("tags.t", "msg-ai") == "tags.t ILIKE 'msg-ai'"
    with pytest.raises(ValueError, match="MLflow cannot search for"):
        equals("name", 'it\'s a "name"')
