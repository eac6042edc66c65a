"""Demo data for the five businesses of the business.toml that is delivered. Made by a command, never at import."""
