"""WHAT is remembered. Knows nothing of voice, of rooms or of models; imports nothing else of the product."""
