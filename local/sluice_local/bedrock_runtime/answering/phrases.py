"""The emulator's own words. `{question}` is what was asked, shortened and in quotation marks."""

from collections.abc import Sequence

OPENINGS: Sequence[str] = (
    "{question} is one of those questions that look small from far away and large from close by.",
    "There are two honest ways to answer {question}: briefly, or with examples. I will try the first.",
    "Ask three people {question} and you will hear four answers; here is a fifth.",
    "Let us begin where most answers to {question} end: with what it is good for.",
    "A short answer to {question} comes first, and then the reasons why it is not quite enough.",
    "I have thought about {question} for several microseconds, which is a long time where I come from.",
    "Everybody asks {question} sooner or later, usually on a Friday afternoon.",
    "If {question} were a town, it would have one main street and a great many alleys.",
)

MIDDLES: Sequence[str] = (
    "Start with what you can see: everything leaves traces, and traces can be read in order.",
    "Most of what goes wrong goes wrong quietly, at the edges, where nobody thought to look.",
    "A good rule is to name the parts before moving them, and to move them one at a time.",
    "What has to be explained twice is rarely the listener's fault; it is the explanation that wants fixing.",
    "The useful question is not how a thing works on a good day, but what it does when a wire is pulled.",
    "Measure before you decide: the field is full of opinions that are older than the facts they were made for.",
    "Small steps win here. Each one should leave things a little better than before, and nothing half done.",
    "People who know the subject well tend to say less about it, and to say it with their hands.",
    "There is a fast way and a careful way, and the careful way is usually the faster of the two.",
    "It helps to keep a list of what you believe, and to cross things out with pleasure.",
    "Two things are easily confused: what was promised, and what has been seen to happen.",
    "When in doubt, draw it. A picture with three boxes and two arrows has ended many long meetings.",
)

CLOSINGS: Sequence[str] = (
    "None of this came from a real model: I am an emulator with a small vocabulary and a great deal of patience.",
    "That is all an emulator can honestly say. A real model would go on; I would rather stop here.",
    "Ask me again and you will get the very same answer, which is more than most can promise.",
    "If you need to know more, point the same request at Bedrock itself. Nothing else about it has to change.",
    "I made up the wisdom, but every frame of this stream has a true checksum.",
)

HAIKU: Sequence[str] = (
    "Frames cross the dark wire,\n{subject} rides in every one.\nThe last byte arrives.",
    "A question at dusk:\n{subject}, and then the tokens\nfalling one by one.",
    "Snow on the cold start.\nSomewhere a stream remembers\n{subject}, and flows on.",
)

GREETINGS: Sequence[str] = (
    "Hello! I am the Bedrock Runtime emulator, sitting in for {model}. Ask me anything; I will answer on the spot.",
    "Good to hear from you. This is the Bedrock Runtime emulator, in the role of {model}. What shall we stream?",
    "Hi there. No cloud was touched to say this: I am an emulator on your own machine, playing {model}.",
)

IDENTITY = (
    "I am the Bedrock Runtime emulator, playing {model} ({model_id}). I run on your own machine, cost nothing, and "
    "answer from the words of your question alone. What is real about me is the wire: the frames, their checksums, the "
    "signatures and the errors are those of Bedrock."
)

UNKNOWN_NAME = "You have not told me your name yet, and I would not guess."

CODE = '''Here is a start:

```python
def {name}(values):
    """Return the values in order, each once."""
    return sorted(set(values))
```

It has no side effects and no dependencies, which is where good functions begin.'''

THOUGHTS: Sequence[str] = (
    "The user says {question}.",
    " First I should settle what kind of answer fits: a fact, a list, or a little prose.",
    " I count {words} words, so a short answer is polite.",
    " I could mention that I am an emulator; honesty costs one sentence.",
    " An example would help, but an invented one might mislead.",
    " I will say what can be said in a few sentences, and then stop.",
)

TOOL_INTRODUCTIONS: Sequence[str] = (
    "Let me look that up.",
    "I have a tool for that.",
    "One moment, I will ask {tool}.",
)
