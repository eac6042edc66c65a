"""Demo data: five small businesses that can be tried at once. Made by a command, never at import."""
