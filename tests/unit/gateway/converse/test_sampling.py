import pytest
from gateway.converse.reasoning import Reasoning
from gateway.converse.sampling import Sampling
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of

ALL = Sampling(max_tokens=10, temperature=0.5, top_p=0.25, top_k=5, stop_sequences=["a", "", " "])


def inference(traits, asked, **members):
    return body_of(traits, sampling=asked, **members).get("inferenceConfig", {})


def test_nothing_asked_sends_nothing():
    assert "inferenceConfig" not in body_of(ModelTraits(), sampling=Sampling())


def test_what_was_asked_is_sent_but_for_stop_sequences_that_are_refused():
    assert inference(ModelTraits(), ALL) == {
        "maxTokens": 10,
        "temperature": 0.5,
        "topP": 0.25,
        "stopSequences": ["a"],
    }


@pytest.mark.parametrize(("asked", "sent"), [(0, 0), (1, 1), (1.5, 1.0), (2, 1.0)])
def test_a_temperature_above_bedrocks_highest_is_brought_down_to_it(asked, sent):
    assert inference(ModelTraits(), Sampling(temperature=asked)) == {"temperature": sent}


def test_a_model_with_fixed_sampling_is_told_none():
    assert inference(ModelTraits(sampling="fixed", stop_sequences=False), ALL) == {"maxTokens": 10}


def test_a_model_that_takes_one_of_both_gets_the_temperature():
    traits = ModelTraits(sampling="one_of")
    assert inference(traits, Sampling(temperature=0.5, top_p=0.25)) == {"temperature": 0.5}
    assert inference(traits, Sampling(top_p=0.25)) == {"topP": 0.25}


def test_claude_is_told_no_sampling_while_it_reasons():
    traits = ModelTraits(reasoning="adaptive")
    body = body_of(traits, sampling=ALL, reasoning=Reasoning("low"))
    assert body["inferenceConfig"] == {"maxTokens": 10, "stopSequences": ["a"]}
    assert "top_k" not in body["additionalModelRequestFields"]


def test_a_limit_below_a_models_least_is_raised_to_it():
    assert inference(ModelTraits(fewest_tokens=16), Sampling(max_tokens=1)) == {"maxTokens": 16}


@pytest.mark.parametrize(
    ("path", "expected"),
    [(("top_k",), {"top_k": 5}), (("inferenceConfig", "topK"), {"inferenceConfig": {"topK": 5}}), ((), None)],
)
def test_top_k_goes_where_the_model_has_it(path, expected):
    assert body_of(ModelTraits(top_k=path), sampling=ALL).get("additionalModelRequestFields") == expected
