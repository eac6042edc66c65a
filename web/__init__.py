"""WHAT people see, and what is sent out: the page, the office, feeds and web-hooks."""
