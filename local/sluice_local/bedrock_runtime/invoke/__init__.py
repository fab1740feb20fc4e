"""Bodies of InvokeModel in the models' own formats, translated to Converse and back."""
