"""Answers are cut from a stream at the right place, wherever the network divides it."""

import pytest

from benchmarks.load.http import cut_answer, request

ANSWER = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 5\r\nETag: y\r\n\r\nhello"


def test_an_answer_is_whole_with_its_last_byte():
    assert [cut_answer(ANSWER[:n]) for n in range(len(ANSWER))] == [None] * len(ANSWER)
    status, _, body = cut_answer(ANSWER) or (0, b"", b"")
    assert (status, body) == (200, b"hello")


def test_an_unchanged_answer_has_no_body():
    assert cut_answer(b"HTTP/1.1 304 Not Modified\r\nETag: y\r\n\r\n") is not None


def test_an_answer_of_no_known_length_is_refused():
    with pytest.raises(ValueError, match="Content-Length"):
        cut_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_question_says_how_long_it_is():
    asked = request("POST", "/x/", body={"a": 1})
    assert b"Content-Length: 8\r\n" in asked
    assert asked.endswith(b'\r\n\r\n{"a": 1}')
