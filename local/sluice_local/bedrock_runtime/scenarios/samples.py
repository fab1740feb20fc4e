"""The words of the library's scenarios, piece by piece as a model streams them; one piece is not ASCII."""

PLAIN_PIECES = ("Streams", " run", " to", " the", " sea", ",", " naïve", " and", " unhurried", ".")
REASONING_PIECES = ("The user", " wants", " an answer", "; I have", " one", ".")
