"""WHAT the desks can do: one file a noun, each a handful of typed functions that a model may call."""
