"""What is measured, and against what. Nothing here passes or fails: it prints."""
