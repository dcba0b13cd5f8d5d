"""The endpoint beside the official client: both ask a decoder that runs here, and read the same answers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("transformers", reason="a tiny decoder is made with the extra `train`")

import openai

from docassay.models.fallback.chat import body
from docassay.models.fallback.endpoint import Endpoint
from docassay.models.fallback.model import REFUSED, Answer, Limits, Meter, Question, Settings
from tests.decoder_server import DecoderServer, decoder_server
from tests.models.adopt.families import FAMILIES, build

pytestmark = pytest.mark.training

SINGLE = Question("note_section", "single", ("plan", "history", "none"), (("plan", "What is to be done."),))
MULTI = Question("clause_type", "multi", ("audit_rights", "anti_assignment", "cap"))
TEXTS = (
    "The licensee may not assign this agreement.",
    "Come back in a week.",
    "Grüße, 日本 “x”\n\nEnd of passage",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DecoderServer]:
    from docassay.models.adopt.generators import adopt

    root = tmp_path_factory.mktemp("decoder")
    folder = adopt(build(FAMILIES["qwen-2.5"], root / "tiny-qwen"), root / "models").folder
    with decoder_server(folder) as state:
        yield state


def ours(server: DecoderServer, name: str, text: str, question: Question) -> Answer:
    limits = Limits(timeout=60)
    asked = Endpoint(Settings("endpoint", server.address, name, 0.5, limits=limits), Meter(limits))
    (answer,) = asked.answer([text], question, question.labels)
    return answer


def official(server: DecoderServer, name: str, text: str, question: Question) -> Any:
    with openai.OpenAI(base_url=server.address, api_key="none", max_retries=0) as client:
        return client.chat.completions.create(**json.loads(body(name, text, question, question.labels, 0)))


@pytest.mark.parametrize("text", TEXTS)
def test_both_send_the_same_and_read_the_same_label(server: DecoderServer, text: str) -> None:
    answer, completion = ours(server, "tiny", text, SINGLE), official(server, "tiny", text, SINGLE)
    assert server.requests[-1] == server.requests[-2]
    choice = completion.choices[0]
    label = json.loads(choice.message.content)["label"]
    assert max(answer.probabilities, key=answer.probabilities.__getitem__) == label
    (of_label,) = [one.logprob for one in choice.logprobs.content if one.token == label]
    assert answer.probabilities[label] == pytest.approx(math.exp(of_label), abs=1e-4)
    assert completion.usage.prompt_tokens > 0 and answer.reason is None


def test_both_read_the_same_answers_to_several_labels(server: DecoderServer) -> None:
    answer, completion = ours(server, "tiny", TEXTS[0], MULTI), official(server, "tiny", TEXTS[0], MULTI)
    assert server.requests[-1] == server.requests[-2]
    said = json.loads(completion.choices[0].message.content)
    assert {label for label, value in said.items() if value == "yes"} == {
        label for label, probability in answer.probabilities.items() if probability > 0.5
    }


def test_a_model_that_the_server_does_not_have(server: DecoderServer) -> None:
    assert ours(server, "other", TEXTS[0], SINGLE).reason == REFUSED
    with pytest.raises(openai.NotFoundError):
        official(server, "other", TEXTS[0], SINGLE)
